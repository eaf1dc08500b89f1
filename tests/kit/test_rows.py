"""Row readers: whatever stands in a file is read as it stands, or refused with its place."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auscult.core.case import Brief, Case
from auscult.core.errors import DataError
from auscult.kit import rows
from auscult.kit.disk_index import DiskIndex
from auscult.kit.rows import (
    BadRow,
    Row,
    RowLoader,
    check_file,
    check_options,
    content_id,
    csv_rows,
    json_lines,
    json_members,
    json_rows,
    text_of,
)


def write(folder: Path, body: bytes | str, name: str = "f.jsonl") -> Path:
    path = folder / name
    path.write_bytes(body.encode() if isinstance(body, str) else body)
    return path


def plain(row: Row) -> Case:
    data = rows.mapping(row.data)
    rows.need(data, "id", "question")
    return Case(text_of(data["id"], "id"), "", text_of(data["question"], "question"))


def load(path: Path, bad_rows: rows.BadRows = "error") -> tuple[RowLoader, list[Case]]:
    loader = RowLoader()
    return loader, list(loader.stream(path, json_lines(path), plain, bad_rows))


def test_a_bom_windows_newlines_and_blank_lines_are_no_matter(tmp_path: Path) -> None:
    body = b'\xef\xbb\xbf{"id":"a","question":"q1"}\r\n\r\n  \n{"id":"b","question":"q2"}'
    _, cases = load(write(tmp_path, body))
    assert [(c.id, c.question) for c in cases] == [("a", "q1"), ("b", "q2")]


def test_a_line_separator_inside_text_is_no_end_of_line(tmp_path: Path) -> None:
    _, cases = load(write(tmp_path, '{"id":"a","question":"one\u2028two"}\n'))
    assert cases[0].question == "one\u2028two"


def test_nan_reads_as_nothing_and_fractions_keep_their_digits(tmp_path: Path) -> None:
    path = write(tmp_path, '{"a": 0.10, "b": 1}\n{"a": NaN, "b": -Infinity, "c": 2.50}\n')
    assert [r.data for r in json_lines(path)] == [
        {"a": "0.10", "b": 1},
        {"a": None, "b": None, "c": "2.50"},
    ]


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (b"", "is empty"),
        (b"\n \n", "has no usable row"),
        (b"\xff\xfe{\x00", "UTF-16"),
        (b"\x1f\x8b\x08\x00", "compressed"),
        (b'{"id":"a","question":"caf\xe9"}\n', "(line 1) is not UTF-8: byte 0xe9 at column 26"),
        (b'{"id":"a","question":"q"}\n{"id":"b","qu', "cut off"),
        (b'{"id":"a","question":"q"}\n{"id": b}\n', "(line 2): not JSON at column 8"),
        (b'{\n"id": 1\n}\n', "one whole JSON object on each line"),
        (b'{"id":"a"}\n', "missing field 'question'"),
        (b'{"x":1}\n', "missing fields 'id', 'question'"),
        (b'["a","q"]\n', "expected a JSON object, found a list"),
        (b'{"id":"a","question":["q"]}\n', "'question' must be text, found a list"),
        (b'{"id":"a","question":"  "}\n', "'question' is blank"),
        (b'{"id":"a","question":"\\ud800"}\n', "surrogate"),
        (b"[" * 100_000, "f.jsonl"),
    ],
)
def test_each_fault_is_one_sentence_with_its_place(tmp_path: Path, body: bytes, says: str) -> None:
    path = write(tmp_path, body)
    with pytest.raises(DataError) as caught:
        check_file(path)
        load(path)
    text = str(caught.value)
    assert says in text
    assert "f.jsonl" in text
    assert "\n" not in text


def test_bad_rows_are_counted_where_the_user_asks_for_it(tmp_path: Path) -> None:
    body = '{"id":"a","question":"q"}\n{"id":"b"}\nnot json\n{"id":"c","question":"q"}\n'
    loader, cases = load(write(tmp_path, body), "skip")
    assert [c.id for c in cases] == ["a", "c"]
    assert loader.n_skipped == 2
    assert [fault.line for fault in loader.skipped] == [2, 3]
    assert "missing field 'question'" in str(loader.skipped[0])


def test_a_file_of_bad_rows_alone_is_an_error_even_when_they_are_skipped(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"no usable row \(2 were skipped\).*line 1"):
        load(write(tmp_path, '{"id":"b"}\n{"id":"c"}\n'), "skip")


def test_bytes_that_are_not_utf8_end_the_load_whatever_is_asked(tmp_path: Path) -> None:
    body = b'{"id":"a","question":"q"}\n{"id":"\xe9","question":"q"}\n'
    with pytest.raises(DataError, match="not UTF-8"):
        load(write(tmp_path, body), "skip")


def test_the_same_row_again_is_dropped_and_counted(tmp_path: Path) -> None:
    body = '{"id":"a","question":"q"}\n' * 3
    loader, cases = load(write(tmp_path, body))
    assert (len(cases), loader.n_duplicates) == (1, 2)


@pytest.mark.parametrize("bad_rows", ["error", "skip"])
def test_one_id_with_two_contents_is_an_error(tmp_path: Path, bad_rows: rows.BadRows) -> None:
    body = '{"id":"a","question":"q"}\n{"id":"b","question":"q"}\n{"id":"a","question":"other"}\n'
    with pytest.raises(DataError, match=r"\(line 3\).*'a' was already used in line 1"):
        load(write(tmp_path, body), bad_rows)


def test_a_loader_used_twice_counts_afresh(tmp_path: Path) -> None:
    loader, path = RowLoader(), write(tmp_path, '{"id":"a","question":"q"}\n{"id":1}\n')
    for _ in range(2):
        assert len(list(loader.stream(path, json_lines(path), plain, "skip"))) == 1
        assert loader.n_skipped == 1


def test_one_loader_reports_on_each_of_its_files(tmp_path: Path) -> None:
    loader = RowLoader()
    for name in ("a.jsonl", "b.jsonl"):
        path = write(tmp_path, '{"id":"a","question":"q"}\n{"id":1}\n', name)
        list(loader.stream(path, json_lines(path), plain, "skip"))
    assert loader.n_skipped == 2
    assert [Path(fault.where).name for fault in loader.skipped] == ["a.jsonl", "b.jsonl"]


def test_a_json_array_gives_its_members_with_their_lines(tmp_path: Path) -> None:
    path = write(tmp_path, ' [\n {"a": 1.50},\n\n {"a": NaN}, {"a": 3}\n]\n')
    found = [(r.line, r.label, r.data) for r in json_rows(path)]
    assert found == [
        (2, "item 1", {"a": "1.50"}),
        (4, "item 2", {"a": None}),
        (4, "item 3", {"a": 3}),
    ]


def test_json_rows_takes_lines_too(tmp_path: Path) -> None:
    path = write(tmp_path, '\ufeff{"a":1}\n{"a":2}\n')
    assert [r.data["a"] for r in json_rows(path)] == [1, 2]


def test_both_members_of_one_name_are_given_out(tmp_path: Path) -> None:
    path = write(tmp_path, '{"x": 1, "y": 2, "x": 3}')
    assert [(r.label, r.data) for r in json_members(path, "{")] == [("x", 1), ("y", 2), ("x", 3)]


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ('{"x": 1', "cut off"),
        ('{"x": 1,\n "y"', r"line 2\) is cut off"),
        ('{"x": 1 "y": 2}', "',' is missing"),
        ('{"x" 1}', "':' is missing"),
        ('{"x": 1}}', "more text after the end"),
        ('{"x": ' + "[" * 100_000, "nested too deeply"),
        ("{}", "has no rows"),
        ('[{"x": 1}]', "must be one object"),
    ],
)
def test_a_broken_document_is_refused(tmp_path: Path, body: str, says: str) -> None:
    with pytest.raises(DataError, match=says):
        list(json_members(write(tmp_path, body), "{"))


def test_a_document_too_large_to_read_whole_says_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rows, "WHOLE_FILE_LIMIT", 10)
    with pytest.raises(DataError, match="JSON Lines"):
        list(json_members(write(tmp_path, '{"x": "0123456789"}'), "{"))


def test_csv_rows_know_the_line_they_begin_in(tmp_path: Path) -> None:
    path = write(tmp_path, '\ufeffq,"a\nb",c\r\n\r\nlast,x,y\r\n', "f.csv")
    assert [(r.line, r.data) for r in csv_rows(path)] == [
        (1, ["q", "a\nb", "c"]),
        (4, ["last", "x", "y"]),
    ]


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (b'a,"b\nc,d\n', r"\(line 1\): broken CSV"),
        (b'x,y\n"b"c,d\n', r"\(line 2\): broken CSV"),
        (b"x,y\nb\xe9,d\n", r"\(line 2\) is not UTF-8"),
    ],
)
def test_csv_that_cannot_be_trusted_is_refused(tmp_path: Path, body: bytes, says: str) -> None:
    with pytest.raises(DataError, match=says):
        list(csv_rows(write(tmp_path, body, "f.csv")))


def test_files_that_cannot_be_opened(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="is a folder"):
        check_file(tmp_path)
    with pytest.raises(DataError, match="does not exist"):
        check_file(tmp_path / "none.jsonl")


def test_options_are_checked_against_the_key() -> None:
    check_options(("one", "two", "two"), 0)  # two wrong ones may be alike
    for options, key, says in [
        (("one",), 0, "at least 2"),
        (("one", " "), 0, "option B is blank"),
        (("one", "two", " one"), 0, "option C reads the same as the key"),
    ]:
        with pytest.raises(BadRow, match=says):
            check_options(options, key)


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"])), min_size=1, max_size=4))
def test_a_content_id_does_not_mind_spacing(parts: list[str]) -> None:
    spaced = [f"  {part}\n" for part in parts]
    assert content_id("x", *parts) == content_id("x", *spaced)
    assert content_id("x", *parts) != content_id("x", *parts, "more")


def test_a_content_id_keeps_its_parts_apart() -> None:
    assert content_id("x", "a b", "c") != content_id("x", "a", "b c")
    assert content_id("x", "caf\u00e9") == content_id("x", "cafe\u0301")
    assert content_id("x", "a", "b") == "x-" + content_id("y", "a", "b")[2:]


def test_the_disk_index_keeps_what_came_first() -> None:
    index = DiskIndex()
    assert index.add(-5, 1, 2) is None
    assert index.add(-5, 3, 4) == (1, 2)
    assert index.get(-5) == (1, 2)
    assert index.get(7) is None
    index.close()


def test_a_case_is_compared_whole(tmp_path: Path) -> None:
    path = write(tmp_path, '{"key": 0}\n{"key": 1}\n')

    def same_text(row: Row) -> Case:
        return Case("a", question="q", brief=Brief(key=row.data["key"]))

    with pytest.raises(DataError, match="other content"):
        list(RowLoader().stream(path, json_lines(path), same_text, "error"))
