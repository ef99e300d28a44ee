"""Slack: conversations, approvals, content, alerts; an adapter over the one assembly."""
