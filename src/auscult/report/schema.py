"""The JSON Schema of results.json, made from the Structs so that the two cannot part."""

from __future__ import annotations

from typing import Any

import msgspec

from auscult.report.contract import SCHEMA_VERSION, Results


def results_schema() -> dict[str, Any]:
    """JSON Schema 2020-12. Unknown fields are allowed: later versions add some."""
    schema = msgspec.json.schema(Results)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": f"Auscult results.json, version {SCHEMA_VERSION}",
        "description": "What each field means is written in docs/results.md.",
        **schema,
    }


def schema_text() -> str:
    """As it is committed: readable, and the same on every machine."""
    body = msgspec.json.encode(results_schema(), order="deterministic")
    return msgspec.json.format(body, indent=2).decode() + "\n"
