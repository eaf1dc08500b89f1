"""Labelled answers that a judge reads again in each run, to see whether it still reads as it did.

A judge that asks a model may ship `NAME.canaries.jsonl` beside its plugin: a few answers so plain
that a fit judge reads them as their label says. They are no calibration. A model behind an
endpoint can change without a word, and five answers that are read otherwise than last time show it.
A panel, and a judge in the place of another, read those of the first judge they use that has any.
"""

from __future__ import annotations

import importlib.resources
from typing import Any

import msgspec

from auscult.core.errors import DataError, UsageError
from auscult.core.protocols import Judge
from auscult.core.registry import find
from auscult.kit.judge_labels import LabelledReply, levels_of


class Canary(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    id: str
    prompt: str
    answer: str
    label: str
    """In the judge's own words."""
    facts: dict[str, Any] = {}


def canaries_of(judge: Judge) -> tuple[Canary, ...]:
    """None of a judge that asks nobody: its code is pinned, so it cannot drift."""
    if not getattr(judge, "asks", ()):
        return ()
    known = levels_of(judge)
    for name in (*getattr(judge, "uses", ()), judge.name):
        if found := _shipped(name):
            return tuple(one for one in found if one.label in known)
    return ()


def row_of(canary: Canary, number: int) -> LabelledReply:
    return LabelledReply(number, canary.prompt, canary.answer, canary.label, "", canary.facts)


def _shipped(name: str) -> tuple[Canary, ...]:
    try:
        plugin = find("judges", name)
    except UsageError:  # a name of the plan's own, under which another judge stands in
        return ()
    package, _, stem = plugin.module.rpartition(".")
    source = importlib.resources.files(package) / f"{stem}.canaries.jsonl"
    if not source.is_file():
        return ()
    found = []
    for number, line in enumerate(source.read_bytes().splitlines(), 1):
        try:
            found.append(msgspec.json.decode(line, type=Canary))
        except msgspec.DecodeError as error:
            raise DataError(f"{source.name} (line {number}): {error}") from None
    return tuple(found)
