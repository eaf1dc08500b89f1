"""Whether a clause says that the thing asked for is there, or that it is not.

The thing asked for is replaced by a mark, and what stands around the mark is matched with a few
frames. Every frame names what it lets stand in between, so that "no change in the effusion" and
"no large effusion" deny nothing.
"""

from __future__ import annotations

import re
from typing import Literal

import msgspec

from auscult.kit.choice.text import words
from auscult.kit.patterns.sieve import AnyOf
from auscult.kit.yes_no.question import PICTURE, PRESENT, Asked, stem
from auscult.kit.yes_no.words import SIEVE

Said = Literal["there", "not there", ""]

MARK = "§"
_WORD = re.compile(r"[a-z0-9][a-z0-9'-]*")
_SIDES = words("left right upper lower low central peripheral anterior posterior medial lateral")
_PLAIN = frozenset(
    map(
        stem,
        words(
            "a an the any some is are of no not there such small large mild moderate severe tiny "
            "trace subtle left right bilateral unilateral multiple several shows show see seen "
            "visible minimal moderate-sized massive new clear definite obvious evidence and or "
            "with have has"
        ),
    )
)
"""Words after which a dropped adjective is still meant: "a small effusion", not "a pericardial"."""
_LOOSE = words(
    "in on at within of over along near behind involving the this that these those either any a an "
    "here all both each is are seen and or be visibl present it side area which lung chest patient "
    "field bilateral film body"
)
_SIGNS = (
    r"(?:(?:any|a|an|the|of|for|to|visible|radiographic|imaging|clear|definite|obvious|convincing|"
    r"evidence|signs?|indications?|indicative|suggestions?|suggest|suggestive|suggesting|findings?|"
    r"features?|trace|hint|presence|such|other|kind|sort|indicate|discernible|apparent|evident|"
    r"detectable|identifiable|there|is|are|be|anything|that|looks|like)[ ]){0,7}"
)
_SEE = (
    r"(?:see|seen|show|shown|demonstrate|reveal|identify|detect|find|observe|visuali[sz]e|contain|"
    r"have|appreciate|note|notice|depict|display|exhibit|suggest|indicate|support|spot|make out|"
    r"recogni[sz]e|discern|appear to (?:be|show|have|contain)|seem to (?:be|show|have))"
)
_ADV = r"(?:\w+ly |also |yet |been |be |to be |any ){0,3}"
_NOT = r"(?:not|\w+n't|cannot|can not|never|unable to|fails? to|failed to)"
_DENIED = SIEVE.compile(
    rf"\b(?:no|zero|neither|nor) {_SIGNS}{MARK}"
    rf"|\b(?:no|nor) (?:(?!is\b|are\b|was\b|but\b|with\b|except|change|there\b)[\w-]+,? ){{1,8}}?"
    rf"(?:(?<=, )|(?:and|or|nor) ){_SIGNS}{MARK}"
    rf"|\b{_NOT} {_ADV}(?:{_SEE} )?{_SIGNS}{MARK}"
    rf"|\b(?:absence|lack|free|devoid|clear) of {_SIGNS}{MARK}|\bnegative for {_SIGNS}{MARK}"
    rf"|\b(?:without|lacks?|nothing) {_SIGNS}{MARK}|\bneither \w+ (?:\w+ )?{_SEE}s? {_SIGNS}{MARK}"
    rf"|{MARK}[^{MARK}]{{0,50}}? (?:is|are|was|were|has|have|can|could|does|do)(?:n't| ?not) {_ADV}"
    rf"(?:be |been )?(?:clearly |definitely |well )?{PRESENT}\b|{MARK} not {_ADV}{PRESENT}\b"
    rf"|{MARK} ?(?:is|are|was|were|:|-|=)? ?(?:\w+ly )?(?:absent|none|no|nil|negative|lacking|"
    r"missing)\b"
    rf"|{MARK} (?:is|are|seems?|appears?) (?:\w+ )?unlikely\b|\bunlikely (?:to (?:be|have) )?"
    rf"(?:that )?{_SIGNS}{MARK}"
)
_MODIFIER = (
    r"(?:(?!no\b|not\b|without\b|lack|absen|free\b|possibl|potential|resol|previous|prior\b|former|"
    r"history|risk|question|suspic|suspect|n't|neither|only\b|minus\b|change|less\b|fewer\b|chance|"
    r"reduc|decreas|increas|treatment|change|cannot)[\w'-]+,? ){0,7}"
)
_SHOWS = (
    r"(?:shows?|demonstrates?|reveals?|contains?|displays?|depicts?|exhibits?|has|have|see|sees|"
    r"identify|detect|observe|note|find|notice|spot|includes?|positive for)"
)
_AFFIRMED = SIEVE.compile(
    rf"\bthere(?:'s| is| are| was| were| (?:appears?|seems?) to be) {_MODIFIER}{MARK}"
    rf"|{MARK}(?:[^{MARK},;:]{{0,60}}?) (?:is|are|was|were|can be|could be)(?: \w+ly| also){{0,2}} "
    rf"{PRESENT}\b"
    rf"|\b{_SHOWS} {_MODIFIER}{MARK}|{MARK} ?[:=-] ?(?:present|positive|yes|seen)\b"
    r"|^(?:(?:an?|small|large|mild|moderate|severe|tiny|trace|subtle|left|right|bilateral|multiple|"
    rf"extensive|massive|big) )+{MARK}$"
)
_BLOCKED = SIEVE.compile(
    r"\b(?:may|might|could(?! be (?:seen|identified))|possibl[ey]|possibility|suspicious|suspected|"
    r"whether|unless|previous(?:ly)?|prior|history|risk|exclude[ds]?|excluding|ruled? out|resolved|"
    r"mimics?|mimicking|simulates?|rather than|instead of|example|typical(?:ly)?|would|should|"
    r"differential|question(?:able)?|last|ago|earlier|formerly|yesterday|initially|"
    r"mention(?:s|ed)?|seen as)\b"
)
_NEGATOR = re.compile(
    r"\b(?:no|not|never|without|cannot|neither|nor|absent|absence|lacks?|nothing|negative|free of|"
    r"unlikely|unable|fail(?:s|ed|ure)?|impossible|hardly|barely|den(?:y|ies|ied)|excluded)\b|n't\b"
)
_UNTRUE = SIEVE.compile(
    r"\b(?:not|isn't) (?:true|correct|the case|right|accurate)(?: to say)? that\b|\b(?:wrong|"
    r"incorrect|false|untrue|inaccurate)(?: to (?:say|claim|state))? that\b"
)
_NO_DOUBT = SIEVE.compile(r"\b(?:no|without(?: a| any)?) doubt\b")
_UNSAID = SIEVE.compile(
    r"\b(?:would|could|can|do|did|should|may)(?:n't|not| not) (?:say|claim|state|conclude|mean)\b"
)
_UNTHOUGHT = SIEVE.compile(
    r"\b(?:do not|don't) (?:think|believe|suspect)(?: that)?\b|\bdoubt(?: that)?\b"
)
_SAID_OF_IT = AnyOf(_NO_DOUBT, _UNTRUE, _UNSAID, _UNTHOUGHT)
_PLACE = re.compile(r"\b(?:in|on|at|within|of|over|along|near|behind|involving)\b [^,;:.]*")


def there_or_not(clause: str, asked: Asked) -> Said:
    """`clause` is in small letters and without markup."""
    if not _SAID_OF_IT.may_stand_in(clause):
        return _plainly(clause, asked)
    clause = _NO_DOUBT.sub(lambda _: " ", clause)
    untrue = _UNTRUE.search(clause)
    rest = clause[untrue.end() :] if untrue else clause
    if _UNSAID.search(rest):
        return ""
    unthought = _UNTHOUGHT.search(rest)
    rest = rest[unthought.end() :] if unthought else rest
    if unthought:
        asked = msgspec.structs.replace(asked, after=frozenset())
    said = _plainly(rest, asked)
    if untrue and unthought:
        return ""
    if unthought:
        return "not there" if said == "there" else ""
    if untrue and said:
        return "there" if said == "not there" else "not there"
    return said


def _plainly(clause: str, asked: Asked) -> Said:
    marked, full = _marked(clause, asked)
    if MARK not in marked or _BLOCKED.search(marked):
        return ""
    negators = len(_NEGATOR.findall(marked))
    if negators:
        denied = _DENIED.search(marked)
        if denied is None or (negators > 1 and not _one_denial(marked)):
            return ""
        return "not there" if _unrestricted(marked, asked) else ""
    if not full or not _AFFIRMED.search(marked):
        return ""
    said = set(map(stem, _WORD.findall(clause)))
    return "there" if asked.after - PICTURE <= said else ""


def _one_denial(marked: str) -> bool:
    """A list joined by "nor", or "no ..., no ..."."""
    return re.search(r"\bnor\b|\bneither\b|\bno\b[^.]*,? (?:and )?no\b", marked) is not None and (
        not re.search(r"\bnot?\b[^,]*\b(?:absent|without|lack|negative)|n't\b", marked)
    )


def _marked(clause: str, asked: Asked) -> tuple[str, bool]:
    """The clause with the thing asked for as a mark, and whether all that must stand before it
    does. A list shares its last noun: "no pleural or pericardial effusion"."""
    if asked.head not in map(stem, _WORD.findall(clause)):
        return clause, False
    found = [(m.start(), m.end(), stem(m[0])) for m in _WORD.finditer(clause)]
    heads = [i for i, (_, _, word) in enumerate(found) if word == asked.head]
    i = heads[0]
    start, end, _ = found[i]
    have: set[str] = set()
    others = asked.before - asked.optional
    while i > 0 and found[i - 1][2] in asked.before:
        i -= 1
        start = found[i][0]
        have.add(found[i][2])
    missing = others - have
    if asked.optional - have and i > 0 and found[i - 1][2] not in _PLAIN:
        return f"{clause[:start]}{MARK}{clause[end:]}", False
    if missing:
        near = {word for _, _, word in found}
        missing = missing - near if len(heads) == 1 else missing
    return f"{clause[:start]}{MARK}{clause[end:]}", not missing


def _unrestricted(marked: str, asked: Asked) -> bool:
    """Whether the denial holds for the whole of what was asked: "no effusion on the right" does
    not answer for the left, nor a denial with an exception for anything."""
    _, _, right = marked.partition(MARK)
    if re.search(r"\b(?:except|other than|apart from|besides|yet|larger|bigger|more)\b", right):
        return False
    allowed = asked.known | PICTURE
    for place in _PLACE.finditer(right):
        named = {stem(w) for w in _WORD.findall(place[0])}
        if named & _SIDES - allowed:
            return False
        if named - allowed - _LOOSE:
            return False
    return True
