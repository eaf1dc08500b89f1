"""What a whole adaptive campaign costs in CPU: every question searched, with all its controls.

usage: python bench/campaign.py FILE.jsonl [--limit N] [--strategist NAME]

FILE holds questions in MedQA's JSON Lines (`bench/questions.py` makes some of made-up words). A
stub on the loopback knows every right answer and gives it, whatever the attack: so no search ends
early, and each question takes the most that it can: the case twice, a drawn attack with its
control, five harmless changes, five rounds. CPU is that of the auditing command, from its start to
the dossier.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import re
import resource
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

LISTED = re.compile(r"^([A-Z])[.)] (.+)$", re.MULTILINE)
BOUND_S = 60.0


def right_answers(path: Path) -> dict[frozenset[str], str]:
    """By the set of options, in whatever order they are shown."""
    known = {}
    with path.open(encoding="utf-8") as lines:
        for line in lines:
            row = json.loads(line)
            options = row["options"]
            known[frozenset(map(folded, options.values()))] = folded(options[row["answer_idx"]])
    return known


def folded(text: str) -> str:
    return " ".join(text.split())


def reply(body: bytes, known: dict[frozenset[str], str]) -> bytes:
    text = json.loads(body)["messages"][-1]["content"]
    options = {folded(option): letter for letter, option in LISTED.findall(text)}
    letter = options.get(known.get(frozenset(options), ""), "A")
    message = {"role": "assistant", "content": letter}
    usage = {"prompt_tokens": len(text) // 4, "completion_tokens": 1}
    told: dict[str, Any] = {
        "id": "c", "object": "chat.completion", "created": 1, "model": "stub-1", "usage": usage,
        "choices": [{"index": 0, "message": message, "finish_reason": "stop"}],
    }  # fmt: skip
    answer = json.dumps(told).encode()
    head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(answer)}"
    return head.encode() + b"\r\n\r\n" + answer


async def serve(path: Path) -> None:
    known = right_answers(path)

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                found = re.search(rb"content-length: *(\d+)", head.lower())
                body = await reader.readexactly(int(found[1])) if found else b""
                writer.write(reply(body, known))
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    server = await asyncio.start_server(handle, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await asyncio.to_thread(sys.stdin.read)


def campaign(path: Path, limit: int, strategist: str) -> tuple[float, dict[str, Any]]:
    stub = subprocess.Popen(
        [sys.executable, __file__, str(path), "--serve"],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert stub.stdout is not None
    url = f"http://127.0.0.1:{stub.stdout.readline().strip()}/v1"
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "run"
        command = [
            str(Path(sys.executable).with_name("auscult")), "audit", "das/adaptive",
            "--data", f"medqa={path}", "--target", "openai/stub", "--option", f"base_url={url}",
            "--suite-option", f"strategist={strategist}", "--concurrency", "64", "--yes",
            "--quiet", "--json", "--out", str(out), *(["--limit", str(limit)] if limit else []),
        ]  # fmt: skip
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        if done.returncode:
            raise SystemExit(done.stderr)
        told = json.loads(done.stdout)
        told["results"] = json.loads((out / "results.json").read_text(encoding="utf-8"))
    stub.communicate()
    return (after.ru_utime + after.ru_stime) - (before.ru_utime + before.ru_stime), told


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("file", type=Path)
    parser.add_argument("--limit", type=int, default=0)
    parser.add_argument("--strategist", default="bandit")
    parser.add_argument("--serve", action="store_true", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.serve:
        asyncio.run(serve(given.file))
        return 0
    cpu, told = campaign(given.file, given.limit, given.strategist)
    found = {e["metric"]: e for e in told["estimates"] if not e["group"]}
    searched = found["broken by a search"]["n"]
    calls = told["results"]["run"]["accounting"]["calls"]
    print(f"{searched} questions searched for five rounds, {calls} calls")
    print(f"{cpu:.1f} s of CPU, {1000 * cpu / max(1, calls):.2f} ms a call; at most {BOUND_S:g} s")
    return 0 if cpu < BOUND_S else 1


if __name__ == "__main__":
    sys.exit(main())
