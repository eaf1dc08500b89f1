"""The stub endpoint as a process: prints its base URL, serves until stdin closes or SIGTERM."""

from __future__ import annotations

import argparse
import asyncio
import json
import signal
import sys
import threading

from stub_server import Behaviour, StubServer, even_chaos


def parse() -> tuple[int, Behaviour]:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument(
        "--answers", default="letter-A", help="letter-X, hash, echo, text:..., canned"
    )
    parser.add_argument("--latency", type=float, default=0.0, help="seconds")
    parser.add_argument("--latency-spread", type=float, default=0.0, help="seconds, by hash")
    parser.add_argument("--chaos", default="0", help="a total probability, or JSON by kind")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--hang", type=float, default=30.0, help="seconds")
    parser.add_argument("--retry-after", type=float, default=1.0, help="longest, in seconds")
    parser.add_argument("--api-key", default="")
    parser.add_argument("--counts-file", default="")
    given = parser.parse_args()
    chaos = json.loads(given.chaos)
    return given.port, Behaviour(
        answers=given.answers,
        latency_s=given.latency,
        latency_spread_s=given.latency_spread,
        chaos=chaos if isinstance(chaos, dict) else even_chaos(chaos) if chaos else {},
        seed=given.seed,
        hang_s=given.hang,
        retry_after_s=given.retry_after,
        api_key=given.api_key,
        counts_file=given.counts_file,
    )


async def serve(port: int, behaviour: Behaviour) -> None:
    loop = asyncio.get_running_loop()
    stop = asyncio.Event()
    loop.add_signal_handler(signal.SIGTERM, stop.set)
    loop.add_signal_handler(signal.SIGINT, stop.set)
    server = StubServer(behaviour)
    await server.start(port)
    print(server.base_url, flush=True)

    def until_stdin_closes() -> None:
        while sys.stdin.buffer.raw.read(4096):  # type: ignore[attr-defined]
            pass
        loop.call_soon_threadsafe(stop.set)

    threading.Thread(target=until_stdin_closes, daemon=True).start()
    await stop.wait()
    await server.stop()


if __name__ == "__main__":
    asyncio.run(serve(*parse()))
