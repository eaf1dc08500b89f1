"""What all edits of pictures share: the shape of a shift, and the helpers they draw with.

A shift's file holds its severity table and one function from `Given` to pixels. `Shift` does the
rest for all of them: it refuses what is no picture, hands the pixels out read-only, and gives back
a new float32 array clipped to [0, 1].
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from random import Random  # noqa: TID251 -- the type; the draws are the bench's
from typing import TYPE_CHECKING, Any, Literal

import msgspec

from auscult.core.errors import UsageError
from auscult.core.protocols import KeyEffect

if TYPE_CHECKING:
    from PIL import Image

FIVE = (1, 2, 3, 4, 5)
ONE = (1,)
LUMA = (0.299, 0.587, 0.114)
EVERY_EDIT = ("in-range", "input-untouched", "deterministic")
"""What holds of all of them, whatever they do."""

Resampling = Literal["area", "linear", "smooth"]


class Given(msgspec.Struct, frozen=True):
    """What a shift draws with. `at` is the row of its severity table."""

    pixels: Any
    at: Mapping[str, float]
    rng: Random
    extra: Mapping[str, Any]

    @property
    def scale(self) -> float:
        """Side of the square of the same area: lengths are shares of it, so that a severity means
        the same for a thumbnail and for a full radiograph."""
        height, width = self.pixels.shape[:2]
        return float((height * width) ** 0.5)

    def draws(self) -> Any:
        """A numpy Generator; the same at every severity, so that severities share their draws."""
        import numpy as np

        return np.random.default_rng(self.rng.getrandbits(64))


class Shift(msgspec.Struct, kw_only=True):
    """An `ImageAttack`. `table` gives each parameter's value per severity."""

    name: str
    changes: str
    invariants: tuple[str, ...]
    render: Callable[[Given], Any]
    version: str = "1"
    key: KeyEffect = "kept"
    severities: tuple[int, ...] = FIVE
    needs: tuple[str, ...] = ()
    table: Mapping[str, tuple[float, ...]] = {}
    not_kept: tuple[str, ...] = ()
    """What a question may not be about, if its key is to survive: "orientation", "writing" ..."""
    swaps: tuple[str, ...] = ()
    """The two words for places that change over, as the picture is displayed."""

    def at(self, severity: int) -> dict[str, float]:
        if severity not in self.severities:
            known = ", ".join(map(str, self.severities))
            raise UsageError(f"{self.name} has no severity {severity}; it has {known}")
        index = self.severities.index(severity)
        return {parameter: values[index] for parameter, values in self.table.items()}

    def edit(self, pixels: Any, severity: int, rng: Random, extra: Mapping[str, Any]) -> Any:
        import numpy as np

        at = self.at(severity)
        for need in self.needs:
            if need not in extra:
                raise UsageError(f"{self.name} needs extra['{need}']; the suite has to give it")
        kept = {**extra, "donor": read_only(extra["donor"])} if "donor" in self.needs else extra
        out = self.render(Given(read_only(pixels), at, rng, kept))
        return np.ascontiguousarray(np.clip(np.asarray(out, dtype=np.float32), 0.0, 1.0))


def read_only(pixels: Any) -> Any:
    """The same pixels, which cannot be written to; a UsageError where they are no picture."""
    import numpy as np

    if not isinstance(pixels, np.ndarray) or pixels.dtype != np.float32:
        found = getattr(pixels, "dtype", type(pixels).__name__)
        raise UsageError(f"a picture is a float32 array, this is {found}; convert it first")
    shape = pixels.shape
    if not (len(shape) == 2 or (len(shape) == 3 and shape[2] == 3)) or 0 in shape:
        raise UsageError(f"a picture has the shape (h, w) or (h, w, 3), this has {shape}")
    if not (pixels.min() >= 0.0 and pixels.max() <= 1.0):  # put so that NaN is caught
        raise UsageError("a picture's values are numbers from 0 to 1; scale it first")
    view = pixels.view()
    view.flags.writeable = False
    return view


# --- shapes and channels ------------------------------------------------------------------------


def per_channel(pixels: Any, change: Callable[[Any], Any]) -> Any:
    """`change` done to each plane of a colour picture, or to the one of a grey picture."""
    import numpy as np

    if pixels.ndim == 2:
        return change(pixels)
    return np.stack([change(pixels[..., c]) for c in range(3)], axis=-1)


def with_channels_of(pixels: Any, wanted: Any) -> Any:
    """Grey made colour by repeating, colour made grey by its luma, as `wanted` is."""
    import numpy as np

    if pixels.ndim == wanted.ndim:
        return pixels
    if wanted.ndim == 3:
        return np.repeat(pixels[..., None], 3, axis=-1)
    return pixels @ np.asarray(LUMA, dtype=np.float32)


def resized(pixels: Any, height: int, width: int, how: Resampling) -> Any:
    """Pillow's float resampling, plane by plane; "smooth" averages when it makes smaller."""
    import numpy as np
    from PIL import Image

    filters = {
        "area": Image.Resampling.BOX,
        "linear": Image.Resampling.BILINEAR,
        "smooth": Image.Resampling.BICUBIC,
    }

    def plane(values: Any) -> Any:
        picture = Image.fromarray(np.ascontiguousarray(values))
        return np.asarray(picture.resize((width, height), filters[how]), dtype=np.float32)

    return per_channel(pixels, plane)


def border_median(pixels: Any) -> Any:
    """Per channel: the median of the outermost rows and columns, which is what lies around."""
    import numpy as np

    planes = pixels.reshape(*pixels.shape[:2], -1)
    edges = (planes[0], planes[-1], planes[:, 0], planes[:, -1])
    return np.median(np.concatenate(edges), axis=0).astype(np.float32)


def fitted(donor: Any, height: int, width: int) -> Any:
    """The donor whole and in its own proportions, in the middle of a canvas of its border's
    colour. Stretching it would change its anatomy."""
    import numpy as np

    share = min(height / donor.shape[0], width / donor.shape[1])
    tall = min(height, max(1, round(donor.shape[0] * share)))
    wide = min(width, max(1, round(donor.shape[1] * share)))
    canvas = np.empty((height, width, *donor.shape[2:]), dtype=np.float32)
    canvas[...] = border_median(donor)
    top, left = (height - tall) // 2, (width - wide) // 2
    canvas[top : top + tall, left : left + wide] = resized(donor, tall, wide, "smooth")
    return canvas


# --- eight bits ---------------------------------------------------------------------------------


def to_bytes(pixels: Any) -> Any:
    import numpy as np

    return np.rint(np.clip(pixels, 0.0, 1.0) * 255.0).astype(np.uint8)


def from_bytes(values: Any) -> Any:
    import numpy as np

    return np.asarray(values, dtype=np.float32) / np.float32(255.0)


def eight_bit_picture(pixels: Any) -> Image.Image:
    from PIL import Image

    return Image.fromarray(to_bytes(pixels))


# --- how far two pictures are apart -------------------------------------------------------------


def mean_difference(one: Any, other: Any) -> float:
    """Mean absolute difference of all channel values; 0 says that an edit did nothing here."""
    import numpy as np

    apart = one.astype(np.float64) - other.astype(np.float64)
    return float(np.abs(apart).mean())


def psnr(one: Any, other: Any) -> float:
    """Peak signal-to-noise ratio in decibels for a peak of 1; infinite for equal pictures."""
    import numpy as np

    error = float(np.square(one.astype(np.float64) - other.astype(np.float64)).mean())
    return float("inf") if error == 0.0 else float(-10.0 * np.log10(error))
