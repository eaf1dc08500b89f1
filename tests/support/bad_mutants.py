"""Mutants that are wrong in one known way, made from valid ones, so that the validity gate's misses
can be counted.

A corruption of an edit by spans declares itself in the spans, as a careless attack would; what it
does not declare is a kind of its own. A corruption of a rewriting can declare nothing.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from random import Random
from typing import NamedTuple

from bad_texts import ASKED, FINDERS, Change, Corruption, Finder
from good_mutants import Good, Pool, Sort, pools, reworded, sentences_of
from msgspec.structs import replace

from auscult.core.case import Case, Measurement, OptionNote
from auscult.core.mutant import NEW, Field, Mutant, Span
from auscult.kit.attack.authored import Edits, Extreme, as_extra
from auscult.kit.attack.measured import replaced, with_value
from auscult.kit.attack.spans import applied, options_of, sentence_ends, with_options
from auscult.kit.survivable import bound_of, impossible

Corrupt = Callable[[Good, Pool, Random], Good | None]


# --- corrupted text ------------------------------------------------------------------------------


def _changed(good: Good, field: Field, changes: Corruption) -> Good | None:
    """Declared in the spans where there are spans; None where one of these is in the way."""
    original, mutant = good.original, good.mutant
    if mutant.rewritten:
        spans = tuple(Span(field, *change) for change in changes)
        text = applied(getattr(mutant.case, field), spans, field)
        stem, question = mutant.case.stem, mutant.case.question
        words = (text, question) if field == "stem" else (stem, text)
        return good._replace(mutant=reworded(mutant, *words))
    new = [Span(field, *change) for change in changes]
    old = [span for span in mutant.spans if span.field == field]
    if any(a.start < b.end and b.start < a.end for a in new for b in old):
        return None
    both = sorted((*mutant.spans, *new), key=lambda s: (s.field == "question", s.start, s.end))
    stem = applied(original.stem, both, "stem")
    question = applied(original.question, both, "question")
    return good._replace(mutant=replace(reworded(mutant, stem, question), spans=tuple(both)))


def _by(finder: Finder, fields: tuple[Field, ...] = ("stem", "question")) -> Corrupt:
    def corrupt(good: Good, pool: Pool, rng: Random) -> Good | None:
        source = good.mutant.case if good.mutant.rewritten else good.original
        found = [(f, changes) for f in fields for changes in finder(getattr(source, f))]
        return _changed(good, *rng.choice(found)) if found else None

    return corrupt


def _undeclared(good: Good, pool: Pool, rng: Random) -> Good | None:
    """Any letter or digit of the text, and no word of it in the spans."""
    if good.mutant.rewritten:
        return None
    case = good.mutant.case
    field: Field = "stem" if case.stem and rng.random() < 0.7 else "question"
    text = getattr(case, field)
    at = rng.choice([n for n, letter in enumerate(text) if letter.isalnum()])
    other = rng.choice([c for c in "abcdefghijklmnopqrstuvwxyz0123456789" if c != text[at]])
    text = text[:at] + other + text[at + 1 :]
    words = (text, case.question) if field == "stem" else (case.stem, text)
    return good._replace(mutant=reworded(good.mutant, *words))


def _sentence_dropped(good: Good, pool: Pool, rng: Random) -> Good | None:
    source = good.mutant.case if good.mutant.rewritten else good.original
    sentences = sentences_of(source.stem)
    if len(sentences) < 2:
        return None
    gone = rng.choice(sentences)
    at = source.stem.index(gone)
    return _changed(good, "stem", (Change(at, at + len(gone), ""),))


def _finding_added(good: Good, pool: Pool, rng: Random) -> Good | None:
    source = good.mutant.case if good.mutant.rewritten else good.original
    foreign = [s for s, of in pool.sentences if of != source.brief.specialty]
    if not source.stem:
        return None
    at = rng.choice(sentence_ends(source.stem) or [len(source.stem)])
    return _changed(good, "stem", (Change(at, at, f" {rng.choice(foreign)}"),))


def _finding_within(good: Good, pool: Pool, rng: Random) -> Good | None:
    """Of another question, behind a sentence that the attack puts in, in the same span."""
    puts_in = [n for n, span in enumerate(good.mutant.spans) if span.start == span.end]
    if not puts_in:
        return None
    foreign = [s for s, of in pool.sentences if of != good.original.brief.specialty]
    spans = list(good.mutant.spans)
    one = spans[rng.choice(puts_in)]
    trail = " " if one.text.endswith(" ") else ""
    spans[spans.index(one)] = replace(one, text=f"{one.text.rstrip()} {rng.choice(foreign)}{trail}")
    stem = applied(good.original.stem, spans, "stem")
    question = applied(good.original.question, spans, "question")
    return good._replace(mutant=replace(reworded(good.mutant, stem, question), spans=tuple(spans)))


_WORD = re.compile(r"(?<![\w-])[a-z]{5,}(?![\w-])")


def _word_of_another(good: Good, pool: Pool, rng: Random) -> Good | None:
    source = good.mutant.case if good.mutant.rewritten else good.original
    places = [(f, m) for f in _FIELDS for m in _WORD.finditer(getattr(source, f))]
    foreign = _WORD.findall(rng.choice(pool.sentences)[0])
    if not places or not foreign:
        return None
    field, match = rng.choice(places)
    other = rng.choice(foreign)
    if other in source.text:
        return None
    return _changed(good, field, (Change(match.start(), match.end(), other),))


_FIELDS: tuple[Field, ...] = ("stem", "question")


# --- corrupted options and keys ------------------------------------------------------------------


def _nothing(good: Good, pool: Pool, rng: Random) -> Good | None:
    case, count = good.original, len(good.original.options)
    key = case.brief.key
    keys = () if key is None else (key,)
    order = tuple(range(count))
    return good._replace(
        mutant=replace(good.mutant, case=case, spans=(), order=order, form="one-letter", keys=keys)
    )


def _key_moved(good: Good, pool: Pool, rng: Random) -> Good | None:
    mutant = good.mutant
    others = [n for n in range(len(mutant.case.options)) if n not in mutant.keys]
    if not others or not mutant.keys:
        return None
    keys = (*mutant.keys[:-1], rng.choice(others))
    key = keys[0] if mutant.form == "one-letter" else None
    brief = replace(mutant.case.brief, key=key)
    return good._replace(mutant=replace(mutant, keys=keys, case=replace(mutant.case, brief=brief)))


def _option_text(of_key: bool) -> Corrupt:
    def corrupt(good: Good, pool: Pool, rng: Random) -> Good | None:
        mutant = good.mutant
        places = [
            n for n, came_from in enumerate(mutant.order)
            if came_from != NEW and (came_from == good.original.brief.key) is of_key
        ]  # fmt: skip
        if not places:
            return None
        place = rng.choice(places)
        options = list(mutant.case.options)
        other = rng.choice(rng.choice(pool.goods).original.options)
        text = options[place]
        options[place] = rng.choice((f"{text} at once", f"{other}", f"No {text}", text[:-1], "X"))
        return good._replace(
            mutant=replace(mutant, case=replace(mutant.case, options=tuple(options)))
        )

    return corrupt


def _option_dropped(good: Good, pool: Pool, rng: Random) -> Good | None:
    mutant = good.mutant
    old = [n for n, came in enumerate(mutant.order) if came != NEW and n not in mutant.keys]
    if not old:
        return None
    gone = rng.choice(old)
    return good._replace(mutant=_with_places(mutant, lambda rows: rows[:gone] + rows[gone + 1 :]))


def _option_doubled(good: Good, pool: Pool, rng: Random) -> Good | None:
    rows = options_of(good.mutant.case)
    _, text, note = rng.choice(rows)
    text = rng.choice((text, text.upper(), f" {text} "))
    return good._replace(mutant=_with_places(good.mutant, lambda r: [*r, (NEW, text, note)]))


_Rows = list[tuple[int, str, OptionNote]]


def _with_places(mutant: Mutant, change: Callable[[_Rows], _Rows]) -> Mutant:
    """The options changed, and order, keys and notes all made to fit."""
    rows = [
        (came, text, note)
        for came, (_, text, note) in zip(mutant.order, options_of(mutant.case), strict=True)
    ]
    right = [rows[key] for key in mutant.keys]
    after = change(rows)
    keys = [after.index(row) for row in right]
    return with_options(mutant, after, keys, form=mutant.form)


def _order_lies(good: Good, pool: Pool, rng: Random) -> Good | None:
    order = list(good.mutant.order)
    rng.shuffle(order)
    if tuple(order) == good.mutant.order:
        return None
    return good._replace(mutant=replace(good.mutant, order=tuple(order)))


def _extra_as(status: str) -> Corrupt:
    """An added option that says what the right one or a second best one says."""

    def corrupt(good: Good, pool: Pool, rng: Random) -> Good | None:
        mutant = good.mutant
        added = [n for n, came_from in enumerate(mutant.order) if came_from == NEW]
        if good.attack.needs != ("extra-options",) or not added:
            return None
        original = good.original
        if status == "second-best":
            original = _with_second_best(original, rng)
            places = [
                n for n, note in enumerate(original.brief.option_notes) if note.status == status
            ]
        else:
            places = [n for n in (original.brief.key,) if n is not None]
        said = _said_again(original.options[rng.choice(places)], rng)
        rows = [
            (came, said if n == added[0] else text, note)
            for n, (came, (_, text, note)) in enumerate(
                zip(mutant.order, options_of(mutant.case), strict=True)
            )
        ]
        old = original.brief.option_notes
        rows = [(c, t, note if c == NEW else old[c]) for c, t, note in rows]
        changed = with_options(mutant, rows, mutant.keys)
        return good._replace(original=original, mutant=changed)

    return corrupt


def _said_again(text: str, rng: Random) -> str:
    words = text.split()
    ways = [
        text, text.upper(), f"{text}.", f"The {text[:1].lower()}{text[1:]}", f" {text}",
        f"{text} as such", text.replace("-", " "), f"{text}s",
    ]  # fmt: skip
    if len(words) == 2:
        ways.append(f"{words[1].capitalize()}, {words[0].lower()}")
    return rng.choice(ways)


def _with_second_best(case: Case, rng: Random) -> Case:
    notes = list(case.brief.option_notes)
    place = rng.choice([n for n in range(len(notes)) if n != case.brief.key])
    notes[place] = replace(notes[place], status="second-best")
    return replace(case, brief=replace(case.brief, option_notes=tuple(notes)))


def _second_best(good: Good, pool: Pool, rng: Random) -> Good | None:
    """The answer is negated, or the question inverted, though another option is merely second
    best."""
    if good.attack.key not in ("none-of-them", "complement"):
        return None
    original = _with_second_best(good.original, rng)
    return good._replace(original=original, mutant=good.attack.edit(original, 0, rng))


GRADED = (
    "Which is the most appropriate next step?", "Which treatment is best?", "What comes first?",
    "Which is the preferred drug?", "Which is the main risk?", "What is the single best test?",
    "What would be most suitable here?", "Which diagnosis is likeliest?",
)  # fmt: skip


def _graded(good: Good, pool: Pool, rng: Random) -> Good | None:
    if good.attack.key != "complement":
        return None
    original = replace(good.original, question=rng.choice(GRADED))
    return good._replace(original=original, mutant=good.attack.edit(original, 0, rng))


ORDINARY = {
    "body temperature": ("36.4", "38.5"), "heart rate": ("58", "105"),
    "respiratory rate": ("12", "24"), "oxygen saturation": ("92", "99"),
    "blood pressure": ("98", "158"), "potassium": ("3.2", "5.6"), "phosphate": ("0.80", "2.20"),
    "sodium": ("128", "148"), "calcium": ("2.05", "2.90"), "glucose": ("3.9", "18.0"),
    "lactate": ("0.6", "4.5"), "haemoglobin": ("85", "165"), "platelet count": ("90", "420"),
    "bilirubin": ("6", "140"), "mean cell volume": ("72", "112"), "parasitaemia": ("1", "8"),
    "serum osmolality": ("272", "318"), "C-reactive protein": ("1", "240"),
    "erythrocyte sedimentation rate": ("4", "95"), "intraocular pressure": ("11", "34"),
    "left ventricular ejection fraction": ("30", "65"),
    "cerebrospinal fluid opening pressure": ("12", "34"),
}  # fmt: skip
"""What a ward sees every day, written beside the table that the gate reads and not from it. The
second number of a pressure is six tenths of the first."""


def _twin_as(value_of: Callable[[Measurement, Random], str | None]) -> Corrupt:
    """An author errs, and the attack follows the author."""

    def corrupt(good: Good, pool: Pool, rng: Random) -> Good | None:
        if good.attack.needs != ("extreme",):
            return None
        measurement, span = next(replaced(good.original, good.mutant))
        assert measurement is not None
        said = value_of(measurement, rng)
        if said is None or said == measurement.value:
            return None
        written = Edits(extreme=(Extreme(measurement.text, said, "It is said to be rare."),))
        brief = good.original.brief
        brief = replace(brief, extra=brief.extra | as_extra(written))
        original = replace(good.original, brief=brief)
        wrong = replace(span, text=with_value(measurement, said))
        changed = replace(good.mutant, spans=(wrong,))
        words = [applied(getattr(original, field), (wrong,), field) for field in _FIELDS]
        return good._replace(original=original, mutant=reworded(changed, *words))

    return corrupt


def _impossible(measurement: Measurement, rng: Random) -> str | None:
    value = impossible(measurement.quantity, measurement.unit, "adult", rng)
    return None if value is None else value.text


def _ordinary(measurement: Measurement, rng: Random) -> str | None:
    bound = bound_of(measurement.quantity)
    if bound is None or not bound.has_unit(measurement.unit):
        return None
    low, high = ORDINARY[bound.name]
    decimals = len(low.partition(".")[2])
    value = rng.randint(*(round(float(end) * 10**decimals) for end in (low, high)))
    text = f"{value / 10**decimals:.{decimals}f}"
    return f"{text}/{round(value * 0.6)}" if "/" in measurement.value else text


CERTAIN: dict[str, Corrupt] = {
    "nothing changed": _nothing,
    "the key moved": _key_moved,
    "the right option's text altered": _option_text(True),
    "another option's text altered": _option_text(False),
    "an option dropped": _option_dropped,
    "an option doubled": _option_doubled,
    "the order of the options misstated": _order_lies,
    "text changed and not declared": _undeclared,
    "an added option is the right one": _extra_as("key"),
    "an added option is a second best": _extra_as("second-best"),
    "negated or inverted with a second best": _second_best,
    "a question that ranks, inverted": _graded,
}
"""Kinds that code can decide."""
TEXTS: dict[str, Corrupt] = {
    **{kind: _by(finder) for kind, finder in FINDERS.items()},
    **{kind: _by(finder, ("question",)) for kind, finder in ASKED.items()},
    "a sentence of findings dropped": _sentence_dropped,
    "a finding of another question added": _finding_added,
    "a word swapped for one of another question": _word_of_another,
}
"""Kinds that change what the text says: of edits by spans decided by what they declare, of
rewritings by reading."""
WITHIN: dict[str, Corrupt] = {"a finding in the sentence put in": _finding_within}
TWINS: dict[str, Corrupt] = {
    "a twin whose value is impossible": _twin_as(_impossible),
    "a twin whose value is ordinary": _twin_as(_ordinary),
}
KINDS = CERTAIN | TEXTS | WITHIN | TWINS
OF_WORDS = ("an added option is the right one", "an added option is a second best", *WITHIN)
"""Kinds in which an author's words differ from a model's."""


def bad_mutants(kind: str, sort: Sort, number: int, rng: Random) -> Iterator[Bad]:
    """Up to `number` different ones; fewer where the pack has not so many places for it."""
    pool, corrupt = pools()[sort], KINDS[kind]
    seen: set[bytes] = set()
    vain = 0
    while len(seen) < number and vain < 40 * (len(pool.goods) // 10 + 10):
        good = rng.choice(pool.goods)
        bad = corrupt(good, pool, rng)
        mark = _mark(bad) if bad else b""
        if bad is None or mark in seen or bad.mutant == good.mutant:
            vain += 1
            continue
        vain = 0
        seen.add(mark)
        yield Bad(kind, sort, bad)


class Bad(NamedTuple):
    kind: str
    sort: Sort
    good: Good
    """What was made of a valid one."""


def _mark(bad: Good) -> bytes:
    return repr((bad.attack.name, bad.original.brief.option_notes, bad.mutant)).encode()
