"""What a suite's `examine` is given: every effect goes through here and is keyed by its path."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from random import Random
from typing import TYPE_CHECKING, Any, NoReturn

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

if TYPE_CHECKING:
    from auscult.engine.learning import Learning


def seed_of(path: str) -> int:
    return int.from_bytes(hashlib.blake2b(path.encode(), digest_size=8).digest(), "big") >> 1


class Draws(Random):
    """The very stream of `Random(seed)`, which mixes its seed twice, when made and again in its
    `__init__`: a cost that every case would pay."""

    def __init__(self, seed: int) -> None:
        self.gauss_next: float | None = None
        if not _MADE_SEEDED:
            self.seed(seed)


_MADE_SEEDED = Random.__new__(Random, 1).getrandbits(64) == Random(1).getrandbits(64)  # type: ignore[call-arg]


def draws_of(seed: int, suite: str, case_id: str, label: str) -> Random:
    """Randomness of one case under one label, the same in every attempt."""
    return Draws(seed_of(f"{seed}|{suite}|{case_id}|{label}"))


def call_seed_of(seed: int, suite: str, case_id: str, attempt: int, path: str) -> int:
    return seed_of(f"{seed}|{suite}|{case_id}|{attempt}|{path}")


def arm_path(name: str, repeat: int) -> str:
    return f"{name}.{repeat}"


def step_path(arm: str, role: str, step: str) -> str:
    return f"{arm}/{role}/{step}"


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
    learning: Learning


class CaseBench:
    __slots__ = (
        "_kitchen",
        "_past",
        "_suite",
        "_used",
        "broken",
        "case",
        "closed",
        "home",
        "key",
        "known",
        "pot",
        "trials",
        "under_way",
    )  # fmt: skip

    def __init__(
        self, kitchen: Kitchen, suite: str, key: CaseKey, case: Case, pot: Spend, past: Past,
        home: asyncio.Task[None],
    ) -> None:  # fmt: skip
        self._kitchen, self._suite, self._past = kitchen, suite, past
        self.key, self.case, self.pot = key, case, pot
        self.trials: list[TrialRow] = []
        self._used: set[str] = set()
        self.home = home
        """The task that examines. Calls made in tasks of a suite's own run in tasks of ours."""
        self.under_way: set[asyncio.Task[Reply]] = set()
        self.closed = False
        """True from the end of `examine` on: what its suite still does is nobody's."""
        self.known: Any = None
        self.broken: BaseException | None = None
        """What ended a call for good: such a case is never finished, whatever its suite does."""

    def arm(self, name: str, repeat: int = 0) -> ArmBench:
        path = arm_path(name, repeat)
        self.claim(path)
        return ArmBench(self, name, repeat, path)

    def rng(self, label: str) -> Random:
        return draws_of(self._kitchen.seed, self._suite, self.case.id, label)

    @property
    def abilities(self) -> Abilities:
        return self._kitchen.roles["target"].target.abilities

    @property
    def roles(self) -> Collection[str]:
        return self._kitchen.roles.keys()

    def claim(self, path: str) -> None:
        """A path names one effect. Twice the same is a fault of the suite, found at once."""
        if self.closed:
            self.too_late(path)
        if path in self._used:
            raise RunError(
                f"suite '{self._suite}' uses the path '{path}' twice in case '{self.case.id}'; "
                "give each arm its own name or repeat, and each ask its own step"
            )
        self._used.add(path)

    def too_late(self, path: str) -> NoReturn:
        fault = RunError(
            f"suite '{self._suite}' went on with '{path}' of case '{self.case.id}' after its "
            "`examine` had ended; await every task that it starts"
        )
        self._kitchen.caller.fail(fault)
        raise fault

    def out_of_range(self, path: str, verdict: Verdict) -> NoReturn:
        """Found out here and not in a rate over 1 (or not a number) long after the run."""
        fault = RunError(
            f"suite '{self._suite}' recorded the score {verdict.score} of the judge "
            f"'{verdict.judge}' under '{path}' of case '{self.case.id}'; this is a fault of the "
            "suite or the judge: let it give a score from 0 to 1, or none"
        )
        self.broken = self.broken or fault
        raise fault

    async def call(self, role: Role, request: Request, path: str) -> Reply:
        kitchen = self._kitchen
        gave_up = self._past.effects.get(f"{path}{GAVE_UP}")
        try:
            return await kitchen.caller.call(
                role, request, self.key, path, self._past.calls, gave_up, self.pot
            )
        except BaseException as error:
            self.broken = self.broken or error
            raise

    async def call_apart(self, role: Role, request: Request, path: str) -> Reply:
        """For tasks of a suite's own: it may cancel or forget them, but not a call that is paid."""
        task = asyncio.create_task(self.call(role, request, path))
        self.under_way.add(task)
        task.add_done_callback(self._ended)
        await asyncio.wait((task,))
        return task.result()

    def _ended(self, task: asyncio.Task[Reply]) -> None:
        self.under_way.discard(task)
        if not task.cancelled():
            task.exception()  # it is kept in `broken`, whoever still waits for the task

    async def wait(self) -> None:
        """For calls that the suite left under way. Where the run leaves at once nobody waits, and
        they are cut off."""
        try:
            while self.under_way and not cut_off():
                await asyncio.wait(self.under_way)
        finally:
            for task in self.under_way:
                task.cancel()

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
        return call_seed_of(self._kitchen.seed, self._suite, self.case.id, self.key[2], path)

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
        path = step_path(self._path, role, step)
        bench.claim(path)
        self._calls.append(path)
        who = bench.role(role)
        request = Request(
            (*who.system, *messages),
            merged(who.sampling, sampling),
            bench.call_seed(path),
            schema,
            top_logprobs,
            dict(hints) if hints else {},
        )
        if asyncio.current_task(bench.home.get_loop()) is bench.home:
            return await bench.call(who, request, path)
        return await bench.call_apart(who, request, path)

    async def judge(self, name: str, exhibit: Exhibit) -> Verdict:
        return await self._bench.judge(name).judge(exhibit, self)

    def record(self, *verdicts: Verdict, **labels: Any) -> None:
        if self._done:
            raise RunError(f"the arm '{self._path}' was recorded twice; an arm is one trial")
        if self._bench.closed:
            self._bench.too_late(self._path)
        for verdict in verdicts:
            if verdict.score is not None and not 0 <= verdict.score <= 1:
                self._bench.out_of_range(self._path, verdict)
        self._done = True
        row = TrialRow(self.name, self.repeat, tuple(self._calls), labels, verdicts)
        self._bench.trials.append(row)

    def rng(self, label: str) -> Random:
        return self._bench.rng(f"{self._path}/{label}")

    def now(self, label: str = "now") -> datetime:
        stamp = self._bench.remember(f"{self._path}/time/{label}", utcnow().isoformat())
        return datetime.fromisoformat(stamp)


def cut_off() -> bool:
    """Was this task cancelled from outside? A suite's own timeout takes its cancellation back."""
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0


def merged(plan: Sampling, asked: Sampling | None) -> Sampling:
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
