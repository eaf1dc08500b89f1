"""Builds a small vision model, serves it on loopback, audits it, and writes what came out.

usage: make vision-demo [ARGS="--quick"]

`--quick` goes the whole way in small: its figures mean nothing and are written beside the run, not
into the docs. What was fetched and trained is kept in the user's cache folder. A run that was
stopped goes on where it stopped.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import figures
import packages
import pictures
from settings import HERE, PLANS, PORT, ROOT, Size, cache_dir, model_digest, size_of

from auscult.core.errors import AuditError, RunError
from auscult.kit import models

VISION_PYTHON = ROOT / ".venv-vision" / "bin" / "python"
MINUTES = {
    "full": "about 25 minutes on 2 quiet cores: 7 to build the model, 18 to audit it",
    "quick": "about 3 minutes; its figures mean nothing",
}
DISK = "2 GB of packages in .venv-vision, 1 GB in the cache folder"


def say(text: str) -> None:
    sys.stdout.write(f"vision-demo: {text}\n")
    sys.stdout.flush()


def check_port(port: int) -> None:
    """Before anything that takes minutes."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            raise RunError(
                f"port {port} of this machine is taken ({error.strerror}): end what listens there, "
                f'or choose another with ARGS="--port {port + 1}"'
            ) from error


def child_environment(threads: int) -> dict[str, str]:
    return {**os.environ, "HF_HUB_OFFLINE": "1", "OMP_NUM_THREADS": str(threads)}


def build(size: Size, projector: Path, threads: int) -> None:
    gguf = models.path_of(models.SMALL)
    command = [VISION_PYTHON, HERE / "build.py", size.name, gguf, threads, projector]
    done = subprocess.run(
        [str(part) for part in command], env=child_environment(threads), check=False
    )
    if done.returncode != 0:
        raise RunError(f"the model could not be built (exit code {done.returncode}); see above")


@contextmanager
def serving(projector: Path, port: int, threads: int) -> Iterator[None]:
    """The server lives as long as its standard input, which closes with this process."""
    command = [VISION_PYTHON, HERE / "serve.py", projector, port, threads]
    server = subprocess.Popen(
        [str(part) for part in command],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=child_environment(1),
        text=True,
    )
    assert server.stdin is not None and server.stdout is not None
    try:
        line = server.stdout.readline()
        told: dict[str, Any] = json.loads(line) if line.startswith("{") else {}
        if "ready" not in told:
            why = told.get("error", "it ended without a word; see above")
            raise RunError(f"the model could not be served on port {port}: {why}")
        say(f"serving on {told['ready']}")
        yield
    finally:
        server.stdin.close()
        try:
            server.wait(timeout=20)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()


def plan_text(name: str, size: Size, port: int) -> str:
    """The plan as it lies in plans/, with another port or fewer cases where asked for."""
    text = (HERE / "plans" / f"{name}.toml").read_text(encoding="utf-8")
    text = text.replace(f"127.0.0.1:{PORT}/", f"127.0.0.1:{port}/")
    if size.name == "full":
        return text
    limits = iter(size.limits)
    return re.sub(r"^limit = \d+$", lambda _: f"limit = {next(limits)}", text, flags=re.MULTILINE)


def audit(name: str, size: Size, port: int, cache: Path, work: Path) -> Path:
    plan, run = work / f"{name}.toml", work / name
    plan.write_text(plan_text(name, size, port), encoding="utf-8")
    command = [
        Path(sys.executable).with_name("auscult"),
        "audit",
        "--plan",
        plan,
        "--out",
        run,
        "--yes",
    ]
    done = subprocess.run(
        [str(part) for part in command], cwd=cache / f"tables-{size.name}", check=False
    )
    if done.returncode != 0:
        raise RunError(
            f"the audit '{name}' ended with exit code {done.returncode}; see above. The same "
            f"command goes on where it stopped; to start it anew, remove {run}"
        )
    return run


def run(size: Size, port: int, threads: int, work: Path) -> None:
    say(f"{size.name} size, {MINUTES[size.name]}; needs {DISK}")
    check_port(port)
    if not VISION_PYTHON.exists():
        raise RunError(f"{VISION_PYTHON} is not there: run this by `make vision-demo`")
    cache = cache_dir()
    packages.fetch_all(cache, say)
    say("telling copies apart from pictures")
    split = pictures.prepare(cache, size)
    say(json.dumps(split["counts"]))
    mark = model_digest(size, pictures.digest_of(split))
    projector = cache / f"projector-{size.name}-{mark}.pt"
    if projector.is_file():
        say("the model is there already: no training")
    else:
        build(size, projector, threads)
    place = work / f"{size.name}-{mark}"
    place.mkdir(parents=True, exist_ok=True)
    with serving(projector, port, threads):
        runs = {name: audit(name, size, port, cache, place) for name in PLANS}
    figures.write(runs, split["counts"], size, place)


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--quick", action="store_true", help="the whole way in small")
    parser.add_argument("--port", type=int, default=PORT, help="where to serve the model")
    parser.add_argument("--threads", type=int, default=os.cpu_count() or 1, help="for the model")
    parser.add_argument("--work", type=Path, default=ROOT / "build" / "vision-demo")
    given = parser.parse_args()
    try:
        run(size_of("quick" if given.quick else "full"), given.port, given.threads, given.work)
    except AuditError as error:
        sys.stderr.write(f"vision-demo: {error}\n")
        return error.exit_code
    except KeyboardInterrupt:
        sys.stderr.write("vision-demo: stopped; the same command goes on\n")
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
