"""The memory file: what earlier audits found to work, against what, told so that it can be carried.

One file holds audits, each under the identifier of its run: so two files merge without counting a
run twice, and one audit can be forgotten. It holds counts, names of attacks and kinds of case; no
case and no reply. How a model put the words that broke answers it holds only where its owner asks
for that: such wording is made against a named product. An export leaves it out and names targets by
their family alone, unless its owner asks for more: an identity may tell of an endpoint.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Annotated

import msgspec

from auscult.core.errors import UsageError
from auscult.core.strategist import COUNTED, Chain, Lesson, Remembered
from auscult.kit.attack.wording import broken_by, with_newest

FORMAT, VERSION = "auscult-memory", 1
SAME, CHANGED, FAMILY, OTHER = 1.0, 0.5, 0.5, 0.25
"""What a count is worth: of the very same target; of it before it changed; of one of its family;
of any other."""
ALL = ""
_version = re.compile(r"[-_:@ .]*v?\d.*$")
UNKNOWN = "unknown"
"""The version of an attack that was another one when it was used."""


Tries = Annotated[int, msgspec.Meta(ge=0, le=10**9)]
"""No audit has more, and beyond some number sums of them could not be told."""


class Entry(msgspec.Struct, frozen=True, omit_defaults=True):
    feature: str
    """Empty for cases of every kind."""
    chain: Chain
    tries: Tries
    broke: Tries
    cost: float = 0.0
    """Questions put to the target in all."""
    words: tuple[str, ...] = ()
    """Of a single attack: how words were put that broke such answers, the newest first."""


class Audit(msgspec.Struct, frozen=True, omit_defaults=True):
    target: str
    """The identity that the plan declared."""
    family: str
    fingerprint: str
    """Of its configuration: another one means that it changed."""
    when: str
    """The day it began."""
    suite: str
    attacks: Mapping[str, str]
    """The version of each attack."""
    entries: tuple[Entry, ...]


class Memory(msgspec.Struct, frozen=True):
    format: str = FORMAT
    version: int = VERSION
    audits: dict[str, Audit] = {}
    """By the identifier of the run."""


class _Kind(msgspec.Struct, frozen=True):
    """What a file must say of itself before anything else of it is read."""

    format: str
    version: int


class _Stored(_Kind, frozen=True):
    audits: dict[str, Audit]


def family_of(target: str) -> str:
    """The name without what looks like a version: "openai/gpt-4o-mini" is of "openai/gpt"."""
    kind, slash, model = target.partition("?")[0].partition("/")
    bare = _version.sub("", model)
    return f"{kind}{slash}{bare or model}"


def read_memory(path: Path) -> Memory:
    try:
        body = path.read_bytes()
    except FileNotFoundError:
        raise UsageError(
            f"there is no memory file '{path}'; name one that `auscult memory add` wrote"
        ) from None
    except OSError as error:
        raise UsageError(f"cannot read the memory file '{path}': {error.strerror}") from error
    try:
        kind = msgspec.json.decode(body, type=_Kind)
        if kind.format != FORMAT or kind.version != VERSION:
            raise UsageError(
                f"'{path}' has the format '{kind.format}' {kind.version}; this version of auscult "
                f"reads '{FORMAT}' {VERSION}; name another file"
            )
        memory = Memory(audits=msgspec.json.decode(body, type=_Stored).audits)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise UsageError(f"'{path}' is no memory file: {error}; name another") from error
    _check(memory, path)
    return memory


def _check(memory: Memory, path: Path) -> None:
    for run, audit in memory.audits.items():
        for entry in audit.entries:
            if not entry.chain or entry.broke > entry.tries:
                raise UsageError(
                    f"'{path}' says of run '{run}' that {' + '.join(entry.chain) or 'no attack'} "
                    f"broke {entry.broke} of {entry.tries}, so the file was damaged; mend it by "
                    "hand, or make it again with `auscult memory add`"
                )


def encoded(memory: Memory) -> bytes:
    ordered = Memory(audits=dict(sorted(memory.audits.items())))
    return msgspec.json.format(msgspec.json.encode(ordered), indent=1) + b"\n"


def write_memory(path: Path, memory: Memory) -> None:
    """Whole or not at all: a full disk must not cost what earlier audits learnt."""
    beside = path.with_name(f"{path.name}.part")
    try:
        beside.write_bytes(encoded(memory))
        beside.replace(path)
    except OSError as error:
        raise UsageError(
            f"cannot write the memory file '{path}': {error.strerror}; the old one is as it was"
        ) from error
    finally:
        beside.unlink(missing_ok=True)


def entries_of(lessons: Iterable[Lesson]) -> tuple[Entry, ...]:
    """What an audit's cases come to, in order of feature and chain."""
    counts: dict[tuple[str, Chain], list[float]] = {}
    lessons = list(lessons)
    for lesson in lessons:
        for tried in lesson.tried:
            if tried.outcome in COUNTED:
                for feature in (ALL, *lesson.features):
                    count = counts.setdefault((feature, tried.chain), [0, 0, 0.0])
                    count[0] += 1
                    count[1] += tried.outcome == "broke"
                    count[2] += tried.cost
    wordings: dict[tuple[str, Chain], tuple[str, ...]] = {}
    for features, attack, words in broken_by(lessons):
        for feature in (ALL, *features):
            place = (feature, (attack,))
            wordings[place] = with_newest(wordings.get(place, ()), words)
            counts.setdefault(place, [0, 0, 0.0])  # where it broke answers in a chain alone
    return tuple(
        Entry(feature, chain, int(tries), int(broke), cost, wordings.get((feature, chain), ()))
        for (feature, chain), (tries, broke, cost) in sorted(counts.items())
    )


def wordings_of(audit: Audit) -> list[tuple[str, str]]:
    """Attack and wording, each once."""
    return sorted({(entry.chain[0], words) for entry in audit.entries for words in entry.words})


def without_wording(memory: Memory) -> Memory:
    """Counts alone."""
    bare = {
        run: msgspec.structs.replace(
            audit,
            entries=tuple(
                msgspec.structs.replace(entry, words=()) for entry in audit.entries if entry.tries
            ),
        )
        for run, audit in memory.audits.items()
    }
    return Memory(audits=bare)


def merged(first: Memory, *others: Memory) -> Memory:
    """A run that several hold is counted once, as the one tells it that knows most of it, and of
    two that know as much the one that holds wording."""
    audits = dict(first.audits)
    for other in others:
        for run, audit in other.audits.items():
            if run not in audits or _told(audit) >= _told(audits[run]):
                audits[run] = audit
    return Memory(audits=audits)


def replaced(memory: Memory, newer: Memory) -> Memory:
    """With the runs of the newer one, as it tells them."""
    return Memory(audits=memory.audits | newer.audits)


def _told(audit: Audit) -> tuple[int, int]:
    return tries_of(audit), len(wordings_of(audit))


def tries_of(audit: Audit) -> int:
    return sum(entry.tries for entry in audit.entries if not entry.feature)


def without(memory: Memory, *, target: str = "", run: str = "", before: str = "") -> Memory:
    """What is named goes: every audit that all that is given holds of."""

    def goes(name: str, audit: Audit) -> bool:
        return (
            (not target or audit.target == target)
            and (not run or name == run)
            and (not before or audit.when < before)
        )

    kept = {name: audit for name, audit in memory.audits.items() if not goes(name, audit)}
    return Memory(audits=kept)


def exported(memory: Memory, *, targets: bool, wording: bool = False) -> Memory:
    """To give away: targets by their family and no wording, unless they are asked for."""
    if not wording:
        memory = without_wording(memory)
    if targets:
        return memory
    bare = {
        run: msgspec.structs.replace(audit, target=audit.family, fingerprint="")
        for run, audit in memory.audits.items()
    }
    return Memory(audits=bare)


def recalled(
    memory: Memory, target: str, fingerprint: str, attacks: Mapping[str, str]
) -> tuple[Remembered, ...]:
    """What may be believed of this target. Counts of an attack that has another version now are
    worth as much as those of a target that changed."""
    family = family_of(target)
    sums: dict[tuple[str, Chain], list[float]] = {}
    wordings = _recalled_wordings(memory, target, fingerprint)
    for _, audit in sorted(memory.audits.items()):
        worth = _worth(audit, target, family, fingerprint)
        for entry in audit.entries:
            if not all(name in attacks for name in entry.chain):
                continue
            same = all(audit.attacks.get(name) == attacks[name] for name in entry.chain)
            weight = worth if same else worth * CHANGED
            held = sums.setdefault((entry.feature, entry.chain), [0.0, 0.0])
            held[0] += weight * entry.tries
            held[1] += weight * entry.broke
    return tuple(
        Remembered(feature, chain, tries, broke, wordings.get((feature, chain), ()))
        for (feature, chain), (tries, broke) in sorted(sums.items())
    )


def _recalled_wordings(
    memory: Memory, target: str, fingerprint: str
) -> dict[tuple[str, Chain], tuple[str, ...]]:
    """A few of each: those of audits that are worth most here, and of the newest of these."""
    family = family_of(target)
    found: dict[tuple[str, Chain], tuple[str, ...]] = {}
    for _, audit in sorted(
        memory.audits.items(),
        key=lambda item: (_worth(item[1], target, family, fingerprint), item[1].when, item[0]),
    ):
        for entry in audit.entries:
            for words in reversed(entry.words):
                place = (entry.feature, entry.chain)
                found[place] = with_newest(found.get(place, ()), words)
    return found


def _worth(audit: Audit, target: str, family: str, fingerprint: str) -> float:
    if audit.target == target:
        return SAME if audit.fingerprint == fingerprint else CHANGED
    return FAMILY if audit.family == family else OTHER
