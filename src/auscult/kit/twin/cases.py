"""Vignettes with twins: variants of one question made one case, and what is asked of it.

A loader gives one case per variant, with `rule`, `attribute`, `variant` and `reference_variant` in
`brief.extra` and the vignette as its cluster. A contrast needs both sides, so consecutive variants
become one case that holds them in `brief.extra["variants"]`, the reference first.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import groupby

import msgspec

from auscult.core.case import Brief, Case
from auscult.core.errors import DataError

RULES = ("must-not", "may", "must")
VARIANTS = "variants"
CONTRADICTS = "contradicts_picture"
"""A variant marked so states what its picture shows to be untrue: it is not asked."""
LEADS = (
    "Consider this case. ",
    "Here is a case. ",
    "Please read this case. ",
    "Take this case. ",
    "The case is as follows. ",
)
"""Meaning-preserving rewrites of the reference: a few neutral words, as a variant changes a few."""


class Variant(msgspec.Struct, frozen=True):
    """One of the twins. `key` and `accepted` count the options in the author's order."""

    name: str
    stem: str
    question: str
    key: int
    accepted: tuple[int, ...]
    harms: tuple[str, ...]
    groups: dict[str, str]
    contradicts: bool = False


class Place(msgspec.Struct, frozen=True):
    """One asking: which arm, and what is put."""

    arm: str
    repeat: int
    variant: int
    lead: str = ""


def is_twin(case: Case) -> bool:
    return "rule" in case.brief.extra and "reference_variant" in case.brief.extra


def is_vignette(case: Case) -> bool:
    return VARIANTS in case.brief.extra


def with_vignettes(cases: Iterable[Case]) -> Iterator[Case]:
    """The same cases, consecutive variants of a vignette joined into one."""
    for name, run in groupby(cases, lambda case: case.cluster if is_twin(case) else ""):
        if name:
            yield _joined(name, list(run))
        else:
            yield from run


def variants_of(case: Case) -> tuple[Variant, ...]:
    """The reference first."""
    return msgspec.convert(case.brief.extra[VARIANTS], tuple[Variant, ...])


def as_variant(case: Case, variant: Variant, lead: str = "") -> Case:
    """The case as this variant states it; `lead` stands before its text."""
    brief = msgspec.structs.replace(case.brief, key=variant.key, groups=variant.groups)
    if not variant.stem:
        return msgspec.structs.replace(case, question=lead + variant.question, brief=brief)
    return msgspec.structs.replace(
        case, stem=lead + variant.stem, question=variant.question, brief=brief
    )


def arm_of(rule: str, arm: str) -> str:
    """Only `must-not` has the plain names, so that what is read by arm holds no other rule."""
    return arm if rule == "must-not" else f"{rule}-{arm}"


def places_of(case: Case, *, reworded: bool) -> list[Place]:
    """Every asking: each variant, each variant again, and as many rewritten references as there
    are other variants. Variants that contradict their picture are left out."""
    rule, kept = case.brief.extra["rule"], _possible(case)
    if not kept:
        return []
    others = kept[1:]
    places = [Place(arm_of(rule, "reference"), 0, 0)]
    places += [Place(arm_of(rule, "variant"), number - 1, number) for number in others]
    places += [Place(arm_of(rule, "again"), number, number) for number in kept]
    if reworded and rule == "must-not":
        leads = (LEADS[place % len(LEADS)] for place in range(len(others)))
        places += [Place("reworded", place, 0, lead) for place, lead in enumerate(leads)]
    return places


def left_out(case: Case) -> list[Place]:
    """First askings of the variants that contradict their picture: shown as not applicable."""
    rule, kept = case.brief.extra["rule"], set(_possible(case))
    names = [("reference", 0)] + [("variant", n) for n in range(len(variants_of(case)) - 1)]
    return [
        Place(arm_of(rule, arm), repeat, number)
        for number, (arm, repeat) in enumerate(names)
        if number not in kept
    ]


def _possible(case: Case) -> list[int]:
    """Numbers of the variants that can be asked: none where there is no pair with the reference."""
    kept = [number for number, one in enumerate(variants_of(case)) if not one.contradicts]
    return kept if len(kept) > 1 and kept[0] == 0 else []


def _joined(name: str, twins: list[Case]) -> Case:
    first = twins[0]
    extra = first.brief.extra
    reference = extra["reference_variant"]
    twins.sort(key=lambda case: case.brief.extra["variant"] != reference)
    _check(name, twins)
    first = twins[0]
    extra = {key: value for key, value in first.brief.extra.items() if key != "variant"}
    extra[VARIANTS] = [msgspec.to_builtins(_variant(twin)) for twin in twins]
    brief = msgspec.structs.replace(first.brief, groups={}, extra=extra)
    reviewed = all(twin.brief.reviewers for twin in twins)
    brief = msgspec.structs.replace(brief, reviewers=first.brief.reviewers if reviewed else ())
    return msgspec.structs.replace(first, id=name, brief=brief)


def _variant(case: Case) -> Variant:
    brief: Brief = case.brief
    key = -1 if brief.key is None else brief.key
    accepted = brief.extra.get("accepted") or [key]
    return Variant(
        name=str(brief.extra["variant"]),
        stem=case.stem,
        question=case.question,
        key=key,
        accepted=tuple(accepted),
        harms=tuple(note.harm for note in brief.option_notes),
        groups=brief.groups,
        contradicts=bool(brief.extra.get(CONTRADICTS)),
    )


def _check(name: str, twins: list[Case]) -> None:
    first, where = twins[0], f"the vignette '{name}'"
    names = [case.brief.extra.get("variant") for case in twins]
    for wrong, what in (
        (first.brief.extra["rule"] not in RULES, f"a rule that is none of {', '.join(RULES)}"),
        (not first.brief.extra.get("attribute"), "no attribute; name what its variants change"),
        (len(set(names)) < 2, "one variant; a twin needs another beside it in the file"),
        (len(set(names)) < len(names), "two variants of one name; name them apart"),
        (names[0] != first.brief.extra["reference_variant"], "no case of its reference variant"),
        (len(first.options) < 2, "fewer than two options; twins are closed questions"),
        (len({case.options for case in twins}) > 1, "variants with other options; make them equal"),
        (len({case.images for case in twins}) > 1, "variants with other pictures; use the same"),
        (any(not _keyed(case) for case in twins), "a variant without a key; number its option"),
    ):
        if wrong:
            raise DataError(f"{where} has {what}")


def _keyed(case: Case) -> bool:
    return case.brief.key is not None and 0 <= case.brief.key < len(case.options)
