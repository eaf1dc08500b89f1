"""Authored edits beside a pack: what comes with a question, and what is told of a bad line."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from auscult.core import registry
from auscult.core.case import Case
from auscult.core.errors import DataError
from auscult.kit.attack.authored import edits_of

QUESTION = {
    "id": "eyes-1", "specialty": "ophthalmology", "stem": "A man sees badly.",
    "question": "Why?", "task": "diagnosis", "rationale": "Lenses cloud.",
    "options": [
        {"text": "Cataract", "status": "key", "harm": "none", "why": "cloudy"},
        {"text": "Gout", "status": "wrong", "harm": "mild", "why": "a joint"},
    ],
    "source": {"name": "A book", "kind": "textbook", "year": 2020}, "as_of": "2025-06",
    "jurisdiction": "international", "difficulty": "easy", "measurements": [], "patient": None,
}  # fmt: skip
EDITS: dict[str, Any] = {
    "id": "eyes-1",
    "extra_options": [{"text": "Corns", "harm": "mild", "why": "on the foot"}],
    "distractions": [{"text": "His aunt has gout.", "option": 1}],
    "history": ["He keeps bees."],
    "paraphrases": [{"stem": "Badly sees a man.", "question": "For what reason?"}],
}


def pack(folder: Path, *lines: Any) -> Path:
    hard = QUESTION | {"id": "eyes-2", "difficulty": "hard"}
    body = "".join(json.dumps(one) + "\n" for one in (QUESTION, hard))
    (folder / "eyes.jsonl").write_text(body, encoding="utf-8")
    if lines:
        (folder / "edits").mkdir()
        body = "".join((line if isinstance(line, str) else json.dumps(line)) + "\n"
                       for line in lines)  # fmt: skip
        (folder / "edits" / "eyes.jsonl").write_text(body, encoding="utf-8")
    return folder


def load(folder: Path, **options: Any) -> list[Case]:
    return list(registry.build("data", "pack").load(folder, {"edits": True, **options}))


def test_a_question_brings_what_was_written_for_it_and_no_other_does(tmp_path: Path) -> None:
    first, second = load(pack(tmp_path, EDITS))
    assert edits_of(first).extra_options[0].text == "Corns"
    assert edits_of(first).distractions[0].option == 1
    assert not edits_of(second).history
    plain = list(registry.build("data", "pack").load(tmp_path, {}))
    assert not any("edits" in case.brief.extra for case in plain), "only where they are asked for"


def test_a_part_of_a_pack_may_be_asked_with_the_edits_of_all(tmp_path: Path) -> None:
    (case,) = load(pack(tmp_path, EDITS), difficulty="hard")
    assert case.id == "eyes-2"


@pytest.mark.parametrize(
    ("line", "words"),
    [
        (EDITS | {"id": "ears-1"}, "the pack has no question 'ears-1'"),
        (EDITS | {"distractions": [{"text": "So.", "option": 2}]}, "names option 2"),
        (EDITS | {"distractions": [{"text": "So.", "option": 0}]}, "to the right option"),
        (EDITS | {"history": [" "]}, "a text is blank"),
        (EDITS | {"histroy": []}, "histroy"),
        ('{"id": "eyes-1", ', r"line 1"),
    ],
)
def test_a_bad_line_is_told_with_its_place(tmp_path: Path, line: Any, words: str) -> None:
    with pytest.raises(DataError, match=words) as raised:
        load(pack(tmp_path, line))
    assert "eyes.jsonl (line 1)" in str(raised.value)


def test_all_faults_at_once_and_no_question_twice(tmp_path: Path) -> None:
    with pytest.raises(DataError) as raised:
        load(pack(tmp_path, EDITS, EDITS, EDITS | {"id": "ears-1"}))
    assert "has 2 faults" in str(raised.value) and "has edits already" in str(raised.value)


def test_a_pack_without_edits_says_so(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="holds no edits"):
        load(pack(tmp_path))
