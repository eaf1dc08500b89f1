"""Tables, estimates and findings of the suites that make requests."""
