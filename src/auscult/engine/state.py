"""What a ledger says is already done, in a few bytes a case."""

from __future__ import annotations

from functools import partial

import msgspec

from auscult.engine.bench import Past
from auscult.engine.ledger import CaseKey, Reader


class SuiteState(msgspec.Struct):
    done: bytearray
    base: int = 0
    redo: dict[int, int] = {}
    """Cases whose current attempt is above the suite's base, by number."""
    finished: int = 0
    cut: int | None = None
    """Where a stopping rule has decided: how many cases of the order it has read."""

    def attempt(self, number: int) -> int:
        return self.redo.get(number, self.base)

    def finish(self, number: int) -> None:
        if number < len(self.done) and not self.done[number]:
            self.done[number] = 1
            self.finished += 1

    def prefix(self) -> int:
        """How many cases from the start of the random order are finished without a gap, and were
        read by the rule that stopped the suite if one did."""
        gap = self.done.find(0)
        whole = len(self.done) if gap < 0 else gap
        return whole if self.cut is None else min(whole, self.cut)


def load_state(reader: Reader, planned: list[int], base: dict[str, int]) -> list[SuiteState]:
    states = [
        SuiteState(bytearray(n), base.get(str(number), 0)) for number, n in enumerate(planned)
    ]
    for _, packed in reader.keys("case"):
        for suite, number, attempt in zip(packed[0::3], packed[1::3], packed[2::3], strict=True):
            if suite >= len(states):
                continue
            state = states[suite]
            if attempt >= state.base:
                state.finish(number)
                if attempt > state.attempt(number):
                    state.redo[number] = attempt
    return states


def reopen_errors(reader: Reader, states: list[SuiteState]) -> int:
    """Cases with an error in their current attempt are asked again whole, as a new attempt."""
    again: list[tuple[int, int, int]] = []
    for case in reader.cases():
        if case.suite >= len(states):
            continue
        state = states[case.suite]
        if case.attempt != state.attempt(case.case_no) or case.case_no >= len(state.done):
            continue
        if any(v.behaviour == "error" for t in case.trials for v in t.verdicts):
            again.append((case.suite, case.case_no, case.attempt + 1))
    for suite, number, attempt in again:
        state = states[suite]
        state.redo[number] = attempt
        state.done[number] = 0
        state.finished -= 1
    return len(again)


def load_pasts(reader: Reader, states: list[SuiteState]) -> dict[CaseKey, Past]:
    """Earlier effects of unfinished cases, which their coroutines will meet again."""
    unfinished = partial(_unfinished, states)
    pasts: dict[CaseKey, Past] = {}
    for key, calls in reader.calls_of(unfinished).items():
        pasts[key] = Past({call.path: call for call in calls}, {})
    for key, effects in reader.effects_of(unfinished).items():
        past = pasts.setdefault(key, Past({}, {}))
        for effect in effects:
            past.effects.setdefault(effect.path, effect.value)
    return pasts


def restart_conversations(
    reader: Reader, states: list[SuiteState], pasts: dict[CaseKey, Past]
) -> dict[CaseKey, Past]:
    """A system that keeps the conversation itself cannot be met again half way: such a case starts
    from turn one as a new attempt. What its lost turns cost stays charged."""
    cut = {(suite, number) for suite, number, _ in pasts}
    latest: dict[tuple[int, int], int] = {}
    for _, packed in reader.keys("call"):
        for suite, number, attempt in zip(packed[1::4], packed[2::4], packed[3::4], strict=True):
            if (suite, number) in cut:
                latest[suite, number] = max(latest.get((suite, number), 0), attempt)
    for (suite, number), attempt in latest.items():
        states[suite].redo[number] = attempt + 1
    return {}


def _unfinished(states: list[SuiteState], key: CaseKey) -> bool:
    suite, number, attempt = key
    if suite >= len(states):
        return False
    state = states[suite]
    inside = number < len(state.done)
    return inside and not state.done[number] and attempt == state.attempt(number)
