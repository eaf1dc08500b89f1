"""What every target that speaks HTTP shares."""
