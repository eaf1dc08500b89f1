"""Deployed systems as they stand: templates, paths, sessions, and what they declare."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from stub_server import Seen, StubServer

from auscult.core.errors import TargetUnusable
from auscult.core.message import ImagePart, Message, Reply, Request, Sampling, TextPart, user
from auscult.core.protocols import Target, TargetSpec
from auscult.targets.http import HttpTarget, build

KEY = "planted-key-7Yx2Qw9LmN4"
Routes = dict[str, Callable[[Seen], Any]]

PLAIN = """
environment = "test"
actions = "none"
[request]
url = "URL/chat"
headers = { X-Api-Key = "${CLINIC_KEY}" }
body = { question = "{{ prompt }}", setting = "{{ system }}", heat = "{{ temperature }}" }
[response]
text = "reply.text"
refusal = "reply.blocked"
error = "fault"
model = "about.model"
reasoning = "about.thoughts"
usage = { input = "about.in", output = "about.out" }
"""
MESSAGES = """
environment = "test"
actions = "sandboxed"
[request]
url = "URL/chat"
images = true
body = '{"turns": "{{ messages }}"}'
[response]
text = "text"
"""


@pytest.fixture(autouse=True)
def clinic_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CLINIC_KEY", KEY)


def make(folder: Path, text: str, url: str = "http://127.0.0.1:9") -> HttpTarget:
    path = folder / "clinic.toml"
    path.write_text(text.replace("URL", url))
    return build(TargetSpec("http", str(path)))


@asynccontextmanager
async def served(
    folder: Path, text: str, routes: Routes
) -> AsyncIterator[tuple[HttpTarget, StubServer]]:
    async with StubServer(routes=routes) as stub:
        target = make(folder, text, stub.url)
        try:
            yield target, stub
        finally:
            await target.close()


def ask(*content: str | Message, **other: Any) -> Request:
    return Request(tuple(user(c) if isinstance(c, str) else c for c in content), **other)


async def answered(folder: Path, answer: Any, spec: str = PLAIN) -> Reply:
    async with served(folder, spec, {"/chat": lambda seen: answer}) as (target, _):
        return await target.answer(ask("x"))


async def test_it_asks_by_template_and_reads_by_path(tmp_path: Path) -> None:
    answer = {
        "reply": {"text": f"take {KEY} twice"},
        "about": {"model": "rag-2", "thoughts": "hm", "in": 12, "out": 3.0},
    }
    async with served(tmp_path, PLAIN, {"/chat": lambda seen: (200, answer)}) as (target, stub):
        assert isinstance(target, Target)
        evil = 'a "q", {{ system }} ${CLINIC_KEY}'
        reply = await target.answer(ask(evil, sampling=Sampling(temperature=0.5)))
        assert stub.seen[0].body == {"question": evil, "heat": 0.5}
        assert stub.seen[0].headers["x-api-key"] == KEY
        assert stub.seen[0].headers["content-type"] == "application/json"
        assert (reply.status, reply.text, reply.model, reply.reasoning) == (
            "ok", "take *** twice", "rag-2", "hm",
        )  # fmt: skip
        assert (reply.usage.input_tokens, reply.usage.output_tokens) == (12, 3)


def test_it_declares_what_it_is(tmp_path: Path) -> None:
    price = "[price]\ninput = 1\noutput = 2.5\n"
    target = make(tmp_path, PLAIN + price, "https://chat.clinic.test")
    assert target.identity.startswith("http/clinic@chat.clinic.test#")
    assert (target.endpoint, target.local) == ("chat.clinic.test:443", False)
    assert (target.environment, target.actions) == ("test", "none")
    assert target.fingerprint["environment"] == "test"
    assert target.fingerprint["actions"] == "none"
    assert target.price == {"input": 1.0, "output": 2.5, "currency": "USD", "as_of": ""}
    assert KEY not in repr(target.fingerprint)
    changed = make(tmp_path, PLAIN.replace("about.in", "about.i"), "https://chat.clinic.test")
    assert changed.identity != target.identity
    assert make(tmp_path, PLAIN).local


@pytest.mark.parametrize(
    ("answer", "status", "cause"),
    [
        ((200, {"reply": {"text": ""}}), "ok", ""),
        ((200, {"reply": {"text": "no", "blocked": True}}), "filtered", "refusal_field"),
        ((200, {"reply": {"blocked": "policy"}}), "filtered", "refusal_field"),
        ((200, {"reply": {"text": None}}), "error", "no-text"),
        ((200, {"reply": {"text": 3}}), "error", "no-text"),
        ((200, []), "error", "no-text"),
        ((200, {"fault": "down", "reply": {"text": "A"}}), "error", "endpoint-error"),
        ((200, b'{"reply": {"text": "A'), "error", "bad-json"),
        ((200, b'{"reply": {"text": "A\xff"}}'), "error", "bad-utf8"),
        ((200, "<html>A</html>"), "error", "wrong-content-type"),
        ((500, {"message": "oops"}), "error", "http-500"),
        ((429, {}, {"Retry-After": "1"}), "error", "http-429"),
        (
            (400, {"error": {"code": "content_filter", "message": "m"}}),
            "filtered",
            "content_filter",
        ),
    ],
)
async def test_what_comes_back_is_an_answer_a_filter_or_an_error(
    tmp_path: Path, answer: Any, status: str, cause: str
) -> None:
    reply = await answered(tmp_path, answer)
    assert (reply.status, reply.cause) == (status, cause)


@pytest.mark.parametrize("status", [401, 403, 404])
async def test_a_hopeless_answer_ends_the_run_without_the_key(tmp_path: Path, status: int) -> None:
    with pytest.raises(TargetUnusable) as caught:
        await answered(tmp_path, (status, {"error": f"no {KEY}"}))
    assert f'answered {status} "no ***"; check ' in str(caught.value)


async def test_messages_go_whole_with_images_and_history(tmp_path: Path) -> None:
    image = ImagePart.of(b"\x89PNG\r\n\x1a\n", "image/png")
    asked = ask(
        Message("system", "s"), "one", Message("assistant", "1"), user((TextPart("two"), image))
    )
    async with served(tmp_path, MESSAGES, {"/chat": lambda seen: (200, {"text": "A"})}) as (
        target, stub,
    ):  # fmt: skip
        assert target.abilities.images
        assert (await target.answer(asked)).text == "A"
        turns = stub.seen[0].body["turns"]
    assert [turn["role"] for turn in turns] == ["system", "user", "assistant", "user"]
    assert turns[3]["content"][1]["image_url"]["url"].startswith("data:image/png;base64,")


async def test_one_image_goes_where_its_placeholder_stands(tmp_path: Path) -> None:
    spec = PLAIN.replace("{ question", '{ scan = "{{ image_base64 }}", question')
    image = ImagePart.of(b"\x89PNG\r\n\x1a\n", "image/png")
    async with served(
        tmp_path, spec, {"/chat": lambda seen: (200, {"reply": {"text": "A"}})}
    ) as (target, stub):  # fmt: skip
        await target.answer(Request((user((TextPart("see"), image)),)))
        await target.answer(ask("no image"))
        two = await target.answer(Request((user((image, image)),)))
        assert base64.b64decode(stub.seen[0].body["scan"]) == image.data
        assert stub.seen[1].body == {"question": "no image"}
        assert (two.status, two.cause, two.retry) == ("error", "no-images", False)
        assert stub.total == 2


async def test_a_question_that_does_not_fit_is_not_asked_in_part(tmp_path: Path) -> None:
    spec = PLAIN.replace('setting = "{{ system }}", ', "")
    async with served(tmp_path, spec, {}) as (target, stub):
        history = await target.answer(ask("one", Message("assistant", "1"), "two"))
        assert (history.cause, history.retry) == ("no-history", False)
        image = ImagePart.of(b"x", "image/png")
        assert (await target.answer(Request((user((image,)),)))).cause == "no-images"
        with pytest.raises(TargetUnusable, match="no place for one"):
            await target.answer(ask(Message("system", "s"), "x"))
        assert stub.total == 0


async def test_get_with_the_question_in_the_address(tmp_path: Path) -> None:
    spec = (
        'environment = "test"\nactions = "none"\n[request]\nmethod = "GET"\n'
        'url = "URL/chat?q={{ prompt }}&key=${CLINIC_KEY}"\n[response]\ntext = "[*].text"\n'
    )
    answer = [{"text": "one"}, {"buttons": []}, {"text": "two"}]
    async with served(tmp_path, spec, {"/chat": lambda seen: (200, answer)}) as (target, stub):
        assert (await target.answer(ask("a&b"))).text == "one\ntwo"
        assert stub.seen[0].method == "GET"
        assert stub.seen[0].path == f"/chat?q=a%26b&key={KEY}"
        assert stub.seen[0].raw == b""


# Sessions: the server keeps the conversation.

SESSION = """
environment = "test"
actions = "none"
[request]
url = "URL/say"
body = { id = "{{ session }}", text = "{{ prompt }}" }
[response]
text = "text"
[session]
"""
STARTED = """
start = { url = "URL/start", id = "made.id" }
stop = { method = "DELETE", url = "URL/stop", body = { id = "{{ session }}" } }
"""


class Clinic:
    """A chat that keeps its conversations: answers with all the user said so far."""

    def __init__(self) -> None:
        self.heard: dict[Any, list[str]] = {}
        self.stopped: list[Any] = []
        self.fail: tuple[int, Any] | None = None

    def routes(self) -> Routes:
        return {"/start": self.start, "/say": self.say, "/stop": self.stop}

    def start(self, seen: Seen) -> Any:
        name = len(self.heard) + 1
        self.heard[name] = []
        return 200, {"made": {"id": name}}

    def say(self, seen: Seen) -> Any:
        if self.fail is not None:
            failure, self.fail = self.fail, None
            return failure
        name = seen.body.get("id") or f"named-{len(self.heard)}"
        self.heard.setdefault(name, []).append(seen.body["text"])
        return 200, {"text": " + ".join(self.heard[name]), "id": name}

    def stop(self, seen: Seen) -> Any:
        self.stopped.append(seen.body["id"])
        return 200, {}


async def converse(target: HttpTarget, *texts: str) -> list[str]:
    """Turn by turn, the whole conversation given each time, as a suite would."""
    messages: tuple[Message, ...] = ()
    said = []
    for text in texts:
        messages += (user(text),)
        reply = await target.answer(Request(messages))
        assert reply.status == "ok", reply
        messages += (Message("assistant", reply.text),)
        said.append(reply.text)
    return said


@pytest.mark.parametrize("how", ["", STARTED, "NAMED"])
async def test_each_turn_sends_what_is_new_to_its_own_session(tmp_path: Path, how: str) -> None:
    spec = SESSION + how
    if how == "NAMED":
        spec = SESSION.replace('text = "text"\n[s', 'text = "text"\nsession = "id"\n[s')
    clinic = Clinic()
    async with served(tmp_path, spec, clinic.routes()) as (target, _):
        assert target.abilities.sessions
        talks = await asyncio.gather(
            converse(target, "a", "b", "c"), converse(target, "a", "b", "d"), converse(target, "e")
        )
    assert talks == [["a", "a + b", "a + b + c"], ["a", "a + b", "a + b + d"], ["e"]]
    assert len(clinic.heard) == 3
    assert sorted(clinic.stopped) == ([1, 2, 3] if how == STARTED else [])


async def test_a_conversation_not_begun_here_is_lost_and_not_guessed(tmp_path: Path) -> None:
    clinic = Clinic()
    async with served(tmp_path, SESSION, clinic.routes()) as (target, stub):
        reply = await target.answer(ask("a", Message("assistant", "x"), "b"))
        assert (reply.status, reply.cause, reply.retry) == ("error", "session-lost", False)
        assert stub.total == 0


@pytest.mark.parametrize(
    ("failure", "kept"), [((429, {}), True), ((500, {}), False), ((404, {}), False)]
)
async def test_a_turn_that_failed_is_repeated_only_if_it_was_not_heard(
    tmp_path: Path, failure: tuple[int, Any], kept: bool
) -> None:
    clinic = Clinic()
    async with served(tmp_path, SESSION, clinic.routes()) as (target, _):
        await target.answer(ask("a"))
        turn = ask("a", Message("assistant", "a"), "b")
        clinic.fail = failure
        assert (await target.answer(turn)).status == "error"
        again = await target.answer(turn)
        assert (again.text == "a + b") == kept
        assert (again.cause == "session-lost") == (not kept)


async def test_the_oldest_conversation_is_stopped_when_there_are_too_many(tmp_path: Path) -> None:
    clinic = Clinic()
    async with served(tmp_path, SESSION + STARTED + "max_open = 2\n", clinic.routes()) as (
        target, _,
    ):  # fmt: skip
        for text in "abc":
            await target.answer(ask(text))
        assert clinic.stopped == [1]
        assert (await target.answer(ask("c", Message("assistant", "c"), "d"))).text == "c + d"
    assert sorted(clinic.stopped) == [1, 2, 3]


async def test_a_start_call_that_fails_is_the_calls_error(tmp_path: Path) -> None:
    routes: Routes = {"/start": lambda seen: (503, {"error": "full"})}
    async with served(tmp_path, SESSION + STARTED, routes) as (target, _):
        assert (await target.answer(ask("a"))).throttled
    routes = {"/start": lambda seen: (200, {"made": {}})}
    async with served(tmp_path, SESSION + STARTED, routes) as (target, _):
        assert (await target.answer(ask("a"))).cause == "no-session"
