"""The supervisor, with stand-in children and with the real small model."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import msgspec
import psutil
import pytest
from small_model import small_model

from auscult.core.errors import TargetUnusable
from auscult.kit import cores
from auscult.kit.http.client import HttpClient
from auscult.kit.llama.child import COMMAND, MOST_RESTARTS, LlamaChild
from auscult.kit.llama.main import ChildSettings

READY = """
print('{"url": "http://127.0.0.1:1"}', flush=True)
sys.stdin.read()
"""
DIES_LOADING = "log.write('out of memory, sorry\\n'); log.close(); sys.exit(1)"
SAYS_WHY = 'print(\'{"error": "no such model"}\', flush=True)'
NEVER_READY = "sys.stdin.read()"


def stand_in(tmp_path: Path, body: str, **options: float) -> LlamaChild:
    script = tmp_path / "child.py"
    script.write_text(
        f"import json, sys\nlog = open(json.loads(sys.argv[1])['log'], 'a')\n{body}\n"
    )
    settings = ChildSettings(model="m.gguf", log=str(tmp_path / "child.log"))
    return LlamaChild(settings, command=(sys.executable, "-S", "-E", str(script)), **options)


async def gone(pid: int) -> None:
    """Returns when no such process runs; the test's own time limit is the guard."""
    while psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE:
        await asyncio.sleep(0.01)


async def test_it_starts_once_for_many_callers(tmp_path: Path) -> None:
    child = stand_in(tmp_path, READY)
    urls = await asyncio.gather(*(child.start() for _ in range(5)))
    assert set(urls) == {"http://127.0.0.1:1"}
    assert (child.starts, child.alive) == (1, True)
    await child.stop()
    assert not child.alive
    with pytest.raises(TargetUnusable, match="was stopped"):
        await child.start()


async def test_a_dead_child_is_started_again_but_not_for_ever(tmp_path: Path) -> None:
    child = stand_in(tmp_path, READY)
    await child.start()
    for _ in range(MOST_RESTARTS):
        assert child.pid
        os.kill(child.pid, signal.SIGKILL)
        assert await child.has_died()
        await child.start()
    assert child.pid
    os.kill(child.pid, signal.SIGKILL)
    assert await child.has_died()
    with pytest.raises(TargetUnusable, match="died 6 times without an answer"):
        await child.start()
    assert child.starts == 1 + MOST_RESTARTS


async def test_an_answer_forgives_the_deaths_before_it(tmp_path: Path) -> None:
    child = stand_in(tmp_path, READY)
    await child.start()
    for _ in range(MOST_RESTARTS + 2):
        child.answered(b'{"timings": {"prompt_n": 10, "prompt_ms": 20}}')
        assert child.pid
        os.kill(child.pid, signal.SIGKILL)
        assert await child.has_died()
        await child.start()
    assert child.speed.prompt_per_second == pytest.approx(500)
    assert child.speed.output_per_second is None
    await child.stop()


async def test_a_log_of_its_own_goes_with_it(tmp_path: Path) -> None:
    child = stand_in(tmp_path, READY)
    child = LlamaChild(ChildSettings(model="m.gguf"), command=child.command)
    await child.start()
    log = Path(child.settings.log)
    assert log.exists()
    await child.stop()
    assert not log.exists()


async def test_two_deaths_while_loading_end_it_with_the_log(tmp_path: Path) -> None:
    child = stand_in(tmp_path, DIES_LOADING)
    with pytest.raises(TargetUnusable, match=r"m\.gguf could not be loaded: .*out of memory"):
        await child.start()
    assert child.starts == 2


async def test_a_load_that_says_why_it_failed_is_not_tried_again(tmp_path: Path) -> None:
    child = stand_in(tmp_path, SAYS_WHY)
    with pytest.raises(TargetUnusable, match="no such model"):
        await child.start()
    assert child.starts == 1


async def test_a_load_that_never_ends_is_given_up(tmp_path: Path) -> None:
    child = stand_in(tmp_path, NEVER_READY, load_timeout_s=0.05)
    with pytest.raises(TargetUnusable, match=r"not loaded within 0\.05 s"):
        await child.start()
    assert not child.alive


async def test_stopping_while_it_loads_does_not_start_it_again(tmp_path: Path) -> None:
    child = stand_in(tmp_path, NEVER_READY)
    starting = asyncio.create_task(child.start())
    while child.pid is None:
        await asyncio.sleep(0.005)
    await child.stop()
    with pytest.raises(TargetUnusable, match="stopped while it loaded"):
        await starting
    assert child.starts == 1


def test_threads_are_the_free_cores_and_one_in_ci(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cores, "_physical_cores", lambda: 16)
    monkeypatch.setattr(cores, "_quota", lambda: 64)
    assert cores.default_threads({}) == 4
    assert cores.default_threads({"CI": "true"}) == 1
    monkeypatch.setattr(cores, "_quota", lambda: 2)
    assert cores.default_threads({"CI": "false"}) == 2


def test_a_container_share_is_read_in_whole_cores(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    share = tmp_path / "cpu.max"
    monkeypatch.setattr(cores, "_QUOTA", share)
    for written, expected in (("150000 100000", 1), ("300000 100000", 3), ("max 100000", 4)):
        share.write_text(written)
        assert cores._quota() == expected


# With the real model


def settings(tmp_path: Path) -> ChildSettings:
    log = str(tmp_path / "llama.log")
    return ChildSettings(model=str(small_model()), log=log, alias="small", context=512)


@pytest.fixture
async def real(tmp_path: Path) -> AsyncIterator[LlamaChild]:
    child = LlamaChild(settings(tmp_path))
    yield child
    await child.stop()


@pytest.mark.model
async def test_the_real_child_serves_on_loopback_from_a_session_of_its_own(
    real: LlamaChild,
) -> None:
    url = await real.start()
    assert url.startswith("http://127.0.0.1:")
    assert real.pid
    assert os.getsid(real.pid) == real.pid != os.getsid(0)
    client = HttpClient()
    body = b'{"messages": [{"role": "user", "content": "Hello"}], "max_tokens": 4}'
    reply = await client.post(
        f"{url}/v1/chat/completions", body, {"Content-Type": "application/json"}
    )
    await client.close()
    assert reply.status == 200
    assert msgspec.json.decode(reply.body)["model"] == "small"
    real.answered(reply.body)
    assert real.speed.prompt_per_second
    assert real.speed.output_per_second


@pytest.mark.model
@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
async def test_a_signal_ends_the_real_child(real: LlamaChild, how: signal.Signals) -> None:
    await real.start()
    pid = real.pid
    assert pid
    os.kill(pid, how)
    await asyncio.wait_for(gone(pid), 10)


@pytest.mark.model
def test_the_real_child_ends_when_its_standard_input_closes(tmp_path: Path) -> None:
    process = subprocess.Popen(
        [*COMMAND, msgspec.json.encode(settings(tmp_path)).decode()],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert process.stdin and process.stdout
    with process.stdout, contextlib.closing(process.stdin):
        assert b"http://127.0.0.1:" in process.stdout.readline()
    assert process.wait(10) == 0


PARENT = """
import asyncio, sys
import msgspec
from auscult.kit.llama.child import LlamaChild
from auscult.kit.llama.main import ChildSettings

async def main():
    child = LlamaChild(msgspec.json.decode(sys.argv[1], type=ChildSettings))
    await child.start()
    print(child.pid, flush=True)
    await asyncio.sleep(60)

asyncio.run(main())
"""


@pytest.mark.model
async def test_a_killed_parent_leaves_no_child(tmp_path: Path) -> None:
    text = msgspec.json.encode(settings(tmp_path)).decode()
    parent = subprocess.Popen([sys.executable, "-c", PARENT, text], stdout=subprocess.PIPE)
    assert parent.stdout
    with parent.stdout:
        pid = int(parent.stdout.readline())
    assert psutil.pid_exists(pid)
    parent.kill()
    parent.wait()
    await asyncio.wait_for(gone(pid), 10)


@pytest.mark.model
async def test_a_damaged_model_is_refused_with_the_log(tmp_path: Path) -> None:
    cut = tmp_path / "cut.gguf"
    with small_model().open("rb") as whole:
        cut.write_bytes(whole.read(3_000_000))
    child = LlamaChild(ChildSettings(model=str(cut), log=str(tmp_path / "llama.log")))
    with pytest.raises(TargetUnusable, match=r"cut\.gguf could not be loaded.*corrupted"):
        await child.start()
    assert not child.alive
