from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

import auscult.data.packs as packs
from auscult.kit.survivable import (
    AGE_BANDS,
    AgeBand,
    Bound,
    Range,
    band_of,
    bound_of,
    bounds,
    extreme,
    impossible,
    standing,
)
from auscult.kit.units import numbers, quantity_of

DEFINED_TO_100 = {
    "oxygen saturation", "venous oxygen saturation", "haematocrit", "carboxyhaemoglobin",
    "methaemoglobin", "inspired oxygen", "left ventricular ejection fraction", "HbA1c",
    "FEV1/FVC ratio", "burned body surface", "parasitaemia",
}  # fmt: skip


def units_of(bound: Bound) -> list[str]:
    row = quantity_of(bound.name)
    if row is None or row.unit(bound.unit) is None:
        return [bound.unit]
    return [bound.unit, *(u.name for u in row.units if u.name != bound.unit)]


WAYS = [(bound, unit, band) for bound in bounds() for unit in units_of(bound) for band in AGE_BANDS]


def held(bound: Bound, band: AgeBand) -> Range | None:
    return next((r for r in bound.possible if r.holds(band)), None)


@pytest.mark.parametrize(
    ("quantity", "unit", "band", "value", "stands"),
    [
        # Known survivals and records are possible.
        ("body temperature", "°C", "adult", "46.5", "possible"),
        ("core temperature", "°C", "adult", "13.7", "possible"),
        ("temperature", "°F", "adult", "115.7", "possible"),
        ("plasma glucose", "mg/dL", "adult", "1,400", "possible"),
        ("blood glucose", "mmol/L", "adult", "147.6", "possible"),
        ("blood pressure", "mmHg", "adult", "480/350", "possible"),
        ("blood pressure", "mmHg", "adult", "290/160", "possible"),
        ("serum sodium", "mEq/L", "adult", "196", "possible"),
        ("serum potassium", "mmol/L", "adult", "14.0", "possible"),
        ("PaO2", "kPa", "adult", "2.55", "possible"),
        ("PaCO2", "mmHg", "adult", "500", "possible"),
        ("arterial pH", "pH", "adult", "6.33", "possible"),
        ("birth weight", "g", "neonate", "212", "possible"),
        ("body weight", "kg", "adult", "635", "possible"),
        ("height", "cm", "adult", "272", "possible"),
        ("age", "years", "adult", "122", "possible"),
        ("gestational age at birth", "weeks", "neonate", "21", "possible"),
        ("haemoglobin", "g/dL", "child", "0.7", "possible"),
        ("heart rate", "beats/min", "adult", "600", "possible"),
        ("oxygen saturation", "%", "adult", "100", "possible"),
        ("GCS", "/15", "adult", "3", "possible"),
        ("GCS", "", "child", "15", "possible"),
        # Outside the definition.
        ("oxygen saturation", "%", "adult", "112", "impossible"),
        ("SpO2", "%", "neonate", "104", "impossible"),
        ("Glasgow coma score", "", "adult", "2", "impossible"),
        ("GCS", "", "adult", "17", "impossible"),
        ("Apgar score", "", "neonate", "11", "impossible"),
        ("Child-Pugh score", "points", "adult", "4", "impossible"),
        ("blood pressure", "mmHg", "adult", "84/138", "impossible"),
        ("previous blood pressure", "kPa", "adult", "11.2/18.4", "impossible"),
        ("ESR", "mm/h", "adult", "260", "impossible"),
        # Far outside what a body does.
        ("body temperature", "°C", "child", "58.4", "impossible"),
        ("temperature", "°F", "adult", "137.1", "impossible"),
        ("serum potassium", "mmol/L", "adult", "61.0", "impossible"),
        ("serum sodium", "mmol/L", "adult", "21", "impossible"),
        ("heart rate", "beats/min", "adult", "1,400", "impossible"),
        ("arterial pH", "pH", "adult", "4.60", "impossible"),
        ("haemoglobin", "g/dL", "adult", "61.0", "impossible"),
        ("PaO2", "kPa", "adult", "160", "impossible"),
        ("white cell count", "cells/µL", "adult", "20,000,000", "impossible"),
        # Between: nobody should build on it.
        ("oxygen saturation", "%", "adult", "101", "undecided"),
        ("body temperature", "°C", "adult", "49", "undecided"),
        ("blood pressure", "mmHg", "adult", "90/90", "undecided"),
        ("serum sodium", "mmol/L", "adult", "62", "undecided"),
        # Not for us to judge.
        ("urine sodium", "mmol/L", "adult", "8", None),
        ("pleural fluid glucose", "mmol/L", "adult", "0.1", None),
        ("fetal heart rate", "beats/min", "adult", "56", None),
        ("weight loss", "kg", "adult", "6", None),
        ("temperature rise", "°C", "adult", "1", None),
        ("glucose", "mmol/L", "adult", "high", None),
        ("blood pressure", "mmHg", "adult", "120", None),
        ("sodium", "g/L", "adult", "3", None),
        ("age", "years", "child", "7", None),
    ],
)  # fmt: skip
def test_values_that_are_known(
    quantity: str, unit: str, band: AgeBand, value: str, stands: str | None
) -> None:
    assert standing(quantity, unit, band, value) == stands


@given(st.sampled_from(WAYS), st.integers(0, 2**32))
def test_impossible_values_are_impossible_and_extreme_ones_possible(
    way: tuple[Bound, str, AgeBand], seed: int
) -> None:
    bound, unit, band = way
    rare = extreme(bound.name, unit, band, Random(seed))
    if rare is not None:
        assert standing(bound.name, unit, band, rare.text) == "possible"
        assert rare.why and rare.source and rare.unit == unit
    never = impossible(bound.name, unit, band, Random(seed))
    if never is not None:
        assert standing(bound.name, unit, band, never.text) == "impossible"
        assert never.why and never.source and never.unit == unit
    assert (never is None) == (held(bound, band) is None)


def test_every_extreme_that_is_written_down_is_possible_and_overlaps_no_impossible() -> None:
    for bound in bounds():
        for band in AGE_BANDS:
            inside = held(bound, band)
            for rare in (r for r in bound.extreme if r.holds(band)):
                assert inside is not None, (bound.name, band)
                assert inside.low <= rare.low <= rare.high <= inside.high, (bound.name, band)
                assert rare.why
            for never in (r for r in bound.impossible if r.holds(band)):
                assert inside is not None, (bound.name, band)
                assert never.low <= never.high and never.why, (bound.name, band)
                if never.second is None:
                    assert never.high < inside.low or inside.high < never.low, (bound.name, band)


def test_what_the_body_forbids_is_far_off_and_what_a_definition_forbids_is_clear() -> None:
    """The way to an impossible value is at least half as long again as to the widest possible."""
    for bound in bounds():
        for band in AGE_BANDS:
            inside = held(bound, band)
            for never in (r for r in bound.impossible if r.holds(band) and r.second is None):
                assert inside is not None
                if never.by == "definition":
                    assert bound.name in DEFINED_TO_100 or bound.source.startswith("Definition of")
                elif bound.unit == "°C":
                    assert never.low >= inside.high + 5
                elif bound.unit == "pH":
                    assert never.low >= inside.high + 1 or never.high <= inside.low - 1
                elif never.low > inside.high:
                    assert never.low >= inside.high * Decimal("1.25"), (bound.name, band)
                else:
                    assert never.high <= inside.low * Decimal("0.61"), (bound.name, band)
    for name in DEFINED_TO_100:
        bound = bound_of(name)
        assert bound is not None and all(r.low > 103 for r in bound.impossible)


def test_sides_are_what_they_say() -> None:
    for bound in bounds():
        for band in AGE_BANDS:
            for ranges in (bound.extreme, bound.impossible):
                here = [r for r in ranges if r.holds(band) and r.second is None]
                low = [r.high for r in here if r.side == "low"]
                high = [r.low for r in here if r.side == "high"]
                assert not (low and high) or max(low) < min(high), (bound.name, band)
    seeds = range(40)
    hot = [extreme("temperature", "°C", "adult", Random(s), "high") for s in seeds]
    cold = [extreme("temperature", "°C", "adult", Random(s), "low") for s in seeds]
    assert all(v and v.side == "high" and Decimal(v.text) > 41 for v in hot)
    assert all(v and v.side == "low" and Decimal(v.text) < 28 for v in cold)
    assert impossible("temperature", "°C", "adult", Random(1), "low") is None


def test_the_same_draw_gives_the_same_value() -> None:
    for bound in bounds():
        first, second = (impossible(bound.name, bound.unit, "adult", Random(7)) for _ in range(2))
        assert first == second
    texts = {str(impossible("glucose", "mg/dL", "adult", Random(s))) for s in range(30)}
    assert len(texts) > 20


def test_texts_are_written_as_our_cases_write_them() -> None:
    sugar = extreme("blood glucose", "mg/dL", "adult", Random(0), "high")
    assert sugar is not None
    (value,) = numbers(sugar.text) or ()
    assert "," in sugar.text and 1225 <= value <= 1442
    pressure = extreme("blood pressure", "kPa", "adult", Random(3))
    assert pressure is not None and pressure.text.count("/") == 1
    baby = extreme("birth weight", "g", "neonate", Random(2), "low")
    assert baby is not None and 320 <= int(baby.text) <= 380
    scale = impossible("GCS", "points", "adult", Random(5))
    assert scale is not None and scale.by == "definition" and "3 to 15" in scale.why
    probe = extreme("SpO2", "%", "adult", Random(5))
    assert probe is not None and "probe" in probe.artefact


def test_without_bounds_there_is_no_value() -> None:
    for quantity, unit in (("urine sodium", "mmol/L"), ("joy", "points"), ("sodium", "stone")):
        assert impossible(quantity, unit, "adult", Random(0)) is None
        assert extreme(quantity, unit, "adult", Random(0)) is None
    assert extreme("inspired oxygen", "%", "adult", Random(0)) is None


def test_every_quantity_is_named_once_and_says_its_source() -> None:
    assert len(bounds()) >= 60
    for bound in bounds():
        assert len(bound.source) > 9 and bound.possible and bound.impossible, bound.name
        for name in (bound.name, *bound.aliases):
            assert bound_of(name) is bound, name
        for one in (*bound.possible, *bound.impossible, *bound.extreme):
            assert one.ages == "all" or set(one.ages.split()) <= set(AGE_BANDS), bound.name
            paired = bound.possible[0].second is not None
            assert (one.second is not None) == paired, bound.name
            places = bound.decimals if one.decimals is None else one.decimals
            if one not in bound.possible:  # drawn from, so its ends lie on the grid
                ends = (one.low, one.high)
                assert all(e == e.quantize(Decimal(1).scaleb(-places)) for e in ends), bound.name


@pytest.mark.parametrize(
    ("age", "unit", "band"),
    [
        (0, "days", "neonate"), (28, "days", "neonate"), (29, "days", "infant"),
        (3, "weeks", "neonate"), (6, "weeks", "infant"), (11, "months", "infant"),
        (1, "year", "child"), (17.9, "years", "child"), (18, "years", "adult"),
        (40, "Years", "adult"), (-1, "years", None), (3, "moons", None),
    ],
)  # fmt: skip
def test_age_bands(age: float, unit: str, band: str | None) -> None:
    assert band_of(age, unit) == band


def test_nothing_in_our_own_pack_is_impossible() -> None:
    folder = Path(packs.__path__[0]) / "knowledge"
    judged = 0
    for file in sorted(folder.glob("*.jsonl")):
        for line in file.read_text(encoding="utf-8").splitlines():
            row = json.loads(line)
            who = row.get("patient") or {}
            band = band_of(who.get("age", 40), who.get("age_unit", "years"))
            assert band is not None
            for item in row.get("measurements", []):
                stands = standing(item["quantity"], item["unit"], band, item["value"])
                assert stands in ("possible", None), (row["id"], item)
                judged += stands is not None
    assert judged > 250
