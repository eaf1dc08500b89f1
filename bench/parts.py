"""The parts of the bench: each measures one thing and says whether it holds."""

from __future__ import annotations

import json
import shutil
import statistics
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from measure import ALL_CORES, BenchFailed, Part, arm, run, served, spread, stub
from peer import peer_python, peer_version
from questions import write

CONCURRENCY = 64
AT_ONCE, LATENCY_MS = 256, 250.0
IDEAL = AT_ONCE / (LATENCY_MS / 1000)
TENTHS = 10
FLOOR_SHARE, PEER_TIMES, RATE_SHARE = 0.45, 35.0, 0.90
GROWTH, PEAK_MB, LEDGER_BYTES = 1.2, 400.0, 1000.0
RESUME_SHARE, HELP_S = 0.15, 0.3
ESTIMATES_S, ESTIMATES_MB = 20.0, 2000.0
HELP_RUNS = 11
PLUGINS = ("targets", "attacks", "judges", "strategists", "data", "suites")
HEAVY = (
    "aiohttp", "httpx", "jinja2", "jsonschema", "msgspec", "numpy", "PIL", "polars", "pyarrow",
    "rich", "scipy", "sqlite3", "typer", "uvloop", "xllamacpp", "zstandard",
)  # fmt: skip


@dataclass(frozen=True)
class Sizes:
    """How many cases each part asks. The full sizes are those the requirements name."""

    rounds: int = 5
    floor: int = 5_000
    peer: int = 5_000
    latency: int = 77_000
    ramp_s: float = 5.0
    small: int = 10_000
    large: int = 200_000
    resume: int = 100_000
    help_runs: int = HELP_RUNS
    trials: int = 1_000_000

    @classmethod
    def quick(cls) -> Sizes:
        return cls(1, 200, 50, 3_000, 0.5, 500, 2_000, 1_000, 3, 20_000)


class Bench:
    """Where the parts work: one folder, its questions made once a size."""

    def __init__(self, work: Path, sizes: Sizes, note: Callable[[str], None]) -> None:
        self.work, self.sizes, self.note = work, sizes, note

    def cases(self, count: int) -> Path:
        path = self.work / f"questions-{count}.jsonl"
        if not path.exists():
            write(count, path)
        return path

    def fresh(self, name: str) -> Path:
        folder = self.work / name
        shutil.rmtree(folder, ignore_errors=True)
        return folder

    def bare(self, count: int, loop: str = "asyncio") -> dict[str, Any]:
        return served(self.work, "arm_bare.py", self.cases(count), CONCURRENCY, loop)

    def auscult(self, count: int) -> dict[str, Any]:
        folder = self.fresh("run")
        return served(self.work, "arm_auscult.py", self.cases(count), CONCURRENCY, folder)

    def peer(self, count: int, mode: str) -> dict[str, Any]:
        logs = self.fresh("logs")
        return served(
            self.work, "arm_inspect.py", self.cases(count), CONCURRENCY, logs, mode,
            python=peer_python(),
        )  # fmt: skip

    def interleaved(
        self, arms: dict[str, Callable[[], dict[str, Any]]]
    ) -> dict[str, list[dict[str, Any]]]:
        """Every arm once a round, every second round in the opposite order."""
        raw: dict[str, list[dict[str, Any]]] = {name: [] for name in arms}
        for number in range(self.sizes.rounds):
            names = list(arms) if number % 2 == 0 else list(reversed(arms))
            for name in names:
                told = arms[name]()
                raw[name].append(told)
                self.note(f"  round {number + 1}, {name}: {ms(told):.3f} ms of CPU a case")
        return raw


def ms(told: dict[str, Any]) -> float:
    return float(1000 * told["cpu"] / told["cases"])


def ratios(above: list[dict[str, Any]], below: list[dict[str, Any]]) -> list[float]:
    """By round: the two arms of one round ran side by side."""
    return [ms(a) / ms(b) for a, b in zip(above, below, strict=True)]


def floor(bench: Bench) -> Part:
    """Auscult against a bare aiohttp client doing the same requests."""
    part, count = Part("floor"), bench.sizes.floor
    raw = bench.interleaved(
        {
            "bare aiohttp": lambda: bench.bare(count),
            "bare aiohttp on uvloop": lambda: bench.bare(count, "uvloop"),
            "auscult": lambda: bench.auscult(count),
        }
    )
    part.raw = dict(raw)
    asked = {told["body_bytes"] for runs in raw.values() for told in runs}
    if len(asked) > 1:
        raise BenchFailed(f"the arms did not send the same requests: {sorted(asked)} bytes")
    where = f"{count:,} cases, one ask each, {CONCURRENCY} at once"
    ours = raw.pop("auscult")
    shares = {name: ratios(bare, ours) for name, bare in raw.items()}
    for name, bare in raw.items():
        part.add(f"{name}, CPU a call, ms ({where})", spread([ms(t) for t in bare], "{:.3f}"))
    part.add("Auscult, every call durable, CPU a call, ms", spread([ms(t) for t in ours], "{:.3f}"))
    share = shares["bare aiohttp"]
    held = statistics.median(share) >= FLOOR_SHARE
    part.add(
        "calls per CPU-second, of bare aiohttp's", spread(share, "{:.1%}"), "at least 45%", held
    )
    on_uvloop = spread(shares["bare aiohttp on uvloop"], "{:.1%}")
    part.add("the same, of bare aiohttp's on uvloop, the loop that Auscult runs on", on_uvloop)
    startups = [t["startup_cpu"] for t in ours]
    part.add("start-up apart: Auscult, CPU s (data read and indexed)", spread(startups))
    for name, bare in raw.items():
        part.add(f"start-up apart: {name}, CPU s", spread([t["startup_cpu"] for t in bare]))
    return part


def inspect(bench: Bench) -> Part:
    """Auscult against inspect-ai, as it comes and tuned."""
    part, count = Part("inspect"), bench.sizes.peer
    raw = bench.interleaved(
        {
            "auscult": lambda: bench.auscult(count),
            "inspect-ai default": lambda: bench.peer(count, "default"),
            "inspect-ai tuned": lambda: bench.peer(count, "tuned"),
        }
    )
    part.raw = raw
    ours = raw["auscult"]
    part.add(f"Auscult, CPU a case, ms ({count:,} cases)", spread([ms(t) for t in ours], "{:.3f}"))
    for mode, required in (("default", f"at least {PEER_TIMES:g} times"), ("tuned", "")):
        theirs = raw[f"inspect-ai {mode}"]
        name = f"inspect-ai {peer_version()} {mode}"
        times = ratios(theirs, ours)
        part.add(f"{name}, CPU a case, ms", spread([ms(t) for t in theirs]))
        held = statistics.median(times) >= PEER_TIMES if required else None
        part.add(f"{name}, CPU a case, times Auscult's", spread(times, "{:.0f}"), required, held)
        startups = [t["startup_cpu"] for t in theirs]
        part.add(f"start-up apart: {name}, CPU s", spread(startups))
    return part


def latency(bench: Bench) -> Part:
    """Slots kept full: the share of the ideal rate at 250 ms an answer and 256 in flight."""
    part, sizes = Part("latency"), bench.sizes
    cases, folder = bench.cases(sizes.latency), bench.fresh("run")
    with stub(bench.work, LATENCY_MS) as seen:
        told = arm(bench.work, "arm_auscult.py", seen["url"], cases, AT_ONCE, folder)
    if seen["served"] != told["cases"]:
        raise BenchFailed(f"{told['cases']} cases but {seen['served']} calls served")
    part.raw = {**told, **seen}
    answers = {int(tenth): int(count) for tenth, count in seen["tenths"]}
    ramp = round(sizes.ramp_s * TENTHS)
    first, last = min(answers) + ramp, max(answers) - ramp
    seconds = (last - first) / TENTHS
    if seconds <= 0:
        raise BenchFailed("the run ended within its ramp: ask more cases")
    rate = sum(answers.get(t, 0) for t in range(first, last)) / seconds
    slice_ = min(10 * TENTHS, last - first)
    slices = [
        sum(answers.get(t, 0) for t in range(start, start + slice_)) / (slice_ / TENTHS) / IDEAL
        for start in range(first, last - slice_ + 1, slice_)
    ]
    share = rate / IDEAL
    long_enough = seconds >= 60
    part.add(
        f"{LATENCY_MS:g} ms an answer, {AT_ONCE} in flight: answers a second over {seconds:.0f} s "
        f"({sizes.ramp_s:g} s left out at each end)",
        f"{rate:.0f} of {IDEAL:.0f}",
    )
    part.add(
        "share of the ideal rate (range over slices of 10 s)",
        f"{share:.1%} ({min(slices):.1%} to {max(slices):.1%})",
        "at least 90%, over a minute or more",
        share >= RATE_SHARE and long_enough,
    )
    part.add("most answers that the stub owed at once", str(seen["most_waiting"]))
    return part


def memory(bench: Bench) -> Part:
    """The whole command, report included: peak memory at two sizes, and the ledger's size."""
    part, sizes = Part("memory"), bench.sizes
    peaks: dict[int, float] = {}
    for count in (sizes.small, sizes.large):
        folder = bench.fresh("run")
        with stub(bench.work) as seen:
            used = run(bench.work, command(bench.cases(count), seen["url"], folder))
        results = json.loads((folder / "results.json").read_text(encoding="utf-8"))
        made = results["run"]["accounting"]["calls"]
        if not seen["served"] == made == count or not (folder / "dossier/index.html").exists():
            raise BenchFailed(
                f"{count} cases, {made} calls in the results, {seen['served']} served"
            )
        ledger = sum(path.stat().st_size for path in folder.glob("run.db*"))
        peaks[count] = used.peak_mb
        part.raw[str(count)] = {
            "peak_mb": used.peak_mb, "cpu": used.cpu, "wall": used.wall, "ledger_bytes": ledger,
            "served": seen["served"],
        }  # fmt: skip
        bench.note(f"  {count:,} cases: {used.peak_mb:.0f} MB, {used.cpu:.1f} s of CPU")
    small, large = peaks[sizes.small], peaks[sizes.large]
    part.add(f"peak memory of `auscult audit`, {sizes.small:,} cases, MB", f"{small:.0f}")
    part.add(f"the same, {sizes.large:,} cases, MB", f"{large:.0f}", "under 400", large < PEAK_MB)
    part.add(
        f"peak at {sizes.large:,} cases, times that at {sizes.small:,}",
        f"{large / small:.2f}", "at most 1.2", large / small <= GROWTH,
    )  # fmt: skip
    a_call = part.raw[str(sizes.large)]["ledger_bytes"] / sizes.large
    part.add("ledger, bytes a call", f"{a_call:.0f}", "at most 1 KB", a_call <= LEDGER_BYTES)
    return part


def command(cases: Path, url: str, folder: Path) -> list[str | Path]:
    return [
        Path(sys.executable).parent / "auscult", "audit", "knowledge", "--data", f"medqa={cases}",
        "--target", "openai/m", "--base-url", url, "--concurrency", str(CONCURRENCY),
        "--suite-option", "repeats=1", "--suite-option", "options_only=false",
        "--out", folder, "--yes",
    ]  # fmt: skip


def resume(bench: Bench) -> Part:
    """A run capped at nine tenths of its calls, then gone on with; the report by itself."""
    part, count = Part("resume"), bench.sizes.resume
    cases, folder, most = bench.cases(count), bench.fresh("run"), count * 9 // 10
    with stub(bench.work) as seen:
        url = seen["url"]
        first = arm(bench.work, "arm_auscult.py", url, cases, CONCURRENCY, folder, most)
        second = arm(bench.work, "arm_auscult.py", url, cases, CONCURRENCY, folder)
    report = arm(bench.work, "arm_auscult.py", "report", folder)
    part.raw = {"first": first, "resumed": second, "report": report, "served": seen["served"]}
    if (first["cases"], second["cases"], seen["served"]) != (most, count, count):
        raise BenchFailed(
            f"{first['cases']} of {most} cases before, {second['cases']} of {count} after, "
            f"{seen['served']} calls served"
        )
    whole = {
        name: told["startup_cpu"] + told["cpu"]
        for name, told in part.raw.items()
        if name in ("first", "resumed")
    }
    share = whole["resumed"] / whole["first"]
    apart = second["cpu"] / first["cpu"]
    part.add(
        f"first run, {most:,} of {count:,} cases, CPU s with start-up", f"{whole['first']:.1f}"
    )
    part.add(
        f"resumed, the other {count - most:,} cases, CPU s with start-up", f"{whole['resumed']:.1f}"
    )
    part.add(
        "resuming, of the first run's CPU (without start-up)",
        f"{share:.1%} ({apart:.1%})", "at most 15%", max(share, apart) <= RESUME_SHARE,
    )  # fmt: skip
    part.add(f"the report on {count:,} cases, timed apart, CPU s", f"{report['cpu']:.1f}")
    return part


def cli(bench: Bench) -> Part:
    """The root help's time, and what it and `import auscult` load."""
    part, python = Part("cli"), sys.executable
    program = Path(python).parent / "auscult"
    run(bench.work, [program, "--help"])  # writes the byte code
    walls = [run(bench.work, [program, "--help"]).wall for _ in range(bench.sizes.help_runs)]
    middle = statistics.median(walls)
    part.add(
        f"`auscult --help`, s, {len(walls)} times", spread(walls, "{:.3f}"), "under 0.3",
        middle < HELP_S,
    )  # fmt: skip
    helped = loaded(
        bench, "from auscult.cli.main import app; app(['--help'], standalone_mode=False)"
    )
    plugins = sorted(
        name for name in helped if name.startswith(tuple(f"auscult.{kind}." for kind in PLUGINS))
    )
    part.add("plugins the root help imports", ", ".join(plugins) or "none", "none", not plugins)
    imported = loaded(bench, "import auscult")
    heavy = sorted(set(HEAVY) & imported)
    part.add("libraries `import auscult` loads", ", ".join(heavy) or "none", "none", not heavy)
    part.raw = {"help_s": walls, "help_modules": len(helped), "import_modules": len(imported)}
    return part


def estimates(bench: Bench) -> Part:
    """Every kind of estimate on a table of a million trials: seconds and peak memory."""
    part = Part("estimates")
    told = arm(bench.work, "estimates.py", "--rows", bench.sizes.trials, on=ALL_CORES)
    part.raw = told
    part.add(
        f"{told['estimates']:,} estimates of {told['rows']:,} trials, 200 groups, 2,000 draws, s",
        f"{told['wall']:.1f}", "under 20", told["wall"] < ESTIMATES_S,
    )  # fmt: skip
    peak = told["peak_mb"]
    part.add("peak memory of these, MB", f"{peak:.0f}", "under 2,000", peak < ESTIMATES_MB)
    return part


def loaded(bench: Bench, code: str) -> set[str]:
    """Names of the modules a fresh interpreter holds after running `code`."""
    path = bench.work / "modules.json"
    tail = f"import json, sys; open({str(path)!r}, 'w').write(json.dumps(sorted(sys.modules)))"
    run(bench.work, [sys.executable, "-c", f"{code}\n{tail}"])
    return set(json.loads(path.read_text(encoding="utf-8")))


PARTS: dict[str, Callable[[Bench], Part]] = {
    "cli": cli,
    "floor": floor,
    "inspect": inspect,
    "latency": latency,
    "resume": resume,
    "memory": memory,
    "estimates": estimates,
}
