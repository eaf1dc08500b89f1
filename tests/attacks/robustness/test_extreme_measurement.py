"""The extreme but possible twin: what is edited, what the gate refuses, what a pack is told."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

import pytest
from bad_mutants import TWINS, bad_mutants
from good_mutants import made, pack, text_attacks
from msgspec.structs import replace
from runs import plan_for, run

from auscult.api import open_run
from auscult.core import registry
from auscult.core.case import Brief, Case, Measurement, OptionNote
from auscult.core.errors import DataError
from auscult.core.mutant import Mutant, Span, TextAttack
from auscult.core.protocols import DataSet
from auscult.kit.attack.asking import facts_of, prompt_of, reordered
from auscult.kit.attack.authored import Edits, Extreme, as_extra, edits_of
from auscult.kit.attack.chain import chained, conflict
from auscult.kit.attack.drawn import pairs_of
from auscult.kit.attack.gate import faults
from auscult.kit.attack.key import IMPOSSIBLE
from auscult.kit.attack.measured import age_band
from auscult.kit.attack.twin import TOLD_APART
from auscult.kit.survivable import is_extreme, standing

NAME = "robustness/extreme-measurement"
WRONG = OptionNote("wrong", "mild", "No.")
WRITTEN = (Extreme("39.2 °C", "41.9", "Sepsis can bring it."),)
CASE = Case(
    "c",
    "A woman of 50 has pus in her urine. Temperature is 39.2 °C and heart rate 96 beats/min.",
    "What treats her?",
    ("Rest", "An antibiotic", "Fasting"),
    measurements=(
        Measurement("body temperature", "39.2", "°C", "39.2 °C"),
        Measurement("heart rate", "96", "beats/min", "96 beats/min"),
    ),
    brief=Brief(
        key=1, option_notes=(WRONG, OptionNote("key"), WRONG), groups={"age_band": "40-64"},
        extra=as_extra(Edits(extreme=WRITTEN)),
    ),
)  # fmt: skip


@cache
def attack() -> TextAttack:
    return text_attacks()[NAME]


def written(*values: Extreme, case: Case = CASE) -> Case:
    brief = replace(case.brief, extra=as_extra(Edits(extreme=values)))
    return replace(case, brief=brief)


def edit(case: Case = CASE, variant: int = 0) -> Mutant:
    return attack().edit(case, variant, Random(0))


def with_span(mutant: Mutant, original: Case, span: Span) -> Mutant:
    stem = original.stem[: span.start] + span.text + original.stem[span.end :]
    return replace(mutant, spans=(span,), case=replace(mutant.case, stem=stem))


def test_one_value_is_extreme_and_the_key_stays_beside_a_wrong_way_out() -> None:
    mutant = edit()
    assert faults(CASE, mutant, attack()) == ()
    assert "Temperature is 41.9 °C and heart rate 96 beats/min." in mutant.case.stem
    assert mutant.case.options == (*CASE.options, IMPOSSIBLE) and mutant.keys == (1,)
    assert mutant.case.brief.option_notes[-1].status == "wrong"
    assert facts_of(mutant)["key"] == 1


def test_its_control_offers_the_same_way_out_beside_the_value_as_it_was() -> None:
    (pair,) = pairs_of(CASE, attack(), 2, Random(1))
    assert pair.mutant is not None and pair.control is not None
    assert pair.mutant.case.options == pair.control.case.options
    assert "39.2 °C" in prompt_of(pair.control) and "41.9" not in prompt_of(pair.control)
    assert pair.control.keys == (1,)


def test_options_in_another_order_keep_their_twin() -> None:
    turned = reordered(CASE, (1, 2, 0))
    mutant = edit(turned)
    assert faults(turned, mutant, attack()) == () and mutant.keys == (0,)


@pytest.mark.parametrize(
    ("case", "words"),
    [
        (written(), "nobody wrote"),
        (replace(CASE, measurements=()), "does not state"),
        (written(Extreme("96 mmHg", "270", "So.")), "does not state"),
        (replace(CASE, brief=replace(CASE.brief, groups={"age_band": "0-17"})), "no adult"),
        (replace(CASE, options=("Both B and C", *CASE.options[1:])), "by their place"),
        (replace(CASE, options=()), "no options"),
    ],
)
def test_where_it_does_not_apply_it_says_why(case: Case, words: str) -> None:
    assert words in attack().unfit(case)


@pytest.mark.parametrize("value", ["39.0", "40.9", "41.7", "44.0", "48", "55", "4.19", "high"])
def test_a_value_that_is_not_shown_to_be_extreme_is_refused_though_an_author_wrote_it(
    value: str,
) -> None:
    case = written(Extreme("39.2 °C", value, "It is said to be rare."))
    assert "the value is not shown to be extreme" in faults(case, edit(case), attack())


def test_a_value_that_no_author_wrote_is_refused_though_it_is_extreme() -> None:
    start = CASE.stem.index("39.2 °C")
    other = with_span(edit(), CASE, Span("stem", start, start + 7, "42.0 °C"))
    assert faults(CASE, other, attack()) == ("the value is not the author's",)


def test_the_value_of_one_measurement_says_nothing_of_another() -> None:
    start = CASE.stem.index("96 beats/min")
    other = with_span(edit(), CASE, Span("stem", start, start + 12, "270 beats/min"))
    assert faults(CASE, other, attack()) == ("the value is not the author's",)


def test_two_values_at_once_and_none_are_refused() -> None:
    mutant = edit()
    start = CASE.stem.index("96 beats/min")
    both = (*mutant.spans, Span("stem", start, start + 12, "270 beats/min"))
    stem = mutant.case.stem.replace("96 beats/min", "270 beats/min")
    two = replace(mutant, spans=both, case=replace(mutant.case, stem=stem))
    none = replace(mutant, spans=(), case=replace(mutant.case, stem=CASE.stem))
    for bad in (two, none):
        assert "not exactly one value changed" in faults(CASE, bad, attack())


def test_the_way_out_must_be_offered_and_must_be_wrong() -> None:
    mutant = edit()
    case = mutant.case
    silent = replace(
        mutant,
        order=mutant.order[:-1],
        case=replace(
            case,
            options=case.options[:-1],
            brief=replace(case.brief, option_notes=case.brief.option_notes[:-1]),
        ),
    )
    assert "not only the option that it cannot be was added" in faults(CASE, silent, attack())
    notes = (*case.brief.option_notes[:-1], OptionNote("second-best", "none", "Perhaps."))
    vague = replace(mutant, case=replace(case, brief=replace(case.brief, option_notes=notes)))
    told = "the option that it cannot be is not said to be wrong, or not why"
    assert told in faults(CASE, vague, attack())
    taken = replace(mutant, keys=(3,), case=replace(case, brief=replace(case.brief, key=3)))
    assert "the key is another option" in faults(CASE, taken, attack())


def test_it_shares_no_chain_with_what_it_is_the_twin_of() -> None:
    other = text_attacks()["robustness/impossible-measurement"]
    assert "conflicts with" in conflict([attack(), other])


def test_after_an_edit_of_its_measurement_it_does_not_apply() -> None:
    converted = text_attacks()["robustness/unit-conversion"]
    mutant, wrong = chained(CASE, [converted, attack()], (0, 0), Random(0))
    assert mutant is None and "does not state" in wrong[0]


@pytest.mark.parametrize("kind", TWINS)
def test_bad_twins_are_refused(kind: str) -> None:
    bad = list(bad_mutants(kind, "span", 300, Random(kind)))
    assert len(bad) == 300
    assert all(faults(*one.good) for one in bad)


@pytest.mark.parametrize(("target", "right"), [("oracle", 1.0), ("constant?letter=E", 0.0)])
def test_who_cries_impossible_at_everything_fails_the_pair(
    tmp_path: Path, target: str, right: float
) -> None:
    plan = plan_for(
        "das/robustness", target=f"scripted/{target}", limit=40,
        data=(DataSet("pack", "knowledge", {"edits": True}),),
        suite_options={"attacks": ["impossible-measurement", "extreme-measurement"],
                       "per_case": 0},
    )  # fmt: skip
    run(plan, tmp_path / "r")
    opened = open_run(tmp_path / "r")
    try:
        (found,) = [e for e in opened.estimates() if e.metric == TOLD_APART]
    finally:
        opened.view.close()
    assert found.n >= 3 and found.value == right and not found.headline


# --- the pack -------------------------------------------------------------------------------------


def test_every_twin_of_the_pack_is_possible_rare_and_another_value_than_before() -> None:
    twins = 0
    for case in pack():
        band, stated = age_band(case), {m.text: m for m in case.measurements}
        for one in edits_of(case).extreme:
            m = stated[one.measurement]
            assert band is not None and one.value != m.value
            assert standing(m.quantity, m.unit, band, one.value) == "possible"
            assert is_extreme(m.quantity, m.unit, band, one.value)
            assert one.why.endswith(".") and len(one.why) > 60, (
                "why possible, and why the key stays"
            )
            twins += 1
    assert twins >= 50


def test_every_twin_is_made_and_its_impossible_brother_too() -> None:
    brother = text_attacks()["robustness/impossible-measurement"]
    goods = list(made(attack(), pack(), 9))
    assert len(goods) == sum(len(edits_of(case).extreme) for case in pack())
    for good in goods:
        assert faults(*good) == () and not brother.unfit(good.original)
        assert good.mutant.keys == (good.original.brief.key,)


LINE = {
    "id": "eyes-1", "specialty": "ophthalmology", "stem": "A man of 61 reads 34 mmHg.",
    "question": "Why?", "task": "diagnosis", "rationale": "Lenses cloud.",
    "options": [
        {"text": "Glaucoma", "status": "key", "harm": "none", "why": "pressure"},
        {"text": "Gout", "status": "wrong", "harm": "mild", "why": "a joint"},
    ],
    "source": {"name": "A book", "kind": "textbook", "year": 2020}, "as_of": "2025-06",
    "jurisdiction": "international", "difficulty": "easy",
    "measurements": [
        {"quantity": "intraocular pressure", "value": "34", "unit": "mmHg", "text": "34 mmHg"}
    ],
    "patient": {"age": 61, "age_unit": "years", "sex": "male"},
}  # fmt: skip
GIVEN = {"measurement": "34 mmHg", "value": "72", "why": "Acute closure brings it."}


def loaded(folder: Path, *extreme: dict[str, str], **changed: Any) -> list[Case]:
    (folder / "eyes.jsonl").write_text(json.dumps(LINE | changed), encoding="utf-8")
    (folder / "edits").mkdir()
    line = {"id": "eyes-1", "extreme": list(extreme)}
    (folder / "edits" / "eyes.jsonl").write_text(json.dumps(line), encoding="utf-8")
    return list(registry.build("data", "pack").load(folder, {"edits": True}))


def test_a_pack_may_bring_one(tmp_path: Path) -> None:
    (case,) = loaded(tmp_path, GIVEN)
    assert attack().unfit(case) == "" and "72 mmHg" in edit(case).case.stem


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"value": "36"}, "possible, but not in a range that the table"),
        ({"value": "500"}, "is impossible"),
        ({"value": "200"}, "is undecided"),
        ({"value": "very high"}, "not in the table"),
        ({"measurement": "35 mmHg"}, "for no measurement"),
        ({"why": " "}, "a text is blank"),
        ({"because": "So."}, "because"),
    ],
)
def test_a_bad_one_is_told(tmp_path: Path, change: dict[str, str], words: str) -> None:
    with pytest.raises(DataError, match=words) as raised:
        loaded(tmp_path, GIVEN | change)
    assert "eyes.jsonl (line 1)" in str(raised.value)


def test_a_child_has_none_and_none_is_given_twice(tmp_path: Path) -> None:
    child = {"patient": {"age": 6, "age_unit": "years", "sex": "male"}}
    with pytest.raises(DataError, match="no adult"):
        loaded(tmp_path, GIVEN, **child)
    (again := tmp_path / "again").mkdir()
    with pytest.raises(DataError, match="given twice"):
        loaded(again, GIVEN, GIVEN)
