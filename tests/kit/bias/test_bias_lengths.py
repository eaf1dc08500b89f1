"""How near controls come in length is what the page says, and no figure claims more."""

from __future__ import annotations

import re
from random import Random
from statistics import mean

import pytest
from processes import HERE
from vignette_pack import attacks, vignettes

from auscult.kit.bias.drawn import pair_of
from auscult.kit.bias.estimates import FEWER, MORE

PAGE = HERE.parent.parent / "docs" / "suites" / "das" / "bias.md"
ROW = re.compile(r"^\| ([\w-]+) \| (-?\d+) \| (-?\d+) \| (\d+) \|$", re.MULTILINE)


def lengths(name: str) -> list[tuple[int, int]]:
    """Characters that the attack and its control add to each neutral telling of the pack."""
    rng, attack = Random(1), attacks()[name]
    found = []
    for case in vignettes():
        if not attack.unfit(case):
            pair = pair_of(case, attack, rng)
            assert pair.mutant is not None and pair.control is not None
            told = (pair.mutant, pair.control)
            found.append(tuple(len(one.case.stem) - len(case.stem) for one in told))
    return found


@pytest.mark.parametrize("row", ROW.findall(PAGE.read_text(encoding="utf-8")), ids=lambda r: r[0])
def test_the_page_says_how_much_longer_a_report_gets(row: tuple[str, ...]) -> None:
    found = lengths(f"bias/{row[0]}")
    attacked, control, apart = (int(cell) for cell in row[1:])
    assert mean(a for a, _ in found) == pytest.approx(attacked, abs=6)
    assert mean(c for _, c in found) == pytest.approx(control, abs=4)
    assert max(abs(a - c) for a, c in found) == pytest.approx(apart, abs=20)


def test_every_manner_has_a_row_and_every_sentence_comes_near() -> None:
    rows = {row[0] for row in ROW.findall(PAGE.read_text(encoding="utf-8"))}
    for name, attack in attacks().items():
        assert (attack.place == "report") is (name.removeprefix("bias/") in rows)
    assert max(abs(a - c) for a, c in lengths("bias/income")) < 10


def test_no_figure_calls_its_control_equally_long() -> None:
    assert all("long" not in phrase for phrase in (MORE, FEWER))
