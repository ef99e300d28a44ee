"""Chat models: the offline one of our own, and any that LangChain knows."""
