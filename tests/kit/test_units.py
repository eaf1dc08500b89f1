from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

import auscult.data.packs as packs
from auscult.core.case import Measurement
from auscult.kit.units import (
    Converted,
    Quantity,
    Unit,
    convert,
    exactly,
    numbers,
    quantity_of,
    table,
    within,
    written_out,
)

PAIRS = [
    (row, source, target)
    for row in table().quantities
    for source in row.units
    for target in row.units
    if source is not target
]


def measured(quantity: str, value: str, unit: str) -> Measurement:
    return Measurement(quantity, value, unit, f"{value} {unit}")


@pytest.mark.parametrize(
    ("quantity", "value", "unit", "text", "to"),
    [
        # Pairs that every ward knows.
        ("fasting glucose", "7.0", "mmol/L", "126", "mg/dL"),
        ("blood glucose", "200", "mg/dL", "11.1", "mmol/L"),
        ("plasma glucose", "3.9", "mmol/L", "70", "mg/dL"),
        ("serum creatinine", "1.0", "mg/dL", "88", "µmol/L"),
        ("creatinine now", "354", "µmol/L", "4.00", "mg/dL"),
        ("blood urea nitrogen", "28", "mg/dL", "10.0", "mmol/L"),
        ("serum urea", "10", "mmol/L", "60", "mg/dL"),
        ("LDL cholesterol", "1.8", "mmol/L", "70", "mg/dL"),
        ("total cholesterol", "200", "mg/dL", "5.2", "mmol/L"),
        ("serum triglycerides", "150", "mg/dL", "1.7", "mmol/L"),
        ("bilirubin", "17", "µmol/L", "1.0", "mg/dL"),
        ("adjusted serum calcium", "2.50", "mmol/L", "10.0", "mg/dL"),
        ("haemoglobin", "70", "g/L", "7.0", "g/dL"),
        ("serum urate", "360", "µmol/L", "6.1", "mg/dL"),
        ("serum iron", "10", "µmol/L", "56", "µg/dL"),
        ("serum lactate", "4", "mmol/L", "36.0", "mg/dL"),
        ("magnesium", "1.00", "mmol/L", "2.4", "mg/dL"),
        ("phosphate", "1.00", "mmol/L", "3.1", "mg/dL"),
        ("body temperature", "37.0", "°C", "98.6", "°F"),
        ("temperature", "104", "°F", "40.0", "°C"),
        ("temperature", "-2", "°C", "28.4", "°F"),
        ("body weight", "70", "kg", "154", "lb"),
        ("height", "183", "cm", "72.0", "in"),
        ("blood pressure", "120/75", "mmHg", "16.0/10.0", "kPa"),
        ("PaO2", "8.0", "kPa", "60", "mmHg"),
        ("PaCO2", "45", "mmHg", "6.0", "kPa"),
        ("serum potassium", "6.1", "mmol/L", "6.1", "mEq/L"),
        ("previous serum C-reactive protein", "140", "mg/L", "14.0", "mg/dL"),
        ("serum albumin", "3.5", "g/dL", "35", "g/L"),
        ("HbA1c", "48", "mmol/mol", "6.5", "%"),
        ("HbA1c", "7.0", "%", "53", "mmol/mol"),
        ("25-hydroxyvitamin D", "50", "nmol/L", "20", "ng/mL"),
        ("serum ALT", "60", "U/L", "1.0", "µkat/L"),
        ("free T4", "12.9", "pmol/L", "1.0", "ng/dL"),
        ("cortisol", "500", "nmol/L", "18.1", "µg/dL"),
        ("urine albumin-to-creatinine ratio", "3.4", "mg/mmol", "30", "mg/g"),
        ("paracetamol level", "150", "mg/L", "992", "µmol/L"),
        ("neutrophil count", "0.3", "×10⁹/L", "300", "cells/µL"),
        ("platelet count", "122", "x10^9/L", "122,000", "/µL"),
        ("metformin dose", "1", "g", "1,000", "mg"),
        ("digoxin dose", "125", "micrograms", "0.125", "mg"),
        ("stool volume", "4", "litres", "4,000", "mL"),
        # Ranges and bounds.
        ("glucose", "3.5 to 5.5", "mmol/L", "63 to 99", "mg/dL"),
        ("potassium", "3.5–5.0", "mmol/L", "3.5–5.0", "mEq/L"),
        ("serum ferritin", ">1,860", "µg/L", ">1,860", "ng/mL"),
        ("TSH", "<0.01", "mIU/L", "<0.01", "µIU/mL"),
        # Small values keep two digits.
        ("glucose", "0.3", "mmol/L", "5.4", "mg/dL"),
        ("C-reactive protein", "0.3", "mg/L", "0.030", "mg/dL"),
    ],
)  # fmt: skip
def test_known_equivalents(quantity: str, value: str, unit: str, text: str, to: str) -> None:
    converted = convert(quantity, value, unit, to)
    assert converted is not None
    assert (converted.text, converted.unit) == (text, to)
    assert within(measured(quantity, value, unit), converted)


@pytest.mark.parametrize(
    ("quantity", "value", "unit"),
    [
        ("heart rate", "88", "beats/min"), ("arterial pH", "7.31", "pH"),
        ("glucose", "high", "mmol/L"), ("glucose", "5.6", "g/L"), ("glucose", "5,6", "mmol/L"),
        ("glucose", "7/2", "mmol/L"), ("blood pressure", "120/80/60", "bar"),
        ("azathioprine dose", "2", "mg/kg"), ("mean cell volume", "71", "fL"),
        ("lung capacity", "5", "L"), ("prolactin", "4,900", "mIU/L"), ("glucose", "", "mmol/L"),
    ],
)  # fmt: skip
def test_what_it_cannot_read_is_none(quantity: str, value: str, unit: str) -> None:
    assert convert(quantity, value, unit) is None


def test_without_a_unit_named_it_goes_to_the_other_one() -> None:
    there = convert("glucose", "5.6", "mmol/L")
    back = convert("glucose", "101", "mg/dL")
    assert there == Converted("101", (Decimal(101),), "mg/dL", 0)
    assert back == Converted("5.6", (Decimal("5.6"),), "mmol/L", 1)
    assert convert("glucose", "5.6", "mmol/L", "stone") is None


def test_a_name_leads_to_its_quantity() -> None:
    names = {
        "previous serum creatinine": "creatinine",
        "creatinine before treatment": "creatinine",
        "blood pressure after": "blood pressure",
        "blood urea nitrogen": "blood urea nitrogen",
        "serum lactate dehydrogenase": "ALT",
        "plasma β-hydroxybutyrate": "beta-hydroxybutyrate",
        "pancreatic mass size": "width",
        "Hemoglobin": "haemoglobin",
    }
    for said, name in names.items():
        row = quantity_of(said)
        assert row is not None and row.name == name, said
    for unknown in ("", "serum", "creatinine kinase", "temperature rise", "glucose tolerance"):
        assert quantity_of(unknown) is None


def test_values_as_our_cases_write_them() -> None:
    assert numbers("1,450") == (Decimal(1450),)
    assert numbers("82/46") == (Decimal(82), Decimal(46))
    assert numbers("-8") == (Decimal(-8),) == numbers("−8")
    assert numbers("≥ 0.5") == (Decimal("0.5"),)
    assert numbers("2-3") == (Decimal(2), Decimal(3))
    for bad in ("", "x", "1,45", "1.2.3", "5 mg", "/5", "one"):
        assert numbers(bad) is None


def test_halves_are_rounded_up_as_at_the_bedside() -> None:
    assert written_out(Decimal("0.25"), 1) == "0.3"
    assert written_out(Decimal("98.25"), 1) == "98.3"
    assert written_out(Decimal("1234.5"), 0) == "1,235"


def test_every_row_says_where_its_factor_comes_from() -> None:
    for row in table().quantities:
        assert len(row.basis) > 8 and len(row.units) > 1, row.name
        assert len({unit.name for unit in row.units}) == len(row.units)
        for unit in row.units:
            assert unit.base > 0 and 0 <= unit.decimals <= 3, (row.name, unit.name)
            assert row.unit(unit.name) == unit


def test_molar_rows_agree_with_the_mass_they_state() -> None:
    """The basis is prose; this reads the mass out of it and makes the factor again."""
    litres_per_mole_unit = {"mmol/L": -3, "µmol/L": -6, "nmol/L": -9, "pmol/L": -12}
    grams = {"mg/dL": -2, "µg/dL": -5, "ng/dL": -8, "mg/L": -3, "µg/L": -6, "ng/mL": -6,
             "pg/mL": -9, "g/L": 0}  # fmt: skip
    checked = 0
    for row in table().quantities:
        head = row.basis.partition(" g/mol")[0]
        if " g/mol" not in row.basis or "two atoms" in head or "chain" in head:
            continue
        mass = Decimal(head.rsplit(" ", 1)[1].replace(",", ""))
        weights = [u for u in row.units if u.name in grams]
        moles = [u for u in row.units if u.name in litres_per_mole_unit]
        for weight in weights:
            for mole in moles:
                expected = mass.scaleb(litres_per_mole_unit[mole.name] - grams[weight.name])
                assert mole.base / weight.base == expected, row.name
                checked += 1
    assert checked >= 30


def test_the_packs_measurements_convert_within_their_rounding() -> None:
    folder = Path(packs.__path__[0]) / "knowledge"
    converted = 0
    for file in sorted(folder.glob("*.jsonl")):
        for line in file.read_text(encoding="utf-8").splitlines():
            for item in json.loads(line).get("measurements", []):
                original = msgspec.convert(item, Measurement)
                there = convert(original.quantity, original.value, original.unit)
                if there is not None:
                    converted += 1
                    assert within(original, there), original
    assert converted > 300


@given(
    st.sampled_from(PAIRS),
    st.decimals("0.01", "20000", places=2, allow_nan=False, allow_infinity=False),
)
def test_there_and_back(pair: tuple[Quantity, Unit, Unit], value: Decimal) -> None:
    row, source, target = pair
    text = written_out(value, 2)
    name = row.name if not row.endings else f"some{row.endings[0]}"
    there = convert(name, text, source.name, target.name)
    assert there is not None
    original = measured(name, text, source.name)
    assert within(original, there)
    back = convert(name, there.text, target.name, source.name)
    assert back is not None
    # Each way loses at most half a step of its own rounding.
    lost = Decimal(5).scaleb(-there.rounding - 1) * target.base / source.base
    lost += Decimal(5).scaleb(-back.rounding - 1)
    assert abs(back.value[0] - value) <= lost + Decimal("1e-20")


@given(st.sampled_from(PAIRS), st.integers(-40, 10**6), st.sampled_from(("1", "0.1", "0.001")))
def test_the_sums_are_exact(pair: tuple[Quantity, Unit, Unit], whole: int, step: str) -> None:
    row, source, target = pair
    value = whole * Decimal(step)
    there = exactly(row, value, source.name, target.name)
    assert there is not None
    back = exactly(row, there, target.name, source.name)
    assert back is not None and abs(back - value) < Decimal("1e-30") * max(1, abs(value)) * 10**6


@given(st.sampled_from(PAIRS), st.integers(1, 5000), st.sampled_from((-1, 1)))
def test_a_value_a_step_off_is_not_within(
    pair: tuple[Quantity, Unit, Unit], whole: int, sign: int
) -> None:
    row, source, target = pair
    name = row.name if not row.endings else f"some{row.endings[0]}"
    there = convert(name, str(whole), source.name, target.name)
    assert there is not None
    off = there.value[0] + sign * Decimal("1.1").scaleb(-there.rounding)
    text = f"{off:f}"
    wrong = Converted(text, (off,), there.unit, there.rounding)
    assert not within(measured(name, str(whole), source.name), wrong)
    # Nor is a text that says another number than the record.
    torn = Converted("1" + there.text, there.value, there.unit, there.rounding)
    assert not within(measured(name, str(whole), source.name), torn)
