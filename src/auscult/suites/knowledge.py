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

from auscult.core.case import Case, OptionNote
from auscult.core.errors import DataError
from auscult.core.estimate import ENGINEERING
from auscult.core.message import ImagePart, Message, Sampling, TextPart, user
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
from auscult.core.verdict import Verdict
from auscult.kit import mcq
from auscult.kit.options import parse_options
from auscult.kit.pictures import Pictures, Shown
from auscult.kit.suite_cases import named_cases, tokens_at_most

if TYPE_CHECKING:
    from auscult.core.estimate import Estimate, Finding

FULL, BLIND, JUDGE = "baseline", "options-only", "choice"
OUR_PACK = DataSet(loader="pack", path="knowledge")
TOP_LOGPROBS = 20
REPLY_TOKENS = 512
SAMPLING = Sampling(max_tokens=REPLY_TOKENS)
"""Where the plan leaves it open: an answer that runs on is cut, and counted as unreadable."""
PROMPT_OVERHEAD = 96
IMAGE_TOKENS = 1500


class Options(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    repeats: int = 2
    options_only: bool = True
    scoring: Literal["text", "logprobs"] = "text"
    letters: str = mcq.LETTERS

    def __post_init__(self) -> None:
        if self.repeats < 1:
            raise ValueError(f"repeats is {self.repeats}; give 1 or more")
        if len(self.letters) < 2 or len(set(self.letters)) < len(self.letters):
            raise ValueError(
                f"letters is '{self.letters}'; give two or more different characters, "
                'such as "ABCDE"'
            )


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
        self._pictures: Pictures | None = None

    def cases(self, datasets: Sequence[DataSet], loaders: Mapping[str, Loader]) -> Iterable[Case]:
        for data, case in named_cases(datasets or self.default_data, loaders):
            yield self._admitted(case, data)

    def _admitted(self, case: Case, data: str) -> Case:
        where = f"case '{case.id.partition('/')[2]}' of data set '{data}'"
        count, key = len(case.options), case.brief.key
        if count < 2:
            raise DataError(f"{where} has {count} options; a multiple-choice question needs two")
        if key is None or not 0 <= key < count:
            stated = "no key" if key is None else f"the key {key}"
            raise DataError(f"{where} has {stated}; give the index of its right option, from 0")
        if count > len(self.options.letters):
            raise DataError(
                f"{where} has {count} options but there are {len(self.options.letters)} letters; "
                "give more in the suite option 'letters'"
            )
        if not case.text.strip():
            raise DataError(f"{where} has neither a stem nor a question")
        return case

    def stratum(self, case: Case) -> str:
        return case.brief.specialty

    def cost(self, case: Case, abilities: Abilities) -> Sequence[Ask]:
        if self._not_applicable(case, abilities):
            return ()
        choices = tokens_at_most("".join(case.options)) + 4 * len(case.options) + PROMPT_OVERHEAD
        told = sum(tokens_at_most(message.text) + 8 for message in case.messages)
        whole = tokens_at_most(case.text) + told + IMAGE_TOKENS * len(case.images) + choices
        asks = [Ask("target", self.options.repeats, whole, REPLY_TOKENS)]
        if self.options.options_only:
            asks.append(Ask("target", 1, choices, REPLY_TOKENS))
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
        shown = await self._shown(case, bench.abilities)
        if shown.reason:
            for arm, repeat in places:
                bench.arm(arm, repeat).record(not_applicable=shown.reason)
            return
        count = len(case.options)
        permuted = not mcq.order_matters(case.options)
        orders = mcq.balanced_orders(bench.rng("orders"), count, len(places))
        # One after the other: the second asking finds the stem in the endpoint's prefix cache.
        for (arm, repeat), drawn in zip(places, orders, strict=True):
            order = drawn if permuted else tuple(range(count))
            facts = self._facts(case, order)
            messages = self._messages(case, arm, facts["options"], shown.parts)
            asked = bench.arm(arm, repeat)
            reply = await asked.ask(
                messages,
                sampling=SAMPLING,
                top_logprobs=TOP_LOGPROBS if self.options.scoring == "logprobs" else 0,
                hints={**facts, "kind": "mcq", "arm": arm, "case_id": case.id, "repeat": repeat},
            )
            verdict = await asked.judge(JUDGE, Exhibit(case, messages, reply, facts))
            asked.record(
                verdict,
                order=list(order),
                shown=count,
                key_position=facts["key"],
                longest_right=mcq.longest_score(case.options, case.brief.key),
                permuted=permuted,
                signed_off=bool(case.brief.reviewers),
                data=case.id.partition("/")[0],
                **_chosen(verdict, facts["letters"], order, case.brief.option_notes),
            )

    async def _shown(self, case: Case, abilities: Abilities) -> Shown:
        """Its pictures as they may be sent: read, stripped of metadata, within the limits."""
        reason = self._not_applicable(case, abilities)
        if reason or not case.images:
            return Shown(reason=reason)
        if self._pictures is None:
            self._pictures = Pictures()
        return await self._pictures.clean(case)

    def _facts(self, case: Case, order: tuple[int, ...]) -> dict[str, Any]:
        """What the judge may know; `key` is the place of the right option as shown."""
        return {
            "options": [case.options[i] for i in order],
            "letters": self.options.letters[: len(order)],
            "key": -1 if case.brief.key is None else order.index(case.brief.key),
            "scoring": self.options.scoring,
        }

    def _messages(
        self, case: Case, arm: str, shown: Sequence[str], images: tuple[ImagePart, ...]
    ) -> tuple[Message, ...]:
        if arm == BLIND:
            return (user(mcq.options_only(shown, letters=self.options.letters)),)
        prompt = mcq.render(case.text, shown, letters=self.options.letters)
        return (*case.messages, user((*images, TextPart(prompt)) if images else prompt))

    def estimates(self, trials: Trials) -> list[Estimate]:
        from auscult.kit.mcq_estimates import mcq_estimates
        from auscult.kit.mcq_table import COLUMNS, Design

        design = Design(self.name, JUDGE, FULL, BLIND, self.options.letters)
        level = _evidence(trials)
        return [
            msgspec.structs.replace(estimate, evidence_level=level)
            for estimate in mcq_estimates(trials.frame(self.name, COLUMNS), design)
        ]

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


def _evidence(trials: Trials) -> str:
    """Clinician-reviewed only where every case asked has been signed off as it was worded."""
    import polars as pl

    from auscult.stats.table import LabelKind, label_columns, with_labels

    label: dict[str, LabelKind] = {"signed_off": "flag"}
    frame = trials.frame(KnowledgeSuite.name, ("case_no", *label_columns(label)))
    signed = with_labels(frame, label)
    by_case = signed.group_by("case_no").agg(pl.col("signed_off").fill_null(False).all())
    total, done = by_case.height, int(by_case["signed_off"].sum())
    if total and done == total:
        return "clinician-reviewed: every case asked has been signed off"
    return f"{ENGINEERING} ({done} of {total} cases signed off)" if done else ENGINEERING


def _chosen(
    verdict: Verdict, letters: str, order: tuple[int, ...], notes: Sequence[OptionNote]
) -> dict[str, Any]:
    """What was chosen, in the author's order, and what the author said of it."""
    place = verdict.labels.get("chosen")
    if isinstance(place, str):
        place = letters.find(place) if place else -1
    if not isinstance(place, int) or not 0 <= place < len(order):
        return {}
    original = order[place]
    labels: dict[str, Any] = {"position_chosen": place, "chosen_original": original}
    if original < len(notes):
        labels |= {"harm_chosen": notes[original].harm, "status_chosen": notes[original].status}
    return labels
