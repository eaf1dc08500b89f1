"""Commands that set two runs side by side: compare and gate."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import msgspec
import typer

from auscult.cli.display import console
from auscult.cli.reading import emit
from auscult.core.errors import UsageError
from auscult.core.estimate import Estimate
from auscult.engine.ledger import LEDGER_NAME
from auscult.engine.view import RunView
from auscult.report.wording import counted, level_text, phrase_of, places, title

if TYPE_CHECKING:
    from auscult.report.compare import Comparison
    from auscult.report.junit import Gate, Side

NOTHING_COMPARED = 1
MARKS = {"pass": "PASS", "fail": "FAIL", "undecided": "UNDECIDED"}
_required = re.compile(r"^(?P<metric>.+?)\s*(?P<sign>>=|<=)\s*(?P<line>[-+.\w]+)$")
Required = tuple[str, Literal[">=", "<="], float]


def compare_command(run_a: Path, run_b: Path, *, as_json: bool) -> None:
    """Exit 0 where anything could be compared, 1 where nothing could."""
    from auscult.report.clean import clean
    from auscult.report.compare import compare

    found = clean(compare(_opened(run_a), _opened(run_b)))
    if as_json:
        told: dict[str, Any] = msgspec.to_builtins(found)
        for said, estimate in zip(told["estimates"], found.estimates, strict=True):
            said["sentence"] = sentence(estimate)
        emit(told)
    else:
        _print_comparison(found)
    if all(estimate.value is None for estimate in found.estimates):
        raise typer.Exit(NOTHING_COMPARED)


def gate_command(
    run: Path, against: Path | None, margins: Sequence[str], require: Sequence[str], *,
    junit: Path | None, alpha: float, as_json: bool,
) -> None:  # fmt: skip
    """Exit 0 where the gate passes, 4 where it fails, 3 where it is undecided."""
    from auscult.report.clean import clean
    from auscult.report.gate import gate
    from auscult.report.junit import write_junit

    named, bare = read_margins(margins)
    required = [read_required(text) for text in require]
    view, base = _opened(run), None if against is None else _opened(against)
    found = clean(gate(view, base, margins=named, margin=bare, require=required, alpha=alpha))
    if junit is not None:
        write_junit(junit, found)
    if as_json:
        emit(found)
    else:
        _print_gate(found)
    raise typer.Exit(found.exit_code)


def _opened(folder: Path) -> RunView:
    if not (folder / LEDGER_NAME).is_file():
        raise UsageError(f"'{folder}' is no run directory: it holds no {LEDGER_NAME}")
    return RunView(folder)


def read_margins(said: Sequence[str]) -> tuple[dict[str, float], float | None]:
    """METRIC=NUMBER as often as one likes, and one bare NUMBER for the rest."""
    named: dict[str, float] = {}
    bare: float | None = None
    for text in said:
        metric, equals, size = text.rpartition("=")
        number = _number(size, f"--margin takes METRIC=NUMBER or a NUMBER, not '{text}'")
        if equals:
            named[metric.strip()] = number
        elif bare is not None:
            raise UsageError("only one --margin may come without a metric")
        else:
            bare = number
    return named, bare


def read_required(text: str) -> Required:
    found = _required.match(text)
    wrong = f"--require takes METRIC>=NUMBER or METRIC<=NUMBER, not '{text}'"
    if found is None:
        raise UsageError(f"{wrong}; quote it, because a shell reads > as a redirection")
    sign: Literal[">=", "<="] = ">=" if found["sign"] == ">=" else "<="
    return found["metric"], sign, _number(found["line"], wrong)


def _number(text: str, wrong: str) -> float:
    try:
        number = float(text)
    except ValueError:
        raise UsageError(wrong) from None
    if not -1 <= number <= 1:
        raise UsageError(f"{wrong}; five percentage points are 0.05")
    return number


def sentence(estimate: Estimate) -> str:
    """One difference in plain words: "In 100 such questions, about 4 more were answered correctly
    with A than with B; 95% interval 1 fewer to 9 more". Where there is no word for the things that
    are more or fewer, in percentage points."""
    value, low, high = estimate.value, estimate.low, estimate.high
    if value is None or low is None or high is None:
        return f"{title(estimate)}: {estimate.note}"
    digits = places([value], high - low)
    words = msgspec.structs.replace(estimate, metric=estimate.metric.replace(" ", "-"))
    a, b = estimate.arm, estimate.control_arm
    if (phrase := phrase_of(words)) is None:
        count = _Count(100, f".{digits}f", "lower", "higher")
        size = count.text(value)
        unit = "percentage point" if size == "1" else "percentage points"
        said = f"{title(estimate)}: about "
        if count.is_none(value):
            said += f"the same with {a} as with {b}"
        else:
            said += f"{size} {unit} {count.way(value)} with {a} than with {b}"
    else:
        count = _Count(100 * 10**digits, ",.0f", "fewer", "more")
        said = f"In {count.scale:,} such {phrase.things}, about "
        if count.is_none(value):
            said += f"as many {phrase.many} with {a} as with {b}"
        else:
            more = f"{count.text(value)} {count.way(value)}"
            said += f"{more} {phrase.many} with {a} than with {b}"
    return f"{said}; {level_text(estimate)} {count.span(low, high)}."


class _Count(msgspec.Struct, frozen=True):
    """A share as a number of `scale`, with the words for less and more."""

    scale: int
    shape: str
    less: str
    more: str

    def text(self, share: float) -> str:
        return f"{abs(share) * self.scale:{self.shape}}"

    def is_none(self, share: float) -> bool:
        return not any(digit in self.text(share) for digit in "123456789")

    def way(self, share: float) -> str:
        return self.more if share > 0 else self.less

    def span(self, low: float, high: float) -> str:
        """`1 fewer to 9 more`, `5 to 15 more`, `2 to 7 fewer`."""
        first, last = self.text(low), self.text(high)
        if low >= 0:
            return f"{first} to {last} {self.more}"
        if high <= 0:
            return f"{last} to {first} {self.less}"
        return f"{first} {self.less} to {last} {self.more}"


def beneath(estimate: Estimate) -> str:
    """What the sentence stands on: each run's figure, the turns, the test and what Holm says."""
    extra = estimate.extra
    if "a" not in extra:
        return ""
    names = (estimate.arm, estimate.control_arm)
    said = [f"{name} {100 * extra[key]:.1f}%" for name, key in zip(names, "ab", strict=True)]
    if "right_to_wrong" in extra:
        worse, better = extra["right_to_wrong"], extra["wrong_to_right"]
        said.append(f"worse with {names[0]} in {worse:g} cases, better in {better:g}")
    tests = f"p {_p(extra['p_value'])} ({extra['p_from']})"
    if "mid_p" in extra:
        tests += f", mid-p {_p(extra['mid_p'])}"
    if estimate.p_adjusted is not None:
        tests += f", {_p(estimate.p_adjusted)} after Holm"
    ends = (extra["bound_interval"], (estimate.low or 0.0, estimate.high or 0.0))
    shown = extra.get("rejected") and not any(low <= 0 <= high for low, high in ends)
    verdict = "a difference is shown" if shown else "no difference is shown"
    if estimate.stop_rule != "fixed":
        verdict = f"no claim is made, because {estimate.stop_rule}"
    return "; ".join([*said, tests, verdict]) + "."


def _p(value: float) -> str:
    return "under 0.0001" if value < 0.0001 else f"{value:.2g}"


def _say(text: str = "", style: str = "") -> None:
    console.print(text, style=style, markup=False, highlight=False, soft_wrap=True)


def _sides(sides: Sequence[Side]) -> None:
    width = max(len(side.name) for side in sides)
    for side in sides:
        _say(f"{side.name:<{width}}  {side.target}  ({side.folder}, {side.stopped})")


def _print_comparison(found: Comparison) -> None:
    _sides(found.sides)
    suite = ""
    for estimate in found.estimates:
        if estimate.suite != suite:
            suite = estimate.suite
            _say()
            _say(suite, "bold")
        _say(f"  {sentence(estimate)}")
        if told := beneath(estimate):
            cases = counted(estimate.n_clusters, "shared case")
            _say(f"    {cases}. {told}", "dim")
        if estimate.note and estimate.value is not None:
            _say(f"    {estimate.note}")
    _say()
    if found.family:
        _say(found.family)
    for label, lines in (
        ("Not compared", found.not_compared), ("Left out", found.left_out), ("Note", found.cautions)
    ):  # fmt: skip
        for line in lines:
            _say(f"{label}: {line}")
    if all(estimate.value is None for estimate in found.estimates):
        _say("Nothing could be compared.", "bold")


def _print_gate(found: Gate) -> None:
    _sides(found.sides)
    _say()
    for check in found.checks:
        _say(f"{MARKS[check.verdict]:<9}  {check.sentence}")
    _say()
    _say(found.rule)
    for line in found.cautions:
        _say(f"Note: {line}")
    _say(f"Gate: {MARKS[found.verdict]}", "bold")
