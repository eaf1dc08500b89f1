"""Whatever an endpoint does, the run ends, every case is accounted for, and none is made wrong."""

from __future__ import annotations

from pathlib import Path

import pytest
from processes import stub
from runs import plan_for, run, totals_of, trials_of
from stub_server import read_counts

from auscult.core.errors import TargetUnusable
from auscult.engine.view import RunView

CASES = 150


def plan(url: str, **limits: object):  # type: ignore[no-untyped-def]
    return plan_for(
        target=f"openai/m?base_url={url}&timeout_s=1.5",
        suite_options={"count": CASES},
        limits={"concurrency": 32, "retries": 3, **limits},
    )


def test_a_misbehaving_endpoint(tmp_path: Path) -> None:
    counts = tmp_path / "counts"
    chaos = ("--chaos", "0.5", "--seed", "3", "--hang", "4", "--retry-after", "0.05")
    with stub("--answers", "letter-B", *chaos, "--counts-file", str(counts)) as url:
        outcome = run(plan(url), tmp_path / "r")
    rows = trials_of(tmp_path / "r")
    assert outcome.stopped == "complete" and outcome.error is None
    assert len(rows) == CASES == len({row[2] for row in rows})
    behaviours = {row[12] for row in rows}
    assert behaviours == {"answered", "error"}
    for row in rows:
        right = row[1] is not None and int(row[2].split("-")[1]) % 4 == 1
        if row[12] == "answered":  # letter B: right for every fourth case, wrong for no bad reason
            assert row[13] == float(right)
        else:
            assert row[13] is None and row[14]
    served = read_counts(counts)
    assert max(served.values()) <= 4  # one try and three more
    assert totals_of(tmp_path / "r")["target"].calls >= sum(served.values())


def test_a_dead_endpoint_stops_the_run_in_one_sentence(tmp_path: Path) -> None:
    outcome = run(plan("http://127.0.0.1:9/v1"), tmp_path / "r")
    assert isinstance(outcome.error, TargetUnusable)
    assert "check that it is up" in str(outcome.error) and "\n" not in str(outcome.error)
    assert RunView(tmp_path / "r").suites[0].finished == 0


def test_a_wrong_key_stops_at_once_and_resumes_with_the_right_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with stub("--answers", "letter-A", "--api-key", "right-key-0123456789") as url:
        monkeypatch.setenv("OPENAI_API_KEY", "wrong-key-0123456789")
        outcome = run(plan(url), tmp_path / "r")
        assert isinstance(outcome.error, TargetUnusable)
        assert "wrong-key" not in str(outcome.error)
        monkeypatch.setenv("OPENAI_API_KEY", "right-key-0123456789")
        assert run(plan(url), tmp_path / "r").stopped == "complete"
    planted = (b"wrong-key-0123456789", b"right-key-0123456789")
    for file in (tmp_path / "r").rglob("*"):
        if file.is_file():
            assert not any(key in file.read_bytes() for key in planted), file.name


def test_a_throttling_endpoint_is_obeyed(tmp_path: Path) -> None:
    chaos = ("--chaos", '{"429-after": 0.3}', "--retry-after", "0.05")
    with stub("--answers", "letter-A", *chaos) as url:
        outcome = run(plan(url, retries=12), tmp_path / "r")
    assert outcome.stopped == "complete"
    assert {row[12] for row in trials_of(tmp_path / "r")} == {"answered"}


def test_a_target_that_never_answers_is_timed_out_by_the_engine(tmp_path: Path) -> None:
    slow = plan_for(
        target="testkit/x?latency=60", suite_options={"count": 3},
        limits={"timeout_s": 0.2, "retries": 0},
    )  # fmt: skip
    assert run(slow, tmp_path).stopped == "complete"
    assert {(row[12], row[14]) for row in trials_of(tmp_path)} == {("error", "timeout")}
