"""The rules of targets with known behaviour."""
