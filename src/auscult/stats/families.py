"""Many comparisons: families declared before the run, and p-values adjusted within them.

An endpoint that was declared stays in its family whatever came of it: one that could not be
measured counts with p = 1, so that nothing is gained by losing it. So does one from which no claim
may be made: were its claim taken away afterwards, its small p-value would have lowered the bar for
the rest. What belongs to no family is left as it is, which is exploratory.
"""

from __future__ import annotations

from math import isfinite, log
from typing import TYPE_CHECKING, Any, Literal

import msgspec

from auscult.core.estimate import Estimate

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

Method = Literal["holm", "benjamini-hochberg"]
PROMISES: dict[Method, str] = {
    "holm": "Holm: the chance of any false claim in the family is at most alpha",
    "benjamini-hochberg": (
        "Benjamini-Hochberg: of the claims made in the family, at most a share of alpha is "
        "false on average"
    ),
}
NO_DIFFERENCE = {"difference of proportions": 0.0, "ratio": 1.0}
"""By unit: the value at which there is nothing to claim."""
NOT_MEASURED = "it was not measured"
ROUNDING = 1e-9
"""An interval that just holds the null makes no claim, whatever its p-value is rounded to."""


class Endpoint(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """Names one estimate. `group` must match exactly (empty: the estimate over all groups); any
    other word left out matches whatever is there."""

    suite: str
    metric: str
    group: dict[str, str] = {}
    arm: str | None = None
    control_arm: str | None = None
    condition: str | None = None
    judge: str | None = None

    @property
    def name(self) -> str:
        versus = f" vs {self.control_arm}" if self.control_arm else ""
        words = [f"{key} {value}" for key, value in sorted(self.group.items())]
        words += [f"{self.arm}{versus}"] if self.arm else []
        words += [word for word in (self.condition, self.judge) if word]
        return f"{self.suite}/{self.metric}" + (f" ({', '.join(words)})" if words else "")

    def matches(self, found: Estimate) -> bool:
        named = (self.suite, self.metric, self.group)
        if named != (found.suite, found.metric, found.group):
            return False
        optional = ("arm", "control_arm", "condition", "judge")
        return all(getattr(self, key) in (None, getattr(found, key)) for key in optional)


class Family(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """Declared in the plan and part of its hash. `alpha` is the error the whole family may make."""

    name: str
    endpoints: tuple[Endpoint, ...]
    method: Method = "holm"
    alpha: float = 0.05

    def __post_init__(self) -> None:
        if not self.name:
            raise ValueError("a family needs a name")
        if not self.endpoints:
            raise ValueError(f"the family '{self.name}' has no endpoints")
        if self.method not in PROMISES:
            raise ValueError(f"'{self.method}' is no method; known: {', '.join(PROMISES)}")
        if not 0 < self.alpha < 1:
            raise ValueError(f"alpha must lie between 0 and 1, not {self.alpha}")
        names = [endpoint.name for endpoint in self.endpoints]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ValueError(f"the family '{self.name}' names {twice[0]} more than once")

    @property
    def sentence(self) -> str:
        """The family as it is printed."""
        named = "; ".join(endpoint.name for endpoint in self.endpoints)
        return (
            f"Family '{self.name}' ({PROMISES[self.method]}; alpha {self.alpha:g}), "
            f"{len(self.endpoints)} endpoints: {named}."
        )


class EBH(msgspec.Struct, frozen=True):
    """`rejected` in the order given; `least` is what an e-value had to reach (None where none did
    enough)."""

    rejected: tuple[bool, ...]
    count: int
    least: float | None


def holm(p_values: Any) -> Floats:
    """Holm's (1979) step-down adjusted p-values, in the order given: the smallest times m, the next
    times m - 1, and so on, never falling, at most 1. Holds whatever the dependence."""
    import numpy as np

    p = _checked(p_values)
    order = np.argsort(p, kind="stable")
    stepped = np.maximum.accumulate(p[order] * (len(p) - np.arange(len(p))))
    out = np.empty_like(p)
    out[order] = np.minimum(stepped, 1.0)
    return out


def benjamini_hochberg(p_values: Any) -> Floats:
    """Benjamini and Hochberg's (1995) adjusted p-values (q-values): p times m over its rank, never
    falling. Holds for independent or positively dependent p-values."""
    import numpy as np

    p = _checked(p_values)
    if not len(p):
        return p
    from scipy.stats import false_discovery_control

    return np.asarray(false_discovery_control(p, method="bh"), dtype=np.float64)


def e_bh(e_values: Any, alpha: float = 0.05) -> EBH:
    """Wang and Ramdas' (2022) e-BH: rejects the k largest e-values, k being the largest number for
    which the k-th largest is at least m / (alpha k). Keeps the false discovery rate under alpha
    whatever the dependence, and at any time of looking."""
    import numpy as np

    e = np.asarray(e_values, dtype=np.float64)
    if e.ndim != 1 or not np.all(e >= 0):
        raise ValueError("e-values must be a list of numbers that are not negative")
    if not 0 < alpha < 1:
        raise ValueError(f"alpha must lie between 0 and 1, not {alpha}")
    m = len(e)
    ranked = -np.sort(-e)
    enough = np.flatnonzero(ranked * np.arange(1, m + 1) >= m / alpha)
    if not len(enough):
        return EBH((False,) * m, 0, None)
    count = int(enough[-1]) + 1
    last = ranked[count - 1]
    return EBH(tuple(bool(value >= last) for value in e), count, m / (alpha * count))


def _checked(p_values: Any) -> Floats:
    import numpy as np

    p = np.array(p_values, dtype=np.float64)
    if p.ndim != 1 or not np.all((p >= 0) & (p <= 1)):
        raise ValueError("p-values must be a list of numbers between 0 and 1")
    return p


def p_value(found: Estimate) -> float | None:
    """The two-sided p-value for "no difference", under 1 - level exactly where the interval leaves
    that out. None where the estimate has no interval on both sides or no such null.

    `extra["p_value"]` is taken where the estimator left one. Else it is *approximate*: the interval
    of a difference (or, as a logarithm, of a ratio) is read as centre plus or minus t standard
    errors, with `extra["df"]` or clusters - 1 degrees of freedom, and turned round. Where the range
    cuts a difference off at -1 or 1, the other half of the interval is mirrored. One that cannot be
    under 0 (`extra["magnitude"]`, say a largest gap) has an interval cut off at 0 wherever nothing
    is shown, which cannot be turned round: without a p-value of its own it has none there."""
    given = found.extra.get("p_value")
    if given is not None:
        if not 0 <= given <= 1:
            raise ValueError(f"{found.suite}/{found.metric} has the p-value {given}")
        return float(given)
    spans = _span(found)
    if spans is None:
        return None
    centre, half = spans
    if half == 0:
        return 1.0 if centre == 0 else 0.0
    approximate = _two_sided(found, abs(centre) / half)
    held = abs(centre) <= half
    return max(approximate, min(1.0, 1 - found.level + ROUNDING)) if held else approximate


def _two_sided(found: Estimate, apart: float) -> float:
    """`apart`: how many half widths the centre is away from the null."""
    from scipy.special import ndtr, ndtri, stdtr, stdtrit

    df = found.extra.get("df", max(found.n_clusters - 1, 0))
    tail = 0.5 + found.level / 2
    if df < 1:
        return float(2 * ndtr(-apart * ndtri(tail)))
    return float(2 * stdtr(df, -apart * stdtrit(df, tail)))


def _span(found: Estimate) -> tuple[float, float] | None:
    """Centre and half width on the scale where the null is 0."""
    value, low, high = found.value, found.low, found.high
    if found.unit not in NO_DIFFERENCE or value is None or low is None or high is None:
        return None
    if found.unit == "ratio":
        if low <= 0 or not isfinite(high):
            return None
        low, high = log(low), log(high)
    elif low <= 0 and found.extra.get("magnitude"):
        return None
    elif low <= -1 < high < 1:
        low = min(low, 2 * value - high)
    elif high >= 1 > low > -1:
        high = max(high, 2 * value - low)
    return (low + high) / 2, (high - low) / 2


def adjusted(
    estimates: Sequence[Estimate],
    family: Family,
    p_of: Callable[[Estimate], float | None] = p_value,
    no_claim: Callable[[Estimate], str] | None = None,
) -> list[Estimate]:
    """The estimates in their order, those of the family with `family`, `p_adjusted` and, in
    `extra`, `p_value`, where it comes from (`p_from`), `rejected` and `in_family`.

    An endpoint without a p-value counts with p = 1 and says so; one without an estimate is added
    at the end as an estimate without a value. With p = 1 counts, too, an endpoint whose claim the
    missing data could undo, or for which `no_claim` gives a reason (empty: none); its own p-value
    stays in `extra`. Estimates outside the family are left alone."""
    places = [_place(estimates, endpoint, family) for endpoint in family.endpoints]
    if len({place for place in places if place is not None}) < sum(p is not None for p in places):
        raise ValueError(f"two endpoints of the family '{family.name}' name the same estimate")
    members = [
        _Member(_unmeasured(endpoint), None, "", NOT_MEASURED)
        if place is None
        else _member(estimates[place], p_of, no_claim)
        for endpoint, place in zip(family.endpoints, places, strict=True)
    ]
    adjust = holm if family.method == "holm" else benjamini_hochberg
    final = adjust([m.counts_as for m in members])
    about = {
        "method": family.method,
        "alpha": family.alpha,
        "size": len(members),
        "unmeasured": _named(family, [m.p is None for m in members]),
        "without_claim": _named(family, [m.p is not None and m.why != "" for m in members]),
    }
    out = list(estimates)
    for place, member, q in zip(places, members, final, strict=True):
        marked = _marked(member, family, float(q), about)
        if place is None:
            out.append(marked)
        else:
            out[place] = marked
    return out


class _Member(msgspec.Struct, frozen=True):
    found: Estimate
    p: float | None
    p_from: str
    why: str
    """Why it counts with p = 1; empty where it counts with its own."""

    @property
    def counts_as(self) -> float:
        return 1.0 if self.p is None or self.why else self.p


def _member(
    found: Estimate,
    p_of: Callable[[Estimate], float | None],
    no_claim: Callable[[Estimate], str] | None,
) -> _Member:
    p = p_of(found)
    if p is None:
        because = "it has no p-value" if found.value is not None else NOT_MEASURED
        return _Member(found, None, "", because)
    because = no_claim(found) if no_claim else ""
    if not because and _could_be_undone(found):
        because = "the missing data could undo its claim"
    return _Member(found, p, _source(found, p_of), because)


def _could_be_undone(found: Estimate) -> bool:
    """Counted one way or the other, the missing data could leave nothing to claim."""
    extra, null = found.extra, NO_DIFFERENCE.get(found.unit)
    ends = extra.get("bound_interval")
    if extra.get("undecided"):
        return True
    if ends is None or null is None or not _anything_missing(found):
        return False
    low, high = ends
    return (low is None or low <= null) and (high is None or high >= null)


def _anything_missing(found: Estimate) -> bool:
    """Where nothing is, both fillings are the estimate itself, at whose level the family may not
    be; its p-value alone decides."""
    low, high = found.extra.get("bound_low"), found.extra.get("bound_high")
    same = low == high and low is not None
    return not same and list(found.extra["bound_interval"]) != [found.low, found.high]


def _named(family: Family, chosen: list[bool]) -> list[str]:
    return [e.name for e, here in zip(family.endpoints, chosen, strict=True) if here]


def _source(found: Estimate, p_of: Callable[[Estimate], float | None]) -> str:
    if p_of is not p_value:
        return "a test named by the caller"
    if "p_value" in found.extra:
        return str(found.extra.get("p_from", "the estimate"))
    return "the interval, approximately"


def _place(estimates: Sequence[Estimate], endpoint: Endpoint, family: Family) -> int | None:
    places = [i for i, found in enumerate(estimates) if endpoint.matches(found)]
    if len(places) > 1:
        raise ValueError(
            f"{endpoint.name} in the family '{family.name}' fits {len(places)} estimates; "
            "name its arm, condition or judge"
        )
    if places and estimates[places[0]].family not in ("", family.name):
        other = estimates[places[0]].family
        raise ValueError(f"{endpoint.name} is in the families '{other}' and '{family.name}'")
    return places[0] if places else None


def _unmeasured(endpoint: Endpoint) -> Estimate:
    return Estimate(
        suite=endpoint.suite,
        metric=endpoint.metric,
        estimand="Declared before the run and not measured.",
        value=None,
        low=None,
        high=None,
        group=endpoint.group,
        arm=endpoint.arm or "",
        control_arm=endpoint.control_arm,
        condition=endpoint.condition or "",
        judge=endpoint.judge or "",
    )


def _marked(member: _Member, family: Family, final: float, about: dict[str, Any]) -> Estimate:
    found, told = member.found, {} if member.p is None else {"p_from": member.p_from}
    said = f"Counts in the family '{family.name}' with p = 1, because {member.why}."
    return msgspec.structs.replace(
        found,
        family=family.name,
        p_adjusted=final,
        note=f"{found.note} {said}".strip() if member.why else found.note,
        extra=found.extra
        | {
            "p_value": 1.0 if member.p is None else member.p,
            "rejected": final <= family.alpha,
            "in_family": about,
        }
        | told,
    )
