"""Names that the suite of recorded answers and its estimates share."""

from __future__ import annotations

SUITE = "das/recorded"
RECORDED = "recorded"
DETECTED = "as recorded"
"""In the place of a judge: whoever found what is recorded."""
STRICT = "flagged as hallucination, strictly"
LOST = "lost"
"""The label of a trial that says why no finding is read; what it may hold follows."""
ABSENT, FAILED, UNREAD, ANOTHER = "absent", "failed", "unread", "another"
