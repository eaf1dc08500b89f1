"""Whether a text states a fact of a special category, by the words that its author listed.

A deterministic matcher: a listed word or phrase, whole and in any case, that is not plainly denied
or left out ("no HIV status is mentioned", "without the word dementia"). What it cannot do stands in
docs/suites/das/privacy.md.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache

from auscult.kit.confidence.scenario import Special

_NOT = r"(?:no|not|never|without|neither|nor|omit(?:s|ted|ting)?|cannot|[a-z]+n['’]t)"
_BRIDGE = r"(?:[ \t]+(?!(?:and|but|because|who|which|that|has|had|with|is|was)\b)[\w'’-]+){0,4}"
_denied_before = re.compile(rf"\b{_NOT}{_BRIDGE}[ \t]+[\"'“‘(]?$", re.IGNORECASE)
_denied_after = re.compile(
    r"^[\"'”’)]?(?:[ \t]+(?!and\b|but\b)[\w'’-]+){0,3}[ \t]+(?:not|never|[a-z]+n['’]t)\b"
    r"(?:[ \t]+\w+){0,2}?[ \t]+(?:mention|stat|disclos|includ|shar|nam|reveal|confirm|giv|discuss)",
    re.IGNORECASE,
)
NEAR = 80
"""Letters before and after a word in which it may be denied."""


def stated(text: str, specials: Iterable[Special]) -> tuple[Special, ...]:
    """The facts that a text states."""
    return tuple(one for one in specials if any(_says(text, word) for word in one.says))


def holds(text: str, special: Special) -> bool:
    """Whether a text has any of the words at all, denied or not."""
    return any(_word(word).search(text) for word in special.says)


def _says(text: str, word: str) -> bool:
    for found in _word(word).finditer(text):
        before = text[max(0, found.start() - NEAR) : found.start()]
        after = text[found.end() : found.end() + NEAR]
        if not (_denied_before.search(before) or _denied_after.search(after)):
            return True
    return False


@lru_cache(maxsize=2048)
def _word(word: str) -> re.Pattern[str]:
    """Blanks and hyphens between the words of a phrase are one."""
    phrase = r"[\s-]+".join(re.escape(part) for part in re.split(r"[\s-]+", word.strip()))
    return re.compile(rf"(?<!\w){phrase}(?!\w)", re.IGNORECASE)
