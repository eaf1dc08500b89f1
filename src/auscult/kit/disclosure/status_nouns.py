"""A marital status told by what the patient is called: "describes herself as a divorcee", "being
a widow", "this bereaved widower was seen". A widow's peak and a bachelor of science are none.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

_STATUS_OF = {
    "widow": "widowed",
    "widower": "widowed",
    "divorcee": "divorced",
    "divorcé": "divorced",
    "divorcée": "divorced",
    "divorced man": "divorced",
    "divorced woman": "divorced",
    "bachelor": "single",
    "bachelorette": "single",
    "spinster": "single",
    "single man": "single",
    "single woman": "single",
    "newlywed": "married",
    "married man": "married",
    "married woman": "married",
}
_NOUN = re.compile(
    rf"\b(?:{'|'.join(sorted(_STATUS_OF, key=len, reverse=True))})\b"
    r"(?!['’]s|-| (?:of (?:arts|science|nursing|medicine|law)|pad|spider|peak|party|degree)\b)"
)
_SELF = r"(?:her|him|them)sel(?:f|ves)"
_CALLED = re.compile(
    rf"(?:\b(?:describ|introduc|identif|present|see|refer|regard|styl|list|register)\w*(?: to)? "
    rf"{_SELF} (?:as|to \w+ as)|\b(?:call|consider|deem|think|style)\w* {_SELF}|"
    r"\b(?:being|now|(?:since|after) becoming|became|remained|left|made (?:her|him)|"
    r"(?:lives?|living|known|listed|described|recorded|registered|life) as|"
    r"(?:she|he|who|patient)(?:'s| is| was))|(?:^|[.;,\n] ?)as)"
    r" (?:(?:an?|the|still|now) ){0,2}(?:[\w-]+ ){0,2}$"
)
_MEANT = re.compile(r"(?:^|[.;:\n] ?)(?:this|our|the|an?) (?:[\w-]+,? ){0,3}$")
_SEEN = re.compile(
    r" (?:presents|presented|was (?:seen|admitted|referred|reviewed|brought|discharged)|came|comes|"
    r"attends|attended|who (?:lives|presents|was|is|has|came)|lives|living (?:alone|with)|"
    r"in (?:her|his) (?:\w+ )?(?:\w+ies|\d0s)|of \d|aged)\b"
)


def nouns_said(low: str) -> Iterator[tuple[str, re.Match[str]]]:
    """Status and place, in lowered text; who is meant, and whether it is denied, is not looked "
    "at."""
    for found in _NOUN.finditer(low):
        before = low[max(0, found.start() - 70) : found.start()]
        after = low[found.end() : found.end() + 40]
        if _CALLED.search(before) or (_MEANT.search(before) and _SEEN.match(after)):
            yield _STATUS_OF[found[0]], found
