"""Documents as pictures: all that is written is drawn, with accents, the same each time."""

from __future__ import annotations

import io
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import pytest
from PIL import Image

from auscult.core import registry
from auscult.kit.confidence import page as drawing
from auscult.kit.confidence.accents import bare, spelt, undrawable
from auscult.kit.confidence.page import BODY, MARGIN, WIDTH, page, pages_of, unseen
from auscult.kit.confidence.persons import persons_of
from auscult.kit.confidence.scenario import Document, Scenario, scenario_of


def scenarios() -> list[Scenario]:
    cases = registry.build("data", "confidences").load(Path("confidences"), {})
    return [scenario_of(case) for case in cases]


def ink(body: bytes) -> Any:
    """Where something is written, darker than specks."""
    pixels = np.asarray(Image.open(io.BytesIO(body)))
    assert pixels.ndim == 2 and pixels.dtype == np.uint8
    return pixels < 120


def test_the_same_people_give_the_same_bytes_and_others_do_not() -> None:
    one = scenarios()[0]
    told = [
        [part.digest for part in pages_of(one.documents, persons_of(one, Random(n), Random(n)))]
        for n in (1, 1, 2)
    ]
    assert told[0] == told[1] and told[0] != told[2]
    assert len(told[0]) == len(one.documents)


def test_every_document_of_the_pack_can_be_drawn_and_stays_within_its_margins() -> None:
    for one in scenarios():
        assert unseen(one.documents) == "" and one.documents
    for one in scenarios()[::16]:
        for part in pages_of(one.documents, persons_of(one, Random(1), Random(2))):
            dark = ink(part.data)
            assert part.media_type == "image/png" and dark.shape[1] == WIDTH
            rows, columns = np.flatnonzero(dark.any(axis=1)), np.flatnonzero(dark.any(axis=0))
            assert columns[0] >= MARGIN - 4 and columns[-1] < WIDTH - MARGIN + 4
            assert rows[0] >= MARGIN - 4 and rows[-1] < dark.shape[0] - MARGIN // 2


def test_all_words_are_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    drawn: list[str] = []
    monkeypatch.setattr(drawing, "write", lambda sheet, place, line, font, ink: drawn.append(line))
    text = (
        "A line of text.\n| Who | Where |\n|---|---|\n| Ann Otherwise | "
        + "far away " * 20
        + "|\nEnd."
    )
    page("Letter: A title", text)
    words = " ".join(drawn).split()
    said = "Letter: A title A line of text. Who Where Ann Otherwise End." + " far away" * 20
    assert sorted(words) == sorted(said.split())


def test_a_word_without_end_is_broken_and_loses_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    drawn: list[str] = []
    monkeypatch.setattr(drawing, "write", lambda sheet, place, line, font, ink: drawn.append(line))
    page("Note: x", "W" * 300)
    assert "".join(drawn[1:]) == "W" * 300 and len(drawn) > 4


@pytest.mark.parametrize("letter", "éèêëñãåçčšžőűøłđÖÜÄÉŁŞğąęįșİ")
def test_accents_are_to_be_seen(letter: str) -> None:
    plain = bare(spelt(letter))
    with_mark = ink(page("Letter: x", f"Na{letter}me"))
    without = ink(page("Letter: x", f"Na{plain}me"))
    assert len(plain) == 1 and (with_mark & ~without).sum() >= 3


def test_what_cannot_be_drawn_is_said_and_no_box_is_put() -> None:
    font = drawing._font(BODY)
    assert undrawable("Zoë – 5 µg ≥ 2 × daily, ½ tablet “quoted”", font) == ""
    assert undrawable("患者", font) == "患"
    told = unseen([Document("note", "x", "患者")])
    assert told == "its documents hold the sign '患', which cannot be drawn"
