"""Answers that choose nothing on purpose: the target does not know, or will not say.

No single word decides. A refusal needs someone who declines (a first person, or a sentence that
starts with the refusal) and something declined; "pleural effusion is not visible" has neither.
"""

from __future__ import annotations

import re
from typing import Literal

import msgspec

from auscult.kit.choice import tongues
from auscult.kit.choice.sieve import SIEVE
from auscult.kit.choice.text import Text

_CANNOT = (
    r"(?:can't|cannot|can not|could not|couldn't|unable to|not able to|won't|will not|"
    r"(?:am|'m|are|'re) not going to|would not|wouldn't|may not|must not)"
)
_LACKS = (
    r"information|data|detail|details|context|evidence|facts|findings|history|knowledge|"
    r"basis|clues?|info"
)
DOUBTS = SIEVE.compile(
    r"\b(?:i|we)(?: \w+){0,2} (?:don't|do not|dont|didn't)(?: \w+)? (?:know|have)"
    r"(?! why| how| much about| if you| what you| that)"
    r"|\b(?:don't know|do not know|dunno|idk|no idea|no clue|not a clue|beats me|haven't a clue)\b"
    rf"|\b(?:not|isn't|insufficient|inadequate|lack(?:s|ing)?|without|too little|too few|"
    rf"doesn't|does not|no)(?: \w+){{0,3}}? (?:enough |sufficient |adequate |more )?"
    rf"(?:\w+ )?(?:{_LACKS})\b"
    r"|\b(?:cannot|can't|can not|could not|couldn't|unable to|impossible to|not possible to|"
    r"isn't possible to|not able to|difficult to|hard to|no way to|not feasible to)(?: \w+){0,3}? "
    r"(?:determine|determined|tell|say|know|known|decide|decided|conclude|choose|identify|"
    r"identified|judge|establish|established|select|pick|distinguish|certain|sure|ascertain|"
    r"assess|infer|narrow|discern|commit|see|view|evaluate|interpret|make out|resolve)\b"
    r"|\b(?:information|info|data|details|evidence)\b[^.\n]{0,40}\b(?:insufficient|inadequate|"
    r"incomplete|lacking|missing|too (?:limited|little))\b"
    r"|\b(?:nothing|no conclusion|no answer) can be (?:said|concluded|determined|given)\b"
    r"|\b(?:(?:not|isn't) (?:\w+ )?(?:sure|certain|clear|confident)|unsure|uncertain|undecided|"
    r"undetermined|indeterminate|unclear|stumped|at a loss|torn between|on the fence)\b"
    r"|\bdrawing a blank\b|\bguess is as good\b|\b(?:don't|do not|can't|cannot) "
    r"(?:recall|remember)\b|\bnot (?:aware of|familiar with)\b"
    r"|\bno (?:\w+ ){0,2}(?:answer|choice|conclusion) can be\b"
    r"|\bpass on this\b|\bnone the wiser\b"
    r"|\b(?:i'll|i will|i'd|i would|i have to|i must|i|i'm going to)(?: have to| rather)? "
    r"(?:pass|skip|abstain)\b"
    r"|^\W*(?:pass|skip|skipped|unknown|unanswerable|abstain|abstained|uncertain)\b\W*(?:$|\n|on )"
    r"|\b(?:(?:would|just|only|merely) be (?:\w+ )?(?:guess\w*|a guess|speculat\w+)"
    r"|(?:i'd|i would) (?:just |only )?be guessing)"
    r"|\b(?:won't|not|rather not|prefer not to|don't want to|not willing to|not going to) guess\b"
    rf"|\b(?:not|don't|doesn't|isn't|aren't|without|lacks?|no|hardly)\b[^.!?\n]{{0,40}}?\b"
    rf"(?:enough|sufficient|adequate) (?:\w+ )?(?:{_LACKS})\b|\bno way of (?:knowing|telling)\b"
    r"|\b(?:would|'d|will|'ll) (?:first )?need to (?:know|see|have|examine|review|understand)\b"
    rf"|\b(?:{_LACKS}|tests?|work-?up|imaging) (?:is|are|would be) (?:needed|required|necessary)\b"
    r"|\bneed (?:\w+ ){0,2}?(?:more|additional|further|to know)\b|\bi give up\b|\bunanswerable\b"
    r"|\b(?:can't|cannot|can not|could not|impossible to|not possible to)(?: \w+)? be (?:answered|"
    r"determined|known|decided|established)\b|\bno (?:definite|definitive) answer\b"
    r"|\b(?:image|scan|x-?ray|picture|figure|photo|radiograph|attachment|file)s? (?:is|are|was|were"
    r"|has|have|did)(?: \w+)?(?: not|n't) \b|\b(?:no|missing|without an?) (?:image|scan|picture|"
    r"attachment|photo|radiograph)\b|\bbeyond my (?:knowledge|expertise|ability)"
)
_DECLINED = (
    r"(?:help|assist|answer\w*|provid\w+|give|giving|offer\w*|engage|comply|fulfil\w*|support|"
    r"respond\w*|discuss\w*|participat\w+|advise|continue|do (?:that|this|so)|recommend\w*|"
    r"diagnos\w+|comment\w*|complet\w+|process|share|make (?:medical|clinical|a medical)|"
    r"be (?:able|of help)|weigh in|act as|take part|go there|address|tell you)"
)
DECLINES = SIEVE.compile(
    rf"\b(?:i|we|i'm|we're|sorry|apologi[sz]e|assistant|model|ai|myself)\b[^.!?\n]{{0,60}}?{_CANNOT}"
    rf"(?: \w+){{0,4}}? {_DECLINED}\b"
    rf"|(?:^|[.!?\n])[ *_#>\"'-]{{0,12}}{_CANNOT}(?: \w+){{0,3}}? {_DECLINED}\b"
    rf"|\b(?:i|we|i'm|i am|must|have to|respectfully|politely|i'll|i'd|i will)(?: \w+){{0,2}}? "
    r"(?:decline|refuse|declining|refusing)\b"
    r"|^\W*(?:refused|declined|refusal|i refuse|no comment)\b"
    r"|\b(?:i'm|i am|we are|am) not (?:\w+ )?(?:permitted|allowed|authori[sz]ed|qualified|licensed|"
    r"comfortable|willing|prepared|in a position|designed|intended|meant|a doctor|a physician|"
    r"a medical)\b"
    r"|\b(?:against|violates?|outside|under|per|by|beyond)(?: of)? (?:my|our|the) (?:\w+ )?"
    r"(?:guidelines?|polic(?:y|ies)|programming|principles|scope|remit|terms|rules)\b"
    r"|\b(?:isn't|not|be) (?:appropriate|ethical|responsible|safe|right)(?: for me)? to\b"
    r"|\b(?:inappropriate|unethical|irresponsible|unsafe) (?:for me )?to\b"
    r"|\b(?:i|we) (?:do not|don't|never) (?:provide|give|offer|answer|discuss|make)\b"
    r"|\bagainst (?:\w+ )?(?:polic(?:y|ies)|guidelines?|rules|terms)\b"
    r"|\b(?:programmed|trained|instructed|configured|designed) "
    r"(?:not to|to (?:avoid|refuse|decline))"
    rf"|\b(?:rather not|prefer not to) {_DECLINED}\b"
    r"|\bsomething (?:that )?i(?:'m| am|'d| can't| cannot| can| "
    r"won't| will)\b"
    r"|\bnot a (?:medical|healthcare|health care|licensed|qualified|doctor|physician|clinician)\b"
    r"|(?:\b(?:please|you (?:should|must|need to)|advise you to|recommend(?: that)? you|best to|"
    r"encourage you to|i (?:suggest|recommend|advise))|^|[.!;] ?) ?(?:\w+ly )?(?:consult\w*|see|"
    r"seek\w*|contact\w*|speak\w*|ask|talk\w*|visit)\b[^.\n]{0,40}\b(?:doctor|physician|clinician|"
    r"professional|specialist|provider|pharmacist|advice|care|attention|help)\b"
    r"|\boutside (?:of )?what i\b|\b(?:prevent|stop|keep|prohibit|bar)s? me from\b"
    r"|\b(?:do not|don't|does not|doesn't) (?:allow|permit|let) me\b"
    r"|\b(?:i|we) (?:won't|will not|am not going to) (?:choose|pick|select|be \w+ing)\b"
    r"|\b(?:call|dial) (?:999|911|112|000)\b|\bnearest (?:emergency|a&e|hospital)\b"
    r"|\bdon't feel (?:comfortable|right)\b|\bnot comfortable\b|\bcan't be of help\b"
)
# Declining that no missing information would explain.
_ON_PRINCIPLE = SIEVE.compile(
    r"\b(?:an ai|call|emergency department|nearest emergency|medical professional|"
    r"help|assist|comply|"
    r"medical advice|medical questions?|decline|"
    r"refuse|"
    r"polic(?:y|ies)|"
    r"guidelines|comfortable|permitted|allowed|qualified|licensed|engage|ethical|consult|"
    r"healthcare professional|health care professional|professional advice|medical diagnos\w+|"
    r"clinical advice|advice|this request|that request|won't|will not|inappropriate)\b"
)
_FOR_WANT = SIEVE.compile(
    rf"\b(?:{_LACKS}|image|images|scan|picture|photo|x-?ray|provided|missing|determine|unclear|"
    r"know|without|incomplete|ambiguous|view|see)\b"
)
_TRIGGERS = SIEVE.compile(
    "n't|not |nable|insuff|inadeq|lack|without|too |no |unsure|uncert|undec|undet|indet|unclear|"
    "stumped|loss|torn|fence|pass|skip|abst|unknown|unans|guess|need|give up|idk|dunno|beats|"
    "dont|declin|refus|imposs|difficult|hard to|against|violat|outside|beyond|inappr|unethic|"
    "call |dial |blank|as good|"
    "recall|remember|something|doctor|professional|specialist|physician|pharmac|"
    "programmed|"
    "nothing|incompl|prevent|stop|keep|"
    "prohib|irresp|unsafe|consult|seek|missing|rather|speak|under"
)


class Silence(msgspec.Struct, frozen=True):
    kind: Literal["abstained", "refused"]
    start: int
    end: int
    firm: bool = True
    """False for mere doubt ("not sure"), which a choice beside it outweighs."""


_MERE_DOUBT = re.compile(r"sure|certain|confident|clear|hard to|difficult to|torn|fence|need|guess")


def silence(text: Text) -> Silence | None:
    """Dear, and asked for in several places: worked out once for a text, and only where needed."""
    known = text.__dict__
    if "silence" not in known:
        known["silence"] = _silence(text)
    found: Silence | None = known["silence"]
    return found


def _silence(text: Text) -> Silence | None:
    low = text.low
    if not _TRIGGERS.stands_in(low):
        return _foreign(text)
    doubt, declined = DOUBTS.search(low), DECLINES.search(low)
    if doubt is None and declined is None:
        return _foreign(text)
    if declined is not None and (doubt is None or _refuses(low, declined)):
        return Silence("refused", *declined.span())
    if doubt is None:
        return None
    return Silence("abstained", *doubt.span(), firm=not _MERE_DOUBT.search(doubt[0]))


def _refuses(low: str, declined: re.Match[str]) -> bool:
    around = low[max(0, declined.start() - 80) : declined.end() + 120]
    if _ON_PRINCIPLE.search(around):
        return True
    return not _FOR_WANT.search(around)


def _foreign(text: Text) -> Silence | None:
    if not text.foreign:
        return None
    low = text.low
    doubt, declined = tongues.DOUBTS.search(low), tongues.DECLINES.search(low)
    if doubt is not None:
        return Silence("abstained", *doubt.span())
    return Silence("refused", *declined.span()) if declined is not None else None
