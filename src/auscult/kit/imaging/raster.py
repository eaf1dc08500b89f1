"""PNG, JPEG and TIFF, through pillow. Upright, without metadata, alpha flattened on black."""

from __future__ import annotations

import io
from pathlib import Path
from typing import IO, Any

import numpy as np
from PIL import Image, ImageOps
from PIL.JpegImagePlugin import JpegImageFile
from PIL.PngImagePlugin import PngImageFile
from PIL.TiffImagePlugin import TiffImageFile

from auscult.kit.imaging.limits import BROKEN, check_choice, check_size, damaged, unreadable
from auscult.kit.imaging.metadata import jpeg_extras, png_extras
from auscult.kit.imaging.read import Format, Picture, ReadOptions
from auscult.kit.imaging.window import by_percentiles

# The file classes are called and not Image.open: that asks every decoder pillow has, and warns
# of large pictures where here they are refused.
_KINDS: dict[str, Any] = {"png": PngImageFile, "jpeg": JpegImageFile, "tiff": TiffImageFile}
_BOMBS = (Image.DecompressionBombError, Image.DecompressionBombWarning)
_ORIENTATION, _BITS_PER_SAMPLE = 274, 258
MAX_FILE_BYTES = 400_000_000


def read_raster(path: Path, kind: Format, options: ReadOptions) -> Picture:
    if kind == "tiff":
        with path.open("rb") as file:
            return decode(file, path, kind, options)
    return decode(read_bytes(path), path, kind, options)


def read_bytes(path: Path) -> bytes:
    try:
        if path.stat().st_size > MAX_FILE_BYTES:
            raise unreadable(
                path, f"has more than {MAX_FILE_BYTES // 1_000_000} MB", "make it smaller first"
            )
        return path.read_bytes()
    except OSError as wrong:
        raise unreadable(path, f"cannot be read ({wrong.strerror})") from None


def decode(data: bytes | IO[bytes], path: Path, kind: Format, options: ReadOptions) -> Picture:
    """`path` is for the messages alone."""
    facts: dict[str, Any] = {"format": kind}
    try:
        image = _KINDS[kind](io.BytesIO(data) if isinstance(data, bytes) else data)
        if kind == "tiff":
            _choose_page(image, path, options.page, facts)
        elif options.page:
            check_choice(path, "page", options.page, 1)
        check_size(path, image.width, image.height)
        if isinstance(data, bytes):
            facts["metadata_dropped"] = list((png_extras if kind == "png" else jpeg_extras)(data))
        upright = _upright(image, kind, facts)
        facts |= {"mode": image.mode, "width": upright.width, "height": upright.height}
        pixels = _pixels(upright, facts, _bits(image, kind, data))
    except BROKEN as wrong:
        raise damaged(path, kind.upper(), wrong) from None
    except _BOMBS as wrong:
        raise damaged(path, kind.upper(), wrong) from None
    return Picture(pixels, facts)


def _choose_page(image: TiffImageFile, path: Path, page: int, facts: dict[str, Any]) -> None:
    pages = image.n_frames
    check_choice(path, "page", page, pages)
    image.seek(page)
    facts |= {"page": page, "pages": pages}
    tags = set(image.tag_v2) - _PICTURE_TAGS
    facts["metadata_dropped"] = ["TIFF tags"] if tags else []


_PICTURE_TAGS = {
    254, 255, 256, 257, 258, 259, 262, 263, 266, 273, 274, 277, 278, 279, 280, 281, 282, 283, 284,
    296, 317, 320, 322, 323, 324, 325, 338, 339, 340, 341, 347, 529, 530, 531, 532,
}  # fmt: skip
"""What describes the pixels; every other tag (maker, artist, host, description ...) is metadata."""


def _upright(image: Any, kind: Format, facts: dict[str, Any]) -> Any:
    """Pillow turns a TIFF by itself when it loads it; the others are turned here."""
    if kind != "tiff":
        image.load()
    try:
        turned = image.getexif().get(_ORIENTATION, 1)
    except BROKEN:
        facts["exif"] = "damaged: taken as upright"
        turned = 1
    if kind == "tiff":
        image.load()
    if turned in range(2, 9):
        facts["turned_by_exif"] = int(turned)
        if kind != "tiff":
            return ImageOps.exif_transpose(image)
    return image


def _bits(image: Any, kind: Format, data: bytes | IO[bytes]) -> int:
    if kind == "png" and isinstance(data, bytes):
        return data[24]
    if kind == "tiff":
        said = image.tag_v2.get(_BITS_PER_SAMPLE, (1,))
        return int(said[0] if isinstance(said, tuple) else said)
    return 8


def _pixels(image: Any, facts: dict[str, Any], bits: int) -> Any:
    facts["bits"] = bits
    mode = image.mode
    if mode.startswith("I;16"):
        return np.asarray(image).astype(np.float32) / np.float32(2 ** max(bits, 1) - 1)
    if mode in ("I", "F"):
        values = np.asarray(image, np.float32)
        if mode == "F" and np.isfinite(values).all() and values.min() >= 0 and values.max() <= 1:
            return np.array(values)
        grey, told = by_percentiles(values)
        facts |= told
        return grey
    if "transparency" in image.info or mode in ("LA", "La", "PA", "RGBA", "RGBa"):
        return _flattened(image, facts)
    if mode == "1":
        image = image.convert("L")
    elif mode not in ("L", "RGB"):
        image = image.convert("RGB")
    return unit(np.asarray(image))


def _flattened(image: Any, facts: dict[str, Any]) -> Any:
    rgba = np.asarray(image.convert("RGBA"))
    alpha = rgba[..., 3:]
    facts["alpha"] = "opaque" if int(alpha.min()) == 255 else "flattened on black"
    pixels = unit(rgba[..., :3])
    pixels *= unit(alpha)
    return pixels


def unit(values: Any) -> Any:
    """Eight bits as float32 in [0, 1], in one new array."""
    return np.multiply(values, np.float32(1 / 255), dtype=np.float32)
