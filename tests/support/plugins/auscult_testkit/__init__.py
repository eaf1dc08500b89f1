"""An installed third-party package with a suite and a target, found by entry point alone."""
