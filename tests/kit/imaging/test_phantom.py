"""What is drawn is what was asked for: the same every time, in range, and measurable."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter
from itertools import product
from typing import Any

import numpy as np
import pytest
from processes import environment
from vision_measure import measure

from auscult.core.errors import UsageError
from auscult.kit.anatomy import NAMES
from auscult.kit.imaging.phantom import CELLS, cell, draw, kind_of, kinds, levels_of
from auscult.kit.imaging.phantom_questions import questions
from auscult.kit.modalities import CODES

KINDS = [kind.name for kind in kinds()]
UNSEEN = range(100, 106)
"""Pictures of no starter pack: half of the levels' combinations, with seeds of their own."""


def read(name: str, seen: dict[str, Any]) -> dict[str, str]:
    """The measurement in the words of the levels."""
    side = seen.get("side") or "none"
    count = int(seen.get("count", 0))

    def pick(found: Any, yes: str, no: str) -> str:
        return yes if found else no

    return {
        "chest": lambda: {
            "opacity": side,
            "heart": pick(seen["heart"] > 0.5, "wide", "normal"),
            "fluid": pick(seen["fluid"], "present", "absent"),
        },
        "abdomen": lambda: {
            "lesion": side,
            "density": pick(seen["darker"], "dark", "bright"),
            "size": pick(seen["width"] > 0.125, "large", "small"),
        },
        "brain": lambda: {
            "lesion": side,
            "ventricles": pick(seen["ventricles"] > 0.25, "wide", "narrow"),
            "form": pick(seen["ring"], "ring", "solid"),
        },
        "fundus": lambda: {
            "dots": "none" if not count else pick(count > 6, "many", "few"),
            "disc": side,
            "cup": pick(seen["cup"] > 0.5, "large", "small"),
        },
        "skin": lambda: {
            "colours": ("one", "two", "three")[len(seen["colours"]) - 1],
            "outline": pick(seen["uneven"] > 0.06, "lopsided", "even"),
            "border": pick(seen["border"] < 5, "sharp", "blurred"),
        },
        "ultrasound": lambda: {
            "cyst": side,
            "shape": pick(seen["oval"], "oval", "round"),
            "spot": pick(seen["spot"], "present", "absent"),
        },
        "histology": lambda: {
            "nuclei": pick(count < 20, "few", pick(count > 50, "many", "some")),
            "denser": side,
            "form": pick(seen["elongated"], "elongated", "round"),
        },
        "bone": lambda: {
            "fracture": side,
            "course": pick(seen["slanting"], "slanting", "level"),
            "plate": pick(seen["plate"], "present", "absent"),
        },
        "ecg": lambda: {
            "beats": pick(count < 6, "few", pick(count > 9, "many", "some")),
            "rhythm": pick(seen["uneven"] < 0.12, "regular", "irregular"),
            "wide": pick(seen["wide"], "present", "absent"),
        },
    }[name]()


LOOK = {"fundus": "retina", "histology": "tissue", "bone": "forearm", "ecg": "trace"}


@pytest.mark.parametrize("name", KINDS)
def test_what_was_asked_for_can_be_measured_from_the_pixels(name: str) -> None:
    kind = kind_of(name)
    for number in UNSEEN:
        levels = levels_of(kind, number)
        pixels = draw(kind, levels, number).pixels
        colour = pixels if pixels.ndim == 3 else np.stack([pixels] * 3, axis=2)
        found = read(name, measure(LOOK.get(name, name), colour))
        if levels[kind.properties[0].name] == "none":  # nothing there whose form could be measured
            found = {k: v for k, v in found.items() if k in _always(name)}
        assert found == {k: levels[k] for k in found}, number


def _always(name: str) -> set[str]:
    """Properties that can be measured of every picture of a kind."""
    return {
        "chest": {"opacity", "heart", "fluid"},
        "abdomen": {"lesion"},
        "brain": {"lesion", "ventricles"},
        "fundus": {"dots", "disc", "cup"},
        "ultrasound": {"cyst"},
        "bone": {"fracture", "plate"},
    }[name]


@pytest.mark.parametrize("name", KINDS)
def test_a_seed_gives_one_picture(name: str) -> None:
    kind = kind_of(name)
    levels = levels_of(kind, 1)
    first, again, other = (draw(kind, levels, seed) for seed in (7, 7, 8))
    assert np.array_equal(first.pixels, again.pixels) and first.facts == again.facts
    assert np.abs(first.pixels - other.pixels).mean() > 0.005
    assert first.pixels.dtype == np.float32
    assert first.pixels.min() >= 0 and first.pixels.max() <= 1 and np.ptp(first.pixels) > 0.5
    assert first.facts.items() >= levels.items()


def test_counts_are_drawn_as_told() -> None:
    for name, fact in (("fundus", "dot_count"), ("histology", "nucleus_count")):
        kind = kind_of(name)
        for number in range(6):
            phantom = draw(kind, levels_of(kind, number), number)
            colour = phantom.pixels
            seen = measure(LOOK[name], colour)
            assert seen["count"] == phantom.facts[fact], (name, number)


def test_twelve_pictures_are_every_combination_and_six_are_balanced() -> None:
    assert {cell(n) for n in range(CELLS)} == set(product(range(3), range(2), range(2)))
    for start in (0, 6, 18):
        six = [cell(n) for n in range(start, start + 6)]
        for place, levels in enumerate((3, 2, 2)):
            assert Counter(at[place] for at in six) == dict.fromkeys(range(levels), 6 // levels)


def test_codes_are_those_of_the_vocabularies() -> None:
    assert {kind.modality for kind in kinds()} <= CODES
    assert {kind.region for kind in kinds()} - {""} <= NAMES
    assert len({kind.modality for kind in kinds()}) == 9


def test_the_mirrored_key_is_the_key_of_the_mirrored_picture() -> None:
    """The picture that has the other side's level asks the same question, with that key."""
    compared = 0
    for kind in kinds():
        by_levels = {
            tuple(levels_of(kind, n).values()): {a.name: a for a in questions(kind, n)}
            for n in range(CELLS)
        }
        swap = {"left": "right", "right": "left"}
        for levels, asked in by_levels.items():
            mirrored = by_levels[tuple(swap.get(level, level) for level in levels)]
            for name in asked.keys() & mirrored.keys():
                compared += 1
                assert asked[name].mirrored_key == mirrored[name].key
                if asked[name].task == "open":
                    assert asked[name].mirrored_reference == mirrored[name].reference
    assert compared > 300


def test_a_level_that_is_none_is_refused() -> None:
    with pytest.raises(UsageError, match="'opacity' to be one of none, left, right"):
        draw(kind_of("chest"), {**levels_of(kind_of("chest"), 0), "opacity": "above"}, 0)
    with pytest.raises(UsageError, match="Did you mean 'chest'"):
        kind_of("chesst")


def test_questions_need_no_drawing_code() -> None:
    script = (
        "import sys\n"
        "from auscult.kit.imaging.phantom import kind_of\n"
        "from auscult.kit.imaging.phantom_questions import questions\n"
        "assert list(questions(kind_of('chest'), 1))\n"
        "assert not {'numpy', 'scipy', 'PIL'} & set(sys.modules)\n"
    )
    subprocess.run([sys.executable, "-c", script], env=environment(), check=True, timeout=60)
