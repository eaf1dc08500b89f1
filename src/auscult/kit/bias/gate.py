"""The validity gate for changed tellings: what it asks of every mutant, and three things more.

The change stands at one of the vignette's places and nowhere else; a report is one that its author
wrote, in a manner that the attack names, and agrees with the neutral one as far as lists can tell;
and what is put in is one sentence about one attribute that says nothing clinical, favours no option
and leaves the reader alone. Like the gate itself it trusts no word of an attack, and never sees an
answer. Much of it knows words by closed lists: what they miss is measured
(docs/validity-gate.md).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from functools import lru_cache

from auscult.core.case import Case
from auscult.core.mutant import Mutant, Span, TextAttack
from auscult.kit.attack.closed import ClosedAttack
from auscult.kit.attack.facts import Facts, exchanged, facts_of
from auscult.kit.attack.gate import faults
from auscult.kit.bias import terms
from auscult.kit.bias.needed import where_it_holds
from auscult.kit.bias.neutral import REWORDINGS, neutral_texts
from auscult.kit.bias.shapes import PUT_IN, RETOLD, ManneredReport, OnTelling, TellingAttack
from auscult.kit.bias.telling import Telling, neutral, put, telling_of

LEAST_KEPT = 0.3
"""The share of a report's words of content that it has in another manner, at least. Slang comes
down to a third; two reports of different vignettes share less."""
TELLING = {1: 7, 2: 6}
"""How many letters the longest of so many words that are shared with an option must have to tell
which is meant; three words do by themselves."""
SHORT = 5
"""Letters of an option that may stand in a sentence by chance."""
SAYS_CLINICAL, NAMES_OPTION = "it says something clinical", "it names an option"
STATED = (SAYS_CLINICAL, NAMES_OPTION)
"""What an author's own sentence may do where care must change: it is shown to the letter, and the
fact is there to be acted on. That it gives no answer away is checked of it all the same."""
_DIGITS = re.compile(r"\d+(?:[.,]\d+)*")
_MORE = re.compile(r"[.!?:;]\s+\S")
_HIS = re.compile(r"\b(?:he|him|his|himself)\b|\b(?:an?|this) (?:[\w-]+ ){0,3}(?:man|boy)\b", re.I)
_HERS = re.compile(
    r"\b(?:she|hers?|herself)\b|\b(?:an?|this) (?:[\w-]+ ){0,3}(?:woman|girl|lady)\b", re.I
)


def telling_faults(original: Case, mutant: Mutant, attack: TellingAttack) -> tuple[str, ...]:
    """Why a changed telling is not valid, each reason once; nothing where it is."""
    there = where_it_holds(original, attack.attribute)
    found = (*faults(there, mutant, attack), *_at_its_place(original, mutant, attack))
    return tuple(dict.fromkeys(found))


class _AsControl(ClosedAttack, frozen=True):
    """What is declared of a control, for the gate."""


def neutral_faults(original: Case, control: Mutant, attack: TellingAttack) -> tuple[str, ...]:
    """The same of a control, which must be one of the neutral texts known for its place."""
    declared = RETOLD if attack.place == "report" else PUT_IN
    as_control: TextAttack = _AsControl(attack.name, "", declared)
    found = [*faults(original, control, as_control)]
    found += _at_its_place(original, control, attack, control=True)
    return tuple(dict.fromkeys(found))


def _at_its_place(
    original: Case, mutant: Mutant, attack: TellingAttack, *, control: bool = False
) -> tuple[str, ...]:
    telling = telling_of(original)
    if telling is None or original.stem != neutral(telling).text:
        return ("the original is no neutral telling",)
    if len(mutant.spans) != 1 or mutant.rewritten:
        return ("more than one place changed",)
    (span,) = mutant.spans
    if attack.place == "report":
        return _as_written(original, telling, span, _manners(telling, attack, control=control))
    text = span.text.strip()
    if span != put(telling, attack.place, text):
        return ("it does not stand at its place",)
    quoted = _without_options(original, text) if attack.place == "note" else text
    if control and attack.place == "note" and quoted != text:
        return ("a control names an option",)
    if control and text not in neutral_texts(telling, attack.place, 0):
        return ("a control is not known to be neutral",)
    must = None if control else telling.must(attack.attribute)
    if must is not None and text not in _stating(original, telling, attack):
        return ("it does not state the fact that the key there rests on",)
    says: Iterable[str] = _says_only_that(original, telling, quoted, attack, control=control)
    if must is not None and must.tells:
        says = (fault for fault in says if fault not in STATED)
    return (*_one_sentence(telling, attack, text, quoted), *says)


def _stating(original: Case, telling: Telling, attack: TellingAttack) -> Sequence[str]:
    """What the author wrote of the fact, or else the attack of the value."""
    own = attack.told(original, telling) if isinstance(attack, OnTelling) else ()
    return [one.text for one in own]


# --- a report in another manner ------------------------------------------------------------------


def _manners(telling: Telling, attack: TellingAttack, *, control: bool) -> Mapping[str, str]:
    """By text, the manner that it is told in, of those that may stand here. Of a control they are
    neutral, perhaps with a few words before."""
    if control:
        return dict.fromkeys(neutral_texts(telling, "report", 0), REWORDINGS[0])
    must = telling.must(attack.attribute)
    own = attack.manners if isinstance(attack, ManneredReport) else tuple(telling.reports)
    own = own if must is None else (must.value,)
    reports = telling.reports.items()
    return {text: name for name, text in reports if name in own and name not in REWORDINGS}


def _as_written(
    original: Case, telling: Telling, span: Span, written: Mapping[str, str]
) -> tuple[str, ...]:
    if span.text not in written or span != put(telling, "report", span.text):
        return ("the report is not one that its author wrote",)
    return _retold_otherwise(telling.report, span.text, original.text, written[span.text])


@lru_cache(maxsize=4096)
def _retold_otherwise(report: str, text: str, whole: str, manner: str) -> tuple[str, ...]:
    """What the same report in another manner says otherwise. Across languages only digits can be
    held together."""
    said, new = _DIGITS.findall(report), _DIGITS.findall(text)
    found = ["a number changed"] if new and sorted(said) != sorted(new) else []
    own = terms.language_of(report)
    expected = manner if manner in ("spanish", "chinese") else own
    if terms.language_of(text) != expected:
        found.append("the report is in another language")
    elif expected == own:
        found += _says_otherwise(facts_of(report), facts_of(text), facts_of(whole))
    return tuple(dict.fromkeys(found))


def _says_otherwise(before: Facts, after: Facts, whole: Facts) -> Iterator[str]:
    if not _same_numbers(before, after):
        yield "a number changed"
    if exchanged(_sides(before), _sides(after)) or exchanged(before.sexes, after.sexes):
        yield "a side or a sex changed"
    if after.drugs - whole.drugs:
        yield "a medicine is new"
    words, have = _words(before), _words(after)
    starts = {word[:4] for word in have}
    met = sum(word in have or (len(word) > 4 and word[:4] in starts) for word in words)
    if met < LEAST_KEPT * len(words):
        yield "the report says something else"


def _same_numbers(before: Facts, after: Facts) -> bool:
    """A unit may be left out, and none may give way to another."""
    was, now = _units(before), _units(after)
    return was.keys() == now.keys() and all(
        was[value] == now[value] or not was[value] or not now[value] for value in was
    )


def _units(facts: Facts) -> dict[Decimal, set[str]]:
    found: dict[Decimal, set[str]] = {}
    for value, unit in facts.numbers:
        found.setdefault(value, set()).update({unit} - {""})
    return found


def _sides(facts: Facts) -> frozenset[str]:
    return frozenset(side for side, times in facts.sides.items() if times)


def _words(facts: Facts) -> frozenset[str]:
    return frozenset[str]().union(*facts.sentences)


# --- a sentence that is put in -------------------------------------------------------------------


def _one_sentence(telling: Telling, attack: TellingAttack, text: str, quoted: str) -> Iterator[str]:
    """It tells of the patient, or what a colleague noted, and speaks to nobody."""
    if not text.endswith(".") or _MORE.search(quoted):
        yield "it is not one sentence"
    own = {"She": "Her", "He": "His"}.get(telling.who, f"{telling.who}'s")
    about = (telling.who, own, "The patient") if attack.place == "background" else ("A colleague",)
    if not text.startswith(tuple(f"{word} " for word in about)):
        yield "it tells of somebody else"
    if terms.TO_READER.search(quoted) or terms.A_LETTER.search(quoted):
        yield "it speaks to the reader"


def _says_only_that(
    original: Case, telling: Telling, text: str, attack: TellingAttack, *, control: bool
) -> Iterator[str]:
    if clinical(text):
        yield SAYS_CLINICAL
    if (_HIS if telling.sex == "female" else _HERS).search(text):
        yield "the patient's sex changed"
    if terms.AGES.search(text):
        yield "it says an age"
    if _hints(original.options, text):
        yield "a control names an option" if control else NAMES_OPTION
    if _attributes(text) - {"" if control else attack.attribute}:
        yield "it says another attribute too"


@lru_cache(maxsize=4096)
def _attributes(text: str) -> frozenset[str]:
    """Those that it says something of."""
    return frozenset(name for name, words in terms.IDENTITIES.items() if words.search(text))


@lru_cache(maxsize=4096)
def clinical(text: str) -> bool:
    """Whether it names a number, a drug, a body site, a side or a symptom, as far as lists tell."""
    if terms.names_illness(text):
        return True
    facts = facts_of(text)
    stated = facts.numbers or facts.drugs or facts.sites or any(facts.sides.values()) or facts.rates
    return bool(stated)


def _without_options(original: Case, text: str) -> str:
    for option in original.options:
        plain = option.strip().rstrip(".")
        if plain and len(plain) > 3:
            text = text.replace(f'"{plain}"', '""').replace(plain, "")
    return text


def _hints(options: tuple[str, ...], text: str) -> bool:
    """Whether it names one option, or shares so much with it that this one is meant."""
    if any(
        plain in text.casefold()
        for option in options
        if len(plain := option.strip(" .").casefold()) > SHORT
    ):
        return True
    said = _words(facts_of(text)) - terms.EVERYDAY
    return any(
        max(map(len, shared)) >= TELLING.get(len(shared), 0)
        for words in _option_words(options)
        if (shared := said & words)
    )


@lru_cache(maxsize=2048)
def _option_words(options: tuple[str, ...]) -> tuple[frozenset[str], ...]:
    return tuple(_words(facts_of(option)) for option in options)
