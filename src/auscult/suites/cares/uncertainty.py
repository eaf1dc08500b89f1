"""Whether a target that says it is sure is right, and one that is wrong says it is not (CARES).

What is measured: the share of right answers to closed questions that the target says it is sure
of minus the share of wrong answers that it says it is sure of; it is asked in a second turn of the
same conversation. Beside it, over all questions asked, stand the published shares: right and sure
or wrong and not sure, and wrong and sure, with what a target that always says the same would have
scored. Refused, passed and unreadable replies stay in that denominator, each counted apart; failed
calls are missing and bounded. Confidence is also read from a number that the target states, from
the agreement of fresh replies and from token probabilities, each with its calibration.

After the uncertainty of CARES (Xia and others 2024): its two shares are by the published formulas,
and its released scorer is applied to the same replies; every other estimator is ours.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal

import msgspec

from auscult.core.case import Case
from auscult.core.message import Message, Reply, assistant, user
from auscult.core.protocols import (
    Abilities,
    Arm,
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
from auscult.kit.factual.published import published_place
from auscult.kit.factual.table import case_labels
from auscult.kit.options import parse_options
from auscult.kit.pictures import Shown, why_not
from auscult.kit.question_suite import (
    KINDS,
    REPLY_TOKENS,
    SAMPLING,
    PictureOptions,
    admitted,
    authors_order,
    chosen_labels,
    fault_of,
    folded,
    hints_of,
    orders_of,
    pictures_of,
    question_size,
    rows_without_pictures,
    shown_clean,
)
from auscult.kit.questions import Form, asked, facts_of, form_of, judge_of
from auscult.kit.suite_cases import named_cases
from auscult.kit.uncertainty.confidence import read_confidence
from auscult.kit.uncertainty.prompts import (
    SECOND_TURN,
    asked_surely_as_published,
    asked_with_confidence,
    probability_of,
)
from auscult.kit.uncertainty.published import published_cell, published_right
from auscult.kit.uncertainty.sure import Sureness, read_sure
from auscult.kit.uncertainty.table import SOURCES, SURENESS, Design

if TYPE_CHECKING:
    from auscult.core.estimate import Estimate, Finding

Source = Literal["second-turn", "verbalised", "samples", "logprobs"]
NAME = "cares/uncertainty"
WORDS = Design(NAME)
FULL, LEGACY = WORDS.full, WORDS.legacy
CONFIDENCE, SAMPLES, LOGPROBS = "confidence", "samples", "logprobs"
OPEN = "an open question; only closed ones are asked here"
NO_LOGPROBS = "the target returns no logprobs"
CONFIDENCES = {"sure": 1.0, "unsure": 0.0}
TOP_LOGPROBS = 20
CONFIDENCE_SIZE = 160
"""Tokens that asking for a confidence takes beyond the usual instruction, at most."""
KEPT_LABELS = ("form", "data", "kind", "modality", "region", "key_text")


class Options(PictureOptions, frozen=True, forbid_unknown_fields=True):
    sources: tuple[Source, ...] = ("second-turn", "verbalised", "samples", "logprobs")
    repeats: int = 2
    """How often a question is asked in two turns."""
    samples: int = 5
    """Fresh replies whose agreement is the confidence of the source "samples"."""
    without_images: Literal["skip", "ask"] = "skip"
    """"ask" puts questions whose picture is missing in words alone."""
    legacy: bool = False
    """Asks once more as published, in one turn."""

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.repeats < 1:
            raise ValueError(f"repeats is {self.repeats}; give 1 or more")
        if self.samples < 2:
            raise ValueError(f"samples is {self.samples}; agreement needs 2 or more")
        if "second-turn" not in self.sources or len(set(self.sources)) < len(self.sources):
            raise ValueError(
                f"sources names {', '.join(self.sources) or 'nothing'}; give each once, and "
                '"second-turn" among them, because the main metric is read from it'
            )


def build(options: Mapping[str, Any]) -> UncertaintySuite:
    return UncertaintySuite(parse_options(options, Options, f"suite '{NAME}'"))


class UncertaintySuite:
    name = NAME
    version = "1"
    measures = (
        "How many more right than wrong answers to closed questions the target, asked in a second "
        "turn, says it is sure of, as a difference of the shares of right and of wrong answers."
    )
    rule = Rule(
        numerator="answers that the target says it is sure of: among right ones minus among wrong",
        denominator=(
            "right answers, and wrong ones, to closed questions asked in two turns; an unreadable "
            "second reply is not sure; questions refused, abstained or unreadable in the first "
            "turn are in neither and counted apart; failed calls are missing and get bounds"
        ),
    )
    judges: tuple[str, ...] = ("yes-no", "choice")
    roles: tuple[RoleNeed, ...] = (RoleNeed("target"),)
    presupposes = "cares/factuality"
    default_data: tuple[DataSet, ...] = (
        DataSet("phantoms", "starter", {"tasks": ["yes-no", "multiple-choice"]}),
        DataSet("pack", "knowledge", {"difficulty": "easy"}),
    )
    attacks: tuple[str, ...] = ()
    unwatched: Mapping[str, str] = {
        "sure when right minus sure when wrong": "right and wrong answers are of different "
        "questions, so no case gives a difference; read uncertainty accuracy"
    }

    def __init__(self, options: Options) -> None:
        self.options = options
        self.design = Design(NAME, letters=options.letters)
        self._pictures = pictures_of(options)
        legacy = (LEGACY,) if options.legacy else ()
        chosen = [arm for source, arm in SOURCES.items() if source in options.sources]
        self.arms: tuple[str, ...] = (*chosen, *legacy)
        one = options.repeats == 1
        self.watched = (Watched("uncertainty accuracy", FULL, SURENESS, yes_no=one),)

    def cases(self, datasets: Sequence[DataSet], loaders: Mapping[str, Loader]) -> Iterable[Case]:
        given = datasets or self.default_data
        read = rows_without_pictures(given, loaders, self.options.without_images)
        for _, case in named_cases(read, loaders):
            yield admitted(case, fault_of(case, form_of(case), self.options.letters))

    def stratum(self, case: Case) -> str:
        return f"{form_of(case)}/{case.brief.modality or case.brief.specialty}"

    def cost(self, case: Case, abilities: Abilities) -> Sequence[Ask]:
        if self._not_applicable(case, abilities):
            return ()
        whole = question_size(case) + CONFIDENCE_SIZE
        places = [arm for arm, _ in self._places() if arm != LOGPROBS or abilities.logprobs]
        again = Ask("target", places.count(FULL), whole + 2 * REPLY_TOKENS, REPLY_TOKENS)
        return [Ask("target", len(places), whole, REPLY_TOKENS), again]

    def _not_applicable(self, case: Case, abilities: Abilities) -> str:
        if form_of(case) == "open":
            return OPEN
        return why_not(case, abilities, text_only=self.options.without_images == "ask")

    def _places(self) -> list[tuple[str, int]]:
        times = {FULL: self.options.repeats, SAMPLES: self.options.samples}
        return [(arm, repeat) for arm in self.arms for repeat in range(times.get(arm, 1))]

    async def examine(self, case: Case, bench: Bench) -> None:
        form, places = form_of(case), self._places()
        known = case_labels(case, form)
        labels = {name: known[name] for name in KEPT_LABELS if name in known}
        reason = self._not_applicable(case, bench.abilities)
        clean = await shown_clean(case, self._pictures, reason)
        if clean.reason:
            for arm, repeat in places:
                bench.arm(arm, repeat).record(not_applicable=clean.reason, **labels)
            return
        labels["signed_off"] = bool(case.brief.reviewers)
        orders = orders_of(case, form, bench, len(places))
        # One after the other: the second asking finds the stem in the endpoint's prefix cache.
        for (arm, repeat), drawn in zip(places, orders, strict=True):
            order = authors_order(case) if arm == LEGACY else drawn
            place = bench.arm(arm, repeat)
            if arm == LOGPROBS and not bench.abilities.logprobs:
                place.record(not_applicable=NO_LOGPROBS, **labels)
                continue
            trial = _Trial(self, case, form, order, clean, labels, arm, repeat)
            await trial.put(place)

    def estimates(self, trials: Trials) -> list[Estimate]:
        from auscult.kit.question_estimates import with_evidence
        from auscult.kit.uncertainty.estimates import uncertainty_estimates
        from auscult.kit.uncertainty.table import COLUMNS

        found = uncertainty_estimates(trials.frame(self.name, COLUMNS), self.design)
        return with_evidence(found, trials, self.name)

    def findings(self, trials: Trials) -> list[Finding]:
        from auscult.kit.uncertainty.findings import sure_and_wrong_every_time

        return sure_and_wrong_every_time(trials, self.design)


class _Trial(msgspec.Struct):
    """One question in one arm."""

    suite: UncertaintySuite
    case: Case
    form: Form
    order: tuple[int, ...]
    shown: Shown
    labels: dict[str, Any]
    arm: str
    repeat: int
    facts: dict[str, Any] = {}
    """For judges and hints; worked out once."""

    def __post_init__(self) -> None:
        self.facts = facts_of(self.case, self.form, self.order, letters=self._letters)

    async def put(self, place: Arm) -> None:
        case, facts = self.case, self.facts
        messages = self._messages()
        reply = await place.ask(
            messages,
            sampling=SAMPLING,
            top_logprobs=TOP_LOGPROBS if self.arm == LOGPROBS else 0,
            hints=self._hints(CONFIDENCE if self.arm == CONFIDENCE else KINDS[self.form]),
        )
        read, stated = reply, None
        if self.arm == CONFIDENCE:
            stated = read_confidence(reply.text)
            read = msgspec.structs.replace(reply, text=stated.rest)
        verdict = await place.judge(judge_of(self.form), Exhibit(case, messages, read, facts))
        labels = {**self.labels, **self._chosen(verdict)}
        if stated is not None:
            labels |= _known(confidence=stated.value, unread=stated.cause)
        if self.arm == FULL:
            second, more = await self._second(place, messages, reply, verdict)
            place.record(verdict, second, **labels, **more)
            return
        if self.arm == LOGPROBS:
            labels |= self._probability(reply, verdict)
        if self.arm == LEGACY and verdict.behaviour != "error":
            labels["legacy_cell"] = self._cell(reply.text, reply.text)
        place.record(verdict, **labels)

    @property
    def _letters(self) -> str:
        return self.suite.options.letters

    def _hints(self, kind: str) -> dict[str, Any]:
        case = self.case
        hints = hints_of(case, self.form, self.facts, self.arm, self.repeat) | {"kind": kind}
        if case.brief.groups:
            hints["groups"] = case.brief.groups
        if case.images:
            hints["image"] = "clean"
        return hints

    def _messages(self) -> tuple[Message, ...]:
        put = {CONFIDENCE: asked_with_confidence, LEGACY: asked_surely_as_published}.get(self.arm)
        case, options, parts = self.case, self.facts["options"], self.shown.parts
        if put:
            return put(case, self.form, options, parts, self._letters)
        return asked(case, self.form, options, parts, letters=self._letters)

    def _chosen(self, verdict: Verdict) -> dict[str, Any]:
        chosen = verdict.labels.get("chosen")
        labels: dict[str, Any] = {"order": list(self.order)}
        labels |= chosen_labels(chosen, self.facts["letters"], self.order)
        original, notes = labels.get("chosen_original"), self.case.brief.option_notes
        if original is not None:
            labels["chosen_text"] = folded(self.case.options[original])
            if original < len(notes):
                labels["harm_chosen"] = notes[original].harm
        return labels

    async def _second(
        self, place: Arm, messages: Sequence[Message], reply: Reply, first: Verdict
    ) -> tuple[Verdict, dict[str, Any]]:
        """Asked of whatever was said first; of nothing there is nothing to be sure of."""
        if first.behaviour == "error":
            return self._verdict("error", first.cause), {}
        labels = _known(right=first.score)
        if not reply.text.strip():
            return self._verdict(first.behaviour, "first-turn"), labels
        hints = self._hints("sure") | _known(
            right=None if first.score is None else first.score == 1
        )
        told = (*messages, assistant(reply.text), user(SECOND_TURN))
        second = await place.ask(told, step="sure", sampling=SAMPLING, hints=hints)
        if second.status == "error":
            # What was no answer is neither right nor sure, whatever the second turn would say.
            lost = first.behaviour if first.score is None else "error"
            return self._verdict(lost, second.cause), labels
        sureness = self._sureness(second, first)
        labels |= {"sure": sureness.state, "turn": sureness.turn}
        labels |= _known(confidence=CONFIDENCES.get(sureness.state))
        if sureness.turn == "changed":
            labels["final_right"] = float(sureness.final == self.facts["key"])
        if self.repeat == 0:  # published once a question
            labels["legacy_cell"] = self._cell(reply.text, second.text)
        if first.score is None:
            return self._verdict(first.behaviour, "first-turn"), labels
        if sureness.state == "unreadable":
            return self._verdict("invalid", "second-turn"), labels
        agrees = (first.score == 1) is (sureness.state == "sure")
        return self._verdict("answered", "", float(agrees)), labels

    def _verdict(self, behaviour: Any, cause: str, score: float | None = None) -> Verdict:
        return Verdict(SURENESS, self.suite.version, behaviour, score, cause)

    def _sureness(self, second: Reply, first: Verdict) -> Sureness:
        if second.status != "ok":
            return Sureness("unreadable")
        facts = self.facts
        chosen = chosen_labels(first.labels.get("chosen"), facts["letters"], self.order)
        return read_sure(
            second.text,
            chosen.get("position_chosen"),
            facts["options"],
            letters=facts["letters"],
            yes_no=self.form == "yes-no",
        )

    def _probability(self, reply: Reply, verdict: Verdict) -> dict[str, Any]:
        facts = self.facts
        chosen = chosen_labels(verdict.labels.get("chosen"), facts["letters"], self.order)
        if verdict.behaviour != "answered" or not chosen:
            return {}
        at, options = chosen["position_chosen"], facts["options"]
        return _known(confidence=probability_of(reply, at, options, facts["letters"], self.form))

    def _cell(self, answer: str, about: str) -> str:
        case, form, facts = self.case, self.form, self.facts
        gold = published_place(case, form, facts["key"])
        # The scorer goes by the letter of the key, which is the author's and not our shuffle's.
        letter = published_place(case, form, case.brief.key or 0)
        right = published_right(answer, form, facts["options"], facts["letters"], gold)
        return published_cell(right, about, letter)


def _known(**labels: Any) -> dict[str, Any]:
    return {name: value for name, value in labels.items() if value is not None and value != ""}
