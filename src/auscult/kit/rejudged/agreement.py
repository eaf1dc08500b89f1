"""How far a second judge agrees with the first, on the same replies of the same trials.

A reading is what a verdict says in a word or two: the behaviour, with the score of an answer that
carries one. Agreement is the share of trials in which both readings are the same; its interval
takes all trials of a cluster together. Where either judge gave an error there is no reading: it is
counted and left out. Neither judge is the truth, and none of this is an estimate of the target.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import msgspec

from auscult.core.protocols import Watched
from auscult.core.verdict import BEHAVIOURS, Verdict
from auscult.kit.judge_agreement import Measured, Pair, Share, kappa, measure
from auscult.stats.watched import case_value

MOST = 10
"""How many trials are listed."""


class Beside(msgspec.Struct, frozen=True):
    """Two verdicts on one reply."""

    suite: str
    case_no: int
    case_id: str
    cluster: str
    arm: str
    repeat: int
    labels: Mapping[str, Any]
    """The trial's own."""
    old: Verdict
    new: Verdict


class Headline(msgspec.Struct, frozen=True):
    """A metric that the suite headlines, read off both judges' verdicts on the same replies. The
    values are plain means over replies, to show which way the judges differ."""

    metric: str
    n: int
    differ: int
    old: float | None
    new: float | None


class Differing(msgspec.Struct, frozen=True):
    suite: str
    case_id: str
    arm: str
    repeat: int
    old: str
    new: str
    cause: str
    """As the new judge gives it."""


class Compared(msgspec.Struct, frozen=True):
    """A judge of a suite's own, and the new one beside it."""

    suite: str
    judge: str
    version: str
    measured: Measured
    behaviour: Share
    """Agreement on what happened, whatever it is worth."""
    kappa: Share
    levels: tuple[str, ...]
    headlines: tuple[Headline, ...]
    old_errors: int
    """Trials left out because the first judge had no reading either."""
    most: tuple[Differing, ...]


def reading_of(verdict: Verdict) -> str:
    """`answered, 1`, `answered, 0.5`, `refused`; empty for an error, which says nothing."""
    if verdict.behaviour == "error":
        return ""
    if verdict.score is None or verdict.behaviour not in ("answered", "partial"):
        return verdict.behaviour
    return f"{verdict.behaviour}, {round(verdict.score, 1):g}"


def compare(rows: Iterable[Beside], watched: Mapping[str, Sequence[Watched]]) -> list[Compared]:
    """By suite and judge of its own; `watched` by suite."""
    groups: dict[tuple[str, str, str], list[Beside]] = {}
    for row in rows:
        groups.setdefault((row.suite, row.old.judge, row.old.version), []).append(row)
    return [
        _compared(key, listed, watched.get(key[0], ())) for key, listed in sorted(groups.items())
    ]


def _compared(
    key: tuple[str, str, str], rows: Sequence[Beside], watched: Sequence[Watched]
) -> Compared:
    read = [row for row in rows if row.old.behaviour != "error"]
    pairs = [
        Pair(
            row.cluster or row.case_id, row.suite, reading_of(row.old), reading_of(row.new),
            cause=row.new.cause or "error",
        )
        for row in read
    ]  # fmt: skip
    levels = tuple(sorted({r for p in pairs for r in (p.truth, p.judged) if r}, key=_place))
    # Two judges that say one thing throughout agree, but not beyond chance.
    beyond = kappa(pairs, levels) if len(levels) > 1 else Share(None, None, None, 0, 0, "")
    return Compared(
        *key, measure(pairs), measure(_behaviours(pairs)).agreement, beyond, levels,
        tuple(_headlines(read, watched)), len(rows) - len(read), tuple(_most(read)),
    )  # fmt: skip


def _behaviours(pairs: Sequence[Pair]) -> list[Pair]:
    return [
        Pair(p.prompt, p.slice, p.truth.partition(",")[0], p.judged.partition(",")[0])
        for p in pairs
    ]


def _place(reading: str) -> tuple[int, str]:
    behaviour = reading.partition(",")[0]
    return list(BEHAVIOURS).index(behaviour), reading  # type: ignore[arg-type]


class _Trial(msgspec.Struct, frozen=True):
    """One verdict, as a watched metric reads a trial."""

    arm: str
    labels: Mapping[str, Any]
    verdicts: tuple[Verdict, ...]


def _headlines(rows: Sequence[Beside], watched: Sequence[Watched]) -> Iterator[Headline]:
    for one in watched:
        if one.of in ("label", "change") or one.pairs is not None:
            continue  # read from what the suite recorded, which no second judge can say
        arms = (*one.arms_read, *((one.control_arm,) if one.control_arm else ()))
        each = msgspec.structs.replace(one, control_arm=None, arms=arms)
        old, new, differ = 0.0, 0.0, 0
        n = 0
        for row in rows:
            before, after = (_value(each, row, verdict) for verdict in (row.old, row.new))
            if isinstance(before, float) and isinstance(after, float):
                n, old, new, differ = n + 1, old + before, new + after, differ + (before != after)
        if n:
            yield Headline(one.metric, n, differ, old / n, new / n)


def _value(watched: Watched, row: Beside, verdict: Verdict) -> Any:
    """As if the suite's own judge had said it."""
    said = msgspec.structs.replace(verdict, judge=row.old.judge)
    return case_value(watched, [_Trial(row.arm, row.labels, (said,))])


def _most(rows: Sequence[Beside]) -> Iterator[Differing]:
    """Those furthest apart first; an error of the new judge is no difference."""
    apart = [row for row in rows if reading_of(row.new) not in ("", reading_of(row.old))]
    apart.sort(key=lambda row: (-_distance(row), row.suite, row.case_no, row.arm, row.repeat))
    for row in apart[:MOST]:
        yield Differing(
            row.suite, row.case_id, row.arm, row.repeat, reading_of(row.old), reading_of(row.new),
            row.new.cause,
        )  # fmt: skip


def _distance(row: Beside) -> float:
    """Of the scores, and half as much again where the behaviours are not the same."""
    scores = [
        0.0 if verdict.score is None else float(verdict.score) for verdict in (row.old, row.new)
    ]
    return abs(scores[0] - scores[1]) + 0.5 * (row.old.behaviour != row.new.behaviour)
