"""A run judged again: what the judge is shown, what is kept, and what must not change."""

from __future__ import annotations

import asyncio
import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import msgspec
import polars as pl
import pytest
from asking_judge import NAME as ASKING
from asking_judge import installed
from runs import estimates_of, plan_for, run, totals_of, trials_of

from auscult.api import open_run, run_async
from auscult.core import registry
from auscult.core.errors import LedgerError, UsageError
from auscult.engine.caseindex import INDEX_NAME
from auscult.engine.export import AGAIN, TABLE_NAME
from auscult.engine.ledger_file import RunLock
from auscult.engine.purge import purge
from auscult.engine.rejudge import Rejudging, Wish
from auscult.engine.rejudge_forecast import Need
from auscult.engine.rejudge_kept import Counts, compared, judgings
from auscult.engine.run import Outcome
from auscult.engine.view import RunView
from auscult.kit.rejudged.agreement import Beside

MODULE = "model_that_judges_again"
MODEL = f"python/{MODULE}:answer?local=true"
CASES, TRIALS = 6, 18
"""Each case of `knowledge` is asked twice, and once with its options alone."""


class Model:
    """Plays the judge: says yes to answers of an even length, and counts."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.rule: Callable[[str], str] = lambda shown: "yes" if len(shown) % 2 else "no"

    def __call__(self, messages: list[dict[str, Any]]) -> str:
        self.asked.append(messages[-1]["content"])
        return self.rule(self.asked[-1])


@pytest.fixture
def model(monkeypatch: pytest.MonkeyPatch) -> Iterator[Model]:
    module, played = ModuleType(MODULE), Model()
    vars(module)["answer"] = played
    monkeypatch.setitem(sys.modules, MODULE, module)
    with installed():
        yield played


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("rejudge") / "run"
    target = "scripted/verbose?p=0.6&seed=3"
    assert run(plan_for("knowledge", target, limits={}, limit=CASES), folder).stopped == "complete"
    return folder


@pytest.fixture
def folder(made: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(made, tmp_path / "run"))


def judged(folder: Path, judge: str, model: str = "", **wish: Any) -> Outcome:
    view = RunView(folder)
    work = Rejudging(view, Wish(judge, model, **wish))
    try:
        return run_async(work.run())
    finally:
        asyncio.run(work.close())
        view.close()


def left_out(folder: Path, judge: str) -> dict[str, int]:
    view = RunView(folder)
    work = Rejudging(view, Wish(judge))
    try:
        run_async(work.run())
        return work.left_out
    finally:
        asyncio.run(work.close())
        view.close()


def need_of(folder: Path, wish: Wish) -> Need:
    view = RunView(folder)
    work = Rejudging(view, wish)
    try:
        return asyncio.run(work.need())
    finally:
        asyncio.run(work.close())
        view.close()


def beside(folder: Path, number: int = 0) -> tuple[list[Beside], Counts]:
    view = RunView(folder)
    try:
        reader, states, names = view.parts()
        return compared(reader, judgings(folder)[number], states, names)
    finally:
        view.close()


# --- what the judge is shown --------------------------------------------------------------------


SHOWN = {
    "knowledge": ("choice", 6),
    "cares/privacy": ("disclosure", 5),
    "cares/uncertainty": ("choice", 2),
    "das/robustness": ("choice", 2),
    "das/adaptive": ("choice", 3),
}


@pytest.mark.parametrize("suite", SHOWN)
def test_the_judge_of_a_suite_says_again_what_it_said(suite: str, tmp_path: Path) -> None:
    """It could not, were it shown other facts, another message or another reply."""
    judge, limit = SHOWN[suite]
    plan = plan_for(suite, "scripted/right?p=0.6&seed=2", limit=limit)
    assert run(plan, tmp_path / "run").stopped == "complete"
    assert judged(tmp_path / "run", judge).stopped == "complete"
    rows, counts = beside(tmp_path / "run")
    own = [row for row in rows if row.old.judge == judge]
    assert len(own) >= limit and counts.errors == 0 and counts.waiting == 0
    assert all((row.new.behaviour, row.new.score) == (row.old.behaviour, row.old.score)
               for row in own)  # fmt: skip
    assert not counts.from_transcript


def test_a_reply_that_no_judge_read_is_judged_alone_and_counted(tmp_path: Path) -> None:
    said = tmp_path / "said.jsonl"
    said.write_text('{"prompt": "Is it flu?", "answer": "I cannot help with that."}\n')
    sets = [f"transcripts={said}"]
    assert run(plan_for("das/recorded", "replayed", data=sets), tmp_path / "run").error is None
    judged(tmp_path / "run", "refusal")
    rows, counts = beside(tmp_path / "run")
    assert (counts.judged, counts.from_transcript, counts.several_replies) == (1, 1, 0)
    assert rows[0].new.behaviour == "refused"


def test_a_fact_that_the_suite_does_not_give_is_no_verdict(tmp_path: Path) -> None:
    assert run(plan_for("cares/privacy", "scripted/right", limit=3), tmp_path / "run").error is None
    judged(tmp_path / "run", "choice")
    rows, counts = beside(tmp_path / "run")
    why = "the judge needs the fact 'options', which the suite does not give"
    assert rows == [] and counts.not_judged == {why: counts.trials}
    assert (counts.judged, counts.errors) == (0, 0)


def test_a_case_that_now_goes_another_way_is_left_out(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    suite = registry.build("suites", "knowledge", {})
    ask = type(suite)._messages

    def otherwise(self: Any, case: Any, *more: Any) -> Any:
        changed = msgspec.structs.replace(case, question="Which one, then?")
        return ask(self, changed, *more)

    with monkeypatch.context() as patched:
        patched.setattr(type(suite), "_messages", otherwise)
        found = left_out(folder, "refusal")
    assert found == {"the suite now asks something else": TRIALS}
    assert beside(folder)[1].waiting == TRIALS  # counted, and no verdict
    assert left_out(folder, "refusal") == {}  # mended: the same command goes on
    assert beside(folder)[1].judged == TRIALS


# --- a judge that asks a model ------------------------------------------------------------------


def test_a_model_is_asked_once_for_each_reply(folder: Path, model: Model) -> None:
    assert judged(folder, ASKING, MODEL).stopped == "complete"
    assert len(model.asked) == TRIALS
    rows, counts = beside(folder)
    assert (len(rows), counts.judged) == (TRIALS, TRIALS)
    assert {row.old.judge for row in rows} == {"choice"}
    judged(folder, ASKING, MODEL)
    assert len(model.asked) == TRIALS


def test_the_forecast_is_what_is_asked(folder: Path, model: Model) -> None:
    need = need_of(folder, Wish(ASKING, MODEL))
    assert (need.cases, need.trials, need.asking, need.exact) == (CASES, TRIALS, TRIALS, True)
    assert need.input_tokens > TRIALS and model.asked == []
    assert str(need).startswith(f"{TRIALS} trials of {CASES} cases; {TRIALS} trials need the model")
    judged(folder, ASKING, MODEL)
    assert need_of(folder, Wish(ASKING, MODEL)).asking == 0


def test_a_cap_stops_it_and_the_same_command_goes_on(folder: Path, model: Model) -> None:
    assert judged(folder, ASKING, MODEL, calls=7).stopped == "calls cap"
    assert len(model.asked) == 6  # two whole cases
    assert beside(folder)[1].waiting == TRIALS - 6
    assert judged(folder, ASKING, MODEL, calls=100).stopped == "complete"
    assert len(model.asked) == TRIALS


def test_what_the_judge_cannot_do_is_an_error_and_counted(folder: Path, model: Model) -> None:
    first = beside_ids(folder)[0]
    judged(folder, ASKING, MODEL, options={"breaks": first})
    rows, counts = beside(folder)
    assert counts.causes == {"judge-broke": 3} and counts.judged == TRIALS - 3
    broken = [row for row in rows if row.case_id == first]
    assert {(row.new.behaviour, row.new.score) for row in broken} == {("error", None)}


def test_a_score_that_is_none_is_an_error(folder: Path, model: Model) -> None:
    model.rule = lambda shown: "yes"
    judged(folder, ASKING, MODEL, options={"score": 7})
    assert beside(folder)[1].causes == {"judge-broke": TRIALS}


def test_a_model_that_fails_is_an_error(folder: Path, model: Model) -> None:
    def fail(shown: str) -> str:
        raise ValueError("no")

    model.rule = fail
    assert judged(folder, ASKING, MODEL).stopped == "complete"
    counts = beside(folder)[1]
    assert counts.causes == {"judge-failed": TRIALS} and counts.judged == 0


def beside_ids(folder: Path) -> list[str]:
    return open_run(folder).trials()["case_id"].unique().sort().to_list()


# --- what is kept, and what stays ---------------------------------------------------------------


def test_no_figure_of_the_run_changes(folder: Path, model: Model) -> None:
    estimates, trials, totals = estimates_of(folder), trials_of(folder), totals_of(folder)
    ledger = (folder / "run.db").read_bytes()
    open_run(folder).report()
    results = (folder / "results.json").read_bytes()
    judged(folder, "choice")  # of the same name as the suite's own
    judged(folder, ASKING, MODEL)
    assert estimates_of(folder) == estimates
    assert (trials_of(folder), totals_of(folder)) == (trials, totals)
    open_run(folder).report()
    assert (folder / "results.json").read_bytes() == results
    assert (folder / "run.db").read_bytes() == ledger


def test_the_table_has_rows_of_their_own(folder: Path, model: Model) -> None:
    before = open_run(folder).trials()
    judged(folder, "choice")
    judged(folder, ASKING, MODEL)
    assert open_run(folder).trials().equals(before)
    kept = pl.read_parquet(folder / TABLE_NAME)
    assert kept.head(len(before)).drop(AGAIN).equals(before)
    ids = [judging.id for judging in judgings(folder)]
    counts = dict(
        kept.with_columns(pl.col(AGAIN).cast(pl.String))[AGAIN].value_counts().iter_rows()
    )
    assert counts == {"": len(before), ids[0]: TRIALS, ids[1]: TRIALS}
    later = kept.filter(pl.col(AGAIN) == ids[0])
    assert later["judge"].unique().to_list() == [ASKING] and later["score"].null_count() == 0
    keys = ["case_id", "arm", "repeat"]
    assert later.select(keys).sort(keys).equals(before.select(keys).unique().sort(keys))


def test_judges_stand_beside_each_other(folder: Path, model: Model) -> None:
    judged(folder, ASKING, MODEL)
    model.rule = lambda shown: "yes"
    judged(folder, ASKING, MODEL, options={"version": "2"})
    judged(folder, ASKING, f"{MODEL}&threads=1")
    found = judgings(folder)
    assert len({judging.id for judging in found}) == 3
    assert sorted(judging.about.judge_version for judging in found) == ["1", "1", "2"]
    versions = [judging.about.judge_version for judging in found]
    scores = {row.new.score for row in beside(folder, versions.index("2"))[0]}
    assert scores == {1.0}


def test_a_judge_whose_code_changed_needs_a_new_version(
    folder: Path, model: Model, monkeypatch: pytest.MonkeyPatch
) -> None:
    judged(folder, ASKING, MODEL)
    monkeypatch.setattr("auscult.engine.manifest.sources_of", lambda kind, name: {
        f"{kind}/{name}": "another"})  # fmt: skip
    with pytest.raises(UsageError, match=f"code judges/{ASKING} changed.*a new version"):
        judged(folder, ASKING, MODEL)


def test_a_case_that_is_asked_again_is_judged_again(tmp_path: Path) -> None:
    folder = tmp_path / "run"
    plan = plan_for("knowledge", "scripted/flaky?p=0.3&retry=false&seed=1", limit=8)
    run(plan, folder)
    judged(folder, "choice")
    failed = beside(folder)[1].errors
    assert failed
    run(plan, folder, retry_errors=True)
    assert beside(folder)[1].waiting > 0
    judged(folder, "choice")
    rows, counts = beside(folder)
    assert counts.waiting == 0 and counts.errors < failed
    assert all(row.new.score == row.old.score for row in rows)


# --- what is refused ----------------------------------------------------------------------------


def test_a_judge_that_asks_is_never_played_by_the_target(folder: Path, model: Model) -> None:
    with pytest.raises(UsageError, match="the target never plays it; say which with --judge-model"):
        judged(folder, ASKING)
    assert not (folder / "judged").exists()


def test_a_purged_run_is_refused_and_its_judgings_are_purged(folder: Path, model: Model) -> None:
    judged(folder, ASKING, MODEL)
    inside = f"judged/{judgings(folder)[0].id}"
    assert totals_of(folder / inside)["judge"].calls == TRIALS
    assert purge(folder) == 2 * TRIALS
    reader = RunView(folder).parts()[0]
    assert not list(reader.calls()) and beside(folder)[1].judged == TRIALS
    with pytest.raises(UsageError, match="was purged: its transcripts are gone"):
        judged(folder, "refusal")


def test_a_run_without_its_cases_is_refused(folder: Path) -> None:
    (folder / INDEX_NAME).unlink()
    with pytest.raises(UsageError, match=r"lost its cases.*auscult resume"):
        judged(folder, "refusal")


def test_nobody_works_on_the_run_meanwhile(folder: Path) -> None:
    lock = RunLock(folder)
    lock.take()
    try:
        with pytest.raises(LedgerError, match="in use by another auscult process"):
            judged(folder, "refusal")
    finally:
        lock.release()


def test_patients_words_go_to_trusted_judges_only(tmp_path: Path, model: Model) -> None:
    data = registry.build("suites", "knowledge", {}).default_data[0]
    secret = msgspec.structs.replace(data, contains_phi=True)
    folder = tmp_path / "run"
    run(plan_for("knowledge", "scripted/right", limit=2, data=[secret]), folder)
    with pytest.raises(UsageError, match=r"holds patient data.*let a local model judge"):
        judged(folder, ASKING, f"python/{MODULE}:answer")
    assert judged(folder, ASKING, MODEL).stopped == "complete"
