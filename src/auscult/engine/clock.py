"""The only clock. Plugins never see it: they ask `arm.now()`, which is journalled."""

from __future__ import annotations

import time
from datetime import UTC, datetime

monotonic = time.monotonic


def utcnow() -> datetime:
    return datetime.now(UTC)


def wall() -> float:
    return time.time()
