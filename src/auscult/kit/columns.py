"""Finds the columns of a table: the ones named, or the ones with usual names."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import msgspec

from auscult.core.registry import did_you_mean
from auscult.kit.rows import letter_of

OPEN = "none"
"""What `options` says where the questions have none."""
MAX_OPTIONS = 26
PARTS = ("question", "stem", "answer", "id", "cluster", "image", "source")
# As compared: lower case, letters and digits alone.
USUAL: dict[str, tuple[str, ...]] = {
    "question": ("question", "questiontext", "query", "prompt", "input"),
    "stem": ("stem", "vignette", "context", "passage"),
    "options": ("options", "choices", "answerchoices"),
    "answer": (
        "answeridx", "answerindex", "answerkey", "answer", "correctanswer", "correctoption",
        "correct", "key", "label", "gold",
    ),
    "id": ("id", "questionid", "qid", "caseid", "uid"),
    "cluster": ("cluster", "patientid", "subjectid", "vignetteid"),
    "specialty": ("specialty", "speciality", "subject", "subjectname"),
    "image": ("image", "imagepath", "imagefile"),
    "rationale": ("rationale", "explanation"),
}  # fmt: skip
OPTION_PREFIXES = ("", "op", "option", "choice", "answer")

NAME_SHOWN, NAMES_SHOWN = 60, 40


class ChoiceColumns(msgspec.Struct, frozen=True):
    """Where the options stand: in one column, or each in its own; `kind` OPEN means nowhere."""

    one: str = ""
    by_letter: dict[str, str] = {}
    kind: str = ""


class Columns(msgspec.Struct, frozen=True):
    parts: dict[str, str]
    groups: dict[str, str]
    choices: ChoiceColumns

    def used(self) -> list[str]:
        columns = (self.choices.one, *self.parts.values(), *self.groups.values())
        return list(dict.fromkeys(filter(None, (*columns, *self.choices.by_letter.values()))))


class Finder:
    """Collects every fault of a mapping, so that one error names them all."""

    def __init__(self, names: list[str]) -> None:
        self._names = names
        self._by_bare = {_bare(name): name for name in reversed(names)}
        self._found: dict[str, str] = {}
        self.faults: list[str] = []

    def column(self, part: str, asked: str) -> str:
        """The column asked for, or one with a usual name; empty where there is none."""
        if asked and asked not in self._names:
            hint = did_you_mean(asked, self._names)
            self.faults.append(f"{part}: no column is named '{asked}'{hint}")
            return ""
        usual = (self._by_bare.get(name, "") for name in USUAL.get(part, ()))
        self._found[part] = asked or next(filter(None, usual), "")
        return self._found[part]

    def require(self, chosen: Any, *parts: str) -> None:
        for part in parts:
            if not self._found.get(part) and not getattr(chosen, part):
                usual = ", ".join(USUAL[part])
                self.faults.append(f"{part}: not mapped, and no column has a usual name ({usual})")

    def choices(self, asked: str | dict[str, str]) -> ChoiceColumns:
        if asked == OPEN:
            return ChoiceColumns(kind=OPEN)
        if isinstance(asked, str) and "=" in asked:
            pairs = (pair.partition("=") for pair in asked.split(","))
            asked = {letter.strip(): column.strip() for letter, _, column in pairs}
        if isinstance(asked, dict):
            return ChoiceColumns(by_letter=self._by_letter(asked))
        one = self.column("options", asked)
        if asked or one:
            return ChoiceColumns(one=one)
        series = max(self._series(), key=len, default=[])
        if len(series) < 2:
            self.faults.append(
                "options: not mapped, and no columns have usual names (options, choices, A to D, "
                f"option_a ...); say options={OPEN} for open questions"
            )
        return ChoiceColumns(by_letter={letter_of(i): name for i, name in enumerate(series)})

    def _by_letter(self, asked: dict[str, str]) -> dict[str, str]:
        wanted = [letter_of(i) for i in range(len(asked))]
        if list(asked) != wanted:
            found = ", ".join(asked)
            self.faults.append(f"options: letters must be A, B, C ... in order, found {found}")
        return {x: self.column(f"options.{x}", column) for x, column in asked.items()}

    def _series(self) -> Iterator[list[str]]:
        """Runs of columns such as A, B, C or option_1, option_2, each from its beginning."""
        letters = [letter_of(i).lower() for i in range(MAX_OPTIONS)]
        for prefix in OPTION_PREFIXES:
            for first in ("letter", 0, 1):
                if isinstance(first, int):
                    marks = [str(i + first) for i in range(MAX_OPTIONS)] if prefix else []
                else:
                    marks = letters
                yield self._run([prefix + mark for mark in marks])

    def _run(self, wanted: list[str]) -> list[str]:
        run: list[str] = []
        for name in wanted:
            if name not in self._by_bare:
                break
            run.append(self._by_bare[name])
        return run

    def report(self, path: Path) -> str:
        faults = "\n".join(f"  - {fault}" for fault in self.faults)
        return (
            f"{path}: the columns do not fit:\n{faults}\n  The columns are: "
            f"{_listed(self._names)}. Map them with options, such as question=COLUMN."
        )


def _listed(names: Iterable[str]) -> str:
    """Enough of the names to recognise the file by; a broken one may have a header of megabytes."""
    known = [name if len(name) <= NAME_SHOWN else name[:NAME_SHOWN] + "..." for name in names]
    shown = ", ".join(known[:NAMES_SHOWN]) or "none"
    return shown if len(known) <= NAMES_SHOWN else f"{shown} and {len(known) - NAMES_SHOWN} more"


def _bare(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.lower())
