"""NIfTI through nibabel: one slice of a volume, turned the way a reading room shows it."""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import Any

import numpy as np

from auscult.core.errors import UsageError
from auscult.kit.imaging.limits import (
    BROKEN,
    MAX_VOLUME_BYTES,
    check_choice,
    check_size,
    damaged,
    unreadable,
)
from auscult.kit.imaging.read import Axis, Picture, ReadOptions
from auscult.kit.imaging.window import by_percentiles, window

try:
    import nibabel
    from nibabel.filebasedimages import ImageFileError
    from nibabel.orientations import io_orientation
    from nibabel.spatialimages import HeaderDataError, HeaderTypeError, ImageDataError
    from nibabel.wrapstruct import WrapStructError
except ModuleNotFoundError:
    raise UsageError(
        "reading NIfTI needs nibabel: install auscult[imaging] (pip install 'auscult[imaging]')"
    ) from None

_FAILURES = (
    *BROKEN, ImageFileError, HeaderDataError, HeaderTypeError, ImageDataError, WrapStructError,
)  # fmt: skip
_THROUGH: dict[Axis, int] = {"sagittal": 0, "coronal": 1, "axial": 2}
_TEXTS = ("descrip", "aux_file", "intent_name", "db_name")
_MOST_STRETCH = 16.0


def read_nifti(path: Path, options: ReadOptions) -> Picture:
    try:
        with path.open("rb") as plain:
            packed = plain.read(2) == b"\x1f\x8b"
            plain.seek(0)
            if not packed:
                return _read(path, plain, options)
            with gzip.open(plain) as unpacked:
                return _read(path, unpacked, options)
    except _FAILURES as wrong:
        raise damaged(path, "NIfTI", wrong) from None


def _read(path: Path, file: Any, options: ReadOptions) -> Picture:
    kind = nibabel.Nifti2Image if _is_second(file) else nibabel.Nifti1Image
    image = kind.from_stream(file)
    shape = _checked_shape(path, image)
    where, turns = _turns(image.affine)
    through = where[_THROUGH[options.axis]]
    count = shape[through]
    wanted = count // 2 if options.slice is None else options.slice
    check_choice(path, f"{options.axis} slice", wanted, count)
    index = wanted if turns[through][1] > 0 else count - 1 - wanted
    frames = shape[3]
    frame = frames // 2 if options.frame is None else options.frame
    check_choice(path, "frame", frame, frames)
    rest = [axis for axis in range(3) if axis != through]
    check_size(path, shape[rest[0]], shape[rest[1]])
    flat = _slice(image.dataobj, through, index, frame)
    flat = _displayed(flat, rest, turns)
    facts = {
        "format": "nifti", "axis": options.axis, "slice": wanted, "slices": count,
        "frames": frames, "frame": frame,
        "display": "radiological: the patient's right at the left, the front or head at the top",
        "identifiers_dropped": _identifiers(image),
    }  # fmt: skip
    grey, told = _grey(flat, options)
    grey, squared = _square(path, grey, _spacing(image, rest, turns))
    height, width = grey.shape[:2]
    return Picture(grey, {**facts, **told, **squared, "width": width, "height": height})


def _turns(affine: Any) -> tuple[dict[int, int], Any]:
    """Where each axis of the patient (right, front, head) lies in the file, and all senses; the
    file's own order where it does not say."""
    turns = io_orientation(affine)  # type: ignore[no-untyped-call]
    if np.isnan(turns).any():
        turns = np.array([[0.0, 1.0], [1.0, 1.0], [2.0, 1.0]])
    return {int(patient): axis for axis, (patient, _) in enumerate(turns)}, turns


def _is_second(file: Any) -> bool:
    head = file.read(4)
    file.seek(0)
    return 540 in (int.from_bytes(head, "little"), int.from_bytes(head, "big"))


def _checked_shape(path: Path, image: Any) -> tuple[int, int, int, int]:
    shape = tuple(int(n) for n in image.shape)
    if len(shape) < 2 or min(shape, default=0) < 1 or any(n != 1 for n in shape[4:]):
        raise unreadable(path, f"has the shape {shape}", "give a volume, or a series of volumes")
    size = int(np.prod([float(n) for n in shape])) * image.get_data_dtype().itemsize
    if size > MAX_VOLUME_BYTES:
        most = MAX_VOLUME_BYTES // 1_000_000_000
        raise unreadable(path, f"unpacks to more than {most} GB", "cut it first")
    padded = (*shape[:4], 1, 1, 1)
    return padded[0], padded[1], padded[2], padded[3]


def _slice(data: Any, through: int, index: int, frame: int) -> Any:
    """Slice by slice in the order of the file where the wanted one lies across it, so that no
    volume is ever held."""
    tail = (frame, 0, 0, 0)[: max(0, len(data.shape) - 3)]

    def data_at(k: int) -> Any:
        whole = len(data.shape) == 2
        return np.asarray(data) if whole else data[(slice(None), slice(None), k, *tail)]

    if through == 2:
        return data_at(index)
    depth = data.shape[2] if len(data.shape) > 2 else 1
    return np.stack([np.take(data_at(k), index, axis=through) for k in range(depth)], axis=1)


def _displayed(flat: Any, rest: list[int], turns: Any) -> Any:
    """Rows from the head (or the front) down, columns from the patient's right to the left; a
    sagittal slice has the front at the left. Canonical axes grow to the right, front and head."""
    across, down = sorted(rest, key=lambda axis: turns[axis][0])
    if rest[0] != across:
        flat = np.swapaxes(flat, 0, 1)
    if turns[across][1] > 0:
        flat = flat[::-1]
    if turns[down][1] > 0:
        flat = flat[:, ::-1]
    return np.swapaxes(flat, 0, 1)


def _spacing(image: Any, rest: list[int], turns: Any) -> tuple[float, float]:
    """Millimetres between rows and between columns, as displayed."""
    across, down = sorted(rest, key=lambda axis: turns[axis][0])
    zooms = [*(abs(float(z)) for z in image.header.get_zooms()[:3]), 1.0, 1.0]
    return zooms[down], zooms[across]


def _grey(flat: Any, options: ReadOptions) -> tuple[Any, dict[str, Any]]:
    if flat.dtype.names:
        colours = np.stack([flat[name] for name in flat.dtype.names[:3]], axis=-1)
        return colours.astype(np.float32) / np.float32(255), {"colour": True}
    if np.iscomplexobj(flat):
        flat = np.abs(flat)
    if options.window is not None:
        grey = window(np.nan_to_num(flat.astype(np.float32)), *options.window)
        return grey, {"window": "as asked", "window_centre_width": list(options.window)}
    return by_percentiles(flat)


def _square(path: Path, grey: Any, spacing: tuple[float, float]) -> tuple[Any, dict[str, Any]]:
    """Thick slices seen from the side look squashed: stretched until pixels are square."""
    rows, columns = spacing
    if not (0 < rows < np.inf and 0 < columns < np.inf):
        return grey, {}
    ratio = rows / columns
    if 0.99 < ratio < 1.01 or not 1 / _MOST_STRETCH <= ratio <= _MOST_STRETCH:
        return grey, {}
    from auscult.kit.imaging.scale import resized

    height, width = grey.shape[:2]
    size = (round(height * ratio), width) if ratio > 1 else (height, round(width / ratio))
    check_size(path, size[1], size[0])
    return resized(grey, *size), {"stretched_from": [height, width]}


def _identifiers(image: Any) -> list[str]:
    """Free texts of the header that hold something, and extensions: names only."""
    header = image.header
    found = [
        name for name in _TEXTS if name in header and bytes(header[name].tobytes()).strip(b"\0 ")
    ]
    return found + (["extensions"] if len(header.extensions) else [])
