"""Answers that others collected and what their detector found: rates to be recomputed (DAS).

What is measured: of the answers of each model, the share that the recorded detection flags as a
hallucination, strictly (any kind of finding) and with the unsure ones counted too; clustered by
prompt, because some prompts occur twice. Nobody is asked anew and nothing is judged anew: the
figure is no better than the detector whose findings were recorded. Which models differ is told for
all pairs on the prompts that both answered, with the chance of any false claim held over all pairs.

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
from auscult.kit.suite_cases import named_cases, tokens_at_most
from auscult.kit.transcripts.record import EXTRA, Transcript, transcript_of, verdict_score
from auscult.kit.transcripts.table import DETECTED, RECORDED, SUITE

if TYPE_CHECKING:
    from auscult.core.estimate import Estimate, Finding

TURN_TOKENS = 24
UNREAD = "nobody's finding is recorded for it"
ANOTHER = "this is not the recorded answer; ask the target 'replayed'"


class Options(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """None as yet: everything comes with the data."""


def build(options: Mapping[str, Any]) -> RecordedSuite:
    parse_options(options, Options, f"suite '{SUITE}'")
    return RecordedSuite()


class RecordedSuite:
    name = SUITE
    version = "1"
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
            "one, and failed calls, are missing and get bounds"
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
    ungated = "its answers were collected by others, once: no release is asked anything"

    def cases(self, datasets: Sequence[DataSet], loaders: Mapping[str, Loader]) -> Iterable[Case]:
        taken: dict[str, str] = {}
        for data, case in named_cases(datasets or self.default_data, loaders):
            if transcript_of(case) is None:
                raise DataError(
                    f"case '{case.id}' of data set '{data}' holds no recorded answer; suite "
                    f"'{SUITE}' takes the loaders das-results and transcripts"
                )
            answered = case.id.partition("/")[2]
            if (other := taken.setdefault(answered, data)) != data:
                raise DataError(
                    f"the data sets '{other}' and '{data}' both hold an answer of "
                    f"'{case.brief.groups['model']}' to the same question; give each model's "
                    "answers once, or name one of them otherwise with --model"
                )
            # The same prompt in two files is one cluster: models are compared on it.
            cluster = case.brief.cluster.partition("/")[2] or case.brief.cluster
            brief = msgspec.structs.replace(case.brief, cluster=cluster)
            yield msgspec.structs.replace(case, brief=brief)

    def stratum(self, case: Case) -> str:
        return case.brief.groups.get("model", "")

    def cost(self, case: Case, abilities: Abilities) -> Sequence[Ask]:
        held = transcript_of(case)
        turns = [*(turn.text for turn in case.messages), case.question]
        read = sum(tokens_at_most(text) + TURN_TOKENS for text in turns)
        return (Ask("target", 1, read, tokens_at_most(held.answer if held else "")),)

    async def examine(self, case: Case, bench: Bench) -> None:
        held = transcript_of(case)
        assert held is not None
        hints = {
            "kind": "open", "arm": RECORDED, "case_id": case.id, "repeat": 0,
            EXTRA: case.brief.extra[EXTRA],
        }  # fmt: skip
        place = bench.arm(RECORDED)
        messages = (*case.messages, user(case.question))
        sampling = Sampling(max_tokens=tokens_at_most(held.answer))
        reply = await place.ask(messages, sampling=sampling, hints=hints)
        labels = {"model": held.model, "asked": str(case.brief.extra["asked"])}
        place.record(_verdict(reply, held), **labels)

    def estimates(self, trials: Trials) -> list[Estimate]:
        from auscult.kit.transcripts.estimates import COLUMNS, recorded_estimates

        return recorded_estimates(trials.frame(self.name, COLUMNS))

    def findings(self, trials: Trials) -> list[Finding]:
        """None: nothing recorded can be asked afresh."""
        return []


def _verdict(reply: Reply, held: Transcript) -> Verdict:
    if reply.status == "error":
        return Verdict(DETECTED, "1", "error", cause=reply.cause)
    if reply.text != held.answer:  # somebody was asked after all: what was found is of another text
        return Verdict(DETECTED, "1", "error", cause=ANOTHER)
    if held.codes is None:
        return Verdict(DETECTED, "1", "error", cause=UNREAD)
    labels = {"codes": ",".join(held.codes)}
    return Verdict(DETECTED, "1", "answered", verdict_score(held.codes), labels=labels)
