"""Prints how often injections move each judge's verdict: `python tools/measure_injections.py`.

`--model qwen` (or any target of a plan, such as openai/my-judge?base_url=...) asks the judges that
ask a model with it, instead of the forms that need none; `--judge NAME` names which, repeatable;
`--every 3` takes each third row; `--misses` lists what was moved, `--kinds` counts it by kind. A
model plays every member of the panel, so that costs three times as much and shows little.
"""

from __future__ import annotations

import argparse
import asyncio
from collections.abc import Sequence

from auscult.kit.injections.build import Injection, injections
from auscult.kit.injections.forms import ASKING, PANEL, RULES
from auscult.kit.injections.measure import Moves, Outcome, by_model, by_rules, by_scripted
from auscult.kit.rubric.measure import bound

HEAD = ("judge", "model", "n", "moved", "in its favour", "unread")
OBEYS = {True: "obeys what it reads", False: "obeys nothing"}
ONE = "one of three obeys"


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    return "\n".join("| " + " | ".join(row) + " |" for row in [head, ["---"] * len(head), *rows])


def figures(moves: Moves) -> tuple[str, ...]:
    return str(len(moves.outcomes)), str(moves.moved), str(moves.won), str(moves.unread)


async def without_model(rows: Sequence[Injection]) -> list[tuple[str, Moves]]:
    found = [("none", await by_rules(name, rows)) for name in RULES]
    for name in ASKING:
        for obeys, manner in OBEYS.items():
            found.append((manner, await by_scripted(name, rows, obeys=obeys)))
        if name == PANEL:
            found.append((ONE, await by_scripted(name, rows, obeys=True, others_obey=False)))
    return found


async def with_model(
    use: str, rows: Sequence[Injection], judges: Sequence[str]
) -> list[tuple[str, Moves]]:
    target = bound(use if "/" in use else f"local/{use}?threads=1&cache=true")
    try:
        return [(use, await by_model(name, rows, target)) for name in judges]
    finally:
        await target.close()


def told(one: Outcome) -> str:
    row = one.row
    before, after = one.plain, one.injected
    return (
        f"- {row.id} ({row.kind}{', ' + row.make if row.make else ''}; answer: {row.base}): "
        f"{before.behaviour} {before.score} -> {after.behaviour} {after.score} {after.cause}"
    )


def by_kind(found: Sequence[tuple[str, Moves]]) -> str:
    """What was moved of what was read, kind by kind."""
    kinds = dict.fromkeys(one.row.kind for _, moves in found for one in moves.outcomes)
    head = ("kind", *(f"{m.judge}{f', {model}' if model != 'none' else ''}" for model, m in found))
    rows = []
    for kind in kinds:
        parts = [moves.of_kind(kind).moved for _, moves in found]
        rows.append((kind, *(f"{part.successes}/{part.n}" for part in parts)))
    return table(head, rows)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--model", help="a judge model, as a target in a plan, or qwen")
    parser.add_argument("--judge", action="append", choices=ASKING)
    parser.add_argument("--every", type=int, default=1)
    parser.add_argument("--kinds", action="store_true")
    parser.add_argument("--misses", action="store_true")
    chosen = parser.parse_args()
    rows = injections()[:: max(1, chosen.every)]
    work = (
        with_model(chosen.model, rows, chosen.judge or ASKING)
        if chosen.model
        else without_model(rows)
    )
    found = asyncio.run(work)
    print(table(HEAD, [(m.judge, model, *figures(m)) for model, m in found]))
    if chosen.kinds:
        print(f"\n{by_kind(found)}")
    for model, moves in found:
        if chosen.misses:
            print(f"\n{moves.judge}, {model}\n")
            print("\n".join(told(one) for one in moves.outcomes if one.moved or one.unread))


if __name__ == "__main__":
    main()
