from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest

from auscult.core import registry
from auscult.core.errors import DataError, PlanError
from auscult.data.pack import age_band, validate_pack
from auscult.kit.strict_packs import packs

ITEM: dict[str, Any] = {
    "id": "eyes-001",
    "specialty": "ophthalmology",
    "stem": "A 70-year-old woman has an intraocular pressure of 34 mmHg.",
    "question": "What is the diagnosis?",
    "options": [
        {"text": "Glaucoma", "status": "key", "harm": "none", "why": "raised pressure"},
        {"text": "Cataract", "status": "wrong", "harm": "mild", "why": "no pressure"},
        {"text": "Uveitis", "status": "second-best", "harm": "moderate", "why": "may be"},
    ],
    "task": "diagnosis",
    "rationale": "Raised pressure.",
    "source": {"name": "A textbook", "kind": "textbook", "year": 2020},
    "as_of": "2025-06",
    "jurisdiction": "international",
    "difficulty": "easy",
    "measurements": [
        {"quantity": "pressure", "value": "34", "unit": "mmHg", "text": "34 mmHg"},
    ],
    "patient": {"age": 70, "age_unit": "years", "sex": "female"},
}


def write(folder: Path, *items: Any, name: str = "eyes.jsonl") -> Path:
    path = folder / name
    path.write_text("".join(json.dumps(item) + "\n" for item in items), encoding="utf-8")
    return path


def load(path: Path, **options: Any) -> list[Any]:
    return list(registry.build("data", "pack").load(path, options))


def changed(**change: Any) -> dict[str, Any]:
    return {**copy.deepcopy(ITEM), **change}


def test_an_item_becomes_a_case(tmp_path: Path) -> None:
    (case,) = load(write(tmp_path, ITEM))
    assert case.id == case.cluster == "eyes-001"
    assert case.options == ("Glaucoma", "Cataract", "Uveitis")
    brief = case.brief
    assert brief.key == 0
    assert [note.status for note in brief.option_notes] == ["key", "wrong", "second-best"]
    assert brief.groups == {"sex": "female", "age_band": "65+"}
    assert case.measurements[0].text in case.text
    assert (brief.source.year, brief.as_of, brief.difficulty) == (2020, "2025-06", "easy")


@pytest.mark.parametrize(
    ("age", "unit", "band"),
    [(17, "years", "0-17"), (18, "years", "18-39"), (39, "years", "18-39"), (40, "years", "40-64"),
     (64, "years", "40-64"), (65, "years", "65+"), (30, "months", "0-17"), (6, "weeks", "0-17"),
     (90, "days", "0-17")],
)  # fmt: skip
def test_age_bands(tmp_path: Path, age: int, unit: str, band: str) -> None:
    patient = {"age": age, "age_unit": unit, "sex": None}
    (case,) = load(write(tmp_path, changed(patient=patient)))
    assert case.brief.groups == {"age_band": band}
    assert age_band(17.9) == "0-17"


def test_no_patient_no_groups(tmp_path: Path) -> None:
    assert load(write(tmp_path, changed(patient=None)))[0].brief.groups == {}


def option(text: str, status: str) -> dict[str, str]:
    return {"text": text, "status": status, "harm": "none", "why": ""}


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"options": [option("a", "wrong"), option("b", "wrong")]}, "'key', found 0"),
        ({"options": [option("a", "key"), option("b", "key")]}, "'key', found 2"),
        ({"options": [option("a", "key"), option(" A", "wrong")]}, "two options read 'a'"),
        ({"options": [option("a", "key"), option("", "wrong")]}, "an option is blank"),
        ({"options": [option("a", "key")]}, "at least 2 options"),
        ({"options": [option("a", "right")]}, "Invalid enum value 'right'"),
        ({"stem": "No value here."}, "'34 mmHg' must occur once in stem and question, found 0"),
        ({"question": "Is 34 mmHg high?"}, "found 2"),
        ({"stem": "She has 134 mmHg."}, "part of a longer number"),
        ({"stem": "She has 1.34 mmHg."}, "part of a longer number"),
        (
            {
                "stem": "She weighs 34.5 kg.",
                "measurements": [
                    {"quantity": "weight", "value": "34", "unit": "kg", "text": "weighs 34"}
                ],
            },
            "part of a longer number",
        ),
        ({"as_of": "June 2025"}, "'as_of' must be a date"),
        ({"rationale": " "}, "'rationale' is blank"),
        ({"id": "eyes-001 "}, "begins or ends with a space"),
        ({"difficulty": "medium"}, "Invalid enum value 'medium'"),
        ({"extra": 1}, "unknown field `extra`"),
        ({"patient": {"age": -1, "age_unit": "years", "sex": "male"}}, "negative"),
    ],
)
def test_each_fault_is_found(tmp_path: Path, change: dict[str, Any], says: str) -> None:
    path = write(tmp_path, changed(id="eyes-000"), changed(**change))
    faults = validate_pack(path)
    assert len(faults) == 1
    assert faults[0].line == 2
    assert says in faults[0].what
    with pytest.raises(DataError, match=r"pack .* has 1 fault"):
        load(path)


def test_all_faults_of_all_files_come_in_one_error(tmp_path: Path) -> None:
    write(tmp_path, changed(as_of=""), changed(id="b", question=""), name="a.jsonl")
    write(tmp_path, changed(), {"id": 3}, name="b.jsonl")
    (tmp_path / "c.jsonl").write_text("\n")
    with pytest.raises(DataError) as caught:
        load(tmp_path)
    text = str(caught.value)
    assert "has 5 faults" in text
    for says in (
        "a.jsonl (line 1): 'as_of'", "a.jsonl (line 2): 'question' is blank",
        "b.jsonl (line 1): the id 'eyes-001' is already used in line 1 of another file",
        "b.jsonl (line 2): Expected `str`, got `int` - at `$.id`", "c.jsonl: has no rows",
    ):  # fmt: skip
        assert says in text


def test_a_pack_takes_no_options_and_skips_nothing(tmp_path: Path) -> None:
    with pytest.raises(PlanError, match="bad_rows"):
        load(write(tmp_path, ITEM), bad_rows="skip")


def test_paths_that_are_no_packs(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="so it is no pack"):
        load(tmp_path)
    with pytest.raises(DataError, match="Did you mean 'knowledge'"):
        load(Path("knowlege"))
    with pytest.raises(DataError, match="does not exist"):
        load(tmp_path / "none.jsonl")


def test_our_packs_are_found_by_name_wherever_one_stands(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "knowledge").mkdir()
    assert load(Path("knowledge"))[0].id != "eyes-001"


@pytest.mark.parametrize(
    "name", sorted(n for n, folder in packs().items() if not (folder / "pack.json").exists())
)
def test_our_own_packs_have_no_faults(name: str) -> None:
    assert validate_pack(Path(name)) == []
    cases = load(Path(name))
    assert len({case.id for case in cases}) == len(cases) > 0
    assert all(case.brief.key is not None for case in cases)
