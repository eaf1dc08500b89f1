"""NIfTI: whichever way a volume lies in its file, the same slice is shown the same way up."""

from __future__ import annotations

import gzip
import sys
from itertools import permutations, product
from pathlib import Path
from typing import Any

import nibabel
import numpy as np
import pytest
from nibabel.orientations import (
    apply_orientation,
    axcodes2ornt,
    inv_ornt_aff,
    io_orientation,
    ornt_transform,
)

from auscult.core.errors import DataError, UsageError
from auscult.kit.imaging import limits, nifti
from auscult.kit.imaging.read import ReadOptions, read_picture

SHAPE = (5, 6, 7)
PAIRS = (("R", "L"), ("A", "P"), ("S", "I"))
EVERY_WAY = [
    "".join(pair[way] for pair, way in zip(axes, ways, strict=True))
    for axes in permutations(PAIRS)
    for ways in product((0, 1), repeat=3)
]


def volume() -> Any:
    """Right, front, head: every voxel another value."""
    return np.arange(np.prod(SHAPE), dtype=np.float32).reshape(SHAPE)


def write(path: Path, values: Any, affine: Any = None, **header: Any) -> Path:
    image = nibabel.Nifti1Image(values, np.eye(4) if affine is None else affine)
    for name, value in header.items():
        image.header[name] = value
    path.write_bytes(image.to_bytes())
    return path


def lying(path: Path, codes: str) -> Path:
    turn = ornt_transform(io_orientation(np.eye(4)), axcodes2ornt(codes))
    return write(path, apply_orientation(volume(), turn), inv_ornt_aff(turn, SHAPE))


def whole(values: Any) -> ReadOptions:
    low, high = float(values.min()), float(values.max())
    return ReadOptions(window=((low + high + 1) / 2, high - low + 1))


def grey(values: Any) -> Any:
    return (values - values.min()) / (values.max() - values.min())


@pytest.mark.parametrize("codes", EVERY_WAY)
def test_every_way_of_lying_shows_the_same(tmp_path: Path, codes: str) -> None:
    path = lying(tmp_path / "x", codes)
    values = volume()
    shown = {
        "axial": values[::-1, ::-1, 2].T,
        "coronal": values[::-1, 3, ::-1].T,
        "sagittal": values[1, ::-1, ::-1].T,
    }
    chosen = {"axial": 2, "coronal": 3, "sagittal": 1}
    for axis, expected in shown.items():
        low, high = float(values.min()), float(values.max())
        options = ReadOptions(
            window=((low + high + 1) / 2, high - low + 1), axis=axis, slice=chosen[axis]
        )
        picture = read_picture(path, options)
        assert np.allclose(picture.pixels, expected / values.max(), atol=1e-6), axis


def test_the_middle_slice_and_percentiles(tmp_path: Path) -> None:
    picture = read_picture(write(tmp_path / "x", volume()))
    assert picture.facts["axis"] == "axial" and picture.facts["slice"] == 3
    assert picture.facts["slices"] == 7 and picture.facts["window"] == "percentiles"
    assert picture.pixels.shape == (6, 5) and picture.pixels.min() == 0


def test_packed_volumes_by_content(tmp_path: Path) -> None:
    path = write(tmp_path / "x", volume())
    packed = tmp_path / "scan.dat"
    packed.write_bytes(gzip.compress(path.read_bytes()))
    for axis in ("axial", "sagittal"):
        options = ReadOptions(axis=axis)
        a, b = read_picture(path, options), read_picture(packed, options)
        assert np.array_equal(a.pixels, b.pixels)


def test_a_series_shows_its_middle_volume(tmp_path: Path) -> None:
    series = np.stack([volume() + 1000 * n for n in range(4)], axis=-1)
    path = write(tmp_path / "x", series)
    picture = read_picture(path)
    assert (picture.facts["frame"], picture.facts["frames"]) == (2, 4)
    assert picture.facts["window_from"] > 2000
    assert read_picture(path, ReadOptions(frame=0)).facts["window_from"] < 1000


def test_flat_files_and_second_version(tmp_path: Path) -> None:
    flat = np.arange(12, dtype=np.float32).reshape(3, 4)
    picture = read_picture(write(tmp_path / "x", flat), whole(flat))
    assert np.allclose(picture.pixels, grey(flat)[::-1, ::-1].T)
    second = tmp_path / "y"
    second.write_bytes(nibabel.Nifti2Image(volume(), np.eye(4)).to_bytes())
    assert read_picture(second).pixels.shape == (6, 5)


def test_scaling_is_applied(tmp_path: Path) -> None:
    image = nibabel.Nifti1Image(volume().astype(np.int16), np.eye(4))
    image.header.set_slope_inter(2.0, -100.0)
    path = tmp_path / "x"
    path.write_bytes(image.to_bytes())
    stored = nibabel.Nifti1Image.from_bytes(path.read_bytes())
    expected = np.asarray(stored.dataobj)[:, :, 3]
    assert abs(read_picture(path).facts["window_to"] - np.percentile(expected, 99.5)) < 0.1


def test_what_is_no_number_is_black(tmp_path: Path) -> None:
    values = volume()
    values[0, 0, 3] = np.nan
    values[1, 1, 3] = np.inf
    pixels = read_picture(write(tmp_path / "x", values)).pixels
    assert np.isfinite(pixels).all() and pixels[-1, -1] == 0


def test_thick_slices_are_stretched(tmp_path: Path) -> None:
    path = write(tmp_path / "x", volume(), np.diag([1.0, 1.0, 4.0, 1.0]))
    assert read_picture(path).pixels.shape == (6, 5)
    side = read_picture(path, ReadOptions(axis="coronal"))
    assert side.pixels.shape == (28, 5) and side.facts["stretched_from"] == [7, 5]
    assert side.pixels[0].mean() > side.pixels[-1].mean()


def test_texts_of_the_header_are_named_and_stay(tmp_path: Path) -> None:
    picture = read_picture(write(tmp_path / "x", volume(), descrip=b"Anna Example"))
    assert picture.facts["identifiers_dropped"] == ["descrip"]
    assert "Anna" not in str(picture.facts)


def test_choices_that_are_not_there(tmp_path: Path) -> None:
    path = write(tmp_path / "x", volume())
    with pytest.raises(DataError, match="7 axial slices and no axial slice 7"):
        read_picture(path, ReadOptions(slice=7))
    with pytest.raises(DataError, match="give 0 to 0"):
        read_picture(path, ReadOptions(frame=1))


def test_limits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write(tmp_path / "x", volume())
    monkeypatch.setattr(limits, "MAX_PIXELS", 29)
    with pytest.raises(DataError, match="5 by 6 pixels"):
        read_picture(path)
    monkeypatch.undo()
    monkeypatch.setattr(nifti, "MAX_VOLUME_BYTES", 100)
    with pytest.raises(DataError, match="unpacks to more than"):
        read_picture(path)


def test_damaged_volumes_never_crash(tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    whole_file = np.frombuffer(write(tmp_path / "w", volume()).read_bytes(), np.uint8)
    path, refused = tmp_path / "x", 0
    for _ in range(200):
        broken = whole_file.copy()
        broken[rng.integers(4, 344, 4)] = rng.integers(0, 255, 4)
        path.write_bytes(broken.tobytes()[: rng.integers(348, len(broken) + 1)])
        try:
            read_picture(path)
        except DataError as wrong:
            refused += 1
            assert "\n" not in str(wrong)
    assert refused > 50


def test_one_half_of_a_pair_is_said(tmp_path: Path) -> None:
    path = write(tmp_path / "x.hdr", volume())
    data = path.read_bytes()
    path.write_bytes(data[:344] + b"ni1\0" + data[348:])
    with pytest.raises(DataError, match="one half of a NIfTI pair"):
        read_picture(path)


def test_without_nibabel_the_sentence_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write(tmp_path / "x", volume())
    monkeypatch.setitem(sys.modules, "nibabel", None)
    monkeypatch.delitem(sys.modules, "auscult.kit.imaging.nifti")
    with pytest.raises(UsageError, match=r"install auscult\[imaging\]"):
        read_picture(path)
