"""Transcripts of any model as JSON Lines or CSV, with a mapping of columns: answers to be judged.

A row is a prompt (or `messages`, a whole conversation that ends with the user) and an answer, and
may name a model, a label of a person (1 hallucination, 0 none, 0.5 unsure) and a failed call. The
bare name `examples` stands for the few that come with Auscult.
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
from auscult.kit.transcripts.record import Counted, Transcript, label_of

EXAMPLES = "examples"
USUAL: dict[str, tuple[str, ...]] = {
    "prompt": ("prompt", "question", "request", "input", "messages"),
    "answer": ("answer", "response", "completion", "reply", "output"),
    "model": ("model", "system", "target"),
    "label": ("label", "human_label", "hallucination"),
    "error": ("error", "status"),
}
FINE = ("", "ok", "success", "none", "null")
"""What a column of errors says where there was none."""


class Options(RowOptions, frozen=True, forbid_unknown_fields=True):
    """Names of columns, found under their usual names where they are not given."""

    prompt: str = ""
    answer: str = ""
    model: str = ""
    label: str = ""
    error: str = ""
    named: str = ""
    """The model's name, where the rows have no column of it."""
    labels: dict[str, str] = msgspec.field(default_factory=dict)
    """Their label and ours, such as {"Hallucinated": "1"}."""


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
            transcript, messages = _transcript(mapping(row.data), chosen, usual)
            return counted.case(transcript, messages)

        return self.stream(path, _rows(path), made, chosen.bad_rows)


def _rows(path: Path) -> Iterator[Row]:
    ending = path.suffix.lower()
    if ending not in (".csv", ".tsv"):
        yield from json_rows(path)
        return
    rows = csv_rows(path, "\t" if ending == ".tsv" else ",")
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
    for part in ("prompt", "answer"):
        if not at[part] and not (part == "answer" and _failed(data, at["error"])):
            known = ", ".join(USUAL[part])
            raise BadRow(f"no field holds the {part}", f"name it with {part}=NAME, or use {known}")
    messages = _messages(data[at["prompt"]])
    model = str(data.get(at["model"]) or "").strip() or usual
    if failed := _failed(data, at["error"]):
        return Transcript("", model, "error", failed), messages
    said = data[at["answer"]]
    if said is None or not str(said).strip():
        return Transcript("", model, "error", "the recorded answer is empty"), messages
    label = data.get(at["label"]) if at["label"] else None
    known_label = chosen.labels.get(str(label).strip(), label)
    return Transcript(text_of(said, at["answer"]), model, codes=label_of(known_label)), messages


def _column(data: Mapping[str, Any], part: str, wanted: str) -> str:
    if wanted and wanted not in data:
        raise BadRow(f"no field is named '{wanted}'" + did_you_mean(wanted, data))
    return wanted or next((name for name in USUAL[part] if name in data), "")


def _failed(data: Mapping[str, Any], column: str) -> str:
    said = str(data.get(column) or "").strip() if column else ""
    return "" if said.lower() in FINE else f"recorded: {said[:200]}"


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
