"""All estimates of a run on a synthetic table of a million trials: seconds and peak memory.

usage: python bench/estimates.py [RESULT.json] [--rows N]

The table has the columns of the suite `knowledge` and what calibration, fairness, pairs, gates and
tries read besides: patients of three cases, each case asked five times (twice as it is, once with
its options alone, once in a control and once in an attack), 200 groups of patients, a confidence
that is any number from 0 to 1, and every behaviour. Making it is start-up and not counted as time;
the peak is of the whole process. Calibration and fairness read all rows, as if they were one arm.
"""

from __future__ import annotations

import argparse
import resource
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from auscult.core.estimate import Estimate
from marks import Work, tell

if TYPE_CHECKING:
    import polars as pl

ROWS, GROUPS, CASES_EACH, K = 1_000_000, 200, 3, 2
ARMS = (("baseline", 0), ("baseline", 1), ("options-only", 0), ("control", 0), ("attack", 0))
RIGHT = {"baseline": 0.75, "options-only": 0.35, "control": 0.73, "attack": 0.6}
BEHAVIOURS = {"answered": 0.93, "abstained": 0.03, "refused": 0.02, "invalid": 0.01, "error": 0.01}
SPECIALTIES = ("cardiology", "dermatology", "neurology", "paediatrics", "surgery")
OPTIONS, BUDGET = 4, 5
MULTIPLIER = 0x9E3779B97F4A7C15
"""Makes patients' numbers look like the hashes that stand in a real table."""


def table(rows: int) -> pl.DataFrame:
    import polars as pl

    draws = np.random.Generator(np.random.PCG64(1))
    case, place = np.divmod(np.arange(rows), len(ARMS))
    patient = case // CASES_EACH
    ease = draws.normal(0, 0.15, patient[-1] + 1)[patient]
    chance = np.array([RIGHT[arm] for arm, _ in ARMS])[place] + ease
    confidence = np.clip(chance + draws.normal(0, 0.1, rows), 0, 1)
    behaviour = draws.choice(len(BEHAVIOURS), rows, p=list(BEHAVIOURS.values()))
    right = draws.random(rows) < chance
    key, chosen = draws.integers(0, OPTIONS, (2, rows), dtype=np.int16)
    chosen = np.where(right, key, np.where(chosen == key, (chosen + 1) % OPTIONS, chosen))
    score = np.where(behaviour == 0, right.astype(float), np.nan)
    truth = draws.random(patient[-1] + 1)[patient] < 0.3
    frame = pl.DataFrame(
        {
            "case_no": case,
            "cluster_key": patient.astype(np.uint64) * np.uint64(MULTIPLIER),
            "specialty": _words(SPECIALTIES, case % len(SPECIALTIES)),
            "difficulty": _words(("easy", "hard"), case % 2),
            "arm": _words([arm for arm, _ in ARMS], place),
            "repeat": np.array([repeat for _, repeat in ARMS], dtype=np.int32)[place],
            "judge": _words(("choice",), 0 * case),
            "behaviour": _words(list(BEHAVIOURS), behaviour),
            "score": score,
            "labels.shown:small": np.full(rows, OPTIONS, dtype=np.int16),
            "labels.key_position:small": key,
            "labels.position_chosen:small": chosen,
            "labels.chosen_original:small": chosen,
            "labels.longest_right:number": (key == 0).astype(float),
            "labels.permuted:flag": np.ones(rows, dtype=bool),
            "labels.data:word": _words(("medqa",), 0 * case),
            "confidence": confidence,
            "region": _words([f"group {g:03}" for g in range(GROUPS)], patient % GROUPS),
            "truth": _words(("no", "yes"), truth.astype(int)),
            "said": _words(("no", "yes"), (truth == right).astype(int)),
            "tries": draws.integers(1, BUDGET + 1, rows),
            "failed": draws.random(rows) < 0.5,
        }
    )
    names = {"case_id": pl.format("medqa/{}", "case_no"), "cluster": pl.col("cluster_key")}
    return frame.with_columns(pl.col("score").fill_nan(None), **names)


def _words(names: Sequence[str], which: Any) -> pl.Series:
    import polars as pl

    return pl.Series(list(names), dtype=pl.Categorical).gather(which)


def parts(frame: pl.DataFrame) -> dict[str, Callable[[], list[Estimate]]]:
    """Every kind of estimate, of failing where two arms are compared."""
    from auscult.kit.mcq_estimates import mcq_estimates
    from auscult.kit.mcq_table import COLUMNS, Design
    from auscult.stats.calibration import calibration_estimates
    from auscult.stats.conditional import Replies, first_right, gated
    from auscult.stats.fairness import fairness_estimates
    from auscult.stats.paired import difference
    from auscult.stats.ratio import ratio
    from auscult.stats.survival import first_failure, first_failure_excess
    from auscult.stats.table import blank, correctness
    from auscult.stats.tries import failure_at_k

    pair = blank("bench", "failing", "", arm="attack", control_arm="control")
    one = blank("bench", "accuracy", "", arm="baseline")
    failing = 1 - correctness()
    arms = gated(Replies("baseline", 0), "control", "attack")
    return {
        "knowledge": lambda: mcq_estimates(frame.select(COLUMNS), Design("knowledge", "choice")),
        "calibration": lambda: calibration_estimates(frame, one, confidence="confidence"),
        "fairness": lambda: fairness_estimates(
            frame, one, column="region", truth="truth", answer="said"
        ),
        "paired difference": lambda: [difference(frame, pair, success=failing)],
        "paired ratio": lambda: [ratio(frame, pair, success=failing)],
        "first right": lambda: first_right(frame, pair, arms),
        "failure at k": lambda: [failure_at_k(frame, one, K, "fresh replies")],
        "first failure": lambda: [
            first_failure(frame, pair, BUDGET),
            first_failure_excess(frame, pair, BUDGET),
        ],
    }


def measure(rows: int) -> dict[str, Any]:
    frame = table(rows)
    told: dict[str, Any] = {"rows": rows, "parts": {}, "estimates": 0}
    whole = {"cpu": 0.0, "wall": 0.0}
    for name, estimate in parts(frame).items():
        work = Work()
        work.begin()
        found = estimate()
        used = work.end()
        told["parts"][name] = {"cpu": used["cpu"], "wall": used["wall"], "peak_mb": peak_mb()}
        told["estimates"] += len(found)
        empty = [e.metric for e in found if e.value is None]
        if empty and rows >= ROWS:
            raise RuntimeError(f"{name}: no value for {', '.join(empty)}; nothing was measured")
        whole = {key: whole[key] + used[key] for key in whole}
    return {**told, **whole, "peak_mb": peak_mb()}


def peak_mb() -> float:
    unit = 1 / 1024 if sys.platform != "darwin" else 1 / 1024**2
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit


def written(told: dict[str, Any]) -> str:
    lines = [
        f"{name:18} {used['wall']:6.2f} s, {used['cpu']:6.2f} s of CPU, peak so far "
        f"{used['peak_mb']:5.0f} MB"
        for name, used in told["parts"].items()
    ]
    total = (
        f"{told['estimates']:,} estimates of {told['rows']:,} trials: {told['wall']:.2f} s, "
        f"{told['cpu']:.2f} s of CPU, peak {told['peak_mb']:.0f} MB"
    )
    return "\n".join([*lines, total])


def main() -> None:
    parser = argparse.ArgumentParser(description="All estimates of a million trials.")
    parser.add_argument("result", type=Path, nargs="?", help="write the figures here, as JSON")
    parser.add_argument("--rows", type=int, default=ROWS)
    said = parser.parse_args()
    told = measure(said.rows)
    print(written(told))
    if said.result:
        tell(said.result, told)


if __name__ == "__main__":
    main()
