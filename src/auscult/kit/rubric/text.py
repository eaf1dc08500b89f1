"""What code can say of an open answer before a judge model is asked, and of that model's quotes.

An answer that is the short reference, word for word or nearly, needs no model. Quotes of a judge
are looked for in the answer with the white space, the case and the typographic signs made alike;
what is kept is the answer's own wording.
"""

from __future__ import annotations

import re
import unicodedata

SHORT = 8
"""Words of a reference at most for which an equal answer is right without a model."""
TOO_LITTLE = 3
"""Signs of a quote at least, unless the answer itself is shorter."""

_LEADS = re.compile(
    r"(?:(?:the |my )?(?:final )?answer(?: is|:)?|it(?: is|'s)|th(?:is|at)(?: is|'s)|"
    r"(?:the )?(?:most likely |likely )?diagnosis(?: is|:))\s*:?\s+"
)
_ARTICLES = re.compile(r"\b(?:an?|the)\b(?=\s)")
_SIGNS = str.maketrans(
    {"\u2018": "'", "\u2019": "'", "\u201c": '"', "\u201d": '"', "\u2013": "-", "\u2014": "-",
     "\u2212": "-", "\u00a0": " ", "\u202f": " ", "\u2009": " "}
)  # fmt: skip
_MARKUP = re.compile(r"[*_`#]+")
_ELLIPSIS = re.compile(r"^(?:\.{3}|\u2026)\s*|\s*(?:\.{3}|\u2026)$")


def plain(text: str) -> str:
    """Without case, markup, articles, a lead-in ("The answer is ...") and the last full stop.
    Signs that carry meaning stay: 7.5 is not 75, and -3 is not 3."""
    text = unicodedata.normalize("NFKC", text.translate(_SIGNS)).casefold()
    text = _MARKUP.sub(" ", text).strip().strip("\"'").rstrip(".!; ")
    text = _LEADS.sub("", text, count=1) if _LEADS.match(text) else text
    return " ".join(_ARTICLES.sub(" ", text).split())


def matches(answer: str, reference: str) -> bool:
    """Whether the answer is the reference, which has few words."""
    wanted = plain(reference)
    return bool(wanted) and len(wanted.split()) <= SHORT and plain(answer) == wanted


def overlaps(answer: str, reference: str) -> bool:
    """The trivial reading to beat: half of the reference's longer words occur in the answer."""
    words = {word for word in re.findall(r"\w+", plain(reference)) if len(word) > 3}
    held = set(re.findall(r"\w+", plain(answer)))
    return bool(words) and 2 * len(words & held) >= len(words)


class Quotable:
    """An answer in which quotes are found: made alike once, sought many times. A quote stands
    within one of its stretches."""

    def __init__(self, *stretches: str) -> None:
        self._stretches = [(text, *_folded(text)) for text in stretches]
        self._least = min(TOO_LITTLE, sum(len(folded) for _, folded, _ in self._stretches))

    def find(self, quote: str) -> str | None:
        """The answer's own words for a quote; None where it does not occur or says too little."""
        sought = _ELLIPSIS.sub("", quote.strip().strip("\"'\u201c\u201d").strip())
        folded, _ = _folded(sought)
        if len(folded) < self._least or not folded:
            return None
        for text, page, places in self._stretches:
            at = page.find(folded)
            if at >= 0:
                return text[places[at] : places[at + len(folded) - 1] + 1]
        return None


def _folded(text: str) -> tuple[str, list[int]]:
    """The text made alike, and for every sign of it the place in the text that it comes from."""
    signs: list[str] = []
    places: list[int] = []
    for place, sign in enumerate(text.translate(_SIGNS)):
        if sign in "*_`":
            continue
        if sign.isspace():
            if signs and signs[-1] != " ":
                signs.append(" ")
                places.append(place)
            continue
        for part in sign.casefold():
            signs.append(part)
            places.append(place)
    while signs and signs[-1] == " ":
        signs.pop()
        places.pop()
    return "".join(signs), places
