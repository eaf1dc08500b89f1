"""Labelled strings of identifiers and of references, and the error of the code on them.

`identifiers.jsonl`: `wrong` are the numbers that code may hold against the answer, `reads` those
of right form that it must find; what it takes for wrong beside these is a false accusation.
`references.jsonl`: whether a text names something like a source. Written in three batches by one
author, each before any answer of the code to it was seen; the code was mended after each. Figures
of the first run on each batch stand in docs/judges/hallucination.md, those of now are held here.
"""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from auscult.kit.specialists.applies import needed
from auscult.kit.specialists.doubts import Doubts
from auscult.kit.specialists.identifiers import offered, plain
from auscult.kit.specialists.item import Item
from auscult.kit.specialists.measure import load
from auscult.kit.specialists.sources import names_source

HERE = Path(__file__).parent
PAGE = HERE.parents[2] / "docs" / "judges" / "hallucination.md"


def rows(name: str) -> list[dict[str, Any]]:
    lines = (HERE / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]


def read(row: dict[str, Any]) -> tuple[set[str], set[str]]:
    """What the code holds against the answer, and what it reads of right form."""
    found = offered(row["text"], row["request"])
    wrong = {plain(one.kind, one.number) for one in found if one.fault}
    return wrong, {f"{one.kind} {plain(one.kind, one.number)}" for one in found if not one.fault}


def test_there_are_enough_of_every_kind() -> None:
    shapes = Counter(row["shape"] for row in rows("identifiers"))
    assert shapes.total() >= 120 and shapes["wrong"] >= 25
    assert all(shapes[one] >= 4 for one in ("right", "placeholder", "doubted", "quoted", "none"))
    names = Counter(row["names"] for row in rows("references"))
    assert min(names.values()) >= 40
    assert len({row["text"] for row in rows("references")}) == names.total()


def test_no_right_number_is_accused_and_no_wrong_one_missed() -> None:
    accused, missed, misread = [], [], []
    clean = [row for row in rows("identifiers") if not row["wrong"]]
    for row in rows("identifiers"):
        wrong, right = read(row)
        accused += [row["text"]] * bool(wrong - set(row["wrong"]))
        missed += [row["text"]] * bool(set(row["wrong"]) - wrong)
        misread += [row["text"]] * bool(set(row["reads"]) - right)
    assert accused == [] and missed == []
    assert misread == ["It should read NCT04482711, not NCT0448271."]
    count = len(rows("identifiers"))
    told = f"0 of {len(clean)} accused, 0 of {count - len(clean)} missed, 1 misread"
    assert told in PAGE.read_text(encoding="utf-8")


def test_who_names_a_source_is_asked_about_it_and_few_others_are() -> None:
    named = {row["text"]: row["names"] for row in rows("references")}
    wrong = [text for text, names in named.items() if names_source(text) is not names]
    assert wrong == ["Vaccinated against MMR in 1999, Covid 2021 and flu every year."]
    sources = sum(named.values())
    told = f"0 of {sources} passed over, 1 of {len(named) - sources} asked for nothing"
    assert told in PAGE.read_text(encoding="utf-8")


def test_answers_that_name_no_source_still_cost_no_call() -> None:
    labelled = [*load("calibration"), *load("heldout")]
    asked = [
        row.id
        for row in labelled
        if "citations" in needed(Item(row.question, row.answer, row.context))
    ]
    assert len(asked) == 7 and len(labelled) == 56, "or remake the table: bench/specialists.py"


@pytest.mark.parametrize(
    ("text", "doubted"),
    [
        ("PMID 1 is what you want. Sadly, it does not exist.", True),
        ("PMID 1 is right. Nobody can doubt it.", False),
        ("The trial (PMID 1) found no harm, and none was expected.", False),
        ("They could not verify these:\n\n- PMID 1", True),
        ("They are good:\n\n- PMID 1", False),
        ("Some are fabricated.\n\n- PMID 1", False),
        ("Is it PMID 1?", True),
    ],
)
def test_a_doubt_is_about_the_number_beside_it(text: str, doubted: bool) -> None:
    assert Doubts(text).about(text.index("PMID")) is doubted


def test_a_number_doubted_once_and_offered_once_is_offered() -> None:
    text = "Some say that PMID 274126835 does not exist.\n\nRead PMID 274126835 first."
    (found,) = offered(text)
    assert found.fault and text[found.place :].startswith("PMID 274126835 first")


@pytest.mark.parametrize(
    "unit", ["\n", "PMID 1234567890 ", "- PMID 123456789\n", "ISBN 9 9 9 ", "Aa ", "1:", "? "]
)
def test_long_answers_of_one_thing_are_read(unit: str) -> None:
    """Patterns that go back over what they read would take hours here."""
    text = (unit * 50_000)[:50_000]
    assert len(offered(text, text)) == 0 and names_source(text) is ("PMID" in unit or "IS" in unit)
