"""Trials as a table: segments of bounded size from the ledger, joined into one Parquet file."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Iterator
from itertools import chain, islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from auscult.engine.ledger import Reader
from auscult.engine.records import FinishedCase
from auscult.engine.state import SuiteState

if TYPE_CHECKING:
    import polars as pl

TABLE_NAME = "trials.parquet"
AGAIN = "again"
"""The column of a run that was judged again: by which judging; empty in the run's own rows."""
ROWS = 4096
_json = msgspec.json.Encoder(order="deterministic").encode


def schema() -> dict[str, Any]:
    import polars as pl

    return {
        "suite": pl.Categorical,
        "case_no": pl.Int64,
        "case_id": pl.String,
        "cluster": pl.String,
        "specialty": pl.Categorical,
        "difficulty": pl.Categorical,
        "groups": pl.String,
        "arm": pl.Categorical,
        "repeat": pl.Int32,
        "attempt": pl.Int32,
        "judge": pl.Categorical,
        "judge_version": pl.Categorical,
        "behaviour": pl.Categorical,
        "score": pl.Float64,
        "cause": pl.Categorical,
        "labels": pl.String,
        "in_prefix": pl.Boolean,
        "cluster_key": pl.UInt64,
    }


def rows_of(case: FinishedCase, suite: str, in_prefix: bool) -> Iterator[tuple[Any, ...]]:
    """One row per trial and judge; a trial without a verdict is a row with an empty judge."""
    groups = _text(case.groups)
    key = cluster_key(case.cluster)
    for trial in case.trials:
        head = (
            suite, case.case_no, case.case_id, case.cluster, case.specialty, case.difficulty,
            groups, trial.arm, trial.repeat, case.attempt,
        )  # fmt: skip
        if not trial.verdicts:
            yield (*head, "", "", None, None, "", _text(trial.labels), in_prefix, key)
        for verdict in trial.verdicts:
            labels = _text({**trial.labels, **verdict.labels})
            yield (
                *head, verdict.judge, verdict.version, verdict.behaviour, verdict.score,
                verdict.cause, labels, in_prefix, key,
            )  # fmt: skip


def cluster_key(cluster: str) -> int:
    """A number that stands for a cluster's name: an eighth of its size, and quicker to sort."""
    return int.from_bytes(hashlib.blake2b(cluster.encode(), digest_size=8).digest(), "big")


def _text(value: dict[str, Any]) -> str:
    return _json(value).decode()


def current_rows(
    reader: Reader, states: list[SuiteState], names: list[str]
) -> Iterator[tuple[Any, ...]]:
    """Only each case's current attempt; earlier ones stay in the ledger."""
    prefixes = [state.prefix() for state in states]
    for case in reader.cases():
        if case.suite >= len(states):
            continue
        state = states[case.suite]
        inside = case.case_no < len(state.done)
        if inside and case.attempt == state.attempt(case.case_no):
            yield from rows_of(case, names[case.suite], case.case_no < prefixes[case.suite])


def export_trials(
    reader: Reader,
    states: list[SuiteState],
    names: list[str],
    folder: Path,
    again: Iterator[tuple[Any, ...]] | None = None,
) -> Path:
    """Writes trials.parquet whole or not at all, holding one segment of rows at a time. `again` are
    the rows of verdicts given later: behind all others, with a column of their own."""
    import polars as pl

    columns = schema()
    work = folder / ".segments"
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(mode=0o700)
    rows = current_rows(reader, states, names)
    if again is not None:
        columns[AGAIN] = pl.Categorical
        rows = chain(((*row, "") for row in rows), again)
    parts: list[Path] = []
    while chunk := list(islice(rows, ROWS)):
        part = work / f"{len(parts):06d}.parquet"
        frame = pl.DataFrame(chunk, schema=columns, orient="row")
        frame.write_parquet(part, compression="zstd", statistics=False)
        parts.append(part)
    target = folder / TABLE_NAME
    partial = folder / f"{TABLE_NAME}.part"
    if parts:
        whole = pl.scan_parquet(parts, parallel="none", low_memory=True)
        whole.sink_parquet(partial, compression="zstd", row_group_size=ROWS)
    else:
        pl.DataFrame(schema=columns).write_parquet(partial)
    partial.chmod(0o600)
    partial.replace(target)
    shutil.rmtree(work)
    return target


def read_table(path: Path) -> pl.LazyFrame:
    import polars as pl

    return pl.scan_parquet(path)


def own_rows(table: pl.LazyFrame) -> pl.LazyFrame:
    """Without those of judges that came later, which stand behind them."""
    import polars as pl

    if AGAIN not in table.collect_schema():
        return table
    own = int(table.select((pl.col(AGAIN) == "").sum()).collect().item())
    return table.head(own).drop(AGAIN)
