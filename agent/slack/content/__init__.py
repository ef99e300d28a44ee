"""Next-best content in Slack: three pieces with reasons, to preview, send, link or judge."""
