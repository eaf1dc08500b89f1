from __future__ import annotations

import asyncio
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from auscult.core import registry
from auscult.core.errors import PlanError, UsageError
from auscult.core.message import ImagePart, Message, Reply, Request, TextPart, user
from auscult.core.protocols import Target, TargetSpec

BODY = """
import asyncio
import threading
from auscult.core.message import Reply

seen = []

def echo(messages):
    seen.append((messages, threading.current_thread() is threading.main_thread()))
    return messages[-1]["content"].upper()

async def slow(messages, *, request):
    await asyncio.sleep(0)
    seen.append(request)
    return {"text": "ok", "reasoning": "r", "model": "m", "extra": 1,
            "usage": {"prompt_tokens": 3, "output_tokens": 4, "total_tokens": 7}}

def anything(messages, **keywords):
    seen.append(keywords)
    return Reply(text="made", cause="", model="own")

def first_is_request(request):
    return str(type(request).__name__)

def fails(messages):
    raise KeyError("no such patient")

async def fails_later(messages):
    raise ValueError("x" * 10_000)

def stops(messages):
    raise StopIteration

def leaves(messages):
    raise SystemExit(3)

def nothing(messages):
    return None

def no_text(messages):
    return {"answer": "B"}

def returns_a_coroutine(messages):
    return slow(messages, request=None)

class Bot:
    async def __call__(self, messages):
        return "bot"

    def method(self, messages):
        return "method"

bot = Bot()
gate = threading.Barrier(3, timeout=5)

def meets(messages):
    gate.wait()
    return "met"

number = 7
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setattr(sys, "path", list(sys.path))
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a_target_under_test.py").write_text(BODY)
    before = set(sys.modules)
    yield tmp_path
    for name in set(sys.modules) - before:
        if str(getattr(sys.modules[name], "__file__", "")).startswith(str(tmp_path)):
            del sys.modules[name]


def make(function: str, **options: Any) -> Target:
    ref = function if ":" in function else f"a_target_under_test:{function}"
    return registry.build("targets", "python", TargetSpec("python", ref, options))


def seen() -> list[Any]:
    return sys.modules["a_target_under_test"].seen


async def call(function: str, *messages: Message, **options: Any) -> Reply:
    target = make(function, **options)
    asked = messages or (user("hello"),)
    reply = await target.answer(Request(asked, hints={"key": 2}, seed=5))
    await target.close()
    return reply


async def test_a_sync_function_runs_in_a_thread(folder: Path) -> None:
    reply = await call("echo", Message("system", "s"), user("hello"))
    assert reply.text == "HELLO"
    ((messages, on_main_thread),) = seen()
    assert messages == [{"role": "system", "content": "s"}, {"role": "user", "content": "hello"}]
    assert not on_main_thread


async def test_the_request_is_given_to_those_that_take_it_and_never_the_key(folder: Path) -> None:
    reply = await call("slow")
    assert (reply.text, reply.reasoning, reply.model) == ("ok", "r", "m")
    assert (reply.usage.input_tokens, reply.usage.output_tokens) == (3, 4)
    (request,) = seen()
    assert request.seed == 5
    assert request.hints == {}
    assert (await call("anything")).model == "own"
    assert seen()[-1]["request"].hints == {}
    assert (await call("first_is_request")).text == "list"


async def test_whatever_is_raised_is_an_error_of_that_call(folder: Path) -> None:
    reply = await call("fails")
    assert (reply.status, reply.cause, reply.retry) == ("error", "exception", False)
    assert reply.text == "KeyError: 'no such patient'"
    late = await call("fails_later")
    assert late.text.startswith("ValueError: xxx")
    assert len(late.text) == 500
    assert "StopIteration" in (await call("stops")).text
    assert "SystemExit: 3" in (await call("leaves")).text


async def test_returns_that_are_no_reply(folder: Path) -> None:
    nothing = await call("nothing")
    assert (nothing.cause, "NoneType" in nothing.text) == ("bad-return", True)
    assert "`text`" in (await call("no_text")).text


async def test_callables_of_every_kind(folder: Path) -> None:
    assert (await call("returns_a_coroutine")).text == "ok"
    assert (await call("bot")).text == "bot"
    assert (await call("bot.method")).text == "method"


async def test_images_come_as_data_urls(folder: Path) -> None:
    image = ImagePart.of(b"png", "image/png")
    await call("anything", images=True)
    reply = await call("echo", user((image, TextPart("what?"))))
    assert "AttributeError" in reply.text  # a list has no upper(): it was given the parts
    ((messages, _),) = (entry for entry in seen() if isinstance(entry, tuple))
    assert messages[0]["content"] == [
        {"type": "image_url", "image_url": {"url": "data:image/png;base64,cG5n"}},
        {"type": "text", "text": "what?"},
    ]


async def test_sync_calls_run_side_by_side(folder: Path) -> None:
    target = make("meets", threads=3)
    asked = [target.answer(Request((user("x"),))) for _ in range(3)]
    assert [reply.text for reply in await asyncio.gather(*asked)] == ["met"] * 3
    await target.close()


async def test_a_call_given_up_does_not_disturb_the_next(folder: Path) -> None:
    target = make("meets", threads=3)
    waiting = asyncio.create_task(target.answer(Request((user("x"),))))
    await asyncio.sleep(0.01)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    others = [target.answer(Request((user("x"),))) for _ in range(2)]
    assert [reply.text for reply in await asyncio.gather(*others)] == ["met"] * 2
    await target.close()
    for thread in threading.enumerate():
        if thread.name == "python target":
            thread.join(timeout=5)
            assert not thread.is_alive()


@pytest.mark.parametrize(
    ("ref", "says"),
    [
        ("a_target_under_test", "must be python/package.module:function"),
        ("a_target_under_tset:echo", "no module is named 'a_target_under_tset'"),
        ("a_target_under_test:ecko", "Did you mean 'echo'"),
        ("a_target_under_test:number", "is no function but int"),
        ("needs:f", "'needs' imports 'not_installed_anywhere', which is not installed"),
        ("broken:f", "'broken' cannot be imported: SyntaxError"),
        ("raises:f", "'raises' cannot be imported: RuntimeError: no licence"),
    ],
)
def test_faults_in_the_name_are_one_sentence(folder: Path, ref: str, says: str) -> None:
    (folder / "needs.py").write_text("import not_installed_anywhere\n")
    (folder / "broken.py").write_text("def f(:\n")
    (folder / "raises.py").write_text("raise RuntimeError('no licence')\n")
    spec = TargetSpec("python", ref, {})
    with pytest.raises(UsageError, match=says):
        registry.build("targets", "python", spec)


def test_the_working_directory_comes_first_only_while_importing(folder: Path) -> None:
    make("echo")
    assert sys.path[0] != str(folder)
    assert sys.path[-1] == str(folder)


def test_what_is_declared_and_what_is_not(folder: Path) -> None:
    target = make("echo")
    assert isinstance(target, Target)
    assert target.identity == "python/a_target_under_test:echo"
    assert not target.local
    assert not target.abilities.images
    assert len(target.fingerprint["source_sha256"]) == 64
    declared = make("echo", local="true", images="true")
    assert declared.local
    assert declared.abilities.images
    with pytest.raises(PlanError, match="threads must be"):
        make("echo", threads=0)
