"""Tables, estimates and findings of `cares/factuality`."""
