"""What a run leaves for later audits: the lessons of its cases, as an entry of a memory file."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import msgspec

from auscult.core import registry
from auscult.core.errors import UsageError
from auscult.core.protocols import Learns, Suite
from auscult.core.strategist import Lesson
from auscult.engine.learning import digest_of
from auscult.engine.ledger import open_reader
from auscult.engine.manifest import sources_of
from auscult.engine.state import load_state
from auscult.engine.view import RunView
from auscult.kit.memory import UNKNOWN, Audit, entries_of, family_of


def audits_of(folder: Path, family: str = "") -> dict[str, Audit]:
    """One for each suite of the run that learns, by an identifier that stays the same however
    often the run is read. Reads what is finished; a run that goes on can be read again."""
    view = RunView(folder)
    try:
        found = {
            f"{_run_id(view)}/{number}": _audit(view, number, suite, family)
            for number, status in enumerate(view.suites)
            if isinstance(suite := view.plugin(status.name), Learns)
        }
    finally:
        view.close()
    if not found:
        names = ", ".join(status.name for status in view.suites)
        raise UsageError(
            f"no suite of '{folder}' learns ({names}); add a run of das/adaptive to a memory"
        )
    return found


def _run_id(view: RunView) -> str:
    target = view.manifest.roles["target"]["identity"]
    whole = f"{view.plan_hash}|{view.started}|{target}"
    return hashlib.sha256(whole.encode()).hexdigest()[:16]


def _audit(view: RunView, number: int, suite: Suite, family: str) -> Audit:
    role = view.manifest.roles["target"]
    versions = {
        name: _version(name, view.sources.get(f"attacks/{name}", ""))
        for name in getattr(suite, "attacks", ())
    }
    return Audit(
        role["identity"],
        family or family_of(role["identity"]),
        digest_of(role["fingerprint"]),
        view.started[:10],
        suite.name,
        versions,
        entries_of(_lessons(view.folder, number, view, suite)),
    )


def _version(attack: str, source: str) -> str:
    """Of the attack that the run used, as far as its code is what it was then."""
    if sources_of("attacks", attack).get(f"attacks/{attack}") != source:
        return UNKNOWN
    return str(registry.module_of("attacks", attack).build().version)


def _lessons(folder: Path, number: int, view: RunView, suite: Any) -> list[Lesson]:
    reader = open_reader(folder)
    try:
        planned = [status.planned for status in view.suites]
        state = load_state(reader, planned, view.manifest.base_attempts)[number]
        held = {
            case.case_no: msgspec.convert(suite.lesson(case.trials), Lesson)
            for case in reader.cases()
            if case.suite == number and case.attempt == state.attempt(case.case_no)
        }
    finally:
        reader.close()
    return [lesson for _, lesson in sorted(held.items())]
