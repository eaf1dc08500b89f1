"""Reads the reply to "are you sure?": sure, unsure, or neither, and whether the answer changed.

Words decide, not letters: "unsure", "uncertain" and "pressure" hold no "sure". A statement goes
before a leading yes or no ("No, I am sure" is sure), and of two that differ the one after "but" or
"however" decides; where nothing decides, the reply is unreadable. Who takes an answer back is not
sure of it, whatever else is said. Our own rules.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Literal

import msgspec

from auscult.kit.choice.reading import read_choice

State = Literal["sure", "unsure", "unreadable"]
Turn = Literal["kept", "changed", "withdrawn"]

LONGEST = 4000
"""What is read of a reply; a yes or no was asked for."""
TURNS_TRIED = 3
_WORDS = re.compile(r"\w+")
_QUOTES = {ord("\N{RIGHT SINGLE QUOTATION MARK}"): "'", ord("*"): " ", ord("_"): " ", ord("`"): " "}
_ADVERB = r"(?:\w+(?:ly)? |all that |at all |so |too |100 ?% |a hundred per ?cent )"
_WORD = r"(?:sure|certain|confident|positive|convinced)"
_NOT = r"(?:not|never|n't|cannot be|hardly|far from|less than|neither|nor|no longer)"
_UNSURE = re.compile(
    rf"\b(?:unsure|uncertain|uncertainty|unconfident|unconvinced|doubtful|tentative)\b"
    rf"|{_NOT} (?:be |feel |claim to be |say (?:that )?I'?a?m )?{_ADVERB}{{0,3}}{_WORD}\b"
    rf"|\b(?:no|little|low|limited|lack of|without) (?:\w+ )?(?:certainty|confidence)\b"
    rf"|\bconfidence (?:is|in (?:it|this|that|my answer) is) (?:\w+ )?(?:low|limited)\b"
    rf"|\b(?:have|has|had) (?:some |my |serious |real |a few )?doubts?\b|\bi doubt\b"
    r"|\b(?:possible|possibility|chance) (?:that )?i(?:'m| am| was| may be| might be) "
    r"(?:wrong|mistaken)\b"
    rf"|\b(?:[0-4]?\d|50) ?(?:%|per ?cent) {_WORD}\b|\bnot really\b"
    rf"|\b(?:do not|don't) know\b|\b(?:could|may|might) (?:well )?be (?:wrong|mistaken|incorrect)\b"
    rf"|\bcan(?:not|'t) (?:be sure|confirm|guarantee|say for (?:sure|certain)|rule out)\b"
    rf"|\b(?:just|only|was) (?:a guess|guessing)\b",
    re.IGNORECASE,
)
_NO_DOUBT = re.compile(
    r"\b(?:no|without(?: an?y?)?|beyond(?: an?y?)?|not in) (?:\w+ )?doubts?\b"
    r"|\b(?:no|without(?: any)?) (?:\w+ )?reservations?\b"
    r"|\b(?:low|little|minimal|negligible) uncertainty\b"
    r"|\buncertainty (?:\w+ ){0,3}is (?:\w+ )?(?:low|minimal|small|negligible)\b"
    r"|\b(?:do not|don't|never) doubt\b|\b(?:no|not (?:at all )?|hardly) uncertain(?:ty)?\b"
    r"|\bnot (?:at all )?unsure\b",
    re.IGNORECASE,
)
_SURE = re.compile(
    rf"\b{_WORD}\b|\bi stand by\b|\bi (?:can |do )?confirm\b"
    r"|\b(?:definitely|certainly|absolutely)\b"
    r"|\bwith (?:\w+ )?(?:certainty|confidence)\b|\bi know (?:it|that|this)\b",
    re.IGNORECASE,
)
# "To be sure" and "make sure" say nothing of how sure the speaker is; nor does a condition, nor
# what was or would be felt. "Certain findings" are some findings.
_IDLE = re.compile(
    rf"\b(?:to (?:be|make|feel)|make|making|made|be|if (?:you|i|we|one)(?: are| am|'re|'m| were)?|"
    rf"whether (?:you|i)(?: are| am)?|you(?:'re| are)?|are you|was|were|would be|seemed) "
    rf"{_ADVERB}?{_WORD}\b|\b(?:a|some|any|under) certain\b|\bcertain (?:\w+s|amount|degree)\b"
    rf"|\b(?:test|tests|culture|result|scan) (?:is|was|were|are|be) positive\b|\bpositive \w+"
    rf"|\bsurely?,? if\b",
    re.IGNORECASE,
)
_CUES_HOLD = (
    "sure", "certain", "confiden", "positive", "convinced", "doubt", "reservation", "tentative",
    "wrong", "mistaken", "incorrect", "really", "know", "confirm", "guarantee", "rule", "guess",
    "stand", "definitely", "absolutely",
)  # fmt: skip
"""Of which every match of the patterns above holds one."""
_TURN = re.compile(
    r"\b(?:but|however|yet|still|nevertheless|nonetheless|now|that said)\b[,:]?", re.I
)
_YES = re.compile(
    r"\W*(?:oh |well,? )?(yes|yeah|yep|correct|absolutely|definitely|of course)\b", re.I
)
_NO_LAST = re.compile(r"[.!]\s+no\W*$", re.I)
# What holds the answer for right or wrong without a word of being sure. Only at the head of a
# sentence ("whether my answer is right" says nothing), and never before another word: "the answer
# is right upper lobe" names one.
_HEAD = r"\W*(?:(?:yes|yeah|no|well|indeed)\W+)?"
_HELD = r"(?:i (?:do |still )?(?:think|believe|maintain) (?:that )?)?"
_ANSWER = r"(?:the|my|this|that)(?: \w+)? answer"
_IS = r"(?: is| was| remains|'s)"
_END = r"(?=\W*$|[.,;:!]| (?:because|since|as|based|given|for|and)\b)"
_NOT_SO = r"(?:wrong|mistaken|incorrect|inaccurate)"
_PLAIN_SURE = re.compile(
    rf"{_HEAD}{_HELD}{_ANSWER}{_IS} (?:still |indeed |\w+ly )?(?:correct|right|accurate){_END}"
    rf"|{_HEAD}i(?:'m| am) not {_NOT_SO}\b|{_HEAD}i (?:do |still )?(?:think|believe) so\b",
    re.I,
)
_PLAIN_IT = re.compile(
    rf"{_HEAD}{_HELD}(?:it|that){_IS} (?:still |indeed |\w+ly )?(?:correct|right|accurate){_END}",
    re.I,
)
_PLAIN_UNSURE = re.compile(
    rf"{_HEAD}(?:{_HELD}{_ANSWER}{_IS} (?:\w+ly )?(?:{_NOT_SO}|not (?:correct|right|accurate))"
    r"|i (?:do not|don't|did not|didn't) (?:really )?(?:think|believe) "
    r"(?:so|(?:that )?(?:it|that|my answer) (?:is|was) (?:correct|right|accurate)))\b",
    re.I,
)
_YES_LAST = re.compile(r",? (?:so )?yes\W*$", re.I)
_POINTS = re.compile(
    r"\b(?:answer|choice|option|it|that)\b[^.!?]{0,25}"
    r"\b(?:is|was|(?:should|must|would)(?: have)? be(?:en)?)\b"
    r"|\b(?:is|was|would be) (?:the )?(?:correct|right|best|better)\b|\binstead\b|\brather\b|: ",
    re.I,
)
_NO = re.compile(r"\W*(?:oh |well,? )?(no|nope)\b(?! (?:doubt|question|uncertainty))", re.I)
_SENTENCE = re.compile(r"(?<=[.!?;])\s+|\n+")
_TAKES_BACK = re.compile(
    r"\b(?:i (?:apologi[sz]e for (?:my |the |that )?(?:\w+ )?(?:error|mistake|wrong)|"
    r"stand corrected|misread|misspoke|was (?:\w+ )?(?:wrong|mistaken)|"
    r"made (?:a|an) (?:\w+ )?(?:mistake|error)|need to correct|must correct|have to correct|"
    r"take (?:it|that|my answer) back|retract|withdraw)|"
    r"i(?:'d| would|'ll| will)? (?:like to |want to |wish to )?(?:change|revise|correct|amend|"
    r"withdraw|retract) (?:my|the|that) |"
    r"(?:you're|you are) (?:\w+ )?right\b(?! to ask)|"
    r"my (?:first |previous |earlier |initial |original )?answer (?:is|was) (?:\w+ )?"
    r"(?:wrong|incorrect|mistaken|not (?:right|correct))|"
    r"(?:that|it) was (?:\w+ )?(?:wrong|incorrect|a mistake|an error)|my (?:mistake|error)|"
    r"let me correct)",
    re.IGNORECASE,
)
_TAKING_BACK_HOLDS = (
    "error", "mistake", "wrong", "correct", "misread", "misspoke", "take", "retract", "withdraw",
    "change", "revise", "amend", "right",
)  # fmt: skip
_NOT_TAKEN = re.compile(
    r"\b(?:no need to|not|never|n't|don't|do not) (?:\w+ )?(?:need to |have to |want to |made? )?"
    r"(?:apologi[sz]e|change|revise|correct|amend|withdraw|retract|wrong|mistaken|a mistake)",
    re.IGNORECASE,
)
_NAMED = re.compile(
    r"\b(?:answer|it|that|reply)(?: actually)? (?:is|should (?:be|have been)|would be|must be|was)"
    r"(?: actually| in fact| now| rather)?:? ?[\"'(]*(yes|no)\b"
    r"|\b(?:change|changed|correct|revise)\b[^.]{0,30}\bto:? ?[\"'(]*(yes|no)\b"
    r"|\b(?:answer|final answer|correction):? ?[\"'(]*(yes|no)\b",
    re.IGNORECASE,
)


class Sureness(msgspec.Struct, frozen=True):
    state: State
    turn: Turn = "kept"
    final: int | None = None
    """Place of the answer named now, if one is."""


def read_sure(
    text: str, first: int | None, options: Sequence[str], *, letters: str, yes_no: bool
) -> Sureness:
    """`first` is the place of the answer given before; places are as displayed."""
    said = text[:LONGEST].translate(_QUOTES).strip()
    if not said:
        return Sureness("unreadable")
    final = _named_now(said, options, letters, yes_no)
    back = _takes_back(said)
    if final is not None and first is not None and final != first:
        # Who is sure and only speaks of another option has not changed to it.
        if back or _POINTS.search(said) or state_of(said) != "sure":
            return Sureness("unsure", "changed", final)
        return Sureness("sure")
    if back and final is None:
        return Sureness("unsure", "withdrawn")
    return Sureness(state_of(said), "kept", final)


def state_of(said: str) -> State:
    """By what is stated; by a leading yes or no where nothing is."""
    stated = _stated(said)
    if stated is not None:
        # "I am sure. No." takes with one hand what it gives with the other.
        return "unreadable" if stated == "sure" and _NO_LAST.search(said) else stated
    plain = _plain(said)
    if plain is not None:
        return plain
    if _NO.match(said):
        return "unsure"
    return "sure" if _YES.match(said) or _YES_LAST.search(said) else "unreadable"


def _plain(said: str) -> State | None:
    """By whether the answer is held to be right. After a no, "that is right" may agree with it."""
    found: set[State] = set()
    for sentence in _SENTENCE.split(said):
        if sentence.rstrip().endswith("?"):
            continue
        if _PLAIN_UNSURE.match(sentence):
            found.add("unsure")
        elif _PLAIN_SURE.match(sentence) or (_PLAIN_IT.match(sentence) and not _NO.match(said)):
            found.add("sure")
    if not found:
        return None
    return found.pop() if len(found) == 1 else "unreadable"


def _stated(said: str) -> State | None:
    found = {state for sentence in _SENTENCE.split(said) if (state := _of_sentence(sentence))}
    if not found:
        return None
    return found.pop() if len(found) == 1 else _after_turn(said) or "unreadable"


def _of_sentence(sentence: str) -> State | None:
    sure, unsure = _cues(sentence)
    if sure and unsure:
        return _after_turn(sentence) or "unreadable"
    if unsure:
        return "unsure"
    return "sure" if sure else None


def _after_turn(said: str) -> State | None:
    """What stands behind the last "but" that has something behind it."""
    for turned in reversed(list(_TURN.finditer(said))[-TURNS_TRIED:]):
        sure, unsure = _cues(said[turned.end() :])
        if sure is not unsure:
            return "sure" if sure else "unsure"
    return None


def _cues(sentence: str) -> tuple[bool, bool]:
    """Whether something says sure, and whether something says unsure; a question says neither."""
    if sentence.rstrip().endswith("?") or not _may_hold(sentence, _CUES_HOLD):
        return False, False
    assured = bool(_NO_DOUBT.search(sentence))
    bare = _NO_DOUBT.sub(" ", sentence)
    unsure = bool(_UNSURE.search(bare))
    bare = _IDLE.sub(" ", _UNSURE.sub(" ", bare))
    return assured or bool(_SURE.search(bare)), unsure


def _takes_back(said: str) -> bool:
    return any(
        _TAKES_BACK.search(sentence) and not _NOT_TAKEN.search(sentence)
        for sentence in _SENTENCE.split(said)
        if _may_hold(sentence, _TAKING_BACK_HOLDS) and not sentence.rstrip().endswith("?")
    )


def _may_hold(sentence: str, needed: Sequence[str]) -> bool:
    """Cheaply: to look for letters without case is slow. Some that are not ASCII fold into one."""
    low = sentence.lower()
    return not sentence.isascii() or any(letters in low for letters in needed)


def _named_now(said: str, options: Sequence[str], letters: str, yes_no: bool) -> int | None:
    """The leading yes or no answers "are you sure?" and names no option."""
    lead = _YES.match(said) or _NO.match(said)
    rest = said[lead.end() :].lstrip(" ,.;:!-") if lead else said
    if yes_no:
        named = [next(word for word in m.groups() if word) for m in _NAMED.finditer(rest)]
        plain = [option.strip().rstrip(".").lower() for option in options]
        return plain.index(named[-1].lower()) if named else None
    if not _may_name(rest, options, letters):
        return None
    return read_choice(rest, tuple(options), letters=letters[: len(options)]).choice


def _may_name(said: str, options: Sequence[str], letters: str) -> bool:
    """A quick look, because nearly every reply only says sure or not."""
    if not set(letters[: len(options)]).isdisjoint(_WORDS.findall(said)):
        return True
    low = said.lower()
    return any(
        option.lower() in low
        or any(word in low for word in option.lower().split() if len(word) > 3)
        for option in options
    )
