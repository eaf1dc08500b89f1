"""A canned OpenAI endpoint: a raw asyncio protocol, one answer, as little CPU as possible.

usage: python bench/stub.py [LATENCY_MS] -> prints its URL, serves until stdin closes, and then
prints one line of JSON: requests served, bytes of their bodies, the most that waited at once, and
answers sent in each tenth of a second.
"""

from __future__ import annotations

import asyncio
import json
import sys
from collections import Counter
from typing import Any

BODY = (
    b'{"id":"c","object":"chat.completion","created":1,"model":"stub-1",'
    b'"system_fingerprint":"fp","choices":[{"index":0,"message":{"role":"assistant",'
    b'"content":"B"},"finish_reason":"stop"}],'
    b'"usage":{"prompt_tokens":220,"completion_tokens":1,"total_tokens":221}}'
)
ANSWER = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s" % (
    len(BODY),
    BODY,
)
BLANK_LINE, LENGTH = b"\r\n\r\n", b"content-length:"
TENTHS = 10


class Counts:
    def __init__(self) -> None:
        self.served = self.body_bytes = self.waiting = self.most_waiting = 0
        self.tenths: Counter[int] = Counter()


class Stub(asyncio.Protocol):
    def __init__(self, loop: asyncio.AbstractEventLoop, counts: Counts, latency_s: float) -> None:
        self.loop, self.counts, self.latency_s = loop, counts, latency_s
        self.buffer = b""

    def connection_made(self, transport: Any) -> None:
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        while (end := self.buffer.find(BLANK_LINE)) >= 0:
            head = self.buffer[:end].lower()
            place = head.find(LENGTH)
            length = int(head[place + len(LENGTH) :].split(b"\r\n", 1)[0]) if place >= 0 else 0
            whole = end + len(BLANK_LINE) + length
            if len(self.buffer) < whole:
                return
            self.buffer = self.buffer[whole:]
            self.take(length)

    def take(self, length: int) -> None:
        counts = self.counts
        counts.body_bytes += length
        if not self.latency_s:
            self.reply()
            return
        counts.waiting += 1
        counts.most_waiting = max(counts.most_waiting, counts.waiting)
        self.loop.call_later(self.latency_s, self.reply_late)

    def reply_late(self) -> None:
        self.counts.waiting -= 1
        self.reply()

    def reply(self) -> None:
        if not self.transport.is_closing():
            self.transport.write(ANSWER)
            self.counts.served += 1
            self.counts.tenths[int(self.loop.time() * TENTHS)] += 1


async def main(latency_s: float) -> None:
    loop, counts = asyncio.get_running_loop(), Counts()
    server = await loop.create_server(
        lambda: Stub(loop, counts, latency_s), "127.0.0.1", 0, backlog=1024
    )
    print(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1", flush=True)
    await loop.run_in_executor(None, sys.stdin.read)
    told = {
        "served": counts.served,
        "body_bytes": counts.body_bytes,
        "most_waiting": counts.most_waiting,
        "tenths": sorted(counts.tenths.items()),
    }
    print(json.dumps(told), flush=True)


if __name__ == "__main__":
    import uvloop

    uvloop.run(main(float(sys.argv[1]) / 1000 if len(sys.argv) > 1 else 0.0))
