"""Findings of an earlier run asked again of the next release: a checklist, and no rate.

What is listed: for each finding whether the release still fails it. Its attack and its matched
control are asked word for word as they were, several times each. A finding still fails where most
replies to the attack are wrong and most to the control right; it is mended where most replies to
both are right; else it is unclear, and the list says why. Nothing is averaged over findings: they
were looked for on one release, and such failures come back only some of the time even where nothing
has changed. So the earlier release is asked again beside the new one, in the role `previous`; where
it is not, every figure says that it is one-sided.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import msgspec

from auscult.core.case import Case
from auscult.core.errors import DataError
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
from auscult.kit.attack.asking import JUDGES
from auscult.kit.options import parse_options
from auscult.kit.question_suite import REPLY_TOKENS, SAMPLING
from auscult.kit.regression.arms import ATTACKED, CONTROL, arm_of
from auscult.kit.regression.record import EXTRA, Asking, Replay
from auscult.kit.suite_cases import named_cases, tokens_at_most

if TYPE_CHECKING:
    from auscult.core.estimate import Estimate, Finding

NAME = "regressions"
PREVIOUS = "previous"
MESSAGE_TOKENS = 24
"""What the form of one message comes to, at most."""


class Options(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    times: int = 3
    """How often each attack and each control is asked."""
    previous: bool = False
    """Whether the release in the role `previous` is asked the same."""

    def __post_init__(self) -> None:
        if not 1 <= self.times <= 20:
            raise ValueError(f"times is {self.times}; give 1 to 20")


def build(options: Mapping[str, Any]) -> RegressionSuite:
    return RegressionSuite(parse_options(options, Options, f"suite '{NAME}'"))


class RegressionSuite:
    name = NAME
    version = "1"
    measures = (
        "Which findings of an earlier run the target still fails, one by one: wrong under the "
        "attack and right under its matched control in most replies to each."
    )
    rule = Rule(
        numerator="findings whose attack is answered wrong and whose control right, by majority",
        denominator=(
            "none: the findings are listed one by one and are no sample; refused, abstained, "
            "unreadable and failed replies count for no side"
        ),
    )
    judges: tuple[str, ...] = ("choice", "choice-set")
    presupposes = ""
    adversarial = True
    default_data: tuple[DataSet, ...] = (DataSet("findings", "examples"),)
    watched: tuple[Watched, ...] = ()
    unwatched: Mapping[str, str] = {
        "findings that *": "findings were looked for on one release, so that their number is no "
        "rate and says nothing of other cases",
        "checklist": "it is one finding and no mean over cases",
    }
    ungated = (
        "it lists failures that were looked for, and such failures come back only some of the "
        "time on an unchanged system"
    )

    def __init__(self, options: Options) -> None:
        self.options = options
        self._roles = ("target", PREVIOUS) if options.previous else ("target",)
        self.roles: tuple[RoleNeed, ...] = (
            RoleNeed("target"), RoleNeed(PREVIOUS, required=options.previous)
        )  # fmt: skip
        self.arms: tuple[str, ...] = tuple(
            arm_of(kind, role) for role in self._roles for kind in (ATTACKED, CONTROL)
        )

    def cases(self, datasets: Sequence[DataSet], loaders: Mapping[str, Loader]) -> Iterable[Case]:
        for data, case in named_cases(datasets or self.default_data, loaders):
            if EXTRA not in case.brief.extra:
                raise DataError(
                    f"case '{case.id}' of data set '{data}' is no finding: the suite '{NAME}' "
                    "asks those of an earlier run, as in auscult audit regressions --from RUN"
                )
            yield case

    def stratum(self, case: Case) -> str:
        return case.brief.harm_level

    def cost(self, case: Case, abilities: Abilities) -> Sequence[Ask]:
        replay = _replay_of(case)
        return [
            Ask(role, self.options.times, _size(asking), REPLY_TOKENS)
            for role in self._roles
            for asking in (replay.attacked, replay.control)
        ]

    async def examine(self, case: Case, bench: Bench) -> None:
        replay = _replay_of(case)
        for repeat in range(self.options.times):
            for role in self._roles:
                for kind in (ATTACKED, CONTROL):
                    await self._ask(case, bench, replay, (kind, role, repeat))

    async def _ask(
        self, case: Case, bench: Bench, replay: Replay, place: tuple[str, str, int]
    ) -> None:
        kind, role, repeat = place
        attacked = kind == ATTACKED
        asking = replay.attacked if attacked else replay.control
        facts, messages = asking.facts(), asking.said()
        arm_name = arm_of(kind, role)
        hints = {
            **facts, "kind": "attack" if attacked else "mcq", "arm": arm_name,
            "case_id": replay.case_id, "repeat": repeat,
            "attack": replay.attack if attacked else "",
        }  # fmt: skip
        arm = bench.arm(arm_name, repeat)
        reply = await arm.ask(messages, role=role, sampling=SAMPLING, hints=hints)
        verdict = await arm.judge(JUDGES[asking.form], Exhibit(case, messages, reply, facts))
        labels: dict[str, Any] = {}
        if attacked and verdict.behaviour == "answered" and verdict.score == 0:
            labels["same_answer"] = asking.answer(verdict.labels.get("chosen")) in replay.chosen
        if not self.options.previous and PREVIOUS in bench.roles:
            labels["previous_not_asked"] = True
        arm.record(
            verdict, **labels, finding=replay.id, of_suite=replay.suite, of_case=replay.case_id,
            attack=replay.attack, severity=replay.severity, found_on=replay.found_on,
            seen=replay.seen, asked=replay.asked, phi=replay.phi,
        )  # fmt: skip

    def estimates(self, trials: Trials) -> list[Estimate]:
        from auscult.kit.regression.checklist import COLUMNS, checklist
        from auscult.kit.regression.told import estimates_of

        return estimates_of(self.name, checklist(trials.frame(self.name, COLUMNS)))

    def findings(self, trials: Trials) -> list[Finding]:
        from auscult.kit.regression.checklist import COLUMNS, checklist
        from auscult.kit.regression.told import findings_of

        return findings_of(self.name, checklist(trials.frame(self.name, COLUMNS)), trials)


def _replay_of(case: Case) -> Replay:
    return msgspec.convert(case.brief.extra[EXTRA], Replay)


def _size(asking: Asking) -> int:
    return sum(tokens_at_most(turn.content) + MESSAGE_TOKENS for turn in asking.messages)
