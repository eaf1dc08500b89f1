"""Runs read by a judge that errs, over and over: how often do corrected intervals hold the truth?

    coverage(how, design, replicates=..., seed=...) -> Coverage

`how` is one of `HOW`; `GRID` holds the designs of the full grid. Tests run a few replicates of a
few designs; a full grid is `[coverage(how, d, replicates=10_000, seed=1) for d in GRID]`. The same
seed gives the same replicates.

A run is drawn from a superpopulation: `trials` cases, each truly failing with probability `rate`
(with a control arm: `control` there, failures nested within a case), judged with `sensitivity` and
`specificity`; `labels` of them, picked at random, are labelled, in each arm. With `repeats` a case
is asked several times and its outcomes agree, as its labels do not.
"""

from __future__ import annotations

from typing import Literal, NamedTuple, get_args

import numpy as np
import polars as pl

from auscult.core.estimate import Estimate
from auscult.stats.agreement import Labels, labels
from auscult.stats.confusion import confusion, error_draws
from auscult.stats.correction import (
    corrected,
    corrected_difference,
    powered_difference,
    powered_rate,
)
from auscult.stats.rates import rate
from auscult.stats.table import blank
from auscult.stats.transport import transport_range

How = Literal[
    "error rates",
    "error rates, exchangeable",
    "prediction-powered",
    "error rates, difference",
    "prediction-powered, difference",
    "shipped",
    "uncorrected",
    "transport range",
]
HOW: tuple[How, ...] = get_args(How)
LEVELS = ("fine", "failed")


class Design(NamedTuple):
    rate: float
    sensitivity: float
    specificity: float
    control: float = 0.1
    trials: int = 1000
    labels: int = 300
    repeats: int = 1
    shipped: tuple[float, float] | None = None
    """Error rates on the calibration set, where they differ from those in the run."""


class Coverage(NamedTuple):
    replicates: int
    """Those that gave an interval."""
    covered: int
    refused: int
    width: float
    """Mean."""
    bias: float
    """Mean of estimate less truth."""

    @property
    def share(self) -> float:
        return self.covered / max(1, self.replicates)


GRID = tuple(
    Design(rate, sensitivity, specificity)
    for rate in (0.02, 0.1, 0.3, 0.5)
    for sensitivity in (0.7, 0.85, 0.95)
    for specificity in (0.7, 0.85, 0.95)
)


def coverage(how: How, design: Design, *, replicates: int, seed: int) -> Coverage:
    generator = np.random.Generator(np.random.PCG64(seed))
    truth = design.rate - (design.control if how.endswith("difference") else 0.0)
    done = covered = 0
    width = off = 0.0
    for _ in range(replicates):
        value, low, high = _interval(how, design, generator)
        if value is None:
            continue
        done += 1
        covered += low <= truth <= high
        width += high - low
        off += value - truth
    return Coverage(done, covered, replicates - done, width / max(1, done), off / max(1, done))


def _interval(how: How, design: Design, generator: np.random.Generator) -> tuple:
    about = blank("simulated", "failures", "", arm="attack", control_arm="control")
    if how.endswith("difference"):
        found = _difference(how, design, about, generator)
        return found.value, found.low, found.high
    frame = _arm(design, "attack", generator.random(design.trials) < design.rate, generator)
    failed = pl.col("score")
    if how == "prediction-powered":
        found = powered_rate(frame, about, success=failed)
        return found.value, found.low, found.high
    found = rate(frame, about, success=failed)
    if how == "uncorrected":
        return found.value, found.low, found.high
    if how == "transport range":
        matrix = confusion(_calibration(design, generator))
        said, seen = matrix.sensitivity("failed"), matrix.specificity("failed")
        reach = transport_range(found.value, found.extra["n_effective"], said, seen)
        return found.value, reach["low"], reach["high"]
    if how == "error rates, exchangeable":
        again = generator.random(design.labels) < design.rate
        known = _labels(_arm(design._replace(trials=design.labels), "", again, generator))
        errors = error_draws(known, source="exchangeable")
    elif how == "shipped":
        # Calling a shipped set exchangeable is the very mistake whose cost is shown.
        errors = error_draws(_calibration(design, generator), source="exchangeable")
    else:
        errors = error_draws(_labels(frame), source="run")
    found = corrected(found, errors, positive="failed")
    return found.value, found.low, found.high


def _difference(
    how: How, design: Design, about: Estimate, generator: np.random.Generator
) -> Estimate:
    drawn = generator.random(design.trials)
    frame = pl.concat(
        [
            _arm(design, "attack", drawn < design.rate, generator),
            _arm(design, "control", drawn < design.control, generator),
        ]
    )
    if how.startswith("prediction"):
        return powered_difference(frame, about, success=pl.col("score"))
    errors = error_draws(_labels(frame), source="run", per_slice=True)
    return corrected_difference(frame, about, errors, positive="failed", success=pl.col("score"))


def _arm(
    design: Design, arm: str, case_fails: np.ndarray, generator: np.random.Generator
) -> pl.DataFrame:
    case = np.repeat(np.arange(design.trials), design.repeats)
    truth = np.repeat(case_fails, design.repeats)
    n = len(truth)
    said_failed = np.where(truth, design.sensitivity, 1 - design.specificity)
    judged = generator.random(n) < said_failed
    picked = np.zeros(n, dtype=bool)
    picked[generator.choice(n, min(n, design.labels), replace=False)] = True
    return pl.DataFrame(
        {
            "case_id": case,
            "cluster": case,
            "arm": [arm] * n,
            "behaviour": ["answered"] * n,
            "score": judged.astype(np.float64),
            "truth": np.where(picked, truth, np.nan),
            "inclusion": np.where(picked, min(n, design.labels) / n, np.nan),
        }
    ).with_columns(pl.col("truth", "inclusion").fill_nan(None))


def _labels(frame: pl.DataFrame) -> Labels:
    kept = frame.filter(pl.col("truth").is_not_null())
    return labels(
        [LEVELS[int(v)] for v in kept["truth"]],
        [LEVELS[int(v)] for v in kept["score"]],
        kept["inclusion"].to_list(),
        levels=LEVELS,
        cluster=kept["cluster"].to_list(),
        slices=kept["arm"].to_list(),
    )


def _calibration(design: Design, generator: np.random.Generator) -> Labels:
    """Half failed, half fine, as such sets are made."""
    sensitivity, specificity = design.shipped or (design.sensitivity, design.specificity)
    truth = np.arange(design.labels) % 2
    seen = generator.random(design.labels) < np.where(truth, sensitivity, 1 - specificity)
    names = np.array(LEVELS)
    return labels(names[truth], names[seen.astype(int)], 1.0, levels=LEVELS)
