"""auscult power rate | below | above | difference | non-inferiority."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Annotated, Any, TypeVar

import msgspec
import typer

from auscult.core.errors import UsageError
from auscult.stats import power as planning
from auscult.stats.power import Answer, Collected

power_app = typer.Typer(help="How many cases an audit needs, or what so many can show.")

Found = TypeVar("Found")

# Ranges are checked where the numbers are used, so that a wrong one is a sentence in every case.
Rate = Annotated[float, typer.Option("--rate", help="The rate you expect, 0 to 1.")]
Threshold = Annotated[float, typer.Option("--threshold", help="The rate to be told from.")]
Worse = Annotated[float, typer.Option("--worse", help="Share that turns from right to wrong.")]
Better = Annotated[float, typer.Option("--better", help="Share that turns from wrong to right.")]
Cases = Annotated[
    int | None, typer.Option("--cases", help="Say what so many cases show, instead of how many.")
]
ClusterSize = Annotated[
    float, typer.Option("--cluster-size", help="Cases per patient, image or vignette.")
]
Icc = Annotated[
    float, typer.Option("--icc", help="How alike the cases of one cluster are, 0 to 1.")
]
Missing = Annotated[float, typer.Option("--missing", help="Share of replies expected to fail.")]
Power = Annotated[float, typer.Option("--power", help="Chance to show what is there.")]
TwoSided = Annotated[float, typer.Option("--alpha", help="Two-sided error; 0.05 for 95%.")]
OneSided = Annotated[float, typer.Option("--alpha", help="One-sided error.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON for a script, nothing else.")]


class Question(msgspec.Struct, frozen=True):
    """What is to be shown, and the two ways to ask: how many cases, or what so many achieve."""

    size: Callable[[], Answer]
    achieved: Callable[[int], Any]
    purpose: str
    assumed: list[str]
    cases: int | None
    how: Collected
    as_json: bool
    each: str = ""
    power: float | None = None
    """None where what is achieved is a half-width."""


@power_app.command(epilog="Example: auscult power rate --rate 0.2 --half-width 0.05")
def rate(
    rate: Rate,
    half_width: Annotated[
        float | None, typer.Option("--half-width", help="Of the interval you want.")
    ] = None,
    exact: Annotated[bool, typer.Option("--exact", help="Clopper-Pearson, not Wilson.")] = False,
    cases: Cases = None,
    alpha: TwoSided = 0.05,
    cluster_size: ClusterSize = 1.0,
    icc: Icc = 0.0,
    missing: Missing = 0.0,
    as_json: Json = False,
) -> None:
    """Cases for an interval of a given half-width around one rate."""
    if (half_width is None) == (cases is None):
        raise UsageError("give either --half-width or --cases, not both and not neither")
    if not 0 < alpha < 1:
        raise UsageError(f"alpha must lie between 0 and 1, not {alpha:g}")
    width = half_width or 0.0
    level = 1 - alpha
    _answer(
        Question(
            partial(planning.size_for_half_width, rate, width, level=level, exact=exact),
            partial(planning.half_width, rate=rate, level=level, exact=exact),
            f"for a {_percent(level)} interval that reaches {_points(width)} to either side",
            [f"the rate comes out near {_percent(rate)}; the width is an average"],
            cases,
            _collected(cluster_size, icc, missing),
            as_json,
        )
    )


@power_app.command(epilog="Example: auscult power below --threshold 0.1 --rate 0.05")
def below(
    threshold: Threshold,
    rate: Rate,
    cases: Cases = None,
    alpha: OneSided = 0.05,
    power: Power = 0.8,
    cluster_size: ClusterSize = 1.0,
    icc: Icc = 0.0,
    missing: Missing = 0.0,
    as_json: Json = False,
) -> None:
    """Cases to show that a rate is below a threshold."""
    if rate >= threshold:
        raise UsageError(f"--rate {rate:g} is not below --threshold {threshold:g}")
    how = _collected(cluster_size, icc, missing)
    _answer(_against(threshold, rate, alpha, power, cases, how, as_json))


@power_app.command(epilog="Example: auscult power above --threshold 0.8 --rate 0.9")
def above(
    threshold: Threshold,
    rate: Rate,
    cases: Cases = None,
    alpha: OneSided = 0.05,
    power: Power = 0.8,
    cluster_size: ClusterSize = 1.0,
    icc: Icc = 0.0,
    missing: Missing = 0.0,
    as_json: Json = False,
) -> None:
    """Cases to show that a rate is above a threshold."""
    if rate <= threshold:
        raise UsageError(f"--rate {rate:g} is not above --threshold {threshold:g}")
    how = _collected(cluster_size, icc, missing)
    _answer(_against(threshold, rate, alpha, power, cases, how, as_json))


def _against(
    threshold: float, rate: float, alpha: float, power: float, cases: int | None, how: Collected,
    as_json: bool,
) -> Question:  # fmt: skip
    side = "below" if rate < threshold else "above"
    return Question(
        partial(planning.size_for_threshold, rate, threshold, alpha=alpha, power=power),
        partial(planning.threshold_power, rate=rate, threshold=threshold, alpha=alpha),
        f"to show that the rate is {side} {_percent(threshold)}",
        [f"the true rate is {_percent(rate)}", f"one-sided alpha {alpha:g}"],
        cases,
        how,
        as_json,
        power=power,
    )


@power_app.command(epilog="Example: auscult power difference --worse 0.15 --better 0.05")
def difference(
    worse: Worse,
    better: Better,
    cases: Cases = None,
    alpha: TwoSided = 0.05,
    power: Power = 0.8,
    cluster_size: ClusterSize = 1.0,
    icc: Icc = 0.0,
    missing: Missing = 0.0,
    as_json: Json = False,
) -> None:
    """Cases to find a difference between two arms on the same cases (McNemar)."""
    _answer(
        Question(
            partial(planning.size_for_difference, worse, better, alpha=alpha, power=power),
            partial(planning.mcnemar_power, worse=worse, better=better, alpha=alpha),
            f"to find a difference of {_points(abs(worse - better))}",
            [_turned(worse, better), f"two-sided alpha {alpha:g}"],
            cases,
            _collected(cluster_size, icc, missing),
            as_json,
            power=power,
        )
    )


@power_app.command(
    "non-inferiority",
    epilog="Example: auscult power non-inferiority --margin 0.05 --worse 0.08 --better 0.08",
)
def non_inferiority(
    margin: Annotated[float, typer.Option("--margin", help="How much worse is tolerable.")],
    worse: Annotated[
        float | None, typer.Option("--worse", help="Same cases: turned wrong.")
    ] = None,
    better: Annotated[
        float | None, typer.Option("--better", help="Same cases: turned right.")
    ] = None,
    rate: Annotated[float | None, typer.Option("--rate", help="Separate cases: the new.")] = None,
    control: Annotated[
        float | None, typer.Option("--control", help="Separate cases: the present.")
    ] = None,
    cases: Cases = None,
    alpha: OneSided = 0.025,
    power: Power = 0.8,
    cluster_size: ClusterSize = 1.0,
    icc: Icc = 0.0,
    missing: Missing = 0.0,
    as_json: Json = False,
) -> None:
    """Cases to show that something is no worse than a control by more than a margin.

    On the same cases: --worse and --better. On separate cases in each arm: --rate and --control.
    """
    given = [flag is not None for flag in (worse, better, rate, control)]
    if given not in ([True, True, False, False], [False, False, True, True]):
        raise UsageError(
            "give --worse and --better (the same cases) or --rate and --control (separate cases)"
        )
    if worse is not None and better is not None:
        size = partial(planning.size_for_paired_margin, worse, better)
        chance = partial(planning.paired_margin_power, worse=worse, better=better)
        assumed = _turned(worse, better)
    else:
        rate, control = rate or 0.0, control or 0.0  # both are given: said to the type checker
        size = partial(planning.size_for_margin, rate, control)
        chance = partial(planning.margin_power, rate=rate, control=control)
        assumed = f"the new rate is {_percent(rate)}, the present one {_percent(control)}"
    _answer(
        Question(
            partial(size, margin, alpha=alpha, power=power),
            partial(chance, margin=margin, alpha=alpha),
            f"to show that it is worse by less than {_points(margin)}",
            [assumed, f"one-sided alpha {alpha:g}"],
            cases,
            _collected(cluster_size, icc, missing),
            as_json,
            each=" in each arm" if rate is not None else "",
            power=power,
        )
    )


def _answer(asked: Question) -> None:
    """The sentence first, then what it rests on."""
    if asked.cases is None:
        found = _tried(asked.size)
        size = planning.spread_over(found.n, asked.how)
        method, independent, cases, achieved = found.method, found.n, size.cases, found.achieved
        said = f"You need {_cases(cases, size.clusters, asked)} {asked.purpose}."
    else:
        cases, independent = asked.cases, planning.worth(asked.cases, asked.how)
        if independent < 1:
            raise UsageError(f"--cases {cases} leaves no usable case; give more")
        achieved = _number(_tried(partial(asked.achieved, independent)))
        size, method = None, ""
        shown = f"{_cases(cases, 0, asked)}"
        if asked.power is None:
            said = f"With {shown} the interval reaches about {_points(achieved)} to either side."
        else:
            said = f"With {shown} the chance is {_percent(achieved)} {asked.purpose}."
    if asked.as_json:
        told = {
            "cases": cases,
            "clusters": size.clusters if size else None,
            "independent": independent,
            "design_effect": asked.how.design_effect,
            "half_width" if asked.power is None else "power": achieved,
            "method": method,
            "sentence": said,
        }
        typer.echo(msgspec.json.encode(told).decode())
        return
    typer.echo(said)
    lines = [*asked.assumed, *_collection(asked.how, independent)]
    if asked.power is not None and asked.cases is None:
        lines.append(f"power {_percent(achieved)} ({_percent(asked.power)} asked for)")
    for line in [*lines, method]:
        if line:
            typer.echo(f"  - {line}")


def _collected(cluster_size: float, icc: float, missing: float) -> Collected:
    return _tried(lambda: Collected(cluster_size, icc, missing))


def _tried(ask: Callable[[], Found]) -> Found:
    try:
        return ask()
    except ValueError as error:
        raise UsageError(str(error)) from error


def _number(found: Any) -> float:
    return found if isinstance(found, float) else float(found[0])


def _cases(cases: int, clusters: int, asked: Question) -> str:
    plain = f"{cases:,} {'case' if cases == 1 else 'cases'}"
    if clusters and asked.how.cluster_size > 1:
        plain += f" from {clusters:,} {'cluster' if clusters == 1 else 'clusters'}"
    return plain + asked.each


def _collection(how: Collected, independent: int) -> list[str]:
    said = []
    if how.cluster_size > 1:
        said.append(
            f"clusters of {how.cluster_size:g} cases with an intracluster correlation of "
            f"{how.icc:g}: design effect {how.design_effect:g}"
        )
    if how.missing:
        said.append(
            f"{_percent(how.missing)} of the replies missing, whatever they would have said"
        )
    if said:
        said.append(f"worth {independent:,} independent usable cases")
    return said


def _turned(worse: float, better: float) -> str:
    return (
        f"{_percent(worse)} of the cases turn from right to wrong, {_percent(better)} from wrong "
        "to right"
    )


def _percent(share: float) -> str:
    return f"{100 * share:.4g}%"


def _points(share: float) -> str:
    return f"{100 * share:.3g} percentage points"
