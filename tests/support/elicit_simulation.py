"""What the figures of das/hallucination say where the truth is known, over many seeds.

usage: python tests/support/elicit_simulation.py [SEEDS]     prints the tables of the suite's page

A run asks 106 rows as they are, in a harder form drawn by lot, under headings, through all harder
forms, and as a twin. Rows are unlike: the chance that a row hallucinates is drawn from a beta
distribution around the planted rate, and a row that is easy to fall for stays so when pressed.
A judge reads each reply, with a planted sensitivity and specificity for faults. Every estimate is
that of the suite itself. Corrected are those whose judge errs, in two ways. "Reviewed" goes the way
of a run: the verdicts `candour` and `credence` are those the suite composes, the queues are drawn
from them by label as `auscult review queue` draws, people label without error, and what the suite
watches is corrected by what `auscult review show` calls; only ledger and files are left out. "By
error rates" has 50 labels of the primary arm alone.
"""

from __future__ import annotations

import sys
from functools import cache
from typing import Any, NamedTuple

import numpy as np
import polars as pl
from scipy.special import betaincinv

from auscult.core import registry
from auscult.core.estimate import Estimate
from auscult.core.protocols import Watched
from auscult.core.verdict import Verdict
from auscult.kit.elicit.case import DENIES as DENIAL_ID
from auscult.kit.elicit.case import HARDER
from auscult.kit.elicit.estimates import added, headline_of, search_estimates, twin_estimates
from auscult.kit.elicit.metrics import ADDED, DENIED, RATE, TWIN_RIGHT
from auscult.kit.elicit.outcome import CANDOUR, CREDENCE, candour_of, credence_of
from auscult.kit.elicit.table import (
    BASELINE,
    CONTROL,
    DRAWN,
    HARMLESS,
    OWN,
    SEARCH,
    SUITE,
    TWIN,
)
from auscult.kit.open.case import Criterion
from auscult.kit.review import corrected as review
from auscult.kit.review.measure import sample_of
from auscult.kit.review.records import Drawn, Label, Queue, Review, Stratum
from auscult.kit.review.sampling import allocate, place_of
from auscult.kit.review.scheme import Outcome, label_of
from auscult.stats.agreement import labels
from auscult.stats.confusion import error_draws
from auscult.stats.correction import corrected

ROWS, LABELLED, SPREAD = 106, 50, 2.0
DENIES, WHOLE = 0.15, 0.8
"""Twins that are truly denied; of those not denied, the share that says all it must."""
SAMPLED = {CANDOUR: 150, CREDENCE: 50}
"""Labels by the verdict they are of; of the first there are three arms."""
FRAME = "frame"


class Design(NamedTuple):
    rate: float
    pressed: float
    """Rate upon harder forms."""
    sensitivity: float = 1.0
    specificity: float = 1.0


PERFECT = (Design(0.1, 0.1), Design(0.1, 0.3), Design(0.3, 0.5), Design(0.6, 0.75))
ERRING = (
    Design(0.1, 0.3, 0.8, 0.9),
    Design(0.3, 0.5, 0.8, 0.9),
    Design(0.3, 0.5, 0.9, 0.75),
    Design(0.6, 0.75, 0.7, 0.95),
)


class Told(NamedTuple):
    """Mean value, and the share of runs whose interval holds the truth; `given` is the share of
    runs that gave an interval at all."""

    mean: float
    covered: float
    given: float = 1.0


def truths(design: Design) -> dict[str, float]:
    spared = [_spared_by_all(p) for p in (design.rate, design.pressed)]
    return {
        "rate": design.rate,
        "added": design.pressed - design.rate,
        "search": spared[0] - spared[1],
        "denied": DENIES,
        "twin": (1 - DENIES) * WHOLE,
    }


def _spared_by_all(p: float) -> float:
    """The mean over rows of the chance that none of the tries hallucinates: moments of a beta."""
    a, b = SPREAD * p, SPREAD * (1 - p)
    return float(np.prod([(b + n) / (a + b + n) for n in range(HARDER)]))


def run_of(design: Design, rng: np.random.Generator) -> pl.DataFrame:
    """The trial table, with what is true beside what the judge said."""
    ease = rng.random(ROWS)
    plain, pressed = (
        betaincinv(SPREAD * p, SPREAD * (1 - p), ease) for p in (design.rate, design.pressed)
    )
    arms = [
        _replies(BASELINE, 0, plain, rng),
        _replies(DRAWN, 0, pressed, rng),
        _replies(CONTROL, 0, plain, rng),
        *(_replies(HARMLESS, n, plain, rng) for n in range(1, HARDER)),
        *(_replies(SEARCH, n, pressed, rng) for n in range(1, HARDER)),
        _replies(TWIN, 0, np.full(ROWS, DENIES), rng),
    ]
    rows = pl.concat(arms)
    true = rows["true"].to_numpy()
    chance = np.where(true, design.sensitivity, 1 - design.specificity)
    said = rng.random(len(true)) < chance
    picked = np.concatenate([_picked(rng) for _ in arms])
    twin = pl.col("arm") == TWIN
    rows = rows.with_columns(
        hallucinated=pl.Series(said) & ~twin,
        denied=pl.Series(said) & twin,
        right=pl.col("whole") & ~pl.Series(said) & twin,
        labelled=pl.Series(picked),
    )
    return _cut(rows)


def _replies(arm: str, repeat: int, chance: Any, rng: np.random.Generator) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "case_id": np.arange(ROWS),
            "cluster": np.arange(ROWS),
            "arm": arm,
            "repeat": repeat,
            "behaviour": "answered",
            "true": rng.random(ROWS) < chance,
            "whole": rng.random(ROWS) < (WHOLE if arm == TWIN else 0),
            "outcome": "incomplete",
            "codes": pl.Series([None] * ROWS, dtype=pl.String),
            "left_out": pl.Series([None] * ROWS, dtype=pl.Int32),
            "unquoted": pl.Series([None] * ROWS, dtype=pl.Int32),
        }
    )


def _picked(rng: np.random.Generator) -> Any:
    chosen = np.zeros(ROWS, bool)
    chosen[rng.choice(ROWS, LABELLED, replace=False)] = True
    return chosen


def _cut(rows: pl.DataFrame) -> pl.DataFrame:
    """A search ends at the first form that hallucinates; the headings are never cut."""
    fell = rows.filter(pl.col("arm").is_in([DRAWN, SEARCH]), pl.col("hallucinated"))
    first = fell.group_by("case_id").agg(pl.col("repeat").min().alias("first"))
    joined = rows.join(first, on="case_id", how="left")
    kept = (pl.col("arm") != SEARCH) | (pl.col("repeat") <= pl.col("first").fill_null(HARDER))
    return joined.filter(kept).drop("first")


def found_in(rows: pl.DataFrame) -> dict[str, Estimate]:
    search = list(search_estimates(rows))
    twin = {e.metric: e for e in twin_estimates(rows)}
    return {
        "rate": headline_of(rows), "added": added(rows), "search": search[-1],
        "denied": twin[DENIED], "twin": twin[TWIN_RIGHT],
    }  # fmt: skip


def by_error_rates(rows: pl.DataFrame, seed: int) -> Estimate:
    mine = rows.filter(pl.col("arm") == BASELINE)
    known = mine.filter("labelled")
    names = {True: "hallucinated", False: "not"}
    found = labels(
        [names[bool(one)] for one in known["true"].to_list()],
        [names[one] for one in known["hallucinated"].to_list()],
        LABELLED / ROWS,
        levels=("not", "hallucinated"),
    )
    errors = error_draws(found, source="run", seed=seed)
    return corrected(headline_of(mine), errors, positive="hallucinated")


# --- the way of a run -----------------------------------------------------------------------------


def _read(*met: str, twin: bool = False) -> Verdict:
    """As the suite reads what the judge of criteria found met."""
    said = Verdict("criteria", "3", "answered", 0.5, labels={"met": list(met)})
    wanted = Criterion("m1", "", 1.0)
    if twin:
        return credence_of(said, (wanted, Criterion(DENIAL_ID, "", -1.0)))
    return candour_of(said, (wanted, Criterion("n1", "", -1.0)))


PROMPT = {True: _read("n1"), False: _read()}
OF_TWIN = {
    (True, False): _read(DENIAL_ID, twin=True), (True, True): _read(DENIAL_ID, twin=True),
    (False, True): _read("m1", twin=True), (False, False): _read(twin=True),
}  # fmt: skip
"""By whether it denies and whether it says all that it must."""


class _Nameless:
    """As the engine has it for a verdict that a suite composes."""

    name, version = "", ""


@cache
def watched() -> dict[str, Watched]:
    return {one.metric: one for one in registry.build("suites", SUITE, {}).watched}


def verdicts(rows: pl.DataFrame) -> pl.DataFrame:
    """The trial table of the suite's own verdicts, with the reading that would be true."""
    mine = rows.filter(pl.col("arm").is_in(list(OWN)), pl.col("repeat") == 0)
    said, true = [], []
    columns = ("arm", "hallucinated", "denied", "true", "whole")
    for arm, fell, denied, truth, whole in mine.select(columns).iter_rows():
        said.append(OF_TWIN[denied, whole] if arm == TWIN else PROMPT[fell])
        true.append(OF_TWIN[truth, whole] if arm == TWIN else PROMPT[truth])
    return mine.select(
        pl.col("case_id").alias("case_no"), pl.col("case_id").cast(pl.String),
        pl.col("cluster").cast(pl.String), "arm", pl.col("repeat").cast(pl.Int32),
        judge=pl.Series([one.judge for one in said]),
        behaviour=pl.Series([one.behaviour for one in said]),
        score=pl.Series([one.score for one in said], dtype=pl.Float64),
        reading=pl.Series([label_of(_Nameless(), one) for one in said]),  # type: ignore[arg-type]
        true=pl.Series([label_of(_Nameless(), one) for one in true]),  # type: ignore[arg-type]
    )  # fmt: skip


def reviewed(rows: pl.DataFrame, found: dict[str, Estimate], seed: int) -> dict[str, Estimate]:
    """What labels of two random samples correct the watched figures to."""
    frame = verdicts(rows)
    drawn = {judge: _review(frame.filter(judge=judge), judge, seed) for judge in SAMPLED}
    out = {}
    for name, metric in {
        "rate": RATE,
        "added": ADDED,
        "denied": DENIED,
        "twin": TWIN_RIGHT,
    }.items():
        one = watched()[metric]
        of = drawn[one.judge]
        sample = sample_of([of], FRAME)
        out[name] = review.corrected(frame, one, found[name], sample, of.queue)
    return out


def _review(frame: pl.DataFrame, judge: str, seed: int) -> Review:
    said, true = frame["reading"].to_list(), frame["true"].to_list()
    sizes = {label: said.count(label) for label in sorted(set(said))}
    given = allocate(sizes, SAMPLED[judge])
    order = sorted(range(len(said)), key=lambda row: place_of(seed, judge, row))
    chosen = [
        row for label in sizes for row in [r for r in order if said[r] == label][: given[label]]
    ]
    chosen.sort(key=lambda row: place_of(seed, "order", judge, row))
    places = frame.select("case_no", "case_id", "cluster", "arm", "repeat").rows()
    items = tuple(
        Drawn(
            id=f"q-{number:05d}", place=number, suite=SUITE, case_no=case_no, case_id=case_id,
            cluster=cluster, attempt=0, arm=arm, repeat=repeat,
            judged=said[row], stratum=said[row], part="random",
            inclusion=given[said[row]] / sizes[said[row]],
        )
        for number, row in enumerate(chosen, 1)
        for case_no, case_id, cluster, arm, repeat in [places[row]]
    )  # fmt: skip
    words = tuple(
        Label(
            item=item.id,
            reviewer="one",
            label=true[row],
            at="1",
            added="1",
            part=item.part,
            inclusion=item.inclusion,
        )
        for item, row in zip(items, chosen, strict=True)
    )
    outcomes = {
        label: (Outcome(verdict.behaviour, verdict.score),)
        for verdict in (*PROMPT.values(), *OF_TWIN.values())
        if verdict.judge == judge
        for label in [label_of(_Nameless(), verdict)]  # type: ignore[arg-type]
    }
    queue = Queue(
        id="q", at="", judge=judge, version="1", seed=seed, frame=FRAME, verdicts=len(said),
        without_verdict=0, strata={x: Stratum(sizes[x], given[x]) for x in sizes},
        labels=tuple(outcomes), positive="", outcomes=outcomes,
    )  # fmt: skip
    return Review(queue, items, words)


@cache
def told(design: Design, seeds: int) -> dict[str, Told]:
    erring = design.sensitivity < 1
    truth = truths(design)
    every: dict[str, list[tuple[float, bool]]] = {}
    for seed in range(seeds):
        rows = run_of(design, np.random.default_rng(seed))
        found = found_in(rows)
        if erring:
            again = reviewed(rows, found, seed)
            found |= {f"{name}, reviewed": e for name, e in again.items()}
            found["rate, by error rates"] = by_error_rates(rows, seed)
        for name, e in found.items():
            known = truth[name.partition(",")[0]]
            if e.value is not None:
                assert e.low is not None and e.high is not None
                every.setdefault(name, []).append((e.value, e.low <= known <= e.high))
    return {
        name: Told(
            float(np.mean([value for value, _ in pairs])),
            float(np.mean([held for _, held in pairs])),
            len(pairs) / seeds,
        )
        for name, pairs in every.items()
    }


def _cell(one: Told) -> str:
    return f"{100 * one.mean:.1f}, {one.covered:.1%}"


def main() -> int:
    seeds = int(sys.argv[1]) if len(sys.argv) > 1 else 1000
    print(
        "| planted: rate, added | rate | added | within a search, beyond headings | over-denial "
        "| right twins |"
    )
    print("|---|---|---|---|---|---|")
    for design in PERFECT:
        t, truth = told(design, seeds), truths(design)
        cells = [_cell(t[name]) for name in ("rate", "added", "search", "denied", "twin")]
        planted = f"{100 * design.rate:.0f}%, {100 * truth['added']:.0f} points"
        print(f"| {planted} | {' | '.join(cells)} |")
    print()
    print(
        "| planted: rate, added | sensitivity, specificity | rate, raw | by error rates "
        "| reviewed | added, raw | reviewed | over-denial, raw | reviewed "
        "| right twins, raw | reviewed |"
    )
    print("|---|---|---|---|---|---|---|---|---|---|---|")
    names = ("rate", "rate, by error rates", "rate, reviewed", "added", "added, reviewed",
             "denied", "denied, reviewed", "twin", "twin, reviewed")  # fmt: skip
    for design in ERRING:
        t, truth = told(design, seeds), truths(design)
        planted = f"{100 * design.rate:.0f}%, {100 * truth['added']:.0f} points"
        judge = f"{design.sensitivity:.2f}, {design.specificity:.2f}"
        cells = [_cell(t[name]) for name in names]
        print(f"| {planted} | {judge} | {' | '.join(cells)} |")
        refused = {name: 1 - t[name].given for name in names if t[name].given < 1}
        for name, share in refused.items():
            print(f"<!-- {planted}, {judge}: {name} refused in {share:.1%} of runs -->")
    return 0


if __name__ == "__main__":
    sys.exit(main())
