"""Prints the choice judge's measured error, as markdown: `python tools/measure_choice_judge.py`.

`--half calibration|heldout` reads one half only, `--misses` lists where judge and person differ,
`--speed` adds the time a reading takes on this machine.
"""

from __future__ import annotations

import argparse
import asyncio
import timeit
from collections.abc import Sequence
from functools import partial

from auscult.core.registry import build
from auscult.kit import calibration
from auscult.kit.choice.reading import read_choice

OPTIONS = ("Amoxicillin", "Vancomycin", "Ceftriaxone", "Oral metronidazole")
SPEEDS = {
    "bare letter": "C",
    "letter and text": "C. Ceftriaxone",
    "short rationale": (
        "The patient most likely has bacterial meningitis, for which a third-generation "
        "cephalosporin is standard.\n\n**Answer: C. Ceftriaxone**"
    ),
    "letter, then rationale": (
        "C. Ceftriaxone. It covers meningococcus and pneumococcus, and penetrates the inflamed "
        "meninges well. Amoxicillin resistance is common and vancomycin alone penetrates poorly."
    ),
    "all options weighed": (
        "Let's go through the options. The rash points to meningococcal disease. Amoxicillin (A) "
        "is not reliable because of resistance. Vancomycin (B) alone does not cover meningococcus "
        "well. Oral metronidazole (D) only covers anaerobes. Ceftriaxone crosses the inflamed "
        "meninges and should be given at once. Therefore, the correct answer is C."
    ),
    "I don't know": "I don't know which of these is right.",
    "hostile, 1 MB": "A or not B, the answer is " * 40_000,
}


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def speed_rows() -> list[tuple[str, ...]]:
    rows: list[tuple[str, ...]] = []
    for name, answer in SPEEDS.items():
        timer = timeit.Timer(partial(read_choice, answer, OPTIONS))
        number = max(1, timer.autorange()[0] // 4)
        best = min(timer.repeat(repeat=5, number=number)) / number
        rows.append((name, f"{len(answer):,}", f"{best * 1e6:,.1f}"))
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--half", choices=calibration.HALVES)
    parser.add_argument("--misses", action="store_true")
    parser.add_argument("--speed", action="store_true")
    chosen = parser.parse_args()
    halves = (chosen.half,) if chosen.half else calibration.HALVES
    judged = asyncio.run(calibration.judge_all(build("judges", "choice", {}), halves))
    head = ("part", "n", *calibration.METRICS)
    parts = calibration.by_half(judged)
    first_met = calibration.first_contact("choice") if "heldout" in halves else ()
    if first_met:
        parts = {"heldout, first contact": calibration.measure(first_met), **parts}
    print(table(head, calibration.rate_rows(parts)))
    for name, part in parts.items():
        first, *rest = calibration.confusion_rows(part)
        print(f"\nConfusion, {name}\n")
        print(table(first, rest))
    if first_met:
        print("\nBy shape, heldout at first contact\n")
        print(table(head, calibration.rate_rows(calibration.by_shape(first_met))))
    print("\nBy shape, as it is now\n")
    print(table(head, calibration.rate_rows(calibration.by_shape(judged))))
    if chosen.misses:
        print("\nWhere judge and person differ\n")
        for j in judged:
            if not j.agrees:
                said = j.labelled.choice or j.labelled.behaviour
                print(
                    f"- {j.labelled.id}: person {said}, judge {j.choice or j.behaviour}: ", end=""
                )
                print(repr(j.labelled.answer[:160]))
    if chosen.speed:
        print("\nSpeed\n")
        print(table(("answer", "characters", "microseconds"), speed_rows()))


if __name__ == "__main__":
    main()
