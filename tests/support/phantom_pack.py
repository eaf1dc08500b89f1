"""The starter phantoms for tests: drawn once a session, with each picture as a data URL."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

import pytest

from auscult.core.case import Case
from auscult.data import phantoms
from auscult.kit.imaging.phantom_files import png_of

STARTER = Path("starter")


def drawn(tmp_path_factory: pytest.TempPathFactory, **options: Any) -> list[Case]:
    """The cases, with the pictures in a folder that all tests of a session share."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AUSCULT_CACHE", str(tmp_path_factory.getbasetemp() / "drawn"))
        return list(phantoms.build().load(STARTER, options))


def pixels_of(case: Case) -> Any:
    """float32 in [0, 1], as the file has them."""
    import numpy as np
    from PIL import Image

    with Image.open(case.images[0].path) as image:
        return np.asarray(image, np.float32) / 255


def url_of(pixels: Any) -> str:
    return _url(png_of(pixels))


def sent(case: Case) -> str:
    """The picture's own file as a data URL."""
    return _url(Path(case.images[0].path).read_bytes())


def _url(body: bytes) -> str:
    return f"data:image/png;base64,{base64.b64encode(body).decode()}"
