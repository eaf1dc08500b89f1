"""Phantoms: pictures drawn by code, with questions whose answers are true by construction.

The path is the name of the set, "starter". Nothing is read from it: the pictures are drawn the
first time and kept as PNG files in the user's cache folder. They only look like medical pictures,
so they tell whether a model sees, and never count as clinical coverage: every brief says
`extra["phantom"]`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import msgspec

from auscult.core.case import Brief, Case, ImageRef, Source
from auscult.core.errors import DataError
from auscult.kit.imaging.phantom import CELLS, Kind, kind_of, kinds, levels_of
from auscult.kit.imaging.phantom_files import MEDIA_TYPE, PictureFolder, picture_id
from auscult.kit.imaging.phantom_questions import Asked, Task, questions
from auscult.kit.options import parse_options

STARTER = "starter"


def build() -> Phantoms:
    return Phantoms()


class Options(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    count: int = CELLS
    """Pictures of each kind. A multiple of 6 keeps the answers of every question even."""
    kinds: tuple[str, ...] = ()
    """Only these; empty for all."""
    tasks: tuple[Task, ...] = ()
    """Only questions of these tasks; empty for all."""

    def __post_init__(self) -> None:
        if self.count < 1:
            raise ValueError(f"count is {self.count}; give 1 or more")


class Phantoms:
    takes_names = True
    """A path is the name of a set, such as "starter"."""

    def load(self, path: Path, options: Mapping[str, Any]) -> Iterator[Case]:
        wanted = parse_options(options, Options, "phantoms options")
        if path.name != STARTER or path.parent not in (Path(), Path.cwd()):
            raise DataError(
                f"'{path}' is no set of phantoms: they are drawn, not read; write "
                f"phantoms={STARTER}"
            )
        chosen = {kind_of(name).name for name in wanted.kinds}
        drawn = [kind for kind in kinds() if not chosen or kind.name in chosen]
        cases = _cases(drawn, wanted.count)
        return (case for case in cases if not wanted.tasks or case.brief.task in wanted.tasks)


def _cases(drawn: list[Kind], count: int) -> Iterator[Case]:
    folder = PictureFolder()
    for kind in drawn:
        for number in range(count):
            image = ImageRef(str(folder.picture(kind, number)), MEDIA_TYPE)
            for asked in questions(kind, number):
                yield _case(kind, number, asked, image)


def _case(kind: Kind, number: int, asked: Asked, image: ImageRef) -> Case:
    picture = picture_id(kind, number)
    brief = Brief(
        key=asked.key,
        reference=asked.reference,
        cluster=picture,
        modality=kind.modality,
        region=kind.region,
        task=asked.task,
        source=Source(f"Auscult phantom, drawn to look like {kind.look}", "phantom"),
        licence="Apache-2.0",
        extra=_extra(kind, number, asked),
    )
    return Case(
        f"{picture}-{asked.name}",
        f"The picture looks like {kind.look}.",
        asked.text,
        asked.options,
        (image,),
        brief=brief,
    )


def _extra(kind: Kind, number: int, asked: Asked) -> dict[str, Any]:
    extra: dict[str, Any] = {
        "phantom": True,
        "kind": kind.name,
        "question": f"{kind.name}/{asked.name}",
        "levels": levels_of(kind, number),
    }
    if asked.side:
        extra["laterality"] = asked.side
    if asked.mirrored_key is not None:
        extra["mirrored_key"] = asked.mirrored_key
    if asked.mirrored_reference:
        extra["mirrored_reference"] = asked.mirrored_reference
    return extra
