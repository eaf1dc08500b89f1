"""Registries of identifiers: asks addresses of yours whether a DOI or PMID has anything behind it.

`identifiers?doi=https://HOST/PATH/{id}`. No address ships with Auscult and nothing leaves the
machine unless a plan names one. A request reads "doi 10.1000/xyz" and becomes one GET; the reply
is "exists", "missing", or "unknown" for a kind without an address. A status outside 2xx, 404 and
410, or none at all, is an error: only what a registry says plainly is ever read as missing.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Mapping
from typing import Any, Literal
from urllib.parse import quote, unquote, urljoin, urlsplit

import msgspec

from auscult.core.errors import Fault, PlanError, TargetUnusable, UsageError
from auscult.core.message import Reply, Request, Usage
from auscult.core.protocols import Abilities, TargetSpec
from auscult.kit.http.client import HttpClient, HttpReply, HttpSettings, is_loopback
from auscult.kit.http.failure import PASSING, THROTTLED
from auscult.kit.http.wait import header, retry_after
from auscult.kit.options import parse_options
from auscult.kit.secret import Secret, expand, masked, scrub_reply
from auscult.kit.specialists.identifiers import KINDS, Kind, fault_of, plain
from auscult.kit.specialists.look_up import EXISTS, LONGEST, MISSING, UNKNOWN

PLACE = "{id}"
PORTS = {"http": 80, "https": 443}
GONE = frozenset({404, 410})
REMEMBERED = 10_000
"""Identifiers whose answer is kept, so that one that many replies name is asked for once."""
NOTHING_USED = Usage(0, 0)


class Service(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where one kind is looked up."""

    url: str
    method: Literal["GET", "HEAD"] = "GET"
    missing_if: str = ""
    """Words of a 2xx answer that mean "missing"; white space does not count."""
    redirect_exists: bool = False
    """Whether being sent on to another place means "exists"; it is an error else."""
    known: str = ""
    """A number that exists. It has to be found before any other is believed to be missing."""


class Options(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    doi: Service | str = ""
    pmid: Service | str = ""
    pmcid: Service | str = ""
    isbn: Service | str = ""
    nct: Service | str = ""
    parallel: int = 2
    """Look-ups at once, over all addresses."""
    network: HttpSettings = HttpSettings(timeout_s=20.0)

    def __post_init__(self) -> None:
        if self.parallel < 1:
            raise ValueError("parallel must be at least 1")


def build(spec: TargetSpec) -> IdentifiersTarget:
    where = f"{spec.role}.options"
    options = parse_options(spec.options, Options, where)
    if spec.ref:
        raise UsageError(
            f"identifiers takes no name such as '{spec.ref}'; write the addresses as options: "
            "identifiers?doi=https://HOST/PATH/{id}"
        )
    services = {kind: one for kind in KINDS if (one := _service(getattr(options, kind))).url}
    if not services:
        raise UsageError(
            "identifiers knows no address; write one for each kind to be looked up: "
            "identifiers?doi=https://HOST/PATH/{id}"
        )
    return IdentifiersTarget(services, options, where, dry=spec.dry)


class IdentifiersTarget:
    free = True
    """A look-up uses no tokens and has no price by the token."""

    def __init__(
        self, services: Mapping[Kind, Service], options: Options, where: str, *, dry: bool
    ) -> None:
        faults: list[Fault] = []
        self._services, self._secrets = services, list[Secret]()
        self._urls = {
            kind: self._url(one, f"{where}.{kind}", faults, dry) for kind, one in services.items()
        }
        for kind, one in services.items():
            faults += _faults(kind, one, f"{where}.{kind}")
        if faults:
            raise PlanError(where, faults)
        places = [urlsplit(one.url) for one in services.values()]
        named = {f"{p.hostname}:{p.port or PORTS[p.scheme]}" for p in places}
        told = msgspec.json.encode(services, order="sorted")
        digest = hashlib.sha256(told).hexdigest()[:8]
        self.identity = f"identifiers/{'+'.join(services)}#{digest}"
        self.endpoint = "+".join(sorted(named))
        proxy = options.network.proxy
        self.local = all(is_loopback(p.hostname) for p in places) and not proxy
        self.abilities = Abilities(parallel=options.parallel)
        self.fingerprint: Mapping[str, Any] = masked(msgspec.to_builtins(services))
        self._client = HttpClient(options.network)
        self._kept: dict[tuple[Kind, str], Reply] = {}
        self._busy: dict[tuple[Kind, str], asyncio.Lock] = {}
        self._trusted: set[Kind] = set()

    async def answer(self, request: Request) -> Reply:
        asked = next((m.text for m in reversed(request.messages) if m.role == "user"), "")
        name, _, number = asked.partition(" ")
        kind = next((one for one in KINDS if one == name.lower()), None)
        if kind is None or not number.strip():
            return Reply.error("bad-identifier", "a look-up reads like 'doi 10.1000/xyz'")
        number = plain(kind, number.strip())
        if kind not in self._services:
            return Reply(text=UNKNOWN, usage=NOTHING_USED)
        if fault := _unfit(kind, number):
            return Reply.error("bad-identifier", fault)
        return scrub_reply(await self._looked_up(kind, number), self._secrets)

    async def close(self) -> None:
        await self._client.close()

    async def _looked_up(self, kind: Kind, number: str) -> Reply:
        """Each number is asked for once at a time, and what was plainly said is kept."""
        key = (kind, number.casefold())
        lock = self._busy.setdefault(key, asyncio.Lock())
        try:
            async with lock:
                if key in self._kept:
                    return self._kept[key]
                reply = await self._ask(kind, number)
                if reply.text == MISSING and kind not in self._trusted:
                    reply = await self._if_trusted(kind, reply)
                if reply.status == "ok":
                    if len(self._kept) >= REMEMBERED:
                        self._kept.clear()
                    self._kept[key] = reply
                return reply
        finally:
            if not lock.locked():
                self._busy.pop(key, None)

    async def _if_trusted(self, kind: Kind, reply: Reply) -> Reply:
        """A wrong address finds nothing and would call every number missing."""
        known = self._services[kind].known
        if known:
            found = await self._ask(kind, plain(kind, known))
            if found.status == "error":
                return found
            if found.text != EXISTS:
                raise TargetUnusable(
                    f"{masked(self._services[kind].url)} does not find the {kind} {known}, which "
                    f"exists by the plan's option 'known'; check the address and the option"
                )
        self._trusted.add(kind)
        return reply

    async def _ask(self, kind: Kind, number: str) -> Reply:
        service = self._services[kind]
        url = self._urls[kind].replace(PLACE, quote(number, safe=""))
        got = await self._client.request(service.method, url, None, {"Accept": "*/*"})
        if got.cause and not (got.cause == "oversized" and not service.missing_if):
            return got.as_error()
        return _read(got, service, url)

    def _url(self, service: Service, where: str, faults: list[Fault], dry: bool) -> str:
        missing: list[str] = []
        url, secrets = expand(service.url, missing)
        self._secrets += secrets
        if missing and not dry:
            what = f"the environment variable {missing[0]} is not set"
            faults.append(Fault(where, what, f"set {missing[0]}, or take it out of the address"))
        return url


def _service(given: Service | str) -> Service:
    return Service(url=given) if isinstance(given, str) else given


def _faults(kind: Kind, service: Service, where: str) -> list[Fault]:
    try:
        place = urlsplit(service.url)
        sound = place.scheme in PORTS and bool(place.hostname) and (place.port or 1) > 0
    except ValueError:
        sound = False
    if not sound:
        return [Fault(where, "is no address", "write https://HOST/PATH/{id}")]
    found = []
    if PLACE in place.netloc or PLACE not in place.path + place.query:
        what = f"has no {PLACE} after its host, so every number would be asked for alike"
        found.append(Fault(where, what, "write https://HOST/PATH/{id}"))
    if service.method == "HEAD" and service.missing_if:
        what = "looks for words (missing_if) in an answer to HEAD, which has none"
        found.append(Fault(where, what, 'leave method = "HEAD" out'))
    if service.known and (fault := _unfit(kind, plain(kind, service.known))):
        found.append(Fault(f"{where}.known", fault, "give a number that exists"))
    return found


def _unfit(kind: Kind, number: str) -> str:
    """Why it is not sent: it could not be one, so no server need be shown it."""
    if len(number) > LONGEST or not number.isprintable():
        return f"a {kind} of more than {LONGEST} characters or with unprintable ones is not sent"
    fault = fault_of(kind, number)
    return f"'{number}' is not sent: {fault}" if fault else ""


def _read(got: HttpReply, service: Service, url: str) -> Reply:
    status = got.status
    if 200 <= status < 300:
        body = "".join(got.body.decode("utf-8", "replace").split())
        needle = "".join(service.missing_if.split())
        return _said(MISSING if needle and needle in body else EXISTS)
    if status in GONE:
        return _said(MISSING)
    if 300 <= status < 400:
        return _sent_on(got, service, url)
    return Reply(
        status="error",
        cause=f"http-{status}",
        text=f"the registry answered {status}",
        retry=status in PASSING or status >= 500,
        retry_after=retry_after(got.headers) if status in THROTTLED else None,
        throttled=status in THROTTLED,
    )


def _sent_on(got: HttpReply, service: Service, url: str) -> Reply:
    """To the same path elsewhere is a registry that has moved, and says nothing of the number."""
    to = urljoin(url, header(got.headers, "Location"))
    if service.redirect_exists and _path(to) != _path(url):
        return _said(EXISTS)
    why = f"it redirects to '{to.partition('?')[0]}'"
    return Reply.error(f"http-{got.status}", f"{why}; use that address, or set redirect_exists")


def _path(url: str) -> tuple[str, str]:
    place = urlsplit(url)
    return unquote(place.path).rstrip("/").casefold(), unquote(place.query).casefold()


def _said(what: str) -> Reply:
    return Reply(text=what, usage=NOTHING_USED)
