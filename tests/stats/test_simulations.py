"""A fast part of `make simulate`. Every statement is also put to a method that is broken on
purpose, which must not pass it."""

from __future__ import annotations

import math
import re
import sys
from pathlib import Path

import numpy as np
import pytest

BENCH = Path(__file__).resolve().parents[2] / "bench"
sys.path.insert(0, str(BENCH))

import estimates  # noqa: E402
import simulate  # noqa: E402
from auscult.stats.calibration import forecasts  # noqa: E402
from auscult.stats.intervals import wilson  # noqa: E402
from auscult.stats.paired import Contrast  # noqa: E402
from auscult.stats.rates import Interval, Tally  # noqa: E402
from auscult.stats.selective import auroc  # noqa: E402
from auscult.stats.tries import mean_share  # noqa: E402
from simulations import (  # noqa: E402
    confidence,
    contrasts,
    engine,
    families,
    groups,
    judges,
    proportions,
    sequences,
    tries,
)
from simulations.cells import Done, room  # noqa: E402


def least(replicates: int, wanted: float = 0.95) -> float:
    """Three binomial standard errors under what is wanted."""
    return wanted - room(wanted, replicates)


# --- one rate ---------------------------------------------------------------------------------


def wald(successes: int, n: int) -> tuple[float, float]:
    share = successes / n
    half = 1.96 * math.sqrt(share * (1 - share) / n)
    return share - half, share + half


NUMBERS = (10, 21, 31, 40, 43, 51, 70, 100, 250, 500, 650)


@pytest.mark.parametrize("rate", proportions.RATES)
def test_exact_coverage_of_independent_trials(rate):
    rule = [proportions.coverage_at(proportions.chosen, n, rate) for n in NUMBERS]
    safe = [proportions.coverage_at(proportions.clopper_pearson, n, rate) for n in NUMBERS]
    enough = [n for n in NUMBERS if n >= 40 and n * min(rate, 1 - rate) >= 10]
    scored = [proportions.coverage_at(wilson, n, rate) for n in enough]
    assert min(safe) >= 0.95
    assert min(rule) >= 0.93
    assert min(scored) >= 0.93 and max(scored) <= 0.98
    broken = [proportions.coverage_at(wald, n, rate) for n in NUMBERS]
    assert min(broken) < 0.93


@pytest.mark.parametrize(
    ("n", "rate", "share"), [(21, 0.5, 0.922), (31, 0.5, 0.929), (51, 0.02, 0.918)]
)
def test_wilson_alone_would_not_do_with_few_trials_or_few_events(n, rate, share):
    # Why the rule asks for 40 trials and for 10 events.
    assert proportions.coverage_at(wilson, n, rate) == pytest.approx(share, abs=0.0006)
    assert proportions.coverage_at(proportions.chosen, n, rate) >= 0.95


def heedless(counts: Tally) -> Interval:
    """As if the trials of a cluster had nothing in common."""
    n, successes = counts.trials, counts.total(counts.successes)
    return Interval(successes / n, *wilson(successes, n), "heedless", n, 1.0)


@pytest.mark.parametrize(
    ("rate", "icc", "clusters", "sizes"),
    [(0.1, 0.1, 40, "1 to 13"), (0.5, 0.5, 40, "5 each"), (0.9, 0.5, 100, "1 to 13")],
)
def test_clustered_intervals_cover(rate, icc, clusters, sizes):
    found = proportions.clustered(rate, icc, clusters, sizes, 2000)
    assert least(2000, 0.93) <= found["coverage"] <= 0.98 + room(0.98, 2000)
    assert found["events"] >= 10
    broken = proportions.clustered(rate, icc, clusters, sizes, 2000, heedless)
    assert broken["coverage"] < 0.93 - room(0.93, 2000)


def test_rare_events_in_clusters_change_the_method():
    found = proportions.clustered(0.02, 0.5, 40, "5 each", 1000)
    assert found["methods"].get("worst case", 0) > 0.99
    assert found["coverage"] >= 0.95


# --- sequences --------------------------------------------------------------------------------


@pytest.mark.parametrize("rate", [0.02, 0.5])
def test_yes_no_sequences_keep_their_error_and_ordinary_intervals_do_not(rate):
    found = sequences.exact_peeking(rate, 1000)
    assert 0 < found["missed"] < 0.05
    assert found["wilson"] > 0.2


@pytest.mark.parametrize("icc", [0.0, 0.5])
def test_peeking_at_means_of_clusters(icc):
    audits = 400
    found = sequences.peeking(0.1, icc, 600, audits)
    assert max(found[kind] for kind in sequences.KINDS) <= 0.05 + room(0.05, audits)
    # A wrong mean is found out, so the count of misses can rise.
    draws = np.random.default_rng(3)
    wrong = sequences._missed(
        100, 0.2, lambda size: sequences.clusters(draws, (size, 600), 0.1, icc, 5)
    )
    assert min(wrong[kind] for kind in sequences.KINDS) > 0.5


def test_peeking_at_pairs_and_packs():
    for found in (
        sequences.peeking_at_pairs(0.15, 0.05, 400, 300),
        sequences.peeking_at_a_pack(0.1, 0.1, 300),
    ):
        assert max(found.values()) <= 0.05 + room(0.05, 300)


def test_a_declared_zone_costs_under_half_of_the_fixed_design_and_the_strict_claim_more():
    zone = sequences.efficiency(sequences.ZONE, 600)
    strict = sequences.efficiency(None, 600)
    facts = sequences.designs()
    assert facts["fixed"] == 50
    assert zone["average"] <= facts["fixed"] / 2 < facts["fewest"] <= strict["average"]
    for rate, stop in zip(zone["rates"], zone["stops"], strict=True):
        outside = not sequences.ZONE[0] < rate < sequences.ZONE[1]
        assert not outside or sequences._wrong(rate, stop) <= 0.05
    errors = [
        sequences._wrong(*both) for both in zip(strict["rates"], strict["stops"], strict=True)
    ]
    assert max(errors) <= 0.05
    # The zone's own rule breaks the strict promise, as it says.
    assert sequences._wrong(0.08, zone["stops"][zone["rates"].index(0.08)]) > 0.05


def test_declared_intervals_hold_in_the_engine_though_wrong_answers_are_slow():
    """Of 8 runs, 3 or more miss with a chance of 0.6% even at the full 5%."""
    found = engine.runs(0.8, "half-width", 0, 8, 300)
    assert sum(found["missed"]) <= 2
    # Reading in order of completion is the broken method: it sees the quick, right answers first.
    assert sum(found["completion_missed"]) > sum(found["missed"]) + 2
    assert np.mean(found["completion_error"]) > np.mean(found["error"])


# --- comparisons ------------------------------------------------------------------------------


def test_families_keep_their_promise():
    made = 2000
    for effects, shared in ((0, 0.0), (5, 0.5)):
        found = families.claims(effects, shared, made)["methods"]
        assert found["holm"]["any"] <= 0.05 + room(0.05, made)
        for name in ("benjamini-hochberg", "e-BH"):
            assert found[name]["fdr"] <= 0.05 + 3 * found[name]["error"]
        assert found["none"]["any"] > 0.05 + room(0.05, made)
        assert found["none"]["fdr"] > 0.05 + 3 * found["none"]["error"]
    # With effects about, Benjamini-Hochberg allows what Holm does not.
    assert found["benjamini-hochberg"]["any"] > 0.05 + room(0.05, made)


def test_mcnemar_is_exact_and_mid_p_is_not():
    sizes = families.mcnemar_size(40)
    assert max(sizes["exact"]) <= 0.05 < max(sizes["mid_p"])


def case_by_case_difference(sums) -> Contrast:
    """As if the cases of a cluster had nothing in common; for data in which none turns better."""
    change, size = sums.T
    value = change.sum() / size.sum()
    half = 1.96 * math.sqrt(value * (1 - value) / size.sum())
    return Contrast(value, value - half, value + half)


@pytest.mark.parametrize(
    ("pattern", "cases", "icc", "clusters"),
    [
        ("both 0.05, worse 0.15, better 0.05", 1, 0.0, 50),
        ("both 0.6, worse 0.2, better 0", 5, 0.5, 40),
        ("both 0.3, worse 0.02, better 0.02", 1, 0.0, 50),
    ],
)
def test_paired_differences_and_ratios_cover(pattern, cases, icc, clusters):
    found = contrasts.paired(pattern, cases, icc, clusters, 1500)
    assert found["coverage"] >= least(1500, 0.93)
    assert found["ratio"] >= least(1500, 0.93)
    if icc:
        broken = contrasts.paired(pattern, cases, icc, clusters, 500, case_by_case_difference)
        assert broken["coverage"] < least(500, 0.93)


# --- tries, judges, groups, confidence ---------------------------------------------------------


def case_by_case(values, cluster):
    return mean_share(values, np.arange(len(values)))


def test_failure_at_k_covers_because_it_knows_patients():
    found = tries.at_k("often", 4, 60, 1000)
    assert found["coverage"] >= least(1000)
    assert tries.at_k("often", 4, 60, 1000, case_by_case)["coverage"] < least(1000, 0.93)


def test_curves_cover_and_the_plain_share_is_far_off():
    found = tries.first("often", 4, 60, 600)
    assert found["coverage"] >= least(600)
    assert abs(found["bias"]) < 0.01
    assert found["plain"] < -0.05
    assert tries.first("often", 1, 240, 400)["coverage"] >= least(400)


@pytest.mark.parametrize("how", judges.CORRECTED)
def test_corrected_rates_cover_when_the_judge_errs(how):
    design = {"rate": 0.3, "sensitivity": 0.7, "specificity": 0.95}
    found = judges.coverage(how, design, 150)
    assert found["refused"] == 0
    assert found["coverage"] >= least(150)
    assert judges.coverage("uncorrected", design, 100)["coverage"] < least(100, 0.93)


def test_a_calibration_set_of_other_answers_does_not_correct():
    mismatched = judges.MATCHED | {"shipped": (0.95, 0.95)}
    found = judges.coverage("shipped", mismatched, 150)
    assert found["coverage"] < least(150)
    assert judges.coverage("shipped", judges.MATCHED, 150)["coverage"] >= least(150)


def test_equal_groups_are_seldom_claimed_to_differ():
    found = groups.equal("5 of 12 to 300", 0.7, 3, 0.4, 200)
    assert max(found["claims"], found["worst"]) <= 0.05 + room(0.05, 200)
    assert found["naive"] > 0.9


def test_a_constant_answer_looks_unfair_only_raw():
    found = groups.answers("always benign", 60)
    assert found["raw"] > 0.9
    assert found["adjusted"] == found["excess"] == 0
    # It is no blind eye: a model that is worse for the old at every label is found out.
    assert groups.answers("worse for the old", 40)["adjusted"] > 0.9


def test_auroc_covers():
    assert confidence.ranking(60, 1500)["coverage"] >= least(1500)
    narrow = confidence.ranking(60, 1500, lambda scored: auroc(scored, level=0.8))
    assert narrow["coverage"] < least(1500, 0.93)
    assert auroc(forecasts([0.5], [1])) is None


def test_calibration_error_covers_and_is_not_flattered():
    found = confidence.calibration(0.0, 100)
    assert min(found["ece"], found["largest"]) >= least(100)
    assert found["brier"] >= least(100)
    assert abs(found["corrected"]) < 0.015 < 0.03 < found["plug_in"]
    shifted = confidence.calibration(0.1, 100)
    assert min(shifted["ece"], shifted["largest"], shifted["brier"]) >= least(100)


# --- the tool ---------------------------------------------------------------------------------


@pytest.mark.parametrize("name", [name for name in simulate.PARTS if name != "engine"])
def test_every_part_runs_and_is_written(name):
    part = simulate.PARTS[name]
    done = [Done(c.function.__name__, c.arguments, c.run()) for c in part.cells(2)]
    text = part.section(done).written()
    assert text.startswith("## ") and "eld" in text
    assert not re.search(r"\bnan\b", text)


def test_names_of_cells_tell_them_apart():
    for part in simulate.PARTS.values():
        names = [cell.name for cell in part.cells(10_000)]
        assert len(set(names)) == len(names)


def test_what_is_done_is_kept(tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("POLARS_MAX_THREADS", "1")
    said = simulate.arguments(["--replicates", "2", "--workers", "1", "--work", str(tmp_path)])
    first = simulate.measure(["efficiency"], said)
    assert "0 of 4 pieces are kept" in capsys.readouterr().err
    again = simulate.measure(["efficiency"], said)
    assert "4 of 4 pieces are kept" in capsys.readouterr().err
    assert first == again
    (kept, *_) = simulate.PARTS["efficiency"].cells(2)
    before = simulate.kept_at(tmp_path, "efficiency", kept)
    monkeypatch.setattr(simulate, "digest", lambda part: "of another code")
    assert before.exists()
    assert simulate.kept_at(tmp_path, "efficiency", kept) != before


def test_the_table_of_a_million_trials_has_what_every_estimate_reads(monkeypatch):
    # Small: what it costs is for `make bench` to say.
    monkeypatch.setattr(estimates, "GROUPS", 4)
    told = estimates.measure(6000)
    assert set(told["parts"]) == set(estimates.parts(estimates.table(100)))
    frame = estimates.table(6000)
    assert frame.height == 6000 and frame["region"].n_unique() == 4
    for name, estimate in estimates.parts(frame).items():
        assert all(found.value is not None for found in estimate()), name
