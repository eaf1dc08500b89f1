"""What suites ask for pictures: read once, within the target's limits, without what a file says
beside the picture, and not at all while text is suspected in it.

An `ImageDesk` belongs to one run: it holds what was lately prepared, up to a number of bytes, and
two that ask for the same picture at once wait for one preparation.
"""

from __future__ import annotations

import asyncio
import hashlib
import io
from collections import OrderedDict
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import msgspec

from auscult.core.case import ImageRef
from auscult.core.errors import DataError
from auscult.core.message import ImagePart
from auscult.kit.imaging.read import Format, Picture, ReadOptions, format_of, read_picture

if TYPE_CHECKING:
    from auscult.kit.imaging.burned_in import Suspicion

MediaType = Literal["image/png", "image/jpeg"]
AT_ONCE = 2
"""Pictures worked on at a time: what is being decoded is what memory is needed for."""
JPEG_QUALITY = 92
_SUITABLE = {"png": ("L", "RGB", "P", "1"), "jpeg": ("L", "RGB")}
_EIGHT_BITS, _SHA256 = 8, 64


class ImageLimits(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """What a target takes, and what may be sent to it."""

    max_side: int = 1024
    media_type: MediaType = "image/png"
    burned_in: Literal["block", "allow"] = "block"
    cleared: frozenset[str] = frozenset()
    """sha256 of files that a person has looked at and found free of names."""

    def __post_init__(self) -> None:
        if self.max_side < 1:
            raise ValueError(f"max_side is {self.max_side}; give 1 or more")


class Prepared(msgspec.Struct, frozen=True):
    part: ImagePart
    """Empty where `blocked`, so that nothing can be sent by oversight."""
    facts: dict[str, Any]
    blocked: str = ""
    """Why the picture must not be sent and how to clear it; "" where it may."""


class _Ready(msgspec.Struct, frozen=True):
    prepared: Prepared
    picture: Picture

    @property
    def size(self) -> int:
        return len(self.prepared.part.data) + int(self.picture.pixels.nbytes)


_Place = tuple[str, ReadOptions]
_Key = tuple[str, int, int, ReadOptions]


class ImageDesk:
    """Prepares pictures in threads. It serves one event loop at a time."""

    def __init__(self, limits: ImageLimits | None = None, cache_bytes: int = 64_000_000) -> None:
        self.limits = limits or ImageLimits()
        self.decoded = 0
        """Pictures read from disk so far."""
        self._most = cache_bytes
        self._held = 0
        self._cache: OrderedDict[_Key, _Ready] = OrderedDict()
        self._under_way: dict[_Place, asyncio.Task[_Ready]] = {}
        self._turns = asyncio.Semaphore(AT_ONCE)
        self._loop: asyncio.AbstractEventLoop | None = None

    async def prepared(self, ref: ImageRef, options: ReadOptions | None = None) -> Prepared:
        """The picture as it is sent; `blocked` says where it must not be."""
        return (await self._ready(ref, options or ReadOptions())).prepared

    async def pixels(self, ref: ImageRef, options: ReadOptions | None = None) -> Picture:
        """The pixels that are sent, resized already: an edit's strength is then the strength the
        target sees. Read-only. A blocked picture is an error here: ask `prepared` first."""
        ready = await self._ready(ref, options or ReadOptions())
        if ready.prepared.blocked:
            raise DataError(ready.prepared.blocked)
        return ready.picture

    async def encoded(self, pixels: Any) -> ImagePart:
        """Edited pixels as a part of a message, within the limits."""
        async with self._turn():
            return await asyncio.to_thread(_fitted_part, pixels, self.limits)

    def _turn(self) -> asyncio.Semaphore:
        loop = asyncio.get_running_loop()
        if self._loop is not loop:
            self._loop, self._turns, self._under_way = loop, asyncio.Semaphore(AT_ONCE), {}
        return self._turns

    async def _ready(self, ref: ImageRef, options: ReadOptions) -> _Ready:
        turn, place = self._turn(), (ref.path, options)
        task = self._under_way.get(place)
        if task is None:
            task = asyncio.ensure_future(self._found_or_made(place, turn))
            self._under_way[place] = task
            task.add_done_callback(lambda ended: self._ended(place, ended))
        # Shielded: one asker that gives up must not take the picture from the others.
        return await asyncio.shield(task)

    def _ended(self, place: _Place, task: asyncio.Task[_Ready]) -> None:
        self._under_way.pop(place, None)
        if not task.cancelled():
            task.exception()  # seen: all who asked may have given up

    async def _found_or_made(self, place: _Place, turn: asyncio.Semaphore) -> _Ready:
        path, options = Path(place[0]), place[1]
        key = (place[0], *await asyncio.to_thread(_stamp, path), options)
        if key in self._cache:
            self._cache.move_to_end(key)
            return self._cache[key]
        async with turn:
            ready = await asyncio.to_thread(_make, path, options, self.limits)
        self.decoded += 1
        self._keep(key, ready)
        return ready

    def _keep(self, key: _Key, ready: _Ready) -> None:
        if ready.size > self._most:
            return
        self._cache[key] = ready
        self._held += ready.size
        while self._held > self._most:
            _, dropped = self._cache.popitem(last=False)
            self._held -= dropped.size


def encode(pixels: Any, media_type: MediaType = "image/png") -> ImagePart:
    """Eight bits a channel, no metadata; the same pixels give the same bytes."""
    import numpy as np
    from PIL import Image

    eight = np.rint(np.clip(pixels, 0.0, 1.0) * np.float32(255)).astype(np.uint8)
    out = io.BytesIO()
    image = Image.fromarray(eight)
    if media_type == "image/png":
        image.save(out, "PNG", compress_level=6)
    else:
        image.save(out, "JPEG", quality=JPEG_QUALITY, subsampling=0)
    return ImagePart.of(out.getvalue(), media_type)


def read_cleared(path: Path) -> frozenset[str]:
    """A file of sha256 sums, one a line, as `sha256sum` writes them; # starts a comment."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as wrong:
        raise DataError(f"the list of cleared images '{path}' cannot be read ({wrong})") from None
    found = set()
    for number, line in enumerate(lines, 1):
        word = line.partition("#")[0].strip().partition(" ")[0].lower()
        if not word:
            continue
        if len(word) != _SHA256 or set(word) - set("0123456789abcdef"):
            raise DataError(
                f"line {number} of '{path}' does not start with a sha256 sum; "
                "write what `sha256sum FILE` prints"
            )
        found.add(word)
    return frozenset(found)


# --- in a thread ------------------------------------------------------------------------------


def _stamp(path: Path) -> tuple[int, int]:
    try:
        seen = path.stat()
    except OSError as wrong:
        raise DataError(
            f"the image '{path}' cannot be read ({wrong.strerror}); check the path in the data set"
        ) from None
    return seen.st_size, seen.st_mtime_ns


def _make(path: Path, options: ReadOptions, limits: ImageLimits) -> _Ready:
    kind = format_of(path)
    data, picture = b"", None
    if kind in _SUITABLE:  # read once: what was looked at is what is sent
        from auscult.kit.imaging.raster import decode, read_bytes

        data = read_bytes(path)
        picture = decode(data, path, kind, options)
    picture = picture or read_picture(path, options)
    facts = dict(picture.facts)
    blocked = _blocked(path, data, picture, limits, facts)
    height, width = picture.pixels.shape[:2]
    fits = max(height, width) <= limits.max_side
    small = _read_only(_fitted(picture.pixels, limits.max_side))
    if not fits:
        facts["resized"] = {"from": [width, height], "to": [small.shape[1], small.shape[0]]}
    if blocked:
        part, facts["sent"] = ImagePart.of(b"", limits.media_type), "blocked"
    elif fits and _as_it_is(kind, facts):
        part, facts["sent"] = ImagePart.of(data, f"image/{kind}"), "as it is"
    else:
        part, facts["sent"] = encode(small, limits.media_type), "encoded again"
    return _Ready(Prepared(part, facts, blocked), Picture(small, facts))


def _as_it_is(kind: Format, facts: dict[str, Any]) -> bool:
    """Upright, of eight bits, and nothing in the file but the picture."""
    if kind not in _SUITABLE or facts["mode"] not in _SUITABLE[kind] or facts["bits"] > _EIGHT_BITS:
        return False
    return not facts["metadata_dropped"] and not facts.keys() & {"alpha", "turned_by_exif", "exif"}


def _blocked(
    path: Path, data: bytes, picture: Picture, limits: ImageLimits, facts: dict[str, Any]
) -> str:
    """Why the picture must not be sent, after `facts` were told what was found."""
    tagged = facts.get("burned_in_tag") == "YES"
    if limits.burned_in == "allow":
        facts["burned_in"] = "not looked for"
        return ""
    suspicion = _suspicion(picture.pixels)
    if not tagged and not suspicion:
        facts["burned_in"] = "none suspected"
        return ""
    found = _sentence_part(suspicion, tagged)
    facts["burned_in"] = found
    facts["burned_in_boxes"] = [list(box) for box in suspicion.boxes]
    facts["sha256"] = digest = _sha256(path, data)
    if digest in limits.cleared:
        facts["burned_in"] = f"{found}; cleared"
        return ""
    return (
        f"the image '{path}' is not sent: {found}; look at it, and if it names nobody list its "
        f'sha256 {digest} in the file of cleared images, or set burned_in = "allow"'
    )


def _sentence_part(suspicion: Suspicion, tagged: bool) -> str:
    if tagged:
        return "its header says that text is burned in"
    count = len(suspicion.boxes)
    return f"text may be burned in at {count} place{'s' if count > 1 else ''}"


def _suspicion(pixels: Any) -> Suspicion:
    from auscult.kit.imaging.burned_in import suspect_text

    return suspect_text(pixels)


def _sha256(path: Path, data: bytes) -> str:
    if data:
        return hashlib.sha256(data).hexdigest()
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _fitted(pixels: Any, max_side: int) -> Any:
    from auscult.kit.imaging.scale import fitted

    return fitted(pixels, max_side)


def _fitted_part(pixels: Any, limits: ImageLimits) -> ImagePart:
    return encode(_fitted(pixels, limits.max_side), limits.media_type)


def _read_only(pixels: Any) -> Any:
    pixels.setflags(write=False)
    return pixels
