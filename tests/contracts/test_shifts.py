"""What every edit of a picture owes, whoever wrote it: its declared invariants, run by code over
pictures of many kinds. Found through the registry, so a new file is tested unasked."""

from __future__ import annotations

import inspect
from functools import cache
from random import Random
from typing import Any, get_args

import numpy as np
import pytest

from auscult.core import registry
from auscult.core.errors import UsageError
from auscult.core.protocols import ImageAttack, KeyEffect
from auscult.kit.imaging.edit_checks import CHECKS, Specimen, broken_promises, natural_picture

WORDS = "No acute finding"


def needs_nothing(build: Any) -> bool:
    given = inspect.signature(build).parameters.values()
    return all(p.default is not p.empty for p in given)


@cache
def image_attacks() -> dict[str, ImageAttack]:
    """Attacks on text may be built with options; they are no business of this file."""
    found = {}
    for name in sorted(registry.plugins("attacks")):
        build = registry.module_of("attacks", name).build
        if needs_nothing(build) and isinstance(attack := build(), ImageAttack):
            found[name] = attack
    return found


NAMES = sorted(image_attacks())


@cache
def pictures() -> dict[str, Any]:
    """Each as float32; the odd ones are those that break code written for square colour."""
    odd = {
        "one pixel": natural_picture(1, 1),
        "one colour pixel": natural_picture(1, 1, colour=True),
        "a strip": natural_picture(3, 500),
        "an upright colour strip": natural_picture(500, 3, colour=True),
        "black": np.zeros((40, 33), dtype=np.float32),
        "black colour": np.zeros((40, 33, 3), dtype=np.float32),
        "white": np.ones((33, 40), dtype=np.float32),
        "white colour": np.ones((33, 40, 3), dtype=np.float32),
        "every second column": natural_picture(48, 96)[:, ::2],
    }
    return {**natural(), **odd}


def natural() -> dict[str, Any]:
    return {
        "grey": natural_picture(112, 144),
        "colour": natural_picture(112, 144, colour=True),
    }


def donors() -> dict[str, Any]:
    return {
        "grey donor": natural_picture(90, 120, seed=9),
        "colour donor": natural_picture(120, 70, colour=True, seed=9),
        "donor of one pixel": natural_picture(1, 1, seed=9),
    }


def specimen(pixels: Any, donor: str = "grey donor") -> Specimen:
    return Specimen(pixels, Random, {"donor": donors()[donor], "text": WORDS}, seed=4)


def test_there_are_image_attacks() -> None:
    assert {"shift/gaussian-noise", "shift/flip-horizontal", "shift/wrong-patient"} <= set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_it_says_what_it_is(name: str) -> None:
    attack = image_attacks()[name]
    assert attack.name == name and attack.version
    assert attack.changes.endswith(".") and len(attack.changes) > 20
    assert attack.key in get_args(KeyEffect)
    assert attack.severities in ((1,), (1, 2, 3, 4, 5))
    assert set(attack.needs) <= {"donor", "text"}


@pytest.mark.parametrize("name", NAMES)
def test_it_promises_the_least_that_is_owed(name: str) -> None:
    promised = set(image_attacks()[name].invariants)
    assert promised <= set(CHECKS)
    assert promised >= {"in-range", "input-untouched", "deterministic", "changes-something"}
    assert len(promised & {"same-shape", "same-size"}) == 1
    assert len(promised & {"seeded", "seed-free"}) == 1
    if len(image_attacks()[name].severities) > 1:
        assert "distance-grows" in promised, "severities are ordered from mild to strong"


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("picture", natural())
def test_it_keeps_its_promises(name: str, picture: str) -> None:
    assert broken_promises(image_attacks()[name], specimen(natural()[picture])) == []


@pytest.mark.parametrize("picture", [name for name in pictures() if name not in natural()])
@pytest.mark.parametrize("name", NAMES)
def test_it_keeps_them_on_odd_pictures_too(name: str, picture: str) -> None:
    given = specimen(pictures()[picture])
    assert broken_promises(image_attacks()[name], given, structure=False) == []


@pytest.mark.parametrize("donor", donors())
@pytest.mark.parametrize("name", [n for n in NAMES if "donor" in image_attacks()[n].needs])
def test_any_donor_will_do(name: str, donor: str) -> None:
    for pixels in natural().values():
        given = specimen(pixels, donor)
        assert broken_promises(image_attacks()[name], given, structure=False) == []


@pytest.mark.parametrize("name", NAMES)
def test_what_it_cannot_do_is_a_usage_error(name: str) -> None:
    attack, pixels = image_attacks()[name], natural()["grey"]
    full = specimen(pixels).extra
    with pytest.raises(UsageError, match="severity 9"):
        attack.edit(pixels, 9, Random(1), full)
    for need in attack.needs:
        less = {key: value for key, value in full.items() if key != need}
        with pytest.raises(UsageError, match=need):
            attack.edit(pixels, 1, Random(1), less)
    for wrong in (pixels.astype(np.float64), pixels[None], pixels * 255, pixels * np.nan):
        with pytest.raises(UsageError, match="picture"):
            attack.edit(wrong, 1, Random(1), full)
    with pytest.raises(UsageError, match="shape"):
        attack.edit(pixels[:0], 1, Random(1), full)
