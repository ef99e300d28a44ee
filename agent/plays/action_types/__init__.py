"""The kinds of action that plays are made of, one a file."""
