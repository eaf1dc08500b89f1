"""What stands out in an audit of data, as sentences that carry their own numbers.

The thresholds are ours: they decide what is said, never what is counted.
"""

from __future__ import annotations

from collections.abc import Iterator

from auscult.kit.data_audit import BY_KIND, Audit, answered_by_group, by_kind
from auscult.kit.data_audit_counts import Constant, Share

PRIOR = 0.6
"""A constant answer that scores this much hides what a model sees."""
BEYOND = 0.05
"""So much above the constant, and a lookup gives the key away."""
LOPSIDED = 0.10
"""Key positions: so much above an even spread."""
GAP, SMALLEST = 0.10, 30
"""Between groups, by a constant alone; groups smaller than this are left out."""


def said(share: Share) -> str:
    return f"{share.value:.1%} ({share.n:,} of {share.of:,})"


def notes(audit: Audit) -> list[str]:
    return [
        *_faults(audit),
        *(note for constant in audit.constants for note in _constant(constant)),
        *(note for constant in by_kind(audit) for note in _gaps(constant)),
        *_published(audit),
        *_lookups(audit),
        *_positions(audit),
    ]


def _faults(audit: Audit) -> Iterator[str]:
    lost = audit.pictured - audit.with_picture
    if lost:
        yield f"{lost:,} of {audit.pictured:,} cases that need a picture are without it"
    if audit.keyed < audit.cases - audit.tasks.get("open", 0):
        yield "some closed questions have no key"
    for issue in (audit.contradictory, audit.opposed, *audit.leaking):
        if issue.n:
            yield f"{issue.n:,} of {issue.of:,}: {issue.what}"
    if audit.unanswerable:
        every = audit.unanswerable[-1]
        yield f"{every.n:,} of {every.of:,} may not be answerable from the picture"


def _constant(constant: Constant) -> Iterator[str]:
    if constant.share.value >= PRIOR:
        yield f"{constant.kind}: always '{constant.answer}' scores {said(constant.share)}"


def _gaps(constant: Constant) -> Iterator[str]:
    for group, low, high in answered_by_group(constant, SMALLEST):
        if high.share.value - low.share.value >= GAP:
            yield (
                f"{constant.kind}: always '{constant.answer}' scores {said(high.share)} where "
                f"{group} is {high.level} and {said(low.share)} where it is {low.level}: "
                "unfairness with no model in it"
            )


def _published(audit: Audit) -> Iterator[str]:
    found = audit.published
    if found is None:
        return
    yield (
        f"by the published reading of the key, always '{found.answer}' scores {said(found.share)}; "
        f"that reading agrees with ours in {said(found.agrees)}, and gives a key to "
        f"{found.without_ours:,} rows whose reference commits to none"
    )


def _lookups(audit: Audit) -> Iterator[str]:
    """Beyond the best constant, and beyond what telling the kinds of question apart gives."""
    known = {lookup.by: lookup.cross_validated.value for lookup in audit.lookups}
    for lookup in audit.lookups:
        floor, what = lookup.constant.value, "a constant"
        if lookup.by == BY_KIND:
            if audit.positions:
                continue  # other options in every kind: knowing the kind gives nothing away
        elif known.get(BY_KIND, 0.0) > floor:
            floor, what = known[BY_KIND], BY_KIND
        if lookup.cross_validated.value - floor >= BEYOND:
            yield (
                f"looking up {lookup.by} gives {said(lookup.cross_validated)} right on pictures "
                f"or patients not seen before, where {what} gives {floor:.1%}"
            )


def _positions(audit: Audit) -> Iterator[str]:
    for spread in audit.positions:
        total = sum(spread.counts)
        most = max(spread.counts)
        if total and most / total - 1 / spread.options >= LOPSIDED:
            letter = "ABCDEFGHIJKLMNOP"[spread.counts.index(most)]
            yield (
                f"with {spread.options} options the key is {letter} in "
                f"{said(Share(most, total))}, where an even spread gives {1 / spread.options:.1%}"
            )
