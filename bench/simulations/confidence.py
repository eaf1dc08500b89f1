"""Coverage of AUROC and of the expected calibration error."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from auscult.stats.calibration import brier, calibration_error
from auscult.stats.selective import Figure, Forecasts, auroc, forecasts
from simulations.cells import (
    Cell,
    Check,
    Done,
    Result,
    Section,
    Table,
    generator,
    of,
    percent,
    span,
)

LEVELS = np.array([0.5, 0.7, 0.9])
SHIFTS = (0.0, 0.1)
"""How much more is said than is so."""
PATIENTS, ANSWERS, SHARED = (20, 60, 200), 3, 0.5
NUMBER = 150
LOW = 0.93
Area = Callable[[Forecasts], Figure | None]


def ranking(patients: int, replicates: int, area: Area = auroc) -> Result:
    """Three answers a patient, half of whose confidences are the patient's own; each is right with
    the probability stated. The truth is exact: pairs of right and wrong over three levels."""
    draws = generator("auroc", patients)
    right, wrong = LEVELS / LEVELS.sum(), (1 - LEVELS) / (1 - LEVELS).sum()
    true = float(sum(right[i] * (wrong[:i].sum() + wrong[i] / 2) for i in range(len(LEVELS))))
    number, size = np.repeat(np.arange(patients), ANSWERS), patients * ANSWERS
    held = absent = 0
    width = 0.0
    for _ in range(replicates):
        own = np.repeat(draws.choice(LEVELS, patients), ANSWERS)
        sure = np.where(draws.random(size) < SHARED, own, draws.choice(LEVELS, size))
        found = area(forecasts(sure, draws.random(size) < sure, number))
        if found is None:
            absent += 1
            continue
        held += found.low <= true <= found.high
        width += found.high - found.low
    told = replicates - absent
    return {"coverage": held / told, "true": true, "width": width / told,
            "absent": absent / replicates}  # fmt: skip


def calibration(shift: float, replicates: int) -> Result:
    """Three levels of confidence, each stated `shift` too high: so large is the true error, and
    the mean squared difference is known too."""
    draws = generator("ece", shift)
    true_brier = float((LEVELS * (1 - LEVELS)).mean() + shift**2)
    held: dict[str, int] = dict.fromkeys(("ece", "largest", "brier"), 0)
    width = corrected = plug_in = 0.0
    for number in range(replicates):
        chance = draws.choice(LEVELS, NUMBER)
        right = draws.random(NUMBER) < chance
        scored = forecasts(np.round(chance + shift, 10), right)
        found = calibration_error(scored, seed=number)
        score = brier(scored).score
        held["ece"] += _holds(found.ece, shift)
        held["largest"] += _holds(found.largest, shift)
        held["brier"] += _holds(score, true_brier)
        width += found.ece.high - found.ece.low
        corrected += found.corrected - shift
        plug_in += found.plug_in - shift
    means = {"width": width, "corrected": corrected, "plug_in": plug_in}
    return {name: count / replicates for name, count in (held | means).items()}


def _holds(figure: Any, true: float) -> bool:
    return bool(figure.low - 1e-9 <= true <= figure.high + 1e-9)


def cells(replicates: int) -> list[Cell]:
    made = [Cell(ranking, {"patients": p, "replicates": replicates}) for p in PATIENTS]
    return [*made, *(Cell(calibration, {"shift": s, "replicates": replicates}) for s in SHIFTS)]


def section(done: list[Done]) -> Section:
    areas, errors = of(done, ranking), of(done, calibration)
    ranked = [cell["coverage"] for cell in areas]
    ece = [cell[key] for cell in errors for key in ("ece", "largest")]
    scores = [cell["brier"] for cell in errors]
    checks = [
        Check(f"AUROC: intervals cover at least 93%: {span(ranked)}", min(ranked) >= LOW),
        Check(
            "calibration error and largest gap: intervals, which are meant to be wide, cover at "
            f"least 95%: {span(ece)}",
            min(ece) >= 0.95,
        ),
        Check(f"Brier score: intervals cover at least 93%: {span(scores)}", min(scores) >= LOW),
    ]
    levels = ", ".join(f"{level:g}" for level in LEVELS)
    words = (
        f"AUROC: {ANSWERS} answers a patient, alike in confidence; the true area is "
        f"{areas[0]['true']:.4f}. Calibration: {NUMBER} answers with confidence {levels}, as "
        f"stated or stated {SHIFTS[1]:g} too high. The plug-in calibration error is biased upwards "
        "where confidence is right; the corrected one, which the product prints, hardly."
    )
    return Section("Confidence", words, checks, _tables(areas, errors))


def _tables(areas: list[Done], errors: list[Done]) -> list[Table]:
    first = [
        [f"{cell['patients']}", percent(cell["coverage"]), f"{cell['width']:.3f}"] for cell in areas
    ]
    second = [
        [
            f"{cell['shift']:g}",
            *(percent(cell[key]) for key in ("ece", "largest", "brier")),
            f"{cell['width']:.3f}",
            f"{100 * cell['plug_in']:+.1f}",
            f"{100 * cell['corrected']:+.1f}",
        ]
        for cell in errors
    ]
    heads = ["stated too high by", "calibration error covers", "largest gap covers",
             "Brier score covers", "mean width of the error's", "bias of the plug-in, points",
             "bias of the corrected"]  # fmt: skip
    return [
        Table("AUROC:", ["patients", "coverage", "mean width"], first),
        Table("Calibration error:", heads, second),
    ]
