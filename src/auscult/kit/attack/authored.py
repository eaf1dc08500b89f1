"""Edits that a clinician would accept, written beside a question by its author.

A case carries them in `brief.extra["edits"]`. Where a case has none, attacks that need them do not
apply; no program makes up what is wrong, or irrelevant, in medicine.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import msgspec

from auscult.core.case import Case, Harm

FIELD = "edits"


class ExtraOption(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Absolutely wrong, and `why` says why."""

    text: str
    harm: Harm
    why: str


class Distraction(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A sentence that draws attention to a wrong option, given by its place."""

    text: str
    option: int


class Extreme(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A value that is rare and possible in the place of a measurement, given by its text, that the
    key does not hang on; `why` says why it is possible and why the key stays."""

    measurement: str
    value: str
    why: str


class Rewording(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    stem: str
    question: str


class Edits(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    extra_options: tuple[ExtraOption, ...] = ()
    distractions: tuple[Distraction, ...] = ()
    history: tuple[str, ...] = ()
    paraphrases: tuple[Rewording, ...] = ()
    extreme: tuple[Extreme, ...] = ()


NONE = Edits()


def edits_of(case: Case) -> Edits:
    given = case.brief.extra.get(FIELD)
    return _read(msgspec.json.encode(given)) if given else NONE


@lru_cache(maxsize=256)
def _read(body: bytes) -> Edits:
    return msgspec.json.decode(body, type=Edits)


def moved(extra: dict[str, Any], order: Sequence[int]) -> dict[str, Any]:
    """`brief.extra` where the options stand in another order (each place's option by its place
    before): what speaks of an option by place still speaks of it, or is gone with it."""
    given = extra.get(FIELD)
    if not given:
        return extra
    place = {before: now for now, before in enumerate(order)}
    edits = _read(msgspec.json.encode(given))
    kept = tuple(
        msgspec.structs.replace(one, option=place[one.option])
        for one in edits.distractions
        if one.option in place
    )
    return extra | as_extra(msgspec.structs.replace(edits, distractions=kept))


def as_extra(edits: Edits) -> dict[str, Any]:
    found: dict[str, Any] = msgspec.to_builtins(edits)
    return {FIELD: found}
