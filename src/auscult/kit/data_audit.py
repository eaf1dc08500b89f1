"""Audits a data set before it audits anyone: what in it can be answered wrongly, or without sight.

Reads cases one at a time and keeps counts. Five questions: do two rows contradict each other; can
every question be answered from what is shown; do options or wording give the key away; what does a
constant answer score; who and what is covered. The patterns and thresholds are ours.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from typing import Any

import msgspec

from auscult.core.case import Case
from auscult.kit.cares.answers import FLAGS
from auscult.kit.data_audit_counts import (
    Constant,
    GroupShare,
    Lookup,
    LookupTable,
    Priors,
    Share,
    fold_of,
)
from auscult.kit.disk_index import digest64

EXAMPLES = 10
OPENING_WORDS = 4
ALL = "all questions"
BY_KIND = "the kind of question"
ASKS = {
    "asks about history": r"\b(?:history|medical record|previously|known (?:to have|for))\b",
    "asks about treatment": r"\b(?:treat\w*|therap\w+|medicat\w+|surgery|surgical intervention"
    r"|prescri\w+|management|drugs?)\b",
    "asks to compare with an earlier picture": r"\b(?:compared|comparison"
    r"|(?:previous|prior|earlier) (?:\w+ )?"
    r"(?:x-?rays?|stud(?:y|ies)|images?|imaging|exam\w*|radiograph\w*|scans?)"
    r"|interval change|worsen\w*|improve\w*)\b",
    "asks what a report or note says": r"\b(?:reports?|reported|mentioned|clinical notes?)\b",
}
_asks = {name: re.compile(pattern, re.IGNORECASE) for name, pattern in ASKS.items()}
_unseen = re.compile(
    r"\bnot (?:\w+ )?(?:visible|seen|shown|apparent|evident)\b"
    r"|\bcannot be (?:seen|determined|assessed|confirmed)\b",
    re.IGNORECASE,
)
HEDGED = "the reference says that it is not visible"
ANY = "any of these, or said not to be stated"
NOT_STATED = frozenset({"not-stated", "cannot-tell", "fragment"})
FILLER = frozenset(
    re.findall(
        r"\w+",
        "a an the this that there is are was were does do did can could be been has have any of on"
        " in to for as by at it its we one patient patients s image images picture x ray xray"
        " radiograph scan evidence sign signs indication show shows shown seen see visible present"
        " observed noted identified according based provided",
    )
)
"""Words that do not change what is asked of one picture; "no", "not" and "normal" are kept."""
SOUND = frozenset({"normal", "unremarkable", "within", "limits", "clear", "intact"})
UNSOUND = frozenset({"abnormal", "abnormality", "abnormalities", "enlarged", "enlargement"})
WHATEVER = frozenset({"size", "appear", "appearance", "chest"})
"""Dropped too where a question asks whether something is sound or not."""


class Example(msgspec.Struct, frozen=True):
    case: str
    question: str = ""
    note: str = ""


class Issue(msgspec.Struct, frozen=True):
    """Cases of one fault, with the first ten."""

    what: str
    n: int
    of: int
    examples: tuple[Example, ...] = ()


class Positions(msgspec.Struct, frozen=True):
    """Where the key stands among so many options."""

    options: int
    counts: tuple[int, ...]


class Published(msgspec.Struct, frozen=True):
    """The key as a published script reads it, beside ours."""

    answer: str
    share: Share
    agrees: Share
    without_ours: int
    """Rows to which the script gives a key and we give none."""


class Place(msgspec.Struct, frozen=True):
    modality: str
    region: str
    cases: int
    phantoms: int


class Audit(msgspec.Struct, frozen=True, kw_only=True):
    """Everything counted. A share always carries its denominator."""

    cases: int
    clusters: int
    keyed: int
    tasks: dict[str, int]
    pictured: int
    with_picture: int
    contradictory: Issue
    opposed: Issue
    """Suspected: asked whether a part is normal and whether it is not, with keys that clash."""
    repeated: int
    unanswerable: tuple[Issue, ...]
    flagged: tuple[Issue, ...]
    leaking: tuple[Issue, ...]
    lookups: tuple[Lookup, ...]
    positions: tuple[Positions, ...]
    constants: tuple[Constant, ...]
    published: Published | None
    groups: dict[str, dict[str, int]]
    without_groups: int
    places: tuple[Place, ...]


class Found:
    """Counts cases of one fault and keeps the first few; no words of real patients' data."""

    def __init__(self) -> None:
        self.n = 0
        self.examples: list[Example] = []

    def add(self, case: Case, note: str = "") -> None:
        self.n += 1
        if len(self.examples) < EXAMPLES:
            seen = Example(case.id) if case.phi else Example(case.id, case.question[:160], note)
            self.examples.append(seen)

    def issue(self, what: str, of: int) -> Issue:
        return Issue(what, self.n, of, tuple(self.examples))


def audit(cases: Iterable[Case]) -> Audit:
    """Counts of everything, from one reading."""
    auditor = Auditor()
    for case in cases:
        auditor.add(case)
    return auditor.result()


class Auditor:
    def __init__(self) -> None:
        self._n: Counter[str] = Counter()
        self._tasks: Counter[str] = Counter()
        self._clusters: set[int] = set()
        self._keys: dict[int, str] = {}
        self._stances: dict[int, tuple[str, str, str]] = {}
        self._contradictory, self._opposed = Found(), Found()
        self._unanswerable: dict[str, Found] = {name: Found() for name in (*ASKS, HEDGED, ANY)}
        self._flags: dict[str, Found] = {}
        self._told = Found()
        self._by_options, self._by_kind, self._by_question, self._by_opening = (
            LookupTable() for _ in range(4)
        )
        self._positions: dict[int, Counter[int]] = {}
        self._priors = Priors()
        self._published: Counter[tuple[str, str]] = Counter()
        self._groups: dict[str, Counter[str]] = {}
        self._places: dict[tuple[str, str], list[int]] = {}

    def add(self, case: Case) -> None:
        self._n["cases"] += 1
        self._tasks[case.brief.task or ("multiple-choice" if case.options else "open")] += 1
        self._clusters.add(digest64(case.cluster.encode("utf-8", "replace")))
        self._cover(case)
        self._doubt(case)
        answer = answer_of(case)
        published = case.brief.extra.get("published_key")
        if published is not None:
            self._published["no" if published else "yes", answer] += 1
        if not answer:
            return
        self._n["keyed"] += 1
        self._compare(case, answer)
        self._leak(case, answer)
        kind = str(case.brief.extra.get("kind") or "")
        for name in dict.fromkeys((ALL, kind) if kind else (ALL,)):
            self._priors.add(name, answer, case.brief.groups)

    def _cover(self, case: Case) -> None:
        brief = case.brief
        place = self._places.setdefault((brief.modality, brief.region), [0, 0])
        place[0] += 1
        place[1] += bool(brief.extra.get("phantom"))
        self._n["pictured"] += is_pictured(case)
        self._n["with picture"] += bool(case.images)
        self._n["without groups"] += not brief.groups
        for group, level in brief.groups.items():
            self._groups.setdefault(group, Counter())[level] += 1

    def _doubt(self, case: Case) -> None:
        """Only questions about a picture: a text may state a history and ask for treatment."""
        flags = case.brief.extra.get("flags", ())
        for flag in flags:
            self._flags.setdefault(flag, Found()).add(case, case.brief.reference[:160])
        if not is_pictured(case):
            return
        found = [name for name, pattern in _asks.items() if pattern.search(case.question)]
        if _unseen.search(case.brief.reference):
            found.append(HEDGED)
        if found or not NOT_STATED.isdisjoint(flags):
            found.append(ANY)
        for name in found:
            self._unanswerable[name].add(case, case.brief.reference[:160])

    def _compare(self, case: Case, answer: str) -> None:
        """The same picture (or text) and the same question but for filler words."""
        about = str(case.brief.extra.get("image") or "") or "|".join(i.path for i in case.images)
        words = plain_words(case.question)
        asked = [word for word in words if word not in FILLER] if about else words
        parts = [about or case.stem, " ".join(asked or words)]
        if case.options and not is_yes_no(case):
            parts.extend(sorted(option.casefold() for option in case.options))
        known = self._keys.setdefault(_digest(*parts), answer)
        if known != answer:
            self._contradictory.add(case, f"here '{answer}', elsewhere '{known}'")
        stance = stance_of(asked, answer) if about and is_yes_no(case) else None
        if stance is not None:
            before = self._stances.setdefault(_digest(about, stance[0]), (*stance, case.question))
            if before[1] != stance[1]:
                self._opposed.add(case, f"'{answer}' here; '{before[2][:120]}' says otherwise")

    def _leak(self, case: Case, answer: str) -> None:
        fold = fold_of(case.cluster)
        words = plain_words(case.question)
        self._by_question.add(" ".join(words), answer, fold)
        self._by_opening.add(" ".join(words[:OPENING_WORDS]), answer, fold)
        if kind := str(case.brief.extra.get("kind") or ""):
            self._by_kind.add(kind, answer, fold)
        if is_yes_no(case):
            return
        self._by_options.add("\n".join(case.options), answer, fold)
        counts = self._positions.setdefault(len(case.options), Counter())
        counts[case.brief.key or 0] += 1
        asked = f" {' '.join(words)} "
        told = [
            i
            for i, option in enumerate(case.options)
            if (said := " ".join(plain_words(option))) and f" {said} " in asked
        ]
        if told == [case.brief.key]:
            self._told.add(case, f"the key is '{answer}'")

    def result(self) -> Audit:
        n, keyed = self._n, self._n["keyed"]
        asked = n["pictured"]
        tables = (
            ("the list of options", self._by_options),
            (BY_KIND, self._by_kind),
            ("the whole question", self._by_question),
            (f"the question's first {OPENING_WORDS} words", self._by_opening),
        )
        leaking = [self._told.issue("the question holds the text of the key alone", keyed)]
        if pasted := self._flags.get("answer-in-question"):
            leaking.append(pasted.issue(FLAGS["answer-in-question"], n["cases"]))
        return Audit(
            cases=n["cases"],
            clusters=len(self._clusters),
            keyed=keyed,
            tasks=dict(sorted(self._tasks.items())),
            pictured=asked,
            with_picture=n["with picture"],
            contradictory=self._contradictory.issue(
                "another key for the same picture and question", keyed
            ),
            opposed=self._opposed.issue("normal by one question, abnormal by another", keyed),
            repeated=keyed - len(self._keys) - self._contradictory.n,
            unanswerable=tuple(
                found.issue(name, asked) for name, found in self._unanswerable.items() if found.n
            ),
            flagged=tuple(
                found.issue(f"{name}: {FLAGS.get(name, 'said by the loader')}", n["cases"])
                for name, found in sorted(self._flags.items())
            ),
            leaking=tuple(issue for issue in leaking if issue.n),
            lookups=tuple(found for by, table in tables if (found := table.result(by))),
            positions=tuple(
                Positions(size, tuple(counts[i] for i in range(size)))
                for size, counts in sorted(self._positions.items())
            ),
            constants=self._priors.results(),
            published=self._as_published(),
            groups={name: dict(sorted(levels.items())) for name, levels in self._groups.items()},
            without_groups=n["without groups"],
            places=tuple(
                Place(modality, region, *counts)
                for (modality, region), counts in sorted(self._places.items())
            ),
        )

    def _as_published(self) -> Published | None:
        total = self._published.total()
        if not total:
            return None
        by_answer: Counter[str] = Counter()
        for (said, _), count in self._published.items():
            by_answer[said] += count
        answer, most = max(by_answer.items(), key=lambda pair: (pair[1], pair[0]))
        without = sum(c for (_, ours), c in self._published.items() if not ours)
        same = sum(c for (said, ours), c in self._published.items() if said == ours)
        return Published(answer, Share(most, total), Share(same, total - without), without)


def by_kind(found: Audit) -> tuple[Constant, ...]:
    """Where there are kinds, groups are told within them: over all they say the same again."""
    kinds = tuple(constant for constant in found.constants if constant.kind != ALL)
    return kinds or found.constants


def answered_by_group(
    constant: Constant, smallest: int
) -> list[tuple[str, GroupShare, GroupShare]]:
    """Per group the levels in which the constant scores least and most; small ones are left out."""
    by_group: dict[str, list[GroupShare]] = {}
    for one in constant.groups:
        if one.share.of >= smallest:
            by_group.setdefault(one.group, []).append(one)
    return [
        (group, min(levels, key=_scored), max(levels, key=_scored))
        for group, levels in by_group.items()
        if len(levels) > 1
    ]


def _scored(one: GroupShare) -> float:
    return one.share.value


def answer_of(case: Case) -> str:
    """The right option's text; "" where the case has no key."""
    key = case.brief.key
    if key is None or not 0 <= key < len(case.options):
        return ""
    return " ".join(case.options[key].split()).casefold()


def is_pictured(case: Case) -> bool:
    """About a picture, whether or not the picture is there."""
    extra: dict[str, Any] = case.brief.extra
    return bool(case.images) or bool(extra.get("image_missing")) or "image" in extra


def is_yes_no(case: Case) -> bool:
    return tuple(option.strip().lower() for option in case.options) == ("yes", "no")


def stance_of(asked: list[str], answer: str) -> tuple[str, str] | None:
    """What a yes-no question is about, and whether its key says that it is sound."""
    sound, unsound = not SOUND.isdisjoint(asked), not UNSOUND.isdisjoint(asked)
    about = sorted(set(asked) - SOUND - UNSOUND - WHATEVER)
    if sound == unsound or not about or "not" in about or "no" in about:
        return None
    return " ".join(about), "sound" if (answer == "yes") == sound else "not sound"


def _digest(*parts: str) -> int:
    return digest64("\n".join(parts).encode("utf-8", "replace"))


def plain_words(text: str) -> list[str]:
    return re.findall(r"\w+", text.casefold())
