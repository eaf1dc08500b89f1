"""The floor: aiohttp alone doing the same requests with the same scoring, keeping nothing.

usage: python bench/arm_bare.py URL CASES.jsonl CONCURRENCY -> one line of JSON
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from pathlib import Path
from typing import Any

import aiohttp
import msgspec
import uvloop


class Message(msgspec.Struct):
    content: str


class Choice(msgspec.Struct):
    message: Message


class Answer(msgspec.Struct):
    choices: list[Choice]


async def main(url: str, cases: list[dict[str, Any]], concurrency: int) -> dict[str, float]:
    right = 0
    feed = iter(cases)
    decoder = msgspec.json.Decoder(Answer)
    headers = {"Content-Type": "application/json"}
    connector = aiohttp.TCPConnector(limit=0)
    async with aiohttp.ClientSession(connector=connector) as session:

        async def worker() -> None:
            nonlocal right
            for case in feed:
                lines = "\n".join(f"{k}. {v}" for k, v in case["options"].items())
                text = f"{case['question']}\n{lines}\nAnswer with the letter only."
                message = {"role": "user", "content": text}
                body = msgspec.json.encode({"model": "m", "messages": [message]})
                async with session.post(f"{url}/chat/completions", data=body, headers=headers) as r:
                    answer = decoder.decode(await r.read())
                right += answer.choices[0].message.content.strip()[:1] == case["answer_idx"]

        cpu, wall = time.process_time(), time.perf_counter()
        await asyncio.gather(*(worker() for _ in range(concurrency)))
        cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
    return {"cpu": cpu, "wall": wall, "cases": len(cases), "right": right}


if __name__ == "__main__":
    rows = [json.loads(line) for line in Path(sys.argv[2]).read_text().splitlines()]
    print(json.dumps(uvloop.run(main(sys.argv[1], rows, int(sys.argv[3])))))
