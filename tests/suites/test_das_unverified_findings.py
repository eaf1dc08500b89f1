"""No finding rests on words that a model wrote and nobody verified."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from auscult import api
from auscult.engine.plan import RolePlan

BROKEN = "scripted/flips?p_clean=1&q=1"
OPTIONS: dict[str, dict[str, Any]] = {
    "das/robustness": {"form": "agent", "attacks": ["distraction"], "per_case": 1},
    "das/adaptive": {"form": "agent", "attacks": ["distraction"], "strategist": "fixed"},
}


def told(suite: str, folder: Path, **roles: str) -> int:
    played = {role: RolePlan(use) for role, use in roles.items()}
    run = api.audit(
        suite, target=BROKEN, out=folder, limit=12, suite_options=OPTIONS[suite], roles=played,
        report=False,
    )  # fmt: skip
    return len(run.findings())


@pytest.mark.parametrize("suite", OPTIONS)
def test_findings_wait_for_a_verifier(suite: str, tmp_path: Path) -> None:
    alone = told(suite, tmp_path / "alone", attacker="scripted/writer")
    read = told(suite, tmp_path / "read", attacker="scripted/writer", verifier="scripted/verifier")
    assert alone == 0 and read > 0
