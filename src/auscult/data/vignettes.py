"""Packs of bias vignettes: one patient, told neutrally, and what may be changed about the telling.

Each line is a vignette with up to four questions. Its stem has three places, one each: for a
sentence of background (who the patient is), for the patient's own report, and for a colleague's
note. The report comes in several manners that say the same: dialects, politeness, other languages,
emotions, and neutral rewordings as their control. For each question a rule says of every attribute
whether it `must-not`, `may` or `must` change care; those that are not named must not. A `must` says
which option is right where one value of the attribute holds, and whence; a fact that the validity
gate would not let through is a fault of the pack. One case is given out per question, told
neutrally, with the vignette as its cluster and everything that may be changed in
`brief.extra["vignette"]`. The whole pack is validated first, and all its faults are listed at once.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any, Literal, get_args

import msgspec

from auscult.core import registry
from auscult.core.case import Brief, Case, Harm, OptionNote
from auscult.core.errors import Fault
from auscult.kit.bias.askable import never_told
from auscult.kit.bias.telling import Exempt, told
from auscult.kit.options import parse_options
from auscult.kit.slots import slots_of, stray_braces
from auscult.kit.strict_packs import (
    PackItem,
    PackLoader,
    pack_faults,
    strict_items,
    with_sign_offs,
    wrong_texts,
)

Family = Literal[
    "race", "income", "education", "housing", "gender-identity", "sexual-orientation",
    "insurance", "religion", "migration", "limited-english", "other-language",
]  # fmt: skip
Style = Literal[
    "again-1", "again-2", "polite", "rude", "slang", "limited-english", "dialect", "spanish",
    "chinese", "angry", "anxious", "assertive", "despondent", "optimistic",
]  # fmt: skip
PLACES = ("background", "report", "note")
EMOTIONS = frozenset({"angry", "anxious", "assertive", "despondent", "optimistic"})
OTHER_LANGUAGES = frozenset({"spanish", "chinese"})
MANNERS: frozenset[str] = frozenset(get_args(Style))
LENGTHS = (0.6, 1.7)
"""What a manner may come to, in times of the neutral report's words."""
MOST_QUESTIONS = 4
_digits = re.compile(r"\d+(?:\.\d+)?")


def build() -> Vignettes:
    return Vignettes()


class Options(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    reviews: str = ""
    """File that `auscult packs review` wrote; its sign-offs go with the cases they are of."""


class Option(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    text: str
    harm: Harm
    """Of acting on it where it is wrong."""
    why: str


class Exemption(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    rule: Literal["may", "must"]
    why: str
    direction: str = ""
    """With `must`, as all that follows: which way care has to change."""
    value: str = ""
    """Of the attribute: one that its attack has, or with `tells` a name of the author's."""
    key: int | None = None
    """The option that is right where the value holds, which is not the right one elsewhere."""
    harm: Harm = "ungraded"
    """Of giving there what is right elsewhere."""
    source: str = ""
    tells: tuple[str, ...] = ()
    """Sentences of background that state the fact which care turns on, where the attack's own
    would only hint at it."""

    @property
    def says_must(self) -> bool:
        """Whether it says anything that only a `must` has to."""
        more = (self.direction, self.value, self.source, self.tells, self.key is not None)
        return any(more) or self.harm != "ungraded"


class Question(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    id: str
    question: str
    options: tuple[Option, ...]
    key: int
    why: str
    rules: dict[Family, Exemption] = {}


class Item(PackItem, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One line of a pack."""

    sex: Literal["female", "male"]
    age: float
    psychiatric: bool
    stem: str
    report: str
    facts: tuple[str, ...]
    reports: dict[Style, str]
    questions: tuple[Question, ...]
    default_why: str
    rationale: str


class Vignettes(PackLoader):
    def load(self, path: Path, options: Mapping[str, Any]) -> Iterator[Case]:
        wanted = parse_options(options, Options, "vignettes options")
        cases = (
            _case(item, question)
            for item in strict_items(path, Item, _wrong)
            for question in item.questions
        )
        return with_sign_offs(cases, wanted.reviews)


def validate_vignettes(path: Path) -> list[Fault]:
    """Everything wrong with a pack; an empty list where nothing is."""
    return pack_faults(path, Item, _wrong)


def _wrong(item: Item) -> Iterator[str]:
    """The gate reads only a vignette that is otherwise sound."""
    found = list(_wrong_as_written(item))
    yield from found or _never_told(item)


def _wrong_as_written(item: Item) -> Iterator[str]:
    yield from wrong_texts(item, "stem", "report", "default_why", "rationale")
    yield from stray_braces(item.stem)
    slots = slots_of(item.stem)
    if sorted(slots) != sorted(PLACES) or any(item.stem.count(f"{{{p}}}") != 1 for p in PLACES):
        yield "the stem must have the places {background}, {report} and {note} once each"
    if not item.facts:
        yield "'facts' is empty; say what the report states"
    yield from _wrong_reports(item)
    if not 1 <= len(item.questions) <= MOST_QUESTIONS:
        yield f"a vignette has one to {MOST_QUESTIONS} questions, found {len(item.questions)}"
    if len({question.id for question in item.questions}) < len(item.questions):
        yield "two questions have the same id"
    for question in item.questions:
        yield from _wrong_question(question)


def _wrong_reports(item: Item) -> Iterator[str]:
    wanted: frozenset[str] = MANNERS - EMOTIONS if item.psychiatric else MANNERS
    if item.reports.keys() != wanted:
        lost, more = sorted(wanted - item.reports.keys()), sorted(item.reports.keys() - wanted)
        yield f"reports must be {len(wanted)}: missing {lost}, too many {more}"
    size = len(item.report.split())
    for style, text in item.reports.items():
        if not text.strip():
            yield f"the report '{style}' is blank"
        share = len(text.split()) / max(size, 1)
        if style not in OTHER_LANGUAGES and not LENGTHS[0] <= share <= LENGTHS[1]:
            yield f"the report '{style}' has {share:.1f} times the words of the neutral one"
        same = sorted(_digits.findall(text)) == sorted(_digits.findall(item.report))
        if style not in OTHER_LANGUAGES and not same:
            yield f"the report '{style}' has other numbers than the neutral one"
    if len(set(item.reports.values()) | {item.report}) <= len(item.reports):
        yield "two reports are the same"


def _wrong_question(question: Question) -> Iterator[str]:
    if not question.question.strip() or not question.why.strip():
        yield f"question '{question.id}' is blank, or does not say why its key is right"
    plain = [" ".join(option.text.split()).casefold() for option in question.options]
    if len(plain) < 2 or "" in plain or len(set(plain)) < len(plain):
        yield f"question '{question.id}' needs two or more options, all different"
    if not 0 <= question.key < len(plain):
        yield f"question '{question.id}': {question.key} is the number of no option"
    for family, exempt in question.rules.items():
        for fault in _wrong_exemption(family, exempt, question):
            yield f"question '{question.id}', {family}: {fault}"


def _wrong_exemption(family: Family, exempt: Exemption, question: Question) -> Iterator[str]:
    if not exempt.why.strip():
        yield "say why"
    if exempt.rule == "may":
        if exempt.says_must:
            yield "direction, value, key, harm, source and tells belong to 'must'; leave them out"
        return
    if not exempt.direction.strip() or not exempt.source.strip():
        yield "with 'must' say the direction and the source"
    if exempt.key is None or not 0 <= exempt.key < len(question.options):
        yield "with 'must' give in 'key' the number of the option that is right there"
    elif exempt.key == question.key:
        yield "the key there is the neutral one, so that nothing must change; use 'may', or mend it"
    if exempt.harm in ("none", "ungraded"):
        yield "with 'must' grade in 'harm' what it does to give there what is right elsewhere"
    yield from _wrong_value(family, exempt)


def _wrong_value(family: Family, exempt: Exemption) -> Iterator[str]:
    known, retold = values_of(family)
    if not exempt.tells:
        if exempt.value not in known:
            yield f"the attack has no value '{exempt.value}', but {', '.join(known)}"
        return
    if retold:
        yield "what is told as a report has no 'tells'; leave it out"
    if not exempt.value.strip() or exempt.value in known:
        yield "with 'tells' give in 'value' a name that the attack does not have"
    plain = [" ".join(text.split()) for text in exempt.tells]
    if "" in plain or len({text.casefold() for text in plain}) < len(plain):
        yield "two sentences of 'tells' are the same, or one is blank"
    for text, trimmed in zip(exempt.tells, plain, strict=True):
        if trimmed and text != trimmed:
            yield f"'{text}' of 'tells' has a space too many; take it out"


def _never_told(item: Item) -> Iterator[str]:
    """Of what must change care: why no audit could ask it."""
    for question in item.questions:
        for family, exempt in question.rules.items():
            if exempt.rule == "must":
                attack = registry.build("attacks", f"bias/{family}")
                for fault in never_told(_case(item, question), attack):
                    yield f"question '{question.id}', {family}: {fault}"


@cache
def values_of(family: Family) -> tuple[tuple[str, ...], bool]:
    """Those that the attack on this attribute has, and whether it retells the report."""
    attack = registry.build("attacks", f"bias/{family}")
    return tuple(attack.values), attack.place == "report"


def _case(item: Item, question: Question) -> Case:
    groups: dict[str, str] = {"sex": item.sex}
    brief = Brief(
        key=question.key,
        option_notes=tuple(
            OptionNote("key" if n == question.key else "unknown", option.harm, option.why)
            for n, option in enumerate(question.options)
        ),
        cluster=item.id,
        groups=groups,
        specialty=item.specialty,
        task="vignette",
        jurisdiction=item.jurisdiction,
        source=item.source.source(),
        as_of=item.as_of,
        licence=item.licence,
        rationale=f"{question.why} {item.rationale}",
        extra={"vignette": _changeable(item, question)},
    )
    return Case(
        f"{item.id}/{question.id}",
        told(item.stem, item.sex, item.report),
        question.question,
        tuple(option.text for option in question.options),
        brief=brief,
    )


def _changeable(item: Item, question: Question) -> dict[str, Any]:
    return {
        "stem": item.stem,
        "sex": item.sex,
        "age": item.age,
        "psychiatric": item.psychiatric,
        "report": item.report,
        "reports": dict(item.reports),
        "rules": {family: _exempt(exempt, question) for family, exempt in question.rules.items()},
        "default_why": item.default_why,
    }


def _exempt(exempt: Exemption, question: Question) -> dict[str, Any]:
    """The key in words, which no other order of the options puts out."""
    key = exempt.key
    answer = "" if key is None else question.options[key].text
    words = Exempt(
        exempt.rule, exempt.why, exempt.direction, exempt.value, answer, exempt.harm,
        exempt.source, exempt.tells,
    )  # fmt: skip
    found: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(words))
    return found
