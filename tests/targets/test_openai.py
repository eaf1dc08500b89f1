"""The OpenAI target against a real server over loopback: dialects, keys, and every misfortune."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from stub_server import (
    CHAOS,
    Behaviour,
    Seen,
    StubServer,
    completion,
    error_body,
    even_chaos,
    read_counts,
    user_text,
)

from auscult.core.errors import PlanError, TargetUnusable, UsageError
from auscult.core.message import ImagePart, Message, Request, Sampling, TextPart, user
from auscult.core.protocols import Target, TargetSpec
from auscult.core.registry import build, summary
from auscult.targets import openai as openai_module
from auscult.targets.openai import OpenAITarget

KEY = "sk-planted-7Yx2Qw9LmN4"
PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 8


def make(base_url: str = "http://127.0.0.1:9/v1", ref: str = "m", **options: Any) -> OpenAITarget:
    return openai_module.build(TargetSpec("openai", ref, {"base_url": base_url, **options}))


@asynccontextmanager
async def served(
    behaviour: Behaviour | None = None,
    routes: dict[str, Callable[[Seen], Any]] | None = None,
    **options: Any,
) -> AsyncIterator[tuple[OpenAITarget, StubServer]]:
    async with StubServer(behaviour, routes) as stub:
        target = make(stub.base_url, **options)
        try:
            yield target, stub
        finally:
            await target.close()


def ask(text: str = "Which drug?", **other: Any) -> Request:
    return Request((user(text),), **other)


def test_it_is_found_and_described_without_being_imported() -> None:
    assert summary("targets", "openai").startswith("Any OpenAI-compatible chat endpoint")
    target = build("targets", "openai", TargetSpec("openai", "m", {"base_url": "http://h.test/v1"}))
    assert isinstance(target, Target)


async def test_it_answers_and_says_who_it_is() -> None:
    async with served(Behaviour(answers="letter-C"), ref="org/model") as (target, stub):
        reply = await target.answer(ask(sampling=Sampling(temperature=0.0, max_tokens=8)))
        assert (reply.status, reply.text, reply.model) == ("ok", "C", "org/model")
        assert reply.usage.output_tokens == 1
        assert target.identity == "openai/org/model@127.0.0.1"
        assert stub.url == f"http://{target.endpoint}"
        assert target.local
        assert target.fingerprint["base_url"] == stub.base_url
        assert stub.seen[0].body == {
            "model": "org/model",
            "messages": [{"role": "user", "content": "Which drug?"}],
            "temperature": 0.0,
            "max_tokens": 8,
        }
        assert "authorization" not in stub.seen[0].headers


async def test_images_logprobs_and_schema_travel() -> None:
    async with served() as (target, stub):
        image = ImagePart.of(PNG, "image/png")
        shown = Request((user((TextPart("See"), image)),), top_logprobs=3)
        reply = await target.answer(shown)
        assert reply.text == "A"
        assert [token for token, _ in reply.logprobs[0].top] == ["A", "B", "C"]
        schema = {"type": "object", "properties": {"letter": {"enum": ["D", "A"]}}}
        assert (await target.answer(ask(schema=schema))).text == '{"letter": "D"}'
        broken = ImagePart.of(b"GIF89a", "image/png")
        refused = await target.answer(Request((user((broken,)),)))
        assert (refused.cause, refused.retry) == ("http-400", False)
        assert stub.kinds == {"ok": 2, "bad-image": 1}


def test_its_address_comes_from_option_environment_or_openai(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    official = openai_module.build(TargetSpec("openai", "m"))
    assert official.url == "https://api.openai.com/v1/chat/completions"
    assert (official.endpoint, official.local) == ("api.openai.com:443", False)
    monkeypatch.setenv("OPENAI_BASE_URL", "http://gpu.test:8000/v1/")
    assert openai_module.build(TargetSpec("openai", "m")).url == (
        "http://gpu.test:8000/v1/chat/completions"
    )
    assert make("http://other.test/v1/chat/completions").endpoint == "other.test:80"
    assert not make(proxy="http://proxy.test:3128").local  # bytes would leave this machine


async def test_openais_own_endpoint_gets_its_own_name_for_the_cap(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    official = openai_module.build(TargetSpec("openai", "m"))
    assert official.fingerprint["max_tokens_field"] == "max_completion_tokens"
    async with served(max_tokens_field="n", send_extra={"top_k": 1}) as (target, stub):
        await target.answer(ask(sampling=Sampling(max_tokens=5)))
        assert stub.seen[0].body["n"] == 5
        assert stub.seen[0].body["top_k"] == 1


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"base_url": "gpu.test:8000/v1"}, "base_url is not an address"),
        ({"base_url": "https://u:hidden@gpu.test/v1"}, "holds credentials"),
        ({"base_url": "https://gpu.test/v1?key=hidden"}, "holds credentials or a query"),
        ({"base_url": "http://h.test/v1", "api_key_env": "NO_SUCH_KEY"}, "NO_SUCH_KEY"),
        ({"base_url": "http://h.test/v1", "api_key": "hidden\nhidden"}, "characters that no key"),
        ({"base_url": "http://h.test/v1", "api_key_command": "'"}, "split into words"),
        ({"base_url": "http://h.test/v1", "timeout_s": 0}, "timeout_s must be above 0"),
        ({"base_url": "http://h.test/v1", "proxy": "hidden:1"}, "proxy is not an address"),
        ({}, "wants an API key: set OPENAI_API_KEY"),
    ],
)
def test_what_cannot_work_is_said_before_the_first_call(
    options: dict[str, Any], words: str
) -> None:
    with pytest.raises(UsageError) as caught:
        openai_module.build(TargetSpec("openai", "m", options))
    assert words in str(caught.value)
    assert "hidden" not in str(caught.value)


def test_faults_of_options_and_headers_are_listed_together() -> None:
    with pytest.raises(PlanError) as caught:
        make(headers={"X-A": "${NO_SUCH_1}", "X B": "${NO_SUCH_2}"})
    assert [fault.where for fault in caught.value.faults] == [
        "target.options.headers.X-A",
        "target.options.headers.X B",
        "target.options.headers.X B",
    ]
    with pytest.raises(PlanError, match="Did you mean 'api_key_env'"):
        make(api_key_evn="X")
    with pytest.raises(UsageError, match="name the model"):
        make(ref="")


async def test_the_key_is_sent_and_never_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    async with served(Behaviour(answers="echo", api_key=KEY)) as (target, stub):
        reply = await target.answer(ask(f"my key is {KEY}"))
        assert reply.text == "my key is ***"
        assert stub.seen[0].headers["authorization"] == f"Bearer {KEY}"
        assert KEY not in repr((target.identity, target.endpoint, target.fingerprint))


@pytest.mark.parametrize(
    "given",
    [
        {"api_key": KEY},
        {"api_key": "${CLINIC_KEY}"},
        {"api_key_env": "CLINIC_KEY"},
        {"headers": {"Authorization": "Bearer ${CLINIC_KEY}"}},
    ],
)
async def test_a_refused_key_ends_the_run_in_a_sentence_without_the_key(
    given: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CLINIC_KEY", KEY)
    async with served(Behaviour(api_key="another"), **given) as (target, stub):
        with pytest.raises(TargetUnusable) as caught:
            await target.answer(ask())
        assert KEY in stub.seen[0].headers["authorization"]
    said = str(caught.value)
    assert said.startswith(f"{target.url} answered 401 ")
    assert "Incorrect API key provided: ***" in said
    assert "check the API key" in said
    assert KEY not in said
    assert caught.value.__context__ is None  # nor in what a traceback would show


async def test_the_azure_dialect() -> None:
    path = "/openai/deployments/my%20gpt/chat/completions"
    routes = {path: lambda seen: (200, completion(seen.body, "A"))}
    async with StubServer(routes=routes) as stub:
        target = make(stub.url, "my gpt", api_version="2026-01-01", api_key=KEY)
        assert (await target.answer(ask())).text == "A"
        await target.close()
        assert stub.seen[0].path == f"{path}?api-version=2026-01-01"
        assert stub.seen[0].headers["api-key"] == KEY
        assert "authorization" not in stub.seen[0].headers


def token_command(folder: Path) -> str:
    """Prints another token each time: planted-token-1, -2 ..."""
    script = folder / "token.py"
    script.write_text(
        "from pathlib import Path\n"
        f"count = Path({str(folder / 'count')!r})\n"
        "n = int(count.read_text()) + 1 if count.exists() else 1\n"
        "count.write_text(str(n))\n"
        "print(f'planted-token-{n}')\n"
    )
    return f"{sys.executable} {script}"


def bearer_only(token: str) -> dict[str, Callable[[Seen], Any]]:
    def route(seen: Seen) -> Any:
        given = seen.headers["authorization"]
        if given != f"Bearer {token}":
            return 401, error_body(f"expired: {given}")
        return 200, completion(seen.body, f"fine, {given}")

    return {"/v1/chat/completions": route}


async def test_an_expired_token_is_made_anew_once_for_all_who_wait(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(openai_module, "REFRESH_PAUSE_S", 0.0)
    options = {"api_key_command": token_command(tmp_path)}
    async with served(routes=bearer_only("planted-token-2"), **options) as (target, stub):
        replies = await asyncio.gather(*(target.answer(ask(str(i))) for i in range(8)))
        assert {reply.text for reply in replies} == {"fine, Bearer ***"}
        assert (tmp_path / "count").read_text() == "2"
        assert stub.total == 16


async def test_a_fresh_token_that_is_refused_ends_the_run(tmp_path: Path) -> None:
    options = {"api_key_command": token_command(tmp_path)}
    async with served(routes=bearer_only("planted-token-9"), **options) as (target, stub):
        with pytest.raises(TargetUnusable) as caught:
            await target.answer(ask())
        assert "planted-token" not in str(caught.value)
        assert stub.total == 1


async def test_a_token_is_made_anew_when_its_time_is_up(tmp_path: Path) -> None:
    options = {"api_key_command": token_command(tmp_path), "api_key_ttl_s": -1}
    async with served(**options) as (target, stub):
        for _ in range(3):
            await target.answer(ask())
        sent = [seen.headers["authorization"][-1] for seen in stub.seen]
        assert sent == ["1", "2", "3"]


@pytest.mark.parametrize("command", ["/no/such/command", f"{sys.executable} -c 'exit(3)'"])
async def test_a_token_command_that_fails_says_so(command: str) -> None:
    target = make(api_key_command=command)
    with pytest.raises(TargetUnusable, match="api_key_command"):
        await target.answer(ask())
    await target.close()


EXPECTED = {
    "429": ("error", "http-429", True),
    "429-after": ("error", "http-429", True),
    "500": ("error", "http-500", True),
    "drop": ("error", "disconnected", True),
    "hang": ("error", "timeout", True),
    "truncated": ("error", "bad-json", True),
    "html": ("error", "wrong-content-type", True),
    "empty-choices": ("error", "empty-choices", True),
    "huge": ("error", "oversized", False),
    "bad-utf8": ("error", "bad-utf8", True),
}


@pytest.mark.parametrize("kind", CHAOS)
async def test_every_misfortune_is_an_error_and_none_an_answer(kind: str) -> None:
    patience = 0.1 if kind == "hang" else 60.0
    async with served(Behaviour(chaos={kind: 1.0}), timeout_s=patience) as (target, _):
        reply = await target.answer(ask())
        assert (reply.status, reply.cause, reply.retry) == EXPECTED[kind]
        assert reply.throttled == kind.startswith("429")
        assert (reply.retry_after is not None) == (kind == "429-after")


async def test_in_chaos_every_call_is_either_right_or_an_error(tmp_path: Path) -> None:
    counts = tmp_path / "counts"
    behaviour = Behaviour(
        answers="echo",
        chaos=even_chaos(0.6),
        counts_file=str(counts),
        seed=3,
        hang_s=0.05,
        latency_spread_s=0.01,
    )
    async with served(behaviour) as (target, stub):
        requests = [ask(f"question {i}") for i in range(80)]
        replies = await asyncio.gather(*(target.answer(r) for r in requests))
        for request, reply in zip(requests, replies, strict=True):
            if reply.status != "error":
                assert (reply.status, reply.text) == ("ok", request.messages[0].text)
        kinds = Counter(stub.kinds)
        assert set(kinds) == {"ok", *CHAOS}
        assert sum(reply.status == "ok" for reply in replies) == kinds["ok"]
        assert read_counts(counts) == stub.by_messages
        assert sum(stub.by_messages.values()) == stub.total == 80


async def test_nobody_there_is_an_error_to_be_tried_again() -> None:
    target = make("http://127.0.0.1:9/v1")
    reply = await target.answer(ask())
    await target.close()
    assert (reply.status, reply.cause, reply.retry) == ("error", "connect", True)


async def test_the_stub_as_a_process_of_its_own(tmp_path: Path) -> None:
    script = Path(__file__).parent.parent / "support" / "stub_main.py"
    counts = tmp_path / "counts"
    command = [sys.executable, str(script), "--answers", "hash", "--counts-file", str(counts)]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        target = make(process.stdout.readline().strip())
        texts = [(await target.answer(ask(str(i)))).text for i in (1, 2, 1)]
        await target.close()
        assert process.stdin is not None
        process.stdin.close()
        assert process.wait(5) == 0
    assert texts[0] == texts[2]
    assert set(texts) <= set("ABCD")
    assert sorted(read_counts(counts).values()) == [1, 2]


async def test_turns_are_sent_in_order_and_the_last_is_the_users() -> None:
    async with served(Behaviour(answers=user_text)) as (target, _):
        messages = (Message("system", "s"), user("one"), Message("assistant", "1"), user("two"))
        assert (await target.answer(Request(messages))).text == "two"
