"""Registries of identifiers: what is sent, what is read as missing, and what never is."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from stub_server import Seen, StubServer, response

from auscult.core.errors import TargetUnusable, UsageError
from auscult.core.message import Message, Reply, Request, user
from auscult.core.protocols import TargetSpec
from auscult.targets.identifiers import IdentifiersTarget, build

DOI = "10.1000/xyz"
KEY = "planted-key-3Rt8Wq1Zb"


class Shelf(StubServer):
    """Answers every path alike, or by a function; keeps the paths as they came over the wire."""

    def __init__(self, *made: Any, wait: float = 0.0) -> None:
        super().__init__()
        self.made, self.wait = made, wait
        self.paths: list[str] = []

    def handle(self, seen: Seen) -> tuple[float, bytes | None]:
        self.paths.append(seen.path)
        made = self.made[0](seen) if callable(self.made[0]) else self.made
        content = b"" if seen.method == "HEAD" else made[1]
        return self.wait, response(made[0], content, *made[2:])


def make(**options: Any) -> IdentifiersTarget:
    return build(TargetSpec("identifiers", "", options, role="registry"))


@asynccontextmanager
async def served(
    *made: Any, wait: float = 0.0, path: str = "/api/{id}", **service: Any
) -> AsyncIterator[tuple[IdentifiersTarget, Shelf]]:
    network = service.pop("network", {})
    async with Shelf(*made, wait=wait) as shelf:
        one = {"url": f"{shelf.url}{path}", **service}
        plain = {"url": one["url"]}
        target = make(doi=one, pmid=plain, isbn=plain, network=network)
        try:
            yield target, shelf
        finally:
            await target.close()


def asks(text: str) -> Request:
    return Request((user(text),))


async def answered(*made: Any, **more: Any) -> Reply:
    async with served(*made, **more) as (target, _):
        return await target.answer(asks(f"doi {DOI}"))


@pytest.mark.parametrize(("status", "said"), [(200, "exists"), (204, "exists"), (404, "missing"),
                                              (410, "missing")])  # fmt: skip
@pytest.mark.parametrize("method", ["GET", "HEAD"])
async def test_a_status_says_whether_it_exists(status: int, said: str, method: str) -> None:
    reply = await answered(status, {} if status != 204 else b"", method=method)
    assert (reply.status, reply.text) == ("ok", said)
    assert (reply.usage.input_tokens, reply.usage.output_tokens) == (0, 0)


@pytest.mark.parametrize(
    ("status", "cause", "again"),
    [(500, "http-500", True), (503, "http-503", True), (400, "http-400", False),
     (401, "http-401", False), (403, "http-403", False), (408, "http-408", True)],
)  # fmt: skip
async def test_any_other_status_is_an_error_and_never_missing(
    status: int, cause: str, again: bool
) -> None:
    reply = await answered(status, {"message": "not found"})
    assert (reply.status, reply.cause, reply.retry) == ("error", cause, again)
    assert "missing" not in reply.text


async def test_a_registry_that_is_busy_says_for_how_long() -> None:
    reply = await answered(429, {}, {"Retry-After": "7"})
    assert reply.throttled and reply.retry and reply.retry_after == 7


@pytest.mark.parametrize(
    ("body", "said"),
    [('{"found": 0, "of": 1}', "missing"), ('{"found":0}', "missing"), ('{"found": 1}', "exists")],
)
async def test_words_of_a_good_answer_can_mean_missing(body: str, said: str) -> None:
    assert (await answered(200, body, missing_if='"found": 0')).text == said


async def test_words_of_a_failure_mean_nothing() -> None:
    reply = await answered(500, '{"found": 0}', missing_if='"found": 0')
    assert (reply.status, reply.cause) == ("error", "http-500")


async def test_being_sent_elsewhere_counts_only_where_it_was_said_to() -> None:
    away = (302, "", {"Location": "https://publisher.example/article/7"})
    reply = await answered(*away)
    assert (reply.cause, reply.retry) == ("http-302", False) and "publisher.example" in reply.text
    assert (await answered(*away, redirect_exists=True)).text == "exists"


@pytest.mark.parametrize("to", ["https://registry.example/api/10.1000/xyz", "/api/10.1000%2FXYZ/"])
async def test_a_registry_that_has_moved_says_nothing_of_the_number(to: str) -> None:
    reply = await answered(301, "", {"Location": to}, redirect_exists=True)
    assert (reply.status, reply.cause) == ("error", "http-301")


async def test_no_answer_in_time_and_no_server_are_errors() -> None:
    reply = await answered(404, {}, wait=5.0, network={"timeout_s": 0.1})
    assert (reply.status, reply.cause, reply.retry) == ("error", "timeout", True)
    target = make(doi="http://127.0.0.1:9/{id}")
    reply = await target.answer(asks(f"doi {DOI}"))
    assert (reply.status, reply.cause, reply.retry) == ("error", "connect", True)
    await target.close()


async def test_a_page_too_long_to_read_is_read_by_its_status_alone() -> None:
    small = {"max_body_bytes": 10}
    assert (await answered(200, "x" * 100, network=small)).text == "exists"
    reply = await answered(200, "x" * 100, network=small, missing_if="y")
    assert (reply.status, reply.cause) == ("error", "oversized")


@pytest.mark.parametrize(
    ("number", "sent"),
    [
        ("10.1000/xyz", "10.1000%2Fxyz"),
        ("10.1000/a b", None),
        ("10.1000/../../admin", "10.1000%2F..%2F..%2Fadmin"),
        ("10.1000/é漢", "10.1000%2F%C3%A9%E6%BC%A2"),
        ("10.1000/a?b=c&d#e", "10.1000%2Fa%3Fb=c&d%23e"),
        ("10.1000/a%2Fb", "10.1000%2Fa%252Fb"),
        ("10.1000/(sici)1(2)", "10.1000%2F(sici)1(2)"),
        ("10.1000/a\r\nHost:evil", None),
        ("10.1000/\u202eabc", None),
        ("../../admin", None),
        ("http://evil.example/10.1000/x", None),
        ("10.1000/" + "x" * 400, None),
        ("", None),
    ],
)
async def test_a_number_cannot_change_where_it_is_asked(number: str, sent: str | None) -> None:
    async with served(200, {}) as (target, shelf):
        reply = await target.answer(asks(f"doi {number}"))
        assert shelf.paths == ([f"/api/{sent}"] if sent else [])
        assert sent or (reply.status, reply.cause, reply.retry) == (
            "error",
            "bad-identifier",
            False,
        )
    async with served(200, {}, path="/find?tool=a&id={id}&n=1") as (target, shelf):
        await target.answer(asks(f"doi {number}"))
        for path in shelf.paths:
            assert path.startswith("/find?tool=a&id=10.1000") and path.endswith("&n=1")
            assert path.count("&") == 2 and "#" not in path


async def test_the_last_turn_of_the_user_is_what_is_asked() -> None:
    async with served(200, {}) as (target, shelf):
        said = (Message("system", "pmid 1"), user("pmid 2"), Message("assistant", "exists"))
        await target.answer(Request((*said, user("ISBN 0-306-40615-2"))))
        assert shelf.paths == ["/api/0306406152"]
        for odd in ("", "doi", "xyz 1", "pmid  "):
            assert (await target.answer(asks(odd))).cause == "bad-identifier"


async def test_a_kind_without_an_address_is_unknown_and_nothing_is_sent() -> None:
    async with served(404, {}) as (target, shelf):
        assert (await target.answer(asks("nct 01234567"))).text == "unknown"
        assert shelf.paths == []


async def test_one_number_is_asked_for_once_and_a_failure_again() -> None:
    async with served(404, {}) as (target, shelf):
        replies = await asyncio.gather(*(target.answer(asks(f"doi {DOI}")) for _ in range(8)))
        replies.append(await target.answer(asks(f"doi {DOI.upper()}")))
        assert {reply.text for reply in replies} == {"missing"} and len(shelf.paths) == 1
    async with served(500, {}) as (target, shelf):
        for _ in range(2):
            assert (await target.answer(asks(f"doi {DOI}"))).status == "error"
        assert len(shelf.paths) == 2


async def test_an_address_that_misses_what_exists_is_not_believed() -> None:
    def only(there: str) -> Any:
        return lambda seen: (200 if seen.path.endswith(there) else 404, {})

    async with served(only("%2Fhere"), known="10.1000/here") as (target, shelf):
        for _ in range(2):
            assert (await target.answer(asks(f"doi {DOI}"))).text == "missing"
        assert (await target.answer(asks("doi 10.1000/gone"))).text == "missing"
        assert len(shelf.paths) == 3, "what is known to exist is asked for once"
    async with served(404, {}, known="10.1000/here") as (target, _):
        with pytest.raises(TargetUnusable, match=r"does not find the doi 10\.1000/here"):
            await target.answer(asks(f"doi {DOI}"))

    def fails(seen: Seen) -> Any:
        return (500 if seen.path.endswith("here") else 404, {})

    async with served(fails, known="10.1000/here") as (target, _):
        assert (await target.answer(asks(f"doi {DOI}"))).cause == "http-500"


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({}, "knows no address"),
        ({"doi": "https://registry.example/works"}, "no {id}"),
        ({"doi": "https://{id}.example/works"}, "no {id}"),
        ({"doi": "https://registry.example/works#{id}"}, "no {id}"),
        ({"doi": "registry.example/{id}"}, "is no address"),
        ({"doi": "https://registry.example:99999/{id}"}, "is no address"),
        ({"doi": {"url": "https://r.example/{id}", "method": "HEAD", "missing_if": "x"}}, "HEAD"),
        ({"doi": {"url": "https://r.example/{id}", "known": "11.1/x"}}, "doi.known"),
        ({"doi": {"url": "https://r.example/{id}", "needle": "x"}}, "needle"),
        ({"doi": "https://r.example/{id}?key=${NO_SUCH_KEY}"}, "NO_SUCH_KEY is not set"),
        ({"doi": "https://r.example/{id}", "parallel": "0"}, "parallel"),
        ({"dois": "https://r.example/{id}"}, "Did you mean 'doi'"),
    ],
)
def test_what_is_wrong_with_the_options_is_said(options: dict[str, Any], said: str) -> None:
    with pytest.raises(UsageError) as refused:
        make(**options)
    assert said in str(refused.value)


async def test_a_key_in_an_address_is_sent_and_shown_nowhere(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("REGISTRY_KEY", KEY)
    sent_on = {"Location": f"http://127.0.0.1/{KEY}"}
    async with served(302, KEY, sent_on, path="/{id}?key=${REGISTRY_KEY}") as (target, shelf):
        reply = await target.answer(asks(f"doi {DOI}"))
        assert shelf.paths == [f"/10.1000%2Fxyz?key={KEY}"]
    shown = f"{reply} {target.identity} {target.endpoint} {target.fingerprint}"
    assert KEY not in shown and "${REGISTRY_KEY}" in shown and reply.status == "error"


@pytest.mark.parametrize("key", ["pass word@1=x", "ab|cd=ef12", 'q"r:stuv99'])
async def test_a_key_is_shown_in_no_spelling_of_an_address(
    monkeypatch: pytest.MonkeyPatch, key: str
) -> None:
    monkeypatch.setenv("REGISTRY_KEY", key)
    parts = re.findall("[A-Za-z0-9]{4,}", key)

    def moved(seen: Seen) -> Any:
        return 302, "", {"Location": f"http://other.example{seen.path}"}

    async with served(moved, path="/${REGISTRY_KEY}/{id}") as (target, _):
        redirected = await target.answer(asks(f"doi {DOI}"))
    malformed = await answered(200, {}, {"Content-Length": "long"}, path="/{id}?k=${REGISTRY_KEY}")
    assert (redirected.cause, malformed.cause) == ("http-302", "bad-http")
    for reply in (redirected, malformed):
        assert "***" in reply.text and not any(part in reply.text for part in parts)


def test_what_a_run_records_of_it() -> None:
    here, away = "http://127.0.0.1:8080/{id}", "https://registry.example/{id}"
    local, far = make(doi=here), make(doi=here, pmid=away, parallel="3")
    assert local.local and not far.local and far.abilities.parallel == 3
    assert far.endpoint == "127.0.0.1:8080+registry.example:443"
    assert far.identity.startswith("identifiers/doi+pmid#") and far.identity != local.identity
    assert make(doi=here, network={"proxy": "http://proxy.example:3128"}).local is False
    assert (
        make(doi="https://r.example/{id}?key=plain-key-123")
        .fingerprint["doi"]["url"]
        .endswith("key=***")
    )
