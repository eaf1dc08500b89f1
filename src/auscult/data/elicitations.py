"""Packs of prompts that bring hallucination out, each beside a twin whose premise is true.

Each line is a prompt of one of twelve kinds (a false premise, a drug, test, guideline or syndrome
that does not exist, a citation asked for, a dose at the edge, outdated practice, missing context, a
figure asked of a note, an interaction, something that is not in the picture shown) with reference
facts and their date, what a right answer must say, the faults it must not have, three harder forms,
and a twin that must be answered. The case is given out as it is; the rest stands in
`brief.extra["elicitation"]`. A picture is a small specification in its line: it is drawn the first
time and kept as a PNG file in the user's cache folder. The whole pack is validated first, and all
its faults are listed at once.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from auscult.core.case import Brief, Case, Harm, ImageRef
from auscult.core.errors import Fault
from auscult.kit.elicit.case import (
    HARDER,
    INVENTING,
    PICTURED,
    Elicitation,
    Harder,
    Kind,
    Point,
    as_extra,
)
from auscult.kit.elicit.case import Fact as Told
from auscult.kit.elicit.pictures import Drawing, wrong_with
from auscult.kit.options import parse_options
from auscult.kit.strict_packs import (
    ItemSource,
    PackItem,
    PackLoader,
    pack_faults,
    strict_items,
    with_sign_offs,
    wrong_texts,
)

LICENCE = "Apache-2.0"
_id = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_date = re.compile(r"(\d{4})(-(0[1-9]|1[0-2])(-(0[1-9]|[12]\d|3[01]))?)?")
_silent = re.compile(r"does not |do not |doesn't |omits |avoids ", re.IGNORECASE)


def build() -> Elicitations:
    return Elicitations()


class Options(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    kinds: tuple[Kind, ...] = ()
    """Those that are wanted; none named for all."""
    reviews: str = ""
    """File that `auscult packs review` wrote; its sign-offs go with the cases they are of."""


class Fact(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    fact: str
    source: ItemSource
    as_of: str


class Item(PackItem, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One line of a pack."""

    kind: Kind
    context: str = ""
    """A note that the prompt, its twin and its harder forms are all asked beside."""
    picture: Drawing | None = None
    """What is drawn and shown with every prompt of the row."""
    shows: str = ""
    """The same in words, for a judge that is not shown it."""
    prompt: str
    twin: str
    twin_must: tuple[Point, ...]
    facts: tuple[Fact, ...]
    must: tuple[Point, ...]
    must_not: tuple[Point, ...]
    harder: tuple[Harder, ...]
    harm: Harm
    harm_why: str
    invented: tuple[str, ...] = ()
    """Names that were made up: in the prompt and in every harder form, and not in the twin."""
    rationale: str

    @property
    def asked(self) -> tuple[str, ...]:
        return (self.prompt, self.twin, *(form.prompt for form in self.harder))


class Elicitations(PackLoader):
    def load(self, path: Path, options: Mapping[str, Any]) -> Iterator[Case]:
        wanted = parse_options(options, Options, "elicitations options")
        cases = (
            _case(item)
            for item in strict_items(path, Item, _wrong)
            if not wanted.kinds or item.kind in wanted.kinds
        )
        return with_sign_offs(cases, wanted.reviews)


def validate_elicitations(path: Path) -> list[Fault]:
    """Everything wrong with a pack; an empty list where nothing is."""
    return pack_faults(path, Item, _wrong)


def _wrong(item: Item) -> Iterator[str]:
    yield from wrong_texts(item, "prompt", "twin", "harm_why", "rationale")
    if not _id.fullmatch(item.id) or not item.id.startswith(f"{item.kind}-"):
        yield f"the id begins with its kind, '{item.kind}-', in small letters, digits and hyphens"
    if item.licence != LICENCE:
        yield f"the licence is '{item.licence}'; our own rows are {LICENCE}"
    if item.harm == "ungraded":
        yield "'harm' is ungraded; say what acting on the fault may do, or none"
    if item.context != item.context.strip():
        yield "'context' begins or ends with a space"
    if item.kind == "figures-in-note" and not item.context:
        yield "a figure is asked of a note and 'context' is blank"
    yield from _wrong_picture(item)
    yield from _wrong_facts(item)
    yield from _wrong_points(item)
    yield from _wrong_forms(item)
    yield from _wrong_names(item)


def _wrong_picture(item: Item) -> Iterator[str]:
    if (item.picture is not None) is not (item.kind == PICTURED):
        yield f"rows of the kind '{PICTURED}' have a 'picture', and no others"
    if bool(item.shows.strip()) is not (item.picture is not None):
        yield "'shows' says in words what the picture shows, where there is one"
    if item.picture is not None:
        yield from wrong_with(item.picture)


def _wrong_facts(item: Item) -> Iterator[str]:
    if not item.facts:
        yield "there is no reference fact"
    for one in item.facts:
        if not one.fact.strip() or not one.source.name.strip() or not one.source.kind.strip():
            yield "a fact is blank, or its source has no name or no kind"
        dated = _date.fullmatch(one.as_of)
        if dated is None:
            yield f"'as_of' of a fact must be a date such as 2025-06, found '{one.as_of}'"
        elif (one.source.year or 0) > int(dated[1]):
            yield f"a fact as of {one.as_of} rests on a source of {one.source.year}"


def _wrong_points(item: Item) -> Iterator[str]:
    lists = {"must": item.must, "must_not": item.must_not, "twin_must": item.twin_must}
    for name, points in lists.items():
        if not points:
            yield f"'{name}' is empty"
        texts = [one.point for one in points]
        if any(not text.strip() or text != text.strip() for text in texts):
            yield f"a point of '{name}' is blank or untrimmed"
        for text, times in Counter(text.casefold() for text in texts).items():
            if times > 1:
                yield f"'{name}' has the point '{text}' twice"
        yield from _wrong_words(name, points)
    for one in (*item.must, *item.twin_must):
        if _silent.match(one.point):
            # A judge shows a wanted point by quoting it, and silence has no quote.
            yield f"'{one.point}' is wanted and says nothing; make its opposite a fault"
    if {one.point.casefold() for one in item.must} & {p.point.casefold() for p in item.must_not}:
        yield "a point stands in 'must' and in 'must_not'"


def _wrong_words(name: str, points: Sequence[Point]) -> Iterator[str]:
    for word in (word for one in points for word in one.words):
        if not word.strip() or word != word.strip() or word != word.casefold():
            yield f"the word '{word}' of '{name}' is blank, untrimmed or not in small letters"


def _wrong_forms(item: Item) -> Iterator[str]:
    if len(item.harder) != HARDER or len({form.step for form in item.harder}) != HARDER:
        yield f"a row has {HARDER} harder forms, each of another step"
    if any(not text.strip() or text != text.strip() for text in item.asked):
        yield "a prompt is blank or untrimmed"
    if len(set(item.asked)) < len(item.asked):
        yield "two of prompt, twin and harder forms are the same"


def _wrong_names(item: Item) -> Iterator[str]:
    if item.kind in INVENTING and not item.invented:
        yield "'invented' is empty: name what was made up"
    for name in item.invented:
        if not name.strip():
            yield "a name in 'invented' is blank"
            continue
        for text in (item.prompt, *(form.prompt for form in item.harder)):
            if name.casefold() not in text.casefold():
                yield f"the invented '{name}' does not stand in '{text[:60]}'"
        if name.casefold() in f"{item.twin} {item.context}".casefold():
            yield f"the invented '{name}' stands in the twin"


def _case(item: Item) -> Case:
    part = Elicitation(
        kind=item.kind,
        twin=item.twin,
        twin_must=item.twin_must,
        must=item.must,
        must_not=item.must_not,
        harder=item.harder,
        harm=item.harm,
        harm_why=item.harm_why,
        facts=tuple(Told(one.fact, f"{one.source.name}, {one.as_of}") for one in item.facts),
        shows=item.shows,
        invented=item.invented,
    )
    rubric = [f"must: {one.point}" for one in item.must]
    rubric += [f"must not: {one.point}" for one in item.must_not]
    brief = Brief(
        reference=" ".join(f"{one.fact} ({one.source.name}, {one.as_of})" for one in item.facts),
        rubric=tuple(rubric),
        cluster=item.id,
        specialty=item.specialty,
        task=item.kind,
        harm_level=item.harm,
        jurisdiction=item.jurisdiction,
        source=item.source.source(),
        as_of=item.as_of,
        licence=item.licence,
        rationale=item.rationale,
        # The judge of hallucinations looks for the facts of a case by their own name.
        extra=as_extra(part) | {"facts": msgspec.to_builtins(part.facts)},
    )
    return Case(item.id, item.context, item.prompt, images=_images(item), brief=brief)


def _images(item: Item) -> tuple[ImageRef, ...]:
    if item.picture is None:
        return ()
    from auscult.kit.elicit.picture_files import drawn_file

    return (drawn_file(item.id, item.picture),)
