"""Every check that contracts rely on fails when its promise is broken."""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Any

import numpy as np
import pytest

from auscult.kit.imaging.edit_checks import CHECKS, Specimen, broken_promises, natural_picture

Edit = Callable[[Any, int, Random, Any], Any]


class Fake:
    """An attack with one promise."""

    name = "shift/fake"
    version = "1"
    changes = "Does what a test wants."
    key = "kept"
    needs = ()

    def __init__(self, invariant: str, edit: Edit, severities: tuple[int, ...]) -> None:
        self.invariants = (invariant,)
        self.severities = severities
        self.edit = edit


def noisy(pixels: Any, severity: int, rng: Random, extra: Any) -> Any:
    noise = np.random.default_rng(rng.getrandbits(32)).random(pixels.shape, dtype=np.float32)
    return (pixels + severity * noise) / (severity + 1)


def copied(pixels: Any, severity: int, rng: Random, extra: Any) -> Any:
    return pixels.copy()


def in_place(pixels: Any, severity: int, rng: Random, extra: Any) -> Any:
    pixels *= np.float32(0.5)
    return pixels.copy()


def frozen_copy(pixels: Any, severity: int, rng: Random, extra: Any) -> Any:
    out = pixels.copy()
    out.flags.writeable = False
    return out


class Counting:
    """Gives another picture at every call."""

    calls = 0

    def __call__(self, pixels: Any, severity: int, rng: Random, extra: Any) -> Any:
        self.calls += 1
        return pixels / np.float32(self.calls)


BROKEN: list[tuple[str, Edit]] = [
    ("same-shape", lambda p, s, r, e: p[1:].copy()),
    ("same-shape", lambda p, s, r, e: np.stack([p, p, p], axis=-1)),
    ("same-size", lambda p, s, r, e: p[:, 1:].copy()),
    ("same-size", lambda p, s, r, e: np.stack([p, p], axis=-1)),
    ("in-range", lambda p, s, r, e: p * np.float32(1.5)),
    ("in-range", lambda p, s, r, e: p - np.float32(0.2)),
    ("in-range", lambda p, s, r, e: p.astype(np.float64)),
    ("in-range", lambda p, s, r, e: p * np.float32("nan")),
    ("input-untouched", in_place),
    ("input-untouched", lambda p, s, r, e: p[::-1]),
    ("input-untouched", lambda p, s, r, e: e["donor"]),
    ("input-untouched", frozen_copy),
    ("deterministic", Counting()),
    ("seed-free", noisy),
    ("own-inverse", lambda p, s, r, e: np.roll(p, 1)),
    ("keeps-values", lambda p, s, r, e: p**2),
    ("keeps-order", lambda p, s, r, e: 1 - p),
    ("keeps-mean", lambda p, s, r, e: p / 2),
    ("only-brighter", lambda p, s, r, e: p / 2),
    ("black-stays", lambda p, s, r, e: np.maximum(p, np.float32(0.1))),
    ("input-independent", lambda p, s, r, e: np.full_like(p, p[0, 0])),
    ("seeded", lambda p, s, r, e: p / 2),
    ("changes-something", copied),
    ("distance-grows", lambda p, s, r, e: noisy(p, 4 - s, r, e)),
    ("distance-grows", lambda p, s, r, e: noisy(p, 1, r, e)),
    ("local", noisy),
]
KEPT: dict[str, Edit] = {
    "own-inverse": lambda p, s, r, e: p[::-1].copy(),
    "keeps-values": lambda p, s, r, e: p.T.copy().reshape(p.shape),
    "keeps-order": lambda p, s, r, e: p**2,
    "keeps-mean": lambda p, s, r, e: p[::-1].copy(),
    "only-brighter": lambda p, s, r, e: p**0.5,
    "black-stays": lambda p, s, r, e: p**2,
    "input-independent": lambda p, s, r, e: np.zeros_like(p),
    "seed-free": copied,
    "seeded": noisy,
    "changes-something": noisy,
    "distance-grows": noisy,
    "local": lambda p, s, r, e: np.where(np.arange(p.shape[1]) < 3, np.float32(1.0), p),
}


def specimen() -> Specimen:
    pixels = natural_picture(40, 50)
    pixels[:3, :3] = 0.0
    return Specimen(pixels, Random, {"donor": natural_picture(40, 50, seed=2)})


def faults(invariant: str, edit: Edit) -> list[str]:
    return broken_promises(Fake(invariant, edit, (1, 2, 3)), specimen())  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("invariant", "edit"), BROKEN, ids=[f"{i}-{n}" for n, (i, _) in enumerate(BROKEN)]
)
def test_a_broken_promise_is_found(invariant: str, edit: Edit) -> None:
    (fault,) = faults(invariant, edit)
    assert fault.startswith(f"shift/fake: {invariant}: severity ")


@pytest.mark.parametrize("invariant", CHECKS)
def test_a_promise_that_is_kept_is_no_fault(invariant: str) -> None:
    assert faults(invariant, KEPT.get(invariant, copied)) == []


def test_every_check_has_been_seen_to_fail() -> None:
    assert {invariant for invariant, _ in BROKEN} == set(CHECKS)


def test_an_unknown_promise_is_a_fault() -> None:
    assert faults("keeps-its-temper", copied) == [
        "shift/fake: no check is named 'keeps-its-temper'"
    ]


def test_a_blank_picture_is_asked_only_what_holds_of_it() -> None:
    blank = Specimen(np.zeros((5, 5), dtype=np.float32), Random)
    idle = Fake("changes-something", copied, (1,))
    assert broken_promises(idle, blank, structure=False) == []  # type: ignore[arg-type]
    assert broken_promises(idle, blank)  # type: ignore[arg-type]


@pytest.mark.parametrize("colour", [False, True])
@pytest.mark.parametrize(("height", "width"), [(1, 1), (1, 7), (3, 500), (64, 48)])
def test_the_natural_picture_comes_in_every_size(height: int, width: int, colour: bool) -> None:
    pixels = natural_picture(height, width, colour=colour)
    assert pixels.shape == ((height, width, 3) if colour else (height, width))
    assert pixels.dtype == np.float32 and 0.0 <= pixels.min() <= pixels.max() <= 1.0
    assert np.array_equal(pixels, natural_picture(height, width, colour=colour))
