"""das/adaptive where a model writes the words, a verifier reads them, and wording evolves."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from auscult_testkit import shuffled
from notebook import Notebook, suite_and_cases
from runs import estimates_of, plan_for, run, totals_of, trials_of

from auscult.api import open_run
from auscult.core import registry
from auscult.core.errors import UsageError
from auscult.core.message import Reply, Request
from auscult.core.protocols import Abilities, TargetSpec
from auscult.core.strategist import Tried
from auscult.engine.caller import _tokens_at_most
from auscult.engine.plan import Plan, RolePlan
from auscult.engine.remember import audits_of
from auscult.kit.attack import agent, verify
from auscult.kit.attack.agent import NO_OBJECT, OTHER_FORM, WRITTEN
from auscult.kit.attack.verify import DISAGREES, VERIFIED
from auscult.kit.attack.wording import SHOWN
from auscult.kit.memory import Memory, without_wording, write_memory
from auscult.kit.search.table import (
    FEWER,
    FEWER_CONTROL,
    FRESH,
    FRESH_CONTROL,
    HARMLESS,
    SEARCH,
    lesson_of,
)

NAME = "das/adaptive"
FORMED = ("distraction", "cognitive-bait", "irrelevant-history", "paraphrase", "extra-options")


def scripted(use: str) -> Any:
    rule, _, given = use.partition("?")
    options = dict(part.split("=") for part in given.split("&") if part)
    return registry.build("targets", "scripted", TargetSpec("scripted", rule, options))


class Cast:
    """Everybody who is asked, told apart by what they are told first."""

    identity, endpoint, local, abilities = "cast", "here", True, Abilities()
    fingerprint: Mapping[str, Any] = {}

    def __init__(self, target: Any, writer: str, verifier: str, planner: str) -> None:
        self._target = target
        self._others = {
            agent.SYSTEM: scripted(writer), verify.SYSTEM: scripted(verifier),
        }  # fmt: skip
        self._planner = scripted(planner)

    async def answer(self, request: Request) -> Reply:
        first = request.messages[0]
        if first.role != "system":
            return await self._target.answer(request)  # type: ignore[no-any-return]
        return await self._others.get(first.text, self._planner).answer(request)  # type: ignore[no-any-return]

    async def close(self) -> None:
        pass


class Weak:
    """Wrong where one of these attacks is in it, or these words are; else right."""

    def __init__(self, *weak: str) -> None:
        self.weak = weak

    async def answer(self, request: Request) -> Reply:
        hints = request.hints
        told = hints["attack"] if hints["kind"] == "attack" else ""
        keys = hints["keys"] if "keys" in hints else [hints["key"]]
        if any(name in told for name in self.weak):
            keys = [next(n for n in range(len(hints["letters"])) if n not in keys)]
        return Reply(text=", ".join(hints["letters"][n] for n in keys))


class Bound(Notebook):
    bound: tuple[str, ...] = ("target", "attacker")

    @property
    def roles(self) -> tuple[str, ...]:
        return self.bound

    def labels(self, arm: str) -> list[dict[str, Any]]:
        return [labels for name, _, _, labels in self.trials if name == arm]

    def texts(self, arm: str) -> list[str]:
        return [one.text for one in self.asked if one.arm == arm]


async def examined(
    target: Any, place: int = 0, *, writer: str = "writer", verifier: str = "",
    planner: str = "plans", **options: Any,
) -> Bound:  # fmt: skip
    suite, cases = suite_and_cases(NAME, form="agent", **options)
    book = Bound(suite, cases[place], Cast(target, writer, verifier or "verifier", planner))
    if verifier:
        book.bound = ("target", "attacker", "verifier")
    await suite.examine(cases[place], book)
    return book


# --- what is asked ----------------------------------------------------------------------------


async def test_a_model_writes_in_the_search_and_its_words_are_noted() -> None:
    options = {"attacks": ["cognitive-bait", "irrelevant-history"], "chains_from": 0}
    book = await examined(Weak(), strategist="fixed", **options)
    first, second = book.labels(SEARCH)
    assert first["edit_written"] and first["words"].startswith("Someone on the team keeps saying")
    assert "OPTION" in first["words"], "an option of this case tells nothing of manner"
    assert second["words"].startswith("The patient likes to sing")
    assert [one["written_for"] for one in book.labels(SEARCH + WRITTEN)] == [
        "robustness/cognitive-bait", "robustness/irrelevant-history",
    ]  # fmt: skip
    lesson = lesson_of([Row(*trial) for trial in book.trials])
    assert lesson.tried[1:] == tuple(
        Tried((one["chain"],), "held", words=(one["words"],)) for one in (first, second)
    )


class Row:
    def __init__(self, arm: str, repeat: int, verdicts: Any, labels: Any) -> None:
        self.arm, self.repeat, self.verdicts, self.labels = arm, repeat, verdicts, labels


async def test_the_drawn_pair_is_written_before_the_first_reply() -> None:
    book = await examined(Weak(), attacks=["distraction"])
    order = [one.role for one in book.asked]
    assert order[: order.index("target")] == ["attacker"]
    assert book.asked[0].arm == "robustness/distraction" + WRITTEN


async def test_what_broke_an_answer_is_asked_afresh_in_the_same_words() -> None:
    book = await examined(Weak("bait"), attacks=["cognitive-bait"], chains_from=0)
    (asked,) = book.texts(SEARCH)
    assert book.texts(FRESH) == [asked] * 2
    assert len(set(book.texts(FRESH_CONTROL))) == 2 and asked not in book.texts(FRESH_CONTROL)
    assert sum(one.role == "attacker" for one in book.asked) == 2, "for the pair and the search"


async def test_the_edits_of_a_chain_alone_have_the_words_they_had_in_it() -> None:
    """Even where another step has put the options in another order."""
    options = {"strategist": "random", "chains_from": 1, "rounds": 8}
    attacks = ["cognitive-bait", "option-permutation", "distraction"]
    seen = Counter[str]()
    for place in range(14):
        book = await examined(Weak("bait"), place, attacks=attacks, **options)
        (found,) = [one for one in book.labels(SEARCH) if one["outcome"] == "broke"]
        if " + " not in found["chain"]:
            continue
        asked = book.texts(SEARCH)[-1]
        alone = dict(zip([one["chain"] for one in book.labels(FEWER)], book.texts(FEWER)))  # noqa: B905
        bait = alone["robustness/cognitive-bait"]
        (sentence,) = [part for part in bait.split(". ") if "keeps saying" in part]
        assert sentence.split("?")[0] in asked
        assert len(book.texts(FEWER)) == len(book.texts(FEWER_CONTROL)) == 4
        afresh = next(n for n, one in enumerate(book.asked) if one.arm == FRESH)
        assert {one.role for one in book.asked[afresh:]} == {"target"}, "nobody writes anew"
        seen[found["chain"]] += 1
    assert len(seen) >= 2, "chains of both kinds were to be met"


@pytest.mark.parametrize("name", FORMED)
async def test_no_rubbish_of_a_writer_reaches_the_target(name: str) -> None:
    reasons = Counter[str]()
    for place in range(0, 60, 5):
        book = await examined(
            Weak(), place, writer="bad-writer?seed=3", attacks=[name, "option-permutation"],
            rounds=8, chains_from=2,
        )  # fmt: skip
        told = "\n".join(one.text for one in book.asked if one.role == "target")
        assert not [words for words in FORBIDDEN if words in told]
        for one in book.labels(SEARCH):
            if "rejected" in one:
                assert one["outcome"] == "rejected" and "words" not in one
                reasons.update(reason.split(": ", 1)[1] for reason in one["rejected"].split("; "))
    assert {NO_OBJECT, OTHER_FORM} & set(reasons) and len(reasons) >= 3


FORBIDDEN = (
    "takes griseofulvin", "odd tinea rash", "17 days", "previous instructions", "grader",
    "option B is right", "\u202e", "rewrite_key", "answer_idx", "And so it goes",
)  # fmt: skip


# --- the verifier -----------------------------------------------------------------------------


async def test_a_verifier_reads_what_a_search_asks_and_what_it_is_compared_with() -> None:
    book = await examined(
        Weak("bait"), verifier="verifier", attacks=["cognitive-bait"], chains_from=0
    )
    (found,) = book.labels(SEARCH)
    assert found["edit_verified"]
    read = [one.text for one in book.asked if one.role == "verifier"]
    question = book.texts(SEARCH)[0].split("\n\n")[0].splitlines()[0]
    assert any(question in text for text in read)
    # Mutant and control of the pair and of the round, of which one is the same, and a further one.
    assert len(read) == len(set(read)) == 4


async def test_what_a_verifier_refuses_is_a_rejected_try() -> None:
    book = await examined(
        Weak("bait"), verifier="verifier?says=wrong", attacks=["cognitive-bait", "typos"],
        chains_from=0,
    )  # fmt: skip
    assert {one["rejected"] for one in book.labels(SEARCH)} == {DISAGREES}
    assert not book.texts(SEARCH) and not book.texts(FRESH)
    assert [one["passed"] for one in book.labels(SEARCH + VERIFIED)] == [False, False]


async def test_a_verifier_reads_programmatic_mutants_too() -> None:
    suite, cases = suite_and_cases(NAME, attacks=["typos"])
    book = Bound(suite, cases[0], Cast(Weak(), "writer", "verifier?says=wrong", "plans"))
    book.bound = ("target", "verifier")
    await suite.examine(cases[0], book)
    assert [one["rejected"] for one in book.labels(SEARCH)] == [DISAGREES]


# --- the plan ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("writer", "verifier", "weak"),
    [("bad-writer", "verifier", ()), ("writer", "verifier?says=unreadable", ()),
     ("writer", "verifier", ("",)), ("manner-writer", "verifier", ("bait", "extra"))],
)  # fmt: skip
async def test_the_cost_is_what_it_may_come_to(
    writer: str, verifier: str, weak: tuple[str, ...]
) -> None:
    for place in range(0, 250, 25):
        book = await examined(
            Weak(*weak), place, writer=writer, verifier=verifier, planner="misplans",
            strategist="planner", rounds=8, chains_from=1,
        )  # fmt: skip
        calls: Counter[str] = Counter()
        tokens: Counter[str] = Counter()
        for ask in book.suite.cost(book.case, book.abilities):
            calls[ask.role] += ask.calls
            tokens[ask.role] += ask.calls * (ask.input_tokens + ask.output_tokens)
        made: Counter[str] = Counter()
        used: Counter[str] = Counter()
        for one in book.asked:
            made[one.role] += 1
            used[one.role] += sum(_tokens_at_most(m) for m in one.request.messages)
            used[one.role] += one.request.sampling.max_tokens or 0
        assert made <= calls and used <= tokens, book.case.id
        assert {arm for arm, *_ in book.trials} <= set(book.suite.arms)
        named = [(arm, repeat) for arm, repeat, *_ in book.trials]
        assert len(set(named)) == len(named)


def test_the_attacker_is_needed_where_it_is_asked_and_once() -> None:
    def needs(**options: Any) -> list[tuple[str, bool]]:
        return [(n.role, n.required) for n in registry.build("suites", NAME, options).roles]

    plain = [("target", True), ("verifier", False)]
    assert needs() == plain
    assert needs(form="agent") == needs(strategist="planner") == [*plain, ("attacker", True)]
    assert needs(form="agent", strategist="planner") == [*plain, ("attacker", True)]


def test_an_agent_form_that_no_attack_has() -> None:
    with pytest.raises(UsageError, match="none of its attacks has an agent form"):
        registry.build("suites", NAME, {"form": "agent", "attacks": ["typos"]})


# --- runs -------------------------------------------------------------------------------------


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
    assert cost["extra"]["questions"] == 60
    return int(cost["extra"]["failures"])


def test_wording_that_evolves_finds_more_failures_for_its_questions(tmp_path: Path) -> None:
    """One manner in eight misleads the target, nine times in ten. Written afresh, each question
    finds a failure with 0.9 / 8 = 0.11, some 7 in 60; more than 15 would be chance in one run of a
    thousand. Told what worked, in four rounds of five, the writer takes it up in nine of ten: 0.67
    a question from the first failure on, some 36 in 54; under 25, one run in a thousand."""
    run(plan_of(strategist_options={"wording": 0}, rounds=1), tmp_path / "afresh")
    run(plan_of(rounds=1), tmp_path / "evolved")
    assert failures_of(tmp_path / "afresh") <= 15
    assert failures_of(tmp_path / "evolved") >= 25
    told = [one for one in search_labels(tmp_path / "evolved") if one.get("parents")]
    assert {one["parents"] for one in told} == {1, 2}
    assert not [one for one in search_labels(tmp_path / "afresh") if "parents" in one]


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
