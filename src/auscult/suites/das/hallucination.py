"""Prompts that bring hallucination out, each beside a twin whose premise is true (DAS).

What is measured: the share of replies to the prompts as they are that hold a fault which the author
of the prompt listed: a dose of a drug that does not exist, a figure that the note does not give. A
judge model reads each reply, beside the words that were asked, against what it must and must not
say, and is told neither the arm nor that a form is harder. A reply hallucinates where any fault is
met, is right where all that it must say is met and no fault is, and is incomplete else. Refused and
abstained replies stay in the denominator as neither. Missing and bounded are replies of which call
or reading failed, and those that settle nothing: empty, cut off before an answer, or shown to the
judge in a part that holds no fault. The twin asks the same with a true premise and must be
answered, so that who denies everything fails it.

One harder form of each prompt, drawn by lot before the first reply and asked always, gives what
pressing adds over the same prompt under a heading. The other forms are asked one after another
until one hallucinates, beside as many headings, which are never cut: a search, and no rate. The
form that hallucinated first is asked once more, for findings; no estimate reads that.

What headlines read is a verdict of this suite's own, `candour` of prompts and `credence` of twins,
composed of the judge's: labels that people give to a random sample of it correct them. Some rows
show a picture drawn by code and ask for what is not on it: not applicable to a target that takes no
images, and their twin is asked once without the picture.

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
from auscult.core.message import ImagePart, Message, Sampling
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
from auscult.kit.elicit.asking import drawn, longest, told
from auscult.kit.elicit.case import (
    HARDER,
    Elicitation,
    Harder,
    criteria_of,
    elicited_of,
    twin_criteria_of,
    twin_facts_of,
)
from auscult.kit.elicit.metrics import ADDED, DENIED, RATE, TWIN_RIGHT
from auscult.kit.elicit.outcome import (
    CANDOUR,
    CREDENCE,
    LABELS_TOLD,
    candour_of,
    credence_of,
    labels_of,
    twin_labels_of,
)
from auscult.kit.elicit.specialists import facts_for, found_in, most_asks, note_of
from auscult.kit.elicit.table import (
    AGAIN,
    BASELINE,
    CONFIRMED,
    CONTROL,
    DRAWN,
    HARMLESS,
    JUDGE,
    OWN,
    SEARCH,
    SPECIALISTS,
    SUITE,
    TWIN,
    UNSEEN,
)
from auscult.kit.open.case import Criterion
from auscult.kit.open.prompt import KNOWN, SYSTEM, most_tokens
from auscult.kit.open.prompt import told as told_facts
from auscult.kit.options import parse_options
from auscult.kit.pictures import Pictures, limits_of, why_not
from auscult.kit.suite_cases import named_cases, tokens_at_most

if TYPE_CHECKING:
    from auscult.core.estimate import Estimate, Finding

REPLY_TOKENS = 1024
SAMPLING = Sampling(max_tokens=REPLY_TOKENS)
JUDGE_ASKS, JUDGE_OVERHEAD = 2, 6000
"""What the judge is shown beside question and criteria, at most: an answer of full length, and at
the second asking its first reply."""
MESSAGE_TOKENS, IMAGE_TOKENS = 96, 1500


class Options(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    search: bool = True
    """Asks the other harder forms, until one hallucinates, and as many headings."""
    confirm: bool = True
    """Asks the harder form that hallucinated once more: a finding of it needs that."""
    detect: bool = False
    """Has the specialists of the judge of hallucinations read the replies to the prompts as they
    are too."""


def build(options: Mapping[str, Any]) -> HallucinationSuite:
    return HallucinationSuite(parse_options(options, Options, f"suite '{SUITE}'"))


class HallucinationSuite:
    name = SUITE
    version = "3"
    measures = (
        "The share of replies to prompts that bring hallucination out which hold a listed fault, "
        "over all replies; beside it, whether the same prompt with a true premise is answered."
    )
    rule = Rule(
        numerator="replies to the prompts as they are in which the judge finds a listed fault",
        denominator=(
            "all replies to the prompts as they are, including refused and abstained ones; failed "
            "calls, unreadable judgements, and replies that are empty, were cut off before an "
            "answer, or hold no fault in the part that the judge was shown, are missing and get "
            "bounds"
        ),
    )
    roles: tuple[RoleNeed, ...] = (RoleNeed("target"), RoleNeed("judge"))
    presupposes = ""
    adversarial = True
    covers: tuple[str, ...] = ("hallucination",)
    default_data: tuple[DataSet, ...] = (DataSet("elicitations", "hallucination"),)
    watched: tuple[Watched, ...] = (
        Watched(RATE, BASELINE, CANDOUR, of="flaw", better="lower", yes_no=True),
        Watched(
            DENIED, TWIN, CREDENCE, of="refused", also=("abstained",), better="lower", yes_no=True,
        ),
        Watched(TWIN_RIGHT, TWIN, CREDENCE, yes_no=True),
        Watched(ADDED, DRAWN, CANDOUR, of="flaw", control_arm=CONTROL, better="lower"),
    )  # fmt: skip
    unwatched: Mapping[str, str] = {}

    def __init__(self, options: Options) -> None:
        self.options = options
        self.adaptive = options.search or options.confirm
        """It asks less where a search ends early or nothing is to be confirmed: `cost` is then
        what it may come to."""
        searched = (SEARCH, HARMLESS) if options.search else ()
        fresh = (CONFIRMED,) if options.confirm else ()
        self.arms: tuple[str, ...] = (
            BASELINE, AGAIN, TWIN, UNSEEN, DRAWN, CONTROL, *searched, *fresh,
        )  # fmt: skip
        self.judges: tuple[str, ...] = (JUDGE, *([SPECIALISTS] if options.detect else []))
        # Its pictures are drawn with words on them, by code: nobody is named there.
        self._pictures = Pictures(limits_of(burned_in="allow"))

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
        if why_not(case, abilities):
            return ()
        part = _part(case)
        calls = len(self._scheduled(part)) + (HARDER - 1) * self.options.search
        calls += self.options.confirm
        words = longest(case, part) // 3 + MESSAGE_TOKENS
        size = words + IMAGE_TOKENS * len(case.images)
        listed = max((criteria_of(part), twin_criteria_of(part)), key=_length)
        most = max(len(criteria_of(part)), len(twin_criteria_of(part)))
        known = tokens_at_most(told_facts([KNOWN, *(one.fact for one in part.facts)]))
        read = JUDGE_OVERHEAD + tokens_at_most(SYSTEM) + _length(listed) + known + words
        return [
            Ask("target", calls, size, REPLY_TOKENS),
            Ask("judge", JUDGE_ASKS * calls, read, most_tokens(most)),
            *(most_asks(case, part) if self.options.detect else ()),
        ]

    async def examine(self, case: Case, bench: Bench) -> None:
        part = _part(case)
        shown, reason = await self._shown(case, bench.abilities)
        if reason:
            for arm, repeat in self._scheduled(part):
                bench.arm(arm, repeat).record(not_applicable=reason, **_about(case, part))
            return
        # All of it before the first reply.
        lot = drawn(part, bench.rng("harder"), bench.rng("headings"))
        put = Put(case, part, shown)
        await self._ask(bench, BASELINE, 0, put, put.told())
        await self._twin(bench, TWIN, put, put.told(part.twin))
        if part.shows:
            await self._twin(bench, UNSEEN, put, told(case, part.twin))
        fell = await self._press(bench, DRAWN, 0, put, lot.harder[0])
        for number, heading in enumerate(lot.headings):
            if number and not self.options.search:
                break
            arm = HARMLESS if number else CONTROL
            await self._ask(bench, arm, number, put, put.told(heading=heading))
        first = 0 if fell else None
        if self.options.search and first is None:
            for number, form in enumerate(lot.harder[1:], 1):
                if await self._press(bench, SEARCH, number, put, form):
                    first = number
                    break
        await self._ask(bench, AGAIN, 0, put, put.told())
        if self.options.confirm and first is not None:
            await self._press(bench, CONFIRMED, 0, put, lot.harder[first], confirms_round=first)

    async def _shown(self, case: Case, abilities: Abilities) -> tuple[tuple[ImagePart, ...], str]:
        """The picture as it is sent, or why the case cannot be put to this target."""
        reason = why_not(case, abilities)
        if reason or not case.images:
            return (), reason
        whole = await self._pictures.clean(case)
        return whole.parts, whole.reason

    def _scheduled(self, part: Elicitation) -> list[tuple[str, int]]:
        """What is asked whatever is said."""
        always = [BASELINE, TWIN, *([UNSEEN] if part.shows else []), DRAWN, CONTROL, AGAIN]
        headed = range(1, HARDER) if self.options.search else ()
        return [*((arm, 0) for arm in always), *((HARMLESS, number) for number in headed)]

    async def _press(
        self, bench: Bench, arm: str, repeat: int, put: Put, form: Harder, **labels: Any
    ) -> bool:
        return await self._ask(
            bench, arm, repeat, put, put.told(form.prompt), step=form.step, **labels
        )

    async def _ask(
        self,
        bench: Bench,
        arm: str,
        repeat: int,
        put: Put,
        messages: tuple[Message, ...],
        **labels: Any,
    ) -> bool:
        """Whether it hallucinates."""
        case, part = put.case, put.part
        criteria = criteria_of(part)
        place = bench.arm(arm, repeat)
        hints = _hints(case, arm, repeat, criteria)
        reply = await place.ask(messages, sampling=SAMPLING, hints=hints)
        # As it was asked: "Sunday" cannot be read without its question. Heading and all, so that
        # none of the arms is told from another by what it lacks.
        facts = _facts(case, messages[-1].text, criteria, CANDOUR, part)
        verdict = await place.judge(JUDGE, Exhibit(case, messages, reply, facts))
        verdicts = [candour_of(verdict, criteria), verdict] if OWN.get(arm) else [verdict]
        if self.options.detect and arm == BASELINE:
            beside = Exhibit(case, messages, reply, facts_for(case, part))
            verdicts.append(await place.judge(SPECIALISTS, beside))
            labels |= {"found_by_specialists": found_in(verdicts[-1])}
        found = labels_of(verdict, criteria, phi=case.phi)
        labels |= _about(case, part) | found
        if fell := bool(found.get("hallucinated")):
            labels |= _of_faults(part, criteria, found["faults"], phi=case.phi)
        place.record(*verdicts, **labels)
        return fell

    async def _twin(self, bench: Bench, arm: str, put: Put, messages: tuple[Message, ...]) -> None:
        case, part = put.case, put.part
        criteria = twin_criteria_of(part)
        place = bench.arm(arm)
        hints = _hints(case, arm, 0, criteria)
        reply = await place.ask(messages, sampling=SAMPLING, hints=hints)
        facts = _facts(case, messages[-1].text, criteria, CREDENCE, part)
        verdict = await place.judge(JUDGE, Exhibit(case, messages, reply, facts))
        own = [credence_of(verdict, criteria)] if OWN.get(arm) else []
        labels = _about(case, part) | twin_labels_of(verdict, criteria)
        place.record(*own, verdict, **labels)

    def estimates(self, trials: Trials) -> list[Estimate]:
        from auscult.kit.elicit.estimates import elicit_estimates
        from auscult.kit.elicit.table import COLUMNS
        from auscult.kit.question_estimates import with_evidence

        return with_evidence(elicit_estimates(trials.frame(self.name, COLUMNS)), trials, self.name)

    def findings(self, trials: Trials) -> list[Finding]:
        from auscult.kit.elicit.findings import elicit_findings

        return elicit_findings(trials)


class Put(msgspec.Struct, frozen=True):
    """A case as it is put to the target."""

    case: Case
    part: Elicitation
    shown: tuple[ImagePart, ...]

    def told(self, prompt: str = "", heading: str = "") -> tuple[Message, ...]:
        return told(self.case, prompt, heading, self.shown)


def _about(case: Case, part: Elicitation) -> dict[str, Any]:
    return {"kind": part.kind, "signed_off": bool(case.brief.reviewers)}


def _facts(
    case: Case, asked: str, criteria: Sequence[Criterion], own: str, part: Elicitation
) -> dict[str, Any]:
    """`asked` is for people who label replies; `context` for the judge of hallucinations, which may
    read a finished run. No judge reads them here."""
    seen = f" The picture: {part.shows}" if part.shows else ""
    known = part.facts if own == CANDOUR else twin_facts_of(part)
    return {
        "question": asked,
        "criteria": msgspec.to_builtins(criteria),
        "facts": msgspec.to_builtins(known),
        "context": note_of(case, part),
        "asked": LABELS_TOLD[own] + seen,
    }


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
