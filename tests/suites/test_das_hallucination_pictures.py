"""Rows that show a picture, and the specialists upon the same replies."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import elicit_rows
import msgspec
import pytest
from notebook import Notebook, suite_and_cases
from runs import plan_for, run

from auscult.api import open_run
from auscult.core import registry
from auscult.core.case import Case
from auscult.core.estimate import Estimate
from auscult.core.message import Reply, Request
from auscult.core.protocols import Abilities, DataSet, TargetSpec
from auscult.engine.caller import _tokens_at_most
from auscult.engine.plan import RolePlan
from auscult.kit.elicit.beside import AGREEMENT, ANY_FAULT, SEEN_RIGHT, UNSEEN_RIGHT
from auscult.kit.elicit.case import PICTURED, elicited_of
from auscult.kit.elicit.metrics import RATE
from auscult.kit.elicit.table import BASELINE, SPECIALISTS, TWIN, UNSEEN
from auscult.kit.specialists.applies import may_be_needed
from auscult.kit.specialists.item import Item
from auscult.targets import scripted

SUITE = "das/hallucination"
SCRIPTED = scripted.build
STRIP = {"form": "strip", "title": "Strip", "beats": 7}


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AUSCULT_CACHE", str(tmp_path / "cache"))


class Both:
    """Plays target and judges; sees pictures or does not."""

    identity, endpoint, local = "scripted/both", "scripted", True
    fingerprint: dict[str, Any] = {}  # noqa: RUF012 -- never changed

    def __init__(self, rule: str, images: bool = True, judge: str = "reads-faults") -> None:
        self.abilities = Abilities(images=images)
        self._target = SCRIPTED(TargetSpec("scripted", rule))
        self._judge = SCRIPTED(TargetSpec("scripted", judge))
        self._examiner = SCRIPTED(TargetSpec("scripted", "examiner"))

    async def answer(self, request: Request) -> Reply:
        if request.messages[0].role != "system":
            return await self._target.answer(request)
        examined = request.hints.get("kind") == "specialist"
        return await (self._examiner if examined else self._judge).answer(request)

    async def close(self) -> None: ...


async def asked(case: Case, target: Both, **options: Any) -> Notebook:
    book = Notebook(registry.build("suites", SUITE, options), case, target)
    await book.suite.examine(case, book)
    return book


def pictured_row(number: int) -> dict[str, Any]:
    return elicit_rows.row(
        f"{PICTURED}-t{number}", kind=PICTURED, invented=[], picture=STRIP, shows="Seven beats.",
    )  # fmt: skip


# --- pictures -------------------------------------------------------------------------------------


async def test_the_picture_is_shown_with_every_prompt_but_one() -> None:
    _, cases = suite_and_cases(SUITE)
    mine = [case for case in cases if case.images]
    assert len(mine) >= 12 and {case.brief.task for case in mine} == {PICTURED}
    book = await asked(mine[0], Both("confabulates"))
    said = [one for one in book.asked if one.role == "target"]
    for one in said:
        shown = [image for message in one.request.messages for image in message.images]
        assert len(shown) == (one.arm != UNSEEN), one.arm
    part = elicited_of(mine[0])
    assert part is not None
    texts = {one.arm: one.text for one in said}
    assert texts[TWIN] == texts[UNSEEN] == part.twin
    judged = [one for one in book.asked if one.role == "judge"]
    assert not [one for one in judged for m in one.request.messages if m.images]
    declared = sum(a.calls for a in book.suite.cost(mine[0], book.abilities) if a.role == "target")
    assert len(said) <= declared == 11


async def test_the_cost_is_exact_without_search(tmp_path: Path) -> None:
    _, cases = suite_and_cases(SUITE)
    options = {"search": False, "confirm": False}
    for case in (next(c for c in cases if c.images), next(c for c in cases if not c.images)):
        book = await asked(case, Both("confabulates"), **options)
        calls = Counter(one.role for one in book.asked)
        declared = {ask.role: ask.calls for ask in book.suite.cost(case, book.abilities)}
        assert calls["target"] == declared["target"] == 5 + bool(case.images)


async def test_a_target_that_takes_no_images_is_not_asked() -> None:
    _, cases = suite_and_cases(SUITE)
    case = next(case for case in cases if case.images)
    book = await asked(case, Both("confabulates", images=False))
    assert not book.asked and not book.suite.cost(case, book.abilities)
    assert {labels["not_applicable"] for *_, labels in book.trials} == {
        "the target takes no images"
    }
    assert not [verdicts for _, _, verdicts, _ in book.trials if verdicts]


class TextOnly:
    """A scripted target without eyes."""

    def __init__(self, spec: TargetSpec) -> None:
        self._target = SCRIPTED(spec)
        self.identity, self.fingerprint = self._target.identity, self._target.fingerprint
        self.endpoint, self.local = "scripted", True
        self.abilities = msgspec.structs.replace(self._target.abilities, images=False)

    async def answer(self, request: Request) -> Reply:
        return await self._target.answer(request)

    async def close(self) -> None: ...


def found(folder: Path, rows: list[dict[str, Any]], target: str, **more: Any) -> list[Estimate]:
    options, examiner = more.pop("options", {}), more.pop("judge", "scripted/reads-faults")
    data = DataSet("elicitations", str(elicit_rows.pack(folder / "pack", *rows)))
    plan = plan_for(
        SUITE, target, data=(data,), suite_options={"search": False, "confirm": False} | options,
        roles={"judge": RolePlan(examiner)},
    )  # fmt: skip
    outcome = run(plan, folder / "run")
    assert outcome.stopped == "complete", outcome.error
    opened = open_run(folder / "run")
    try:
        return opened.estimates()
    finally:
        opened.view.close()


def test_rows_with_pictures_change_no_figure_of_a_target_without_eyes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        scripted, "build", lambda s: TextOnly(s) if s.role == "target" else SCRIPTED(s)
    )
    plain = [elicit_rows.row(f"no-such-drug-t{n}") for n in range(8)]
    target = "scripted/confabulates?p=0.4&steady=true"
    words = found(tmp_path / "words", plain, target, options={"search": True})
    both = [*plain, *(pictured_row(n) for n in range(3))]
    mixed = found(tmp_path / "mixed", both, target, options={"search": True})
    known = {(e.metric, *e.group.items()): e for e in mixed}
    for e in words:
        other = known[(e.metric, *e.group.items())]
        # The lot of headings and forms is drawn by the case's own number, so counts are what is
        # compared: nobody who was not asked is in a denominator.
        assert (other.n, other.n_clusters, other.n_error) == (e.n, e.n_clusters, e.n_error)
    headline = next(e for e in mixed if e.metric == RATE)
    assert (headline.n, headline.n_not_applicable) == (8, 3)
    assert not {UNSEEN_RIGHT, SEEN_RIGHT} & {e.metric for e in mixed}


def test_questions_about_a_picture_have_their_trivial_baseline(tmp_path: Path) -> None:
    rows = [pictured_row(n) for n in range(6)]
    told = {e.metric: e for e in found(tmp_path, rows, "scripted/confabulates?p=0&p_right=1")}
    assert (told[SEEN_RIGHT].value, told[UNSEEN_RIGHT].n) == (1.0, 6)


# --- the specialists ------------------------------------------------------------------------------


class Planted:
    """A judge of criteria, and specialists who find by the words of the author's points."""

    def __init__(self, spec: TargetSpec) -> None:
        self._reads = SCRIPTED(TargetSpec("scripted", "reads-faults"))
        self._examines = SCRIPTED(TargetSpec("scripted", "examiner", dict(spec.options)))
        self.identity, self.fingerprint = self._examines.identity, self._examines.fingerprint
        self.endpoint, self.local = "scripted", True
        self.abilities = self._reads.abilities

    async def answer(self, request: Request) -> Reply:
        examined = request.hints.get("kind") == "specialist"
        return await (self._examines if examined else self._reads).answer(request)

    async def close(self) -> None: ...


def worded(number: int) -> dict[str, Any]:
    point = elicit_rows.point
    return elicit_rows.row(
        f"no-such-drug-t{number}",
        must=[point("Knows nothing called zorbivane.")],
        must_not=[
            point("Gives milligrams as though established.", "facts", "gives milligrams"),
            point("Describes side effects from imagination.", "safety", "describes side effects"),
        ],
    )


@pytest.mark.parametrize(("errs", "low", "high"), [("", 0.3, 0.7), ("?p_finds=0", 0.0, 0.0)])
def test_specialists_read_the_same_replies(
    errs: str, low: float, high: float, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        scripted, "build", lambda s: Planted(s) if s.role == "judge" else SCRIPTED(s)
    )
    every = found(
        tmp_path, [worded(n) for n in range(30)], "scripted/confabulates?p=0.5",
        options={"detect": True}, judge=f"scripted/examiner{errs}",
    )  # fmt: skip
    told = {e.metric: e for e in every if not e.group}
    rate, any_fault = told[RATE].value, told[ANY_FAULT]
    assert rate is not None and any_fault.value is not None and any_fault.n == 30
    assert low <= any_fault.value <= high
    assert any_fault.value == (0.0 if errs else pytest.approx(rate))
    families = {e.group["family"]: e.value for e in every if "family" in e.group}
    assert families["facts"] == families["safety"] == any_fault.value
    assert families["citations"] == 0.0
    agree = told[AGREEMENT]
    assert agree.value == pytest.approx(1 - rate if errs else 1.0)
    assert sum(agree.extra["replies"].values()) == 30


async def test_specialists_are_asked_within_what_is_reserved_and_only_where_wished() -> None:
    _, cases = suite_and_cases(SUITE)
    for case in cases[::9]:
        part = elicited_of(case)
        assert part is not None
        plain = await asked(case, Both("confabulates"))
        assert not [one for one in plain.asked if one.request.hints.get("kind") == "specialist"]
        book = await asked(case, Both("confabulates"), detect=True)
        mine = [one for one in book.asked if one.request.hints.get("kind") == "specialist"]
        assert mine and {one.arm for one in mine} == {BASELINE}
        declared = book.suite.cost(case, book.abilities)
        beside = declared[len(plain.suite.cost(case, plain.abilities)) :]
        names = may_be_needed(Item(case.question, "", f"{case.stem}{part.shows}"))
        assert len(beside) == len(names) >= len({one.request.hints["asked"] for one in mine})
        for one in mine:
            size = sum(_tokens_at_most(message) for message in one.request.messages)
            assert size <= min(ask.input_tokens for ask in beside)
            sees_facts = one.request.hints["asked"] in ("facts", "safety")
            assert (part.facts[0].fact in one.text) is sees_facts


def test_a_specialist_that_fails_is_missing_and_never_a_verdict(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        scripted, "build", lambda s: Planted(s) if s.role == "judge" else SCRIPTED(s)
    )
    every = found(
        tmp_path, [worded(n) for n in range(6)], "scripted/confabulates?p=0&p_right=1",
        options={"detect": True}, judge="scripted/examiner?p_unreadable=1",
    )  # fmt: skip
    told = {e.metric: e for e in every if not e.group}
    assert told[ANY_FAULT].value is None and told[ANY_FAULT].n_error == 6
    assert told[AGREEMENT].value is None and told[RATE].value == 0.0
    assert registry.build("suites", SUITE, {"detect": True}).judges == ("criteria", SPECIALISTS)
