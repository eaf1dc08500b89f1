"""An audit that has been made, for those who read it, and a copy for those who change it."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from command_line import AUDIT
from processes import auscult


@pytest.fixture(scope="session")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which somebody has audited twelve cases, into `run`."""
    folder = tmp_path_factory.mktemp("cli")
    done = auscult(*AUDIT, "--limit", "12", "--json", cwd=folder)
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    (folder / "audit.json").write_text(done.stdout)
    return folder


@pytest.fixture
def copy(place: Path, tmp_path: Path) -> Path:
    """A copy of that folder, for those who change it."""
    shutil.copytree(place, tmp_path / "copy")
    return tmp_path / "copy"
