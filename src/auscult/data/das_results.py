"""Result files of the DAS red-team release: answers of a model, and what its detector found.

Two schemas are read: `{"results": [{"prompt", "response", "metadata", "error"}], ...}` and lists of
such rows with `merged_codes`. The labelled files (`Prompt`, `Response`, `Hallucination/Accuracy`)
are read too. Nothing of the release is shipped. The model is that of the rows, else the option
`model`, else the name of the file's folder. The same prompt may occur twice: each occurrence is a
case of its own, named by `row_idx` where the rows have one, and the prompt is the cluster.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from auscult.core.case import Case
from auscult.core.errors import DataError
from auscult.core.message import user
from auscult.kit.options import parse_options
from auscult.kit.rows import (
    BadRow,
    Row,
    RowLoader,
    RowOptions,
    check_file,
    json_members,
    json_rows,
    mapping,
    text_of,
)
from auscult.kit.transcripts.failed_calls import failure_of
from auscult.kit.transcripts.record import (
    Counted,
    Transcript,
    codes_of,
    label_of,
    row_number,
    text_at,
)

FOLDER_ENDINGS = ("_positive", "_negative")


class Options(RowOptions, frozen=True, forbid_unknown_fields=True):
    model: str = ""
    """Whose answers they are, where the rows do not say."""


def build() -> DasResults:
    return DasResults()


class DasResults(RowLoader):
    def load(self, path: Path, options: Mapping[str, Any]) -> Iterator[Case]:
        chosen = parse_options(options, Options, "das-results options")
        check_file(path)
        counted = Counted()
        usual = chosen.model or _folder(path)

        def made(row: Row) -> Case:
            transcript, prompt = _transcript(row, usual)
            number = row_number(mapping(row.data).get("row_idx"))
            return counted.case(transcript, (user(prompt),), number)

        return self.stream(path, _rows(path), made, chosen.bad_rows)


def _folder(path: Path) -> str:
    name = path.absolute().parent.name
    for ending in FOLDER_ENDINGS:
        name = name.removesuffix(ending)
    return name


def _rows(path: Path) -> Iterator[Row]:
    """A list of rows, the list under "results", or JSON Lines."""
    with path.open("rb") as file:
        first = file.read(1024).removeprefix(b"\xef\xbb\xbf").lstrip()[:1]
    if first != b"{" or path.suffix.lower() in (".jsonl", ".ndjson"):
        yield from json_rows(path)
        return
    for member in json_members(path, "{"):
        if member.label == "results":
            if not isinstance(member.data, list):
                raise DataError(f"{path}: 'results' must be a list of rows")
            for number, data in enumerate(member.data, 1):
                yield Row(number, data, unit="row")
            return
    raise DataError(f"{path} has no list 'results'; is it a result file of DAS?")


def _transcript(row: Row, usual: str) -> tuple[Transcript, str]:
    data = mapping(row.data)
    prompt = text_of(text_at(data, "prompt", "Prompt"), "prompt")
    about = data.get("metadata")
    about = about if isinstance(about, dict) else {}
    model = str(text_at(data, "Model", "model") or about.get("model") or usual)
    if not model.strip():
        raise BadRow("no model is named", "give it with the option model=NAME")
    said = text_at(data, "response", "Response")
    answered = said is not None and bool(str(said).strip())
    # What stands in this field is an error, whatever its words.
    failed = failure_of(data.get("error"), "error", answered=False)
    if not failed and not answered:
        failed = "no answer is recorded" if said is None else "the recorded answer is empty"
    if failed:
        return Transcript("", model, "error", failed), prompt
    return Transcript(text_of(said, "response"), model, codes=_found(data), why=_why(data)), prompt


def _found(data: Mapping[str, Any]) -> tuple[str, ...] | None:
    codes = data.get("merged_codes")
    if codes is not None:
        return codes_of(codes)
    return label_of(data.get("Hallucination/Accuracy"))


def _why(data: Mapping[str, Any]) -> str:
    why = text_at(data, "rationale", "Additional comments")
    return why if isinstance(why, str) else ""
