"""Rates corrected for the errors of the judge that measured them.

Only labels picked at random from the run itself, or from a population declared exchangeable with
it, correct a rate; the judge's own calibration set does not (`stats.transport` says what it can).

Two ways. *Error rates* (Rogan and Gladen 1978; with more levels the matrix method, Barron 1977):
the observed shares are taken back through the confusion matrix, kept among shares that can be.
Draws of the error rates, the same for every cell the judge read, are combined with draws of the
observed shares (our estimator), and a contrast is taken within each draw. The two kinds of draw are
taken as independent, so intervals are wide where labels are a large part of the run.
*Prediction-powered* (Angelopoulos and others 2023): the judge's rate plus its mean error on the
labels, which supposes nothing about how the error depends on the truth.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import sqrt
from typing import TYPE_CHECKING, Any

import msgspec

from auscult.stats.bootstrap import percentile
from auscult.stats.confusion import ErrorDraws, effective_size, matrix_inverse, rogan_gladen
from auscult.stats.grouped import codes, sums_by
from auscult.stats.intervals import t_quantile
from auscult.stats.paired import difference
from auscult.stats.rates import rate
from auscult.stats.table import ALL_ASKED, COUNTED, Counting, classified, correctness, plain

if TYPE_CHECKING:
    import numpy as np
    import polars as pl
    from numpy.typing import NDArray

    from auscult.core.estimate import Estimate

    Floats = NDArray[np.float64]

BY_ERROR_RATES = "corrected for sensitivity and specificity (Rogan-Gladen), joint draws"
BY_MATRIX = "corrected by the confusion matrix, constrained to shares, joint draws"
POWERED = "prediction-powered from labels of the run (PPI++), cluster-robust, Student's t"
FEW_LABELS = 30


class Powered(msgspec.Struct, frozen=True):
    """A prediction-powered mean. `influence` says, per row, how far it moves the value."""

    value: float
    influence: Any
    tuning: float
    """0 uses the labels alone, 1 all the judge says."""
    n_labels: int
    label_weight: Any
    """Per row; 0 without a label."""


def observed_draws(
    shares: Sequence[float],
    sizes: Sequence[float],
    *,
    draws: int,
    seed: int,
    correlation: float = 0.0,
) -> Floats:
    """Draws of one observed share, or of two from the same clusters: beta under Jeffreys' prior on
    their effective sizes, joined by a normal copula. A row a draw, a column a share."""
    import numpy as np
    from scipy.special import betaincinv, ndtr

    generator = np.random.Generator(np.random.PCG64([seed, 1]))
    normal = generator.standard_normal((draws, len(shares)))
    if len(shares) == 2:
        normal[:, 1] = correlation * normal[:, 0] + sqrt(1 - correlation**2) * normal[:, 1]
    hits = np.asarray(shares) * np.asarray(sizes)
    misses = np.asarray(sizes) - hits
    return np.asarray(betaincinv(hits + 0.5, np.maximum(0.0, misses) + 0.5, ndtr(normal)))


def corrected(
    estimate: Estimate, errors: ErrorDraws, *, positive: str, part: str | None = None
) -> Estimate:
    """A rate of replies judged `positive`, corrected by the judge's error rates (two levels) in
    `part`, by default the estimate's arm. `extra["uncorrected"]` keeps what the judge alone said.
    Where nothing can be corrected there is no value and `note` says why."""
    found = errors.part(estimate.arm if part is None else part)
    left = _uncorrected(estimate, errors, found)
    if estimate.value is None:
        return _refused(left, "there is no rate to correct.")
    if why := errors.fault(found, estimate.level):
        return _refused(left, why)
    part, size = found or "", effective_of(estimate)
    at = errors.place(positive)
    seen = observed_draws([estimate.value], [size], draws=_draws(errors), seed=errors.seed)[:, 0]
    value = float(_taken_back(estimate.value, errors.points[part], at))
    drawn = _taken_back(seen, errors.matrices[part], at)
    return _filled(left, value, percentile(drawn, estimate.level), BY_ERROR_RATES)


def corrected_levels(
    estimates: dict[str, Estimate], errors: ErrorDraws, *, part: str | None = None
) -> dict[str, Estimate]:
    """The shares of all levels of one set of replies, corrected together. The sampling error is
    that of the least certain of them."""
    import numpy as np

    if set(estimates) != set(errors.levels):
        raise ValueError(f"one share is needed for each of {', '.join(errors.levels)}")
    ordered = [estimates[name] for name in errors.levels]
    found = errors.part(ordered[0].arm if part is None else part)
    left = {name: _uncorrected(estimates[name], errors, found) for name in errors.levels}
    shares = np.array([e.value for e in ordered], dtype=np.float64)
    if np.isnan(shares).any():
        return {name: _refused(e, "there is no rate to correct.") for name, e in left.items()}
    if abs(float(shares.sum()) - 1) > 1e-6:
        raise ValueError("the shares of all levels must add up to 1")
    if why := errors.fault(found, ordered[0].level):
        return {name: _refused(e, why) for name, e in left.items()}
    part, size = found or "", min(effective_of(e) for e in ordered)
    generator = np.random.Generator(np.random.PCG64([errors.seed, 1]))
    seen = generator.dirichlet(shares * size + 0.5, size=_draws(errors))
    value = matrix_inverse(shares[None, :], errors.points[part][None])[0]
    drawn = matrix_inverse(seen, errors.matrices[part])
    return {
        name: _filled(e, float(value[i]), percentile(drawn[:, i], e.level), BY_MATRIX)
        for i, (name, e) in enumerate(left.items())
    }


def corrected_difference(
    frame: pl.DataFrame,
    about: Estimate,
    errors: ErrorDraws,
    *,
    positive: str,
    success: pl.Expr | None = None,
    counting: Counting = ALL_ASKED,
    level: float = 0.95,
) -> Estimate:
    """`paired.difference` with both arms corrected within each draw: by the error rates of each
    arm's own labels, or by one draw for both where `errors` holds for all arms. `success` is the
    judge saying `positive`."""
    base = difference(frame, about, success=success, counting=counting, level=level)
    named = (base.arm, base.control_arm or "")
    parts = [errors.part(name) for name in named]
    left = _uncorrected(base, errors, *parts)
    if base.value is None:
        return _refused(left, "there is no difference to correct.")
    for part, name in zip(parts, named, strict=True):
        if why := errors.fault(part, level):
            return _refused(left, f"in the arm '{name}', {why}")
    at = errors.place(positive)
    shares, sizes, correlation = _two_arms(paired_rows(frame, base, success, counting), named)
    seen = observed_draws(
        shares, sizes, draws=_draws(errors), seed=errors.seed, correlation=correlation
    )
    ends = []
    for i, part in enumerate(parts):
        point, matrices = errors.points[part or ""], errors.matrices[part or ""]
        ends.append((_taken_back(shares[i], point, at), _taken_back(seen[:, i], matrices, at)))
    (arm, arm_draws), (control, control_draws) = ends
    interval = percentile(arm_draws - control_draws, level)
    done = _filled(left, float(arm - control), interval, BY_ERROR_RATES)
    rates = {"arm_rate": float(arm), "control_rate": float(control)}
    return msgspec.structs.replace(done, extra=done.extra | rates)


def effective_of(estimate: Estimate) -> float:
    """How many independent replies tell as much as those of this rate."""
    return float(estimate.extra.get("n_effective", estimate.n_clusters or estimate.n))


def paired_rows(
    frame: pl.DataFrame, about: Estimate, success: pl.Expr | None, counting: Counting
) -> pl.DataFrame:
    """The counted rows of cases that both arms have; `weight` makes each case count once an
    arm."""
    import polars as pl

    arms = plain(frame).filter(pl.col("arm").is_in([about.arm, about.control_arm]))
    rows = classified(arms, correctness() if success is None else success, counting)
    return (
        rows.filter(pl.col("state") == COUNTED)
        .with_columns(
            (1 / pl.len().over("case_id", "arm")).alias("weight"),
            pl.col("arm").n_unique().over("case_id").alias("arms"),
        )
        .filter(pl.col("arms") == 2)
    )


def _two_arms(rows: pl.DataFrame, arms: Sequence[str]) -> tuple[list[float], list[float], float]:
    """Per arm its rate and effective size, and how the two go together over clusters."""
    import numpy as np

    key, weight = codes(rows["cluster"]), rows["weight"].to_numpy()
    hits = weight * rows["y"].to_numpy()
    shares, sizes, residuals = [], [], []
    for arm in arms:
        here = np.flatnonzero((rows["arm"] == arm).to_numpy())
        total = sums_by(key[here], hits[here]).totals
        whole = sums_by(key[here], weight[here]).totals
        share, size, _ = effective_size(np.column_stack([total, whole - total]), len(here))
        shares.append(min(1.0, max(0.0, float(share[0]))))
        sizes.append(size)
        residuals.append(total - share[0] * whole)
    if len(residuals[0]) != len(residuals[1]):
        raise ValueError("a case belongs to different clusters in its two arms")
    scale = sqrt(float((residuals[0] ** 2).sum()) * float((residuals[1] ** 2).sum()))
    together = float((residuals[0] * residuals[1]).sum()) / scale if scale > 1e-12 else 0.0
    return shares, sizes, min(1.0, max(-1.0, together))


def _taken_back(observed: Any, matrices: Any, at: int) -> Any:
    other = 1 - at
    return rogan_gladen(observed, matrices[..., at, at], matrices[..., other, other])


def _draws(errors: ErrorDraws) -> int:
    return len(next(iter(errors.matrices.values())))


def _uncorrected(estimate: Estimate, errors: ErrorDraws, *parts: str | None) -> Estimate:
    if errors.source == "shipped":
        raise ValueError(
            "a judge's own calibration set does not correct a rate of this run; label replies of "
            "the run, or show transport.sensitivity"
        )
    labels = {name: errors.n_labels[name] for name in dict.fromkeys(parts) if name is not None}
    about = {
        "labels_from": errors.source,
        "n_labels": sum(labels.values()),
        "labels_left_out_purposive": errors.n_purposive,
    }
    return _aside(estimate, about)


def _aside(estimate: Estimate, labels: dict[str, Any]) -> Estimate:
    """The estimate with its own numbers moved aside."""
    kept = {name: getattr(estimate, name) for name in ("value", "low", "high", "method")}
    extra = {"uncorrected": kept | estimate.extra} | labels
    return msgspec.structs.replace(
        estimate, value=None, low=None, high=None, corrected=False, method="", extra=extra
    )


def _refused(left: Estimate, why: str) -> Estimate:
    note = f"No corrected rate: {why}"
    return msgspec.structs.replace(left, note=" ".join(s for s in (left.note, note) if s))


def _filled(left: Estimate, value: float, interval: tuple[float, float], method: str) -> Estimate:
    low, high = min(interval[0], value), max(interval[1], value)
    return msgspec.structs.replace(
        left, value=value, low=low, high=high, corrected=True, method=method
    )


def prediction_powered(
    judged: Any, truth: Any, inclusion: Any, weight: Any = None, tuning: float | None = None
) -> Powered:
    """The mean truth of rows that all have the judge's reading and of which some have a label (NaN
    elsewhere) with the probability it was picked with (NaN: on purpose, left out). Tuned as PPI++
    (Angelopoulos, Duchi and Zrnic 2023) by the slope of truth on reading among the labels, within
    [0, 1]; labels being part of the run, that is the regression estimator of survey sampling. At
    least one label is needed."""
    import numpy as np

    seen = np.asarray(judged, dtype=np.float64)
    base = np.ones(len(seen)) if weight is None else np.asarray(weight, dtype=np.float64)
    chance = np.asarray(inclusion, dtype=np.float64)
    if np.any((chance <= 0) | (chance > 1)):
        raise ValueError("an inclusion probability must lie in (0, 1]; none where none is known")
    labelled = np.isfinite(truth) & np.isfinite(chance)
    if not labelled.any():
        raise ValueError("no row has a label with an inclusion probability")
    said = np.where(labelled, truth, 0.0)
    stands = np.where(labelled, base / np.where(labelled, chance, 1.0), 0.0)
    whole, total = float(base.sum()), float(stands.sum())
    mean = float((base * seen).sum()) / whole
    seen_off = seen - float((stands * seen).sum()) / total
    said_off = said - float((stands * said).sum()) / total
    if tuning is None:
        spread = float((stands * seen_off**2).sum())
        slope = float((stands * seen_off * said_off).sum()) / spread if spread > 1e-12 else 1.0
        tuning = min(1.0, max(0.0, slope))
    # Written as the judge's mean plus a mean error, so that a judge without error leaves it as is.
    error = float((stands * (said - tuning * seen)).sum()) / total
    value = tuning * mean + error
    influence = tuning * base * (seen - mean) / whole
    influence += stands * (said_off - tuning * seen_off) / total
    return Powered(value, influence, tuning, int(labelled.sum()), stands)


def powered_rate(
    frame: pl.DataFrame,
    about: Estimate,
    *,
    success: pl.Expr | None = None,
    counting: Counting = ALL_ASKED,
    level: float = 0.95,
) -> Estimate:
    """`rates.rate` corrected by labels of this run (prediction-powered). `truth` is a person's
    success (null without a label), `inclusion` the probability with which the row was picked to
    be labelled (null: picked on purpose, left out)."""
    base = rate(frame, about, success=success, counting=counting, level=level)
    if base.value is None:
        return base
    wanted = correctness() if success is None else success
    columns = {"cluster", "behaviour", "truth", "inclusion", *wanted.meta.root_names()}
    rows = classified(frame.select(columns), wanted, counting)
    rows = rows.filter(rows["state"] == COUNTED)
    return _powered(base, rows.with_columns(weight=1.0, side=1.0), {1.0: ""})


def powered_difference(
    frame: pl.DataFrame,
    about: Estimate,
    *,
    success: pl.Expr | None = None,
    counting: Counting = ALL_ASKED,
    level: float = 0.95,
) -> Estimate:
    """`paired.difference` corrected by labels of this run, each arm by its own; columns as in
    `powered_rate`."""
    base = difference(frame, about, success=success, counting=counting, level=level)
    if base.value is None:
        return base
    rows = paired_rows(frame, base, success, counting)
    side = (rows["arm"] == base.arm).cast(int) * 2.0 - 1
    names = {1.0: f" of the arm '{base.arm}'", -1.0: f" of the arm '{base.control_arm}'"}
    return _powered(base, rows.with_columns(side=side), names)


def _powered(base: Estimate, rows: pl.DataFrame, sides: dict[float, str]) -> Estimate:
    """The mean of side 1, less that of side -1 where there is one. The variance is that of cluster
    sums and, for each side, of two pseudo-labels on which judge and person differ, one each way
    (as Bonett and Price 2012 add them): labels without an error do not prove that there is none."""
    import numpy as np
    import polars as pl

    columns = ("y", "truth", "inclusion", "weight", "side")
    given = [rows[name].cast(pl.Float64).to_numpy() for name in columns]
    key = codes(rows["cluster"])
    order = np.lexsort((*given, key))
    key, (y, truth, inclusion, weight, side) = key[order], (column[order] for column in given)
    known = np.isfinite(truth)
    if np.any((truth[known] < 0) | (truth[known] > 1)):
        raise ValueError("the column 'truth' must lie in [0, 1]")
    labels = {
        "labels_from": "run",
        "n_labels": int((known & np.isfinite(inclusion)).sum()),
        "labels_left_out_purposive": int((known & ~np.isfinite(inclusion)).sum()),
    }
    left = _aside(base, labels)
    value, variance, freedom, tuning, notes = 0.0, 0.0, len(order), [], [base.note]
    moves = np.zeros(len(order))
    for sign, name in sides.items():
        here = np.flatnonzero(side == sign)
        if why := _too_few(key[here], known[here] & np.isfinite(inclusion[here]), name):
            return _refused(left, why)
        found = prediction_powered(y[here], truth[here], inclusion[here], weight[here])
        per_cluster = sums_by(key[here], found.label_weight).totals
        squares, total = float((per_cluster**2).sum()), float(per_cluster.sum())
        value, variance = value + sign * found.value, variance + 2 / (total**2 / squares + 2) ** 2
        freedom = min(freedom, int((per_cluster > 0).sum()) - 1)
        moves[here] = sign * found.influence
        tuning.append(found.tuning)
        notes.append(_doubts(found, total, float(weight[here].sum()), squares, name))
    sums = sums_by(key, moves).totals
    variance += len(sums) / (len(sums) - 1) * float((sums**2).sum())
    half = t_quantile(freedom, base.level) * sqrt(variance)
    least = -1.0 if len(sides) == 2 else 0.0
    value = min(1.0, max(least, value))
    ends = max(least, value - half), min(1.0, value + half)
    done = _filled(left, value, ends, f"{POWERED}, tuning {', '.join(f'{t:.2f}' for t in tuning)}")
    note = " ".join(sentence for sentence in notes if sentence)
    return msgspec.structs.replace(done, note=note, extra=done.extra | {"tuning": tuning})


def _too_few(key: Any, labelled: Any, name: str) -> str:
    import numpy as np

    clusters = len(np.unique(key[labelled]))
    if clusters == 0:
        return f"none of the replies{name} has a label picked with a known probability."
    return f"all labels{name} are of one cluster." if clusters == 1 else ""


def _doubts(found: Powered, total: float, whole: float, squares: float, name: str) -> str:
    said = []
    if found.n_labels < FEW_LABELS:
        said.append(f"Only {found.n_labels} labels{name}: the interval is a rough guide.")
    if abs(total - whole) > 4 * sqrt(squares):
        said.append(
            f"The labels{name} stand for {total:.0f} of {whole:.0f} replies: see whether their "
            "inclusion probabilities are right."
        )
    return " ".join(said)
