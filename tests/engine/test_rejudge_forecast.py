"""What judging again will cost: read off every kind of case, exact where all were looked at."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from types import SimpleNamespace
from typing import Any

import pytest

from auscult.core.case import Case
from auscult.core.message import Reply, user
from auscult.core.protocols import Exhibit
from auscult.core.verdict import Verdict
from auscult.engine import rejudge_forecast
from auscult.engine.records import FinishedCase, TrialRow
from auscult.engine.rejudge_forecast import Need, Tally
from auscult.engine.rejudge_replay import CannotRebuild, Rebuilt

PLAIN, TWIN = ("control", "attack"), ("benign",)


class Asks:
    """A judge that asks of some cases, or of trials of some arms."""

    name, version = "some", "1"
    asks = {"judge": 2}  # noqa: RUF012 - read, never changed

    def __init__(self, *names: str) -> None:
        self._names = names

    async def judge(self, exhibit: Exhibit, bench: Any) -> Verdict:
        if {exhibit.case.id, exhibit.facts["arm"]} & set(self._names):
            await bench.ask((user("x" * 40),), role="judge")
        return Verdict(self.name, self.version, "answered", 1.0)


class Transcripts:
    """Cases of a run by suite: the arms of each. `broken` cannot be gone through again."""

    def __init__(
        self, *suites: list[tuple[str, ...]], done: int = 0, broken: Collection[str] = ()
    ) -> None:
        self._suites, self._done, self._broken = suites, done, broken
        self.suites = [SimpleNamespace(number=number) for number in range(len(suites))]
        self.shown_of: list[str] = []

    def _cases(self) -> Iterator[FinishedCase]:
        for suite, cases in enumerate(self._suites):
            for number, arms in enumerate(cases):
                trials = tuple(TrialRow(arm, 0, (), {}, ()) for arm in arms)
                name = f"{suite}-{number}"
                yield FinishedCase(suite, number, 0, name, name, "", "", {}, trials)

    def finished(self) -> Iterator[tuple[FinishedCase, bool]]:
        for case in reversed(list(self._cases())):  # in no order
            yield case, case.suite > 0 or case.case_no >= self._done

    def feed(self, suites: Any, only: Collection[Any] | None = None) -> Iterator[Any]:
        for case, waits in self.finished():
            if waits and (only is None or (case.suite, case.case_no) in only):
                yield self.suites[case.suite], case.case_no, Case(id=case.case_id)

    async def shown(self, suite: int, case: Case) -> list[Rebuilt]:
        self.shown_of.append(case.id)
        if case.id in self._broken:
            raise CannotRebuild("it is gone")
        kept = next(one for one in self._cases() if one.case_id == case.id)
        return [
            Rebuilt(trial, Exhibit(case, (), Reply(text="a"), {"arm": trial.arm}))
            for trial in kept.trials
        ]


async def need_of(transcripts: Transcripts, judge: Any, model: str = "openai/m") -> Need:
    need: Need = await Tally(transcripts).need(judge, model)  # type: ignore[arg-type]
    return need


@pytest.fixture(autouse=True)
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rejudge_forecast, "LOOKED_AT", 4)


async def test_every_suite_is_looked_at_and_scaled_by_itself() -> None:
    run = Transcripts([PLAIN] * 40, [TWIN] * 10)
    need = await need_of(run, Asks("benign"))
    assert (need.cases, need.trials, need.looked_at, need.exact) == (50, 90, 8, False)
    assert (need.asking, need.most_calls, need.input_tokens) == (10, 20, 100)
    assert sorted(run.shown_of) == [f"{suite}-{number}" for suite in (0, 1) for number in range(4)]
    assert str(need) == (
        "90 trials of 50 cases; read off 8 cases, about 10 trials need the model: about 10 to 20 "
        "calls, about 100 tokens to read or more"
    )


async def test_every_set_of_arms_is_looked_at() -> None:
    """The only case of its kind is the last of thirty."""
    need = await need_of(Transcripts([PLAIN] * 29 + [TWIN]), Asks("benign"))
    assert (need.asking, need.looked_at, need.exact) == (1, 3, False)
    mixed = Transcripts([PLAIN, TWIN] * 15)
    need = await need_of(mixed, Asks("attack", "benign"))
    assert (need.asking, need.looked_at) == (30, 4)
    assert sorted(mixed.shown_of) == ["0-0", "0-1", "0-2", "0-3"]


async def test_that_nothing_is_asked_is_said_only_where_all_were_read() -> None:
    """One case of thirty, that no sample meets."""
    run = Transcripts([PLAIN] * 30)
    need = await need_of(run, Asks("0-17"))
    assert (need.asking, need.most_calls, need.exact) == (2, 4, True)
    none = await need_of(Transcripts([PLAIN] * 30), Asks())
    assert (none.asking, none.exact) == (0, True) and str(none).endswith("; none needs a model")
    unnamed = Transcripts([PLAIN] * 30)
    assert str(await need_of(unnamed, Asks(), model="")) == str(none)
    assert len(unnamed.shown_of) == 4  # nobody can be asked, so that these are enough


async def test_what_is_left_is_counted_and_what_cannot_be_shown_asks_nothing() -> None:
    run = Transcripts([PLAIN] * 6, done=3, broken=["0-4"])
    need = await need_of(run, Asks("control"))
    assert (need.cases, need.done, need.asking, need.exact) == (6, 3, 2, True)
    assert str(need).startswith("12 trials of 6 cases, 3 of them judged already; 2 trials need")
    tally = Tally(run)  # type: ignore[arg-type]
    assert tally.next == ((0, 3), 2)
    half = Transcripts([PLAIN] * 40, broken=["0-0", "0-2"])
    assert (await need_of(half, Asks("control"))).asking == 20
