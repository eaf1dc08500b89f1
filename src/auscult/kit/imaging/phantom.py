"""Phantoms: pictures drawn by code, whose properties are chosen first and so known by construction.

A kind has three properties: the first with three levels, the others with two. The pictures of a
kind walk through all twelve combinations in an order whose every six are balanced, so that no
property tells of another and no constant answer does better than chance. What is drawn only looks
like a modality: a phantom says whether a model sees, never whether it reads medical pictures.

Nothing here draws: the drawing code, with numpy, is reached through `draw`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from auscult.core.errors import UsageError
from auscult.core.registry import did_you_mean

CELLS = 12
"""Combinations of levels; a number of pictures that is a multiple of 6 keeps all answers even."""
MIRROR = {"left": "right", "right": "left"}


class Property(msgspec.Struct, frozen=True):
    """One thing that can be asked of a picture, and the levels it is drawn at."""

    name: str
    levels: tuple[str, ...]


class Kind(msgspec.Struct, frozen=True):
    name: str
    look: str
    """What it is drawn to look like, as in "looks like ..."."""
    modality: str
    """The DICOM code of the modality it is drawn to look like."""
    region: str
    properties: tuple[Property, Property, Property]


class Phantom(msgspec.Struct, frozen=True):
    """`facts` holds the levels asked for, and what else was drawn (counts, sizes in pixels)."""

    pixels: Any
    """float32 in [0, 1]: (h, w), or (h, w, 3) where the modality has colour."""
    facts: dict[str, Any]


_SIDED = ("none", "left", "right")
_KINDS = (
    Kind(
        "chest", "a frontal chest radiograph", "CR", "chest",
        (
            Property("opacity", _SIDED),
            Property("heart", ("normal", "wide")),
            Property("fluid", ("absent", "present")),
        ),
    ),
    Kind(
        "abdomen", "an axial CT slice of the abdomen", "CT", "abdomen",
        (
            Property("lesion", _SIDED),
            Property("density", ("dark", "bright")),
            Property("size", ("small", "large")),
        ),
    ),
    Kind(
        "brain", "an axial MR slice of the head", "MR", "brain",
        (
            Property("lesion", _SIDED),
            Property("ventricles", ("narrow", "wide")),
            Property("form", ("solid", "ring")),
        ),
    ),
    Kind(
        "fundus", "a photograph of the retina", "OP", "retina",
        (
            Property("dots", ("none", "few", "many")),
            Property("disc", ("left", "right")),
            Property("cup", ("small", "large")),
        ),
    ),
    Kind(
        "skin", "a dermatoscopic picture of a pigmented spot", "DMS", "skin",
        (
            Property("colours", ("one", "two", "three")),
            Property("outline", ("even", "lopsided")),
            Property("border", ("sharp", "blurred")),
        ),
    ),
    Kind(
        "ultrasound", "an ultrasound scan of the abdomen", "US", "abdomen",
        (
            Property("cyst", _SIDED),
            Property("shape", ("round", "oval")),
            Property("spot", ("absent", "present")),
        ),
    ),
    Kind(
        "histology", "a stained tissue section under the microscope", "SM", "",
        (
            Property("nuclei", ("few", "some", "many")),
            Property("denser", ("left", "right")),
            Property("form", ("round", "elongated")),
        ),
    ),
    Kind(
        "bone", "a radiograph of the two bones of a forearm", "DX", "upper-limb",
        (
            Property("fracture", _SIDED),
            Property("course", ("level", "slanting")),
            Property("plate", ("absent", "present")),
        ),
    ),
    Kind(
        "ecg", "one lead of an electrocardiogram on paper", "ECG", "heart",
        (
            Property("beats", ("few", "some", "many")),
            Property("rhythm", ("regular", "irregular")),
            Property("wide", ("absent", "present")),
        ),
    ),
)  # fmt: skip


def kinds() -> tuple[Kind, ...]:
    return _KINDS


def kind_of(name: str) -> Kind:
    for kind in _KINDS:
        if kind.name == name:
            return kind
    known = [kind.name for kind in _KINDS]
    raise UsageError(f"no kind of phantom is named '{name}'" + did_you_mean(name, known))


def cell(number: int) -> tuple[int, int, int]:
    """The levels' indices of a kind's picture. Six in a row hold each level equally often."""
    place = number % CELLS
    first, second = place % 3, place % 6 // 3
    return first, second, (first + second + place // 6) % 2


def levels_of(kind: Kind, number: int) -> dict[str, str]:
    """The level of each property in the kind's picture of that number."""
    chosen = zip(kind.properties, cell(number), strict=True)
    return {prop.name: prop.levels[index] for prop, index in chosen}


def draw(kind: Kind, levels: Mapping[str, str], seed: int) -> Phantom:
    """The same levels and seed give the same picture."""
    from auscult.kit.imaging import (
        phantom_radiographs,
        phantom_sections,
        phantom_surfaces,
        phantom_traces,
    )

    drawings = {
        **phantom_radiographs.DRAWINGS,
        **phantom_sections.DRAWINGS,
        **phantom_surfaces.DRAWINGS,
        **phantom_traces.DRAWINGS,
    }
    _check(kind, levels)
    pixels, more = drawings[kind.name](levels, seed)
    return Phantom(pixels, {**levels, **more})


def _check(kind: Kind, levels: Mapping[str, str]) -> None:
    for prop in kind.properties:
        if levels.get(prop.name) not in prop.levels:
            raise UsageError(
                f"a phantom '{kind.name}' needs '{prop.name}' to be one of "
                f"{', '.join(prop.levels)}; found '{levels.get(prop.name)}'"
            )
