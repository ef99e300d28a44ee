"""Leaks: where the funnel loses more than it used to, and who is next."""
