"""What an edit of a picture may promise, as checks that code runs: `invariants` names them.

A check returns an empty string where the promise holds and a sentence where it does not. Those in
`ALWAYS` hold of any picture whatever; those in `WHERE_THERE_IS_STRUCTURE` say that something comes
of the edit, so they are asked on a picture that has something to lose. A plugin of a third party is
checked the same way: `broken_promises(attack, specimen(...))`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import pairwise
from random import Random  # noqa: TID251 -- the type; the caller says how a seed becomes one
from typing import Any

import msgspec

from auscult.core.protocols import ImageAttack
from auscult.kit.imaging.edit import mean_difference

OTHER_SEEDS = 8
"""An edit that draws one of two sides agrees with itself by chance; not so often."""
ROUNDING = 1e-5


class Specimen(msgspec.Struct, frozen=True):
    """What a check is run on. `rng_of` makes draws of a seed; `random.Random` does."""

    pixels: Any
    rng_of: Callable[[int], Random]
    extra: Mapping[str, Any] = {}
    seed: int = 1


Check = Callable[[ImageAttack, Specimen], str]


def natural_picture(height: int, width: int, *, colour: bool = False, seed: int = 1) -> Any:
    """Made by code: a bright body on a dark ground, with the spectrum of natural textures, an edge
    and fine detail, so that every kind of damage shows."""
    import numpy as np

    draws = np.random.default_rng(seed)
    down, across = np.linspace(-1, 1, height)[:, None], np.linspace(-1, 1, width)
    common = _texture(draws, height, width)
    planes = []
    for tilt in (0.0, 0.15, 0.3)[: 3 if colour else 1]:
        body = ((down / 0.85) ** 2 + ((across - tilt / 4) / 0.7) ** 2 < 1.0) * (0.45 + tilt / 2)
        organ = (((down + 0.2) / 0.2) ** 2 + ((across - 0.25) / 0.15) ** 2 < 1.0) * 0.25
        planes.append(body + organ + 0.11 * common + 0.02 * _texture(draws, height, width))
    whole = np.stack(planes, axis=-1) if colour else planes[0]
    return np.clip(0.08 + whole, 0.0, 1.0).astype(np.float32)


def _texture(draws: Any, height: int, width: int) -> Any:
    """Noise whose amplitude falls as one over the frequency; mean 0, standard deviation 1."""
    import numpy as np

    frequency = np.hypot(np.fft.fftfreq(height)[:, None], np.fft.rfftfreq(width))
    frequency[0, 0] = np.inf
    waves = np.fft.rfft2(draws.standard_normal((height, width))) / frequency
    field = np.fft.irfft2(waves, (height, width))
    return field / (field.std() or 1.0)


def edited(attack: ImageAttack, it: Specimen, severity: int, seed: int | None = None) -> Any:
    rng = it.rng_of(it.seed if seed is None else seed)
    return attack.edit(it.pixels, severity, rng, it.extra)


def broken_promises(attack: ImageAttack, it: Specimen, *, structure: bool = True) -> list[str]:
    """Every invariant the attack declares and does not keep on this specimen. Without `structure`
    only those are asked that hold even of a black picture."""
    asked = {**ALWAYS, **WHERE_THERE_IS_STRUCTURE} if structure else ALWAYS
    known = {**ALWAYS, **WHERE_THERE_IS_STRUCTURE}
    faults = []
    for name in attack.invariants:
        if name not in known:
            faults.append(f"{attack.name}: no check is named '{name}'")
        elif name in asked and (fault := asked[name](attack, it)):
            faults.append(f"{attack.name}: {name}: {fault}")
    return faults


# --- of any picture -----------------------------------------------------------------------------


def same_shape(attack: ImageAttack, it: Specimen) -> str:
    for severity in attack.severities:
        shape = edited(attack, it, severity).shape
        if shape != it.pixels.shape:
            return f"severity {severity} makes {shape} of {it.pixels.shape}"
    return ""


def same_size(attack: ImageAttack, it: Specimen) -> str:
    height, width = it.pixels.shape[:2]
    for severity in attack.severities:
        shape = edited(attack, it, severity).shape
        if shape not in ((height, width), (height, width, 3)):
            return f"severity {severity} makes {shape} of {it.pixels.shape}"
    return ""


def in_range(attack: ImageAttack, it: Specimen) -> str:
    for severity in attack.severities:
        out = edited(attack, it, severity)
        if out.dtype != "float32":
            return f"severity {severity} gives {out.dtype}, not float32"
        if not (out.min() >= 0.0 and out.max() <= 1.0):
            return f"severity {severity} gives values from {out.min()} to {out.max()}"
    return ""


def input_untouched(attack: ImageAttack, it: Specimen) -> str:
    """Neither changed nor handed out again: whoever writes to the result must not reach it."""
    import numpy as np

    donor = it.extra.get("donor")
    given = [pixels for pixels in (it.pixels, donor) if pixels is not None]
    before = [pixels.copy() for pixels in given]
    for severity in attack.severities:
        out = edited(attack, it, severity)
        if any(np.shares_memory(out, pixels) for pixels in given):
            return f"severity {severity} gives back memory of what it was given"
        if not out.flags.writeable:
            return f"severity {severity} gives an array that cannot be written to"
        if not all(np.array_equal(a, b) for a, b in zip(given, before, strict=True)):
            return f"severity {severity} changes what it was given"
    return ""


def deterministic(attack: ImageAttack, it: Specimen) -> str:
    import numpy as np

    for severity in attack.severities:
        if not np.array_equal(edited(attack, it, severity), edited(attack, it, severity)):
            return f"severity {severity} gives two pictures for one seed"
    return ""


def seed_free(attack: ImageAttack, it: Specimen) -> str:
    for severity in attack.severities:
        rng = it.rng_of(it.seed)
        attack.edit(it.pixels, severity, rng, it.extra)
        if rng.getstate() != it.rng_of(it.seed).getstate():
            return f"severity {severity} draws from the rng"
    return ""


def own_inverse(attack: ImageAttack, it: Specimen) -> str:
    import numpy as np

    for severity in attack.severities:
        once = edited(attack, it, severity)
        twice = attack.edit(once, severity, it.rng_of(it.seed), it.extra)
        if not np.array_equal(twice, it.pixels):
            return f"severity {severity} done twice does not give the picture back"
    return ""


def keeps_values(attack: ImageAttack, it: Specimen) -> str:
    import numpy as np

    before = np.sort(it.pixels, axis=None)
    for severity in attack.severities:
        if not np.array_equal(np.sort(edited(attack, it, severity), axis=None), before):
            return f"severity {severity} changes values, not only their places"
    return ""


def keeps_order(attack: ImageAttack, it: Specimen) -> str:
    """What was brighter is not darker afterwards."""
    import numpy as np

    order = np.argsort(it.pixels, axis=None, kind="stable")
    for severity in attack.severities:
        steps = np.diff(edited(attack, it, severity).ravel()[order])
        if steps.size and steps.min() < -ROUNDING:
            return f"severity {severity} makes something darker than what was darker than it"
    return ""


def keeps_mean(attack: ImageAttack, it: Specimen) -> str:
    before = float(it.pixels.mean(dtype="float64"))
    for severity in attack.severities:
        after = float(edited(attack, it, severity).mean(dtype="float64"))
        if abs(after - before) > ROUNDING:
            return f"severity {severity} moves the mean from {before:.5f} to {after:.5f}"
    return ""


def only_brighter(attack: ImageAttack, it: Specimen) -> str:
    for severity in attack.severities:
        if (edited(attack, it, severity) < it.pixels).any():
            return f"severity {severity} makes something darker"
    return ""


def black_stays(attack: ImageAttack, it: Specimen) -> str:
    for severity in attack.severities:
        if edited(attack, it, severity)[it.pixels == 0.0].any():
            return f"severity {severity} brightens what is black"
    return ""


def input_independent(attack: ImageAttack, it: Specimen) -> str:
    """Nothing of the picture is left in the result."""
    import numpy as np

    other = msgspec.structs.replace(it, pixels=np.float32(1.0) - it.pixels[::-1])
    for severity in attack.severities:
        if not np.array_equal(edited(attack, it, severity), edited(attack, other, severity)):
            return f"severity {severity} lets something of the picture through"
    return ""


# --- of a picture that has something to lose ----------------------------------------------------


def seeded(attack: ImageAttack, it: Specimen) -> str:
    import numpy as np

    for severity in attack.severities:
        first = edited(attack, it, severity)
        others = range(it.seed + 1, it.seed + 1 + OTHER_SEEDS)
        if all(np.array_equal(first, edited(attack, it, severity, seed)) for seed in others):
            return f"severity {severity} is the same under {OTHER_SEEDS + 1} seeds"
    return ""


def changes_something(attack: ImageAttack, it: Specimen) -> str:
    for severity in attack.severities:
        out = edited(attack, it, severity)
        if out.shape == it.pixels.shape and mean_difference(out, it.pixels) == 0.0:
            return f"severity {severity} changes nothing"
    return ""


def distance_grows(attack: ImageAttack, it: Specimen) -> str:
    apart = [mean_difference(edited(attack, it, s), it.pixels) for s in attack.severities]
    for severity, (milder, stronger) in enumerate(pairwise(apart), 1):
        if stronger <= milder:
            return (
                f"severity {attack.severities[severity]} is {stronger:.5f} away from the picture, "
                f"the one before {milder:.5f}"
            )
    return ""


def local(attack: ImageAttack, it: Specimen) -> str:
    """Fewer than half of the pixels are touched, so that the picture can still be read."""
    for severity in attack.severities:
        touched = (edited(attack, it, severity) != it.pixels).reshape(*it.pixels.shape[:2], -1)
        if (share := float(touched.any(axis=-1).mean())) >= 0.5:
            return f"severity {severity} touches {share:.0%} of the pixels"
    return ""


ALWAYS: dict[str, Check] = {
    "same-shape": same_shape,
    "same-size": same_size,
    "in-range": in_range,
    "input-untouched": input_untouched,
    "deterministic": deterministic,
    "seed-free": seed_free,
    "own-inverse": own_inverse,
    "keeps-values": keeps_values,
    "keeps-order": keeps_order,
    "keeps-mean": keeps_mean,
    "only-brighter": only_brighter,
    "black-stays": black_stays,
    "input-independent": input_independent,
}
WHERE_THERE_IS_STRUCTURE: dict[str, Check] = {
    "seeded": seeded,
    "changes-something": changes_something,
    "distance-grows": distance_grows,
    "local": local,
}
CHECKS: dict[str, Check] = {**ALWAYS, **WHERE_THERE_IS_STRUCTURE}
