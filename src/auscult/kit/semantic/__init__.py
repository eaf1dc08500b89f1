"""Tables, estimates and findings of `cares/semantic-shift`."""
