"""What each shift does to pixels whose right outcome is known beforehand."""

from __future__ import annotations

from io import BytesIO
from itertools import pairwise
from random import Random
from typing import Any

import numpy as np
import pytest
from PIL import Image

from auscult.core import registry
from auscult.core.errors import UsageError
from auscult.kit.imaging.edit import Shift, fitted, mean_difference, psnr, with_channels_of
from auscult.kit.imaging.edit_checks import natural_picture

SIDE = 240


def shift(name: str) -> Shift:
    built = registry.build("attacks", f"shift/{name}")
    assert isinstance(built, Shift)
    return built


def edited(name: str, pixels: Any, severity: int = 1, seed: int = 1, **extra: Any) -> Any:
    return shift(name).edit(pixels, severity, Random(seed), extra)


def flat(value: float, *shape: int) -> Any:
    return np.full(shape or (SIDE, SIDE), value, dtype=np.float32)


def impulse(side: int = 201) -> Any:
    pixels = flat(0.0, side, side)
    pixels[side // 2, side // 2] = 1.0
    return pixels


def spread(pixels: Any) -> float:
    """Standard deviation of the light's place along rows, in pixels."""
    share = pixels.sum(axis=1, dtype=np.float64) / pixels.sum(dtype=np.float64)
    rows = np.arange(len(share))
    return float(np.sqrt((share * (rows - (share * rows).sum()) ** 2).sum()))


def test_the_page_names_every_shift_with_the_severities_it_declares() -> None:
    page = (registry.root().parents[1] / "docs" / "attacks" / "shift.md").read_text("utf-8")
    names = [n for n in registry.plugins("attacks") if n.startswith("shift/")]
    assert len(names) == 21
    for name in names:
        (row,) = [
            line
            for line in page.splitlines()
            if line.startswith(f"| `{name.removeprefix('shift/')}` | {shift(name[6:]).key} |")
        ]
        for parameter, values in shift(name[6:]).table.items():
            assert f"{parameter} {', '.join(f'{value:g}' for value in values)}" in row


# --- noise ------------------------------------------------------------------------------------


@pytest.mark.parametrize("severity", [1, 3])
def test_gaussian_noise_has_its_sigma_and_no_bias(severity: int) -> None:
    noise = edited("gaussian-noise", flat(0.5), severity) - 0.5
    assert noise.std() == pytest.approx(shift("gaussian-noise").at(severity)["sigma"], rel=0.02)
    assert abs(noise.mean()) < 0.002


def test_noise_is_the_same_field_at_every_severity() -> None:
    """Common draws: what grows from one severity to the next is the dose and nothing else."""
    fields = [
        (edited("gaussian-noise", flat(0.5), s) - 0.5) / shift("gaussian-noise").at(s)["sigma"]
        for s in (1, 2)
    ]
    assert np.allclose(*fields, atol=1e-4)
    few, more = (edited("salt-noise", flat(0.2), s) == 1.0 for s in (2, 3))
    assert more[few].all()


@pytest.mark.parametrize("severity", [1, 4])
def test_poisson_noise_has_the_variance_of_counts(severity: int) -> None:
    peak = shift("poisson-noise").at(severity)["peak"]
    out = edited("poisson-noise", flat(0.3), severity)
    assert out.mean() == pytest.approx(0.3, rel=0.01)
    assert out.var() == pytest.approx(0.3 / peak, rel=0.05)
    assert np.allclose(out * peak, np.rint(out * peak), atol=1e-4), "whole counts"


@pytest.mark.parametrize("severity", [1, 5])
def test_salt_turns_whole_pixels_white_in_its_share(severity: int) -> None:
    out = edited("salt-noise", flat(0.2, SIDE, SIDE, 3), severity)
    white = (out == 1.0).all(axis=-1)
    assert white.mean() == pytest.approx(shift("salt-noise").at(severity)["share"], rel=0.1)
    assert (out[~white] == np.float32(0.2)).all()


# --- blur, detail, compression ------------------------------------------------------------------


def test_blur_spreads_a_point_by_its_sigma_and_loses_no_light() -> None:
    for severity in (2, 4):
        out = edited("blur", impulse(), severity)
        wanted = shift("blur").at(severity)["sigma share"] * 201
        assert spread(out) == pytest.approx(spread(out.T), rel=1e-3)
        assert spread(out) == pytest.approx(wanted, rel=0.06)
        assert out.sum() == pytest.approx(1.0, abs=1e-3)


def test_blur_grows_with_the_picture_and_keeps_colours_apart() -> None:
    small, large = (spread(edited("blur", impulse(side), 5)) for side in (101, 201))
    assert large == pytest.approx(2 * small, rel=0.1)
    red = np.zeros((50, 50, 3), dtype=np.float32)
    red[20:30, 20:30, 0] = 1.0
    assert not edited("blur", red, 5)[..., 1:].any()


def test_motion_blur_draws_a_line_of_its_length_in_a_direction_by_lot() -> None:
    length = shift("motion-blur").at(5)["length share"] * 201
    directions = set()
    for seed in range(5):
        out = np.asarray(edited("motion-blur", impulse(), 5, seed), dtype=np.float64)
        rows, columns = np.nonzero(out > 1e-4)
        places = np.cov(np.stack([rows, columns]), aweights=out[rows, columns], ddof=0)
        across, along = np.linalg.eigvalsh(places)
        assert along**0.5 == pytest.approx(length / 12**0.5, rel=0.1), "evenly along the line"
        assert across**0.5 < 1.0, "and no wider than a pixel or so"
        directions.add(round(float(np.linalg.eigh(places)[1][0, 1] ** 2), 3))
        assert out.sum() == pytest.approx(1.0, abs=1e-3)
    assert len(directions) == 5


def test_motion_blur_carries_the_border_on() -> None:
    """What leaves on one side must not come in on the other."""
    pixels = flat(0.0)
    pixels[:, : SIDE // 2] = 1.0
    out = edited("motion-blur", pixels, 5)
    assert np.allclose(out[:, :20], 1.0, atol=1e-4) and np.allclose(out[:, -20:], 0.0, atol=1e-4)


@pytest.mark.parametrize(
    "pixels", [natural_picture(96, 128), natural_picture(96, 128, colour=True)]
)
def test_jpeg_is_the_round_trip_of_the_library(pixels: Any) -> None:
    kept = BytesIO()
    Image.fromarray(np.rint(pixels * 255).astype(np.uint8)).save(kept, "JPEG", quality=20)
    with Image.open(kept) as expected:
        assert np.array_equal(np.rint(edited("jpeg", pixels, 3) * 255), np.asarray(expected))


def test_jpeg_says_when_a_picture_is_too_long_for_it() -> None:
    with pytest.raises(UsageError, match="65501 pixels"):
        edited("jpeg", flat(0.5, 1, 65_501))


@pytest.mark.parametrize("severity", [1, 3, 5])
def test_low_resolution_loses_what_is_finer_than_its_factor(severity: int) -> None:
    fine = np.indices((SIDE, SIDE)).sum(axis=0) % 2
    assert np.allclose(edited("low-resolution", fine.astype(np.float32), severity), 0.5, atol=0.07)
    ramp = np.linspace(0, 1, SIDE, dtype=np.float32) * flat(1.0)
    assert mean_difference(edited("low-resolution", ramp, severity), ramp) < 0.005


# --- tone ---------------------------------------------------------------------------------------


def test_contrast_shrinks_the_spread_by_its_factor() -> None:
    pixels = natural_picture(SIDE, SIDE)
    for severity in (1, 5):
        out = edited("contrast", pixels, severity)
        assert out.std() == pytest.approx(
            pixels.std() * shift("contrast").at(severity)["factor"], rel=1e-4
        )


def test_gamma_darkens_the_middle_only() -> None:
    ramp = np.linspace(0, 1, 101, dtype=np.float32)[None]
    out = edited("gamma", ramp, 3)[0]
    assert out[0] == 0.0 and out[-1] == 1.0
    assert out[50] == pytest.approx(0.5 ** shift("gamma").at(3)["exponent"], rel=1e-4)


# --- place --------------------------------------------------------------------------------------


def test_rotation_turns_by_its_angle_to_either_side() -> None:
    pixels = flat(0.0, 301, 301)
    pixels[148:153, 250:255] = 1.0
    sides = set()
    for seed in range(6):
        out = edited("rotation", pixels, 4, seed)
        rows, columns = np.nonzero(out > 0.5)
        angle = float(np.degrees(np.arctan2(150 - rows.mean(), columns.mean() - 150)))
        assert abs(angle) == pytest.approx(shift("rotation").at(4)["degrees"], abs=0.3)
        sides.add(angle > 0)
    assert sides == {True, False}


def test_rotation_fills_the_corners_with_what_is_around() -> None:
    pixels = flat(0.7)
    pixels[80:160, 80:160] = 0.1
    out = edited("rotation", pixels, 5)
    corners = out[[0, 0, -1, -1], [0, -1, 0, -1]]
    assert np.allclose(corners, 0.7, atol=1e-6)
    assert "orientation" in shift("rotation").not_kept


def test_flips_move_the_corner_where_they_say() -> None:
    pixels = flat(0.0, 4, 6)
    pixels[0, 0] = 1.0
    assert edited("flip-horizontal", pixels)[0, 5] == 1.0
    assert edited("flip-vertical", pixels)[3, 0] == 1.0


def test_flips_say_that_sides_change_over() -> None:
    assert {shift(f"flip-{way}").key for way in ("horizontal", "vertical")} == {"sides-swapped"}
    assert shift("flip-horizontal").swaps == ("left", "right")
    assert shift("flip-vertical").swaps == ("top", "bottom")
    assert "laterality" in shift("flip-vertical").not_kept


def test_occlusion_covers_its_area_and_the_weaker_lies_under_the_stronger() -> None:
    hidden = [edited("occlusion", flat(0.0, 240, 360), s) == np.float32(0.5) for s in range(1, 6)]
    for severity, mask in enumerate(hidden, 1):
        area = shift("occlusion").at(severity)["area"]
        assert mask.mean() == pytest.approx(area, abs=0.01)
    for weaker, stronger in pairwise(hidden):
        assert stronger[weaker].all()


# --- another picture ----------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["wrong-patient", "control-shuffled", "modality-swap"])
def test_the_donor_comes_whole_and_in_its_own_proportions(name: str) -> None:
    donor = flat(0.2, 100, 50)
    donor[45:55, 20:30] = 0.9
    out = edited(name, flat(0.5, 200, 300), donor=donor)
    rows, columns = np.nonzero(out > 0.6)
    assert abs(len(set(rows)) - len(set(columns))) <= 1, "a square stays a square"
    assert rows.mean() == pytest.approx(99.5, abs=1) and columns.mean() == pytest.approx(
        149.5, abs=1
    )
    assert np.allclose(out[:, :90], 0.2, atol=1e-4), "around it lies its border's colour"


def test_only_a_modality_swap_brings_its_own_colours() -> None:
    grey, colour = natural_picture(50, 60), natural_picture(40, 40, colour=True, seed=2)
    assert edited("wrong-patient", grey, donor=colour).shape == (50, 60)
    assert edited("control-shuffled", colour, donor=grey).shape == (40, 40, 3)
    assert edited("modality-swap", grey, donor=colour).shape == (50, 60, 3)
    assert edited("modality-swap", colour, donor=grey).shape == (40, 40)


def test_a_donor_of_the_same_size_is_not_touched() -> None:
    donor = natural_picture(64, 48, seed=3)
    assert np.array_equal(edited("wrong-patient", flat(0.5, 64, 48), donor=donor), donor)


def test_a_donor_that_is_no_picture_is_refused() -> None:
    with pytest.raises(UsageError, match="float32"):
        edited("wrong-patient", flat(0.5), donor="other.png")


def test_the_grey_control_is_grey() -> None:
    assert (edited("control-grey", natural_picture(9, 7, colour=True)) == np.float32(0.5)).all()


# --- helpers ------------------------------------------------------------------------------------


def test_grey_of_a_colour_is_its_luma() -> None:
    green = np.zeros((2, 2, 3), dtype=np.float32)
    green[..., 1] = 1.0
    assert np.allclose(with_channels_of(green, flat(0.0, 2, 2)), 0.587)
    assert with_channels_of(flat(0.3, 2, 2), green).shape == (2, 2, 3)


def test_an_extreme_donor_fits_a_tiny_canvas() -> None:
    assert fitted(natural_picture(3, 500), 2, 2).shape == (2, 2)
    assert fitted(natural_picture(1, 1, colour=True), 7, 3).shape == (7, 3, 3)


def test_distances_are_what_they_say() -> None:
    assert mean_difference(flat(0.25), flat(0.75)) == pytest.approx(0.5)
    assert psnr(flat(0.0), flat(0.1)) == pytest.approx(20.0, abs=1e-4)
    assert psnr(flat(0.3), flat(0.3)) == float("inf")
