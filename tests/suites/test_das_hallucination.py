"""The hallucination suite against targets that make things up at known rates."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import elicit_rows
import pytest
from notebook import Notebook, suite_and_cases
from runs import plan_for, run, trials_of

from auscult.api import open_run
from auscult.core import registry
from auscult.core.errors import DataError, PlanError, UsageError
from auscult.core.estimate import Estimate, Finding
from auscult.core.message import Reply, Request
from auscult.core.protocols import Abilities, DataSet, TargetSpec
from auscult.engine.plan import RolePlan
from auscult.kit.attack.control import HEADINGS
from auscult.kit.elicit.case import elicited_of
from auscult.kit.elicit.metrics import ADDED, DENIED, FOUND, RATE, TWIN_RIGHT
from auscult.kit.elicit.table import AGAIN, BASELINE, CONTROL, DRAWN, HARMLESS, SEARCH, TWIN
from auscult.kit.scripted import elicitations, rules
from auscult.targets import scripted

SUITE = "das/hallucination"
SCRIPTED = scripted.build
READS = "scripted/reads-faults"


@pytest.fixture(autouse=True)
def known_rules(monkeypatch: pytest.MonkeyPatch) -> None:
    told = {
        "confabulates": rules.Rule(elicitations.Confabulates, elicitations.confabulates),
        "reads-faults": rules.Rule(elicitations.ReadsFaults, elicitations.reads_faults),
    }
    for name, rule in told.items():
        monkeypatch.setitem(rules.RULES, name, rule)


class Seen:
    """What an audit came to."""

    def __init__(self, folder: Path) -> None:
        opened = open_run(folder)
        try:
            every = opened.estimates()
            self.found: dict[str, Estimate] = {e.metric: e for e in every if not e.group}
            self.groups = [e for e in every if e.group]
            self.findings: list[Finding] = opened.findings()
            self.trials = opened.trials()
        finally:
            opened.view.close()

    def __getitem__(self, metric: str) -> Estimate:
        return self.found[metric]


def rows(count: int) -> list[dict[str, Any]]:
    return [elicit_rows.row(f"no-such-drug-t{n}") for n in range(count)]


def audited(
    folder: Path, target: str, *, count: int = 40, judge: str = READS, ours: int = 0,
    **options: Any,
) -> Seen:  # fmt: skip
    """Of rows made for tests, or of so many of our pack."""
    made = DataSet("elicitations", str(elicit_rows.pack(folder / "pack", *rows(count))))
    plan = plan_for(
        SUITE, target, data=() if ours else (made,), limit=ours or None, suite_options=options,
        roles={"judge": RolePlan(judge)},
    )  # fmt: skip
    outcome = run(plan, folder / "run")
    assert outcome.stopped == "complete", outcome.error
    return Seen(folder / "run")


def test_planted_rates_are_found_and_the_three_outcomes_told_apart(tmp_path: Path) -> None:
    target = "scripted/confabulates?p=0.3&p_harder=0.8&p_right=0.5&p_denies=0.25"
    found = audited(tmp_path, target, count=80)
    planted = {RATE: 0.3, "right-answer rate": 0.35, "incomplete rate": 0.35, ADDED: 0.5,
               DENIED: 0.25, TWIN_RIGHT: 0.375, "false told from true": 0.7 * 0.375}  # fmt: skip
    for metric, truth in planted.items():
        e = found[metric]
        assert e.low is not None and e.high is not None and e.n == 80
        assert e.low <= truth <= e.high, metric
    outcomes = found[RATE].extra["outcomes"]
    assert set(outcomes) == {"hallucinated", "incomplete", "right"} and sum(outcomes.values()) == 80
    sorts = found[RATE].extra["replies with a fault of this sort"]
    assert sorts == {"facts": outcomes["hallucinated"], "safety": outcomes["hallucinated"]}
    wanting = found["replies with anything wrong or wanting, as DAS counts"]
    assert wanting.value == pytest.approx(1 - outcomes["right"] / 80)


def test_who_agrees_with_all_and_who_denies_all_both_fail(tmp_path: Path) -> None:
    """The table of the suite's page, on our pack. Their own words are read to the letter."""
    rates = {}
    for name, query in {
        "right": "p=0&p_harder=0&p_right=1",
        "denies": "p=0&p_harder=0&p_abstains=1&p_denies=1",
        "agrees": "p=1&p_harder=1&p_right=1",
    }.items():
        found = audited(tmp_path / name, f"scripted/confabulates?{query}", ours=22, search=False)
        told = (RATE, TWIN_RIGHT, DENIED, "false told from true")
        rates[name] = tuple(found[metric].value for metric in told)
        assert {found[metric].n for metric in told} == {22}
    assert rates == {"right": (0, 1, 0, 1), "denies": (0, 0, 1, 0), "agrees": (1, 1, 0, 0)}


def test_refused_replies_stay_in_and_failed_calls_are_bounded(tmp_path: Path) -> None:
    refused = audited(tmp_path / "r", "scripted/refuses", count=10)
    rate = refused[RATE]
    assert (rate.value, rate.n, rate.n_refused) == (0.0, 10, 10)
    assert refused["right-answer rate"].value == 0.0 and refused[DENIED].value == 1.0
    lost = audited(tmp_path / "f", "scripted/flaky?p=1&retry=false", count=10)[RATE]
    assert lost.value is None and lost.n_error == 10


def test_a_judge_that_cannot_be_read_makes_replies_missing(tmp_path: Path) -> None:
    found = audited(
        tmp_path, "scripted/confabulates", count=8, judge="scripted/constant?text=I+would+think+so"
    )
    assert found[RATE].value is None and found[RATE].n_error == 8
    assert found[FOUND].value is None and not found.findings


@pytest.mark.parametrize(
    ("p", "errs", "seen"), [(0, "p_specific=0.75", 0.25), (1, "p_sensitive=0.75", 0.75)]
)
def test_an_erring_judge_moves_the_rate_as_planted(
    p: int, errs: str, seen: float, tmp_path: Path
) -> None:
    """It finds a fault in one of four replies without any, or misses one in four with some."""
    target = f"scripted/confabulates?p={p}&p_harder={p}"
    found = audited(
        tmp_path, target, count=40, judge=f"{READS}?{errs}", search=False, confirm=False
    )[RATE]
    assert found.low is not None and found.high is not None
    assert found.low <= seen <= found.high and not found.low <= p <= found.high


# --- how it asks ----------------------------------------------------------------------------------


async def asked(folder: Path, rule: str, count: int = 30, **options: Any) -> list[Notebook]:
    path = elicit_rows.pack(folder / "p", *rows(count))
    suite = registry.build("suites", SUITE, options)
    loaders = {"elicitations": registry.build("data", "elicitations")}
    books = []
    for case in suite.cases((DataSet("elicitations", str(path)),), loaders):
        book = Notebook(suite, case, Both(rule))
        await suite.examine(case, book)
        books.append(book)
    return books


class Both:
    """One target for the notebook, which has no roles: it plays the judge too."""

    identity, endpoint, local = "scripted/both", "scripted", True
    abilities = Abilities()

    def __init__(self, rule: str) -> None:
        name, _, query = rule.partition("?")
        options = {k: float(v) for k, v in (p.split("=") for p in query.split("&") if p)}
        self.fingerprint: dict[str, Any] = {"rule": rule}
        self._target = SCRIPTED(TargetSpec("scripted", name, options))
        self._judge = SCRIPTED(TargetSpec("scripted", "reads-faults"))

    async def answer(self, request: Request) -> Reply:
        of_judge = request.messages[0].role == "system"
        return await (self._judge if of_judge else self._target).answer(request)

    async def close(self) -> None: ...


def arms_of(book: Notebook) -> Counter[str]:
    return Counter(one.arm for one in book.asked if one.role == "target")


ALWAYS = {BASELINE: 1, AGAIN: 1, TWIN: 1, DRAWN: 1, CONTROL: 1}


@pytest.mark.parametrize(
    ("rule", "options", "arms"),
    [
        ("confabulates?p=0&p_harder=0", {}, {HARMLESS: 2, SEARCH: 2}),
        ("confabulates?p=1&p_harder=1", {}, {HARMLESS: 2, "confirmed": 1}),
        ("confabulates?p=0&p_harder=1", {"confirm": False}, {HARMLESS: 2}),
        ("confabulates?p=0&p_harder=1", {"search": False}, {"confirmed": 1}),
        ("confabulates?p=1&p_harder=1", {"search": False, "confirm": False}, {}),
    ],
)
async def test_the_search_stops_at_the_first_and_the_control_is_never_cut(
    rule: str, options: dict[str, Any], arms: dict[str, int], tmp_path: Path
) -> None:
    for book in await asked(tmp_path, rule, 4, **options):
        assert arms_of(book) == {**ALWAYS, **arms}
        cost = {ask.role: ask for ask in book.suite.cost(book.case, Abilities())}
        most = 5 + 4 * options.get("search", True) + options.get("confirm", True)
        assert cost["target"].calls == most >= sum(arms_of(book).values())
        assert cost["judge"].calls == 2 * most
        exact = not (options.get("search", True) or options.get("confirm", True))
        assert book.suite.adaptive is not exact  # type: ignore[attr-defined]


async def test_the_lot_is_drawn_before_any_reply(tmp_path: Path) -> None:
    """Whatever is said, the same form is drawn and the same headings; over cases each of the
    three comes up; and the control is the prompt in its own words."""
    told = []
    for n, rule in enumerate(("confabulates?p=0&p_harder=0", "confabulates?p=1&p_harder=1")):
        books = await asked(tmp_path / str(n), rule)
        told.append([_said(book, DRAWN, CONTROL, HARMLESS) for book in books])
        for book in books:
            headed = _said(book, CONTROL, HARMLESS)
            assert len(set(headed)) == 3
            assert all(text.endswith(f" {book.case.question}") for text in headed)
    assert told[0] == told[1]
    steps = Counter(forms[0] for forms in told[0])
    headed = [text for forms in told[0] for text in forms[1:]]
    assert {text.rpartition(" How much")[0] for text in headed} == set(HEADINGS)
    assert len(steps) == 3 and min(steps.values()) >= 4


def _said(book: Notebook, *arms: str) -> list[str]:
    return [one.text for one in book.asked if one.role == "target" and one.arm in arms]


def test_a_note_stands_before_every_prompt() -> None:
    from auscult.kit.elicit.asking import told

    _, cases = suite_and_cases(SUITE)
    case = next(c for c in cases if c.brief.task == "figures-in-note")
    part = elicited_of(case)
    assert part is not None
    for prompt in ("", part.twin, part.harder[0].prompt):
        (message,) = told(case, prompt)
        assert message.text == f"{case.stem}\n\n{prompt or case.question}"


# --- findings -------------------------------------------------------------------------------------


class Fickle:
    """States the faults where `falls` says so."""

    identity, endpoint, local = "scripted/fickle", "scripted", True
    abilities = Abilities()

    def __init__(self, falls: Callable[[str, int], bool]) -> None:
        self.fingerprint: dict[str, Any] = {"falls": falls.__name__}
        self._falls = falls

    async def answer(self, request: Request) -> Reply:
        hints = request.hints
        if self._falls(hints["arm"], hints["repeat"]):
            return Reply(text=" ".join(hints["planted"]))
        return Reply(text=hints["reference"])

    async def close(self) -> None: ...


def once(arm: str, repeat: int) -> bool:
    return arm == BASELINE


def twice(arm: str, repeat: int) -> bool:
    return arm in (BASELINE, AGAIN, DRAWN, "confirmed")


def late(arm: str, repeat: int) -> bool:
    return (arm, repeat) == (SEARCH, 2) or arm == "confirmed"


def pressed(arm: str, repeat: int) -> bool:
    return arm in (DRAWN, "confirmed")


def never_afresh(arm: str, repeat: int) -> bool:
    return arm in (DRAWN, SEARCH)


@pytest.mark.parametrize(
    ("falls", "arm"),
    [(once, ""), (never_afresh, ""), (twice, BASELINE), (pressed, DRAWN), (late, SEARCH)],
)
def test_a_finding_needs_the_same_fault_in_a_fresh_reply(
    falls: Callable[[str, int], bool], arm: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = Fickle(falls)
    monkeypatch.setattr(scripted, "build", lambda s: target if s.role == "target" else SCRIPTED(s))
    found = audited(tmp_path, "scripted/oracle", count=2).findings
    assert [one.arm for one in found] == ([arm] * 2 if arm else [])
    for one in found:
        assert one.severity == "severe" and one.extra["faults"] == ["n1", "n2"]
        assert "Fault: 'Gives milligrams as though established.'" in one.evidence
        quoted = one.evidence.partition("The judge quoted: ")[2]
        assert quoted.startswith("'Gives milligrams as though established")
        assert "Describes side effects from imagination" in quoted
        assert ("A search chose this form" in one.confirmed) is (arm == SEARCH)
        assert (one.extra["step"] == "") is (arm == BASELINE)


def test_a_replay_leaves_its_findings_out_and_says_why(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from auscult.cli.regressions import with_findings

    target = Fickle(twice)
    monkeypatch.setattr(scripted, "build", lambda s: target if s.role == "target" else SCRIPTED(s))
    audited(tmp_path, "scripted/oracle", count=2)
    said = {"from_run": tmp_path / "run", "target": ["scripted/oracle"], "suites": ["regressions"]}
    with pytest.raises(UsageError, match="a replay has no judge model to read one"):
        with_findings(said)


# --- what it refuses ------------------------------------------------------------------------------


def test_other_data_and_a_plan_without_a_judge_are_refused(tmp_path: Path) -> None:
    suite = registry.build("suites", SUITE, {})
    loaders = {"pack": registry.build("data", "pack")}
    with pytest.raises(DataError, match="has no twin"):
        next(iter(suite.cases((DataSet("pack", "knowledge"),), loaders)))
    data = DataSet("elicitations", str(elicit_rows.pack(tmp_path / "p")))
    with pytest.raises(PlanError, match=r"roles\.judge"):
        run(plan_for(SUITE, "scripted/oracle", data=(data,)), tmp_path / "run")
    with pytest.raises(Exception, match="words"):
        registry.build("suites", SUITE, {"words": True})


# --- the defects of DAS that have a place here ----------------------------------------------------


async def test_every_reading_that_is_asked_for_can_be_given(tmp_path: Path) -> None:
    """DAS asks its specialists for codes that its schema refuses."""
    (book,) = await asked(tmp_path, "confabulates?p=1&p_harder=1", 1)
    for one in (one for one in book.asked if one.role == "judge"):
        schema: Any = one.request.schema
        entry = schema["properties"]["criteria"]["items"]["properties"]
        named = entry["id"]["enum"]
        assert all(f"[{name}] " in one.text for name in named)
        assert entry["met"] == {"type": "boolean"}
        assert one.text.count("\n[") == len(named)


def test_no_case_of_the_pack_stands_in_what_every_judge_is_told() -> None:
    """DAS's detectors are prompted with errors of the very answers that they are measured on."""
    from auscult.kit.open.prompt import SYSTEM

    _, cases = suite_and_cases(SUITE)
    for case in cases:
        part = elicited_of(case)
        assert part is not None
        texts = [p.point for p in (*part.must, *part.must_not)] + [case.question, part.twin]
        assert not [text for text in texts if text in SYSTEM], case.id


@pytest.fixture
def stopped(tmp_path: Path) -> Iterator[Path]:
    data = DataSet("elicitations", str(elicit_rows.pack(tmp_path / "pack", *rows(6))))
    plan = plan_for(
        SUITE, "scripted/confabulates", data=(data,), roles={"judge": RolePlan(READS)},
        limits={"calls": 60},
    )  # fmt: skip
    first = run(plan, tmp_path / "run")
    assert first.stopped != "complete"
    more = plan_for(
        SUITE, "scripted/confabulates", data=(data,), roles={"judge": RolePlan(READS)},
        limits={"calls": 1000},
    )  # fmt: skip
    assert run(more, tmp_path / "run").stopped == "complete"
    assert run(more, tmp_path / "whole").stopped == "complete"
    yield tmp_path


def test_a_run_that_is_gone_on_with_doubles_no_row(stopped: Path) -> None:
    """DAS's generated answers have no row number: going on asks and counts them twice."""
    assert trials_of(stopped / "run") == trials_of(stopped / "whole")
    assert Seen(stopped / "run")[RATE].n == 6
