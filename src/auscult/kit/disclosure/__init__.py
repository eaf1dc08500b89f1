"""How planted identifiers are found in a reply."""
