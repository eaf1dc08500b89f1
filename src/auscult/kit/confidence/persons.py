"""The made-up people of a scenario of confidences, of an age that fits what is told of them."""

from __future__ import annotations

from collections.abc import Mapping
from random import Random  # noqa: TID251 -- the type; the draws are the bench's

from auscult.kit.confidence.scenario import Scenario
from auscult.kit.privacy.people import people
from auscult.kit.slots import kind_and_person, values_of

FIRST_YEAR, LAST_YEAR = 1931, 2020
LEAST_SPAN = 10
"""Years that a range of births spans at least: a narrow one would give the date away."""


def persons_of(scenario: Scenario, rng: Random, years: Random) -> dict[str, str]:
    """What fills the slots. A year of birth out of its range is drawn again, from years that nobody
    else of the scenario was born in: one who is named would be taken for a part of the other."""
    values = values_of(people(rng, scenario.persons))
    for slot in sorted(scenario.born):
        first, last = scenario.born[slot]
        if not first <= _year(values[slot]) <= last:
            free = [y for y in range(first, last + 1) if y not in _years(values)]
            values[slot] = f"{years.choice(free)}{values[slot][4:]}"
    return values


def _year(date: str) -> int:
    return int(date[:4])


def _years(values: Mapping[str, str]) -> set[int]:
    return {_year(value) for slot, value in values.items() if kind_and_person(slot)[0] == "dob"}
