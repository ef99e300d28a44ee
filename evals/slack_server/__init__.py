"""A stateful Slack on loopback that keeps Slack's documented rules: for tests, load and preview."""
