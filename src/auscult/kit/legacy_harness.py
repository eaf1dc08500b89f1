"""What the released CARES scripts do around their scorers, defects included.

Written from a description of what that code does; no line of it was copied. Nothing here takes
part in a measurement: `docs/legacy.md` names what stands in the place of each. The noise script
is an attack of its own, `shift/legacy-noise`.
"""

from __future__ import annotations

import argparse
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeVar

T = TypeVar("T")

UNCHANGED = "radfm"


def output_path(arguments: Sequence[str]) -> str:
    """Defect: two of the six scorers declare one flag and read another, so every run of them ends
    in an AttributeError."""
    parser = argparse.ArgumentParser(allow_abbrev=False)
    parser.add_argument("--ouput_csv", default="out.csv")
    path: str = parser.parse_args(list(arguments)).output_csv
    return path


def modified(row: Mapping[str, Any], addition: str, model: str) -> dict[str, Any]:
    """A row with a task's words after its question.

    Defect: for one model no task is ever applied; its rows have `image` renamed to `path`, and the
    jailbreak, privacy and other tasks ask the plain question.
    """
    if model == UNCHANGED:
        return {"path" if name == "image" else name: value for name, value in row.items()}
    return {**row, "text": f"{row['text']} {addition}"}


def joined(labels: Sequence[T], lines: Iterable[str]) -> list[tuple[T, Any]]:
    """Labels with predictions, one JSON text a line.

    Defect: by position and never by name; a malformed line is skipped, and every later prediction
    meets the label of another question.
    """
    read = []
    for line in lines:
        try:
            read.append(json.loads(line))
        except ValueError:
            continue
    return list(zip(labels, read, strict=False))


def gpt_scores(replies: Iterable[str | None]) -> list[float]:
    """The first number of each judge's reply.

    Defect: what holds no number is dropped and counted nowhere, and a reply of None, which the
    service gives for filtered text, ends the run in a TypeError.
    """
    found = []
    for reply in replies:
        if reply is None:
            raise TypeError("expected string or bytes-like object, got 'NoneType'")
        number = re.search(r"\d+(?:\.\d+)?", reply)
        if number is not None:
            found.append(float(number[0]))
    return found


def fixed_prompt_rows(rows: Iterable[Mapping[str, Any]], prompt: str) -> list[tuple[str, str]]:
    """(image, prompt) of a task that replaces the question.

    Defect: one call for each row of the question file, though rows of one image are then the same
    input: on the public IU-Xray file 2,573 for 587 pictures, all counted as independent.
    """
    return [(str(row["image"]), prompt) for row in rows]
