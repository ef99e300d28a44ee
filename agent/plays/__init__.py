"""Plays: typed proposals that run only after a human approved them."""
