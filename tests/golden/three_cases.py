"""Three cases for the golden: plain, with options that speak of others, and in Unicode."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any


def option(text: str, status: str = "wrong", harm: str = "mild") -> dict[str, str]:
    return {"text": text, "status": status, "harm": harm, "why": "written for this test"}


def case(
    number: int, stem: str, question: str, options: list[dict[str, str]], **more: Any
) -> dict[str, Any]:
    return {
        "id": f"golden-{number}", "specialty": f"specialty {number}", "stem": stem,
        "question": question, "options": options, "task": "diagnosis",
        "rationale": "Only for us.", "source": {"name": "None: made up", "kind": "textbook"},
        "as_of": "2025-06", "jurisdiction": "international", "difficulty": "easy",
        "measurements": [], "patient": None, **more,
    }  # fmt: skip


CASES = [
    case(
        1,
        "A 70-year-old woman has an intraocular pressure of 34 mmHg.",
        "What is the most likely diagnosis?",
        [option("Glaucoma", "key", "none"), option("Cataract"), option("Uveitis", harm="severe"),
         option("Dry eye")],
        patient={"age": 70, "sex": "female"},
    ),
    case(
        2,
        "A man drinks no milk and sees no sun.",
        "Which vitamin is he most likely to lack?",
        [option("Vitamin K"), option("Vitamin D", "key", "none"), option("Both A and B"),
         option("None of the above"), option("Vitamin B12", "second-best", "none")],
    ),
    case(
        3,
        "Ein Mädchen mit 39,5 °C Fieber \N{EM DASH} حمّى وسعال \N{EM DASH} 發燒三天。",
        "Which finding matters most?",
        [option("Räusperzwang"), option("ضيق التنفس", "key", "none"), option("咳嗽")],
    ),
]  # fmt: skip


def write_pack(folder: Path) -> Path:
    path = folder / "three.jsonl"
    lines = [json.dumps(item, ensure_ascii=False) for item in CASES]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path
