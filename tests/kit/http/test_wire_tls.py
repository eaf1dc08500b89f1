"""The lean client over TLS: authorities of one's own, wrong hosts, client certificates."""

from __future__ import annotations

import ssl
from pathlib import Path

import pytest
import trustme
from loops import on_both_loops
from raw_server import ANSWER, Server, client, serving


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def trusted(authority: trustme.CA, tmp_path: Path) -> str:
    file = tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(str(file))
    return str(file)


def served_by(authority: trustme.CA, name: str = "localhost") -> ssl.SSLContext:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert(name).configure_cert(context)
    return context


@on_both_loops
async def test_tls_with_an_authority_of_ones_own(authority: trustme.CA, trusted: str) -> None:
    server = Server(ANSWER)
    async with serving(server, served_by(authority)) as url:
        async with client(ca_file=trusted) as web:
            for _ in range(3):
                assert (await web.post(url, b"{}", {})).body == b"[1]"
        assert server.connections == 1
        async with client(verify=False) as web:
            assert (await web.post(url, b"{}", {})).body == b"[1]"
        async with client() as web:
            reply = await web.post(url, b"{}", {})
        assert (reply.cause, reply.as_error().retry) == ("tls", False)
        assert "CERTIFICATE_VERIFY_FAILED" in reply.detail


@on_both_loops
async def test_a_certificate_for_another_host_is_refused(
    authority: trustme.CA, trusted: str
) -> None:
    context = served_by(authority, "elsewhere.example")
    async with serving(Server(ANSWER), context) as url, client(ca_file=trusted) as web:
        reply = await web.post(url, b"{}", {})
    assert reply.cause == "tls"


@on_both_loops
async def test_a_client_certificate_is_shown(
    authority: trustme.CA, trusted: str, tmp_path: Path
) -> None:
    context = served_by(authority)
    context.verify_mode = ssl.CERT_REQUIRED
    authority.configure_trust(context)
    own, key = tmp_path / "own.pem", tmp_path / "own.key"
    issued = authority.issue_cert("clinic@example.test")
    issued.cert_chain_pems[0].write_to_path(str(own))
    issued.private_key_pem.write_to_path(str(key))
    async with serving(Server(ANSWER), context) as url:
        async with client(ca_file=trusted, client_cert=str(own), client_key=str(key)) as web:
            assert (await web.post(url, b"{}", {})).body == b"[1]"
        async with client(ca_file=trusted) as web:
            assert (await web.post(url, b"{}", {})).cause in ("tls", "disconnected")
