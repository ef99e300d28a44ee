"""The library: playbooks and content, indexed for dense and keyword search."""
