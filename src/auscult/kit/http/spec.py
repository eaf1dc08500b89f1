"""The file that describes a JSON endpoint: read, and checked whole with all faults at once."""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal, get_args
from urllib.parse import parse_qsl, urlsplit

import msgspec

from auscult.core.errors import Fault, PlanError, UsageError
from auscult.core.registry import did_you_mean
from auscult.kit.http.client import HttpSettings, bad_header
from auscult.kit.options import T, collect
from auscult.kit.secret import Secret, expand, masked, names_a_secret
from auscult.kit.template import JsonPath, Template, read_tree

Environment = Literal["test", "production"]
Actions = Literal["none", "sandboxed", "live"]
IMAGE_PLACES = frozenset({"image_base64", "image_media_type", "image_data_url", "images"})
HISTORY_PLACES = frozenset({"messages", "transcript"})
PLACES = (
    IMAGE_PLACES
    | HISTORY_PLACES
    | {"prompt", "system", "session", "temperature", "top_p", "max_tokens", "stop", "seed"}
)


class RequestTable(msgspec.Struct, frozen=True, kw_only=True):
    url: str
    method: Literal["GET", "POST", "PUT", "PATCH", "DELETE"] = "POST"
    headers: dict[str, str] = {}
    body: dict[str, Any] | list[Any] | str | None = None
    images: bool | None = None
    """Whether "{{ messages }}" may hold images; where an image placeholder stands, it is so."""


class UsageTable(msgspec.Struct, frozen=True):
    input: str = ""
    output: str = ""


class ResponseTable(msgspec.Struct, frozen=True, kw_only=True):
    text: str
    refusal: str = ""
    error: str = ""
    model: str = ""
    reasoning: str = ""
    session: str = ""
    """Where the first answer names the session that the next turns go to."""
    usage: UsageTable = UsageTable()


class StartTable(msgspec.Struct, frozen=True, kw_only=True):
    url: str
    id: str
    method: Literal["GET", "POST", "PUT", "PATCH", "DELETE"] = "POST"
    headers: dict[str, str] = {}
    body: dict[str, Any] | list[Any] | str | None = None


class SessionTable(msgspec.Struct, frozen=True, kw_only=True):
    """The server keeps the conversation: each turn sends what is new."""

    start: StartTable | None = None
    stop: RequestTable | None = None
    max_open: int = 256
    """Conversations kept open; the oldest is stopped when there are more."""


class PriceTable(msgspec.Struct, frozen=True):
    """Per million tokens, as in a plan."""

    input: float
    output: float
    currency: str = "USD"
    as_of: str = ""


class SpecTable(msgspec.Struct, frozen=True, kw_only=True):
    environment: Environment
    actions: Actions
    request: RequestTable
    response: ResponseTable
    session: SessionTable | None = None
    network: HttpSettings = HttpSettings()
    price: PriceTable | None = None


class CallSpec(msgspec.Struct, frozen=True):
    """One HTTP call as templates."""

    method: str
    url: Template
    headers: Template
    body: Template | None
    plain_url: str
    """As written, without anything from the environment: for people."""

    @property
    def names(self) -> frozenset[str]:
        body = self.body.names if self.body else frozenset()
        return self.url.names | self.headers.names | body


class Endpoint(msgspec.Struct, frozen=True):
    """A spec that was found sound."""

    table: SpecTable
    ask: CallSpec
    paths: dict[str, JsonPath]
    start: CallSpec | None
    stop: CallSpec | None
    secrets: tuple[Secret, ...]
    host: str
    port: int
    hosts: tuple[str, ...]
    """Every host that is called, that of sessions too."""
    digest: str


def load_endpoint(path: Path) -> Endpoint:
    """Raises PlanError with every fault, or UsageError where there is no such file."""
    try:
        raw = path.read_bytes()
        table = tomllib.loads(raw.decode("utf-8"))
    except OSError as error:
        raise UsageError(f"cannot read the endpoint file {path}: {error.strerror}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise PlanError(str(path), [Fault(path.name, f"is not TOML: {error}")]) from None
    checker = _Checker()
    endpoint = checker.endpoint(table)
    if endpoint is None:
        raise PlanError(str(path), checker.faults)
    return endpoint


class _Checker:
    """Collects faults while it compiles."""

    def __init__(self) -> None:
        self.faults: list[Fault] = []
        self._secrets: list[Secret] = []
        self._hosts: list[tuple[str, int]] = []

    def endpoint(self, raw: dict[str, Any]) -> Endpoint | None:
        # What is at stake is asked first, in words of its own.
        sound = dict(raw)
        for name, choices, why in (
            ("environment", get_args(Environment), "attacks refuse production systems"),
            ("actions", get_args(Actions), "an answer may write, page staff or bill"),
        ):
            if raw.get(name) not in choices:
                said = repr(raw[name]) if name in raw else "missing"
                mend = f"declare {name} = " + " or ".join(f'"{c}"' for c in choices)
                self.faults.append(Fault(name, f"is {said}, and {why}", mend))
                sound[name] = choices[0]
        table = collect(sound, SpecTable, "", self.faults)
        if table is None:
            self._parts(raw)
            return None
        ask = self._call(table.request, "request")
        session = table.session
        start = self._call(session.start, "session.start") if session and session.start else None
        stop = self._call(session.stop, "session.stop") if session and session.stop else None
        paths = self._paths(table.response, session.start if session else None)
        self._check_session(table, ask)
        if self.faults or ask is None:
            return None
        host, port = self._hosts[0]
        digest = hashlib.sha256(msgspec.json.encode(raw, order="deterministic")).hexdigest()[:8]
        return Endpoint(
            table, ask, paths, start, stop, tuple(self._secrets), host, port,
            tuple(name for name, _ in self._hosts), digest,
        )  # fmt: skip

    def _parts(self, raw: dict[str, Any]) -> None:
        """The sound parts of a file that is not sound as a whole, for the faults within them."""
        request = _sound(raw.get("request"), RequestTable)
        if request is not None:
            self._call(request, "request")
        response = _sound(raw.get("response"), ResponseTable)
        session = _sound(raw.get("session"), SessionTable)
        if session is not None and session.start:
            self._call(session.start, "session.start")
        if session is not None and session.stop:
            self._call(session.stop, "session.stop")
        self._paths(response, session.start if session else None)

    def _call(self, table: RequestTable | StartTable, where: str) -> CallSpec | None:
        before = len(self.faults)
        url = self._expanded(table.url, f"{where}.url")
        self._check_url(url, f"{where}.url")
        headers = {}
        for name, text in table.headers.items():
            headers[name] = self._expanded(text, f"{where}.headers.{name}")
            wrong = bad_header(name, headers[name])
            if wrong:
                self.faults.append(Fault(f"{where}.headers.{name}", wrong))
            if names_a_secret(name) and "{{" not in headers[name]:
                self._secrets.append(Secret(headers[name].rpartition(" ")[2]))
        body = None
        if table.body is not None:
            place = f"{where}.body"
            try:
                body = Template(read_tree(table.body, lambda text: self._expanded(text, place)))
            except ValueError as error:
                self.faults.append(Fault(place, str(error)))
        call = CallSpec(table.method, Template(url), Template(headers), body, table.url)
        if call.headers.names - {"session"}:  # a prompt may hold what no header can
            self.faults.append(Fault(f"{where}.headers", "may hold no placeholder but session"))
        for name in sorted(call.names - PLACES):
            what = f"no placeholder is named '{name}'" + did_you_mean(name, PLACES)
            self.faults.append(Fault(where, what))
        return call if len(self.faults) == before else None

    def _expanded(self, text: str, where: str) -> str:
        missing: list[str] = []
        value, secrets = expand(text, missing)
        self._secrets += secrets
        self.faults += [
            Fault(where, f"the environment variable {name} is not set", f"set {name}")
            for name in missing
        ]
        return value

    def _check_url(self, url: str, where: str) -> None:
        try:
            place = urlsplit(url)
            port = place.port or {"http": 80, "https": 443}.get(place.scheme, 0)
        except ValueError:
            port = 0
        if not port or not place.hostname or "{{" in place.netloc:
            mend = "it looks like https://host.example/chat, its host without a placeholder"
            self.faults.append(Fault(where, "is not an address", mend))
        elif place.username or place.password:
            mend = 'put them in a header: Authorization = "Basic ${CREDENTIALS}"'
            self.faults.append(Fault(where, "holds credentials, which would be printed", mend))
        else:
            self._hosts.append((place.hostname, port))
            self._secrets += [
                Secret(value)
                for name, value in parse_qsl(place.query)
                if names_a_secret(name, in_query=True) and "{{" not in value
            ]

    def _paths(
        self, response: ResponseTable | None, start: StartTable | None
    ) -> dict[str, JsonPath]:
        texts = {}
        if response is not None:
            texts = {
                "response.text": response.text,
                "response.refusal": response.refusal,
                "response.error": response.error,
                "response.model": response.model,
                "response.reasoning": response.reasoning,
                "response.session": response.session,
                "response.usage.input": response.usage.input,
                "response.usage.output": response.usage.output,
            }
        if start is not None:
            texts["session.start.id"] = start.id
        paths = {}
        for where, text in texts.items():
            if text or where in ("response.text", "session.start.id"):
                try:
                    paths[where] = JsonPath(text)
                except ValueError as error:
                    self.faults.append(Fault(where, str(error)))
        return paths

    def _check_session(self, table: SpecTable, ask: CallSpec | None) -> None:
        names = ask.names if ask else PLACES
        if table.session is None and "session" in names and ask is not None:
            self.faults.append(
                Fault("request", "has a {{ session }} and there is no session", "add [session]")
            )
        if table.session is None and table.response.session:
            self.faults.append(
                Fault("response.session", "is given and there is no session", "add [session]")
            )
        if table.session is not None and "session" not in names:
            self.faults.append(
                Fault("session", "no placeholder says which", 'put "{{ session }}" in the request')
            )
        if table.session is not None and table.session.max_open < 1:
            self.faults.append(Fault("session.max_open", "is below one"))
        if not names & (HISTORY_PLACES | {"prompt"}):
            mend = 'put "{{ prompt }}" or "{{ messages }}" in the body'
            self.faults.append(Fault("request", "has no place for the question", mend))


def _sound(raw: Any, into: type[T]) -> T | None:
    return collect(raw, into, "", []) if isinstance(raw, Mapping) else None


def printable(endpoint: Endpoint) -> Mapping[str, Any]:
    """What a dossier may say of it: nothing that came from the environment."""
    table = endpoint.table
    said = {
        "kind": "http",
        "url": masked(endpoint.ask.plain_url),
        "method": endpoint.ask.method,
        "environment": table.environment,
        "actions": table.actions,
        "spec": endpoint.digest,
        "sends": sorted(endpoint.ask.names),
        "session": _session_kind(table),
        "verify": table.network.verify,
    }
    if table.price is not None:
        said["price"] = msgspec.to_builtins(table.price)
    return said


def _session_kind(table: SpecTable) -> str:
    if table.session is None:
        return "none"
    if table.session.start:
        return "started by a call"
    return "named by the first answer" if table.response.session else "named by us"
