"""What is told of two runs and of a gate's checks: in sentences, and as JUnit XML.

Every CI server shows that: one test case per check.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from math import inf
from typing import TYPE_CHECKING, Literal, Protocol, Self
from xml.etree.ElementTree import Element, SubElement, indent, tostring

import msgspec

from auscult.report.canaries import drift_between
from auscult.report.clean import withhold_secrets, write_atomic
from auscult.report.results import fixture_reason
from auscult.report.wording import counted
from auscult.stats.families import Endpoint

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from auscult.engine.view import RunView
    from auscult.report.compare import Pair

Verdict = Literal["pass", "fail", "undecided"]
EXIT_CODES: dict[Verdict, int] = {"fail": 4, "undecided": 3, "pass": 0}
"""The first that any check has is the gate's."""
Bounds = Callable[[float], tuple[float, float]]
"""From a one-sided alpha to what holds at it: the lowest and the highest the figure may be."""
_illegal = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What no XML 1.0 document may hold, not even escaped."""
NUMBERS = (
    "value", "low", "high", "bound_low", "bound_high", "margin", "required", "p_value", "n",
    "n_clusters", "run_only", "base_only", "applicable_in_one", "note",
)  # fmt: skip


class Side(msgspec.Struct, frozen=True):
    name: str
    folder: str
    target: str
    plan_hash: str
    stopped: str


class Margin(msgspec.Struct, frozen=True):
    """How much worse than the base still passes; `declared` before the run, in its plan."""

    of: Endpoint
    size: float
    declared: bool = False


class Requirement(msgspec.Struct, frozen=True):
    of: Endpoint
    sign: Literal[">=", "<="]
    threshold: float


class Check(msgspec.Struct, frozen=True):
    """One check. `value` is the run's figure, or the run's minus the base's; `low` and `high` are
    one-sided bounds at alpha, and `bound_low`, `bound_high` the same whatever failed calls held;
    `p_value` is one-sided, for the claim. Left out are the cases that one run alone finished
    (`run_only`, `base_only`) and those that both did but only one answers for."""

    name: str
    suite: str
    metric: str
    claim: str
    verdict: Verdict
    sentence: str
    margin: float | None = None
    declared: bool = False
    required: str = ""
    value: float | None = None
    low: float | None = None
    high: float | None = None
    bound_low: float | None = None
    bound_high: float | None = None
    p_value: float | None = None
    n: int = 0
    n_clusters: int = 0
    method: str = ""
    run_only: int | None = None
    base_only: int | None = None
    applicable_in_one: int | None = None
    note: str = ""


class Gate(msgspec.Struct, frozen=True):
    verdict: Verdict
    exit_code: int
    alpha: float
    rule: str
    sides: tuple[Side, ...]
    checks: tuple[Check, ...]
    cautions: tuple[str, ...]


class Tested(Protocol):
    """What a one-sided p-value comes from."""

    @property
    def mirrored(self) -> Self: ...

    def p_at_most(self, null: float) -> float: ...


class Figure(msgspec.Struct, frozen=True):
    """What a check reads. `kept` bounds it by the usable replies alone, `whole` whatever the failed
    calls would have held. Without a value there is a `reason`; with one, a reason keeps the check
    undecided."""

    value: float | None = None
    kept: Bounds | None = None
    whole: Bounds | None = None
    n: int = 0
    clusters: int = 0
    unit: str = "case"
    method: str = ""
    reason: str = ""
    tested: Tested | None = None
    by_case: float | None = None
    """The mean over cases, where the value is that over clusters."""
    left_out: tuple[int, int, int] | None = None
    note: str = ""
    line: float = 0.0
    up: bool = True  # must it lie above the line?

    def meets(self, alpha: float) -> bool:
        """Is it shown to be on the right side of the line, whatever is missing?"""
        return self._may(True) and all(low >= self.line if self.up else high <= self.line
                                       for low, high in self._ends(alpha))  # fmt: skip

    def misses(self, alpha: float) -> bool:
        """Is it shown to be on the wrong side?"""
        return self._may(False) and all(high < self.line if self.up else low > self.line
                                        for low, high in self._ends(alpha))  # fmt: skip

    def _may(self, right: bool) -> bool:
        """No verdict where the mean over cases says the contrary of that over clusters."""
        if self.reason or self.by_case is None:
            return not self.reason
        return right == (self.by_case >= self.line if self.up else self.by_case <= self.line)

    def _ends(self, alpha: float) -> list[tuple[float, float]]:
        nothing = (-inf, inf)
        return [bounds(alpha) if bounds else nothing for bounds in (self.kept, self.whole)]


def sides(pair: Pair) -> tuple[Side, ...]:
    return tuple(
        Side(name, str(v.folder), withhold_secrets(str(v.roles["target"].get("identity", ""))),
             v.plan_hash, v.stopped)
        for name, v in pair.runs
    )  # fmt: skip


def can_stop_early(view: RunView, suite: str) -> bool:
    """Does the plan declare a rule that may end the suite? Then its number of cases is no accident,
    and intervals for a fixed number are too narrow."""
    return any(stop.suite == suite for stop in getattr(view.plan, "stop", ()))


def run_cautions(name: str, view: RunView) -> list[str]:
    """What a reader must know of one run."""
    role, said = view.roles["target"], []
    told = (*(role.get("evidence_notes") or ()), role.get("fingerprint", {}).get("note") or "")
    if why := fixture_reason(str(role.get("identity", "")), tuple(str(note) for note in told)):
        said.append(f"{name} is a fixture, not a system under audit: {why.rstrip('.')}.")
    if view.stopped != "complete":
        said.append(f"{name} is not finished ({view.stopped}): its finished prefix is read.")
    said += [f"{name} went on after an accepted change: {change}." for change in view.deviations]
    said += [f"{name} declared a rule that could end {status.name} early; an interval for a fixed "
             "number of cases is too narrow then."
             for status in view.suites if can_stop_early(view, status.name)]  # fmt: skip
    return [withhold_secrets(sentence[:1].upper() + sentence[1:]) for sentence in said]


def cautions(pair: Pair) -> list[str]:
    """The same of two runs that may be compared, and of the two together."""
    said = [sentence for name, view in pair.runs for sentence in run_cautions(name, view)]
    (x, a), (y, b) = pair.runs
    if a.folder.resolve() == b.folder.resolve():
        said.append(f"{x} and {y} are the same run.")
    if a.plan.seed != b.plan.seed:
        said.append(f"The seeds differ ({a.plan.seed} and {b.plan.seed}): what is drawn at random, "
                    "such as the order of options, was drawn anew.")  # fmt: skip
    if a.version != b.version:
        said.append(f"{x} was made by Auscult {a.version} and {y} by {b.version}.")
    said += drift_between(a, b, (x, y))
    return [sentence[:1].upper() + sentence[1:] for sentence in said]


def told_check(
    item: Margin | Requirement, figure: Figure, verdict: Verdict, alpha: float, *, signed: bool
) -> Check:
    """A check in numbers and a sentence; `signed` where the figure is a difference."""
    left, claim = figure.left_out or (None, None, None), _claim(item, figure)
    check = Check(
        item.of.name, item.of.suite, item.of.metric, claim, verdict, "",
        margin=item.size if isinstance(item, Margin) else None,
        declared=isinstance(item, Margin) and item.declared,
        required="" if isinstance(item, Margin) else f"{item.sign}{item.threshold:g}",
        value=figure.value, n=figure.n, n_clusters=figure.clusters, method=figure.method,
        run_only=left[0], base_only=left[1], applicable_in_one=left[2], note=_note(figure),
    )  # fmt: skip
    if figure.value is None or figure.kept is None or figure.whole is None:
        said = f"{item.of.name}: open whether it is {claim}: {figure.reason.rstrip('.')}."
        return msgspec.structs.replace(check, sentence=" ".join(filter(None, (said, check.note))))
    (low, high), ends = figure.kept(alpha), figure.whole(alpha)
    value, lower, upper = (
        f"{100 * share:+.2f} points" if signed else f"{100 * share:.2f}%"
        for share in (figure.value, low, high)
    )
    what = "The run minus the base" if isinstance(item, Margin) else "It"
    said = (
        f"{item.of.name}: {_outcome(item, verdict, claim)}. {what} is {value}, with "
        f"one-sided {100 * (1 - alpha):g}% bounds of {lower} and {upper}, from "
        f"{_size_of(figure, isinstance(item, Margin))}."
    )
    why = _why_open(figure, alpha) if verdict == "undecided" else ""
    p_value = None
    if tested := figure.tested:
        sign = -1 if figure.up else 1
        p_value = (tested.mirrored if figure.up else tested).p_at_most(sign * figure.line)
    return msgspec.structs.replace(
        check, sentence=" ".join(filter(None, (said, check.note, why))), low=low, high=high,
        bound_low=ends[0], bound_high=ends[1], p_value=p_value,
    )  # fmt: skip


def unchecked(endpoint: Endpoint) -> Check:
    """A primary endpoint that a gate with nothing else to read leaves open."""
    claim = "no worse than the base by more than a margin"
    said = (
        f"{endpoint.name}: open: it is a primary endpoint of the plan with no margin; give one, as "
        f"in --margin '{endpoint.metric}=0.05'."
    )
    return Check(endpoint.name, endpoint.suite, endpoint.metric, claim, "undecided", said)


def one_sided_words(number: int) -> str:
    return (
        f"{counted(number, 'case')} that both runs finished can be read in one of them only: which "
        "cases are compared depends on the target, so nothing is concluded from the rest."
    )


def _note(figure: Figure) -> str:
    run_only, base_only, _ = figure.left_out or (0, 0, 0)
    said = [
        f"{counted(number, 'case')} in {name} only"
        for number, name in ((run_only, "the run"), (base_only, "the base"))
        if number
    ]
    left = f"Left out: {' and '.join(said)}." if said else ""
    return " ".join(filter(None, (left, figure.note)))


def _size_of(figure: Figure, paired: bool) -> str:
    if figure.by_case is not None:
        return counted(figure.clusters, "cluster")
    if figure.n == figure.clusters:
        return counted(figure.n, "shared case" if paired else "case")
    unit = f"shared {figure.unit}" if paired else figure.unit
    return f"{counted(figure.n, unit)} in {counted(figure.clusters, 'cluster')}"


def _why_open(figure: Figure, alpha: float) -> str:
    if figure.reason:
        return figure.reason
    if figure.misses(alpha):
        return "By itself it would have failed; Holm over all checks asks for more."
    without = msgspec.structs.replace(figure, by_case=None)
    if without.meets(alpha) or without.misses(alpha):
        return (
            f"By the mean over clusters it would be decided, but the mean over cases, "
            f"{100 * (figure.by_case or 0):.2f} in 100, lies on the other side of the line: large "
            "clusters differ from small ones."
        )
    without = msgspec.structs.replace(figure, whole=figure.kept)
    if without.meets(alpha) or without.misses(alpha):
        return "Failed calls could overturn it: ask those cases again with --retry-errors."
    return "More cases could decide it."


def _claim(item: Margin | Requirement, figure: Figure) -> str:
    over = "" if figure.by_case is None else ", in the mean over clusters"
    if isinstance(item, Requirement):
        return f"at {'least' if item.sign == '>=' else 'most'} {item.threshold:g}{over}"
    return f"no worse than the base by more than {_size(item)}{over}"


def _outcome(item: Margin | Requirement, verdict: Verdict, claim: str) -> str:
    if verdict == "fail" and isinstance(item, Margin):
        return f"shown to be {claim.removeprefix('no ')}"
    opening = {"pass": "shown to be", "fail": "shown not to be", "undecided": "open whether it is"}
    return f"{opening[verdict]} {claim}"


def _size(item: Margin) -> str:
    return f"{100 * item.size:g} percentage point" + ("" if item.size == 0.01 else "s")


def write_junit(path: Path, gate: Gate) -> Path:
    return write_atomic(path, junit(gate))


def junit(gate: Gate) -> bytes:
    """A check that failed is a failure; one that is undecided is an error, so that a server shows
    it as not passed. Numbers are properties, which some servers take of a suite only."""
    root = Element("testsuites", {"name": "auscult gate", **_counts(gate.checks)})
    for name in dict.fromkeys(check.suite for check in gate.checks):
        checks = [check for check in gate.checks if check.suite == name]
        suite = SubElement(root, "testsuite", {"name": _legal(name), **_counts(checks)})
        properties = SubElement(suite, "properties")
        for key, value in _facts(gate, checks):
            SubElement(properties, "property", name=_legal(key), value=_legal(value))
        for check in checks:
            _case(suite, check)
        SubElement(suite, "system-out").text = _legal("\n".join((gate.rule, *gate.cautions)))
    indent(root)
    body: bytes = tostring(root, encoding="utf-8", xml_declaration=True)
    return body


def _case(suite: Element, check: Check) -> None:
    named = _legal(f"{check.name} is {check.claim}")
    case = SubElement(suite, "testcase", classname=_legal(check.suite), name=named, time="0")
    if check.verdict != "pass":
        tag = "failure" if check.verdict == "fail" else "error"
        kind = "failed" if check.verdict == "fail" else "undecided"
        told = _legal(check.sentence)
        SubElement(case, tag, message=told, type=kind).text = told
    SubElement(case, "system-out").text = _legal(check.sentence)


def _counts(checks: Iterable[Check]) -> dict[str, str]:
    verdicts = [check.verdict for check in checks]
    return {
        "tests": str(len(verdicts)),
        "failures": str(verdicts.count("fail")),
        "errors": str(verdicts.count("undecided")),
        "skipped": "0",
        "time": "0",
    }


def _facts(gate: Gate, checks: Iterable[Check]) -> Iterable[tuple[str, str]]:
    yield "verdict", gate.verdict
    yield "alpha", f"{gate.alpha:g}"
    for side in gate.sides:
        yield side.name, f"{side.folder}: {side.target}; plan {side.plan_hash[:12]}"
    for number, check in enumerate(checks, 1):
        yield f"check {number}", f"{check.name} is {check.claim}"
        for name in NUMBERS:
            value = getattr(check, name)
            if value not in (None, ""):
                yield f"check {number} {name}", str(value)


def _legal(text: str) -> str:
    return _illegal.sub("\ufffd", text)
