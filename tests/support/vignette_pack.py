"""The pack of bias vignettes and every attack on the telling of one, for tests."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from auscult.core import registry
from auscult.core.case import Case
from auscult.kit.bias.shapes import TellingAttack


@cache
def vignettes() -> tuple[Case, ...]:
    return tuple(registry.build("data", "vignettes").load(Path("bias"), {}))


def vignette(name: str) -> Case:
    return next(case for case in vignettes() if case.id == name)


@cache
def attacks() -> dict[str, TellingAttack]:
    names = [name for name in sorted(registry.plugins("attacks")) if name.startswith("bias/")]
    return {name: registry.build("attacks", name) for name in names}
