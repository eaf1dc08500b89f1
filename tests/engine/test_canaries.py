"""Canaries: a judge that changes between two sessions, or two runs, is seen; one that does not is
not; what they cost is part of the run's cost, its caps and its forecast."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from stub_server import Behaviour, Seen, StubServer, completion, user_text

from auscult.core.message import Sampling
from auscult.core.registry import build
from auscult.engine.canaries_kept import Reading, Sung, cost_of, drifts, judges_of, parted, sung_in
from auscult.engine.forecast import forecast
from auscult.engine.ledger import open_reader
from auscult.engine.plan import JudgePlan, Limits, Plan, RolePlan, SuitePlan
from auscult.engine.run import Options, Outcome, run_plan
from auscult.engine.view import RunView
from auscult.kit.canaries import canaries_of
from auscult.report.canaries import drift_between, records, sections

LISTED = re.compile(r"^\[([a-z]\d+)\] (.+)$", re.MULTILINE)
CANARIES = canaries_of(build("judges", "criteria", {}))
ROWS = 5


class Grader:
    """A judge model that finds a criterion met where its wording says so, while it is in the mood:
    sour, it finds none."""

    sour = False
    mute = False

    def __init__(self) -> None:
        self.asked = 0
        self.canaries: list[str] = []
        """What it was asked of them, whole."""

    def __call__(self, seen: Seen) -> tuple[int, Any]:
        self.asked += 1
        if any(one.answer in user_text(seen.body) for one in CANARIES):
            self.canaries.append(json.dumps(seen.body, sort_keys=True))
        return 200, completion(seen.body, "no JSON at all" if self.mute else self._form(seen.body))

    def _form(self, body: dict[str, Any]) -> str:
        shown = user_text(body)
        said = [line[2:] for line in shown.splitlines() if line.startswith("| ")]
        told = "insulin for life" in shown or "Ring for" in shown or "Reye" in shown
        entries = [
            {"id": name, "quote": said[0][:30] if told and name[0] == "m" else "",
             "met": told and name[0] == "m" and not self.sour}
            for name, _ in LISTED.findall(shown)
        ]  # fmt: skip
        return json.dumps({"criteria": entries})


@pytest.fixture
async def grader() -> AsyncIterator[tuple[Grader, StubServer]]:
    model = Grader()
    async with StubServer(routes={"/v1/chat/completions": model}) as server:
        yield model, server


def planned(server: StubServer, **more: Any) -> Plan:
    judge = RolePlan(f"openai/grader?base_url={server.base_url}", sampling=Sampling(send_seed=True))
    limit = more.pop("limit", 2)
    return Plan(
        RolePlan("scripted/right"),
        (SuitePlan("das/open-ended", limit=limit),),
        roles={"judge": judge}, **more,
    )  # fmt: skip


async def audited(plan: Plan, folder: Path) -> Outcome:
    return await run_plan(plan, folder, Options())


def told(folder: Path) -> list[Sung]:
    return judges_of(sung_in(folder))["criteria"]


async def test_a_judge_that_changes_between_sessions_is_told_of(
    grader: tuple[Grader, StubServer], tmp_path: Path
) -> None:
    model, server = grader
    run = tmp_path / "run"
    assert (await audited(planned(server), run)).stopped == "complete"
    (first,) = told(run)
    assert (first.read, first.as_labelled) == (ROWS, ROWS)
    model.sour = True
    await audited(planned(server, limit=4), run)
    model.sour = False
    await audited(planned(server, limit=6), run)
    assert drifts(told(run)) == [(), ("k-1", "k-3", "k-5"), ()]
    view = RunView(run)
    kept, (block,) = records(view), sections(view)
    view.close()
    assert [one.otherwise_than_first for one in kept] == [(), ("k-1", "k-3", "k-5"), ()]
    assert "otherwise in 1 of 3 sessions" in block.sentences[0]


async def test_the_same_judge_is_asked_the_same_again_and_nothing_is_told(
    grader: tuple[Grader, StubServer], tmp_path: Path
) -> None:
    """To the seed of each call, in a session as in another run."""
    model, server = grader
    await audited(planned(server), tmp_path / "a")
    await audited(planned(server, limit=3), tmp_path / "a")
    await audited(planned(server), tmp_path / "b")
    times = [sorted(model.canaries[n : n + ROWS]) for n in (0, ROWS, 2 * ROWS)]
    assert len(model.canaries) == 3 * ROWS and times[0] == times[1] == times[2]
    assert '"seed": ' in times[0][0]
    a, b = (RunView(tmp_path / name) for name in "ab")
    assert drift_between(a, b, ("A", "B")) == []
    assert len(sections(a)[0].sentences) == 1
    a.close()
    b.close()


async def test_two_runs_are_compared_with_a_word_on_their_judge(
    grader: tuple[Grader, StubServer], tmp_path: Path
) -> None:
    model, server = grader
    await audited(planned(server), tmp_path / "a")
    model.sour = True
    await audited(planned(server), tmp_path / "b")
    a, b = (RunView(tmp_path / name) for name in "ab")
    assert drift_between(a, b, ("A", "B")) == [
        "The judge 'criteria' read 3 of 5 drift canaries otherwise in A than in B, or within "
        "one of them (k-1, k-3, k-5): a difference may be the judge's."
    ]
    a.close()
    b.close()


async def test_they_count_against_the_caps_and_into_the_cost(
    grader: tuple[Grader, StubServer], tmp_path: Path
) -> None:
    model, server = grader
    run = tmp_path / "run"
    await audited(planned(server), run)
    judged = cost_of(run).totals["judge"].calls
    assert judged == ROWS
    view = RunView(run)
    own = open_reader(run).totals()["judge"].calls
    assert view.totals["judge"].calls == own + ROWS == model.asked
    view.close()
    more = await audited(planned(server, limit=4, limits=Limits(calls=own + ROWS + 1)), run)
    assert "cap" in more.stopped and model.asked <= own + ROWS + 1


async def test_no_session_reads_them_that_has_nothing_to_ask(
    grader: tuple[Grader, StubServer], tmp_path: Path
) -> None:
    _, server = grader
    for _ in range(2):
        await audited(planned(server), tmp_path / "run")
    assert len(told(tmp_path / "run")) == 1


async def test_a_plan_may_leave_them_out_and_a_forecast_counts_them(
    grader: tuple[Grader, StubServer], tmp_path: Path
) -> None:
    _, server = grader
    plan = planned(server)
    without = msgspec.structs.replace(plan, drift_canaries=False)
    with_them, alone = forecast(plan), forecast(without)
    assert with_them.calls.low - alone.calls.low == 2 * ROWS  # each may be asked once more
    await audited(without, tmp_path / "run")
    assert sung_in(tmp_path / "run") == [] and not cost_of(tmp_path / "run").totals


async def test_a_judge_that_gives_no_verdict_is_no_drift(
    grader: tuple[Grader, StubServer], tmp_path: Path
) -> None:
    model, server = grader
    await audited(planned(server), tmp_path / "run")
    model.mute = True
    await audited(planned(server, limit=3), tmp_path / "run")
    last = told(tmp_path / "run")[-1]
    assert (last.read, last.as_labelled, drifts(told(tmp_path / "run"))) == (0, 0, [(), ()])


def sung(model: str, *said: str) -> Sung:
    ids = tuple(f"k-{number}" for number in range(1, len(said) + 1))
    return Sung(Reading("t", "criteria", "1", {"judge": model}, ids, ids, 0), said)


def test_each_canary_is_held_against_the_first_verdict_that_the_same_judge_gave_of_it() -> None:
    mute, right, sour = ("", "", ""), ("met", "met", "not-met"), ("met", "not-met", "not-met")
    run = [sung("a", *mute), sung("a", *right), sung("a", *sour), sung("a", "", "", "met")]
    assert drifts(run) == [(), (), ("k-2",), ("k-3",)]
    assert drifts([sung("a", *right), sung("b", *sour)]) == [(), ()], "another model is no drift"
    other = [sung("a", *right)]
    assert parted(run, other) == {"k-1": 1, "k-2": 2, "k-3": 2}
    assert parted([sung("b", *sour)], other) == {}
    assert parted([sung("a", *mute)], other) == {}


async def test_a_time_cap_that_is_over_and_a_cap_without_room_read_none(
    grader: tuple[Grader, StubServer], tmp_path: Path
) -> None:
    model, server = grader
    for name, limits in {"time": Limits(minutes=1e-7), "calls": Limits(calls=3)}.items():
        outcome = await audited(planned(server, limits=limits), tmp_path / name)
        assert outcome.stopped.endswith(" cap") and not outcome.finished
    assert model.asked == 0


@pytest.mark.parametrize(("room", "read"), [(2 * ROWS - 1, []), (2 * ROWS, [ROWS])])
async def test_they_take_nothing_that_the_next_case_may_need(
    room: int, read: list[int], grader: tuple[Grader, StubServer], tmp_path: Path
) -> None:
    _, server = grader
    most = forecast(planned(server, limit=1, drift_canaries=False)).calls.low
    limits = Limits(calls=int(most) + room)
    outcome = await audited(planned(server, limit=1, limits=limits), tmp_path / "run")
    assert (outcome.stopped, outcome.finished) == ("complete", 1)
    assert [one.read for one in sung_in(tmp_path / "run")] == read


async def test_a_judge_whose_key_is_wrong_ends_the_run_before_the_target_is_asked(
    tmp_path: Path,
) -> None:
    async with StubServer(Behaviour(api_key="right")) as server:
        outcome = await audited(planned(server), tmp_path / "run")
    assert outcome.error is not None and "401" in str(outcome.error)
    assert "target" not in open_reader(tmp_path / "run").totals()


def test_which_judges_have_any() -> None:
    for name in ("criteria", "open-answer", "hallucination"):
        found = canaries_of(build("judges", name, {}))
        assert len(found) == ROWS and len({one.label for one in found}) > 1
        assert len({one.id for one in found}) == ROWS
    assert canaries_of(build("judges", "refusal", {})) == ()  # asks nobody: it cannot drift
    assert canaries_of(build("judges", "panel", {})) == canaries_of(
        build("judges", "open-answer", {})
    )


def test_a_judge_in_the_place_of_another_reads_its_own() -> None:
    from auscult.engine.bind_judges import StandIn

    stood = StandIn("criteria", build("judges", "open-answer", {}))
    assert canaries_of(stood) == canaries_of(build("judges", "open-answer", {}))
    assert JudgePlan().use == ""
