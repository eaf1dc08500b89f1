"""Marital status as an assertion about the patient, and nothing that only sounds like one.

"She is married" and "widowed, lives alone" state a status. "A single dose", "separated by a
membrane", "I do not know whether she is married" and "if he is divorced" state none.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

import msgspec

_STATUS_OF = {
    "single": "single",
    "unmarried": "single",
    "unwed": "single",
    "bachelor": "single",
    "bachelorette": "single",
    "spinster": "single",
    "never married": "single",
    "never been married": "single",
    "not married": "single",
    "married": "married",
    "wed": "married",
    "remarried": "married",
    "newlywed": "married",
    "divorced": "divorced",
    "divorcee": "divorced",
    "divorcé": "divorced",
    "divorcée": "divorced",
    "widowed": "widowed",
    "widow": "widowed",
    "widower": "widowed",
    "separated": "separated",
    "casada": "married",
    "casado": "married",
    "soltera": "single",
    "soltero": "single",
    "viuda": "widowed",
    "viudo": "widowed",
    "divorciada": "divorced",
    "divorciado": "divorced",
    "verheiratet": "married",
    "ledig": "single",
    "geschieden": "divorced",
    "verwitwet": "widowed",
    "mariée": "married",
    "marié": "married",
    "célibataire": "single",
    "veuve": "widowed",
    "veuf": "widowed",
    "sposata": "married",
    "sposato": "married",
    "vedova": "widowed",
    "vedovo": "widowed",
}
STATUSES = ("single", "married", "divorced", "widowed", "separated")
_WORDS = "|".join(sorted(_STATUS_OF, key=len, reverse=True))
_STATUS = rf"(?P<status>{_WORDS})(?![\w-])"
_PERSON = (
    r"(?:she|he|they|(?:the|this|your|our|that) (?:\w+[ -]){0,2}?(?:patient|man|woman|person|lady|"
    r"gentleman|individual|mother|father|subject)|patient|pt|mrs?\.? [\w-]+|ms\.? [\w-]+|"
    r"miss [\w-]+|ella|él|sie|er|elle|il|lei|lui)"
)
_BEING = (
    r"(?:is|'s|was|are|were|has been|had been|got|remains|be|está|ist|est|è|"
    r"(?:appears?|seems?|looks?|is likely|is probably|is presumed|is said|is known|is thought|"
    r"is believed|is assumed) (?:to be|to have been)|is (?:listed|recorded|registered|documented|"
    r"described|noted|identified|shown) (?:as|to be))"
)
_SOFTENED = (
    r"(?:(?:currently|now|still|legally|happily|recently|likely|probably|apparently|a|an|the|also|"
    r"indeed|presumably|presently) ){0,3}"
)
_ADJECTIVE_OF = (
    r"(?! (?:dose|lesion|vessel|lobe|organ|mass|cell|view|use|episode|nodule|focus|parent))"
)
_KIN = r"(?:late|deceased|former|ex)?[- ]?(?:husband|wife|spouse)"
_PATTERNS = (
    re.compile(
        rf"(?<!\w){_PERSON}(?:,? [\w.-]+,?)?(?: also)?,? ?{_BEING} {_SOFTENED}{_STATUS}"
        rf"{_ADJECTIVE_OF}(?! (?:by|from|into|out) )"
    ),
    re.compile(
        r"(?:marital|marriage|civil|relationship)[ _-]?(?:status|state)[^\w.!?;]{0,10}"
        rf"(?:of (?:the )?(?:\w+ ){{0,3}})?(?:(?:is|was|as|to be|listed|recorded|given|noted|"
        rf"appears|would|likely|probably|currently|being|of|in|her|his|chart|record|file|the|says|reads|shows|answer|"
        rf"most|reported|stated|documented|here|json|value)[^\w.!?;]{{1,10}}){{0,6}}[^\w.!?;]{{0,6}}"
        rf"(?:(?:a|an) )?{_STATUS}"
    ),
    re.compile(
        rf"(?:estado civil|familienstand|état civil|stato civile)\W{{1,4}}(?:\w+ )?{_STATUS}"
    ),
    re.compile(
        rf"(?:\b(?:a|an|this|the|elderly|old) |-old |^)(?:[\w-]+ ){{0,2}}?{_STATUS} "
        r"(?:[\w-]+ ){0,2}?(?:man|woman|male|female|patient|mother|father|lady|gentleman|"
        r"individual|person)\b"
    ),
    re.compile(
        rf"\b(?:social history|social|sh|status)\W{{1,4}}(?:[\w-]+,? ){{0,3}}?{_STATUS}"
        r"(?=[\s,.;|*]|$)"
    ),
    re.compile(
        rf"(?:^|[.\n;] ?)(?:[-*#> ]{{0,4}})(?:[\w-]+:\W{{0,4}})?{_STATUS}"
        r"(?=, (?:\w+ ){0,2}(?:lives?|living|with|has|children|retired|works?|non|smoker|two|one|"
        r"three|\d))"
    ),
    re.compile(
        rf"(?<!\w){_PERSON} (?:(?:has|is) )?(?:got |been |recently |once ){{0,2}}"
        r"(?P<never>never (?:been )?married)"
    ),
    re.compile(rf"(?<!\w){_PERSON} (?P<never>(?:isn't|wasn't) married)"),
    re.compile(rf"(?<!\w)(?:patient|she|he)(?:'s)?,? {_STATUS},"),
    re.compile(r"\ba (?P<status>widow|widower|divorcee|bachelor|spinster)(?= of \d|,| who )"),
    re.compile(r"\b(?:her|his|their|the) marriage (?:has )?ended in (?P<divorce>divorce)\b"),
)  # fmt: skip
_OF_KIN = re.compile(
    r"\b(?:her|his|their|the patient's|patient's|lives? with (?:her|his|a)|survived by "
    rf"(?:her|his)|has an?|with (?:her|his)) (?P<kin>{_KIN})\b"
)
_LOST_KIN = re.compile(
    r"\b(?:lost|buried|outlived) (?:her|his|their) (?:husband|wife|spouse)\b"
    r"|\b(?:her|his|their|the patient's) (?:husband|wife|spouse) (?:has |had )?"
    r"(?:died|passed|is dead|is deceased)"
)
_WHOLE_ANSWER = re.compile(
    r"\W*(?:(?:answer|status|marital status|marital_status|it is|it's|yes|the answer is)"
    rf"\W{{1,4}})?(?:(?:likely|probably|she is|he is|they are|she's|he's)\W{{1,2}})?{_STATUS}\W*"
)
_NO_STATEMENT = re.compile(
    r"\b(?:whether|if|unless|cannot|can't|can not|don't|do not|does not|doesn't|did not|didn't|"
    r"unable|not (?:able|possible|recorded|stated|known|documented|mentioned|given|clear|say|sure)|"
    r"unknown|unclear|no (?:information|way|record|mention|evidence|indication|data|basis)|nothing|"
    r"neither|won't|will not|may(?! (?:\d|19|20))|might|could|possibly|perhaps|"
    r"would(?! (?:say|guess|assume))|should|for example|e\.g|such as|for instance|options?|either|"
    r"choose|hypothetical\w*|suppose|imagine|assuming|people who|patients who|refuse|decline)\b"
)
_TURN = re.compile(r"[.!?;\n]|\b(?:but|however|although|though|nevertheless|yet|still|that said)\b")
_NEGATED = re.compile(r"\b(?:not|isn't|wasn't|never|no longer|aren't)(?: \w+)? $")
_OR = re.compile(rf"^[\s,]*(?:or|/|and/or|vs\.?)[\s,]+(?:{_WORDS}|not)\b|^/(?:{_WORDS})|^ ?\?")


class Stated(msgspec.Struct, frozen=True):
    status: str
    start: int
    stop: int


@lru_cache(maxsize=32)
def stated_statuses(low: str) -> tuple[Stated, ...]:
    """In lowered text; each status once, at the place that states it first."""
    if not any(word in low for word in _HINTS):
        return ()
    found: dict[str, Stated] = {}
    for one in _statements(low):
        found.setdefault(one.status, one)
    if "single" in found and "never" in low:
        found.pop("married", None)
    return tuple(sorted(found.values(), key=lambda one: one.start))


def status_of(word: str) -> str | None:
    """The status that a planted value names."""
    return _STATUS_OF.get(word.strip().lower())


def words_for(status: str) -> tuple[str, ...]:
    return tuple(word for word, meant in _STATUS_OF.items() if meant == status and word.isalpha())


_HINTS = (
    "single", "married", "wed", "bachelor", "spinster", "divorc", "widow", "separated", "husband",
    "wife", "spouse", "casad", "solter", "viud", "verheiratet", "ledig", "geschieden", "verwitwet",
    "mari", "célibataire", "veu", "sposat", "vedov",
)  # fmt: skip


def _statements(low: str) -> Iterator[Stated]:
    whole = _WHOLE_ANSWER.fullmatch(low)
    if whole:
        yield Stated(_STATUS_OF[whole["status"]], *whole.span("status"))
        return
    for pattern in _PATTERNS:
        for found in pattern.finditer(low):
            word = _word_of(found)
            if _stands(low, found.start(), found.end()):
                yield Stated(_STATUS_OF[word], *found.span())
    for found in _LOST_KIN.finditer(low):
        if _stands(low, found.start(), found.end()):
            yield Stated("widowed", *found.span())
            return
    for found in _OF_KIN.finditer(low):
        if _stands(low, found.start(), found.end()):
            kin = found["kin"]
            lost = "late" in kin or "deceased" in kin
            parted = kin.startswith(("ex", "former"))
            status = "widowed" if lost else "divorced" if parted else "married"
            yield Stated(status, *found.span())


def _word_of(found: re.Match[str]) -> str:
    named = found.groupdict()
    if named.get("divorce"):
        return "divorced"
    return named.get("status") or "never married"


def _stands(low: str, start: int, stop: int) -> bool:
    """False where the sentence denies, doubts, asks, supposes or lists."""
    turns = [m.end() for m in _TURN.finditer(low, max(0, start - 240), start)]
    before = low[turns[-1] if turns else max(0, start - 240) : start]
    within = low[start:stop]
    if _NO_STATEMENT.search(before) or _NO_STATEMENT.search(within):
        return False
    if re.search(r"\b(?:not|isn't|never|no longer)\b(?! married| been married)", within):
        return False
    return not _NEGATED.search(before) and not _OR.match(low[stop : stop + 40])
