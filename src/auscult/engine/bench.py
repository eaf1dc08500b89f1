"""What a suite's `examine` is given: every effect goes through here and is keyed by its path."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from datetime import datetime
from random import Random
from typing import Any

import msgspec

from auscult.core.case import Case
from auscult.core.errors import RunError
from auscult.core.message import Message, Reply, Request, Sampling
from auscult.core.protocols import Abilities, Exhibit, Judge
from auscult.core.verdict import Verdict
from auscult.engine.budget import Spend
from auscult.engine.caller import GAVE_UP, Caller, Role
from auscult.engine.clock import utcnow
from auscult.engine.ledger import CaseKey, Ledger
from auscult.engine.records import Call, Effect, TrialRow


def seed_of(path: str) -> int:
    return int.from_bytes(hashlib.blake2b(path.encode(), digest_size=8).digest(), "big") >> 1


class Past(msgspec.Struct):
    """What the ledger holds of a case that was not finished."""

    calls: dict[str, Call] = {}
    effects: dict[str, Any] = {}


NOTHING = Past()


class Kitchen(msgspec.Struct):
    """What all benches of a run share."""

    ledger: Ledger
    caller: Caller
    roles: dict[str, Role]
    judges: dict[str, Judge]
    seed: int


class CaseBench:
    __slots__ = ("_kitchen", "_past", "_suite", "_used", "broken", "case", "key", "pot", "trials")

    def __init__(
        self, kitchen: Kitchen, suite: str, key: CaseKey, case: Case, pot: Spend, past: Past
    ) -> None:
        self._kitchen, self._suite, self._past = kitchen, suite, past
        self.key, self.case, self.pot = key, case, pot
        self.trials: list[TrialRow] = []
        self._used: set[str] = set()
        self.broken: BaseException | None = None
        """What ended a call for good: such a case is never finished, whatever its suite does."""

    def arm(self, name: str, repeat: int = 0) -> ArmBench:
        path = f"{name}.{repeat}"
        self.claim(path)
        return ArmBench(self, name, repeat, path)

    def rng(self, label: str) -> Random:
        return Random(seed_of(f"{self._kitchen.seed}|{self._suite}|{self.case.id}|{label}"))

    @property
    def abilities(self) -> Abilities:
        return self._kitchen.roles["target"].target.abilities

    def claim(self, path: str) -> None:
        """A path names one effect. Twice the same is a fault of the suite, found at once."""
        if path in self._used:
            raise RunError(
                f"suite '{self._suite}' uses the path '{path}' twice in case '{self.case.id}'; "
                "give each arm its own name or repeat, and each ask its own step"
            )
        self._used.add(path)

    async def ask(self, role: Role, request: Request, path: str) -> Reply:
        kitchen = self._kitchen
        gave_up = self._past.effects.get(f"{path}{GAVE_UP}")
        try:
            return await kitchen.caller.call(
                role, request, self.key, path, self._past.calls, gave_up, self.pot
            )
        except BaseException as error:
            self.broken = self.broken or error
            raise

    def role(self, name: str) -> Role:
        role = self._kitchen.roles.get(name)
        if role is None:
            raise RunError(
                f"suite '{self._suite}' asked the role '{name}', which the plan does not bind; "
                f"add a [roles.{name}] table to the plan"
            )
        return role

    def judge(self, name: str) -> Judge:
        return self._kitchen.judges[name]

    def call_seed(self, path: str) -> int:
        kitchen, attempt = self._kitchen, self.key[2]
        return seed_of(f"{kitchen.seed}|{self._suite}|{self.case.id}|{attempt}|{path}")

    def remember(self, path: str, fresh: Any) -> Any:
        """The journalled value of an effect; `fresh` is journalled if there is none yet."""
        self.claim(path)
        if path in self._past.effects:
            return self._past.effects[path]
        self._kitchen.ledger.commit.put("effect", Effect(*self.key, path, fresh))
        return fresh


class ArmBench:
    __slots__ = ("_bench", "_calls", "_done", "_path", "name", "repeat")

    def __init__(self, bench: CaseBench, name: str, repeat: int, path: str) -> None:
        self._bench, self.name, self.repeat, self._path = bench, name, repeat, path
        self._calls: list[str] = []
        self._done = False

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
        bench = self._bench
        path = f"{self._path}/{role}/{step}"
        bench.claim(path)
        self._calls.append(path)
        who = bench.role(role)
        request = Request(
            (*who.system, *messages),
            _merged(who.sampling, sampling),
            bench.call_seed(path),
            schema,
            top_logprobs,
            dict(hints) if hints else {},
        )
        return await bench.ask(who, request, path)

    async def judge(self, name: str, exhibit: Exhibit) -> Verdict:
        return await self._bench.judge(name).judge(exhibit, self)

    def record(self, *verdicts: Verdict, **labels: Any) -> None:
        if self._done:
            raise RunError(f"the arm '{self._path}' was recorded twice; an arm is one trial")
        self._done = True
        row = TrialRow(self.name, self.repeat, tuple(self._calls), labels, verdicts)
        self._bench.trials.append(row)

    def rng(self, label: str) -> Random:
        return self._bench.rng(f"{self._path}/{label}")

    def now(self, label: str = "now") -> datetime:
        stamp = self._bench.remember(f"{self._path}/time/{label}", utcnow().isoformat())
        return datetime.fromisoformat(stamp)


def _merged(plan: Sampling, asked: Sampling | None) -> Sampling:
    """The plan's decoding is what was declared; a suite only fills in what it leaves open."""
    if asked is None or asked is plan:
        return plan
    return Sampling(
        temperature=plan.temperature if plan.temperature is not None else asked.temperature,
        top_p=plan.top_p if plan.top_p is not None else asked.top_p,
        max_tokens=plan.max_tokens if plan.max_tokens is not None else asked.max_tokens,
        stop=plan.stop or asked.stop,
        send_seed=plan.send_seed or asked.send_seed,
        extra=plan.extra or asked.extra,
    )
