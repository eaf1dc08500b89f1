"""What a clinical text states, so far as code can tell: numbers and what they measure, what is
denied, sides, sexes, drugs, sites, directions, and the words that carry content.

Two texts that mean the same state the same of these. It is a net for edits that went wrong and no
proof of sameness: what it misses is measured (docs/validity-gate.md)."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from decimal import Decimal
from functools import lru_cache

import msgspec

from auscult.kit.attack.terms import (
    AFTER,
    BEFORE,
    BREAKS,
    COMMON,
    COUNTING,
    DEEDS,
    EACH,
    LASTING,
    LATER,
    LEANS,
    LOOSE,
    OFTEN,
    PAUSES,
    PERSONS,
    PLACES,
    RATES,
    SEEN,
    SITES,
    SPANS_OF_TIME,
    VERBS,
    drug,
)

_WORDS: dict[str, int] = {
    "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9,
    "ten": 10, "eleven": 11, "twelve": 12, "dozen": 12, "fourteen": 14, "fifteen": 15,
    "sixteen": 16, "eighteen": 18, "twenty": 20, "thirty": 30, "forty": 40, "fifty": 50,
    "sixty": 60, "seventy": 70, "eighty": 80, "ninety": 90,
}  # fmt: skip
"""Without "one", "once" and "half", which mostly count nothing."""
_DIGITS = r"\d+(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?"
_UNIT = (
    r"%|°\s?[CF]\b|[x×]\s?10[⁰¹²³⁴-⁹]*(?:/\w+)?|"
    r"(?:(?:[kmµμnpfdc]?(?:g|L|l|mol|m|U|IU|Eq|s|Pa|[Oo]sm)|mmHg|bpm|mcg|beats|breaths|cells|"
    r"copies|units?|drops|tablets?|h|min|(?:second|minute|hour|day|week|month|year)s?(?:-old)?)"
    r"(?:/[\w²³]+)*\b|/(?:min|day|h|week)\b)"
)
NUMBER = re.compile(
    rf"(?<![\w.])(?:(?P<number>{_DIGITS})|(?P<word>\b(?:{'|'.join(_WORDS)})\b))"
    rf"(?:[\s-]?(?P<unit>{_UNIT}))?",
    re.IGNORECASE,
)
_PLURAL = re.compile(r"^(second|minute|hour|day|week|month|year|unit|tablet)s?(-old)?$")
_AGED = re.compile(r"\b(?:aged?|age of|woman of|man of)\s+$", re.IGNORECASE)
_BROKEN = re.compile(
    r"\d\s+\.\d|\d\.\s+\d(?=\d*\s?(?:%|°|[µm]?mol|mg|g|kg|mL|L|U|/)\b)|\d\s+,\d{3}\b|\d,\s+\d{3}\b"
)
_TOKEN = re.compile(r"[^\W\d_][\w'’]*|[.;:?!,](?=\s|$)|\d+(?:[.,]\d+)*")
_STOPS = frozenset(".;:?!")


_NO_LEAN = re.compile(
    r"\bright (?=time|answer|thing|step|choice|way)|"
    r"\bleft (?=an?\b|the\b|him|her|with\b|home|behind)|"
    r"(?<=-)old\b|(?<=years )old\b"
)


class Facts(msgspec.Struct, frozen=True):
    numbers: dict[tuple[Decimal, str], int]
    """Each number with its unit, in digits or in words."""
    measured: dict[str, frozenset[Decimal]]
    """By the word before them: what the numbers are of."""
    broken: int
    """Numbers that are torn apart at their point or comma."""
    affirmed: dict[str, int]
    denied: dict[str, int]
    """Stems of words that are stated, and of those within reach of a denial."""
    sides: dict[str, int]
    sexes: frozenset[str]
    drugs: frozenset[str]
    sites: frozenset[str]
    rates: dict[str, int]
    times: frozenset[str]
    leans: frozenset[tuple[str, str, str]]
    """Axis, way and the stem beside it, on either side."""
    ways: frozenset[tuple[str, str]]
    sentences: tuple[frozenset[str], ...]
    """Stems and numbers of each."""


@lru_cache(maxsize=1024)
def facts_of(text: str) -> Facts:
    low = _NO_LEAN.sub(" ", text.lower().replace("’", "'"))
    tokens = _TOKEN.findall(low.replace("-negative", " minus").replace("-positive", " plus"))
    words = frozenset(tokens)
    affirmed, denied = _polarity(tokens)
    leaning = {(LEANS[w].axis, LEANS[w].way) for w in words if w in LEANS}
    return Facts(
        numbers=dict(numbers_of(text)),
        measured=_measured(text),
        broken=torn_numbers(text),
        affirmed=affirmed,
        denied=denied,
        sides={side: tokens.count(side) for side in ("left", "right")},
        sexes=frozenset(PERSONS[w] for w in words if w in PERSONS),
        drugs=frozenset(name for w in words if len(w) > 3 and (name := drug(w))),
        sites=frozenset(SITES[w] for w in words if w in SITES),
        rates=_rates(tokens),
        times=frozenset(SPANS_OF_TIME[w] for w in words if w in SPANS_OF_TIME),
        leans=frozenset(_leaning(tokens)),
        ways=frozenset(leaning),
        sentences=tuple(_sentences(tokens)),
    )


# --- numbers -------------------------------------------------------------------------------------


def numbers_of(text: str) -> Counter[tuple[Decimal, str]]:
    found: Counter[tuple[Decimal, str]] = Counter()
    for match in NUMBER.finditer(text):
        found[_value(match), _unit(match, text)] += 1
    return found


def torn_numbers(text: str) -> int:
    return len(_BROKEN.findall(text))


def _value(match: re.Match[str]) -> Decimal:
    if match["number"]:
        return Decimal(match["number"].replace(",", "")).normalize()
    return Decimal(_WORDS[match["word"].lower()])


def _unit(match: re.Match[str], text: str) -> str:
    unit = (match["unit"] or "").replace(" ", "").replace("μ", "µ")
    if not unit and _AGED.search(text, max(0, match.start() - 12), match.start()):
        return "year"
    return _PLURAL.sub(r"\1", unit)


_RISEN = frozenset(["from", "to"])


def _measured(text: str) -> dict[str, frozenset[Decimal]]:
    """A number belongs to the last word of content before it in its clause."""
    found: dict[str, set[Decimal]] = {}
    start, name = 0, ""
    for match in NUMBER.finditer(text):
        between = _TOKEN.findall(text[start : match.start()].lower())
        start = match.end()
        for token in between:
            if token in _STOPS:
                name = ""
            elif _is_content(token) and token not in LEANS:
                name = _stem(token)
        if match["number"]:
            of = between[-1] if between and between[-1] in _RISEN else name
            if of:
                found.setdefault(of, set()).add(_value(match))
            if of == name:
                name = ""
    return {of: frozenset(values) for of, values in found.items()}


def _rates(tokens: Sequence[str]) -> dict[str, int]:
    """How often: "twice daily" and "twice a day" are one."""
    found: Counter[str] = Counter()
    for n, token in enumerate(tokens):
        if token in RATES:
            found[RATES[token]] += 1
        elif token in SPANS_OF_TIME and _is_each(tokens, n - 1):
            found[SPANS_OF_TIME[token]] += 1
        elif token in OFTEN and (
            tokens[n + 1 : n + 2] and (tokens[n + 1] in RATES or _is_each(tokens, n + 1))
        ):
            found[f"{OFTEN[token]} times"] += 1
    return dict(found)


def _is_each(tokens: Sequence[str], n: int) -> bool:
    """The "a" of "eight stools a day", not that of "for a day" and "a day later"."""
    if n < 0 or n + 1 >= len(tokens):
        return False
    if tokens[n] in EACH:
        return True
    before, after = tokens[max(0, n - 1) : n], tokens[n + 2 : n + 3]
    lasts = not before or before[0] in LASTING or before[0] in BREAKS
    return tokens[n] in ("a", "an") and not lasts and not LATER.intersection(after)


# --- words ---------------------------------------------------------------------------------------


def _is_content(token: str) -> bool:
    return (
        len(token) > 1
        and token[0].isalpha()
        and token not in COMMON
        and token not in BEFORE
        and token not in COUNTING
        and token not in _WORDS
        and token not in PERSONS
    )


def _polarity(tokens: Sequence[str]) -> tuple[dict[str, int], dict[str, int]]:
    denied_at = [False] * len(tokens)
    for n, token in enumerate(tokens):
        for m in _covered(tokens, n, token):
            denied_at[m] = True
    affirmed: Counter[str] = Counter()
    denied: Counter[str] = Counter()
    for token, is_denied in zip(tokens, denied_at, strict=True):
        counts = token[0].isdigit() or (_is_content(token) and token not in AFTER)
        if counts and token not in DEEDS:
            (denied if is_denied else affirmed)[_stem(token)] += 1
    return dict(affirmed), dict(denied)


def _covered(tokens: Sequence[str], n: int, token: str) -> Iterator[int]:
    """Places that the word at `n` denies, none where it denies nothing."""
    loose = token in LOOSE or token.endswith("n't")
    if loose or token in BEFORE or (token == "free" and tokens[n + 1 : n + 2] == ["of"]):
        yield from _reach(tokens, n, loose=loose)
        if loose and SEEN.intersection(tokens[n + 1 : n + 3]):
            yield from _back(tokens, n)
    elif token in AFTER and not (n and tokens[n - 1] in LOOSE):
        named = [m for m in (n + 1, n + 2) if m < len(tokens) and _is_content(tokens[m])]
        yield from named if named[:1] == [n + 1] else _back(tokens, n)


def _back(tokens: Sequence[str], cue: int) -> Iterator[int]:
    for n in range(cue - 1, -1, -1):
        if tokens[n] in _STOPS or tokens[n] in (",", "and") or tokens[n] in BREAKS:
            return
        yield n


def _reach(tokens: Sequence[str], cue: int, *, loose: bool) -> Iterator[int]:
    """Places that a denial covers: to the end of its clause, and not over the next statement."""
    listed = named = False
    for n in range(cue + 1, len(tokens)):
        token = tokens[n]
        if token in _STOPS or token in BREAKS:
            return
        if (token in VERBS and (named or not loose)) or (token in PLACES and named):
            return
        named = named or _is_content(token)
        after = tokens[n + 1] if n + 1 < len(tokens) else ""
        if token == "," and (after in PAUSES or (not listed and not _list_goes_on(tokens, n))):
            return
        if token == "and" and (after in VERBS or after in PAUSES):
            return
        listed = listed or token == ","
        yield n


def _list_goes_on(tokens: Sequence[str], comma: int) -> bool:
    """ "no fever, rash or cough": the list is closed by an "or" or "nor" before the next stop."""
    for token in tokens[comma + 1 : comma + 8]:
        if token in ("or", "nor"):
            return True
        if token in _STOPS or token in VERBS:
            return False
    return False


def _leaning(tokens: Sequence[str]) -> Iterator[tuple[str, str, str]]:
    for n, token in enumerate(tokens):
        lean = LEANS.get(token)
        if lean is None:
            continue
        after = tokens[n + 1] if n + 1 < len(tokens) else ""
        beside = _is_content(after) and after not in LEANS
        for step in (1,) if beside else (-1, 1):
            for m in range(n + step, n + 5 * step, step):
                if not 0 <= m < len(tokens) or tokens[m] in _STOPS or tokens[m] == ",":
                    break
                if _is_content(tokens[m]) and tokens[m] not in LEANS:
                    yield (lean.axis, lean.way, _stem(tokens[m]))
                    break


def _sentences(tokens: Sequence[str]) -> Iterator[frozenset[str]]:
    found: set[str] = set()
    for token in (*tokens, "."):
        if token in _STOPS and token != ":":
            if found:
                yield frozenset(found)
            found = set()
        elif token[0].isdigit() or _is_content(token):
            found.add(_stem(token))


def _stem(word: str) -> str:
    """Enough of a word to meet it again as a plural or in another form."""
    for ending in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= 4:
            return word[: -len(ending)]
    return word


_ENDINGS = ("ations", "ation", "ings", "ing", "edly", "ness", "ies", "es", "ed", "ly", "s")


# --- two texts -----------------------------------------------------------------------------------


def turned(before: Facts, after: Facts) -> frozenset[str]:
    """Words whose statement turned: denied and now stated, or the other way round."""
    words = before.denied.keys() & after.affirmed.keys() - after.denied.keys()
    found = {w for w in words if after.affirmed[w] > before.affirmed.get(w, 0)}
    words = before.affirmed.keys() & after.denied.keys() - before.denied.keys()
    found |= {w for w in words if after.affirmed.get(w, 0) < before.affirmed[w]}
    return frozenset(found)


def exchanged(before: frozenset[str], after: frozenset[str]) -> bool:
    """One went and another came; a mere loss may be a word said once less."""
    return bool(before - after) and bool(after - before)


def side_changed(before: Facts, after: Facts) -> bool:
    """One is said no more, or less often and the other more; once less may be mere wording."""
    less = [side for side, times in before.sides.items() if after.sides[side] < times]
    more = [side for side, times in before.sides.items() if after.sides[side] > times]
    return bool(less and more) or any(not after.sides[side] for side in less)


def opposed(before: Facts, after: Facts) -> frozenset[str]:
    """Pairs of opposites of which the other end is now said, in all or of the same word."""
    found = set()
    for axis, way in after.ways - before.ways:
        gone = {w for a, w in before.ways - after.ways if a == axis}
        if gone - {way}:
            found.add(axis)
    was, now = _by_word(before), _by_word(after)
    for beside in was.keys() & now.keys():
        new = now[beside] - was[beside]
        if new and (beside[0] == "side" or not was[beside] & now[beside]):
            found.add(beside[0])
    return frozenset(found)


def _by_word(facts: Facts) -> dict[tuple[str, str], set[str]]:
    found: dict[tuple[str, str], set[str]] = {}
    for axis, way, beside in facts.leans:
        found.setdefault((axis, beside), set()).add(way)
    return found


def mixed_up(before: Facts, after: Facts) -> bool:
    """Two values of two things have changed places, or one was taken for the other."""
    moved = {
        of for of, values in after.measured.items()
        if of in before.measured and not before.measured[of] & values
    }  # fmt: skip
    return any(
        after.measured[of] & before.measured[other] for of in moved for other in moved - {of}
    )


SENTENCE = 4
"""Of a shorter one, a single word met again is enough; the last, which asks, may have none."""


def least_kept(sentences: Sequence[frozenset[str]], within: Facts) -> float:
    """The smallest share of a sentence's words that the other text has anywhere."""
    have = frozenset().union(*within.sentences)
    starts = {word[:4] for word in have}
    least = 1.0
    for number, words in enumerate(sentences, 1):
        met = sum(word in have or (len(word) > 4 and word[:4] in starts) for word in words)
        if len(words) >= SENTENCE:
            least = min(least, met / len(words))
        elif len(words) > 1 and not met and number < len(sentences):
            least = 0.0
    return least
