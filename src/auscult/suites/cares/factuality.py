"""Factual questions with or without a picture, beside every rule that never looks (CARES).

What is measured: the share of right answers over all replies to closed questions, yes-no and
multiple-choice. Refused, abstained and unreadable replies stay in that denominator, each counted
apart; failed calls are missing and bounded. Options stand in a fresh random order in every repeat.
The same questions are asked without their picture, with a grey one and with another case's: what
the right picture adds is paired by case. Constant answers and lookups are computed on the same
questions. Open answers are scored by a rubric judge and shown apart.

After the factuality of CARES (Xia and others 2024), whose scorer is applied to the same replies for
comparison; every estimator is ours.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal

import msgspec

from auscult.core.case import Case
from auscult.core.message import Message, Reply, user
from auscult.core.protocols import (
    Abilities,
    Ask,
    Bench,
    DataSet,
    Exhibit,
    Loader,
    RoleNeed,
    Rule,
    Trials,
    Watched,
)
from auscult.kit import mcq
from auscult.kit.donors import DONOR
from auscult.kit.factual.published import asked_as_published, published_place, published_score
from auscult.kit.factual.table import Design, case_labels
from auscult.kit.options import parse_options
from auscult.kit.pictures import NONE, Shown, why_not
from auscult.kit.question_suite import (
    REPLY_TOKENS,
    SAMPLING,
    PictureOptions,
    admitted,
    authors_order,
    cases_with_donors,
    chosen_labels,
    fault_of,
    hints_of,
    noted_labels,
    order_drawn,
    orders_of,
    pictures_of,
    question_size,
    rows_without_pictures,
    shown_clean,
)
from auscult.kit.questions import Form, asked, facts_of, form_of, judge_of
from auscult.kit.rubric.prompt import MAX_TOKENS as JUDGE_TOKENS
from auscult.kit.suite_cases import tokens_at_most

if TYPE_CHECKING:
    from auscult.core.estimate import Estimate, Finding

Control = Literal["no-image", "grey-image", "shuffled-image"]
NAME = "cares/factuality"
WORDS = Design(NAME)
FULL, BLIND, LEGACY = WORDS.full, WORDS.options_only, WORDS.legacy
SEEN = {"no-image": "none", "grey-image": "grey", "shuffled-image": "shuffled"}
NO_JUDGE = "no judge model is bound: add [roles.judge]"
JUDGE_OVERHEAD, JUDGE_ASKS = 4000, 2
"""The judge's orders, an answer of full length, and what a second asking repeats."""


class Options(PictureOptions, frozen=True, forbid_unknown_fields=True):
    repeats: int = 2
    options_only: bool = True
    controls: tuple[Control, ...] = ("no-image", "grey-image", "shuffled-image")
    """Asked once each of a question that has a picture."""
    without_images: Literal["skip", "ask"] = "skip"
    """"ask" puts questions whose picture is missing in words alone."""
    legacy: bool = False
    """Asks once more as published."""

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.repeats < 1:
            raise ValueError(f"repeats is {self.repeats}; give 1 or more")
        if len(set(self.controls)) < len(self.controls):
            raise ValueError(f"controls names {', '.join(self.controls)}; give each once")


def build(options: Mapping[str, Any]) -> FactualitySuite:
    return FactualitySuite(parse_options(options, Options, f"suite '{NAME}'"))


class FactualitySuite:
    name = NAME
    version = "1"
    measures = (
        "The share of right answers to yes-no and multiple-choice questions, over all replies to "
        "questions asked as they are; refused, abstained and unreadable ones are not correct."
    )
    rule = Rule(
        numerator="replies that say what the key says",
        denominator=(
            "all replies to closed questions asked as they are, including refused, abstained and "
            "unreadable ones; failed calls are missing and get bounds"
        ),
    )
    judges: tuple[str, ...] = ("yes-no", "choice", "open-answer")
    roles: tuple[RoleNeed, ...] = (RoleNeed("target"), RoleNeed("judge", required=False))
    presupposes = ""
    default_data: tuple[DataSet, ...] = (
        DataSet("phantoms", "starter"),
        DataSet("pack", "knowledge", {"difficulty": "easy"}),
    )
    attacks: tuple[str, ...] = ()

    def __init__(self, options: Options) -> None:
        self.options = options
        self.design = Design(NAME, letters=options.letters)
        self._pictures = pictures_of(options)
        also = (BLIND,) if options.options_only else ()
        legacy = (LEGACY,) if options.legacy else ()
        self.arms: tuple[str, ...] = (FULL, *also, *options.controls, *legacy)
        self.watched = _watched(options)

    def cases(self, datasets: Sequence[DataSet], loaders: Mapping[str, Loader]) -> Iterable[Case]:
        given = datasets or self.default_data
        read = rows_without_pictures(given, loaders, self.options.without_images)
        for case in cases_with_donors(read, loaders):
            yield admitted(case, self._fault(case))

    def _fault(self, case: Case) -> str:
        form = form_of(case)
        if fault := fault_of(case, form, self.options.letters):
            return fault
        without = form == "open" and not case.brief.reference
        return "is open and has no reference answer" if without else ""

    def stratum(self, case: Case) -> str:
        return f"{form_of(case)}/{case.brief.modality or case.brief.specialty}"

    def cost(self, case: Case, abilities: Abilities) -> Sequence[Ask]:
        if self._not_applicable(case, abilities):
            return ()
        form = form_of(case)
        words, whole = question_size(case, pictures=False), question_size(case)
        places = [arm for arm, _ in self._places(case, form) if self._can_ask(case, arm)]
        out = [
            Ask("target", places.count(arm), size, REPLY_TOKENS)
            for arm in dict.fromkeys(places)
            for size in [words if arm in (BLIND, "no-image") else whole]
        ]
        if form == "open":
            known = tokens_at_most("".join((case.brief.reference, *case.brief.rubric)))
            read = JUDGE_OVERHEAD + words + known
            out.append(Ask("judge", JUDGE_ASKS * len(places), read, JUDGE_TOKENS))
        return out

    def _can_ask(self, case: Case, arm: str) -> bool:
        return arm != "shuffled-image" or bool(case.brief.extra.get(DONOR))

    def _not_applicable(self, case: Case, abilities: Abilities) -> str:
        return why_not(case, abilities, text_only=self.options.without_images == "ask")

    def _places(self, case: Case, form: Form) -> list[tuple[str, int]]:
        places = [(FULL, repeat) for repeat in range(self.options.repeats)]
        if form == "open":
            return places
        if form == "multiple-choice" and self.options.options_only:
            places.append((BLIND, 0))
        if case.images:
            places += [(control, 0) for control in self.options.controls]
        return places + [(LEGACY, 0)] * self.options.legacy

    async def examine(self, case: Case, bench: Bench) -> None:
        form = form_of(case)
        places = self._places(case, form)
        labels = case_labels(case, form)
        reason = self._not_applicable(case, bench.abilities)
        if form == "open" and "judge" not in bench.roles:
            reason = reason or NO_JUDGE
        clean = await shown_clean(case, self._pictures, reason)
        if clean.reason:
            for arm, repeat in places:
                bench.arm(arm, repeat).record(not_applicable=clean.reason, **labels)
            return
        labels |= {"pictured": bool(case.images), "signed_off": bool(case.brief.reviewers)}
        # One after the other: the second asking finds the stem in the endpoint's prefix cache.
        orders = orders_of(case, form, bench, len(places))
        for (arm, repeat), drawn in zip(places, orders, strict=True):
            order = authors_order(case) if arm == LEGACY else drawn
            shown = clean if arm in (FULL, LEGACY) else await self._control(case, arm)
            if shown.reason:
                bench.arm(arm, repeat).record(not_applicable=shown.reason, **labels)
                continue
            await _Trial(self, case, form, order, shown, labels).put(bench, arm, repeat)

    async def _control(self, case: Case, arm: str) -> Shown:
        if arm == "grey-image":
            return await self._pictures.grey(case)
        return await self._pictures.shuffled(case) if arm == "shuffled-image" else NONE

    def estimates(self, trials: Trials) -> list[Estimate]:
        from auscult.kit.factual.estimates import factual_estimates
        from auscult.kit.factual.table import COLUMNS
        from auscult.kit.question_estimates import with_evidence

        found = factual_estimates(trials.frame(self.name, COLUMNS), self.design)
        return with_evidence(found, trials, self.name)

    def findings(self, trials: Trials) -> list[Finding]:
        from auscult.kit.factual.findings import factual_findings

        return factual_findings(trials, self.design)


class _Trial(msgspec.Struct):
    """One question in one arm."""

    suite: FactualitySuite
    case: Case
    form: Form
    order: tuple[int, ...]
    shown: Shown
    labels: dict[str, Any]

    async def put(self, bench: Bench, arm: str, repeat: int) -> None:
        case, form, letters = self.case, self.form, self.suite.options.letters
        facts = facts_of(case, form, self.order, letters=letters)
        hints = hints_of(case, form, facts, arm, repeat)
        if case.brief.groups:
            hints["groups"] = case.brief.groups
        if case.images:
            hints["image"] = SEEN.get(arm, "none" if arm == BLIND else "clean")
        messages = self._messages(arm, facts)
        place = bench.arm(arm, repeat)
        reply = await place.ask(messages, sampling=SAMPLING, hints=hints)
        verdict = await place.judge(judge_of(form), Exhibit(case, messages, reply, facts))
        labels = dict(self.labels)
        if form == "open":
            labels["length"] = len(reply.text)
        else:
            labels |= self._read(arm, repeat, facts, reply)
            chosen = chosen_labels(verdict.labels.get("chosen"), facts["letters"], self.order)
            labels |= chosen
            labels |= noted_labels(case.brief.option_notes, chosen.get("chosen_original"))
        place.record(verdict, **labels)

    def _messages(self, arm: str, facts: Mapping[str, Any]) -> tuple[Message, ...]:
        case, letters = self.case, self.suite.options.letters
        if arm == BLIND:
            return (user(mcq.options_only(facts["options"], letters=letters)),)
        if arm == LEGACY:
            return asked_as_published(case, self.form, facts["options"], self.shown.parts, letters)
        options = facts.get("options", ())
        return asked(case, self.form, options, self.shown.parts, letters=letters)

    def _read(
        self, arm: str, repeat: int, facts: Mapping[str, Any], reply: Reply
    ) -> dict[str, Any]:
        labels: dict[str, Any] = {
            "order": list(self.order),
            "shown": len(self.order),
            "key_position": facts["key"],
            "permuted": arm != LEGACY and order_drawn(self.case, self.form),
        }
        # Published once a question, so of the first reply; likening texts is slow.
        if arm in (FULL, LEGACY) and repeat == 0 and reply.status != "error":
            gold = published_place(self.case, self.form, facts["key"])
            options, letters = facts["options"], facts["letters"]
            labels["legacy_right"] = published_score(reply.text, self.form, options, letters, gold)
        return labels


def _watched(options: Options) -> tuple[Watched, ...]:
    """What a stopping rule or a gate may read."""
    one = options.repeats == 1
    both = (judge_of("yes-no"), judge_of("multiple-choice"))
    judge = " and ".join(both)
    found = [Watched("accuracy", FULL, judge, yes_no=one, judges=both)]
    found += [
        Watched(f"excess over {arm}", FULL, judge, control_arm=arm, judges=both)
        for arm in ((BLIND,) if options.options_only else ()) + options.controls
    ]
    found += [
        Watched(f"{form} accuracy", FULL, judge_of(form), yes_no=one)
        for form in ("yes-no", "multiple-choice")
    ]
    if "shuffled-image" in options.controls:
        found += [
            Watched(f"{form} excess over shuffled-image", FULL, judge_of(form),
                    control_arm="shuffled-image")
            for form in ("yes-no", "multiple-choice")
        ]  # fmt: skip
    found.append(Watched("open-answer score", FULL, judge_of("open")))
    return tuple(found)
