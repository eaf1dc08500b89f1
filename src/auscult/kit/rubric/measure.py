"""The error of the open-answer judge with a model of yours: `python -m auscult.kit.rubric.measure`.

    python -m auscult.kit.rubric.measure local/qwen --half heldout --probes

Prints agreement with people on right or not and on all four rulings, kappa, sensitivity,
specificity, the confusion, how many judgements could not be read, and with `--probes` how often the
order, padding, a plea or asking afresh changes a verdict. `--balanced 24` takes 24 answers, half of
them right. Nothing is kept: for many answers of your own use `auscult judges calibrate`.
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
from auscult.kit.judge_agreement import Share
from auscult.kit.rubric.calibration import (
    Labelled,
    Ruled,
    balanced,
    beyond_chance,
    load,
    measured,
    rule_all,
)
from auscult.kit.rubric.probes import PROBES, Flips, Probe, probe


class Report(msgspec.Struct, frozen=True):
    judge: str
    half: str
    found: list[Ruled]
    flips: list[Flips]

    @property
    def by_model(self) -> list[Ruled]:
        """Without what code decided, which is easy."""
        return [one for one in self.found if one.by == "judge"]

    @property
    def asked_twice(self) -> int:
        return sum(one.verdict.labels.get("asks", 0) > 1 for one in self.found)

    def as_json(self) -> dict[str, Any]:
        whole = measured(self.found)
        return {
            "judge": self.judge,
            "half": self.half,
            "n": len(self.found),
            "unreadable": sum(not one.readable for one in self.found),
            "asked_twice": self.asked_twice,
            "faults": [str(o.verdict.labels["fault"]) for o in self.found if not o.readable],
            "by": dict(Counter(one.by for one in self.found)),
            "measured": msgspec.to_builtins(whole),
            "kappa": msgspec.to_builtins(beyond_chance(self.found)),
            "by_model": {
                "agreement": msgspec.to_builtins(measured(self.by_model).agreement),
                "kappa": msgspec.to_builtins(beyond_chance(self.by_model)),
            },
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
            f"unreadable judgements: {unreadable}; asked twice: {self.asked_twice}",
            f"right or not:     {_share(whole.agreement)}",
            f"  by the model:   {_share(measured(self.by_model).agreement)}",
            f"all four rulings: {_share(whole.exact)}",
            f"Cohen's kappa:    {_share(beyond_chance(self.found))}",
            f"  by the model:   {_share(beyond_chance(self.by_model))}",
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
    target: Target, rows: Sequence[Labelled], half: str, *, probes: Sequence[Probe] = ()
) -> Report:
    plain = await rule_all(target, rows)
    flips = [await probe(target, rows, which, plain=plain) for which in probes]
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
    parser.add_argument("--balanced", type=int, metavar="N", help="N answers, half right")
    parser.add_argument("--probe", action="append", choices=PROBES, help="asks as much again")
    parser.add_argument("--probes", action="store_true", help="all of them: five times as much")
    parser.add_argument("--json", action="store_true")
    chosen = parser.parse_args(arguments)
    try:
        rows = load(chosen.half)[:: max(1, chosen.every)]
        if chosen.balanced is not None:
            rows = balanced(rows, chosen.balanced)
        probes = PROBES if chosen.probes else tuple(dict.fromkeys(chosen.probe or ()))
        found = asyncio.run(_measure(chosen.judge, rows, chosen.half, probes))
    except AuditError as error:
        sys.stderr.write(f"{error}\n")
        return error.exit_code
    if chosen.json:
        sys.stdout.write(msgspec.json.encode(found.as_json()).decode() + "\n")
    else:
        sys.stdout.write(found.as_text() + "\n")
    return 0


async def _measure(
    use: str, rows: Sequence[Labelled], half: str, probes: Sequence[Probe]
) -> Report:
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
