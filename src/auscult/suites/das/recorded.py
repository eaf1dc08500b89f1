"""Answers that others collected and what their detector found: rates to be recomputed (DAS).

What is measured: of the answers of each model, the share that the recorded detection flags as a
hallucination, strictly (any kind of finding) and with the unsure ones counted too; clustered by
prompt, because some prompts occur twice. Nobody is asked anew and nothing is judged anew: the
figure is no better than the detector whose findings were recorded. An answer that other models of
the import have and this one lacks is missing, as one without a finding is: both enter the bounds.
Which models differ is told for all pairs, prompt by prompt, with the chance of any false claim held
over all pairs.

After the hallucination domain of DAS (2025), whose published row cannot be had from its released
detections; the estimators are ours.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import msgspec

from auscult.core.case import Case
from auscult.core.errors import DataError
from auscult.core.message import Reply, Sampling, user
from auscult.core.protocols import (
    Abilities,
    Ask,
    Bench,
    DataSet,
    Loader,
    RoleNeed,
    Rule,
    Trials,
    Watched,
)
from auscult.core.verdict import Verdict
from auscult.kit.options import parse_options
from auscult.kit.review.grouped import Grouped
from auscult.kit.suite_cases import named_cases, tokens_at_most
from auscult.kit.transcripts.lacking import Answered
from auscult.kit.transcripts.reader import RecordedReader
from auscult.kit.transcripts.record import (
    EXTRA,
    OCCURRENCE,
    Transcript,
    held_by,
    transcript_of,
    verdict_score,
)
from auscult.kit.transcripts.table import (
    ABSENT,
    ANOTHER,
    DETECTED,
    FAILED,
    LOST,
    RECORDED,
    STRICT,
    SUITE,
    UNREAD,
)

if TYPE_CHECKING:
    from auscult.core.estimate import Estimate, Finding

TURN_TOKENS = 24
WHY = {
    ABSENT: "other models answered this question, and of this one there is no row",
    UNREAD: "nobody's finding is recorded for it",
    ANOTHER: "this is not the recorded answer; ask the target 'replayed'",
}


class Options(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    subsets: bool = False
    """Models were asked different questions on purpose: what one has no row of is not missing."""


def build(options: Mapping[str, Any]) -> RecordedSuite:
    return RecordedSuite(parse_options(options, Options, f"suite '{SUITE}'"))


class RecordedSuite:
    name = SUITE
    version = "2"
    measures = (
        "The share of each model's recorded answers that the recorded detection flags as a "
        "hallucination, strictly and with the unsure ones counted: what it flagged, which is not "
        "what is wrong, for the detector's own error is unknown."
    )
    rule = Rule(
        numerator=(
            "answers for which any kind of finding is recorded; with the unsure ones counted, "
            "those recorded as unsure too"
        ),
        denominator=(
            'answers with a recorded finding, "nothing found" included; recorded answers without '
            "one, failed calls, and questions that other models answered and this one did not, are "
            "missing and get bounds"
        ),
    )
    judges: tuple[str, ...] = ()
    roles: tuple[RoleNeed, ...] = (RoleNeed("target"),)
    presupposes = ""
    covers: tuple[str, ...] = ("hallucination",)
    arms: tuple[str, ...] = (RECORDED,)
    default_data: tuple[DataSet, ...] = (DataSet("transcripts", "examples"),)
    watched: tuple[Watched, ...] = ()
    unwatched: Mapping[str, str] = {
        "flagged as hallucination*": "the answers are recorded already, so that stopping early "
        "saves nothing"
    }
    own_judges = (RecordedReader(),)
    """Under whose names verdicts stand that no judge of ours gave, for people to read them."""
    corrected_by_group = (
        Grouped(Watched(STRICT, RECORDED, DETECTED), "model", {0.0: 1.0, 0.5: 0.0, 1.0: 0.0}),
    )
    ungated = "its answers were collected by others, once: no release is asked anything"

    def __init__(self, options: Options) -> None:
        self._options = options

    def cases(self, datasets: Sequence[DataSet], loaders: Mapping[str, Loader]) -> Iterable[Case]:
        sets = datasets or self.default_data
        answered = Answered()
        for data, case in named_cases(sets, loaders):
            held = transcript_of(case)
            if held is None:
                raise DataError(
                    f"case '{case.id}' of data set '{data}' holds no recorded answer; suite "
                    f"'{SUITE}' takes the loaders das-results and transcripts"
                )
            plain = _of_the_import(case)
            name = str(case.brief.extra[OCCURRENCE])
            if (other := answered.add(plain.cluster, held.model, name, data)) != data:
                raise DataError(
                    f"the data sets '{other}' and '{data}' both hold an answer of "
                    f"'{held.model}' to the same question; give each model's "
                    "answers once, or name one of them otherwise with --model"
                )
            yield plain
        gone = {} if self._options.subsets else answered.lacking()
        if not gone:
            return
        # Read again and not kept: an import may be long, and its prompts too.
        for data, case in named_cases(sets, loaders):
            plain = _of_the_import(case)
            for model, name in gone.pop(plain.cluster, ()):
                absent = held_by(plain, Transcript("", model, "error", absent=True), name)
                yield msgspec.structs.replace(absent, id=f"{data}/{absent.id}")

    def stratum(self, case: Case) -> str:
        return case.brief.groups.get("model", "")

    def cost(self, case: Case, abilities: Abilities) -> Sequence[Ask]:
        held = transcript_of(case)
        if held is None or held.absent:
            return ()
        turns = [*(turn.text for turn in case.messages), case.question]
        read = sum(tokens_at_most(text) + TURN_TOKENS for text in turns)
        return (Ask("target", 1, read, tokens_at_most(held.answer)),)

    async def examine(self, case: Case, bench: Bench) -> None:
        held = transcript_of(case)
        assert held is not None
        place = bench.arm(RECORDED)
        lost, reply = ABSENT, None
        if not held.absent:
            hints = {
                "kind": "open", "arm": RECORDED, "case_id": case.id, "repeat": 0,
                EXTRA: case.brief.extra[EXTRA],
            }  # fmt: skip
            messages = (*case.messages, user(case.question))
            sampling = Sampling(max_tokens=tokens_at_most(held.answer))
            reply = await place.ask(messages, sampling=sampling, hints=hints)
            lost = _lost(reply, held)
        labels = {"model": held.model, "asked": str(case.brief.extra["asked"])}
        if lost:
            labels[LOST] = lost
        place.record(_verdict(lost, reply, held), **labels)

    def estimates(self, trials: Trials) -> list[Estimate]:
        from auscult.kit.transcripts.estimates import COLUMNS, recorded_estimates

        return recorded_estimates(trials.frame(self.name, COLUMNS))

    def findings(self, trials: Trials) -> list[Finding]:
        """None: nothing recorded can be asked afresh."""
        return []


def _of_the_import(case: Case) -> Case:
    """The same prompt in two files is one cluster: models are compared on it."""
    cluster = case.brief.cluster.partition("/")[2] or case.brief.cluster
    brief = msgspec.structs.replace(case.brief, cluster=cluster)
    return msgspec.structs.replace(case, brief=brief)


def _lost(reply: Reply, held: Transcript) -> str:
    """Why no finding of this answer can be read; empty where one can."""
    if reply.status == "error":
        return FAILED
    if reply.text != held.answer:  # somebody was asked after all: what was found is of another text
        return ANOTHER
    return UNREAD if held.codes is None else ""


def _verdict(lost: str, reply: Reply | None, held: Transcript) -> Verdict:
    if lost:
        cause = WHY.get(lost) or (reply.cause if reply else "")
        return Verdict(DETECTED, "1", "error", cause=cause)
    assert held.codes is not None
    labels = {"codes": ",".join(held.codes)}
    return Verdict(DETECTED, "1", "answered", verdict_score(held.codes), labels=labels)
