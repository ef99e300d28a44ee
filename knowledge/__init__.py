"""What Weir knows: the warehouse, the library and the database of record."""
