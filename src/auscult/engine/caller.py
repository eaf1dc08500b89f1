"""One call: replayed if the ledger has it; else intended, sent, journalled, perhaps retried."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Iterable
from contextlib import suppress
from functools import partial
from random import Random
from typing import Any

import msgspec

from auscult.core.errors import AuditError, Divergence, LedgerError, RunError, TargetUnusable
from auscult.core.message import ImagePart, Message, Reply, Request, Sampling, Usage
from auscult.core.protocols import Target
from auscult.engine.budget import Budget, Pricing, Spend
from auscult.engine.clock import monotonic, wall
from auscult.engine.gate import Gate
from auscult.engine.ledger import CaseKey, Ledger
from auscult.engine.records import Call, Effect, Intent
from auscult.engine.writer import RoleTotals, count_call

IMAGE_TOKENS = 1500
"""Reserved for an image whose price in tokens the endpoint has not told us."""
MESSAGE_TOKENS = 8
DEFAULT_OUTPUT_TOKENS = 1024
LONG_TEXT = 4096
_encode = msgspec.json.Encoder().encode
BACKOFF_S = 0.25
TIME_CAP = "time cap"
SESSION_LOST = "session-lost"
GAVE_UP = "/gave-up"
LARGEST = 2**53
PERHAPS_BILLED = frozenset({"timeout", "disconnected", "oversized", "bad-json", "bad-utf8"})
"""Failures after which an answer may have been made and billed: charged at their worst."""


class Halt(BaseException):
    """The run is stopping: the case is left unfinished and will be asked again. No Exception, so
    that a suite's own `except Exception` cannot turn a stop into data."""


class StartAgain(BaseException):
    """A conversation was lost by the system that keeps it: the case starts again from turn one."""


class Role(msgspec.Struct):
    """A bound role: who answers, under which system prompt, through which gate."""

    name: str
    target: Target
    system: tuple[Message, ...]
    sampling: Sampling
    gate: Gate
    note: str = ""
    kin: str = ""
    """Said of a judge that is kin to whom it judges."""
    most_tokens: int = 0
    totals: RoleTotals = msgspec.field(default_factory=RoleTotals)


class Caller:
    def __init__(
        self, ledger: Ledger, budget: Budget, pricing: Pricing, retries: int, timeout_s: float
    ) -> None:
        self._ledger, self._budget, self._pricing = ledger, budget, pricing
        self._retries, self._timeout_s = retries, timeout_s
        self._next_id = ledger.next_call_id()
        self.stopping = ""
        """Why no further call is sent (interrupted, failed); empty while the run goes on."""
        self.closed = ""
        """Why no further case is admitted (a cap); cases already admitted run to their end."""
        self.left_out = ""
        """Why a case was left for a later session although others go on."""
        self.deadline: float | None = None
        """When the time cap is reached: nobody waits longer for another try, or for a turn."""
        self._loop = asyncio.get_running_loop()
        self._deadlines: dict[asyncio.Task[object], float] = {}
        self._overdue: set[asyncio.Task[object]] = set()
        self._stop = asyncio.Event()
        self._gates: list[Gate] = []
        self.fault: RunError | None = None
        """What ended the run and was nobody's to raise."""
        self.in_flight = 0

    def gates(self, gates: Iterable[Gate], deadline: float | None) -> None:
        """Those to open when the run stops, and to keep shut from the deadline on."""
        self._gates, self.deadline = list(gates), deadline
        for gate in self._gates:
            gate.deadline = deadline

    async def call(
        self, role: Role, request: Request, key: CaseKey, path: str,
        replay: dict[str, Call], gave_up: int | None, pot: Spend,
    ) -> Reply:  # fmt: skip
        """`gave_up` is the try after which an earlier session stopped retrying this step."""
        body, digest = encode_request(request)
        tried = 0
        while True:
            tried_path = f"{path}/{tried}"
            known = replay.get(tried_path)
            if known is not None:
                reply = self._from_ledger(known, digest, tried_path)
            else:
                sent = await self._send(role, request, body, digest, key, tried_path, pot)
                if sent is None:
                    self.closed = self.closed or f"{self._budget.blocked_by} cap"
                    raise Halt(self.closed)
                reply = sent
            if reply.cause == SESSION_LOST and known is None:
                raise StartAgain(path)
            if not (reply.status == "error" and reply.retry) or tried == gave_up:
                return reply
            if tried >= self._retries and gave_up is None:
                self._ledger.commit.put("effect", Effect(*key, f"{path}{GAVE_UP}", tried))
                return reply
            if known is None or f"{path}/{tried + 1}" not in replay:
                self._go_on()
                await self._pause(backoff(reply, tried, digest))
            tried += 1
            # Another try is another draw: a target seeded by its request must not repeat itself.
            request = msgspec.structs.replace(request, seed=request.seed + 1)
            body, digest = encode_request(request)

    def _from_ledger(self, known: Call, digest: bytes, path: str) -> Reply:
        if known.digest != digest:
            raise Divergence(
                f"replaying '{path}' of case {known.case_no}: the request now differs from the one "
                "in the ledger, so the suite is not deterministic or its code has changed; run "
                "with --accept-changes to ask this suite again"
            )
        self._ledger.commit.replayed += 1
        return known.reply

    async def _send(
        self, role: Role, request: Request, body: bytes, digest: bytes, key: CaseKey, path: str,
        pot: Spend,
    ) -> Reply | None:  # fmt: skip
        """None where a cap forbids the call."""
        self._go_on()
        ledger = self._ledger
        if ledger.commit.failure is not None:
            raise ledger.commit.failure
        worst = self._worst(role, request)
        if not self._budget.draw(pot, worst):
            return None
        number, self._next_id = self._next_id, self._next_id + 1
        intent = Intent(number, *key, path, role.name, worst.tokens, worst.money)
        ledger.commit.put("intent", intent)
        await self._may_leave(role, number, worst)
        self.in_flight += 1
        began = monotonic()
        try:
            reply = await self._ask(role.target, request)
            seconds = monotonic() - began
            reply = _storable(reply)
            read, wrote = _with_estimate(reply, len(body))
            cost = self._pricing.cost(role.name, read, wrote)
            charged = read + wrote
            if reply.cause in PERHAPS_BILLED and not charged:
                charged, cost = worst.tokens, worst.money if cost is not None else None
            role.most_tokens = max(role.most_tokens, charged)
            stored = body if len(body) < LONG_TEXT else self._store_long(request)
            record = Call(
                number,
                *key,
                path,
                role.name,
                digest,
                stored,
                reply,
                seconds,
                cost,
                wall(),
                charged,
            )
            ledger.commit.put("call", record)
            if self._budget.capped:
                self._budget.settle(worst, Spend(1, charged, cost or 0.0))
            count_call(role.totals, record)
        except TargetUnusable:
            ledger.commit.put("void", number)  # nothing was answered and nothing will be
            self._budget.settle(worst, Spend())
            self._left(role, None, began, None)
            raise
        except BaseException:
            self._left(role, None, began, None)
            raise
        # The slot is held until the answer is durable: what a kill can lose is what is in flight.
        # The answer may be used at once: commits keep the order, so nothing that follows from it
        # can reach the disk, or another call the network, before it does.
        ledger.commit.then(partial(self._left, role, reply, began))
        return reply

    async def _may_leave(self, role: Role, number: int, worst: Spend) -> None:
        """Waits until the intent is durable and a slot is free. What is stopped before that was
        never sent, and is voided."""
        entered = False
        try:
            entered = await role.gate.enter(worst.tokens, self._ledger.commit.then)
            if not entered:  # nor would any other call get its turn in time
                self.closed = self.closed or TIME_CAP
                raise Halt(self.closed)
            if self.stopping:
                raise Halt(self.stopping)
        except BaseException:
            self._ledger.commit.put("void", number)
            self._budget.settle(worst, Spend())
            if entered:
                role.gate.leave(None, 0.0)
            raise

    async def _pause(self, seconds: float) -> None:
        """Between two tries; cut short when the run stops. A try that the time cap comes before is
        left to a later session: the step has not failed for good."""
        if self.deadline is not None and monotonic() + seconds > self.deadline:
            self.left_out = TIME_CAP
            raise Halt(TIME_CAP)
        with suppress(TimeoutError):
            await asyncio.wait_for(self._stop.wait(), seconds)
        self._go_on()

    def fail(self, fault: RunError) -> None:
        """Stops the run for what happened where nobody could be told."""
        self.fault = self.fault or fault
        self.stop("failed")

    def stop(self, why: str) -> None:
        """No further call; those in flight may end. Wakes whoever waits for a slot or a retry."""
        self.stopping = self.stopping or why
        self._stop.set()
        for gate in self._gates:
            gate.open_for_leaving()

    def _left(
        self, role: Role, reply: Reply | None, began: float, error: LedgerError | None
    ) -> None:
        self.in_flight -= 1
        try:
            role.gate.leave(reply, monotonic() - began)
        except TargetUnusable as unusable:
            self.fail(unusable)

    def _go_on(self) -> None:
        if self.stopping:
            raise Halt(self.stopping)

    async def _ask(self, target: Target, request: Request) -> Reply:
        task = asyncio.current_task(self._loop)
        assert task is not None
        self._deadlines[task] = monotonic() + self._timeout_s
        try:
            return await target.answer(request)
        except asyncio.CancelledError:
            if task not in self._overdue:
                raise
            task.uncancel()
            return Reply.error("timeout", f"no answer in {self._timeout_s:g} s", retry=True)
        except AuditError:
            raise
        except Exception as error:  # noqa: BLE001 - a target's fault is its behaviour, not ours
            return Reply.error("exception", f"{type(error).__name__}: {error}"[:500])
        finally:
            del self._deadlines[task]
            self._overdue.discard(task)

    async def watch(self) -> None:
        """Ends calls that outlive the time limit, whatever the target does. One timer for all
        calls: a timer for each costs a twelfth of the CPU of a short call."""
        while True:
            await asyncio.sleep(min(1.0, self._timeout_s / 4))
            now = monotonic()
            for task, deadline in list(self._deadlines.items()):
                if now > deadline and task not in self._overdue:
                    self._overdue.add(task)
                    task.cancel()

    def _worst(self, role: Role, request: Request) -> Spend:
        read = sum(_tokens_at_most(message) for message in request.messages)
        write = request.sampling.max_tokens or DEFAULT_OUTPUT_TOKENS
        money = self._pricing.cost(role.name, read, write) or 0.0
        # An endpoint that has once used more than it was declared to is believed to do so again.
        return Spend(1, max(read + write, role.most_tokens), money)

    def _store_long(self, request: Request) -> bytes:
        """Long texts and images are kept once, by content; the call names them."""
        messages = []
        for message in request.messages:
            content: Any = message.content
            if isinstance(content, str):
                content = self._reference(content)
            else:
                for image in message.images:
                    self._ledger.commit.put_blob(bytes.fromhex(image.digest), image.data)
                content = [self._part(part) for part in content]
            messages.append({"role": message.role, "content": content})
        rest = msgspec.to_builtins(msgspec.structs.replace(request, messages=(), hints={}))
        return _encode({**rest, "messages": messages})

    def _part(self, part: Any) -> Any:
        if isinstance(part, ImagePart):
            return {"type": "image", "media_type": part.media_type, "digest": part.digest}
        return {"type": "text", "text": self._reference(part.text)}

    def _reference(self, text: str) -> Any:
        if len(text) < LONG_TEXT // 2:
            return text
        return {"blob": self._ledger.keep_blob(text.encode())}


def _tokens_at_most(message: Message) -> int:
    """Three characters a token is more than any common tokeniser needs for prose."""
    if isinstance(message.content, str):
        return len(message.content) // 3 + MESSAGE_TOKENS
    return len(message.text) // 3 + MESSAGE_TOKENS + len(message.images) * IMAGE_TOKENS


def encode_request(request: Request) -> tuple[bytes, bytes]:
    """Bytes for the ledger and the request's hash. Image bytes are left out: their digest is in.
    So are the hints, which are for scripted targets and no part of what is said."""
    if request.hints:
        request = msgspec.structs.replace(request, hints={})
    for message in request.messages:
        if not isinstance(message.content, str):
            return _encode_with_images(request)
    body = _encode(request)
    return body, hashlib.blake2b(body, digest_size=16).digest()


def _encode_with_images(request: Request) -> tuple[bytes, bytes]:
    lean = tuple(
        m if isinstance(m.content, str) else Message(m.role, tuple(_lean(p) for p in m.content))
        for m in request.messages
    )
    body = _encode(msgspec.structs.replace(request, messages=lean))
    # An image is always stored by reference, whatever the length of the text around it.
    return body.ljust(LONG_TEXT), hashlib.blake2b(body, digest_size=16).digest()


def _lean(part: Any) -> Any:
    return ImagePart(part.media_type, part.digest) if isinstance(part, ImagePart) else part


def _storable(reply: Reply) -> Reply:
    """A reply that the ledger can hold: a target may have said what no file can."""
    if _plain(reply):
        return reply  # the common case, at a fraction of the cost of trying
    try:
        msgspec.msgpack.encode(reply)
    except (OverflowError, UnicodeEncodeError, TypeError, ValueError) as error:
        return Reply.error("unstorable", f"{type(error).__name__}: {error}"[:500])
    return reply


def _plain(reply: Reply) -> bool:
    """Nothing but ASCII, and no number that could be too large."""
    usage = reply.usage
    return (
        reply.text.isascii()
        and not (reply.reasoning or reply.logprobs or reply.cause)
        and reply.model.isascii()
        and reply.fingerprint.isascii()
        and (usage.input_tokens or 0) < LARGEST
        and (usage.output_tokens or 0) < LARGEST
        and not (usage.cached_tokens or usage.reasoning_tokens)
    )


def _with_estimate(reply: Reply, request_bytes: int) -> tuple[int, int]:
    """Tokens to charge: the endpoint's count, or ours where it gives none."""
    usage: Usage = reply.usage
    if reply.status == "error" and usage.input_tokens is None:
        return 0, 0
    read = usage.input_tokens if usage.input_tokens is not None else request_bytes // 4
    wrote = usage.output_tokens if usage.output_tokens is not None else len(reply.text) // 4
    return read, wrote


def backoff(reply: Reply, tried: int, digest: bytes) -> float:
    """Exponential with jitter; never shorter than the endpoint asked for."""
    jitter = Random(digest + bytes([tried])).uniform(0.5, 1.0)
    wait = min(BACKOFF_S * 2.0**tried, 20.0) * jitter
    return max(wait, min(reply.retry_after or 0.0, 120.0))
