"""Serves the model behind the OpenAI chat protocol, on loopback alone. Run by demo.py.

usage: python serve.py PROJECTOR PORT THREADS

Prints one line of JSON once it is ready, or why it is not, and ends when its standard input does:
it never outlives whoever started it. Replies are greedy; a temperature above 0 is refused.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import hashlib
import json
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import torch
from aiohttp import web
from model import CLOSE, LONGEST_PROMPT, OPEN, Answer, BadRequest, Eyes, Model, Projector, Reader
from settings import MODEL_NAME, TEMPLATE_SYSTEM, cache_dir

HOST = "127.0.0.1"
LARGEST_BODY = 32 << 20
MOST_TOKENS, DEFAULT_TOKENS, MOST_LISTED = 256, 64, 20
Piece = str | tuple[str, bytes]


def pieces_of(messages: Any) -> list[Piece]:
    """The conversation in SmolLM2's own template, its pictures in their places."""
    if not isinstance(messages, list) or not messages:
        raise BadRequest("messages is empty or no list")
    text = ""
    if messages[0].get("role") != "system":
        text = f"{OPEN}system\n{TEMPLATE_SYSTEM}{CLOSE}\n"
    out: list[Piece] = []
    for message in messages:
        words, pictures = _said(message)
        text += f"{OPEN}{message.get('role')}\n{words}"
        for picture in pictures:
            out += [f"{text}\n", picture]
            text = ""
        text += f"{CLOSE}\n"
    return [*out, f"{text}{OPEN}assistant\n"]


def _said(message: Any) -> tuple[str, list[tuple[str, bytes]]]:
    content = message.get("content")
    if isinstance(content, str):
        return content, []
    if not isinstance(content, list):
        raise BadRequest("a message has no content")
    words = "\n".join(part["text"] for part in content if part.get("type") == "text")
    urls = [part["image_url"]["url"] for part in content if part.get("type") == "image_url"]
    return words, [_picture(url) for url in urls]


def _picture(url: str) -> tuple[str, bytes]:
    head, comma, body = url.partition(";base64,")
    if not comma or not head.startswith("data:image/"):
        raise BadRequest("pictures are taken as data URLs in base64; nothing is fetched")
    try:
        data = base64.b64decode(body, validate=True)
    except binascii.Error as error:
        raise BadRequest(f"the picture's base64 is broken: {error}") from error
    return hashlib.sha256(data).hexdigest(), data


class Server:
    def __init__(self, model: Model, mark: str, threads: int) -> None:
        self._model, self._mark = model, mark
        self._pool = ThreadPoolExecutor(threads)

    async def chat(self, request: web.Request) -> web.Response:
        try:
            body = json.loads(await request.read())
            if (body.get("temperature") or 0) > 0:
                raise BadRequest("this model answers greedily: send temperature 0 or none")
            pieces = pieces_of(body.get("messages"))
            longest = min(int(body.get("max_tokens") or DEFAULT_TOKENS), MOST_TOKENS)
            top = min(int(body.get("top_logprobs") or 0), MOST_LISTED)
            loop = asyncio.get_running_loop()
            answer = await loop.run_in_executor(
                self._pool, self._model.answer, pieces, longest, top
            )
        except (BadRequest, ValueError, KeyError, TypeError, AttributeError) as error:
            said = str(error) if isinstance(error, BadRequest) else f"unreadable body: {error!r}"
            told = {"error": {"message": said, "type": "invalid_request_error"}}
            return web.json_response(told, status=400)
        return web.json_response(self._completion(answer, bool(body.get("logprobs"))))

    def _completion(self, answer: Answer, logprobs: bool) -> dict[str, Any]:
        choice: dict[str, Any] = {
            "index": 0,
            "message": {"role": "assistant", "content": answer.text},
            "finish_reason": answer.finish,
        }
        if logprobs:
            choice["logprobs"] = {
                "content": [
                    {
                        "token": token,
                        "logprob": value,
                        "top_logprobs": [{"token": t, "logprob": v} for t, v in listed],
                    }
                    for token, value, listed in answer.tokens
                ]
            }
        wrote = len(answer.tokens)
        return {
            "object": "chat.completion",
            "model": MODEL_NAME,
            "system_fingerprint": self._mark,
            "choices": [choice],
            "usage": {
                "prompt_tokens": answer.prompt_tokens,
                "completion_tokens": wrote,
                "total_tokens": answer.prompt_tokens + wrote,
            },
        }

    async def models(self, request: web.Request) -> web.Response:
        return web.json_response({"object": "list", "data": [{"id": MODEL_NAME}]})


def load(projector_file: Path) -> Model:
    cache = cache_dir()
    reader = Reader(cache / "reader")
    projector = Projector(reader.width, 1.0)
    projector.load_state_dict(torch.load(projector_file, weights_only=True, map_location="cpu"))
    return Model(Eyes(cache / "dinov2s.pt"), reader, projector)


async def serve(projector_file: Path, port: int, threads: int) -> None:
    server = Server(load(projector_file), projector_file.stem, threads)
    app = web.Application(client_max_size=LARGEST_BODY)
    app.router.add_post("/v1/chat/completions", server.chat)
    app.router.add_get("/v1/models", server.models)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    try:
        await web.TCPSite(runner, HOST, port).start()
        told = {"ready": f"http://{HOST}:{port}/v1", "longest_prompt": LONGEST_PROMPT}
        sys.stdout.write(json.dumps(told) + "\n")
        sys.stdout.flush()
        await asyncio.to_thread(sys.stdin.buffer.read)
    finally:
        await runner.cleanup()


def main(projector_file: str, port: str, threads: str) -> int:
    torch.set_num_threads(1)
    try:
        asyncio.run(serve(Path(projector_file), int(port), int(threads)))
    except OSError as error:
        sys.stdout.write(json.dumps({"error": str(error)}) + "\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
