"""Transcripts of any model: columns found, mapped, and refused in words."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from auscult.core.case import Case
from auscult.core.errors import DataError
from auscult.data import transcripts
from auscult.kit.transcripts.record import Transcript, transcript_of


def load(path: Path, **options: Any) -> list[Case]:
    return list(transcripts.build().load(path, options))


def held(cases: list[Case]) -> list[Transcript]:
    found = [transcript_of(case) for case in cases]
    return [one for one in found if one is not None]


def lines(path: Path, *rows: Any) -> Path:
    path.write_text("\n".join(json.dumps(row) for row in rows), encoding="utf-8")
    return path


def test_the_examples_come_along() -> None:
    found = held(load(Path("examples")))
    assert {one.model for one in found} == {"model-a", "model-b", "model-c"}
    assert [one.status for one in found].count("error") == 1


def test_usual_names_are_found(tmp_path: Path) -> None:
    path = lines(tmp_path / "mine.jsonl", {"question": "q", "completion": "a", "hallucination": 0})
    assert held(load(path)) == [Transcript("a", "mine", codes=("0",))]
    assert held(load(path, named="theirs"))[0].model == "theirs"


def test_columns_and_labels_are_mapped(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("ask,said,verdict,who\nq,a,Bad,M\nq2,b,,M\n", encoding="utf-8")
    found = held(
        load(path, prompt="ask", answer="said", label="verdict", model="who", labels={"Bad": "1"})
    )
    assert found == [Transcript("a", "M", codes=("flagged",)), Transcript("b", "M")]


def test_a_conversation_keeps_its_turns(tmp_path: Path) -> None:
    turns = [{"role": "system", "content": "s"}, {"role": "user", "content": "u"}]
    (case,) = load(lines(tmp_path / "a.jsonl", {"messages": turns, "answer": "a"}))
    assert case.messages[0].text == "s" and case.question == "u"
    ends = [*turns, {"role": "assistant", "content": "a"}]
    with pytest.raises(DataError, match="end with the user"):
        load(lines(tmp_path / "b.jsonl", {"messages": ends, "answer": "a"}))


def test_failed_and_empty_answers_are_errors(tmp_path: Path) -> None:
    rows = ({"prompt": "p", "error": "HTTP 500"}, {"prompt": "p", "answer": " "},
            {"prompt": "p", "answer": "a", "error": "ok"})  # fmt: skip
    statuses = [one.status for one in held(load(lines(tmp_path / "a.jsonl", *rows)))]
    assert statuses == ["error", "error", "ok"]


@pytest.mark.parametrize(
    ("row", "options", "said"),
    [
        ({"answer": "a"}, {}, "no field holds the prompt"),
        ({"prompt": "p"}, {}, "no field holds the answer"),
        ({"prompt": "p", "answer": "a"}, {"answer": "answr"}, "no field is named 'answr'"),
        ({"prompt": "p", "answer": "a", "label": "Bad"}, {}, "'Bad' is no label"),
        ({"messages": [{"role": "robot", "content": "x"}], "answer": "a"}, {}, "unknown role"),
    ],
)
def test_what_cannot_be_read_is_told(
    row: Any, options: dict[str, Any], said: str, tmp_path: Path
) -> None:
    with pytest.raises(DataError, match=said):
        load(lines(tmp_path / "a.jsonl", row), **options)
