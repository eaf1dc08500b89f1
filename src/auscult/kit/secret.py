"""Values that must never be seen: keys, tokens, passwords."""

from __future__ import annotations

import base64
import os
import re
from collections.abc import Iterable, Mapping
from typing import Any, NoReturn
from urllib.parse import quote, quote_plus, unquote

import msgspec

from auscult.core.message import Reply

MASK = "***"
SHORTEST = 8
"""Shorter values are not looked for in text: placeholders such as "EMPTY" or "ollama" are no keys,
and masking ordinary words would change what a target said."""

_VARIABLE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")
_SECRET_NAME = re.compile(
    r"api.?key|token|secret|passw|authori[sz]ation|cookie|credential|-key$", re.IGNORECASE
)
_ABOUT_SECRET = re.compile(
    r"(_env|_command|_ttl_s|_field|_file|tokens|_per_minute)$|^client_key$|^max_", re.IGNORECASE
)
_LOGIN = re.compile(r"(\bhttps?://)[^/@\s]+@")
_SAME_IN_ADDRESSES = re.compile(r"[A-Za-z0-9._-]+")
_QUERY = re.compile(r"([?&]([^=&?#]+)=)([^&#]*)")


class Secret:
    """Shows as `***` everywhere; only `reveal()` gives the value. Cannot be pickled or encoded."""

    __slots__ = ("_patterns", "_spellings", "_value")

    def __init__(self, value: str) -> None:
        self._value = value
        self._spellings: tuple[str, ...] | None = None
        self._patterns: tuple[re.Pattern[str], ...] | None = None

    def reveal(self) -> str:
        return self._value

    @property
    def spellings(self) -> tuple[str, ...]:
        """What to look for in a text; as secret as the value."""
        if self._spellings is None:
            self._spellings = _spellings(self._value)
        return self._spellings

    @property
    def patterns(self) -> tuple[re.Pattern[str], ...]:
        """What to look for besides, as addresses write it; as secret as the value."""
        if self._patterns is None:
            self._patterns = _patterns(self._value)
        return self._patterns

    def __bool__(self) -> bool:
        return bool(self._value)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and other._value == self._value

    def __hash__(self) -> int:
        return hash((Secret, self._value))

    def __repr__(self) -> str:
        return MASK

    __str__ = __repr__

    def __format__(self, _spec: str) -> str:
        return MASK

    def __reduce_ex__(self, _protocol: object) -> NoReturn:
        raise TypeError("a secret cannot be pickled or copied")


def scrub(text: str, secrets: Iterable[Secret]) -> str:
    """The text without the secrets, in the clear or as base64, URL or Python bytes write them."""
    for secret in secrets:
        for form in secret.spellings:
            if form in text:
                text = text.replace(form, MASK)
        for pattern in secret.patterns:
            if pattern.search(text):
                text = pattern.sub(MASK, text)
    return text


def _spellings(value: str) -> tuple[str, ...]:
    """The longest first, so that no part of one is left behind."""
    if len(value) < SHORTEST:
        return ()
    data = value.encode("utf-8", "surrogatepass")
    forms = {value, repr(data)[2:-1], repr(value)[1:-1], data.hex()}
    for safe in ("", "/"):
        forms |= {quote(value, safe=safe), quote_plus(value, safe=safe)}
    forms |= {form.lower() for form in forms if "%" in form}
    # In base64 a value looks different at each of three offsets (after "user:", say): what is
    # common to all neighbours is looked for, without the characters its neighbours share.
    for offset in range(3):
        for encode in (base64.b64encode, base64.urlsafe_b64encode):
            coded = encode(b"\0" * offset + data).decode().rstrip("=")
            start = -(-offset * 8 // 6)
            stop = (offset + len(data)) * 8 // 6
            forms.add(coded[start:stop])
    return tuple(sorted((f for f in forms if len(f) >= SHORTEST), key=len, reverse=True))


def _patterns(value: str) -> tuple[re.Pattern[str], ...]:
    """Every library writes other signs of an address in percent, in capitals or not, and some undo
    what was so written. Values of letters and digits alone look the same everywhere."""
    values = {value, unquote(value, errors="surrogateescape")}
    if _SAME_IN_ADDRESSES.fullmatch(value):
        values.clear()
    longest_first = sorted((one for one in values if len(one) >= SHORTEST), key=len, reverse=True)
    return tuple(re.compile("".join(map(_in_address, one))) for one in longest_first)


def _in_address(sign: str) -> str:
    if _SAME_IN_ADDRESSES.fullmatch(sign):
        return re.escape(sign)
    if sign == "%":
        return "%(?:25)*"
    if sign in " +":
        return "(?:[ +]|%(?:25)*2[0Bb])"
    data = sign.encode("utf-8", "surrogateescape")
    coded = "".join(f"%(?:25)*(?i:{byte:02x})" for byte in data)
    return f"(?:{re.escape(sign)}|{coded})"


def scrub_reply(reply: Reply, secrets: Iterable[Secret]) -> Reply:
    """A reply without the secrets: providers echo keys in their error texts."""
    secrets = tuple(secrets)
    said = "\n".join((reply.text, reply.reasoning, reply.cause, reply.model, reply.fingerprint))
    if scrub(said, secrets) is said:
        return reply
    changed: dict[str, Any] = {}
    for name in ("text", "reasoning", "cause", "model", "fingerprint"):
        changed[name] = scrub(getattr(reply, name), secrets)
    # Tokens spell out the text that had to be masked.
    return msgspec.structs.replace(reply, logprobs=(), **changed)


def names_a_secret(name: str, *, in_query: bool = False) -> bool:
    """Whether an option or a header of this name holds something to hide. `api_key_env` does not:
    it is the name of a variable. In an address a bare `key` does; elsewhere it may be a column."""
    if in_query and name.lower() in ("key", "code", "sig", "signature"):
        return True
    return bool(_SECRET_NAME.search(name)) and not _ABOUT_SECRET.search(name)


def expand(text: str, missing: list[str]) -> tuple[str, list[Secret]]:
    """`${NAME}` replaced from the environment; what is put in is secret. Names that are not set
    are added to `missing`."""
    found: list[Secret] = []

    def put(match: re.Match[str]) -> str:
        value = os.environ.get(match[1])
        if value is None:
            missing.append(match[1])
            return ""
        found.append(Secret(value.strip()))
        return value.strip()

    return _VARIABLE.sub(put, text), found


def masked(value: Any) -> Any:
    """Options or a whole plan for people and records: values under secret names are masked."""
    if isinstance(value, Mapping):
        return {
            key: MASK if names_a_secret(str(key)) and not is_reference(item) else masked(item)
            for key, item in value.items()
        }
    if isinstance(value, list | tuple):
        return [masked(item) for item in value]
    if isinstance(value, str):
        return _LOGIN.sub(rf"\1{MASK}@", _QUERY.sub(_masked_pair, value))
    return value


def _masked_pair(match: re.Match[str]) -> str:
    hide = names_a_secret(match[2], in_query=True) and not is_reference(match[3])
    return match[1] + (MASK if hide else match[3])


def is_reference(value: Any) -> bool:
    """True for `${NAME}`, which says where a secret is and not what it is."""
    return value in ("", None) or (isinstance(value, str) and bool(_VARIABLE.fullmatch(value)))
