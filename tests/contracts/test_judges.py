"""What every judge owes: a name, a version, and labelled answers to be measured by."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from auscult.core import registry
from auscult.core.protocols import Judge
from auscult.core.verdict import BEHAVIOURS

JUDGES = sorted(registry.plugins("judges"))
by_judge = pytest.mark.parametrize("name", JUDGES)


def sets_of(name: str) -> list[Path]:
    path = registry.source_of("judges", name)
    assert path is not None
    return sorted(path.parent.glob(f"{path.stem}.*.jsonl"))


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


def test_calibration_sets_belong_to_a_judge() -> None:
    folder = registry.root() / "judges"
    owners = {path.name.partition(".")[0].replace("_", "-") for path in folder.glob("*.jsonl")}
    assert owners <= {name.rpartition("/")[2] for name in JUDGES}
