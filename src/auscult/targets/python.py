"""Any Python function as the target: python/package.module:function, sync or async.

It is called with the messages as a list of {"role", "content"} and returns text, a dict with a
"text", or a Reply. What it raises becomes an error of that call and is not retried.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import importlib
import importlib.util
import inspect
import sys
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from queue import SimpleQueue
from typing import Any

import msgspec

from auscult.core.errors import UsageError
from auscult.core.message import Message, Reply, Request, TextPart, Usage
from auscult.core.protocols import Abilities, TargetSpec
from auscult.core.registry import did_you_mean
from auscult.kit.options import parse_options

LONGEST_ERROR = 500
# Anything may happen while a stranger's module is imported; these say that it is at fault.
IMPORT_FAULTS = (
    ArithmeticError, AssertionError, AttributeError, ImportError, LookupError, NameError, OSError,
    RuntimeError, SyntaxError, TypeError, ValueError,
)  # fmt: skip


class Options(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    local: bool = False
    """The user's word that the function calls nothing outside this machine."""
    images: bool = False
    sessions: bool = False
    threads: int = 16
    """How many calls of a sync function run at once."""

    def __post_init__(self) -> None:
        if not 1 <= self.threads <= 1024:
            raise ValueError(f"threads must be from 1 to 1024, not {self.threads}")


def build(spec: TargetSpec) -> PythonTarget:
    options = parse_options(spec.options, Options, "python options")
    return PythonTarget(spec.ref, _function(spec.ref), options)


class PythonTarget:
    def __init__(self, ref: str, function: Callable[..., Any], options: Options) -> None:
        self.identity = f"python/{ref}"
        self.endpoint = f"python:{ref}"
        self.local = options.local
        self.abilities = Abilities(images=options.images, sessions=options.sessions)
        self.fingerprint: dict[str, Any] = {"function": ref, **_source(function)}
        self._function = function
        self._takes_request = _takes_request(function)
        self._is_async = inspect.iscoroutinefunction(function) or inspect.iscoroutinefunction(
            getattr(function, "__call__", None)  # noqa: B004 -- an object with an async __call__
        )
        self._crew = Crew(options.threads)

    async def answer(self, request: Request) -> Reply:
        # gather hands an exception over as a value, so that whatever the function raises is data.
        results: Sequence[Any] = await asyncio.gather(self._call(request), return_exceptions=True)
        returned = results[0]
        if isinstance(returned, Exception):
            text = f"{type(returned).__name__}: {returned}"[:LONGEST_ERROR]
            return Reply.error("exception", text)
        if isinstance(returned, BaseException):
            raise returned
        return _reply(returned)

    async def _call(self, request: Request) -> Any:
        messages = [_message(message) for message in request.messages]
        keywords: dict[str, Any] = {}
        if self._takes_request:
            # The hints hold the key: they are for scripted targets alone.
            keywords["request"] = msgspec.structs.replace(request, hints={})
        if self._is_async:
            return await self._function(messages, **keywords)
        returned = await self._crew.run(lambda: self._function(messages, **keywords))
        return await returned if inspect.isawaitable(returned) else returned

    async def close(self) -> None:
        self._crew.dismiss()


class Crew:
    """Threads that a stuck function cannot keep the program alive with, unlike an executor's."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._threads = 0
        self._busy = 0
        """Counted in the loop's thread alone; a call that timed out still holds its thread."""
        self._waiting: SimpleQueue[Callable[[], None] | None] = SimpleQueue()

    async def run(self, work: Callable[[], Any]) -> Any:
        loop = asyncio.get_running_loop()
        done: asyncio.Future[Any] = loop.create_future()

        def job() -> None:
            try:
                value, fault = work(), None
            except BaseException as raised:  # noqa: BLE001 -- handed over to the caller, not dropped
                value, fault = None, raised
            if not loop.is_closed():
                loop.call_soon_threadsafe(self._settle, done, value, fault)

        self._busy += 1
        if self._threads < min(self._size, self._busy):
            self._threads += 1
            threading.Thread(target=self._serve, name="python target", daemon=True).start()
        self._waiting.put(job)
        return await done

    def _serve(self) -> None:
        while (job := self._waiting.get()) is not None:
            job()

    def _settle(self, done: asyncio.Future[Any], value: Any, fault: BaseException | None) -> None:
        self._busy -= 1
        if done.done():  # nobody waits any more: the call ran out of time
            return
        if fault is None:
            done.set_result(value)
        elif isinstance(fault, Exception) and not isinstance(fault, StopIteration):
            done.set_exception(fault)
        else:  # a future cannot carry StopIteration; and a call of exit() must not end the audit
            done.set_exception(RuntimeError(f"{type(fault).__name__}: {fault}"))

    def dismiss(self) -> None:
        for _ in range(self._threads):
            self._waiting.put(None)


# --- finding the function ---------------------------------------------------------------------


def _function(ref: str) -> Callable[..., Any]:
    name, _, path = ref.partition(":")
    if not name or not path:
        raise UsageError(f"'python/{ref}' must be python/package.module:function")
    with _working_directory():
        found: Any = _module(name)
    for part in path.split("."):
        if not hasattr(found, part):
            hint = did_you_mean(part, [known for known in dir(found) if known[0] != "_"])
            raise UsageError(f"'{name}' has nothing named '{part}'{hint}")
        found = getattr(found, part)
    if not callable(found):
        raise UsageError(f"'{path}' in '{name}' is no function but {type(found).__name__}")
    return found  # type: ignore[no-any-return]


def _module(name: str) -> Any:
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as fault:
        if fault.name and (name == fault.name or name.startswith(f"{fault.name}.")):
            raise UsageError(
                f"no module is named '{fault.name}'; run auscult in the folder that holds it, or "
                "install it into this environment"
            ) from fault
        raise UsageError(f"'{name}' imports '{fault.name}', which is not installed") from fault
    except IMPORT_FAULTS as fault:
        what = f"{type(fault).__name__}: {fault}"[:LONGEST_ERROR]
        raise UsageError(f"'{name}' cannot be imported: {what}") from fault


@contextmanager
def _working_directory() -> Iterator[None]:
    """First in the path while importing; last afterwards, for what the function imports later."""
    here = str(Path.cwd())
    there_already = here in sys.path
    sys.path.insert(0, here)
    importlib.invalidate_caches()
    try:
        yield
    finally:
        sys.path.remove(here)
        if not there_already:
            sys.path.append(here)


def _takes_request(function: Callable[..., Any]) -> bool:
    try:
        parameters = inspect.signature(function).parameters
    except (TypeError, ValueError):  # some built-in functions have no signature
        return False
    named = parameters.get("request")
    if named is not None and named.kind is not inspect.Parameter.POSITIONAL_ONLY:
        return list(parameters).index("request") > 0 or named.kind is named.KEYWORD_ONLY
    return any(p.kind is p.VAR_KEYWORD for p in parameters.values())


def _source(function: Callable[..., Any]) -> dict[str, str]:
    try:
        file = inspect.getsourcefile(inspect.unwrap(function))
        body = Path(file).read_bytes() if file else b""
    except (TypeError, OSError):
        return {}
    return {"source_sha256": hashlib.sha256(body).hexdigest()} if body else {}


# --- messages and replies ---------------------------------------------------------------------


def _message(message: Message) -> dict[str, Any]:
    """As an OpenAI-style chat has it: text, or parts of text and data URLs."""
    if isinstance(message.content, str):
        return {"role": message.role, "content": message.content}
    parts: list[dict[str, Any]] = []
    for part in message.content:
        if isinstance(part, TextPart):
            parts.append({"type": "text", "text": part.text})
        else:
            data = base64.b64encode(part.data).decode()
            url = f"data:{part.media_type};base64,{data}"
            parts.append({"type": "image_url", "image_url": {"url": url}})
    return {"role": message.role, "content": parts}


class Returned(msgspec.Struct, frozen=True):
    """A dict that a function may return; other fields are left aside."""

    text: str
    reasoning: str = ""
    model: str = ""
    usage: dict[str, int | None] = {}


def _reply(returned: Any) -> Reply:
    if isinstance(returned, Reply):
        return returned
    if isinstance(returned, str):
        return Reply(text=returned)
    if not isinstance(returned, Mapping):
        kind = type(returned).__name__
        return Reply.error("bad-return", f"returned {kind}; expected text, a dict or a Reply")
    try:
        said = msgspec.convert(dict(returned), Returned)
    except msgspec.ValidationError as fault:
        return Reply.error("bad-return", f"returned a dict that is no reply: {fault}")
    return Reply(
        text=said.text, reasoning=said.reasoning, model=said.model, usage=_usage(said.usage)
    )


def _usage(given: Mapping[str, int | None]) -> Usage:
    return Usage(
        given.get("input_tokens", given.get("prompt_tokens")),
        given.get("output_tokens", given.get("completion_tokens")),
    )
