"""Any OpenAI-compatible chat endpoint: OpenAI, Azure, vLLM, Ollama, llama.cpp, OpenRouter ...

`openai/MODEL`. The address comes from the option `base_url`, else from OPENAI_BASE_URL, else it is
OpenAI's own; the key from `api_key_env` (OPENAI_API_KEY), or from a command that prints a token.
"""

from __future__ import annotations

import asyncio
import os
import shlex
from collections.abc import Mapping
from contextlib import suppress
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

import msgspec

from auscult.core.errors import Fault, PlanError, TargetUnusable, UsageError
from auscult.core.message import Reply, Request
from auscult.core.protocols import Abilities, TargetSpec
from auscult.kit.http.client import HttpClient, HttpReply, HttpSettings, bad_header, is_loopback
from auscult.kit.openai_wire import decode_chat, encode_chat
from auscult.kit.options import parse_options
from auscult.kit.secret import Secret, expand, names_a_secret, scrub, scrub_reply

OPENAI_URL = "https://api.openai.com/v1"
DEFAULT_PORTS = {"http": 80, "https": 443}
COMMAND_TIMEOUT_S = 60.0
REFRESH_PAUSE_S = 10.0
"""A token refused sooner than this after it was made is not worth making again."""
TOKENS_REMEMBERED = 8


class OpenAIOptions(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    base_url: str = ""
    api_key: Secret | None = None
    """Better left out of plans, which people share: name a variable, or write "${NAME}"."""
    api_key_env: str | None = None
    api_key_command: str | None = None
    api_key_ttl_s: float = 3000.0
    api_version: str = ""
    """Turns the Azure dialect on."""
    organisation: str = ""
    headers: dict[str, str] = {}
    max_tokens_field: str = ""
    send_extra: dict[str, Any] = {}
    proxy: str | None = None
    ca_file: str | None = None
    client_cert: str | None = None
    client_key: str | None = None
    verify: bool = True
    timeout_s: float = 120.0
    images: bool = True
    logprobs: bool = True
    schema: bool = True

    def __post_init__(self) -> None:
        _settings(self)  # which checks its own


def build(spec: TargetSpec) -> OpenAITarget:
    where = f"{spec.role}.options"
    options = parse_options(spec.options, OpenAIOptions, where)
    if not spec.ref:
        raise UsageError("name the model: openai/MODEL, as the endpoint spells it")
    return OpenAITarget(spec.ref, options, where, dry=spec.dry)


class OpenAITarget:
    def __init__(
        self,
        model: str,
        options: OpenAIOptions,
        where: str = "target.options",
        *,
        dry: bool = False,
    ) -> None:
        base = _base_url(options)
        place = urlsplit(base)
        host = place.hostname or ""
        self._faults: list[Fault] = []
        self._where = where
        self._secrets: list[Secret] = []
        self.model = model
        self.url = _chat_url(base, model, options.api_version)
        self.identity = f"openai/{model}@{host}"
        self.endpoint = f"{host}:{place.port or DEFAULT_PORTS[place.scheme]}"
        proxy_host = urlsplit(options.proxy).hostname if options.proxy else None
        self.local = is_loopback(host) and (not options.proxy or is_loopback(proxy_host))
        self.abilities = Abilities(options.images, options.logprobs, options.schema)
        self._tokens_field = options.max_tokens_field or (
            "max_completion_tokens" if host == "api.openai.com" else "max_tokens"
        )
        self._extra = options.send_extra or None
        self._headers = self._fixed_headers(options)
        self._token = _token_source(options)
        if self._token is None and not dry:
            self._put_key(_key(options, base, self._expanded), bool(options.api_version))
        if self._faults:
            raise PlanError(where, self._faults)
        self.fingerprint = self._describe(base, options)
        self._client = HttpClient(_settings(options))

    async def answer(self, request: Request) -> Reply:
        body = encode_chat(
            request, model=self.model, max_tokens_field=self._tokens_field, extra=self._extra
        )
        if self._token is None:
            got = await self._client.post(self.url, body, self._headers)
        else:
            got = await self._post_with(self._token, body)
        if got.cause:
            return self._clean(got.as_error())
        try:
            return self._clean(decode_chat(got.status, got.headers, got.body, where=self.url))
        except TargetUnusable as error:
            said = scrub(str(error), self._known())
        raise TargetUnusable(said)  # out here, where no traceback shows the first one

    async def close(self) -> None:
        await self._client.close()

    async def _post_with(self, source: TokenSource, body: bytes) -> HttpReply:
        """With an expiring token; one that is refused is made anew and tried once more."""
        token = await source.current()
        got = await self._client.post(self.url, body, self._bearing(token))
        if got.status == 401:
            renewed = await source.renewed(token)
            if renewed is not None:
                got = await self._client.post(self.url, body, self._bearing(renewed))
        return got

    def _bearing(self, token: Secret) -> dict[str, str]:
        return {**self._headers, "Authorization": f"Bearer {token.reveal()}"}

    def _known(self) -> list[Secret]:
        return self._secrets if self._token is None else [*self._secrets, *self._token.made]

    def _clean(self, reply: Reply) -> Reply:
        secrets = self._known()
        return scrub_reply(reply, secrets) if secrets else reply

    def _put_key(self, key: Secret | None, azure: bool) -> None:
        if key is None:
            return
        self._secrets.append(key)
        if azure:
            self._headers["api-key"] = key.reveal()
        else:
            self._headers["Authorization"] = f"Bearer {key.reveal()}"

    def _expanded(self, text: str, name: str) -> str:
        missing: list[str] = []
        value, secrets = expand(text, missing)
        self._secrets += secrets
        self._faults += [
            Fault(f"{self._where}.{name}", f"the environment variable {m} is not set", f"set {m}")
            for m in missing
        ]
        return value

    def _fixed_headers(self, options: OpenAIOptions) -> dict[str, str]:
        headers = {"Content-Type": "application/json"}
        if options.organisation:
            headers["OpenAI-Organization"] = options.organisation
        for name, text in options.headers.items():
            headers[name] = self._expanded(text, f"headers.{name}")
            wrong = bad_header(name, headers[name])
            if wrong:
                self._faults.append(Fault(f"{self._where}.headers.{name}", wrong))
            if names_a_secret(name):
                self._secrets.append(Secret(headers[name].rpartition(" ")[2]))
        return headers

    def _describe(self, base: str, options: OpenAIOptions) -> Mapping[str, Any]:
        """What was audited, as far as we can say it; nothing secret."""
        said = {
            "kind": "openai",
            "model": self.model,
            "base_url": base,
            "api_version": options.api_version,
            "max_tokens_field": self._tokens_field,
            "send_extra": options.send_extra,
            "headers": sorted(options.headers),
            "proxy": urlsplit(options.proxy).hostname if options.proxy else "",
            "verify": options.verify,
        }
        text = msgspec.json.encode({k: v for k, v in said.items() if v not in ("", {}, [])})
        clean: dict[str, Any] = msgspec.json.decode(scrub(text.decode(), self._secrets))
        return clean


class TokenSource:
    """A command whose output is a token that expires. `made` are the recent ones, for scrubbing."""

    def __init__(self, command: list[str], ttl_s: float) -> None:
        self._command, self._ttl_s = command, ttl_s
        self._made_at = 0.0
        self._lock = asyncio.Lock()
        self.made: list[Secret] = []

    async def current(self) -> Secret:
        if not self.made or _now() - self._made_at > self._ttl_s:
            async with self._lock:
                if not self.made or _now() - self._made_at > self._ttl_s:
                    await self._make()
        return self.made[-1]

    async def renewed(self, refused: Secret) -> Secret | None:
        """A newer token than the refused one; None where there is none to be had yet."""
        async with self._lock:
            if self.made[-1] == refused:
                if _now() - self._made_at < REFRESH_PAUSE_S:
                    return None
                await self._make()
            return self.made[-1] if self.made[-1] != refused else None

    async def _make(self) -> None:
        name = self._command[0]
        try:
            child = await asyncio.create_subprocess_exec(
                *self._command, stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.DEVNULL,
            )  # fmt: skip
        except OSError as error:
            raise TargetUnusable(
                f"api_key_command cannot be run: {error.strerror} ({name})"
            ) from None
        try:
            async with asyncio.timeout(COMMAND_TIMEOUT_S):
                out, _ = await child.communicate()
        except TimeoutError:
            raise TargetUnusable(
                f"api_key_command ('{name}') gave no token in {COMMAND_TIMEOUT_S:g} s"
            ) from None
        finally:
            if child.returncode is None:
                with suppress(ProcessLookupError):
                    child.kill()
                await child.wait()
        token = out.decode("utf-8", "replace").strip()
        if child.returncode or not token or not token.isprintable() or not token.isascii():
            raise TargetUnusable(
                f"api_key_command ('{name}') ended with exit code {child.returncode} and "
                "printed no usable token; run it by hand to see why"
            )
        self.made = [*self.made, Secret(token)][-TOKENS_REMEMBERED:]
        self._made_at = _now()


def _now() -> float:
    return asyncio.get_running_loop().time()


def _token_source(options: OpenAIOptions) -> TokenSource | None:
    if not options.api_key_command:
        return None
    try:
        command = shlex.split(options.api_key_command)
    except ValueError as error:
        raise UsageError(f"api_key_command cannot be split into words: {error}") from None
    if not command:
        raise UsageError("api_key_command is empty")
    return TokenSource(command, options.api_key_ttl_s)


def _key(options: OpenAIOptions, base: str, expanded: Any) -> Secret | None:
    if options.api_key is not None:
        given = Secret(expanded(options.api_key.reveal(), "api_key").strip())
    else:
        given = Secret(os.environ.get(options.api_key_env or "OPENAI_API_KEY", "").strip())
        if options.api_key_env and not given:
            raise UsageError(
                f"api_key_env names {options.api_key_env}, which is not set: set it to the API key"
            )
    if not given:
        if urlsplit(base).hostname == "api.openai.com":
            raise UsageError(
                "api.openai.com wants an API key: set OPENAI_API_KEY, or name the variable that "
                "holds it with the option api_key_env"
            )
        return None
    if not given.reveal().isprintable() or not given.reveal().isascii():
        raise UsageError("the API key holds characters that no key has: copy it again")
    return given


def _base_url(options: OpenAIOptions) -> str:
    base = options.base_url or os.environ.get("OPENAI_BASE_URL", "") or OPENAI_URL
    base = base.strip().rstrip("/").removesuffix("/chat/completions")
    try:
        place = urlsplit(base)
        sound = place.scheme in DEFAULT_PORTS and bool(place.hostname) and place.port != 0
    except ValueError:
        sound = False
    if not sound:
        raise UsageError(
            "base_url is not an address: it looks like http://localhost:8000/v1 or "
            "https://host.example/v1"
        )
    if place.username or place.password or place.query or place.fragment:
        raise UsageError(
            f"base_url for {place.hostname} holds credentials or a query, which would be printed: "
            "use api_key_env, headers or api_version instead"
        )
    return base


def _chat_url(base: str, model: str, api_version: str) -> str:
    if not api_version:
        return f"{base}/chat/completions"
    root = base.removesuffix("/openai")
    query = urlencode({"api-version": api_version})
    return f"{root}/openai/deployments/{quote(model, safe='')}/chat/completions?{query}"


def _settings(options: OpenAIOptions) -> HttpSettings:
    return HttpSettings(
        timeout_s=options.timeout_s,
        proxy=options.proxy,
        ca_file=options.ca_file,
        client_cert=options.client_cert,
        client_key=options.client_key,
        verify=options.verify,
    )
