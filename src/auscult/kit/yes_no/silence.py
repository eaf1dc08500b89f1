"""Answers to a yes-no question that say neither on purpose, and doubt beside an answer.

The patterns of `choice.silence` would take "no evidence of pneumonia" for doubt, so doubt is read
by narrower ones here: someone must not know or be unable to tell. A picture that was not seen is an
inability, which counts as not knowing, unless a refusal on principle stands with it.
"""

from __future__ import annotations

import re

import msgspec

from auscult.core.verdict import Behaviour
from auscult.kit.choice import tongues
from auscult.kit.choice.silence import DECLINES
from auscult.kit.choice.text import Text
from auscult.kit.yes_no.words import SIEVE

_CANNOT = (
    r"(?:can't|cannot|can not|could not|couldn't|unable to|not able to|impossible to|"
    r"isn't possible to|not possible to|no way (?:to|of)|not feasible to)"
)
_ADVERB = r"(?:\w+ly |really |even |yet |be |me to |for me to )?"
_TELL = (
    r"(?:tell|telling|determin\w+|say(?! that| there| the\b)|know|knowing|judg\w+|assess\w*|"
    r"decide\w*|conclude\w*|evaluate\w*|establish\w*|confirm\w*|exclude\w*|ruled? out|"
    r"ascertain\w*|infer\w*|distinguish\w*|be (?:sure|certain|known))"
)
_PICTURE = (
    r"(?:images?|pictures?|photos?|photographs?|scans?|x-?rays?|radiographs?|files?|attachments?|"
    r"visual (?:content|data|inputs?))"
)
_DET = r"(?:(?:any|an?|the|your|this|that|these|those|medical|attached|uploaded|actual|such) ){0,3}"
_NEEDS = r"(?:information|details?|data|context|evidence|history|views?|images?|quality)"
DOUBTS = SIEVE.compile(
    r"\b(?:don't|do not|dont|wouldn't|would not) (?:\w+ly |really )?know\b|\bi (?:have|'ve) no "
    r"(?:idea|clue)\b|^\W*(?:no (?:idea|clue)|idk|dunno|pass|skip)\b|\bcan't be (?:sure|certain)\b"
    rf"|\b{_CANNOT} {_ADVERB}{_TELL}"
    rf"|\btoo (?:poor|blurr\w+|dark|low|small|limited|noisy|unclear)[\w ]{{0,20}} to {_TELL}"
    r"|\b(?:undetermined|indeterminate|inconclusive|unclear|equivocal|uncertain|unanswerable|"
    r"undecided|non-?diagnostic)\b|^\W*unknown\b|\bit is unknown\b"
    rf"|\b(?:not|isn't|aren't|don't have|without) (?:have )?(?:enough|sufficient) (?:\w+ )?{_NEEDS}"
    rf"|\binsufficient (?:\w+ )?{_NEEDS}|\b{_NEEDS} (?:is|are) (?:insufficient|inadequate|lacking)"
    r"|\b(?:biopsy|views?|imaging|tests?|information|history|comparison|contrast) (?:is|are|would "
    r"be) (?:needed|required|necessary) (?:to|before|for)\b|\b(?:impossible|hard) to (?:say|tell)\b"
    r"|\bno evidence (?:either )?(?:for or against|either way)\b"
)
_MERE = SIEVE.compile(
    r"\b(?:not|isn't|n't be|can't be|cannot be) (?:\w+ly |really |so |100% )?(?:sure|certain|"
    r"confident|clear)\b|\bunsure\b|\bhard to (?:say|tell|be (?:sure|certain))\b|\bdifficult to\b"
)
INABILITY = SIEVE.compile(
    r"\b(?:can't|cannot|can not|could not|couldn't|unable to|not able to|don't|do not|"
    r"(?:the )?(?:ability|capability) to|incapable of|not capable of) (?:\w+ly )?(?:see|seeing|"
    rf"view|viewing|look at|access|open|process|receive|perceive|have|find)"
    rf"(?: or \w+)? {_DET}{_PICTURE}\b"
    rf"|\bno {_PICTURE} (?:was|were|is|are|has|have|attached|provided|came|included|here)\b"
    rf"|\b{_PICTURE} (?:did not|didn't|failed to|was not|wasn't|has not|hasn't|is not|isn't|is|was|"
    r"seems to be) (?:been )?(?:load|come|attach|upload|provid|includ|display|missing|shared|"
    r"appear|sent)"
    rf"|\b(?:upload|attach|share|send|provide) {_DET}{_PICTURE}\b"
    rf"|\bwithout (?:seeing |viewing )?{_DET}{_PICTURE}\b|\btext-(?:based|only)\b"
)
_DECLINES_MORE = SIEVE.compile(
    r"\b(?:i|we|i'm|sorry|model|ai)\b[^.!?\n]{0,40}?(?:can't|cannot|won't|will not|unable to|"
    r"not able to|not going to|would rather not|must not) (?:\w+ )?(?:interpret|analy[sz]e|read|"
    r"diagnos\w+|answer|comment|weigh)"
)
_PRINCIPLE = SIEVE.compile(
    r"\b(?:medical advice|qualified|polic(?:y|ies)|guidelines|comfortable|inappropriate|allowed|"
    r"permitted|licensed|ethical|refuse|decline|(?:help|assist) with (?:that|this))\b"
)
# Spanish "no se ven ..." (are not seen) is not "no sé" (I do not know) without its accent.
_SE = re.compile(r"no se \w")
_TRIGGERS = SIEVE.compile(
    "n't|not |nable|idea|clue|idk|dunno|pass|skip|too |undet|indet|inconcl|unclear|equivoc|"
    "uncert|unans|undec|diagnostic|unknown|insuff|needed|required|necessary|imposs|hard |sorry|"
    "declin|refus|inappr|unethic|against|consult|doctor|physician|qualified|professional|dont|"
    "no idea|no clue|no image|no pict|no scan|no photo|no x|no radiog|no file|no attach|no visual|"
    "no way|no comment|no evidence|upload|attach|provide|without|text-|ability|rather|"
    "unsure|difficult|unable|isn't|missing|failed"
)


class Silent(msgspec.Struct, frozen=True):
    behaviour: Behaviour
    cause: str
    start: int
    end: int
    firm: bool = True
    """False for mere doubt ("not sure"), which an answer beside it outweighs."""


def silence(text: Text, low: str) -> Silent | None:
    """`low` is the answer without what it only repeats."""
    found = _english(low) if _TRIGGERS.stands_in(low) else None
    if found is None and text.foreign:
        doubt, declined = tongues.DOUBTS.search(low), tongues.DECLINES.search(low)
        if doubt is not None and not _SE.match(low, doubt.start()):
            return Silent("abstained", "abstained", *doubt.span())
        if declined is not None:
            return Silent("refused", "refused", *declined.span())
    return found


def _english(low: str) -> Silent | None:
    low = low.replace("completely", " " * 10)  # no act of help, as "complete" would be
    declined = DECLINES.search(low) or _DECLINES_MORE.search(low)
    unseen = INABILITY.search(low)
    doubt = DOUBTS.search(low)
    if declined is not None and (not (unseen or doubt) or _PRINCIPLE.search(low)):
        return Silent("refused", "refused", *declined.span())
    if unseen is not None:
        return Silent("abstained", "inability", *unseen.span())
    if doubt is not None:
        return Silent("abstained", "abstained", *doubt.span())
    mere = _MERE.search(low)
    return None if mere is None else Silent("abstained", "abstained", *mere.span(), firm=False)
