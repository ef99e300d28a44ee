"""The warehouse: sources to raw, raw to canonical, canonical to marts, in whole versions."""
