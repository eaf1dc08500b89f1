"""Confidence sequences looked at after every case, and what sequential audits cost."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from sequential_simulation import (
    AVERAGED,
    PRINTED,
    Cuts,
    clusters,
    cuts,
    ever_missed,
    fewest_possible,
    fixed_design,
    miss_cuts,
    stopping,
    three_way_design,
)

from auscult.stats.intervals import wilson
from auscult.stats.sequences import Kind
from auscult.stats.stopping import Clears
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

RATES = (0.02, 0.1, 0.5, 0.9)
CORRELATIONS = (0.0, 0.1, 0.5)
KINDS: tuple[Kind, ...] = ("betting", "empirical-bernstein")
LOOKS, PACK = 5000, 1000
TRIALS = 5
AT_ONCE = 100
FIRST_LOOK = 10
THRESHOLD, ZONE = 0.1, (0.05, 0.2)
HORIZON = 5000


def exact_peeking(rate: float, looks: int) -> Result:
    """Yes-or-no clusters: the chance that the interval misses at any look, by exact recursion; and
    the same of an ordinary Wilson interval looked at from the tenth case on."""
    found = stopping(miss_cuts(rate, 0.95, looks), rate)
    naive = stopping(_wilson_cuts(rate, looks), rate)
    return {
        "missed": float(found.above + found.below),
        "wilson": float(naive.above + naive.below),
    }


def _wilson_cuts(rate: float, looks: int) -> Cuts:
    upper, lower = np.arange(looks + 1) + 1, np.full(looks + 1, -1)
    up, down = 0, -1
    for n in range(FIRST_LOOK, looks + 1):
        while up <= n and wilson(up, n)[0] <= rate:
            up += 1
        while down + 1 <= n and wilson(down + 1, n)[1] < rate:
            down += 1
        upper[n], lower[n] = up, down
    return upper, lower


def peeking(rate: float, icc: float, looks: int, replicates: int) -> Result:
    """Means over clusters of five trials; the same audits for both kinds of sequence."""
    draws = generator("peeking", rate, icc)
    return _missed(replicates, rate, lambda size: clusters(draws, (size, looks), rate, icc, TRIALS))


def peeking_at_pairs(worse: float, better: float, looks: int, replicates: int) -> Result:
    """Differences of -1, 0 or 1: one case a cluster, both arms asked."""
    draws = generator("pairs", worse, better)

    def differences(size: int) -> Any:
        luck = draws.random((size, looks))
        return (luck < worse).astype(float) - (luck > 1 - better)

    return _missed(replicates, worse - better, differences, bounds=(-1.0, 1.0))


def peeking_at_a_pack(rate: float, icc: float, replicates: int) -> Result:
    """One fixed pack in a new random order each time, read to its end."""
    draws = generator("pack", rate, icc)
    pack = clusters(draws, (1, PACK), rate, icc, TRIALS)[0]

    def orders(size: int) -> Any:
        return draws.permuted(np.tile(pack, (size, 1)), axis=1)

    return _missed(replicates, float(pack.mean()), orders, population=PACK)


def _missed(replicates: int, mean: float, values: Any, **options: Any) -> Result:
    counts = dict.fromkeys(KINDS, 0)
    for start in range(0, replicates, AT_ONCE):
        batch = values(min(AT_ONCE, replicates - start))
        for kind in KINDS:
            counts[kind] += int(ever_missed(kind, batch, mean, **options).sum())
    return {kind: count / replicates for kind, count in counts.items()}


def efficiency(zone: Sequence[float] | None, horizon: int) -> Result:
    """Exact recursion, one entry a true rate."""
    low, high = zone or (None, None)
    between = None if low is None or high is None else (low, high)
    at = cuts(Clears(THRESHOLD, between=between), horizon)
    rates = sorted({*PRINTED, *AVERAGED})
    found = {rate: stopping(at, rate) for rate in rates}
    return {
        "rates": rates,
        "stops": [[float(number) for number in found[rate]] for rate in rates],
        "average": float(np.mean([found[rate].mean for rate in AVERAGED])),
    }


def designs() -> Result:
    n, cut = fixed_design(*ZONE)
    return {
        "fixed": n,
        "cut": cut,
        "three_way": three_way_design(THRESHOLD, *ZONE),
        "fewest": float(np.mean([fewest_possible(rate, THRESHOLD) for rate in AVERAGED])),
    }


def cells(replicates: int) -> list[Cell]:
    looks = LOOKS if replicates >= 1000 else 200
    made = [
        Cell(peeking, {"rate": r, "icc": i, "looks": looks, "replicates": replicates})
        for r in RATES
        for i in CORRELATIONS
    ]
    for worse, better in ((0.05, 0.05), (0.15, 0.05), (0.4, 0.3)):
        told = {"worse": worse, "better": better, "looks": looks, "replicates": replicates}
        made.append(Cell(peeking_at_pairs, told))
    for rate in (0.1, 0.5):
        made.append(Cell(peeking_at_a_pack, {"rate": rate, "icc": 0.1, "replicates": replicates}))
    return made + [Cell(exact_peeking, {"rate": rate, "looks": looks}) for rate in RATES]


def costs(replicates: int) -> list[Cell]:
    fixed = fixed_design(*ZONE)[0]
    horizon = HORIZON if replicates >= 1000 else 300
    rules = ((ZONE, horizon), (ZONE, fixed), (None, horizon))
    made = [Cell(efficiency, {"zone": zone, "horizon": most}) for zone, most in rules]
    return [*made, Cell(designs, {})]


def section(done: list[Done]) -> Section:
    exact, free = of(done, exact_peeking), of(done, peeking)
    pairs, packs = of(done, peeking_at_pairs), of(done, peeking_at_a_pack)
    ours = [cell["missed"] for cell in exact]
    others = [cell[kind] for cell in (*free, *pairs, *packs) for kind in KINDS]
    naive = [cell["wilson"] for cell in exact]
    checks = [
        Check(f"yes-or-no sequences, exactly computed, miss in under 5%: {span(ours)}",
              max(ours) < 0.05),
        Check(f"betting and empirical-Bernstein sequences do: {span(others)} in {len(others)} "
              "cells", max(others) < 0.05),
    ]  # fmt: skip
    words = (
        f"A 95% sequence is looked at after every one of {LOOKS:,} clusters (a pack: of "
        f"{PACK:,}) and has missed if it excludes the truth at any look. An ordinary Wilson "
        f"interval read in that way, from the {FIRST_LOOK}th case on, misses in {span(naive)} of "
        f"audits. Clusters of {TRIALS} trials are beta-binomial; their means are what the "
        "sequences read. Pairs give -1, 0 or 1. A pack is fixed and read in random order."
    )
    return Section(
        "Confidence sequences under continuous peeking", words, checks,
        [_peeking_table(exact, free), _other_table(pairs, packs)],
    )  # fmt: skip


def _peeking_table(exact: list[Done], free: list[Done]) -> Table:
    rows = [
        ["yes-no", f"{c['rate']}", "", percent(c["missed"], 2), percent(c["wilson"])] for c in exact
    ]
    for kind in KINDS:
        for c in free:
            rows.append([kind, f"{c['rate']}", f"{c['icc']}", percent(c[kind], 2), ""])
    heads = ["kind", "rate", "ICC", "missed at any look", "Wilson, same looks"]
    return Table("Share of audits whose sequence misses at any look (yes-no: exact):", heads, rows)


def _other_table(pairs: list[Done], packs: list[Done]) -> Table:
    rows = []
    for c in pairs:
        what = f"pairs: {c['worse']} turn worse, {c['better']} better"
        rows.append([what, *(percent(c[kind], 2) for kind in KINDS)])
    for c in packs:
        what = f"a pack of {PACK:,}: rate {c['rate']}, ICC {c['icc']}"
        rows.append([what, *(percent(c[kind], 2) for kind in KINDS)])
    return Table("The same of paired differences and of fixed packs:", ["data", *KINDS], rows)


def efficiency_section(done: list[Done]) -> Section:
    (facts,) = of(done, designs)
    tables = {(c["zone"] is not None, c["horizon"]): c for c in of(done, efficiency)}
    free = max(horizon for _, horizon in tables)
    zone, strict = tables[True, free], tables[False, free]
    errors = [_wrong(rate, stop) for rate, stop in zip(zone["rates"], zone["stops"], strict=True)
              if not ZONE[0] < rate < ZONE[1]]  # fmt: skip
    wrong = [
        _wrong(rate, stop) for rate, stop in zip(strict["rates"], strict["stops"], strict=True)
    ]
    half = facts["fixed"] / 2
    checks = [
        Check(
            f"with the indifference zone {ZONE[0]} to {ZONE[1]} declared, {zone['average']:.1f} "
            f"cases on average over {AVERAGED}: at most half of the fixed design's "
            f"{facts['fixed']}",
            zone["average"] <= half,
        ),
        Check(f"and a wrong claim in at most 5% outside the zone: {span(errors, 2)}",
              max(errors) <= 0.05),
        Check(f"the strict rule makes a wrong claim in at most 5% at every rate: {span(wrong, 2)}",
              max(wrong) <= 0.05),
        Check(
            f"the strict rule needs {strict['average']:.1f} cases on average, not {half:g}: no "
            f"strict rule could average fewer than {facts['fewest']:.1f}",
            strict["average"] <= half,
        ),
    ]  # fmt: skip
    return Section(
        "Is the failure rate above 10%? What sequential audits cost", _efficiency_words(facts),
        checks, [_stops_table(*key, found) for key, found in tables.items()],
    )  # fmt: skip


def _wrong(rate: float, stop: Sequence[float]) -> float:
    """Of the claims "above" and "below", those that are false."""
    _, above, below, _ = stop
    return above if rate < THRESHOLD else below if rate > THRESHOLD else max(above, below)


def _efficiency_words(facts: Done) -> str:
    zone = f"`Clears({THRESHOLD:g}, between={ZONE})`"
    return (
        f"The smallest exact fixed design with 5% error at both {ZONE[0]} and {ZONE[1]} has "
        f"{facts['fixed']} cases ('above' from {facts['cut'] + 1} failures on). It promises "
        f"nothing for rates between the two: an indifference zone. {zone} declares the same zone "
        "and makes the same promise, so the requirement of half the cases is measured on it, and "
        f"met.\n\nThe strict `Clears({THRESHOLD:g})` promises more: at no true rate, be it 0.099, "
        "does it claim wrongly in more than 5% of audits. A fixed design for that promise needs "
        f"{facts['three_way']} cases (power 95% at both ends). Half of {facts['fixed']} cannot be "
        f"met for it by any rule: Wald's bound is {facts['fewest']:.1f} cases on average.\n\n"
        "Everything here is an exact recursion over counts; audits still open at the horizon "
        "count as stopped there. At a rate equal to the threshold neither claim is true."
    )


def _stops_table(zone: bool, horizon: int, found: Done) -> Table:
    rows = [
        [f"{rate}", f"{stop[0]:.1f}", *(percent(share) for share in stop[1:])]
        for rate, stop in zip(found["rates"], found["stops"], strict=True)
    ]
    rows.append(
        [f"mean over {', '.join(map(str, AVERAGED))}", f"{found['average']:.1f}", "", "", ""]
    )
    name = f"`Clears({THRESHOLD:g}, between={ZONE})`" if zone else f"`Clears({THRESHOLD:g})`"
    heads = ["true rate", "mean cases", "above", "below", "undecided"]
    return Table(f"{name}, at most {horizon:,} cases:", heads, rows)
