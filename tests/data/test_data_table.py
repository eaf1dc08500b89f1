from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from auscult.core import registry
from auscult.core.errors import DataError, PlanError
from auscult.data import table

CSV = "question,A,B,C,answer\nWhich one?,red,green,blue,B\n"


def write(folder: Path, body: Any, name: str = "f.csv") -> Path:
    path = folder / name
    if name.endswith(".parquet"):
        pl.DataFrame(body).write_parquet(path, row_group_size=4)
    elif isinstance(body, list):
        path.write_text("".join(json.dumps(row) + "\n" for row in body), encoding="utf-8")
    else:
        path.write_text(body, encoding="utf-8", newline="")
    return path


def load(folder: Path, body: Any, name: str = "f.csv", **options: Any) -> list[Any]:
    return list(registry.build("data", "table").load(write(folder, body, name), options))


def test_obvious_names_need_no_mapping(tmp_path: Path) -> None:
    (case,) = load(tmp_path, CSV)
    assert case.question == "Which one?"
    assert case.options == ("red", "green", "blue")
    assert case.brief.key == 1
    assert case.id.startswith("row-")


@pytest.mark.parametrize(
    "header",
    [
        "opa,opb,opc",
        "Option 1,Option 2,Option 3",
        "choice0,choice1,choice2",
        "option_a,option_b,option_c",
    ],
)
def test_option_columns_of_usual_names(tmp_path: Path, header: str) -> None:
    (case,) = load(tmp_path, CSV.replace("A,B,C", header))
    assert case.options == ("red", "green", "blue")


def test_every_part_can_be_mapped(tmp_path: Path) -> None:
    row = {
        "Frage": "Which one?", "Vorgeschichte": "A man falls.", "w1": "red", "w2": "green",
        "key": "green", "nr": 7, "pat": "p1", "fach": "surgery", "sex": "male", "band": "",
        "bild": "a/b.png", "why": "because", "ref": "a book", "level": "hard",
    }  # fmt: skip
    (case,) = load(
        tmp_path, [row], "f.jsonl", question="Frage", stem="Vorgeschichte", options="A=w1, B=w2",
        answer="key", id="nr", cluster="pat", specialty="fach", image="bild", rationale="why",
        source="ref", difficulty="level", **{"group.sex": "sex", "group.age_band": "band"},
    )  # fmt: skip
    assert (case.id, case.stem, case.cluster) == ("7", "A man falls.", "p1")
    assert case.options == ("red", "green")
    assert case.images[0].path == str(tmp_path / "a/b.png")
    brief = case.brief
    assert (brief.key, brief.specialty, brief.groups) == (1, "surgery", {"sex": "male"})
    assert (brief.rationale, brief.source.name, brief.difficulty) == ("because", "a book", "hard")


def test_groups_may_be_a_table_and_the_options_an_object(tmp_path: Path) -> None:
    (case,) = load(
        tmp_path, CSV.replace("answer", "answer,Sex").replace(",B\n", ",B,f\n"),
        group={"sex": "Sex"}, options={"A": "C", "B": "B"},
    )  # fmt: skip
    assert case.brief.groups == {"sex": "f"}
    assert case.options == ("blue", "green")


@pytest.mark.parametrize(
    "options",
    [
        ["red", "green"],
        {"A": "red", "B": "green"},
        {"text": ["red", "green"], "label": ["A", "B"]},
        '["red", "green"]',
        "['red', 'green']",
    ],
)
def test_one_column_may_hold_all_options(tmp_path: Path, options: Any) -> None:
    row = {"question": "q", "choices": options, "answer": "B"}
    (case,) = load(tmp_path, [row], "f.jsonl")
    assert (case.options, case.brief.key) == (("red", "green"), 1)


def test_labels_of_the_options_are_what_an_answer_names(tmp_path: Path) -> None:
    row = {"question": "q", "options": {"1": "red", "2": "green"}, "answer": "2"}
    assert load(tmp_path, [row], "f.jsonl")[0].brief.key == 1


@pytest.mark.parametrize(
    ("answer", "options", "key"),
    [
        ("b", {}, 1),
        ("(C)", {}, 2),
        (" Green ", {}, 1),
        ("2", {"key_base": "1"}, 1),
        ("2", {"key_base": 0}, 2),
        ("2.0", {"key_base": 0}, 2),
        ("0", {"key_base": 0, "answer_as": "index"}, 0),
    ],
)
def test_answers_by_letter_text_and_number(
    tmp_path: Path, answer: str, options: dict[str, Any], key: int
) -> None:
    assert load(tmp_path, CSV.replace(",B\n", f",{answer}\n"), **options)[0].brief.key == key


def test_an_answer_of_two_meanings_is_refused_until_the_user_says_which(tmp_path: Path) -> None:
    body = "question,A,B,C,answer\nWhich blood group?,O,A,B,B\n"
    with pytest.raises(DataError, match=r"letter of option B and as the text of option C"):
        load(tmp_path, body)
    assert load(tmp_path, body, answer_as="letter")[0].brief.key == 1
    assert load(tmp_path, body, answer_as="text")[0].brief.key == 2


def test_a_number_that_is_an_option_is_its_text(tmp_path: Path) -> None:
    body = "question,A,B,C,answer\nHow many?,1,2,3,3\n"
    assert load(tmp_path, body)[0].brief.key == 2
    with pytest.raises(DataError, match="can be read as"):
        load(tmp_path, body.replace("1,2,3,3", "2,3,4,3"), key_base=1)


@pytest.mark.parametrize("bad_rows", ["error", "skip"])
@pytest.mark.parametrize(
    ("answer", "options", "says"),
    [
        ("2", {}, "say key_base=0 or key_base=1"),
        ("3", {"key_base": 0}, "say key_base=1"),
        ("0", {"key_base": 1}, "say key_base=0"),
    ],
)
def test_a_wrong_base_is_never_skipped(
    tmp_path: Path, answer: str, options: dict[str, Any], says: str, bad_rows: str
) -> None:
    with pytest.raises(DataError, match=rf"\(line 2\).*{says}"):
        load(tmp_path, CSV.replace(",B\n", f",{answer}\n"), bad_rows=bad_rows, **options)


def test_all_missing_columns_are_named_at_once(tmp_path: Path) -> None:
    with pytest.raises(DataError) as caught:
        load(
            tmp_path, "Fragen,x,y,z\nq,a,b,c\n", question="Frage", options="A=x,B=yy",
            **{"group.sex": "Sex"},
        )  # fmt: skip
    text = str(caught.value)
    assert "question: no column is named 'Frage'. Did you mean 'Fragen'?" in text
    assert "options.B: no column is named 'yy'" in text
    assert "group.sex: no column is named 'Sex'" in text
    assert "answer: not mapped" in text
    assert "The columns are: Fragen, x, y, z" in text


def test_questions_without_options_have_to_be_declared(tmp_path: Path) -> None:
    body = "prompt,gold\nWhat is it?,A femur\n"
    with pytest.raises(DataError, match="options: not mapped"):
        load(tmp_path, body)
    (case,) = load(tmp_path, body, options="none")
    assert (case.options, case.brief.key, case.brief.reference) == ((), None, "A femur")


def test_rows_may_have_fewer_options_than_the_table(tmp_path: Path) -> None:
    body = "question,A,B,C,answer\nq1,a,b,,A\nq2,a,b,c,C\n"
    assert [len(case.options) for case in load(tmp_path, body)] == [2, 3]
    with pytest.raises(DataError, match="option B is blank"):
        load(tmp_path, body.replace("q1,a,b,,A", "q1,a,,c,A"))


@pytest.mark.parametrize(
    ("body", "options", "says"),
    [
        (CSV + "q,a\n", {}, r"\(line 3\).*has 2 columns where the header has 5"),
        (CSV + "q,a,b,c,Z\n", {}, r"\(line 3\).*'Z' names none of the 3 options"),
        (CSV + ",a,b,c,A\n", {}, r"\(line 3\).*'question' is blank"),
        ("question,A,A,answer\n", {}, "two columns named 'A'"),
        (CSV.replace(",", ";"), {}, "delimiter="),
        (CSV, {"delimiter": ";;"}, "one character"),
        (CSV, {"options": "B=A,A=B"}, "in order"),
        ("question,options,answer\nq,red or green,A\n", {}, "neither JSON nor a Python list"),
        ("question,options,answer\nq,3,A\n", {}, "must hold a list"),
    ],
)
def test_bad_tables_are_refused(
    tmp_path: Path, body: str, options: dict[str, Any], says: str
) -> None:
    with pytest.raises(DataError, match=says):
        load(tmp_path, body, **options)


def test_bad_rows_can_be_counted(tmp_path: Path) -> None:
    loader = registry.build("data", "table")
    path = write(tmp_path, CSV + "q,a\nq,a,b,c,Z\n" + "Last?,a,b,c,A\n")
    assert len(list(loader.load(path, {"bad_rows": "skip"}))) == 2
    assert [fault.line for fault in loader.skipped] == [3, 4]


def test_unknown_options_and_formats_are_refused(tmp_path: Path) -> None:
    with pytest.raises(PlanError, match="Did you mean 'question'"):
        load(tmp_path, CSV, qestion="x")
    with pytest.raises(DataError, match="say format="):
        load(tmp_path, CSV, "f.txt")
    assert len(load(tmp_path, CSV, "f.txt", format="csv")) == 1
    assert len(load(tmp_path, CSV.replace(",", "\t"), "f.tsv")) == 1
    assert len(load(tmp_path, CSV.replace(",", ";"), delimiter=";")) == 1


def test_a_field_missing_in_the_first_line_is_still_a_column(tmp_path: Path) -> None:
    rows = [
        {"question": "q1", "options": ["a", "b"], "answer": "A"},
        {"question": "q2", "options": ["a", "b"], "answer": "B", "specialty": "eyes"},
    ]
    assert [c.brief.specialty for c in load(tmp_path, rows, "f.jsonl")] == ["", "eyes"]


def test_parquet_in_slices(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(table, "BATCH", 3)
    body = {
        "question": [f"q{i}" for i in range(10)],
        "options": [["a", "b", "c"]] * 10,
        "answer": [float(i % 3) for i in range(10)],
        "picture": [b"not read"] * 10,
    }
    cases = load(tmp_path, body, "f.parquet", key_base=0)
    assert [case.question for case in cases] == [f"q{i}" for i in range(10)]
    assert [case.brief.key for case in cases] == [i % 3 for i in range(10)]


def test_faults_in_parquet_name_the_row(tmp_path: Path) -> None:
    body = {"question": ["q", None], "options": [["a", "b"]] * 2, "answer": ["A", "A"]}
    with pytest.raises(DataError, match=r"f\.parquet, row 2: 'question' must be text"):
        load(tmp_path, body, "f.parquet")
    path = tmp_path / "g.parquet"
    path.write_bytes(b"PAR1 not really")
    with pytest.raises(DataError, match="cannot be read as Parquet"):
        list(registry.build("data", "table").load(path, {}))
