"""Identifiers of sources in an answer: which there are, and whether each can exist by its form.

Checked are DOI, PMID, PMCID, ISBN (with its check digit) and NCT numbers. Form is decided by code
and costs nothing. A false accusation is worse than a miss: where a number can be read in several
ways, the one that may exist is taken; patterns such as 10.xxxx/xxxxx are no numbers; and what the
request brought, or the answer itself doubts, is not held against the answer.

Whether something stands behind a number is another matter: `look_up` asks that of whoever plays a
role, and only where a plan says so.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Literal, NamedTuple, get_args
from urllib.parse import unquote

import msgspec

from auscult.kit.specialists.doubts import Doubts

Kind = Literal["doi", "pmid", "pmcid", "isbn", "nct"]
KINDS: tuple[Kind, ...] = get_args(Kind)

_HYPHENS = str.maketrans(
    dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2212\ufe63\uff0d\u00ad", "-")
)
"""One sign for one, so that a place in the folded text is one in the answer."""
_GAP = r"(?P<gap>[\s:#=*`_\[(\"'-]*(?:(?:is|are|no\.?|number)\b[\s:#=*`_\[(\"'-]*)?)"
_LISTED = r"(?:\(?\d{1,2}[.)]\s+(?=\d{4}))?"
_DOI = re.compile(
    r"(?:(?P<url>doi\.org/)|\bdoi(?!\.org)s?[\s:=*`\[]*(?=\d))(?P<it>[^\s,;<>\"'\]]+)",
    re.IGNORECASE,
)
_DOI_FORM = re.compile(r"10\.\d{4,9}(?:\.\d+)*/[^\s/]\S*")
_LIKE_A_DOI = re.compile(r"\d{1,5}\.\d+(?:\.\d+)*/[^\s/]\S*")
_USUAL_DOI = re.compile(r"10\.[\d.]+/[-._;()/:A-Za-z0-9]*[A-Za-z0-9)]")
_GOES_ON = re.compile(r"[,;<>'\"]?[\w(]|<(?!/|br\b)", re.IGNORECASE)
_BROKEN = re.compile(r"\.[^\S\n]+\w*\d|\.\s+[a-z]|[^\S\n]+(?:[./_-]\w|[a-z]{1,6}\d)")
"""Behind a DOI: what a blank may have cut off it. A figure on a new line is the next of a list."""
_TAIL = re.compile(
    r"[./_](?:e?pdf|html?|xml|epub|txt|docx?|full|full-?text|abstract|abs|summary|meta|extract"
    r"|references|figures?|tables?|suppl\w*|asset|download|issue|read)(?=[./_-]|$)"
    r"|(?<=[\d._/-])v\d+$|pmc?id|https?:|\((?:19|20)\d\d[a-z]?\)|\)$|[.][gste]\d{3}$|(?<!-[\dx])_\d+$",
    re.IGNORECASE,
)
_NEXT_WORD = re.compile(r"[.:_][A-Z][a-z]+$")
"""At the end of a DOI: what sites add for a page, a file, a version or a figure, and what writers
add without a blank. Registries do not know such a number, though the paper is real."""
_MASK = re.compile(r"x{3,}|n{4,}|y{4,}|#{2,}|\?{2,}|\.{3,}|\u2026|[{}]", re.IGNORECASE)
_PMID = re.compile(rf"\b(?:PMID|PubMed ID)(?P<many>s?){_GAP}{_LISTED}(?P<it>\d+)", re.IGNORECASE)
_MORE = re.compile(
    rf"(?:\s*[,;/&|]\s*|\s+)(?:(?:and|or|&)\s+)?(?:[-*\u2022]\s+)?{_LISTED}(?P<it>\d{{5,}})"
)
_PMCID = re.compile(rf"\bPMC(?P<label>\s?IDs?)?{_GAP}(?:PMC)?-?(?P<it>\d+)", re.IGNORECASE)
_NCT = re.compile(
    rf"\bNCT(?P<label>\s?(?:IDs?|identifiers?))?{_GAP}(?:NCT)?-?(?P<it>\d+)", re.IGNORECASE
)
_UNCLEAR = re.compile(r"[-.]?\d|,\d{1,4}(?!\d)|-?[A-Za-z_#\u2026]|-\s*\n|\?\?|\.\.")
"""Behind a number: what may belong to it, so that it may be longer than it looks, or a pattern."""
_IN_TWO = re.compile(r"\d+[- ]\d+(?!\d)")
_APART = re.compile(r" \d{3}")
_GROUPED = re.compile(r"\d{1,3}([ ,.])\d{3}(?:\1\d{3})+(?!\d)")
_ISBN = re.compile(
    r"\be?ISBNs?(?:[- ]?1[03](?=\W))?(?:\s?\((?:1[03]\b)?[a-z ,.-]{0,25}\))?"
    r"[\s:#=*`_\[(\"'-]*(?:(?:is|are|no\.?|number)\b[\s:#=*`_\[(\"'-]*)?(?=\d)",
    re.IGNORECASE,
)
_ISBN_RUN = re.compile(r"\d+(?:(?:-\s?|\s)\d+){0,14}")
_ISBN_UNCLEAR = re.compile(r"-?[A-Za-z_#\u2026]|-[\s\d]|\.\.|\?\?")
_ISBN_X = re.compile(r"[- ]?[Xx](?![\w-])")
_JOINT = re.compile(r"(?<=\d)(?:[-\s]\s?|,(?=\d{3}))(?=[\dXx])")
"""Between the groups of a number's digits."""
PMID_DIGITS, PMCID_DIGITS, NCT_DIGITS = 8, 8, 8
FEWEST = 9
"""Digits from which on a wrong length is held against an ISBN: fewer may be the start of one."""


class Identifier(msgspec.Struct, frozen=True):
    kind: Kind
    number: str
    text: str
    """As it stands in the answer."""
    fault: str = ""
    """What is wrong with its form; empty where it may exist."""
    whole: bool = True
    """False where the answer does not show plainly where the number ends: it may be more, or less,
    so nothing is concluded from looking it up."""
    place: int = 0
    """Where its text begins in the answer."""


class _Read(NamedTuple):
    kind: Kind
    number: str
    start: int
    end: int
    whole: bool = True
    judged: bool = True
    """False where no fault of form may be held against it."""


def identifiers(answer: str) -> tuple[Identifier, ...]:
    """Each once, in the order of their kinds."""
    return _once(_found(answer))


def offered(answer: str, request: str = "") -> tuple[Identifier, ...]:
    """Those that the answer itself puts forward: without what the request brought, and what the
    answer doubts or denies wherever it names it."""
    doubts = Doubts(answer)
    brought = f"{request}\n{_JOINT.sub('', request.translate(_HYPHENS))}".casefold()
    own = (one for one in _found(answer) if not _names(brought, one))
    return _once(one for one in own if not doubts.about(one.place))


def fault_of(kind: Kind, number: str) -> str:
    """What is wrong with the form; empty where such a number may exist."""
    return _FAULTS[kind](number)


def plain(kind: Kind, number: str) -> str:
    """As registries write it: an ISBN without hyphens, a PMCID without its letters."""
    if kind == "isbn":
        return re.sub(r"[-\s]", "", number.translate(_HYPHENS)).upper()
    if kind == "pmid" and number.isdecimal():
        return number.lstrip("0") or number
    return number.upper().removeprefix("PMC") if kind == "pmcid" else number


def _once(found: Iterator[Identifier]) -> tuple[Identifier, ...]:
    """Where a number is named several times, as it is named most plainly."""
    by: dict[tuple[Kind, str], Identifier] = {}
    for one in found:
        key = one.kind, plain(one.kind, one.number)
        if key not in by or (one.whole and not by[key].whole):
            by[key] = one
    return tuple(by.values())


def _names(brought: str, one: Identifier) -> bool:
    return one.number.casefold() in brought or plain(one.kind, one.number).casefold() in brought


def _found(answer: str) -> Iterator[Identifier]:
    folded = answer.translate(_HYPHENS)
    reads = (*_dois(answer), *_pmids(folded), *_pmcids(folded), *_isbns(folded), *_ncts(folded))
    for one in reads:
        text = answer[one.start : one.end]
        fault = fault_of(one.kind, one.number) if one.judged else ""
        whole = one.whole and one.number.isascii()
        yield Identifier(one.kind, one.number, text, fault, whole, one.start)


# --- DOI ----------------------------------------------------------------------------------------


def _dois(answer: str) -> Iterator[_Read]:
    """Of wrong form is only what has the shape of one: figures, a point, a slash and a name."""
    for found in _DOI.finditer(answer):
        written = _written(found)
        in_url = found["url"] is not None
        number = unquote(written) if in_url else written
        end = found.start("it") + len(written)
        if _MASK.search(number) or answer.startswith(("...", "\u2026"), end):
            continue
        if _LIKE_A_DOI.fullmatch(number):
            yield _Read("doi", number, found.start(), end, _ends(number, answer, end))


def _ends(number: str, answer: str, end: int) -> bool:
    """Whether it plainly ends there: with nothing added to it, and nothing cut off."""
    usual = _USUAL_DOI.fullmatch(number) and number.count("(") == number.count(")")
    added = _TAIL.search(number) or _NEXT_WORD.search(number)
    return bool(usual) and not (added or _GOES_ON.match(answer, end) or _BROKEN.match(answer, end))


def _written(found: re.Match[str]) -> str:
    """Without what the sentence around it added: a stop, a bracket, marks of emphasis, and what a
    link carries behind the number."""
    it = found["it"]
    it = re.split(r"[?#]", it)[0] if found["url"] else it
    depth = 0
    for place, sign in enumerate(it):
        depth += (sign == "(") - (sign == ")")
        if depth < 0:
            it = it[:place]
            break
    return it.rstrip(".:*_`")


def _doi_fault(number: str) -> str:
    return "" if _DOI_FORM.fullmatch(number) else "a DOI is 10., four digits or more, / and a name"


# --- numbers of digits alone --------------------------------------------------------------------


def _pmids(text: str) -> Iterator[_Read]:
    for found in _PMID.finditer(text):
        if not _follows(found):
            continue
        one = _digits("pmid", text, found)
        if one is not None:
            yield one
            yield from _listed(text, found, one.end)


def _listed(text: str, label: re.Match[str], end: int) -> Iterator[_Read]:
    """Further numbers behind one label. Where it is not "PMIDs", one of a wrong length may be
    anything and ends the list."""
    while (more := _MORE.match(text, end)) is not None:
        one = _digits("pmid", text, more)
        if one is None or not (label["many"] or len(one.number) <= PMID_DIGITS):
            return
        yield one._replace(start=more.start("it"))
        end = one.end


def _pmcids(text: str) -> Iterator[_Read]:
    for found in _PMCID.finditer(text):
        one = _digits("pmcid", text, found)
        bare = not found["label"] and found["gap"].strip(" -") == "" and found["gap"] != ""
        journal = bare and len(found["it"]) < 5
        if one is not None and not journal and _follows(found):
            yield one


def _ncts(text: str) -> Iterator[_Read]:
    """ "NCT 2019" is a year; a number with a blank in it is read as one."""
    for found in _NCT.finditer(text):
        if not _follows(found) or len(found["it"]) < (4 if found["gap"] in ("", "-") else 6):
            continue
        parts = _IN_TWO.match(text, found.start("it"))
        joined = re.sub(r"[- ]", "", parts[0]) if parts else ""
        if parts and len(joined) == NCT_DIGITS:
            yield _Read("nct", joined, found.start(), parts.end(), whole=False)
            continue
        one = _digits("nct", text, found)
        if one is not None:
            yield one


def _follows(found: re.Match[str]) -> bool:
    """Whether the number belongs to its label: not across a blank line, nor as the number of the
    next item of a list."""
    gap = found["gap"]
    return gap.count("\n") < 2 and ("\n" not in gap or len(found["it"]) >= 4)


def _digits(kind: Kind, text: str, found: re.Match[str]) -> _Read | None:
    """None where it is a pattern, or too little is left of it to be read."""
    start, place, end = found.start(), found.start("it"), found.end("it")
    grouped = _GROUPED.match(text, place)
    if grouped:
        number = re.sub(r"\D", "", grouped[0])
        return _Read(kind, number, start, grouped.end(), whole=False, judged=len(number) <= 8)
    number = found["it"]
    unclear = _UNCLEAR.match(text, end) or (len(number) < 6 and _APART.match(text, end))
    if not number.strip("0") or (unclear and len(number) < 5):
        return None
    return _Read(kind, number, start, end, not unclear, judged=not unclear)


def _digits_fault(most: int, what: str, padded: bool) -> Callable[[str], str]:
    def fault(number: str) -> str:
        bare = number.upper().removeprefix("PMC")
        led = bare.startswith("0") and not (padded and len(bare) == most)
        right = bare.isdecimal() and not led and len(bare) <= most
        return "" if right else f"{what} has 1 to {most} digits and no leading 0"

    return fault


def _nct_fault(number: str) -> str:
    right = number.isdecimal() and len(number) == NCT_DIGITS
    return "" if right else f"an NCT number has {NCT_DIGITS} digits"


# --- ISBN ---------------------------------------------------------------------------------------


def _isbns(text: str) -> Iterator[_Read]:
    for label in _ISBN.finditer(text):
        run = _ISBN_RUN.match(text, label.end())
        if run is None:
            continue
        readings = list(_isbn_readings(text, run))
        right = [one for one in readings if not _isbn_fault(one[0])]
        chosen = max(right, key=lambda one: len(one[0])) if right else _isbn_meant(readings)
        if chosen is None:
            continue
        number, end = chosen
        if right or (number[3:].strip("0") and not _isbn_unclear(text, end)):
            yield _Read("isbn", number, label.start(), end)


def _isbn_readings(text: str, run: re.Match[str]) -> Iterator[tuple[str, int]]:
    """The number up to the end of each group of its digits, with the place where it ends."""
    for group in re.compile(r"\d+").finditer(text, run.start(), run.end()):
        end = group.end()
        number = re.sub(r"[-\s]", "", text[run.start() : end])
        if sign := _ISBN_X.match(text, end):
            yield f"{number}X", sign.end()
        if not re.match(r"[A-Za-z]", text[end : end + 1]):
            yield number, end


def _isbn_meant(readings: list[tuple[str, int]]) -> tuple[str, int] | None:
    """Where no reading is right: the one of a right length, else the whole."""
    for length, book in ((13, True), (10, False), (13, False)):
        for one in readings:
            if len(one[0]) == length and one[0].startswith(("978", "979")) is book:
                return one
    long = [one for one in readings if len(one[0]) >= FEWEST]
    return long[-1] if long else None


def _isbn_unclear(text: str, end: int) -> bool:
    """Whether it is a pattern, or goes on where the text does not show it."""
    return _ISBN_UNCLEAR.match(text, end) is not None


def _isbn_fault(number: str) -> str:
    signs = plain("isbn", number)
    if len(signs) == 10 and signs[:9].isdecimal() and (signs[9] == "X" or signs[9].isdecimal()):
        last = 10 if signs[9] == "X" else int(signs[9])
        total = sum((10 - place) * int(sign) for place, sign in enumerate(signs[:9])) + last
        return "" if total % 11 == 0 else "its check digit is wrong"
    if len(signs) == 13 and signs.isdecimal():
        total = sum(int(sign) * (3 if place % 2 else 1) for place, sign in enumerate(signs))
        return "" if total % 10 == 0 else "its check digit is wrong"
    return "an ISBN has 10 or 13 digits"


_FAULTS: dict[Kind, Callable[[str], str]] = {
    "doi": _doi_fault,
    "pmid": _digits_fault(PMID_DIGITS, "a PMID", padded=True),
    "pmcid": _digits_fault(PMCID_DIGITS, "a PMCID", padded=False),
    "isbn": _isbn_fault,
    "nct": _nct_fault,
}
