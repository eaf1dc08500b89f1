"""What is said to a target and what it says back."""

from __future__ import annotations

import hashlib
from typing import Any, Literal

import msgspec

Role = Literal["system", "user", "assistant"]


class TextPart(msgspec.Struct, frozen=True, tag_field="type", tag="text"):
    text: str


class ImagePart(msgspec.Struct, frozen=True, omit_defaults=True, tag_field="type", tag="image"):
    """Bytes travel with the message in flight; the ledger keeps them once, by digest."""

    media_type: str
    digest: str
    data: bytes = b""

    @classmethod
    def of(cls, data: bytes, media_type: str) -> ImagePart:
        return cls(media_type, hashlib.sha256(data).hexdigest(), data)


Part = TextPart | ImagePart
Content = str | tuple[Part, ...]


class Message(msgspec.Struct, frozen=True):
    role: Role
    content: Content

    @property
    def text(self) -> str:
        if isinstance(self.content, str):
            return self.content
        return "\n".join(p.text for p in self.content if isinstance(p, TextPart))

    @property
    def images(self) -> tuple[ImagePart, ...]:
        if isinstance(self.content, str):
            return ()
        return tuple(p for p in self.content if isinstance(p, ImagePart))


def user(content: Content) -> Message:
    return Message("user", content)


def assistant(content: Content) -> Message:
    return Message("assistant", content)


class Sampling(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """Decoding parameters. None means "not sent": the endpoint's own default holds."""

    temperature: float | None = None
    top_p: float | None = None
    max_tokens: int | None = None
    stop: tuple[str, ...] = ()
    send_seed: bool = False
    extra: dict[str, Any] = {}


class Request(msgspec.Struct, frozen=True, omit_defaults=True):
    """One call. `seed` is drawn from the call's logical path, so that a scripted target can be
    unstable and reproducible at once; it goes over the wire only if `sampling.send_seed`."""

    messages: tuple[Message, ...]
    sampling: Sampling = Sampling()
    seed: int = 0
    schema: dict[str, Any] | None = None
    top_logprobs: int = 0
    hints: dict[str, Any] = {}
    """What a *scripted* target may know (arm, key): never sent over any wire."""


class Usage(msgspec.Struct, frozen=True, omit_defaults=True):
    """Tokens as the endpoint counted them; None where it did not say."""

    input_tokens: int | None = None
    output_tokens: int | None = None
    cached_tokens: int | None = None
    reasoning_tokens: int | None = None


class TokenLogprob(msgspec.Struct, frozen=True, array_like=True):
    token: str
    logprob: float
    top: tuple[tuple[str, float], ...] = ()


ReplyStatus = Literal["ok", "filtered", "truncated", "error"]


class Reply(msgspec.Struct, frozen=True, omit_defaults=True):
    """What came back. `cause` says why a status is not "ok": content_filter, http-500, timeout ...

    `retry` and `retry_after` are advice to the engine, which owns all retrying.
    """

    status: ReplyStatus = "ok"
    text: str = ""
    reasoning: str = ""
    cause: str = ""
    usage: Usage = Usage()
    model: str = ""
    fingerprint: str = ""
    logprobs: tuple[TokenLogprob, ...] = ()
    retry: bool = False
    retry_after: float | None = None
    throttled: bool = False

    @classmethod
    def error(cls, cause: str, text: str = "", *, retry: bool = False) -> Reply:
        return cls(status="error", cause=cause, text=text, retry=retry)
