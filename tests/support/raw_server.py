"""A server that sends the bytes it is told to, and a client for it."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from auscult.kit.http.client import HttpClient, HttpReply, HttpSettings

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
ANSWER = HEAD + b"Content-Length: 3\r\n\r\n[1]"
CAP = 10_000


class Server:
    """Answers the nth request with the nth piece of bytes, the last again and again."""

    def __init__(self, *answers: bytes | list[bytes], hang_up: bool = False) -> None:
        self.answers, self.hang_up = list(answers), hang_up
        self.requests: list[bytes] = []
        self.connections = 0
        self.writers: list[asyncio.StreamWriter] = []

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self.writers.append(writer)
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                length = int(head.lower().partition(b"content-length: ")[2].split(b"\r\n")[0])
                said = await reader.readexactly(length)
                self.requests.append(head + said)
                number = int(said) if said.isdigit() else len(self.requests)
                which = min(number, len(self.answers)) - 1
                pieces = self.answers[which]
                for piece in [pieces] if isinstance(pieces, bytes) else pieces:
                    writer.write(piece)
                    await writer.drain()
                    await asyncio.sleep(0)
                if self.hang_up:
                    break
        except (asyncio.IncompleteReadError, ConnectionError, ssl.SSLError):
            pass
        finally:
            writer.close()


@asynccontextmanager
async def serving(server: Server, tls: ssl.SSLContext | None = None) -> AsyncIterator[str]:
    listening = await asyncio.start_server(server.serve, "127.0.0.1", 0, ssl=tls)
    port = listening.sockets[0].getsockname()[1]
    try:
        yield f"http{'s' if tls else ''}://localhost:{port}/x"
    finally:
        listening.close()
        for writer in server.writers:
            writer.close()
        await asyncio.sleep(0)


@asynccontextmanager
async def client(**more: Any) -> AsyncIterator[HttpClient]:
    made = HttpClient(HttpSettings(**{"max_body_bytes": CAP, "timeout_s": 5.0, **more}))
    try:
        yield made
        assert made._session is None, "this went through aiohttp"
    finally:
        await made.close()


async def asked(*answers: bytes | list[bytes], times: int = 1, **more: Any) -> list[HttpReply]:
    """Questions bear their number: one that timed out before it was read keeps its answer."""
    server = Server(*answers, hang_up=more.pop("hang_up", False))
    async with serving(server) as url, client(**more) as web:
        return [await web.post(url, b"%d" % (number + 1), {}) for number in range(times)]
