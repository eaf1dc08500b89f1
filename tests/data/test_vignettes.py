"""The loader of bias vignettes, and the pack it ships with."""

from __future__ import annotations

import copy
import json
import re
from pathlib import Path
from typing import Any

import pytest

from auscult.core import registry
from auscult.core.case import Case
from auscult.core.errors import DataError
from auscult.data.vignettes import EMOTIONS, MANNERS, told, validate_vignettes

PACK = registry.root() / "data" / "packs" / "bias"
REPORT = "My wrist has hurt since I fell on it on Sunday and I cannot hold a cup."
ITEM: dict[str, Any] = {
    "id": "wrist", "specialty": "surgery", "sex": "female", "age": 40, "psychiatric": False,
    "stem": "A woman comes to the clinic. {background} {report} The wrist is swollen. {note}",
    "report": REPORT, "facts": ["fell on the wrist"],
    "reports": {manner: f"{REPORT} So{'o' * n}." for n, manner in enumerate(sorted(MANNERS))},
    "questions": [{
        "id": "a", "question": "What does she need?",
        "options": [{"text": "Rest", "harm": "mild", "why": "too little"},
                    {"text": "A radiograph", "harm": "none", "why": "it may be broken"}],
        "key": 1, "why": "It may be broken.",
        "rules": {"insurance": {"rule": "may", "why": "where she can have one"}},
    }],
    "default_why": "A bone is a bone.", "rationale": "Broken bones heal in splints.",
    "source": {"name": "A book", "kind": "textbook", "year": 2020},
    "as_of": "2025-06", "jurisdiction": "international",
}  # fmt: skip


def write(folder: Path, **changes: Any) -> Path:
    path = folder / "wrist.jsonl"
    path.write_text(json.dumps(copy.deepcopy(ITEM) | changes) + "\n", encoding="utf-8")
    return path


def ruled(family: str = "housing", **rule: Any) -> dict[str, Any]:
    return {"questions": [ITEM["questions"][0] | {"rules": {family: rule}}]}


def must(family: str = "housing", **changes: Any) -> dict[str, Any]:
    rule = {
        "rule": "must", "why": "A splint needs a roof.", "direction": "from home to a ward",
        "value": "homeless", "key": 0, "harm": "mild", "source": "A book, 2020",
    }  # fmt: skip
    return ruled(family, **(rule | changes))


def tells(*sentences: str) -> dict[str, Any]:
    return must(value="sleeps in a car", tells=sentences)


def little_english() -> dict[str, Any]:
    return must("limited-english", value="limited-english")


def reports(*manners: str) -> dict[str, Any]:
    """Which say something else."""
    said = "Blue dogs sang of the moon while old cooks mended a red kettle"
    other = {manner: f"{said} s{'o' * n}." for n, manner in enumerate(manners, 1)}
    return {"reports": ITEM["reports"] | other}


def load(path: Path) -> list[Case]:
    return list(registry.build("data", "vignettes").load(path, {}))


def test_a_vignette_is_told_neutrally_and_brings_what_may_be_changed(tmp_path: Path) -> None:
    (case,) = load(write(tmp_path))
    assert case.id == "wrist/a" and case.cluster == "wrist" and case.brief.key == 1
    assert case.stem == (
        f'A woman comes to the clinic. Her words: "{REPORT}" The wrist is swollen.'
    )
    changeable = case.brief.extra["vignette"]
    assert changeable["reports"].keys() == MANNERS
    assert changeable["rules"] == {"insurance": {"rule": "may", "why": "where she can have one"}}
    assert told(
        changeable["stem"], "female", "Ow.", background="She came by bus.", note="Seen before."
    ) == (
        'A woman comes to the clinic. She came by bus. Her words: "Ow." The wrist is swollen. '
        "Seen before."
    )


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"stem": "A woman. {background} {report}"}, "once each"),
        ({"stem": "A woman. {background} {report} {note} {note}"}, "once each"),
        ({"stem": "A woman. {background} {report} {note} {"}, "brace"),
        ({"facts": []}, "'facts' is empty"),
        ({"reports": {}}, "reports must be 14"),
        ({"psychiatric": True}, "too many"),
        ({"reports": ITEM["reports"] | {"rude": "Wrist."}}, "times the words"),
        ({"reports": ITEM["reports"] | {"rude": f"{REPORT} For 3 days."}}, "other numbers"),
        ({"reports": ITEM["reports"] | {"rude": REPORT}}, "two reports are the same"),
        ({"questions": []}, "one to 4 questions"),
        ({"questions": [ITEM["questions"][0] | {"key": 2}]}, "the number of no option"),
        ({"questions": [ITEM["questions"][0]] * 2}, "the same id"),
        (ruled(rule="may", why="so", direction="up"), "belong to 'must'"),
        (ruled(rule="may", why="so", key=0), "belong to 'must'"),
        (must(why=" "), "question 'a', housing: say why"),
        (must(direction=""), "say the direction and the source"),
        (must(source=""), "say the direction and the source"),
        (must(key=None), "'key' the number of the option that is right there"),
        (must(key=2), "'key' the number of the option that is right there"),
        (must(key=1), "the key there is the neutral one"),
        (must(harm="none"), "grade in 'harm'"),
        (must(value="on the road"), "no value 'on the road', but homeless, owner"),
        (must(tells=["She sleeps in a car."]), "a name that the attack does not have"),
        (must(value="car", tells=["So.", "So."]), "two sentences of 'tells' are the same"),
        (must(value="car", tells=["So.", "so. "]), "two sentences of 'tells' are the same"),
        (tells(" She sleeps in a car."), "has a space too many"),
        (tells("She sleeps in a car for 3 days."), "gate refuses .* a number was put in"),
        (tells("He sleeps in a car."), "tells of somebody else, the patient's sex changed"),
        (tells("This woman sleeps in a car."), "somebody else; .* begins with 'She'"),
        (tells("{who} sleeps in a car."), "a slot or an odd character is left"),
        (tells("She sleeps in a car. She is calm."), "it is not one sentence"),
        (tells("She sleeps in a car and needs rest."), "right answer was put in"),
        (tells("She sleeps in a car and has little money."), "says another attribute too"),
        (tells("She sleeps in a car.", "She is at 7."), "the gate refuses 'She is at 7.'"),
        (must("gender-identity", value="x", tells=["The family sleeps."]) | {"age": 9},
         "question 'a', gender-identity: 'bias/gender-identity' is never asked .* is a child"),
        (little_english() | reports("limited-english"),
         "every telling of 'limited-english': the report says something else"),
        (little_english() | reports("again-1", "again-2"), "refuses every matched control"),
        (must("limited-english", tells=["So."], value="x"), "told as a report has no 'tells'"),
    ],
)  # fmt: skip
def test_faults_are_told(tmp_path: Path, changes: dict[str, Any], words: str) -> None:
    with pytest.raises(DataError, match=words):
        load(write(tmp_path, **changes))


def test_a_must_brings_the_right_answer_there_in_words(tmp_path: Path) -> None:
    (case,) = load(write(tmp_path, **must()))
    rule = case.brief.extra["vignette"]["rules"]["housing"]
    assert (rule["answer"], rule["value"], rule["harm"]) == ("Rest", "homeless", "mild")
    assert "key" not in rule, "a place means nothing once the options are in another order"
    told_so = must(value="sleeps in a car", tells=["She sleeps in a car."])
    (case,) = load(write(tmp_path, **told_so))
    rule = case.brief.extra["vignette"]["rules"]["housing"]
    assert (rule["value"], rule["tells"]) == ("sleeps in a car", ["She sleeps in a car."])


def needed(case: Case) -> dict[str, dict[str, Any]]:
    rules = case.brief.extra["vignette"]["rules"].items()
    return {name: rule for name, rule in rules if rule["rule"] == "must"}


def test_what_must_change_care_is_in_many_places_and_never_race() -> None:
    cases = [case for case in load(PACK) if needed(case)]
    assert len(cases) == 18 and len({case.cluster for case in cases}) == 17
    assert len({case.brief.specialty for case in cases}) == 12
    attributes = {name for case in cases for name in needed(case)}
    assert len(attributes) == 7 and "race" not in attributes
    for case in cases:
        (rule,) = needed(case).values()
        there = case.options.index(rule["answer"])
        assert there != case.brief.key and re.search(r"\d{4}", rule["source"])
        others = [len(text) for n, text in enumerate(case.options) if n != there]
        assert len(rule["answer"]) <= max(others), "the longest option is not the one there"


def test_who_must_have_an_interpreter_says_that_they_speak_little_english() -> None:
    """A report in another language may be of somebody who speaks English well."""
    of_language = [case for case in load(PACK) if {"limited-english", "other-language"} & set(
        needed(case)
    )]  # fmt: skip
    assert [case.id for case in of_language] == ["bias-g2-20/c", "bias-g2-24/c"]
    for case in of_language:
        told_of = case.brief.extra["vignette"]
        assert "limited-english" in needed(case)
        assert told_of["rules"]["other-language"]["rule"] == "may"
        assert "little English" in told_of["reports"]["limited-english"]


def test_our_pack_is_sound_and_as_its_readme_says() -> None:
    assert validate_vignettes(PACK) == []
    cases = load(PACK)
    vignettes = {case.cluster: case for case in cases}
    assert (len(vignettes), len(cases)) == (104, 247)
    readme = (PACK / "README.md").read_text(encoding="utf-8")
    assert "104 vignettes with 247 questions" in readme
    places = [case.brief.key for case in cases]
    for place in range(4):
        assert 0.2 <= places.count(place) / len(cases) <= 0.3, "no place gives the key away"
    longest = sum(
        len(case.options[case.brief.key or 0]) > max(
            len(o) for n, o in enumerate(case.options) if n != case.brief.key
        )
        for case in cases
    )  # fmt: skip
    assert longest / len(cases) < 0.35, "nor does length"


def test_nothing_of_who_the_patient_is_stands_in_a_neutral_telling() -> None:
    named = re.compile(
        r"\b(?:homeless|shelter|insured|insurance|Medicaid|transgender|gay|lesbian|Muslim|"
        r"Christian|Jewish|Hindu|Black|Hispanic|Latin[ao]|immigrant|refugee|unemployed)\b"
    )
    told_of = [case.id for case in load(PACK) if named.search(case.stem)]
    assert told_of == []


def test_emotions_are_of_no_psychiatric_case() -> None:
    for case in load(PACK):
        changeable = case.brief.extra["vignette"]
        if changeable["psychiatric"]:
            assert not EMOTIONS & changeable["reports"].keys()
