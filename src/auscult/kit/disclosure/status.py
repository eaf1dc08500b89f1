"""Marital status as an assertion about the patient, and nothing that only sounds like one.

"She is married" and "widowed, lives alone" state a status. "A single dose", "separated by a
membrane", "I do not know whether she is married" and "if he is divorced" state none.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache, lru_cache

import msgspec

from auscult.kit.disclosure.others import KIN, KIN_ABROAD, is_of_another
from auscult.kit.disclosure.status_nouns import nouns_said
from auscult.kit.disclosure.status_passing import FOR_YEARS, IN_PASSING
from auscult.kit.disclosure.status_phrases import PHRASES
from auscult.kit.disclosure.status_words import (
    BEING,
    EAST_ASIAN,
    FIELD_ABROAD,
    HINTS,
    PERSON,
    SOFTENED,
    SPOUSE,
    SPOUSES_ABROAD,
    STATUS_OF,
    WORDS,
)

STATUSES = ("single", "married", "divorced", "widowed", "separated")
_STATUS = rf"(?P<status>{WORDS})(?![\w-])"
_ADJECTIVE_OF = (
    r"(?! (?:dose|lesion|vessel|lobe|organ|mass|cell|view|use|episode|nodule|focus|parent|room|"
    r"bed|most|best|greatest|worst|digit|tablet|agent|antiplatelet))"
)
_NOT_THE_ONLY = (
    r"(?!(?<=single) (?!(?:and|but|with|mother|father|mum|mom|dad|parent|man|woman|person|lady|at|"
    r"now|again|since|so|after|because|who|though|although|all)\b)[a-z])"
)
_NOT_APART = r"(?! (?:by|into|out|from (?!(?:her|his|their|the) (?:husband|wife|spouse|partner))))"
_OPTION = r"(?:(?:the|a|box|option|entry|word|for|of|marked|labell?ed) ){0,3}[\"']?"
_PATTERNS = (
    re.compile(
        rf"(?<!\w){PERSON}(?:,? [\w.-]+,?)?(?: also)?,? ?{BEING} {SOFTENED}"
        rf"(?:{FOR_YEARS} )?{_STATUS}{_ADJECTIVE_OF}{_NOT_APART}{_NOT_THE_ONLY}"
    ),
    *(re.compile(one) for one in IN_PASSING),
    re.compile(
        r"(?:marital|marriage|civil|relationship)[ _-]?(?:status|state)[^\w.!?;]{0,10}"
        rf"(?:of (?:the )?(?:\w+ ){{0,3}})?(?:(?:is|was|as|to be|listed|recorded|given|noted|"
        rf"appears|would|likely|probably|currently|being|of|in|her|his|chart|record|file|the|"
        rf"says|reads|shows|answer|"
        rf"most|reported|stated|documented|here|json|"
        rf"value)[^\w.!?;]{{1,10}}){{0,6}}[^\w.!?;]{{0,6}}"
        rf"(?:(?:a|an) )?{_STATUS}"
    ),
    re.compile(
        rf"\bmarital[ _-]?status\"[^}}]{{0,160}}?\"(?:text|display|code|value|status)\" ?: "
        rf"?\"{_STATUS}\""
    ),
    re.compile(
        rf"{FIELD_ABROAD}\W{{1,6}}(?:\w+ ){{0,2}}{_STATUS}"
    ),
    re.compile(
        r"(?:\b(?:a|an|this|the|elderly|old) |-old |^(?!(?:his|her|their|my|your|our) ))"
        rf"(?:[\w-]+ ){{0,2}}?{_STATUS} "
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
        r"three|\d|no|never|vive|vit|lebt|wohnt|sin|sans|ohne|zwei|dos|deux|kinder|hijos|enfants))"
    ),
    re.compile(
        r"(?:^|[.\n;] ?)[-*#> ]{0,4}(?P<status>married|divorced|widow(?:ed|er)?|divorc(?:ee|é|ée)|"
        r"bachelor|spinster|verwitwet|"
        r"geschieden|"
        r"verheiratet|viud[oa]|casad[oa]|divorciad[oa]|veuve|veuf|mariée?|divorcée?|vedov[oa]|"
        r"sposat[oa]|divorziat[oa])"
        r"(?=,| in \d|;| (?:(?:\w+ ){1,3}ago|last \w+|since [^,.;\n]{1,20}), "
        r"(?:she|he|the patient)\b)"
    ),
    re.compile(r", (?P<status>divorced|widowed|remarried)(?= in \d)"),
    re.compile(
        r"(?:^|[.\n;:,(] ?)\d{2,3} ?-?(?:y/?o|yrs?(?: old)?|years?[- ]old)? ?(?:m|f|male|female|"
        rf"man|woman|lady|gentleman),? (?:[\w/-]+, ){{0,2}}{_STATUS}"
        r"(?=[,.;]|$| (?:lives?|living|who|with|retired)\b)"
    ),
    re.compile(
        rf"\b\d{{2,3}} ?-?(?:y/?o|yrs?(?: old)?|years?[- ]old),? {_STATUS} (?:m|f|male|female)\b"
    ),
    re.compile(
        r"\b(?:describ|identif|report|list|giv|consider|see|call|regard)\w* (?:her|him|them)sel"
        rf"(?:f|ves) (?:as |to be )?{SOFTENED}{_STATUS}{_ADJECTIVE_OF}{_NOT_APART}"
    ),
    re.compile(rf"\bmarital(?:[ _-]?\w+)?[\"'*]{{1,3}} ?[:=|]\W{{0,6}}{_STATUS}"),
    re.compile(r"(?:^|[,.;] )(?P<status>married)(?= to (?:an?|the|her|his) )"),
    re.compile(
        rf"\b(?:being|having been|as|though|although|while) {SOFTENED}{_STATUS}"
        r"(?=(?: (?:since|for|from|in) [^,.;\n]{1,30})?, (?:she|he|they|(?:the|this) patient)\b)"
    ),
    re.compile(
        r"\b(?<!no )(?<!not a )(?:tick(?: mark)?|check ?mark|cross|check|x|mark|circle)s? "
        r"(?:is |stands |was "
        r"(?:made |put )?)?(?:beside|next to|against|in front of|behind|around|at|on|in|for) "
        rf"{_OPTION}{_STATUS}"
    ),
    re.compile(
        rf"(?:\b(?:ticked|checked|circled|crossed|chose|chosen|selected|marked|picked)|"
        rf"\b(?:box|option|entry|choice)(?: (?:for|of|marked|labell?ed))?) {_OPTION}{_STATUS}"
        r"(?=[\"']? (?:(?:box |option )?(?:is|was|has been) (?:ticked|checked|circled|crossed|"
        r"selected|marked|chosen)|(?:box )?(?:under|for|as|in|on|beside|box|option)\b))"
    ),
    re.compile(r"\ban? (?P<status>single|married|divorced|widowed)(?=,? \d\d-year-old)"),
    re.compile(
        rf"(?<!\w){PERSON} (?:(?:has|is) )?(?:got |been |recently |once ){{0,2}}"
        r"(?P<never>never (?:been )?married)"
    ),
    re.compile(rf"(?<!\w){PERSON} (?P<never>(?:isn't|wasn't) married)"),
    re.compile(rf"(?<!\w)(?:patient|she|he)(?:'s)?,? {SOFTENED}{_STATUS},"),
    re.compile(
        r"(?:^|[.\n;] ?)(?:currently|recently|now|newly|long|legally|still|happily|twice) "
        rf"{_STATUS}(?=[,.;]|$| (?:and|for|since|with|from (?:her|his))\b)"
    ),
    re.compile(
        r"(?:^|[.!?;:\n]\s{0,2})(?:es|está|è|é|ist|est|is|was|era|war) "
        rf"{SOFTENED}{_STATUS}{_ADJECTIVE_OF}{_NOT_APART}"
    ),
    re.compile(
        rf"(?:^|[.\n;:|] ?)[-*# ]{{0,4}}{_STATUS}"
        r"(?= (?:x ?\d|for (?:\d|\w+ years)|since |(?:19|20)\d\d|desde |seit |depuis |dal |da |"
        r"sinds |"
        r"em \d|en \d|and (?:lives|has|retired)|with (?:\d|two|three|a|no))|\.(?:\s|$))"
    ),
    re.compile(
        r"(?:\ba |(?P<old>-old )(?:\w+ )?)(?P<status>widow|widower|divorcee|bachelor|spinster)"
        r"\b"
        r"(?(old)|(?= of \d|[,.]| who | with | she | he |$))"
    ),
)  # fmt: skip
_OF_KIN = re.compile(
    r"\b(?:her|his|their|the patient's|patient's|(?:mrs?|ms)\.? [\w-]+'s|pt's|"
    r"lives? with (?:her|his|a)|survived by "
    rf"(?:her|his)|with (?:her|his)) (?P<former>late |deceased |former |ex[- ]?)?(?:{SPOUSE})\b"
    r"(?!-to-be)"
)
_KIN_ABROAD = re.compile(SPOUSES_ABROAD)
_LOST = re.compile(
    r"late|deceas|difunt|defunt|défunt|fue |verstorb|overled|décéd|falle|falec|deced"
)
_TICKED = re.compile(rf"(?:\[x\]|\(x\)|☑|☒|✓|✔|✅) ?{_STATUS}")
_BY_LETTER = re.compile(
    r"\b(?:(?:marital|civil)[ _-]?(?:status|state|stat)?(?:[ _-]?code)?[\"'*]{0,3} ?[:=|]|"
    r"(?:marital|civil)[ _-]?status\"[^}\n]{0,160}?\"(?:code|value)\" ?:) ?[\"'`(]?"
    r"(?P<letter>[msdw]|sgl|mar|div|sep|wid)[\"'`)]?(?=[\s,;|}.]|$)"
)
_LETTERS = {"m": "married", "s": "single", "d": "divorced", "w": "widowed", "e": "separated"}
_EAST_ASIAN = re.compile("|".join(sorted(EAST_ASIAN, key=len, reverse=True)))
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
    r"choose|hypothetical\w*|suppose|imagine|assuming|people who|patients who|refuse|decline|"
    r"(?:fears?|dreads?|afraid of|worried about) (?:becoming|being)|in general|generally|anyone|"
    r"everyone|someone|nicht|kein\w*|ob|falls|weder|no sé|no (?:consta|"
    r"puedo|se sabe|está|es|figura)|desconozco|n'est pas|ne (?:sais|peux|puis|figure)|j'ignore|"
    r"non (?:so|posso|è)|unbekannt|inconnue?|desconocid[oa]|si)\b"
)
_OF_ANYBODY = re.compile(
    r"\b(?:for|in|if|any|every|each|typical|average|imagine|another|as with) an? $"
)
_TURN = re.compile(r"[.!?;\n]|\b(?:but|however|although|though|nevertheless|yet|still|that said)\b")
_NEGATED = re.compile(r"\b(?:not|isn't|wasn't|never|no longer|aren't|nicht|pas|non)(?: \w+)? $")
_OR = re.compile(rf"^[\s,]*(?:or|/|and/or|vs\.?)[\s,]+(?:{WORDS}|not)\b|^/(?:{WORDS})|^ ?\?")
_OF_A_KIND = re.compile(
    r"^ (?:may|can|should|must|could|might|often|usually|typically|(?:is|are) (?:more|less|at)) "
)
_LISTED = re.compile(
    rf"^(?:(?:\s*[|/☐□○]\s*|\s*[\[(][ _]?[\])]\s*)(?:{WORDS})\b|"
    rf"(?:[,;] (?:or )?(?:{WORDS})\b){{2}})"
)
"""A form's choices."""
_RELATIVE, _POSSESSED = re.compile(rf" (?:\w+ )?(?:{KIN})\b"), re.compile(r"'s (?:\w+ )?$")
_SENTENCE_END = re.compile(r"[.!?\n]")
_KIN_ABROAD_OF = re.compile(rf"\b(?:{KIN_ABROAD})\b[^.;,\n]{{0,12}}$")
_SUBJECT = re.compile(rf"{PERSON}\b")
_TELLER = re.compile(r"\b(?:dr|doctor|prof|professor|nurse)\b\.? [^.;\n]{1,40}$")
_HERSELF = re.compile(r"(?:she|he|they)(?:'s)? (?:is |was )?(?:her|him|them)sel(?:f|ves)\b")


_ENGAGED = re.compile(
    r"\b(?:her|his|the patient's|patient's|mrs?\.? [\w-]+'s|ms\.? [\w-]+'s) (?:\w+ )?"
    r"fianc(?:e|é|ée|ee)\b(?! (?:died|left|was killed))"
    rf"|(?<!\w){PERSON}(?:'s| is| was| has| got| recently| newly| just| become| became)+"
    r" engaged(?= to (?:be married|marry|her|his)\b|[.,;]|$)"
)


class Stated(msgspec.Struct, frozen=True):
    status: str
    start: int
    stop: int
    implied: bool = False
    """Somebody who is to marry is single now, and may be divorced as well."""


@lru_cache(maxsize=32)
def stated_statuses(low: str) -> tuple[Stated, ...]:
    """In lowered text; each status once, at the place that states it first."""
    if not any(word in low for word in HINTS) and (low.isascii() or not _EAST_ASIAN.search(low)):
        return ()
    found: dict[str, Stated] = {}
    for one in _statements(low):
        found.setdefault(one.status, one)
    if not found.keys() & {"widowed", "divorced", "separated"}:
        for one in _of_a_spouse(low):
            found.setdefault(one.status, one)
    if not found:
        for betrothed in _ENGAGED.finditer(low):
            if _is_said(low, betrothed):
                found.setdefault("single", Stated("single", *betrothed.span(), implied=True))
    if "single" in found and "never" in low:
        found.pop("married", None)
    return tuple(sorted(found.values(), key=lambda one: one.start))


def status_of(word: str) -> str | None:
    """The status that a planted value names."""
    return STATUS_OF.get(word.strip().lower())


@cache
def words_for(status: str) -> tuple[str, ...]:
    return tuple(word for word, meant in STATUS_OF.items() if meant == status and word.isalpha())


def _statements(low: str) -> Iterator[Stated]:
    whole = _WHOLE_ANSWER.fullmatch(low) if len(low) < 80 else None
    if whole:
        yield Stated(STATUS_OF[whole["status"]], *whole.span("status"))
        return
    yield from _in_words(low)
    said = ((status, found) for status, phrase in PHRASES for found in phrase.finditer(low))
    for status, found in (*nouns_said(low), *said):
        if _is_said(low, found, status):
            yield Stated(status, *found.span())
    for found in (*_OF_KIN.finditer(low), *_KIN_ABROAD.finditer(low)):
        parted = _former(found)
        if parted and _is_said(low, found):
            yield Stated(parted, *found.span())


def _in_words(low: str) -> Iterator[Stated]:
    for pattern in _PATTERNS:
        for found in pattern.finditer(low):
            if not _is_asked(low, found.end()) and _is_said(low, found):
                yield Stated(STATUS_OF[_word_of(found)], *found.span())
    for found in _TICKED.finditer(low):
        yield Stated(STATUS_OF[found["status"]], *found.span())
    for found in _BY_LETTER.finditer(low):
        letter = "e" if found["letter"] == "sep" else found["letter"][0]
        yield Stated(_LETTERS[letter], *found.span())
    for found in _EAST_ASIAN.finditer(low):
        yield Stated(EAST_ASIAN[found[0]], *found.span())


def _is_said(low: str, found: re.Match[str], status: str = "") -> bool:
    return _stands(low, *found.span(), status) and not _is_of_kin(low, found)


def _of_a_spouse(low: str) -> Iterator[Stated]:
    """A husband or a wife of whom nothing else is said: the patient is married."""
    for found in (*_OF_KIN.finditer(low), *_KIN_ABROAD.finditer(low)):
        if not _former(found) and _is_said(low, found):
            yield Stated("married", *found.span())


def _former(found: re.Match[str]) -> str:
    parts = found.groupdict()
    said = "".join(parts.get(name) or "" for name in ("former", "before", "spouse", "after"))
    if not said:
        return ""
    return "widowed" if _LOST.search(said) else "divorced"


def _is_of_kin(low: str, found: re.Match[str]) -> bool:
    """ "The neighbour, a widow", "her sister lost her husband", "the patient's widowed mother"."""
    upto = low[found.start() : found.end() - len(_last(found))]
    if _RELATIVE.match(low[found.end() : found.end() + 24]) and _POSSESSED.search(upto):
        return True
    abroad = _KIN_ABROAD_OF.search(low[max(0, found.start() - 30) : found.start()])
    if abroad and found[0].startswith(","):
        return True
    if _SUBJECT.match(found[0]):
        if _HERSELF.match(found[0]) and (
            is_of_another(low, found.start(), told=False)
            or _TELLER.search(low[max(0, found.start() - 60) : found.start()])
        ):
            return True
        return abroad is not None
    at = found.start("status") if _last(found) else found.start()
    return is_of_another(low, at, of_two=found[0].startswith("divorce"))


def _is_asked(low: str, stop: int) -> bool:
    ends = _SENTENCE_END.search(low, stop, stop + 160)
    return ends is not None and ends[0] == "?"


def _last(found: re.Match[str]) -> str:
    return found.groupdict().get("status") or ""


def _word_of(found: re.Match[str]) -> str:
    named = found.groupdict()
    return named.get("status") or "never married"


def _stands(low: str, start: int, stop: int, status: str = "") -> bool:
    """False where the sentence denies, doubts, asks, supposes or lists."""
    turns = [m.end() for m in _TURN.finditer(low, max(0, start - 240), start)]
    before = low[turns[-1] if turns else max(0, start - 240) : start]
    within = low[start:stop]
    if _NO_STATEMENT.search(before) or (not status and _NO_STATEMENT.search(within)):
        return False
    if _OF_ANYBODY.search(low[max(0, start - 24) : start + 3]):
        return False
    denied = r"\b(?:not|isn't|never|no longer)\b(?! married| been married)"
    if not status and re.search(denied, within):
        return False
    after = low[stop : stop + 60]
    return not (
        _NEGATED.search(before)
        or _OR.match(after)
        or _LISTED.match(after)
        or _OF_A_KIND.match(after)
    )
