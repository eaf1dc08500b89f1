"""PNG, JPEG and TIFF: what was drawn is what is read, and what is no picture is said to be none."""

from __future__ import annotations

import io
import struct
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from auscult.core.errors import DataError
from auscult.kit.imaging import limits
from auscult.kit.imaging.metadata import jpeg_extras, png_extras
from auscult.kit.imaging.read import ReadOptions, format_of, read_picture

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning:PIL")
"""Pillow warns of damaged tags; what becomes of the file is tested."""

ORIENTATION = 274
TURNS = {
    2: lambda a: a[:, ::-1],
    3: lambda a: a[::-1, ::-1],
    4: lambda a: a[::-1],
    5: lambda a: a.T,
    6: lambda a: np.rot90(a, 1),
    7: lambda a: a[::-1, ::-1].T,
    8: lambda a: np.rot90(a, -1),
}
"""How a stored picture was turned away from upright, by its EXIF orientation."""


def upright() -> Any:
    return np.arange(24, dtype=np.uint8).reshape(4, 6) * 10


def save(path: Path, image: Image.Image, kind: str = "PNG", **more: Any) -> Path:
    image.save(path, kind, **more)
    return path


def said(path: Path, options: ReadOptions | None = None) -> str:
    with pytest.raises(DataError) as caught:
        read_picture(path, options)
    text = str(caught.value)
    assert str(path) in text and "\n" not in text
    return text


@pytest.mark.parametrize("kind", ["PNG", "TIFF"])
def test_eight_bits_come_back_exactly(tmp_path: Path, kind: str) -> None:
    drawn = np.arange(256, dtype=np.uint8).reshape(16, 16)
    picture = read_picture(save(tmp_path / "x.bin", Image.fromarray(drawn), kind))
    assert picture.pixels.dtype == np.float32 and picture.pixels.shape == (16, 16)
    assert np.array_equal(np.rint(picture.pixels * 255), drawn)
    assert picture.facts["format"] == kind.lower() and picture.facts["bits"] == 8


def test_colour_keeps_its_channels(tmp_path: Path) -> None:
    drawn = np.zeros((2, 3, 3), np.uint8)
    drawn[..., 0], drawn[..., 2] = 255, 51
    picture = read_picture(save(tmp_path / "x.png", Image.fromarray(drawn)))
    assert np.allclose(picture.pixels, [1.0, 0.0, 0.2])


@pytest.mark.parametrize("kind", ["PNG", "TIFF"])
def test_sixteen_bits_keep_their_depth(tmp_path: Path, kind: str) -> None:
    drawn = np.array([[0, 1, 32768, 65535]], np.uint16)
    picture = read_picture(save(tmp_path / "x", Image.fromarray(drawn), kind))
    assert np.allclose(picture.pixels, drawn / 65535)
    assert picture.pixels[0, 1] > 0 and picture.facts["bits"] == 16


def test_float_tiffs_in_range_stay_and_others_are_spread(tmp_path: Path) -> None:
    inside = np.array([[0.25, 0.5]], np.float32)
    kept = read_picture(save(tmp_path / "a", Image.fromarray(inside), "TIFF"))
    assert np.array_equal(kept.pixels, inside) and "window" not in kept.facts
    beyond = read_picture(save(tmp_path / "b", Image.fromarray(inside * 400), "TIFF"))
    assert beyond.pixels.min() == 0 and beyond.pixels.max() == 1
    assert beyond.facts["window"] == "percentiles"


def test_a_palette_is_looked_up(tmp_path: Path) -> None:
    drawn = Image.fromarray(np.array([[0, 1]], np.uint8), "L").convert("P")
    drawn.putpalette([255, 0, 0, 0, 0, 255])
    picture = read_picture(save(tmp_path / "x.png", drawn))
    assert np.allclose(picture.pixels, [[[1, 0, 0], [0, 0, 1]]])


def test_alpha_is_flattened_on_black_and_said(tmp_path: Path) -> None:
    drawn = np.full((2, 2, 4), 255, np.uint8)
    drawn[0, :, 3] = 0
    drawn[1, :, 3] = 51
    picture = read_picture(save(tmp_path / "x.png", Image.fromarray(drawn)))
    assert np.allclose(picture.pixels[0], 0) and np.allclose(picture.pixels[1], 0.2)
    assert picture.facts["alpha"] == "flattened on black"
    drawn[..., 3] = 255
    opaque = read_picture(save(tmp_path / "y.png", Image.fromarray(drawn)))
    assert opaque.facts["alpha"] == "opaque" and opaque.pixels.min() == 1


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "TIFF"])
@pytest.mark.parametrize("turn", sorted(TURNS))
def test_exif_turns_are_undone(tmp_path: Path, kind: str, turn: int) -> None:
    tags = Image.Exif()
    tags[ORIENTATION] = turn
    stored = Image.fromarray(np.ascontiguousarray(TURNS[turn](np.kron(upright(), np.ones((8, 8))))))
    more = {"quality": 100} if kind == "JPEG" else {}
    path = save(tmp_path / "x", stored.convert("L"), kind, exif=tags.tobytes(), **more)
    picture = read_picture(path)
    wanted = np.kron(upright(), np.ones((8, 8))) / 255
    assert picture.pixels.shape == (32, 48)
    assert np.abs(picture.pixels - wanted).max() < 0.02
    assert picture.facts["turned_by_exif"] == turn
    assert (picture.facts["width"], picture.facts["height"]) == (48, 32)


def test_a_compressed_turned_tiff_is_turned_once(tmp_path: Path) -> None:
    tags = Image.Exif()
    tags[ORIENTATION] = 6
    stored = Image.fromarray(np.ascontiguousarray(TURNS[6](upright())))
    path = save(tmp_path / "x", stored, "TIFF", exif=tags.tobytes(), compression="tiff_lzw")
    assert np.array_equal(np.rint(read_picture(path).pixels * 255), upright())


def test_a_page_is_chosen(tmp_path: Path) -> None:
    pages = [Image.fromarray(np.full((2, 2), grey, np.uint8)) for grey in (0, 51, 255)]
    path = save(tmp_path / "x", pages[0], "TIFF", save_all=True, append_images=pages[1:])
    assert read_picture(path).pixels.max() == 0
    second = read_picture(path, ReadOptions(page=1))
    assert np.allclose(second.pixels, 0.2)
    assert (second.facts["page"], second.facts["pages"]) == (1, 3)
    assert "3 pages" in said(path, ReadOptions(page=3))


def test_the_format_is_found_by_content(tmp_path: Path) -> None:
    assert format_of(save(tmp_path / "x.jpg", Image.new("L", (2, 2)))) == "png"


@pytest.mark.parametrize(
    ("data", "found"),
    [
        (b"", "0 bytes"),
        (b"GIF89a....", "a GIF"),
        (b"%PDF-1.7", "a PDF"),
        (b"  <html>", "HTML"),
        (b"id,age\n1,2\n", "text"),
        (b"RIFF1234WEBPVP8 ", "a WebP"),
        (b"\x00" * 600, "nothing but zeros"),
        (b"\x9d\x8e\x01\xff\xfe" * 100, "unknown bytes that start with 9d 8e 01"),
        (b"\x1f\x8bnot really", "damaged gzip"),
        (b"version https://git-lfs.github.com/spec/v1\n", "Git LFS"),
        (b"\x89PNG\r\n\x1a\n", "PNG"),
        (b"\xff\xd8\xff\xe0", "JPEG"),
        (b"II*\x00\x08\x00\x00\x00", "TIFF"),
    ],
)
def test_what_is_no_picture_is_named(tmp_path: Path, data: bytes, found: str) -> None:
    path = tmp_path / "image.png"
    path.write_bytes(data)
    assert found in said(path)


def test_a_missing_file_and_a_folder_are_said(tmp_path: Path) -> None:
    assert "No such file" in said(tmp_path / "none.png")
    assert "directory" in said(tmp_path)


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "TIFF"])
def test_a_cut_off_file_is_one_clear_error(tmp_path: Path, kind: str) -> None:
    noise = np.random.default_rng(1).integers(0, 255, (40, 40), np.uint8)
    whole = save(tmp_path / "whole", Image.fromarray(noise), kind).read_bytes()
    for share in (0.1, 0.5, 0.9):
        path = tmp_path / f"cut{share}"
        path.write_bytes(whole[: int(len(whole) * share)])
        assert "damaged or cut-off" in said(path)


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "TIFF"])
def test_damaged_bytes_never_crash(tmp_path: Path, kind: str) -> None:
    rng = np.random.default_rng(2)
    noise = rng.integers(0, 255, (16, 16, 3), np.uint8)
    whole = np.frombuffer(save(tmp_path / "w", Image.fromarray(noise), kind).read_bytes(), np.uint8)
    path, refused = tmp_path / "x", 0
    for _ in range(150):
        broken = whole.copy()
        places = rng.integers(8, min(len(whole), 400), 4)
        broken[places] = rng.integers(0, 255, 4)
        path.write_bytes(broken.tobytes())
        try:
            pixels = read_picture(path).pixels
        except DataError:
            refused += 1
        else:
            assert pixels.min() >= 0 and pixels.max() <= 1
    assert refused > 10


def bomb(width: int, height: int) -> bytes:
    """A PNG that says it is huge and holds next to nothing."""

    def chunk(name: bytes, body: bytes) -> bytes:
        return (
            struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))
        )

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    body = zlib.compress(b"\0" * 100_000)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", body) + chunk(b"IEND", b"")
    )


@pytest.mark.parametrize("size", [(60_000, 60_000), (1_000_000, 41), (2**31 - 1, 2**31 - 1)])
def test_huge_pictures_are_refused_before_they_are_unpacked(
    tmp_path: Path, size: tuple[int, int]
) -> None:
    path = tmp_path / "x.png"
    path.write_bytes(bomb(*size))
    assert "40 million" in said(path)


def test_text_that_unpacks_to_too_much_is_refused(tmp_path: Path) -> None:
    from PIL.PngImagePlugin import PngInfo

    info = PngInfo()
    info.add_text("comment", "x" * 3_000_000, zip=True)
    assert "damaged" in said(save(tmp_path / "x.png", Image.new("L", (2, 2)), pnginfo=info))


def test_the_limit_counts_pixels_exactly(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = save(tmp_path / "x.png", Image.new("L", (10, 10)))
    monkeypatch.setattr(limits, "MAX_PIXELS", 100)
    assert read_picture(path).pixels.shape == (10, 10)
    monkeypatch.setattr(limits, "MAX_PIXELS", 99)
    assert "10 by 10" in said(path)


def test_metadata_is_named_and_never_quoted(tmp_path: Path) -> None:
    from PIL.PngImagePlugin import PngInfo

    info = PngInfo()
    info.add_text("Patient", "Anna Example")
    tags = Image.Exif()
    tags[315] = "Anna Example"
    image = Image.new("L", (4, 4))
    png = read_picture(save(tmp_path / "x.png", image, pnginfo=info, exif=tags.tobytes()))
    assert png.facts["metadata_dropped"] == ["exif", "text"]
    jpeg = read_picture(
        save(tmp_path / "x.jpg", image, "JPEG", exif=tags.tobytes(), comment=b"Anna Example")
    )
    assert jpeg.facts["metadata_dropped"] == ["comment", "exif"]
    tiff = read_picture(save(tmp_path / "x.tif", image, "TIFF", exif=tags.tobytes()))
    assert tiff.facts["metadata_dropped"] == ["TIFF tags"]
    assert "Anna" not in str((png.facts, jpeg.facts, tiff.facts))


@pytest.mark.parametrize("more", [{}, {"progressive": True}, {"optimize": True}, {"quality": 100}])
def test_a_plain_jpeg_has_no_extras(more: dict[str, Any]) -> None:
    noise = np.random.default_rng(3).integers(0, 255, (64, 64, 3), np.uint8)
    out = io.BytesIO()
    Image.fromarray(noise).save(out, "JPEG", **more)
    assert jpeg_extras(out.getvalue()) == ()
    assert jpeg_extras(out.getvalue() + b"and a letter") == ("bytes after the end",)


def test_a_plain_png_has_no_extras() -> None:
    out = io.BytesIO()
    Image.new("RGB", (5, 5)).save(out, "PNG")
    assert png_extras(out.getvalue()) == ()
    assert png_extras(out.getvalue() + b"!") == ("bytes after the end",)


def test_a_broken_exif_block_leaves_the_picture(tmp_path: Path) -> None:
    path = save(tmp_path / "x", Image.new("L", (4, 4), 255), "JPEG", exif=b"Exif\0\0MM\0*\0\0")
    assert read_picture(path).pixels.min() == 1
