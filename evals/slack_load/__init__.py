"""Slack under load: a team of fifty works with the real app for minutes, and all is counted."""
