"""Where a run goes that must not touch an earlier one."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path


def unused(
    folder: Path, is_free: Callable[[Path], bool] = lambda folder: not folder.exists()
) -> Path:
    """The folder itself where it is free, else the first free one of NAME-2, NAME-3 ..."""
    found, number = folder, 2
    while not is_free(found):
        found, number = folder.with_name(f"{folder.name}-{number}"), number + 1
    return found
