"""Runs read by a judge that errs and reviewed by people: how often do intervals hold the truth?

    python tests/support/review_simulation.py [SEEDS]

prints the table of docs/review.md. A run is drawn from a superpopulation: `trials` replies, several
a case, each truly failing with probability `rate`; a judge reads them with `sensitivity` and
`specificity`, and so, independently, does a second judge. People label without error. The queue is
drawn, read back and corrected by the same functions as a run's; only the ledger is left out.

Ways to use the labels:
- raw: the judge's rate, no labels;
- random: the random part corrects, no priority part;
- both: the queue has a priority part too, where the judges disagree; its labels are given and kept;
- part way: as both, but the reviewers stopped after two thirds of the queue;
- pooled: what must not be done: all labels of both parts taken for one random sample.
"""

from __future__ import annotations

import sys
from typing import Literal, NamedTuple, get_args

import numpy as np
import polars as pl

from auscult.core.estimate import Estimate
from auscult.core.protocols import Watched
from auscult.kit.review.corrected import corrected
from auscult.kit.review.measure import Sample, sample_of
from auscult.kit.review.records import Drawn, Label, Queue, Review, Stratum
from auscult.kit.review.sampling import allocate, place_of
from auscult.kit.review.scheme import Outcome
from auscult.stats.correction import powered_rate
from auscult.stats.rates import rate
from auscult.stats.table import blank

Way = Literal["raw", "random", "both", "part way", "pooled"]
WAYS: tuple[Way, ...] = get_args(Way)
FINE, FAILED = "answered, 0", "answered, 1"
FRAME, SUITE, JUDGE = "frame", "simulated", "judge"
WATCHED = Watched("failures", "attack", JUDGE)


class Design(NamedTuple):
    rate: float
    sensitivity: float
    specificity: float
    trials: int = 1000
    per_case: int = 2
    sample: int = 200
    priority: int = 100


GRID = (
    Design(0.05, 0.80, 0.95),
    Design(0.10, 0.70, 0.90),
    Design(0.30, 0.85, 0.70),
    Design(0.50, 0.95, 0.80),
)


class Coverage(NamedTuple):
    seeds: int
    covered: int
    refused: int
    width: float
    bias: float

    @property
    def share(self) -> float:
        return self.covered / max(1, self.seeds - self.refused)


def coverage(way: Way, design: Design, seeds: int, first: int = 0) -> Coverage:
    covered = refused = 0
    widths, off = [], []
    for seed in range(first, first + seeds):
        found = _estimate(way, design, seed)
        if found.value is None or found.low is None or found.high is None:
            refused += 1
            continue
        covered += found.low <= design.rate <= found.high
        widths.append(found.high - found.low)
        off.append(found.value - design.rate)
    return Coverage(seeds, covered, refused, float(np.mean(widths)), float(np.mean(off)))


def _estimate(way: Way, design: Design, seed: int) -> Estimate:
    frame, apart = _run(design, seed)
    about = rate(frame, blank(SUITE, "failures", "", arm="attack"))
    if way == "raw":
        return about
    review = _review(frame, apart, design, seed, way)
    if way == "pooled":
        return _pooled(frame, about, review)
    return corrected(frame, WATCHED, about, sample_of([review], FRAME), review.queue)


def _run(design: Design, seed: int) -> tuple[pl.DataFrame, np.ndarray]:
    """The trial table with a hidden column of the truth, and where a second judge differs."""
    generator = np.random.Generator(np.random.PCG64([seed, 7]))
    case = np.arange(design.trials) // design.per_case
    truth = generator.random(design.trials) < design.rate
    chance = np.where(truth, design.sensitivity, 1 - design.specificity)
    judged, second = (generator.random(design.trials) < chance for _ in range(2))
    frame = pl.DataFrame(
        {
            "case_no": case,
            "case_id": case.astype(str),
            "cluster": case.astype(str),
            "arm": ["attack"] * design.trials,
            "repeat": np.arange(design.trials, dtype=np.int32) % design.per_case,
            "judge": [JUDGE] * design.trials,
            "behaviour": ["answered"] * design.trials,
            "score": judged.astype(np.float64),
            "hidden": truth,
        }
    )
    return frame, judged != second


def _review(frame: pl.DataFrame, apart: np.ndarray, design: Design, seed: int, way: Way) -> Review:
    said = [FAILED if score else FINE for score in frame["score"]]
    sizes = {label: said.count(label) for label in (FINE, FAILED)}
    given = allocate(sizes, design.sample)
    order = sorted(range(len(said)), key=lambda row: place_of(seed, row))
    random = [
        row
        for label in sizes
        for row in [r for r in order if said[r] == label][: given.get(label, 0)]
    ]
    taken = set(random)
    more = [row for row in order if apart[row] and row not in taken][: design.priority]
    chosen = random + (more if way != "random" else [])
    chosen.sort(key=lambda row: place_of(seed, "order", row))
    items = tuple(
        Drawn(
            id=f"q-{place:05d}", place=place, suite=SUITE, case_no=frame["case_no"][row],
            case_id=frame["case_id"][row], cluster=frame["cluster"][row], attempt=0, arm="attack",
            repeat=frame["repeat"][row], judged=said[row], stratum=said[row],
            part="random" if row in taken else "priority",
            inclusion=given[said[row]] / sizes[said[row]] if row in taken else None,
        )
        for place, row in enumerate(chosen, 1)
    )  # fmt: skip
    read = len(items) * 2 // 3 if way == "part way" else len(items)
    labels = tuple(
        Label(
            item=item.id, reviewer="one", label=FAILED if frame["hidden"][row] else FINE, at="1",
            added="1", part=item.part, inclusion=item.inclusion,
        )
        for item, row in list(zip(items, chosen, strict=True))[:read]
    )  # fmt: skip
    queue = Queue(
        id="q", at="", judge=JUDGE, version="1", seed=seed, frame=FRAME, verdicts=len(said),
        without_verdict=0, strata={x: Stratum(sizes[x], given.get(x, 0)) for x in sizes},
        labels=(FINE, FAILED), positive="",
        outcomes={FINE: (Outcome("answered", 0.0),), FAILED: (Outcome("answered", 1.0),)},
    )  # fmt: skip
    return Review(queue, items, labels)


def _pooled(frame: pl.DataFrame, about: Estimate, review: Review) -> Estimate:
    words = {label.item: label.label for label in review.labels}
    said = pl.DataFrame(
        {
            "case_no": [item.case_no for item in review.items],
            "repeat": [item.repeat for item in review.items],
            "truth": [float(words[item.id] == FAILED) for item in review.items],
            "inclusion": [len(review.items) / len(frame)] * len(review.items),
        },
        schema_overrides={"repeat": pl.Int32},
    )
    return powered_rate(frame.join(said, on=["case_no", "repeat"], how="left"), about)


def sample_in(design: Design, seed: int, way: Way) -> Sample:
    """What may enter a rate, of one simulated run."""
    frame, apart = _run(design, seed)
    return sample_of([_review(frame, apart, design, seed, way)], FRAME)


def main() -> None:
    seeds = int(sys.argv[1]) if len(sys.argv) > 1 else 1000
    print("| rate | Se | Sp | " + " | ".join(WAYS) + " | width, random | bias, pooled |")
    print("|---|---|---|" + "---|" * (len(WAYS) + 2))
    for design in GRID:
        found = {way: coverage(way, design, seeds) for way in WAYS}
        shares = " | ".join(f"{100 * found[way].share:.1f}%" for way in WAYS)
        print(
            f"| {design.rate} | {design.sensitivity} | {design.specificity} | {shares} | "
            f"{found['random'].width:.3f} | {found['pooled'].bias:+.3f} |",
            flush=True,
        )


if __name__ == "__main__":
    main()
