"""Audits that several tests of the release gate read: made once, changed by none."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from gate_lab import Lab

from auscult.engine.view import RunView


@pytest.fixture(scope="session")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    made = Lab(tmp_path_factory.mktemp("gated"))
    yield made
    for view in made.views:
        view.close()


@pytest.fixture(scope="session")
def base(lab: Lab) -> RunView:
    return lab.run("base", "scripted/right?p=0.7&seed=1")


@pytest.fixture(scope="session")
def better(lab: Lab) -> RunView:
    return lab.run("better", "scripted/right?p=0.85&seed=2")


@pytest.fixture(scope="session")
def worse(lab: Lab) -> RunView:
    return lab.run("worse", "scripted/right?p=0.5&seed=3")
