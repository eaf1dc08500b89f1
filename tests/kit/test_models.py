"""The catalogue of models, with a tiny one in it. Wheels are made here; pip runs offline."""

from __future__ import annotations

import fcntl
import hashlib
import os
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from tiny_model import WHOLE, Shelf, slices, write_wheel

from auscult.core.errors import RunError, UsageError
from auscult.kit import models
from auscult.kit.wheel_fetch import join

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
    cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache.mkdir()
    (cache / "tiny.gguf").write_bytes(WHOLE[:-1] + b"!")
    state = models.check("tiny")
    assert (state.state, state.bytes) == ("corrupt", len(WHOLE))
    assert state.sha256 != state.expected_sha256
    monkeypatch.setattr(
        models, "join", lambda what, where, **rest: join(what, where, fetch=Shelf())
    )
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
