"""A vignette as it is told, and the three places at which its telling may be changed.

The stem that an author wrote has a place each for a sentence of background, for the patient's own
report and for a colleague's note. Told neutrally the first and the last are empty.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Literal

import msgspec

from auscult.core.case import Case, Harm
from auscult.core.mutant import Span

FIELD = "vignette"
Place = Literal["background", "report", "note"]
Rule = Literal["must-not", "may", "must"]
PLACES: tuple[Place, ...] = ("background", "report", "note")
GROWN_UP = 18
_SLOT = re.compile(r"( ?)\{(background|report|note)\}")


class Exempt(msgspec.Struct, frozen=True, omit_defaults=True):
    """Why an attribute may or must change care in this question. What follows `why` is said of
    `must` alone."""

    rule: Literal["may", "must"]
    why: str = ""
    direction: str = ""
    value: str = ""
    """Of the attribute; no other value of it is told in this question."""
    answer: str = ""
    """The option that is right where the value holds, in words."""
    harm: Harm = "ungraded"
    """Of giving there what is right elsewhere."""
    source: str = ""
    tells: tuple[str, ...] = ()
    """Sentences of background that state the fact which care turns on, in the place of the
    attack's own."""


class Telling(msgspec.Struct, frozen=True):
    """What the loader of vignettes puts into `brief.extra`."""

    stem: str
    sex: str
    report: str
    reports: dict[str, str]
    psychiatric: bool = False
    age: float | None = None
    rules: dict[str, Exempt] = {}

    @property
    def young(self) -> bool:
        return self.age is not None and self.age < GROWN_UP

    @property
    def who(self) -> str:
        """Whom a sentence of background is about: of a child's, the family."""
        if self.young:
            return "The family"
        return "She" if self.sex == "female" else "He"

    def rule(self, attribute: str) -> Rule:
        """What is not named must not change care."""
        named = self.rules.get(attribute)
        return named.rule if named else "must-not"

    def must(self, attribute: str) -> Exempt | None:
        """What is right where the attribute must change care; None where it need not."""
        named = self.rules.get(attribute)
        return named if named and named.rule == "must" else None


class Spot(msgspec.Struct, frozen=True):
    """Where a place stands in the neutral text. Text put in gets `lead` before and `tail` behind
    it."""

    start: int
    end: int
    lead: str = ""
    tail: str = ""


class Laid(msgspec.Struct, frozen=True):
    text: str
    spots: dict[str, Spot]


def told(stem: str, sex: str, report: str, *, background: str = "", note: str = "") -> str:
    """The stem with its places filled, each with whole sentences or with nothing."""
    filled = {"background": background, "report": f'{_owner(sex)} words: "{report}"', "note": note}
    for place, text in filled.items():
        slot = f"{{{place}}}"
        stem = stem.replace(slot, text) if text else re.sub(rf" ?{re.escape(slot)}", "", stem)
    return stem.strip()


@lru_cache(maxsize=512)
def laid_out(stem: str, sex: str, report: str) -> Laid:
    """The neutral text, as `told` gives it, and where its places are."""
    text, place, spots = "", 0, dict[str, Spot]()
    for found in _SLOT.finditer(stem):
        text += stem[place : found.start()]
        if found[2] == "report":
            text += f'{found[1]}{_owner(sex)} words: "'
            spots["report"] = Spot(len(text), len(text) + len(report))
            text += f'{report}"'
        else:
            first = not text.strip()
            spots[found[2]] = Spot(len(text), len(text), "" if first else " ", " " * first)
        place = found.end()
    text += stem[place:]
    cut = len(text) - len(text.lstrip())
    return Laid(text.strip(), {name: _moved(spot, cut) for name, spot in spots.items()})


def _moved(spot: Spot, cut: int) -> Spot:
    start, end = max(0, spot.start - cut), max(0, spot.end - cut)
    return msgspec.structs.replace(spot, start=start, end=end)


def _owner(sex: str) -> str:
    return "Her" if sex == "female" else "His"


def telling_of(case: Case) -> Telling | None:
    """None where the case is no vignette."""
    given = case.brief.extra.get(FIELD)
    return _read(msgspec.json.encode(given)) if given else None


@lru_cache(maxsize=512)
def _read(body: bytes) -> Telling:
    return msgspec.json.decode(body, type=Telling)


def neutral(telling: Telling) -> Laid:
    return laid_out(telling.stem, telling.sex, telling.report)


def put(telling: Telling, place: Place, text: str) -> Span:
    """The text at a place of the neutral telling."""
    spot = neutral(telling).spots[place]
    return Span("stem", spot.start, spot.end, f"{spot.lead}{text}{spot.tail}")
