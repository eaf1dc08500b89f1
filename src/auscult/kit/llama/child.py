"""Keeps a llama.cpp child process alive and says where it listens.

The child (llama.main) has a session of its own, so that Ctrl-C in a terminal reaches the parent
alone; it dies with the parent, whatever kills that.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import msgspec

from auscult.core.errors import TargetUnusable
from auscult.kit.llama.main import ChildSettings

COMMAND = (sys.executable, "-m", "auscult.kit.llama.main")
MOST_RESTARTS = 5
"""Deaths in a row, with no answer between, after which no further start is tried."""
_LOADS_TRIED = 2
_LOG_LINES = 6
_DEATH_GRACE_S = 2.0


class _Ready(msgspec.Struct):
    url: str = ""
    error: str = ""


class Speed(msgspec.Struct):
    """Tokens and milliseconds as the server timed them, over the life of the supervisor."""

    prompt_tokens: int = 0
    prompt_ms: float = 0.0
    output_tokens: int = 0
    output_ms: float = 0.0
    cached_tokens: int = 0

    @property
    def prompt_per_second(self) -> float | None:
        return 1000 * self.prompt_tokens / self.prompt_ms if self.prompt_ms else None

    @property
    def output_per_second(self) -> float | None:
        """None until an answer of two tokens: the first comes with the prompt, in no time."""
        return 1000 * self.output_tokens / self.output_ms if self.output_ms else None


class _Timings(msgspec.Struct):
    cache_n: int = 0
    prompt_n: int = 0
    prompt_ms: float = 0.0
    predicted_n: int = 0
    predicted_ms: float = 0.0


class _Timed(msgspec.Struct):
    timings: _Timings | None = None


_read_timed = msgspec.json.Decoder(_Timed).decode


class LlamaChild:
    def __init__(
        self,
        settings: ChildSettings,
        *,
        load_timeout_s: float = 600.0,
        command: Sequence[str] = COMMAND,
    ) -> None:
        self.settings = settings
        self.starts = 0
        self.speed = Speed()
        self._load_timeout_s = load_timeout_s
        self.command = tuple(command)
        self._lock = asyncio.Lock()
        self._process: asyncio.subprocess.Process | None = None
        self._url = ""
        self._deaths = 0
        self._stopped = False
        self._log_is_ours = not settings.log

    @property
    def alive(self) -> bool:
        return self._process is not None and self._process.returncode is None

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process and self.alive else None

    async def start(self) -> str:
        """The URL of a loaded model: at once when it runs, else after (re)starting it.

        Not to be called from a thread that ends before the child should: on Linux the child dies
        with the thread that started it.
        """
        async with self._lock:
            if self._stopped:
                raise TargetUnusable("the model process was stopped")
            if self.alive and self._url:
                return self._url
            if self._process is not None:
                self._deaths += 1
                await self._kill()
            if self._deaths > MOST_RESTARTS:
                raise TargetUnusable(
                    f"the model process died {self._deaths} times without an answer between: "
                    + self.last_words()
                )
            return await self._load()

    async def stop(self) -> None:
        """Kills the child at once, whatever it is doing, and for good."""
        self._stopped = True
        await self._kill()
        if self._log_is_ours:
            self._forget_log()

    async def _kill(self) -> None:
        process, self._process, self._url = self._process, None, ""
        if process is None:
            return
        if process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
        if process.stdin is not None:
            process.stdin.close()
        await process.wait()

    async def has_died(self) -> bool:
        """Asked after a broken call: a death is noticed a moment later than its broken socket."""
        if self._process is None:
            return True
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._process.wait(), _DEATH_GRACE_S)
        return not self.alive

    def answered(self, body: bytes) -> None:
        """An answer came: the deaths before it are forgiven, and its timings are counted."""
        self._deaths = 0
        try:
            timings = _read_timed(body).timings
        except msgspec.DecodeError:
            return
        if timings is None:
            return
        self.speed.cached_tokens += timings.cache_n
        self.speed.prompt_tokens += timings.prompt_n
        self.speed.prompt_ms += timings.prompt_ms
        if timings.predicted_n > 1:
            self.speed.output_tokens += timings.predicted_n
            self.speed.output_ms += timings.predicted_ms

    def last_words(self) -> str:
        """The end of the child's log, on one line."""
        try:
            text = Path(self.settings.log).read_text(encoding="utf-8", errors="replace")
        except OSError:
            text = ""
        lines = [line.strip() for line in text.splitlines() if line.strip()]
        return " | ".join(lines[-_LOG_LINES:]) or "it left no log"

    def _forget_log(self) -> None:
        if self.settings.log:
            with contextlib.suppress(OSError):
                Path(self.settings.log).unlink(missing_ok=True)

    def _open_log(self) -> None:
        """A fresh one: of an earlier run nothing is to be quoted."""
        self._forget_log()
        if self.settings.log:
            Path(self.settings.log).parent.mkdir(parents=True, exist_ok=True)
        else:
            handle, path = tempfile.mkstemp(prefix="auscult-llama-", suffix=".log")
            os.close(handle)
            self.settings = msgspec.structs.replace(self.settings, log=path)

    async def _load(self) -> str:
        for _ in range(_LOADS_TRIED):
            process = await self._spawn()
            self._process = process
            ready = await self._first_line(process)
            if ready.url:
                self._url = ready.url
                return ready.url
            await self._kill()
            if self._stopped:
                raise TargetUnusable("the model process was stopped while it loaded")
            if ready.error:  # it said why; asking again would hear the same
                break
        raise TargetUnusable(
            f"the model {Path(self.settings.model).name} could not be loaded"
            + (f" ({ready.error})" if ready.error else "")
            + f": {self.last_words()}"
        )

    async def _spawn(self) -> asyncio.subprocess.Process:
        if self.starts == 0:
            self._open_log()
        self.starts += 1
        settings = msgspec.structs.replace(self.settings, parent=os.getpid())
        try:
            return await asyncio.create_subprocess_exec(
                *self.command,
                msgspec.json.encode(settings).decode(),
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                start_new_session=True,
            )
        except OSError as error:
            raise TargetUnusable(f"the model process could not be started: {error}") from error

    async def _first_line(self, process: asyncio.subprocess.Process) -> _Ready:
        assert process.stdout is not None
        try:
            line = await asyncio.wait_for(process.stdout.readline(), self._load_timeout_s)
        except TimeoutError:
            return _Ready(error=f"not loaded within {self._load_timeout_s:g} s")
        try:
            return msgspec.json.decode(line, type=_Ready)
        except msgspec.DecodeError:
            return _Ready()
