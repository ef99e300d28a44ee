"""Methods of the Web API, by their names."""
