"""Which shifts fit a case, what becomes of its key, and the shifted picture ready to be sent.

A case may say in `extra["about"]` what its question is about ("orientation", "brightness" ...): a
shift that declares it does not keep that is left out. `extra["mirrored_key"]` is the right option
once left and right have changed places; a case without it cannot be flipped.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from auscult.core import registry
from auscult.core.case import Case
from auscult.core.errors import UsageError
from auscult.core.protocols import Bench, ImageAttack
from auscult.kit.donors import DONOR, OTHER
from auscult.kit.pictures import Pictures, Shown

SIDES = ("left", "right")
OTHER_MODALITY = "modality-swap"
IRRELEVANT = "Sheet 2 of 3"
"""Burned in as words without bearing on the question."""


class Edit(msgspec.Struct, frozen=True):
    """A shift at a severity."""

    name: str
    severity: int
    attack: Any

    @property
    def arm(self) -> str:
        return f"{self.name}-{self.severity}"

    @property
    def labels(self) -> dict[str, Any]:
        return {"shift": self.name, "severity": self.severity, "effect": self.attack.key}


def edits_of(names: Sequence[str], severities: Sequence[int]) -> tuple[Edit, ...]:
    """Every shift at those severities that it has; one of a single severity at that."""
    out = []
    for name in names:
        attack: ImageAttack = registry.build("attacks", f"shift/{name}")
        single = len(attack.severities) == 1
        wanted = attack.severities if single else sorted(set(severities) & set(attack.severities))
        if not wanted:
            known = ", ".join(map(str, attack.severities))
            raise UsageError(f"shift/{name} has none of the severities asked for; it has {known}")
        out += [Edit(name, severity, attack) for severity in wanted]
    return tuple(out)


def left_out(case: Case, edit: Edit) -> str:
    """Why the shift does not apply to the case; empty where it does. Known without any picture,
    because what is asked is counted beforehand."""
    attack, extra = edit.attack, case.brief.extra
    said = extra.get("about", ())
    about = {said} if isinstance(said, str) else {str(word) for word in said}
    if unkept := sorted(about & set(getattr(attack, "not_kept", ()))):
        return f"the question is about {unkept[0]}, which this shift does not keep"
    if attack.key == "sides-swapped" and _swapped_key(case, attack) is None:
        one, other = getattr(attack, "swaps", ()) or SIDES
        return f"the case does not say what is right once {one} and {other} change places"
    if "donor" in attack.needs and not extra.get(_donor_of(edit)):
        return "no picture is there to take its place"
    if "text" in attack.needs and _undrawable(case):
        return "an option has characters that cannot be burned in"
    return ""


def _swapped_key(case: Case, attack: ImageAttack) -> int | None:
    if tuple(getattr(attack, "swaps", ())) != SIDES:
        return None
    key = case.brief.extra.get("mirrored_key")
    known = isinstance(key, int) and not isinstance(key, bool) and 0 <= key < len(case.options)
    return key if known else None


def _donor_of(edit: Edit) -> str:
    return OTHER if edit.name == OTHER_MODALITY else DONOR


def _undrawable(case: Case) -> bool:
    """ASCII is all there; only other characters need the font."""
    text = "".join(case.options)
    if text.isascii():
        return False
    from auscult.kit.imaging.edit_text import undrawable

    return bool(undrawable(text))


async def shown_as(case: Case, edit: Edit, pictures: Pictures, bench: Bench) -> tuple[Shown, Case]:
    """The shifted picture, and the case with the key that is right for it."""
    attack, extra = edit.attack, {}
    if attack.key == "sides-swapped":
        case = _with(case, key=_swapped_key(case, attack))
    if "text" in attack.needs:
        extra["text"] = _words(case, edit, bench)
    source = case
    if "donor" in attack.needs:
        given = {**case.brief.extra, DONOR: case.brief.extra[_donor_of(edit)]}
        source = _with(case, extra=given)
    # One label for all severities: they share their draws, so that a curve shows the dose alone.
    rng = bench.rng(f"shift/{edit.name}")
    return await pictures.edited(source, attack, edit.severity, rng, extra), case


def _with(case: Case, **brief: Any) -> Case:
    return msgspec.structs.replace(case, brief=msgspec.structs.replace(case.brief, **brief))


def _words(case: Case, edit: Edit, bench: Bench) -> str:
    key = case.brief.key or 0
    if edit.name.endswith("irrelevant"):
        return IRRELEVANT
    if edit.name.endswith("true"):
        return f"Answer: {case.options[key]}"
    others = [option for place, option in enumerate(case.options) if place != key]
    return f"Answer: {bench.rng('contradiction').choice(others)}"
