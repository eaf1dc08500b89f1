from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from auscult.core import registry
from auscult.core.errors import DataError

ROW = '"How many lobes, in all?",One,Two,Three,Five,D\n'


def load(folder: Path, body: str, name: str = "clinical_knowledge_test.csv", **o: Any) -> list[Any]:
    path = folder / name
    path.write_text(body, encoding="utf-8", newline="")
    return list(registry.build("data", "mmlu").load(path, o))


def test_a_row_without_header(tmp_path: Path) -> None:
    (case,) = load(tmp_path, ROW)
    assert case.question == "How many lobes, in all?"
    assert case.options == ("One", "Two", "Three", "Five")
    assert case.brief.key == 3
    assert case.brief.specialty == "clinical knowledge"


def test_the_specialty_can_be_given(tmp_path: Path) -> None:
    assert load(tmp_path, ROW, specialty="lungs")[0].brief.specialty == "lungs"


def test_a_header_names_the_columns_in_any_order(tmp_path: Path) -> None:
    body = ",answer,Question,A,B,C,subject\n0,c,Which one?,x,y,z,s\n"
    (case,) = load(tmp_path, body)
    assert (case.question, case.options, case.brief.key) == ("Which one?", ("x", "y", "z"), 2)


def test_windows_newlines_and_cells_of_several_lines(tmp_path: Path) -> None:
    first, second = load(tmp_path, '"One\r\ntwo?",a,b,c,d,A\r\n' + ROW.replace("\n", "\r\n"))
    assert first.question == "One\r\ntwo?"
    assert second.brief.key == 3


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ("q,a,b,c,d,E\n", r"\(line 1\).*letter from A to D, found 'E'"),
        (ROW + "q,a,b,c,d,3\n", r"\(line 2\).*found '3'.*key_base"),
        (ROW + "q,a,b,c,A\n", r"\(line 2\).*has 5 columns where the first row has 6"),
        (ROW + "q,a,b,c,a,A\n", "option D reads the same as the key"),
        (ROW + "q,a,,c,d,A\n", "'option B' is blank"),
        ("q,A\n", "2 columns"),
        ("question,choices,answer\n", "without option columns"),
        ('"q,a,b,c,d,A\n', "broken CSV"),
        ("question,A,B,C,D,answer\n", "no usable row"),
        ("\n\n", "has no rows"),
    ],
)
def test_bad_rows_are_refused(tmp_path: Path, body: str, says: str) -> None:
    with pytest.raises(DataError, match=says):
        load(tmp_path, body)


def test_an_exact_repeat_is_dropped_and_a_second_key_refused(tmp_path: Path) -> None:
    assert len(load(tmp_path, ROW + ROW)) == 1
    with pytest.raises(DataError, match="other content"):
        load(tmp_path, ROW + ROW.replace(",D", ",A"))
