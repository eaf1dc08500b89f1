"""Any JSON endpoint, described in a TOML file: a deployed chatbot or RAG system as it stands.

`http/FILE.toml`, the path seen from the current directory. The file says what to send, where in
the answer the text is, how sessions work, and, because a deployed system may write to a record,
page staff or bill, which environment it is and what its actions do.
"""

from __future__ import annotations

import base64
import hashlib
import os
from collections import OrderedDict
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec

from auscult.core.errors import TargetUnusable, UsageError
from auscult.core.message import ImagePart, Message, Reply, Request, Usage
from auscult.core.protocols import Abilities, TargetSpec
from auscult.kit.http.client import HttpClient, HttpReply, is_loopback
from auscult.kit.http.failure import failure, spoken, unreadable, wrong_kind
from auscult.kit.http.spec import (
    HISTORY_PLACES,
    IMAGE_PLACES,
    CallSpec,
    Endpoint,
    load_endpoint,
    printable,
)
from auscult.kit.openai_wire import data_url, wire_messages
from auscult.kit.options import parse_options
from auscult.kit.secret import scrub, scrub_reply
from auscult.kit.template import ABSENT, JsonPath

CHECKS = {
    401: "check the credentials in the endpoint file's headers",
    403: "check that the credentials in the endpoint file may call this endpoint",
    404: "check the url in the endpoint file",
}
GONE = frozenset({404, 410})
"""What a server says of a session it no longer knows."""

_encode = msgspec.json.Encoder().encode
_read = msgspec.json.Decoder().decode


class HttpOptions(msgspec.Struct, frozen=True):
    """None: everything is in the file, so that the file alone says what was audited."""


def build(spec: TargetSpec) -> HttpTarget:
    parse_options(spec.options, HttpOptions, f"{spec.role}.options")
    if not spec.ref:
        raise UsageError("name the endpoint file: http/FILE.toml")
    return HttpTarget(load_endpoint(Path(spec.ref)), Path(spec.ref).stem)


class _Turn(msgspec.Struct):
    """What one request asks of this endpoint: the part that is new to it."""

    system: str
    before: Sequence[Message]
    new: Sequence[Message]

    @property
    def prompt(self) -> str:
        return "\n\n".join(m.text for m in self.new if m.role == "user")


class HttpTarget:
    def __init__(self, endpoint: Endpoint, name: str) -> None:
        table = endpoint.table
        self._spec = endpoint
        self.environment = table.environment
        self.actions = table.actions
        self.price: dict[str, Any] | None = msgspec.to_builtins(table.price)
        self.identity = f"http/{name}@{endpoint.host}#{endpoint.digest}"
        self.endpoint = f"{endpoint.host}:{endpoint.port}"
        proxy = table.network.proxy
        self.local = all(is_loopback(host) for host in endpoint.hosts) and not proxy
        self._names = endpoint.ask.names
        images = table.request.images
        if images is None:
            images = not self._names.isdisjoint(IMAGE_PLACES)
        self.abilities = Abilities(images=images, sessions=table.session is not None)
        self.fingerprint = printable(endpoint)
        self._client = HttpClient(table.network)
        self._sessions = _Sessions(table.session.max_open) if table.session else None

    async def answer(self, request: Request) -> Reply:
        try:
            return scrub_reply(await self._answer(request), self._spec.secrets)
        except TargetUnusable as error:
            said = scrub(str(error), self._spec.secrets)
        raise TargetUnusable(said)  # out here, where no traceback shows the first one

    async def close(self) -> None:
        for session in self._sessions.drain() if self._sessions else ():
            await self._stop(session)
        await self._client.close()

    async def _answer(self, request: Request) -> Reply:
        turn = _split(request)
        unfit = self._unfit(turn)
        if unfit is not None:
            return unfit
        session: Any = ABSENT
        if self._sessions is not None:
            opened = await self._session_for(turn)
            if isinstance(opened, Reply):
                return opened
            session = opened
        got = await self._send(self._spec.ask, self._values(request, turn, session))
        if turn.before and self._sessions is not None and got.status in GONE:
            return Reply.error("session-lost", f"the endpoint answered {got.status}")
        reply, tree = self._read_reply(got, self._spec.ask)
        if self._sessions is not None:
            await self._keep(turn, reply, session, tree)
        return reply

    def _unfit(self, turn: _Turn) -> Reply | None:
        """An endpoint without a place for part of the question is asked nothing: its answer would
        be to another question."""
        history = not self._names.isdisjoint(HISTORY_PLACES)
        if turn.system and not history and "system" not in self._names:
            raise TargetUnusable(
                f"there is a system prompt, and {self.identity} has no place for one: leave it "
                'out, or put "{{ system }}" into the endpoint file'
            )
        if turn.before and not history and self._sessions is None:
            what = "earlier turns are to be sent, and the request has no place for them"
            return Reply.error("no-history", what)
        images = self._images(turn)
        if images and not self.abilities.images:
            return Reply.error("no-images", "the request has no place for an image")
        single = self._names.isdisjoint({"images", "messages"})
        if len(images) > 1 and single:
            what = f"the request has a place for one image, and {len(images)} are to be sent"
            return Reply.error("no-images", what)
        return None

    def _values(self, request: Request, turn: _Turn, session: Any) -> dict[str, Any]:
        """Only what the templates ask for; ABSENT leaves a key out."""
        sampling = request.sampling
        values: dict[str, Any] = {
            "prompt": turn.prompt,
            "system": turn.system or ABSENT,
            "session": session,
            "temperature": _or_absent(sampling.temperature),
            "top_p": _or_absent(sampling.top_p),
            "max_tokens": _or_absent(sampling.max_tokens),
            "stop": list(sampling.stop) or ABSENT,
            "seed": request.seed if sampling.send_seed else ABSENT,
        }
        if "messages" in self._names:
            whole = self._sessions is None or not turn.before
            values["messages"] = wire_messages(request.messages if whole else turn.new)
        if "transcript" in self._names:
            sent = turn.new if self._sessions is not None else [*turn.before, *turn.new]
            values["transcript"] = "\n\n".join(f"{m.role.capitalize()}: {m.text}" for m in sent)
        if not self._names.isdisjoint(IMAGE_PLACES):
            images = self._images(turn)
            first = images[0] if images else None
            coded = base64.b64encode(first.data).decode("ascii") if first else ABSENT
            values["image_base64"] = coded
            values["image_media_type"] = first.media_type if first else ABSENT
            values["image_data_url"] = data_url(first) if first else ABSENT
            values["images"] = [data_url(image) for image in images] or ABSENT
        return values

    def _images(self, turn: _Turn) -> list[ImagePart]:
        sent = turn.new if self._sessions is not None else [*turn.before, *turn.new]
        return [image for message in sent for image in message.images]

    async def _send(self, call: CallSpec, values: dict[str, Any]) -> HttpReply:
        headers = dict(call.headers.fill(values))
        body = None
        if call.body is not None:
            body = _encode(call.body.fill(values))
            headers.setdefault("Content-Type", "application/json")
        return await self._client.request(call.method, call.url.fill_url(values), body, headers)

    def _read_reply(self, got: HttpReply, call: CallSpec) -> tuple[Reply, Any]:
        """The reply, and the JSON it was read from where there was any."""
        if got.cause:
            return got.as_error(), None
        if not 200 <= got.status < 300:
            where = call.plain_url
            return failure(got.status, got.headers, got.body, where, CHECKS), None
        wrong = wrong_kind(got.status, got.headers, got.body)
        if wrong is not None:
            return wrong, None
        try:
            tree = _read(got.body)
        except (ValueError, RecursionError) as error:
            return unreadable(error), None
        return self._from_tree(tree), tree

    def _from_tree(self, tree: Any) -> Reply:
        failed = self._found("response.error", tree)
        if failed:
            return Reply.error("endpoint-error", spoken({"error": failed}, b""), retry=True)
        path = self._spec.paths["response.text"]
        text, refusal = path.text(tree), self._found("response.refusal", tree)
        usage = Usage(
            _count(self._found("response.usage.input", tree)),
            _count(self._found("response.usage.output", tree)),
        )
        model = self._found("response.model", tree)
        reasoning = self._found("response.reasoning", tree)
        if text is None and not refusal:
            what = f"the answer has no text at {self._spec.table.response.text}"
            return Reply.error("no-text", what, retry=True)
        if text is None:
            text = refusal if isinstance(refusal, str) else ""
        return Reply(
            status="filtered" if refusal else "ok",
            cause="refusal_field" if refusal else "",
            text=text,
            reasoning=reasoning if isinstance(reasoning, str) else "",
            model=model if isinstance(model, str) else "",
            usage=usage,
        )

    def _found(self, name: str, tree: Any) -> Any:
        path: JsonPath | None = self._spec.paths.get(name)
        found = path.find(tree) if path else None
        return None if found is ABSENT else found

    async def _session_for(self, turn: _Turn) -> Any:
        """The conversation's session, a new one, or the Reply that says why there is none."""
        assert self._sessions is not None
        if turn.before:
            session = self._sessions.take([*turn.before])
            if session is None:
                what = (
                    "the endpoint keeps the conversation, and this one was not begun here: it has "
                    "to start again from its first turn"
                )
                return Reply.error("session-lost", what)
            return session
        if self._spec.start is not None:
            values = {name: ABSENT for name in self._spec.start.names}
            got = await self._send(self._spec.start, values)
            reply, tree = self._read_start(got)
            return reply if reply is not None else tree
        if self._spec.table.response.session:
            return ABSENT  # the first answer names it
        # Not from the run's seed: a server that remembers must not meet a name twice.
        return os.urandom(16).hex()

    def _read_start(self, got: HttpReply) -> tuple[Reply | None, Any]:
        assert self._spec.start is not None
        if got.cause or not 200 <= got.status < 300:
            return self._read_reply(got, self._spec.start)[0], None
        try:
            session = _name_of(self._spec.paths["session.start.id"].find(_read(got.body)))
        except (ValueError, RecursionError) as error:
            return unreadable(error), None
        if session is None:
            assert self._spec.table.session is not None
            return Reply.error("no-session", "the start call gave no session", retry=True), None
        return None, session

    async def _keep(self, turn: _Turn, reply: Reply, session: Any, tree: Any) -> None:
        """A turn that failed may or may not have been heard, so its session is given up, unless
        the server turned the call away at the door."""
        assert self._sessions is not None
        named = _name_of(self._found("response.session", tree)) if tree is not None else None
        session = named if named is not None else session
        if session is ABSENT:
            return
        if reply.status == "error":
            if reply.throttled and turn.before:
                self._sessions.put([*turn.before], session)
            else:
                await self._stop(session)
            return
        said = scrub_reply(reply, self._spec.secrets).text
        over = self._sessions.put([*turn.before, *turn.new, Message("assistant", said)], session)
        if over is not None:
            await self._stop(over)

    async def _stop(self, session: Any) -> None:
        """A failure to stop is nobody's answer, so it is let be."""
        if self._spec.stop is not None:
            values = {name: ABSENT for name in self._spec.stop.names} | {"session": session}
            await self._send(self._spec.stop, values)


class _Sessions:
    """Open sessions by the conversation so far. Two conversations that have gone alike so far may
    swap sessions: to the server they are the same."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._open: OrderedDict[bytes, list[Any]] = OrderedDict()
        self._count = 0

    def take(self, conversation: list[Message]) -> Any | None:
        key = _digest(conversation)
        held = self._open.get(key)
        if not held:
            return None
        session = held.pop()
        self._count -= 1
        if not held:
            del self._open[key]
        return session

    def put(self, conversation: list[Message], session: Any) -> Any | None:
        """Gives the oldest session when there are too many."""
        key = _digest(conversation)
        self._open.setdefault(key, []).append(session)
        self._open.move_to_end(key)
        self._count += 1
        return self._pop_oldest() if self._count > self._most else None

    def drain(self) -> list[Any]:
        held = [session for sessions in self._open.values() for session in sessions]
        self._open.clear()
        self._count = 0
        return held

    def _pop_oldest(self) -> Any:
        key, held = next(iter(self._open.items()))
        session = held.pop(0)
        self._count -= 1
        if not held:
            del self._open[key]
        return session


def _digest(conversation: Sequence[Message]) -> bytes:
    whole = hashlib.sha256()
    for message in conversation:
        for piece in (message.role, message.text, *(i.digest for i in message.images)):
            data = piece.encode("utf-8", "surrogatepass")
            whole.update(len(data).to_bytes(8, "big") + data)
    return whole.digest()


def _split(request: Request) -> _Turn:
    """Takes the system prompt off, and what the endpoint has heard already."""
    system = "\n\n".join(m.text for m in request.messages if m.role == "system")
    said = [m for m in request.messages if m.role != "system"]
    last = max((i for i, m in enumerate(said) if m.role == "assistant"), default=-1)
    return _Turn(system, said[: last + 1], said[last + 1 :])


def _name_of(session: Any) -> str | int | None:
    """A session's name as it came: a number stays one."""
    if isinstance(session, str) and session and session.isprintable():
        return session
    return session if type(session) is int else None


def _or_absent(value: Any) -> Any:
    return ABSENT if value is None else value


def _count(value: Any) -> int | None:
    return int(value) if isinstance(value, int | float) and value >= 0 else None
