"""Answers collected elsewhere, replayed: recorded/FILE.jsonl. What was not asked is an error.

A line holds an answer and what it answers: `messages`, or `prompt` (a single user message), or `id`
(the case's, as in trials.parquet). `arm` and `repeat` narrow it. The file is indexed on disk and
read on demand, so that memory stays flat.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, BinaryIO

import msgspec

from auscult.core.errors import DataError
from auscult.core.message import Message, Reply, ReplyStatus, Request, Usage
from auscult.core.protocols import Abilities, TargetSpec
from auscult.kit.disk_index import DiskIndex, digest64
from auscult.kit.options import parse_options
from auscult.kit.rows import check_file, fault_at, json_lines

NOT_RECORDED = "no-recorded-answer"
BASELINE = "baseline"
ANY = "*"


class Options(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    model: str = ""
    """Only answers of this model, where the file holds several."""


class Record(msgspec.Struct, frozen=True, omit_defaults=True):
    """One line. Fields of other names are left aside."""

    answer: str | None = None
    messages: tuple[dict[str, Any], ...] = ()
    prompt: str = ""
    id: str | int = ""
    images: tuple[str, ...] = ()
    """SHA-256 of each image that was shown with the prompt."""
    options: tuple[str, ...] = ()
    """Options in the order shown: what a letter recorded under an id refers to."""
    arm: str = ""
    repeat: int | None = None
    model: str = ""
    reasoning: str = ""
    status: ReplyStatus = "ok"
    cause: str = ""
    usage: Usage = Usage()


def build(spec: TargetSpec) -> RecordedTarget:
    return RecordedTarget(Path(spec.ref), parse_options(spec.options, Options, "recorded options"))


class RecordedTarget:
    endpoint = "recorded"
    local = True
    abilities = Abilities(images=True)

    def __init__(self, path: Path, options: Options) -> None:
        check_file(path)
        self._path = path
        self._index = DiskIndex()
        self._file: BinaryIO | None = None
        try:
            used = self._read(options)
        except DataError:
            self._index.close()
            raise
        digest = _file_digest(path)
        self.identity = f"recorded/{path.name}@{digest[:12]}"
        self.fingerprint: dict[str, Any] = {"file": path.name, "sha256": digest, "answers": used}
        if options.model:
            self.identity += f"?model={options.model}"
            self.fingerprint["model"] = options.model

    def _read(self, options: Options) -> int:
        """Indexes where each answer begins. Two different answers to one question are an error."""
        used = 0
        for line, start, record in _records(self._path):
            if options.model and record.model != options.model:
                continue
            used += 1
            content = digest64(msgspec.json.encode([record.answer, record.status, record.options]))
            known = self._index.add(_key(record), content, start)
            if known is not None and known[0] != content:
                other = self._line_at(known[1])
                raise DataError(
                    f"{self._path} (line {line}): answers what line {other} answers, otherwise; "
                    "tell them apart by arm, repeat or messages, or choose one with model=NAME"
                )
        if not used:
            models = f" of the model '{options.model}'" if options.model else ""
            raise DataError(f"{self._path} has no answers{models}")
        return used

    def _line_at(self, start: int) -> int:
        with self._path.open("rb") as file:
            number, at = 1, 0
            while at < start:
                at += len(file.readline())
                number += 1
        return number

    async def answer(self, request: Request) -> Reply:
        reason = "the file holds no answer to this question"
        for how, what in _asked(request):
            for arm, repeat in _places(request.hints, how):
                found = self._index.get(_digest(how, what, arm, repeat))
                if found is None:
                    continue
                record = self._fetch(found[1])
                if how == "id" and not _is_certain(record, arm, repeat, request.hints):
                    reason = (
                        "an answer is recorded under the case's id, but not in which order the "
                        "options were shown; record the prompt or the options"
                    )
                    continue
                return _reply(record)
        return Reply.error(NOT_RECORDED, reason)

    def _fetch(self, start: int) -> Record:
        if self._file is None:
            self._file = self._path.open("rb")
        self._file.seek(start)
        return msgspec.convert(json.loads(self._file.readline()), Record)

    async def close(self) -> None:
        self._index.close()
        if self._file is not None:
            self._file.close()
            self._file = None


def _records(path: Path) -> Iterator[tuple[int, int, Record]]:
    """(line, byte at which it begins, record)."""
    for row, start in zip(json_lines(path), _starts(path), strict=True):
        if row.fault:
            raise DataError(str(fault_at(path, row, row.fault, row.mend)))
        try:
            record = msgspec.convert(row.data, Record)
        except msgspec.ValidationError as fault:
            raise DataError(str(fault_at(path, row, str(fault)))) from None
        if record.answer is None and record.status == "ok":
            what, mend = "missing field 'answer'", 'a failed call has "status": "error"'
            raise DataError(str(fault_at(path, row, what, mend)))
        if not (record.messages or record.prompt or record.id != ""):
            raise DataError(str(fault_at(path, row, "has neither messages, prompt nor id")))
        yield row.line, start, record


def _starts(path: Path) -> Iterator[int]:
    """Where each line that is not blank begins: the lines that `json_lines` gives out."""
    with path.open("rb") as file:
        start = 0
        for number, line in enumerate(file, 1):
            body = line.removeprefix(b"\xef\xbb\xbf") if number == 1 else line
            if body.strip():
                yield start + len(line) - len(body)
            start += len(line)


# --- matching ---------------------------------------------------------------------------------


def _key(record: Record) -> int:
    """By the most telling thing that the record gives: a prompt says more than an id."""
    how, what = "id", str(record.id)
    if record.messages:
        how, what = "messages", _canonical(record.messages)
    elif record.prompt:
        how, what = "prompt", _plain(record.prompt) + _pictures(record.images)
    repeat = ANY if record.repeat is None else str(record.repeat)
    return _digest(how, what, record.arm or ANY, repeat)


def _digest(how: str, what: str, arm: str, repeat: str) -> int:
    return digest64(json.dumps([how, what, arm, repeat]).encode())


def _asked(request: Request) -> Iterator[tuple[str, str]]:
    """How a request may have been recorded. A system prompt need not have been; and the last
    message of several answers nothing by itself ("Are you sure?")."""
    plain = tuple(_builtin(message) for message in request.messages)
    turns = tuple(message for message in request.messages if message.role != "system")
    yield "messages", _canonical(plain)
    yield "messages", _canonical(message for message in plain if message["role"] != "system")
    if len(turns) == 1:
        digests = tuple(image.digest for image in turns[0].images)
        yield "prompt", _plain(turns[0].text) + _pictures(digests)
    if request.hints.get("case_id"):
        yield "id", str(request.hints["case_id"])


def _places(hints: Mapping[str, Any], how: str) -> Iterator[tuple[str, str]]:
    """(arm, repeat), the most narrow first. An id alone names the question as it stands, asked
    once: it answers the baseline and its first repeat."""
    arm, repeat = str(hints.get("arm", "")), hints.get("repeat")
    any_arm = how != "id" or arm in ("", BASELINE)
    any_repeat = how != "id" or repeat in (None, 0)
    arms = ([arm] if arm else []) + ([ANY] if any_arm else [])
    repeats = ([] if repeat is None else [str(repeat)]) + ([ANY] if any_repeat else [])
    for one in arms:
        for other in repeats:
            yield one, other


def _is_certain(record: Record, arm: str, repeat: str, hints: Mapping[str, Any]) -> bool:
    """Options may be shown in another order than when the answer was given."""
    shown = hints.get("options")
    if not isinstance(shown, list | tuple) or not shown or ANY not in (arm, repeat):
        return True
    if record.options:
        return list(record.options) == list(shown)
    return _plain(record.answer or "") in {_plain(str(text)) for text in shown}


def _builtin(message: Message) -> dict[str, Any]:
    return {
        "role": message.role,
        "content": message.text,
        "images": [image.digest for image in message.images],
    }


def _canonical(messages: Any) -> str:
    """Roles, texts and images alone: the same for every way of writing a conversation down."""
    return json.dumps(
        [
            [m.get("role", ""), _plain(_content(m.get("content"))), *(m.get("images") or ())]
            for m in messages
        ]
    )


def _content(given: Any) -> str:
    if isinstance(given, list):
        return "\n".join(str(p.get("text", "")) for p in given if isinstance(p, dict))
    return "" if given is None else str(given)


def _plain(text: str) -> str:
    return " ".join(text.split())


def _pictures(digests: tuple[str, ...]) -> str:
    return "".join(f"\n{digest}" for digest in digests)


def _reply(record: Record) -> Reply:
    return Reply(
        status=record.status,
        text=record.answer or "",
        reasoning=record.reasoning,
        cause=record.cause or ("" if record.status == "ok" else "recorded"),
        usage=record.usage,
        model=record.model,
    )


def _file_digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
