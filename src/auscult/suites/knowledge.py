"""Multiple-choice medical questions, with the controls that make the number mean something.

What is measured: the share of replies that choose the right option, over all replies to full
questions. Refused, abstained and unreadable replies stay in that denominator, each counted apart;
failed calls are missing and bounded. Options stand in a fresh random order in every repeat, and the
same options are shown once without their question. The accuracy beyond that, paired by case, is
what reading the question adds. Our estimators; none is taken from another benchmark.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal

import msgspec

from auscult.core.case import Case
from auscult.core.message import ImagePart, Message, user
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
from auscult.kit.options import parse_options
from auscult.kit.pictures import Pictures
from auscult.kit.question_suite import (
    REPLY_TOKENS,
    SAMPLING,
    admitted,
    check_letters,
    chosen_labels,
    fault_of,
    hints_of,
    noted_labels,
    options_size,
    order_drawn,
    orders_of,
    question_size,
    shown_clean,
)
from auscult.kit.questions import Form, asked, facts_of
from auscult.kit.suite_cases import named_cases

if TYPE_CHECKING:
    from auscult.core.estimate import Estimate, Finding

FULL, BLIND, JUDGE = "baseline", "options-only", "choice"
FORM: Form = "multiple-choice"
"""Whatever the data set says: all are asked with letters."""
OUR_PACK = DataSet(loader="pack", path="knowledge")
TOP_LOGPROBS = 20


class Options(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    repeats: int = 2
    options_only: bool = True
    scoring: Literal["text", "logprobs"] = "text"
    letters: str = mcq.LETTERS

    def __post_init__(self) -> None:
        if self.repeats < 1:
            raise ValueError(f"repeats is {self.repeats}; give 1 or more")
        check_letters(self.letters)


def build(options: Mapping[str, Any]) -> KnowledgeSuite:
    return KnowledgeSuite(parse_options(options, Options, "suite 'knowledge'"))


class KnowledgeSuite:
    name = "knowledge"
    version = "1"
    measures = (
        "The share of replies that choose the right option of a multiple-choice question, over "
        "all replies to full questions; refused, abstained and unreadable ones are not correct."
    )
    rule = Rule(
        numerator="replies that choose the key",
        denominator=(
            "all replies to full questions, including refused, abstained and unreadable ones; "
            "failed calls are missing and get bounds"
        ),
    )
    judges: tuple[str, ...] = (JUDGE,)
    roles: tuple[RoleNeed, ...] = (RoleNeed("target"),)
    presupposes = ""
    default_data: tuple[DataSet, ...] = (OUR_PACK,)

    def __init__(self, options: Options) -> None:
        self.options = options
        self.arms: tuple[str, ...] = (FULL, BLIND) if options.options_only else (FULL,)
        self.watched = _watched(options)
        self._pictures = Pictures()

    def cases(self, datasets: Sequence[DataSet], loaders: Mapping[str, Loader]) -> Iterable[Case]:
        for _, case in named_cases(datasets or self.default_data, loaders):
            yield admitted(case, fault_of(case, FORM, self.options.letters))

    def stratum(self, case: Case) -> str:
        return case.brief.specialty

    def cost(self, case: Case, abilities: Abilities) -> Sequence[Ask]:
        if self._not_applicable(case, abilities):
            return ()
        asks = [Ask("target", self.options.repeats, question_size(case), REPLY_TOKENS)]
        if self.options.options_only:
            asks.append(Ask("target", 1, options_size(case), REPLY_TOKENS))
        return asks

    def _not_applicable(self, case: Case, abilities: Abilities) -> str:
        if case.images and not abilities.images:
            return "the target takes no images"
        if self.options.scoring == "logprobs" and not abilities.logprobs:
            return "the target returns no logprobs"
        return ""

    async def examine(self, case: Case, bench: Bench) -> None:
        places = [(FULL, repeat) for repeat in range(self.options.repeats)]
        if self.options.options_only:
            places.append((BLIND, 0))
        reason = self._not_applicable(case, bench.abilities)
        shown = await shown_clean(case, self._pictures, reason)
        if shown.reason:
            for arm, repeat in places:
                bench.arm(arm, repeat).record(not_applicable=shown.reason)
            return
        # One after the other: the second asking finds the stem in the endpoint's prefix cache.
        for place, order in zip(places, orders_of(case, FORM, bench, len(places)), strict=True):
            await self._ask(case, bench, place, order, shown.parts)

    async def _ask(
        self,
        case: Case,
        bench: Bench,
        place: tuple[str, int],
        order: tuple[int, ...],
        parts: tuple[ImagePart, ...],
    ) -> None:
        scoring = self.options.scoring
        facts = facts_of(case, FORM, order, letters=self.options.letters) | {"scoring": scoring}
        messages = self._messages(case, place[0], facts["options"], parts)
        arm = bench.arm(*place)
        reply = await arm.ask(
            messages,
            sampling=SAMPLING,
            top_logprobs=TOP_LOGPROBS if scoring == "logprobs" else 0,
            hints=hints_of(case, FORM, facts, *place),
        )
        verdict = await arm.judge(JUDGE, Exhibit(case, messages, reply, facts))
        chosen = chosen_labels(verdict.labels.get("chosen"), facts["letters"], order)
        arm.record(
            verdict,
            order=list(order),
            shown=len(order),
            key_position=facts["key"],
            longest_right=mcq.longest_score(case.options, case.brief.key),
            permuted=order_drawn(case, FORM),
            signed_off=bool(case.brief.reviewers),
            data=case.id.partition("/")[0],
            **chosen,
            **noted_labels(case.brief.option_notes, chosen.get("chosen_original")),
        )

    def _messages(
        self, case: Case, arm: str, shown: Sequence[str], images: tuple[ImagePart, ...]
    ) -> tuple[Message, ...]:
        if arm == BLIND:
            return (user(mcq.options_only(shown, letters=self.options.letters)),)
        return asked(case, FORM, shown, images, letters=self.options.letters)

    def estimates(self, trials: Trials) -> list[Estimate]:
        from auscult.kit.mcq_estimates import mcq_estimates
        from auscult.kit.mcq_table import COLUMNS, Design
        from auscult.kit.question_estimates import with_evidence

        design = Design(self.name, JUDGE, FULL, BLIND, self.options.letters)
        found = mcq_estimates(trials.frame(self.name, COLUMNS), design)
        return with_evidence(found, trials, self.name)

    def findings(self, trials: Trials) -> list[Finding]:
        from auscult.kit.mcq_findings import wrong_every_time

        return wrong_every_time(trials, self.name, JUDGE, FULL, self.options.letters)


def _watched(options: Options) -> tuple[Watched, ...]:
    """What a stopping rule or a gate may read, by the names of the estimates."""
    one = options.repeats == 1
    found = [
        Watched("accuracy", FULL, JUDGE, yes_no=one and options.scoring == "text"),
        Watched("abstention rate", FULL, JUDGE, of="abstained", better="lower", yes_no=one),
        Watched("refusal rate", FULL, JUDGE, of="refused", better="lower", yes_no=one),
        Watched("unreadable rate", FULL, JUDGE, of="invalid", better="lower", yes_no=one),
    ]
    if options.options_only:
        found.append(Watched("excess over options-only", FULL, JUDGE, control_arm=BLIND))
    return tuple(found)
