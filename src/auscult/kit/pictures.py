"""The picture of a case, as it is and as its controls have it, ready to be sent.

- `clean`: as the file has it, prepared once (`kit.imaging.prepare`);
- `none`: no picture, the question alone;
- `grey`: a mid-grey picture of the same size, so that only what is seen is missing;
- `shuffled`: another case's picture (`kit.donors`);
- `edited`: by an image attack at a severity.

Every one gives a `Shown`. Where a picture cannot be sent (none there, unreadable, burned-in text,
no donor) its `reason` says why, and the suite records the arm as not applicable.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from pathlib import Path
from random import Random  # noqa: TID251 -- the type; the draws are the bench's
from typing import Any, Literal

import msgspec

from auscult.core.case import Case, ImageRef
from auscult.core.errors import DataError
from auscult.core.message import ImagePart
from auscult.core.protocols import Abilities, ImageAttack
from auscult.kit.donors import DONOR, OTHER
from auscult.kit.imaging.prepare import ImageDesk, ImageLimits, Prepared, read_cleared

GREY = 0.5


class Shown(msgspec.Struct, frozen=True):
    parts: tuple[ImagePart, ...] = ()
    reason: str = ""
    """Why it cannot be shown; empty where it can."""
    facts: dict[str, Any] = {}


NONE = Shown()


def limits_of(
    max_side: int = 1024, burned_in: Literal["block", "allow"] = "block", cleared: str = ""
) -> ImageLimits:
    """From the options of a suite; `cleared` names a file of sha256 sums."""
    sums = read_cleared(Path(cleared)) if cleared else frozenset()
    return ImageLimits(max_side=max_side, burned_in=burned_in, cleared=sums)


class Pictures:
    """One for a suite: what is prepared once stays in a bounded cache."""

    def __init__(self, limits: ImageLimits | None = None) -> None:
        self._desk = ImageDesk(limits or ImageLimits())

    async def clean(self, case: Case) -> Shown:
        return await self._prepared(case.images)

    async def shuffled(self, case: Case) -> Shown:
        return await self._other(case, DONOR, "no other picture is there to take its place")

    async def other_modality(self, case: Case) -> Shown:
        return await self._other(case, OTHER, "no picture of another modality is there")

    async def grey(self, case: Case) -> Shown:
        """The size is kept: what a target does with a picture may depend on it. Blocked where the
        clean picture is, because a control without its arm says nothing."""
        whole = await self.clean(case)
        if whole.reason:
            return whole
        parts = []
        for ref in case.images:
            picture = await self._desk.pixels(ref)
            grey = await asyncio.to_thread(_grey, picture.pixels)
            parts.append(await self._desk.encoded(grey))
        return Shown(tuple(parts))

    async def edited(
        self,
        case: Case,
        attack: ImageAttack,
        severity: int,
        rng: Random,
        extra: Mapping[str, Any] | None = None,
    ) -> Shown:
        """Blocked where the clean picture is: an edit does not clear burned-in text. What the
        attack takes from another picture is blocked where that one is."""
        whole = await self.clean(case)
        if whole.reason:
            return whole
        given = dict(extra or {})
        if "donor" in attack.needs and "donor" not in given:
            donor = await self.shuffled(case)
            if donor.reason:
                return donor
            ref = ImageRef(str(case.brief.extra[DONOR]))
            given["donor"] = (await self._desk.pixels(ref)).pixels
        parts = []
        for ref in case.images:
            pixels = (await self._desk.pixels(ref)).pixels
            changed = await asyncio.to_thread(attack.edit, pixels, severity, rng, given)
            parts.append(await self._desk.encoded(changed))
        return Shown(tuple(parts))

    async def _other(self, case: Case, which: str, why_none: str) -> Shown:
        path = str(case.brief.extra.get(which, ""))
        return await self._prepared((ImageRef(path),)) if path else Shown(reason=why_none)

    async def _prepared(self, refs: tuple[ImageRef, ...]) -> Shown:
        if reason := missing(refs):
            return Shown(reason=reason)
        found: list[Prepared] = []
        for ref in refs:
            try:
                found.append(await self._desk.prepared(ref))
            except DataError as wrong:  # of one file, which must not end the run of all
                return Shown(reason=str(wrong))
        blocked = next((one.blocked for one in found if one.blocked), "")
        if blocked:
            return Shown(reason=blocked)
        return Shown(tuple(one.part for one in found), facts=found[0].facts if found else {})


def missing(refs: tuple[ImageRef, ...]) -> str:
    gone = [ref.path for ref in refs if not Path(ref.path).is_file()]
    return f"the picture '{Path(gone[0]).name}' is missing" if gone else ""


def why_not(case: Case, abilities: Abilities, *, text_only: bool = False) -> str:
    """Why a case with a picture cannot be put to this target; empty where it can. `text_only`
    lets a case whose picture is missing be asked in words alone."""
    if case.brief.extra.get("image_missing") and not text_only:
        return "its picture is missing"
    if case.images and not abilities.images:
        return "the target takes no images"
    return ""


def _grey(pixels: Any) -> Any:
    import numpy as np

    return np.full_like(pixels, GREY)
