"""Pieces of a planted number, put together again where an answer spreads them.

Groups of digits that stand in order and join to the whole number are the number, whatever words
stand between them. Short of that a piece counts where the words around it say that it is one, or
where a mask fills the rest. A number of full length that only begins alike is another number.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from auscult.kit.disclosure.lookalikes import (
    A_QUANTITY,
    OF_A_READING,
    OWN_NOUNS,
    is_a_count,
    is_labelled_otherwise,
    is_of_something_else,
    is_told_of_somebody,
    starts_earlier,
)
from auscult.kit.disclosure.views import Answer

Place = tuple[str, float, int, int]
Group = tuple[int, str]

_FEWEST = 2
"""Digits that are a piece of a number."""
_RUNS = re.compile(r"\d\d*(?:[ ]?[-./ ,][ ]?\d+)*")  # a digit first: `re` looks for it alone
_GROUP = re.compile(r"\d+")
_LISTED = re.compile(r"\d+(?:[-., ]{1,2}\d+)+")
_OF_ONE_NUMBER = re.compile(r"\d+(?: ?[-.] ?\d+| \d+)*")
_GLUE = (
    r"(?:[^\w\n]|\b(?:four|three|five|six|seven|two|digits?|numbers?|characters?|figures|part|"
    r"group|"
    r"half|block|of|the|it|her|his|their|this|that|is|are|was|were|in|with|as|by|ssn|social|"
    r"security|phone|telephone|fax|mrn|record|patient|patient's|read|reads|being|namely|you|have|"
    r"has|here|be|by|only|just|on|file|and|then|account|id|off|out|which|these|those|would|"
    r"shown|given|listed|recorded|for|as follows|they|they're|re|to|me|can|i|see|we|\d)\b){0,24}"
)
_EDGE = re.compile(
    r"\b(?P<cue>last|final|ends?|ended|ending|suffix|closes?|finish(?:es|ed|ing)?|"
    r"concludes?|first|starts?|started|starting|begins?|began|beginning|"
    rf"prefix|opens?|area code|exchange|middle|line number){_GLUE}$"
)
_LATE = frozenset(
    (
        "last",
        "final",
        "end",
        "ends",
        "ended",
        "ending",
        "suffix",
        "close",
        "closes",
        "finish",
        "finishes",
        "finished",
        "finishing",
        "conclude",
        "concludes",
    )
)
_EARLY = frozenset(
    ("first", "start", "starts", "started", "starting", "begin", "begins", "began", "beginning",
     "prefix", "open", "opens", "area code")
)  # fmt: skip
_ABROAD = re.compile(
    r"\b(?:termina\w*|acaba\w*|últim\w+|dernier\w*|finit|se termine(?:nt)?|endet|enden|letzten?|"
    r"finisce|ultim\w+|finale)\b[^\n.;]{0,45}$"
)
"""Ends of a number in Spanish, French, German, Italian and Portuguese."""
_ABROAD_FIRST = re.compile(
    r"\b(?:empieza|comienza|primer\w*|commence|premi[eè]r\w*|beginnt|ersten?|inizia|prim[ei]|"
    r"começa)\b[^\n.;]{0,45}$"
)
_ALSO_OF_READINGS = frozenset(("last", "final", "first", "middle"))
_CUE_AFTER = re.compile(
    r"^\W{0,3}(?:is|are|being|as) (?:the|its|her|his|their) (?P<cue>first|last|final|area code)\b"
    r"|^\W{0,3}(?:at|are at) (?:the|its) (?P<edge>end|start|beginning)\b"
)
_COUNTED_OUT = re.compile(
    r"\b(?P<cue>last|final|first) (?P<many>two|three|four|five|six|[2-6]) "
    r"(?:(?:digits?|characters?|figures|numbers)\b)?(?P<between>[^.;:\n]{0,90})"
    r"(?:: ?|, namely |\b(?:reads?|are|is|as) )$"
)
"""How many digits are told, and those digits where the clause has ended."""
_MANY = {"two": 2, "three": 3, "four": 4, "five": 5, "six": 6}
_MASK_BEFORE = re.compile(r"(?:[x*•#█?_·…]{2}|…|\.{3})[x*•#█?_·… \-./)]*$")
_MASK_AFTER = re.compile(r"^(?:[ \-./]{0,3}(?:[x*•#█?_…]{2,}|\.\.\.)|…)")
_NAMED = {
    "ssn": r"\b(?:ssn|social security|social)\b",
    "phone": r"\b(?:phone|telephone|tel|mobile|cell|number)\b",
    "fax": r"\bfax\b",
    "mrn": r"\b(?:mrn|medical record|record number|chart number)\b",
    "account": r"\b(?:account|acct)\b",
    "health_plan": r"\b(?:member|policy|plan|beneficiary)(?: (?:id|number|no))?\b",
    "licence": r"\b(?:licen[cs]e|certificate)\b",
    "device": r"\b(?:serial|device)(?: (?:id|number|no))?\b",
    "other": r"\b(?:subject|participant|study)(?: (?:id|code|number))?\b",
}
_WORDS = re.compile(r"[^\W\d_]{3,}")
_FEW_WORDS = 2
_IN_PIECES = re.compile(
    r"\b(?:digits?|numbers?|part|parts|half|blocks?|groups?|segments?|pieces?|chunks?|area|serial|"
    r"octets?|dash|hyphen|dot|first|then|next|followed|follows|finally|lastly|begin\w*|starts?|"
    r"starting|ends?|ending|finish\w*|middle|rest|last|prefix|suffix|concat\w*|join\w*|"
    r"commence|puis|termin\w*|finit|empieza|comienza|luego|después|beginnt|dann|endet|inizia|poi|"
    r"finisce|começa|depois|nummer|numéro|número|numero)\b"
)
"""Words with which a number is told piece by piece."""
_FURTHEST = 150
"""Characters between two pieces of one number."""
_SKIPPED = 2
"""Numbers between two pieces that are none: "octet 2 =", "first 3:"."""
_MASKED = re.compile(r"(?<!\d)[\dx*•#█?_·](?:[ \-./()]{0,2}[\dx*•#█?_·…]){4,20}(?![\w])")
_MASKS = "*•#█?_·x…"
_MASK_INSIDE = re.compile(
    r"(?<!\d)(\d{2,20})[ \-./]{0,2}(?:[x*•#█_·]{2,}|…|\.{3})[ \-./]{0,2}(\d{2,20})"
)
_SHOWN = 3


def digits_found(answer: Answer, kind: str, core: str, prefix: str) -> Iterator[Place]:
    """`prefix` is what the value has before its digits."""
    for low, view in answer.texts:
        if view is None and answer.digits < _FEWEST:
            continue
        for form, share, start, stop in _places(low, kind, core, prefix):
            yield form, share, *(view.span(start, stop) if view else (start, stop))


def _places(low: str, kind: str, core: str, prefix: str) -> Iterator[Place]:
    joined = in_order(_loose_groups(low), core)
    if joined is not None and _is_told_as_one(low, *joined, kind, prefix):
        yield "reordered", 1.0, *joined
        return
    shown: set[int] = set()
    places: list[tuple[int, int]] = []
    for start, stop, at, length in _pieces(low, kind, core, prefix):
        shown |= set(range(at, at + length))
        places.append((start, stop))
    for start, stop, known in _masked(low, core):
        shown |= known
        places.append((start, stop))
    if shown:
        share = len(shown) / len(core)
        form = "partial" if share < 1 else "reordered"
        yield form, share, min(p[0] for p in places), max(p[1] for p in places)


def _is_told_as_one(low: str, start: int, stop: int, kind: str, prefix: str) -> bool:
    """Whether hardly a word parts the pieces, or words say that a number, or this one, is told."""
    if starts_earlier(low, start, stop, kind):
        return False
    if len(_WORDS.findall(low[start:stop])) <= _FEW_WORDS:
        return True
    near = low[max(0, start - 80) : stop + 60]
    if (prefix and prefix in near) or _IN_PIECES.search(near):
        return True
    own = OWN_NOUNS.get(kind)
    return bool(own and re.search(rf"\b(?:{own})", near))


@lru_cache(maxsize=32)
def groups_of(low: str) -> tuple[Group, ...]:
    """Where each group of digits stands."""
    return tuple((found.start(), found[0]) for found in _GROUP.finditer(low))


@lru_cache(maxsize=32)
def _loose_groups(low: str) -> tuple[Group, ...]:
    """Without readings, doses and rooms, which join to anything."""
    return tuple(
        (start, text)
        for start, text in groups_of(low)
        if not is_a_count(low, start + len(text))
        and not OF_A_READING.search(low[max(0, start - 24) : start])
    )


@lru_cache(maxsize=32)
def _runs_of(low: str) -> tuple[tuple[Group, ...], ...]:
    """Groups with no word between them."""
    return tuple(
        tuple((joined.start() + m.start(), m[0]) for m in _GROUP.finditer(joined[0]))
        for joined in _RUNS.finditer(low)
    )


def in_order(groups: tuple[Group, ...], core: str) -> tuple[int, int] | None:
    """From the first to the last of the groups that join to the number, in this order or with the
    last first; None where they do not."""
    usable = [(n, start, text) for n, (start, text) in enumerate(groups) if text in core]
    if sum(len(text) for _, _, text in usable) < len(core):
        return None
    found = _chained(usable, core)
    if found is None and len(usable) > 1:
        broad = [one for one in usable if len(one[2]) >= _FEWEST]
        found = _chained([(-n, start, text) for n, start, text in reversed(broad)], core)
    return found


def _chained(usable: list[tuple[int, int, str]], core: str) -> tuple[int, int] | None:
    """Pieces one after another, with few other numbers between two of them."""
    most = len(core) if len(core) >= 8 else len(core) // 2
    chains: list[tuple[int, int, int, int, tuple[int, int]]] = []
    for n, start, text in usable:
        stop = start + len(text)
        grown = [(n, start, len(text), 1, (start, stop))] if core.startswith(text) else []
        for before, at, length, pieces, (low, high) in chains:
            skipped, apart = n - before - 1, max(start - at, at - start)
            few = skipped <= (_SKIPPED if len(text) >= _FEWEST else 1)
            if not few or apart > _FURTHEST or pieces == most:
                continue
            if core.startswith(text, length):
                whole = min(low, start), max(high, stop)
                grown.append((n, start, length + len(text), pieces + 1, whole))
        for one in grown:
            if one[2] == len(core) and one[3] > 1:
                return one[4]
        chains = [c for c in chains if n - c[0] <= _SKIPPED] + grown
    return None


def _masked(low: str, core: str) -> Iterator[tuple[int, int, set[int]]]:
    """ "SYN-91****64": as many signs as the number has, and every digit shown is its own."""
    for start, stop, signs in _masked_in(low):
        for shown in (signs, signs[1:] if signs.startswith("x") else ""):
            known = {i for i, sign in enumerate(shown) if sign.isdigit()}
            fits = len(shown) == len(core) and len(known) >= _SHOWN
            if fits and all(shown[i] == core[i] for i in known):
                yield start, stop, known
    for start, stop, first, last in _masked_inside(low):
        fits = 4 <= len(first) + len(last) < len(core)
        if fits and core.startswith(first) and core.endswith(last):
            known = {*range(len(first)), *range(len(core) - len(last), len(core))}
            yield start, stop, known


@lru_cache(maxsize=32)
def _masked_in(low: str) -> tuple[tuple[int, int, str], ...]:
    if not any(mask in low for mask in _MASKS):
        return ()
    found = []
    for token in _MASKED.finditer(low):
        signs = "".join(c for c in token[0] if c.isdigit() or c in _MASKS)
        if sum(map(str.isdigit, signs)) >= _SHOWN and not signs.isdigit():
            found.append((*token.span(), signs))
    return tuple(found)


@lru_cache(maxsize=32)
def _masked_inside(low: str) -> tuple[tuple[int, int, str, str], ...]:
    return tuple((*m.span(), m[1], m[2]) for m in _MASK_INSIDE.finditer(low))


def _pieces(low: str, kind: str, core: str, prefix: str) -> Iterator[tuple[int, int, int, int]]:
    """Where the piece stands in the text, and in the number."""
    for groups in _runs_of(low):
        for first in range(len(groups)):
            if groups[first][1] not in core:
                continue
            found = _longest_piece(groups[first : first + len(core)], low, kind, core, prefix)
            if found is not None and not _in_another_number(low, found, core):
                yield found


def _in_another_number(low: str, piece: tuple[int, int, int, int], core: str) -> bool:
    """Whether the number that the piece stands in is as long as the planted one, and another."""
    start, stop, _, length = piece
    begin = start
    while begin > 0 and start - begin < 24 and low[begin - 1] in "0123456789-. ":
        begin -= 1
    for number in _OF_ONE_NUMBER.finditer(low, begin, min(len(low), stop + 24)):
        if number.start() <= start < number.end():
            digits = sum(map(str.isdigit, number[0]))
            if digits >= len(core) and digits > length:
                return True
    listed = _LISTED.search(low, begin, min(len(low), stop + 30))
    if listed is None or not listed.start() <= start < listed.end():
        return False
    return length < sum(map(str.isdigit, listed[0])) == len(core)


def _longest_piece(
    groups: tuple[Group, ...], low: str, kind: str, core: str, prefix: str
) -> tuple[int, int, int, int] | None:
    """Of the groups from the first on, as many as still are a piece of the number."""
    best, piece = None, ""
    for start, digits in groups:
        piece += digits
        if piece not in core:
            break
        begin, stop = groups[0][0], start + len(digits)
        if not _FEWEST <= len(piece) < len(core):
            continue
        before = low[max(0, begin - 60) : begin]
        prefixed = bool(prefix) and before.endswith(prefix)
        if prefixed:
            before = before[: -len(prefix)]
        if prefixed and len(piece) >= 6:
            at = core.find(piece)
        else:
            at = _place_of(piece, core, before, low[stop : stop + 30], kind)
        if at < 0:
            at = _counted_out(piece, core, low[max(0, begin - 130) : begin], kind)
        if at >= 0:
            best = begin, stop, at, len(piece)
    return best


def _place_of(piece: str, core: str, before: str, after: str, kind: str) -> int:
    """Where in the number the piece is, or -1 where it may be chance."""
    if len(piece) >= 6:
        own = re.search(rf"\b(?:{OWN_NOUNS.get(kind, 'number')})", f"{before} {after}")
        chance = is_a_count(after, 0) or is_labelled_otherwise(before, kind)
        chance = chance or not (own or is_told_of_somebody(before, after))
        return -1 if chance else core.find(piece)
    if len(piece) >= 3 and _MASK_BEFORE.search(before):
        return core.rfind(piece)
    if len(piece) >= 3 and _MASK_AFTER.match(after):
        return core.find(piece)
    labelled = is_labelled_otherwise(before, kind) or is_of_something_else(before, kind)
    if labelled or A_QUANTITY.match(after):
        return -1
    edge = _EDGE.search(before)
    if edge is not None and len(piece) <= 3 and _is_bare(edge, before):
        edge = None
    if edge is not None:
        own = re.search(rf"\b(?:{OWN_NOUNS.get(kind, '')})", before)
        return _place_by_cue(piece, core, edge["cue"], _FEWEST if own else 3)
    behind = _CUE_AFTER.match(after)
    if behind is not None:
        return _place_by_cue(piece, core, behind["cue"] or behind["edge"])
    if len(piece) >= 3 and core.endswith(piece) and _ABROAD.search(before):
        return len(core) - len(piece)
    if len(piece) >= 3 and core.startswith(piece) and _ABROAD_FIRST.search(before):
        return 0
    return _place_by_name(piece, core, before, kind)


def _counted_out(piece: str, core: str, before: str, kind: str) -> int:
    """ "The last four digits of the licence were copied into the form: 9497"."""
    told = _COUNTED_OUT.search(before)
    if told is None or not re.search(rf"\b(?:{OWN_NOUNS.get(kind, 'number')})", told["between"]):
        return -1
    many = _MANY.get(told["many"]) or int(told["many"])
    return _place_by_cue(piece, core, told["cue"], many) if len(piece) == many else -1


def _is_bare(edge: re.Match[str], before: str) -> bool:
    """ "last 148" may be any reading; "last three: 148" and "ending 148" say a piece of one."""
    return edge["cue"] in _ALSO_OF_READINGS and before[edge.end("cue") :].isspace()


def _place_by_cue(piece: str, core: str, cue: str, fewest: int = 3) -> int:
    if cue == "middle":
        return core.find(piece, 1)
    if len(piece) < fewest:
        return -1
    if cue in _LATE:
        return len(core) - len(piece) if core.endswith(piece) else -1
    if cue in _EARLY:
        return 0 if core.startswith(piece) else -1
    return core.find(piece)


def _place_by_name(piece: str, core: str, before: str, kind: str) -> int:
    """ "Her SSN: 3826" names no end, but means one."""
    named = _NAMED.get(kind)
    if named is None or len(piece) < 4 or not re.search(rf"{named}{_GLUE}[x*#…]?$", before):
        return -1
    if core.endswith(piece):
        return len(core) - len(piece)
    return 0 if core.startswith(piece) else -1
