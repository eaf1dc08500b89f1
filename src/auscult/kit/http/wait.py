"""How long an endpoint asks us to wait, in the several ways endpoints say it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

LONGEST_S = 86_400.0
_EPOCH_S = 1e9
"""A number above this is a moment, not a length of time."""
_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86_400.0}
_LENGTH = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m|h|d)")


def header(headers: Mapping[str, str], name: str) -> str:
    """A header by name whatever its case; "" where absent."""
    value = headers.get(name)
    if value is None:
        wanted = name.lower()
        value = next((v for k, v in headers.items() if k.lower() == wanted), "")
    return value


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds to wait, or None where the endpoint does not say."""
    exact = _number(header(headers, "retry-after-ms"))
    if exact is not None:
        return _bounded(exact / 1000)
    said = header(headers, "Retry-After")
    if said:
        seconds = _seconds(said, headers)
        if seconds is None:
            seconds = _until(said, headers)
        if seconds is not None:
            return _bounded(seconds)
    return _reset(headers)


def _reset(headers: Mapping[str, str]) -> float | None:
    """From x-ratelimit-reset-*: of the allowances that are used up, else of the first to refill."""
    spent, all_ = [], []
    for kind in ("-requests", "-tokens", ""):
        seconds = _seconds(header(headers, f"x-ratelimit-reset{kind}"), headers)
        if seconds is not None:
            all_.append(_bounded(seconds))
            if header(headers, f"x-ratelimit-remaining{kind}").strip() == "0":
                spent.append(_bounded(seconds))
    if spent:
        return max(spent)
    return min(all_) if all_ else None


def _seconds(text: str, headers: Mapping[str, str]) -> float | None:
    """`1.5`, `6m0s`, `120ms`, or an epoch in seconds or milliseconds."""
    number = _number(text)
    if number is None:
        parts = _LENGTH.findall(text.strip())
        if not parts or "".join(a + b for a, b in parts) != text.strip():
            return None
        return sum(float(amount) * _UNITS[unit] for amount, unit in parts)
    if number < _EPOCH_S:
        return number
    moment = number / 1000 if number > 1000 * _EPOCH_S else number
    return moment - _now(headers).timestamp()


def _until(text: str, headers: Mapping[str, str]) -> float | None:
    moment = _date(text)
    return (moment - _now(headers)).total_seconds() if moment else None


def _now(headers: Mapping[str, str]) -> datetime:
    """The server's own clock where it shows it, so that a wrong clock here does no harm."""
    return _date(header(headers, "Date")) or datetime.now(UTC)


def _date(text: str) -> datetime | None:
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, IndexError, TypeError):
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _number(text: str) -> float | None:
    try:
        number = float(text)
    except ValueError:
        return None
    return number if number == number and abs(number) != float("inf") else None


def _bounded(seconds: float) -> float:
    return min(max(seconds, 0.0), LONGEST_S)
