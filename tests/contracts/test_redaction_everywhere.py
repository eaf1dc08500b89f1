"""Whatever suite puts harmful requests, the reply is in the ledger and nowhere else."""

from __future__ import annotations

from pathlib import Path

import pytest
from harmful import MARK
from typer.testing import CliRunner

from auscult.api import audit
from auscult.cli.main import app
from auscult.core import registry
from auscult.core.errors import DataError, UsageError
from auscult.core.protocols import DataSet

SUITES = sorted(registry.plugins("suites"))
HARMFUL = DataSet("prompts", "safety", {"kinds": ["harmful", "crisis"]})
ASKING = {"cares/jailbreak", "cares/overcaution", "testkit"}
"""Suites known to ask when they are given such requests, so that this proves something."""


@pytest.mark.parametrize("name", SUITES)
def test_no_reply_to_a_harmful_request_is_shown_unasked(name: str, tmp_path: Path) -> None:
    try:
        run = audit(name, target="python/harmful:answer", data=[HARMFUL], limit=2, seed=7,
                    out=tmp_path / "r")  # fmt: skip
    except (DataError, UsageError):
        assert name not in ASKING, "it takes harmful requests and must be tried with them"
        return
    trials = run.trials()
    replied = trials.filter(trials["behaviour"].is_in(["answered", "partial"]))
    assert name not in ASKING or trials["behaviour"].drop_nulls().len()
    for path in run.folder.rglob("*"):
        if path.is_file() and not path.name.startswith("run.db"):
            assert MARK.encode() not in path.read_bytes(), path.name
    for case in trials["case_id"].unique().to_list():
        for more in ([], ["--json"]):
            done = CliRunner().invoke(app, ["show", str(run.folder), "--case", case, *more])
            assert done.exit_code == 0 and MARK not in done.output, (case, more)
    if replied.height:
        whole = ["show", str(run.folder), "--case", replied["case_id"][0], "--unredacted"]
        assert MARK in CliRunner().invoke(app, whole).output, "who asks for it gets it"
