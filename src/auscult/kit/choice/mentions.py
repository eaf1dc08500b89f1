"""Where an answer names an option: by its letter, its text or its place in the list."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from operator import attrgetter

import msgspec

from auscult.kit.choice.letters import capital_letters, small_letters
from auscult.kit.choice.options import Choices
from auscult.kit.choice.text import Text
from auscult.kit.choice.tongues import ORDINAL, PLACES

OUTSIDE = -1
_START = attrgetter("start")
MOST_MENTIONS = 160

_PLACE_WORDS = frozenset(PLACES)
_GLUE = re.compile(r"[\s.):\]\-,*_\"'(}|>=]{0,10}(?:the )?")
_NAMED_IN = re.compile(
    r"[\s*_\"']*[(\[]\s*(?:option|choice|answer|letter)?\s*[:.]?\s*[*_\"']*|"
    r"[\s*_\"']*[,-]?\s*(?:i\.e\.,? |that is,? |which is )?(?:option|choice|answer|letter) [(\"'*]*"
)
_END_HERE = re.compile(r"[\s)*_\"'\]}]*(?:$|\n|[.;!?|<,]|because|since|- )")
_JOIN = re.compile(
    r"[ \t)\]*_\"'}]*(?:[,;/&+]|,? ?(?:and/or|and|or|nor|as well as|y|o|et|ou|und|oder|e|и|или|"
    r"и/или|和|或|及|と|か|و|أو|और|या|및|또는)|,? and)"
    r"(?:[ \t(\[*_\"'{]+|(?<=[,;/&+和或及と]))"
    r"(?:(?:also|possibly|maybe|perhaps|even|options?|choices?|answers?|the) )*[(\[*_\"'{]*"
)


class Mention(msgspec.Struct):
    start: int
    end: int
    picks: tuple[int, ...]
    """One place, or several where options are named in one breath ("A or B")."""
    lettered: bool
    clash: bool = False
    """The letter of one option with the text of another."""
    listed: bool = False
    """Part of a list that goes through the options."""
    parts: tuple[Mention, ...] = ()


def mentions(text: Text, choices: Choices) -> list[Mention]:
    """All of them in order, a letter with its text being one."""
    texts = _named_by_text(text, choices)
    letters, places = _named_by_letter(text, choices), _named_by_place(text, choices)
    if texts:
        letters = [m for m in letters if not _within(m, texts)]
        places = [m for m in places if not any(t.start < m.end and m.start < t.end for t in texts)]
    found = [*letters, *texts, *places]
    if len(found) < 2:
        return found
    found.sort(key=_START)
    if len(found) > MOST_MENTIONS:
        found = found[: MOST_MENTIONS // 4] + found[-3 * MOST_MENTIONS // 4 :]
    return _joined(text, _merged(text, found))


def _within(letter: Mention, texts: list[Mention]) -> bool:
    """A letter that is part of an option's text is none; one that is the whole text clashes."""
    for mention in texts:
        if mention.start <= letter.start and letter.end <= mention.end:
            same = mention.end - mention.start == letter.end - letter.start
            mention.clash = mention.clash or (same and mention.picks != letter.picks)
            return True
    return False


def _named_by_letter(text: Text, choices: Choices) -> Sequence[Mention]:
    plain, labels = text.plain, choices.labels
    if not choices.latin:
        return list(_named_by_other_sign(text, choices))
    capital, small = capital_letters(text, choices), small_letters(text, choices)
    return [
        *[Mention(at, at + 1, (labels.get(plain[at], OUTSIDE),), True) for at in capital],
        *[Mention(at, at + 1, (labels[plain[at].upper()],), True) for at in small],
    ]


def _named_by_other_sign(text: Text, choices: Choices) -> Iterator[Mention]:
    """Options numbered or lettered otherwise ("1", "P", "क"), as a sign that stands alone."""
    signs = "|".join(re.escape(label) for label in sorted(choices.labels, key=len, reverse=True))
    for found in re.finditer(rf"(?<![\w.,])(?:{signs})(?![\w%])(?![.,]\d)", text.plain.upper()):
        if len(text.plain) == len(text.plain.upper()):
            yield Mention(found.start(), found.end(), (choices.labels[found[0]],), True)


def _named_by_text(text: Text, choices: Choices) -> list[Mention]:
    low = text.low
    found: list[Mention] = []
    for place, wanted in choices.wordings:
        if wanted not in low:
            continue
        at = low.find(wanted)
        while at >= 0 and len(found) < 4 * MOST_MENTIONS:
            end = at + len(wanted)
            if _stands_alone(low, at, end) and (
                not choices.everyday[place] or _marked(text, at, end)
            ):
                found.append(Mention(at, end, (place,), False))
            at = low.find(wanted, end)
    if len(found) > 1:
        found.sort(key=lambda m: (m.start, -m.end))
    kept: list[Mention] = []
    for mention in found:  # the longest at each place: "hepatitis" within "hepatitis b" is none
        if not kept or mention.start >= kept[-1].end:
            kept.append(mention)
        elif mention.end - mention.start > kept[-1].end - kept[-1].start:
            kept[-1] = mention
    return kept


def _stands_alone(low: str, start: int, end: int) -> bool:
    before = low[start - 1] if start else " "
    after = low[end] if end < len(low) else " "
    first, last = low[start], low[end - 1]
    if _latin_or_digit(first) and _latin_or_digit(before):
        return False
    if _latin_or_digit(last) and _latin_or_digit(after):
        tail = low[end : end + 2]
        plural = last.isalpha() and (tail[:1] == "s" and not tail[1:].isalnum())
        return bool(plural)
    if first.isdigit() and start > 1 and before in ".,-" and low[start - 2].isdigit():
        return False
    if last.isdigit() and (after in "%" or (after in ".," and low[end + 1 : end + 2].isdigit())):
        return False
    if after == "-" and low[end + 1 : end + 2].isalpha() and last.isalpha():
        return False  # "aspirin-induced"
    if before == "-" and start > 1 and low[start - 2].isalpha() and first.isalpha():
        return low[max(0, start - 4) : start] not in ("non-",)
    return True


def _latin_or_digit(character: str) -> bool:
    return character.isalnum() and character < "\u0250"


_MARK_BEFORE = re.compile(
    r"(?:^|\n)[\s>*#\"'(\[_-]*$|(?:answer|choice|option|response|choose|select|pick|say|is|be|with|"
    r"are|it's|so,|think,|overall,|conclusion,|respuesta|antwort|r[eé]ponse|resposta|risposta|"
    r"ответ|答案|答え)(?: (?:is|would be|option|the|a clear|clearly|definitely|a|likely|probably|"
    r"[a-z][.)]))*[\s:*\"'(\[_=]*$"
    r"|\b(?:so|hence|therefore|thus),? $|(?:^|[\s(*\"'])\(?[a-z][).:]+[\s*\"'_]*$"
    r"|\? ?[:-]? ?$|[:=>][\s*\"'(]*$|[*\"'(]$"
)
_MARK_AFTER = re.compile(
    r"[\s*\"')\]_}]*(?:$|[.,;:!?\n\-|<]|\((?:[a-z])\)|because\b|since\b|as\b|"
    r"(?:it|this|the|i|he|she|they|we|is)\b)"
)


def _marked(text: Text, start: int, end: int) -> bool:
    """An everyday word is a choice only with a mark before it and an end after it: "No, ..." is
    one and "No pleural effusion" is none."""
    if not _MARK_AFTER.match(text.low, end):
        return False
    return bool(_MARK_BEFORE.search(text.low, max(0, start - 48), start)) and (
        start == 0 or not _latin_or_digit(text.low[start - 1])
    )


def _named_by_place(text: Text, choices: Choices) -> Sequence[Mention]:
    if choices.numbered or (text.plain.isascii() and text.tokens.isdisjoint(_PLACE_WORDS)):
        return ()
    return list(_placed(text, choices))


def _placed(text: Text, choices: Choices) -> Iterator[Mention]:
    for found in ORDINAL.finditer(text.low):
        word = next(part for part in found.groups() if part)
        place = PLACES[word]
        if word in ("former", "latter") and choices.count != 2:
            continue
        if found.groupdict().get("number") in choices.texts:
            continue  # "answer 3" where an option reads "3" is that option
        if place < 0:
            place = choices.count
        picked = place - 1 if place <= choices.count else OUTSIDE
        yield Mention(found.start(), found.end(), (picked,), True)


def _merged(text: Text, found: list[Mention]) -> list[Mention]:
    merged: list[Mention] = []
    for mention in found:
        last = merged[-1] if merged else None
        if last is not None and mention.start < last.end:
            continue
        if last is None or not _one_thing(text, last, mention):
            merged.append(mention)
            continue
        last.clash = last.clash or last.picks != mention.picks
        last.end = mention.end
        last.lettered = last.lettered or mention.lettered
    return merged


def _one_thing(text: Text, first: Mention, second: Mention) -> bool:
    """A letter and its text; or a letter and the text of another, which then clash."""
    gap = text.low[first.end : second.start]
    if len(gap) > 24 or first.lettered == second.lettered or first.clash:
        return False
    same = first.picks == second.picks
    if first.lettered:
        if not _GLUE.fullmatch(gap) or (not gap.strip("*_\"' ") and not same):
            return False
        return same or ("\n" not in gap and _ends_there(text.low, second.end))
    return bool(_NAMED_IN.fullmatch(gap)) and (same or "(" in gap or "[" in gap)


def _ends_there(low: str, end: int) -> bool:
    return _END_HERE.match(low, end) is not None


def _joined(text: Text, found: list[Mention]) -> list[Mention]:
    """Options named in one breath become one mention with several picks."""
    joined: list[Mention] = []
    for mention in found:
        last = joined[-1] if joined else None
        gap = text.low[last.end : mention.start] if last else ""
        repeated = last is not None and set(mention.picks) & set(last.picks)
        if last is None or len(gap) > 32 or repeated or not _JOIN.fullmatch(gap):
            joined.append(mention)
            continue
        parts = (*(last.parts or (last,)), mention)
        picks = tuple(dict.fromkeys((*last.picks, *mention.picks)))
        joined[-1] = Mention(
            parts[0].start,
            mention.end,
            picks,
            last.lettered or mention.lettered,
            last.clash or mention.clash,
            parts=parts,
        )
    return joined
