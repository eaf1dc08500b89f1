"""Tables, estimates and findings of `cares/input-shift`."""
