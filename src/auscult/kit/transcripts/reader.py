"""The words for what is recorded of an answer, so that people can say whether they agree."""

from __future__ import annotations

from typing import NoReturn

from auscult.core.errors import UsageError
from auscult.core.protocols import Arm, Exhibit
from auscult.core.verdict import Verdict
from auscult.kit.transcripts.record import KINDS
from auscult.kit.transcripts.table import DETECTED

WRONG, UNSURE, CLEAN = "hallucination", "unsure", "no hallucination"
WORDS = {0.0: WRONG, 0.5: UNSURE, 1.0: CLEAN}
"""By score."""


class RecordedReader:
    """In the place of the judge that nobody can ask any more."""

    name, version = DETECTED, "1"
    levels = (WRONG, UNSURE, CLEAN)
    positive = WRONG
    question = (
        f"Is anything in the reply a hallucination, of whatever kind ({', '.join(KINDS.values())})?"
    )

    def label_of(self, verdict: Verdict) -> str:
        score = verdict.score if verdict.behaviour == "answered" else None
        return "" if score is None else WORDS.get(score, "")

    async def judge(self, exhibit: Exhibit, bench: Arm) -> NoReturn:
        raise UsageError(f"'{self.name}' stands for whoever looked at the answers, once")
