"""What a run will cost, with an interval, before anything is spent."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from itertools import chain
from pathlib import Path

import msgspec

from auscult.core.protocols import Ask
from auscult.engine.bind import Bound, bind, worst_asks
from auscult.engine.canaries import asked_of
from auscult.engine.caseindex import CaseIndex
from auscult.engine.ledger import LEDGER_NAME, open_reader
from auscult.engine.plan import Plan
from auscult.engine.planfile import checked
from auscult.engine.writer import RoleTotals

RETRIED = 0.05
"""Share of calls assumed to be sent again in the dearer case."""
ASSUMED_SECONDS = {True: (0.3, 6.0), False: (0.5, 8.0)}
"""Seconds a call where nothing has been observed: (local, remote) by `Target.local`."""


class Range(msgspec.Struct, frozen=True):
    low: float
    high: float


class Forecast(msgspec.Struct):
    cases: dict[str, int]
    calls: Range
    input_tokens: Range
    output_tokens: Range
    money: Range | None
    currency: str
    seconds: Range
    basis: str
    caps: list[str]


def forecast(plan: Plan, folder: Path | None = None) -> Forecast:
    """Counts the very cases the run would ask, in its order. Reads the data, calls nobody."""
    bound = bind(checked(plan), dry=True)
    seen = _observed(folder)
    calls, read, wrote = 0, 0, 0
    money_low = money_high = 0.0
    cases: dict[str, int] = {}
    with tempfile.TemporaryDirectory() as scratch:
        index = CaseIndex(Path(scratch))
        for ask in chain(_of_cases(bound, index, plan, cases), asked_of(bound, plan)):
            calls += ask.calls
            read += ask.calls * ask.input_tokens
            wrote += ask.calls * ask.output_tokens
            low = bound.pricing.cost(ask.role, int(ask.input_tokens * 0.6), 1)
            high = bound.pricing.cost(ask.role, ask.input_tokens, ask.output_tokens)
            money_low += ask.calls * (low or 0.0)
            money_high += ask.calls * (high or 0.0) * (1 + RETRIED)
        index.close()
    tokens_in, tokens_out = Range(read * 0.6, read * (1 + RETRIED)), Range(calls, wrote)
    if seen is not None:
        tokens_in = _around(calls * seen.input_tokens / seen.calls)
        tokens_out = _around(calls * seen.output_tokens / seen.calls)
    money = None if bound.pricing.unknown() else Range(money_low, money_high)
    seconds = _seconds(plan, bound, calls, seen)
    basis = (
        f"{seen.calls} calls observed in this run directory"
        if seen is not None
        else "text lengths and assumed latencies; run a few cases first (--limit 20) to narrow it"
    )
    return Forecast(
        cases, Range(calls, calls * (1 + RETRIED)), tokens_in, tokens_out, money,
        bound.currency, seconds, basis, _caps(plan, calls, read + wrote, money),
    )  # fmt: skip


def _of_cases(bound: Bound, index: CaseIndex, plan: Plan, cases: dict[str, int]) -> Iterator[Ask]:
    for item in bound.suites:
        items = item.suite.cases(item.datasets, item.loaders)
        count = index.build(item.number, item.suite, items, plan.seed, "forecast")
        planned = min(count, item.plan.limit or count)
        cases[item.suite.name] = planned
        for _, case in index.page(item.number, 0, planned):
            yield from worst_asks(bound, item.suite, case)


def _observed(folder: Path | None) -> RoleTotals | None:
    if folder is None or not (folder / LEDGER_NAME).exists():
        return None
    reader = open_reader(folder)
    try:
        totals = reader.totals().get("target")
    finally:
        reader.close()
    return totals if totals is not None and totals.calls >= 10 else None


def _around(value: float) -> Range:
    return Range(value * 0.85, value * 1.2)


def _seconds(plan: Plan, bound: Bound, calls: int, seen: RoleTotals | None) -> Range:
    width = max(1, plan.limits.concurrency)
    local = bound.roles["target"].target.local
    low, high = ASSUMED_SECONDS[local]
    if seen is not None:
        low, high = 0.8 * seen.seconds / seen.calls, 1.5 * seen.seconds / seen.calls
    elif local:
        width = min(width, 2)
    seconds = Range(calls * low / width, calls * high / width)
    rpm = plan.limits.requests_per_minute
    if rpm:
        floor = calls / rpm * 60
        seconds = Range(max(seconds.low, floor), max(seconds.high, floor))
    return seconds


def _caps(plan: Plan, calls: int, tokens: int, money: Range | None) -> list[str]:
    """Which caps would stop the run before its end."""
    limits, out = plan.limits, []
    if limits.calls is not None and calls > limits.calls:
        out.append(f"the cap of {limits.calls} calls stops it before the {calls} planned")
    if limits.tokens is not None and tokens > limits.tokens:
        out.append(f"the cap of {limits.tokens} tokens is below the worst case of {tokens}")
    if limits.money is not None and money is not None and money.high > limits.money:
        out.append(f"the cap of {limits.money:g} is below the worst case of {money.high:.2f}")
    return out
