"""A finished (or stopped) run as reports read it: from the ledger alone, with no model."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from auscult.core import registry
from auscult.core.errors import UsageError
from auscult.core.message import ImagePart, Message, Part, TextPart
from auscult.core.protocols import Rule, Suite, Watched
from auscult.engine import rejudge_kept
from auscult.engine.canaries_kept import Sung, cost_of, sung_in
from auscult.engine.caseindex import INDEX_NAME, CaseIndex
from auscult.engine.export import TABLE_NAME, export_trials, own_rows, read_table
from auscult.engine.ledger import LEDGER_NAME, CaseKey, Reader, open_reader
from auscult.engine.manifest import Manifest
from auscult.engine.plan import Plan
from auscult.engine.records import Call, FinishedCase
from auscult.engine.state import SuiteState, load_state
from auscult.engine.stops import StopRecord, cut_of
from auscult.engine.writer import RoleTotals
from auscult.stats.table import LABEL, label_column
from auscult.stats.watched import Value, case_value

if TYPE_CHECKING:
    import polars as pl


AT_ONCE = 32_768


class SuiteStatus(msgspec.Struct):
    name: str
    version: str
    measures: str
    rule: Rule
    presupposes: str
    cases: int
    planned: int
    finished: int
    prefix: int
    beyond: int
    attempt: int
    evidence: str
    judges: tuple[str, ...]
    arms: tuple[str, ...]
    datasets: tuple[dict[str, Any], ...]


def _changed_since(folder: Path, table: Path) -> bool:
    made = table.stat().st_mtime_ns
    ledgers = (folder / LEDGER_NAME, *rejudge_kept.ledgers(folder))
    files = (p.with_name(p.name + ending) for p in ledgers for ending in ("", "-wal"))
    return any(p.exists() and p.stat().st_size and p.stat().st_mtime_ns > made for p in files)


class RunView:
    """Estimates read the contiguous finished prefix of the recorded random order, nothing else."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._reader = open_reader(folder)
        manifest: Manifest | None = self._reader.meta("manifest", Manifest)
        if manifest is None:
            raise UsageError(f"'{folder}' holds a ledger with no run in it; start one with --out")
        self.manifest = manifest
        self.plan = msgspec.convert(manifest.plan, Plan)
        self.plan_hash = manifest.plan_hash
        self.version = manifest.auscult
        self.started = manifest.started
        self.sources = manifest.sources
        self.command = manifest.command
        self.deviations = tuple(manifest.deviations)
        sessions = self._reader.sessions()
        stopped = self._reader.meta("stopped") or {}
        self.stopped = sessions[-1][2] if sessions else "not started"
        if self.stopped != "killed" and stopped:
            self.stopped = stopped["why"]
        self.updated = stopped.get("at", self.started)
        self.seconds = sum(seconds for _, seconds, _ in sessions)
        self.sessions = len(sessions)
        beside = cost_of(folder)
        self.totals = beside.beside(self._reader.totals())
        purged = self._reader.meta("purged") or {}
        self.unresolved = int(purged.get("unresolved", 0)) or len(self._reader.unresolved())
        self.unresolved += len(beside.unresolved)
        self.replayed = int((self._reader.meta("replayed") or {}).get("calls", 0))
        self.unpriced = any(t.unpriced for t in self.totals.values())
        currencies = {price.currency for price in self.plan.prices.values()}
        self.currency = currencies.pop() if currencies else "USD"
        self.roles = self._roles()
        self._names = [s.use for s in self.plan.suites]
        self._plugins: dict[str, Suite] = {}
        self.stops: list[StopRecord] = self._reader.meta("stops", list[StopRecord]) or []
        self._states = self._load_states()
        self.suites = tuple(self._status(n) for n in range(len(self._names)))

    def _roles(self) -> dict[str, dict[str, Any]]:
        nobody = RoleTotals()
        return {
            name: {**facts, "models_seen": self.totals.get(name, nobody).models}
            for name, facts in self.manifest.roles.items()
        }

    def _load_states(self) -> list[SuiteState]:
        sizes = self._sizes()
        planned = []
        for size, suite in zip(sizes, self.plan.suites, strict=True):
            planned.append(size if suite.limit is None else min(size, suite.limit))
        states = load_state(self._reader, planned, self.manifest.base_attempts)
        for name, state in zip(self._names, states, strict=True):
            state.cut = cut_of([stop for stop in self.stops if stop.suite == name])
        return states

    def _sizes(self) -> list[int]:
        """Cases per suite; kept in the ledger, so that a report needs neither data nor index."""
        kept = self._reader.meta("sizes", list)
        if kept is not None:
            return [int(n) for n in kept]
        if not (self.folder / INDEX_NAME).exists():
            raise UsageError(f"'{self.folder}' was killed before its first case: run it again")
        index = CaseIndex(self.folder)
        try:
            return [index.count(number) for number in range(len(self._names))]
        finally:
            index.close()

    def _status(self, number: int) -> SuiteStatus:
        state = self._states[number]
        suite = self.plugin(self._names[number])
        prefix = state.prefix()
        prefix_of_data = f"{number}:"
        datasets = tuple(
            {
                "name": self._data_name(number, key[len(prefix_of_data) :]),
                "sha256": digest,
                **self._rows_left_out(number, key),
            }
            for key, digest in self.manifest.data.items()
            if key.startswith(prefix_of_data)
        )
        return SuiteStatus(
            suite.name, suite.version, suite.measures, suite.rule, suite.presupposes,
            self._sizes()[number], len(state.done), state.finished, prefix,
            state.finished - prefix, state.base, getattr(suite, "evidence", ""),
            suite.judges, suite.arms, datasets,
        )  # fmt: skip

    def _data_name(self, number: int, name: str) -> str:
        """With what the plan says of that data set: a part of a pack is not the pack."""
        for data in self.plan.suites[number].data:
            if name == f"{data.loader}={data.path}" and data.options:
                told = ", ".join(f"{key} {value}" for key, value in sorted(data.options.items()))
                return f"{name} ({told})"
        return name

    def _rows_left_out(self, number: int, key: str) -> dict[str, int]:
        """Rows that a loader skipped because it was told to, or dropped as exact duplicates."""
        notes = self._reader.meta("data_notes") or {}
        loader = key.partition(":")[2].partition("=")[0]
        counts: dict[str, int] = notes.get(str(number), {}).get(loader, {})
        return counts

    def plugin(self, name: str) -> Suite:
        if name not in self._plugins:
            chosen = next(s for s in self.plan.suites if s.use == name)
            self._plugins[name] = registry.build("suites", name, chosen.options)
        return self._plugins[name]

    def export(self) -> Path:
        again = None
        if rejudge_kept.judgings(self.folder):
            again = rejudge_kept.rows(self.folder, self._states, self._names)
        return export_trials(self._reader, self._states, self._names, self.folder, again)

    def canaries(self) -> list[Sung]:
        """What the judges said of their canaries, session by session."""
        return sung_in(self.folder)

    def parts(self) -> tuple[Reader, list[SuiteState], list[str]]:
        """For what judges a run again: its ledger, what is finished, and the suites by number."""
        return self._reader, self._states, self._names

    def table(self) -> pl.LazyFrame:
        """The run's own rows: no estimate reads a verdict that was given later."""
        path = self.folder / TABLE_NAME
        if not path.exists() or _changed_since(self.folder, path):
            self.export()
        return own_rows(read_table(path))

    def frame(
        self,
        suite: str,
        columns: Sequence[str],
        *,
        prefix_only: bool = True,
        cases: Sequence[int] | None = None,
    ) -> pl.DataFrame:
        import polars as pl

        kept = [pl.col("suite") == suite]
        if prefix_only:
            kept.append(pl.col("in_prefix"))
        if cases is not None:
            kept.append(pl.col("case_no").is_in(list(cases)))
        wanted = [
            label_column(name) if name.startswith(LABEL) else pl.col(name) for name in columns
        ]
        table = self.table()
        rows = int(table.select(pl.len()).collect().item())
        # Piece by piece: of all labels at once, the text alone is several times the result.
        pieces = [
            table.slice(start, AT_ONCE).filter(kept).select(wanted).collect()
            for start in range(0, max(rows, 1), AT_ONCE)
        ]
        return pl.concat(pieces, rechunk=False)

    def values_of(self, suite: str, watched: Watched) -> dict[str, Value]:
        """Case id -> what it gives to a metric, of the finished prefix."""
        if suite not in self._names:
            raise UsageError(f"'{self.folder}' has no suite '{suite}'; name another run")
        number = self._names.index(suite)
        prefix = self._states[number].prefix()
        return {
            case.case_id: case_value(watched, case.trials)
            for case in self._reader.cases()
            if case.suite == number and case.case_no < prefix and self._is_current(case)
        }

    def transcript(self, suite: str, case_id: str, arm: str, repeat: int = 0) -> list[Message]:
        """Every turn of one trial. Empty where the transcripts have been purged."""
        found = self.transcripts({(suite, case_id, arm, repeat)})
        return found.get((suite, case_id, arm, repeat), [])

    def transcripts(
        self, wanted: set[tuple[str, str, str, int]]
    ) -> dict[tuple[str, str, str, int], list[Message]]:
        """Many at once, in one pass over the ledger."""
        places: dict[tuple[str, str, str, int], tuple[CaseKey, tuple[str, ...]]] = {}
        for case in self._reader.cases():
            if case.suite >= len(self._states) or not self._is_current(case):
                continue
            for trial in case.trials:
                name = (self._names[case.suite], case.case_id, trial.arm, trial.repeat)
                if name in wanted:
                    places[name] = ((case.suite, case.case_no, case.attempt), trial.calls)
        calls = self._reader.calls_of({key for key, _ in places.values()}.__contains__)
        return {
            name: self._messages(calls.get(key, []), paths) for name, (key, paths) in places.items()
        }

    def _is_current(self, case: FinishedCase) -> bool:
        return case.attempt == self._states[case.suite].attempt(case.case_no)

    def _messages(self, calls: list[Call], paths: tuple[str, ...]) -> list[Message]:
        """The last try of each step. A later step's request repeats the earlier turns."""
        last: dict[str, Call] = {}
        for call in sorted(calls, key=lambda c: c.id):
            last[call.path.rpartition("/")[0]] = call
        out: list[Message] = []
        for path in paths:
            if path not in last or not last[path].request:
                continue
            request = msgspec.json.decode(last[path].request)
            turns = [self._message(m) for m in request["messages"]]
            if turns[: len(out)] == out:
                out = turns
            else:
                out.extend(turns)
            reply = last[path].reply
            text = reply.text or (f"[{reply.status}: {reply.cause}]" if reply.cause else "")
            out.append(Message("assistant", text))
        return out

    def _message(self, raw: dict[str, Any]) -> Message:
        content = raw["content"]
        if isinstance(content, list):
            return Message(raw["role"], tuple(self._part(part) for part in content))
        return Message(raw["role"], self._text(content))

    def _text(self, value: Any) -> str:
        if isinstance(value, str):
            return value
        body = self._reader.blob(value["blob"])
        return body.decode() if body is not None else "[purged]"

    def _part(self, raw: dict[str, Any]) -> Part:
        if raw["type"] == "text":
            return TextPart(self._text(raw["text"]))
        data = self._reader.blob(raw["digest"]) or b""
        return ImagePart(raw["media_type"], raw["digest"], data)

    def close(self) -> None:
        self._reader.close()
