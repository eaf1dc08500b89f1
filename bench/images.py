"""Pictures: memory and time of 10,000 image questions, and how well burned-in text is found.

usage: python bench/images.py desk [COUNT]      COUNT different 1 MB pictures through an ImageDesk
       python bench/images.py engine [COUNT]    the same pictures through a whole run
       python bench/images.py text              text drawn on made pictures, and the same without
       python bench/images.py text FOLDER       how many pictures of a folder are suspected

The pictures are noise, every one different: 1,000 by 1,000 grey in an uncompressed PNG of 1.0 MB.
They are written to a temporary folder (10 GB for 10,000; the run's ledger takes as much again) and
removed. Nothing is asserted; the figures are printed.
"""

from __future__ import annotations

import asyncio
import csv
import io
import json
import struct
import sys
import tempfile
import time
import zlib
from collections import defaultdict
from collections.abc import Callable
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np

from measure import run, stub

SIDE = 1000
AT_ONCE = 64
ANSWER_S = 0.02
"""How long a picture is held while its question is answered."""
DEFAULT = 10_000


# --- made pictures ----------------------------------------------------------------------------


def chunk(name: bytes, body: bytes) -> bytes:
    whole = name + body
    return struct.pack(">I", len(body)) + whole + struct.pack(">I", zlib.crc32(whole))


def noise_png(rng: np.random.Generator) -> bytes:
    rows = np.zeros((SIDE, SIDE + 1), np.uint8)
    rows[:, 1:] = rng.integers(0, 256, (SIDE, SIDE), np.uint8)
    header = struct.pack(">IIBBBBB", SIDE, SIDE, 8, 0, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(rows.tobytes(), 0)) + chunk(b"IEND", b"")
    )  # fmt: skip


def make(folder: Path, count: int) -> None:
    rng = np.random.default_rng(1)
    with (folder / "questions.csv").open("w", newline="") as file:
        out = csv.writer(file)
        out.writerow(["id", "question", "A", "B", "answer", "image"])
        for number in range(count):
            (folder / f"{number}.png").write_bytes(noise_png(rng))
            out.writerow([number, f"Is picture {number} noise?", "yes", "no", "A", f"{number}.png"])


# --- memory -----------------------------------------------------------------------------------


async def ask_all(folder: Path, burned_in: Any) -> dict[str, Any]:
    """64 askers; each holds its picture while the answer is waited for."""
    from auscult.core.case import ImageRef
    from auscult.kit.imaging.prepare import ImageDesk, ImageLimits

    desk = ImageDesk(ImageLimits(burned_in=burned_in))
    paths = iter(sorted(folder.glob("*.png")))
    asked = held = blocked = 0

    async def asker() -> None:
        nonlocal asked, held, blocked
        for path in paths:
            prepared = await desk.prepared(ImageRef(str(path)))
            held += len(prepared.part.data)
            blocked += bool(prepared.blocked)
            await asyncio.sleep(ANSWER_S)
            asked += 1

    await asyncio.gather(*(asker() for _ in range(AT_ONCE)))
    return {"pictures": asked, "bytes": held, "blocked": blocked}


def with_pictures(measure: Callable[[Path, Path, int], None], count: int) -> None:
    with tempfile.TemporaryDirectory() as name:
        pictures = Path(name) / "pictures"
        pictures.mkdir()
        make(pictures, count)
        measure(Path(name), pictures, count)


def desk(work: Path, pictures: Path, count: int) -> None:
    for burned_in in ("allow", "block"):
        used = run(work, [sys.executable, __file__, "child", pictures, burned_in], on=())
        print(
            f"desk, {count} pictures of 1.0 MB, {AT_ONCE} at once, burned-in text "
            f"{'looked for' if burned_in == 'block' else 'not looked for'}: peak "
            f"{used.peak_mb:.0f} MB, {used.wall:.1f} s, "
            f"{1000 * used.cpu / count:.1f} ms of CPU a picture; {used.output.strip()}"
        )


def engine(work: Path, pictures: Path, count: int) -> None:
    """The whole command with its report, the suite `knowledge`, one ask a case."""
    folder = work / "run"
    with stub(work) as seen:
        command = [
            Path(sys.executable).parent / "auscult", "audit", "knowledge",
            "--data", f"table={pictures / 'questions.csv'}", "--target", "openai/m",
            "--base-url", seen["url"], "--concurrency", str(AT_ONCE),
            "--suite-option", "repeats=1", "--suite-option", "options_only=false",
            "--out", folder, "--yes",
        ]  # fmt: skip
        used = run(work, command)
    ledger = sum(path.stat().st_size for path in folder.glob("run.db*"))
    print(
        f"engine, {count} cases, {seen['served']} calls served with "
        f"{seen['body_bytes'] / 1e6:.0f} MB: peak {used.peak_mb:.0f} MB, {used.wall:.1f} s, "
        f"{1000 * used.cpu / count:.1f} ms of CPU a case, ledger {ledger / 1e6:.0f} MB"
    )


# --- burned-in text ---------------------------------------------------------------------------

SIZES = (9, 11, 14, 18, 24, 36)
INKS = (0.1, 0.2, 0.5, 1.0)
CLEAR = 0.5
WORDS = ("EXAMPLE^ANNA 02.04.1961", "Smith, John 72Y M", "ID 0044711 St Elsewhere", "Acc 99120-7")
GROUNDS = ("black", "grey", "gradient", "noise 2%", "noise 5%", "noise 10%", "body", "lungs")


def ground(kind: str, rng: np.random.Generator) -> Any:
    """512 by 512, in [0, 1]. A body is an ellipse with a bright rim and blurred texture."""
    from scipy import ndimage

    y, x = np.mgrid[-1:1:512j, -1:1:512j]
    level = rng.uniform(0.15, 0.6)
    if kind in ("black", "grey"):
        made = np.full(x.shape, 0.0 if kind == "black" else level)
    elif kind == "gradient":
        made = level + 0.3 * x * rng.choice([-1, 1]) + 0.1 * y
    elif kind.startswith("noise"):
        made = rng.normal(level, float(kind.split()[1].strip("%")) / 100, x.shape)
    else:
        rim = (x / 0.7) ** 2 + (y / 0.9) ** 2
        folds = ndimage.gaussian_filter(rng.normal(size=x.shape), rng.uniform(2, 6))
        made = (rim < 1) * (0.4 + 0.12 * folds / folds.std()) + 0.5 * ((rim > 0.92) & (rim < 1))
        if kind == "lungs":
            fields = (((np.abs(x) - 0.33) / 0.24) ** 2 + (y / 0.6) ** 2 < 1) * 1.0
            ribs = 0.12 * (np.sin(y * 22 + 6 * x**2) > 0.6)
            made = np.where(rim < 1.4, 0.75, 0.1) - 0.45 * fields + ribs
        made = ndimage.gaussian_filter(made, 1) + rng.normal(0, 0.01, x.shape)
    return np.clip(made, 0, 1).astype(np.float32)


def write(pixels: Any, size: int, ink: float, rng: np.random.Generator) -> Any:
    """Words in a corner, lighter than what is there or, where that is bright, darker."""
    from PIL import Image, ImageDraw, ImageFont

    height, width = pixels.shape
    mask = Image.new("L", (width, height))
    font, words = ImageFont.load_default(size), WORDS[rng.integers(len(WORDS))]
    pen = ImageDraw.Draw(mask)
    _, _, right, bottom = (int(n) for n in pen.textbbox((0, 0), words, font=font))
    left = int(rng.choice([5, max(5, width - right - 6)]))
    top = int(rng.choice([5, height - bottom - 6]))
    pen.text((left, top), words, fill=255, font=font)
    share = np.asarray(mask, np.float32) / 255
    there = float(np.median(pixels[top : top + bottom, left : left + right]))
    tone = there + ink if there + ink <= 1 or there < 0.5 else there - ink
    return np.clip(pixels * (1 - share) + share * np.clip(tone, 0, 1), 0, 1)


def as_jpeg(pixels: Any, quality: int) -> Any:
    from PIL import Image

    out = io.BytesIO()
    Image.fromarray((pixels * 255).astype(np.uint8)).save(out, "JPEG", quality=quality)
    return np.asarray(Image.open(out), np.float32) / 255


def text(repeats: int = 6) -> None:
    rng = np.random.default_rng(2026)
    false = without_text(rng, repeats * len(SIZES))
    every = [hit for hits in false.values() for hit in hits]
    print(f"false alarms without text: {share(every)}")
    for kind, hits in false.items():
        if any(hits):
            print(f"  on {kind}: {share(hits)}")
    for (what, value), hits in with_text(rng, repeats).items():
        print(f"found, {what} {value}: {share(hits)}")


def both_files(pixels: Any) -> list[tuple[str, bool]]:
    from auscult.kit.imaging.burned_in import suspect_text

    looks = (("as drawn", pixels), ("JPEG 75", as_jpeg(pixels, 75)))
    return [(name, bool(suspect_text(look))) for name, look in looks]


def without_text(rng: np.random.Generator, repeats: int) -> dict[str, list[bool]]:
    found: dict[str, list[bool]] = defaultdict(list)
    for kind in GROUNDS:
        for _ in range(repeats):
            for name, hit in both_files(ground(kind, rng)):
                found[f"{kind}, {name}"].append(hit)
    return found


def with_text(rng: np.random.Generator, repeats: int) -> dict[tuple[str, Any], list[bool]]:
    found: dict[tuple[str, Any], list[bool]] = defaultdict(list)
    for kind, size, ink, _ in product(GROUNDS, SIZES, INKS, range(repeats)):
        for name, hit in both_files(write(ground(kind, rng), size, ink, rng)):
            found[("contrast", ink)].append(hit)
            if ink >= CLEAR:
                found[(f"contrast {CLEAR} and more, ground", kind)].append(hit)
                found[(f"contrast {CLEAR} and more, file", name)].append(hit)
                found[(f"contrast {CLEAR} and more, size", size)].append(hit)
    return dict(sorted(found.items(), key=str))


def share(hits: list[bool]) -> str:
    return f"{sum(hits)} of {len(hits)} ({sum(hits) / max(1, len(hits)):.1%})"


def folder_of_pictures(folder: Path) -> None:
    from auscult.core.errors import AuditError
    from auscult.kit.imaging.burned_in import suspect_text
    from auscult.kit.imaging.read import read_picture

    suspected, unread, seconds = [], 0, []
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    for path in files:
        try:
            pixels = read_picture(path).pixels
        except AuditError:
            unread += 1
            continue
        began = time.perf_counter()
        if found := suspect_text(pixels):
            suspected.append(path)
            print(f"{path.relative_to(folder)}: {len(found.boxes)} places, {found.share:.2%}")
        seconds.append(time.perf_counter() - began)
    mean = 1000 * sum(seconds) / max(1, len(seconds))
    print(
        f"{len(suspected)} of {len(seconds)} pictures suspected, {unread} files not read, "
        f"{mean:.0f} ms a picture"
    )


def main(words: list[str]) -> None:
    match words:
        case ["child", pictures, burned_in]:
            print(json.dumps(asyncio.run(ask_all(Path(pictures), burned_in))))
        case ["desk", *count]:
            with_pictures(desk, int(count[0]) if count else DEFAULT)
        case ["engine", *count]:
            with_pictures(engine, int(count[0]) if count else DEFAULT)
        case ["text"]:
            text()
        case ["text", folder]:
            folder_of_pictures(Path(folder))
        case _:
            print(__doc__)


if __name__ == "__main__":
    main(sys.argv[1:])
