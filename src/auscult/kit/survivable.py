"""What a living patient can show: values that are impossible, and values that are only extreme.

The bounds lie in `survivable_*.toml` and are wide on purpose. `impossible` draws a value far beyond
whatever was documented, or outside the definition of the quantity. `extreme` draws its twin, which
looks as absurd and has been measured in such a patient: whoever cries "impossible" at both has not
read the number. A display can show what no patient has; `artefact` says what is known of that.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from functools import cache
from importlib.resources import files
from random import Random  # noqa: TID251 -- the type; the draws are the caller's
from typing import Literal, get_args

import msgspec

from auscult.kit.units import convert, exactly, named_in, numbers, quantity_of, written_out

AgeBand = Literal["neonate", "infant", "child", "adult"]
AGE_BANDS: tuple[AgeBand, ...] = get_args(AgeBand)
Standing = Literal["possible", "undecided", "impossible"]
By = Literal["definition", "body"]
Side = Literal["low", "high"]
FILES = ("survivable_signs.toml", "survivable_blood.toml", "survivable_scores.toml")
_DAYS = {"day": 1.0, "week": 7.0, "month": 30.44, "year": 365.25}
_CHILDHOOD_ENDS, _INFANCY_ENDS, _NEWBORN_ENDS = 18 * 365.25, 365.25, 28.0
# A level in another fluid is another quantity, so fewer words may be dropped than in `units`.
_BEFORE = frozenset(
    (
        "adjusted", "arterial", "baseline", "blood", "capillary", "corrected", "current",
        "fasting", "initial", "maternal", "measured", "peak", "plasma", "present", "previous",
        "random", "repeat", "serum", "venous", "whole",
    )
)  # fmt: skip
_SCORE_UNITS = ("", "points", "point", "score")


class Range(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Of values to draw, or of those that are possible. `second` is the other number of a pair."""

    ages: str
    low: Decimal = msgspec.field(name="from")
    high: Decimal = msgspec.field(name="to")
    second: tuple[Decimal, Decimal] | None = None
    decimals: int | None = None
    why: str = ""
    by: By = "body"
    side: Side = "high"

    def holds(self, band: AgeBand) -> bool:
        return self.ages == "all" or band in self.ages.split()


class Bound(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    name: str
    unit: str
    decimals: int
    source: str
    possible: tuple[Range, ...]
    impossible: tuple[Range, ...]
    extreme: tuple[Range, ...] = ()
    aliases: tuple[str, ...] = ()
    unit_words: tuple[str, ...] = ()
    artefact: str = ""

    def has_unit(self, unit: str) -> bool:
        said = " ".join(unit.lower().split())
        return said in {one.lower() for one in (self.unit, *self.unit_words)}


class Score(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    name: str
    low: int
    high: int
    beyond: tuple[int, ...]
    extreme: tuple[int, ...]
    why: str
    ages: str = "all"
    aliases: tuple[str, ...] = ()


class Table(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    bounds: tuple[Bound, ...] = ()
    scores: tuple[Score, ...] = ()


class Value(msgspec.Struct, frozen=True):
    """A value to show, without its unit, and why it is what it is."""

    text: str
    why: str
    source: str
    unit: str
    by: By = "body"
    side: Side = "high"
    artefact: str = ""


@cache
def bounds() -> tuple[Bound, ...]:
    """Every quantity; a score is one of whole numbers with a single value in each range."""
    found = [_read(file) for file in FILES]
    scores = (_as_bound(score) for table in found for score in table.scores)
    return (*(bound for table in found for bound in table.bounds), *scores)


def bound_of(quantity: str) -> Bound | None:
    """The bounds of what a measurement's name speaks of; None where we know none."""
    return next((_by_name()[n] for n in named_in(quantity, _BEFORE) if n in _by_name()), None)


def band_of(age: float, age_unit: str = "years") -> AgeBand | None:
    """None for an age below nought or in a unit that we do not know."""
    length = _DAYS.get(age_unit.strip().lower().removesuffix("s"))
    if length is None or age < 0:
        return None
    days = age * length
    if days >= _CHILDHOOD_ENDS:
        return "adult"
    if days >= _INFANCY_ENDS:
        return "child"
    return "infant" if days > _NEWBORN_ENDS else "neonate"


def impossible(
    quantity: str, unit: str, age_band: AgeBand, rng: Random, side: Side | None = None
) -> Value | None:
    """A value that no such patient can have. None where the table has none in this unit."""
    bound = bound_of(quantity)
    return None if bound is None else _drawn(bound, bound.impossible, unit, age_band, rng, side)


def extreme(
    quantity: str, unit: str, age_band: AgeBand, rng: Random, side: Side | None = None
) -> Value | None:
    """A value that such a patient can have and hardly anyone has. None where there is none."""
    bound = bound_of(quantity)
    return None if bound is None else _drawn(bound, bound.extreme, unit, age_band, rng, side)


def standing(quantity: str, unit: str, age_band: AgeBand, value: str) -> Standing | None:
    """Whether a value is possible, impossible or between; None where it cannot be judged."""
    bound, given = bound_of(quantity), numbers(value)
    if bound is None or given is None or ("/" in value) != _paired(bound):
        return None
    held = next((r for r in bound.possible if r.holds(age_band)), None)
    known = _in_own_unit(bound, unit, given)
    if held is None or known is None or len(known) > 1 + _paired(bound):
        return None
    beyond = [r for r in bound.impossible if r.holds(age_band)]
    if any(_is_beyond(known, one, held) for one in beyond):
        return "impossible"
    if held.second is None:
        return "possible" if held.low <= known[0] <= held.high else "undecided"
    first, second = known
    inside = held.low <= first <= held.high and held.second[0] <= second <= held.second[1]
    return "possible" if inside and second < first else "undecided"


def is_extreme(quantity: str, unit: str, age_band: AgeBand, value: str) -> bool:
    """Whether a value is possible and lies where the table says that hardly anyone's does."""
    bound, given = bound_of(quantity), numbers(value)
    if bound is None or given is None or standing(quantity, unit, age_band, value) != "possible":
        return False
    known = _in_own_unit(bound, unit, given)
    return known is not None and any(
        _is_within(known, drawn) for drawn in bound.extreme if drawn.holds(age_band)
    )


def _is_within(known: tuple[Decimal, ...], drawn: Range) -> bool:
    if not drawn.low <= known[0] <= drawn.high:
        return False
    return drawn.second is None or drawn.second[0] <= known[1] <= drawn.second[1]


def _is_beyond(known: tuple[Decimal, ...], drawn: Range, held: Range) -> bool:
    """At least as far out as the nearest value that `drawn` has."""
    first = known[0]
    if drawn.second is None or held.second is None:
        return first >= drawn.low if drawn.low > held.high else first <= drawn.high
    if drawn.second[0] > drawn.high:
        return known[1] > first  # the order itself is what is impossible
    return first >= drawn.low or known[1] >= drawn.second[0]


def _drawn(
    bound: Bound,
    ranges: tuple[Range, ...],
    unit: str,
    band: AgeBand,
    rng: Random,
    side: Side | None,
) -> Value | None:
    fitting = [r for r in ranges if r.holds(band) and side in (None, r.side)]
    if not fitting:
        return None
    chosen = rng.choice(fitting)
    decimals = bound.decimals if chosen.decimals is None else chosen.decimals
    text = _number(chosen.low, chosen.high, decimals, rng)
    if chosen.second is not None:
        text = f"{text}/{_number(*chosen.second, decimals, rng)}"
    if not bound.has_unit(unit):
        other = convert(bound.name, text, bound.unit, unit) if _convertible(bound) else None
        if other is None:
            return None
        text = other.text
    return Value(text, chosen.why, bound.source, unit, chosen.by, chosen.side, bound.artefact)


def _number(low: Decimal, high: Decimal, decimals: int, rng: Random) -> str:
    steps = rng.randint(int(low.scaleb(decimals)), int(high.scaleb(decimals)))
    return written_out(Decimal(steps).scaleb(-decimals), decimals)


def _in_own_unit(bound: Bound, unit: str, given: tuple[Decimal, ...]) -> tuple[Decimal, ...] | None:
    if bound.has_unit(unit):
        return given
    row = quantity_of(bound.name) if _convertible(bound) else None
    if row is None:
        return None
    known = [exactly(row, one, unit, bound.unit) for one in given]
    out = tuple(one for one in known if one is not None)
    return out if len(out) == len(known) else None


def _convertible(bound: Bound) -> bool:
    row = quantity_of(bound.name)
    return row is not None and row.unit(bound.unit) is not None


def _paired(bound: Bound) -> bool:
    return bound.possible[0].second is not None


def _as_bound(score: Score) -> Bound:
    """A scale as a quantity without a unit."""
    runs = f"The scale runs from {score.low} to {score.high} and has no other values."

    def single(value: int, why: str, by: By) -> Range:
        side: Side = "low" if 2 * value < score.low + score.high else "high"
        place = Decimal(value)
        return Range(score.ages, place, place, why=why, by=by, side=side)

    return Bound(
        name=score.name,
        unit="",
        decimals=0,
        source="Definition of the scale",
        possible=(Range(score.ages, Decimal(score.low), Decimal(score.high)),),
        impossible=tuple(single(value, runs, "definition") for value in score.beyond),
        extreme=tuple(single(value, score.why, "body") for value in score.extreme),
        aliases=score.aliases,
        unit_words=(*_SCORE_UNITS, f"/{score.high}", f"out of {score.high}"),
    )


def _read(file: str) -> Table:
    return msgspec.toml.decode(files(__package__).joinpath(file).read_bytes(), type=Table)


@cache
def _by_name() -> dict[str, Bound]:
    out: dict[str, Bound] = {}
    for bound in bounds():
        for name in _names(bound):
            if out.setdefault(name, bound) is not bound:
                raise ValueError(f"'{name}' is two quantities in {', '.join(FILES)}; keep one")
    return out


def _names(bound: Bound) -> Iterator[str]:
    for name in (bound.name, *bound.aliases):
        yield next(named_in(name, frozenset()))
