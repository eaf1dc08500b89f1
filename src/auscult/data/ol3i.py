"""CARES OL3I: heart-disease outcome from one CT slice of the abdomen, in JSON Lines.

Fields: text, options ("A:Yes, B:No"), answer, label, age, gender, image. The label is an outcome
within a year, which the slice need not show: the options stay as the file has them and are never
turned into a yes-no question about a finding.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from auscult.core.case import Source
from auscult.kit.cares.rows import CaresLoader, Item, Sourced, read_item


def build() -> CaresLoader:
    return CaresLoader(SOURCE, _read)


SOURCE = Sourced(
    "ol3i",
    Source("OL3I (CARES question file)", "outcome after CT"),
    licence="Stanford AIMI research use agreement",
    modality="CT",
    region="abdomen",
)


def _read(data: Mapping[str, Any]) -> Item:
    item = read_item(data)
    item.kind = "outcome"
    if data.get("label") is not None:
        item.extra = {**item.extra, "label": str(data["label"])}
    return item
