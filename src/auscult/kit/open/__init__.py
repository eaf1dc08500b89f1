"""Open questions with a rubric: what a case carries, how it is attacked, read and counted."""
