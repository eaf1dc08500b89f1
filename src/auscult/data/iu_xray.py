"""CARES IU-Xray: yes-no questions on chest radiographs, in JSON Lines.

Fields: question (or text), answer, image. The key is read from the answer by rules that show what
they do in `brief.extra["flags"]`; `brief.extra["published_key"]` is the key as the published script
reads it. The cluster is the report: all views and questions of one.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from auscult.core.case import Source
from auscult.kit.cares.rows import CaresLoader, Item, Sourced, read_item

_normal = re.compile(
    r"\b(?:normal(?!ity)|clear|intact|unremarkable|within|free of|adequate|well)\b", re.IGNORECASE
)
_report = re.compile(r"(CXR\d+)_", re.IGNORECASE)


def build() -> CaresLoader:
    return CaresLoader(SOURCE, _read)


def _report_of(image: str) -> str:
    found = _report.match(image)
    return found[1] if found else image


SOURCE = Sourced(
    "iu-xray",
    Source("Indiana University chest X-rays (CARES question file)", "radiology report"),
    licence="questions: CC BY 4.0; pictures: not stated",
    modality="CR",
    region="chest",
    person=_report_of,
)


def _read(data: Mapping[str, Any]) -> Item:
    item = read_item(data, yes_no=True)
    item.kind = "asks if normal" if _normal.search(item.question) else "asks for a finding"
    return item
