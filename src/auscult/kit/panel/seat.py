"""One member of a panel: a judge, the role it asks, and an arm on which no two members meet."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NoReturn, cast

import msgspec

from auscult.core.errors import RunError
from auscult.core.message import Message, Reply, Sampling
from auscult.core.mutant import Rng
from auscult.core.protocols import Arm, Exhibit, Judge
from auscult.core.verdict import Verdict

JUDGE, TARGET = "judge", "target"


class Member(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`role` stands where the judge asks the role "judge"; empty for a judge that asks nobody."""

    use: str = "open-answer"
    role: str = JUDGE
    options: dict[str, Any] = {}


class Seat(msgspec.Struct, frozen=True):
    number: int
    """From 1 on."""
    member: Member
    judge: Judge

    @property
    def name(self) -> str:
        """As the panel's verdict names it."""
        asked = f"@{self.member.role}" if self.asks else ""
        return f"{self.number}:{self.member.use}{asked}"

    @property
    def asks(self) -> int:
        """Calls that one answer takes at most."""
        calls: Mapping[str, int] = getattr(self.judge, "asks", {})
        return calls.get(JUDGE, 0)

    async def read(self, exhibit: Exhibit, bench: Arm) -> Verdict:
        return await self.judge.judge(exhibit, cast(Arm, SeatArm(self, bench)))


class SeatArm:
    """The panel's arm as one member has it: its own role, and steps of its own."""

    def __init__(self, seat: Seat, bench: Arm) -> None:
        self._seat, self._bench = seat, bench

    async def ask(
        self,
        messages: Sequence[Message],
        *,
        step: str = "ask",
        role: str = TARGET,
        sampling: Sampling | None = None,
        schema: dict[str, Any] | None = None,
        top_logprobs: int = 0,
        hints: Mapping[str, Any] | None = None,
    ) -> Reply:
        if role != JUDGE:
            raise RunError(
                f"member {self._seat.name} of a panel asks the role '{role}'; a member may ask the "
                "role 'judge' alone, which the panel binds to the member's own"
            )
        return await self._bench.ask(
            messages, step=self._own(step), role=self._seat.member.role, sampling=sampling,
            schema=schema, top_logprobs=top_logprobs, hints=hints,
        )  # fmt: skip

    def rng(self, label: str) -> Rng:
        return self._bench.rng(self._own(label))

    def now(self, label: str = "now") -> datetime:
        return self._bench.now(self._own(label))

    async def judge(self, name: str, exhibit: Exhibit) -> NoReturn:
        self._refuse(f"ask the judge '{name}'")

    def record(self, *verdicts: Verdict, **labels: Any) -> NoReturn:
        self._refuse("record a trial")

    def _own(self, label: str) -> str:
        return f"{self._seat.number}-{label}"

    def _refuse(self, what: str) -> NoReturn:
        raise RunError(f"member {self._seat.name} of a panel may read and ask, but not {what}")
