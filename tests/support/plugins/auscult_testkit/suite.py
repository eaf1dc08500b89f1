"""Asks made-up questions, once or in a conversation, and scores the exact letter.

Exercises every kind of effect: asks, a second turn, draws, the clock.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import msgspec

from auscult.core.case import Brief, Case
from auscult.core.estimate import Estimate, Finding
from auscult.core.message import Sampling, assistant, user
from auscult.core.protocols import (
    Abilities,
    Ask,
    Bench,
    DataSet,
    Loader,
    RoleNeed,
    Rule,
    Trials,
)
from auscult.core.verdict import Verdict

SHORT = Sampling(max_tokens=64)


class Options(msgspec.Struct, forbid_unknown_fields=True):
    count: int = 40
    turns: int = 1
    draws: bool = False
    words: int = 30


def build(options: Mapping[str, Any]) -> TestSuite:
    return TestSuite(msgspec.convert(options, Options, strict=False))


class TestSuite:
    __test__ = False
    name = "testkit"
    version = "1"
    measures = "Nothing: shows that the engine keeps what it is given."
    rule = Rule("answered with the key", "all cases")
    judges: tuple[str, ...] = ()
    roles = (RoleNeed("target"),)
    presupposes = ""
    arms = ("plain",)
    default_data = (DataSet("pack", "knowledge"),)

    def __init__(self, options: Options) -> None:
        self.options = options

    def cases(self, datasets: Sequence[DataSet], loaders: Mapping[str, Loader]) -> Iterator[Case]:
        filler = "The patient was seen again after some weeks and felt no better. "
        stem = (filler * (self.options.words // 12 + 1))[: self.options.words * 6]
        for number in range(self.options.count):
            brief = Brief(key=number % 4, specialty=f"s{number % 5}", groups={"sex": "female"})
            options = tuple(f"finding {number % 97} of kind {letter}" for letter in "ABCD")
            yield Case(f"t-{number}", f"Case {number}. {stem}", "Which one?", options, brief=brief)

    def stratum(self, case: Case) -> str:
        return case.brief.specialty

    def cost(self, case: Case, abilities: Abilities) -> Sequence[Ask]:
        size = len(case.text) + sum(map(len, case.options)) + 60
        return (Ask("target", self.options.turns, size // 3 + 20 * self.options.turns, 64),)

    async def examine(self, case: Case, bench: Bench) -> None:
        arm = bench.arm("plain")
        options = "\n".join(f"{x}. {o}" for x, o in zip("ABCD", case.options, strict=True))
        said = [user(f"{case.text}\n{options}\nAnswer with the letter only.")]
        labels: dict[str, Any] = {}
        if self.options.draws:
            labels["draw"] = arm.rng("draw").randrange(1000)
            labels["day"] = arm.now().isoformat()[:4]
        hints = {"key": case.brief.key, "options": 4, "kind": "baseline", "arm": "plain"}
        for turn in range(self.options.turns):
            reply = await arm.ask(said, step=f"turn-{turn}", sampling=SHORT, hints=hints)
            said += [assistant(reply.text), user("Are you sure?")]
        letter = reply.text.strip()[:1]
        right = letter == "ABCD"[case.brief.key or 0]
        behaviour = "error" if reply.status == "error" else "answered" if letter else "invalid"
        score = float(right) if behaviour == "answered" else None
        arm.record(Verdict("letter", "1", behaviour, score, reply.cause), chosen=letter, **labels)

    def estimates(self, trials: Trials) -> list[Estimate]:
        frame = trials.frame(self.name, ["behaviour", "score"])
        scored = frame["score"].drop_nulls()
        value = float(scored.mean()) if len(scored) else None
        errors = int((frame["behaviour"] == "error").sum())
        return [
            Estimate(
                suite=self.name,
                metric="share right",
                estimand="share of cases answered right",
                value=value,
                low=None,
                high=None,
                n=len(scored),
                n_error=errors,
            )
        ]

    def findings(self, trials: Trials) -> Iterable[Finding]:
        return []
