"""What a judge's shipped labelled answers leave open about the figures that rest on it.

A judge of choices is right about a reply if it names the option a person names. Of a share of right
answers that makes two errors: a right answer not seen as one, and an answer that is not right seen
as one. The second is counted as badly as it can be: every option that the judge names where a
person names another, or none, is taken to be the key.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING

import msgspec

from auscult.core.errors import UsageError
from auscult.core.estimate import Estimate
from auscult.core.protocols import Watched
from auscult.kit.calibration import Judged, first_contact
from auscult.report.declared import EVERY_LOOK

if TYPE_CHECKING:
    from auscult.stats.confusion import Confusion

ERRORS_LEVEL = 0.99
RIGHT, OTHER = "right", "not right"
DIFFERENCE = "difference of proportions"


def with_ranges(
    estimates: Sequence[Estimate], watched: Mapping[str, Sequence[Watched]]
) -> list[Estimate]:
    """Headlined and primary shares of right answers, and their excess over a control arm, with the
    range that the judge's calibration leaves; `watched` by suite says which these are."""
    return [_apart(e, _ranged(e, estimates, watched.get(e.suite, ()))) for e in estimates]


def _apart(before: Estimate, after: Estimate) -> Estimate:
    """What the range says stands with the judge, and does not crowd the note of a headline."""
    said = after.note.removeprefix(before.note).strip()
    if not said:
        return after
    return msgspec.structs.replace(
        after, note=before.note, extra=after.extra | {"judge_range": said}
    )


def _ranged(
    estimate: Estimate, everything: Sequence[Estimate], watched: Sequence[Watched]
) -> Estimate:
    from auscult.stats.transport import sensitivity

    named = [w for w in watched if w.metric == estimate.metric and w.of == "score"]
    chief = estimate.headline or estimate.standing == "primary"
    if not named or not chief or estimate.group or estimate.corrected or estimate.value is None:
        return estimate
    errors = _errors(named[0].judge)
    if errors is None:
        return estimate
    paired = named[0].control_arm is not None
    if paired != (estimate.unit == DIFFERENCE):  # say of two runs, whose answers differ in kind
        return estimate
    if estimate.condition == EVERY_LOOK:
        return _ranged_at_every_look(estimate, errors)
    if not paired:
        return sensitivity(estimate, errors, positive=RIGHT)
    arm, control = (
        _share_of(everything, estimate, a) for a in (named[0].arm, estimate.control_arm)
    )
    return sensitivity(estimate, errors, positive=RIGHT, arm=arm, control=control)


def _ranged_at_every_look(estimate: Estimate, errors: Confusion) -> Estimate:
    """The ends of a sequential interval, carried through the error rates: what a fixed number of
    cases would leave open is narrower, and not what was declared. Interval and errors hold
    together at the sum of their levels less one."""
    from auscult.stats.transport import (
        ASSUMES,
        ASSUMES_OF_BOTH,
        behind_difference,
        behind_rate,
        range_sentence,
        region,
    )

    shares = errors.sensitivity(RIGHT), errors.specificity(RIGHT)
    low, high = estimate.low, estimate.high
    if shares[0] is None or shares[1] is None or low is None or high is None:
        return estimate
    level = estimate.level + ERRORS_LEVEL - 1
    box = region(shares[0], shares[1], level=ERRORS_LEVEL)
    apart = estimate.unit == DIFFERENCE
    ends = behind_difference(low, high, box.span) if apart else behind_rate(low, high, box)
    reach = {
        "assumption": ASSUMES_OF_BOTH if apart else ASSUMES,
        "low": ends[0],
        "high": ends[1],
        "level": level,
        "informative": box.span[0] > 0,
    }
    said = range_sentence(reach, estimate.unit, f"at {100 * level:.3g}%, at every look")
    return msgspec.structs.replace(
        estimate,
        note=f"{estimate.note} {said}".strip(),
        extra=estimate.extra | {"transport_range": reach},
    )


def _share_of(everything: Sequence[Estimate], like: Estimate, arm: str | None) -> float | None:
    """The share of right answers in an arm, as its suite gives it."""
    for e in everything:
        share = e.unit == "proportion" and "accuracy" in e.metric and not e.group
        share = share and e.condition != EVERY_LOOK
        if share and (e.suite, e.judge, e.arm) == (like.suite, like.judge, arm):
            return e.value
    return None


@cache
def _errors(judge: str) -> Confusion | None:
    """From the labelled answers the judge met unseen; None where it ships none."""
    from auscult.stats.agreement import labels
    from auscult.stats.confusion import confusion

    try:
        judged = first_contact(judge)
    except UsageError:  # its calibration cannot be read, or it is no plugin but the suite itself
        return None
    if not judged:
        return None
    truth, seen = zip(*(pair for row in judged for pair in _pairs(row)), strict=True)
    return confusion(labels(truth, seen, 1.0, levels=(RIGHT, OTHER)))


def _pairs(row: Judged) -> list[tuple[str, str]]:
    """A labelled answer that names an option is right where that is the key and not where it
    isn't; one that names none is not right whatever the key."""
    said, seen = row.labelled.choice, row.choice
    misread = (OTHER, RIGHT if seen is not None and seen != said else OTHER)
    return [misread] if said is None else [(RIGHT, RIGHT if seen == said else OTHER), misread]
