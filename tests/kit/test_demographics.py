from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auscult.data.pack import age_band as band_of_packs
from auscult.kit.demographics import (
    AGE_BANDS,
    MARITAL,
    RACES,
    age_band,
    ethnicity_of,
    groups_of,
    language_of,
    marital_of,
    race_of,
    sex_of,
    years_of,
)


@pytest.mark.parametrize(
    ("value", "years"),
    [
        (45, 45.0), ("68", 68.0), ("068Y", 68.0), ("6 months", 0.5), ("62.5", 62.5), (">89", 90.0),
        ("90+", 90.0), ("45 years", 45.0), (0, 0.0), ("300", None), ("", None), (None, None),
        (True, None), ("old", None), ("-3", None), ("nan", None),
    ],
)  # fmt: skip
def test_ages_as_sources_write_them(value: Any, years: float | None) -> None:
    assert years_of(value) == years


@pytest.mark.parametrize(
    ("age", "band"),
    [(0, "0-17"), ("17.9", "0-17"), (18, "18-39"), (39, "18-39"), (40, "40-64"), (65, "65-79"),
     (79, "65-79"), (80, "80+"), ("90+", "80+"), ("", "unknown")],
)  # fmt: skip
def test_bands(age: Any, band: str) -> None:
    assert age_band(age) == band


@given(st.integers(0, 125))
def test_bands_refine_those_of_the_packs(age: int) -> None:
    band = age_band(age)
    assert band in AGE_BANDS
    assert band == band_of_packs(age) or band_of_packs(age) == "65+"


@pytest.mark.parametrize(
    ("said", "race"),
    [
        ("White - Other European", "white"), ("CAUCASIAN", "white"), ("Black/African American",
        "black"), ("ASIAN - CHINESE", "asian"), ("Asian Indian", "asian"),
        ("American Indian/Alaska Native", "american-indian-or-alaska-native"),
        ("HISPANIC/LATINO - CUBAN", "hispanic-or-latino"), ("UNABLE TO OBTAIN", "unknown"),
        ("Patient declined to answer", "unknown"), ("", "unknown"), (None, "unknown"),
        ("Martian", "other"), ("Two or more races", "multiple"),
        ("Native Hawaiian", "native-hawaiian-or-pacific-islander"),
    ],
)  # fmt: skip
def test_races(said: Any, race: str) -> None:
    assert race_of(said) == race
    assert race in RACES


@pytest.mark.parametrize(
    ("said", "status"),
    [("Marriage or Partnered", "married-or-partnered"), ("Unmarried", "single"),
     ("NEVER MARRIED", "single"), ("Legally Separated", "separated"), ("WIDOWED", "widowed"),
     ("Divorced", "divorced"), ("Unknown", "unknown"), ("it is complicated", "other")],
)  # fmt: skip
def test_marital_status(said: str, status: str) -> None:
    assert marital_of(said) == status
    assert status in MARITAL


def test_sex_ethnicity_and_language() -> None:
    assert [sex_of(x) for x in ("F", "male", "Unknown", None, "intersex", "x")] == [
        "female", "male", "unknown", "unknown", "intersex", "other",
    ]  # fmt: skip
    assert [ethnicity_of(x) for x in ("Hispanic", "Non-Hispanic", "not hispanic", "", "?")] == [
        "hispanic-or-latino", "not-hispanic-or-latino", "not-hispanic-or-latino", "unknown",
        "unknown",
    ]  # fmt: skip
    assert (language_of(" English "), language_of("unknown")) == ("english", "unknown")


def test_a_field_that_is_not_there_is_no_group_and_an_empty_one_is_unknown() -> None:
    assert groups_of({}) == {}
    assert groups_of({"gender": "", "age": "64", "maritalstatus": "Single"}) == {
        "age_band": "40-64", "sex": "unknown", "marital_status": "single",
    }  # fmt: skip
