"""The suite of recorded answers: it replays, and never judges a new answer by an old finding."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from notebook import Notebook, suite_and_cases

from auscult.core import registry
from auscult.core.errors import DataError, UsageError
from auscult.core.message import Reply, Request
from auscult.core.protocols import Abilities, DataSet, TargetSpec

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
