"""Rotation by a small angle, its side drawn by lot; orientation can no longer be measured."""

from __future__ import annotations

from typing import Any

from auscult.kit.imaging.edit import EVERY_EDIT, Given, Shift, border_median, per_channel


def build() -> Shift:
    return Shift(
        name="shift/rotation",
        changes=(
            "Turns by a small angle to a side drawn by lot and fills the corners with the border's "
            "median: an orientation or an axis measured in the picture is not kept."
        ),
        invariants=(*EVERY_EDIT, "same-shape", "seeded", "changes-something", "distance-grows"),
        not_kept=("orientation",),
        table={"degrees": (2.0, 4.0, 6.0, 9.0, 13.0)},
        render=turned,
    )


def turned(given: Given) -> Any:
    import numpy as np
    from PIL import Image

    angle = given.at["degrees"] * given.rng.choice((-1, 1))

    def plane(values: Any) -> Any:
        picture = Image.fromarray(np.ascontiguousarray(values))
        around = float(border_median(values)[0])
        return np.asarray(picture.rotate(angle, Image.Resampling.BILINEAR, fillcolor=around))

    return per_channel(given.pixels, plane)
