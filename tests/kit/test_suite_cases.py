"""Cases by data set: named apart, marked as patients' where declared, unknown loaders named."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from auscult.core.case import Brief, Case
from auscult.core.errors import DataError
from auscult.core.protocols import DataSet
from auscult.kit.suite_cases import free_name, named_cases, tokens_at_most


class Two:
    def load(self, path: Path, options: Mapping[str, Any]) -> Iterator[Case]:
        yield Case("a", brief=Brief(cluster="patient"))
        yield Case(f"b-{options.get('x', '')}")


def test_two_sets_of_the_same_ids_stay_apart() -> None:
    sets = [DataSet("two", "file.jsonl", {"x": 1}), DataSet("two", "other.jsonl")]
    found = [(name, case.id, case.cluster) for name, case in named_cases(sets, {"two": Two()})]
    assert found == [
        ("two", "two/a", "two/patient"),
        ("two", "two/b-1", "two/b-1"),
        ("two-2", "two-2/a", "two-2/patient"),
        ("two-2", "two-2/b-", "two-2/b-"),
    ]


def test_a_declared_set_of_patients_marks_every_case() -> None:
    sets = [DataSet("two", "f.jsonl", contains_phi=True)]
    assert all(case.phi for _, case in named_cases(sets, {"two": Two()}))


def test_an_unknown_loader_is_named_with_what_is_near() -> None:
    with pytest.raises(DataError, match=r"no loader is named 'tow'.*'two'"):
        list(named_cases([DataSet("tow", "x")], {"two": Two()}))


@pytest.mark.parametrize(
    ("dataset", "name"),
    [
        (DataSet("pack", "knowledge"), "knowledge"),
        (DataSet("prompts", "safety"), "safety"),
        (DataSet("prompts", "mine/safety.jsonl"), "prompts"),
        (DataSet("prompts", "safety.jsonl"), "prompts"),
        (DataSet("medqa", "x.jsonl", {"name": "my/set"}), "my-set"),
    ],
)
def test_a_set_is_named_after_what_a_reader_would_call_it(dataset: DataSet, name: str) -> None:
    assert free_name(dataset, set()) == name


def test_tokens_are_never_too_few() -> None:
    assert tokens_at_most("word " * 30) >= 30
    assert tokens_at_most("胸部") >= 4
