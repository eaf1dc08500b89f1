"""A model on this machine, run by llama.cpp: `local/qwen`, `local/smollm2` or `local/PATH.gguf`.

The model runs in a supervised child process that is spoken to over loopback with the same OpenAI
wire as every other endpoint. It starts at the first answer. With one slot and no prefix cache (the
defaults) greedy answers are the same bit for bit from run to run; with more of either they are
not, because llama.cpp rounds differently when it batches differently.
"""

from __future__ import annotations

import asyncio
import importlib.metadata
import importlib.util
from pathlib import Path
from typing import Any

import msgspec

from auscult.core.errors import TargetUnusable, UsageError
from auscult.core.message import Reply, Request
from auscult.core.protocols import Abilities, TargetSpec
from auscult.kit import gguf_file, models
from auscult.kit.cores import default_threads
from auscult.kit.http.client import HttpClient, HttpSettings
from auscult.kit.llama.child import LlamaChild, Speed
from auscult.kit.llama.main import ChildSettings
from auscult.kit.openai_wire import decode_chat, encode_chat
from auscult.kit.options import parse_options

_HEADERS = {"Content-Type": "application/json"}
_BROKEN = frozenset({"connect", "disconnected", "bad-http"})
_DIGEST_SHOWN = 12


class LocalOptions(msgspec.Struct, frozen=True, kw_only=True):
    threads: int | None = None
    """Default: physical cores, at most 4; 1 where CI=true."""
    slots: int = 1
    """Answers computed at the same time."""
    context: int = 4096
    """Tokens of prompt and answer together, per slot."""
    cache: bool = False
    """Keep the computed prefix that a prompt shares with an earlier one in its slot."""
    seed: int = 0
    """Of the sampler, for a temperature above zero; a request that sends a seed has its own."""
    mmproj: str = ""
    """Projector file of a vision model."""
    timeout_s: float = 600.0
    send_extra: dict[str, Any] = {}
    """Further fields of the request's body, such as {"repeat_penalty": 1.1}."""

    def __post_init__(self) -> None:
        for name in ("slots", "context"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} must be at least 1")
        if self.threads is not None and self.threads < 1:
            raise ValueError("threads must be at least 1")
        if self.timeout_s <= 0:
            raise ValueError("timeout_s must be above 0")


def build(spec: TargetSpec) -> LocalTarget:
    options = parse_options(spec.options, LocalOptions, "target.local")
    ref = spec.ref or models.DEFAULT
    if not spec.dry and importlib.util.find_spec("xllamacpp") is None:
        raise UsageError("running a model here needs llama.cpp: pip install 'auscult[local]'")
    return LocalTarget(ref, options, spec)


class LocalTarget:
    local = True

    def __init__(self, ref: str, options: LocalOptions, spec: TargetSpec) -> None:
        path, name, digest, quantisation = _identify(ref, spec.dry)
        mmproj = _projector(options.mmproj)
        threads = options.threads or default_threads()
        self.identity = f"local/{name}#{digest[:_DIGEST_SHOWN]}"
        self.endpoint = self.identity
        self.abilities = Abilities(
            images=mmproj is not None, logprobs=True, schema=True, parallel=options.slots
        )
        self.fingerprint: dict[str, Any] = {
            "file": path.name,
            "sha256": digest,
            "quantisation": quantisation,
            "runtime": f"xllamacpp {_runtime_version()}",
            "threads": threads,
            "slots": options.slots,
            "context": options.context,
            "prefix_cache": options.cache,
            "bit_exact": options.slots == 1 and not options.cache,
            "seed": options.seed,
        }
        if mmproj is not None:
            self.fingerprint["mmproj"] = {"file": mmproj.name, "sha256": models.digest_of(mmproj)}
        if options.send_extra:
            self.fingerprint["send_extra"] = options.send_extra
        self._name = name
        self._extra = {"cache_prompt": options.cache, **options.send_extra}
        self._closed = False
        self._slots = asyncio.Semaphore(options.slots)
        self._http = HttpClient(HttpSettings(timeout_s=options.timeout_s))
        self._child = LlamaChild(
            ChildSettings(
                model=str(path.resolve()),
                log=_log_path(spec, name),
                alias=name,
                mmproj=str(mmproj.resolve()) if mmproj else "",
                context=options.context,
                slots=options.slots,
                threads=threads,
                cache_prompt=options.cache,
                seed=options.seed,
            )
        )

    @property
    def speed(self) -> Speed:
        """Tokens a second as the child timed them, for the report."""
        return self._child.speed

    @property
    def pid(self) -> int | None:
        """Of the model process, while it runs."""
        return self._child.pid

    async def answer(self, request: Request) -> Reply:
        if not self.abilities.images and any(m.images for m in request.messages):
            return Reply.error("no-images", f"{self._name} has no projector: set mmproj=PATH")
        extra = self._extra
        if not request.sampling.send_seed:
            extra = {"seed": self.fingerprint["seed"], **extra}
        body = encode_chat(_greedy(request), model=self._name, extra=extra)
        # Waiting here and not in the server's queue: the time limit is of the answer alone.
        async with self._slots:
            try:
                url = await self._child.start()
            except TargetUnusable:
                if not self._closed:
                    raise
                return Reply.error("target-closed")
            reply = await self._http.post(f"{url}/v1/chat/completions", body, _HEADERS)
            if reply.cause in _BROKEN and await self._child.has_died():
                return Reply.error("target-died", self._child.last_words(), retry=True)
        if reply.cause:
            return reply.as_error()
        if reply.status == 200:
            self._child.answered(reply.body)
        return decode_chat(reply.status, reply.headers, reply.body, where=self.identity)

    async def close(self) -> None:
        self._closed = True
        await self._child.stop()
        await self._http.close()


def _greedy(request: Request) -> Request:
    """The house default: without a temperature the likeliest token is taken."""
    if request.sampling.temperature is not None:
        return request
    sampling = msgspec.structs.replace(request.sampling, temperature=0.0)
    return msgspec.structs.replace(request, sampling=sampling)


def _identify(ref: str, dry: bool) -> tuple[Path, str, str, str]:
    """Path, short name, digest and quantisation; a catalogue model must be the one pinned."""
    card = next((c for c in models.catalogue() if c.name == ref), None)
    if card is not None and dry:
        return models.cache_dir() / card.file, ref, card.sha256, card.quantisation
    path = models.resolve(ref)
    digest = models.digest_of(path)
    if card is not None and digest != card.sha256:
        raise UsageError(
            f"the model '{ref}' on this machine is damaged: run `auscult models get {ref}`"
        )
    name = ref if card else path.stem
    return path, name, digest, gguf_file.read_header(path).quantisation


def _runtime_version() -> str:
    try:
        return importlib.metadata.version("xllamacpp")
    except importlib.metadata.PackageNotFoundError:
        return "(not installed)"


def _projector(ref: str) -> Path | None:
    return models.resolve(str(Path(ref).expanduser().absolute())) if ref else None


def _log_path(spec: TargetSpec, name: str) -> str:
    return str(Path(spec.state_dir) / f"llama-{spec.role}-{name}.log") if spec.state_dir else ""
