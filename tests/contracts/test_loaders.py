"""What every loader owes: one clear sentence for a file that is none of its own."""

from __future__ import annotations

from pathlib import Path

import pytest

from auscult.core import registry
from auscult.core.errors import UsageError
from auscult.core.protocols import Loader

LOADERS = sorted(registry.plugins("data"))
BAD: dict[str, bytes] = {
    "empty": b"",
    "blank": b"\n\n \n",
    "cut short": b'{"question": "Which vitamin is',
    "not text": bytes(range(128, 256)) * 40,
    "utf-16": "question,A,B,answer\n".encode("utf-16"),
    "compressed": b"\x1f\x8b\x08\x00\x00\x00\x00\x00",
    "wrong shape": b'[1, 2, {"a": null}]\n',
    "one endless line": b"x" * 1_000_000,
    "deep": b"[" * 100_000,
    "nulls": b"\x00" * 64,
}
by_loader = pytest.mark.parametrize("name", LOADERS)


def read(name: str, path: Path) -> str:
    """What the loader says of this file. Anything but a UsageError is a fault of the loader."""
    loader: Loader = registry.build("data", name)
    with pytest.raises(UsageError) as said:
        list(loader.load(path, {}))
    return str(said.value)


@by_loader
@pytest.mark.parametrize("what", BAD)
@pytest.mark.parametrize("suffix", ["jsonl", "json", "csv"])
def test_a_bad_file_gets_a_sentence(name: str, what: str, suffix: str, tmp_path: Path) -> None:
    path = tmp_path / f"bad.{suffix}"
    path.write_bytes(BAD[what])
    said = read(name, path)
    assert "bad" in said and len(said) < 2000


@by_loader
def test_a_file_that_is_not_there_and_a_folder_get_a_sentence(name: str, tmp_path: Path) -> None:
    assert "nowhere" in read(name, tmp_path / "nowhere.csv")
    (tmp_path / "folder.csv").mkdir()
    assert "folder" in read(name, tmp_path / "folder.csv")


@by_loader
def test_an_unknown_option_is_refused_by_name(name: str, tmp_path: Path) -> None:
    path = tmp_path / "data.csv"
    path.write_text("question,A,B,answer\nWhich?,x,y,A\n", encoding="utf-8")
    loader: Loader = registry.build("data", name)
    with pytest.raises(UsageError, match="nonsense"):
        list(loader.load(path, {"nonsense": 1}))
