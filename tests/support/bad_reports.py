"""Reports in another manner that are wrong in one known way: another's than the attack's, not the
author's, or the author's who erred, and the attack follows."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

import bad_texts
from bad_sayings import DRUGS, TURNED_NUMBERS
from bad_texts import Change, Finder
from good_mutants import sentences_of
from good_tellings import Make, Told, drawn, said, saying, telling
from msgspec.structs import replace
from vignette_pack import vignettes

from auscult.kit.bias.telling import FIELD

OTHER_LANGUAGES = ("spanish", "chinese")


def with_changes(text: str, changes: tuple[Change, ...]) -> str:
    for change in sorted(changes, reverse=True):
        text = text[: change.start] + change.text + text[change.end :]
    return text


def dropped_sentences(text: str) -> Iterator[tuple[Change, ...]]:
    for sentence in sentences_of(text):
        start = text.index(sentence)
        yield (Change(start, start + len(sentence), ""),)


def turned_numbers(text: str) -> Iterator[tuple[Change, ...]]:
    yield from bad_texts.changed_digits(text)
    yield from bad_texts.words(TURNED_NUMBERS)(text)


OF_REPORTS: dict[str, Finder] = {
    "a number": turned_numbers,
    "a unit": bad_texts.changed_units,
    "a side": bad_texts.FINDERS["left and right swapped, everywhere"],
    "a drug": bad_texts.swapped_drugs,
    "a denial dropped": bad_texts.words(bad_texts.DROPPED),
    "a denial put in": bad_texts.words(bad_texts.PUT_IN),
    "an opposite": bad_texts.words(bad_texts.TURNS),
    "a body site": bad_texts.words(bad_texts.SITES),
    "a word of time": bad_texts.words(bad_texts.TIMES),
    "a sentence dropped": dropped_sentences,
}


def of_another(rng: Random) -> Told | None:
    """In the manner asked for, and of another vignette."""
    good = drawn(rng, "report")
    manner = str(good.mutant.labels["value"])
    other = rng.choice(vignettes())
    text = telling(other).reports.get(manner)
    return None if other.cluster == good.original.cluster or not text else saying(good, text)


def another_manner(rng: Random) -> Told | None:
    good = drawn(rng, "report")
    reports = telling(good.original).reports
    own = getattr(good.attack, "manners", ())
    others = [name for name in reports if name not in own]
    return saying(good, reports[rng.choice(others)]) if others else None


def altered(rng: Random) -> Told | None:
    good = drawn(rng, "report")
    return _altered(good, rng.choice(tuple(OF_REPORTS.values())), rng)


def _altered(good: Told, finder: Finder, rng: Random) -> Told | None:
    found = list(finder(said(good)))
    return saying(good, with_changes(said(good), rng.choice(found))) if found else None


def _authored(good: Told, text: str) -> Told | None:
    """The same, had the pack's author written the report so."""
    manner, original = str(good.mutant.labels["value"]), good.original
    given = dict(original.brief.extra[FIELD])
    if text in (given["report"], *given["reports"].values()):
        return None
    given["reports"] = given["reports"] | {manner: text}
    brief = replace(original.brief, extra=original.brief.extra | {FIELD: given})
    good = good._replace(original=replace(original, brief=brief))
    return saying(good, text)


def _author(finder: Finder) -> Make:
    def make(rng: Random) -> Told | None:
        good = drawn(rng, "report")
        found = list(finder(said(good)))
        if not found or good.mutant.labels["value"] in OTHER_LANGUAGES:
            return None
        return _authored(good, with_changes(said(good), rng.choice(found)))

    return make


def _author_foreign(rng: Random) -> Told | None:
    """Digits are all that can be held together across languages."""
    good = drawn(rng, "report")
    found = list(bad_texts.changed_digits(said(good)))
    if not found or good.mutant.labels["value"] not in OTHER_LANGUAGES:
        return None
    return _authored(good, with_changes(said(good), rng.choice(found)))


def _author_swapped(foreign: bool) -> Make:
    """The report of another vignette in the place of this one's."""

    def make(rng: Random) -> Told | None:
        good = drawn(rng, "report")
        manner = str(good.mutant.labels["value"])
        other = rng.choice(vignettes())
        text = telling(other).reports.get(manner)
        if (manner in OTHER_LANGUAGES) is not foreign or not text:
            return None
        return None if other.cluster == good.original.cluster else _authored(good, text)

    return make


def _author_languages(rng: Random) -> Told | None:
    """A report that stands under another language than it is in."""
    good = drawn(rng, "report")
    manner = str(good.mutant.labels["value"])
    reports = telling(good.original).reports
    groups = ("spanish", "chinese", "english")
    own = manner if manner in OTHER_LANGUAGES else "english"
    other = rng.choice([group for group in groups if group != own])
    text = reports["polite" if other == "english" else other]
    given = dict(good.original.brief.extra[FIELD])
    given["reports"] = given["reports"] | {manner: text + " "}
    brief = replace(good.original.brief, extra={FIELD: given})
    return saying(good._replace(original=replace(good.original, brief=brief)), text + " ")


def _author_adds(rng: Random) -> Told | None:
    """A sentence of another vignette's report."""
    good = drawn(rng, "report")
    manner = str(good.mutant.labels["value"])
    other = rng.choice(vignettes())
    text = telling(other).reports.get(manner)
    if manner in OTHER_LANGUAGES or not text or other.cluster == good.original.cluster:
        return None
    return _authored(good, f"{said(good)} {rng.choice(sentences_of(text))}")


def _author_adds_drug(rng: Random) -> Told | None:
    good = drawn(rng, "report")
    if good.mutant.labels["value"] in OTHER_LANGUAGES:
        return None
    return _authored(good, f"{said(good)} I take {rng.choice(DRUGS)}.")


AUTHORS: dict[str, Make] = {
    **{f"the author changed: {kind}": _author(finder) for kind, finder in OF_REPORTS.items()},
    "the author changed: a digit, in Spanish or Chinese": _author_foreign,
    "the author added: a medicine": _author_adds_drug,
    "the author added: a sentence of another vignette": _author_adds,
    "the author took: the report of another vignette": _author_swapped(foreign=False),
    "the author took: the like, in Spanish or Chinese": _author_swapped(foreign=True),
    "the author mixed up: languages": _author_languages,
}
"""Of a report in another manner; the attack follows its author."""
