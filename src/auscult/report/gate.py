"""A release gate: is a run no worse than another by a margin, and does it meet what is required?

The gate passes where every check passes, each at alpha by itself. That needs no correction: to pass
a target that fails one check, that check must err (an intersection-union test, Berger 1982). It
fails where a check is shown to be missed, after Holm over all checks of the gate. Else it is
undecided, which is not a pass. What failed calls could overturn is neither passed nor failed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import inf, sqrt
from typing import TYPE_CHECKING, Literal

import msgspec

from auscult.core.errors import UsageError
from auscult.core.registry import did_you_mean
from auscult.engine.stops import watched_of
from auscult.kit.regression.ungated import refuse_ungated
from auscult.report.comparable import blockers
from auscult.report.compare import (
    Contrast,
    Pair,
    Paired,
    case_values,
    contrast,
    paired_values,
    rows_of,
)
from auscult.report.junit import (
    EXIT_CODES,
    Bounds,
    Figure,
    Gate,
    Margin,
    Requirement,
    Verdict,
    can_stop_early,
    cautions,
    one_sided_words,
    run_cautions,
    sides,
    told_check,
    unchecked,
)
from auscult.report.unverified import left_open
from auscult.report.wording import counted
from auscult.stats.families import Endpoint
from auscult.stats.grouped import codes
from auscult.stats.intervals import clopper_pearson
from auscult.stats.paired import METHOD
from auscult.stats.rates import RateSums, Tally, cluster_interval, rate_sums
from auscult.stats.sequences import FINE, confidence_sequence
from auscult.stats.watched import success_of

if TYPE_CHECKING:
    import polars as pl

    from auscult.core.protocols import Watched
    from auscult.engine.view import RunView

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
    refuse_ungated(run, [*(margins or {}), *(text for text, _, _ in require)])
    wanted = _margins(run, margins or {}, margin)
    required = [Requirement(of, sign, line) for text, sign, line in require
                for of in _named(run, text)]  # fmt: skip
    items: list[Margin | Requirement] = [*wanted, *required]
    silent = _unread(run, items)
    if not items and not silent:
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
        told_check(item, figure, verdict, alpha, signed=_is_signed(run, item))
        for item, figure, verdict in zip(items, figures, verdicts, strict=True)
    ) or tuple(map(unchecked, silent))
    whole = next(v for v in EXIT_CODES if v in [check.verdict for check in checks])
    told = run_cautions(RUN, run) if base is None else cautions(pair)
    told += [f"The margin of {m.of.name} was given to the gate, not declared in the run's plan."
             for m in wanted if not m.declared]  # fmt: skip
    told += [f"The plan's primary endpoint {e.name} was not checked: it has no margin, and nothing "
             "is required of it." for e in (silent if items else ())]  # fmt: skip
    told += [f"{check.name}: {check.note}" for check in checks if check.note]
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
    found = left_open(found, pair, item.of.suite, _watched(pair.a, item.of))
    return msgspec.structs.replace(found, line=line, up=up)


def _watched(run: RunView, name: Endpoint) -> Watched:
    return watched_of(run.plugin(name.suite))[name.metric]


def _is_signed(run: RunView, item: Margin | Requirement) -> bool:
    return isinstance(item, Margin) or _watched(run, item.of).control_arm is not None


def _bare(endpoint: Endpoint) -> Endpoint:
    return Endpoint(endpoint.suite, endpoint.metric, dict(endpoint.group))


def _unread(run: RunView, items: Sequence[Margin | Requirement]) -> list[Endpoint]:
    """Primary endpoints of the plan that no check reads."""
    read = {item.of.name for item in items}
    return [
        endpoint
        for endpoint in getattr(run.plan, "primary", ())
        if _bare(endpoint).name not in read or not _reads(_watched(run, endpoint), endpoint)
    ]


def _margins(run: RunView, given: Mapping[str, float], bare: float | None) -> list[Margin]:
    """Of the plan's primary endpoints, and of the metrics named; a margin named wins."""
    primary, names = getattr(run.plan, "primary", ()), _known(run)
    found: dict[str, Margin] = {}
    for endpoint in primary:
        name = _bare(endpoint)
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
    return [Endpoint(s.name, of) for s in run.suites for of in watched_of(run.plugin(s.name))]


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
        found = Figure(reason="no case has a usable reply in both runs")
    elif any(ruled := [can_stop_early(view, name.suite) for _, view in pair.runs]):
        number, why_not = _order(held, ruled)
        found = _sequential(held.table, number, (-kept.reach, kept.reach), why_not)
    else:
        turned = _turns(watched, held)
        found = _contrasted(turned or (kept, least, most), kept)
        found = msgspec.structs.replace(found, method=TURNS_METHOD if turned else METHOD)
    if held.one_sided and found.value is not None:
        found = msgspec.structs.replace(found, reason=one_sided_words(held.one_sided))
    return msgspec.structs.replace(found, left_out=(*held.only, held.one_sided))


def _order(held: Paired, ruled: Sequence[bool]) -> tuple[str, str]:
    """Which run's order of clusters to read, and why none may be. A rule reads whole clusters in
    the order of its own run, so that its stop says nothing of the other run; but it must have been
    the only thing that chose the cases."""
    mine = "case_no" if ruled[0] else "b_no"
    apart, lacking = (held.only[0], BASE) if ruled[0] else (held.only[1], RUN)
    if all(ruled) and not (held.table["case_no"] == held.table["b_no"]).all():
        return mine, (
            "Both runs have a rule that could end them, and asked their cases in different orders: "
            "run both with the same seed."
        )
    if not all(ruled) and apart:
        return mine, (
            f"One run has a rule that could end it, and {lacking} did not finish "
            f"{counted(apart, 'case')} of it: both need the same kind of order, so declare a rule "
            f"in both and give both the same seed, or let {lacking} finish."
        )
    return mine, ""


def _level(run: RunView, name: Endpoint) -> Figure:
    """The run's own figure."""
    watched = _watched(run, name)
    rows = rows_of(run, name.suite, watched, name.group)
    table = case_values(rows, watched)
    usable = table.filter(table["value"].is_not_null())
    if usable.is_empty():
        return Figure(reason="the run has no usable reply")
    if can_stop_early(run, name.suite):
        return _sequential(table, "case_no", watched.bounds)
    if not watched.control_arm:
        return _rate(rate_sums(rows, success=success_of(watched)))
    low, kept, high = (
        contrast(part[column].to_numpy(), codes(part["cluster"]))
        for part, column in ((table, "least"), (usable, "value"), (table, "most"))
    )
    return _contrasted((kept, low, high), kept)


def _contrasted(
    figures: tuple[Contrast, Contrast, Contrast] | tuple[Turns, Turns, Turns], about: Contrast
) -> Figure:
    """Of the usable replies, and of all with the failed ones at their worst and at their best."""
    kept, least, most = figures

    def between(low: Contrast | Turns, high: Contrast | Turns) -> Bounds:
        return lambda alpha: (low.interval(1 - 2 * alpha)[0], high.interval(1 - 2 * alpha)[1])

    return Figure(
        about.value, between(kept, kept), between(least, most), about.n, about.clusters,
        method=METHOD, tested=kept, note=about.caution,
    )  # fmt: skip


TURNS_METHOD = (
    "paired by case: Tango's (1998) score bounds, no narrower than the adjusted Wald ones "
    "(Bonett-Price) nor, where no case turned the other way, than the exact ones (Clopper-Pearson)"
)


class Turns(msgspec.Struct, frozen=True):
    """Pairs of yes-no replies, each a cluster of its own: how many turned up and how many down.

    Tango's score test for a paired difference by itself errs up to 9% of the time, for 5%, where a
    difference in the direction of most turns is claimed, and 6.6% where all turns are one way. The
    largest of three p-values errs at most 5.5% of the time. Our estimator."""

    wald: Contrast
    up: int
    down: int

    @property
    def mirrored(self) -> Turns:
        return Turns(self.wald.mirrored, self.down, self.up)

    def p_at_most(self, null: float) -> float:
        """One-sided: how surprising, were the true difference `null` or more."""
        from scipy.special import bdtr, ndtr

        found = max(self.wald.p_at_most(null), float(ndtr(self._score(null))))
        if not self.down:  # then at least `null` of all turned up
            found = max(found, float(bdtr(self.up, self.wald.n, min(1.0, max(0.0, null)))))
        return found

    def interval(self, level: float) -> tuple[float, float]:
        return -self.mirrored._high(level), self._high(level)

    def _high(self, level: float) -> float:
        """The least difference that the test excludes, by halving: p falls as it grows."""
        low, high, alpha = -1.0, 1.0, (1 - level) / 2
        while high - low > FINE:
            middle = (low + high) / 2
            low, high = (low, middle) if self.p_at_most(middle) <= alpha else (middle, high)
        return high

    def _score(self, null: float) -> float:
        """Standard errors from `null`, with the turns that fit best under it."""
        n, up, down = self.wald.n, self.up, self.down
        middle = (2 * n - up + down) * null - up - down
        root = sqrt(max(0.0, middle**2 + 8 * n * down * null * (1 - null)))
        variance = n * ((root - middle) / (2 * n) + null * (1 - null))
        apart = up - down - n * null
        if variance > 0:
            return apart / sqrt(variance)
        return 0.0 if not apart else inf if apart > 0 else -inf


def _turns(watched: Watched, held: Paired) -> tuple[Turns, Turns, Turns] | None:
    """As `_contrasted` reads them; none where a cluster holds several cases, or a case may give
    more than yes and no."""
    found = []
    for column, about in (("value", held.kept), ("least", held.least), ("most", held.most)):
        numbers = held.table[column].drop_nulls()
        plain = numbers.is_in([-1.0, 0.0, 1.0]).all() and watched.yes_no
        if about is None or not plain or watched.control_arm or about.n != about.clusters:
            return None
        found.append(Turns(about, int((numbers == 1).sum()), int((numbers == -1).sum())))
    kept, least, most = found
    return kept, least, most


def _rate(sums: RateSums) -> Figure:
    def between(*fills: float | None) -> Bounds:
        tallies = [sums.tally(fill) for fill in fills]

        def bounds(alpha: float) -> tuple[float, float]:
            ends = [_sides_of(tally, alpha)[1] for tally in tallies]
            return ends[0][0], ends[-1][1]

        return bounds

    tally = sums.tally()
    method, _ = _sides_of(tally, 0.025)
    value = tally.total(tally.successes) / tally.trials
    kept, whole = between(None), between(0.0, 1.0)
    return Figure(value, kept, whole, tally.trials, tally.clusters, "answer", method)


def _sides_of(tally: Tally, alpha: float) -> tuple[str, tuple[float, float]]:
    """Exact where each cluster is one reply: Wilson's interval keeps its level on average over
    both sides, and not on the one that a gate reads."""
    if tally.trials == tally.clusters:
        successes = min(tally.total(tally.successes), tally.trials)
        ends = clopper_pearson(successes, tally.trials, 1 - 2 * alpha)
        return "Clopper-Pearson, one-sided", ends
    found = cluster_interval(tally, 1 - 2 * alpha)
    return found.method, (found.low, found.high)


def _sequential(
    table: pl.DataFrame, number: str, ends: tuple[float, float], why_not: str = ""
) -> Figure:
    """The mean over clusters, with bounds that hold although a rule could end the run: a confidence
    sequence in the order they were asked, failed calls at their worst and at their best."""
    import polars as pl

    columns = ("value", "least", "most")
    order = pl.col(number).min()
    means = table.group_by("cluster").agg(order, pl.col(*columns).sort().mean()).sort(number)
    values, usable = (part["value"].drop_nulls().sort().to_numpy() for part in (means, table))

    def bounds(alpha: float) -> tuple[float, float]:
        sequences = [confidence_sequence("betting", 1 - 2 * alpha, bounds=ends) for _ in range(2)]
        for column, sequence in zip(("least", "most"), sequences, strict=True):
            for value in means[column]:
                sequence.push(value)
        return sequences[0].low, sequences[1].high

    return Figure(
        float(values.mean()), bounds, bounds, len(values), len(values),
        method="betting confidence sequence over clusters; valid at every look", reason=why_not,
        by_case=float(usable.mean()),
    )  # fmt: skip
