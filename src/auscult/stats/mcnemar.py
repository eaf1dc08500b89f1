"""McNemar's test: did more cases turn wrong than turned right?

Only cases whose outcome changed between control and arm tell anything. Where each cluster holds
one pair, they fall either way with equal chance if the arm does nothing, which is a binomial test.
Where a cluster holds several, the pairs of a patient are no independent coins; `clustered_mcnemar`
compares sums per cluster instead.
"""

from __future__ import annotations

from math import erfc, sqrt
from typing import TYPE_CHECKING, Any

import msgspec

from auscult.stats.grouped import sums_by

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]


class McNemar(msgspec.Struct, frozen=True):
    """Two-sided unless named otherwise. `worse` asks whether the arm turns more cases from right
    to wrong than back, `better` the contrary; a one-sided question is asked before the run."""

    right_to_wrong: int
    wrong_to_right: int
    exact_p: float
    mid_p: float
    exact_p_worse: float
    exact_p_better: float
    mid_p_worse: float
    mid_p_better: float


class ClusteredMcNemar(msgspec.Struct, frozen=True):
    """`statistic` is a chi-square with one degree of freedom. The turns are sums over pairs, and
    whole numbers where every pair is one reply against one reply."""

    right_to_wrong: float
    wrong_to_right: float
    pairs: int
    clusters: int
    statistic: float
    p_value: float
    p_worse: float
    p_better: float


def mcnemar(right_to_wrong: int, wrong_to_right: int) -> McNemar:
    """Exact (McNemar 1947) and mid-p (Lancaster 1961; Fagerland, Lydersen and Laake 2013) p-values
    that the chance of turning wrong equals that of turning right. Valid with one pair per cluster.

    Two-sided values are twice the smaller one-sided value, at most 1. The exact test never errs
    too often; mid-p counts half of what was observed, errs about as often as it says and finds
    more. Where no case changed, every p is 1."""
    for count in (right_to_wrong, wrong_to_right):
        if count < 0 or count != int(count):
            raise ValueError(f"{count} is not a number of cases that changed")
    changed = right_to_wrong + wrong_to_right
    if not changed:
        return McNemar(0, 0, *[1.0] * 6)
    fewer = min(right_to_wrong, wrong_to_right)  # the other tail's terms would cancel to nothing
    at = 0.5 * (_below(fewer + 1, changed) - _below(fewer, changed))
    better, worse = _below(right_to_wrong, changed), _below(wrong_to_right, changed)
    exact_worse, exact_better = min(1.0, worse + 2 * at), min(1.0, better + 2 * at)
    return McNemar(
        right_to_wrong=int(right_to_wrong),
        wrong_to_right=int(wrong_to_right),
        exact_p=min(1.0, 2 * min(exact_worse, exact_better)),
        mid_p=min(1.0, 2 * min(worse + at, better + at)),
        exact_p_worse=exact_worse,
        exact_p_better=exact_better,
        mid_p_worse=worse + at,
        mid_p_better=better + at,
    )


def _below(count: int, changed: int) -> float:
    """The chance of fewer than `count` of so many fair coins."""
    from scipy.special import bdtr

    return float(bdtr(count - 1, changed, 0.5)) if count else 0.0


def clustered_mcnemar(treated: Any, control: Any, cluster: Any) -> ClusteredMcNemar:
    """Obuchowski's (1998) test for paired outcomes in clusters: one entry per pair, 1 for right.

    The sum over pairs of (treated minus control) is compared with its spread between clusters when
    the arm does nothing: chi-square = (K-1)/K * (sum of D)^2 / sum of D^2, with D the sum of a
    cluster. It weighs pairs equally, as the difference it stands beside does (Durkalski's 2003
    test weighs clusters equally). With one pair per cluster it is McNemar's chi-square but for
    (K-1)/K. It can't exceed the number of clusters that changed, so very few are never enough.
    Outcomes between 0 and 1 (a mean over repeats) are allowed. Nothing changed, or one cluster:
    p is 1."""
    import numpy as np

    after, before = _outcomes(treated, "treated"), _outcomes(control, "control")
    names = np.asarray(cluster)
    if not after.shape == before.shape == names.shape:
        raise ValueError("treated, control and cluster must be as long as each other")
    change = sums_by(_numbered(names), after - before).totals
    clusters, squares = len(change), float(np.sum(np.sort(change**2)))
    total = float(np.sum(np.sort(change)))
    statistic = 0.0
    if clusters > 1 and squares > 0:
        statistic = (clusters - 1) / clusters * total**2 / squares
    two_sided = erfc(sqrt(statistic / 2))
    with_sign = two_sided / 2 if total < 0 else 1 - two_sided / 2
    nothing = squares == 0 or clusters < 2
    return ClusteredMcNemar(
        right_to_wrong=float(np.sum(np.sort(before * (1 - after)))),
        wrong_to_right=float(np.sum(np.sort(after * (1 - before)))),
        pairs=len(after),
        clusters=clusters,
        statistic=statistic,
        p_value=two_sided,
        p_worse=1.0 if nothing else with_sign,
        p_better=1.0 if nothing else 1 - with_sign,
    )


def _outcomes(values: Any, name: str) -> Floats:
    import numpy as np

    found = np.asarray(values, dtype=np.float64)
    if found.ndim != 1 or not np.all((found >= 0) & (found <= 1)):
        raise ValueError(f"{name} must be a list of outcomes between 0 and 1")
    return found


def _numbered(names: NDArray[Any]) -> NDArray[Any]:
    import numpy as np

    return np.unique(names, return_inverse=True)[1]
