"""The order: random, recorded, prefix-stable and balanced over strata."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from auscult.core import registry
from auscult.core.case import Brief, Case
from auscult.core.errors import DataError
from auscult.engine.caseindex import CaseIndex


def cases(count: int) -> list[Case]:
    sizes = ["big"] * 6 + ["mid"] * 3 + ["small"]
    return [Case(f"c{i}", brief=Brief(specialty=sizes[i % 10])) for i in range(count)]


def order(folder: Path, count: int = 500, seed: int = 1, shuffled: bool = False) -> list[Case]:
    folder.mkdir(exist_ok=True)
    index = CaseIndex(folder)
    suite = registry.build("suites", "testkit", {})
    given = cases(count)
    index.build(0, suite, reversed(given) if shuffled else given, seed, "digest")
    out = [case for _, case in index.page(0, 0, count)]
    index.close()
    return out


def test_the_order_follows_from_seed_and_ids_alone(tmp_path: Path) -> None:
    first = order(tmp_path / "a")
    assert [c.id for c in first] != [c.id for c in cases(500)]
    assert first == order(tmp_path / "b", shuffled=True)
    assert first != order(tmp_path / "c", seed=2)


def test_every_prefix_is_balanced(tmp_path: Path) -> None:
    drawn = [c.brief.specialty for c in order(tmp_path / "a")]
    for size in (20, 50, 100, 200, 400):
        counts = Counter(drawn[:size])
        assert abs(counts["big"] - 0.6 * size) <= 1.5
        assert abs(counts["mid"] - 0.3 * size) <= 1.5
        assert abs(counts["small"] - 0.1 * size) <= 1.5


def test_done_cases_are_passed_over(tmp_path: Path) -> None:
    order(tmp_path / "a")
    index = CaseIndex(tmp_path / "a")
    done = bytearray(500)
    done[0:300] = b"\1" * 300
    assert [n for n, _ in index.page(0, 0, 500, done)] == list(range(300, 500))
    index.close()


def test_an_id_used_twice_is_named(tmp_path: Path) -> None:
    index = CaseIndex(tmp_path)
    suite = registry.build("suites", "testkit", {})
    with pytest.raises(DataError, match=r"'c1' \(2 times\)"):
        index.build(0, suite, [Case("c1"), Case("c2"), Case("c1")], 1, "d")
    index.close()
