"""The child process that runs llama.cpp: `python -m auscult.kit.llama.main SETTINGS`.

SETTINGS is one JSON object (ChildSettings). One JSON line on standard output says {"url": ...}
when the server is ready, or {"error": ...}. The child ends when its standard input closes, when
its parent dies, and at once on any signal: a generation is never waited for.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys
import threading
from typing import Any, NoReturn

import msgspec

_PR_SET_PDEATHSIG = 1
_WARNINGS = 2
"""llama.cpp's log level: what is wrong, but not every request."""


class ChildSettings(msgspec.Struct, frozen=True, kw_only=True):
    model: str
    log: str = ""
    """Where llama.cpp's own words go; the supervisor makes a passing file where none is named."""
    alias: str = "local"
    """The model name in replies, in place of a path of this machine."""
    mmproj: str = ""
    context: int = 4096
    """Tokens per slot."""
    slots: int = 1
    threads: int = 1
    threads_batch: int = 0
    """0: as `threads`."""
    cache_prompt: bool = True
    seed: int = 0
    parent: int = 0


def main() -> NoReturn:
    settings = msgspec.json.decode(sys.argv[1], type=ChildSettings)
    _die_with_the_parent(settings.parent)
    # Python would run its handlers only between two byte codes, and loading is one long call.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    threading.Thread(target=_end_with_standard_input, daemon=True).start()
    answer = _divert_output(settings.log)
    try:
        server = _serve(settings)
    except (ImportError, RuntimeError, ValueError, OSError) as error:
        _say(answer, {"error": f"{type(error).__name__}: {error}"})
        os._exit(3)
    _say(answer, {"url": server.listening_address})
    os.close(answer)
    while True:
        signal.pause()


def _die_with_the_parent(parent: int) -> None:
    """Where the kernel offers it; elsewhere the closing of standard input has to do."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if parent and os.getppid() != parent:  # it died before we asked
        os._exit(0)


def _end_with_standard_input() -> None:
    while os.read(0, 4096):
        pass
    os._exit(0)


def _divert_output(log: str) -> int:
    """llama.cpp writes where it likes: both streams go to the log, and the answer line keeps a
    handle of its own."""
    answer = os.dup(1)
    os.set_inheritable(answer, False)
    file = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    os.dup2(file, 1)
    os.dup2(file, 2)
    os.close(file)
    return answer


def _say(handle: int, what: dict[str, str]) -> None:
    os.write(handle, msgspec.json.encode(what) + b"\n")


def _serve(settings: ChildSettings) -> Any:
    import xllamacpp

    params = xllamacpp.CommonParams()
    params.model.path = settings.model
    params.model_alias = {settings.alias}
    if settings.mmproj:
        params.mmproj.path = settings.mmproj
    params.hostnames = ["127.0.0.1"]
    params.port = 0
    params.n_parallel = settings.slots
    params.n_ctx = settings.context * settings.slots
    params.kv_unified = False
    params.fit_params = False  # the context asked for, or none
    params.cpuparams.n_threads = settings.threads
    params.cpuparams_batch.n_threads = settings.threads_batch or settings.threads
    params.sampling.seed = settings.seed
    params.use_jinja = True
    params.cache_prompt = settings.cache_prompt
    params.cache_ram_mib = 0  # a second cache, of up to 8 GB: prefixes in the slots are enough
    params.cache_idle_slots = False  # goes with it
    params.ctx_shift = False  # never forget the start of a prompt silently
    params.ui = False
    params.endpoint_slots = False  # other users of this machine could read prompts there
    params.cors_origins = "http://127.0.0.1"
    params.offline = True
    params.verbosity = _WARNINGS
    return xllamacpp.Server(params)


if __name__ == "__main__":
    main()
