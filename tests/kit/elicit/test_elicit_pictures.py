"""Pictures of the pack: drawn by code from their specification, the same each time."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import msgspec
import pytest

from auscult.core.errors import DataError
from auscult.kit.elicit.pictures import SITES, ZONES, Drawing, wrong_with

CHART: dict[str, Any] = {
    "form": "chart", "title": "Temperature", "x": "Time", "y": "C", "at": ["06:00", "10:00"],
    "low": 36, "high": 40, "series": [{"name": "temperature", "values": ["37.1", "38.2"]}],
}  # fmt: skip
TABLE = {
    "form": "table",
    "title": "Results",
    "columns": ["Test", "Result"],
    "rows": [["Na", "139"]],
}
LABELS = {"form": "labels", "title": "Medicine", "labels": [["Metformin", "850 mg"]]}
BODY = {"form": "body", "title": "Body map", "marks": {"left forearm": "burn"}}
CHEST = {"form": "chest", "title": "Scheme", "shadows": ["right lower"]}
STRIP = {"form": "strip", "title": "Strip", "beats": 7}
ALL = [CHART, TABLE, LABELS, BODY, CHEST, STRIP]


def drawing(given: dict[str, Any], **other: Any) -> Drawing:
    return msgspec.convert(given | other, Drawing)  # type: ignore[call-overload,no-any-return]


def pixels(given: dict[str, Any], **other: Any) -> Any:
    import numpy as np
    from PIL import Image

    from auscult.kit.elicit.drawing import png_of

    return np.asarray(Image.open(io.BytesIO(png_of(drawing(given, **other)))), dtype=np.int16)


@pytest.mark.parametrize("given", ALL, ids=lambda given: str(given["form"]))
def test_every_form_is_drawn_and_the_same_again(given: dict[str, Any]) -> None:
    assert not list(wrong_with(drawing(given)))
    first = pixels(given)
    assert first.shape == (540, 720, 3) and first.min() < 50
    assert (first == pixels(given)).all()
    assert (first != pixels(given, title="Another")).any()


def test_what_is_marked_stands_on_the_side_that_is_told() -> None:
    """The body's right is the reader's left."""
    for given, none, name, places in (
        (BODY, {"marks": {}}, "marks", {"left forearm": "", "right forearm": ""}),
        (CHEST, {"shadows": []}, "shadows", {"left lower": "", "right lower": ""}),
    ):
        plain = pixels(given, **none)
        for place in places:
            held = {place: ""} if name == "marks" else [place]
            changed = (pixels(given, **{name: held}) != plain).any(axis=2).nonzero()[1]
            assert bool(changed.mean() > 360) is place.startswith("left"), place


def test_every_site_and_zone_lies_apart() -> None:
    for known in (SITES, ZONES):
        assert len(set(known.values())) == len(known)


def test_a_line_of_a_chart_is_as_high_as_its_values() -> None:
    low = pixels(CHART, series=[{"name": "t", "values": ["36", "36"]}])
    high = pixels(CHART, series=[{"name": "t", "values": ["40", "40"]}])
    blue = [(p[..., 2] - p[..., 0] > 80) & (p[..., 1] < 120) for p in (low, high)]
    rows = [shape[:, 200:500].nonzero()[0].mean() for shape in blue]
    assert rows[1] + 200 < rows[0]


WRONG: list[tuple[dict[str, Any], dict[str, Any], str]] = [
    (STRIP, {"beats": 1}, "2 to 20 beats"),
    (STRIP, {"title": " "}, "no title"),
    (STRIP, {"note": "37 °C"}, "ASCII"),
    (CHART, {"at": ["06:00", "10:00", "14:00"]}, "more or fewer points"),
    (CHART, {"high": 38}, "leaves the chart"),
    (CHART, {"series": []}, "a line and two points"),
    (CHART, {"series": [{"name": "t", "values": ["37", "x"]}]}, "is no number"),
    (TABLE, {"rows": []}, "1 to 8 rows"),
    (TABLE, {"rows": [["Na"]]}, "more or fewer cells"),
    (LABELS, {"labels": []}, "1 to 3 labels"),
    (LABELS, {"labels": [[]]}, "1 to 8 lines"),
    (BODY, {"marks": {"left ear": "cut"}}, "'left ear' is no site"),
    (CHEST, {"shadows": ["left"]}, "'left' is no zone"),
]


@pytest.mark.parametrize(("given", "other", "said"), WRONG)
def test_what_cannot_be_drawn_is_said(
    given: dict[str, Any], other: dict[str, Any], said: str
) -> None:
    assert any(said in fault for fault in wrong_with(drawing(given, **other)))


# --- files ----------------------------------------------------------------------------------------


def test_a_file_is_made_once_and_again_where_it_is_damaged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from auscult.kit.elicit.picture_files import drawn_file

    monkeypatch.setenv("AUSCULT_CACHE", str(tmp_path))
    path = Path(drawn_file("row", drawing(STRIP)).path)
    body, made = path.read_bytes(), path.stat().st_mtime_ns
    assert path.parent == tmp_path / "drawings" and path.name.startswith("row-")
    assert drawn_file("row", drawing(STRIP)).path == str(path)
    assert path.stat().st_mtime_ns == made
    path.write_bytes(body[:100])
    drawn_file("row", drawing(STRIP))
    assert path.read_bytes() == body and [one.name for one in path.parent.iterdir()] == [path.name]
    assert drawn_file("row", drawing(STRIP, beats=8)).path != str(path)


def test_a_folder_that_cannot_be_used_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from auscult.kit.elicit.picture_files import drawn_file

    (tmp_path / "file").write_text("")
    monkeypatch.setenv("AUSCULT_CACHE", str(tmp_path / "file"))
    with pytest.raises(DataError, match="set AUSCULT_CACHE to a folder that can be written"):
        drawn_file("row", drawing(STRIP))


def test_no_specification_of_the_pack_leaves_its_frame() -> None:
    """Words reach no edge of the picture, and no cell's words the next cell's."""
    import json

    from PIL import ImageFont

    from auscult.kit.strict_packs import packs

    lines = (packs()["hallucination"] / "not-in-image.jsonl").read_text(encoding="utf-8")
    for line in lines.splitlines():
        given = json.loads(line)["picture"]
        if given["form"] == "table":
            wide = 640 / len(given["columns"]) - 12
            cells = [cell for row in (given["columns"], *given["rows"]) for cell in row]
            assert max(ImageFont.load_default(17).getlength(cell) for cell in cells) < wide
        if given["form"] == "labels":
            words = [word for label in given["labels"] for word in label]
            assert max(ImageFont.load_default(24).getlength(word) for word in words) < 360
        found = pixels(given)
        edges = (found[8:-8, 8], found[8:-8, -9], found[8, 8:-8], found[-9, 8:-8])
        assert all((edge == 255).all() for edge in edges), line[:60]
