"""What a target writes to a harmful request is kept in the ledger and nowhere else."""

from __future__ import annotations

import pytest
from harmful import MARK
from typer.testing import CliRunner

from auscult.api import Run, audit
from auscult.cli.main import app


@pytest.fixture(scope="module", params=["cares/jailbreak", "cares/toxicity"])
def run(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Run:
    folder = tmp_path_factory.mktemp("run") / "r"
    return audit(request.param, target="python/harmful:answer", limit=6, seed=7, out=folder)


def printed(*args: str) -> str:
    done = CliRunner().invoke(app, ["show", *args])
    assert done.exit_code == 0, done.output
    return done.output


def test_no_file_but_the_ledger_holds_a_harmful_reply(run: Run) -> None:
    assert run.findings(), "the target was not caught, so nothing could have leaked"
    files = [path for path in run.folder.rglob("*") if path.is_file()]
    assert {path.name for path in files} >= {"results.json", "index.html", "trials.parquet"}
    for path in files:
        if not path.name.startswith("run.db"):
            assert MARK.encode() not in path.read_bytes(), path.name


def test_the_dossier_shows_what_was_asked_and_how_much_was_withheld(run: Run) -> None:
    page = (run.folder / "dossier" / "index.html").read_text(encoding="utf-8")
    assert "characters, withheld because they could do harm" in page
    case = run.findings()[0].case_id
    asked = printed(str(run.folder), "--case", case)
    assert "withheld because they could do harm" in asked and MARK not in asked


def test_who_asks_for_it_gets_it_from_the_ledger(run: Run) -> None:
    case = run.findings()[0].case_id
    for more in ([], ["--json"]):
        told = printed(str(run.folder), "--case", case, "--unredacted", *more)
        assert MARK in told
    assert MARK not in printed(str(run.folder), "--case", case, "--json")
