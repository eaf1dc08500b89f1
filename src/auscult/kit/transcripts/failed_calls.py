"""What others' columns of errors and statuses say of a call: that it failed, or that it did not.

An answer is never thrown away on a word that is not known: its row is refused, and the sentence
says how to tell what the word stands for.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Literal

from auscult.kit.rows import BadRow

Fate = Literal["ok", "failed"]
FATES: tuple[Fate, ...] = ("ok", "failed")
FINE = frozenset((
    "ok", "okay", "success", "successful", "succeeded", "complete", "completed", "done",
    "finished", "none", "null", "nan", "no_error", "no_errors", "stop", "stopped",
    "end_turn", "eos", "length", "max_tokens",
))  # fmt: skip
"""Words for a call that gave an answer, whole or cut off."""
FAILED = re.compile(
    r"error|fail|exception|time ?out|timed out|cancel|abort|unavailable|overload|rate.?limit|"
    r"quota|traceback|crash|reset|denied|unreachable"
)
YES, NO = frozenset(("true", "yes", "1")), frozenset(("false", "no", "0"))
CODE = re.compile(r"(?:http[ /]?)?(?:\d\.\d )?(\d{3})\b")
LONGEST = 200


def failure_of(
    given: Any, column: str, *, answered: bool, known: Mapping[str, str] | None = None
) -> str:
    """Why the call failed, as it was recorded; empty where it did not. `known` are the user's own
    words, each `ok` or `failed`."""
    text = "" if given is None else str(given).strip()
    plain = re.sub(r"^(\d+)\.0$", r"\1", text.lower())
    if not plain:
        return ""
    own = known or {}
    fate = own.get(text) or own.get(plain) or _fate(plain, column.lower())
    if fate == "ok":
        return ""
    if fate is None and answered:
        raise BadRow(
            f"'{text[:60]}' in '{column}', beside an answer, does not say whether the call failed",
            f"say so with --status '{text[:60]}=ok' or '{text[:60]}=failed'",
        )
    return f"recorded: {text[:LONGEST]}"


def _fate(text: str, column: str) -> Fate | None:
    if text in YES | NO:
        if not re.search("err|fail|exception", column):
            return None
        return "failed" if text in YES else "ok"
    if number := CODE.match(text):
        code = int(number[1])
        return "ok" if code < 300 else "failed" if code >= 400 else None
    if re.sub(r"[ -]", "_", text) in FINE:
        return "ok"
    return "failed" if FAILED.search(text.replace("_", " ")) else None
