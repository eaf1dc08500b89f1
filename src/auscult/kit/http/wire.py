"""A lean HTTP/1.1 client for the commonest call: a POST straight to a plain address.

A call through aiohttp costs as much CPU as all else that the engine does for it. What is in any
way unusual (a proxy, an address that needs quoting, a header that frames the message) does not
suit, and goes through aiohttp. As there: connections are kept and used again, nothing is sent
twice, redirects are not followed and cookies not kept.
"""

from __future__ import annotations

import asyncio
import re
import socket
import ssl
import zlib
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import cast

import msgspec
from aiohappyeyeballs import start_connection
from aiohappyeyeballs.types import AddrInfoType
from httptools import HttpParserError, HttpParserUpgrade, HttpResponseParser
from multidict import CIMultiDict

from auscult.core.version import __version__

PORTS = {"http": 80, "https": 443}
IDLE_S = 15.0
"""A kept connection is not trusted for longer: the other side may be about to close it."""
ADDRESSES_S = 300.0
HEAD_AT_MOST = 64 * 1024
COPIED_AT_MOST = 64 * 1024
"""A larger body is written by itself, rather than copied behind its head."""
_PLAIN = re.compile(
    r"(https?)://([a-z0-9-]+(?:\.[a-z0-9-]+)*)(?::([0-9]{1,5}))?"
    r"(/(?:[\w.~!$&'()*+,;=:@/?-]|%[0-9a-f]{2})*)",
    re.ASCII | re.IGNORECASE,
)
_FRAMING = frozenset({
    "host", "content-length", "transfer-encoding", "connection", "expect", "upgrade", "te",
    "accept-encoding",
})  # fmt: skip
_UNSENDABLE = re.compile(r"[\r\n\0]")


class Broken(Exception):
    """No whole answer came: why in a word, and for people."""

    def __init__(self, cause: str, detail: str) -> None:
        super().__init__(detail)
        self.cause, self.detail = cause, detail


class Address(msgspec.Struct, frozen=True):
    tls: bool
    host: str
    port: int


class Ready(msgspec.Struct, frozen=True):
    """Where a call goes, and all of its head but the length of its body."""

    address: Address
    head: bytes

    def __repr__(self) -> str:  # the head may hold a key
        return f"Ready({self.address})"


class Answer(msgspec.Struct, frozen=True):
    status: int
    headers: Mapping[str, str]
    body: bytes | None
    """None where it is longer than the cap."""


def ready(url: str, headers: Mapping[str, str]) -> Ready | None:
    """None where the call does not suit."""
    read = _PLAIN.fullmatch(url)
    if read is None or "/." in read[4]:
        return None
    scheme, host = read[1].lower(), read[2].lower()
    port = int(read[3] or PORTS[scheme])
    if not 0 < port < 65536:
        return None
    named = f"{host}:{port}" if port != PORTS[scheme] else host
    lines = [f"POST {read[4]} HTTP/1.1", f"Host: {named}"]
    given = {name.lower() for name in headers}
    if given & _FRAMING:
        return None
    usual = {
        "Accept": "*/*",
        "Content-Type": "application/octet-stream",
        "User-Agent": f"auscult/{__version__}",
    }
    lines += [f"{name}: {value}" for name, value in usual.items() if name.lower() not in given]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    if any(_UNSENDABLE.search(line) for line in lines):
        return None
    lines += ["Accept-Encoding: gzip, deflate", "Content-Length: "]
    return Ready(Address(scheme == "https", host, port), "\r\n".join(lines).encode())


class Wire:
    def __init__(
        self, tls: ssl.SSLContext | bool, timeout_s: float, connect_timeout_s: float, cap: int
    ) -> None:
        self._tls, self._cap = tls, cap
        self._timeout_s, self._connect_timeout_s = timeout_s, connect_timeout_s
        self._idle: defaultdict[Address, list[_Line]] = defaultdict(list)
        self._busy: set[_Line] = set()
        self._sweeper: asyncio.TimerHandle | None = None
        self._found: dict[Address, tuple[float, Sequence[AddrInfoType]]] = {}
        self._looking: defaultdict[Address, asyncio.Lock] = defaultdict(asyncio.Lock)

    async def post(self, to: Ready, body: bytes) -> Answer:
        """Raises Broken."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + self._timeout_s
        line = self._kept(to.address, loop.time()) or await self._opened(to.address, loop)
        line.deadline = deadline
        self._busy.add(line)
        if self._sweeper is None:
            self._sweep(loop)
        try:
            return await line.ask(to.head, body, loop)
        except asyncio.CancelledError:
            line.end(Broken("disconnected", "the call was cancelled"))
            raise
        finally:
            self._busy.discard(line)
            if line.usable:
                line.since = loop.time()
                self._idle[to.address].append(line)

    async def close(self) -> None:
        if self._sweeper is not None:
            self._sweeper.cancel()
            self._sweeper = None
        lines = [*self._busy, *(line for kept in self._idle.values() for line in kept)]
        self._idle.clear()
        for line in lines:
            line.end(Broken("disconnected", "the client was closed"))
        if lines:
            await asyncio.sleep(0)  # lets the transports say goodbye before their loop may end

    def _kept(self, address: Address, now: float) -> _Line | None:
        """The one used last: it is the likeliest to be still open."""
        lines = self._idle[address]
        while lines:
            line = lines.pop()
            if line.usable and now - line.since < IDLE_S:
                return line
            line.end(Broken("disconnected", "kept too long"))
        return None

    def _sweep(self, loop: asyncio.AbstractEventLoop) -> None:
        """Ends calls that take too long. One timer for all of them: one each costs too much."""
        now = loop.time()
        for line in [line for line in self._busy if now >= line.deadline]:
            line.end(Broken("timeout", f"no whole answer in {self._timeout_s:g} s"))
        pause = min(1.0, self._timeout_s / 8)
        self._sweeper = loop.call_later(pause, self._sweep, loop) if self._busy else None

    async def _opened(self, address: Address, loop: asyncio.AbstractEventLoop) -> _Line:
        limit = min(self._connect_timeout_s, self._timeout_s)
        try:
            async with asyncio.timeout(limit):
                return await self._connect(address, loop)
        except TimeoutError:
            whole = self._timeout_s <= self._connect_timeout_s
            raise Broken(
                "timeout" if whole else "connect", f"no connection in {limit:g} s"
            ) from None
        except ssl.SSLError as error:
            raise Broken("tls", str(error)) from None
        except OSError as error:
            self._found.pop(address, None)
            where = f"{address.host}:{address.port}"
            raise Broken("connect", f"cannot connect to {where}: {error}") from None

    async def _connect(self, address: Address, loop: asyncio.AbstractEventLoop) -> _Line:
        places = await self._places(address, loop)
        sock = await start_connection(places, happy_eyeballs_delay=0.25, interleave=1, loop=loop)
        try:
            _, line = await loop.create_connection(
                lambda: _Line(self._cap),
                sock=sock,
                ssl=self._context() if address.tls else None,
                server_hostname=address.host if address.tls else None,
            )
        except BaseException:
            sock.close()
            raise
        return line

    async def _places(
        self, address: Address, loop: asyncio.AbstractEventLoop
    ) -> Sequence[AddrInfoType]:
        async with self._looking[address]:  # hundreds of first calls ask once
            until, places = self._found.get(address, (0.0, ()))
            if not places or loop.time() > until:
                places = await loop.getaddrinfo(address.host, address.port, type=socket.SOCK_STREAM)
                self._found[address] = (loop.time() + ADDRESSES_S, places)
            return places

    def _context(self) -> ssl.SSLContext:
        if isinstance(self._tls, bool):
            context = ssl.create_default_context()
            if not self._tls:
                context.check_hostname = False
                context.verify_mode = ssl.CERT_NONE
            self._tls = context
        return self._tls


class _Line(asyncio.Protocol):
    """One connection, and at most one call on it. The parser calls the methods named on_*."""

    def __init__(self, cap: int) -> None:
        self._cap = cap
        self._parser = HttpResponseParser(self)
        self._transport: asyncio.Transport | None = None
        self._waiter: asyncio.Future[Answer] | None = None
        self.deadline = self.since = 0.0
        self.usable = False
        """Open, and free for the next call."""
        self._begin()

    def _begin(self) -> None:
        self._headers: list[tuple[bytes, bytes]] = []
        self._pieces: list[bytes] = []
        self._size = self._head_size = self._status = 0
        self._in_body = self._complete = self._keep = False

    async def ask(self, head: bytes, body: bytes, loop: asyncio.AbstractEventLoop) -> Answer:
        if self._transport is None:
            raise Broken("disconnected", "the server hung up")
        self.usable = False
        self._waiter = waiter = loop.create_future()
        length = b"%d\r\n\r\n" % len(body)
        if len(body) <= COPIED_AT_MOST:
            self._transport.write(head + length + body)
        else:
            self._transport.write(head + length)
            self._transport.write(body)
        answer: Answer = await waiter
        return answer

    def end(self, broken: Broken) -> None:
        self.usable = False
        waiter, self._waiter = self._waiter, None
        if waiter is not None and not waiter.done():
            waiter.set_exception(broken)
        if self._transport is not None:
            self._transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # uvloop's transports are no asyncio.Transport, though they do what one does.
        self._transport, self.usable = cast(asyncio.Transport, transport), True

    def connection_lost(self, error: Exception | None) -> None:
        self._transport, self.usable = None, False
        if self._in_body and not self._complete and error is None and self._until_the_end():
            self._answer()
        self.end(Broken("disconnected", str(error) if error else "the server hung up"))

    def data_received(self, data: bytes) -> None:
        if self._waiter is None:  # nothing was asked: whatever this is, it is no answer
            self.end(Broken("disconnected", ""))
            return
        if not self._in_body:
            self._head_size += len(data)
        try:
            self._parser.feed_data(data)
        except HttpParserUpgrade:
            self.end(Broken("bad-http", "the server changed to another protocol"))
        except HttpParserError as error:
            if not self._complete:
                self.end(Broken("bad-http", str(error) or "this is no HTTP"))
                return
            self._keep = False  # more than the answer: it stands, the connection does not
        if self._complete:
            self._answer()
        elif not self._in_body and self._head_size > HEAD_AT_MOST:
            self.end(Broken("bad-http", f"the head is longer than {HEAD_AT_MOST} bytes"))
        elif self._size > self._cap:
            self._oversized()

    def on_message_begin(self) -> None:
        if self._complete:  # a second answer to one question: not to be taken for the next one's
            self._keep = False

    def on_header(self, name: bytes, value: bytes) -> None:
        if not self._complete:
            self._headers.append((name, value))

    def on_headers_complete(self) -> None:
        if not self._complete:
            self._in_body, self._status = True, self._parser.get_status_code()

    def on_body(self, piece: bytes) -> None:
        if self._complete:
            return
        self._size += len(piece)
        if self._size <= self._cap:
            self._pieces.append(piece)

    def on_message_complete(self) -> None:
        if self._complete:
            return
        if self._status < 200:  # "100 Continue" comes before the answer
            self._begin()
            return
        self._complete, self._keep = True, self._parser.should_keep_alive()

    def _answer(self) -> None:
        waiter, transport = self._waiter, self._transport
        self._waiter = None
        headers = self._read_headers()
        if waiter is not None and not waiter.done():
            try:
                body = None if self._size > self._cap else self._unpacked(headers)
                waiter.set_result(Answer(self._status, headers, body))
            except Broken as broken:
                waiter.set_exception(broken)
        sound = self._keep and self._size <= self._cap
        self._begin()
        if transport is None:
            return
        if sound and not transport.is_closing() and not transport.get_write_buffer_size():
            self.usable = True
        else:
            transport.close()

    def _oversized(self) -> None:
        """What is still to come is not waited for."""
        waiter, self._waiter = self._waiter, None
        if waiter is not None and not waiter.done():
            waiter.set_result(Answer(self._status, self._read_headers(), None))
        if self._transport is not None:
            self._transport.abort()

    def _read_headers(self) -> CIMultiDict[str]:
        return CIMultiDict(
            (name.decode("latin-1"), value.decode("utf-8", "surrogateescape"))
            for name, value in self._headers
        )

    def _until_the_end(self) -> bool:
        """Neither a length nor chunks: such a body ends with its connection."""
        named = {name.lower() for name, _ in self._headers}
        return not named & {b"content-length", b"transfer-encoding"}

    def _unpacked(self, headers: Mapping[str, str]) -> bytes | None:
        whole = b"".join(self._pieces)
        packed = headers.get("Content-Encoding", "").strip().lower()
        if not packed or packed == "identity" or not whole:
            return whole
        if packed not in ("gzip", "x-gzip", "deflate"):
            raise Broken("bad-http", f"the answer is packed as '{packed}', which was not asked for")
        # "deflate" means zlib's format, and some servers send it bare.
        bare = packed == "deflate" and whole[0] & 0x0F != 8
        unpack = zlib.decompressobj(-zlib.MAX_WBITS if bare else zlib.MAX_WBITS | 32)
        try:
            body = unpack.decompress(whole, self._cap + 1)
        except zlib.error as error:
            raise Broken("bad-http", f"the answer cannot be unpacked: {error}") from None
        if len(body) > self._cap:
            return None
        if not unpack.eof:
            raise Broken("bad-http", "the packed answer breaks off")
        return body
