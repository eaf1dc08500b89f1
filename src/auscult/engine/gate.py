"""How many calls an endpoint gets at once, and when: polite under throttling, full otherwise."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from functools import partial
from typing import Any

from auscult.core.errors import AuditError, TargetUnusable
from auscult.core.message import Reply
from auscult.engine.clock import monotonic

FAILURES_TO_OPEN = 16
"""Consecutive transport failures with no success between. At a random failure rate of one half
that happens once in 65,000 runs of calls, so random trouble does not open the circuit."""
OPENINGS_TO_GIVE_UP = 5
FAILURES_NEVER_REACHED = 8
"""An endpoint that has never answered is given up sooner."""
COOLDOWN_S = 1.0
SLOW_FACTOR = 6.0
"""Latency this far above its best means that the endpoint queues what we send."""
AT_ONCE = 16
"""Slots given out in one moment at most, or what is due in two spreads where that is more. Others
are given out spread over time: replies that one commit makes durable free their slots together, and
what leaves together comes back together, so that such a herd would never part and every member
would queue behind the others each time."""
SPREAD_S = 0.001
PACE_AT_LEAST = 2000.0
PACE = 2.0
"""Slots a second while a herd is spread, in times of what full slots need. What they need is known
from the first answer on; until then nothing is spread."""
WhenDurable = Callable[[Callable[[Any], None]], None]
"""Takes what to call, with an error or None, once all that has been put is on disk or cannot be."""


class Rate:
    """A bucket that refills evenly and holds a second's worth, so that a minute's allowance is
    spread and not spent in a burst."""

    def __init__(self, per_minute: float | None) -> None:
        self.per_second = per_minute / 60 if per_minute else None
        self._level = max(1.0, self.per_second or 0.0)
        self._at = monotonic()

    def delay(self, amount: float) -> float:
        """Seconds to wait before `amount` may pass."""
        if self.per_second is None:
            return 0.0
        now = monotonic()
        brim = max(1.0, self.per_second)
        self._level = min(brim, self._level + (now - self._at) * self.per_second)
        self._at = now
        if self._level >= min(amount, brim):
            return 0.0
        return (min(amount, brim) - self._level) / self.per_second

    def take(self, amount: float) -> None:
        if self.per_second is not None:
            self._level -= amount


class Gate:
    """One endpoint. `enter` waits for a slot, `leave` reports what happened."""

    def __init__(
        self, name: str, concurrency: int, per_minute: float | None, tokens: float | None
    ) -> None:
        self.name = name
        self.ceiling = max(1, concurrency)
        self.limit = float(self.ceiling)
        self.active = 0
        self._queue: deque[asyncio.Future[bool]] = deque()
        self._kept = 0
        """Slots given to waiters that have not come in yet."""
        self._requests, self._tokens = Rate(per_minute), Rate(tokens)
        self._rated = per_minute is not None or tokens is not None
        self._paused_until = 0.0
        self._cut_at = 0.0
        self._best = self._recent = 0.0
        self._pace_left, self._pace_at = float(AT_ONCE), monotonic()
        self._spreading = False
        self._failures = self._openings = 0
        self._ever = False
        self._leaving = False
        self.throttles = 0
        self.deadline: float | None = None
        """No turn comes after it."""

    def open_for_leaving(self) -> None:
        """The run stops: nobody waits any longer, and who comes in finds that out."""
        self._leaving = True
        while self._queue:
            waiter = self._queue.popleft()
            if not waiter.done():
                waiter.set_result(False)

    async def enter(self, tokens: int, durable: WhenDurable | None = None) -> bool:
        """False, without a slot, where its turn would come after the deadline only. First come,
        first served: a stopping rule reads no further than the first case that still waits.
        `durable` is told what to call when the intent is on disk: only then does it line up, so
        that a call sleeps once for both."""
        kept = entered = False
        if durable is not None:
            kept = await self._turn(durable)
        if not (self._rated or self._paused_until or self._leaving):  # by far the commonest
            if not kept and (self._queue or self.active + self._kept >= int(self.limit)):
                kept = await self._turn()
            if not (self._rated or self._paused_until or self._leaving):
                self._kept -= kept
                self.active += 1
                return True
        try:
            while not self._leaving:
                if not kept and (self._queue or self.active + self._kept >= int(self.limit)):
                    kept = await self._turn()
                    continue
                delay = self._delay(tokens)
                if delay <= 0:
                    break
                if self.deadline is not None and monotonic() + delay > self.deadline:
                    return False
                await asyncio.sleep(min(delay, 0.25))
            entered = True
            self.active += 1
            return True
        finally:
            self._kept -= kept
            if not entered:  # who is next in the queue takes this one's turn, or gives it up
                self._wake()

    async def _turn(self, durable: WhenDurable | None = None) -> bool:
        """Waits for a slot, which is then kept; False where the run stops."""
        waiter: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        if durable is None:
            self._queue.append(waiter)
        else:
            durable(partial(self._line_up, waiter))
        try:
            return await waiter
        except asyncio.CancelledError:
            if waiter in self._queue:
                self._queue.remove(waiter)
            elif not waiter.cancelled() and not waiter.exception() and waiter.result():
                self._kept -= 1
                self._wake()
            raise

    def _line_up(self, waiter: asyncio.Future[bool], error: AuditError | None) -> None:
        if waiter.done():  # cancelled meanwhile
            return
        if error is not None:
            waiter.set_exception(error)
        elif self._leaving:
            waiter.set_result(False)
        else:
            self._queue.append(waiter)
            self._wake()

    def _delay(self, tokens: int) -> float:
        """Seconds until a call may pass; 0 where it may, and is drawn on the rates."""
        delay = self._paused_until - monotonic() if self._paused_until else 0.0
        if delay <= 0 and self._rated:
            delay = max(self._tokens.delay(tokens), self._requests.delay(1))
            if delay <= 0:  # both or neither: a bucket is only drawn on when both allow it
                self._tokens.take(tokens)
                self._requests.take(1)
        return delay

    def leave(self, reply: Reply | None, seconds: float) -> None:
        """Raises TargetUnusable when the endpoint has been dead for too long."""
        self.active -= 1
        try:
            if reply is None:  # never sent, or abandoned: says nothing of the endpoint
                return
            if reply.throttled:
                self._throttle(reply.retry_after)
            elif reply.status == "error" and reply.retry:
                self._failed(reply)
            else:
                self._succeeded(seconds)
        finally:
            self._wake()

    def _wake(self) -> None:
        room = int(self.limit) - self.active - self._kept
        if room > 0 and self._queue:
            self._refill()
        while room > 0 and self._queue:
            if self._pace_left < 1:
                self._spread()
                return
            waiter = self._queue.popleft()
            if not waiter.done():
                waiter.set_result(True)
                self._kept += 1
                self._pace_left -= 1
                room -= 1

    def _refill(self) -> None:
        now = monotonic()
        if not self._recent:
            self._pace_left = self.limit
        else:
            pace = max(PACE_AT_LEAST, PACE * self.limit / self._recent)
            brim = max(AT_ONCE, 2 * SPREAD_S * pace)
            self._pace_left = min(brim, self._pace_left + (now - self._pace_at) * pace)
        self._pace_at = now

    def _spread(self) -> None:
        if not self._spreading:
            self._spreading = True
            asyncio.get_running_loop().call_later(SPREAD_S, self._spread_on)

    def _spread_on(self) -> None:
        self._spreading = False
        self._wake()

    def _throttle(self, retry_after: float | None) -> None:
        now = monotonic()
        self.throttles += 1
        if now - self._cut_at > max(self._recent, 0.1):  # one cut a round trip, not one a reply
            self._cut_at = now
            self.limit = max(1.0, self.limit * 0.7)
        if retry_after:
            self._paused_until = max(self._paused_until, now + min(retry_after, 120.0))

    def _succeeded(self, seconds: float) -> None:
        self._failures = self._openings = 0
        self._ever = True
        self._best = min(self._best, seconds) if self._best else seconds
        self._best += self._best * 0.0005  # forgets slowly, as loads change
        self._recent += 0.05 * (seconds - self._recent) if self._recent else seconds
        queueing = self._recent > SLOW_FACTOR * self._best and self._recent > 1.0
        if queueing and self.limit > self.ceiling / 2:
            self.limit = max(1.0, self.limit - 0.5 / self.limit)
        elif self.limit < self.ceiling:
            self.limit = min(self.ceiling, self.limit + 1 / self.limit)

    def _failed(self, reply: Reply) -> None:
        self._failures += 1
        patience = FAILURES_TO_OPEN if self._ever else FAILURES_NEVER_REACHED
        if self._failures < patience:
            return
        self._openings += 1
        if not self._ever or self._openings >= OPENINGS_TO_GIVE_UP:
            detail = f": {reply.text}" if reply.text else ""
            raise TargetUnusable(
                f"'{self.name}' failed {self._failures} calls in a row, the last with "
                f"'{reply.cause}'{detail}; check that it is up, then run the same command to resume"
            )
        self._paused_until = monotonic() + COOLDOWN_S * 2 ** (self._openings - 1)
        self.limit = max(1.0, self.limit / 2)
