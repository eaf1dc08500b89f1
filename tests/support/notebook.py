"""A bench that answers from a scripted target and keeps all that was asked of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from random import Random
from typing import Any

import msgspec

from auscult.core import registry
from auscult.core.case import Case
from auscult.core.message import Message, Reply, Request, Sampling
from auscult.core.protocols import Abilities, Exhibit, Judge, Learns, Suite, Target, TargetSpec
from auscult.core.verdict import Verdict
from auscult.engine.bench import arm_path, call_seed_of, draws_of, merged, step_path

SEED, ATTEMPT = 7, 0


class Asked(msgspec.Struct, frozen=True):
    arm: str
    repeat: int
    role: str
    request: Request
    reply: Reply

    @property
    def text(self) -> str:
        return "\n".join(message.text for message in self.request.messages)


class Notebook:
    """Of one case. As in the engine, draws and call seeds follow from paths alone."""

    def __init__(self, suite: Suite, case: Case, target: Target) -> None:
        self.suite, self.case, self.target = suite, case, target
        self.asked: list[Asked] = []
        self.trials: list[tuple[str, int, tuple[Verdict, ...], dict[str, Any]]] = []

    @property
    def abilities(self) -> Abilities:
        return self.target.abilities

    @property
    def roles(self) -> tuple[str, ...]:
        return ("target",)

    @property
    def known(self) -> Any:
        """As before the first case."""
        suite = self.suite
        return suite.begin(self.target.identity, "") if isinstance(suite, Learns) else None

    def arm(self, name: str, repeat: int = 0) -> Page:
        return Page(self, name, repeat)

    def rng(self, label: str) -> Random:
        return draws_of(SEED, self.suite.name, self.case.id, label)


class Page:
    def __init__(self, book: Notebook, name: str, repeat: int) -> None:
        self.book, self.name, self.repeat = book, name, repeat
        self.path = arm_path(name, repeat)

    async def ask(
        self,
        messages: Sequence[Message],
        *,
        step: str = "ask",
        role: str = "target",
        sampling: Sampling | None = None,
        schema: dict[str, Any] | None = None,
        top_logprobs: int = 0,
        hints: Mapping[str, Any] | None = None,
    ) -> Reply:
        book = self.book
        path = step_path(self.path, role, step)
        seed = call_seed_of(SEED, book.suite.name, book.case.id, ATTEMPT, path)
        decoding = merged(Sampling(), sampling)
        request = Request(tuple(messages), decoding, seed, schema, top_logprobs, dict(hints or {}))
        reply = await book.target.answer(request)
        book.asked.append(Asked(self.name, self.repeat, role, request, reply))
        return reply

    async def judge(self, name: str, exhibit: Exhibit) -> Verdict:
        judge: Judge = registry.build("judges", name, {})
        return await judge.judge(exhibit, self)

    def record(self, *verdicts: Verdict, **labels: Any) -> None:
        self.book.trials.append((self.name, self.repeat, verdicts, labels))

    def rng(self, label: str) -> Random:
        return self.book.rng(f"{self.path}/{label}")

    def now(self, label: str = "now") -> datetime:
        return datetime(2026, 1, 1, tzinfo=UTC)


async def examined(suite: Suite, case: Case, rule: str = "right", **options: Any) -> Notebook:
    """What the suite does with one case and a scripted target."""
    target = registry.build("targets", "scripted", TargetSpec("scripted", rule, options))
    book = Notebook(suite, case, target)
    await suite.examine(case, book)
    return book


def suite_and_cases(name: str, **options: Any) -> tuple[Suite, list[Case]]:
    """A suite as the registry builds it, with the cases of its default data."""
    suite: Suite = registry.build("suites", name, options)
    loaders = {data.loader: registry.build("data", data.loader) for data in suite.default_data}
    return suite, list(suite.cases(suite.default_data, loaders))
