"""What Weir can do: one folder a capability, an engine of plain functions under thin tools."""
