"""The file that carries findings from one release to the next."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest
from replayed import asking, replay

from auscult.core import registry
from auscult.core.case import Case
from auscult.core.errors import DataError
from auscult.core.protocols import DataSet
from auscult.kit.regression.export import lines_of
from auscult.kit.regression.record import EXTRA, Replay, wrong_in


def loaded(path: Path, **options: Any) -> list[Case]:
    return list(registry.build("data", "findings").load(path, options))


def test_what_is_written_is_read_again(tmp_path: Path) -> None:
    file = tmp_path / "f.jsonl"
    file.write_bytes(lines_of([replay("a"), replay("b", phi=True)]))
    a, b = loaded(file)
    assert msgspec.convert(a.brief.extra[EXTRA], Replay) == replay("a")
    assert (a.id, a.phi, b.phi) == ("a", False, True)
    assert not a.text and not a.options and not a.messages, "no other suite can ask it"


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"format": 2}, "Invalid enum value 2"),
        ({"severity": "awful"}, "severity"),
        ({"attack": " "}, "'attack' is blank"),
        ({"seen": 3}, "'seen' is 3 of 2 replies"),
        ({"attacked": asking("x", keys=(3,))}, "the key 3, which is no option's place"),
        ({"attacked": asking("x", keys=())}, "needs one or more keys"),
        ({"control": asking("x", keys=(0, 1))}, "'control' asks for one letter and has 2 keys"),
        ({"control": asking("x", options=("one",), keys=(0,))}, "has 1 options"),
        ({"control": asking("x", messages=())}, "must end with what the user says"),
        ({"control": replay().attacked}, "say the same"),
        ({"surprise": 1}, "surprise"),
    ],
)
def test_what_is_no_finding_is_refused_with_its_line(
    tmp_path: Path, more: dict[str, Any], words: str
) -> None:
    file = tmp_path / "f.jsonl"
    file.write_bytes(
        lines_of([replay("a")]) + msgspec.json.encode(msgspec.to_builtins(replay("b")) | more)
    )
    with pytest.raises(DataError, match="line 2") as said:
        loaded(file)
    assert words in str(said.value)
    assert len(loaded(file, bad_rows="skip")) == 1


def test_the_examples_are_sound_and_of_both_forms() -> None:
    cases = loaded(Path("examples"))
    records = [msgspec.convert(case.brief.extra[EXTRA], Replay) for case in cases]
    assert not [fault for record in records for fault in wrong_in(record)]
    assert {record.attacked.form for record in records} == {"one-letter", "letters"}
    assert len({record.attack for record in records}) == len(records) > 4
    for record in records:
        keys = {record.attacked.answer(record.attacked.keys)}
        assert not keys & set(record.chosen), "what was chosen is wrong"


def test_other_data_are_no_findings() -> None:
    suite = registry.build("suites", "regressions", {})
    with pytest.raises(DataError, match="is no finding"):
        list(suite.cases([DataSet("pack", "knowledge")], {"pack": registry.build("data", "pack")}))
