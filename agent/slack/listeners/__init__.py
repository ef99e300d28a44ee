"""Listeners: what is done about each kind of thing that comes in from Slack."""
