"""Two runs side by side: what may be compared, and the paired difference of each watched metric.

Only cases that both runs finished are read, and only what was asked, judged and scored in the same
way; whatever is left out is named. The difference of a case is its value in A minus that in B.
"""

from __future__ import annotations

from math import sqrt
from typing import TYPE_CHECKING, Any

import msgspec

from auscult.core.estimate import Estimate
from auscult.engine.stops import watched_of
from auscult.report.comparable import blockers
from auscult.report.declared import COULD_STOP, DIRECTIONS
from auscult.report.junit import Side, can_stop_early, cautions, one_sided_words, sides
from auscult.report.wording import counted
from auscult.stats.families import Endpoint, Family, adjusted
from auscult.stats.grouped import codes, column_sums
from auscult.stats.intervals import rough_guide, t_quantile
from auscult.stats.mcnemar import mcnemar
from auscult.stats.paired import FEW_CLUSTERS, METHOD
from auscult.stats.table import ALL_ASKED, COUNTED, MISSING, behaviour_counts, blank, classified
from auscult.stats.watched import columns_of, rows_read, success_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    import polars as pl

    from auscult.core.protocols import Watched
    from auscult.engine.view import RunView

ALPHA = 0.05
COLUMNS = ("case_no", "case_id", "cluster", "arm", "judge", "behaviour", "score")


class Pair(msgspec.Struct, frozen=True):
    """Two runs and what they are called in sentences."""

    a: Any
    b: Any
    names: tuple[str, str] = ("A", "B")

    @property
    def runs(self) -> tuple[tuple[str, RunView], ...]:
        return (self.names[0], self.a), (self.names[1], self.b)


class Comparison(msgspec.Struct, frozen=True):
    """`estimates` are A minus B, adjusted over the whole family. `not_compared` names what could
    not be, `cautions` what a reader must know of the rest."""

    sides: tuple[Side, ...]
    estimates: tuple[Estimate, ...]
    family: str
    not_compared: tuple[str, ...]
    left_out: tuple[str, ...]
    cautions: tuple[str, ...]


class Contrast(msgspec.Struct, frozen=True):
    """A mean difference over cases, and the t distribution its interval comes from."""

    value: float
    centre: float
    spread: float
    n: int
    clusters: int
    alike: float  # clusters of one size that say as much
    reach: float  # the largest difference there could be

    @property
    def df(self) -> float:
        return self.alike + 1

    @property
    def mirrored(self) -> Contrast:
        return msgspec.structs.replace(self, value=-self.value, centre=-self.centre)

    @property
    def caution(self) -> str:
        few = self.alike < FEW_CLUSTERS
        said = rough_guide(self.alike)
        return said if few else ""

    def interval(self, level: float) -> tuple[float, float]:
        half = t_quantile(self.df, level) * self.spread
        return max(-self.reach, self.centre - half), min(self.reach, self.centre + half)

    def p_at_most(self, null: float) -> float:
        """One-sided: how surprising, were the true difference `null` or more."""
        from scipy.special import stdtr

        return float(stdtr(self.df, (self.centre - null) / self.spread))

    def p_two_sided(self) -> float:
        return 2 * min(self.p_at_most(0.0), self.mirrored.p_at_most(0.0))


def contrast(changes: Any, clusters: Any, reach: float = 1.0) -> Contrast:
    """Bonett and Price's (2012) adjusted Wald interval for a paired difference, carried over to
    clusters as in `stats.paired`, and to differences as large as `reach`: two pseudo-clusters of
    typical size are added, one that changed by `reach` and one by minus that. So ten cases that
    happen to agree are not taken for certainty. Clusters of unequal size count as the number of
    equal ones that say as much. One entry per case; our estimator."""
    import numpy as np

    change = np.asarray(changes, dtype=np.float64)
    names = np.asarray(clusters)
    if change.ndim != 1 or change.shape != names.shape or not len(change):
        raise ValueError("give one difference and one cluster for each of one or more cases")
    if not np.all(np.abs(change) <= reach + 1e-9):
        raise ValueError(f"a difference lies outside -{reach:g} to {reach:g}")
    key = np.unique(names, return_inverse=True)[1]
    sums = column_sums(key, np.column_stack((change, np.ones(len(change)))))
    moved, cases, held = float(np.sort(sums[:, 0]).sum()), len(change), len(sums)
    alike = cases**2 / float((sums[:, 1] ** 2).sum())
    typical = cases / alike
    total = cases + 2 * typical
    centre = moved / total
    squares = float(np.sort((sums[:, 0] - centre * sums[:, 1]) ** 2).sum())
    squares += ((reach - centre) ** 2 + (reach + centre) ** 2) * typical**2
    spread = sqrt((alike + 2) / (alike + 1) * squares) / total
    return Contrast(moved / cases, centre, spread, cases, held, alike, reach)


def rows_of(view: RunView, suite: str, watched: Watched, group: dict[str, str]) -> pl.DataFrame:
    """The trials of the finished prefix that the metric reads."""
    import polars as pl

    own = {"specialty", "difficulty"} & group.keys()
    kept = [pl.col(name).cast(pl.String) == group[name] for name in own]
    labels = {name: value for name, value in group.items() if name not in own}
    columns = (*COLUMNS, *columns_of(watched), *sorted(own), *(["groups"] if labels else []))
    frame = view.frame(suite, columns)
    if labels:  # decoded, because no path of JSON takes every name that a label may have
        texts = frame["groups"].cast(pl.String).unique().drop_nulls()
        held = {text: msgspec.json.decode(text or "{}") for text in texts}
        fits = [text for text, said in held.items() if labels.items() <= said.items()]
        kept.append(pl.col("groups").cast(pl.String).is_in(fits))
    return rows_read(frame.filter(*kept) if kept else frame, watched)


def case_values(rows: pl.DataFrame, watched: Watched) -> pl.DataFrame:
    """One row per case: its value (null where no reply counts), and the `least` and `most` it could
    have been had no call failed. With a control arm, the arm's minus the control's."""
    import polars as pl

    asked = classified(rows, success_of(watched), ALL_ASKED).filter(
        pl.col("state").is_in([COUNTED, MISSING])
    )
    counts = pl.col("state") == COUNTED
    sums = (
        asked.with_columns(pl.when(counts).then("y").otherwise(0.0).alias("y"))
        .group_by("case_id", "arm")
        .agg(  # sorted, because a sum of floats depends on their order
            pl.col("cluster").max(), pl.col("case_no").min(), pl.col("y").sort().sum(),
            counts.sum().alias("n"), (~counts).sum().alias("lost"),
        )
    )  # fmt: skip
    whole = pl.col("n") + pl.col("lost")
    per_arm = sums.select(
        "case_id", "cluster", "case_no", "arm", "n",
        pl.when(pl.col("n") > 0).then(pl.col("y") / pl.col("n")).alias("value"),
        (pl.col("y") / whole).alias("least"),
        ((pl.col("y") + pl.col("lost")) / whole).alias("most"),
    )  # fmt: skip
    found = per_arm.filter(pl.col("arm") == watched.arm)
    if watched.control_arm is None:
        return found.drop("arm").sort("case_id")
    control = per_arm.filter(pl.col("arm") == watched.control_arm)
    return _minus(found, control).drop("arm")


def _minus(left: pl.DataFrame, right: pl.DataFrame) -> pl.DataFrame:
    """Case by case, for the cases that both hold; `a` and `b` are the two values."""
    import polars as pl

    other = right.select(
        "case_id", b="value", b_least="least", b_most="most", b_no="case_no", b_n="n"
    )
    return left.join(other, on="case_id").sort("case_id").with_columns(
        pl.col("value").alias("a"),
        (pl.col("value") - pl.col("b")).alias("value"),
        (pl.col("least") - pl.col("b_most")).alias("least"),
        (pl.col("most") - pl.col("b_least")).alias("most"),
    )  # fmt: skip


class Paired(msgspec.Struct, frozen=True):
    """A watched metric in two runs: the shared cases, and the difference three ways."""

    table: Any  # one row per shared case
    kept: Contrast | None  # of the cases with a usable reply in both runs
    least: Contrast | None  # every failed call counted against A and for B
    most: Contrast | None  # and the contrary
    behaviours: dict[str, int]
    only: tuple[int, int]  # cases that one run alone finished
    one_sided: int  # cases that both finished, and of which one says nothing

    def ends(self, level: float) -> tuple[float, float]:
        """An interval for whatever the failed calls would have given."""
        lows, highs = zip(*(c.interval(level) for c in (self.kept, self.least, self.most) if c),
                          strict=True)  # fmt: skip
        return min(lows), max(highs)


def paired_values(
    pair: Pair, suite: str, watched: Watched, group: dict[str, str] | None = None
) -> Paired:
    rows = [rows_of(view, suite, watched, group or {}) for _, view in pair.runs]
    a, b = (case_values(part, watched) for part in rows)
    table = _minus(a.select("case_id", "cluster", "case_no", "n", "value", "least", "most"), b)
    shared = table.select("case_id")
    counts = [behaviour_counts(part.join(shared, on="case_id", how="semi")) for part in rows]
    reach = 2.0 if watched.control_arm else 1.0

    def of(column: str) -> Contrast | None:
        held = table.drop_nulls(column)
        numbers = held[column].to_numpy()
        return contrast(numbers, codes(held["cluster"]), reach) if len(held) else None

    behaviours = {name: sum(part[name] for part in counts) for name in counts[0]}
    (only_a, b_silent), (only_b, a_silent) = (
        _alone(a, table, pair.b, suite), _alone(b, table, pair.a, suite)
    )  # fmt: skip
    return Paired(
        table, of("value"), of("least"), of("most"), behaviours, (only_a, only_b),
        a_silent + b_silent,
    )  # fmt: skip


def _alone(
    cases: pl.DataFrame, shared: pl.DataFrame, other: RunView, suite: str
) -> tuple[int, int]:
    """Of the cases of one run alone: how many the other did not finish, and how many it did."""
    import polars as pl

    rest = cases.join(shared, on="case_id", how="anti")
    finished = other.frame(suite, ("case_id",)).select(pl.col("case_id").cast(pl.String)).unique()
    one_sided = len(rest.join(finished, on="case_id", how="semi"))
    return len(rest) - one_sided, one_sided


def differences(pair: Pair) -> tuple[list[Estimate], list[str], list[str]]:
    """A minus B for every watched metric of both runs; what is not compared; what is left out."""
    blocked: list[str] = []
    left_out: list[str] = []
    found: list[Estimate] = []
    x, y = pair.names
    for suite in dict.fromkeys(status.name for status in (*pair.a.suites, *pair.b.suites)):
        why = blockers(pair, suite)
        blocked += why
        for number, watched in enumerate(() if why else watched_of(pair.a.plugin(suite)).values()):
            held = paired_values(pair, suite, watched)
            if not number and any(held.only):
                left_out.append(
                    f"{suite}: {counted(held.only[0], 'case')} in {x} only and {held.only[1]:,} "
                    f"in {y} only are left out."
                )
            found.append(_estimate(pair, suite, watched, held))
            if not number and not len(held.table):
                blocked.append(f"{suite}: no case was finished in both runs.")
    return found, blocked, left_out


def compare(a: RunView, b: RunView) -> Comparison:
    pair = Pair(a, b)
    found, blocked, left_out = differences(pair)
    held, family = in_one_family(found, "all watched metrics compared")
    return Comparison(
        sides(pair), tuple(held), family, tuple(blocked), tuple(left_out), tuple(cautions(pair))
    )  # fmt: skip


def in_one_family(found: Sequence[Estimate], name: str) -> tuple[list[Estimate], str]:
    """With Holm over all of them, and the family as it is printed."""
    if not found:
        return [], ""
    many = len({(e.arm, e.control_arm) for e in found}) > 1
    ends = [Endpoint(e.suite, e.metric) for e in found]
    if many:
        ends = [Endpoint(e.suite, e.metric, {}, e.arm, e.control_arm) for e in found]
    declared = Family(name, tuple(ends), alpha=ALPHA)
    return adjusted(found, declared, no_claim=_no_claim), declared.sentence


def _no_claim(found: Estimate) -> str:
    """Why a small p-value is no claim; empty where it may be one."""
    low, high = found.extra.get("bound_interval", (None, None))
    if found.stop_rule == COULD_STOP:
        return f"its p-value is for a number of cases fixed beforehand, and {COULD_STOP}"
    if found.extra.get("one_sided"):
        return "which cases it reads depends on the target"
    if found.extra.get("p_value", 1.0) <= ALPHA and low is not None and low <= 0 <= high:
        return "an interval of it holds no difference"
    return ""


def _estimate(pair: Pair, suite: str, watched: Watched, held: Paired) -> Estimate:
    x, y = pair.names
    control = f" over '{watched.control_arm}'" if watched.control_arm else ""
    about = blank(
        suite, watched.metric,
        f"{watched.metric} in {x} minus the same in {y}: the mean over the shared cases.",
        arm=x, control_arm=y, condition=f"'{watched.arm}'{control}", judge=watched.judge,
        unit="difference of proportions", direction=DIRECTIONS[watched.better], level=1 - ALPHA,
        denominator="cases finished in both runs with a usable reply in each", **held.behaviours,
    )  # fmt: skip
    kept, least, most = held.kept, held.least, held.most
    if kept is None or least is None or most is None:
        why = "no case has a usable reply in both runs" if len(held.table) else "no case is shared"
        return msgspec.structs.replace(about, note=f"No difference: {why}.")
    low, high = kept.interval(about.level)
    (least_low, _), (_, most_high) = (end.interval(about.level) for end in (least, most))
    lost = low > 0 >= least_low or high < 0 <= most_high
    bounds = {
        "bound_low": least.value,
        "bound_high": most.value,
        "bound_interval": list(held.ends(about.level)),
        "undecided": least.value < 0 < most.value or lost,
        "df": kept.df,
        "one_sided": held.one_sided,
    }
    notes = [kept.caution] if kept.caution else []
    if bounds["undecided"]:
        notes.append("Undecided: the missing replies could take the sign of the difference away.")
    if held.one_sided:
        notes.append(one_sided_words(held.one_sided))
    stops = any(can_stop_early(view, suite) for _, view in pair.runs)
    return msgspec.structs.replace(
        about, value=kept.value, low=low, high=high, n=kept.n, n_clusters=kept.clusters,
        method=METHOD + ("; for a fixed number of cases" if stops else ""),
        stop_rule=COULD_STOP if stops else "fixed",
        note=" ".join(notes), extra=bounds | _p_and_turns(watched, held.table, kept),
    )  # fmt: skip


def _p_and_turns(watched: Watched, table: pl.DataFrame, kept: Contrast) -> dict[str, Any]:
    """The p-value and where it comes from, each run's own figure, and how many cases turned from B
    to A; with repeats the expected numbers over all pairings of a case's replies."""
    import numpy as np

    both = table.filter(table["value"].is_not_null())
    a, b = (np.asarray(both[name], dtype=np.float64) for name in ("a", "b"))
    found: dict[str, Any] = {"p_value": kept.p_two_sided(), "p_from": "Student's t"}
    found |= {"a": float(np.sort(a).mean()), "b": float(np.sort(b).mean())}
    if watched.control_arm:
        return found
    fell, rose = (float(np.sort(turned).sum()) for turned in (b * (1 - a), a * (1 - b)))
    worse, better = (fell, rose) if watched.better == "higher" else (rose, fell)
    found |= {"right_to_wrong": round(worse, 9), "wrong_to_right": round(better, 9)}
    single = bool((both["n"] == 1).all() and (both["b_n"] == 1).all())
    if watched.yes_no and single and kept.clusters == kept.n:
        test = mcnemar(round(worse), round(better))
        found |= {"exact_p": test.exact_p, "mid_p": test.mid_p}
        found |= {"p_value": test.exact_p, "p_from": "McNemar's exact test"}
    return found
