from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from auscult.core import registry
from auscult.core.errors import DataError

ITEM = {
    "QUESTION": "Does tea help?",
    "CONTEXTS": ["We gave tea.", "It was warm."],
    "YEAR": "2011",
    "LONG_ANSWER": "Tea may help.",
    "final_decision": "maybe",
}


def load(folder: Path, data: Any, **options: Any) -> list[Any]:
    path = folder / "f.json"
    path.write_text(data if isinstance(data, str) else json.dumps(data), encoding="utf-8")
    return list(registry.build("data", "pubmedqa").load(path, options))


def test_an_item_becomes_a_case(tmp_path: Path) -> None:
    (case,) = load(tmp_path, {"123": ITEM})
    assert case.id == "pubmedqa-123"
    assert case.cluster == "123"
    assert case.stem == "We gave tea.\nIt was warm."
    assert case.question == "Does tea help?"
    assert case.options == ("yes", "no", "maybe")
    assert (case.brief.key, case.brief.as_of, case.brief.source.year) == (2, "2011", 2011)
    assert case.brief.rationale == "Tea may help."


@pytest.mark.parametrize(
    "contexts",
    ['["We gave tea.", "It was warm."]', "['We gave tea.', 'It was warm.']"],
)
def test_contexts_stored_as_the_text_of_a_list(tmp_path: Path, contexts: str) -> None:
    (case,) = load(tmp_path, {"1": {**ITEM, "CONTEXTS": contexts}})
    assert case.stem == "We gave tea.\nIt was warm."


def test_contexts_of_plain_text_are_one_context(tmp_path: Path) -> None:
    (case,) = load(tmp_path, {"1": {**ITEM, "CONTEXTS": "We gave tea."}})
    assert case.stem == "We gave tea."


@pytest.mark.parametrize(
    ("data", "says"),
    [
        ({"7": {**ITEM, "final_decision": "perhaps"}}, r"7 \(line 1\).*found 'perhaps'"),
        ({"7": {**ITEM, "final_decision": None}}, "unlabelled"),
        ({"7": {"final_decision": "yes"}}, "missing fields 'QUESTION', 'CONTEXTS'"),
        ({"7": {**ITEM, "CONTEXTS": "[broken"}}, "cannot be read as one"),
        ({"7": {**ITEM, "CONTEXTS": []}}, "must be a list"),
        ({"7": "yes"}, "not the answer list"),
        ([ITEM], "must be one object"),
        ('{"7": ', "cut off"),
    ],
)
def test_bad_items_are_refused(tmp_path: Path, data: Any, says: str) -> None:
    with pytest.raises(DataError, match=says):
        load(tmp_path, data)


def test_one_pmid_twice_with_other_content_is_an_error(tmp_path: Path) -> None:
    one, other = json.dumps(ITEM), json.dumps({**ITEM, "final_decision": "no"})
    assert len(load(tmp_path, f'{{"7": {one}, "7": {one}}}')) == 1
    with pytest.raises(DataError, match="other content"):
        load(tmp_path, f'{{"7": {one},\n "7": {other}}}')
