"""Writes docs/results.schema.json from the Structs: `python tools/write_schema.py`."""

from __future__ import annotations

from pathlib import Path

from auscult.report.schema import schema_text

PLACE = Path(__file__).resolve().parent.parent / "docs" / "results.schema.json"


def main() -> None:
    PLACE.parent.mkdir(parents=True, exist_ok=True)
    PLACE.write_text(schema_text(), encoding="utf-8")


if __name__ == "__main__":
    main()
