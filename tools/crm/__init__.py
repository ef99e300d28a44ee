"""The CRM behind one port, and the lookup of its records."""
