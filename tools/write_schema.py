"""Writes docs/results.schema.json from the Structs; with --check, only says whether it is fresh."""

from __future__ import annotations

import sys
from pathlib import Path

from auscult.report.schema import schema_text

PLACE = Path(__file__).resolve().parent.parent / "docs" / "results.schema.json"


def main() -> int:
    if "--check" in sys.argv:
        fresh = PLACE.exists() and PLACE.read_text(encoding="utf-8") == schema_text()
        print(
            f"{PLACE.name} is fresh"
            if fresh
            else f"{PLACE.name} is stale: run tools/write_schema.py"
        )
        return 0 if fresh else 1
    PLACE.parent.mkdir(parents=True, exist_ok=True)
    PLACE.write_text(schema_text(), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
