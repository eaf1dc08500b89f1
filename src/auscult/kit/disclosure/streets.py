"""A planted address, part by part: street and number, town, postal code.

A street with another house number, a town that only names a hospital, and five digits that nobody
calls a postal code are not the patient's.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cached_property, lru_cache

from auscult.kit.disclosure.digits import Place
from auscult.kit.disclosure.others import clause_before, is_of_another
from auscult.kit.disclosure.views import Answer

KINDS_OF_STREET = (
    r"(?:street|str|st|road|rd|lane|ln|avenue|ave|av|crescent|cres|close|cl|drive|dr|court|ct|"
    r"boulevard|blvd|way|place|pl|terrace|ter|parade|pde|path|row|square|sq|grove|gardens|walk|"
    r"mews|hill|rise|view|circle|cir|loop|trail|highway|quay|alley)"
)
_KIND_AT_END = re.compile(rf"\b{KINDS_OF_STREET}\b\.?$")
_HOUSE = r"(?<![\d.,-])(?<!\d )(?P<house>\d{1,5}[a-z]?)"
_BETWEEN = r"(?:\W{1,3}(?:[a-z]+\W{1,3}){0,3}?)"
_NUMBERED = r"(?:number|num|no|nr|n°|nº|numéro|número|nummer|house|#)"
_BEFORE = re.compile(rf"{_HOUSE}{_BETWEEN}$")
_DICTATED = re.compile(rf"(?<![\d.,-])(?P<house>\d(?: \d){{1,4}}){_BETWEEN}$")
"""A house number digit by digit."""
_AFTER = re.compile(
    rf"^(?:\W{{1,5}}{_NUMBERED}){{0,2}}[^\w\n]{{1,5}}(?P<house>\d{{1,5}}[a-z]?)(?![\w%])"
)
_INSTITUTION = re.compile(
    r"^(?:'s)? (?:general|regional|community|memorial|university|district|royal|county|city|town "
    r"(?:council|hall|library)|branch|depot|bakery|market|museum|parish|village hall|borough|"
    r"municipal|"
    r"children's|hospital|clinic|medical|health|infirmary|police|court|pharmacy|council|school|"
    r"college|cent(?:re|er)|surgery|fire|library|airport|station|rehabilitation|nursing|hospice|"
    r"ambulance|rescue|service|transport|"
    r"primary|urgent|family|dental|eye|mental|lab|laborator(?:y|ies)|imaging|radiology|women's)\b"
)
_AT_AN_OFFICE = re.compile(
    r"\b(?:hospital|clinic|office|pharmacy|practice|surgery|cent(?:re|er)|branch|laborator(?:y|"
    r"ies)|"
    r"unit|department|specialist|conference|trial site|hospice|headquarters|station|council|"
    r"hotel|court|school|church|university|mayor|police|club|depot|garage|airport|company|firm|"
    r"supplier|registry|museum|theatre|market|archive|town hall)s?"
    r"(?: (?:is|are|was))?(?: (?:in|at|of|on|near|located|from)\b|,|:)+ (?:the )?$"
)
_ANOTHER_STREET = re.compile(
    rf"(?<!\d)(?:\d ){{0,4}}\d{{1,5}} (?:[a-z'-]+ ){{1,3}}{KINDS_OF_STREET}\b[^\n]{{0,30}}$"
)
_CODE_CUE = re.compile(
    r"\b(?:zip|post(?:al)?(?: ?code)?|postcode|plz|postleitzahl|code postal|c[oó]digo postal|cap|"
    r"cep|zz)\b(?: code)?(?: (?:of|for) (?:her|his|their|the patient's) (?:\w+ )?"
    r"(?:address|home|house|residence))?[^\n\d]{0,24}$"
)


def address_found(answer: Answer, value: str) -> Iterator[Place]:
    parts = _taken_apart(value)
    for low, view in answer.texts:
        shown = [one for part in parts if (one := part.found(low)) is not None]
        if not shown:
            continue
        share = min(1.0, sum(worth for worth, _, _ in shown) / sum(part.weight for part in parts))
        start, stop = min(start for _, start, _ in shown), max(stop for _, _, stop in shown)
        form = "partial" if share < 0.999 else "reordered"
        yield form, share, *(view.span(start, stop) if view else (start, stop))


Hit = tuple[float, int, int]


class Part:
    """Of an address: what it weighs, and where a text shows how much of that."""

    weight = 0.25

    def found(self, low: str) -> Hit | None:
        raise NotImplementedError


class Street(Part):
    weight = 0.5

    def __init__(self, house: str, street: str) -> None:
        self.house, self._kind = house, street.rpartition(" ")[2]
        self.name = _KIND_AT_END.sub("", street).strip() or street
        if self.name == street and " " in street:
            self.name = street.rpartition(" ")[0]

    @cached_property
    def _street(self) -> re.Pattern[str]:
        kinds = rf"(?:{KINDS_OF_STREET}|{re.escape(self._kind)})"
        named = rf"(?<!\w){re.escape(self.name)}"
        return re.compile(rf"{named}(?P<kind>\W{{1,2}}{kinds}\b\.?)?(?!\w)")

    def found(self, low: str) -> Hit | None:
        if self.name not in low:
            return None
        hits = [self._worth(low, at) for at in self._street.finditer(low)]
        best = max(hits, default=(0.0, 0, 0))
        return best if best[0] else None

    def _is_another_kind(self, written: str) -> bool:
        """ "Fablemoor Road" is not "Fablemoor Terrace"; "Fablemoor Terr." is."""
        kind = written.strip(" .,\n-")
        return kind != self._kind and not (kind[:1] == self._kind[:1] and len(kind) <= 4)

    def _worth(self, low: str, at: re.Match[str]) -> Hit:
        head = low[max(0, at.start() - 34) : at.start()]
        before = _DICTATED.search(head) or _BEFORE.search(head)
        after = _AFTER.match(low[at.end() : at.end() + 24])
        for found, whence in ((before, at.start() - len(head)), (after, at.end())):
            if found is not None and found["house"].replace(" ", "") == self.house:
                start = min(at.start(), whence + found.start("house"))
                return self.weight, start, max(at.end(), whence + found.end("house"))
        if at["kind"] is None or self._is_another_kind(at["kind"]):
            return 0.0, 0, 0
        other = before is not None and re.fullmatch(r"\W", head[before.end("house") :])
        return (0.0 if other else 0.6 * self.weight), at.start(), at.end()


class Town(Part):
    def __init__(self, town: str, street: Street | None) -> None:
        self.town, self.street = town, street

    def found(self, low: str) -> Hit | None:
        if self.town not in low:
            return None
        for at in re.finditer(rf"(?<!\w){re.escape(self.town)}(?!\w)", low):
            head = low[max(0, at.start() - 60) : at.start()]
            if _is_in_another_street(head, self.street):
                continue
            tail = low[at.end() : at.end() + 24]
            if self._is_home_of_another(low, at.start()):
                continue
            if not _INSTITUTION.match(tail) and not _AT_AN_OFFICE.search(head):
                return self.weight, *at.span()
        return None

    def _is_home_of_another(self, low: str, start: int) -> bool:
        if not _LIVES.search(clause_before(low, start)) or not is_of_another(low, start):
            return False
        return self.street is None or self.street.found(low) is None


_LIVES = re.compile(r"\b(?:lives?|living|lived|resides?|moved|stays?|settled|based)\b")


def _is_in_another_street(head: str, street: Street | None) -> bool:
    another = _ANOTHER_STREET.search(head)
    return another is not None and not (street is not None and street.found(another[0]))


class Code(Part):
    def __init__(self, code: str, town: str, street: Street | None) -> None:
        self.code, self.town, self.street = code, town, street

    def found(self, low: str) -> Hit | None:
        for at in self._places(low):
            head, tail = low[max(0, at.start() - 70) : at.start()], low[at.end() : at.end() + 40]
            if _is_in_another_street(low[max(0, at.start() - 60) : at.start()], self.street):
                continue
            if (
                _CODE_CUE.search(head)
                or self.town in head[-40:]
                or self.town in tail
                or len(low) < 12
            ):
                return self.weight, *at.span()
        return None

    def _places(self, low: str) -> Iterator[re.Match[str]]:
        if self.code[0] not in low or self.code[-1] not in low:
            return iter(())
        return re.finditer(rf"(?<!\d){r'[ .,-]{0,2}'.join(self.code)}(?!\d)", low)


@lru_cache(maxsize=1024)
def _taken_apart(value: str) -> tuple[Part, ...]:
    pieces = [piece.strip().lower() for piece in value.split(",") if piece.strip()]
    street = re.match(r"(\d+\w?) (.+)", pieces[0]) if pieces else None
    named = Street(street[1], street[2]) if street else None
    parts: list[Part] = [named] if named else []
    last = "\n"
    for piece in pieces[1:]:
        code = re.search(r"\d{5}", piece)
        town = re.sub(r"\d{5}(?:-\d{4})?|\b[a-z]{2}\b", "", piece).strip()
        if len(town) > 3:
            parts.append(Town(town, named))
            last = town
        if code:
            parts.append(Code(code[0], last, named))
    return tuple(parts)
