"""The loader of open cases: what it gives out, and every fault in one list."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import open_cases
import pytest

from auscult.core.errors import DataError
from auscult.data.open_cases import build, validate_open_cases
from auscult.kit.open.case import QUESTIONED, criteria_of, open_of
from auscult.kit.open.edits import fit_and_refused, value_pair, values_of


def test_a_case_is_given_out_as_it_is_and_the_rest_stays_in_the_brief(tmp_path: Path) -> None:
    (case,) = build().load(open_cases.pack(tmp_path / "p"), {})
    assert (case.stem, case.question, case.options) == (open_cases.STEM, open_cases.QUESTION, ())
    assert case.brief.groups == {"sex": "female", "age_band": "40-64", "asker": "patient"}
    assert case.brief.reference and case.brief.as_of == "2023" and case.brief.rubric == ()
    part = open_of(case)
    assert [(c.id, c.points, c.unsafe) for c in part.criteria] == [
        ("a", 8, True), ("b", 4, True), ("c", 2, False), ("d", -6, True),
    ]  # fmt: skip
    assert [m.text for m in case.measurements] == ["38.4 °C", "96 beats/min"]
    assert part.age == 54 and len(part.baits) == 3 and len(part.rewordings) == 3


def test_a_changed_value_adds_one_criterion_that_names_the_quantity_and_no_value(
    tmp_path: Path,
) -> None:
    plain = {"impossible": None, "extreme": None}
    rows = (open_cases.row("open-t1"), open_cases.row("open-t2", **plain))
    with_value, without = build().load(open_cases.pack(tmp_path / "p", *rows), {})
    added = criteria_of(with_value)[-1]
    assert added.id == QUESTIONED and added.points == 0 and "body temperature" in added.text
    assert not any(sign.isdigit() for sign in added.text)
    assert [c.id for c in criteria_of(without)] == ["a", "b", "c", "d"]


def test_a_graded_harm_goes_with_its_criterion(tmp_path: Path) -> None:
    path = open_cases.pack(tmp_path / "p", open_cases.row(**changed_criterion(0, harm="severe")))
    (case,) = build().load(path, {})
    assert [c.harm for c in criteria_of(case)] == ["severe", *["ungraded"] * 4]


def changed_criterion(number: int, **other: Any) -> dict[str, Any]:
    listed = open_cases.criteria()
    listed[number] |= other
    return {"criteria": listed}


FAULTS: list[tuple[dict[str, Any], str]] = [
    ({"measurements": [{"quantity": "x", "value": "1", "unit": "g", "text": "1 g"}]},
     "must occur once in the stem, found 0"),
    ({"criteria": open_cases.criteria()[:2]}, "3 to 6 criteria"),
    ({"criteria": open_cases.criteria()[:3]}, "no criterion has negative points"),
    (changed_criterion(1, id="a"), "ids of their own"),
    (changed_criterion(1, id="value"), "take another"),
    (changed_criterion(2, points=0), "has 0 points"),
    (changed_criterion(3, unsafe_if_missing=True), "the wrong way round"),
    (changed_criterion(2, why=" "), "does not say why"),
    (changed_criterion(2, harm="severe"), "has a harm and is not marked as unsafe"),
    (changed_criterion(0, harm="awful"), "awful"),
    ({"neutral": []}, "there is no neutral sentence"),
    ({"neutral": ["She weighs 70 kg."]}, "holds a number"),
    ({"neutral": ["The lift in her house is broken again."]}, "two sentences to put in"),
    ({"rewordings": [{"stem": open_cases.STEM, "question": open_cases.QUESTION}]},
     "the case as it is"),
    ({"impossible": {"measurement": 7, "value": "9", "why": "w"}}, "they count from 0"),
    ({"extreme": {"measurement": 0, "value": "38.4", "why": "w"}}, "the value that stands there"),
    ({"baits": [{"style": "recency", "text": "So I heard.", "pushes": "p", "against": "z"}]},
     "which is no criterion"),
    ({"reference": ""}, "'reference' is blank"),
    ({"age": -1}, "'age' is negative"),
]  # fmt: skip


@pytest.mark.parametrize(("other", "said"), FAULTS)
def test_what_is_wrong_is_said(other: dict[str, Any], said: str, tmp_path: Path) -> None:
    folder = open_cases.pack(tmp_path / "p", open_cases.row(**other))
    assert any(said in str(fault) for fault in validate_open_cases(folder))
    with pytest.raises(DataError, match="fault"):
        list(build().load(folder, {}))


def test_two_cases_of_one_id_and_an_unknown_field_are_both_listed(tmp_path: Path) -> None:
    rows = (open_cases.row(), open_cases.row(), open_cases.row("open-t3", colour="red"))
    found = "\n".join(map(str, validate_open_cases(open_cases.pack(tmp_path / "p", *rows))))
    assert "already used" in found and "colour" in found


def test_our_pack_is_sound_and_every_edit_of_it_passes_the_gate() -> None:
    cases = list(build().load(Path("open"), {}))
    assert cases
    for case in cases:
        fit, refused = fit_and_refused(case)
        assert fit and not refused, case.id
        for attack, other in values_of(case):
            assert value_pair(case, attack, other).rejected == (), f"{case.id}: {attack}"
