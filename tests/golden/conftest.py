"""`pytest tests/golden --update-golden` (make golden) rewrites what is pinned here."""

from __future__ import annotations

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update-golden", action="store_true", help="Rewrite the golden transcripts.")


@pytest.fixture
def update_golden(request: pytest.FixtureRequest) -> bool:
    # Without a default, because the option exists only where this folder was named.
    return bool(request.config.getoption("--update-golden", default=False))
