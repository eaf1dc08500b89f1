"""The lean client: what comes is one answer or one cause, whatever the pieces it comes in."""

from __future__ import annotations

import asyncio
import gzip
import zlib
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import pytest
import uvloop
from hypothesis import given, settings
from hypothesis import strategies as st
from loops import on_both_loops
from raw_server import ANSWER, CAP, HEAD, Server, asked, client, serving

from auscult.kit.http.wire import IDLE_S, Broken, Ready, Wire, ready


@on_both_loops
async def test_what_is_sent_and_that_one_connection_carries_many_calls() -> None:
    server = Server(ANSWER)
    async with serving(server) as url, client() as web:
        for _ in range(3):
            assert (await web.post(url, b'{"a":1}', {"X-Key": "k\u00e4y"})).body == b"[1]"
    assert server.connections == 1
    head, _, body = server.requests[0].partition(b"\r\n\r\n")
    lines = head.decode().split("\r\n")
    assert body == b'{"a":1}'
    assert lines[0] == "POST /x HTTP/1.1"
    assert lines[1].startswith("Host: localhost:")
    assert {"X-Key: käy", "Content-Length: 7", "Accept-Encoding: gzip, deflate"} <= set(lines)


@on_both_loops
async def test_many_calls_at_once_have_a_connection_each_and_their_own_answer() -> None:
    async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while head := await reader.readuntil(b"\r\n\r\n"):
            length = int(head.lower().partition(b"content-length: ")[2].split(b"\r\n")[0])
            body = await reader.readexactly(length)
            writer.write(HEAD + b"Content-Length: %d\r\n\r\n%s" % (length, body))

    listening = await asyncio.start_server(echo, "127.0.0.1", 0)
    url = f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}/"
    async with client() as web:
        for _ in range(2):
            calls = [web.post(url, b"%d" % n, {}) for n in range(100)]
            assert [reply.body for reply in await asyncio.gather(*calls)] == [
                b"%d" % n for n in range(100)
            ]
    listening.close()
    await asyncio.sleep(0.01)


@pytest.mark.parametrize(
    ("raw", "body"),
    [
        (HEAD + b"Transfer-Encoding: chunked\r\n\r\n2\r\n[1\r\n1;x=y\r\n]\r\n0\r\n\r\n", b"[1]"),
        (b"HTTP/1.1 100 Continue\r\n\r\n" + ANSWER, b"[1]"),
        (b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" + ANSWER, b"[1]"),
        (b"HTTP/1.1 204 No Content\r\n\r\n", b""),
        (b"HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\n{}", b"{}"),
        (HEAD + b"Content-Encoding: identity\r\nContent-Length: 2\r\n\r\n{}", b"{}"),
    ],
)  # fmt: skip
@on_both_loops
async def test_every_framing(raw: bytes, body: bytes) -> None:
    for reply in await asked(raw, times=2):
        assert (reply.cause, reply.body) == ("", body)


@pytest.mark.parametrize("pack", [gzip.compress, zlib.compress, lambda b: zlib.compress(b)[2:-4]])
@on_both_loops
async def test_packed_answers(pack: Callable[[bytes], bytes]) -> None:
    name = b"gzip" if pack is gzip.compress else b"deflate"
    packed = pack(b"[1, 2, 3]")
    raw = HEAD + b"Content-Encoding: %s\r\nContent-Length: %d\r\n\r\n" % (name, len(packed))
    (reply,) = await asked(raw + packed)
    assert (reply.cause, reply.body) == ("", b"[1, 2, 3]")


@pytest.mark.parametrize(
    ("raw", "cause", "says"),
    [
        (HEAD + b"Content-Encoding: br\r\nContent-Length: 2\r\n\r\n{}", "bad-http", "'br'"),
        (HEAD + b"Content-Encoding: gzip\r\nContent-Length: 2\r\n\r\n{}", "bad-http", "unpacked"),
        (HEAD + b"Content-Encoding: gzip\r\nContent-Length: 15\r\n\r\n"
         + gzip.compress(b"[1]")[:15], "bad-http", "breaks off"),
        (b"SSH-2.0-OpenSSH\r\n\r\n", "bad-http", ""),
        (b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n",
         "bad-http", "protocol"),
        (HEAD + b"X: " + b"y" * 70_000, "bad-http", "head"),
        (HEAD + b"Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}", "bad-http", ""),
        (HEAD + b"Content-Length: 20000\r\n\r\n" + b"x" * 20000, "oversized", "10000 bytes"),
    ],
)  # fmt: skip
@on_both_loops
async def test_what_is_no_answer_has_a_cause_and_the_next_call_a_connection_of_its_own(
    raw: bytes, cause: str, says: str
) -> None:
    bad, good = await asked(raw, ANSWER, times=2)
    assert bad.cause == cause
    assert says in bad.detail
    assert (good.cause, good.body) == ("", b"[1]")


@on_both_loops
async def test_a_body_without_a_length_ends_with_its_connection() -> None:
    first, second = await asked(HEAD + b"\r\n[1]", times=2, hang_up=True)
    assert first.body == second.body == b"[1]"


@pytest.mark.parametrize("raw", [b"", b"HTTP/1.1 20", HEAD + b"Content-Length: 9\r\n\r\n[1]"])
@on_both_loops
async def test_an_answer_that_breaks_off_is_disconnected(raw: bytes) -> None:
    (reply,) = await asked(raw, hang_up=True)
    assert (reply.cause, reply.as_error().retry) == ("disconnected", True)


@on_both_loops
async def test_more_than_one_answer_is_not_kept_for_the_next_question() -> None:
    stray = HEAD + b"Content-Length: 3\r\n\r\n[9]"
    first, second = await asked(ANSWER + stray, ANSWER, times=2)
    assert first.body == second.body == b"[1]"


@on_both_loops
async def test_a_server_that_speaks_unasked_loses_its_connection() -> None:
    server = Server(ANSWER)
    async with serving(server) as url, client() as web:
        await web.post(url, b"{}", {})
        server.writers[0].write(HEAD + b"Content-Length: 3\r\n\r\n[9]")
        await asyncio.sleep(0.05)
        assert (await web.post(url, b"{}", {})).body == b"[1]"
        assert server.connections == 2


@on_both_loops
async def test_a_kept_connection_that_was_closed_or_grew_old_is_not_used() -> None:
    server = Server(ANSWER)
    async with serving(server) as url, client() as web:
        await web.post(url, b"{}", {})
        server.writers[0].close()
        await asyncio.sleep(0.05)
        assert (await web.post(url, b"{}", {})).cause == ""
        (kept,) = (line for lines in web._wire._idle.values() for line in lines)
        kept.since -= IDLE_S + 1
        assert (await web.post(url, b"{}", {})).cause == ""
        assert server.connections == 3


@on_both_loops
async def test_connection_close_is_honoured() -> None:
    server = Server(HEAD + b"Connection: close\r\nContent-Length: 3\r\n\r\n[1]")
    async with serving(server) as url, client() as web:
        for _ in range(3):
            assert (await web.post(url, b"{}", {})).body == b"[1]"
    assert server.connections == 3


@on_both_loops
async def test_a_cancelled_call_leaves_nothing_to_the_next() -> None:
    server = Server([], ANSWER)
    async with serving(server) as url, client() as web:
        call = asyncio.create_task(web.post(url, b"{}", {}))
        while not server.requests:
            await asyncio.sleep(0.001)
        call.cancel()
        with pytest.raises(asyncio.CancelledError):
            await call
        assert not web._wire._busy
        assert (await web.post(url, b"{}", {})).body == b"[1]"
        assert server.connections == 2


@on_both_loops
async def test_closing_ends_calls_in_flight() -> None:
    server = Server([])
    async with serving(server) as url, client() as web:
        call = asyncio.create_task(web.post(url, b"{}", {}))
        while not server.requests:
            await asyncio.sleep(0.001)
        await web.close()
        assert (await call).cause == "disconnected"


@on_both_loops
async def test_a_hang_ends_in_time_and_a_slow_answer_does_not() -> None:
    async with serving(Server([HEAD])) as url, client(timeout_s=0.1) as web:
        reply = await web.post(url, b"{}", {})
    assert (reply.cause, reply.detail) == ("timeout", "no whole answer in 0.1 s")


@on_both_loops
async def test_no_connection_in_time_is_connect() -> None:
    async def never(*_: Any) -> None:
        await asyncio.sleep(60)

    wire = Wire(True, 5.0, 0.05, CAP)
    wire._connect = never  # type: ignore[method-assign]
    to = ready("http://localhost:9/", {})
    assert to is not None
    with pytest.raises(Broken, match=r"no connection in 0\.05 s") as caught:
        await wire.post(to, b"")
    assert caught.value.cause == "connect"


@on_both_loops
async def test_a_name_that_nobody_has_is_connect() -> None:
    async with client() as web:
        reply = await web.post("http://no-such-host.invalid/x", b"{}", {})
    assert (reply.cause, reply.as_error().retry) == ("connect", True)
    assert "no-such-host.invalid:80" in reply.detail


@on_both_loops
async def test_a_large_question_goes_whole() -> None:
    server = Server(ANSWER)
    body = bytes(range(256)) * 80_000
    async with serving(server) as url, client() as web:
        for _ in range(2):
            assert (await web.post(url, body, {})).body == b"[1]"
    assert server.requests[1].endswith(body)


@pytest.mark.parametrize(
    "url",
    [
        "http://host/ a", "http://host/\u00e9", "http://b\u00fccher.example/x", "http://u:p@host/",
        "http://host/a#b", "http://[::1]/", "http://host:0/", "http://host:99999/", "nonsense",
        "ftp://host/", "http://host", "http://host/../x", "http://host/%zz",
    ],
)  # fmt: skip
def test_an_address_that_needs_care_does_not_suit(url: str) -> None:
    assert ready(url, {}) is None


@pytest.mark.parametrize(
    "headers",
    [{"Host": "x"}, {"content-length": "1"}, {"X": "a\r\nY: b"}, {"X\n": "a"}, {"X": "a\0"},
     {"Transfer-Encoding": "chunked"}],
)  # fmt: skip
def test_a_header_that_frames_or_breaks_the_message_does_not_suit(headers: dict[str, str]) -> None:
    assert ready("http://host/x", headers) is None


def test_the_port_is_named_where_it_is_not_the_usual() -> None:
    def host(url: str) -> str:
        to = ready(url, {})
        assert isinstance(to, Ready)
        return to.head.decode().split("\r\n")[1]

    assert host("http://HOST:80/x?a=b") == "Host: host"
    assert host("https://host:443/x") == "Host: host"
    assert host("https://host:80/x") == "Host: host:80"


def test_what_is_ready_does_not_print_its_key() -> None:
    assert "sk-1" not in repr(ready("http://host/x", {"Authorization": "Bearer sk-1"}))


CUTS = st.lists(st.integers(0, 400), max_size=6)
WHOLE = [
    ANSWER,
    b"HTTP/1.1 100 Continue\r\n\r\n" + ANSWER,
    HEAD + b"Transfer-Encoding: chunked\r\n\r\n2\r\n[1\r\n1\r\n]\r\n0\r\n\r\n",
    HEAD + b"Content-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(gzip.compress(b"[1]"))
    + gzip.compress(b"[1]"),
]  # fmt: skip


@settings(max_examples=60, deadline=None)
@given(raw=st.sampled_from(WHOLE), cuts=CUTS)
def test_the_pieces_do_not_matter(raw: bytes, cuts: list[int]) -> None:
    edges = sorted({0, len(raw), *(cut for cut in cuts if cut < len(raw))})
    pieces = [raw[a:b] for a, b in pairwise(edges)]
    replies = uvloop.run(asked(pieces, times=2))
    assert [reply.body for reply in replies] == [b"[1]", b"[1]"]


@settings(max_examples=150, deadline=None)
@given(
    raw=st.sampled_from(WHOLE), at=st.integers(0, 200), gone=st.integers(0, 30),
    put=st.binary(max_size=8),
)  # fmt: skip
def test_bytes_that_went_wrong_are_a_cause_and_never_an_exception(
    raw: bytes, at: int, gone: int, put: bytes
) -> None:
    """The server hangs up after each answer, so that none is waited for in vain."""
    broken = raw[:at] + put + raw[at + gone :]
    first, second = uvloop.run(asked(broken, ANSWER, times=2, timeout_s=30, hang_up=True))
    assert first.cause in ("", "bad-http", "disconnected", "oversized")
    if second.cause:  # the connection was closed as we asked: nobody can know whether it was read
        assert second.cause == "disconnected"
    else:
        assert second.body == b"[1]"
