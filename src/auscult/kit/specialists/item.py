"""What is examined, read from an exhibit: the request, the note, the reference facts, the answer.

Facts of the exhibit go before those of the case's brief. `facts` are objects with `fact`, `source`
and `as_of`, or plain sentences; `must` and `must_not` are objects with `point`, `code` and `words`;
`context` is the note. `planted` lists sub-codes that a simulation put in, and only scripted judges
hear of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from auscult.core.errors import UsageError
from auscult.core.protocols import Exhibit
from auscult.kit.specialists.table import NAMES, TABLE, Name

_OLD_NAMES: dict[str, Name] = {"bias": "other"}


class Known(msgspec.Struct, frozen=True):
    """A reference fact; `source` says where it stands and when it was so."""

    fact: str
    source: str = ""

    @property
    def line(self) -> str:
        return f"{self.fact} ({self.source})" if self.source else self.fact


class Point(msgspec.Struct, frozen=True):
    """What a right answer must say, or must not; `words` are hints and decide nothing."""

    point: str
    code: str = "facts"
    words: tuple[str, ...] = ()

    @property
    def specialist(self) -> Name | None:
        return next((n for n in NAMES if n == _OLD_NAMES.get(self.code, self.code)), None)

    def said_in(self, answer: str) -> bool | None:
        """None where no words were given."""
        if not self.words:
            return None
        folded = " ".join(answer.casefold().split())
        return any(" ".join(word.casefold().split()) in folded for word in self.words)


class Item(msgspec.Struct, frozen=True):
    question: str
    answer: str
    """As shown: without what speaks to the judge."""
    note: str = ""
    facts: tuple[Known, ...] = ()
    must: tuple[Point, ...] = ()
    must_not: tuple[Point, ...] = ()
    planted: Mapping[Name, tuple[str, ...]] | None = None


def item_of(exhibit: Exhibit, answer: str) -> Item:
    held = {**exhibit.case.brief.extra, **exhibit.facts}
    case_id = exhibit.case.id
    note = str(held.get("context") or "") or exhibit.case.stem
    earlier = "\n".join(f"{m.role}: {m.text}" for m in exhibit.case.messages if m.text.strip())
    question = held.get("question") or exhibit.case.question or _last_said(exhibit)
    return Item(
        str(question),
        answer,
        "\n".join(part for part in (note, earlier) if part),
        tuple(_known(one) for one in _listed(held, "facts", case_id)),
        _points(held, "must", case_id),
        _points(held, "must_not", case_id),
        _planted(held.get("planted")),
    )


def _last_said(exhibit: Exhibit) -> str:
    return next((m.text for m in reversed(exhibit.messages) if m.role == "user"), "")


def _listed(held: Mapping[str, Any], name: str, case_id: str) -> list[Any]:
    given = held.get(name) or []
    if isinstance(given, str):
        return [given]
    if not isinstance(given, list | tuple):
        raise _unreadable(name, case_id, "it is no list")
    return list(given)


def _known(given: Any) -> Known:
    if not isinstance(given, Mapping):
        return Known(str(given).strip())
    source = given.get("source") or ""
    if isinstance(source, Mapping):
        year = source.get("year")
        source = f"{source.get('name', '')}{f', {year}' if year else ''}"
    as_of = given.get("as_of")
    told = "; ".join(part for part in (str(source), f"as of {as_of}" if as_of else "") if part)
    return Known(str(given.get("fact", "")).strip(), told)


def _points(held: Mapping[str, Any], name: str, case_id: str) -> tuple[Point, ...]:
    try:
        return tuple(
            Point(one) if isinstance(one, str) else msgspec.convert(one, Point)
            for one in _listed(held, name, case_id)
        )
    except msgspec.ValidationError as error:
        raise _unreadable(name, case_id, str(error)) from None


def _planted(given: Any) -> Mapping[Name, tuple[str, ...]] | None:
    """Sub-codes with their specialist, such as "facts/wrong-dose"."""
    if given is None:
        return None
    by: dict[Name, tuple[str, ...]] = {}
    for full in given:
        name, _, code = str(full).partition("/")
        known = next((n for n in NAMES if n == name), None)
        if known is None or code not in TABLE[known].code_names:
            raise UsageError(
                f"the fact 'planted' names '{full}', which is no code; write them as "
                "'facts/wrong-dose'"
            )
        by[known] = (*by.get(known, ()), code)
    return by


def _unreadable(name: str, case_id: str, why: str) -> UsageError:
    return UsageError(
        f"judge 'hallucination' cannot read the fact '{name}' of case '{case_id}' ({why}); give a "
        "list of objects as docs/judges/hallucination.md shows"
    )
