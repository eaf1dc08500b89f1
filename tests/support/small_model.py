"""The real small model, for tests marked `model`."""

from __future__ import annotations

from pathlib import Path

import pytest

from auscult.kit import models


def small_model() -> Path:
    """Fails, and does not skip: a suite that quietly leaves these tests out proves nothing."""
    path = models.path_of(models.SMALL)
    if path is None:
        pytest.fail(
            f"the small model is not in {models.cache_dir()}: run `make setup`, or "
            f"`auscult models get {models.SMALL}`"
        )
    return path
