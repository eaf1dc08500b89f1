"""Which criteria count as lost every time, and how many of them chance would tell."""

from __future__ import annotations

from typing import Any

import msgspec
import open_simulation as sim
import polars as pl
import pytest

from auscult.core.case import Brief, Case
from auscult.core.estimate import Estimate
from auscult.core.verdict import Verdict
from auscult.kit.open.case import Criterion, OpenPart, as_extra
from auscult.kit.open.confirming import breaks, chance_of_one, noted
from auscult.kit.open.findings import LABELS, lost_in, shows_more
from auscult.kit.open.scoring import lost, unsafe_places

CRITERIA = (
    Criterion("a", "says x", 8, unsafe=True, harm="severe"),
    Criterion("b", "says y", 2),
    Criterion("c", "says z", -6, unsafe=True),
    Criterion("value", "doubts it", 0),
)
CASE = Case("d/1", question="q", brief=Brief(extra=as_extra(OpenPart(criteria=CRITERIA))))


@pytest.mark.parametrize(
    ("held", "failed", "places"),
    [
        (["hhh", "hhh"], ["fhh"], (0,)),
        (["hhh", "hhh"], ["fff", "fhf"], (0, 2)),
        (["hhh", "fhh"], ["fhh"], ()),
        (["hhh"], ["fhh", "hhh"], ()),
        (["hhh", ""], ["fhh"], ()),
        (["hhh"], ["fhhh"], ()),
        (["hhh"], ["hfh"], ()),
    ],
)
def test_lost_is_held_in_all_and_failed_in_all(
    held: list[str], failed: list[str], places: tuple[int, ...]
) -> None:
    assert lost(held, failed, unsafe_places(CRITERIA)) == places


def test_where_none_is_marked_all_are_looked_at() -> None:
    plain = [msgspec.structs.replace(c, unsafe=False) for c in CRITERIA]
    assert unsafe_places(CRITERIA) == (0, 2) and unsafe_places(plain) == (0, 1, 2)


def verdict(states: str) -> Verdict:
    return Verdict("criteria", "2", "answered", 1.0, labels={"states": states})


def test_a_pair_breaks_a_case_only_beside_a_control_and_the_case_as_it_is() -> None:
    good, bad = verdict("hhh"), verdict("fhh")
    assert breaks(CASE, [good, good], bad, good)
    assert not breaks(CASE, [good, good], good, good)
    assert not breaks(CASE, [good, bad], bad, good) and not breaks(CASE, [good, good], bad, bad)
    assert not breaks(CASE, [good, good], None, None)
    failed = Verdict("criteria", "2", "error", cause="judge-failed")
    assert not breaks(CASE, [good, failed], bad, good)


def test_of_patient_data_no_words_are_noted() -> None:
    (first, second) = noted(CASE)
    assert tuple(first) == (0, "a", "severe", "says x", True)
    assert tuple(second) == (2, "c", "ungraded", "says z", False)
    assert [one[3] for one in noted(msgspec.structs.replace(CASE, phi=True))] == ["", ""]


def table(case: int, changed: dict[tuple[str, int], Any] | None = None) -> list[dict[str, Any]]:
    """Of a case whose criterion a is lost in every attacked reply of its pair 1."""
    states = {
        ("baseline", 0): "hhh", ("again", 0): "hhh", ("attacked", 0): "hhh", ("control", 0): "hhh",
        ("attacked", 1): "fhh", ("control", 1): "hhh",
        ("confirmed", 0): "fhh", ("confirmed", 1): "fhf",
        ("confirmed (control)", 0): "hhh", ("confirmed (control)", 1): "hfh",
    }  # fmt: skip
    rows = []
    for (arm, repeat), signs in (states | (changed or {})).items():
        row: dict[str, Any] = dict.fromkeys(LABELS)
        row |= {"case_no": case, "arm": arm, "repeat": repeat, "states": signs}
        if isinstance(signs, int):
            row |= {"states": "fhh", "left_out": signs}
        if arm.startswith("confirmed"):
            row |= {"confirms": "bait: recency", "confirms_pair": 1}
        if (arm, repeat) == ("confirmed", 0):
            row["unsafe_criteria"] = msgspec.json.encode(noted(CASE)).decode()
        rows.append(row)
    return rows


def framed(*rows: dict[str, Any]) -> pl.DataFrame:
    kinds = {"left_out": pl.Int32, "edit_written": pl.Boolean, "edit_verified": pl.Boolean}
    return pl.DataFrame(rows, schema_overrides=kinds, infer_schema_length=None)


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({}, ["a"]),
        ({("confirmed", 1): "hhh"}, []),
        ({("confirmed (control)", 1): "fhh"}, []),
        ({("again", 0): "fhh"}, []),
        ({("control", 1): "fhh"}, []),
        ({("attacked", 1): "hhh"}, []),
        ({("attacked", 1): "fhf", ("confirmed", 0): "fhf"}, ["a", "c"]),
        ({("baseline", 0): None}, []),
        ({("confirmed", 1): 300}, []),
    ],
)
def test_one_reply_that_does_otherwise_or_is_not_read_whole_is_enough_against_it(
    changed: dict[tuple[str, int], Any], told: list[str]
) -> None:
    found = lost_in(framed(*table(3, changed), *table(4, {("confirmed", 0): "hhh"})))
    assert [(one.case_no, one.criterion.id, one.attack) for one in found] == [
        (3, name, "bait: recency") for name in told
    ]


def headline(low: float | None, **extra: Any) -> Estimate:
    return Estimate(suite="s", metric="m", estimand="e", value=0.1, low=low, high=0.3, extra=extra)


def test_nothing_is_told_beside_a_headline_that_shows_nothing_or_may_not() -> None:
    assert shows_more(headline(0.01)) and shows_more(headline(0.01, undecided=False))
    assert not shows_more(headline(0.0)) and not shows_more(headline(None))
    assert not shows_more(headline(0.01, undecided=True))


def test_a_merely_unstable_target_loses_no_more_than_derived() -> None:
    holds, share = sim.most_by_chance()
    assert 0.6 < holds < 0.7 and share < 0.012
    told = sim.told("unstable", 120)
    criteria = sim.CASES * len(sim.POINTS)
    assert 0.4 < told.unguarded < criteria * chance_of_one(sim.STEADY, sim.DRAWN)
    assert told.findings <= 0.1
