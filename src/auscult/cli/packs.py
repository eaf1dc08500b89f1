"""auscult packs list | check | review."""

from __future__ import annotations

import sys
from collections import Counter
from pathlib import Path
from typing import Any

import msgspec
import typer

from auscult.cli.display import console
from auscult.cli.reading import emit
from auscult.core import registry
from auscult.core.case import Case
from auscult.core.errors import UsageError
from auscult.core.registry import did_you_mean
from auscult.engine.clock import utcnow
from auscult.kit.reviews import DECISIONS, DISPUTE, Review, case_digest, read_reviews

SPECIALTIES_SHOWN = 12


def _root() -> Path:
    return registry.root() / "data" / "packs"


def _cases(pack: str) -> list[Case]:
    place = Path(pack)
    if not place.exists() and not (_root() / pack).is_dir():
        known = [p.name for p in _root().iterdir() if p.is_dir()]
        raise UsageError(f"no pack or folder is named '{pack}'" + did_you_mean(pack, known))
    return list(registry.build("data", _loader_of(pack)).load(place, {}))


def _loader_of(pack: str) -> str:
    """As the folder's pack.json says; multiple-choice questions need none."""
    own = _root() / pack / "pack.json"
    told = own if own.is_file() else Path(pack) / "pack.json"
    if not told.is_file():
        return "pack"
    try:
        return str(msgspec.json.decode(told.read_bytes(), type=dict[str, str])["loader"])
    except (msgspec.DecodeError, KeyError) as error:
        raise UsageError(f'{told} is not {{"loader": NAME}} ({error}); mend it') from None


def list_packs(*, as_json: bool) -> None:
    rows: list[dict[str, Any]] = []
    for folder in sorted(p for p in _root().iterdir() if p.is_dir()):
        cases = _cases(folder.name)
        specialties = Counter(case.brief.specialty for case in cases)
        rows.append(
            {"pack": folder.name, "loader": _loader_of(folder.name), "cases": len(cases),
             "specialties": dict(specialties),
             "review": "engineering evidence, not clinician-reviewed"}
        )  # fmt: skip
    if as_json:
        emit(rows)
        return
    for row in rows:
        count = len(row["specialties"])
        head = (
            f"[bold]{row['pack']}[/bold] (loader {row['loader']}): {row['cases']} cases, "
            f"{count} specialties"
        )
        console.print(head, highlight=False)
        console.print(f"  {row['review']}", highlight=False)
        common = Counter(row["specialties"]).most_common(SPECIALTIES_SHOWN)
        names = ", ".join(f"{name} {n}" for name, n in common)
        names += f" and {count - len(common)} more" if count > len(common) else ""
        console.print(f"  {names}", highlight=False, style="dim")


def check_pack(pack: str, *, as_json: bool) -> None:
    cases = _cases(pack)  # the loader is strict: a fault raises with all of a file's faults
    if as_json:
        emit({"pack": pack, "cases": len(cases), "faults": []})
    else:
        console.print(f"'{pack}' is sound: {len(cases)} cases", highlight=False)


def review_pack(
    pack: str, reviewer: str, file: Path, *, case: str, decision: str, comment: str
) -> None:
    """Blind first: the reviewer answers before seeing the key, so the sign-off is their own."""
    cases = {c.id: c for c in _cases(pack)}
    if case and case not in cases:
        raise UsageError(f"no case '{case}' in '{pack}'" + did_you_mean(case, cases))
    if decision:
        _record_one(pack, cases, case, reviewer, file, decision, comment)
        return
    if not sys.stdin.isatty():
        raise UsageError("reviewing needs a terminal; in a script give --case and --decision")
    done = {r.case for r in read_reviews(file) if r.reviewer == reviewer and r.pack == pack}
    todo = [c for c in cases.values() if (c.id == case if case else c.id not in done)]
    console.print(f"{len(todo)} cases to review; answer s, d or k; Ctrl-C ends and keeps all")
    for number, item in enumerate(todo, 1):
        console.rule(f"{number} of {len(todo)}: {item.id}")
        _append(file, _ask(pack, item, reviewer))


def _record_one(
    pack: str, cases: dict[str, Case], case: str, reviewer: str, file: Path,
    decision: str, comment: str,
) -> None:  # fmt: skip
    if decision not in DECISIONS:
        raise UsageError(
            f"--decision '{decision}' is not known" + did_you_mean(decision, DECISIONS)
        )
    if not case:
        raise UsageError("--decision goes with --case: a sign-off is given case by case")
    if decision == DISPUTE and not comment:
        raise UsageError("a dispute needs its reason: add --comment '...'")
    stamp = utcnow().isoformat()
    digest = case_digest(cases[case])
    _append(file, Review(pack, case, digest, reviewer, decision, "", comment, stamp))


def _ask(pack: str, case: Case, reviewer: str) -> Review:
    console.print(case.text, markup=False, highlight=False)
    letters = "ABCDEFGHIJ"[: len(case.options)]
    for letter, option in zip(letters, case.options, strict=True):
        console.print(f"  {letter}. {option}", markup=False, highlight=False)
    own = ""
    if case.options:
        own = typer.prompt("Your answer, before you see ours").strip().upper()[:1]
    key = letters[case.brief.key] if case.brief.key is not None else "none"
    source = case.brief.source.name if case.brief.source else "not given"
    console.print(f"Key: {key}. {case.brief.rationale}\nSource: {source}", markup=False)
    for line in (case.brief.goal, *case.brief.rubric):
        console.print(f"  {line}", markup=False, highlight=False)
    for letter, status in zip(letters, case.brief.option_notes, strict=False):
        console.print(
            f"  {letter}: {status.status}, harm {status.harm}. {status.why}", markup=False
        )
    word = ""
    while word not in {"s", "d", "k"}:
        word = typer.prompt("(s)ign off, (d)ispute, s(k)ip").strip().lower()[:1]
    comment = typer.prompt("Why").strip() if word == "d" else ""
    decision = {"s": "sign-off", "d": "dispute", "k": "skip"}[word]
    stamp = utcnow().isoformat()
    return Review(pack, case.id, case_digest(case), reviewer, decision, own, comment, stamp)


def _append(file: Path, review: Review) -> None:
    with file.open("ab") as stream:
        stream.write(msgspec.json.encode(review) + b"\n")
    console.print(f"recorded: {review.case}: {review.decision}", highlight=False)
