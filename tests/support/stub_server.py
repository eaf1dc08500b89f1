"""A loopback OpenAI-compatible endpoint for tests: canned or computed answers, and a chaos mode.

In a test: `async with StubServer(Behaviour(answers="letter-B")) as stub: ... stub.base_url`.
As a process of its own: see stub_main.py. Everything it does is a function of the request, of how
often that request has come, and of the seed, so that a run can be repeated.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import hashlib
import json
import os
from collections import Counter, deque
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from types import TracebackType
from typing import Any

import msgspec

LETTERS = "ABCD"
HUGE = 10 * 1024 * 1024
CHAOS = (
    "429", "429-after", "500", "drop", "hang", "truncated", "html", "empty-choices", "huge",
    "bad-utf8",
)  # fmt: skip
REASONS = {200: "OK", 302: "Found", 400: "Bad Request", 401: "Unauthorized", 404: "Not Found",
           429: "Too Many Requests", 500: "Internal Server Error"}  # fmt: skip

Answer = Callable[[dict[str, Any]], str]
Route = Callable[["Seen"], "tuple[int, Any] | tuple[int, Any, dict[str, str]] | bytes"]
"""Gives status and JSON (or bytes, or text) and headers; or the raw bytes of a whole response."""


class Behaviour(msgspec.Struct, frozen=True, kw_only=True):
    answers: str | Answer = "letter-A"
    """"letter-X", "hash" (a letter from the user's text), "echo", "text:...", "canned" (the same
    bytes whatever is asked, for benches), or a function of the request's body."""
    latency_s: float = 0.0
    latency_spread_s: float = 0.0
    """Added to the latency, from none to all of it, by the request's hash."""
    chaos: dict[str, float] = {}
    """Probability per kind; see CHAOS."""
    seed: int = 0
    hang_s: float = 30.0
    retry_after_s: float = 1.0
    """Retry-After of "429-after" lies between 0 and this."""
    api_key: str = ""
    counts_file: str = ""
    """One line "HASH KIND" per request served, written before the answer is sent."""


def even_chaos(total: float) -> dict[str, float]:
    return {kind: total / len(CHAOS) for kind in CHAOS}


def messages_hash(body: Mapping[str, Any]) -> str:
    """What the counts are kept by."""
    text = json.dumps(body.get("messages"), sort_keys=True, separators=(",", ":"))
    return hashlib.blake2b(text.encode(), digest_size=8).hexdigest()


def read_counts(path: str | Path) -> Counter[str]:
    """Requests served per hash of messages, as a counts file has them."""
    lines = Path(path).read_text(encoding="ascii").splitlines()
    return Counter(line.split()[0] for line in lines)


class Seen(msgspec.Struct):
    """One request as it came."""

    method: str
    path: str
    headers: dict[str, str]
    raw: bytes

    @property
    def body(self) -> Any:
        return json.loads(self.raw)


def user_text(body: Mapping[str, Any]) -> str:
    """The last user message's text."""
    for message in reversed(body.get("messages") or []):
        if message.get("role") == "user":
            content = message["content"]
            if isinstance(content, str):
                return content
            return "\n".join(p["text"] for p in content if p["type"] == "text")
    return ""


def _fraction(*parts: object) -> float:
    digest = hashlib.blake2b(repr(parts).encode(), digest_size=8).digest()
    return int.from_bytes(digest) / 2**64


def _answer(rule: str | Answer, body: dict[str, Any]) -> str:
    if not isinstance(rule, str):
        return rule(body)
    if rule.startswith("letter-"):
        return rule.removeprefix("letter-")
    if rule.startswith("text:"):
        return rule.removeprefix("text:")
    if rule == "echo":
        return user_text(body)
    if rule == "hash":
        return LETTERS[int(_fraction(user_text(body)) * len(LETTERS))]
    raise ValueError(f"no answer rule is named {rule!r}")


def _shaped(text: str, schema: Mapping[str, Any]) -> str:
    """The answer as a JSON object with the schema's properties."""
    properties = schema.get("properties") or {"answer": {}}
    return json.dumps({n: p.get("enum", [text])[0] for n, p in properties.items()})


def _logprobs(text: str, top: int) -> dict[str, Any]:
    letters = [text, *(c for c in LETTERS if c != text)][: max(top, 1)]
    ranked = [{"token": c, "logprob": -0.1 - 2.0 * i} for i, c in enumerate(letters)]
    return {"content": [{**ranked[0], "top_logprobs": ranked[:top]}]}


def completion(body: Mapping[str, Any], text: str, **choice: Any) -> dict[str, Any]:
    """A chat completion as an endpoint would word it."""
    asked = len(json.dumps(body.get("messages"))) // 4
    message = {"role": "assistant", "content": text}
    return {
        "id": "chatcmpl-stub", "object": "chat.completion", "created": 1,
        "model": body.get("model", "stub"), "system_fingerprint": "fp_stub",
        "choices": [
            {"index": 0, "message": message, "logprobs": None, "finish_reason": "stop", **choice}
        ],
        "usage": {"prompt_tokens": asked, "completion_tokens": len(text) // 4 + 1},
    }  # fmt: skip


def response(status: int, content: Any, headers: Mapping[str, str] | None = None) -> bytes:
    """One HTTP response; anything but bytes and text goes as JSON."""
    kind = "application/json"
    if isinstance(content, str):
        kind, content = "text/html; charset=utf-8", content.encode()
    elif not isinstance(content, bytes):
        content = json.dumps(content).encode()
    fields = {"Content-Type": kind, "Content-Length": str(len(content)), **(headers or {})}
    head = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
    return f"HTTP/1.1 {status} {REASONS.get(status, 'Status')}\r\n{head}\r\n".encode() + content


def error_body(message: str, code: str = "", kind: str = "invalid_request_error") -> dict[str, Any]:
    return {"error": {"message": message, "type": kind, "code": code or None, "param": None}}


CANNED = response(200, completion({"model": "stub"}, "A"))


@cache
def _huge() -> bytes:
    return response(200, completion({"model": "stub"}, "A" * HUGE))


def _bad_image(body: Mapping[str, Any]) -> str:
    """Why an image part is none; empty when all are well."""
    for message in body.get("messages") or []:
        parts = message["content"] if isinstance(message["content"], list) else []
        for part in parts:
            if part["type"] != "image_url":
                continue
            head, _, data = part["image_url"]["url"].partition(";base64,")
            try:
                decoded = base64.b64decode(data, validate=True)
            except binascii.Error:
                return "the image is not base64"
            if not head.startswith("data:image/"):
                return "the image is not a data URL of an image type"
            if not decoded.startswith((b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff")):
                return "the image is neither PNG nor JPEG"
    return ""


class StubServer:
    def __init__(
        self, behaviour: Behaviour | None = None, routes: Mapping[str, Route] | None = None
    ) -> None:
        self.behaviour = behaviour or Behaviour()
        self.routes = dict(routes or {})
        self.total = 0
        self.by_messages: Counter[str] = Counter()
        self.kinds: Counter[str] = Counter()
        self.seen: deque[Seen] = deque(maxlen=100)
        self.connections = 0
        self.transports: set[asyncio.Transport] = set()
        self._server: asyncio.Server | None = None
        self._counts = -1
        unknown = set(self.behaviour.chaos) - set(CHAOS)
        if unknown:
            raise ValueError(f"no chaos is named {unknown}")

    @property
    def url(self) -> str:
        assert self._server is not None
        return f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    @property
    def base_url(self) -> str:
        return f"{self.url}/v1"

    async def start(self, port: int = 0) -> None:
        if self.behaviour.counts_file:
            flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND
            self._counts = os.open(self.behaviour.counts_file, flags, 0o600)
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(
            lambda: _Connection(self), "127.0.0.1", port, backlog=1024
        )

    async def stop(self) -> None:
        if self._server is not None:
            self._server.close()
            for transport in list(self.transports):
                transport.abort()
            await self._server.wait_closed()
            self._server = None
        if self._counts >= 0:
            os.close(self._counts)
            self._counts = -1

    async def __aenter__(self) -> StubServer:
        await self.start()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        await self.stop()

    def handle(self, seen: Seen) -> tuple[float, bytes | None]:
        """Seconds to wait, then the bytes to send; None for a dropped connection."""
        path = seen.path.partition("?")[0]
        if path in self.routes:
            self._keep(seen, "", "route")
            made = self.routes[path](seen)
            return 0.0, made if isinstance(made, bytes) else response(*made)
        if path == "/counts":
            counts = {"total": self.total, "by_messages": self.by_messages, "kinds": self.kinds}
            return 0.0, response(200, counts)
        if path.endswith("/models"):
            return 0.0, response(200, {"object": "list", "data": [{"id": "stub"}]})
        if not path.endswith("/chat/completions"):
            return 0.0, response(404, error_body(f"no such path: {path}"))
        if self.behaviour.answers == "canned":
            self.total += 1
            return self.behaviour.latency_s, CANNED
        return self._chat(seen)

    def _chat(self, seen: Seen) -> tuple[float, bytes | None]:
        key = self.behaviour.api_key
        given = seen.headers.get("authorization", "").removeprefix("Bearer ")
        given = given or seen.headers.get("api-key", "")
        if key and given != key:
            self._keep(seen, "", "401")
            said = f"Incorrect API key provided: {given}. Find yours at the provider's site."
            return 0.0, response(401, error_body(said, "invalid_api_key"))
        try:
            body = seen.body
        except ValueError as error:
            self._keep(seen, "", "400")
            return 0.0, response(400, error_body(f"the body is not JSON: {error}"))
        digest = messages_hash(body)
        draw = (self.behaviour.seed, digest, self.by_messages[digest])
        latency = self.behaviour.latency_s
        latency += self.behaviour.latency_spread_s * _fraction("latency", *draw)
        kind = self._misfortune(_fraction("chaos", *draw))
        fault = _bad_image(body)
        self._keep(seen, digest, "bad-image" if fault else kind or "ok")
        if fault:
            return latency, response(400, error_body(fault, "invalid_image"))
        if kind == "hang":
            return self.behaviour.hang_s, None
        return latency, self._spoilt(kind, body, _fraction("retry-after", *draw))

    def _misfortune(self, draw: float) -> str:
        for kind, probability in self.behaviour.chaos.items():
            if draw < probability:
                return kind
            draw -= probability
        return ""

    def _spoilt(self, kind: str, body: dict[str, Any], draw: float) -> bytes | None:
        """The answer, or what the misfortune makes of it."""
        if kind == "drop":
            return None
        if kind in ("429", "429-after"):
            wait = draw * self.behaviour.retry_after_s
            headers = {"Retry-After": f"{wait:.2f}"} if kind == "429-after" else {}
            return response(429, error_body("Rate limit reached", "rate_limit_exceeded"), headers)
        if kind == "500":
            return response(500, error_body("The server had an error", kind="server_error"))
        if kind == "html":
            return response(200, "<html><body>A. Please sign in to the network.</body></html>")
        if kind == "empty-choices":
            return response(200, {**completion(body, ""), "choices": []})
        if kind == "huge":
            return _huge()
        text = _answer(self.behaviour.answers, body)
        if kind == "truncated":
            whole = json.dumps(completion(body, text)).encode()
            return response(200, whole[: len(whole) // 2])
        if kind == "bad-utf8":
            whole = json.dumps(completion(body, "A@@")).encode()
            return response(200, whole.replace(b"A@@", b"A\xff\xfe"))
        return response(200, self._good(body, text))

    def _good(self, body: dict[str, Any], text: str) -> dict[str, Any]:
        wanted = (body.get("response_format") or {}).get("json_schema")
        if wanted:
            text = _shaped(text, wanted["schema"])
        if body.get("logprobs"):
            top = body.get("top_logprobs", 0)
            return completion(body, text, logprobs=_logprobs(text, top))
        return completion(body, text)

    def _keep(self, seen: Seen, digest: str, kind: str) -> None:
        self.total += 1
        self.kinds[kind] += 1
        self.seen.append(seen)
        if digest:
            self.by_messages[digest] += 1
        if self._counts >= 0:
            os.write(self._counts, f"{digest or '-'} {kind}\n".encode())


class _Connection(asyncio.Protocol):
    """One keep-alive connection; requests are answered in the order they come."""

    def __init__(self, server: StubServer) -> None:
        self._server = server
        self._buffer = bytearray()
        self._waiting: asyncio.TimerHandle | None = None
        self._busy = False
        self._transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._server.transports.add(transport)
        self._server.connections += 1

    def connection_lost(self, exc: Exception | None) -> None:
        self._server.transports.discard(self._transport)
        if self._waiting is not None:
            self._waiting.cancel()

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        if not self._busy:
            self._next()

    def _next(self) -> None:
        if self._buffer[:1] == b"\x16":  # somebody speaks TLS to us; real servers say so too
            self._transport.write(response(400, "plain HTTP here"))
            self._transport.close()
            return
        end = self._buffer.find(b"\r\n\r\n")
        if end < 0:
            return
        lines = self._buffer[:end].decode("latin-1").split("\r\n")
        fields = (line.partition(":") for line in lines[1:])
        headers = {name.strip().lower(): value.strip() for name, _, value in fields}
        stop = end + 4 + int(headers.get("content-length", "0"))
        if len(self._buffer) < stop:
            return
        method, path, _ = lines[0].split(" ", 2)
        seen = Seen(method, path, headers, bytes(self._buffer[end + 4 : stop]))
        del self._buffer[:stop]
        wait, answer = self._server.handle(seen)
        if wait <= 0:
            self._send(answer)
            return
        self._busy = True
        self._waiting = asyncio.get_running_loop().call_later(wait, self._send, answer)

    def _send(self, answer: bytes | None) -> None:
        self._busy = False
        if answer is None:
            self._transport.abort()
            return
        self._transport.write(answer)
        if self._buffer:
            self._next()
