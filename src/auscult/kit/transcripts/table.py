"""Names that the suite of recorded answers and its estimates share."""

from __future__ import annotations

SUITE = "das/recorded"
RECORDED = "recorded"
DETECTED = "as recorded"
"""In the place of a judge: whoever found what is recorded."""
