"""App Home: what each person needs to see when they open Weir."""
