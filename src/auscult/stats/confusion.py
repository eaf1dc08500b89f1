"""How a judge reads what a person has read: the confusion matrix of labelled replies, and draws of
the error rates behind it.

Labels (`stats.agreement`) stand for 1/inclusion replies each. A share within a true level is a
ratio of two such totals (Hajek 1971). Its interval is
Clopper-Pearson: exact for independent labels of equal weight, otherwise on the effective sample
size (Korn and Graubard 1998), found by linearisation with clusters as the unit. Where errors or
clusters are too few to see the variance, all labels of a cluster are taken to agree.
"""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING, Any, Literal

import msgspec

from auscult.stats.agreement import Labels, cell_sums, sampled
from auscult.stats.bootstrap import DRAWS, SEED, percentile
from auscult.stats.intervals import clopper_pearson, t_quantile, z_quantile
from auscult.stats.rates import ENOUGH_EVENTS, SOME_CLUSTERS

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from auscult.core.estimate import Estimate

    Floats = NDArray[np.float64]

Source = Literal["run", "exchangeable", "shipped"]
"""Where labels come from: this run, a population declared exchangeable with it, or the judge's
own calibration set."""
EXACT = "Clopper-Pearson"
EFFECTIVE = "Clopper-Pearson on the effective sample size, Student's t (Korn-Graubard)"
MOST_LEVELS = 8
WORST = "Clopper-Pearson on clusters, as if all labels of a cluster agreed"


class Share(msgspec.Struct, frozen=True):
    """A proportion of labels, with its interval."""

    value: float
    low: float
    high: float
    n: int
    n_effective: float
    method: str


class Confusion(msgspec.Struct, frozen=True):
    """Rows are true levels, columns what the judge saw. None stands where no label has the true
    level."""

    levels: tuple[str, ...]
    counts: tuple[tuple[int, ...], ...]
    totals: tuple[tuple[float, ...], ...]
    """How many replies of the sampled whole lie in each cell (Horvitz-Thompson)."""
    rates: tuple[tuple[Share | None, ...], ...]
    specificities: tuple[Share | None, ...]
    """Per level: the share judged to be another, among those that truly are another."""
    n: int
    n_clusters: int
    n_purposive: int
    """Left out of everything above."""
    weighted: bool

    def sensitivity(self, level: str) -> Share | None:
        """The share judged to be of this level, among those that truly are."""
        at = self._at(level)
        return self.rates[at][at]

    def specificity(self, level: str) -> Share | None:
        return self.specificities[self._at(level)]

    def _at(self, level: str) -> int:
        if level not in self.levels:
            raise ValueError(f"'{level}' is none of the levels {', '.join(self.levels)}")
        return self.levels.index(level)


class ErrorDraws(msgspec.Struct, frozen=True):
    """Draws of one judge's error rates, made once and used for every cell it judged, so that a
    contrast of two cells compares them under the same error rates."""

    levels: tuple[str, ...]
    source: Source
    matrices: dict[str, Any]
    """Per slice (usually an arm), or under "" for all: draws x true level x judged level."""
    points: dict[str, Any]
    """The observed rates; a row of NaN where no label has the true level."""
    n_labels: dict[str, int]
    n_purposive: int
    seed: int

    def part(self, name: str) -> str | None:
        """The key that serves a slice; None where it has no labels of its own."""
        return "" if "" in self.matrices else name if name in self.matrices else None

    def unseen(self, part: str) -> tuple[str, ...]:
        """True levels without a label, of which nothing is known."""
        import numpy as np

        gaps = np.isnan(self.points[part]).any(axis=1)
        return tuple(name for name, gap in zip(self.levels, gaps, strict=True) if gap)

    def informedness(self, part: str, level: float = 0.95) -> tuple[float, float, float]:
        """The determinant of the matrix, with its interval: for two levels Se + Sp - 1 (Youden
        1950). At 0 what the judge says holds no word about the truth."""
        import numpy as np

        point = float(np.linalg.det(self.points[part]))
        low, high = percentile(np.linalg.det(self.matrices[part]), level)
        return point, min(low, point), max(high, point)

    def fault(self, part: str | None, level: float = 0.95) -> str:
        """Why these error rates correct nothing; empty where they do."""
        if part is None:
            return "none of its replies were labelled."
        if unseen := self.unseen(part):
            return f"no label is truly '{unseen[0]}', so how the judge reads those is unknown."
        value, low, high = self.informedness(part, level)
        if low <= 0 <= high:
            name = "sensitivity + specificity - 1" if len(self.levels) == 2 else "the determinant"
            return (
                f"{name} of the judge is {value:.2f}, interval {low:.2f} to {high:.2f}, which "
                "includes 0: the labels do not show that the judge tells the levels apart."
            )
        if high < 0:
            return "the judge is right less often than chance: see whether levels were mixed up."
        return ""

    def place(self, positive: str) -> int:
        """Where a level stands among two."""
        if len(self.levels) != 2 or positive not in self.levels:
            raise ValueError(
                f"a rate of '{positive}' needs error rates of two levels, that and all others; "
                f"these have {', '.join(self.levels)} (see agreement.two_levels)"
            )
        return self.levels.index(positive)


def confusion(found: Labels, *, level: float = 0.95, unweighted: bool = False) -> Confusion:
    """The confusion matrix, weighted by 1/inclusion. `unweighted` takes each label for one, and is
    refused where that would not be true of the whole they were picked from."""
    import numpy as np

    kept = sampled(found)
    if unweighted:
        _check_unweighted(found)
        kept = msgspec.structs.replace(kept, inclusion=np.ones(len(kept)))
    k = len(found.levels)
    cells = cell_sums(kept)
    counts = np.bincount(kept.truth * k + kept.judged, minlength=k * k).reshape(k, k)
    other = cells.sum(axis=1)
    rates, specificities = [], []
    for i in range(k):
        row, n = cells[:, i, :], int(counts[i].sum())
        rates.append(tuple(_share(row[:, j], row.sum(axis=1), n, level) for j in range(k)))
        rest, elsewhere = cells.sum(axis=(1, 2)) - row.sum(axis=1), other - row
        right = elsewhere.sum(axis=1) - elsewhere[:, i]
        specificities.append(_share(right, rest, int(counts.sum()) - n, level))
    return Confusion(
        levels=found.levels,
        counts=tuple(tuple(int(c) for c in row) for row in counts),
        totals=tuple(tuple(float(c) for c in row) for row in cells.sum(axis=0)),
        rates=tuple(rates),
        specificities=tuple(specificities),
        n=len(kept),
        n_clusters=len(cells),
        n_purposive=len(found) - len(kept),
        weighted=len(np.unique(kept.inclusion)) > 1,
    )


def by_slice(found: Labels, *, level: float = 0.95) -> dict[str, Confusion]:
    """One matrix a named slice, in order of the names."""
    import numpy as np

    names = [str(name) for name in np.unique(found.slices) if name]
    return {name: confusion(found.where(found.slices == name), level=level) for name in names}


def stated(
    found: Confusion, about: Estimate, positive: str, what: Literal["sensitivity", "specificity"]
) -> Estimate:
    """Fills in `about` with the judge's sensitivity or specificity for a level."""
    share = found.sensitivity(positive) if what == "sensitivity" else found.specificity(positive)
    left_out = {"labels_left_out_purposive": found.n_purposive}
    about = msgspec.structs.replace(about, extra=about.extra | left_out)
    if share is None:
        which = f"truly '{positive}'" if what == "sensitivity" else f"truly not '{positive}'"
        purposive = f"; {found.n_purposive} picked on purpose do not count"
        note = f"No {what}: no label says {which}{purposive if found.n_purposive else ''}."
        return msgspec.structs.replace(about, note=" ".join(s for s in (about.note, note) if s))
    return msgspec.structs.replace(
        about,
        value=share.value,
        low=share.low,
        high=share.high,
        n=share.n,
        n_clusters=found.n_clusters,
        method=share.method,
        extra=about.extra | {"n_effective": share.n_effective},
    )


def error_draws(
    found: Labels, *, source: Source, per_slice: bool = False, draws: int = DRAWS, seed: int = SEED
) -> ErrorDraws:
    """Draws from the posterior of each true level's rates: Dirichlet under Jeffreys' prior, a half
    in each cell (Jeffreys 1946). Labels that are clustered or weighted count as their effective
    number, by the mean design effect of a row (Rao and Scott 1981). Rows are drawn independently.

    With `per_slice` each slice has rates of its own, and draws independent of the others'."""
    import numpy as np

    kept = sampled(found)
    names = [str(name) for name in np.unique(kept.slices)] if per_slice else [""]
    matrices, points, numbers = {}, {}, {}
    for place, name in enumerate(names):
        part = kept.where(kept.slices == name) if per_slice else kept
        generator = np.random.Generator(np.random.PCG64([seed, 0, place]))
        matrices[name], points[name] = _posterior(part, draws, generator)
        numbers[name] = len(part)
    return ErrorDraws(found.levels, source, matrices, points, numbers, len(found) - len(kept), seed)


def _posterior(part: Labels, draws: int, generator: np.random.Generator) -> tuple[Floats, Floats]:
    import numpy as np

    k = len(part.levels)
    cells = cell_sums(part)
    drawn, point = np.empty((draws, k, k)), np.full((k, k), np.nan)
    for i in range(k):
        n = int((part.truth == i).sum())
        weight = np.zeros(k)
        if n:
            point[i], effective, _ = effective_size(cells[:, i, :], n)
            weight = point[i] * effective
        drawn[:, i, :] = generator.dirichlet(weight + 0.5, size=draws)
    return drawn, point


def rogan_gladen(observed: Any, sensitivity: Any, specificity: Any) -> Any:
    """The true share behind an observed one (Rogan and Gladen 1978), kept in [0, 1]: arrays or
    numbers. NaN where sensitivity and specificity add up to 1."""
    import numpy as np

    for given in (observed, sensitivity, specificity):
        if not np.all((np.asarray(given) >= 0) & (np.asarray(given) <= 1)):
            raise ValueError("shares, sensitivities and specificities must lie in [0, 1]")
    span = np.asarray(sensitivity, dtype=np.float64) + specificity - 1
    safe = np.where(np.abs(span) < 1e-12, np.nan, span)
    return np.clip((np.asarray(observed) - (1 - np.asarray(specificity))) / safe, 0.0, 1.0)


def matrix_inverse(observed: Any, matrices: Any) -> Floats:
    """The true shares whose image under the confusion matrix lies nearest (least squares) to the
    observed ones, among shares that are none negative and add up to 1. A row a draw. With two
    levels this is `rogan_gladen`."""
    import numpy as np

    seen, rates = np.asarray(observed, dtype=np.float64), np.asarray(matrices, dtype=np.float64)
    k = rates.shape[1]
    if k > MOST_LEVELS:
        raise ValueError(f"{k} levels are too many to take through a confusion matrix")
    best, distance = np.full((len(rates), k), np.nan), np.full(len(rates), np.inf)
    # The answer has some set of levels in use; each set has one candidate in closed form.
    for size in range(1, k + 1):
        for used in combinations(range(k), size):
            shares = _within(seen, rates[:, used, :])
            gap = ((np.einsum("dk,dkj->dj", shares, rates[:, used, :]) - seen) ** 2).sum(axis=1)
            nearer = (shares >= -1e-12).all(axis=1) & (gap < distance - 1e-15)
            best[nearer] = 0.0
            best[np.ix_(nearer, used)] = np.clip(shares[nearer], 0.0, 1.0)
            distance[nearer] = gap[nearer]
    return best


def _within(seen: Floats, rates: Floats) -> Floats:
    """Least squares under a sum of 1, by eliminating the last level."""
    import numpy as np

    last = rates[:, -1, :]
    if rates.shape[1] == 1:
        return np.ones((len(rates), 1))
    steps = np.swapaxes(rates[:, :-1, :] - last[:, None, :], 1, 2)
    free = np.einsum("dkj,dj->dk", np.linalg.pinv(steps), seen - last)
    return np.concatenate([free, 1 - free.sum(axis=1, keepdims=True)], axis=1)


def effective_size(sums: Floats, n: int) -> tuple[Floats, float, str]:
    """Shares of the columns of cluster sums, how many independent labels of equal weight would
    tell as much about them, and by which of the three ways an interval is then made."""
    import numpy as np

    sizes = sums.sum(axis=1)
    sums, sizes = sums[sizes > 0], sizes[sizes > 0]
    columns = sums.sum(axis=0)
    clusters, total = len(sizes), float(columns.sum())
    shares = columns / total
    if clusters == n and np.ptp(sizes) <= 1e-9 * sizes[0]:
        return shares, float(n), EXACT
    worst = total**2 / float((sizes**2).sum())
    binomial = float((shares * (1 - shares)).sum()) / n
    spread = float(((sums - sizes[:, None] * shares) ** 2).sum()) / total**2
    if clusters < SOME_CLUSTERS or spread <= 0 or binomial <= 0:
        return shares, worst, WORST
    effective = n / max(1.0, clusters / (clusters - 1) * spread / binomial)
    if effective * (1 - float(shares.max())) < ENOUGH_EVENTS:
        return shares, worst, WORST
    # Few clusters say little about their own spread: Student's t for the normal quantile.
    return shares, effective * (z_quantile() / t_quantile(clusters - 1)) ** 2, EFFECTIVE


def _share(hits: Floats, sizes: Floats, n: int, level: float) -> Share | None:
    import numpy as np

    if n == 0:
        return None
    shares, effective, method = effective_size(np.column_stack([hits, sizes - hits]), n)
    value = min(1.0, max(0.0, float(shares[0])))
    successes = value * effective
    if method == EXACT:  # a count, but for rounding
        successes = float(round(successes))
        value = successes / n
    low, high = clopper_pearson(min(successes, effective), effective, level)
    return Share(value, min(low, value), max(high, value), n, effective, method)


def _check_unweighted(found: Labels) -> None:
    import numpy as np

    if np.any(np.isnan(found.inclusion)):
        raise ValueError(
            "some labels were picked on purpose (no inclusion probability); they cannot enter a "
            "rate unweighted, so leave them out or weight the rest"
        )
    if len(np.unique(found.inclusion)) > 1:
        raise ValueError(
            "labels have unequal inclusion probabilities; a rate must weight them by 1/inclusion"
        )
