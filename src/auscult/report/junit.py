"""A gate's verdict as JUnit XML, which every CI server shows: one test case per check."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from auscult.report.clean import write_atomic

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from auscult.report.gate import Check, Gate

_illegal = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What no XML 1.0 document may hold, not even escaped."""
NUMBERS = (
    "value", "low", "high", "bound_low", "bound_high", "margin", "required", "p_value", "n",
    "n_clusters",
)  # fmt: skip


def write_junit(path: Path, gate: Gate) -> Path:
    return write_atomic(path, junit(gate))


def junit(gate: Gate) -> bytes:
    """A check that failed is a failure; one that is undecided is an error, so that a server shows
    it as not passed. Numbers are properties, which some servers take of a suite only."""
    root = Element("testsuites", {"name": "auscult gate", **_counts(gate.checks)})
    for name in dict.fromkeys(check.suite for check in gate.checks):
        checks = [check for check in gate.checks if check.suite == name]
        suite = SubElement(root, "testsuite", {"name": _legal(name), **_counts(checks)})
        properties = SubElement(suite, "properties")
        for key, value in _facts(gate, checks):
            SubElement(properties, "property", name=_legal(key), value=_legal(value))
        for check in checks:
            _case(suite, check)
        SubElement(suite, "system-out").text = _legal("\n".join((gate.rule, *gate.cautions)))
    indent(root)
    body: bytes = tostring(root, encoding="utf-8", xml_declaration=True)
    return body


def _case(suite: Element, check: Check) -> None:
    named = _legal(f"{check.name} is {check.claim}")
    case = SubElement(suite, "testcase", classname=_legal(check.suite), name=named, time="0")
    if check.verdict != "pass":
        tag = "failure" if check.verdict == "fail" else "error"
        kind = "failed" if check.verdict == "fail" else "undecided"
        told = _legal(check.sentence)
        SubElement(case, tag, message=told, type=kind).text = told
    SubElement(case, "system-out").text = _legal(check.sentence)


def _counts(checks: Iterable[Check]) -> dict[str, str]:
    verdicts = [check.verdict for check in checks]
    return {
        "tests": str(len(verdicts)),
        "failures": str(verdicts.count("fail")),
        "errors": str(verdicts.count("undecided")),
        "skipped": "0",
        "time": "0",
    }


def _facts(gate: Gate, checks: Iterable[Check]) -> Iterable[tuple[str, str]]:
    yield "verdict", gate.verdict
    yield "alpha", f"{gate.alpha:g}"
    for side in gate.sides:
        yield side.name, f"{side.folder}: {side.target}; plan {side.plan_hash[:12]}"
    for number, check in enumerate(checks, 1):
        yield f"check {number}", f"{check.name} is {check.claim}"
        for name in NUMBERS:
            value = getattr(check, name)
            if value not in (None, ""):
                yield f"check {number} {name}", str(value)


def _legal(text: str) -> str:
    return _illegal.sub("\ufffd", text)
