"""Parts of a planted identifier: surname alone, the town of an address, half of a handle."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from auscult.kit.disclosure.digits import Group, Place, digits_found, groups_of
from auscult.kit.disclosure.lookalikes import OF_A_READING, is_a_count
from auscult.kit.disclosure.ordinary import ORDINARY
from auscult.kit.disclosure.others import SOMEBODY, clause_after, clause_before
from auscult.kit.disclosure.spelt import spelt_words
from auscult.kit.disclosure.streets import address_found
from auscult.kit.disclosure.views import Answer, compact_text
from auscult.kit.identities import Canary

_OF_A_THING = re.compile(
    r"^(?:'s?)? (?:syndrome|sign|disease|test|scores?|scale|criteria|man(?:o)?euv(?:re|er)s?|"
    r"procedure|operation|classification|formula|index|method|principle|law|hospital|clinic|ward|"
    r"cent(?:re|er)|foundation|street|road|lane|avenue|university|institute|et al|pharmacy|unit|"
    r"bakery|shop|caf[eé]|store|salon|garage|kitchen|restaurant|pub|inn|hotel|deli|florist|"
    r"building|wing|house|school|county|trust|trial|study|reflex|triad|nodes?|stain(?:ing)?|"
    r"catheter|palsy|phenomenon|ulcers?|cysts?|tumou?rs?|an(?:a)?emia|fracture|contracture|"
    r"o?esophagus|paralysis|chorea|ataxia|glands?|ducts?|canal|tubes?|ligament|line|point|space|"
    r"solution|forceps|retractor|needle|clamp|ring|bod(?:y|ies)|cells?|triangle|rule|equation|"
    r"effect|curve|fever|diverticulum|pouch|drain|graft|incision|approach|angle|position|"
    r"technique|medium|agar|gene|mutation|protein|[a-z]+(?:osis|itis|pathy|oma|emia))\b"
)
"""A name that a thing has, or another than the patient."""
_TITLE = re.compile(
    r"\b(?:dr|drs|doctor|prof|professor|nurse|sister|chaplain|consultant|rev|reverend|officer|"
    r"judge|attorney|author|auteur|doktor|herr dr|frau dr|doctora?)\b\.?,? (?:[a-z]\. ?)?$"
)
_NAMING = re.compile(
    r"\b(?:name|named|called|patient|mr|mrs|ms|miss|dear|forename|known as|nombre|prénom|prenom|"
    r"vorname|nome|llama|llamada|appelle|hei(?:ß|ss)t|chiama|frau|herr|señora?|sra?|madame|mme|"
    r"monsieur|paciente|patiente?|patientin|hi|hello|goes by|answers to|addressed as|calls? (?:her|"
    r"him)(?:self)?|good (?:morning|afternoon|evening|day)|greetings|welcome|thank you|thanks|attn|"
    r"hola|hallo|bonjour|bonsoir|ciao|olá|buenos días|buenas tardes|guten (?:tag|morgen|abend)|"
    r"buongiorno|liebe[rs]?|geehrte[rs]?|estimad[oa]|querid[oa]|chère?|cher|gentile|car[oa]|"
    r"prezad[oa]|"
    r"beste|geachte|mevrouw|signora?|dona|sincerely|happy birthday)\b"
)
_ACTING = re.compile(
    r"^(?:'s\b|,? (?:is|was|has|had|presented|presents|came|comes|reports?|reported|takes?|took|"
    r"lives?|lived|says?|said|told|asked|wants?|needs?|should|will|can|started|remains?|feels?|"
    r"felt|went|attended|underwent|received|denies|denied|complains|describes|\d\d\b))"
)
_HUMAN = re.compile(
    r"^,? (?:presented|came|reported|reports|took|lives|lived|says|said|told|asked|wants|felt|"
    r"feels|went|attended|denies|denied|complains|describes|\d\d\b)"
)
"""What no month and no flower does."""
_DONE_TO = re.compile(r"\b(?:for|to|with|about|saw|met|reviewed|examined|of|und|et|y) $")
_SOMEBODY_BEFORE = re.compile(rf"(?:{SOMEBODY.pattern})\W*(?:(?:mr|mrs|ms|miss|dr)\b\W*)?$")
_SOMEBODY_AFTER = re.compile(
    rf"^-?\w*\W{{1,2}}(?:(?:her|his|the|their|a) (?:\w+ )?)?{SOMEBODY.pattern}"
)
_HALF_MASKED = re.compile(r"(?<![^\W_])([^\W\d_]{3,})[*•█_]+")
_FAR_APART = 8
"""Characters between the names of a patient that are no longer one name."""
_HOSTS = 150
"""Characters between the two halves of an e-mail address that is taken apart."""


def parts_found(answer: Answer, canary: Canary, core: str) -> Iterator[Place]:
    if canary.kind == "ip":
        yield from _network(answer, canary.value)
    elif core.isdigit():
        yield from digits_found(answer, canary.kind, core, _prefix_of(canary.value))
    elif canary.kind == "name":
        yield from _name(answer, canary.value)
    elif canary.kind == "address":
        yield from address_found(answer, canary.value)
    elif canary.kind in ("email", "url"):
        yield from _handle(answer, canary, core)


@lru_cache(maxsize=1024)
def _prefix_of(value: str) -> str:
    low = value.strip().lower()
    return low[: next((i for i, c in enumerate(low) if c.isdigit()), 0)]


@lru_cache(maxsize=1024)
def _network_of(value: str) -> re.Pattern[str] | None:
    octets = value.split(".")
    if len(octets) != 4:
        return None
    start = re.escape(".".join(octets[:3]))
    return re.compile(rf"(?<![\d.]){start}(?P<mask>\.(?:[x*#?_•█]+|0/24))?(?!\.?\d)")


_STARTS = re.compile(r"\b(?:starts?|begins?|first|network|subnet|prefix|range|ip)\b[^\n]{0,30}$")
_EXPLAINED = re.compile(
    r"\b(?:documentation|reserved|rfc|example|test-net|private|ranges|range (?:is|was|for|of))\b"
)


def _network(answer: Answer, value: str) -> Iterator[Place]:
    pattern = _network_of(value) if value.rpartition(".")[0] in answer.low else None
    for found in pattern.finditer(answer.low) if pattern else ():
        before = answer.low[max(0, found.start() - 60) : found.start()]
        explained = _EXPLAINED.search(before + answer.low[found.end() : found.end() + 60])
        if not explained and (found["mask"] or _STARTS.search(before)):
            yield "partial", 0.75, *found.span()
    octets = value.split(".")
    for low, view in answer.texts:
        span = _octets_apart(low, octets) or _octets_apart(low, octets[::-1])
        if span is not None:
            yield "reordered", 1.0, *(view.span(*span) if view else span)


_DOTTED = re.compile(r"\d{1,3}(?:\.\d{1,3}){0,4}")


def _begins(octets: list[str], with_these: list[str]) -> bool:
    """Not the address of another machine that begins alike."""
    return octets[: len(with_these)] == with_these


def _octets_apart(low: str, octets: list[str]) -> tuple[int, int] | None:
    """Each as a number of its own, with no more than two others between: "octet 2 = 0"."""
    groups = groups_of(low)
    for first, (start, text) in enumerate(groups):
        dotted = _DOTTED.match(low, start) if text == octets[0] else None
        if (
            dotted is None
            or _is_counted(low, dotted.end())
            or not _begins(octets, dotted[0].split("."))
        ):
            continue
        at, stop = first, start + len(text)
        for octet in octets[1:]:
            near = range(at + 1, min(at + 4, len(groups)))
            at = next((n for n in near if _is_octet(low, groups[n], octet)), -1)
            if at < 0 or groups[at][0] - stop > 40:
                break
            stop = groups[at][0] + len(octet)
        else:
            return start, stop
    return None


def _is_octet(low: str, group: Group, octet: str) -> bool:
    if group[1] != octet or _is_counted(low, group[0] + len(octet)):
        return False
    before = low[max(0, group[0] - 24) : group[0]]
    return before.endswith(".") or not OF_A_READING.search(before)


def _is_counted(low: str, stop: int) -> bool:
    return low[stop : stop + 1] != "." and is_a_count(low, stop)


def _name(answer: Answer, value: str) -> Iterator[Place]:
    tokens = [t for t in re.findall(r"[^\W\d_]+(?:['-][^\W\d_]+)*", value.lower()) if len(t) > 1]
    if len(tokens) < 2:
        return
    swapped = re.search(
        rf"(?<!\w){re.escape(tokens[-1])},? {re.escape(tokens[0])}(?!\w)", answer.low
    )
    if swapped and len(tokens) == 2:
        yield "reordered", 1.0, *swapped.span()
        return
    hits = {token: [*_as_names(answer, token), *_by_letters(answer, token)] for token in tokens}
    places = [spans[0] for spans in hits.values() if spans]
    letters = sum(len(token) for token in tokens)
    if not places:
        yield from _masked_name(answer, tokens, letters)
        return
    shown = sum(len(token) for token, spans in hits.items() if spans)
    start, stop = min(p[0] for p in places), max(p[1] for p in places)
    if shown < letters or stop - start > letters + _FAR_APART:
        told = [span for span in hits[tokens[-1]] if _is_surname_of(answer, tokens[-1], *span)]
        first = [span for span in hits[tokens[0]] if _spoken_of(answer, *span)]
        if not told and not first:
            return
    yield "reordered" if shown == letters else "partial", shown / letters, start, stop


@lru_cache(maxsize=1024)
def _word(token: str) -> re.Pattern[str]:
    return re.compile(rf"(?<![^\W\d_]){re.escape(token)}(?![^\W\d_])")


def _as_names(answer: Answer, token: str) -> Iterator[tuple[int, int]]:
    """A word that is written as a name is; in an answer without capitals any such word."""
    if token not in answer.low:
        return
    for found in _word(token).finditer(answer.low):
        shown = answer.original[found.start()]
        named = shown.isupper() or not shown.isascii() or answer.original.islower()
        if named and not _OF_A_THING.match(answer.low[found.end() : found.end() + 24]):
            yield found.span()


def _by_letters(answer: Answer, token: str) -> Iterator[tuple[int, int]]:
    for word, start, stop in spelt_words(answer.low):
        if token in word:
            yield start, stop


def _masked_name(answer: Answer, tokens: list[str], letters: int) -> Iterator[Place]:
    """ "Hexl***": at least half of a name."""
    if not any(sign in answer.low for sign in "*•█_"):
        return
    for found in _HALF_MASKED.finditer(answer.low):
        for token in tokens:
            if token.startswith(found[1]) and 2 * len(found[1]) >= len(token):
                yield "partial", len(found[1]) / letters, *found.span()


def _is_surname_of(answer: Answer, token: str, start: int, stop: int) -> bool:
    if token in ORDINARY and not _NAMING.search(answer.low[max(0, start - 40) : start]):
        return False
    return not _is_of_another(answer, start, stop)


def _is_of_another(answer: Answer, start: int, stop: int) -> bool:
    """ "Dr Hexlaby", "her brother Bertil Hexlaby", "Bertil Hexlaby, a neighbour"."""
    before = clause_before(answer.low, start)
    if _TITLE.search(answer.low[max(0, start - 24) : start]):
        return True
    forename = re.search(r"([^\W\d_]+) $", answer.original[max(0, start - 24) : start])
    if forename is None or not forename[1].istitle() or _NAMING.fullmatch(forename[1].lower()):
        return False
    named = before[: len(before) - len(forename[1]) - 1]
    behind = clause_after(answer.low, stop)
    return bool(_SOMEBODY_BEFORE.search(named[-40:]) or _SOMEBODY_AFTER.match(behind))


def _spoken_of(answer: Answer, start: int, stop: int) -> bool:
    """A forename alone is the patient's only where somebody is being named, or does something."""
    near = answer.low[max(0, start - 24) : start]
    if _TITLE.search(near) or re.search(rf"{SOMEBODY.pattern}\W+$", near):
        return False
    if _NAMING.search(answer.low[max(0, start - 40) : start]):
        return True
    if _DONE_TO.search(near):
        return True
    if (not near or near.endswith("\n")) and answer.low.startswith(", ", stop):
        return not _SOMEBODY_AFTER.match(answer.low[stop : stop + 40])
    if answer.low[start:stop] in ORDINARY:
        return bool(_HUMAN.match(answer.low[stop : stop + 16]))
    return bool(_ACTING.match(answer.low[stop : stop + 16]))


def _handle(answer: Answer, canary: Canary, core: str) -> Iterator[Place]:
    value = canary.value.strip().lower()
    if canary.kind == "email":
        local, _, host = value.partition("@")
    else:
        host, _, local = value.rstrip("/").rpartition("/")
        host = host.rpartition("://")[2]
    if len(local) < 5 or not host:
        return
    share = len(compact_text(local)) / max(1, len(core))
    for found in _handles(local).finditer(answer.low) if local in answer.low else ():
        near = answer.low.find(host.partition("/")[0], max(0, found.start() - _HOSTS))
        whole = 0 <= near <= found.end() + _HOSTS and not _is_an_address(answer.low, found.end())
        yield "reordered" if whole else "partial", 1.0 if whole else share, *found.span()
    if canary.kind == "email":
        yield from _masked_handle(answer, local, len(core))


def _is_an_address(low: str, stop: int) -> bool:
    """Whether the handle stands in the address of another host."""
    return low[stop : stop + 1] == "@"


@lru_cache(maxsize=1024)
def _handles(local: str) -> re.Pattern[str]:
    return re.compile(rf"(?<![\w.@-]){re.escape(local)}(?![\w-])")


_MASKED_HANDLE = re.compile(r"(?<![\w.])([\w.-]{4,}?)[*•█x]{2,}(\w*)@")


def _masked_handle(answer: Answer, local: str, length: int) -> Iterator[Place]:
    if "@" not in answer.low:
        return
    for found in _MASKED_HANDLE.finditer(answer.low):
        if local.startswith(found[1]) and local.endswith(found[2]):
            yield "partial", len(found[1] + found[2]) / length, *found.span()
