"""Answers that came with the cases, as they were collected by others: nobody is asked anew.

`das/recorded` gives each case's own answer along; any other suite gets an error for each question.
The data sets are pinned by their hashes, so that the answers are part of the run's identity.
"""

from __future__ import annotations

from typing import Any

import msgspec

from auscult.core.errors import UsageError
from auscult.core.message import Reply, Request
from auscult.core.protocols import Abilities, TargetSpec
from auscult.kit.options import parse_options
from auscult.kit.transcripts.record import EXTRA, Transcript


class Options(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """None: what is replayed comes with the data."""


def build(spec: TargetSpec) -> ReplayedTarget:
    parse_options(spec.options, Options, "replayed options")
    if spec.ref:
        raise UsageError(
            f"replayed/{spec.ref}: the target 'replayed' takes no name, for the answers come with "
            "the data; for a file of answers use recorded/FILE.jsonl"
        )
    return ReplayedTarget()


class ReplayedTarget:
    identity = "replayed"
    endpoint = "replayed"
    local = True
    abilities = Abilities()

    def __init__(self) -> None:
        self.fingerprint: dict[str, Any] = {"answers": "collected by others"}

    async def answer(self, request: Request) -> Reply:
        held = request.hints.get(EXTRA)
        if held is None:
            return Reply.error("no-recorded-answer", "no answer came with this question")
        found = msgspec.convert(held, Transcript)
        if found.status == "error":
            return Reply.error(found.cause or "recorded")
        return Reply(found.status, found.answer, model=found.model)

    async def close(self) -> None:
        return None
