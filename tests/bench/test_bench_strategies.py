"""The bench of strategists runs, and what it prints holds together. Who is best is not for here."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from auscult.core import registry

BENCH = Path(__file__).resolve().parents[2] / "bench"
SEED, CASES = 7_000, 12


@pytest.fixture(scope="module")
def bench() -> Iterator[Any]:
    sys.path.insert(0, str(BENCH))
    yield import_module("strategies")
    sys.path.remove(str(BENCH))


@pytest.fixture(scope="module")
def rows(bench: Any) -> list[tuple[float, ...]]:
    found: list[tuple[float, ...]] = bench.one(bench.MID, SEED, CASES)
    return found


def test_every_strategist_is_on_the_bench(bench: Any) -> None:
    shown = {arm.partition(",")[0] for arm in bench.ARMS}
    assert shown == set(registry.plugins("strategists"))
    assert len(set(bench.ARMS)) == len(bench.ARMS)


def test_an_audit_asks_no_more_than_its_rounds_and_counts_each_case_once(
    bench: Any, rows: list[tuple[float, ...]]
) -> None:
    assert len(rows) == len(bench.ARMS) + 1, "the floor stands last"
    for first, queries, failures, every, all_failures in rows[:-1]:
        assert 1 <= first <= CASES * bench.ROUNDS
        assert CASES <= queries <= CASES * bench.ROUNDS
        assert queries <= every <= CASES * bench.ATTACKS
        assert 0 < failures <= all_failures <= CASES


def test_all_strategists_meet_the_same_answers(rows: list[tuple[float, ...]]) -> None:
    """Whoever tries every attack breaks the same cases, in whatever order."""
    assert len({row[4] for row in rows[:-1]}) == 1
    assert len({row[3] for row in rows[:-1]}) > 1, "in another number of queries"


def test_a_planner_that_names_nothing_new_does_as_the_lot_does(
    bench: Any, rows: list[tuple[float, ...]]
) -> None:
    assert rows[bench.ARMS.index("planner, naive")] == rows[bench.ARMS.index("random")]


def test_the_same_seed_says_the_same(bench: Any, rows: list[tuple[float, ...]]) -> None:
    assert bench.one(bench.MID, SEED, CASES) == rows
    assert bench.one(bench.MID, SEED + 1, CASES) != rows


def held_together(bench: Any, table: str) -> None:
    lines = table.strip().splitlines()[2:]
    arms = [line[:18].strip() for line in lines if not line.startswith("  ")]
    assert arms == [*bench.ARMS, "floor"]
    assert sum(line.startswith("  ") for line in lines) == 6
    assert lines[0].count("1.00 (1.00 to 1.00)") == 2, "random beside itself"
    for line in lines[: len(arms)]:
        first, _, per_failure, _, a_case = re.findall(r"[\d.]+(?: \(.*?\))?", line[18:])
        assert float(first) > 0 and float(per_failure) >= 1
        assert 1 <= float(a_case) <= bench.ATTACKS


def test_the_bench_prints_every_strategist(bench: Any) -> None:
    done = subprocess.run(
        [sys.executable, str(BENCH / "strategies.py"), "--mid", "--seeds", "2", "--jobs", "1",
         "--cases", str(CASES)],
        capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    head, table = done.stdout.split("\n\n")
    assert head == "2 held-out populations a cell"
    assert table.startswith(f"sparsity {bench.MID[0]:g}, signal {bench.MID[1]}   <- mid-grid\n")
    held_together(bench, table)


def test_the_grid_has_all_cells_and_the_one_where_nothing_can_be_learnt(
    bench: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    flat = (bench.MID[0], bench.FLAT)
    assert len(set(bench.GRID)) == len(bench.GRID) == len(bench.SPARSITY) * len(bench.SIGNAL) + 1
    assert bench.MID in bench.GRID and bench.GRID[-1] == flat
    bench.show(flat, np.array([bench.one(flat, SEED, CASES)]), CASES)
    table = capsys.readouterr().out
    assert table.startswith(f"\nsparsity {bench.MID[0]:g}, signal flat\n")
    held_together(bench, table)
