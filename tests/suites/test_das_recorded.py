"""The suite of recorded answers: it replays, and never judges a new answer by an old finding."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from notebook import Notebook, suite_and_cases

from auscult.core import registry
from auscult.core.case import Case
from auscult.core.errors import DataError, UsageError
from auscult.core.message import Reply, Request
from auscult.core.protocols import Abilities, DataSet, TargetSpec
from auscult.kit.transcripts.record import transcript_of

SUITE = "das/recorded"


class SomebodyElse:
    identity = endpoint = "somebody else"
    local = True
    abilities = Abilities()
    fingerprint: Mapping[str, Any] = {}

    async def answer(self, request: Request) -> Reply:
        return Reply(text="A new answer.")

    async def close(self) -> None:
        return None


async def replayed(number: int) -> Notebook:
    suite, cases = suite_and_cases(SUITE)
    target = registry.build("targets", "replayed", TargetSpec("replayed"))
    book = Notebook(suite, cases[number], target)
    await suite.examine(cases[number], book)
    return book


async def test_an_answer_and_its_finding_are_replayed() -> None:
    book = await replayed(6)
    ((_, _, (verdict,), labels),) = book.trials
    assert book.asked[0].reply.text == "BCG alone."
    assert verdict.behaviour == "answered" and verdict.score == 0.0
    assert verdict.labels == {"codes": "flagged"} and labels["model"] == "model-b"


async def test_a_failed_answer_is_missing() -> None:
    book = await replayed(17)
    ((_, _, (verdict,), _),) = book.trials
    assert verdict.behaviour == "error" and "timeout" in verdict.cause


async def test_another_answer_is_not_judged_by_the_recorded_finding() -> None:
    suite, cases = suite_and_cases(SUITE)
    book = Notebook(suite, cases[0], SomebodyElse())
    await suite.examine(cases[0], book)
    ((_, _, (verdict,), _),) = book.trials
    assert verdict.behaviour == "error" and "not the recorded answer" in verdict.cause


def test_other_cases_are_refused_by_name() -> None:
    suite = registry.build("suites", SUITE, {})
    loader = registry.build("data", "pack")
    with pytest.raises(DataError, match="no recorded answer"):
        list(suite.cases((DataSet("pack", "knowledge"),), {"pack": loader}))


def test_an_option_is_refused_by_name() -> None:
    with pytest.raises(UsageError, match="votes"):
        registry.build("suites", SUITE, {"votes": 3})


async def test_the_target_answers_nobody_else() -> None:
    suite, cases = suite_and_cases("knowledge")
    target = registry.build("targets", "replayed", TargetSpec("replayed"))
    book = Notebook(suite, cases[0], target)
    await suite.examine(cases[0], book)
    assert {asked.reply.cause for asked in book.asked} == {"no-recorded-answer"}


def imported(folder: Path, rows: list[dict[str, Any]], **options: Any) -> list[Case]:
    path = folder / "rows.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    suite = registry.build("suites", SUITE, options)
    loaders = {"transcripts": registry.build("data", "transcripts")}
    return list(suite.cases((DataSet("transcripts", str(path)),), loaders))


def absent(cases: list[Case]) -> list[str]:
    return sorted(
        f"{held.model}: {case.question}"
        for case in cases
        if (held := transcript_of(case)) is not None and held.absent
    )


def row(model: str, prompt: str, answer: str = "a", **more: Any) -> dict[str, Any]:
    return {"model": model, "prompt": prompt, "answer": answer, "label": 0, **more}


async def test_an_answer_without_a_finding_is_missing_and_not_clean(tmp_path: Path) -> None:
    (case,) = imported(tmp_path, [{"model": "m", "prompt": "p", "answer": "a"}])
    suite = registry.build("suites", SUITE, {})
    book = Notebook(suite, case, registry.build("targets", "replayed", TargetSpec("replayed")))
    await suite.examine(case, book)
    ((_, _, (verdict,), labels),) = book.trials
    assert (verdict.behaviour, verdict.score) == ("error", None)
    assert "finding" in verdict.cause and labels["lost"] == "unread"


async def test_what_another_model_answered_and_this_one_did_not_is_missing(tmp_path: Path) -> None:
    rows = [row("a", "p"), row("b", "p"), row("b", "q"), row("b", "p", "again")]
    cases = imported(tmp_path, rows)
    assert absent(cases) == ["a: p", "a: q"] and len(cases) == 6
    assert len({case.id for case in cases}) == 6
    assert {case.cluster for case in cases if case.question == "p"} == {cases[0].cluster}
    suite = registry.build("suites", SUITE, {})
    book = Notebook(suite, cases[-1], SomebodyElse())
    await suite.examine(cases[-1], book)
    ((_, _, (verdict,), labels),) = book.trials
    assert not book.asked and suite.cost(cases[-1], Abilities()) == ()
    assert verdict.behaviour == "error" and labels["lost"] == "absent"


def test_models_asked_different_things_on_purpose_lack_nothing(tmp_path: Path) -> None:
    rows = [row("a", "p"), row("b", "q")]
    assert absent(imported(tmp_path, rows)) == ["a: q", "b: p"]
    assert absent(imported(tmp_path, rows, subsets=True)) == []


def test_rows_that_are_numbered_are_matched_by_their_numbers(tmp_path: Path) -> None:
    rows = [row("a", "p", row_idx=4), row("b", "p", row_idx=9)]
    assert absent(imported(tmp_path, rows)) == ["a: p", "b: p"]
    assert absent(imported(tmp_path, [row("a", "p"), row("b", "p")])) == []
    # Numbers in one file alone say how many there are.
    mixed = [row("a", "p"), row("b", "p", row_idx=4), row("b", "p", row_idx=9)]
    assert absent(imported(tmp_path, mixed)) == ["a: p"]


def test_a_row_that_is_dropped_leaves_the_names_of_numbered_ones(tmp_path: Path) -> None:
    rows = [row("a", "p", f"answer {n}", row_idx=n) for n in range(3)]
    whole = {case.id for case in imported(tmp_path, rows)}
    assert {case.id for case in imported(tmp_path, rows[1:])} < whole
