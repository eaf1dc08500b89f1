"""The error of the criteria judge with a model of yours: `python -m auscult.kit.open.measure`.

    python -m auscult.kit.open.measure local/qwen --half heldout

Prints, over criteria of the labelled answers beside the judge, agreement with their author,
sensitivity and specificity for "met", Cohen's kappa, the same for faults alone, and how many
answers could not be read. The sets are synthetic, written and labelled once by one author: they
warn of weak spots and are no sample of any model's answers. A cluster is a question. Nothing is
kept.
"""

from __future__ import annotations

import argparse
import asyncio
import importlib.resources
import sys
from collections.abc import Sequence
from functools import cache
from typing import Any, cast

import msgspec

from auscult.core.case import Case
from auscult.core.errors import AuditError, DataError, UsageError
from auscult.core.message import Reply
from auscult.core.protocols import Arm, Exhibit, Judge, Target
from auscult.core.registry import build, find
from auscult.core.verdict import Behaviour, Verdict
from auscult.kit.calibration import HALVES, Half
from auscult.kit.judge_agreement import Pair, Share, kappa, measure
from auscult.kit.open.case import Criterion
from auscult.kit.open.reading import words_say
from auscult.kit.rubric.calibration import AT_ONCE, Desk
from auscult.kit.rubric.measure import bound

JUDGE = "criteria"
MET, NOT_MET = LEVELS = ("met", "not-met")


class Labelled(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One answer, and which criteria a person saw met in it."""

    id: str
    shape: str
    item: str
    """The question it belongs to."""
    question: str
    criteria: tuple[Criterion, ...]
    answer: str
    met: tuple[str, ...]
    behaviour: Behaviour


class Ruled(msgspec.Struct, frozen=True):
    row: Labelled
    verdict: Verdict

    @property
    def readable(self) -> bool:
        return self.verdict.behaviour != "error"

    def pairs(self, faults: bool | None = None) -> list[Pair]:
        """One a criterion; with `faults`, of faults alone or of what is wanted alone."""
        judged = self.verdict.labels.get("met", ())
        words = words_say(self.row.criteria, self.row.answer)
        return [
            Pair(
                self.row.item,
                self.row.shape,
                _level(c.id in self.row.met),
                _level(c.id in judged) if self.readable else "",
                _level(c.id in words),
                self.verdict.cause,
            )
            for c in self.row.criteria
            if faults is None or faults is not c.wanted
        ]


@cache
def load(half: Half) -> tuple[Labelled, ...]:
    package, _, stem = find("judges", JUDGE).module.rpartition(".")
    source = importlib.resources.files(package) / f"{stem}.{half}.jsonl"
    if half not in HALVES or not source.is_file():
        raise UsageError(f"'{half}' is no labelled set of the judge {JUDGE}: {', '.join(HALVES)}")
    decoder = msgspec.json.Decoder(Labelled)
    rows = []
    for number, line in enumerate(source.read_bytes().splitlines(), 1):
        try:
            row = decoder.decode(line)
        except msgspec.DecodeError as error:
            raise DataError(f"{source.name} (line {number}): {error}") from None
        if set(row.met) - {c.id for c in row.criteria}:
            raise DataError(f"{source.name} (line {number}): a label is no criterion")
        rows.append(row)
    return tuple(rows)


def exhibit_of(row: Labelled) -> Exhibit:
    facts = {"question": row.question, "criteria": msgspec.to_builtins(row.criteria)}
    return Exhibit(Case(id=row.id, question=row.question), (), Reply(text=row.answer), facts)


async def rule_all(target: Target, rows: Sequence[Labelled]) -> list[Ruled]:
    judge: Judge = build("judges", JUDGE, {})
    gate = asyncio.Semaphore(target.abilities.parallel or AT_ONCE)

    async def one(row: Labelled) -> Ruled:
        async with gate:
            return Ruled(row, await judge.judge(exhibit_of(row), cast(Arm, Desk(target, row.id))))

    return list(await asyncio.gather(*(one(row) for row in rows)))


def pairs_of(found: Sequence[Ruled], *, faults: bool | None = None) -> list[Pair]:
    return [pair for one in found for pair in one.pairs(faults)]


def told(found: Sequence[Ruled], title: str) -> str:
    pairs = pairs_of(found)
    whole, faults = measure(pairs, MET), measure(pairs_of(found, faults=True), MET)
    by_model = [one for one in found if one.verdict.labels.get("by") == "judge"]
    lines = [
        f"{title}: {len(found)} answers, {len(pairs)} criteria; {len(by_model)} by the model",
        f"unreadable answers: {sum(not one.readable for one in found)}; asked twice: "
        f"{sum(one.verdict.labels.get('asks', 0) > 1 for one in found)}",
        f"agreement:       {_share(whole.agreement)}",
        f"  by the model:  {_share(measure(pairs_of(by_model), MET).agreement)}",
        f"Cohen's kappa:   {_share(kappa(pairs, LEVELS))}",
        f"sensitivity:     {_share(whole.found)}",
        f"specificity:     {_share(whole.kept_out)}",
        f"faults found:    {_share(faults.found)}",
        f"faults left out: {_share(faults.kept_out)}",
        f"word overlap:    {_share(whole.baseline)}",
    ]
    return "\n".join(lines)


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m auscult.kit.open.measure")
    parser.add_argument("judge", help="the judge model, as a target in a plan: local/qwen")
    parser.add_argument("--half", choices=HALVES, default="calibration")
    parser.add_argument("--every", type=int, default=1, help="take each N-th answer")
    chosen = parser.parse_args(arguments)
    try:
        rows = load(chosen.half)[:: max(1, chosen.every)]
        found = asyncio.run(_measured(bound(chosen.judge), rows))
    except AuditError as error:
        sys.stderr.write(f"{error}\n")
        return error.exit_code
    sys.stdout.write(told(found, f"{chosen.judge}, {chosen.half} half") + "\n")
    return 0


async def _measured(target: Target, rows: Sequence[Labelled]) -> list[Ruled]:
    try:
        return await rule_all(target, rows)
    finally:
        await target.close()


def _level(met: Any) -> str:
    return MET if met else NOT_MET


def _share(share: Share | None) -> str:
    if share is None or share.value is None or share.low is None or share.high is None:
        return "-"
    return f"{share.value:.3f} [{share.low:.3f}, {share.high:.3f}] (n {share.n})"


if __name__ == "__main__":
    raise SystemExit(main())
