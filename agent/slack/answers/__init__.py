"""Answers in Slack: streamed, then shown whole with what they rest on."""
