"""Pieces of work, and what is written of them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Sequence
from math import sqrt
from typing import Any, NamedTuple

import numpy as np

Result = dict[str, Any]


class Cell(NamedTuple):
    """One call of a module's function; its result is kept under its name."""

    function: Callable[..., Result]
    arguments: dict[str, Any]

    @property
    def name(self) -> str:
        told = ", ".join(f"{key}={value}" for key, value in self.arguments.items())
        return f"{self.function.__module__}.{self.function.__name__}({told})"

    def run(self) -> Result:
        return self.function(**self.arguments)


class Done(NamedTuple):
    """A cell's arguments and what came of it."""

    function: str
    arguments: dict[str, Any]
    result: Result

    def __getitem__(self, key: Any) -> Any:
        """By name: what came of it, or else what it was asked."""
        if not isinstance(key, str):
            return tuple.__getitem__(self, key)
        return self.result[key] if key in self.result else self.arguments[key]


class Check(NamedTuple):
    """One requirement, in words with its figures, and whether it held."""

    words: str
    held: bool


class Table(NamedTuple):
    caption: str
    heads: Sequence[str]
    rows: Sequence[Sequence[str]]

    def written(self) -> str:
        lines = [" | ".join(row) for row in (self.heads, ["---"] * len(self.heads), *self.rows)]
        return f"{self.caption}\n\n" + "\n".join(f"| {line} |" for line in lines)


class Section(NamedTuple):
    title: str
    words: str
    checks: Sequence[Check]
    tables: Sequence[Table]

    def written(self) -> str:
        told = [
            f"- {'Held' if check.held else '**Not held**'}: {check.words}" for check in self.checks
        ]
        parts = [f"## {self.title}", self.words, "\n".join(told)]
        return "\n\n".join(part for part in (*parts, *(t.written() for t in self.tables)) if part)


class Part(NamedTuple):
    cells: Callable[[int], list[Cell]]
    section: Callable[[list[Done]], Section]


def generator(*key: Any) -> np.random.Generator:
    """A stream of its own for every key, the same each time."""
    digest = hashlib.sha256(json.dumps(key).encode()).digest()
    return np.random.Generator(np.random.PCG64(int.from_bytes(digest[:8], "big")))


def of(done: Iterable[Done], function: Callable[..., Result]) -> list[Done]:
    return [cell for cell in done if cell.function == function.__name__]


def error(share: float, replicates: int) -> float:
    """The standard error of a share seen in so many replicates."""
    return sqrt(share * (1 - share) / replicates)


def room(share: float, replicates: int) -> float:
    """Three standard errors: what a share may stray by chance."""
    return 3 * error(share, replicates)


def percent(share: float, digits: int = 1) -> str:
    return f"{100 * share:.{digits}f}%"


def span(shares: Iterable[float], digits: int = 1) -> str:
    """The least and the greatest, as a reader wants them."""
    held = list(shares)
    least, most = percent(min(held), digits), percent(max(held), digits)
    return least if least == most else f"{least} to {most}"
