"""What every judge owes: a name, a version, and labelled answers to be measured by."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from auscult.core import registry
from auscult.core.protocols import Judge
from auscult.core.verdict import BEHAVIOURS
from auscult.kit.canaries import canaries_of
from auscult.kit.judge_labels import levels_of

JUDGES = sorted(registry.plugins("judges"))
by_judge = pytest.mark.parametrize("name", JUDGES)


def sets_of(name: str) -> list[Path]:
    path = registry.source_of("judges", name)
    assert path is not None
    every = sorted(path.parent.glob(f"{path.stem}.*.jsonl"))
    return [path for path in every if ".canaries." not in path.name]


@by_judge
def test_a_judge_is_named_and_versioned(name: str) -> None:
    judge = registry.build("judges", name, {})
    assert isinstance(judge, Judge)
    assert judge.name == name and judge.version


@by_judge
def test_a_judge_ships_its_calibration_set(name: str) -> None:
    """Labelled answers beside the judge: its error is computed from them, never typed in."""
    sets = sets_of(name)
    assert f"{name.rpartition('/')[2].replace('-', '_')}.calibration.jsonl" in {
        path.name for path in sets
    }
    seen: set[str] = set()
    for path in sets:
        rows = [msgspec.json.decode(line) for line in path.read_bytes().splitlines() if line]
        assert len(rows) >= 10, f"{path.name} is too small to say anything"
        for row in rows:
            assert row["behaviour"] in BEHAVIOURS, row["id"]
            assert row["id"] not in seen, f"{row['id']} stands twice"
            seen.add(row["id"])
        labels = {row["behaviour"] for row in rows}
        assert len(labels) > 1, f"{path.name} holds one kind of answer only"


@by_judge
def test_a_judge_that_asks_a_model_ships_drift_canaries(name: str) -> None:
    """Or runs a judge that does. They are few, plain, and of more than one label."""
    judge = registry.build("judges", name, {})
    if not getattr(judge, "asks", ()):
        return
    found = canaries_of(judge)
    assert len(found) == len({one.id for one in found}) >= 5
    assert len({one.label for one in found}) > 1
    for one in found:
        assert one.label in levels_of(judge), one.id


def test_calibration_sets_belong_to_a_judge() -> None:
    folder = registry.root() / "judges"
    owners = {path.name.partition(".")[0].replace("_", "-") for path in folder.glob("*.jsonl")}
    assert owners <= {name.rpartition("/")[2] for name in JUDGES}
