"""Seven specialists that look for hallucination, each for its own kind and with its own prompt."""
