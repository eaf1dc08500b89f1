"""The probability a target gave each option letter, from the token in which it named one."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence

from auscult.core.message import Reply, TokenLogprob

COVERAGE = 0.5
"""Below this share of the mass on letters, the token was not about naming an option."""
_EDGES = " \t\r\n▁ĠĊ*_`\"'()[]{}<>.,:;#>-$\\"
# What may stand before the letter: brackets and quotes, or a short "The answer is".
_LEAD_IN = re.compile(
    r"[\W_▁ĠĊ]*(?:(?:the|my|final|correct|best|right|answer|choice|option|letter|is|json|boxed)"
    r"[\W_▁ĠĊ]*){0,6}"
)


def score_by_logprobs(reply: Reply, letters: Sequence[str]) -> tuple[float, ...] | None:
    """Probability of each letter among `letters`, which are those of the options shown.

    None where no token names an option at the start of the answer, or where less than half of
    that token's mass is on the letters: the rest was about something else, and what a choice
    would have been is then a guess."""
    position = _naming(reply.logprobs, frozenset(letters))
    if position is None:
        return None
    masses = dict.fromkeys(letters, 0.0)
    for token, logprob in position:
        bare = token.strip(_EDGES)
        if bare in masses:
            masses[bare] += math.exp(min(logprob, 0.0))
    total = sum(masses.values())
    if not total >= COVERAGE:
        return None
    return tuple(masses[letter] / total for letter in letters)


def _naming(
    tokens: Sequence[TokenLogprob], letters: frozenset[str]
) -> Iterable[tuple[str, float]] | None:
    """The candidates at the first token of the answer; what only leads up to it is passed over."""
    before = ""
    for token in tokens:
        bare = token.token.strip(_EDGES)
        if bare and not _LEAD_IN.fullmatch(f"{before}{token.token} ".lower()):
            candidates = dict(token.top)
            candidates.setdefault(token.token, token.logprob)
            named = bare in letters or any(c.strip(_EDGES) in letters for c in candidates)
            return candidates.items() if named else None
        before += token.token
        if len(before) > 80:
            return None
    return None
