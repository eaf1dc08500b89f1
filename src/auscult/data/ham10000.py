"""CARES HAM10000: diagnosis and site of skin lesions in dermoscopy, in JSON Lines.

Fields: text, options ("A:scalp, B:ear, ..."), fig_caption (the key), age, gender, image. With the
data set's own table as `metadata`, pictures of one lesion are one cluster.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from auscult.core.case import Source
from auscult.kit.anatomy import region_of
from auscult.kit.cares.rows import CaresLoader, Item, Sourced, numbers_of, read_item

LICENCE = "CC BY-NC 4.0"


def build() -> CaresLoader:
    return CaresLoader(SOURCE, _read)


SOURCE = Sourced(
    "ham10000",
    Source("HAM10000 (CARES question file)", "dermoscopy", 2018),
    licence=LICENCE,
    modality="DMS",
    region="skin",
    person=numbers_of,
)


def _read(data: Mapping[str, Any]) -> Item:
    item = read_item(data)
    item.cluster = item.image
    site = region_of(item.options[item.key]) if item.key is not None else ""
    item.kind = "site" if site else "diagnosis"
    if site:
        item.extra = {**item.extra, "site": site}
    return item
