"""Alerts and digests: what people should know, and no more of it than they can act upon."""
