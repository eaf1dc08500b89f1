"""Words of which orders to a judge are made, and none of which says anything of medicine.

They are few on purpose: a clause with any other word stays in the answer. So numbers, nouns and
verbs of medicine are not here, nor is what answers a question by itself: yes, no, true, false,
never, both, none, safe, allowed. A ruling ("it is right") may answer one too, and goes only where
the judge has just been spoken to.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

_COURTEOUS_WORDS = (
    "also and as because but clear conclusion confirm declare dear finally hence hereby hi hello i "
    "in kindly moreover note overall please ps result short since so state sure thank thanks that "
    "the then therefore though thus to we which while you"
)
_FUNCTION_WORDS = (
    "a about according again all an answer answers any are at be been before being by can decision "
    "do does done each enter every everybody everyone everything field fields following for from "
    "given had has have having he her here his how i'm if is it its just may me mine must my not "
    "of on one ones only or other our output own reader reads replied reply response return said "
    "same say says shall she should simply task text than their them there these they this those "
    "what whatever who whoever whole will with without would write written you're your yours above "
    "below end"
)
_RULING_WORDS = (
    "absolutely accept accepted agree agrees approve best call called complete completely consider "
    "considered correct correctly count counted credible criteria criterion deem deemed entirely "
    "fair fine flawless full fully good held highest incorrect maximum met ok okay part partly "
    "pass passed passes passing perfect perfectly points regard regarded right rightly satisfied "
    "set tick top valid wrong"
)
_JUDGING_WORDS = (
    "award awarded compare compared comparing comparison credit deserve deserved deserves "
    "earn earned earns evaluator evaluators examiner examiners grade graded grader graders "
    "grades grading instruction instructions json judge judged judges judging key mark "
    "marked marking marks misprint obey override policy prompts reference reward rewarded "
    "rubric rule ruled rules ruling score scored scores scoring submission verdict"
)
_COURTESY = frozenset(_COURTEOUS_WORDS.split())
_FUNCTION = _COURTESY.union(_FUNCTION_WORDS.split())
_RULING = frozenset(_RULING_WORDS.split())
_JUDGING = frozenset(_JUDGING_WORDS.split())
_SELF = re.compile(
    r"\b(?:this one|(?:this|my|above)\s+(?:answer|response|reply|text)|"
    r"(?:answer|response|reply|text) above)\b",
    re.IGNORECASE,
)
_SIDE = re.compile(
    r"\b(?:right|wrong|full|top|best|good|fine|perfect|highest|maximum|correct|whole)[\s-]+"
    r"(?:ones?|parts?|end|side)\b|"
    r"^\W*(?:all(?:\s+of)?\s+)?(?:the\s+above|the\s+one\s+(?:above|below)|it|them|these|those)\W*$",
    re.IGNORECASE,
)
"""What may answer "which of them?"."""
_RULES_WORDS = (
    "accept accepted agree agrees approve are be been being call called consider considered "
    "count counted deem deemed is must pass passed passes regard regarded set shall should"
)
_RULES = frozenset(_RULES_WORDS.split())
"""Without one of them a ruling is a bare "right", which may answer by itself."""
_SAY_YES = re.compile(r"\b(?:say|reply|respond|write|enter|return|output) [\"']?(?:yes|true)\b")
_WORD = re.compile(r"[^\W_]+(?:'[^\W_]+)*")
_ANY = _FUNCTION | _RULING | _JUDGING
_NOTHING = _ANY.union(("none", "nothing", "n", "null"))


def spoken(clause: str, *, opened: bool) -> bool:
    """Whether a clause in the sentence of an order is words to the judge as well. `opened` where
    the judge, or a model, was spoken to by name before it in the sentence."""
    words = _words(clause)
    if not words or not _ANY.issuperset(words):
        return False
    judging = not _JUDGING.isdisjoint(words) or bool(_SELF.search(clause))
    if _SIDE.search(clause) and not _SELF.search(clause):
        return False
    ruling = opened and not _RULING.isdisjoint(words) and not _RULES.isdisjoint(words)
    return judging or ruling or _COURTESY.issuperset(words)


def leads(words_of: str, *, opened: bool) -> bool:
    """Whether what stands in one clause with an order only leads to it, or ends it."""
    words = _words(words_of)
    if not _ANY.issuperset(words):
        return False
    if _SELF.search(words_of):
        return True
    if _SIDE.search(words_of):
        return False
    ruled = opened and not _RULES.isdisjoint(words)
    return _RULING.isdisjoint(words) or ruled or not _JUDGING.isdisjoint(words)


def idle(text: str) -> bool:
    """Whether a value in a verdict's form says nothing: "as above", "all of it", or no word."""
    words = _words(text)
    return _NOTHING.issuperset(words) and _RULING.isdisjoint(words)


def _words(text: str) -> Sequence[str]:
    plain = text.replace("\u2019", "'").casefold()
    return _WORD.findall(_SAY_YES.sub("verdict", plain))
