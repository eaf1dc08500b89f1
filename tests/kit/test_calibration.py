"""A judge's error is computed from labelled answers, and these are its bounds."""

from __future__ import annotations

import sys
import types
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from auscult.core.errors import DataError
from auscult.core.protocols import Arm, Exhibit
from auscult.core.registry import PluginRef, build
from auscult.core.verdict import Behaviour, Verdict
from auscult.kit import calibration
from auscult.kit.calibration import (
    Half,
    Judged,
    Labelled,
    Measured,
    by_half,
    by_shape,
    confusion_rows,
    first_contact,
    judge_all,
    load,
    measure,
    rate_rows,
)
from auscult.stats.intervals import wilson


def labelled(number: int, behaviour: Behaviour, choice: str | None, shape: str = "s") -> Labelled:
    options = {"A": "one", "B": "two"}
    return Labelled(f"x-{number}", shape, "?", options, "text", behaviour, choice)


def judged(said: tuple[Behaviour, str | None], seen: tuple[Behaviour, str | None]) -> Judged:
    return Judged(labelled(0, *said), "calibration", *seen)


A: tuple[Behaviour, str | None] = ("answered", "A")
B: tuple[Behaviour, str | None] = ("answered", "B")
NONE: tuple[Behaviour, str | None] = ("invalid", None)
PASS: tuple[Behaviour, str | None] = ("abstained", None)


def test_rates_are_what_their_names_say() -> None:
    found = measure(
        [
            judged(said, seen)
            for said, seen in (
                *((A, A), (A, A), (A, B), (B, NONE)),
                *((NONE, A), (NONE, NONE), (PASS, NONE), (PASS, PASS)),
            )
        ]
    )
    assert {name: (r.successes, r.n) for name, r in found.rates.items()} == {
        "agreement": (4, 8),
        "behaviour agreement": (5, 8),
        "false commitment": (1, 4),
        "missed commitment": (1, 4),
        "wrong letter": (1, 4),
    }
    assert found.confusion == {
        ("answered", "same letter"): 2,
        ("answered", "another letter"): 1,
        ("answered", "invalid"): 1,
        ("invalid", "another letter"): 1,
        ("invalid", "invalid"): 1,
        ("abstained", "invalid"): 1,
        ("abstained", "abstained"): 1,
    }
    assert found.rates["agreement"].interval == wilson(4, 8)
    assert rate_rows({"all": found})[0][:3] == ("all", "8", "0.500 [0.215, 0.785] (4/8)")
    head, *rows = confusion_rows(found)
    assert [row[0] for row in rows] == ["answered", "abstained", "invalid"]
    assert sum(int(n) for row in rows for n in row[1:]) == found.n == 8
    assert len({len(row) for row in (head, *rows)}) == 1


def test_a_rate_over_nothing_is_blank() -> None:
    found = measure([judged(A, A)])
    assert found.rates["false commitment"].value is None
    assert str(found.rates["false commitment"]) == "-"


@pytest.fixture(scope="module")
def measured() -> dict[str, Measured]:
    return by_half(_driven())


def _driven(halves: tuple[Half, ...] = calibration.HALVES) -> tuple[Judged, ...]:
    work = judge_all(build("judges", "choice", {}), halves)
    try:
        work.send(None)
    except StopIteration as done:
        return tuple(done.value)
    raise AssertionError("the choice judge waits for nothing")


def test_both_halves_are_large_and_of_many_shapes() -> None:
    development, heldout = load("choice", "calibration"), load("choice", "heldout")
    assert len(development) >= 170 and len(heldout) >= 150
    for half in (development, heldout):
        assert len({row.shape for row in half}) >= 20
        assert {row.behaviour for row in half} >= {"answered", "abstained", "refused", "invalid"}
    assert not {row.answer for row in heldout if len(row.answer) > 60} & {
        row.answer for row in development
    }


@pytest.mark.parametrize(
    ("half", "agreement", "false_commitment", "missed", "wrong"),
    [("calibration", 0.98, 0.01, 0.01, 0.005), ("heldout", 0.96, 0.02, 0.05, 0.01)],
)
def test_the_choice_judge_clears_its_bounds(
    measured: dict[str, Measured],
    half: str,
    agreement: float,
    false_commitment: float,
    missed: float,
    wrong: float,
) -> None:
    rates = {name: rate.value for name, rate in measured[half].rates.items()}
    assert rates["agreement"] is not None and rates["agreement"] >= agreement
    for name, most in (
        ("false commitment", false_commitment),
        ("missed commitment", missed),
        ("wrong letter", wrong),
    ):
        value = rates[name]
        assert value is not None and value <= most, name


def test_no_behaviour_is_read_badly(measured: dict[str, Measured]) -> None:
    for behaviour in ("abstained", "refused", "invalid"):
        row = measured["heldout"].row(behaviour)
        assert row.get(behaviour, 0) / sum(row.values()) >= 0.95, behaviour


def test_what_was_said_at_first_contact_is_kept_and_was_worse() -> None:
    """Mending made the held-out half a seen one; the unseen figure must not be lost."""
    first, now = measure(first_contact("choice")), measure(_driven(("heldout",)))
    assert first.n == now.n == len(load("choice", "heldout"))
    unseen, seen = first.rates["agreement"], now.rates["agreement"]
    assert unseen.interval[0] > 0.8
    assert unseen.successes < seen.successes


def test_the_page_shows_what_is_measured(measured: dict[str, Measured]) -> None:
    """After a change to the judge or its sets: run tools/measure_choice_judge.py again."""
    page = (Path(__file__).parents[2] / "docs/judges/choice.md").read_text(encoding="utf-8")
    first = {"heldout, first contact": measure(first_contact("choice"))}
    for row in rate_rows(first | measured):
        assert f"| {' | '.join(row)} |" in page


def test_shapes_add_up_to_the_whole() -> None:
    everything = _driven()
    shapes = by_shape(everything)
    assert sum(part.n for part in shapes.values()) == len(everything)
    assert sum(p.rates["agreement"].successes for p in shapes.values()) == sum(
        j.agrees for j in everything
    )


# -- files that are wrong --------------------------------------------------------------------


@pytest.fixture
def ship(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., str]:
    """Puts files beside a judge of a third party's and gives the judge's name."""
    package = types.ModuleType("shipped_judges")
    package.__path__ = [str(tmp_path)]
    package.__spec__ = None
    monkeypatch.syspath_prepend(str(tmp_path))
    folder = tmp_path / "shipped_judges_pkg"
    folder.mkdir()
    (folder / "__init__.py").write_text("", encoding="utf-8")
    ref = PluginRef("judges", "theirs", "shipped_judges_pkg.their_judge", "theirs")
    monkeypatch.setattr(calibration, "find", lambda kind, name: ref)

    def put(**files: str) -> str:
        for ending, body in files.items():
            name = {"first_contact": "first-contact.json"}.get(ending, f"{ending}.jsonl")
            (folder / f"their_judge.{name}").write_text(body, encoding="utf-8")
        for cached in (load, first_contact):
            cached.cache_clear()
        return "theirs"

    yield put  # type: ignore[misc]
    for cached in (load, first_contact):
        cached.cache_clear()
    sys.modules.pop("shipped_judges_pkg", None)


def line(number: int, **changes: Any) -> str:
    row = labelled(number, "answered", "A")
    return msgspec.json.encode(msgspec.structs.replace(row, **changes)).decode()


def test_files_are_found_beside_any_judge_and_may_be_missing(ship: Callable[..., str]) -> None:
    name = ship(calibration=line(1) + "\n\n" + line(2) + "\n")
    assert [row.id for row in load(name, "calibration")] == ["x-1", "x-2"]
    assert load(name, "heldout") == () and first_contact(name) == ()


def test_every_fault_of_a_file_is_told_at_once(ship: Callable[..., str]) -> None:
    body = "\n".join(
        [line(1), "{", line(1), line(3, choice="D"), line(4, behaviour="invalid"),
         line(5, options={"A": "one"})]
    )  # fmt: skip
    with pytest.raises(DataError) as raised:
        load(ship(calibration=body), "calibration")
    told = str(raised.value)
    for part in ("5 faults", "line 2", "'x-1': stands there more than once", "'x-3' (line 4)",
                 "not labelled answered", "fewer than two options"):  # fmt: skip
        assert part in told, told


def test_a_first_contact_belongs_to_its_set(ship: Callable[..., str]) -> None:
    said = '[{"id": "x-1", "behaviour": "invalid", "choice": null}]'
    assert not first_contact(ship(heldout=line(1), first_contact=said))[0].agrees
    with pytest.raises(DataError, match="name different answers"):
        first_contact(ship(heldout=line(2), first_contact=said))
    with pytest.raises(DataError, match=r"first-contact\.json"):
        first_contact(ship(heldout=line(2), first_contact="[{}]"))


class Parrot:
    """Says what it was told to say of each answer, and notes what it was shown."""

    name, version = "theirs", "1"

    def __init__(self) -> None:
        self.shown: list[Exhibit] = []

    async def judge(self, exhibit: Exhibit, bench: Arm) -> Verdict:
        self.shown.append(exhibit)
        return Verdict(self.name, "1", "answered", 0.0, labels={"chosen": 1, "key": 0})


async def test_a_judge_sees_the_answer_and_never_the_label(ship: Callable[..., str]) -> None:
    ship(calibration=line(1), heldout=line(2, choice="B"))
    judge = Parrot()
    found = await judge_all(judge)
    assert [(j.half, j.choice, j.agrees) for j in found] == [
        ("calibration", "B", False),
        ("heldout", "B", True),
    ]
    assert all(e.facts["key"] == 0 and e.reply.text == "text" for e in judge.shown)
