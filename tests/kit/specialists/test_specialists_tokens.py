"""Asked directly, the specialists cost at most a third of what an orchestrator of them costs."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from auscult.kit.calibration import HALVES
from auscult.kit.scripted import specialists as scripted
from auscult.kit.scripted.rules import RULES, Rule
from auscult.kit.specialists.item import item_of
from auscult.kit.specialists.measure import exhibit_of, load

BENCH = Path(__file__).resolve().parents[3] / "bench"


@pytest.fixture
def bench(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    monkeypatch.setitem(RULES, "examiner", Rule(scripted.Examines, scripted.examiner))
    monkeypatch.syspath_prepend(str(BENCH))
    yield import_module("specialists")
    sys.modules.pop("specialists")


@pytest.mark.parametrize("words", [0, 300])
async def test_direct_calls_cost_a_third_at_most(bench: Any, words: int) -> None:
    rows = [bench.lengthened(row, words) for half in HALVES for row in load(half)]
    result = await bench.compare(rows, bench.by_length)
    ours, same, das = (one.tokens for one in result.ledgers.values())
    assert ours / das <= 1 / 3
    assert 1 / 4 < ours / same <= 1 / 3


async def test_the_ledger_charges_an_orchestrator_with_nothing_but_repeating(bench: Any) -> None:
    row = load("calibration")[0]
    turns = await bench.direct(row)
    replies = {turn.who: turn.wrote for turn in turns}
    first, *inner, second = bench.orchestrated(item_of(exhibit_of(row), row.answer), replies)
    assert [turn.who for turn in inner] == [turn.who for turn in turns]
    assert [turn.wrote for turn in inner] == [turn.wrote for turn in turns]
    assert first.wrote.count("and will look at her HbA1c") == len(turns)
    assert first.read in second.read and first.wrote in second.read
    counts = {len(bench.as_das_calls(number, replies)) for number in range(4)}
    assert counts == {5, 6}
