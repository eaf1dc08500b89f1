"""Answers that people have labelled, read from a CSV or JSON Lines file, and what a judge says.

A row is a prompt, an answer and a label, and may name a slice and facts for the judge. Labels are
the judge's own words for behaviours (`label_names`, where it has them) or the behaviours; others
are mapped. How they are compared: `kit.judge_agreement`.

What a judge may say of itself, by attributes: `label_names` (its words by behaviour), or `levels`
and `label_of(verdict)` where labels are not behaviours; `positive`, the label of the headline;
`asks`, how many calls one answer takes at most, by role; `one_fact_of`, facts of which it needs
one; `baseline(answer)` or `baseline_of(exhibit)`, a trivial reading to set beside it.
"""

from __future__ import annotations

import importlib.resources
from collections import Counter
from collections.abc import Coroutine, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, cast

import msgspec

from auscult.core.case import Brief, Case
from auscult.core.errors import DataError, UsageError
from auscult.core.message import Reply, user
from auscult.core.protocols import Arm, Exhibit, Judge
from auscult.core.registry import did_you_mean, find
from auscult.core.verdict import BEHAVIOURS, Verdict
from auscult.kit.judge_agreement import Pair, measure
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


# --- reading ------------------------------------------------------------------------------------


def levels_of(judge: Judge) -> tuple[str, ...]:
    """The labels a judge can give: its own, or those of the behaviours, in their order."""
    if own := getattr(judge, "levels", ()):
        return tuple(own)
    names: Mapping[str, str] = getattr(judge, "label_names", {})
    return tuple(names.get(behaviour, behaviour) for behaviour in LEVELS)


def read_labelled(
    path: Path,
    columns: LabelColumns,
    mapping: Mapping[str, str],
    levels: Sequence[str],
    one_fact_of: Sequence[str] = (),
) -> list[LabelledReply]:
    """Raises one sentence about the columns, or about every label that is not known. Columns that
    are called as a fact in `one_fact_of` are that fact; one of these facts must be there."""
    for ours in mapping.values():
        if ours not in levels:
            raise UsageError(f"--map: '{ours}' is no label of this judge" + _known(ours, levels))
    check_file(path)
    found: list[LabelledReply] = []
    unknown: Counter[str] = Counter()
    places: LabelColumns | None = None
    for line, row in _records(path):
        if places is None:
            places = _resolved(path, columns, list(row), one_fact_of)
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


def _resolved(
    path: Path, asked: LabelColumns, names: list[str], one_fact_of: Sequence[str]
) -> LabelColumns:
    found: dict[str, Any] = {}
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
    facts = {fact: fact for fact in one_fact_of if fact in names} | asked.facts
    if one_fact_of and not facts.keys() & set(one_fact_of):
        raise UsageError(
            f"{path}: this judge needs the fact {' or '.join(one_fact_of)}; name the column that "
            f"holds it with --fact {one_fact_of[0]}=COLUMN"
        )
    return msgspec.structs.replace(asked, facts=facts, **found)


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
    """What a judge that asks no model is given: it may read, but not ask."""

    def __init__(self, judge: str) -> None:
        self._judge = judge

    def __getattr__(self, name: str) -> Any:
        raise UsageError(no_model(self._judge))


def no_model(judge: str) -> str:
    return (
        f"judge '{judge}' asks a model in the role judge; say which with --judge-model TARGET, "
        "e.g. --judge-model openai/NAME or local/qwen"
    )


def exhibit_of(row: LabelledReply) -> Exhibit:
    case = Case(id=f"line-{row.line}", question=row.prompt, brief=Brief(cluster=row.prompt))
    return Exhibit(case, (user(row.prompt),), Reply(text=row.answer), row.facts)


async def judge_one(judge: Judge, exhibit: Exhibit, arm: Arm) -> Verdict:
    """Raises one sentence where the judge needs a fact that no column was named for."""
    try:
        return await judge.judge(exhibit, arm)
    except KeyError as missing:
        raise UsageError(
            f"judge '{judge.name}' needs the fact {missing}; name a column that holds it with "
            f"--fact {missing.args[0]}=COLUMN"
        ) from None


async def judge_labelled(judge: Judge, rows: Sequence[LabelledReply]) -> list[Pair]:
    """For a judge that asks no model."""
    arm = cast(Arm, _NoModel(judge.name))
    return [pair_of(judge, row, await judge_one(judge, exhibit_of(row), arm)) for row in rows]


def pair_of(judge: Judge, row: LabelledReply, verdict: Verdict) -> Pair:
    """An error is no reading: what the judge said stays empty, and the cause is kept."""
    if verdict.behaviour == "error":
        return Pair(row.prompt, row.slice, row.label, "", cause=verdict.cause or "error")
    named = getattr(judge, "label_of", None)
    names: Mapping[str, str] = getattr(judge, "label_names", {})
    judged = named(verdict) if named else names.get(verdict.behaviour, verdict.behaviour)
    return Pair(row.prompt, row.slice, row.label, judged, _matched(judge, row))


def _matched(judge: Judge, row: LabelledReply) -> str:
    """What the trivial reading says, where the judge names one."""
    if (beside := getattr(judge, "baseline_of", None)) is not None:
        return str(beside(exhibit_of(row)))
    plain = getattr(judge, "baseline", None)
    return "" if plain is None else str(plain(row.answer))


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
