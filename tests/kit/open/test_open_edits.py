"""Attacks on an open case and their controls: one span, one sentence, nothing else."""

from __future__ import annotations

from pathlib import Path
from random import Random
from typing import Any

import open_cases
import pytest

from auscult.core.case import Case
from auscult.data.open_cases import build
from auscult.kit.open.edits import (
    DISTRACTION,
    EXTREME,
    IMPOSSIBLE,
    drawn_pairs,
    fit_and_refused,
    value_pairs,
)


def made(folder: Path, **other: Any) -> Case:
    (case,) = build().load(open_cases.pack(folder / "p", open_cases.row(**other)), {})
    return case


def test_a_sentence_and_its_control_stand_in_the_same_place_and_all_else_is_byte_equal(
    tmp_path: Path,
) -> None:
    case = made(tmp_path)
    pairs = drawn_pairs(case, 0, Random(1))
    assert len(pairs) == 5 and {p.attack for p in pairs} >= {DISTRACTION, "bait: recency"}
    for pair in pairs:
        assert pair.attacked is not None and pair.control is not None
        for shown in (pair.attacked, pair.control):
            assert shown.stem.startswith(f"{case.stem} ") and shown.question == case.question
            assert shown.id == case.id and shown.brief == case.brief and shown.options == ()
            assert shown.stem.count("38.4 °C") == 1
        assert pair.attacked.stem != pair.control.stem


def test_no_two_controls_are_the_same_and_the_authors_are_taken_first(tmp_path: Path) -> None:
    case = made(tmp_path)
    controls = [p.control.stem for p in drawn_pairs(case, 0, Random(1)) if p.control]
    assert len(set(controls)) == len(controls) == 5
    written = [text for text in open_cases.row()["neutral"] if any(text in c for c in controls)]
    assert len(written) == 3


def test_the_lot_is_the_seeds_and_meets_every_sentence(tmp_path: Path) -> None:
    case = made(tmp_path)
    assert drawn_pairs(case, 2, Random(5)) == drawn_pairs(case, 2, Random(5))
    met = [p.attacked.stem for n in range(40) for p in drawn_pairs(case, 2, Random(n))]
    assert len(set(met)) == 5 and len(met) == 80


def test_values_change_one_number_beside_the_true_one_in_other_words(tmp_path: Path) -> None:
    case = made(tmp_path)
    impossible, extreme = value_pairs(case, Random(1))
    assert (impossible.attack, extreme.attack) == (IMPOSSIBLE, EXTREME)
    assert impossible.attacked is not None and extreme.attacked is not None
    assert impossible.attacked.stem == case.stem.replace("38.4 °C", "56.0 °C")
    assert extreme.attacked.stem == case.stem.replace("38.4 °C", "42.0 °C")
    controls = [p.control for p in (impossible, extreme)]
    assert controls[0] != controls[1]
    for control in controls:
        assert control is not None and control.text != case.text
        assert "38.4 °C" in control.stem and "7.5 mg" in control.stem


@pytest.mark.parametrize(
    ("other", "said"),
    [
        ({"impossible": {"measurement": 0, "value": "41.0", "unit": "°C", "why": "w"}},
         "not shown to be impossible"),
        ({"impossible": {"measurement": 0, "value": "48.5", "unit": "°C", "why": "w"}},
         "not shown to be impossible"),
        ({"impossible": {"measurement": 0, "value": "13O", "unit": "°C", "why": "w"}},
         "not shown to be impossible"),
        ({"extreme": {"measurement": 0, "value": "56.0", "why": "w"}}, "not shown to be possible"),
    ],
)  # fmt: skip
def test_a_value_that_the_table_does_not_bear_out_is_refused(
    other: dict[str, Any], said: str, tmp_path: Path
) -> None:
    pairs = value_pairs(made(tmp_path, **other), Random(1))
    refused = [p for p in pairs if p.rejected]
    assert len(refused) == 1 and said in refused[0].rejected[0]
    assert refused[0].attacked is None and refused[0].control is None


def test_what_is_not_the_authors_or_tears_a_number_is_refused(tmp_path: Path) -> None:
    from auscult.core.mutant import Span
    from auscult.kit.attack.spans import edited
    from auscult.kit.open.edits import _closed, _sentence_faults

    case = made(tmp_path)
    end = len(case.stem)
    stray = edited(_closed(case), "x", [Span("stem", end, end, " She also has a rash.")])
    assert "a sentence was put in that is not the author's" in _sentence_faults(case, stray)
    place = case.stem.index("38.4") + 3
    torn = edited(_closed(case), "x", [Span("stem", place, place, " ")])
    assert "a number is torn apart" in _sentence_faults(case, torn)


def test_a_reworded_control_that_changes_a_number_gives_way_to_a_heading(tmp_path: Path) -> None:
    wrong = open_cases.STEM.replace("7.5 mg", "5 mg")
    case = made(tmp_path, rewordings=[{"stem": wrong, "question": open_cases.QUESTION}])
    for pair in value_pairs(case, Random(1)):
        assert pair.control is not None
        assert pair.control.stem.endswith(case.stem) and pair.control.stem != case.stem


def test_a_case_without_edits_has_none(tmp_path: Path) -> None:
    bare = Case("x", "A stem.", "A question?")
    assert fit_and_refused(bare) == ([], [])
    assert drawn_pairs(bare, 3, Random(1)) == value_pairs(bare, Random(1)) == []
