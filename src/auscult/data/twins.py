"""Packs of demographic vignettes: one question, its patient's stated group alone changed.

Each line is one vignette: a stem with slots, and two to six variants that fill them. A variant
states one value of one attribute (sex, race, age band, income, language ...), and the texts of two
variants are equal outside of the slots. The rule says, before anything is asked, what the change
may do to care: `must-not` (one key for all), `may` (several answers are defensible; never part of a
headline) or `must` (a key per variant). One case is given out per variant, with the vignette as its
cluster. The whole pack is validated first, and all its faults are listed at once.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Literal

import msgspec

from auscult.core.case import Brief, Case, Harm, OptionNote
from auscult.core.errors import Fault
from auscult.kit.options import parse_options
from auscult.kit.slots import filled, slots_of, stray_braces
from auscult.kit.strict_packs import (
    PackItem,
    PackLoader,
    pack_faults,
    strict_items,
    with_sign_offs,
    wrong_texts,
)

Rule = Literal["must-not", "may", "must"]
VARIANTS = range(2, 7)
"""How many variants a vignette may have."""
_attribute = re.compile(r"[a-z]+(_[a-z]+)*")


def build() -> Twins:
    return Twins()


class Options(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    reviews: str = ""
    """File that `auscult packs review` wrote; its sign-offs go with the cases they are of."""
    rules: tuple[Rule, ...] = ()
    """Only the vignettes with these rules."""
    attributes: tuple[str, ...] = ()
    """Only the vignettes that vary these attributes."""


class Option(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    text: str
    harm: Harm
    """Of acting on it where it is wrong."""
    why: str


class Variant(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    value: str
    slots: dict[str, str]
    key: int | None = None


class Item(PackItem, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One line of a pack. The first variant is the one that others are compared with."""

    task: str
    attribute: str
    rule: Rule
    why: str
    """Why the rule holds."""
    stem: str
    question: str
    options: tuple[Option, ...]
    variants: tuple[Variant, ...]
    rationale: str
    """Why the key is right."""
    key: int | None = None
    accepted: tuple[int, ...] = ()
    direction: str = ""
    """With `must`: which way care has to change."""


class Twins(PackLoader):
    def load(self, path: Path, options: Mapping[str, Any]) -> Iterator[Case]:
        wanted = parse_options(options, Options, "twins options")
        cases = (
            _case(item, variant)
            for item in strict_items(path, Item, _wrong)
            if not wanted.rules or item.rule in wanted.rules
            if not wanted.attributes or item.attribute in wanted.attributes
            for variant in item.variants
        )
        return with_sign_offs(cases, wanted.reviews)


def validate_twins(path: Path) -> list[Fault]:
    """Everything wrong with a pack; an empty list where nothing is."""
    return pack_faults(path, Item, _wrong)


def _wrong(item: Item) -> Iterator[str]:
    yield from wrong_texts(item, "task", "attribute", "why", "stem", "question", "rationale")
    if not _attribute.fullmatch(item.attribute):
        yield f"'attribute' must be lower-case words joined by '_', found '{item.attribute}'"
    yield from _wrong_options(item)
    yield from _wrong_rule(item)
    yield from _wrong_variants(item)
    yield from _wrong_slots(item)


def _wrong_options(item: Item) -> Iterator[str]:
    if len(item.options) < 2:
        yield f"at least 2 options are needed, found {len(item.options)}"
    plain = [" ".join(option.text.split()).casefold() for option in item.options]
    if "" in plain:
        yield "an option is blank"
    for text in sorted({text for text in plain if text and plain.count(text) > 1}):
        yield f"two options read '{text}'"
    if any("{" in option.text or "}" in option.text for option in item.options):
        yield "an option has a slot; options are the same for all variants"


def _wrong_rule(item: Item) -> Iterator[str]:
    """The keys and the direction that the rule asks for, and no others."""
    by_variant = [variant.key for variant in item.variants]
    keys = by_variant if item.rule == "must" else [item.key]
    if None in keys:
        yield f"the rule '{item.rule}' needs a 'key' " + (
            "in every variant" if item.rule == "must" else "of the vignette"
        )
    stray = item.key is not None if item.rule == "must" else any(k is not None for k in by_variant)
    if stray:
        yield f"the rule '{item.rule}' takes no 'key' " + (
            "of the vignette" if item.rule == "must" else "in a variant"
        )
    places = range(len(item.options))
    if wild := [k for k in (*keys, *item.accepted) if k is not None and k not in places]:
        yield f"{wild[0]} is the number of no option; they count from 0"
    if item.rule == "must" and len(set(keys)) < 2:
        yield "care must change, but every variant has the same key"
    if (item.rule == "must") != bool(item.direction.strip()):
        yield "'direction' goes with the rule 'must', and only with it"
    if item.rule == "may" and (len(set(item.accepted)) < 2 or item.key not in item.accepted):
        yield "the rule 'may' needs two or more 'accepted' options, the key among them"
    if item.rule != "may" and item.accepted:
        yield "'accepted' goes with the rule 'may' only"


def _wrong_variants(item: Item) -> Iterator[str]:
    if len(item.variants) not in VARIANTS:
        yield f"2 to 6 variants are needed, found {len(item.variants)}"
    names = [_name(variant.value) for variant in item.variants]
    if "" in names:
        yield "the value of a variant has neither letter nor digit"
    for name in sorted({name for name in names if name and names.count(name) > 1}):
        yield f"two variants have the value '{name}'"


def _wrong_slots(item: Item) -> Iterator[str]:
    for text in (item.stem, item.question):
        yield from stray_braces(text)
    wanted = set(slots_of(item.stem, item.question))
    if not wanted:
        yield "neither stem nor question has a slot, so that all variants are one"
        return
    whole = True
    for variant in item.variants:
        where = f"variant '{variant.value}'"
        if missing := sorted(wanted - set(variant.slots)):
            whole = False
            yield f"{where} does not fill the slot '{missing[0]}'"
        if unused := sorted(set(variant.slots) - wanted):
            yield f"{where} fills the slot '{unused[0]}', which stands nowhere"
        for name, text in variant.slots.items():
            if not text.strip() or text != text.strip() or "{" in text or "}" in text:
                yield f"{where}: the text of slot '{name}' is blank, untrimmed or has a brace"
    texts = [_text(item, variant) for variant in item.variants] if whole else []
    if len(set(texts)) < len(texts):
        yield "two variants read the same"


def _text(item: Item, variant: Variant) -> str:
    return filled(f"{item.stem} {item.question}", variant.slots)


def _name(value: str) -> str:
    """As it stands in a case's id."""
    return re.sub(r"[^a-z0-9]+", "-", value.lower()).strip("-")


def _case(item: Item, variant: Variant) -> Case:
    key = variant.key if item.rule == "must" else item.key
    accepted = item.accepted or (() if key is None else (key,))
    brief = Brief(
        key=key,
        option_notes=tuple(
            _note(option, place == key, place in accepted)
            for place, option in enumerate(item.options)
        ),
        cluster=item.id,
        groups={item.attribute: variant.value},
        specialty=item.specialty,
        task=item.task,
        jurisdiction=item.jurisdiction,
        source=item.source.source(),
        as_of=item.as_of,
        licence=item.licence,
        rationale=item.rationale,
        extra={
            "rule": item.rule,
            "attribute": item.attribute,
            "variant": _name(variant.value),
            "reference_variant": _name(item.variants[0].value),
            "n_variants": len(item.variants),
            "accepted": list(accepted),
            "direction": item.direction,
            "why": item.why,
        },
    )
    return Case(
        f"{item.id}/{_name(variant.value)}",
        filled(item.stem, variant.slots),
        filled(item.question, variant.slots),
        tuple(option.text for option in item.options),
        brief=brief,
    )


def _note(option: Option, is_key: bool, is_accepted: bool) -> OptionNote:
    if is_key:
        return OptionNote("key", "none", option.why)
    if is_accepted:
        return OptionNote("second-best", "none", option.why)
    return OptionNote("wrong", option.harm, option.why)
