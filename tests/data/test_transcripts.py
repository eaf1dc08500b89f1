"""Transcripts of any model: columns found, mapped, and refused in words."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from auscult.core.case import Case
from auscult.core.errors import DataError, UsageError
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


def test_labels_that_are_true_or_false_are_read(tmp_path: Path) -> None:
    rows = [{"prompt": f"p{n}", "answer": "a", "hallucination": said}
            for n, said in enumerate([True, False, "True", "1.00", None])]  # fmt: skip
    found = held(load(lines(tmp_path / "a.jsonl", *rows)))
    assert [one.codes for one in found] == [("flagged",), ("0",), ("flagged",), ("flagged",), None]
    other = held(load(tmp_path / "a.jsonl", labels={"true": "0", "false": "1"}))
    assert [one.codes for one in other][:2] == [("0",), ("flagged",)]


@pytest.mark.parametrize("said", ["completed", "200", 200, "stop", "OK", "HTTP 200", 200.0, ""])
def test_a_status_that_is_fine_keeps_the_answer(said: Any, tmp_path: Path) -> None:
    path = lines(tmp_path / "a.jsonl", {"prompt": "p", "answer": "a", "status": said})
    assert held(load(path))[0].answer == "a"


@pytest.mark.parametrize(
    ("column", "said"),
    [("status", "failed"), ("status", 503), ("error", "True"), ("error", True), ("status", "429")],
)
def test_a_status_that_says_failed(column: str, said: Any, tmp_path: Path) -> None:
    path = lines(tmp_path / "a.jsonl", {"prompt": "p", "answer": "a", column: said})
    assert held(load(path))[0].status == "error"


@pytest.mark.parametrize("said", ["False", False, 0, "0", "none", "No error"])
def test_an_error_that_is_none_keeps_the_answer(said: Any, tmp_path: Path) -> None:
    path = lines(tmp_path / "a.jsonl", {"prompt": "p", "answer": "a", "error": said})
    assert held(load(path))[0].status == "ok"


def test_a_status_that_is_not_known_is_refused_and_can_be_told(tmp_path: Path) -> None:
    path = lines(tmp_path / "a.jsonl", {"prompt": "p", "answer": "a", "status": "Batch-7"})
    with pytest.raises(DataError, match=r"does not say whether the call failed.*--status"):
        load(path)
    assert held(load(path, statuses={"Batch-7": "ok"}))[0].answer == "a"
    assert held(load(path, statuses={"Batch-7": "failed"}))[0].status == "error"
    with pytest.raises(UsageError, match="stands for ok or failed"):
        load(path, statuses={"Batch-7": "well"})
    unanswered = lines(tmp_path / "b.jsonl", {"prompt": "p", "error": "gone"})
    assert held(load(unanswered))[0].cause == "recorded: gone"


def test_both_columns_are_read(tmp_path: Path) -> None:
    row = {"prompt": "p", "answer": "a", "error": "", "status": "failed"}
    assert held(load(lines(tmp_path / "a.jsonl", row)))[0].status == "error"


@pytest.mark.parametrize("column", ["system", "target"])
def test_what_often_holds_something_else_is_no_models_name(column: str, tmp_path: Path) -> None:
    path = lines(tmp_path / "mine.jsonl", {"prompt": "p", "answer": "a", column: "Be helpful."})
    assert held(load(path))[0].model == "mine"
    assert held(load(path, model=column))[0].model == "Be helpful."


@pytest.mark.parametrize("sign", [",", ";", "\t"])
def test_a_table_is_read_whatever_parts_its_cells(sign: str, tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    body = f'prompt{sign}answer{sign}label\n"q, or; so"{sign}a{sign}0\n'
    path.write_bytes(b"\xef\xbb\xbf" + body.encode())
    (case,) = load(path)
    assert case.question == "q, or; so" and held([case])[0].codes == ("0",)


def test_numbered_rows_are_named_by_their_numbers(tmp_path: Path) -> None:
    path = lines(tmp_path / "a.jsonl", {"prompt": "p", "answer": "a", "nr": 12})
    assert load(path, row="nr")[0].id.endswith("-row12") and load(path)[0].id.endswith("-1")
