"""CARES OmniMedVQA: multiple-choice questions over many modalities, in JSON Lines or an array.

Unverified schema: the question file could not be seen. Read: text or question, answer or gt_answer,
image or image_path, dataset; options or option_A to option_J, or options inlined in the text;
modality_type or modality, and body_part or region, where the file has them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from auscult.core.case import Source
from auscult.kit.anatomy import region_in, region_of
from auscult.kit.cares.rows import CaresLoader, Item, Sourced, first, read_item
from auscult.kit.modalities import modality_code

OF_THE_EYE = {"OCT": "OPT"}
"""The tomograms of this collection are of the retina, for which DICOM has a code of its own."""


def build() -> CaresLoader:
    return CaresLoader(SOURCE, _read)


SOURCE = Sourced(
    "omnimedvqa",
    Source("OmniMedVQA (CARES question file)", "collection of image data sets", 2024),
    licence="that of each image's own data set",
    verified=False,
)


def _read(data: Mapping[str, Any]) -> Item:
    item = read_item(data)
    code = modality_code(str(first(data, ("modality_type", "modality")) or ""))
    item.modality = OF_THE_EYE.get(code, code)
    given = str(first(data, ("body_part", "region")) or "")
    item.region = region_of(given) or region_in(item.question)
    kind = first(data, ("question_type",))
    item.kind = str(kind or "")
    if data.get("dataset"):
        item.extra = {**item.extra, "dataset": str(data["dataset"])}
    return item
