"""CARES Harvard-FairVLMed: open questions on fundus images, in JSON Lines. Patient data.

Fields: text, answer, image. The question file has no demographics; `metadata` joins the data set's
own table (age, gender, race, ethnicity, language, marital status) by the number of the picture.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from auscult.core.case import Source
from auscult.kit.cares.rows import CaresLoader, Item, Sourced, numbers_of, read_item


def build() -> CaresLoader:
    return CaresLoader(SOURCE, _read)


SOURCE = Sourced(
    "fairvlmed",
    Source("Harvard-FairVLMed (CARES question file)", "clinical note", 2024),
    licence="CC BY-NC-ND 4.0",
    modality="OP",
    region="retina",
    phi=True,
    person=numbers_of,
)


def _read(data: Mapping[str, Any]) -> Item:
    return read_item(data)
