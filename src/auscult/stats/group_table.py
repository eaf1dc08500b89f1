"""Trials made ready for comparing groups: who belongs where, and who is too few to compare."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from auscult.stats.grouped import codes
from auscult.stats.table import ALL_ASKED, COUNTED, MISSING, classified, correctness

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    import polars as pl
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Whole = NDArray[np.int64]
    Mask = NDArray[np.bool_]

NOT_STATED = "not stated"
NAMED = 5
"""Names a note lists before it counts the rest."""
POSITIVE = {"yes": "no", "true": "false", "1": "0", "positive": "negative", "present": "absent"}
"""Which of two labels is the positive one, where nobody says."""


class Labelling(msgspec.Struct, frozen=True):
    """Columns of the right label and of the label the target chose, where there are any."""

    truth: str | None = None
    answer: str | None = None
    positive: str | None = None


class GroupTrials(msgspec.Struct, frozen=True):
    """The trials that are counted or missing, as numbers; negative where nothing is stated."""

    column: str
    y: Any
    missing: Any
    group: Any
    cluster: Any
    """Numbered from 0."""
    home: Any
    """The group of each cluster."""
    truth: Any
    chosen: Any
    """True where the answer is the positive label."""
    names: tuple[str, ...]
    labels: tuple[str, ...]
    positive: str
    """Empty where it is not known."""
    fault: str
    """Why no group can be compared; empty where they can."""

    @property
    def counted(self) -> Mask:
        held: Mask = ~self.missing
        return held

    @property
    def truly_positive(self) -> Mask:
        wanted = self.labels.index(self.positive) if self.positive in self.labels else len(self.y)
        held: Mask = self.truth == wanted
        return held


class Side(msgspec.Struct, frozen=True):
    """The trials of one comparison: those of groups large enough, numbered anew."""

    rows: Any
    """Which trials, by position."""
    group: Any
    cluster: Any
    clusters: int
    names: tuple[str, ...]
    small: tuple[str, ...]


def named(frame: pl.DataFrame, column: str) -> pl.DataFrame:
    """A trial without a group belongs to the group "not stated": shown, never dropped."""
    return frame.with_columns(_text(frame[column]).fill_null(NOT_STATED).alias(column))


def group_trials(frame: pl.DataFrame, column: str, by: Labelling) -> GroupTrials:
    """From the trials of one arm; the house rule says which count."""
    import numpy as np
    import polars as pl

    rows = classified(frame, correctness(), ALL_ASKED)
    rows = rows.filter(pl.col("state").is_in([COUNTED, MISSING]))
    missing = (rows["state"] == MISSING).to_numpy()
    names, group = _numbered(rows[column])
    nothing = np.full(len(rows), -1)
    labels, right = _numbered(rows[by.truth]) if by.truth else ((), nothing)
    options, chosen = _numbered(rows[by.answer]) if by.answer else ((), nothing)
    positive = by.positive or _positive_of({*labels, *options})
    wanted = options.index(positive) if positive in options else len(options)
    known, cluster = np.unique(codes(rows["cluster"]), return_inverse=True)
    home = np.full(len(known), -1)
    stated = group >= 0
    home[cluster[stated]] = group[stated]
    return GroupTrials(
        column=column,
        y=np.where(missing, 0.0, rows["y"].fill_null(0.0).to_numpy()),
        missing=missing,
        group=group,
        cluster=cluster,
        home=home,
        truth=right,
        chosen=chosen == wanted,
        names=names,
        labels=labels,
        positive=positive,
        fault=_fault(column, names, group, cluster, home),
    )


def side(trials: GroupTrials, rows: Mask, smallest: int) -> Side | str:
    """The groups that have enough clusters among these rows, or a sentence why there are no two."""
    import numpy as np

    if trials.fault:
        return trials.fault
    place = np.flatnonzero(rows & (trials.group >= 0))
    here = np.bincount(trials.cluster[place], minlength=len(trials.home)) > 0
    sizes = np.bincount(trials.home[here], minlength=len(trials.names))
    kept = np.flatnonzero(sizes >= smallest)
    if len(kept) < 2:
        return _too_few(trials, kept, smallest, len(place))
    number = np.full(len(trials.names), -1)
    number[kept] = np.arange(len(kept))
    place = place[number[trials.group[place]] >= 0]
    return Side(
        rows=place,
        group=number[trials.group[place]],
        cluster=trials.cluster[place],
        clusters=int(sizes[kept].sum()),
        names=tuple(trials.names[g] for g in kept),
        small=tuple(trials.names[g] for g in np.flatnonzero(sizes < smallest)),
    )


class Cells(msgspec.Struct, frozen=True):
    """Trials in order of cluster and label, and sums per cell, a cell being a label in a group."""

    y: Any
    cell: Any
    new_cluster: Any
    new_piece: Any
    """Where another cluster, or another label of the same one, begins."""
    home: Any
    """The group of each cluster."""
    groups: int
    labels: int
    trials: Any
    right: Any
    pieces: Any
    weight: Any
    pulled: Any
    """The rate with the two pseudo-clusters."""
    shared: Any
    """The rate of the label over all groups."""


def cells(y: Any, group: Any, cluster: Any, label: Any = None) -> Cells:
    """From one entry per trial; integers name group, cluster and label."""
    import numpy as np

    y, group, cluster, label = _checked(y, group, cluster, label)
    # In one order whatever the order of the rows, because a sum of floats depends on it.
    order = np.lexsort((y, label, cluster))
    y, group, cluster, label = y[order], group[order], cluster[order], label[order]
    groups, labels = int(group.max()) + 1, int(label.max()) + 1
    cell = group * labels + label
    new_cluster = np.append(True, cluster[1:] != cluster[:-1])
    if np.any(~new_cluster[1:] & (group[1:] != group[:-1])):
        raise ValueError("a cluster belongs to one group only; give every cluster one group")
    new_piece = new_cluster | np.append(True, label[1:] != label[:-1])
    trials = np.bincount(cell, minlength=groups * labels).astype(np.float64)
    if not trials.all():
        raise ValueError("every group must have trials of every label")
    right = np.bincount(cell, weights=y, minlength=groups * labels)
    pieces = np.bincount(cell[new_piece], minlength=groups * labels).astype(np.float64)
    return Cells(
        y=y,
        cell=cell,
        new_cluster=new_cluster,
        new_piece=new_piece,
        home=group[new_cluster],
        groups=groups,
        labels=labels,
        trials=trials,
        right=right,
        pieces=pieces,
        weight=np.tile(np.bincount(label) / len(y), groups),
        pulled=(right + trials / pieces) / (trials + 2 * trials / pieces),
        shared=np.tile(np.bincount(label, weights=y) / np.bincount(label), groups),
    )


def numbered_anew(trials: GroupTrials, chosen: Side) -> Whole:
    """The number of every trial's group among those chosen; -1 where it is not of them."""
    import numpy as np

    places = {name: number for number, name in enumerate(chosen.names)}
    number: Whole = np.array([*(places.get(name, -1) for name in trials.names), -1])[trials.group]
    return number


def unlabelled(trials: GroupTrials) -> str:
    """A sentence on the counted trials that cannot be sorted by their true label, if any."""
    lost = int((trials.counted & (trials.truth < 0)).sum())
    have = "1 trial has" if lost == 1 else f"{lost} trials have"
    return f"{have} no true label and cannot be used here." if lost else ""


def listed(names: Sequence[str]) -> str:
    shown = [f"'{name}'" for name in names[:NAMED]]
    rest = len(names) - len(shown)
    return ", ".join(shown) + (f" and {rest} more" if rest else "")


def _too_few(trials: GroupTrials, kept: Whole, smallest: int, rows: int) -> str:
    if not rows:
        return "Not compared: there are no such trials with a group and a usable reply."
    have = f"only '{trials.names[kept[0]]}' has" if len(kept) else "none has"
    groups = "group" if len(trials.names) == 1 else "groups"
    clusters = "cluster" if smallest == 1 else "clusters"
    return (
        f"Not compared: of the {len(trials.names)} {groups} of '{trials.column}', {have} "
        f"{smallest} such {clusters} or more."
    )


def _text(series: pl.Series) -> pl.Series:
    """As text; null where nothing is stated."""
    import polars as pl

    if series.dtype.is_float():
        series = series.fill_nan(None)
    text = series.cast(pl.String).str.strip_chars()
    return text.set(text.is_in(["", NOT_STATED]), None)


def _numbered(series: pl.Series) -> tuple[tuple[str, ...], Whole]:
    """The names in order, and the number of each row's; -1 where nothing is stated."""
    import numpy as np
    import polars as pl

    text = _text(series)
    names = text.drop_nulls().unique().sort()
    numbers = text.cast(pl.Enum(names)).to_physical().cast(pl.Int64).fill_null(-1)
    return tuple(names), np.asarray(numbers.to_numpy(), dtype=np.int64)


def _positive_of(labels: set[str]) -> str:
    """Of two labels that are a known pair; empty where it must be said."""
    by_word = {label.lower(): label for label in labels}
    for yes, no in POSITIVE.items():
        if set(by_word) <= {yes, no} and yes in by_word:
            return by_word[yes]
    return ""


def _checked(y: Any, group: Any, cluster: Any, label: Any) -> tuple[Floats, Whole, Whole, Whole]:
    import numpy as np

    y = np.asarray(y, dtype=np.float64)
    group, cluster = np.asarray(group, dtype=np.int64), np.asarray(cluster, dtype=np.int64)
    label = np.zeros(len(y), np.int64) if label is None else np.asarray(label, dtype=np.int64)
    if y.ndim != 1 or not len(y) == len(group) == len(cluster) == len(label):
        raise ValueError("y, group, cluster and label must have one entry per trial")
    if not len(y):
        raise ValueError("there are no trials to compare groups by")
    if not (np.isfinite(y).all() and y.min() >= 0 and y.max() <= 1):
        raise ValueError("y must lie between 0 and 1")
    if group.min() < 0 or label.min() < 0:
        raise ValueError("groups and labels are numbered from 0")
    return y, group, cluster, label


def _fault(column: str, names: tuple[str, ...], group: Whole, cluster: Whole, home: Whole) -> str:
    """A patient in two groups would be compared with themself."""
    import numpy as np

    torn = np.unique(cluster[(group >= 0) & (group != home[cluster])])
    if not len(torn):
        return ""
    both = np.unique(group[(cluster == torn[0]) & (group >= 0)])
    count = "1 cluster is" if len(torn) == 1 else f"{len(torn)} clusters are"
    return (
        f"Not compared: {count} in several groups of '{column}' (one of them in "
        f"{listed([names[g] for g in both])}); give every cluster one group."
    )
