"""Next-best content and the search over playbooks."""
