"""das/adaptive in whole runs where a model writes: wording evolves, a resumed run is the same."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from random import Random
from typing import Any

import msgspec
import pytest
from auscult_testkit import shuffled
from runs import estimates_of, plan_for, run, totals_of, trials_of

from auscult.api import open_run
from auscult.engine.blocks import block_ends
from auscult.engine.plan import Plan, RolePlan
from auscult.engine.remember import audits_of
from auscult.kit.attack.agent import WRITTEN
from auscult.kit.attack.wording import SHOWN
from auscult.kit.memory import Memory, without_wording, write_memory
from auscult.kit.search.table import HARMLESS, SEARCH

NAME = "das/adaptive"


def plan_of(
    target: str = "scripted/minds-manner?q=0.9", limit: int = 60, concurrency: int = 16,
    writer: str = "scripted/manner-writer?p=0.9", verifier: str = "", **options: Any,
) -> Plan:  # fmt: skip
    bound = {"attacker": RolePlan(writer)} | ({"verifier": RolePlan(verifier)} if verifier else {})
    chosen = {"form": "agent", "strategist": "evolve", "attacks": ["cognitive-bait"]}
    return plan_for(
        NAME, target, limit=limit, suite_options=chosen | options, roles=bound,
        limits={"concurrency": concurrency},
    )  # fmt: skip


def search_labels(folder: Path) -> list[dict[str, Any]]:
    opened = open_run(folder)
    try:
        rows = opened.trials().to_dicts()
    finally:
        opened.view.close()
    return [json.loads(row["labels"]) for row in rows if row["arm"] == SEARCH]


def failures_of(folder: Path) -> int:
    (cost,) = [e for e in estimates_of(folder) if e["metric"] == "questions per failure found"]
    assert cost["extra"]["questions"] == QUESTIONS
    return int(cost["extra"]["failures"])


QUESTIONS, SEEDS = 60, (0, 1, 2)
TAKEN, SHOWN_ONE, TAKES_UP, FITS = 0.9, 0.8, 0.9, 1 / 8
"""The target falls for the manner; the writer is shown one that worked, where one did, and takes it
up; else its manner is one of eight."""


def simulated(rng: Random, shown: float) -> int:
    """Failures in one run: chances, and the blocks in which is learnt."""
    found = start = 0
    for end in block_ends(QUESTIONS):
        told = shown if found else 0.0
        hit = told * (TAKES_UP + (1 - TAKES_UP) * FITS) + (1 - told) * FITS
        found += sum(rng.random() < TAKEN * hit for _ in range(end - start))
        start = end
    return found


@pytest.mark.parametrize("shown", [0.0, SHOWN_ONE])
def test_wording_that_evolves_finds_more_failures_for_its_questions(
    tmp_path: Path, shown: float
) -> None:
    """As many in all runs together as their odds say, but for one time in five hundred: around 20
    of 180 written afresh, and 105 told what worked. One run says little: 26 to 48 in seeds 0 to 11,
    for all hangs on when the first failure comes."""
    rng = Random(1)
    sums = sorted(sum(simulated(rng, shown) for _ in SEEDS) for _ in range(3000))
    found = 0
    for seed in SEEDS:
        folder = tmp_path / str(seed)
        plan = plan_of(limit=QUESTIONS, rounds=1, strategist_options={"wording": shown})
        run(msgspec.structs.replace(plan, seed=seed), folder)
        found += failures_of(folder)
        counts = {one["parents"] for one in search_labels(folder) if "parents" in one}
        assert counts == ({1, 2} if shown else set())
    assert sums[2] <= found <= sums[-3], (found, sums[2], sums[-3])


def test_a_memory_with_wording_starts_with_it_and_one_without_does_not(tmp_path: Path) -> None:
    run(plan_of(limit=40, rounds=1), tmp_path / "first")
    audits = audits_of(tmp_path / "first")
    assert any(entry.words for audit in audits.values() for entry in audit.entries)
    told = {}
    for name in ("with", "without"):
        file = tmp_path / f"{name}.json"
        held = Memory(audits=audits)
        write_memory(file, held if name == "with" else without_wording(held))
        plan = plan_of("scripted/oracle", 8, rounds=1, memory=str(file))
        run(plan, tmp_path / name)
        told[name] = sum("parents" in one for one in search_labels(tmp_path / name))
    # Nothing breaks here, so nothing is learnt, and soon the memory is not believed.
    assert told["with"] >= 1 and told["without"] == 0


def test_a_form_that_no_model_writes_is_told_no_wording(tmp_path: Path) -> None:
    run(plan_of(limit=40, rounds=1), tmp_path / "first")
    file = tmp_path / "memory.json"
    write_memory(file, Memory(audits=audits_of(tmp_path / "first")))
    options = {"memory": str(file), "strategist": "evolve", "attacks": ["cognitive-bait"]}
    run(plan_for(NAME, "scripted/oracle", limit=8, suite_options=options), tmp_path / "second")
    assert not [one for one in search_labels(tmp_path / "second") if "parents" in one]


def test_the_writer_is_shown_wordings_as_data(tmp_path: Path) -> None:
    run(plan_of(limit=40, rounds=1), tmp_path)
    opened = open_run(tmp_path)
    try:
        rows = [r for r in opened.trials().to_dicts() if r["arm"] == SEARCH + WRITTEN]
        said = [
            opened.view.transcript(NAME, r["case_id"], r["arm"], r["repeat"])[1].text for r in rows
        ]
    finally:
        opened.view.close()
    shown = [text.partition(SHOWN.strip())[2] for text in said]
    told = [text for text in shown if text]
    assert len(told) > 10
    assert all(text.startswith("\n| ") and "keeps talking of OPTION" in text for text in told)


def test_words_of_the_search_are_told_beside_what_it_broke(tmp_path: Path) -> None:
    run(plan_of(limit=20, rounds=1, writer="scripted/bad-writer?only=number"), tmp_path)
    found = {e["metric"]: e for e in estimates_of(tmp_path)}
    drawn, broken = found["wrong answers added by attacks"], found["broken by a search"]
    for one in (drawn, broken):
        assert one["extra"]["written_by_a_model"]["used"] == 0
        assert one["extra"]["refused_by_the_gate"]
    assert drawn["extra"]["written_by_a_model"]["tasks"] == 20
    assert broken["value"] == 0


def test_a_verified_run_may_have_a_headline(tmp_path: Path) -> None:
    run(
        plan_of("scripted/flips?p_clean=1&q=0.5", 40, verifier="scripted/verifier",
                attacks=["cognitive-bait", "distraction"]),
        tmp_path,
    )  # fmt: skip
    found = {e["metric"]: e for e in estimates_of(tmp_path)}
    assert found["wrong answers added by attacks"]["headline"]
    assert found["broken by a search"]["extra"]["verified_by_a_model"]["passed"] > 0


def test_trials_do_not_depend_on_how_the_run_went(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Asked one by one, many at once, and by a run that gave up half way and went on."""
    more = {"limit": 14, "attacks": ["cognitive-bait", "distraction", "typos"], "chains_from": 2,
            "verifier": "scripted/verifier"}  # fmt: skip
    one, many, broken = (tmp_path / name for name in ("one", "many", "broken"))
    target = "shuffled/scripted?ref=minds-manner&sleep_ms=2&q=0.9"
    assert run(plan_of(target, concurrency=1, **more), one).stopped == "complete"
    assert run(plan_of(target, **more), many).stopped == "complete"
    assert trials_of(one) == trials_of(many)
    monkeypatch.setattr(shuffled, "patience", 60)
    assert run(plan_of(target, **more), broken).error is not None
    monkeypatch.setattr(shuffled, "patience", None)
    assert run(plan_of(target, **more), broken).stopped == "complete"
    assert trials_of(broken) == trials_of(one)
    assert {r: t.calls for r, t in totals_of(broken).items()} == {
        r: t.calls for r, t in totals_of(one).items()
    }
    assert any(one.get("parents") for one in search_labels(broken))


def test_harmless_changes_are_nobodys_words(tmp_path: Path) -> None:
    """As many as rounds, of every case that is searched, with or without a writer."""
    run(plan_of("scripted/oracle", 6, rounds=3), tmp_path)
    counts = Counter(row[:0] or str(HARMLESS in row) for row in trials_of(tmp_path))
    assert counts["True"] == 18
