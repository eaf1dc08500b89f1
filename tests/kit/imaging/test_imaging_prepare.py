"""What suites are given: within the limits, prepared once, and nothing with a name on."""

from __future__ import annotations

import asyncio
import hashlib
import io
import os
from pathlib import Path
from typing import Any

import numpy as np
import pydicom
import pytest
from PIL import Image, ImageDraw, ImageFont

from auscult.core.case import ImageRef
from auscult.core.errors import DataError
from auscult.kit.imaging import prepare
from auscult.kit.imaging.prepare import ImageDesk, ImageLimits, encode, read_cleared
from auscult.kit.imaging.read import ReadOptions

DICOM = Path(pydicom.__file__).parent / "data" / "test_files" / "CT_small.dcm"


def noise(height: int = 40, width: int = 60, seed: int = 1) -> Any:
    return np.random.default_rng(seed).integers(0, 255, (height, width, 3), np.uint8)


def save(path: Path, values: Any, kind: str = "PNG", **more: Any) -> ImageRef:
    Image.fromarray(values).save(path, kind, **more)
    return ImageRef(str(path))


def named(path: Path) -> ImageRef:
    """A picture with a name on it."""
    image = Image.new("L", (300, 80))
    ImageDraw.Draw(image).text((5, 5), "EXAMPLE ANNA", fill=255, font=ImageFont.load_default(18))
    image.save(path, "PNG")
    return ImageRef(str(path))


def shown(data: bytes) -> Any:
    return np.asarray(Image.open(io.BytesIO(data)))


@pytest.mark.parametrize("kind", ["PNG", "JPEG"])
async def test_a_plain_picture_passes_as_it_is(tmp_path: Path, kind: str) -> None:
    ref = save(tmp_path / "x", noise(), kind)
    prepared = await ImageDesk().prepared(ref)
    data = Path(ref.path).read_bytes()
    assert prepared.part.data == data and prepared.facts["sent"] == "as it is"
    assert prepared.part.media_type == f"image/{kind.lower()}" and prepared.blocked == ""
    assert prepared.part.digest == hashlib.sha256(data).hexdigest()


async def test_metadata_is_never_sent(tmp_path: Path) -> None:
    tags = Image.Exif()
    tags[315] = "Anna Example"
    for kind in ("PNG", "JPEG"):
        ref = save(tmp_path / kind, noise(), kind, exif=tags.tobytes())
        assert b"Anna" in Path(ref.path).read_bytes()
        prepared = await ImageDesk().prepared(ref)
        assert b"Anna" not in prepared.part.data and prepared.facts["sent"] == "encoded again"
        before = shown(Path(ref.path).read_bytes())
        assert np.array_equal(shown(prepared.part.data), before)


@pytest.mark.parametrize("mode", ["RGBA", "I;16"])
async def test_what_endpoints_may_not_take_is_encoded_again(tmp_path: Path, mode: str) -> None:
    values = np.zeros((8, 8, 4), np.uint8) if mode == "RGBA" else np.zeros((8, 8), np.uint16)
    prepared = await ImageDesk().prepared(save(tmp_path / "x", values))
    assert prepared.facts["sent"] == "encoded again"
    assert Image.open(io.BytesIO(prepared.part.data)).mode in ("L", "RGB")


async def test_resizing_keeps_the_shape_and_is_recorded(tmp_path: Path) -> None:
    ref = save(tmp_path / "x", noise(100, 250))
    prepared = await ImageDesk(ImageLimits(max_side=50)).prepared(ref)
    assert prepared.facts["resized"] == {"from": [250, 100], "to": [50, 20]}
    assert Image.open(io.BytesIO(prepared.part.data)).size == (50, 20)
    whole = await ImageDesk(ImageLimits(max_side=250)).prepared(ref)
    assert "resized" not in whole.facts


async def test_the_pixels_are_those_that_are_sent(tmp_path: Path) -> None:
    desk = ImageDesk(ImageLimits(max_side=30))
    ref = save(tmp_path / "x", noise())
    picture, prepared = await desk.pixels(ref), await desk.prepared(ref)
    assert np.array_equal(np.rint(picture.pixels * 255), shown(prepared.part.data))
    assert desk.decoded == 1
    with pytest.raises(ValueError, match="read-only"):
        picture.pixels[0, 0] = 0
    part = await desk.encoded(picture.pixels)
    assert part == prepared.part


async def test_dicom_leaves_as_a_png_without_its_header() -> None:
    prepared = await ImageDesk().prepared(ImageRef(str(DICOM)))
    assert prepared.part.media_type == "image/png"
    assert prepared.facts["modality"] == "CT" and prepared.facts["identifiers_dropped"]
    name = str(pydicom.dcmread(DICOM).PatientName).encode()
    assert name and name in DICOM.read_bytes() and name not in prepared.part.data


async def test_burned_in_text_blocks_until_it_is_cleared(tmp_path: Path) -> None:
    ref = named(tmp_path / "x.png")
    data = Path(ref.path).read_bytes()
    digest = hashlib.sha256(data).hexdigest()
    desk = ImageDesk()
    blocked = await desk.prepared(ref)
    assert blocked.part.data == b"" and blocked.facts["sent"] == "blocked"
    assert ref.path in blocked.blocked and digest in blocked.blocked
    with pytest.raises(DataError, match="is not sent"):
        await desk.pixels(ref)
    cleared = await ImageDesk(ImageLimits(cleared=frozenset({digest}))).prepared(ref)
    assert cleared.blocked == "" and cleared.part.data == data
    assert cleared.facts["burned_in"].endswith("cleared") and cleared.facts["burned_in_boxes"]
    allowed = await ImageDesk(ImageLimits(burned_in="allow")).prepared(ref)
    assert allowed.part.data == data and allowed.facts["burned_in"] == "not looked for"


async def test_text_is_looked_for_before_the_picture_is_made_small(tmp_path: Path) -> None:
    blocked = await ImageDesk(ImageLimits(max_side=40)).prepared(named(tmp_path / "x.png"))
    assert blocked.blocked


async def test_the_headers_own_word_blocks(tmp_path: Path) -> None:
    data = pydicom.dcmread(DICOM)
    data.BurnedInAnnotation = "YES"
    path = tmp_path / "x"
    data.save_as(path)
    blocked = await ImageDesk().prepared(ImageRef(str(path)))
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    assert "its header says" in blocked.blocked and digest in blocked.blocked
    limits = ImageLimits(cleared=frozenset({digest}))
    assert (await ImageDesk(limits).prepared(ImageRef(str(path)))).blocked == ""


async def test_two_who_ask_at_once_share_one_preparation(tmp_path: Path) -> None:
    ref = save(tmp_path / "x", noise())
    desk = ImageDesk()
    parts = await asyncio.gather(*(desk.prepared(ref) for _ in range(20)), desk.pixels(ref))
    assert desk.decoded == 1 and all(p is parts[0] for p in parts[:20])


async def test_one_who_gives_up_leaves_the_picture_to_the_others(tmp_path: Path) -> None:
    ref = save(tmp_path / "x", noise())
    desk = ImageDesk()
    first = asyncio.ensure_future(desk.prepared(ref))
    second = asyncio.ensure_future(desk.prepared(ref))
    await asyncio.sleep(0)
    first.cancel()
    assert (await second).part.data and first.cancelled() and desk.decoded == 1


async def test_a_changed_file_is_read_again(tmp_path: Path) -> None:
    path = tmp_path / "x"
    desk = ImageDesk()
    before = await desk.prepared(save(path, noise(seed=1)))
    after = save(path, noise(seed=2))
    os.utime(path, ns=(1, 1))
    assert (await desk.prepared(after)).part != before.part and desk.decoded == 2


async def test_options_are_part_of_what_is_remembered(tmp_path: Path) -> None:
    pages = [Image.fromarray(noise(seed=n)) for n in range(2)]
    pages[0].save(tmp_path / "x", "TIFF", save_all=True, append_images=pages[1:])
    desk, ref = ImageDesk(), ImageRef(str(tmp_path / "x"))
    first, second = [await desk.prepared(ref, ReadOptions(page=n)) for n in range(2)]
    assert first.part != second.part and desk.decoded == 2


async def test_the_cache_is_bounded_by_bytes_and_drops_the_oldest(tmp_path: Path) -> None:
    refs = [save(tmp_path / str(n), noise(seed=n)) for n in range(4)]
    one = (await ImageDesk().pixels(refs[0])).pixels.nbytes
    one += Path(refs[0].path).stat().st_size
    desk = ImageDesk(cache_bytes=int(one * 2.5))
    for ref in (refs[0], refs[1], refs[0], refs[2]):
        await desk.prepared(ref)
    assert desk.decoded == 3
    await desk.prepared(refs[0])
    assert desk.decoded == 3
    await desk.prepared(refs[1])
    assert desk.decoded == 4
    none = ImageDesk(cache_bytes=10)
    await none.prepared(refs[0])
    await none.prepared(refs[0])
    assert none.decoded == 2


async def test_an_error_is_not_remembered(tmp_path: Path) -> None:
    path = tmp_path / "x"
    desk = ImageDesk()
    with pytest.raises(DataError, match="cannot be read"):
        await desk.prepared(ImageRef(str(path)))
    assert (await desk.prepared(save(path, noise()))).part.data


def test_a_desk_outlives_its_event_loop(tmp_path: Path) -> None:
    refs = [save(tmp_path / str(n), noise(seed=n)) for n in range(6)]
    desk = ImageDesk()

    async def all_of_them() -> list[Any]:
        return await asyncio.gather(*(desk.prepared(ref) for ref in refs))

    assert asyncio.run(all_of_them()) == asyncio.run(all_of_them())
    assert desk.decoded == 6


async def test_few_pictures_are_worked_on_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    refs = [save(tmp_path / str(n), noise(seed=n)) for n in range(12)]
    make, now, most = prepare._make, 0, 0

    def counted(*given: Any) -> Any:
        nonlocal now, most
        now += 1
        most = max(most, now)
        try:
            return make(*given)
        finally:
            now -= 1

    monkeypatch.setattr(prepare, "_make", counted)
    desk = ImageDesk()
    await asyncio.gather(*(desk.prepared(ref) for ref in refs))
    assert 1 <= most <= prepare.AT_ONCE


@pytest.mark.parametrize("kind", ["image/png", "image/jpeg"])
def test_encoding_is_deterministic_and_clips(kind: Any) -> None:
    pixels = np.linspace(-0.5, 1.5, 300, dtype=np.float32).reshape(10, 30)
    part = encode(pixels, kind)
    assert part == encode(pixels.copy(), kind) and part.media_type == kind
    values = shown(part.data)
    assert values.min() < 3 and values.max() > 252 and values.shape == (10, 30)
    assert pixels.min() == -0.5


def test_the_list_of_cleared_files(tmp_path: Path) -> None:
    digest = "ab" * 32
    path = tmp_path / "cleared.txt"
    path.write_text(f"# looked at by A.\n{digest.upper()}  scan 1.png\n\n{'0' * 64} # ruler\n")
    assert read_cleared(path) == {digest, "0" * 64}
    path.write_text(f"{digest}\nscan.png\n")
    with pytest.raises(DataError, match="line 2"):
        read_cleared(path)
    with pytest.raises(DataError, match="cannot be read"):
        read_cleared(tmp_path / "none")


def test_limits_that_make_no_sense() -> None:
    with pytest.raises(ValueError, match="max_side is 0"):
        ImageLimits(max_side=0)
