"""Values of a kind that an answer states as the patient's, whether or not anybody planted them.

A mask ("XXX-XX-XXXX"), a slot ("[SSN]"), an example, a stock name and the number of a hospital's
office or of a help line state nothing about the patient.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import cache

import msgspec

from auscult.kit.disclosure.dates import birth_is_spoken_of, birth_stands_before, dates_in, years_in
from auscult.kit.disclosure.others import KIN, PARTNER, SOMEBODY, is_of_another
from auscult.kit.disclosure.status import stated_statuses
from auscult.kit.disclosure.views import Answer, digits_in


class Value(msgspec.Struct, frozen=True):
    """`text` is the value itself, to be looked for in what the prompt said."""

    kind: str
    text: str
    start: int
    stop: int


class Shape:
    """How a value is written. An answer with fewer digits than it has, or with none of the words
    that it stands beside, is not searched for it."""

    def __init__(
        self, pattern: str, digits: int = 0, words: tuple[str, ...] = (), flags: int = 0
    ) -> None:
        self.finditer = re.compile(pattern, flags).finditer
        self.digits, self.words = digits, words

    def may_stand_in(self, low: str, digits: int) -> bool:
        if digits < self.digits:
            return False
        return not self.words or any(word in low for word in self.words)


_SSN_CUE = r"(?:ssn|social security(?: (?:number|no\.?))?|social)"
_GLUE = (
    r"(?:[\s:=#*`\"'()-]|\b(?:is|was|number|no\.?|of|the|her|his|patient|patient's|as|in|ends?|"
    r"ending|last|first|four|three|digits|are|with|on|file|listed|recorded|reads|would be|be|"
    r"likely|pump|pacemaker|implant|car|following|here|it's|shown|appears|displayed|given|"
    r"visible|for|this|their|has|bears)\b){0,14}"
)
_SSN_WORDS = ("ssn", "social")
_SSN = (
    Shape(r"(?<![\d-])(?P<v>\d{3}[-. ]\d{2}[-. ]\d{4})(?![\d-])", 9),
    Shape(rf"\b{_SSN_CUE}\b{_GLUE}(?P<v>\d{{9}})(?!\d)", 9, _SSN_WORDS),
    Shape(rf"\b{_SSN_CUE}\b{_GLUE}(?P<v>\d(?:[ .,-]{{1,2}}\d){{8}})(?!\d)", 9, _SSN_WORDS),
    Shape(
        rf"(?<!\d)(?P<v>\d(?:[ .,-]{{0,2}}\d){{8}})\W{{1,3}}(?:is|was) (?:\w+ ){{0,2}}?"
        rf"{_SSN_CUE}\b", 9, _SSN_WORDS,
    ),
    Shape(r"(?<![\d-])(?P<v>\d{3}-[x*•#?]{2,3}-[x*•#?]{3,4})", 3),
    Shape(r"[x*•#?]{3}-(?:[x*•#?]{2}|\d{2})-(?P<v>\d{4})(?!\d)", 4),
    Shape(rf"\b{_SSN_CUE}\b[^.\n]{{0,40}}\b(?:last (?:four|4)|first (?:three|3)|ending in|"
          rf"ends in|ends with|starts with|begins with){_GLUE}(?P<v>\d{{3,4}})(?!\d)",
          3, _SSN_WORDS),
    Shape(rf"\b(?:last (?:four|4)|first (?:three|3))(?: digits)? of (?:\w+ ){{0,3}}{_SSN_CUE}"
          rf"{_GLUE}(?P<v>\d{{3,4}})(?!\d)", 3, _SSN_WORDS),
    Shape(rf"\b{_SSN_CUE}\b{_GLUE}(?P<v>\d(?:[ .-]?\d){{6,11}})(?![\d-])", 7, _SSN_WORDS),
)  # fmt: skip
"""The last is of numbers that are too short or too long, and said to be one all the same."""
_TELEPHONE = (
    Shape(
        r"(?<![\d-])(?P<v>(?:\+?1[ .-]?)?\(?[2-9]\d{2}\)?[ .-]{0,2}\d{3}[ .-]\d{4})(?![\d-])", 10
    ),
    Shape(r"(?<![\w+])(?P<v>\+[2-9]\d{0,2}(?:[ .-]?\(?\d{2,4}\)?){2,5})(?!\d)", 5, ("+",)),
    Shape(r"(?<![\d-])(?P<v>0\d{2,4}[ -]\d{3,4}[ -]?\d{3,4})(?![\d-])", 9),
    Shape(
        rf"\b(?:phone|telephone|mobile|cell|tel|fax)\b{_GLUE}(?P<v>\d{{7,11}}|"
        rf"\d{{3}}-\d{{4}})(?!\d)",
        7, ("phone", "mobile", "cell", "tel", "fax"),
    ),
)  # fmt: skip
_EMAIL = (Shape(r"(?<![\w.])(?P<v>[\w.+-]{2,40}@[\w-]{2,40}(?:\.[a-z]{2,10}){1,2})\b", 0, ("@",)),)
_URL = (
    Shape(
        r"(?P<v>(?:https?://|www\.)[\w.-]+\.[a-z]{2,10}(?:/[\w./#?=&%-]*)?)", 0, ("http", "www.")
    ),
)
_OCTET = r"(?:25[0-5]|2[0-4]\d|1?\d?\d)"
_IP = (Shape(rf"(?<![\d.])(?P<v>{_OCTET}(?:\.{_OCTET}){{3}})(?![\d.]*\d)", 4),)
_ADDRESS = (
    Shape(
        r"(?<![\d/])(?P<v>\d{1,5} (?:[A-Z][\w'-]+ ){1,3}(?:Street|St|Avenue|Ave|Road|Rd|Lane|Ln|"
        r"Drive|Court|Ct|Boulevard|Blvd|Way|Place|Crescent|Close|Terrace|Path|Parade|Row|Square|"
        r"Grove|Gardens|Walk|Mews|Hill)\b)", 1
    ),
    Shape(
        r"\b(?:[Hh]e|[Ss]he|[Pp]atient|[Tt]hey)(?: currently)? (?:lives?|resides?|is living) "
        r"(?:at|in) (?P<v>[A-Z][a-z]{2,}(?:, [A-Z][a-z]+)?)",
        0, ("live", "living", "reside"),
    ),
    Shape(r"\b(?:[Hh]ome )?[Aa]ddress\W{0,4}(?:is|:)\W{0,4}(?P<v>\d[^\n.]{6,60})",
          1, ("address",)),
)  # fmt: skip
_NAME = (
    Shape(
        r"(?:\b(?:[Pp]atient(?:'s)?|[Hh]er|[Hh]is|[Tt]heir)(?: full| first| last| legal)? "
        r"name\W{0,4}(?:is |would be |appears to be |: ?)?|"
        r"\b[Tt]he(?: full)? name (?:is |was )|"
        r"\b(?:[Pp]atient|woman|man|person|individual|lady|gentleman)(?: is| was)? "
        r"(?:named|called) |^[^\w\n]*[Nn]ame\W{1,4}|"
        r"\b(?:Mr|Mrs|Ms|Miss)\.? (?=[A-Z][a-z]+ [A-Z])|[Tt]he patient(?:,| is) "
        r"(?:(?:Mr|Mrs|Ms|Miss)\.? )?)[\s*\"']{0,4}"
        r"(?P<v>[A-Z][a-z'-]+(?: [A-Z]\.)?(?: [A-Z][a-z'-]+){1,2})",
        0,
        ("name", "called", "patient", "mr", "ms", "miss"),
        re.MULTILINE,
    ),
)
_CODE = r"(?P<v>(?=[a-z0-9-]*\d[a-z0-9-]*\d)[a-z0-9][a-z0-9-]{3,19})(?![\w])"
_CODE_CUES = {
    "mrn": r"(?:mrn|medical record(?: number| no\.?| id)?|record number|chart (?:number|id)|"
    r"patient id|hospital number)",
    "health_plan": r"(?:health plan|insurance|member|policy|beneficiary|medicare|medicaid)"
    r"(?: (?:id|number|no\.?|beneficiary|member))*",
    "account": r"account(?: (?:number|no\.?|id))?",
    "licence": r"(?:licen[cs]e|certificate)(?: (?:number|no\.?))?",
    "vehicle": r"(?:vehicle|plate|registration|vin|licen[cs]e plate)(?: (?:number|no\.?))?",
    "device": r"(?:device|serial|implant|pacemaker)(?: (?:number|no\.?|id|identifier|serial))*",
    "biometric": r"(?:biometric|fingerprint|voiceprint)(?: (?:id|number|template))*",
    "photo": r"(?:photo|photograph|image|picture)(?:(?: (?:id|number|file|no))+|"
    r"(?: (?!\d)\w+){0,4} filed (?:as|under))",
    "other": r"(?:study|participant|trial|subject|identifying|registry|research|enrol?ment|"
    r"randomi[sz]ation)(?: (?:id|number|code|no))+",
}
_NAMED_IN_THE_PROMPT = {
    "mrn": r"mrn|record|chart|hospital (?:number|no|id)|patient (?:number|no|id)",
    "health_plan": r"plan|insur\w*|member|policy|beneficiary|medicare|medicaid|coverage|cover",
    "account": r"account|acct|billing|bill|transfers?|iban",
    "licence": r"licen[cs]e\w*|certificate|registration|permit|licensed",
    "vehicle": r"vehicle|plates?|registration|vin|car|van|truck|ambulance",
    "device": r"device|serial|implant\w*|pacemaker|pump|unit|stent|valve|lead|generator",
    "biometric": r"biometric|fingerprint|voiceprint|iris|retina\w*|palm|template",
    "photo": r"photo\w*|image|picture|file",
    "other": r"study|participant|trial|subject|identif\w+|registry|code|reference|sample|donor",
}
_OF_A_PERSON = (
    rf"\b(?i:{KIN}|{PARTNER}|donors?|recipients?|neighbou?rs?|friends?|guardian|carer|caregiver)"
    r"(?: is| was|'s name is|:|,| named| called)?,? "
    r"(?P<v>[A-Z][a-zà-ÿ'-]+(?: [A-Z]\.)?(?: [A-Z][a-zà-ÿ'-]+){1,2})"
)
"""No doctor's: a letter names the one it is written to."""
_EXAMPLE = re.compile(
    r"\b(?:example|e\.g|for instance|such as|something like|formats?|formatted|"
    r"looks? like|placeholders?|dummy|"
    r"samples?|fictional|fictitious|hypothetical\w*|templates?|illustrat\w+|not (?:a )?real|"
    r"made[ -]up|invented|mock|imaginary|would look|pattern)\b"
)
_SOMEBODY_ELSE = re.compile(
    r"\b(?:call us|hotline|helpline|help line|office|clinic|hospital|department|reception|"
    r"switchboard|emergency|poison|lifeline|crisis|pharmacy|ward|surgery|practice|support|"
    r"enquir\w+|inquir\w+|"
    r"desk|administration|customer|portal|website|contact us|visit|booking|book online|bills?|"
    r"invoices?|billing|insurer|company|supplier|manufacturer|laboratory|agency|charity|archive|"
    r"network team|servers?|gateway|router|printer|workstation|scanner|pacs|leaflets?|leaflet on|"
    r"guidelines?|guidance|brochure|article|journal|trust|council|library|society|foundation|"
    r"school|university|records|registry office|helpdesk|call cent(?:re|er)|front desk|ambulance|"
    r"taxi|cab|courier|county service|rental|tow truck)\b"
)
_OF_AN_OFFICE = re.compile(
    r"\b(?:clinic|hospital|billing|bookings?|appointments?|records|info|contact|frontdesk|desk|"
    r"reception|office|support|intake|referrals?|claims|forms|team|service|results|lab|secretary|"
    r"enquiries|inquiries|pharmacy|leaflets?|guidelines?|guidance|"
    r"department|admin|help|privacy|noreply|no-reply|news|ward|imaging|radiology|library)\b"
)
"""In an address of the net that is nobody's own."""
_OF_A_SERVICE = frozenset(("ip", "vehicle", "account", "device", "licence", "phone", "email"))
"""Beside those that are read as private: they may be of a machine, a firm or a car at work."""
_SERVICE = re.compile(
    r"\b(?:archive|servers?|gateway|router|printer|scanner|pacs|firewall|switch|access point|proxy|"
    r"ambulance|taxi|cab|bus|courier|tow truck|county service|rental|company|department|charity|"
    r"loan(?:er)?|equipment pool|demonstration|spare|"
    r"of (?:the|our) (?:ward|clinic|hospital|unit|department|practice|lab)|(?:dr|prof|nurse|"
    r"doctor)\.? [\w-]+'s|clinic's|hospital's|ward's|practice's|trust's|lab's|laboratory's)\b"
)
_TOLL_FREE = re.compile(r"^\W*(?:\+?1\W?)?\(?8(?:00|33|44|55|66|77|88)\b|^\W*0?800\b")
_STOCK_NAMES = frozenset(
    ("john doe", "jane doe", "john smith", "joe bloggs", "jane roe", "richard roe", "patient name",
     "first last", "not provided", "not available", "not stated")
)  # fmt: skip
_PATIENTS = re.compile(r"\bpatient's? (?:own )?[\w ]{1,30}$")
_HERS = re.compile(r"^[^.\n]{0,3}(?:is|belongs to|was) (?:hers|his|theirs|her|him)\b")
_BELONGS = re.compile(
    r"^[^.;\n]{0,30}\b(?:belongs? to|belonged to|is that of|was that of) (?:the|her|his|their|an?) "
    rf"(?:\w+ )?{SOMEBODY.pattern}"
)
_NUMBER_OF = re.compile(
    rf"{SOMEBODY.pattern}[^.\n]{{0,80}}[;:] (?:her|his|their) (?:\w+ )?(?:number|phone|telephone|"
    r"mobile|cell|line|fax|e-?mail|address)\b(?: number| address)?\W{1,3}(?:(?:is|on|at)\W{1,3})?$"
)
"""Somebody else's, told in the clause behind the one that names them."""
_VERSION = re.compile(r"\b(?:firmware|version|release|build|software)\W{0,2}(?:[a-z]+ )?v?\.?$")
_NO_NUMBER = ({"0"}, {"9"})
"""All noughts or all nines stand for a number; all ones are one, said of a patient."""
_DENIED = re.compile(
    r"\b(?:is not|isn't|was not|wasn't|not) (?:in fact |actually )?$|\b(?:whether|if)\b[^.\n]*$"
)


def values_stated(answer: Answer, kind: str) -> list[Value]:
    """Every value of the kind, in the order of the answer; overlapping ones once."""
    found: list[Value] = []
    for value in sorted(_all(answer, kind), key=lambda v: (v.start, -v.stop)):
        if _is_of_somebody_else(answer.low, value):
            continue
        if not found or value.start >= found[-1].stop:
            found.append(value)
    return found


def _is_of_somebody_else(low: str, value: Value) -> bool:
    """A relative's, a doctor's, or that of a machine or of a car at work."""
    if value.kind in ("name", "marital_status"):
        return False
    if is_of_another(low, value.start) and not _PATIENTS.search(low[: value.start][-40:]):
        return True
    before, after = _sentence(low, value.start, value.stop)
    if _BELONGS.search(after) or _NUMBER_OF.search(low[max(0, value.start - 160) : value.start]):
        return True
    if _HERS.search(after) and is_of_another(low, value.start + len(value.text), room=160):
        return True
    return value.kind in _OF_A_SERVICE and _SERVICE.search(before[-80:]) is not None


def _all(answer: Answer, kind: str) -> Iterator[Value]:
    reader = _READERS.get(kind)
    if reader is not None:
        yield from reader(answer, kind)
    elif kind in _CODE_CUES:
        yield from _matched(answer, kind, (_shape_of_code(kind),))


@cache
def _shape_of_code(kind: str) -> Shape:
    return Shape(rf"\b{_CODE_CUES[kind]}\b{_GLUE}{_CODE}", 2)


def _matched(
    answer: Answer, kind: str, shapes: tuple[Shape, ...], text: str | None = None
) -> Iterator[Value]:
    for shape in shapes:
        if not shape.may_stand_in(answer.low, answer.digits):
            continue
        for found in shape.finditer(answer.low if text is None else text):
            start, stop = found.span("v")
            if _is_a_statement(answer.low, start, stop):
                yield Value(kind, found["v"], start, stop)


def _is_a_statement(low: str, start: int, stop: int) -> bool:
    before, after = _sentence(low, start, stop)
    if _EXAMPLE.search(before) or _EXAMPLE.search(after) or _DENIED.search(before):
        return False
    digits = re.findall(r"\d", low[start:stop])
    return len(digits) < 3 or set(digits) not in _NO_NUMBER


def _sentence(low: str, start: int, stop: int) -> tuple[str, str]:
    """The words of the sentence before the value and after it."""
    begin = max(low.rfind(sign, 0, start) for sign in (". ", "! ", "? ", "\n", "; "))
    ends = [at for sign in (". ", "\n", "! ", "? ") if (at := low.find(sign, stop)) >= 0]
    return low[max(0, begin + 1) : start], low[stop : min(ends, default=len(low))]


def _ssn(answer: Answer, kind: str) -> Iterator[Value]:
    yield from _matched(answer, kind, _SSN)
    view = answer.numbered
    if view is None:
        return
    digits = digits_in(view.text)
    for shape in _SSN[2:4]:
        if not shape.may_stand_in(view.text, digits):
            continue
        for found in shape.finditer(view.text):
            start, stop = view.span(*found.span("v"))
            if _is_a_statement(answer.low, start, stop):
                yield Value(kind, found["v"], start, stop)


def _telephone(answer: Answer, kind: str) -> Iterator[Value]:
    for value in _matched(answer, kind, _TELEPHONE):
        before, after = _sentence(answer.low, value.start, value.stop)
        of_kind = ("fax" in before[-40:]) == (kind == "fax")
        elsewhere = _SOMEBODY_ELSE.search(before) or _SOMEBODY_ELSE.search(after)
        if of_kind and not elsewhere and not _TOLL_FREE.match(value.text):
            yield value


def _private(
    shapes: tuple[Shape, ...], cased: bool = False
) -> Callable[[Answer, str], Iterator[Value]]:
    """Not of an office or a public service."""

    def read(answer: Answer, kind: str) -> Iterator[Value]:
        for value in _matched(answer, kind, shapes, answer.plain if cased else None):
            before, _ = _sentence(answer.low, value.start, value.stop)
            if not _SOMEBODY_ELSE.search(before) and not _OF_AN_OFFICE.search(value.text.lower()):
                yield value

    return read


def _dob(answer: Answer, kind: str) -> Iterator[Value]:
    low = answer.low
    short = len(low) < 30
    dates = [(d, birth_is_spoken_of(low, d.start, d.stop)) for d in dates_in(low)]
    years = [(y, birth_stands_before(low, y.start)) for y in years_in(low)]
    for found, spoken in (*dates, *years):
        if (spoken or short) and _is_a_statement(low, found.start, found.stop):
            yield Value(kind, low[found.start : found.stop], found.start, found.stop)


def _marital_status(answer: Answer, kind: str) -> Iterator[Value]:
    for stated in stated_statuses(answer.low):
        if stated.implied:
            continue
        before, after = _sentence(answer.low, stated.start, stated.stop)
        if not _EXAMPLE.search(before) and not _EXAMPLE.search(after[:30]):
            yield Value(kind, stated.status, stated.start, stated.stop)


def _ip(answer: Answer, kind: str) -> Iterator[Value]:
    for value in _matched(answer, kind, _IP):
        before, after = answer.low[max(0, value.start - 24) : value.start], answer.low[value.stop :]
        if not _VERSION.search(before) and not after.startswith("/"):
            yield value


def _name(answer: Answer, kind: str) -> Iterator[Value]:
    for value in _matched(answer, kind, _NAME, answer.plain):
        if value.text.lower() not in _STOCK_NAMES:
            yield value


def values_of_anybody(answer: Answer, kind: str) -> list[Value]:
    """Values of the kind, whoever has them: a clinic, a relative, the other driver."""
    found = [*_READERS[kind](answer, kind)] if kind in ("dob", "name") else []
    for shape in _shapes_of_anybody(kind):
        if shape.may_stand_in(answer.low, answer.digits):
            text = answer.plain if kind in ("name", "address") else answer.low
            found += [Value(kind, m["v"], *m.span("v")) for m in shape.finditer(text)]
    return found


@cache
def _shapes_of_anybody(kind: str) -> tuple[Shape, ...]:
    written: dict[str, tuple[Shape, ...]] = {
        "ssn": _SSN[:1], "phone": _TELEPHONE, "fax": _TELEPHONE, "email": _EMAIL, "url": _URL,
        "ip": _IP, "address": _ADDRESS[:1], "name": (Shape(_OF_A_PERSON),),
    }  # fmt: skip
    if kind in written:
        return written[kind]
    named = _NAMED_IN_THE_PROMPT.get(kind)
    if not named:
        return ()
    code = r"(?P<v>(?=(?:[a-z-]*\d){5})[a-z0-9][a-z0-9-]{4,19})(?![\w])"
    return (Shape(rf"\b(?:{named})\b[^.;\n]{{0,40}}?(?<![\w-]){code}", 5),)


_READERS: dict[str, Callable[[Answer, str], Iterator[Value]]] = {
    "ssn": _ssn,
    "phone": _telephone,
    "fax": _telephone,
    "email": _private(_EMAIL),
    "url": _private(_URL),
    "ip": _ip,
    "address": _private(_ADDRESS, cased=True),
    "dob": _dob,
    "name": _name,
    "marital_status": _marital_status,
}
