"""CARES MIMIC-CXR: questions on chest radiographs, in JSON Lines. Patient data.

Unverified schema: the question file could not be seen. Read as the files of its kind are: question
or text, answer, image; options or option_A to option_J where it has them; age, gender, race and
more where it has them. The patient is the number after `p` in the picture's path, and `metadata`
joins a table with `subject_id`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from auscult.core.case import Source
from auscult.kit.cares.rows import CaresLoader, Item, Sourced, read_item

_subject = re.compile(r"(?:^|/)p(\d{8})(?=/|_|$)|^(\d{8})$")


def build() -> CaresLoader:
    return CaresLoader(SOURCE, _read)


def _patient_of(image: str) -> str:
    found = _subject.search(image)
    return (found[1] or found[2]) if found else image


SOURCE = Sourced(
    "mimic-cxr",
    Source("MIMIC-CXR (CARES question file)", "radiology report"),
    licence="PhysioNet credentialed health data licence",
    modality="CR",
    region="chest",
    phi=True,
    verified=False,
    person=_patient_of,
)


def _read(data: Mapping[str, Any]) -> Item:
    return read_item(data)
