"""Answers that others collected, and what was found in them."""
