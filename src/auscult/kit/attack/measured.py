"""Edits of numbers and names that a case states: found as spans, and checked against what was said.

The checks read the original, the spans and the tables again; they trust no label of an attack."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from auscult.core.case import Case, Measurement, OptionNote
from auscult.core.mutant import NEW, Field, Mutant, Span
from auscult.kit.attack.authored import edits_of
from auscult.kit.attack.key import IMPOSSIBLE
from auscult.kit.attack.spans import new_option, options_of, with_options
from auscult.kit.pharmacy import find
from auscult.kit.survivable import AgeBand, is_extreme, standing
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
    def impossible(m: Measurement, band: AgeBand, value: str) -> bool:
        return standing(m.quantity, m.unit, band, value) == "impossible"

    return _one_value(original, mutant, "impossible", impossible)


def one_value_extreme(original: Case, mutant: Mutant) -> str:
    def extreme(m: Measurement, band: AgeBand, value: str) -> bool:
        return is_extreme(m.quantity, m.unit, band, value)

    return _one_value(original, mutant, "extreme", extreme)


def _one_value(
    original: Case, mutant: Mutant, wanted: str, holds: Callable[[Measurement, AgeBand, str], bool]
) -> str:
    band, changed = age_band(original), _one_changed(original, mutant)
    if band is None or changed is None:
        return "not exactly one value changed"
    measurement, span = changed
    value = span.text.removesuffix(measurement.unit).strip()
    return "" if holds(measurement, band, value) else f"the value is not shown to be {wanted}"


def _one_changed(original: Case, mutant: Mutant) -> tuple[Measurement, Span] | None:
    """The one measurement that is replaced; None where it is not exactly one."""
    changed = [pair for pair in replaced(original, mutant) if pair[1].start < pair[1].end]
    if len(changed) != 1 or changed[0][0] is None:
        return None
    return changed[0][0], changed[0][1]


def value_authored(original: Case, mutant: Mutant) -> str:
    """The value stands so in the author's edits, for this very measurement and in its unit."""
    changed = _one_changed(original, mutant)
    if changed is None:
        return "the value is not the author's"
    measurement, span = changed
    written = [e for e in edits_of(original).extreme if e.measurement == measurement.text]
    same = any(span.text == with_value(measurement, one.value) for one in written)
    return "" if same else "the value is not the author's"


def impossible_offered(original: Case, mutant: Mutant) -> str:
    """The only new option says that the information cannot be right, and it is wrong."""
    notes, places = mutant.case.brief.option_notes, (*range(len(original.options)), NEW)
    offered = (*original.options, IMPOSSIBLE)
    if (mutant.order, mutant.case.options) != (places, offered) or len(notes) != len(places):
        return "not only the option that it cannot be was added"
    wrong = notes[-1].status == "wrong" and notes[-1].why
    return "" if wrong else "the option that it cannot be is not said to be wrong, or not why"


def offering_impossible(mutant: Mutant, note: OptionNote) -> Mutant:
    """With an option that says that the information cannot be right, at the end. It is the key
    where its note says so."""
    options = [*options_of(mutant.case), new_option(IMPOSSIBLE, note)]
    key = len(options) - 1 if note.status == "key" else mutant.case.brief.key
    assert key is not None
    return with_options(mutant, options, (key,))


def medicines_kept(original: Case, mutant: Mutant) -> str:
    """The same medicines, each as often, by whatever name."""
    before = sorted(span.generic for span in find(f"{original.stem}\n{original.question}"))
    after = sorted(span.generic for span in find(f"{mutant.case.stem}\n{mutant.case.question}"))
    return "" if before == after else "a medicine changed"
