"""What holds for all that leaves a run: no NaN, no broken text, no secret, no half file."""

from __future__ import annotations

import math
import os
import re
from pathlib import Path
from typing import Any, TypeVar

import msgspec

WITHHELD = "[withheld]"
_SECRET_NAME = re.compile(
    r"(?:^|[_\-. ])(?:(?:api|access|secret|private|subscription)[_\-]?key"
    r"|secret|password|passwd|token|authorization|bearer)$",
    re.IGNORECASE,
)
_SECRET_IN_TEXT = re.compile(
    r"(?P<name>(?:api[_\-]?key|secret|password|passwd|token|authorization)[=:]\s*)"
    r"(?:bearer\s+)?[^\s&'\"]+",
    re.IGNORECASE,
)
_USER_IN_URL = re.compile(r"(?P<scheme>[a-z][a-z0-9+.\-]*://)[^\s/@]+@", re.IGNORECASE)
SURROGATE = re.compile("[\ud800-\udfff]")

S = TypeVar("S", bound=msgspec.Struct)
T = TypeVar("T")


def clean(record: S) -> S:
    """A copy in which every NaN or infinity is None and every lone surrogate is replaced, so that
    it can be encoded and read back by any JSON parser."""
    whole: S = msgspec.convert(_cleaned(msgspec.to_builtins(record)), type(record))
    return whole


def _cleaned(value: Any) -> Any:
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, str):
        return SURROGATE.sub("\ufffd", value)
    if isinstance(value, dict):
        return {_cleaned(key): _cleaned(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_cleaned(item) for item in value]
    return value


def withhold_secrets(value: T) -> T:
    """The last of several guards: targets keep secrets out of what they print, and this makes sure
    of what a user wrote into a plan's options or a command line."""
    found: Any = _without_secrets(value)
    checked: T = found
    return checked


def _without_secrets(value: Any) -> Any:
    if isinstance(value, str):
        hidden = _SECRET_IN_TEXT.sub(lambda m: m["name"] + WITHHELD, value)
        return _USER_IN_URL.sub(lambda m: f"{m['scheme']}{WITHHELD}@", hidden)
    if isinstance(value, dict):
        return {
            key: WITHHELD
            if item and isinstance(item, str) and _SECRET_NAME.search(str(key))
            else _without_secrets(item)
            for key, item in value.items()
        }
    if isinstance(value, list | tuple):
        return [_without_secrets(item) for item in value]
    return value


def write_atomic(path: Path, body: bytes) -> Path:
    """A reader finds the old file or the new one, never half of one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    half = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with half.open("wb") as stream:
            stream.write(body)
            stream.flush()
            os.fsync(stream.fileno())
        half.replace(path)
    finally:
        half.unlink(missing_ok=True)
    return path
