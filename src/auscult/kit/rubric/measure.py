"""The error of the open-answer judge with a model of yours: `python -m auscult.kit.rubric.measure`.

    python -m auscult.kit.rubric.measure local/qwen --half heldout --probes

Prints agreement with people on right or not and on all four rulings, sensitivity, specificity, the
confusion, how many judgements could not be read, and with `--probes` how often the order, padding,
a plea or asking afresh changes a verdict. `--every 3` takes each third answer.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
from collections import Counter
from collections.abc import Sequence
from typing import Any
from urllib.parse import parse_qsl

import msgspec

from auscult.core.errors import AuditError
from auscult.core.protocols import Target, TargetSpec
from auscult.core.registry import build, find
from auscult.kit.calibration import HALVES
from auscult.kit.judge_labels import Share
from auscult.kit.rubric.calibration import Labelled, Ruled, load, measured, rule_all
from auscult.kit.rubric.probes import PROBES, Flips, probe


class Report(msgspec.Struct, frozen=True):
    judge: str
    half: str
    found: list[Ruled]
    flips: list[Flips]

    def as_json(self) -> dict[str, Any]:
        whole = measured(self.found)
        return {
            "judge": self.judge,
            "half": self.half,
            "n": len(self.found),
            "unreadable": sum(not one.readable for one in self.found),
            "by": dict(Counter(one.by for one in self.found)),
            "measured": msgspec.to_builtins(whole),
            "probes": [
                msgspec.to_builtins(f) | {"rate": f.flips.value, "interval": list(f.flips.interval)}
                for f in self.flips
            ],
            "misses": [
                {"id": o.row.id, "person": o.row.verdict, "judge": o.ruling}
                for o in self.found
                if o.ruling != o.row.verdict
            ],
        }

    def as_text(self) -> str:
        whole = measured(self.found)
        unreadable = sum(not one.readable for one in self.found)
        by = ", ".join(
            f"{n} by {who}" for who, n in sorted(Counter(o.by for o in self.found).items())
        )
        lines = [
            f"judge model: {self.judge}; {self.half} half, {len(self.found)} answers ({by})",
            f"unreadable judgements: {unreadable}",
            f"right or not:     {_share(whole.agreement)}",
            f"all four rulings: {_share(whole.exact)}",
            f"word overlap:     {_share(whole.baseline)}",
            f"sensitivity:      {_share(whole.found)}",
            f"specificity:      {_share(whole.kept_out)}",
            "person -> judge",
        ]
        for truth, row in sorted(whole.confusion.items()):
            lines.append(f"  {truth}: " + ", ".join(f"{k} {n}" for k, n in sorted(row.items())))
        lines += [
            f"{f.probe}: verdict changed in {f.flips}; to right {f.to_right}, from right "
            f"{f.from_right}, mean score {_signed(f.shift)}, unreadable {f.unreadable}"
            for f in self.flips
        ]
        return "\n".join(lines)


async def report(
    target: Target, rows: Sequence[Labelled], half: str, *, probes: bool = False
) -> Report:
    plain = await rule_all(target, rows)
    flips = [await probe(target, rows, which, plain=plain) for which in PROBES] if probes else []
    return Report(target.identity, half, plain, flips)


def bound(use: str) -> Target:
    """`kind/ref?name=value`, as in a plan."""
    head, _, query = use.partition("?")
    kind, _, ref = head.partition("/")
    find("targets", kind)
    spec = TargetSpec(kind, ref, dict(parse_qsl(query, keep_blank_values=True)), "judge")
    target: Target = build("targets", kind, spec)
    return target


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m auscult.kit.rubric.measure")
    parser.add_argument("judge", help="the judge model, as a target in a plan: local/qwen")
    parser.add_argument("--half", choices=HALVES, default="calibration")
    parser.add_argument("--every", type=int, default=1, help="take each N-th answer")
    parser.add_argument("--probes", action="store_true", help="ask five times as much")
    parser.add_argument("--json", action="store_true")
    chosen = parser.parse_args(arguments)
    try:
        rows = load(chosen.half)[:: max(1, chosen.every)]
        found = asyncio.run(_measure(chosen.judge, rows, chosen.half, chosen.probes))
    except AuditError as error:
        sys.stderr.write(f"{error}\n")
        return error.exit_code
    if chosen.json:
        sys.stdout.write(msgspec.json.encode(found.as_json()).decode() + "\n")
    else:
        sys.stdout.write(found.as_text() + "\n")
    return 0


async def _measure(use: str, rows: Sequence[Labelled], half: str, probes: bool) -> Report:
    target = bound(use)
    try:
        return await report(target, rows, half, probes=probes)
    finally:
        await target.close()


def _share(share: Share | None) -> str:
    if share is None or share.value is None or share.low is None or share.high is None:
        return "-"
    return f"{share.value:.3f} [{share.low:.3f}, {share.high:.3f}] (n {share.n})"


def _signed(value: float | None) -> str:
    return "-" if value is None else f"{value:+.3f}"


if __name__ == "__main__":
    raise SystemExit(main())
