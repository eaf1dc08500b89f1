from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auscult.core import registry
from auscult.core.errors import DataError, PlanError
from auscult.data.medqa import split_question

ROW = {
    "question": "A sailor has bleeding gums. Which vitamin does he lack?",
    "options": {"A": "Thiamine", "B": "Ascorbic acid", "C": "Retinol", "D": "Niacin"},
    "answer": "Ascorbic acid",
    "answer_idx": "B",
    "meta_info": "step1",
    "metamap_phrases": ["not used"],
}


def load(folder: Path, *rows: dict[str, Any], **options: Any) -> list[Any]:
    path = folder / "f.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return list(registry.build("data", "medqa").load(path, options))


def test_a_row_becomes_a_case(tmp_path: Path) -> None:
    (case,) = load(tmp_path, ROW)
    assert case.stem == "A sailor has bleeding gums."
    assert case.question == "Which vitamin does he lack?"
    assert case.options == ("Thiamine", "Ascorbic acid", "Retinol", "Niacin")
    assert case.brief.key == 1
    assert case.brief.cluster == case.id
    assert case.id.startswith("medqa-")
    assert case.brief.extra == {"exam": "step1"}


def test_five_options_and_letters_in_any_order(tmp_path: Path) -> None:
    options = {"E": "five", "B": "two", "A": "one", "D": "four", "C": "three"}
    (case,) = load(tmp_path, {**ROW, "options": options, "answer": "five", "answer_idx": "E"})
    assert case.options == ("one", "two", "three", "four", "five")
    assert case.brief.key == 4


def test_the_id_hangs_on_question_and_options_alone(tmp_path: Path) -> None:
    other = {**ROW, "question": "Another one?", "meta_info": "step2"}
    first = [case.id for case in load(tmp_path, ROW, other)]
    again = [case.id for case in load(tmp_path, other, {**ROW, "meta_info": ""})]
    assert first == again[::-1]
    changed = {**ROW, "options": {**ROW["options"], "D": "Biotin"}}
    assert load(tmp_path, changed)[0].id not in first


def test_the_same_question_with_another_key_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"line 2.*other content"):
        load(tmp_path, ROW, {**ROW, "answer": "Retinol", "answer_idx": "C"})


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"answer_idx": "E"}, "names no option"),
        ({"answer_idx": "C"}, "is not option C's"),
        ({"answer_idx": None, "answer": None}, "missing field 'answer_idx'"),
        ({"answer_idx": None, "answer": "Biotin"}, "text of 0 options"),
        ({"options": {"A": "x", "C": "y"}}, "letters must be A, B, found A, C"),
        ({"options": {"A": "x", "B": ["y"]}}, "'option B' must be text"),
        ({"options": "A: x"}, "must map letters"),
        ({"question": None, "options": None}, "missing fields 'question', 'options'"),
    ],
)
def test_bad_rows_are_refused(tmp_path: Path, change: dict[str, Any], says: str) -> None:
    with pytest.raises(DataError, match=says):
        load(tmp_path, {**ROW, **change})


def test_the_answer_text_alone_is_enough(tmp_path: Path) -> None:
    (case,) = load(tmp_path, {**ROW, "answer_idx": None})
    assert case.brief.key == 1


def test_unknown_options_are_refused(tmp_path: Path) -> None:
    with pytest.raises(PlanError, match="bad_rows"):
        load(tmp_path, ROW, bad_row="skip")


@pytest.mark.parametrize(
    ("stem", "question"),
    [
        ("He has a fever of 38.5 C.", "What is the cause?"),
        ("He sees Dr. Hill for hepatitis B.", "Which test is next?"),
        ("First. Is it new? She says yes!", "What next?"),
        ('"Quoted stem with an open end.', 'Which one?"'),
        ("", "Which one is it?"),
        ("", "He was seen by Dr. Hill, wasn't he?"),
        ("", "He has a cough. The most likely cause is:"),
        ("", "How many? (Round to the nearest whole number.)"),
        ("", "Sodium 140\nPotassium 4.0 is low or high?"),
        ("", "It grew S. Aureus after a day, e.g. Staphylococcus?"),
    ],
)
def test_only_a_question_beyond_doubt_is_split_off(stem: str, question: str) -> None:
    text = f"{stem} {question}" if stem else question
    assert split_question(text) == (stem, question)


def test_a_line_break_and_an_asking_word_are_enough() -> None:
    text = "Labs:\nSodium 140\nPotassium 4.0\nWhich drug fits best?"
    assert split_question(text) == ("Labs:\nSodium 140\nPotassium 4.0", "Which drug fits best?")


@given(st.text(alphabet="aAW. ?!\n\"'(:1", max_size=40))
def test_nothing_but_the_gap_is_ever_lost(text: str) -> None:
    stem, question = split_question(text)
    assert text.startswith(stem)
    assert text.endswith(question)
    gap = text[len(stem) : len(text) - len(question)]
    assert not gap.strip()
    assert len(stem) + len(gap) + len(question) == len(text)


def test_a_long_last_sentence_is_still_found() -> None:
    question = "Which of these, " + "or this, " * 200 + "is it?"
    assert split_question(f"A stem. {question}") == ("A stem.", question)
