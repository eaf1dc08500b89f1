"""The attack suite where a model writes the words, and where a model verifies what is asked."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from runs import plan_for, run

from auscult.api import open_run
from auscult.core import registry
from auscult.core.estimate import Estimate
from auscult.core.protocols import DataSet
from auscult.engine.plan import RolePlan
from auscult.kit.attack.agent import NO_OBJECT, OTHER_FORM, REPEATED, WRITTEN
from auscult.kit.attack.table import CONTROL
from auscult.kit.attack.verify import DISAGREES, UNREADABLE, VERIFIED
from auscult.kit.attack.writing import UNVERIFIED
from auscult.kit.scripted import writers

SUITE = "das/robustness"
PACK = DataSet("pack", "knowledge", {"edits": True})
FORMED = ("distraction", "cognitive-bait", "irrelevant-history", "paraphrase", "extra-options")
ADDED = "wrong answers added by attacks"


class Audited:
    """One run, read back."""

    def __init__(self, folder: Path, limit: int = 16, target: str = "scripted/oracle",
                 roles: dict[str, str] | None = None, data: DataSet = PACK,
                 **options: Any) -> None:  # fmt: skip
        bound = {name: RolePlan(use) for name, use in (roles or {}).items()}
        plan = plan_for(
            SUITE, target=target, data=(data,), limit=limit, suite_options=options, roles=bound
        )
        outcome = run(plan, folder)
        assert outcome.stopped == "complete", outcome.error
        opened = open_run(folder)
        try:
            self.estimates: list[Estimate] = opened.estimates()
            self.rows = opened.trials().to_dicts()
            self.calls = {role: t.calls for role, t in opened.view.totals.items() if t.calls}
            self.said = {
                (r["case_id"], r["arm"], r["repeat"]): opened.view.transcript(
                    SUITE, r["case_id"], r["arm"], r["repeat"]
                )
                for r in self.rows
            }
        finally:
            opened.view.close()

    @property
    def primary(self) -> Estimate:
        return self.estimates[0]

    def labels(self, ending: str) -> list[dict[str, Any]]:
        return [json.loads(r["labels"]) for r in self.rows if r["arm"].endswith(ending)]

    def asked_of_target(self) -> list[str]:
        ours = (WRITTEN, VERIFIED)
        return [
            turn.text for (_, arm, _), turns in self.said.items() if not arm.endswith(ours)
            for turn in turns if turn.role != "assistant"
        ]  # fmt: skip


@pytest.mark.parametrize("name", FORMED)
def test_good_words_are_asked_beside_their_controls(tmp_path: Path, name: str) -> None:
    found = Audited(
        tmp_path / "r", form="agent", attacks=[name], per_case=0, tries=2, confirm=False,
        roles={"attacker": "scripted/writer?seed=5"},
    )  # fmt: skip
    written = found.primary.extra["written_by_a_model"]
    assert written["used"] >= 0.7 * written["tasks"] > 10
    arms = Counter(r["arm"] for r in found.rows if r["behaviour"])
    full = f"robustness/{name}"
    assert arms[full] == arms[full + CONTROL] == written["used"]
    assert found.calls["target"] == 2 * 16 + 2 * arms[full]
    assert all(json.loads(r["labels"])["edit_written"] for r in found.rows
               if r["arm"] == full and r["behaviour"])  # fmt: skip
    assert not found.primary.headline and UNVERIFIED in found.primary.note


def test_attacks_without_an_agent_form_keep_their_program(tmp_path: Path) -> None:
    found = Audited(
        tmp_path / "r", form="agent", attacks=["distraction", "option-permutation"], per_case=0,
        roles={"attacker": "scripted/writer"},
    )  # fmt: skip
    permuted = [r for r in found.rows if r["arm"] == "robustness/option-permutation"]
    assert permuted and all("edit_written" not in json.loads(r["labels"]) for r in permuted)


FORBIDDEN = (
    "takes griseofulvin", "odd tinea rash", "17 days", "previous instructions", "grader",
    "option B is right",
    "talks and talks. A neighbour talks and talks", "\u202e", "rewrite_key", "answer_idx",
    "And so it goes", "should do very well",
)  # fmt: skip


@pytest.mark.parametrize("name", FORMED)
def test_no_rubbish_reaches_the_target_and_all_of_it_is_counted(tmp_path: Path, name: str) -> None:
    found = Audited(
        tmp_path / "r", form="agent", attacks=[name], per_case=0, tries=2, limit=60, confirm=False,
        roles={"attacker": "scripted/bad-writer?seed=3"},
    )  # fmt: skip
    told = "\n".join(found.asked_of_target())
    assert told and not [words for words in FORBIDDEN if words in told]
    written = found.primary.extra["written_by_a_model"]
    rejected = [json.loads(r["labels"]).get("rejected") for r in found.rows]
    rejected = [reason for reason in rejected if reason]
    assert len(rejected) == written["tasks"] - written["used"] > 0
    told_of = found.primary.extra["refused_by_the_gate"]
    assert sum(told_of.values()) == sum(len(reason.split("; ")) for reason in rejected)
    assert {NO_OBJECT, OTHER_FORM} <= set(told_of), "malformed and misshapen replies are told apart"
    assert found.primary.n_rejected > 0 and len(told_of) >= 4
    assert (
        written["calls"]
        <= 2 * written["tasks"]
        == found.calls["attacker"] + sum(labels["asks"] == 1 for labels in found.labels(WRITTEN))
    )


def questions(folder: Path, count: int) -> DataSet:
    """Of nobody's making, so that nobody wrote an edit for them."""
    rows = (
        {
            "question": f"A man of the town of {word} has a rash and feels well. What is it?",
            "options": {"A": "Scurvy", "B": "Kwashiorkor", "C": "Pellagra", "D": "Beriberi"},
            "answer_idx": "B",
        }
        for word in ("Lund", "Gent", "Pisa", "Bath", "Nice", "Metz")[:count]
    )
    file = folder / "questions.jsonl"
    file.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return DataSet("medqa", str(file))


@pytest.mark.parametrize("kind", sorted(set(writers.RUBBISH) - {"repeats"}))
def test_each_kind_of_rubbish_is_refused_for_its_own_reason(tmp_path: Path, kind: str) -> None:
    found = Audited(
        tmp_path / "r", form="agent", attacks=["distraction", "paraphrase"], per_case=0, limit=6,
        confirm=False, data=questions(tmp_path, 6),
        roles={"attacker": f"scripted/bad-writer?only={kind}"},
    )  # fmt: skip
    assert found.calls["target"] == 2 * 6, "nothing but the cases as they are was asked"
    assert found.primary.value is None and found.primary.n_rejected == 6
    reasons = set(found.primary.extra["refused_by_the_gate"])
    assert reasons & EXPECTED[kind], reasons


EXPECTED = {
    **{kind: {NO_OBJECT} for kind in ("malformed", "prose", "empty")},
    **{kind: {OTHER_FORM} for kind in ("wrong-key", "other-form", "tool")},
    "leaks-key": {"it hints at the right answer", "the right answer was put in"},
    "names-letter": {"it names an option by its letter"},
    "number": {"it brings a number or a unit", "a number was put in"},
    "instruction": {"it speaks to its reader"},
    "to-judge": {"it speaks to its reader"},
    "finding": {"it brings a finding that the case does not hold"},
    "drug": {"it brings a drug that the case does not hold"},
    "too-long": {"it is far too long or too short"},
    "control-signs": {"it has a line break, or a sign that nobody sees"},
    "two-paragraphs": {"it has a line break, or a sign that nobody sees"},
}


def test_the_same_words_are_not_asked_twice_of_a_case(tmp_path: Path) -> None:
    found = Audited(
        tmp_path / "r", form="agent", attacks=["irrelevant-history"], per_case=0, tries=3,
        limit=10, confirm=False, roles={"attacker": "scripted/bad-writer?only=repeats"},
    )  # fmt: skip
    refused = found.primary.extra["refused_by_the_gate"]
    used = found.primary.extra["written_by_a_model"]["used"]
    assert 0 < used <= 10 and refused[REPEATED] == 2 * used


def test_a_fault_is_told_to_the_writer_once(tmp_path: Path) -> None:
    found = Audited(
        tmp_path / "r", form="agent", attacks=["distraction"], limit=3, confirm=False,
        roles={"attacker": "scripted/bad-writer?only=number"},
    )  # fmt: skip
    turns = next(t for (_, arm, _), t in found.said.items() if arm.endswith(WRITTEN))
    assert "cannot be used: it brings a number or a unit" in turns[-2].text
    assert sum(turn.role == "assistant" for turn in turns) == 2, "once, and once more"


# --- the verifier -----------------------------------------------------------------------------


def test_a_verifier_that_knows_the_key_lets_all_through(tmp_path: Path) -> None:
    plain = Audited(tmp_path / "a", target="scripted/right?p=0.7", limit=20)
    read = Audited(
        tmp_path / "b", target="scripted/right?p=0.7", limit=20,
        roles={"verifier": "scripted/verifier"},
    )  # fmt: skip
    ours = (WRITTEN, VERIFIED)
    replies = [
        {k: [t.text for t in turns] for k, turns in one.said.items() if not k[1].endswith(ours)}
        for one in (plain, read)
    ]
    assert replies[0] == replies[1], "programmatic mutants and their replies stay as they were"
    assert read.calls["verifier"] == 2 * 3 * 20 and read.primary.headline
    verified = read.primary.extra["verified_by_a_model"]
    assert verified["pairs"] == verified["passed"] == 3 * 20


@pytest.mark.parametrize(
    ("says", "reason", "asks"),
    [("wrong", DISAGREES, 1), ("none", DISAGREES, 1), ("all", DISAGREES, 1),
     ("unreadable", UNREADABLE, 2)],
)  # fmt: skip
def test_what_a_verifier_does_not_confirm_is_asked_of_nobody(
    tmp_path: Path, says: str, reason: str, asks: int
) -> None:
    found = Audited(
        tmp_path / "r", limit=10, attacks=["option-permutation"],
        roles={"verifier": f"scripted/verifier?says={says}"},
    )  # fmt: skip
    assert found.calls == {"target": 2 * 10, "verifier": asks * 10}
    assert found.primary.extra["refused_by_the_gate"] == {reason: 10}
    assert found.primary.n_rejected == 10


def test_a_control_that_loses_its_key_takes_its_mutant_along(tmp_path: Path) -> None:
    found = Audited(
        tmp_path / "r", limit=60, attacks=["option-permutation"], confirm=False,
        roles={"verifier": "scripted/verifier?says=wrong&p=0.4&seed=2"},
    )  # fmt: skip
    refused = found.primary.extra["refused_by_the_gate"]
    assert set(refused) == {DISAGREES, f"control: {DISAGREES}"}
    arms = Counter(r["arm"] for r in found.rows if r["behaviour"])
    name = "robustness/option-permutation"
    assert arms[name] == arms[name + CONTROL] == 60 - sum(refused.values()) > 0


def test_written_and_verified_words_may_be_a_headline(tmp_path: Path) -> None:
    found = Audited(
        tmp_path / "r", form="agent", attacks=list(FORMED), target="scripted/flips?q=0.5",
        roles={"attacker": "scripted/writer", "verifier": "scripted/verifier"},
    )  # fmt: skip
    assert found.primary.headline and found.primary.value is not None
    assert found.primary.extra["verified_by_a_model"]["passed"] > 0


def test_a_verifier_sees_neither_key_nor_reply(tmp_path: Path) -> None:
    found = Audited(
        tmp_path / "r", limit=4, attacks=["answer-negation", "option-permutation"],
        roles={"verifier": "scripted/verifier"},
    )  # fmt: skip
    for (_, arm, _), turns in found.said.items():
        if arm.endswith(VERIFIED):
            told = "\n".join(turn.text for turn in turns if turn.role != "assistant")
            assert "robustness/" not in told and "attack" not in told
            assert "Reply with the letter of" not in told


# --- the plan ---------------------------------------------------------------------------------


def test_the_cost_is_what_it_may_come_to(tmp_path: Path) -> None:
    suite = registry.build("suites", SUITE, {"form": "agent", "tries": 2})
    loaders = {"pack": registry.build("data", "pack")}
    case = next(iter(suite.cases((PACK,), loaders)))
    calls = {ask.role: ask.calls for ask in suite.cost(case, None)}
    assert calls == {"target": 2 + 2 * 3 * 2 + 2, "verifier": 4 * 3 * 2, "attacker": 2 * 3 * 2}


def test_the_attacker_is_needed_where_it_is_asked_and_only_there() -> None:
    needs = {n.role: n.required for n in registry.build("suites", SUITE, {"form": "agent"}).roles}
    assert needs == {"target": True, "verifier": False, "attacker": True}
    needs = {n.role: n.required for n in registry.build("suites", SUITE, {}).roles}
    assert needs == {"target": True, "verifier": False}
    with pytest.raises(Exception, match="needs this role and nobody plays it"):
        run(plan_for(SUITE, suite_options={"form": "agent"}, data=(PACK,)), Path("never"))


def test_an_agent_form_that_no_attack_has() -> None:
    with pytest.raises(Exception, match="none of its attacks has an agent form"):
        registry.build("suites", SUITE, {"form": "agent", "attacks": ["typos"]})
