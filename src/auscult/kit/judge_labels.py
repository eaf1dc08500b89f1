"""Answers that people have labelled, read from a CSV or JSON Lines file, and what a judge says.

A row is a prompt, an answer and a label, and may name a slice and facts for the judge. Labels are
the judge's own words for behaviours (`label_names`, where it has them) or the behaviours; others
are mapped. Agreement is the share of rows in which judge and person say the same; where the judge
names a `positive` label, the headline is agreement on that label or not. A cluster is a prompt, so
that answers of several models to one prompt do not count as independent.
"""

from __future__ import annotations

import importlib.resources
from collections import Counter
from collections.abc import Coroutine, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, cast

import msgspec

from auscult.core.case import Case
from auscult.core.errors import DataError, UsageError
from auscult.core.message import Reply, user
from auscult.core.protocols import Arm, Exhibit, Judge
from auscult.core.registry import did_you_mean, find
from auscult.core.verdict import BEHAVIOURS
from auscult.kit.rows import check_file, csv_rows, json_rows

USUAL: dict[str, tuple[str, ...]] = {
    "prompt": ("prompt", "question", "request", "instruction", "input"),
    "answer": ("answer", "completion", "response", "reply", "output"),
    "label": ("label", "final_label", "human_label", "behaviour"),
}
LEVELS = tuple(b for b in BEHAVIOURS if b != "error")
SHOWN = 6


class LabelColumns(msgspec.Struct, frozen=True):
    """Names of columns; an empty one is looked for under its usual names, a slice is not."""

    prompt: str = ""
    answer: str = ""
    label: str = ""
    slice: str = ""
    facts: dict[str, str] = {}
    """Fact of the judge by column."""


class LabelledReply(msgspec.Struct, frozen=True):
    line: int
    prompt: str
    answer: str
    label: str
    slice: str = ""
    facts: dict[str, Any] = {}


class Pair(msgspec.Struct, frozen=True):
    """What a person and what the judge said of one answer."""

    prompt: str
    slice: str
    truth: str
    judged: str
    baseline: str = ""


class Share(msgspec.Struct, frozen=True):
    value: float | None
    low: float | None
    high: float | None
    n: int
    n_clusters: int
    method: str


class Measured(msgspec.Struct, frozen=True):
    """One set of answers. `agreement` is of the positive label or not, where there is one."""

    n: int
    agreement: Share
    exact: Share
    found: Share | None
    """Share found of what people call the positive label."""
    kept_out: Share | None
    """Share not called so, of the rest."""
    baseline: Share | None
    confusion: dict[str, dict[str, int]]
    """By the person's label and the judge's."""


# --- reading ------------------------------------------------------------------------------------


def levels_of(judge: Judge) -> tuple[str, ...]:
    """The labels a judge can give, in the order of the behaviours they stand for."""
    names: Mapping[str, str] = getattr(judge, "label_names", {})
    return tuple(names.get(behaviour, behaviour) for behaviour in LEVELS)


def read_labelled(
    path: Path, columns: LabelColumns, mapping: Mapping[str, str], levels: Sequence[str]
) -> list[LabelledReply]:
    """Raises one sentence about the columns, or about every label that is not known."""
    for ours in mapping.values():
        if ours not in levels:
            raise UsageError(f"--map: '{ours}' is no label of this judge" + _known(ours, levels))
    check_file(path)
    found: list[LabelledReply] = []
    unknown: Counter[str] = Counter()
    places: LabelColumns | None = None
    for line, row in _records(path):
        if places is None:
            places = _resolved(path, columns, list(row))
        label = _text(row.get(places.label)).strip()
        known = mapping.get(label, label)
        if known not in levels:
            unknown[label] += 1
            continue
        found.append(_labelled(line, row, places, known))
    if unknown:
        raise DataError(_unknown(path, places, unknown, levels))
    if not found:
        raise DataError(f"{path} has no rows to measure a judge on")
    return found


def _labelled(line: int, row: Mapping[str, Any], at: LabelColumns, label: str) -> LabelledReply:
    return LabelledReply(
        line,
        _text(row.get(at.prompt)),
        _text(row.get(at.answer)),
        label,
        _text(row.get(at.slice)) if at.slice else "",
        {fact: _fact(row.get(column)) for fact, column in at.facts.items()},
    )


def _records(path: Path) -> Iterator[tuple[int, Mapping[str, Any]]]:
    if path.suffix.lower() in (".csv", ".tsv"):
        rows = csv_rows(path, "\t" if path.suffix.lower() == ".tsv" else ",")
        head = next(rows, None)
        if head is None:
            return
        names = [str(name).strip() for name in head.data]
        for row in rows:
            if len(row.data) != len(names):
                raise DataError(
                    f"{path} (line {row.line}): {len(row.data)} cells under {len(names)} columns"
                )
            yield row.line, dict(zip(names, row.data, strict=True))
        return
    for row in json_rows(path):
        if row.fault or not isinstance(row.data, dict):
            raise DataError(f"{path} (line {row.line}): {row.fault or 'not a JSON object'}")
        yield row.line, row.data


def _resolved(path: Path, asked: LabelColumns, names: list[str]) -> LabelColumns:
    found = {}
    for part, usual in USUAL.items():
        wanted = getattr(asked, part)
        place = wanted or next((name for name in usual if name in names), "")
        if place not in names:
            what = f"no column is named '{place}'" if place else f"no column holds the {part}"
            raise UsageError(
                f"{path}: {what}; name it with --{part} COLUMN" + did_you_mean(place, names)
            )
        found[part] = place
    for flag, place in (
        ("slice", asked.slice),
        *((f"fact {f}", c) for f, c in asked.facts.items()),
    ):
        if place and place not in names:
            raise UsageError(
                f"{path}: no column is named '{place}' (--{flag})" + did_you_mean(place, names)
            )
    return msgspec.structs.replace(asked, **found)


def _unknown(
    path: Path, at: LabelColumns | None, unknown: Mapping[str, int], levels: Sequence[str]
) -> str:
    listed = [f"'{label}' ({n} rows)" for label, n in list(unknown.items())[:SHOWN]]
    more = f" and {len(unknown) - SHOWN} more" if len(unknown) > SHOWN else ""
    first = next(iter(unknown)) or "..."
    return (
        f"{path}, column '{at.label if at else ''}': unknown labels {', '.join(listed)}{more}; "
        f"labels are {', '.join(levels)}: map others with --map {first}={levels[0]}"
    )


def _known(label: str, levels: Sequence[str]) -> str:
    return did_you_mean(label, levels)


def _text(value: Any) -> str:
    return value if isinstance(value, str) else "" if value is None else str(value)


def _fact(value: Any) -> Any:
    """A cell of JSON is read as JSON: facts are often lists."""
    if isinstance(value, str) and value[:1] in ("[", "{"):
        try:
            return msgspec.json.decode(value)
        except msgspec.DecodeError:
            return value
    return value


# --- judging ------------------------------------------------------------------------------------


class _NoModel:
    """What a judge is given here: it may read, but not ask."""

    def __getattr__(self, name: str) -> Any:
        raise UsageError(
            f"this judge wants `{name}` of a run, and labelled answers are read without one; "
            "measure it on the trials of an audit"
        )


async def judge_labelled(judge: Judge, rows: Sequence[LabelledReply]) -> list[Pair]:
    names: Mapping[str, str] = getattr(judge, "label_names", {})
    baseline = getattr(judge, "baseline", None)
    pairs = []
    for row in rows:
        exhibit = Exhibit(
            Case(id=f"line-{row.line}", question=row.prompt),
            (user(row.prompt),),
            Reply(text=row.answer),
            row.facts,
        )
        try:
            verdict = await judge.judge(exhibit, cast(Arm, _NoModel()))
        except KeyError as missing:
            raise UsageError(
                f"judge '{judge.name}' needs the fact {missing}; name a column that holds it with "
                f"--fact {missing.args[0]}=COLUMN"
            ) from None
        judged = names.get(verdict.behaviour, verdict.behaviour)
        matched = baseline(row.answer) if baseline is not None else ""
        pairs.append(Pair(row.prompt, row.slice, row.label, judged, matched))
    return pairs


# --- measuring ----------------------------------------------------------------------------------


def measure(pairs: Sequence[Pair], positive: str = "") -> Measured:
    exact = _share([(p.prompt, p.truth == p.judged) for p in pairs])
    table: dict[str, dict[str, int]] = {}
    for p in pairs:
        row = table.setdefault(p.truth, {})
        row[p.judged] = row.get(p.judged, 0) + 1
    if not positive:
        return Measured(len(pairs), exact, exact, None, None, None, table)

    def is_so(label: str) -> bool:
        return label == positive

    agreement = [(p.prompt, is_so(p.truth) == is_so(p.judged)) for p in pairs]
    matched = [(p.prompt, is_so(p.truth) == is_so(p.baseline)) for p in pairs if p.baseline]
    return Measured(
        len(pairs),
        _share(agreement),
        exact,
        _share([(p.prompt, is_so(p.judged)) for p in pairs if is_so(p.truth)]),
        _share([(p.prompt, not is_so(p.judged)) for p in pairs if not is_so(p.truth)]),
        _share(matched) if matched else None,
        table,
    )


def by_slice(pairs: Sequence[Pair], positive: str = "") -> dict[str, Measured]:
    names = sorted({p.slice for p in pairs if p.slice})
    return {name: measure([p for p in pairs if p.slice == name], positive) for name in names}


def _share(hits: Sequence[tuple[str, bool]]) -> Share:
    import numpy as np

    from auscult.stats.rates import Tally, cluster_interval

    if not hits:
        return Share(None, None, None, 0, 0, "")
    sums: dict[str, list[int]] = {}
    for cluster, hit in hits:
        held = sums.setdefault(cluster, [0, 0])
        held[0] += hit
        held[1] += 1
    table = np.array(list(sums.values()), dtype=np.float64)
    found = cluster_interval(Tally(table[:, 0], table[:, 1]))
    return Share(found.value, found.low, found.high, len(hits), len(sums), found.method)


# --- answers that come with a judge -------------------------------------------------------------


def shipped_error(judge: Judge, positive: str) -> dict[str, tuple[int, dict[str, str]]]:
    """Figures on the labelled answers beside a judge, the held-out half's first contact first:
    what its author had not seen, judged once by the frozen judge."""
    parts: dict[str, tuple[int, dict[str, str]]] = {}
    rows = {half: _shipped(judge.name, f"{half}.jsonl") for half in ("heldout", "calibration")}
    said = {row["id"]: row["behaviour"] for row in _shipped(judge.name, "first-contact.json")}
    names: Mapping[str, str] = getattr(judge, "label_names", {})
    if said:
        pairs = [
            Pair(row["prompt"], "", _named(names, row), names.get(said[row["id"]], said[row["id"]]))
            for row in rows["heldout"]
        ]
        parts["held out, first contact"] = _in_words(pairs, positive)
    for half, title in (("heldout", "held out, after fixes"), ("calibration", "development")):
        listed = [
            LabelledReply(number, row["prompt"], row["answer"], _named(names, row))
            for number, row in enumerate(rows[half], 1)
        ]
        if listed:
            parts[title] = _in_words(_run(judge_labelled(judge, listed)), positive)
    return parts


def _named(names: Mapping[str, str], row: Mapping[str, Any]) -> str:
    behaviour = str(row["behaviour"])
    return names.get(behaviour, behaviour)


def _in_words(pairs: Sequence[Pair], positive: str) -> tuple[int, dict[str, str]]:
    found = measure(pairs, positive)
    figures = {f"{positive} or not": found.agreement, "exactly so": found.exact}
    if found.found is not None and found.kept_out is not None:
        figures |= {"sensitivity": found.found, "specificity": found.kept_out}
    return len(pairs), {
        name: f"{share.value:.3f} [{share.low:.3f}, {share.high:.3f}]"
        for name, share in figures.items()
        if share.value is not None
    }


def _shipped(name: str, ending: str) -> list[dict[str, Any]]:
    package, _, stem = find("judges", name).module.rpartition(".")
    file = importlib.resources.files(package) / f"{stem}.{ending}"
    if not file.is_file():
        return []
    body = file.read_bytes()
    if ending.endswith(".json"):
        return msgspec.json.decode(body, type=list[dict[str, Any]])
    return [msgspec.json.decode(line) for line in body.splitlines() if line.strip()]


def _run(work: Coroutine[Any, Any, list[Pair]]) -> list[Pair]:
    """A judge that reads the reply alone never waits, so it needs no event loop."""
    try:
        work.send(None)
    except StopIteration as done:
        found: list[Pair] = done.value
        return found
    raise RuntimeError("a judge with labelled answers beside it must read the reply alone")
