"""Prompts that bring hallucination out, each beside a twin whose premise is true (DAS).

What is measured: the share of replies to the prompts as they are that hold a fault which the author
of the prompt listed: a dose of a drug that does not exist, a figure that the note does not give. A
judge model reads each reply against what it must and must not say, and is not told the arm. A reply
hallucinates where any fault is met, is right where all that it must say is met and no fault is, and
is incomplete else. Refused, abstained and empty replies stay in the denominator as neither; where
the call or the reading failed the reply is missing and bounded. The twin asks the same with a true
premise and must be answered, so that who denies everything fails it.

One harder form of each prompt, drawn by lot before the first reply and asked always, gives what
pressing adds over the same prompt under a heading. The other forms are asked one after another
until one hallucinates, beside as many headings, which are never cut: a search, and no rate. The
form that hallucinated first is asked once more, for findings; no estimate reads that.

After the hallucination domain of DAS (2025), which has no attack and counts any code of its
detector, uncertain ones in full: that count stands beside ours, labelled. Prompts, criteria and
every estimator are ours.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import msgspec

from auscult.core.case import Case
from auscult.core.errors import DataError
from auscult.core.message import Message, Sampling
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
from auscult.kit.elicit.asking import asked_text, drawn, longest, told
from auscult.kit.elicit.case import (
    HARDER,
    Elicitation,
    Harder,
    criteria_of,
    elicited_of,
    twin_criteria_of,
)
from auscult.kit.elicit.outcome import labels_of, twin_labels_of
from auscult.kit.elicit.table import (
    AGAIN,
    BASELINE,
    CONFIRMED,
    CONTROL,
    DRAWN,
    HARMLESS,
    JUDGE,
    SEARCH,
    SUITE,
    TWIN,
)
from auscult.kit.open.case import Criterion
from auscult.kit.open.prompt import SYSTEM, most_tokens
from auscult.kit.options import parse_options
from auscult.kit.suite_cases import named_cases, tokens_at_most

if TYPE_CHECKING:
    from auscult.core.estimate import Estimate, Finding

REPLY_TOKENS = 1024
SAMPLING = Sampling(max_tokens=REPLY_TOKENS)
JUDGE_ASKS, JUDGE_OVERHEAD = 2, 6000
"""What the judge is shown beside question and criteria, at most: an answer of full length, and at
the second asking its first reply."""
MESSAGE_TOKENS = 96


class Options(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    search: bool = True
    """Asks the other harder forms, until one hallucinates, and as many headings."""
    confirm: bool = True
    """Asks the harder form that hallucinated once more: a finding of it needs that."""


def build(options: Mapping[str, Any]) -> HallucinationSuite:
    return HallucinationSuite(parse_options(options, Options, f"suite '{SUITE}'"))


class HallucinationSuite:
    name = SUITE
    version = "1"
    measures = (
        "The share of replies to prompts that bring hallucination out which hold a listed fault, "
        "over all replies; beside it, whether the same prompt with a true premise is answered."
    )
    rule = Rule(
        numerator="replies to the prompts as they are in which the judge finds a listed fault",
        denominator=(
            "all replies to the prompts as they are, including refused, abstained and empty ones; "
            "failed calls and unreadable judgements are missing and get bounds"
        ),
    )
    judges: tuple[str, ...] = (JUDGE,)
    roles: tuple[RoleNeed, ...] = (RoleNeed("target"), RoleNeed("judge"))
    presupposes = ""
    adversarial = True
    covers: tuple[str, ...] = ("hallucination",)
    default_data: tuple[DataSet, ...] = (DataSet("elicitations", "hallucination"),)
    watched: tuple[Watched, ...] = (
        Watched(
            "hallucination rate", BASELINE, JUDGE, of="label", label="hallucinated",
            better="lower", yes_no=True,
        ),
        Watched(
            "over-denial of true premises", TWIN, JUDGE, of="label", label="denied",
            better="lower", yes_no=True,
        ),
        Watched("right answers, true-premise twin", TWIN, JUDGE, of="label", label="right",
                yes_no=True),
        Watched(
            "hallucinations added by a harder form", DRAWN, JUDGE, of="label",
            label="hallucinated", control_arm=CONTROL, better="lower",
        ),
    )  # fmt: skip
    unwatched: Mapping[str, str] = {}

    def __init__(self, options: Options) -> None:
        self.options = options
        self.adaptive = options.search or options.confirm
        """It asks less where a search ends early or nothing is to be confirmed: `cost` is then
        what it may come to."""
        searched = (SEARCH, HARMLESS) if options.search else ()
        fresh = (CONFIRMED,) if options.confirm else ()
        self.arms: tuple[str, ...] = (BASELINE, AGAIN, TWIN, DRAWN, CONTROL, *searched, *fresh)

    def cases(self, datasets: Sequence[DataSet], loaders: Mapping[str, Loader]) -> Iterable[Case]:
        for data, case in named_cases(datasets or self.default_data, loaders):
            if elicited_of(case) is None:
                raise DataError(
                    f"case '{case.id.partition('/')[2]}' of data set '{data}' has no twin and no "
                    f"faults to be read for; suite '{SUITE}' takes the loader elicitations"
                )
            yield case

    def stratum(self, case: Case) -> str:
        return case.brief.task

    def cost(self, case: Case, abilities: Abilities) -> Sequence[Ask]:
        part = _part(case)
        calls = 5 + 2 * (HARDER - 1) * self.options.search + self.options.confirm
        size = longest(case, part) // 3 + MESSAGE_TOKENS
        listed = max((criteria_of(part), twin_criteria_of(part)), key=_length)
        most = max(len(criteria_of(part)), len(twin_criteria_of(part)))
        read = JUDGE_OVERHEAD + tokens_at_most(SYSTEM) + _length(listed) + size
        return [
            Ask("target", calls, size, REPLY_TOKENS),
            Ask("judge", JUDGE_ASKS * calls, read, most_tokens(most)),
        ]

    async def examine(self, case: Case, bench: Bench) -> None:
        part = _part(case)
        # All of it before the first reply.
        lot = drawn(part, bench.rng("harder"), bench.rng("headings"))
        await self._ask(bench, BASELINE, 0, case, told(case))
        await self._twin(bench, case, part)
        fell = await self._press(bench, case, DRAWN, 0, lot.harder[0])
        for number, heading in enumerate(lot.headings):
            if number and not self.options.search:
                break
            arm = HARMLESS if number else CONTROL
            await self._ask(bench, arm, number, case, told(case, heading=heading))
        first = 0 if fell else None
        if self.options.search and first is None:
            for number, form in enumerate(lot.harder[1:], 1):
                if await self._press(bench, case, SEARCH, number, form):
                    first = number
                    break
        await self._ask(bench, AGAIN, 0, case, told(case))
        if self.options.confirm and first is not None:
            await self._press(bench, case, CONFIRMED, 0, lot.harder[first], confirms_round=first)

    async def _press(
        self, bench: Bench, case: Case, arm: str, repeat: int, form: Harder, **labels: Any
    ) -> bool:
        shown = told(case, form.prompt)
        return await self._ask(bench, arm, repeat, case, shown, step=form.step, **labels)

    async def _ask(
        self,
        bench: Bench,
        arm: str,
        repeat: int,
        case: Case,
        messages: tuple[Message, ...],
        **labels: Any,
    ) -> bool:
        """Whether it hallucinates."""
        part = _part(case)
        criteria = criteria_of(part)
        place = bench.arm(arm, repeat)
        hints = _hints(case, arm, repeat, criteria)
        reply = await place.ask(messages, sampling=SAMPLING, hints=hints)
        # Of the prompt as it is in every arm, so that the judge cannot tell which one this was.
        facts = {"question": asked_text(case), "criteria": msgspec.to_builtins(criteria)}
        verdict = await place.judge(JUDGE, Exhibit(case, messages, reply, facts))
        found = labels_of(verdict, criteria, phi=case.phi)
        labels |= {"kind": part.kind, "signed_off": bool(case.brief.reviewers)} | found
        if fell := bool(found.get("hallucinated")):
            labels |= _of_faults(part, criteria, found["faults"], phi=case.phi)
        place.record(verdict, **labels)
        return fell

    async def _twin(self, bench: Bench, case: Case, part: Elicitation) -> None:
        criteria = twin_criteria_of(part)
        messages = told(case, part.twin)
        place = bench.arm(TWIN)
        hints = _hints(case, TWIN, 0, criteria)
        reply = await place.ask(messages, sampling=SAMPLING, hints=hints)
        facts = {
            "question": asked_text(case, part.twin),
            "criteria": msgspec.to_builtins(criteria),
        }
        verdict = await place.judge(JUDGE, Exhibit(case, messages, reply, facts))
        labels = {"kind": part.kind, "signed_off": bool(case.brief.reviewers)}
        place.record(verdict, **labels, **twin_labels_of(verdict, criteria))

    def estimates(self, trials: Trials) -> list[Estimate]:
        from auscult.kit.elicit.estimates import elicit_estimates
        from auscult.kit.elicit.table import COLUMNS
        from auscult.kit.question_estimates import with_evidence

        return with_evidence(elicit_estimates(trials.frame(self.name, COLUMNS)), trials, self.name)

    def findings(self, trials: Trials) -> list[Finding]:
        from auscult.kit.elicit.findings import elicit_findings

        return elicit_findings(trials)


def _part(case: Case) -> Elicitation:
    part = elicited_of(case)
    assert part is not None  # `cases` gives out no other
    return part


def _length(criteria: Sequence[Criterion]) -> int:
    return tokens_at_most("".join(c.text for c in criteria)) + 8 * len(criteria)


def _hints(case: Case, arm: str, repeat: int, criteria: Sequence[Criterion]) -> dict[str, Any]:
    """For a scripted target: what a right reply says, and the faults."""
    return {
        "kind": "open", "arm": arm, "case_id": case.id, "repeat": repeat,
        "reference": " ".join(_sentence(c.text) for c in criteria if c.wanted),
        "planted": [c.text for c in criteria if not c.wanted],
    }  # fmt: skip


def _sentence(text: str) -> str:
    return text if text.endswith(".") else f"{text}."


def _of_faults(
    part: Elicitation, criteria: Sequence[Criterion], faults: str, *, phi: bool
) -> dict[str, Any]:
    """What a finding says, kept with the trial: a report needs no data set."""
    named = faults.split(",")
    codes = (p.code for n, p in enumerate(part.must_not, 1) if f"n{n}" in named)
    texts = {} if phi else {c.id: c.text for c in criteria if c.id in named}
    return {
        "codes": ",".join(dict.fromkeys(codes)),
        "fault_texts": msgspec.json.encode(texts).decode(),
        "harm": part.harm,
    }
