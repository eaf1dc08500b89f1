"""Measures what is promised about speed and memory, and says whether it holds.

usage: python bench/run.py [--only NAME] [--rounds N] [--quick] [--work DIR] [--json FILE]

A full run rewrites the table in bench/README.md. It takes about twenty minutes, and its figures
mean something only on a machine that has nothing else to do.
"""

from __future__ import annotations

import argparse
import json
import shlex
import shutil
import sys
import tempfile
import time
from dataclasses import asdict, replace
from datetime import UTC, datetime
from pathlib import Path

from measure import ALL_CORES, ARM_CORE, BENCH, ROOT, STUB_CORE, BenchFailed, Line, Part, machine
from parts import PARTS, Bench, Sizes

BEGIN, END = "<!-- bench:begin -->", "<!-- bench:end -->"
README = BENCH / "README.md"


def arguments(given: list[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description="Measures what is promised about speed and memory; bench/README.md explains."
    )
    parser.add_argument("--only", choices=PARTS, help="one part; the table stays as it is")
    parser.add_argument("--rounds", type=int, help="rounds of interleaved arms (five)")
    parser.add_argument("--peer-cases", type=int, help="cases for inspect-ai (5,000)")
    parser.add_argument("--quick", action="store_true", help="tiny sizes: does it run at all?")
    parser.add_argument("--work", type=Path, default=ROOT / "build", help="where scratch goes")
    parser.add_argument("--json", type=Path, help="write the raw figures here", metavar="FILE")
    return parser.parse_args(given)


def sizes_of(said: argparse.Namespace) -> Sizes:
    sizes = Sizes.quick() if said.quick else Sizes()
    if said.rounds:
        sizes = replace(sizes, rounds=said.rounds)
    if said.peer_cases:
        sizes = replace(sizes, peer=said.peer_cases)
    return sizes


def cell(line: Line) -> str:
    held = {True: "yes", False: "**no**", None: ""}[line.held]
    return f"| {line.what} | {line.measured} | {line.required} | {held} |"


def table(parts: list[Part]) -> str:
    rows = ["| what | measured | required | held |", "|---|---|---|---|"]
    return "\n".join(rows + [cell(line) for part in parts for line in part.lines])


def heading(command: str) -> str:
    pinned = (
        f"arms on core {ARM_CORE[0]}, stub on core {STUB_CORE[0]}" if ALL_CORES else "not pinned"
    )
    day = datetime.now(UTC).date().isoformat()
    return f"{day}, {machine()}; {pinned}. Command: `{command}`. Median (range) over the rounds."


def put_into_readme(text: str) -> None:
    whole = README.read_text(encoding="utf-8")
    before, _, rest = whole.partition(BEGIN)
    _, _, after = rest.partition(END)
    README.write_text(f"{before}{BEGIN}\n{text}\n{END}{after}", encoding="utf-8")


def measure(said: argparse.Namespace) -> tuple[list[Part], list[str]]:
    said.work.mkdir(parents=True, exist_ok=True)
    work = Path(tempfile.mkdtemp(prefix="bench-", dir=said.work)).resolve()
    try:
        return measured_in(work, said)
    finally:
        shutil.rmtree(work, ignore_errors=True)


def measured_in(work: Path, said: argparse.Namespace) -> tuple[list[Part], list[str]]:
    bench = Bench(work, sizes_of(said), lambda text: print(text, flush=True))
    parts, failed = [], []
    for name in [said.only] if said.only else PARTS:
        print(f"{name}: {(PARTS[name].__doc__ or '').strip()}", flush=True)
        began = time.perf_counter()
        try:
            part = PARTS[name](bench)
        except BenchFailed as error:
            failed.append(f"{name}: {error}")
            print(f"  FAILED: {error}", flush=True)
            continue
        parts.append(part)
        print(f"  took {time.perf_counter() - began:.0f} s", flush=True)
    return parts, failed


def main() -> int:
    said = arguments()
    if len(ALL_CORES) == 1:
        print("one core only: the stub shares it with the arms, so rates mean little")
    parts, failed = measure(said)
    given = f" ARGS={shlex.quote(shlex.join(sys.argv[1:]))}" if sys.argv[1:] else ""
    text = f"{heading(f'make bench{given}')}\n\n{table(parts)}"
    print(f"\n{text}\n")
    if said.json:
        said.json.write_text(json.dumps([asdict(part) for part in parts], indent=1))
    if not said.only and not said.quick and not failed:
        put_into_readme(text)
    required = [line for part in parts for line in part.lines if line.held is not None]
    print(f"{sum(bool(line.held) for line in required)} of {len(required)} requirements held")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
