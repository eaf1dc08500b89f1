"""Why questions were not asked, and of what a cluster is made: said where figures are read.

A suite records why a case does not apply (its picture is missing, no judge model is bound). Left
in the table, such a reason is found by nobody; so it is counted, with examples, for every suite.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import msgspec

from auscult.core.estimate import Estimate
from auscult.report.contract import NotAsked
from auscult.report.wording import CLUSTERED
from auscult.stats.table import label_columns

if TYPE_CHECKING:
    from collections.abc import Sequence

    from auscult.engine.view import RunView

REASON = label_columns({"not_applicable": "text"})[0]
MOST, EXAMPLES = 12, 5
REST = "other reasons"
RELATED = "pictures, patients or vignettes"
_NAMED = re.compile(r"'[^']*'")


def not_asked(view: RunView, suite: str, found: Sequence[Estimate]) -> tuple[NotAsked, ...]:
    """The commonest reasons first; read only where some figure lacks trials for one."""
    if not any(e.suite == suite and e.n_not_applicable for e in found):
        return ()
    import polars as pl

    frame = view.frame(suite, ("case_id", REASON)).filter(pl.col(REASON).is_not_null())
    said = frame.group_by(REASON, "case_id").agg(pl.len().alias("trials"))
    reasons: dict[str, list[tuple[str, str, int]]] = {}
    for reason, case_id, trials in said.sort(REASON, "case_id").iter_rows():
        reasons.setdefault(_NAMED.sub("…", reason), []).append((reason, case_id, trials))
    ordered = sorted(reasons.items(), key=lambda item: (-_trials(item[1]), item[0]))
    told = [_told(kind, rows) for kind, rows in ordered[:MOST]]
    if rest := [row for _, rows in ordered[MOST:] for row in rows]:
        told.append(_told(REST, rest))
    return tuple(told)


def _trials(rows: list[tuple[str, str, int]]) -> int:
    return sum(trials for _, _, trials in rows)


def _told(kind: str, rows: list[tuple[str, str, int]]) -> NotAsked:
    wholes = list(dict.fromkeys(reason for reason, _, _ in rows))
    cases = list(dict.fromkeys(case_id for _, case_id, _ in rows))
    one = len(wholes) == 1
    return NotAsked(
        reason=wholes[0] if one else kind,
        cases=len(cases),
        trials=_trials(rows),
        examples=tuple((cases if one else wholes)[:EXAMPLES]),
    )


def with_reasons(
    found: Sequence[Estimate], reasons: dict[str, tuple[NotAsked, ...]]
) -> list[Estimate]:
    """A figure that stands on nothing says why nothing was asked."""
    return [
        msgspec.structs.replace(e, note=f"{e.note} {_why(reasons[e.suite])}".strip())
        if e.value is None and e.n_not_applicable and not e.n and reasons.get(e.suite)
        else e
        for e in found
    ]


def _why(reasons: tuple[NotAsked, ...]) -> str:
    first = reasons[0]
    more = f", and {len(reasons) - 1} more kinds of reason" if len(reasons) > 2 else ""
    return f"Not asked: {first.reason}{more}."


def with_clusters(view: RunView, found: Sequence[Estimate]) -> list[Estimate]:
    """Where several cases share a cluster, figures say so: their n_clusters are no cases."""
    import polars as pl

    together: dict[str, bool] = {}
    for suite in {e.suite for e in found}:
        cases = view.frame(suite, ("case_no", "cluster_key")).select(pl.all().n_unique())
        together[suite] = bool(cases["cluster_key"][0] < cases["case_no"][0])
    return [
        msgspec.structs.replace(e, extra={CLUSTERED: RELATED} | e.extra)
        if together[e.suite] and e.n_clusters
        else e
        for e in found
    ]
