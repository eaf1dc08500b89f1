"""Findings to ask again, and the frame of trials that a replay leaves."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
import polars as pl

from auscult.kit.mcq import render
from auscult.kit.regression.arms import ATTACKED, CONTROL, arm_of
from auscult.kit.regression.checklist import COLUMNS
from auscult.kit.regression.record import Asking, Replay, Turn
from auscult.stats.table import label_column

OPTIONS = ("Aspirin", "Heparin", "Oxygen")
REPLIES = {
    "right": ("answered", 1.0), "wrong": ("answered", 0.0), "refused": ("refused", None),
    "error": ("error", None),
}  # fmt: skip


def asking(stem: str, **more: Any) -> Asking:
    said = Turn("user", render(f"{stem} What helps?", OPTIONS))
    told = {"messages": (said,), "form": "one-letter", "options": OPTIONS, "keys": (2,)}
    return Asking(**(told | more))


def replay(name: str = "f1", **more: Any) -> Replay:
    told: dict[str, Any] = {
        "format": 1, "id": name, "suite": "das/robustness", "case_id": f"knowledge/{name}",
        "attack": "robustness/distraction", "severity": "severe", "chosen": ("Aspirin",),
        "seen": 2, "asked": 2, "found_on": "scripted/old", "run": "abc",
        "attacked": asking("Cold. A neighbour swears by aspirin."),
        "control": asking("Cold. It is raining."),
    }  # fmt: skip
    return Replay(**(told | more))


def trials(
    *findings: tuple[str, dict[str, Sequence[str]]], same: bool = True, **labels: Any
) -> pl.DataFrame:
    """Per finding the replies in each of its arms: `new`, `new control`, `old`, `old control`."""
    rows = []
    arms = {
        "new": arm_of(ATTACKED, "target"), "new control": arm_of(CONTROL, "target"),
        "old": arm_of(ATTACKED, "previous"), "old control": arm_of(CONTROL, "previous"),
    }  # fmt: skip
    for name, said in findings:
        one = replay(name)
        about = {
            "finding": name, "of_suite": one.suite, "of_case": one.case_id, "attack": one.attack,
            "severity": one.severity, "found_on": one.found_on, "seen": 2, "asked": 2,
            "phi": False, **labels,
        }  # fmt: skip
        for which, replies in said.items():
            for repeat, reply in enumerate(replies):
                behaviour, score = REPLIES[reply]
                more = {"chosen": 0 if reply == "wrong" else 2}
                if reply == "wrong" and "control" not in which:
                    more["same_answer"] = same
                told = msgspec.json.encode(about | more).decode()
                rows.append((f"findings/{name}", arms[which], repeat, behaviour, score, told))
    names = [*COLUMNS[:5], "labels"]
    frame = pl.DataFrame(rows, schema=names, orient="row", infer_schema_length=None)
    frame = frame.with_columns(pl.col("score").cast(pl.Float64))
    return frame.with_columns(label_column(c) for c in COLUMNS[5:]).drop("labels")
