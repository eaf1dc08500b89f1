"""The memory file: what it holds, what leaves it, and what a later audit may believe of it."""

from __future__ import annotations

import re
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from auscult.core.errors import UsageError
from auscult.core.strategist import Lesson, Remembered, Tried
from auscult.kit.memory import (
    CHANGED,
    FAMILY,
    OTHER,
    Audit,
    Entry,
    Memory,
    encoded,
    entries_of,
    exported,
    family_of,
    merged,
    read_memory,
    recalled,
    without,
    without_wording,
    wordings_of,
    write_memory,
)

ATTACKS = {"a": "1", "b": "1"}
ENTRIES = (Entry("", ("a",), 10, 4, 10.0), Entry("long", ("a", "b"), 2, 2, 2.0))


def audit(target: str = "openai/gpt-4o", mark: str = "m", when: str = "2026-01-02") -> Audit:
    return Audit(target, family_of(target), mark, when, "das/adaptive", ATTACKS, ENTRIES)


def test_lessons_are_counted_over_all_cases_and_by_feature() -> None:
    lessons = [
        Lesson(("long",), (Tried(("a",), "held"), Tried(("b",), "broke"))),
        Lesson(("long", "old"), (Tried(("a",), "broke"), Tried(("b",), "rejected", 0.0))),
        Lesson((), (Tried(("a",), "error"),)),
    ]
    found = {
        (entry.feature, entry.chain): (entry.tries, entry.broke) for entry in entries_of(lessons)
    }
    assert found == {
        ("", ("a",)): (2, 1), ("", ("b",)): (1, 1),
        ("long", ("a",)): (2, 1), ("long", ("b",)): (1, 1), ("old", ("a",)): (1, 1),
    }  # fmt: skip


def test_a_file_comes_back_as_it_was_written(tmp_path: Path) -> None:
    memory = Memory(audits={"z/0": audit(), "a/0": audit("local/qwen")})
    write_memory(tmp_path / "m.json", memory)
    assert read_memory(tmp_path / "m.json") == memory
    assert list(tmp_path.iterdir()) == [tmp_path / "m.json"]
    assert encoded(memory) == encoded(Memory(audits=dict(reversed(memory.audits.items()))))


def test_a_run_that_two_files_hold_is_counted_once() -> None:
    one, two = Memory(audits={"x": audit()}), Memory(audits={"x": audit(), "y": audit()})
    assert set(merged(one, two).audits) == {"x", "y"}
    assert merged(one, one) == one


def test_of_two_tellings_of_a_run_the_fuller_one_is_kept() -> None:
    early = msgspec.structs.replace(audit(), entries=(Entry("", ("a",), 4, 1),))
    old, new = Memory(audits={"x": early}), Memory(audits={"x": audit()})
    assert merged(old, new) == merged(new, old) == new


def test_an_export_names_families_and_no_endpoint() -> None:
    memory = Memory(audits={"x": audit("openai/gpt-4o?base_url=http://ward.example")})
    assert b"ward.example" not in encoded(exported(memory, targets=False))
    assert exported(memory, targets=True) == memory
    found = recalled(exported(memory, targets=False), "openai/gpt-5", "m", ATTACKS)
    assert found[0].tries == 10 * FAMILY


@pytest.mark.parametrize(
    ("named", "left"),
    [
        ({"target": "openai/gpt-4o"}, {"z"}),
        ({"run": "y"}, {"x", "z"}),
        ({"before": "2026-01-02"}, {"x", "z"}),
        ({"target": "openai/gpt-4o", "before": "2026-01-02"}, {"x", "z"}),
        ({"target": "nobody"}, {"x", "y", "z"}),
    ],
)
def test_what_all_that_is_named_holds_of_is_forgotten(
    named: dict[str, str], left: set[str]
) -> None:
    memory = Memory(
        audits={"x": audit(), "y": audit(when="2025-12-31"), "z": audit("local/qwen")}
    )  # fmt: skip
    assert set(without(memory, **named).audits) == left


@pytest.mark.parametrize(
    ("target", "mark", "worth"),
    [
        ("openai/gpt-4o", "m", 1.0), ("openai/gpt-4o", "other", CHANGED),
        ("openai/gpt-4o-mini", "m", FAMILY), ("local/qwen", "m", OTHER),
    ],
)  # fmt: skip
def test_counts_are_worth_less_the_further_the_target(target: str, mark: str, worth: float) -> None:
    found = recalled(Memory(audits={"x": audit()}), target, mark, ATTACKS)
    assert found[0] == Remembered("", ("a",), 10 * worth, 4 * worth)


def test_an_attack_that_changed_counts_for_less_and_one_that_is_gone_for_nothing() -> None:
    found = recalled(Memory(audits={"x": audit()}), "openai/gpt-4o", "m", {"a": "2"})
    assert found == (Remembered("", ("a",), 10 * CHANGED, 4 * CHANGED),)


@pytest.mark.parametrize(
    ("target", "family"),
    [
        ("openai/gpt-4o-mini", "openai/gpt"), ("local/qwen", "local/qwen"),
        ("scripted/weak?p=0.3", "scripted/weak"), ("openai/o3", "openai/o"),
        ("http/bot.toml", "http/bot.toml"), ("openai/3", "openai/3"),
        ("local/llava-v1.6", "local/llava"), ("openai/medvision", "openai/medvision"),
    ],
)  # fmt: skip
def test_a_family_is_the_name_without_its_version(target: str, family: str) -> None:
    assert family_of(target) == family


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"", "no memory file"),
        (b"{", "no memory file"),
        (b'{"format": "other", "version": 1}', "has the format 'other'"),
        (b'{"format": "auscult-memory", "version": 2}', "'auscult-memory' 2"),
        (b"{}", "missing required field `format`"),
        (b'{"name": "a-package", "version": "1.2.3"}', "no memory file"),
        (b'{"version": 1, "audits": {}}', "missing required field `format`"),
        (b'{"format": "auscult-memory", "version": 1}', "missing required field `audits`"),
        (b"\xff\xfe", "no memory file"),
        (b'{"format": "\xff"}', "no memory file"),
        (b'{"audits": ' + b"[" * 5000, "no memory file"),
    ],
)
def test_what_is_no_memory_is_said_in_one_sentence(tmp_path: Path, body: bytes, said: str) -> None:
    path = tmp_path / "m.json"
    path.write_bytes(body)
    with pytest.raises(UsageError, match=said):
        read_memory(path)
    with pytest.raises(UsageError, match="there is no memory file"):
        read_memory(tmp_path / "absent")
    with pytest.raises(UsageError, match="cannot read"):
        read_memory(tmp_path)


def test_more_broken_answers_than_tries_are_refused(tmp_path: Path) -> None:
    wrong = msgspec.structs.replace(audit(), entries=(Entry("", ("a",), 1, 2),))
    (tmp_path / "m").write_bytes(encoded(Memory(audits={"x": wrong})))
    with pytest.raises(UsageError, match="broke 2 of 1"):
        read_memory(tmp_path / "m")


@pytest.mark.parametrize("number", ["-1", "1e3", str(10**10), "9" * 400, "9" * 6000])
@pytest.mark.parametrize("name", ["tries", "broke"])
def test_a_count_that_nobody_can_have_counted_is_refused(
    tmp_path: Path, name: str, number: str
) -> None:
    counts = {"tries": "10", "broke": "4"} | {name: number}
    told = encoded(Memory(audits={"x": audit()})).decode()
    for field, value in counts.items():
        told = re.sub(rf'"{field}": \d+', f'"{field}": {value}', told, count=1)
    (tmp_path / "m").write_text(told, encoding="utf-8")
    with pytest.raises(UsageError, match=r"no memory file.*; name another") as raised:
        read_memory(tmp_path / "m")
    assert len(str(raised.value)) < 300


def test_a_file_that_cannot_be_written_leaves_the_old_one(tmp_path: Path) -> None:
    folder = tmp_path / "m.json"
    folder.mkdir()
    with pytest.raises(UsageError, match="the old one is as it was"):
        write_memory(folder, Memory())
    assert list(tmp_path.iterdir()) == [folder]


@given(st.lists(st.tuples(st.sampled_from("xyz"), st.integers(0, 9)), max_size=6))
def test_merging_is_the_same_in_any_grouping(told: list[tuple[str, int]]) -> None:
    files = [Memory(audits={run: audit(when=f"2026-01-0{day}")}) for run, day in told]
    left = Memory()
    for file in files:
        left = merged(left, file)
    assert left == merged(Memory(), *files)


# --- wording ----------------------------------------------------------------------------------

WORDED = (*ENTRIES, Entry("", ("b",), 0, 0, 0.0, ("new", "old")))


def test_wording_stands_by_attack_even_where_it_broke_answers_in_a_chain_alone() -> None:
    lessons = [
        Lesson(("long",), (Tried(("a", "b"), "broke", words=("", "one")),)),
        Lesson((), (Tried(("b",), "held", words=("two",)), Tried(("b",), "broke", words=("3",)))),
    ]
    found = {(e.feature, e.chain): (e.tries, e.words) for e in entries_of(lessons)}
    assert found == {
        ("", ("a", "b")): (1, ()), ("long", ("a", "b")): (1, ()),
        ("", ("b",)): (2, ("3", "one")), ("long", ("b",)): (0, ("one",)),
    }  # fmt: skip


def test_wording_leaves_a_file_only_where_it_is_asked_for(tmp_path: Path) -> None:
    memory = Memory(audits={"x": msgspec.structs.replace(audit(), entries=WORDED)})
    write_memory(tmp_path / "m.json", memory)
    assert read_memory(tmp_path / "m.json") == memory
    assert exported(memory, targets=True, wording=True) == memory
    for bare in (without_wording(memory), exported(memory, targets=True)):
        assert bare.audits["x"].entries == ENTRIES
    assert b"words" not in encoded(exported(memory, targets=False))


def test_a_file_from_before_there_was_wording_is_read_as_ever(tmp_path: Path) -> None:
    old = encoded(Memory(audits={"x": audit()}))
    assert b"words" not in old
    (tmp_path / "m.json").write_bytes(old)
    assert wordings_of(read_memory(tmp_path / "m.json").audits["x"]) == []


def test_of_two_tellings_of_a_run_that_know_as_much_the_worded_one_is_kept() -> None:
    bare = Memory(audits={"x": audit()})
    full = Memory(audits={"x": msgspec.structs.replace(audit(), entries=WORDED)})
    assert merged(bare, full) == merged(full, bare) == full
    assert wordings_of(full.audits["x"]) == [("b", "new"), ("b", "old")]


def test_a_search_starts_with_the_wording_of_the_nearest_audits() -> None:
    def said(target: str, when: str, *words: str) -> Audit:
        entries = (Entry("", ("a",), 2, 1, 2.0, words),)
        return msgspec.structs.replace(audit(target, when=when), entries=entries)

    memory = Memory(
        audits={
            "1": said("openai/gpt-4o", "2026-01-01", "own"),
            "2": said("openai/gpt-4o", "2026-02-01", "newer", "own, later"),
            "3": said("local/qwen", "2026-03-01", "other", "own"),
            "4": said("openai/gpt-5", "2026-03-01", "family"),
        }
    )
    (found,) = recalled(memory, "openai/gpt-4o", "m", ATTACKS)
    assert found.words == ("newer", "own, later", "own", "family")
    assert recalled(memory, "openai/gpt-4o", "m", {"b": "1"}) == ()
