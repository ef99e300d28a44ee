"""Experiments: who gets a play and who is held out."""
