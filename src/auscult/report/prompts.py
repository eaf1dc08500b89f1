"""Were all targets shown the same prompts? Read from the ledgers, call by call.

Compared is the first try of every call to the target, of each case among all runs that finished
it: the request's hash, and where that differs (another decoding, say) the messages that we wrote.
Turns of the target's own are its answers and no prompt. What a trial that confirms a finding is
asked follows from the replies before: it is in no figure, so it is counted and not compared.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any

import msgspec

from auscult.engine.ledger import open_reader
from auscult.report.wording import counted

if TYPE_CHECKING:
    from auscult.engine.ledger import Reader
    from auscult.engine.records import Call
    from auscult.engine.view import RunView

FOLLOWS = ("confirms", "again")
"""Labels of a trial whose prompt was chosen after replies were seen."""
NAMED = 5
Step = tuple[str, str]
"""(case id, logical path without its try)"""


class SuitePrompts(msgspec.Struct, frozen=True):
    suite: str
    cases: int
    """Finished in two runs or more."""
    prompts: int
    identical: int
    follow_ups: int = 0
    """Per target at most; not compared."""
    cases_not_by_all: int = 0
    """Of the cases, those that some run has not finished."""
    cases_left_out: int = 0
    """Finished in one run only."""
    differing: tuple[str, ...] = ()
    """The first few, as `case, path`."""
    unreadable: str = ""
    """Why nothing can be said; empty where it can."""

    @property
    def same(self) -> bool:
        return not self.unreadable and 0 < self.prompts == self.identical

    @property
    def sentence(self) -> str:
        if self.unreadable:
            return f"{self.suite}: {self.unreadable}"
        if not self.cases:
            return f"{self.suite}: no case was finished by two targets."
        said = f"{self.suite}: {self.identical:,} of {counted(self.prompts, 'prompt')} identical"
        who = "at least two targets" if self.cases_not_by_all else "every target"
        return f"{said}, in {counted(self.cases, 'case')} that {who} finished."


class _Asked(msgspec.Struct):
    """What one run says of one suite."""

    cases: dict[tuple[int, int], str]
    """(case number, current attempt) -> case id, of the finished prefix."""
    follow_ups: set[Step] = msgspec.field(default_factory=set)
    hashes: dict[Step, tuple[int, bytes]] = msgspec.field(default_factory=dict)
    """With the number of the try, of which the first counts."""


def same_prompts(views: Sequence[RunView]) -> tuple[SuitePrompts, ...]:
    """One record for each suite that all runs asked."""
    suites = [status.name for status in views[0].suites]
    for view in views[1:]:
        asked = {status.name for status in view.suites}
        suites = [name for name in suites if name in asked]
    return tuple(_of_suite(views, suite) for suite in suites)


def _of_suite(views: Sequence[RunView], suite: str) -> SuitePrompts:
    for view in views:
        if _purged(view):
            why = f"the transcripts of '{view.folder.name}' were purged, so nothing can be checked."
            return SuitePrompts(suite, 0, 0, 0, unreadable=why)
    runs = [_asked(view, suite, _whole_hash) for view in views]
    finished = Counter(case for run in runs for case in set(run.cases.values()))
    shared = {case for case, count in finished.items() if count > 1}
    found = [_compared(run, shared) for run in runs]
    every: set[Step] = set().union(*found)
    suspects = _unlike(every, found, runs)
    if suspects:
        written = [_asked(view, suite, _written_hash, suspects) for view in views]
        again = [_compared(run, shared) for run in written]
        suspects = _unlike(suspects, again, runs)
    follow_ups = ({step for step in run.follow_ups if step[0] in shared} for run in runs)
    return SuitePrompts(
        suite,
        cases=len(shared),
        prompts=len(every),
        identical=len(every) - len(suspects),
        follow_ups=max(map(len, follow_ups)),
        cases_not_by_all=sum(finished[case] < len(runs) for case in shared),
        cases_left_out=len(finished) - len(shared),
        differing=tuple(f"{case}, {path}" for case, path in sorted(suspects)[:NAMED]),
    )


def _compared(run: _Asked, shared: set[str]) -> dict[Step, bytes]:
    return {
        step: found
        for step, (_, found) in run.hashes.items()
        if step[0] in shared and step not in run.follow_ups
    }


def _unlike(
    steps: set[Step], found: Sequence[dict[Step, bytes]], runs: Sequence[_Asked]
) -> set[Step]:
    """Those that some run asked otherwise, or did not ask though it finished the case."""
    finished = [set(run.cases.values()) for run in runs]
    return {
        step
        for step in steps
        if len(
            {
                hashes.get(step)
                for hashes, cases in zip(found, finished, strict=True)
                if step[0] in cases
            }
        )
        > 1
    }


def _asked(
    view: RunView, suite: str, hash_of: Callable[[Call], bytes], only: set[Step] | None = None
) -> _Asked:
    number = [chosen.use for chosen in view.plan.suites].index(suite)
    current = view.frame(suite, ("case_no", "case_id", "attempt")).unique()
    names = {(int(no), int(attempt)): str(case) for no, case, attempt in current.iter_rows()}
    asked = _Asked(names)
    reader = open_reader(view.folder)
    try:
        asked.follow_ups = set(_follow_ups(reader, number, names))
        for call in reader.calls():
            name = names.get((call.case_no, call.attempt))
            if call.suite != number or call.role != "target" or name is None:
                continue
            path, _, tried = call.path.rpartition("/")
            step = (name, path)
            if only is not None and step not in only:
                continue
            if step not in asked.hashes or int(tried) < asked.hashes[step][0]:
                asked.hashes[step] = (int(tried), hash_of(call))
    finally:
        reader.close()
    return asked


def _follow_ups(reader: Reader, number: int, names: dict[tuple[int, int], str]) -> Iterable[Step]:
    for case in reader.cases():
        if case.suite == number and (case.case_no, case.attempt) in names:
            for trial in case.trials:
                if any(label in trial.labels for label in FOLLOWS):
                    yield from ((case.case_id, path) for path in trial.calls)


def _whole_hash(call: Call) -> bytes:
    return call.digest


def _written_hash(call: Call) -> bytes:
    """Of the messages that are not the target's own."""
    request: dict[str, Any] = msgspec.json.decode(call.request)
    ours = [message for message in request["messages"] if message["role"] != "assistant"]
    body = msgspec.json.encode(ours, order="deterministic")
    return hashlib.blake2b(body, digest_size=16).digest()


def _purged(view: RunView) -> bool:
    reader = open_reader(view.folder)
    try:
        return bool(reader.meta("purged"))
    finally:
        reader.close()
