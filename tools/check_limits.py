"""The tail is what rots: no source file over 400 lines, no function over 60."""

from __future__ import annotations

import ast
import sys
from pathlib import Path

FILE_LINES = 400
FUNCTION_LINES = 60
ROOT = Path(__file__).resolve().parent.parent


def faults(path: Path) -> list[str]:
    text = path.read_text(encoding="utf-8")
    name = path.relative_to(ROOT)
    out = []
    lines = text.count("\n")
    if lines > FILE_LINES:
        out.append(f"{name}: {lines} lines, more than {FILE_LINES}")
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            length = (node.end_lineno or node.lineno) - node.body[0].lineno + 1
            if length > FUNCTION_LINES:
                out.append(
                    f"{name}:{node.lineno}: {node.name} has a body of {length} lines, "
                    f"more than {FUNCTION_LINES}"
                )
    return out


def main() -> int:
    found = [fault for path in sorted((ROOT / "src").rglob("*.py")) for fault in faults(path)]
    print("\n".join(found) or "limits hold")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
