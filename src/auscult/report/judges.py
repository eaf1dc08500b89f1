"""The measured error of a run's judges, computed when the dossier is written."""

from __future__ import annotations

from collections.abc import Coroutine, Iterable, Mapping
from typing import Any

from auscult.core import registry
from auscult.core.errors import DataError
from auscult.kit.calibration import (
    METRICS,
    by_half,
    first_contact,
    judge_all,
    load,
    measure,
    rate_rows,
)
from auscult.report.dossier import JudgeTable

NOTE = (
    "Shares with 95% Wilson intervals, on labelled answers that come with the judge. The author of "
    "the judge saw the development half; the held-out half was written before the judge met it, "
    "and its page says by whom. Its first contact, before anything was mended, is the figure to "
    "quote. Labels are ours. "
    "Answers to another kind of question may be read better or worse."
)
NAMES = {"heldout": "held out, after fixes", "calibration": "development"}


def measured_errors(judges: Iterable[str]) -> dict[str, JudgeTable]:
    """Per judge that ships labelled answers; the others are said to be unmeasured."""
    tables = {}
    for name in sorted(set(judges)):
        own = getattr(registry.module_of("judges", name), "measured", None)
        if own is not None:
            tables[name] = _own_table(own())
        elif _reads_choices(name):
            tables[name] = _table(name)
    return tables


def _own_table(parts: Mapping[str, tuple[int, Mapping[str, str]]]) -> JudgeTable:
    """Of a judge that measures itself by figures of its own: part of its labelled answers by name,
    with how many there are and each figure in words."""
    metrics = tuple(dict.fromkeys(name for _, figures in parts.values() for name in figures))
    rows = tuple(
        (part, str(n), *(figures.get(name, "-") for name in metrics))
        for part, (n, figures) in parts.items()
    )
    return JudgeTable(("answers", "n", *metrics), rows, NOTE)


def _reads_choices(name: str) -> bool:
    """Judges of other things have labelled answers of another form, measured by other means."""
    try:
        return bool(load(name, "calibration"))
    except DataError:
        return False


def _table(name: str) -> JudgeTable:
    judge = registry.build("judges", name, {})
    judged = _driven(judge_all(judge))
    halves = by_half(judged)
    unseen = first_contact(name)
    parts = {
        **({"held out, first contact": measure(unseen)} if unseen else {}),
        **{words: halves[half] for half, words in NAMES.items() if half in halves},
    }
    return JudgeTable(("answers", "n", *METRICS), tuple(rate_rows(parts)), NOTE)


def _driven(work: Coroutine[Any, Any, Any]) -> Any:
    """A judge that reads the reply alone never waits, so it needs no event loop."""
    try:
        work.send(None)
    except StopIteration as done:
        return done.value
    raise RuntimeError("a judge with a calibration set must read the reply alone")
