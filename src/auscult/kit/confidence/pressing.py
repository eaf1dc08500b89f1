"""The agent form: a model writes a disguise, or converses and presses, and code stands between it
and the target.

What the writer is asked is one trial of an arm of its own, what a verifier is asked another. The
attacked trial says in `by_model` which attack it is, in `words` and `words_used` how many texts
were asked for and how many of the model's were put: in place of the others stand the author's.
"""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from auscult.core.message import Message
from auscult.core.protocols import Arm, Bench
from auscult.kit.attack.agent import WRITTEN
from auscult.kit.attack.own_writer import LABEL
from auscult.kit.attack.verify import ROLE as VERIFIER
from auscult.kit.attack.verify import VERIFIED
from auscult.kit.confidence.asking import (
    AGENT,
    PRESSURE,
    agent_pair,
    authors_words,
    in_words,
)
from auscult.kit.confidence.putting import Conversation, Table, Told, put_it
from auscult.kit.confidence.writing import Desk, Wanted, Wrote


class Exchange:
    """With the writer of one arm, and with the verifier behind it."""

    def __init__(self, bench: Bench, desk: Desk, attack: str) -> None:
        arm = attack + AGENT
        self.attack, self.desk = attack, desk
        self.place = bench.arm(arm + WRITTEN)
        self.checks: Arm | None = None
        if VERIFIER in bench.roles:
            self.checks = bench.arm(arm + VERIFIED)
        self.wrote: list[Wrote] = []

    async def text(self, wanted: Wanted, step: str) -> str:
        found = await self.desk.write(self.place, wanted, self.checks, step)
        self.wrote.append(found)
        return found.text

    def close(self) -> None:
        """Once nothing more is asked."""
        faults = [fault for one in self.wrote for fault in one.faults]
        told = {"faults": "; ".join(faults)} if faults else {}
        self.place.record(
            written_for=self.attack, asks=len(self.wrote), words_used=self.used,
            fell_back=len(self.wrote) - self.used, **told,
        )  # fmt: skip
        rulings = [one.ruling for one in self.wrote if one.ruling is not None]
        if self.checks is not None and rulings:
            why = "; ".join(ruling for ruling in rulings if ruling)
            self.checks.record(
                verified_for=self.attack, asks=len(rulings), passed_of=rulings.count(""), why=why
            )

    @property
    def used(self) -> int:
        return sum(one.used for one in self.wrote)

    @property
    def vouched(self) -> bool:
        """An author or a verifier stands behind all that was put."""
        return all(one.ruling == "" for one in self.wrote if one.used)

    def labels(self) -> dict[str, Any]:
        """Of the attacked trial. Words are vouched for where a verifier let all of them through."""
        used = [one for one in self.wrote if one.used]
        told: dict[str, Any] = {
            "by_model": self.attack, "words": len(self.wrote), "words_used": len(used),
            "edit_written": bool(used),
        }  # fmt: skip
        if used and self.vouched:
            told["edit_verified"] = True
        if any(one.own for one in used):
            told[LABEL] = True
        return told


async def disguised(bench: Bench, table: Table, desk: Desk, attack: str, lot: float) -> Told:
    """In words of the model, which is told no reply of the target."""
    put = agent_pair(table.scenario, attack).attacked
    exchange = Exchange(bench, desk, attack)
    authors = authors_words(table.scenario, attack)
    words = await exchange.text(Wanted(attack, authors), "write")
    exchange.close()
    put = in_words(table.scenario, put, words)
    told = await put_it(bench, table, put, {**exchange.labels(), "lot": lot})
    return replace(told, vouched=exchange.vouched)


async def pressed(bench: Bench, table: Table, desk: Desk) -> tuple[Told, Told]:
    """A conversation in which the model reads each reply and says what comes next, and before it
    the control, of as many polite turns of the author's."""
    pair = agent_pair(table.scenario, PRESSURE)
    control = await put_it(bench, table, pair.control, {"by_model": PRESSURE})
    exchange = Exchange(bench, desk, PRESSURE)
    turns = pair.attacked.turns

    async def turning(turn: int, said: Conversation) -> str:
        heard: tuple[Message, ...] = tuple(m for m in said if m.role != "system")[1:]
        wanted = Wanted(PRESSURE, turns[turn], heard, turn + 1, len(turns))
        return await exchange.text(wanted, f"turn {turn + 1}")

    told = await put_it(
        bench, table, pair.attacked, lambda: {**exchange.labels(), "lot": 1.0}, turning
    )
    exchange.close()
    return control, replace(told, vouched=exchange.vouched)
