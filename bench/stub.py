"""A canned OpenAI endpoint: raw asyncio protocol, one answer, as little CPU as possible.

usage: python bench/stub.py [latency in ms] -> prints its URL, serves until stdin closes.
"""

from __future__ import annotations

import asyncio
import sys
from typing import Any

BODY = (
    b'{"id":"c","object":"chat.completion","created":1,"model":"stub-1",'
    b'"system_fingerprint":"fp","choices":[{"index":0,"message":{"role":"assistant",'
    b'"content":"B"},"finish_reason":"stop"}],'
    b'"usage":{"prompt_tokens":120,"completion_tokens":1,"total_tokens":121}}'
)
ANSWER = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s" % (
    len(BODY),
    BODY,
)


class Stub(asyncio.Protocol):
    latency = 0.0

    def connection_made(self, transport: Any) -> None:
        self.transport = transport
        self.buffer = b""

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        while (end := self.buffer.find(b"\r\n\r\n")) >= 0:
            head = self.buffer[:end].lower()
            place = head.find(b"content-length:")
            length = int(head[place + 15 :].split(b"\r\n", 1)[0]) if place >= 0 else 0
            whole = end + 4 + length
            if len(self.buffer) < whole:
                return
            self.buffer = self.buffer[whole:]
            if self.latency:
                asyncio.get_running_loop().call_later(self.latency, self.reply)
            else:
                self.reply()

    def reply(self) -> None:
        if not self.transport.is_closing():
            self.transport.write(ANSWER)


async def main(latency_ms: float) -> None:
    Stub.latency = latency_ms / 1000
    loop = asyncio.get_running_loop()
    server = await loop.create_server(Stub, "127.0.0.1", 0, backlog=1024)
    print(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1", flush=True)
    await loop.run_in_executor(None, sys.stdin.read)


if __name__ == "__main__":
    import uvloop

    uvloop.run(main(float(sys.argv[1]) if len(sys.argv) > 1 else 0.0))
