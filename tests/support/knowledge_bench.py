"""The knowledge suite on a bench in memory, and targets with planted behaviour."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Any

import msgspec
import polars as pl

from auscult.core.case import Brief, Case
from auscult.core.estimate import Estimate
from auscult.core.message import Message, Reply, assistant
from auscult.core.protocols import Abilities, Exhibit
from auscult.core.verdict import Verdict
from auscult.engine.export import cluster_key
from auscult.stats.table import LABEL, label_column
from auscult.suites.knowledge import KnowledgeSuite, build

Hints = dict[str, Any]
Behave = Callable[[Hints, Random], str]
BEHAVIOUR = {"": "invalid", "I don't know": "abstained", "No.": "refused", "!": "error"}


class FakeArm:
    def __init__(self, bench: FakeBench, name: str, repeat: int) -> None:
        self.bench, self.name, self.repeat = bench, name, repeat
        self.seen: list[Message] = []

    async def ask(self, messages: Sequence[Message], **how: Any) -> Reply:
        assert how["sampling"].max_tokens
        self.bench.logprobs.append(how["top_logprobs"])
        text = self.bench.behave(how["hints"], self.rng("target"))
        self.seen += [*messages, assistant(text)]
        return Reply.error("timeout") if text == "!" else Reply(text=text)

    async def judge(self, name: str, exhibit: Exhibit) -> Verdict:
        assert name == "choice"
        text, facts = exhibit.reply.text, exhibit.facts
        if exhibit.reply.status == "error":
            return Verdict(name, "1", "error", cause=exhibit.reply.cause)
        if text in BEHAVIOUR:
            return Verdict(name, "1", BEHAVIOUR[text])
        place = facts["letters"].index(text)
        score = float(place == facts["key"])
        return Verdict(name, "1", "answered", score, labels={"chosen": place})

    def record(self, *verdicts: Verdict, **labels: Any) -> None:
        self.bench.rows.append((self, verdicts, labels))

    def rng(self, label: str) -> Random:
        return self.bench.rng(f"{self.name}.{self.repeat}/{label}")

    def now(self, label: str = "now") -> datetime:
        return datetime(2026, 1, 1, tzinfo=UTC)


class FakeBench:
    def __init__(self, case: Case, behave: Behave, abilities: Abilities) -> None:
        self.case, self.behave, self.abilities = case, behave, abilities
        self.rows: list[tuple[FakeArm, tuple[Verdict, ...], dict[str, Any]]] = []
        self.logprobs: list[int] = []

    def arm(self, name: str, repeat: int = 0) -> FakeArm:
        return FakeArm(self, name, repeat)

    def rng(self, label: str) -> Random:
        return Random(f"7|{self.case.id}|{label}")


class FakeTrials:
    def __init__(self) -> None:
        self.rows: list[dict[str, Any]] = []
        self.said: dict[tuple[str, str, int], list[Message]] = {}

    passes = 0

    def transcripts(self, wanted: set[Any]) -> dict[Any, list[Message]]:
        self.passes += 1
        return {place: self.transcript(*place) for place in wanted}

    def add(self, number: int, bench: FakeBench) -> None:
        for arm, verdicts, labels in bench.rows:
            verdict = verdicts[0] if verdicts else Verdict("", "", "")  # type: ignore[arg-type]
            merged = {**labels, **verdict.labels}
            row = {
                "suite": "knowledge",
                "case_no": number,
                "case_id": bench.case.id,
                "cluster": bench.case.cluster,
                "cluster_key": cluster_key(bench.case.cluster),
                "specialty": bench.case.brief.specialty,
                "difficulty": bench.case.brief.difficulty,
                "arm": arm.name,
                "repeat": arm.repeat,
                "judge": verdict.judge,
                "behaviour": verdict.behaviour,
                "score": verdict.score,
                "labels": msgspec.json.encode(merged).decode(),
            }
            self.rows.append(row)
            self.said[bench.case.id, arm.name, arm.repeat] = arm.seen

    def frame(self, suite: str, columns: Sequence[str], *, prefix_only: bool = True, cases=None):
        assert suite == "knowledge"
        schema = {"score": pl.Float64, "case_no": pl.Int64, "repeat": pl.Int32}
        schema |= {name: pl.String for name in ("case_id", "cluster", "labels")}
        schema["cluster_key"] = pl.UInt64
        full = {name: schema.get(name, pl.Categorical) for name in columns}
        held = {name: full[name] for name in columns if not name.startswith(LABEL)}
        held["labels"] = pl.String
        asked = [r for r in self.rows if cases is None or r["case_no"] in cases]
        rows = [{name: row[name] for name in held} for row in asked]
        return pl.DataFrame(rows, schema=held).select(
            label_column(name) if name.startswith(LABEL) else name for name in columns
        )

    def transcript(self, suite: str, case_id: str, arm: str, repeat: int = 0) -> list[Message]:
        return self.said[case_id, arm, repeat]


def question(number: int, options: int = 4, **brief: Any) -> Case:
    words = {"key": number % options, "specialty": f"s{number % 3}", "difficulty": "easy"} | brief
    return Case(
        id=f"q{number:03d}",
        stem=f"Patient {number}.",
        question="Which drug?",
        options=tuple(f"Drug {number}-{'abcdefgh'[i]}" for i in range(options)),
        brief=Brief(**words),
    )


class ListLoader:
    def __init__(self, cases: Sequence[Case]) -> None:
        self.given = cases
        self.asked: list[tuple[Path, Mapping[str, Any]]] = []

    def load(self, path: Path, options: Mapping[str, Any]) -> Iterator[Case]:
        self.asked.append((path, options))
        yield from self.given


def admitted(suite: KnowledgeSuite, cases: Sequence[Case]) -> list[Case]:
    return list(suite.cases([], {"pack": ListLoader(cases)}))


async def audit(
    behave: Behave,
    *,
    count: int = 120,
    cases: Sequence[Case] | None = None,
    abilities: Abilities | None = None,
    **options: Any,
) -> tuple[KnowledgeSuite, FakeTrials]:
    suite, trials = build(options), FakeTrials()
    asked = [question(i) for i in range(count)] if cases is None else cases
    for number, case in enumerate(admitted(suite, asked)):
        bench = FakeBench(case, behave, abilities or Abilities())
        await suite.examine(case, bench)
        trials.add(number, bench)
    return suite, trials


def one(estimates: list[Estimate], metric: str, **group: str) -> Estimate:
    found = [e for e in estimates if e.metric == metric and (not group or e.group == group)]
    assert len(found) == 1, f"{metric}: {len(found)}"
    return found[0]


def letter(hints: Hints, place: int) -> str:
    return hints["letters"][place]


def knows(p: float) -> Behave:
    """Knows each case or does not, for good; guesses from the options alone."""

    def behave(hints: Hints, rng: Random) -> str:
        if hints["arm"] == "baseline" and Random(hints["case_id"]).random() < p:
            return letter(hints, hints["key"])
        return letter(hints, rng.randrange(len(hints["options"])))

    return behave


def always(text: str) -> Behave:
    return lambda hints, rng: text


def sticky(hints: Hints, rng: Random) -> str:
    """The same option whatever its place: a firm and often wrong opinion."""
    return letter(hints, hints["options"].index(min(hints["options"])))
