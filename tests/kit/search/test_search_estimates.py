"""What was refused is told beside the figure that it belongs to."""

from __future__ import annotations

import json
from typing import Any

import polars as pl
import pytest

from auscult.kit.attack.table import Design
from auscult.kit.attack.writing import LABELS
from auscult.kit.search.estimates import BROKEN, with_search_writing
from auscult.kit.search.table import FEWER, FEWER_CONTROL, FRESH, FRESH_CONTROL, SEARCH
from auscult.stats.table import with_labels

DRAWN = "robustness/typos"
WORDS = Design("das/adaptive").words


def told(*rows: tuple[str, dict[str, Any]]) -> list[dict[str, Any]]:
    """What stands beside the drawn attacks, and beside the search."""
    columns = {
        "case_no": range(len(rows)),
        "arm": [arm for arm, _ in rows],
        "labels": [json.dumps(labels) for _, labels in rows],
    }
    frame = with_labels(pl.DataFrame(columns), LABELS)
    found = [WORDS("wrong answers added by attacks", "x"), WORDS(BROKEN, "x")]
    return [one.extra for one in with_search_writing(found, frame)]


@pytest.mark.parametrize("arm", [SEARCH, FRESH, FRESH_CONTROL, FEWER, FEWER_CONTROL])
def test_what_a_search_came_to_is_not_told_of_the_drawn_attacks(arm: str) -> None:
    drawn, searched = told((DRAWN, {"rejected": "a; b"}), (arm, {"rejected": "no control; a"}))
    assert drawn["refused_by_the_gate"] == {"a": 1, "b": 1}
    assert searched["refused_by_the_gate"] == {"a": 1, "no control": 1}
