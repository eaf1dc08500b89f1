"""Cells: the slices of a suite that stopping rules read apart, each with a sequence of its own.

A cell that knows enough is asked no more, and what is left under the caps goes to the others. Which
cells there are, and what each weighs when they are pooled, is fixed by the plan and the data.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Mapping

import msgspec

from auscult.core.case import Case
from auscult.core.errors import UsageError
from auscult.core.registry import did_you_mean

MOST_CELLS = 200
"""More would leave each of them next to nothing of the error that they share."""
NOT_STATED = "not stated"
ALWAYS = ("specialty", "difficulty")
ENOUGH = 1e-9


class Cells(msgspec.Struct, frozen=True):
    """`of` is the cell of each case of the order, by its place in `names`. `cases` and `clusters`
    count what the data hold of each; a cluster counts in every cell that it has a case of."""

    by: str
    names: tuple[str, ...]
    of: array[int]
    cases: tuple[int, ...]
    clusters: tuple[int, ...]

    def weights(self, declared: Mapping[str, float]) -> tuple[float, ...]:
        """What each cell weighs when they are pooled: as declared, else its share of the clusters
        in the data. It never follows the numbers asked, which follow from the answers."""
        if declared:
            return tuple(declared[name] for name in self.names)
        return tuple(count / sum(self.clusters) for count in self.clusters)

    def check_weights(self, where: str, declared: Mapping[str, float]) -> None:
        """Raises UsageError where a cell has no weight, or a weight no cell."""
        lost = sorted(set(self.names) - set(declared))
        unknown = sorted(set(declared) - set(self.names))
        if declared and (lost or unknown):
            words = [f"no weight for {', '.join(map(repr, lost))}"] if lost else []
            words += [f"no cell {', '.join(map(repr, unknown))} in the data"] if unknown else []
            raise UsageError(
                f"{where}.weights must name every cell of '{self.by}' once: there is "
                f"{' and '.join(words)}; the cells are: {', '.join(self.names)}"
            )


def read_cells(suite: str, by: str, cases: Iterable[Case]) -> Cells:
    """Reads the cases of a suite in their recorded order, a cluster after the other."""
    numbers: dict[str, int] = {}
    of = array("H")
    counts: list[int] = []
    clusters: list[int] = []
    met: set[int] = set()
    cluster, keys = "", set(ALWAYS)
    for case in cases:
        keys.update(case.brief.groups)
        number = numbers.setdefault(_value(case, by), len(numbers))
        if number == MOST_CELLS:
            raise UsageError(
                f"'{by}' divides the cases of '{suite}' into more than {MOST_CELLS} cells, which "
                f"leaves none of them enough to be decided; choose another stop.by"
            )
        if number == len(counts):
            counts.append(0)
            clusters.append(0)
        if case.cluster != cluster:
            cluster = case.cluster
            met.clear()
        of.append(number)
        counts[number] += 1
        clusters[number] += number not in met
        met.add(number)
    if set(numbers) <= {NOT_STATED}:
        raise UsageError(
            f"no case of '{suite}' states '{by}', by which a stopping rule divides them"
            f"{did_you_mean(by, keys)}"
        )
    return _sorted(by, numbers, of, counts, clusters)


def _sorted(
    by: str, numbers: Mapping[str, int], of: array[int], counts: list[int], clusters: list[int]
) -> Cells:
    """By name, so that a report has them in the same order whatever the order of cases."""
    names = tuple(sorted(numbers))
    place = {numbers[name]: new for new, name in enumerate(names)}
    return Cells(
        by,
        names,
        array("H", (place[number] for number in of)),
        tuple(counts[numbers[name]] for name in names),
        tuple(clusters[numbers[name]] for name in names),
    )


def _value(case: Case, by: str) -> str:
    if by in ALWAYS:
        return str(getattr(case.brief, by)) or NOT_STATED
    return case.brief.groups.get(by, "") or NOT_STATED
