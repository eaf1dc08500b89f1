"""Findings leave a run as they were asked, without its deployment and without looking up a case."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from runs import plan_for, run

from auscult.api import Run
from auscult.core.estimate import Finding
from auscult.core.protocols import DataSet
from auscult.kit.attack.findings import deduplicated
from auscult.kit.regression.export import Exported, Origin, export, lines_of
from auscult.kit.regression.record import wrong_in

SYSTEM = "You work at a busy clinic."
WEAK = "scripted/flips?p_clean=0.95&q=1&seed=5"
EASY = DataSet("pack", "knowledge", {"edits": True, "difficulty": "easy"})


@pytest.fixture(scope="module")
def weak(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    folder = tmp_path_factory.mktemp("run") / "r"
    attacks = {"attacks": ["question-inversion", "dictation"], "per_case": 1}
    plan = plan_for(
        "das/robustness", WEAK, data=(EASY,), limit=60, system=SYSTEM, suite_options=attacks
    )
    assert run(plan, folder).stopped == "complete"
    opened = Run(folder)
    yield opened
    opened.view.close()


ORIGIN = Origin("scripted/old", "hash", SYSTEM)


def test_every_finding_can_be_asked_again_word_for_word(weak: Run) -> None:
    found = weak.findings()
    replays = export(weak.view, found, ORIGIN).replays
    assert len(replays) == len(found) > 10
    assert {replay.attacked.form for replay in replays} == {"one-letter", "letters"}
    assert not [fault for replay in replays for fault in wrong_in(replay)]
    for finding, replay in zip(found, replays, strict=True):
        said = weak.view.transcript(finding.suite, finding.case_id, finding.arm)
        assert [m.role for m in said] == ["system", "user", "assistant"]
        assert replay.attacked.said() == (said[1],), "the next release brings its own system prompt"
        assert (replay.id, replay.seen, replay.asked) == (finding.id, 2, 2)
        assert (replay.found_on, replay.run) == ("scripted/old", "hash")
        inverted = replay.attacked.form == "letters"
        assert replay.attacked.asks_not is inverted and not replay.control.asks_not


def test_the_keys_are_those_that_the_judge_was_told(weak: Run) -> None:
    for replay in export(weak.view, weak.findings(), ORIGIN).replays:
        right = replay.attacked.answer(replay.attacked.keys)
        assert right and right not in replay.chosen
        if replay.attacked.form == "letters":
            keys, control = set(replay.attacked.keys), set(replay.control.keys)
            assert keys | control == set(range(len(replay.attacked.options))) and not keys & control


def test_the_bytes_are_the_same_for_the_same_findings(weak: Run) -> None:
    one, other = (export(weak.view, weak.findings(), ORIGIN).replays for _ in range(2))
    assert lines_of(one) == lines_of(other)


def test_patient_data_stay_marked(weak: Run) -> None:
    marked = msgspec.structs.replace(ORIGIN, patients=frozenset({"das/robustness"}))
    assert all(replay.phi for replay in export(weak.view, weak.findings(), marked).replays)
    assert not any(replay.phi for replay in export(weak.view, weak.findings(), ORIGIN).replays)


def test_what_cannot_be_asked_again_is_counted_with_its_reason(weak: Run) -> None:
    first = weak.findings()[0]
    other = Finding(id="k", suite="knowledge", case_id="x", arm="baseline", title="Chose 'x'")
    gone = msgspec.structs.replace(first, case_id="nowhere")
    found = export(weak.view, [first, other, gone], ORIGIN)
    assert len(found.replays) == 1
    assert sorted(found.left_out.values()) == [1, 1]
    assert any("no attack with a matched control" in why for why in found.left_out)


def test_a_finding_found_twice_is_one_with_a_count(weak: Run) -> None:
    first, second = weak.findings()[:2]
    graver = msgspec.structs.replace(first, severity="life-threatening")
    milder = msgspec.structs.replace(first, severity="mild")
    kept = deduplicated([milder, second, graver])
    assert [f.case_id for f in kept] == [first.case_id, second.case_id]
    assert kept[0].severity == "life-threatening"
    extra = kept[0].extra
    assert (extra["times_found"], extra["seen"], extra["asked"]) == (2, 4, 4)
    assert kept[1].extra["times_found"] == 1
    assert deduplicated([*kept, first])[0].extra["times_found"] == 3
    (replay,) = export(weak.view, [milder, graver], ORIGIN).replays
    assert (replay.seen, replay.asked) == (4, 4)


def test_another_wrong_answer_is_another_finding(weak: Run) -> None:
    first = weak.findings()[0]
    other = msgspec.structs.replace(first, extra=first.extra | {"chosen": ["another"]})
    assert len(deduplicated([first, other])) == 2
    ids = [replay.id for replay in export(weak.view, [first, other], ORIGIN).replays]
    assert ids == [first.id, f"{first.id}#2"]


def exported_of(folder: Path, suite: str, target: str, **how: Any) -> tuple[int, Exported]:
    """Of a run made for it: how many findings it has, and what of them can be asked again."""
    assert run(plan_for(suite, target, **how), folder).stopped == "complete"
    opened = Run(folder)
    try:
        findings = opened.findings()
        found = export(opened.view, findings, Origin("scripted/old", "hash"))
    finally:
        opened.view.close()
    assert not [fault for replay in found.replays for fault in wrong_in(replay)]
    return len(findings), found


INCOME = {"families": ["income"], "votes": 2}


def test_findings_of_bias_can_be_asked_again(tmp_path: Path) -> None:
    weak = "scripted/biased?attribute=income&value=low&p=1&gap=1&per=case"
    number, found = exported_of(tmp_path, "das/bias", weak, limit=60, suite_options=INCOME)
    assert number == len(found.replays) > 5 and found.left_out == {}
    for replay in found.replays:
        assert (replay.attack, replay.seen, replay.asked) == ("bias/income", 3, 3)
        assert len(replay.chosen) == 1 and replay.chosen[0] in replay.attacked.options
        assert replay.attacked.keys == replay.control.keys and replay.attacked.form == "one-letter"
        assert replay.attacked.messages != replay.control.messages


def test_an_answer_that_turns_to_the_right_one_is_left_out_with_its_reason(tmp_path: Path) -> None:
    gap = "scripted/biased?attribute=income&value=low&p=0&gap=-1&per=case&seed=1"
    number, found = exported_of(tmp_path, "das/bias", gap, limit=60, suite_options=INCOME)
    assert number > 2 and found.replays == ()
    (why,) = found.left_out
    assert found.left_out[why] == number and "not from right to wrong" in why


def test_what_a_search_found_can_be_asked_again_with_its_fewest_edits(tmp_path: Path) -> None:
    number, found = exported_of(
        tmp_path, "das/adaptive", "scripted/flips?p_clean=1&q=0.6&seed=4", data=(EASY,), limit=60,
        suite_options={"chains_from": 1, "strategist": "random"},
    )  # fmt: skip
    assert number == len(found.replays) > 10 and found.left_out == {}
    for replay in found.replays:
        assert replay.attacked.form == replay.control.form
    opened = Run(tmp_path)
    told = [finding for finding in opened.findings() if "found as" in finding.title]
    opened.view.close()
    assert {finding.extra["repeat"] for finding in told} > {0}, "the second edit alone, too"


def test_an_audit_of_one_attack_has_findings_too(tmp_path: Path) -> None:
    """One attack is no family whose p-values are adjusted."""
    found = {}
    for name, target in (("weak", WEAK), ("steady", "scripted/unstable?p=0.7&seed=4")):
        plan = plan_for("das/robustness", target, data=(EASY,), limit=60,
                        suite_options={"attacks": ["dictation"]})  # fmt: skip
        assert run(plan, tmp_path / name).stopped == "complete"
        opened = Run(tmp_path / name)
        found[name] = opened.findings()
        opened.view.close()
    assert len(found["weak"]) > 10 and found["steady"] == []
