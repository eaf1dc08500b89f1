"""Legacy: the overflow of the released CARES code, which turns a third of all values white.

Its noise script draws normal noise of variance 6 on the scale from 0 to 255, casts it to unsigned
eight bits and adds it with saturation. The cast wraps every draw of -1 or less to a value near
255, so what was meant as faint noise is strong salt, mostly of single channels. This reproduces
that, as documentation of a defect; `gaussian-noise` is the measurement.

Casting a negative float to an unsigned integer is undefined in C. Here the draw is cut towards
zero as a signed integer and taken modulo 256, which is what that code was seen to do on x86-64.
Two things differ from it: the draws are seeded, and nothing is overwritten. As that code reads
every file as three channels, a grey picture comes back in colour.
"""

from __future__ import annotations

from typing import Any

from auscult.kit.imaging.edit import EVERY_EDIT, ONE, Given, Shift, from_bytes, to_bytes


def build() -> Shift:
    return Shift(
        name="shift/legacy-noise",
        changes=(
            "Repeats the released CARES code's noise with its overflow: about a third of all "
            "channel values become white."
        ),
        invariants=(*EVERY_EDIT, "same-size", "seeded", "changes-something"),
        severities=ONE,
        table={"variance of 255": (6.0,)},
        render=overflowing,
    )


def overflowing(given: Given) -> Any:
    import numpy as np

    values = to_bytes(given.pixels).astype(np.int64)
    if values.ndim == 2:
        values = np.repeat(values[..., None], 3, axis=-1)
    noise = given.draws().normal(0.0, given.at["variance of 255"] ** 0.5, values.shape)
    return from_bytes(np.minimum(values + noise.astype(np.int64) % 256, 255))
