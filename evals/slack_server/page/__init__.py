"""A small web page on the server: read the conversations, type as a person, click buttons."""
