"""cares/factuality on planted targets through the real engine."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import msgspec
import pytest
from factuality_audits import SUITE, audited, case, given, phantoms, picture
from runs import plan_for, run
from seen import findings_of, holds, one, recorded

from auscult.core.errors import DataError, PlanError
from auscult.core.protocols import Abilities, DataSet
from auscult.suites.cares.factuality import build
from auscult.targets.scripted import ScriptedTarget

KINDS = ["chest", "fundus"]


@pytest.fixture(autouse=True)
def cache(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AUSCULT_CACHE", str(tmp_path_factory.getbasetemp() / "factual"))


# --- planted targets --------------------------------------------------------------------------


def test_a_target_that_sees_is_told_from_one_that_does_not(tmp_path: Path):
    data = phantoms(kinds=KINDS)
    sees = audited(tmp_path / "sees", "scripted/sighted?p=0.9", data)
    accuracy = one(sees, "accuracy")
    assert (accuracy.standing, accuracy.headline) == ("primary", True)
    assert holds(accuracy, 0.9) and accuracy.n_clusters == 2 * 12
    headlines = [e["metric"] for e in sees if e["headline"]]
    assert headlines == ["accuracy", "excess over no-image", "excess over shuffled-image"]
    assert one(sees, "excess over shuffled-image").low > 0.2
    assert one(sees, "excess over best trivial baseline").extra["competence"] is True
    assert holds(one(sees, "balanced accuracy"), 0.9)

    fewer = phantoms(kinds=["chest"])
    blind = audited(tmp_path / "blind", "scripted/sighted?p=0.9&p_blind=0.9", fewer)
    assert holds(one(blind, "accuracy"), 0.9)
    assert holds(one(blind, "excess over no-image"), 0.0)
    worth = one(blind, "excess over best trivial baseline")
    assert worth.extra["competence"] is False
    assert "without the picture (" in worth.extra["why"]
    assert "does not show that it uses the picture" in one(blind, "accuracy").note
    # What can be watched is an estimate, and the same number.
    watched = build({}).watched
    assert {w.metric for w in watched if w.judge != "open-answer"} <= {e["metric"] for e in blind}


def test_always_refusing_is_wrong_here_and_right_for_the_published_scorer(tmp_path: Path):
    found = audited(tmp_path, "scripted/refuses", phantoms(kinds=["chest"], count=6))
    assert one(found, "accuracy").value == 0 and one(found, "refusal rate").value == 1
    assert one(found, "accuracy, answered only").value is None
    assert one(found, "yes-no accuracy").value == 0
    gap = one(found, "published scorer minus corrected")
    assert gap.value == one(found, "accuracy as published").value > 0.2
    assert gap.n == one(found, "accuracy").n / 2, "of the first of two replies"


def test_a_constant_letter_scores_at_chance_and_by_its_place(tmp_path: Path):
    found = audited(
        tmp_path, "scripted/constant?letter=A&word=yes", phantoms(kinds=["chest"], count=6)
    )
    assert one(found, "yes-no accuracy").value == 0.5
    assert one(found, "sensitivity of yes").value == 1
    assert one(found, "specificity of yes").value == 0
    assert one(found, "balanced accuracy").value == 0.5
    assert one(found, "position chosen", position="A").value == 1
    assert one(found, "position bias").extra["biased"] is True


def test_failed_calls_are_missing_and_bounded(tmp_path: Path):
    target = "scripted/flaky?p=0.3&retry=false"
    found = audited(tmp_path, target, phantoms(kinds=["ecg"], count=6))
    accuracy = one(found, "accuracy")
    assert accuracy.value == 1 and accuracy.n_error > 0
    assert accuracy.extra["bound_low"] == pytest.approx(1 - one(found, "error rate").value)


# --- question files without their pictures ----------------------------------------------------


def question_file(folder: Path, yes: int = 27, no: int = 73) -> Path:
    rows = [
        {
            "question": f"Is there finding number {i} in the lungs?",
            "answer": "No." if i < no else "Yes.",
            "image": f"CXR{i}_IM-1/0.png",
            "question_id": 0,
        }
        for i in range(yes + no)
    ]
    path = folder / "iu.jsonl"
    path.write_text("\n".join(json.dumps(row) for row in rows) + "\n", encoding="utf-8")
    return path


def test_a_constant_no_scores_what_the_file_gives_it(tmp_path: Path):
    data = DataSet("iu-xray", str(question_file(tmp_path)))
    asks = {"without_images": "ask"}
    target = "scripted/constant?word=no"
    found = audited(tmp_path / "run", target, data, suite_options=asks)
    accuracy = one(found, "accuracy")
    assert accuracy.value == one(found, "constant no accuracy").value == 0.73
    assert "always 'no' is right in 73.0% of the yes-no questions" in accuracy.note
    assert one(found, "excess over best trivial baseline").extra["competence"] is False
    assert [e["metric"] for e in found if e["headline"]] == ["accuracy"]
    assert not any("image" in e["metric"] for e in found)


def test_without_their_pictures_questions_do_not_apply_unless_told(tmp_path: Path):
    path = str(question_file(tmp_path, 3, 5))
    listed = DataSet("iu-xray", path, {"missing": "list"})
    found = audited(tmp_path / "run", "scripted/oracle", listed)
    accuracy = one(found, "accuracy")
    assert accuracy.value is None and accuracy.n_not_applicable == 16
    assert accuracy.note.startswith("Not applicable")
    rows = recorded(tmp_path / "run")
    assert {row["labels"]["not_applicable"] for row in rows} == {"its picture is missing"}
    with pytest.raises(DataError, match="pictures are not in"):
        run(plan_for(SUITE, "scripted/oracle", data=[DataSet("iu-xray", path)]), tmp_path / "no")


def test_a_target_of_text_is_asked_what_is_in_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(ScriptedTarget, "abilities", Abilities())
    knowledge = DataSet("pack", "knowledge", {"difficulty": "easy"})
    data = (phantoms(kinds=["chest"], count=6), knowledge)
    found = audited(tmp_path, "scripted/right?p=0.8", *data, limit=80)
    assert holds(one(found, "accuracy"), 0.8)
    assert one(found, "accuracy").n_not_applicable > 0
    headlines = [e["metric"] for e in found if e["headline"]]
    assert headlines == ["accuracy", "excess over options-only"]
    reasons = Counter(r["labels"].get("not_applicable", "") for r in recorded(tmp_path))
    assert reasons["the target takes no images"] and len(reasons) == 2


# --- what cannot be ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("brief", "options", "said"),
    [
        ({"key": None}, ("yes", "no"), "no key"),
        ({"key": 2}, ("yes", "no"), "the key 2"),
        ({}, ("present", "absent"), "other options than yes and no"),
        ({"task": "multiple-choice"}, ("yes",), "needs two"),
        ({"task": "open", "key": None}, (), "no reference"),
    ],
)
def test_a_case_that_cannot_be_asked_is_named(tmp_path: Path, brief, options, said):
    wrong = case(7, picture(tmp_path / "a.png"), **brief)
    with pytest.raises(DataError, match=f"case 'c7' of data set 'fake' .*{said}"):
        given([msgspec.structs.replace(wrong, options=options)])


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"repeats": 0}, "give 1 or more"),
        ({"controls": ["no-image", "no-image"]}, "give each once"),
        ({"controls": ["blurred"]}, "blurred"),
        ({"without_images": "maybe"}, "maybe"),
        ({"max_side": 0}, "give 1 or more"),
        ({"letters": "AA"}, "different characters"),
    ],
)
def test_options_that_make_no_sense_are_told(options, said):
    with pytest.raises(PlanError, match=said):
        build(options)


def test_the_most_harmful_choices_come_first_as_their_author_graded_them(tmp_path: Path):
    easy = DataSet("pack", "knowledge", {"difficulty": "easy"})
    audited(tmp_path, "scripted/constant?letter=A&word=no", easy, limit=60)
    found = findings_of(SUITE, tmp_path)
    order = ["life-threatening", "severe", "moderate", "mild", "ungraded", "none"]
    ranks = [order.index(f.severity) for f in found]
    assert ranks == sorted(ranks) and ranks[0] < 3 and len(set(ranks)) > 1
    assert "as its author graded it" in found[0].evidence
    assert found[0].severity in found[0].extra["harm_chosen"]


def test_what_was_wrong_every_time_is_a_finding(tmp_path: Path):
    audited(tmp_path, "scripted/constant?letter=A&word=no", phantoms(kinds=["chest"], count=6))
    found = findings_of(SUITE, tmp_path)
    missed = [f for f in found if f.title.startswith("Answered")]
    assert missed and missed[0].title == "Answered 'no'; the key is 'yes'"
    assert missed[0].confirmed == "wrong in 2 of 2 fresh replies"
    assert missed[0].evidence.startswith("Asked: The picture looks like")
    assert any(f.title.startswith("Chose") for f in found) and len(found) <= 25
