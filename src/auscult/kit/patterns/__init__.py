"""Long patterns of phrases, and how they are searched fast."""
