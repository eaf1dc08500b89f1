"""The words that answer yes or no by themselves, in English and in languages whose words for it
cannot be taken for anything else where they stand."""

from __future__ import annotations

import re

from auscult.kit.patterns.sieve import Sieve

SIEVE = Sieve()
"""Of the patterns of this package."""

YES, NO = "yes", "no"

_LATIN = {
    "ja": YES, "jawohl": YES, "oui": YES, "sí": YES, "sì": YES, "si": YES, "sim": YES, "tak": YES,
    "evet": YES, "igen": YES, "kyllä": YES, "ano": YES, "da": YES, "да": YES, "так": YES,
    "ναι": YES, "vâng": YES, "ya": YES,
    "nein": NO, "nee": NO, "nej": NO, "non": NO, "não": NO, "nao": NO, "nie": NO, "hayır": NO,
    "nem": NO, "нет": NO, "ні": NO, "όχι": NO, "không": NO, "tidak": NO,
}  # fmt: skip
_OTHER_SCRIPTS = {
    "是的": YES, "是": YES, "有": YES, "对": YES, "對": YES, "はい": YES, "ええ": YES,
    "あります": YES, "نعم": YES, "हाँ": YES, "हां": YES, "जी हाँ": YES, "네": YES, "예": YES,
    "כן": YES,
    "不是": NO, "不": NO, "没有": NO, "沒有": NO, "否": NO, "いいえ": NO,
    "ありません": NO, "لا": NO, "नहीं": NO, "아니요": NO, "아니오": NO, "לא": NO,
}  # fmt: skip
_ENGLISH = {
    **dict.fromkeys(("yes", "yep", "yeah", "yup", "aye", "affirmative"), YES),
    **dict.fromkeys(("no", "nope", "nah"), NO),
}
_INITIALS = {"y": YES, "n": NO}
# Whole answers, or whole sentences only: inside a sentence these are other words.
_ALONE = {
    **dict.fromkeys(
        (
            "correct", "true", "positive", "present", "that is correct", "that's correct",
            "that is right", "that's right", "that is true", "that's true", "it is there",
            "certainly yes", "this is correct",
        ),
        YES,
    ),
    **dict.fromkeys(
        (
            "negative", "false", "incorrect", "absent", "none", "never", "absolutely not",
            "definitely not", "certainly not", "of course not", "not at all", "that is incorrect",
            "that's incorrect", "that is false", "that's false", "that is not correct",
            "that's not correct", "that is wrong", "that is not true", "nothing", "not so",
            "by no means", "i do not", "i don't", "certainly no",
        ),
        NO,
    ),
}  # fmt: skip
_UNSURE = {
    **dict.fromkeys(
        (
            "probably", "likely", "most likely", "very likely", "i think so", "i believe so",
            "probably so", "it seems so", "it appears so", "i would think so", "apparently",
        ),
        YES,
    ),
    **dict.fromkeys(
        (
            "probably not", "likely not", "most likely not", "unlikely", "very unlikely",
            "i don't think so", "i do not think so", "i don't believe so", "i doubt it", "doubtful",
            "it seems not", "i think not", "apparently not", "it does not seem so",
        ),
        NO,
    ),
}  # fmt: skip
# Words of mere politeness ("Certainly! Please upload ...") unless nothing else is said.
_POLITE = dict.fromkeys(
    ("indeed", "certainly", "definitely", "absolutely", "of course", "sure", "i do", "i can"), YES
)
SAYS = {**_INITIALS, **_POLITE, **_ENGLISH, **_LATIN, **_OTHER_SCRIPTS, **_ALONE, **_UNSURE}


def _any(listed: dict[str, str]) -> str:
    return "|".join(re.escape(word) for word in sorted(listed, key=len, reverse=True))


_DRESS = r"[\s*_`\"'(\[{<>#.:,!~|-]{0,8}"
BARE = re.compile(rf"{_DRESS}(yes|no|y|n)(?:[\s,]{{1,2}}\1){{0,4}}{_DRESS}", re.IGNORECASE)
"""Most answers: the word and what dresses it."""
_START = (
    r"(?:^|[\n.!?;。])[^\w\n]{0,12}(?:(?:\(?\d{1,3}|\(?[ab]|q\d{0,2})[).:]{1,2}[^\w\n]{0,6})?"
    r"(?:(?:ok|okay|well|so|oh|hmm|but|and|then|thus|therefore|hence|overall|actually|in short|"
    r"short answer|sorry|conclusion|in conclusion|honestly|probably|likely|most likely|"
    r"very likely|possibly)[\s,:]+){0,2}[\"'(]?"
)
_ENDS = r"(?=[\s\"')\]]*(?:$|[.,;:!?\n|)]|-{1,2} | - ))"
_GOES_ON = (
    r"(?=[ ]+(?:there|it|its|it's|i|the|this|that|these|they|he|she|because|since|as|but|not|we|"
    r"you|in|based|according|you)\b)"
)
LEADS = SIEVE.compile(
    rf"{_START}(?P<word>{_any(_ENGLISH)})\b(?!\. ?\d)(?:{_ENDS}|{_GOES_ON})", named=True
)
LEADS_YES = SIEVE.compile(rf"{_START}(?P<word>yes)\b(?!\W{{1,2}}(?:no|or|and no)\b)", named=True)
LEADS_FOREIGN = SIEVE.compile(rf"{_START}(?P<word>{_any(_LATIN)}){_ENDS}", named=True)
LEADS_SCRIPT = SIEVE.compile(rf"{_START}(?P<word>{_any(_OTHER_SCRIPTS)})(?=\W|$)", named=True)
STANDS_ALONE = SIEVE.compile(
    rf"(?:^|[\n.!?;])[^\w\n]{{0,12}}(?P<word>{_any({**_ALONE, **_UNSURE})})"
    r"(?=[\s\"')]*(?:$|[.!;\n]|, (?:there|it|the|this|i|because|but)\b))",
    named=True,
)
ONLY = SIEVE.compile(rf"^\W*(?P<word>{_any(_POLITE)})\W*$", named=True)
_FINAL = (
    r"(?:final|my|the|correct|short|your)? ?(?:answer|response|conclusion|verdict|result|decision|"
    r"final_answer|label|prediction|choice|ans)(?: to (?:the|this|your) question)?"
)
STATES = SIEVE.compile(
    rf"\b{_FINAL}[\"'>\s]*(?:is|:|=|->|would be|would have to be|must be|remains|should be)+"
    r"[\s\"'(:>]*(?:therefore |clearly |definitely |probably |likely |most likely |a |still )?"
    r"[\"'(]?(?P<word>yes|no)\b" + rf"(?:{_ENDS}|(?=[\"'}}<]))"
    r"|\bboxed\{[\s{]*(?P<boxed>yes|no)\b|<(?:answer|final)>\s*(?P<tagged>yes|no)\b"
    r"|#### ?(?P<hashed>yes|no)\b|\banswer[\"']\s*:\s*(?P<flag>true|false)\b"
    r"|\b(?:answer|ans)\s*[:=]\s*(?P<initial>[yn])(?=\W*$)",
    named=True,
)
SPEAKS = SIEVE.compile(
    r"\b(?:answer|answers?|say|said|go(?:ing)? with|choose|chose|conclude|pick|lean(?:ing|s)? "
    r"(?:towards?|to)|settle on|select|mean|meant|guess(?: would be| is)?|it(?:'s| is| must be| "
    r"would be)|be|but|so|hence|therefore|thus|then|reply|vote)[\s,:\"'(]{1,3}(?:(?:probably|"
    r"likely|most likely|an?|with|is|be|for|definitely|clearly)[\s,]{1,2}){0,2}[\"'(]?"
    rf"(?P<word>yes|no)\b[\"')]?(?:{_ENDS}|(?=[ ](?:because|since|as|with|but|to)\b))",
    named=True,
)
TRAILS = SIEVE.compile(
    r"(?:[,:;|]|\.\.\.|…| -{1,2}|\s{2})[\s\"'(]{0,3}(?:(?:probably|most likely|likely|definitely|"
    r"wait|sorry|actually|clearly|then|so|no,(?= yes))[\s,]{1,2}){0,2}(?P<word>yes|no)\b"
    r"(?=[\s\"')|]*(?:$|[.!;\n]))|[:-][\s\"'(]{1,3}(?P<noted>yes|no)(?=,)",
    named=True,
)
BOTH = SIEVE.compile(
    r"\b(?:(?:both|either|neither) (?:yes|no)|yes|no)[\"']?\s*(?:/|\||\\| or | and | nor |&)\s*"
    r"(?:a )?[\"']?(?:yes|no)\b"
    r"|^\W*(?:yes[\s,]+no|no[\s,]+yes)\b(?:[\s,]+(?:yes|no)\b)*(?=\W*$)"
)
NOBODY = SIEVE.compile(
    r"\b(?:some|others?|many|people|readers?|radiologists?|colleagues?|you|they|someone|students?)"
    r"\b[^.,;]{0,24}$"
)
OPENS_HELP = re.compile(
    r"[\s,.!:-]{1,3}(?:of course,? )?i (?:can|could|would|will|'d|am (?:able|happy|glad)) (?:\w+ "
    r"){0,2}(?:help|assist|analy[sz]e|describe|look at|explain|try|interpret|be happy|view|to)\b"
)
TOOK_BACK = SIEVE.compile(
    r"\b(?:scratch that|strike that|i take (?:that|it) back|forget (?:that|it)|i was wrong|"
    r"disregard (?:that|this)|my mistake|let me correct (?:that|myself)|that was wrong)\b"
)
TURNS = SIEVE.compile(
    r"\b(?:wait|actually|correction|on second thoughts?|i mean|i meant|sorry|hold on|hmm|oops|"
    r"looking again|on reflection|on closer (?:look|inspection)|reconsidering|changed my mind|"
    r"or rather)\b"
)
CONCLUDES = SIEVE.compile(
    r"\b(?:so|therefore|thus|hence|overall|in conclusion|in summary|conclude|conclusion|final|"
    r"finally|answer|all in all|taken together|in short)\b"
)
HEDGES = SIEVE.compile(
    r"\b(?:probabl[ey]|likely|unlikely|possibl[ey]|perhaps|maybe|might|may be|may have|i think|"
    r"i believe|i suspect|i guess|guess|i would lean|lean(?:s|ing)? towards?|apparently|"
    r"presumably|(?<!no )doubt|doubtful|suspected|appears?(?: to)?|seems?|"
    r"not (?:\w+ly )?(?:sure|certain)|unsure|(?:can't|cannot|hard to) be "
    r"(?:\w+ly )?(?:sure|certain)|don't think|do not think|do not "
    r"believe|no (?:definite|obvious|clear|convincing)|low confidence|uncertain)\b"
)
NO_COMMITMENT = SIEVE.compile(
    r"\b(?:may|might|could|possibl[ey]|perhaps|maybe|possibility|suspicious|suspected)\b"
)
