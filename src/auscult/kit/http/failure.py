"""What a failed HTTP call means: a filter, a throttle, a passing failure or a hopeless one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from auscult.core.errors import TargetUnusable
from auscult.core.message import Reply
from auscult.kit.http.wait import header, retry_after

MESSAGE_CAP = 500
"""Characters kept of what a server says about a failure."""
THROTTLED = frozenset({429, 503, 529})
PASSING = frozenset({408, 409, 425, 429, 500, 502, 503, 504, 529})
"""Statuses that may be gone at the next try."""
FILTER_MARKS = frozenset(
    {"content_filter", "content_policy_violation", "invalid_prompt", "responsibleaipolicyviolation"}
)
"""Error codes by which a provider's filter owns up; compared in lower case."""

_encode = msgspec.json.Encoder().encode
_read_any = msgspec.json.Decoder().decode


def failure(
    status: int,
    headers: Mapping[str, str],
    body: bytes,
    where: str,
    checks: Mapping[int, str],
) -> Reply:
    """What a status outside 2xx means. Raises TargetUnusable for those in `checks`, which say what
    a person should look at, and for a redirect or a used-up quota."""
    read = _read_quietly(body)
    said = spoken(read, body)
    found = marks(read)
    if status in (400, 403, 422, 451) and not found.isdisjoint(FILTER_MARKS):
        return Reply(status="filtered", cause="content_filter", text=said)
    if status in checks:
        raise TargetUnusable(_hopeless(where, status, said, checks[status]))
    if 300 <= status < 400:
        place = header(headers, "Location").partition("?")[0]
        raise TargetUnusable(
            _hopeless(where, status, said, f"it redirects to '{place}': use that address instead")
        )
    if status == 429 and "insufficient_quota" in found:
        raise TargetUnusable(_hopeless(where, status, said, "the account's quota is used up"))
    return Reply(
        status="error",
        cause=f"http-{status}",
        text=said,
        retry=status in PASSING or status >= 500,
        retry_after=retry_after(headers) if status in THROTTLED else None,
        throttled=status in THROTTLED,
    )


def _hopeless(where: str, status: int, said: str, check: str) -> str:
    quoted = f' "{said}"' if said else ""
    return f"{where} answered {status}{quoted}; {check}"


def unreadable(error: Exception) -> Reply:
    """For a body that is not the JSON it should be: cut short, of another shape, or not UTF-8."""
    cause = "bad-utf8" if isinstance(error, UnicodeDecodeError) else "bad-json"
    return Reply.error(cause, str(error)[:MESSAGE_CAP], retry=True)


def wrong_kind(status: int, headers: Mapping[str, str], body: bytes) -> Reply | None:
    """The error where the content type is not JSON's; a missing one is let pass."""
    kind = header(headers, "Content-Type")
    if not kind or "json" in kind.lower():
        return None
    said = f"status {status} with content type '{kind}': {spoken(None, body)}"
    return Reply.error("wrong-content-type", said[:MESSAGE_CAP], retry=True)


def _read_quietly(body: bytes) -> Any:
    try:
        return _read_any(body)
    except (ValueError, RecursionError):
        return None


def marks(read: Any) -> set[str]:
    """The codes and types of an error body, lower-cased, at whatever depth providers put them."""
    found: set[str] = set()
    level = read
    for _ in range(4):
        if not isinstance(level, dict):
            break
        for key in ("code", "type", "reason"):
            if isinstance(level.get(key), str):
                found.add(level[key].lower())
        metadata = level.get("metadata")
        if isinstance(metadata, dict) and "flagged_input" in metadata:
            found.add("content_filter")
        level = level.get("error") or level.get("innererror") or level.get("inner_error")
    return found


def spoken(read: Any, body: bytes) -> str:
    """The server's own words about a failure, on one line and capped."""
    said: Any = read
    for _ in range(3):
        if not isinstance(said, dict):
            break
        said = said.get("error") or said.get("message") or said.get("detail") or ""
    if said is None:
        said = body[: 4 * MESSAGE_CAP].decode("utf-8", "replace")
    elif not isinstance(said, str):
        said = _encode(said).decode()
    return " ".join(said.split())[:MESSAGE_CAP]
