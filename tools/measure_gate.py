"""Prints what the validity gate of text attacks lets through: `python tools/measure_gate.py`.

`--bias` prints it of changed tellings of vignettes instead. `--number N` sets how many bad mutants
of each kind are made (1,000), `--seed S` which, `--misses` shows one that was let through of each
kind, `--speed` adds mutants a CPU-second.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from importlib import import_module
from pathlib import Path
from random import Random
from typing import Any

from auscult.kit.attack.gate import faults
from auscult.stats.intervals import wilson

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests" / "support"))
bad: Any = import_module("bad_mutants")
valid: Any = import_module("good_mutants")
bad_tellings: Any = import_module("bad_tellings")
good_tellings: Any = import_module("good_tellings")

SORTS = {
    "span": "Edits by spans",
    "unauthored": "Edits by spans whose words no author wrote",
    "rewriting": "Rewritings",
}


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    return "\n".join("| " + " | ".join(row) + " |" for row in [head, ["---"] * len(head), *rows])


def rate(part: int, of: int) -> str:
    low, high = wilson(part, of)
    return f"{part / of:.2%} ({low:.2%} to {high:.2%})"


def missed_rows(sort: str, number: int, seed: int, shown: list[str]) -> Iterator[tuple[str, ...]]:
    for kind in bad.OF_WORDS if sort == "unauthored" else bad.KINDS:
        made = list(bad.bad_mutants(kind, sort, number, Random(f"{seed}/{sort}/{kind}")))
        if not made:
            continue
        missed = [one for one in made if not faults(*one.good)]
        questions = len({one.good.original.id for one in made})
        yield kind, f"{len(made):,}", str(questions), str(len(missed)), rate(len(missed), len(made))
        if missed:
            case = missed[0].good.mutant.case
            shown.append(f"{kind} ({sort}): {case.text} {list(case.options)}")


def refused_rows() -> Iterator[tuple[str, ...]]:
    """Of the attacks' own mutants, which are valid so far as anybody knows."""
    for name, attack in valid.text_attacks("").items():
        made = list(valid.made(attack, valid.pack(), 9))
        reasons = Counter(fault for good in made for fault in faults(*good))
        wrong = sum(1 for good in made if faults(*good))
        if made:
            said = ", ".join(f"{reason} {count}" for reason, count in reasons.most_common())
            yield name, f"{len(made):,}", str(wrong), rate(wrong, len(made)), said or "none"


def speed() -> str:
    """Mutants built and gated a CPU-second, three of every attack on every question."""
    cases, attacks = valid.pack(), valid.text_attacks("").values()
    began, count = time.process_time(), 0
    for attack in attacks:
        for good in valid.made(attack, cases, 3):
            faults(*good)
            count += 1
    return f"{count:,} mutants, {count / (time.process_time() - began):,.0f} a CPU-second"


HEAD = ("kind", "bad mutants", "questions", "let through", "rate (95%)")


def questions(number: int, seed: int, shown: list[str]) -> None:
    for sort, title in SORTS.items():
        print(f"### {title}\n\n{table(HEAD, list(missed_rows(sort, number, seed, shown)))}\n")
    head = ("attack", "mutants", "refused", "rate (95%)", "why")
    print("### Valid mutants that are refused\n\n" + table(head, list(refused_rows())))


# --- changed tellings of vignettes ---------------------------------------------------------------


def missed_tellings(
    kinds: Iterable[str], number: int, seed: int, shown: list[str]
) -> Iterator[tuple[str, ...]]:
    for kind in kinds:
        made = list(bad_tellings.bad_tellings(kind, number, Random(f"{seed}/{kind}")))
        missed = [one for one in made if not one.refused]
        asked = len({one.original.id for one in made})
        yield kind, f"{len(made):,}", str(asked), str(len(missed)), rate(len(missed), len(made))
        if missed:
            shown.append(f"{kind}: {good_tellings.said(missed[0])}")


def refused_tellings() -> Iterator[tuple[str, ...]]:
    """Of every variant of every attack and every control at every place, over the whole pack."""
    sources = {"attacks": good_tellings.every_good(), "controls": good_tellings.every_control()}
    for name, goods in sources.items():
        refused = [one.refused for one in goods]
        reasons = Counter(fault for faults in refused for fault in faults)
        wrong = sum(1 for faults in refused if faults)
        said = ", ".join(f"{reason} {count}" for reason, count in reasons.most_common())
        yield name, f"{len(refused):,}", str(wrong), rate(wrong, len(refused)), said or "none"


def tellings(number: int, seed: int, shown: list[str]) -> None:
    for title, kinds in bad_tellings.SORTS.items():
        print(f"### {title}\n\n{table(HEAD, list(missed_tellings(kinds, number, seed, shown)))}\n")
    head = ("of", "tellings", "refused", "rate (95%)", "why")
    print("### Valid tellings that are refused\n\n" + table(head, list(refused_tellings())))


def telling_speed() -> str:
    """The same, three of every attack on every vignette's question."""
    good_tellings.vignettes()
    began, count = time.process_time(), 0
    for one in good_tellings.every_good(3):
        assert not one.refused
        count += 1
    return f"{count:,} tellings, {count / (time.process_time() - began):,.0f} a CPU-second"


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--bias", action="store_true")
    parser.add_argument("--number", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--misses", action="store_true")
    parser.add_argument("--speed", action="store_true")
    chosen = parser.parse_args()
    fast = telling_speed if chosen.bias else speed
    told = fast() if chosen.speed else ""  # first, while nothing is cached yet
    shown: list[str] = []
    (tellings if chosen.bias else questions)(chosen.number, chosen.seed, shown)
    if chosen.misses:
        print("\n" + "\n".join(shown))
    if told:
        print(f"\n{told}")


if __name__ == "__main__":
    main()
