"""CARES PMC-OA: questions on figures of open-access articles, in JSON Lines or an array.

Unverified schema: the question file could not be seen. Read: question or text, answer, image;
options or option_A to option_J where it has them; modality and region where it has them. Articles
differ in licence: a field `license` or `licence` goes with the case.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from auscult.core.case import Source
from auscult.kit.anatomy import region_in, region_of
from auscult.kit.cares.rows import CaresLoader, Item, Sourced, first, read_item
from auscult.kit.modalities import modality_code


def build() -> CaresLoader:
    return CaresLoader(SOURCE, _read)


SOURCE = Sourced(
    "pmc-oa",
    Source("PMC-OA (CARES question file)", "figure of an open-access article"),
    licence="that of each article",
    verified=False,
)


def _read(data: Mapping[str, Any]) -> Item:
    item = read_item(data)
    item.modality = modality_code(str(first(data, ("modality_type", "modality")) or ""))
    given = str(first(data, ("body_part", "region")) or "")
    item.region = region_of(given) or region_in(item.question)
    licence = first(data, ("license", "licence"))
    if licence:
        item.extra = {**item.extra, "article_licence": str(licence)}
    return item
