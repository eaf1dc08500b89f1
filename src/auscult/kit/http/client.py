"""One HTTP client for every target: nothing it meets on the network is raised.

Proxies from the environment are looked up once a host: aiohttp's own `trust_env` asks a thread at
every request. Loopback is never proxied, redirects are never followed (they could carry a key or
patient data to another host), and cookies are never kept.
"""

from __future__ import annotations

import asyncio
import re
import ssl
from collections.abc import Mapping
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

import aiohttp
import msgspec

from auscult.core.errors import UsageError
from auscult.core.message import Reply
from auscult.core.version import __version__
from auscult.kit.http.wire import Broken, Ready, Wire, ready

PASSING = frozenset({"timeout", "connect", "disconnected", "bad-http", "proxy"})
"""Network causes that may be gone at the next try; "oversized", "tls" and "bad-url" are not."""
MOST_REMEMBERED = 1000
"""Addresses: a template may put a session into them."""
_HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")


class HttpSettings(msgspec.Struct, frozen=True, kw_only=True):
    timeout_s: float = 120.0
    """For the whole call, from connecting to the last byte."""
    connect_timeout_s: float = 10.0
    proxy: str | None = None
    ca_file: str | None = None
    client_cert: str | None = None
    client_key: str | None = None
    verify: bool = True
    max_body_bytes: int = 4 * 1024 * 1024

    def __post_init__(self) -> None:
        for name in ("timeout_s", "connect_timeout_s", "max_body_bytes"):
            if not getattr(self, name) > 0:
                raise ValueError(f"{name} must be above 0")
        if self.proxy and not re.match(r"https?://[^/]", self.proxy):
            raise ValueError("proxy is not an address: it looks like http://proxy.example:3128")


class HttpReply(msgspec.Struct, frozen=True):
    """`cause` is empty where a whole answer came, of whatever status. `detail` is for people and
    may name the address that was called."""

    status: int
    headers: Mapping[str, str]
    body: bytes = b""
    cause: str = ""
    detail: str = ""

    def as_error(self) -> Reply:
        """The network failure as a Reply; only where there is a `cause`."""
        return Reply.error(self.cause, self.detail, retry=self.cause in PASSING)


class HttpClient:
    def __init__(self, settings: HttpSettings | None = None) -> None:
        self.settings = settings or HttpSettings()
        self._session: aiohttp.ClientSession | None = None
        self._proxies: dict[str, str | None] = {}
        self._cap = self.settings.max_body_bytes
        self._tls = _tls(self.settings)
        self._ready: dict[tuple[str, tuple[tuple[str, str], ...]], Ready | None] = {}
        self._wire = Wire(
            self._tls, self.settings.timeout_s, self.settings.connect_timeout_s, self._cap
        )

    async def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> HttpReply:
        call = (url, tuple(headers.items()))
        try:
            to = self._ready[call]
        except KeyError:
            to = self._suiting(*call)
        if to is None:
            return await self.request("POST", url, body, headers)
        try:
            got = await self._wire.post(to, body)
        except Broken as broken:
            return HttpReply(0, {}, b"", broken.cause, broken.detail[:500])
        if got.body is None:
            return self._oversized(got.status, got.headers)
        return HttpReply(got.status, got.headers, got.body)

    def _suiting(self, url: str, headers: tuple[tuple[str, str], ...]) -> Ready | None:
        if len(self._ready) > MOST_REMEMBERED:
            self._ready.clear()
        to = None if self._proxy_of(url) else ready(url, dict(headers))
        self._ready[url, headers] = to
        return to

    def _oversized(self, status: int, headers: Mapping[str, str]) -> HttpReply:
        detail = f"the answer is longer than {self._cap} bytes"
        return HttpReply(status, headers, b"", "oversized", detail)

    async def request(
        self, method: str, url: str, body: bytes | None, headers: Mapping[str, str]
    ) -> HttpReply:
        session = self._session or self._open()
        try:
            proxy = self._proxies[url]
        except KeyError:
            proxy = self._proxy_of(url)
        try:
            async with session.request(
                method, url, data=body, headers=headers, proxy=proxy, allow_redirects=False
            ) as response:
                length = response.content_length
                if length is not None and "Content-Encoding" not in response.headers:
                    whole = await response.read() if length <= self._cap else None
                else:
                    whole = await self._read_capped(response)
                if whole is None:
                    response.close()
                    return self._oversized(response.status, response.headers)
                return HttpReply(response.status, response.headers, whole)
        except (aiohttp.ClientError, TimeoutError, ssl.SSLError, OSError) as error:
            return self._failed(error)

    async def close(self) -> None:
        await self._wire.close()
        session, self._session = self._session, None
        if session is not None:
            await session.close()

    def _open(self) -> aiohttp.ClientSession:
        settings = self.settings
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=0, ssl=self._tls, ttl_dns_cache=300),
            timeout=aiohttp.ClientTimeout(
                total=settings.timeout_s, connect=settings.connect_timeout_s
            ),
            cookie_jar=aiohttp.DummyCookieJar(),
            headers={"User-Agent": f"auscult/{__version__}"},
        )
        return self._session

    async def _read_capped(self, response: aiohttp.ClientResponse) -> bytes | None:
        """For bodies whose length is not known before they are unpacked; None when too long."""
        pieces, size = [], 0
        while piece := await response.content.readany():
            size += len(piece)
            if size > self._cap:
                return None
            pieces.append(piece)
        return b"".join(pieces)

    def _proxy_of(self, url: str) -> str | None:
        proxy = self.settings.proxy or environment_proxy(url)
        if len(self._proxies) > MOST_REMEMBERED:
            self._proxies.clear()
        self._proxies[url] = proxy
        return proxy

    def _failed(self, error: Exception) -> HttpReply:
        cause = _cause(error)
        detail = str(error) or type(error).__name__
        if cause == "timeout":
            detail = f"no whole answer in {self.settings.timeout_s:g} s"
        return HttpReply(0, {}, b"", cause, detail[:500])


_CAUSES: tuple[tuple[str, tuple[type[Exception], ...]], ...] = (
    (
        "tls",
        (
            aiohttp.ClientConnectorSSLError,
            aiohttp.ClientConnectorCertificateError,
            aiohttp.ClientSSLError,
            aiohttp.ServerFingerprintMismatch,
            ssl.SSLError,
        ),
    ),
    ("proxy", (aiohttp.ClientProxyConnectionError, aiohttp.ClientHttpProxyError)),
    ("connect", (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError)),
    ("timeout", (TimeoutError, asyncio.TimeoutError)),
    ("bad-url", (aiohttp.InvalidURL,)),
    ("bad-http", (aiohttp.ClientResponseError,)),
)


def _cause(error: Exception) -> str:
    """The first name that fits; what remains is a connection that broke."""
    return next((name for name, kinds in _CAUSES if isinstance(error, kinds)), "disconnected")


def _tls(settings: HttpSettings) -> ssl.SSLContext | bool:
    if not (settings.ca_file or settings.client_cert):
        return settings.verify
    try:
        context = ssl.create_default_context(cafile=settings.ca_file)
        if settings.client_cert:
            context.load_cert_chain(settings.client_cert, settings.client_key)
    except (OSError, ssl.SSLError) as error:
        files = " or ".join(filter(None, (settings.ca_file, settings.client_cert)))
        raise UsageError(f"cannot use the certificate in {files}: {error}") from None
    if not settings.verify:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


def is_loopback(host: str | None) -> bool:
    """True for this machine by name or number; a name is not looked up."""
    if not host:
        return False
    host = host.rstrip(".").lower()
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def bad_header(name: str, value: str) -> str:
    """Why this cannot be a header; "" where it can. The value is not repeated: it may be secret."""
    if not _HEADER_NAME.fullmatch(name):
        return "is no name of a header"
    if not value.isprintable():
        return "holds a line break or another control character"
    return ""


def environment_proxy(url: str) -> str | None:
    """From HTTP_PROXY, HTTPS_PROXY, ALL_PROXY and NO_PROXY, in either case."""
    from urllib.request import getproxies, proxy_bypass

    parts: Any = urlsplit(url)
    if is_loopback(parts.hostname) or not parts.hostname or proxy_bypass(parts.netloc):
        return None
    proxies = getproxies()
    return proxies.get(parts.scheme) or proxies.get("all")
