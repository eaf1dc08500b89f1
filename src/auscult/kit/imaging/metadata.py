"""Names of what a PNG or JPEG file carries beside its picture: never the values."""

from __future__ import annotations

import re

_PLAIN_CHUNKS = {
    b"IHDR", b"PLTE", b"IDAT", b"IEND", b"gAMA", b"cHRM", b"sRGB", b"sBIT", b"pHYs", b"bKGD",
    b"hIST", b"tRNS",
}  # fmt: skip
_CHUNK_NAMES = {
    b"tEXt": "text", b"zTXt": "text", b"iTXt": "text", b"eXIf": "exif", b"iCCP": "icc profile",
    b"tIME": "time", b"acTL": "animation", b"fcTL": "animation", b"fdAT": "animation",
}  # fmt: skip
_START, _END, _SCAN = 0xD8, 0xD9, 0xDA
_ALONE = {0x01, *range(0xD0, _SCAN)}
_TABLES = {0xC4, 0xCC, 0xDB, 0xDC, 0xDD, *(x for x in range(0xC0, 0xD0) if x not in (0xC8,))}
_IN_SCAN = re.compile(rb"\xff+[^\x00\xd0-\xd7\xff]", re.DOTALL)
_PHOTOSHOP, _ADOBE = 0xED, 0xEE


def png_extras(data: bytes) -> tuple[str, ...]:
    """What a PNG holds that is no picture. A file that ends too early is the decoder's to name."""
    found: set[str] = set()
    place = 8
    while place + 12 <= len(data):
        length = int.from_bytes(data[place : place + 4], "big")
        name = data[place + 4 : place + 8]
        place += 12 + length
        if name not in _PLAIN_CHUNKS:
            found.add(_CHUNK_NAMES.get(name) or f"chunk {name.decode('latin-1')!r}")
        if name == b"IEND":
            break
    if place < len(data):
        found.add("bytes after the end")
    return tuple(sorted(found))


def jpeg_extras(data: bytes) -> tuple[str, ...]:
    """What a JPEG holds that is no picture."""
    found: set[str] = set()
    place = 2
    while place + 4 <= len(data):
        if data[place] != 0xFF:
            found.add("stray bytes")
            break
        marker = data[place + 1]
        if marker == 0xFF:
            place += 1
            continue
        if marker == _END:
            if place + 2 < len(data):
                found.add("bytes after the end")
            break
        if marker in _ALONE:
            place += 2
            continue
        length = int.from_bytes(data[place + 2 : place + 4], "big")
        found |= _segment(marker, data[place + 4 : place + 2 + length])
        place += 2 + length
        if marker == _SCAN:
            after = _IN_SCAN.search(data, place)
            place = after.end() - 2 if after else len(data)
    return tuple(sorted(found))


def _segment(marker: int, body: bytes) -> set[str]:
    if marker in _TABLES or marker in (_SCAN, _ADOBE):
        return set()
    if marker == 0xFE:
        return {"comment"}
    if marker == 0xE0:
        plain = body.startswith(b"JFIF\x00") and len(body) == 14 and body[12:14] == b"\x00\x00"
        return set() if plain else {"thumbnail"}
    if marker == 0xE1:
        return {"exif"} if body.startswith(b"Exif") else {"xmp"}
    if marker == 0xE2:
        return {"icc profile"} if body.startswith(b"ICC_PROFILE") else {"further pictures"}
    if marker == _PHOTOSHOP:
        return {"photoshop or IPTC fields"}
    return {f"segment {marker:#04x}"}
