"""PubMedQA: one JSON object keyed by PMID; yes, no or maybe about an abstract.

The stem is the abstract's contexts without its conclusion, one a line; the conclusion is kept as
the rationale. The file is read whole, so it may have 200 MB at most.
"""

from __future__ import annotations

import ast
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from auscult.core.case import Brief, Case, Source
from auscult.kit.options import parse_options
from auscult.kit.rows import (
    BadRow,
    Row,
    RowLoader,
    RowOptions,
    check_file,
    json_members,
    mapping,
    need,
    optional_text,
    text_of,
)

OPTIONS = ("yes", "no", "maybe")


def build() -> PubMedQA:
    return PubMedQA()


class PubMedQA(RowLoader):
    def load(self, path: Path, options: Mapping[str, Any]) -> Iterator[Case]:
        chosen = parse_options(options, RowOptions, "pubmedqa options")
        check_file(path)
        return self.stream(path, json_members(path, "{"), _case, chosen.bad_rows)


def _case(row: Row) -> Case:
    pmid = row.label
    if isinstance(row.data, str):
        raise BadRow(
            "holds an answer alone", "name the file with QUESTION and CONTEXTS, not the answer list"
        )
    data = mapping(row.data)
    need(data, "QUESTION", "CONTEXTS")
    if data.get("final_decision") is None:
        raise BadRow("missing field 'final_decision'", "the unlabelled parts have no key")
    decision = text_of(data["final_decision"], "final_decision").strip().lower()
    if decision not in OPTIONS:
        raise BadRow(f"final_decision must be yes, no or maybe, found '{decision}'")
    year = optional_text(data, "YEAR").strip()
    brief = Brief(
        key=OPTIONS.index(decision),
        cluster=pmid,
        source=Source(f"PubMed {pmid}", "abstract", int(year) if year.isdecimal() else None),
        as_of=year,
        rationale=optional_text(data, "LONG_ANSWER"),
        task="reading an abstract",
    )
    question = text_of(data["QUESTION"], "QUESTION")
    stem = "\n".join(_contexts(data["CONTEXTS"]))
    return Case(f"pubmedqa-{pmid}", stem, question, OPTIONS, brief=brief)


def _contexts(given: Any) -> list[str]:
    """A list, or the text of one: some releases store the list as a string."""
    if isinstance(given, str):
        given = _list_in(given)
    if not isinstance(given, list) or not given:
        raise BadRow("CONTEXTS must be a list of texts")
    return [text_of(text, f"CONTEXTS {number}") for number, text in enumerate(given, 1)]


def _list_in(text: str) -> Any:
    if not text.lstrip().startswith("["):
        return [text]
    try:
        return json.loads(text)
    except json.JSONDecodeError:
        pass
    try:
        return ast.literal_eval(text.strip())
    except (SyntaxError, ValueError):
        raise BadRow("CONTEXTS begins like a list but cannot be read as one") from None
