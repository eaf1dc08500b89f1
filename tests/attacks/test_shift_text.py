"""Words burned into a corner: they are there, they can be read, and they stay there."""

from __future__ import annotations

from random import Random
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from auscult.core import registry
from auscult.core.errors import UsageError
from auscult.kit.imaging.edit_checks import natural_picture
from auscult.kit.imaging.edit_text import BURNED_TEXT, undrawable

KINDS = ("irrelevant", "true", "contradicting")
WORDS = "LEFT LUNG CLEAR"
LONG = "Impression: no focal consolidation, no pleural effusion and no pneumothorax is seen today"


def burned(pixels: Any, severity: int = 1, seed: int = 1, text: object = WORDS) -> Any:
    attack = registry.build("attacks", "shift/burned-text-contradicting")
    return attack.edit(pixels, severity, Random(seed), {"text": text})


def flat(value: float, height: int = 400, width: int = 500) -> Any:
    return np.full((height, width), value, dtype=np.float32)


def box(before: Any, after: Any) -> tuple[int, int, int, int]:
    rows, columns = np.nonzero(before != after)
    return rows.min(), columns.min(), rows.max() + 1, columns.max() + 1


def test_the_three_kinds_draw_alike_and_say_what_the_words_are() -> None:
    built = [registry.build("attacks", f"shift/burned-text-{kind}") for kind in KINDS]
    outs = [b.edit(flat(0.2), 3, Random(5), {"text": WORDS}) for b in built]
    assert np.array_equal(outs[0], outs[1]) and np.array_equal(outs[1], outs[2])
    assert len({b.changes for b in built}) == 3
    assert {b.key for b in built} == {"kept"}


def test_the_words_drawn_are_the_words_given() -> None:
    """Found by laying a drawing of our own over the place: these words fit, others do not."""
    out = burned(flat(0.0), 5)
    top, left, bottom, right = box(flat(0.0), out)
    found = out[top:bottom, left:right]

    def drawn(text: str) -> Any:
        size = round(BURNED_TEXT["height"][4] * 400)
        canvas = Image.new("L", (500, 100))
        ImageDraw.Draw(canvas).text((5, 5), text, fill=255, font=ImageFont.load_default(size))
        return np.asarray(canvas.crop(canvas.getbbox()), dtype=np.float32) / 255

    assert np.allclose(drawn(WORDS), found, atol=0.01)
    assert drawn("RIGHT LUNG CLEAR").shape != found.shape


def test_it_is_one_corner_and_all_four_come_up() -> None:
    corners = set()
    for seed in range(24):
        top, left, bottom, right = box(flat(0.3), burned(flat(0.3), 3, seed))
        assert bottom - top <= 0.4 * 400 and right - left <= 0.6 * 500
        corners.add((top > 200, left > 150))
        assert (top > 200) == (bottom > 200), "in the upper or in the lower half"
    assert len(corners) == 4


@pytest.mark.parametrize("ground", [0.0, 0.3, 0.5, 0.7, 1.0])
def test_the_ink_stands_out_from_its_ground_and_more_so_with_severity(ground: float) -> None:
    apart = [np.abs(burned(flat(ground), s) - ground).max() for s in range(1, 6)]
    assert apart[0] > 0.25
    assert apart == sorted(apart) and apart[-1] == pytest.approx(max(ground, 1 - ground), abs=0.01)


def test_the_type_grows_with_severity_and_with_the_picture() -> None:
    def height(pixels: Any, severity: int) -> int:
        top, _, bottom, _ = box(pixels, burned(pixels, severity))
        return bottom - top

    heights = [height(flat(0.2, 800, 1000), s) for s in range(1, 6)]
    assert heights == sorted(set(heights))
    assert height(flat(0.2, 1600, 2000), 3) == pytest.approx(2 * heights[2], abs=3)


def test_long_words_are_wrapped_and_made_smaller_rather_than_run_over() -> None:
    top, left, bottom, right = box(flat(0.2), burned(flat(0.2), 5, text=LONG))
    assert bottom - top <= 0.4 * 400 and right - left <= 0.6 * 500
    assert bottom - top > 2 * 9, "more than one line"


def test_letters_stay_readable_on_a_small_picture() -> None:
    top, _, bottom, _ = box(flat(0.2, 64, 64), burned(flat(0.2, 64, 64), 1, text="LEFT"))
    assert bottom - top >= 6, "capitals of type of nine pixels"


def test_words_can_be_read_where_the_ground_changes_from_dark_to_bright() -> None:
    """White letters would vanish on the bright half but for their dark rim."""
    pixels = flat(0.1)
    pixels[:, ::2] = 0.9
    for severity in range(1, 6):
        out = burned(pixels, severity)
        assert out[pixels > 0.5].min() < 0.5 and out[pixels < 0.5].max() > 0.5


def test_colour_pictures_get_grey_ink() -> None:
    pixels = natural_picture(200, 200, colour=True)
    out = burned(pixels, 5)
    touched = (out != pixels).any(axis=-1)
    ink = out[touched & (np.abs(out - out.mean(axis=-1, keepdims=True)) < 1e-6).all(axis=-1)]
    assert len(ink) and set(np.unique(ink)) & {0.0, 1.0}


@pytest.mark.parametrize("text", ["", "  \n ", None, 7])
def test_no_words_is_an_error(text: object) -> None:
    with pytest.raises(UsageError, match="no words"):
        burned(flat(0.2), text=text)


def test_what_the_font_lacks_is_an_error_and_not_a_row_of_boxes() -> None:
    assert undrawable("Plain letters, 5 cm (left)!") == ""
    assert undrawable("左 lung") == "左"
    with pytest.raises(UsageError, match="左"):
        burned(flat(0.2), text="左 lung")


def test_line_breaks_and_runs_of_blanks_are_one_blank() -> None:
    assert np.array_equal(
        burned(flat(0.2), text=" LEFT\n LUNG  CLEAR "), burned(flat(0.2), text=WORDS)
    )
