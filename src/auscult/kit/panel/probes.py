"""What should not move a judge, asked of any judge that asks a model: a panel, too.

Each probe judges a labelled answer again with one thing changed that leaves the right label as it
was: nothing but the draw, empty sentences, a plea, or, where the judge can be built so, the order
of what its model reads. As in `kit.rubric.probes`, which measures open answers outside a run, what
code decides cannot flip and is left out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from auscult.core.errors import UsageError
from auscult.core.protocols import Judge
from auscult.core.registry import build
from auscult.core.verdict import Verdict
from auscult.kit.calibration import Rate
from auscult.kit.judge_labels import LabelledReply, pair_of
from auscult.kit.rubric.probes import PADDING, PLEA, Flips, Probe

ADDED: Mapping[Probe, str] = {"length": PADDING, "plea": PLEA}
OTHER_ORDER = {"order": "answer-first"}


def probe_judges(judge: Judge, options: Mapping[str, Any]) -> dict[Probe, Judge]:
    """Which judge reads for each probe; without `position` where it has no other order."""
    found: dict[Probe, Judge] = {"again": judge, "length": judge, "plea": judge}
    try:
        found["position"] = build("judges", judge.name, {**options, **OTHER_ORDER})
    except UsageError:
        return found
    return found


def probed(row: LabelledReply, which: Probe) -> LabelledReply:
    added = ADDED.get(which)
    if added is None:
        return row
    return msgspec.structs.replace(row, answer=f"{row.answer.rstrip()} {added}")


def flips_of(
    judge: Judge,
    which: Probe,
    rows: Sequence[LabelledReply],
    before: Sequence[Verdict],
    after: Sequence[Verdict],
) -> Flips:
    """`to_right` and `from_right` are of the judge's positive label."""
    pairs = [
        (pair_of(judge, row, a), pair_of(judge, row, b), a, b)
        for row, a, b in zip(rows, before, after, strict=True)
        if _by_model(a)
    ]
    read = [(p.judged, q.judged, a, b) for p, q, a, b in pairs if p.judged and q.judged]
    shifts = [
        b.score - a.score for _, _, a, b in read if a.score is not None and b.score is not None
    ]
    positive = getattr(judge, "positive", "")
    return Flips(
        which,
        Rate(sum(was != now for was, now, _, _ in read), len(read)),
        len(pairs) - len(read),
        sum(shifts) / len(shifts) if shifts else None,
        sum(was != positive and now == positive for was, now, _, _ in read),
        sum(was == positive and now != positive for was, now, _, _ in read),
    )


def _by_model(verdict: Verdict) -> bool:
    return verdict.labels.get("by", "judge") not in ("code", "match")
