"""The error of the hallucination judge with a model of yours, whole and by specialist.

    python -m auscult.kit.specialists.measure local/qwen --half heldout --only facts

Prints, over the labelled answers beside the judge, sensitivity and specificity for "found", what
was unsure and what could not be read, and the same for each specialist. A specialist is measured on
answers that have its kind of fault and on those that have none of it; answers whose label leaves
it open are left out. The sets are synthetic, written and labelled once by one author: they warn of
weak spots and are no sample of any model's answers. A cluster is a request. Nothing is kept.
"""

from __future__ import annotations

import argparse
import asyncio
import importlib.resources
import sys
from collections import Counter
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
from auscult.kit.judge_agreement import Pair, Share, measure
from auscult.kit.rubric.calibration import AT_ONCE, Desk
from auscult.kit.rubric.measure import bound
from auscult.kit.specialists.table import NAMES, Name

JUDGE = "hallucination"
FOUND, NONE = "found", "none"


class Labelled(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One answer and the faults that a person saw in it."""

    id: str
    shape: str
    item: str
    """The request it belongs to."""
    question: str
    context: str
    facts: tuple[str, ...]
    answer: str
    codes: tuple[str, ...]
    """With their specialist, such as "facts/wrong-dose"."""
    allowed: tuple[Name, ...]
    """Specialists that may find something here or not: the fault touches their kind."""
    behaviour: Behaviour

    def truth(self, name: Name | None = None) -> str:
        """Of the whole, or of one specialist; empty where the label leaves it open."""
        if name in self.allowed:
            return ""
        hit = [code for code in self.codes if name is None or code.partition("/")[0] == name]
        return FOUND if hit else NONE


class Ruled(msgspec.Struct, frozen=True):
    row: Labelled
    verdict: Verdict

    def said(self, name: Name | None = None) -> str:
        """Found, none, or empty where it was unsure or could not be read."""
        if name is None:
            if self.verdict.behaviour == "error":
                return ""
            return FOUND if self.verdict.score == 0 else NONE
        labels = self.verdict.labels
        if name in labels.get("codes", ()):
            return FOUND
        missing = {*labels.get("unsure", ()), *labels.get("failed", ())}
        return "" if name in missing else NONE


@cache
def load(half: Half) -> tuple[Labelled, ...]:
    package, _, stem = find("judges", JUDGE).module.rpartition(".")
    source = importlib.resources.files(package) / f"{stem}.{half}.jsonl"
    if half not in HALVES or not source.is_file():
        raise UsageError(f"'{half}' is no labelled set of the judge {JUDGE}: {', '.join(HALVES)}")
    rows = []
    for number, line in enumerate(source.read_bytes().splitlines(), 1):
        try:
            rows.append(msgspec.json.decode(line, type=Labelled))
        except msgspec.DecodeError as error:
            raise DataError(f"{source.name} (line {number}): {error}") from None
    return tuple(rows)


def exhibit_of(row: Labelled, **facts: Any) -> Exhibit:
    held = {"context": row.context, "facts": list(row.facts), **facts}
    return Exhibit(Case(id=row.id, question=row.question), (), Reply(text=row.answer), held)


async def rule_all(
    target: Target, rows: Sequence[Labelled], only: Sequence[Name] = (), *, planted: bool = False
) -> list[Ruled]:
    """`planted` tells a scripted judge what the labels say."""
    judge: Judge = build("judges", JUDGE, {"only": list(only)})
    gate = asyncio.Semaphore(target.abilities.parallel or AT_ONCE)

    async def one(row: Labelled) -> Ruled:
        async with gate:
            exhibit = exhibit_of(row, planted=list(row.codes)) if planted else exhibit_of(row)
            return Ruled(row, await judge.judge(exhibit, cast(Arm, Desk(target, row.id))))

    return list(await asyncio.gather(*(one(row) for row in rows)))


def pairs_of(found: Sequence[Ruled], name: Name | None = None) -> list[Pair]:
    return [
        Pair(one.row.item, one.row.shape, truth, one.said(name), "", one.verdict.cause)
        for one in found
        if (truth := one.row.truth(name))
    ]


def told(found: Sequence[Ruled], names: Sequence[Name] = NAMES) -> str:
    tokens = Counter[str]()
    for one in found:
        tokens.update(one.verdict.labels.get("tokens", {}))
    causes = Counter(o.verdict.cause for o in found if o.verdict.behaviour == "error")
    lines = [f"answers: {len(found)}; without a verdict: {dict(causes) or 'none'}"]
    for name in (None, *names):
        pairs = pairs_of(found, name)
        read = [pair for pair in pairs if pair.judged]
        if not read:
            continue
        whole = measure(pairs, FOUND)
        lines.append(
            f"{name or 'all':<13} sensitivity {_share(whole.found)}, specificity "
            f"{_share(whole.kept_out)}, not read {len(pairs) - len(read)}"
            + (f", tokens at most {tokens[name]:,}" if name else "")
        )
    return "\n".join(lines)


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m auscult.kit.specialists.measure")
    parser.add_argument("judge", help="the judge model, as a target in a plan: local/qwen")
    parser.add_argument("--half", choices=HALVES, default="calibration")
    parser.add_argument("--every", type=int, default=1, help="take each N-th answer")
    parser.add_argument("--only", action="append", choices=NAMES, help="one specialist")
    chosen = parser.parse_args(arguments)
    names: tuple[Name, ...] = tuple(chosen.only or NAMES)
    try:
        rows = load(chosen.half)[:: max(1, chosen.every)]
        text = told(asyncio.run(_ruled(chosen.judge, rows, names)), names)
    except AuditError as error:
        sys.stderr.write(f"{error}\n")
        return error.exit_code
    sys.stdout.write(f"judge model: {chosen.judge}; {chosen.half} half\n{text}\n")
    return 0


async def _ruled(use: str, rows: Sequence[Labelled], names: Sequence[Name]) -> list[Ruled]:
    target = bound(use)
    try:
        return await rule_all(target, rows, names)
    finally:
        await target.close()


def _share(share: Share | None) -> str:
    if share is None or share.value is None or share.low is None or share.high is None:
        return "-"
    return f"{share.value:.3f} [{share.low:.3f}, {share.high:.3f}] (n {share.n})"


if __name__ == "__main__":
    raise SystemExit(main())
