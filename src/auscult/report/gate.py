"""A release gate: is a run no worse than another by a margin, and does it meet what is required?

The gate passes where every check passes, each at alpha by itself. That needs no correction: to pass
a target that fails one check, that check must err (an intersection-union test, Berger 1982). It
fails where a check is shown to be missed, after Holm over all checks of the gate. Else it is
undecided, which is not a pass. What failed calls could overturn is neither passed nor failed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from math import inf
from typing import TYPE_CHECKING, Literal

import msgspec

from auscult.core.errors import UsageError
from auscult.core.registry import did_you_mean
from auscult.engine.stops import watched_of
from auscult.report.compare import (
    Contrast,
    Pair,
    Side,
    blockers,
    can_stop_early,
    case_values,
    cautions,
    contrast,
    paired_values,
    rows_of,
    run_cautions,
    sides,
)
from auscult.report.wording import counted
from auscult.stats.families import Endpoint
from auscult.stats.grouped import codes
from auscult.stats.paired import METHOD
from auscult.stats.rates import RateSums, cluster_interval, rate_sums
from auscult.stats.sequences import confidence_sequence
from auscult.stats.watched import success_of

if TYPE_CHECKING:
    import polars as pl

    from auscult.core.protocols import Watched
    from auscult.engine.view import RunView

Verdict = Literal["pass", "fail", "undecided"]
EXIT_CODES: dict[Verdict, int] = {"fail": 4, "undecided": 3, "pass": 0}
"""The first that any check has is the gate's."""
RUN, BASE = "the run", "the base"
RULE = (
    "Passing needs every check to pass at alpha {alpha:g} by itself, which needs no correction "
    "(intersection-union); a check fails where it is shown to be missed, by Holm over {checks} at "
    "alpha {alpha:g}; else it is undecided."
)
NOTHING = (
    "nothing to decide: the plan of the run declares no margin for a primary endpoint; give one, "
    "as in --margin accuracy=0.05, or require a level, as in --require 'accuracy>=0.8'"
)
Bounds = Callable[[float], tuple[float, float]]
"""From a one-sided alpha to what holds at it: the lowest and the highest the figure may be."""


class Margin(msgspec.Struct, frozen=True):
    """How much worse than the base still passes; `declared` before the run, in its plan."""

    of: Endpoint
    size: float
    declared: bool = False


class Requirement(msgspec.Struct, frozen=True):
    of: Endpoint
    sign: Literal[">=", "<="]
    threshold: float


class Check(msgspec.Struct, frozen=True):
    """One check. `value` is the run's figure, or the run's minus the base's; `low` and `high` are
    one-sided bounds at alpha, and `bound_low`, `bound_high` the same whatever failed calls held;
    `p_value` is one-sided, for the claim."""

    name: str
    suite: str
    metric: str
    claim: str
    verdict: Verdict
    sentence: str
    margin: float | None = None
    declared: bool = False
    required: str = ""
    value: float | None = None
    low: float | None = None
    high: float | None = None
    bound_low: float | None = None
    bound_high: float | None = None
    p_value: float | None = None
    n: int = 0
    n_clusters: int = 0
    method: str = ""


class Gate(msgspec.Struct, frozen=True):
    verdict: Verdict
    exit_code: int
    alpha: float
    rule: str
    sides: tuple[Side, ...]
    checks: tuple[Check, ...]
    cautions: tuple[str, ...]


class Figure(msgspec.Struct, frozen=True):
    """What a check reads. `kept` bounds it by the usable replies alone, `whole` whatever the failed
    calls would have held. Without a value there is a reason."""

    value: float | None = None
    kept: Bounds | None = None
    whole: Bounds | None = None
    n: int = 0
    clusters: int = 0
    method: str = ""
    reason: str = ""
    contrast: Contrast | None = None
    line: float = 0.0
    up: bool = True  # must it lie above the line?

    def meets(self, alpha: float) -> bool:
        """Is it shown to be on the right side of the line, whatever is missing?"""
        return all(low >= self.line if self.up else high <= self.line
                   for low, high in self._ends(alpha))  # fmt: skip

    def misses(self, alpha: float) -> bool:
        """Is it shown to be on the wrong side?"""
        return all(high < self.line if self.up else low > self.line
                   for low, high in self._ends(alpha))  # fmt: skip

    def _ends(self, alpha: float) -> list[tuple[float, float]]:
        nothing = (-inf, inf)
        return [bounds(alpha) if bounds else nothing for bounds in (self.kept, self.whole)]


def gate(
    run: RunView,
    base: RunView | None = None,
    *,
    margins: Mapping[str, float] | None = None,
    margin: float | None = None,
    require: Sequence[tuple[str, Literal[">=", "<="], float]] = (),
    alpha: float = 0.05,
) -> Gate:
    """`margins` by metric, or by suite/metric; a bare `margin` is for every primary endpoint
    without one, or, where the plan names none, for the first metric that each suite watches."""
    if not 0 < alpha < 0.5:
        raise UsageError(f"alpha must lie between 0 and 0.5, not {alpha:g}")
    wanted = _margins(run, margins or {}, margin)
    required = [Requirement(of, sign, line) for text, sign, line in require
                for of in _named(run, text)]  # fmt: skip
    items: list[Margin | Requirement] = [*wanted, *required]
    if not items:
        raise UsageError(NOTHING)
    if wanted and base is None:
        raise UsageError("a margin needs a run to be no worse than: add --against DIR")
    pair = Pair(run, run if base is None else base, (RUN, BASE))
    failed = _missed(figures := [_figure(pair, item) for item in items], alpha)
    verdicts: list[Verdict] = [
        "pass" if f.meets(alpha) else "fail" if i in failed else "undecided"
        for i, f in enumerate(figures)
    ]
    checks = tuple(
        _check(item, _watched(run, item.of), figure, verdict, alpha)
        for item, figure, verdict in zip(items, figures, verdicts, strict=True)
    )
    whole = next(v for v in EXIT_CODES if v in verdicts)
    told = run_cautions(RUN, run) if base is None else cautions(pair)
    told += [f"The margin of {m.of.name} was given to the gate, not declared in the run's plan."
             for m in wanted if not m.declared]  # fmt: skip
    shown = sides(pair)[: 2 if base else 1]
    rule = RULE.format(alpha=alpha, checks=counted(len(checks), "check"))
    return Gate(whole, EXIT_CODES[whole], alpha, rule, shown, checks, tuple(told))


def _missed(figures: Sequence[Figure], alpha: float) -> set[int]:
    """Holm's step-down, with bounds in place of p-values: with k checks left, those whose bound at
    alpha / k lies beyond the line are out, until none is."""
    left, out = set(range(len(figures))), set[int]()
    while hit := {i for i in left if figures[i].misses(alpha / len(left))}:
        left, out = left - hit, out | hit
    return out


def _figure(pair: Pair, item: Margin | Requirement) -> Figure:
    if isinstance(item, Requirement):
        found, line, up = _level(pair.a, item.of), item.threshold, item.sign == ">="
    else:
        found, up = _difference(pair, item.of), _watched(pair.a, item.of).better == "higher"
        line = -item.size if up else item.size
    return msgspec.structs.replace(found, line=line, up=up)


def _watched(run: RunView, name: Endpoint) -> Watched:
    return watched_of(run.plugin(name.suite))[name.metric]


def _margins(run: RunView, given: Mapping[str, float], bare: float | None) -> list[Margin]:
    """Of the plan's primary endpoints, and of the metrics named; a margin named wins."""
    primary, names = getattr(run.plan, "primary", ()), _known(run)
    found: dict[str, Margin] = {}
    for endpoint in primary:
        name = Endpoint(endpoint.suite, endpoint.metric, dict(endpoint.group))
        size = bare if endpoint.margin is None else endpoint.margin
        if size is None:
            continue
        if Endpoint(name.suite, name.metric) not in names or not _reads(
            _watched(run, name), endpoint
        ):
            raise UsageError(
                f"a gate cannot read the plan's primary endpoint {endpoint.name}; it reads: "
                + ", ".join(n.name for n in names)
            )
        found[name.name] = Margin(name, size, declared=endpoint.margin is not None)
    if bare is not None and not primary:
        first = {name.suite: name for name in reversed(names)}
        found |= {name.name: Margin(name, bare) for name in reversed(first.values())}
    for text, size in given.items():
        found |= {name.name: Margin(name, size) for name in _named(run, text)}
    if wrong := [str(m.size) for m in found.values() if not 0 <= m.size < 1]:
        raise UsageError(f"a margin is from 0 to under 1, not {wrong[0]}; five points are 0.05")
    return list(found.values())


def _reads(watched: Watched, endpoint: Endpoint) -> bool:
    said = (endpoint.arm, endpoint.control_arm, endpoint.judge, endpoint.condition)
    read = (watched.arm, watched.control_arm, watched.judge, "")
    return all(word in (None, held) for word, held in zip(said, read, strict=True))


def _known(run: RunView) -> list[Endpoint]:
    return [
        Endpoint(s.name, metric) for s in run.suites for metric in watched_of(run.plugin(s.name))
    ]


def _named(run: RunView, text: str) -> list[Endpoint]:
    known = {name.name: name for name in _known(run)}
    found = [name for name in known.values() if text in (name.metric, name.name)]
    if not found:
        words = {name.metric for name in known.values()} | (known.keys() if "/" in text else set())
        raise UsageError(f"no metric of the run is named '{text}'" + did_you_mean(text, words))
    return found


def _difference(pair: Pair, name: Endpoint) -> Figure:
    """The run's figure minus the base's, on the cases that both finished."""
    if why := blockers(pair, name.suite):
        return Figure(reason=f"not comparable: {' '.join(why)}")
    watched = _watched(pair.a, name)
    held = paired_values(pair, name.suite, watched, name.group)
    kept, least, most = held.kept, held.least, held.most
    if kept is None or least is None or most is None:
        return Figure(reason="no case has a usable reply in both runs")
    found = _contrasted(kept, least, most)
    if not any(can_stop_early(view, name.suite) for _, view in pair.runs):
        return found
    if not (held.table["case_no"] == held.table["b_no"]).all():
        return Figure(
            reason="a declared rule could end a run early, and the two asked their cases in "
            "different orders; run both with the same seed"
        )
    return _sequential(found, held.table, (-kept.reach, kept.reach))


def _level(run: RunView, name: Endpoint) -> Figure:
    """The run's own figure."""
    watched = _watched(run, name)
    rows = rows_of(run, name.suite, watched, name.group)
    table = case_values(rows, watched)
    usable = table.filter(table["value"].is_not_null())
    if usable.is_empty():
        return Figure(reason="the run has no usable reply")
    if watched.control_arm:
        low, kept, high = (
            contrast(part[column].to_numpy(), codes(part["cluster"]))
            for part, column in ((table, "least"), (usable, "value"), (table, "most"))
        )
        found = _contrasted(kept, low, high)
    else:
        found = _rate(rate_sums(rows, success=success_of(watched)))
    if can_stop_early(run, name.suite):
        return _sequential(found, table, watched.bounds)
    return found


def _contrasted(kept: Contrast, least: Contrast, most: Contrast) -> Figure:
    def between(low: Contrast, high: Contrast) -> Bounds:
        return lambda alpha: (low.interval(1 - 2 * alpha)[0], high.interval(1 - 2 * alpha)[1])

    known, filled = between(kept, kept), between(least, most)
    return Figure(kept.value, known, filled, kept.n, kept.clusters, METHOD, contrast=kept)


def _rate(sums: RateSums) -> Figure:
    def between(*fills: float | None) -> Bounds:
        tallies = [sums.tally(fill) for fill in fills]

        def bounds(alpha: float) -> tuple[float, float]:
            ends = [cluster_interval(tally, 1 - 2 * alpha) for tally in tallies]
            return ends[0].low, ends[-1].high

        return bounds

    tally = sums.tally()
    found = cluster_interval(tally)
    kept, whole = between(None), between(0.0, 1.0)
    return Figure(found.value, kept, whole, tally.trials, tally.clusters, found.method)


def _sequential(found: Figure, table: pl.DataFrame, ends: tuple[float, float]) -> Figure:
    """Bounds that hold although a rule could end the run: a confidence sequence over the clusters
    in the order they were asked, failed calls at their worst and at their best."""
    import polars as pl

    order = pl.col("case_no").min()
    means = table.group_by("cluster").agg(order, pl.col("least", "most").mean()).sort("case_no")

    def bounds(alpha: float) -> tuple[float, float]:
        sequences = [confidence_sequence("betting", 1 - 2 * alpha, bounds=ends) for _ in range(2)]
        for column, sequence in zip(("least", "most"), sequences, strict=True):
            for value in means[column]:
                sequence.push(value)
        return sequences[0].low, sequences[1].high

    method = "betting confidence sequence over clusters; valid at every look"
    return msgspec.structs.replace(found, kept=bounds, whole=bounds, method=method, contrast=None)


def _check(
    item: Margin | Requirement, watched: Watched, figure: Figure, verdict: Verdict, alpha: float
) -> Check:
    paired, claim = isinstance(item, Margin), _claim(item)
    check = Check(
        item.of.name, item.of.suite, item.of.metric, claim, verdict, "",
        margin=item.size if isinstance(item, Margin) else None,
        declared=isinstance(item, Margin) and item.declared,
        required="" if isinstance(item, Margin) else f"{item.sign}{item.threshold:g}",
        value=figure.value, n=figure.n, n_clusters=figure.clusters, method=figure.method,
    )  # fmt: skip
    if figure.value is None or figure.kept is None or figure.whole is None:
        said = f"{item.of.name}: open whether it is {claim}: {figure.reason.rstrip('.')}."
        return msgspec.structs.replace(check, sentence=said)
    (low, high), ends = figure.kept(alpha), figure.whole(alpha)
    signed = paired or watched.control_arm
    value, lower, upper = (
        f"{100 * share:+.2f} points" if signed else f"{100 * share:.2f}%"
        for share in (figure.value, low, high)
    )
    what, cases = ("The run minus the base", "shared case") if paired else ("It", "case")
    said = (
        f"{item.of.name}: {_outcome(item, verdict)}. {what} is {value}, with "
        f"one-sided {100 * (1 - alpha):g}% bounds of {lower} and {upper}, from "
        f"{counted(figure.clusters, cases)}."
    )
    if verdict == "undecided":
        said += f" {_why_open(figure, alpha)}"
    sign, p_value = -1 if figure.up else 1, None
    if tested := figure.contrast:
        turned = msgspec.structs.replace(tested, centre=sign * tested.centre)
        p_value = turned.p_at_most(sign * figure.line)
    return msgspec.structs.replace(
        check, sentence=said, low=low, high=high, bound_low=ends[0], bound_high=ends[1],
        p_value=p_value,
    )  # fmt: skip


def _why_open(figure: Figure, alpha: float) -> str:
    if figure.misses(alpha):
        return "By itself it would have failed; Holm over all checks asks for more."
    without = msgspec.structs.replace(figure, whole=figure.kept)
    if without.meets(alpha) or without.misses(alpha):
        return "Failed calls could overturn it: ask those cases again with --retry-errors."
    return "More cases could decide it."


def _claim(item: Margin | Requirement) -> str:
    if isinstance(item, Requirement):
        return f"at {'least' if item.sign == '>=' else 'most'} {item.threshold:g}"
    return f"no worse than the base by more than {_size(item)}"


def _outcome(item: Margin | Requirement, verdict: Verdict) -> str:
    if verdict == "fail" and isinstance(item, Margin):
        return f"shown to be worse than the base by more than {_size(item)}"
    opening = {"pass": "shown to be", "fail": "shown not to be", "undecided": "open whether it is"}
    return f"{opening[verdict]} {_claim(item)}"


def _size(item: Margin) -> str:
    return f"{100 * item.size:g} percentage point" + ("" if item.size == 0.01 else "s")
