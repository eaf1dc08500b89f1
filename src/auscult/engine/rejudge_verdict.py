"""One trial before a judge: a verdict, an error that is counted, or why there can be neither."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from auscult.core.errors import AuditError, UsageError
from auscult.core.message import Reply, Request
from auscult.core.protocols import Abilities, Arm, Exhibit, Judge
from auscult.core.verdict import Verdict
from auscult.engine.judging import ROLE

NOT_ASKED = "the target was not asked"
BROKE = "judge-broke"


class Nobody:
    """Plays the judge's role where no model was named: whoever asks it is told so."""

    identity = endpoint = "nobody"
    local = True
    abilities = Abilities()
    fingerprint: Mapping[str, Any] = {}

    def __init__(self, judge: str) -> None:
        self._judge = judge

    async def answer(self, request: Request) -> Reply:
        raise UsageError(unbound(self._judge))

    async def close(self) -> None: ...


def unbound(judge: str) -> str:
    return (
        f"judge '{judge}' asks a model in the role judge, and the target never plays it; say which "
        "with --judge-model TARGET, e.g. --judge-model openai/NAME or local/qwen"
    )


async def judged(judge: Judge, exhibit: Exhibit | None, arm: Arm) -> tuple[Verdict | None, str]:
    """A verdict, or why there can be none. A judge that breaks on one reply gives an error."""
    if exhibit is None:
        return None, NOT_ASKED
    if exhibit.reply.status == "error":
        return Verdict(judge.name, judge.version, "error", cause=exhibit.reply.cause), ""
    try:
        verdict = await judge.judge(exhibit, arm)
    except KeyError as missing:
        return None, f"the judge needs the fact {missing}, which the suite does not give"
    except UsageError as wrong:
        if str(wrong) == unbound(judge.name):
            raise
        return None, str(wrong)
    except AuditError:
        raise
    except Exception as error:  # noqa: BLE001 - a judge's fault is counted, and stops nothing
        return _broke(judge, f"{type(error).__name__}: {error}"[:200]), ""
    if verdict.score is not None and not 0 <= verdict.score <= 1:
        return _broke(judge, f"the score {verdict.score}"), ""
    return verdict, ""


def _broke(judge: Judge, fault: str) -> Verdict:
    return Verdict(judge.name, judge.version, "error", cause=BROKE, labels={"fault": fault})


def most_calls(judge: Judge, model: str) -> Mapping[str, int]:
    """By role. One that does not say how often it asks is taken to ask once, where it may."""
    asks: Mapping[str, int] = getattr(judge, "asks", {})
    return asks or ({ROLE: 1} if model else {})


def says_it_asks(judge: Judge) -> bool:
    return bool(getattr(judge, "asks", ()))
