"""What every suite owes: a declared rule, stable cases, a Brief that stays ours, an honest cost."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from functools import cache

import msgspec
import pytest
from notebook import Asked, Notebook, examined, suite_and_cases
from processes import environment

from auscult.core import registry
from auscult.core.case import Brief, Case, OptionNote, Source
from auscult.core.protocols import Suite
from auscult.engine.caller import DEFAULT_OUTPUT_TOKENS, _tokens_at_most
from auscult.kit.scripted.rules import RULES

SUITES = sorted(registry.plugins("suites"))
RULES_TRIED = ("right", "refuses", "format-breaker", "flaky", "longest", "verbose")
ENOUGH, A_FEW = 300, 40
"""Cases of words a suite is tried on, evenly spaced where it has more, once and rule by rule."""
IDS = """
import sys
sys.path[:0] = sys.argv[2:]
import json
from notebook import suite_and_cases
print(json.dumps([case.id for case in suite_and_cases(sys.argv[1])[1]]))
"""
HIDDEN = "zyx-only-ours"
by_suite = pytest.mark.parametrize("name", SUITES)


@cache
def known(name: str) -> tuple[Suite, list[Case]]:
    """Pictures are dear to prepare: of them one of every kind."""
    suite, cases = suite_and_cases(name)
    kinds = one_of_every_kind(cases)
    spaced = cases[:: max(1, len(cases) // ENOUGH)]
    return suite, [*kinds, *(c for c in spaced if not c.images and c not in kinds)]


def one_of_every_kind(cases: list[Case]) -> list[Case]:
    kinds: dict[tuple[str, str, int, int], Case] = {}
    for case in cases:
        brief = case.brief
        kinds.setdefault((brief.task, brief.modality, len(case.options), len(case.images)), case)
    return list(kinds.values())


def tried(name: str, rule: str) -> list[Case]:
    """All that are known with the first rule, a few of every kind with the others."""
    _, cases = known(name)
    first = len(one_of_every_kind(cases))
    step = 1 if rule == RULES_TRIED[0] else max(1, (len(cases) - first) // A_FEW)
    return [*cases[:first], *cases[first::step]]


@by_suite
def test_a_suite_declares_itself_before_the_run(name: str) -> None:
    suite, _ = known(name)
    assert isinstance(suite, Suite)
    assert suite.name == name and suite.version
    assert suite.measures.endswith(".") and len(suite.measures) > 20
    assert suite.rule.numerator and suite.rule.denominator
    assert suite.arms and len(set(suite.arms)) == len(suite.arms)
    assert any(need.role == "target" for need in suite.roles)
    assert not set(suite.judges) - set(registry.plugins("judges"))
    assert not {suite.presupposes} - {"", *SUITES}


@by_suite
def test_case_ids_are_unique_and_the_same_in_every_process(name: str) -> None:
    _, cases = suite_and_cases(name)
    ids = [case.id for case in cases]
    assert ids and max(Counter(ids).values()) == 1
    done = subprocess.run(
        [sys.executable, "-c", IDS, name, *sys.path],
        env={**environment(), "PYTHONHASHSEED": "77"},
        capture_output=True, text=True, timeout=60, check=True,
    )  # fmt: skip
    assert json.loads(done.stdout) == ids


@by_suite
@pytest.mark.parametrize("rule", RULES_TRIED)
async def test_the_declared_cost_is_an_upper_bound(name: str, rule: str) -> None:
    """Calls exactly, because a cap reserves them, and tokens as the engine reserves them. Where
    replies fail or cannot be read a suite may ask less: there is nothing to go on from; and how
    often a judge is asked follows from the replies that it reads."""
    suite, _ = known(name)
    put = 0
    for case in tried(name, rule):
        book = await examined(suite, case, rule)
        if not_put(book):
            continue
        put += 1
        declared = suite.cost(case, book.abilities)
        calls: Counter[str] = Counter()
        tokens: Counter[str] = Counter()
        for ask in declared:
            needed = any(need.role == ask.role and need.required for need in suite.roles)
            if ask.role not in book.roles and not needed:
                continue  # nobody plays it, so nobody is asked
            calls[ask.role] += ask.calls
            tokens[ask.role] += ask.calls * (ask.input_tokens + ask.output_tokens)
        made = Counter(asked.role for asked in book.asked)
        less = rule in ("flaky", "format-breaker") or getattr(suite, "adaptive", False)
        assert made <= calls and (less or made["target"] == calls["target"]), case.id
        for role in calls:
            used = sum(worst(asked) for asked in book.asked if asked.role == role)
            assert used <= tokens[role], f"{case.id}: {used} tokens, {tokens[role]} declared"
    assert put, "no case was put to the target, so nothing was tried"


def not_put(book: Notebook) -> bool:
    """Every trial of the case says that it does not apply: the notebook binds no judge, say."""
    held = all("not_applicable" in labels for _, _, _, labels in book.trials)
    return held and not book.asked


def worst(asked: Asked) -> int:
    read = sum(_tokens_at_most(message) for message in asked.request.messages)
    return read + (asked.request.sampling.max_tokens or DEFAULT_OUTPUT_TOKENS)


@by_suite
@pytest.mark.parametrize("rule", ["right", "refuses", "format-breaker", "flaky"])
async def test_every_arm_asked_is_declared_and_becomes_one_trial(name: str, rule: str) -> None:
    suite, cases = known(name)
    put = 0
    for case in cases[:20]:
        book = await examined(suite, case, rule)
        put += not not_put(book)
        named = [(arm, repeat) for arm, repeat, _, _ in book.trials]
        assert len(set(named)) == len(named)
        assert {(asked.arm, asked.repeat) for asked in book.asked} <= set(named)
        assert {arm for arm, _ in named} <= set(suite.arms)
        for _, _, verdicts, labels in book.trials:
            msgspec.json.encode(labels)
            for verdict in verdicts:
                assert (verdict.score is None) or 0.0 <= verdict.score <= 1.0
                assert verdict.version
    assert put, "no case was put to the target, so nothing was tried"


@by_suite
async def test_a_failed_call_is_never_scored(name: str) -> None:
    suite, cases = known(name)
    put = 0
    for case in cases[:20]:
        book = await examined(suite, case, "flaky", p=1.0)
        if not_put(book):
            continue
        put += 1
        read = [verdict for _, _, verdicts, _ in book.trials for verdict in verdicts]
        assert read and {verdict.behaviour for verdict in read} == {"error"}
        assert {verdict.score for verdict in read} == {None}
    assert put, "no case was put to the target, so nothing was tried"


# --- the Brief is ours ------------------------------------------------------------------------


def prose(brief: Brief) -> list[str]:
    """What the author wrote for us and not for the target."""
    notes = [note.why for note in brief.option_notes]
    source = [brief.source.name] if brief.source else []
    words = [brief.rationale, brief.reference, brief.goal, *brief.rubric, *notes, *source]
    return [text for text in words if len(text) > 3]


def rewritten(case: Case, *, key: int | None, adversarial: bool = False) -> Case:
    """The same case with everything in its Brief that a target must not learn made another. Which
    attacks apply follows from how wrong each option is, so an attacker's suite keeps that."""
    notes = tuple(
        OptionNote(
            note.status if adversarial else "key" if place == key else "wrong",
            "life-threatening",
            f"{HIDDEN} {place}",
        )
        for place, note in enumerate(case.brief.option_notes)
    )
    brief = msgspec.structs.replace(
        case.brief, key=key, rationale=f"{HIDDEN} rationale", reference=f"{HIDDEN} reference",
        goal=f"{HIDDEN} goal", rubric=(f"{HIDDEN} rubric",), option_notes=notes,
        harm_level="severe", difficulty=f"{HIDDEN} difficulty", source=Source(f"{HIDDEN} source"),
        as_of="1999", licence=f"{HIDDEN} licence", jurisdiction=f"{HIDDEN} place",
        reviewers=(f"{HIDDEN} reviewer",),
    )  # fmt: skip
    return msgspec.structs.replace(case, brief=brief)


def shown(book: Notebook) -> list[tuple[str, int, str]]:
    """To the target: a judge is told what it needs."""
    return [(asked.arm, asked.repeat, asked.text) for asked in book.asked if asked.role == "target"]


@by_suite
async def test_the_brief_never_reaches_the_target(name: str) -> None:
    """Rewriting the Brief leaves every word shown as it was; only an attack may use the key."""
    suite, cases = known(name)
    adversarial = getattr(suite, "adversarial", False)
    put = 0
    for case in cases:
        before = await examined(suite, case, "constant")
        key = case.brief.key
        other = key if key is None or adversarial else (key + 1) % max(len(case.options), 1)
        after = await examined(
            suite, rewritten(case, key=other, adversarial=adversarial), "constant"
        )
        assert before.asked or not_put(before), case.id
        put += bool(before.asked)
        assert shown(before) == shown(after), f"{case.id}: what is shown follows from the Brief"
        assert HIDDEN not in str(shown(after))
    assert put, "no case was put to the target, so nothing was tried"


@by_suite
async def test_no_sentence_of_the_brief_is_shown(name: str) -> None:
    suite, cases = known(name)
    put = 0
    for case in cases:
        book = await examined(suite, case)
        put += bool(book.asked)
        public = "\n".join([case.stem, case.question, *case.options])
        told = "\n".join(text for _, _, text in shown(book))
        leaked = [text for text in prose(case.brief) if text in told and text not in public]
        assert not leaked, case.id
    assert put, "no case was put to the target, so nothing was tried"


def test_the_rules_tried_are_known() -> None:
    assert set(RULES_TRIED) <= set(RULES)
