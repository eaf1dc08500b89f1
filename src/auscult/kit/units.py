"""Clinical quantities in their units: the same value, said in another unit.

The factors are in `units.toml`, each with its molar mass or definition, and the sums are done in
exact decimals. What is rounded is declared: `Converted.rounding` is the number of decimals kept,
and `within` checks that the way back ends inside that rounding. A value at a guideline's very
cut-off may land on its other side; who edits a text leaves such a value alone.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from decimal import ROUND_HALF_UP, Decimal, localcontext
from functools import cache
from importlib.resources import files

import msgspec

from auscult.core.case import Measurement

FILE = "units.toml"
_number = r"(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?"
_joint = r"(?:/|\s?[-–]\s?|\sto\s)"
_VALUE = re.compile(rf"(?:[<>≤≥]\s?)?[-−]?{_number}(?:{_joint}{_number})*")
_NUMBER = re.compile(_number)
# What a name says beside the quantity: where it was measured, and when.
_BEFORE = frozenset(
    (
        "adjusted", "arterial", "ascitic", "baseline", "blood", "capillary", "cerebrospinal",
        "corrected", "csf", "current", "fasting", "fluid", "initial", "measured", "peak", "plasma",
        "pleural", "present", "previous", "random", "repeat", "serum", "stool", "target", "total",
        "urinary", "urine", "venous", "whole",
    )
)  # fmt: skip
_LATER = re.compile(r"\s+(?:now|before|after|today|baseline|at|on|level|concentration)\b.*$")
_WORDS = {
    "mcg": "µg", "microgram": "µg", "micrograms": "µg", "milligrams": "mg", "grams": "g",
    "litre": "l", "litres": "l", "liter": "l", "liters": "l", "millilitres": "ml",
    "celsius": "°c", "c": "°c", "degc": "°c", "fahrenheit": "°f", "f": "°f", "degf": "°f",
    "pounds": "lb", "lbs": "lb", "pound": "lb", "kilograms": "kg", "inches": "in", "inch": "in",
    "kilopascals": "kpa", "percent": "%", "units/l": "u/l",
}  # fmt: skip


class Unit(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    name: str
    base: Decimal
    """How many base units of its quantity one is."""
    decimals: int
    plus: Decimal = Decimal(0)
    digits: int = 2


class Quantity(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    name: str
    basis: str
    units: tuple[Unit, ...]
    aliases: tuple[str, ...] = ()
    endings: tuple[str, ...] = ()
    exact: bool = False
    pair: bool = False

    def unit(self, name: str) -> Unit | None:
        """The unit of this name, in any of its usual spellings."""
        wanted = _unit_key(name)
        return next((unit for unit in self.units if _unit_key(unit.name) == wanted), None)


class Table(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    quantities: tuple[Quantity, ...]


class Converted(msgspec.Struct, frozen=True):
    """`value` holds one number, or those of a range or of a pair; `text` is without the unit."""

    text: str
    value: tuple[Decimal, ...]
    unit: str
    rounding: int
    """How many decimals were kept."""


@cache
def table() -> Table:
    return msgspec.toml.decode(files(__package__).joinpath(FILE).read_bytes(), type=Table)


@cache
def _by_name() -> dict[str, Quantity]:
    out: dict[str, Quantity] = {}
    for quantity in table().quantities:
        for name in (quantity.name, *quantity.aliases):
            if out.setdefault(_plain(name), quantity) is not quantity:
                raise ValueError(f"{FILE}: '{name}' is two quantities; keep one")
    return out


def quantity_of(name: str) -> Quantity | None:
    """The quantity that a measurement's name speaks of: "previous serum creatinine" is creatinine.
    None where the table has none."""
    for candidate in named_in(name, _BEFORE):
        if candidate in _by_name():
            return _by_name()[candidate]
    plain = _plain(name)
    ended = (q for q in table().quantities if q.endings and plain.endswith(q.endings))
    return next(ended, None)


def named_in(name: str, before: frozenset[str]) -> Iterator[str]:
    """What a measurement's name may be called in a table, the fullest first: without when it was
    measured, then without the words of `before` at its head."""
    plain = _plain(name)
    for candidate in dict.fromkeys((plain, _LATER.sub("", plain))):
        words = candidate.split()
        while words:
            yield " ".join(words)
            words = words[1:] if words[0] in before else []


def convert(quantity: str, value: str, unit: str, to: str = "") -> Converted | None:
    """`value` of `quantity` in another unit: `to`, else the row's first, or its second where it is
    in the first. None where the quantity, a unit or the value is not one that the table can read.
    """
    row = quantity_of(quantity)
    if row is None:
        return None
    source, target = row.unit(unit), row.unit(to) if to else _other(row, unit)
    given = numbers(value)
    if source is None or target is None or given is None or ("/" in value and not row.pair):
        return None
    if (source.base, source.plus) == (target.base, target.plus):
        return Converted(value, given, target.name, _decimals_written(value))
    exact = tuple(_exactly(one, source, target) for one in given)
    kept = max(_decimals(one, target, row.exact) for one in exact)
    rounded = tuple(_rounded(one, kept) for one in exact)
    return Converted(_as_written(value, rounded, kept), rounded, target.name, kept)


def exactly(quantity: Quantity, value: Decimal, unit: str, to: str) -> Decimal | None:
    """`value` in unit `to`, not rounded but for the thirtieth digit."""
    source, target = quantity.unit(unit), quantity.unit(to)
    return None if source is None or target is None else _exactly(value, source, target)


def within(original: Measurement, converted: Converted) -> bool:
    """Whether the converted value, brought back, is the original but for its declared rounding."""
    row, given = quantity_of(original.quantity), numbers(original.value)
    if row is None or given is None or len(given) != len(converted.value):
        return False
    source, target = row.unit(original.unit), row.unit(converted.unit)
    if source is None or target is None or numbers(converted.text) != converted.value:
        return False
    half_a_step = Decimal(5).scaleb(-converted.rounding - 1)
    with localcontext(prec=50):
        # One part in 10^25 for the division itself.
        slack = half_a_step * target.base / source.base + Decimal("1e-25")
        pairs = zip(given, converted.value, strict=True)
        return all(abs(_exactly(back, target, source) - one) <= slack for one, back in pairs)


def numbers(text: str) -> tuple[Decimal, ...] | None:
    """The numbers of a value as our cases write it: "1,450", "82/46", "3.5–5.0", "<0.01", "-8".
    None where it is anything else."""
    plain = text.strip()
    if not _VALUE.fullmatch(plain):
        return None
    found = tuple(Decimal(one.replace(",", "")) for one in _NUMBER.findall(plain))
    negative = plain.lstrip("<>≤≥ ")[0] in "-−"
    return (-found[0], *found[1:]) if negative else found


def written_out(value: Decimal, decimals: int) -> str:
    """With its decimals, and a comma at each thousand."""
    return f"{_rounded(value, decimals):,.{decimals}f}"


def _as_written(value: str, new: tuple[Decimal, ...], decimals: int) -> str:
    """The new numbers in the places of the old, with the sign that the first has now."""
    left = iter(new)
    text = _NUMBER.sub(lambda _: written_out(abs(next(left)), decimals), value.strip())
    unsigned = re.sub(r"^((?:[<>≤≥]\s?)?)[-−]", r"\1", text)
    return re.sub(r"^((?:[<>≤≥]\s?)?)", r"\1-", unsigned) if new[0] < 0 else unsigned


def _other(row: Quantity, unit: str) -> Unit | None:
    return row.units[1] if row.unit(unit) == row.units[0] else row.units[0]


def _exactly(value: Decimal, source: Unit, target: Unit) -> Decimal:
    with localcontext(prec=50):
        return (value * source.base + source.plus - target.plus) / target.base


def _decimals(value: Decimal, unit: Unit, exact: bool) -> int:
    """The laboratory's decimals; more where they would leave too few digits."""
    if exact:
        return max(0, -int(value.normalize().as_tuple().exponent))
    usual = _rounded(value, unit.decimals)
    if value == usual:
        return unit.decimals
    return max(unit.decimals, unit.digits - 1 - (usual or value).adjusted())


def _decimals_written(text: str) -> int:
    return max(len(one.partition(".")[2]) for one in _NUMBER.findall(text))


def _rounded(value: Decimal, decimals: int) -> Decimal:
    with localcontext(prec=50):
        return value.quantize(Decimal(1).scaleb(-decimals), rounding=ROUND_HALF_UP)


def _plain(name: str) -> str:
    plain = unicodedata.normalize("NFKC", name).lower().replace("β", "beta")
    return " ".join(plain.split())


@cache
def _unit_key(name: str) -> str:
    key = unicodedata.normalize("NFKC", name).lower().replace("μ", "µ")
    key = re.sub(r"[\s^*]", "", key)
    key = re.sub(r"^(?:x|×)?10(?=\d)", "×10", key)
    if key in _WORDS:
        return _WORDS[key]
    return re.sub(r"^(?:mcg|ug)(?=/)", "µg", re.sub(r"^(?:umol|micromol)(?=/)", "µmol", key))
