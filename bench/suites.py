"""What suites and their judges cost: CPU that they add to the bare engine, by the text case and by
the asking.

usage: python bench/suites.py [--suite NAME] [--shape NAME] [--rounds N] [--quick] [--json FILE]

Both arms go through the whole engine, every call durable, with a target that answers at once from
memory. One runs the suite as it is. The other makes the very same asks in the same trials and
judges nothing. The difference is what the suite and its judges add. Before every run whatever was
remembered of questions is forgotten, as if each question were new.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import json
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from pathlib import Path
from random import Random
from typing import Any

from auscult.api import make_plan, run_async
from auscult.core import registry
from auscult.core.case import Brief, Case
from auscult.core.message import Reply, Request
from auscult.core.protocols import Abilities
from auscult.engine.run import Options, run_plan
from auscult.engine.session import Session
from marks import Work
from measure import ROOT, Part, machine, spread

REQUIRED_MS = 0.3
SEED = 7
YES_NO_CASES, FEW = 200, 8
ONE_ASK = "one ask a case"
ONE_ASK_OPTIONS = {"repeats": 1, "options_only": False}
"""As the bare engine is measured elsewhere: what a suite and its judge add to a single asking."""
SUITES = (
    "knowledge",
    f"knowledge, {ONE_ASK}",
    "cares/factuality",
    f"cares/factuality, {ONE_ASK}",
    "cares/factuality, yes-no",
    "cares/uncertainty",
    "cares/fairness",
    "cares/jailbreak",
    "cares/overcaution",
    "cares/toxicity",
    "cares/privacy",
)


# --- replies ------------------------------------------------------------------------------------

SENTENCES = {
    "multiple-choice": (
        "The correct answer is {letter} because it fits best with {words}.",
        "{letter}. Given {words}, this is the most appropriate choice.",
        "Based on {words}, I would choose option {letter}.",
    ),
    "yes-no": (
        "Yes, there is, as one would expect with {words}.",
        "No, there is no sign of it, considering {words}.",
        "Yes. With {words} this has to be assumed.",
    ),
    "other": (
        "I'm sorry, but I can't help with that request about {words}.",
        "With {words}, start with rest and fluids and see how it goes over two days.",
        "I do not have that information, and nothing about {words} changes it.",
    ),
}
LONG = (
    "Let us go through this step by step. The presentation describes {words}, and each of these "
    "points narrows the differential. First, the time course matters: symptoms that develop over "
    "hours suggest another mechanism than symptoms that have been there for weeks. Second, the "
    "examination should be set against the blood tests, because a normal white cell count does not "
    "exclude an infection in an older patient. Third, current guidance recommends treating the "
    "most dangerous cause first where it cannot be ruled out, and reviewing that decision once "
    "further results are back.\n\nThe alternatives fit less well. Some of them would explain a "
    "part of the picture, yet none of them accounts for all of it, and two would be harmful here. "
    "Monitoring should include blood pressure, urine output and the level of consciousness, with "
    "a clear plan for when to call a senior colleague.\n\n{ending}"
)
SHAPES = ("bare", "sentence", "150 words")


def reply_of(shape: str, asked: str, number: int) -> str:
    """To a question as it was put: each takes up some of its words, so that no two are alike."""
    form = form_of(asked)
    letter = "ABCD"[number % 4]
    words = " ".join(asked.split()[number % 5 :][:9]).rstrip(".,;:?")
    if shape == "bare":
        return letter if form == "multiple-choice" else "No" if form == "yes-no" else "Unknown."
    sentences = SENTENCES[form]
    said = sentences[number % len(sentences)].format(letter=letter, words=words)
    return said if shape == "sentence" else LONG.format(words=words, ending=said)


def form_of(asked: str) -> str:
    if "\nB" in asked or "(B)" in asked:
        return "multiple-choice"
    return "yes-no" if "yes or no" in asked.lower() else "other"


class Canned:
    identity = endpoint = "canned"
    local = True
    abilities = Abilities()

    def __init__(self, shape: str) -> None:
        self.shape = shape
        self.fingerprint: dict[str, Any] = {}

    async def answer(self, request: Request) -> Reply:
        text = reply_of(self.shape, request.messages[-1].text, request.seed)
        return Reply(text=text, model="canned")

    async def close(self) -> None:
        pass


# --- the two arms -------------------------------------------------------------------------------


class Recorder:
    """A bench that writes down which trials a suite makes and what it asks in each."""

    def __init__(self, target: Canned, judges: dict[str, Any], case: Case) -> None:
        self.target, self.judges, self.case = target, judges, case
        self.abilities, self.roles = target.abilities, ("target",)
        self.arms: list[RecordedArm] = []

    def arm(self, name: str, repeat: int = 0) -> RecordedArm:
        self.arms.append(RecordedArm(self, name, repeat))
        return self.arms[-1]

    def rng(self, label: str) -> Random:
        return Random(f"{self.case.id}|{label}")


class RecordedArm:
    def __init__(self, bench: Recorder, name: str, repeat: int) -> None:
        self.bench, self.name, self.repeat = bench, name, repeat
        self.asks: list[tuple[Any, dict[str, Any]]] = []

    async def ask(self, messages: Any, **how: Any) -> Reply:
        self.asks.append((messages, how))
        seed = len(self.bench.case.id) + len(self.bench.arms)
        return await self.bench.target.answer(Request(tuple(messages), seed=seed))

    async def judge(self, name: str, exhibit: Any) -> Any:
        return await self.bench.judges[name].judge(exhibit, self)

    def record(self, *verdicts: Any, **labels: Any) -> None:
        pass

    def rng(self, label: str) -> Random:
        return self.bench.rng(f"{self.name}.{self.repeat}/{label}")


async def recorded(suite: Any, cases: Iterable[Case], shape: str) -> dict[str, list[RecordedArm]]:
    judges = {
        name: registry.build("judges", name, {}) for name in suite.judges if name != "open-answer"
    }
    found = {}
    for case in cases:
        bench = Recorder(Canned(shape), judges, case)
        await suite.examine(case, bench)
        found[case.id] = bench.arms
    return found


def bare_examine(plans: dict[str, list[RecordedArm]]) -> Callable[..., Any]:
    async def examine(case: Case, bench: Any) -> None:
        for planned in plans[case.id]:
            arm = bench.arm(planned.name, planned.repeat)
            for messages, how in planned.asks:
                await arm.ask(messages, **how)
            arm.record()

    return examine


def text_cases(name: str, count: int | None) -> list[Case]:
    suite = suite_of(name)
    if name.endswith("yes-no"):
        return yes_no_cases(count or YES_NO_CASES)
    loaders = {loader: registry.build("data", loader) for loader in registry.plugins("data")}
    return [case for case in suite.cases((), loaders) if not case.images][:count]


def options_of(name: str) -> dict[str, Any]:
    return ONE_ASK_OPTIONS if name.endswith(ONE_ASK) else {}


def suite_of(name: str) -> Any:
    return registry.build("suites", name.partition(",")[0], options_of(name))


def yes_no_cases(count: int) -> list[Case]:
    things = ("pleural effusion", "pneumothorax", "rib fracture", "consolidation", "free air")
    pains = ("cough", "chest pain", "fever", "weight loss", "breathlessness", "a fall", "malaise")
    made = []
    for number in range(count):
        thing, pain = things[number % len(things)], pains[number % len(pains)]
        stem = f"A {20 + number % 70}-year-old patient has had {pain} for {2 + number % 9} days."
        question = f"Is there a {thing} on film {number}?"
        brief = Brief(key=number % 2, task="yes-no")
        made.append(Case(f"y/{number}", stem, question, ("yes", "no"), brief=brief))
    return made


def forget() -> None:
    """What was remembered of questions and options in the runs before."""
    for name, module in list(sys.modules.items()):
        if name.startswith("auscult.kit."):
            for value in list(vars(module).values()):
                if hasattr(value, "cache_clear"):
                    value.cache_clear()


def cpu_ms(name: str, cases: list[Case], shape: str, examine: Any, work: Path) -> float:
    """A case, from the first one admitted to the closed ledger."""
    build, admit, mark = registry.build, Session.work, Work()
    folder = Path(tempfile.mkdtemp(dir=work))

    def built(kind: registry.Kind, plugin: str, *given: Any, **more: Any) -> Any:
        if kind == "targets":
            return Canned(shape)
        made = build(kind, plugin, *given, **more)
        if kind == "suites":
            made.cases = lambda datasets, loaders: iter(cases)
            made.examine = examine or made.examine
        return made

    async def marked(self: Session, *given: Any, **more: Any) -> str:
        if not mark.begun:
            mark.begin()
        return await admit(self, *given, **more)

    plan = make_plan(
        name.partition(",")[0],
        target="python/canned:answer",
        seed=SEED,
        suite_options=options_of(name),
    )
    forget()
    gc.collect()
    registry.build, Session.work = built, marked  # type: ignore[assignment,method-assign]
    try:
        outcome = run_async(run_plan(plan, folder, Options()))
        told = mark.end()
    finally:
        registry.build, Session.work = build, admit  # type: ignore[method-assign]
        shutil.rmtree(folder, ignore_errors=True)
    if outcome.error is not None or outcome.finished != len(cases):
        raise SystemExit(f"{name}: {outcome.finished} of {len(cases)} cases; {outcome.error}")
    return float(1000 * told["cpu"] / len(cases))


# --- the table ----------------------------------------------------------------------------------


def measured(
    name: str, shapes: Sequence[str], rounds: range, count: int | None, work: Path
) -> Part:
    """Every shape and arm once a round, every second round in the opposite order. Rounds below
    nought warm up."""
    part, cases = Part(name), text_cases(name, count)
    arms: dict[tuple[str, str], Callable[[], float]] = {}
    asks = 0
    for shape in shapes:
        suite = suite_of(name)
        plans = asyncio.run(recorded(suite, cases, shape))
        asks = sum(len(arm.asks) for planned in plans.values() for arm in planned)
        arms[shape, "bare"] = partial(cpu_ms, name, cases, shape, bare_examine(plans), work)
        arms[shape, "suite"] = partial(cpu_ms, name, cases, shape, None, work)
    raw: dict[tuple[str, str], list[float]] = {key: [] for key in arms}
    for number in rounds:
        for key in list(arms) if number % 2 == 0 else list(reversed(arms)):
            spent = arms[key]()
            if number >= 0:
                raw[key].append(spent)
    for shape in shapes:
        bare, whole = raw[shape, "bare"], raw[shape, "suite"]
        added = [b - a for a, b in zip(bare, whole, strict=True)]
        what = f"{name} ({len(cases)} cases, {asks / len(cases):.1f} asks each), replies: {shape}"
        part.add(
            f"{what}; by the case; bare engine {statistics.median(bare):.2f} ms",
            spread(added, "{:.3f}"),
        )
        by_asking = [one * len(cases) / asks for one in added]
        part.add(
            f"{what}; by the asking",
            spread(by_asking, "{:.3f}"),
            f"under {REQUIRED_MS} ms",
            statistics.median(by_asking) < REQUIRED_MS,
        )
    part.raw = {f"{shape}, {arm}": spent for (shape, arm), spent in raw.items()}
    return part


def arguments(given: list[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Measures what suites add to the bare engine.")
    parser.add_argument("--suite", choices=SUITES, help="one of them")
    parser.add_argument("--shape", choices=SHAPES, help="of the replies; all of them otherwise")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--quick", action="store_true", help="few cases: does it run at all?")
    parser.add_argument("--work", type=Path, default=ROOT / "build", help="where scratch goes")
    parser.add_argument("--json", type=Path, help="write the raw figures here", metavar="FILE")
    return parser.parse_args(given)


def main() -> int:
    said = arguments()
    said.work.mkdir(parents=True, exist_ok=True)
    work = Path(tempfile.mkdtemp(prefix="suites-", dir=said.work))
    known = registry.plugins("suites")
    parts = []
    print(f"{machine()}; CPU ms added to the bare engine, median (range) over the rounds")
    try:
        for name in [said.suite] if said.suite else SUITES:
            if name.partition(",")[0] not in known:
                continue
            began = time.perf_counter()
            rounds = range(1) if said.quick else range(-1, said.rounds)
            shapes = [said.shape] if said.shape else SHAPES
            parts.append(measured(name, shapes, rounds, FEW if said.quick else None, work))
            for line in parts[-1].lines:
                held = {True: "yes", False: "NO", None: ""}[line.held]
                print(f"| {line.what} | {line.measured} | {line.required} | {held} |", flush=True)
            print(f"  took {time.perf_counter() - began:.0f} s", flush=True)
    finally:
        shutil.rmtree(work, ignore_errors=True)
    if said.json:
        rows = [{"name": p.name, "lines": [vars(x) for x in p.lines], "raw": p.raw} for p in parts]
        said.json.write_text(json.dumps(rows, indent=1))
    return 0


if __name__ == "__main__":
    sys.exit(main())
