"""How a reply's choice among options is read."""
