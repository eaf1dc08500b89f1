from __future__ import annotations

import copy
import json
import re
from collections import Counter
from pathlib import Path
from random import Random
from typing import Any

import msgspec
import pytest

from auscult.core import registry
from auscult.core.case import Case
from auscult.core.errors import DataError, PlanError
from auscult.data.confidences import validate_confidences
from auscult.kit.confidence.demands import BREVITY, LANGUAGE, demands
from auscult.kit.confidence.persons import persons_of
from auscult.kit.confidence.scenario import OURS, scenario_of
from auscult.kit.confidence.special import stated
from auscult.kit.identities import HIPAA
from auscult.kit.privacy.people import people
from auscult.kit.slots import kind_and_person, values_of

PACK = registry.root() / "data" / "packs" / "confidences"
ITEM: dict[str, Any] = json.loads(
    (PACK / "over-sharing.jsonl").read_text(encoding="utf-8").splitlines()[0]
)


def write(folder: Path, *items: Any) -> Path:
    path = folder / "office.jsonl"
    path.write_text("".join(json.dumps(item) + "\n" for item in items), encoding="utf-8")
    return path


def load(path: Path, **options: Any) -> list[Case]:
    return list(registry.build("data", "confidences").load(path, options))


def changed(**change: Any) -> dict[str, Any]:
    """A key such as "twin.request" changes a part."""
    item = copy.deepcopy(ITEM)
    for name, value in change.items():
        part, _, last = name.rpartition("__")
        (item[part] if part else item)[last] = value
    return item


def test_a_scenario_becomes_a_case(tmp_path: Path) -> None:
    (case,) = load(write(tmp_path, ITEM))
    assert case.stem == ITEM["context"] and case.question == ITEM["request"]
    assert case.brief.rubric == (ITEM["minimum"],) and case.brief.harm_level == ITEM["harm"]
    assert case.brief.task == "over-sharing" and case.brief.jurisdiction == ITEM["jurisdiction"]
    scenario = scenario_of(case)
    assert scenario.planted == tuple(ITEM["planted"]) and scenario.persons == 1
    assert scenario.protected_in(scenario.context) == tuple(
        slot for slot in ITEM["planted"] if slot not in ITEM["allowed"]
    )


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"minimum": ""}, "'minimum' is blank"),
        ({"request": " Write it."}, "'request' begins or ends with a space"),
        ({"rationale": "Not {name}."}, "'rationale' has a slot"),
        ({"request": "Write {it}}."}, "'request' has a brace that belongs to no slot"),
        ({"request": "Write to a@b."}, "'request' holds 'a@b', which looks like"),
        ({"request": "Write on {phone}."}, "'request' states 'phone' itself"),
        ({"pressure": ["Give {ssn}."] * 3, "controls__polite": ["Be so kind."] * 3},
         "'pressure' states 'ssn' itself"),
        ({"planted": ["name", "dob"]}, "'planted' must list the slots of context and documents"),
        ({"allowed": ["ssn"]}, "'ssn' is allowed, which is not planted"),
        ({"twin__must_state": ["ip"]}, "the twin must state 'ip', which the context does not"),
        ({"twin__must_state": []}, "the twin must state something"),
        ({"twin__request": "Give {blood}."}, "the slot 'blood' is of no known kind"),
        ({"special": [{"kind": "health", "fact": "It.", "says": []}]}, "is empty or has a blank"),
        ({"special": [{"kind": "health", "fact": "It.", "says": ["gout"]}]}, "says none of gout"),
        ({"special": [{"kind": "health", "fact": "It.", "says": ["Crown", "hepatitis"]}]},
         "'special.says' has 'Crown'; write it in lower case"),
        ({"special": [{"kind": "health", "fact": "It.", "says": ["crown"]}]},
         "the request itself says 'crown'"),
        ({"born": {"ssn": [1950, 1980]}}, "'born' names 'ssn', which is no planted date of birth"),
        ({"born": {"dob": [1850, 1980]}}, "'born.dob' is 1850 to 1980; give years from 1931"),
        ({"born": {"dob": [1980, 1983]}}, "'born.dob' leaves fewer than 10 years"),
        ({"controls__neutral": ["One."]}, "two rewordings and three neutral sentences"),
        ({"controls__polite": ["Thanks."]}, "and 'controls.polite' as many"),
        ({"controls__tasks": "Short."}, "tasks beside side_tasks: 6 letters beside"),
        ({"controls__tasks": ITEM["controls"]["tasks"] + " Keep it short."},
         "tasks beside side_tasks: only one of them asks for brevity"),
        ({"disguises__side_tasks": ITEM["controls"]["tasks"].replace("Portuguese", "capitals")},
         "tasks beside side_tasks: only one of them asks for another language"),
        ({"harm": "none"}, "Invalid enum value 'none'"),
        ({"category": "gossip"}, "Invalid enum value 'gossip'"),
        ({"extra": 1}, "unknown field `extra`"),
    ],
)  # fmt: skip
def test_each_fault_is_found(tmp_path: Path, change: dict[str, Any], says: str) -> None:
    path = write(tmp_path, changed(id="sound"), changed(**change))
    faults = validate_confidences(path)
    assert {fault.line for fault in faults} == {2}
    assert says in "\n".join(fault.what for fault in faults)
    with pytest.raises(DataError, match=r"pack .* has \d+ fault"):
        load(path)


def test_a_context_with_nothing_to_keep_back_is_no_scenario(tmp_path: Path) -> None:
    free = changed(allowed=ITEM["planted"], special=[])
    (fault,) = validate_confidences(write(tmp_path, free))
    assert "holds nothing that is protected" in fault.what


def test_a_part_of_a_pack(tmp_path: Path) -> None:
    path = write(tmp_path, ITEM, changed(id="other", category="overheard"))
    assert [case.id for case in load(path, categories=["overheard"])] == ["other"]
    with pytest.raises(PlanError, match="categories"):
        load(path, categories=["gossip"])
    with pytest.raises(DataError, match="no file of reviews"):
        load(path, reviews="nowhere")


def test_our_pack_is_sound_and_even() -> None:
    assert validate_confidences(Path("confidences")) == []
    scenarios = [scenario_of(case) for case in load(Path("confidences"))]
    assert set(Counter(one.category for one in scenarios).values()) == {12}
    assert len({one.category for one in scenarios}) == 8
    kinds = {kind_and_person(slot)[0] for one in scenarios for slot in one.planted}
    assert kinds >= set(HIPAA), "all eighteen kinds are planted somewhere"
    assert sum(bool(one.special) for one in scenarios) >= 64
    assert {one.harm for one in scenarios} == {"mild", "moderate", "severe"}
    assert all(one.licence == "Apache-2.0" for one in scenarios)


def test_nothing_that_presses_and_no_control_says_the_fact_itself() -> None:
    """Else a reply that takes up what was asked would be read as telling. Who presses may name a
    circumstance ("just say in which room"): a control may not."""
    for case in load(Path("confidences")):
        one = scenario_of(case)
        mild = (
            *one.controls.polite, *one.controls.neutral, one.controls.tasks,
            one.disguises.well_intentioned, one.disguises.side_tasks, one.disguises.reminder,
        )  # fmt: skip
        grave = [fact for fact in one.special if fact.kind not in OURS]
        assert not [text for text in mild if stated(text, one.special)], case.id
        assert not [text for text in one.pressure if stated(text, grave)], case.id
        assert len(stated(one.context, one.special)) == len(one.special), case.id


def test_a_control_asks_for_as_short_a_text_and_the_same_languages() -> None:
    """Item by item: the side tasks and every turn of pressure with what stands beside it."""
    found = Counter[str]()
    for case in load(Path("confidences")):
        one = scenario_of(case)
        disguise, control = one.disguises.side_tasks, one.controls.tasks
        assert demands(disguise) == demands(control), case.id
        found.update(demands(disguise))
        for pressed, polite in zip(one.pressure, one.controls.polite, strict=True):
            assert demands(pressed) == demands(polite), case.id
        assert demands(one.request) >= demands(" ".join(one.controls.rewordings)), case.id
    assert found[LANGUAGE] == 42 and found[BREVITY] > 20


def test_every_fact_is_stated_by_its_own_sentence() -> None:
    for case in load(Path("confidences")):
        for fact in scenario_of(case).special:
            assert stated(fact.fact, (fact,)), (case.id, fact.fact)


def test_nobody_is_single_whose_spouse_is_in_the_scene() -> None:
    for case in load(Path("confidences")):
        one = scenario_of(case)
        told = f"{one.context} {one.recipient}".lower()
        if any(slot.startswith("marital_status") for slot in one.planted):
            assert not re.search(r"\b(?:patient's|former) spouse|with spouse\b", told), case.id


def test_who_works_or_lives_in_a_home_is_of_an_age_for_it() -> None:
    """A year for every person whose context leaves no other; none is told by it."""
    scenarios = {case.id: scenario_of(case) for case in load(Path("confidences"))}
    assert sum(bool(one.born) for one in scenarios.values()) == 50
    for one in scenarios.values():
        for seed in range(40):
            values = persons_of(one, Random(seed), Random(seed + 1))
            for slot, (first, last) in one.born.items():
                assert first <= int(values[slot][:4]) <= last, one.id
            dates = [values[slot][:4] for slot in one.planted if slot.startswith("dob")]
            assert len(set(dates)) == len(dates), one.id
    works = ("nurse-as-patient", "call-of-the-day", "crew-reflection", "staff-hero-post")
    for name in works:
        (one,) = [o for key, o in scenarios.items() if key.endswith(name)]
        assert one.born["dob"][0] >= 1960 and one.born["dob"][1] <= 2005
    assert scenarios["overheard-dining-room-card"].born["dob"][1] <= 1955


def test_who_may_be_of_any_age_is_who_was_drawn() -> None:
    one = scenario_of(load(Path("confidences"), categories=["overheard"])[0])
    free = msgspec.structs.replace(one, born={})
    assert persons_of(free, Random(5), Random(6)) == values_of(people(Random(5), one.persons))
