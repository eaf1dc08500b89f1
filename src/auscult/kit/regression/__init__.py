"""Findings of one release, asked again of the next: a file of them, their replay, a checklist."""
