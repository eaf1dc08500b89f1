"""How a free reply is read as yes or no."""
