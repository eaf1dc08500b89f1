"""Transcripts of any model as JSON Lines or CSV, with a mapping of columns: answers to be judged.

A row is a prompt (or `messages`, a whole conversation that ends with the user) and an answer, and
may name a model, a label of a person (1 or true a hallucination, 0 or false none, 0.5 unsure), a
failed call and the number of its row. The bare name `examples` stands for the few that come with
Auscult.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, cast

import msgspec

from auscult.core.case import Case
from auscult.core.message import Message, Role, user
from auscult.core.registry import did_you_mean
from auscult.kit.options import parse_options
from auscult.kit.rows import (
    BadRow,
    Row,
    RowLoader,
    RowOptions,
    check_file,
    csv_rows,
    json_rows,
    mapping,
    text_of,
)
from auscult.kit.transcripts.delimiter import delimiter_of
from auscult.kit.transcripts.failed_calls import FATES, failure_of
from auscult.kit.transcripts.record import Counted, Transcript, label_of, row_number

EXAMPLES = "examples"
USUAL: dict[str, tuple[str, ...]] = {
    "prompt": ("prompt", "question", "request", "input", "messages"),
    "answer": ("answer", "response", "completion", "reply", "output"),
    "model": ("model", "model_name"),
    "label": ("label", "human_label", "hallucination"),
    "error": ("error", "status"),
    "row": ("row_idx",),
}
"""Not `system` and not `target`: of others these hold a system prompt and the expected answer."""


class Options(RowOptions, frozen=True, forbid_unknown_fields=True):
    """Names of columns, found under their usual names where they are not given."""

    prompt: str = ""
    answer: str = ""
    model: str = ""
    label: str = ""
    error: str = ""
    row: str = ""
    """The same number in the files of all models, so that answers to a prompt asked twice match."""
    named: str = ""
    """The model's name, where the rows have no column of it."""
    labels: dict[str, str] = msgspec.field(default_factory=dict)
    """Their label and ours, such as {"Hallucinated": "1"}."""
    statuses: dict[str, str] = msgspec.field(default_factory=dict)
    """What their columns of errors say, and whether the call was `ok` or `failed`."""

    def __post_init__(self) -> None:
        if wrong := [fate for fate in self.statuses.values() if fate not in FATES]:
            raise ValueError(f"a status stands for {' or '.join(FATES)}, not for '{wrong[0]}'")


def build() -> Transcripts:
    return Transcripts()


class Transcripts(RowLoader):
    takes_names = True
    """`examples` is a path without a file."""

    def load(self, path: Path, options: Mapping[str, Any]) -> Iterator[Case]:
        chosen = parse_options(options, Options, "transcripts options")
        if path == Path(EXAMPLES) and not path.exists():
            path = Path(__file__).with_name("transcripts.examples.jsonl")
        check_file(path)
        counted = Counted()
        usual = chosen.named or path.stem

        def made(row: Row) -> Case:
            data = mapping(row.data)
            transcript, messages = _transcript(data, chosen, usual)
            number = row_number(data.get(_column(data, "row", chosen.row)))
            return counted.case(transcript, messages, number)

        return self.stream(path, _rows(path), made, chosen.bad_rows)


def _rows(path: Path) -> Iterator[Row]:
    ending = path.suffix.lower()
    if ending not in (".csv", ".tsv"):
        yield from json_rows(path)
        return
    rows = csv_rows(path, delimiter_of(path))
    head = next(rows, None)
    names = [str(cell).strip() for cell in head.data] if head else []
    for row in rows:
        if len(row.data) != len(names):
            wrong = f"{len(row.data)} cells under {len(names)} columns"
            yield msgspec.structs.replace(row, data=None, fault=wrong)
        else:
            yield msgspec.structs.replace(row, data=dict(zip(names, row.data, strict=True)))


def _transcript(
    data: Mapping[str, Any], chosen: Options, usual: str
) -> tuple[Transcript, tuple[Message, ...]]:
    at = {part: _column(data, part, getattr(chosen, part)) for part in USUAL}
    said = data.get(at["answer"])
    answered = said is not None and bool(str(said).strip())
    failed = _failed(data, chosen, answered=answered)
    for part in ("prompt", "answer"):
        if not at[part] and not (part == "answer" and failed):
            known = ", ".join(USUAL[part])
            raise BadRow(f"no field holds the {part}", f"name it with {part}=NAME, or use {known}")
    messages = _messages(data[at["prompt"]])
    model = str(data.get(at["model"]) or "").strip() or usual
    if not failed and not answered:
        failed = "the recorded answer is empty"
    if failed:
        return Transcript("", model, "error", failed), messages
    label = data.get(at["label"]) if at["label"] else None
    known_label = chosen.labels.get(_written(label), label)
    return Transcript(text_of(said, at["answer"]), model, codes=label_of(known_label)), messages


def _written(label: Any) -> str:
    """As the file has it: JSON writes true, not True."""
    return str(label).lower() if isinstance(label, bool) else str(label).strip()


def _column(data: Mapping[str, Any], part: str, wanted: str) -> str:
    if wanted and wanted not in data:
        raise BadRow(f"no field is named '{wanted}'" + did_you_mean(wanted, data))
    return wanted or next((name for name in USUAL[part] if name in data), "")


def _failed(data: Mapping[str, Any], chosen: Options, *, answered: bool) -> str:
    """By the column named, else by all of the usual ones."""
    columns = [chosen.error] if chosen.error else [name for name in USUAL["error"] if name in data]
    found = (
        failure_of(data.get(name), name, answered=answered, known=chosen.statuses)
        for name in columns
    )
    return next((why for why in found if why), "")


def _messages(given: Any) -> tuple[Message, ...]:
    if not isinstance(given, list):
        return (user(text_of(given, "prompt")),)
    turns = [mapping(turn) for turn in given]
    roles = [str(turn.get("role")) for turn in turns]
    if wrong := [role for role in roles if role not in ("system", "user", "assistant")]:
        raise BadRow(f"a turn of the conversation has the unknown role '{wrong[0]}'")
    if not turns or roles[-1] != "user":
        raise BadRow("the conversation must end with the user's turn")
    return tuple(
        Message(cast(Role, role), text_of(turn.get("content"), "content"))
        for role, turn in zip(roles, turns, strict=True)
    )
