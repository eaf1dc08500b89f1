"""Copies are told from pictures, and no copy of a held-out picture trains."""

from __future__ import annotations

import csv
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

DEMO = Path(__file__).resolve().parents[2] / "demo" / "vision"


@pytest.fixture(scope="module")
def pictures() -> Any:
    sys.path.insert(0, str(DEMO))
    try:
        import pictures

        yield pictures
    finally:
        sys.path.remove(str(DEMO))


def blob(seed: int, side: int = 96) -> Any:
    """Smooth spots in a bright disc on black: no two seeds alike."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[0:side, 0:side] / side
    out = np.full((side, side), 0.25)
    for _ in range(12):
        at, wide = rng.uniform(0.2, 0.8, 2), rng.uniform(0.05, 0.15)
        out += rng.uniform(-0.3, 0.6) * np.exp(-((x - at[0]) ** 2 + (y - at[1]) ** 2) / wide**2)
    out[(x - 0.5) ** 2 + (y - 0.5) ** 2 > 0.2] = 0
    return (np.clip(out, 0, 1) * 255).astype(np.uint8)


def saved(folder: Path, name: str, pixels: Any, size: tuple[int, int] | None = None) -> Path:
    image = Image.fromarray(pixels)
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    (image.resize(size) if size else image).save(path)
    return path


@pytest.mark.parametrize("change", ["mirrored", "turned", "stretched", "framed", "brightened"])
def test_a_changed_copy_is_the_same_picture(pictures: Any, tmp_path: Path, change: str) -> None:
    whole = blob(1)
    size = (150, 96) if change == "stretched" else None
    copy = {
        "mirrored": whole[:, ::-1],
        "turned": np.rot90(whole),
        "framed": np.pad(whole, ((20, 4), (9, 30))),
        "brightened": (255 * (whole / 255) ** 0.7).astype(np.uint8),
    }.get(change, whole)
    paths = [
        saved(tmp_path, "a.png", whole),
        saved(tmp_path, "b.png", np.ascontiguousarray(copy), size),
        saved(tmp_path, "c.png", blob(2)),
    ]
    apart = pictures.distances([pictures.thumb(path) for path in paths])
    assert apart[0, 1] <= pictures.SAME < apart[0, 2]
    first, second, other = pictures.groups_of(apart)
    assert first == second != other


def test_copies_of_copies_are_one_group(pictures: Any) -> None:
    apart = np.full((4, 4), 99.0)
    np.fill_diagonal(apart, 0)
    for one, other in ((0, 1), (1, 2)):
        apart[one, other] = apart[other, one] = pictures.SAME
    groups = pictures.groups_of(apart)
    assert groups[0] == groups[1] == groups[2] != groups[3]


def planted(pictures: Any) -> tuple[Any, list[bool], Any]:
    """Twenty groups of three copies, half with a tumour; the first two groups are alike."""
    number = np.repeat(np.arange(20), 3)
    apart = np.where(number[:, None] == number[None], 2.0, 60.0)
    alike = (number[:, None] < 2) & (number[None] < 2) & (number[:, None] != number[None])
    apart[alike] = pictures.LIKE
    return apart, [bool(group % 2) for group in number], number


@pytest.mark.parametrize("seed", range(8))
def test_no_copy_of_a_held_out_picture_trains(pictures: Any, seed: int) -> None:
    from dataclasses import replace

    import settings

    apart, labels, number = planted(pictures)
    size = replace(settings.QUICK, seed=seed, held_out=8, per_group=2, groups=0)
    found = pictures.split(apart, labels, size)
    held, train = found["held_out"], found["train"]
    assert len(held) == len({number[place] for place in held}) == 8
    assert sum(labels[place] for place in held) == 4
    assert not {number[place] for place in held} & {number[place] for place in train}
    assert apart[np.ix_(held, train)].min() > pictures.LIKE
    assert max(np.bincount(number[train])) <= 2
    counts = found["counts"]
    assert counts["copies_of_held_out_left_out"] == 16
    assert counts["groups"] == 20 and counts["largest_group"] == 3
    assert found == pictures.split(apart, labels, size)


def test_a_group_of_both_labels_is_used_for_nothing(pictures: Any) -> None:
    from dataclasses import replace

    import settings

    apart, labels, number = planted(pictures)
    labels[9] = not labels[9]
    size = replace(settings.QUICK, held_out=18, per_group=3, groups=0)
    found = pictures.split(apart, labels, size)
    used = {number[place] for place in found["held_out"] + found["train"]}
    assert number[9] not in used
    assert found["counts"]["groups_of_both_labels"] == 1


async def test_tables_are_read_by_the_loader_and_turned_round(
    pictures: Any, tmp_path: Path
) -> None:
    import settings

    from auscult.data.table import build

    held = ["brains/no/n1.jpg", "brains/yes/y1.jpg"]
    for number, name in enumerate(held):
        saved(tmp_path, name, blob(number))
    saved(tmp_path, "chests/val/person1_x.jpeg", blob(7))
    saved(tmp_path, "others/data/retina.jpg", blob(8))
    pictures.write_tables(tmp_path, settings.QUICK, held, [0, 1], [5, 6])
    folder = tmp_path / "tables-quick"
    options = {name: name for name in ("modality", "region", "task")} | {"answer_as": "text"}
    sets = {
        name: list(build().load(folder / f"{name}.csv", options))
        for name in ("brain", "wordings", "reversed", "mixed")
    }
    assert [len(cases) for cases in sets.values()] == [2, 4, 2, 4]
    for case in (case for cases in sets.values() for case in cases):
        assert case.options == ("yes", "no") and Path(case.images[0].path).is_file()
    keys = {name: [case.brief.key for case in cases] for name, cases in sets.items()}
    assert keys["brain"] == [1, 0] and keys["reversed"] == [0, 1]
    assert len({case.cluster for case in sets["wordings"]}) == 2
    assert [case.brief.modality for case in sets["mixed"]] == ["CR", "OP", "MR", "MR"]
    with (folder / "mixed.csv").open(encoding="utf-8") as file:
        assert {row["answer"] for row in csv.DictReader(file) if row["modality"] != "MR"} == {"no"}
