"""Edits of numbers and names that a case states: found as spans, and checked against what was said.

The checks read the original, the spans and the tables again; they trust no label of an attack."""

from __future__ import annotations

from collections.abc import Iterator

from auscult.core.case import Case, Measurement
from auscult.core.mutant import Field, Mutant, Span
from auscult.kit.pharmacy import find
from auscult.kit.survivable import AgeBand, standing
from auscult.kit.units import Converted, convert, numbers, quantity_of, within

ADULTS = frozenset({"18-39", "40-64", "65+"})
"""Age bands of the packs whose patients are all adults."""


def place_of(case: Case, measurement: Measurement) -> tuple[Field, int] | None:
    """The field and the place where the measurement stands; None unless it stands there once."""
    fields: tuple[tuple[Field, str], ...] = (("stem", case.stem), ("question", case.question))
    found = [(field, text.find(measurement.text)) for field, text in fields]
    held = [(field, start) for field, start in found if start >= 0]
    once = sum(text.count(measurement.text) for _, text in fields) == 1
    return held[0] if once and held else None


def span_of(case: Case, measurement: Measurement, text: str) -> Span | None:
    place = place_of(case, measurement)
    if place is None:
        return None
    field, start = place
    return Span(field, start, start + len(measurement.text), text)


def reads(measurement: Measurement) -> bool:
    """Its text is its value and its unit, so that both can be written anew."""
    return measurement.text in (
        f"{measurement.value} {measurement.unit}",
        f"{measurement.value}{measurement.unit}",
    )


def with_value(measurement: Measurement, value: str, unit: str = "") -> str:
    gap = measurement.text[len(measurement.value) : len(measurement.text) - len(measurement.unit)]
    unit = unit or measurement.unit
    return f"{value}{'' if unit == '%' and not gap else gap or ' '}{unit}"


def in_options(case: Case, words: str) -> bool:
    """Options that speak in these units, or of this medicine, would no longer fit the text."""
    return any(words.casefold() in option.casefold() for option in case.options)


def age_band(case: Case) -> AgeBand | None:
    """Adults alone: the packs' other band holds children of every size."""
    return "adult" if case.brief.groups.get("age_band") in ADULTS else None


def replaced(original: Case, mutant: Mutant) -> Iterator[tuple[Measurement | None, Span]]:
    """Each span beside the measurement it stands for; None where it stands for none."""
    for span in mutant.spans:
        text = original.stem if span.field == "stem" else original.question
        before = text[span.start : span.end]
        yield next((m for m in original.measurements if m.text == before), None), span


def conversions_hold(original: Case, mutant: Mutant) -> str:
    """Every span says the same in another unit, within its declared rounding."""
    for measurement, span in replaced(original, mutant):
        if measurement is None or not _says_the_same(measurement, span.text):
            return "a conversion does not hold"
    return "" if mutant.spans else "nothing is converted"


def _says_the_same(measurement: Measurement, text: str) -> bool:
    row = quantity_of(measurement.quantity)
    if row is None:
        return False
    for unit in row.units:
        value = text.removesuffix(unit.name).strip()
        if value == text.strip() or (given := numbers(value)) is None:
            continue
        same = convert(measurement.quantity, measurement.value, measurement.unit, unit.name)
        if same is None:
            continue
        said = Converted(value, given, unit.name, same.rounding)
        if within(measurement, said):
            return True
    return False


def one_value_impossible(original: Case, mutant: Mutant) -> str:
    return _one_value(original, mutant, "impossible")


def _one_value(original: Case, mutant: Mutant, wanted: str) -> str:
    band = age_band(original)
    changed = [pair for pair in replaced(original, mutant) if pair[1].start < pair[1].end]
    if band is None or len(changed) != 1 or changed[0][0] is None:
        return "not exactly one value changed"
    measurement, span = changed[0]
    assert measurement is not None
    value = span.text.removesuffix(measurement.unit).strip()
    found = standing(measurement.quantity, measurement.unit, band, value)
    return "" if found == wanted else f"the value is not shown to be {wanted}"


def medicines_kept(original: Case, mutant: Mutant) -> str:
    """The same medicines, each as often, by whatever name."""
    before = sorted(span.generic for span in find(f"{original.stem}\n{original.question}"))
    after = sorted(span.generic for span in find(f"{mutant.case.stem}\n{mutant.case.question}"))
    return "" if before == after else "a medicine changed"
