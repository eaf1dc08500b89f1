"""Whatever the network does is a cause, and nothing is raised."""

from __future__ import annotations

import gzip
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from stub_server import Behaviour, Seen, StubServer, response

from auscult.core.errors import UsageError
from auscult.kit.http.client import (
    HttpClient,
    HttpReply,
    HttpSettings,
    bad_header,
    environment_proxy,
    is_loopback,
)


@pytest.fixture(autouse=True, params=["lean", "aiohttp"])
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both ways that a call can take are held to the same."""
    if request.param == "aiohttp":
        monkeypatch.setattr("auscult.kit.http.client.ready", lambda url, headers: None)


CHAT = b'{"messages": [{"role": "user", "content": "x"}]}'
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"


@asynccontextmanager
async def client(**settings: Any) -> AsyncIterator[HttpClient]:
    made = HttpClient(HttpSettings(**settings))
    try:
        yield made
    finally:
        await made.close()


async def fetch(route: Any, **settings: Any) -> HttpReply:
    async with StubServer(routes={"/x": route}) as stub, client(**settings) as web:
        return await web.post(f"{stub.url}/x", b"{}", {})


def chunked(content: bytes, head: bytes = HEAD) -> bytes:
    return head + b"Transfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n0\r\n\r\n" % (
        len(content), content,
    )  # fmt: skip


async def test_an_answer_comes_whole_over_one_connection_with_what_was_sent() -> None:
    async with StubServer() as stub, client() as web:
        for _ in range(3):
            url = f"{stub.base_url}/chat/completions"
            reply = await web.post(url, CHAT, {"Content-Type": "application/json", "X-A": "1"})
            assert (reply.status, reply.cause) == (200, "")
            assert reply.headers["content-type"] == "application/json"
            assert b'"A"' in reply.body
        assert stub.connections == 1
        assert stub.seen[0].raw == CHAT
        assert stub.seen[0].headers["x-a"] == "1"
        assert stub.seen[0].headers["user-agent"].startswith("auscult/")


async def test_any_status_is_a_whole_answer() -> None:
    reply = await fetch(lambda seen: (500, {"error": "x"}))
    assert (reply.status, reply.cause, reply.body) == (500, "", b'{"error": "x"}')


@pytest.mark.parametrize(
    "raw",
    [
        chunked(b"[1]"),
        chunked(gzip.compress(b"[1]"), HEAD + b"Content-Encoding: gzip\r\n"),
        HEAD + b"Content-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(gzip.compress(b"[1]"))
        + gzip.compress(b"[1]"),
    ],
    ids=["chunked", "chunked-gzip", "gzip"],
)  # fmt: skip
async def test_bodies_of_unknown_length_come_whole(raw: bytes) -> None:
    assert (await fetch(lambda seen: raw)).body == b"[1]"


@pytest.mark.parametrize(
    "raw",
    [
        response(200, b"x" * 10_000_000),
        chunked(b"x" * 10_000_000),
        chunked(gzip.compress(b"x" * 10_000_000, 1), HEAD + b"Content-Encoding: gzip\r\n"),
    ],
    ids=["length", "chunked", "bomb"],
)
async def test_a_body_over_the_cap_is_cut_and_not_asked_for_again(raw: bytes) -> None:
    async with StubServer(routes={"/x": lambda seen: raw}) as stub, client(
        max_body_bytes=4096
    ) as web:  # fmt: skip
        reply = await web.post(f"{stub.url}/x", b"", {})
        assert (reply.cause, reply.body) == ("oversized", b"")
        assert reply.as_error().retry is False
        # What follows is not read as an answer to the next question.
        again = await web.post(f"{stub.base_url}/chat/completions", CHAT, {})
        assert b'"A"' in again.body


async def test_a_hang_is_a_timeout() -> None:
    behaviour = Behaviour(chaos={"hang": 1.0})
    async with StubServer(behaviour) as stub, client(timeout_s=0.05) as web:
        reply = await web.post(f"{stub.base_url}/chat/completions", CHAT, {})
    assert (reply.cause, reply.detail) == ("timeout", "no whole answer in 0.05 s")
    assert reply.as_error().retry is True


@pytest.mark.parametrize(
    "raw", [b"", HEAD + b"Content-Length: 100\r\n\r\n{", b"HTTP/1.1 200 OK\r\n"]
)
async def test_a_broken_connection_is_disconnected(raw: bytes) -> None:
    server: list[StubServer] = []

    def break_off(seen: Seen) -> bytes:
        for transport in server[0].transports:
            transport.write(raw)
            transport.close()
        return b""

    async with StubServer(routes={"/x": break_off}) as stub, client() as web:
        server.append(stub)
        reply = await web.post(f"{stub.url}/x", b"", {})
    assert reply.cause == "disconnected"
    assert reply.as_error().retry is True


async def test_an_aborted_connection_is_disconnected() -> None:
    async with StubServer(Behaviour(chaos={"drop": 1.0})) as stub, client() as web:
        reply = await web.post(f"{stub.base_url}/chat/completions", CHAT, {})
    assert reply.cause == "disconnected"


async def test_nobody_there_is_connect() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        async with client() as web:
            reply = await web.post(f"http://127.0.0.1:{unused.getsockname()[1]}/", b"", {})
    assert (reply.cause, reply.as_error().retry) == ("connect", True)


async def test_what_is_not_http_and_not_tls_has_causes() -> None:
    assert (await fetch(lambda seen: b"SSH-2.0-OpenSSH\r\n\r\n")).cause == "bad-http"
    async with StubServer() as stub, client() as web:
        reply = await web.post(stub.url.replace("http:", "https:"), b"", {})
        assert (reply.cause, reply.as_error().retry) == ("tls", False)
        assert (await web.post("nonsense", b"", {})).cause == "bad-url"


async def test_redirects_are_not_followed_and_cookies_not_kept() -> None:
    headers = {"Location": "/v1/chat/completions", "Set-Cookie": "a=b"}
    async with StubServer(routes={"/x": lambda seen: (302, "", headers)}) as stub, client() as web:
        assert (await web.post(f"{stub.url}/x", b"", {})).status == 302
        assert (await web.post(f"{stub.url}/x", b"", {})).status == 302
        assert [seen.path for seen in stub.seen] == ["/x", "/x"]
        assert "cookie" not in stub.seen[-1].headers


async def test_other_methods_go_without_a_body() -> None:
    async with StubServer() as stub, client() as web:
        reply = await web.request("GET", f"{stub.base_url}/models", None, {})
        assert b"stub" in reply.body
        assert (await web.request("GET", f"{stub.url}/counts", None, {})).status == 200


async def test_a_given_proxy_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    async with StubServer() as stub:
        proxied = "http://elsewhere.test/v1/chat/completions"
        async with client(proxy=stub.url) as web:
            assert (await web.post(proxied, CHAT, {})).status == 200
            assert stub.connections == 1
        # From the environment too, but never for loopback.
        monkeypatch.setenv("http_proxy", stub.url)
        async with client() as web:
            await web.post(proxied, CHAT, {})
            assert stub.connections == 2
        assert environment_proxy("http://127.0.0.1:1/") is None


def test_no_proxy_is_honoured(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("https_proxy", "http://proxy.test:3128")
    monkeypatch.setenv("no_proxy", "inside.test")
    assert environment_proxy("https://outside.test/v1") == "http://proxy.test:3128"
    assert environment_proxy("https://api.inside.test/v1") is None
    assert environment_proxy("http://outside.test/v1") is None


def test_a_certificate_file_that_cannot_be_used_is_said_at_once(tmp_path: Any) -> None:
    bad = tmp_path / "ca.pem"
    bad.write_text("no certificate")
    with pytest.raises(UsageError, match=r"cannot use the certificate in .*ca\.pem"):
        HttpClient(HttpSettings(ca_file=str(bad)))
    with pytest.raises(UsageError, match=r"gone\.pem"):
        HttpClient(HttpSettings(client_cert=str(tmp_path / "gone.pem")))


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "127.9.9.9", "::1", "a.localhost"])
def test_loopback(host: str) -> None:
    assert is_loopback(host)


@pytest.mark.parametrize("host", ["", None, "10.0.0.1", "localhost.evil.test", "example.test"])
def test_not_loopback(host: str | None) -> None:
    assert not is_loopback(host)


def test_headers_that_cannot_be_sent_are_known_beforehand() -> None:
    assert bad_header("X-A", "fine") == ""
    assert "line break" in bad_header("X-A", "a\nb")
    assert "name" in bad_header("X A", "b")
