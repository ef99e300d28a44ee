"""Slack preview: what the Slack app shows, as pages and pictures that people can look at."""
