"""Charts: figures computed elsewhere, drawn as images that also say themselves in words."""
