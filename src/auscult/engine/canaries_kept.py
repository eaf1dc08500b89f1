"""What a run's judges said of their canaries, session by session, as reports read it.

They lie in a ledger of their own in `canaries/`, beside the run's: no trial of theirs can enter a
figure. What they cost is part of the run's cost.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec

from auscult.engine.ledger import LEDGER_NAME, Reader, open_reader
from auscult.engine.records import Intent
from auscult.engine.writer import RoleTotals

FOLDER, READINGS = "canaries", "readings"
JUDGED, SAID = "judged", "said"


class Reading(msgspec.Struct, frozen=True):
    """One judge at the start of one session. Its answers are cases `first` and on."""

    at: str
    judge: str
    version: str
    models: dict[str, str]
    """Who plays each role that it asks."""
    ids: tuple[str, ...]
    labels: tuple[str, ...]
    first: int


class Sung(msgspec.Struct, frozen=True):
    """A reading with what the judge said, in its own words; empty where it gave no verdict."""

    reading: Reading
    said: tuple[str, ...]

    @property
    def read(self) -> int:
        return sum(bool(one) for one in self.said)

    @property
    def as_labelled(self) -> int:
        return sum(one == label for one, label in self._pairs(self.reading.labels))

    @property
    def verdicts(self) -> dict[str, str]:
        """By canary, of those that it gave one of."""
        return {name: one for name, one in zip(self.reading.ids, self.said, strict=True) if one}

    @property
    def instrument(self) -> tuple[str, tuple[tuple[str, str], ...]]:
        """What must be the same for two readings to be of one judge."""
        return self.reading.version, tuple(sorted(self.reading.models.items()))

    def _pairs(self, labels: tuple[str, ...]) -> zip[tuple[str, str]]:
        return zip(self.said, labels, strict=True)


def sung_in(folder: Path) -> list[Sung]:
    """In order; readings that were broken off have gaps."""
    if not (folder / FOLDER / LEDGER_NAME).exists():
        return []
    reader = open_reader(folder / FOLDER)
    try:
        readings: list[Reading] = reader.meta(READINGS, list[Reading]) or []
        said = {
            case.case_no: str(case.trials[0].labels.get(SAID, ""))
            for case in reader.cases()
            if case.trials
        }
    finally:
        reader.close()
    return [
        Sung(one, tuple(said.get(one.first + place, "") for place in range(len(one.ids))))
        for one in readings
    ]


def drifts(sung: list[Sung]) -> list[tuple[str, ...]]:
    """Of each reading of one judge, the canaries that it read otherwise than at first: each is held
    against the first verdict that the same judge, of the same version and played by the same
    models, gave of it. A reading without verdicts hides nothing, and another judge is no drift."""
    first: dict[tuple[Any, str], str] = {}
    found = []
    for one in sung:
        for name, said in one.verdicts.items():
            first.setdefault((one.instrument, name), said)
        told = one.verdicts.items()
        found.append(tuple(n for n, said in told if first[one.instrument, n] != said))
    return found


def parted(here: list[Sung], there: list[Sung]) -> dict[str, int]:
    """Of the canaries that one judge gave verdicts of in both runs, how many different ones: more
    than one is drift, between the runs or within one."""
    found: dict[str, int] = {}
    alike = {one.instrument for one in here} & {one.instrument for one in there}
    for instrument in alike:
        a, b = (_verdicts(sung, instrument) for sung in (here, there))
        for name in a.keys() & b.keys():
            found[name] = max(found.get(name, 0), len(a[name] | b[name]))
    return found


def _verdicts(sung: list[Sung], instrument: Any) -> dict[str, set[str]]:
    said: dict[str, set[str]] = {}
    for one in sung:
        if one.instrument == instrument:
            for name, verdict in one.verdicts.items():
                said.setdefault(name, set()).add(verdict)
    return said


def judges_of(sung: list[Sung]) -> dict[str, list[Sung]]:
    found: dict[str, list[Sung]] = {}
    for one in sung:
        found.setdefault(one.reading.judge, []).append(one)
    return found


class Cost(msgspec.Struct, frozen=True):
    totals: dict[str, RoleTotals] = {}
    unresolved: tuple[Intent, ...] = ()

    def beside(self, others: dict[str, RoleTotals]) -> dict[str, RoleTotals]:
        """Both together, by role, as new totals."""
        found: dict[str, RoleTotals] = {}
        for totals in (others, self.totals):
            for role, one in totals.items():
                found.setdefault(role, RoleTotals(models={})).add(one)
        return found


def cost_of(folder: Path) -> Cost:
    if not (folder / FOLDER / LEDGER_NAME).exists():
        return Cost()
    reader: Reader = open_reader(folder / FOLDER)
    try:
        return Cost(reader.totals(), tuple(reader.unresolved()))
    finally:
        reader.close()
