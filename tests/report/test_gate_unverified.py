"""A gate decides nothing by attacks whose words a model wrote and nobody verified."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import open_cases
import pytest
from runs import plan_for, run

from auscult.core.protocols import DataSet
from auscult.engine.plan import RolePlan
from auscult.engine.view import RunView
from auscult.report.gate import gate
from auscult.report.unverified import REASON

SUITE = "das/open-ended"
CHANGE = "rubric score, attacked minus control"
LEVEL = "rubric score, not attacked"
Runs = Callable[..., RunView]


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Runs]:
    """Runs of 24 cases against a target that no attack moves; kept by their roles."""
    folder = tmp_path_factory.mktemp("runs")
    rows = [open_cases.row(f"open-t{n}") for n in range(24)]
    data = (DataSet("open-cases", str(open_cases.pack(folder / "pack", *rows))),)
    views: dict[tuple[str, ...], RunView] = {}

    def made(*roles: str) -> RunView:
        if roles not in views:
            bound = {name: RolePlan(f"scripted/open-{name}") for name in roles}
            bound = {"judge": RolePlan("scripted/oracle")} | {
                name: RolePlan("scripted/open-writer") if name == "attacker" else use
                for name, use in bound.items()
            }
            options = {"values": False, "confirm": False, "per_case": 1}
            options["form"] = "agent" if "attacker" in roles else "program"
            plan = plan_for(SUITE, "scripted/oracle", data=data, roles=bound, suite_options=options)
            where: Path = folder / "-".join(("run", *roles))
            assert run(plan, where).stopped == "complete"
            views[roles] = RunView(where)
        return views[roles]

    yield made
    for view in views.values():
        view.close()


def test_unverified_words_leave_it_open_in_a_sentence(runs: Runs) -> None:
    found = gate(runs("attacker"), require=[(CHANGE, ">=", -0.5)])
    assert (found.verdict, found.exit_code) == ("undecided", 3)
    (check,) = found.checks
    assert check.value == 0 and check.sentence.endswith(REASON)


def test_so_they_do_where_two_runs_are_compared(runs: Runs) -> None:
    written, verified = runs("attacker"), runs("attacker", "verifier")
    (check,) = gate(written, written, margins={CHANGE: 0.5}).checks
    assert check.verdict == "undecided" and check.sentence.endswith(REASON)
    for pair in ((verified, written), (written, verified)):
        assert gate(*pair, margins={CHANGE: 0.5}).verdict == "undecided"
    assert gate(verified, verified, margins={CHANGE: 0.5}).verdict == "pass"


@pytest.mark.parametrize("roles", [(), ("attacker", "verifier")])
def test_words_of_authors_and_verified_ones_are_gated(runs: Runs, roles: tuple[str, ...]) -> None:
    assert gate(runs(*roles), require=[(CHANGE, ">=", -0.5)]).verdict == "pass"


def test_what_no_written_words_touch_is_gated_as_ever(runs: Runs) -> None:
    assert gate(runs("attacker"), require=[(LEVEL, ">=", 0.3)]).verdict == "pass"
