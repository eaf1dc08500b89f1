"""A question file without its pictures, put in words alone to the suites that can."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from auscult.core.errors import DataError
from auscult.core.protocols import Abilities, DataSet
from auscult.core.registry import build

ABLE = Abilities(images=True)


def lesions(folder: Path) -> DataSet:
    """HAM10000's fields; no picture is there."""
    rows = [
        {"question_id": f"ISIC_{n}", "options": "A:melanoma, B:nevus", "fig_caption": "B:nevus",
         "age": 40, "gender": "female", "image": f"ISIC_{n}.jpg", "text": "Which lesion is this?"}
        for n in range(3)
    ]  # fmt: skip
    path = folder / "lesions.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return DataSet("ham10000", str(path))


@pytest.mark.parametrize(
    "name", ["cares/factuality", "cares/fairness", "cares/toxicity", "cares/uncertainty"]
)
def test_they_are_read_and_asked_without_a_word_to_the_loader(name: str, tmp_path: Path) -> None:
    """The command line has no option of a loader: the suite's own must be enough."""
    loaders: Any = {"ham10000": build("data", "ham10000")}
    data = [lesions(tmp_path)]
    suite = build("suites", name, {"without_images": "ask"})
    cases = list(suite.cases(data, loaders))
    assert len(cases) == 3 and all(suite.cost(case, ABLE) for case in cases)
    with pytest.raises(DataError, match="pictures are not in"):
        list(build("suites", name, {}).cases(data, loaders))
