"""Declared groups of patients: age bands, sex, race, ethnicity, language, marital status.

What a source writes is brought to one short list each. "unknown" means that the source has the
field and says nothing in it; a source without the field gives no group at all. The bands refine
those of our packs (0-17, 18-39, 40-64, 65+): the last is cut at 80. No published list of bands or
races was to be had for CARES; these are ours and claim no equivalence.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from itertools import pairwise
from typing import Any

UNKNOWN = "unknown"
AGE_LIMITS = (0, 18, 40, 65, 80)
"""Lower bounds in years."""
AGE_BANDS = (
    *(f"{low}-{high - 1}" for low, high in pairwise(AGE_LIMITS)),
    f"{AGE_LIMITS[-1]}+",
)
OLDEST = 125
PER_YEAR = {"y": 1.0, "m": 12.0, "w": 52.18, "d": 365.25}
_age = re.compile(r"(?P<over>[>≥])?\s*(?P<n>\d{1,3}(?:\.\d+)?)\s*(?P<unit>[ymwd])?[a-z ]*\+?")
_silent = re.compile(
    r"|n/?a|nan|none|null|unknown.*|not (?:known|stated|reported|specified|available).*"
    r"|unspecified|missing|declined.*|refused.*|(?:patient )?declined to answer"
    r"|unable to obtain|prefer not to say|\?+|-+"
)
_RACES = (
    ("multiple", ("multiple", "multiracial", "two or more", "mixed")),
    ("american-indian-or-alaska-native", ("american indian", "alaska", "native american")),
    ("native-hawaiian-or-pacific-islander", ("native hawaiian", "pacific islander", "hawaiian")),
    ("middle-eastern-or-north-african", ("middle eastern", "north african", "arab")),
    ("hispanic-or-latino", ("hispanic", "latino", "latina", "south american")),
    ("black", ("black", "african")),
    ("asian", ("asian", "chinese", "japanese", "korean", "vietnamese", "filipino")),
    ("white", ("white", "caucasian", "portuguese", "european")),
    ("other", ("other",)),
)
RACES = (*(name for name, _ in _RACES), UNKNOWN)
_MARITAL = (
    ("single", ("single", "never married", "unmarried")),
    ("married-or-partnered", ("married", "marriage", "partner", "civil union")),
    ("divorced", ("divorced",)),
    ("separated", ("separated", "legally separated")),
    ("widowed", ("widow",)),
    ("other", ("other",)),
)
MARITAL = (*(name for name, _ in _MARITAL), UNKNOWN)


def years_of(value: Any) -> float | None:
    """An age in years: 45, "68", "068Y", "6 months", ">89", "90+". None where it is none."""
    if isinstance(value, bool) or value is None:
        return None
    found = _age.fullmatch(str(value).strip().lower())
    if found is None:
        return None
    years = float(found["n"]) / PER_YEAR[found["unit"] or "y"]
    if found["over"]:
        years += 1
    return years if years <= OLDEST else None


def age_band(value: Any) -> str:
    """The declared band of an age as a source writes it; "unknown" where it cannot be read."""
    years = years_of(value)
    if years is None:
        return UNKNOWN
    place = max(i for i, low in enumerate(AGE_LIMITS) if years >= low)
    return AGE_BANDS[place]


def sex_of(value: Any) -> str:
    plain = _plain(value)
    if plain in ("f", "female", "woman", "girl", "w"):
        return "female"
    if plain in ("m", "male", "man", "boy"):
        return "male"
    if plain in ("i", "intersex"):
        return "intersex"
    return UNKNOWN if _silent.fullmatch(plain) else "other"


def race_of(value: Any) -> str:
    """One of RACES. What the list does not know is "other", not "unknown"."""
    return _listed(value, _RACES)


def marital_of(value: Any) -> str:
    return _listed(value, _MARITAL)


def ethnicity_of(value: Any) -> str:
    plain = _plain(value)
    if _silent.fullmatch(plain):
        return UNKNOWN
    if re.match(r"(?:not|non)\b|non(?=hisp)", plain):
        return "not-hispanic-or-latino"
    return "hispanic-or-latino" if re.search(r"hispanic|latin", plain) else "other"


def language_of(value: Any) -> str:
    plain = _plain(value)
    return UNKNOWN if _silent.fullmatch(plain) else plain


FIELDS: dict[str, tuple[str, ...]] = {
    "age_band": ("age", "anchor_age", "patient_age"),
    "sex": ("gender", "sex"),
    "race": ("race",),
    "ethnicity": ("ethnicity",),
    "language": ("language",),
    "marital_status": ("marital_status", "maritalstatus", "marital status"),
}
"""The group, and what sources call its field."""
_READ = {
    "age_band": age_band,
    "sex": sex_of,
    "race": race_of,
    "ethnicity": ethnicity_of,
    "language": language_of,
    "marital_status": marital_of,
}


def groups_of(data: Mapping[str, Any]) -> dict[str, str]:
    """Every group whose field the record has, under any of its names."""
    groups = {}
    for group, names in FIELDS.items():
        for name in names:
            if name in data:
                groups[group] = _READ[group](data[name])
                break
    return groups


def _plain(value: Any) -> str:
    return "" if value is None else " ".join(str(value).split()).lower()


def _listed(value: Any, table: tuple[tuple[str, tuple[str, ...]], ...]) -> str:
    plain = _plain(value)
    if _silent.fullmatch(plain):
        return UNKNOWN
    for name, words in table:
        if any(re.search(rf"\b{word}", plain) for word in words):
            return name
    return "other"
