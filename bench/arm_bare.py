"""The floor: aiohttp alone sends the same requests, scores them the same way, keeps nothing.

usage: python bench/arm_bare.py RESULT.json URL CASES.jsonl CONCURRENCY [asyncio|uvloop]
"""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path
from typing import Any

import aiohttp
import msgspec
import uvloop

from marks import Work, tell

INSTRUCTION = (
    "Reply with the letter of the single best option and nothing else. "
    'If you do not know the answer, you may reply "I don\'t know" instead.'
)
REPLY_TOKENS = 512
HEADERS = {"Content-Type": "application/json"}


class Message(msgspec.Struct):
    content: str


class Choice(msgspec.Struct):
    message: Message


class Answer(msgspec.Struct):
    choices: list[Choice]


def request(case: dict[str, Any]) -> bytes:
    """As many bytes as Auscult sends for the same question; the smoke test compares the sums."""
    lines = "\n".join(f"{letter}. {text}" for letter, text in case["options"].items())
    text = f"{case['question']}\n\nOptions:\n{lines}\n\n{INSTRUCTION}"
    message = {"role": "user", "content": text}
    return msgspec.json.encode({"model": "m", "messages": [message], "max_tokens": REPLY_TOKENS})


async def run(url: str, cases: list[dict[str, Any]], concurrency: int) -> dict[str, Any]:
    right = done = 0
    feed = iter(cases)
    decode = msgspec.json.Decoder(Answer).decode
    connector = aiohttp.TCPConnector(limit=0)
    async with aiohttp.ClientSession(f"{url}/", connector=connector) as session:

        async def worker() -> None:
            nonlocal right, done
            for case in feed:
                body = request(case)
                async with session.post("chat/completions", data=body, headers=HEADERS) as got:
                    answer = decode(await got.read())
                right += answer.choices[0].message.content.strip()[:1] == case["answer_idx"]
                done += 1

        work = Work()
        work.begin()
        await asyncio.gather(*(worker() for _ in range(concurrency)))
        return {**work.end(), "cases": done, "right": right}


def main(result: str, url: str, cases: str, concurrency: str, loop: str = "asyncio") -> None:
    rows = [json.loads(line) for line in Path(cases).read_text(encoding="utf-8").splitlines()]
    runner = uvloop.run if loop == "uvloop" else asyncio.run
    tell(Path(result), runner(run(url, rows, int(concurrency))))


if __name__ == "__main__":
    main(*sys.argv[1:])
