"""Slack's documented limits of blocks, elements and views; what breaks one is refused."""
