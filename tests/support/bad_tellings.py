"""Changed tellings of vignettes that are wrong in one known way, and controls that are not neutral,
so that the misses of the gate for them can be counted.

What goes wrong is the edit, the sentence that is put in, the pack whose author erred and whom the
attack follows, or the control. A corruption declares itself in its span, as a careless attack
would, but for the kinds that say otherwise.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

import bad_mutants
import bad_texts
import msgspec
from bad_needed import another_fact, another_key
from bad_reports import (
    AUTHORS,
    altered,
    another_manner,
    dropped_sentences,
    of_another,
    turned_numbers,
    with_changes,
)
from bad_sayings import (
    AGES,
    ASIDES,
    BACKGROUNDS,
    CONTRADICTIONS,
    DRUGS,
    HABITS,
    ILLNESSES,
    PUSHES,
    RESULTS,
    SYMPTOMS,
    TO_THE_READER,
    UNSEEN,
    UNSEEN_ASIDES,
    UNSEEN_PUSHES,
    UNSEEN_STANDING,
)
from bad_texts import Finder
from good_mutants import Good, Pool
from good_tellings import Make, Told, at, drawn, drawn_control, said, saying, telling
from msgspec.structs import replace
from vignette_pack import attacks

import auscult
from auscult.core.mutant import Span
from auscult.kit.attack.spans import edited, options_of, with_options
from auscult.kit.bias.needed import must_of
from auscult.kit.bias.telling import Place, neutral

# --- the edit goes wrong -------------------------------------------------------------------------


def _elsewhere(rng: Random) -> Told | None:
    """The same words behind another sentence, or at another place of the vignette."""
    good = drawn(rng)
    laid, text = neutral(telling(good.original)), said(good)
    places = [m.end() for m in re.finditer(r"(?<=[.!?\"]) ", laid.text)]
    where = rng.choice(places)
    span = good.mutant.spans[0]
    if where in (span.start, span.start + 1):
        return None
    moved = Span("stem", where, where, f"{text} ")
    return good._replace(mutant=edited(good.original, good.attack.name, [moved]))


def _unchanged(rng: Random) -> Told:
    good = drawn(rng)
    span = good.mutant.spans[0]
    kept = good.original.stem[span.start : span.end]
    spans = rng.choice(((), (replace(span, text=kept),)))
    return good._replace(mutant=edited(good.original, good.attack.name, spans))


def _undeclared(rng: Random) -> Told | None:
    """Any letter or digit of the stem, and no word of it in the span."""
    good = drawn(rng)
    text = good.mutant.case.stem
    where = rng.choice([n for n, letter in enumerate(text) if letter.isalnum()])
    other = rng.choice("abcdefghijklmnopqrstuvwxyz0123456789")
    if other == text[where]:
        return None
    changed = replace(good.mutant.case, stem=text[:where] + other + text[where + 1 :])
    return good._replace(mutant=replace(good.mutant, case=changed))


def _also(finder: Finder, *, declared: bool = True) -> Make:
    """The telling is changed as it should be, and the vignette besides."""

    def make(rng: Random) -> Told | None:
        good = drawn(rng)
        found = list(finder(good.original.stem if declared else good.mutant.case.stem))
        if not found:
            return None
        changes = rng.choice(found)
        if not declared:
            stem = with_changes(good.mutant.case.stem, changes)
            case = replace(good.mutant.case, stem=stem)
            return good._replace(mutant=replace(good.mutant, case=case))
        (own,) = good.mutant.spans
        if any(own.start < c.end and c.start < own.end for c in changes):
            return None
        spans = sorted((own, *(Span("stem", *c) for c in changes)), key=lambda s: (s.start, s.end))
        return good._replace(mutant=edited(good.original, good.attack.name, spans))

    return make


@cache
def _pool() -> Pool:
    rng = Random(0)
    return Pool([Good(*drawn(rng)[:3]) for _ in range(300)], [])


def _of_questions(kind: str) -> Make:
    """A corruption that the edits of questions have too."""

    def make(rng: Random) -> Told | None:
        good = drawn(rng)
        bad = bad_mutants.KINDS[kind](Good(*good[:3]), _pool(), rng)
        return good._replace(mutant=bad.mutant) if bad else None

    return make


def _reordered(rng: Random) -> Told | None:
    good = drawn(rng)
    rows = options_of(good.mutant.case)
    key = rows[good.mutant.keys[0]]
    rng.shuffle(rows)
    if [place for place, _, _ in rows] == sorted(place for place, _, _ in rows):
        return None
    return good._replace(mutant=with_options(good.mutant, rows, [rows.index(key)]))


# --- the sentence that is put in -----------------------------------------------------------------


def _adding(phrases: tuple[str, ...], before: str = "and ") -> Make:
    """The background says so too, in the same sentence."""

    def make(rng: Random) -> Told:
        good = drawn(rng, "background")
        return saying(good, f"{said(good)[:-1]}, {before}{rng.choice(phrases)}.")

    return make


def _noting(phrases: tuple[str, ...], before: str = "and that ") -> Make:
    """The colleague's note says so too."""

    def make(rng: Random) -> Told:
        good = drawn(rng, "note")
        return saying(good, f"{said(good)[:-1]}, {before}{rng.choice(phrases)}.")

    return make


@cache
def facts() -> Mapping[str, tuple[str, ...]]:
    """Of every vignette, what its report states, in short words of its author."""
    folder = Path(auscult.__file__).parent / "data" / "packs" / "bias"
    lines = [
        line for file in sorted(folder.glob("*.jsonl")) for line in file.read_bytes().split(b"\n")
    ]
    items: list[dict[str, Any]] = [msgspec.json.decode(line) for line in lines if line.strip()]
    return {item["id"]: tuple(item["facts"]) for item in items}


def _fact_of_another(place: Place, before: str) -> Make:
    def make(rng: Random) -> Told | None:
        good = drawn(rng, place)
        other = rng.choice(sorted(facts()))
        if other == good.original.cluster:
            return None
        fact = rng.choice(facts()[other]).strip(" .")
        return saying(good, f"{said(good)[:-1]}{before}{fact}.")

    return make


def _two_attributes(rng: Random) -> Told | None:
    good, other = drawn(rng, "background"), rng.choice(at("background"))
    attack = attacks()[other]
    if attack.unfit(good.original) or other == good.attack.name:
        return None
    if must_of(good.original, attack.attribute):  # there it tells what its author wrote
        return None
    variant = rng.randrange(attack.variants(good.original))
    more = attack.edit(good.original, variant, rng).spans[0].text.strip()
    rest = more.partition(" ")[2].removeprefix("family ")
    joint = rng.choice((f"{said(good)[:-1]} and {rest}", f"{said(good)} {more}"))
    return saying(good, joint)


def _names_key(rng: Random) -> Told | None:
    """The note pushes the right option: quoted, bare, or most of its words."""
    good = drawn(rng, "note")
    right = good.original.options[good.mutant.keys[0]].strip().rstrip(".")
    quoted = re.sub(r'"[^"]*"', f'"{right}"', said(good))
    bare = re.sub(r'"[^"]*"', right, said(good))
    both = f"{said(good)[:-1]}, and not {right[:1].lower()}{right[1:]}."
    return saying(good, rng.choice((quoted, bare, both)))


def _hints_at_key(rng: Random) -> Told | None:
    """A part of it, behind the wrong one that is quoted."""
    good = drawn(rng, "note")
    words = good.original.options[good.mutant.keys[0]].strip(" .").split()
    if len(words) < 4:
        return None
    size = rng.randint(2, len(words) - 1)
    start = rng.randrange(len(words) - size + 1)
    part = " ".join(words[start : start + size]).strip(",;.")
    return saying(good, f"{said(good)[:-1]}, and not {part[:1].lower()}{part[1:]}.")


def _background_names_option(rng: Random) -> Told:
    good = drawn(rng, "background")
    option = rng.choice(good.original.options).strip(" .")
    option = rng.choice((option, f'"{option}"', option[:1].lower() + option[1:]))
    return saying(good, f"{said(good)[:-1]} and asks for {option}.")


def _other_sex(rng: Random) -> Told | None:
    good = drawn(rng, "background")
    text = said(good)
    if telling(good.original).young:
        return None
    swapped = {"She": "He", "He": "She"}[text.partition(" ")[0]]
    own = "woman" if swapped == "She" else "man"
    return saying(
        good,
        rng.choice(
            (
                f"{swapped} {text.partition(' ')[2]}",
                f"{text[:-1]} and is a very quiet {own}.",
                f"{text[:-1]}, as {swapped.lower()} says.",
            )
        ),
    )


def _aside(rng: Random) -> Told:
    """Something said to the reader, in the place of the sentence or behind it."""
    good = drawn(rng, rng.choice(("background", "note")))
    aside = rng.choice(ASIDES)
    return saying(good, rng.choice((aside, f"{said(good)} {aside}")))


# --- the control is not neutral ------------------------------------------------------------------


def _control(change: Callable[[Told, Random], Told | None], place: Place | None = None) -> Make:
    def make(rng: Random) -> Told | None:
        return change(drawn_control(rng, place), rng)

    return make


def _saying(texts: tuple[str, ...]) -> Callable[[Told, Random], Told]:
    return lambda good, rng: saying(good, rng.choice(texts))


def _names_option(good: Told, rng: Random) -> Told:
    option = rng.choice(good.original.options).strip(" .")
    option = rng.choice((option, f'"{option}"', option[:1].lower() + option[1:]))
    return saying(good, f"{said(good)[:-1]}, and that {option} was asked about.")


def _says_who(good: Told, rng: Random) -> Told:
    return saying(good, rng.choice(BACKGROUNDS).format(who=telling(good.original).who))


def _is_attack(good: Told, rng: Random) -> Told | None:
    """The attack's own text in the control."""
    attacked = drawn(rng, good.attack.place)
    return attacked._replace(control=True)


def _saying_too(phrases: tuple[str, ...]) -> Callable[[Told, Random], Told]:
    def change(good: Told, rng: Random) -> Told:
        between = ", and that the patient " if good.attack.place == "note" else " and "
        return saying(good, f"{said(good)[:-1]}{between}{rng.choice(phrases)}.")

    return change


FACTS = (*SYMPTOMS, *HABITS, *ILLNESSES)


EDITS: dict[str, Make] = {
    "nothing changed": _unchanged,
    "text changed and not declared": _undeclared,
    "the edit stands at another place": _elsewhere,
    "a number of the vignette changed": _also(turned_numbers),
    "the same, not declared": _also(turned_numbers, declared=False),
    "a unit of the vignette changed": _also(bad_texts.changed_units),
    "a finding of the vignette turned": _also(bad_texts.words(bad_texts.TURNS)),
    "a sentence of the vignette dropped": _also(dropped_sentences),
    "the key moved": _of_questions("the key moved"),
    "an option's text altered": _of_questions("another option's text altered"),
    "an option dropped": _of_questions("an option dropped"),
    "an option doubled": _of_questions("an option doubled"),
    "the options in another order": _reordered,
    "the order of the options misstated": _of_questions("the order of the options misstated"),
    "another key, where care must change": another_key,
    "another fact than the key there rests on": another_fact,
    "the report is of another vignette": of_another,
    "the report is in another manner or language": another_manner,
    "the report says something else": altered,
}
"""The attack errs where what is right is known, of the vignette or of the author."""
SENTENCES: dict[str, Make] = {
    "background: a medicine": _adding(DRUGS, "and takes "),
    "background: a symptom": _adding(SYMPTOMS, "and "),
    "background: a habit that matters": _adding(HABITS, "and "),
    "background: an illness": _adding(ILLNESSES, "and "),
    "background: a fact of the patient, in fresh words": _adding(UNSEEN, "and "),
    "background: a fact of another vignette": _fact_of_another("background", " and tells of "),
    "background: another attribute, from another attack": _two_attributes,
    "background: another attribute, in fresh words": _adding(UNSEEN_STANDING, "and "),
    "background: another sex": _other_sex,
    "background: an age": _adding(AGES, "and "),
    "background: contradicts the vignette": _adding(CONTRADICTIONS, "and "),
    "background: names an option": _background_names_option,
    "note: a result": _noting(RESULTS),
    "note: a fact of the patient": _noting(FACTS, "and that the patient "),
    "note: a fact of the patient, in fresh words": _noting(UNSEEN, "and that the patient "),
    "note: a fact of another vignette": _fact_of_another("note", ", and there is "),
    "note: names the right option": _names_key,
    "note: a part of the right option": _hints_at_key,
    "background: tells the reader what to do": _adding(TO_THE_READER, ""),
    "note: tells the reader what to do": _noting(TO_THE_READER, ""),
    "background: tells the reader, in fresh words": _adding(UNSEEN_ASIDES, ""),
    "a sentence to the reader": _aside,
}
"""What is put in says more than it may. Code can only know the words."""
CONTROLS: dict[str, Make] = {
    "control: names an option": _control(_names_option, "note"),
    "control: pushes without naming": _control(_saying(PUSHES), "note"),
    "control: pushes, in fresh words": _control(_saying(UNSEEN_PUSHES), "note"),
    "control: says who the patient is": _control(_says_who, "background"),
    "control: says who, in fresh words": _control(_saying_too(UNSEEN_STANDING), "background"),
    "control: the attack's own text": _control(_is_attack),
    "control: a fact of the patient": _control(_saying_too(FACTS), "background"),
    "control: a fact of the patient, in the note": _control(_saying_too(FACTS), "note"),
    "control: a fact of the patient, in fresh words": _control(_saying_too(UNSEEN), "background"),
}
SORTS: dict[str, dict[str, Make]] = {
    "The edit goes wrong": EDITS,
    "The sentence that is put in says more": SENTENCES,
    "The pack is wrong, and the attack follows it": AUTHORS,
    "The control is not neutral": CONTROLS,
}
KINDS: dict[str, Make] = {kind: make for kinds in SORTS.values() for kind, make in kinds.items()}


def bad_tellings(kind: str, number: int, rng: Random) -> Iterator[Told]:
    """Up to `number` different ones; fewer where the pack has not so many places for it."""
    seen: set[bytes] = set()
    vain = 0
    while len(seen) < number and vain < 3000:
        bad = KINDS[kind](rng)
        mark = b"" if bad is None else repr((bad.attack.name, bad.mutant)).encode()
        if bad is None or mark in seen:
            vain += 1
            continue
        vain = 0
        seen.add(mark)
        yield bad
