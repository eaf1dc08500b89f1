"""What people said of a judge's verdicts: progress, agreement, corrected headlines, what they
overturned. In words, tables and JSON, and beside the headlines of results.json."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import msgspec

from auscult.core.estimate import Estimate, Finding
from auscult.engine.labels import reviews
from auscult.engine.labels_seen import frame_of
from auscult.kit.review.corrected import COLUMNS, corrected, not_by_verdict
from auscult.kit.review.grouped import columns_of as group_columns
from auscult.kit.review.grouped import corrected_group, declared
from auscult.kit.review.measure import (
    Between,
    Judged,
    Sample,
    Settled,
    between,
    judge_measured,
    overturned,
    sample_of,
    settled,
)
from auscult.kit.review.records import Queue, Review
from auscult.report.judged_again import Block, Part

if TYPE_CHECKING:
    from auscult.engine.view import RunView
    from auscult.kit.judge_agreement import Share

SHOWN = 20
KEY = "corrected_by_review"
NOTE = (
    "Corrected figures rest on labels that people gave to a random sample of this run's verdicts, "
    "each weighted by one over its chance of being picked. Labels picked on purpose overturn "
    "single verdicts and enter no rate. The suite's own figure stays the headline. Intervals "
    "are 95% and take all verdicts of a cluster together."
)


class Progress(msgspec.Struct, frozen=True):
    queue: str
    drawn: str
    items: int
    random: int
    random_labelled: int
    priority: int
    priority_labelled: int
    twice: int
    twice_labelled: int


class Told(msgspec.Struct, frozen=True):
    """Of one judge."""

    queue: Queue
    """The newest."""
    progress: tuple[Progress, ...]
    sample: Sample
    judged: Judged
    readers: tuple[Between, ...]
    corrected: tuple[Estimate, ...]
    overturned: tuple[Settled, ...]
    tied: tuple[Settled, ...]
    findings: tuple[Finding, ...]
    """That stand on a verdict which people overturned."""


def told(
    view: RunView, estimates: Sequence[Estimate], findings: Sequence[Finding] = ()
) -> list[Told]:
    """By judge; empty where nobody drew a queue."""
    by_judge: dict[str, list[Review]] = {}
    for review in reviews(view.folder):
        by_judge.setdefault(review.queue.judge, []).append(review)
    return [_told(view, listed, estimates, findings) for listed in by_judge.values()]


def _told(
    view: RunView,
    listed: list[Review],
    estimates: Sequence[Estimate],
    findings: Sequence[Finding],
) -> Told:
    queue = listed[-1].queue
    frame = frame_of(view, queue.judge)
    sample = sample_of(listed, frame)
    current = next((r.queue for r in reversed(listed) if r.queue.frame == frame), queue)
    over = tuple(overturned(listed))
    trials = {(one.item.suite, one.item.case_id, one.item.arm, one.item.repeat) for one in over}
    return Told(
        queue,
        tuple(_progress(review) for review in listed),
        sample,
        judge_measured(sample, current),
        tuple(between(listed)),
        tuple(_corrected(view, current, sample, estimates)),
        over,
        tuple(one for review in listed for one in settled(review) if one.tied),
        tuple(
            f for f in findings
            if (f.suite, f.case_id, f.arm, int(f.extra.get("repeat", 0))) in trials
        ),
    )  # fmt: skip


def _progress(review: Review) -> Progress:
    said = {one.item.id: one for one in settled(review)}
    random = [one.id for one in review.items if one.part == "random"]
    rest = [one.id for one in review.items if one.part != "random"]
    double = [one.id for one in review.items if one.readers > 1]
    return Progress(
        review.queue.id, review.queue.at, len(review.items),
        len(random), sum(id_ in said for id_ in random),
        len(rest), sum(id_ in said for id_ in rest),
        len(double), sum(id_ in said and len(said[id_].readers) > 1 for id_ in double),
    )  # fmt: skip


def _corrected(
    view: RunView, queue: Queue, sample: Sample, estimates: Sequence[Estimate]
) -> list[Estimate]:
    """Headlines and primary figures that rest on this judge."""
    chief = [one for one in estimates if one.headline or one.standing == "primary"]
    found = []
    for status in view.suites:
        mine = [one for one in chief if one.suite == status.name and one.value is not None]
        suite = view.plugin(status.name)
        found += _of_the_run(view, suite, queue, sample, mine)
        found += _of_groups(view, suite, queue, sample, mine)
    return found


def _of_the_run(
    view: RunView, suite: Any, queue: Queue, sample: Sample, estimates: Sequence[Estimate]
) -> list[Estimate]:
    from auscult.stats.watched import columns_of

    watched = {one.metric: one for one in getattr(suite, "watched", ())}
    found = []
    for about in estimates:
        one = watched.get(about.metric)
        if about.group or about.condition:
            continue
        if one is None:
            if queue.judge in about.judge.split(" and "):
                found.append(not_by_verdict(about))
            continue
        if queue.judge in one.judges_read and (about.control_arm == one.control_arm):
            frame = view.frame(about.suite, (*COLUMNS, *columns_of(one)))
            found.append(corrected(frame, one, about, sample, queue))
    return found


def _of_groups(
    view: RunView, suite: Any, queue: Queue, sample: Sample, estimates: Sequence[Estimate]
) -> list[Estimate]:
    """The same figure of one model after the other, say."""
    found = []
    for grouped in declared(suite):
        mine = [one for one in estimates if grouped.is_of(one)]
        if mine and queue.judge in grouped.watched.judges_read:
            frame = view.frame(mine[0].suite, (*COLUMNS, *group_columns(grouped)))
            found += [corrected_group(frame, grouped, one, sample, queue) for one in mine]
    return found


# --- for results.json, the dossier and the terminal -----------------------------------------------


def with_reviews(view: RunView, estimates: list[Estimate]) -> list[Estimate]:
    """Beside a headline, in `extra`, what labels of this run correct it to. Its own value stays."""
    better = {_name(one): one for about in told(view, estimates) for one in about.corrected}
    out = []
    for estimate in estimates:
        one = better.get(_name(estimate))
        if one is not None and not estimate.condition:
            extra = estimate.extra | {KEY: beside(one)}
            estimate = msgspec.structs.replace(estimate, extra=extra)
        out.append(estimate)
    return out


def _name(one: Estimate) -> tuple[object, ...]:
    return one.suite, one.metric, one.arm, one.control_arm, tuple(sorted(one.group.items()))


def _title(one: Estimate) -> str:
    return ", ".join([one.metric, *(one.group[name] for name in sorted(one.group))])


def beside(one: Estimate) -> dict[str, Any]:
    return {
        "value": one.value, "low": one.low, "high": one.high, "level": one.level,
        "labels": one.extra.get("n_labels", 0), "method": one.method, "note": one.note,
    }  # fmt: skip


def sections(
    view: RunView, estimates: Sequence[Estimate], findings: Sequence[Finding]
) -> list[Block]:
    return [block_of(one) for one in told(view, estimates, findings)]


def block_of(one: Told) -> Block:
    tables = [_progress_table(one)]
    if one.corrected:
        tables.append(_corrected_table(one.corrected))
    if one.judged.n:
        tables += _judge_tables(one.judged)
    tables += _reader_tables(one.readers)
    if one.overturned:
        tables.append(_overturned_table(one.overturned))
    return Block(f"Verdicts of '{one.queue.judge}'", tuple(_sentences(one)), tuple(tables))


def _sentences(one: Told) -> list[str]:
    sample, said = one.sample, []
    said.append(f"{len(sample.kept):,} labels of the random part count.")
    if sample.why_not:
        said.append(f"No figure is corrected: {sample.why_not}")
    if sample.waiting:
        said.append(
            f"{sample.waiting:,} further labels wait: an item before them has none yet, and labels "
            "count in the order of the queue."
        )
    if sample.cannot_tell:
        said.append(
            f"On {sample.cannot_tell:,} people could not tell. They are left out, as if they were "
            "like the rest of their kind."
        )
    if sample.stale:
        said.append(f"{sample.stale:,} labels are of verdicts the run had earlier.")
    if one.queue.without_verdict:
        said.append(
            f"On {one.queue.without_verdict:,} replies the judge gave no verdict: missing data, "
            "which no label here corrects."
        )
    if one.tied:
        listed = ", ".join(item.item.id for item in one.tied[:SHOWN])
        said.append(f"{len(one.tied):,} items need a further reader, who settles them: {listed}.")
    if one.findings:
        listed = ", ".join(f.id for f in one.findings[:SHOWN])
        said.append(
            f"{len(one.findings):,} findings stand on a verdict that people overturned: {listed}."
        )
    return [*said, NOTE]


def _progress_table(one: Told) -> Part:
    rows = tuple(
        (p.queue, p.drawn[:10], f"{p.random_labelled} of {p.random}",
         f"{p.priority_labelled} of {p.priority}", f"{p.twice_labelled} of {p.twice}")
        for p in one.progress
    )  # fmt: skip
    return Part("Labelled so far", ("queue", "drawn", "random", "priority", "by two people"), rows)


def _corrected_table(found: Sequence[Estimate]) -> Part:
    columns = ("suite", "figure", "uncorrected", "corrected", "labels", "because")
    rows = tuple(
        (e.suite, _title(e), _span(e.extra["uncorrected"]), _span(beside(e)),
         str(e.extra.get("n_labels", "-")), e.note)
        for e in found
    )  # fmt: skip
    return Part("Headlines, uncorrected and corrected", columns, rows)


def _judge_tables(judged: Judged) -> list[Part]:
    rows = [
        ("agreement", _said(judged.agreement)),
        ("Cohen's kappa", _said(judged.kappa)),
    ]
    for label, share in judged.sensitivity.items():
        rows.append((f"sensitivity for '{label}'", _said(share)))
        rows.append((f"specificity for '{label}'", _said(judged.specificity[label])))
    counts = _counts("Labels by people (rows) and the judge (columns), as counted",
                     judged.confusion)  # fmt: skip
    return [Part("The judge on this run, weighted", ("", "value [95%]"), tuple(rows)), counts]


def _reader_tables(readers: Sequence[Between]) -> list[Part]:
    if not readers:
        return []
    rows = tuple(
        (one.first, one.second, f"{one.agree} of {one.n}", _said(one.kappa)) for one in readers
    )
    columns = ("reader", "reader", "agree", "kappa, random part")
    tables = [Part("Two readers of one item", columns, rows)]
    for one in readers:
        title = f"Labels by {one.first} (rows) and {one.second} (columns)"
        tables.append(_counts(title, one.confusion))
    return tables


def _counts(title: str, table: dict[str, dict[str, int]]) -> Part:
    levels = sorted({*table, *(name for row in table.values() for name in row)})
    rows = tuple(
        (row, *(str(table.get(row, {}).get(column, 0)) for column in levels)) for row in levels
    )
    return Part(title, ("", *levels), rows)


def _overturned_table(found: Sequence[Settled]) -> Part:
    columns = ("suite", "case", "arm", "repeat", "the judge", "people", "part")
    rows = tuple(
        (one.item.suite, one.item.case_id, one.item.arm, str(one.item.repeat),
         one.item.judged or "unsure", one.label, one.item.part)
        for one in found[:SHOWN]
    )  # fmt: skip
    return Part(f"Overturned verdicts ({len(found):,})", columns, rows)


def record(one: Told) -> dict[str, Any]:
    """For a script."""
    return {
        "judge": one.queue.judge,
        "version": one.queue.version,
        "queues": one.progress,
        "random_labels": len(one.sample.kept),
        "waiting": one.sample.waiting,
        "cannot_tell": one.sample.cannot_tell,
        "stale": one.sample.stale,
        "why_not": one.sample.why_not,
        "judge_against_people": one.judged,
        "readers": one.readers,
        "headlines": [
            {"suite": e.suite, "metric": e.metric, "arm": e.arm, "control_arm": e.control_arm,
             "group": e.group, "uncorrected": e.extra["uncorrected"], "corrected": beside(e)}
            for e in one.corrected
        ],
        "overturned": [_overturning(s) for s in one.overturned],
        "needs_a_further_reader": [_overturning(s) for s in one.tied],
        "findings_overturned": [f.id for f in one.findings],
    }  # fmt: skip


def _overturning(one: Settled) -> dict[str, Any]:
    item = one.item
    return {
        "item": item.id, "suite": item.suite, "case_id": item.case_id, "arm": item.arm,
        "repeat": item.repeat, "judge": item.judged, "people": one.label, "readers": one.readers,
        "part": item.part, "inclusion": item.inclusion, "reasons": item.reasons,
    }  # fmt: skip


def _span(said: dict[str, Any]) -> str:
    if said["value"] is None:
        return "-"
    if said["low"] is None or said["high"] is None:
        return f"{said['value']:.3f}"
    return f"{said['value']:.3f} [{said['low']:.3f}, {said['high']:.3f}]"


def _said(share: Share) -> str:
    return _span({"value": share.value, "low": share.low, "high": share.high})
