"""What was pictured, where the case index is gone: a purge removes it, and so may a person.

An earlier results.json of the same cases tells. So does a ledger in which no call holds a picture.
Of a run with pictures the ledger keeps the pictures, but not what they are of.
"""

from __future__ import annotations

from collections import Counter
from contextlib import closing
from typing import TYPE_CHECKING

import msgspec

from auscult.engine.ledger import LEDGER_NAME, open_reader
from auscult.kit.suite_cases import free_name
from auscult.report.contract import NOT_STATED, DataPictures, PictureCoverage

if TYPE_CHECKING:
    from auscult.engine.view import RunView

RUN, EARLIER = "run", "earlier results.json"
A_PICTURE = b'"type":"image"'
"""As the ledger writes one; within a text the quotation marks would be escaped."""


class Counted(msgspec.Struct, frozen=True):
    run: PictureCoverage
    suites: dict[str, tuple[DataPictures, ...]] = {}


class _EarlierSuite(msgspec.Struct):
    name: str
    attempt: int
    cases_in_estimates: int
    pictures: tuple[DataPictures, ...] = ()


class _EarlierRun(msgspec.Struct):
    plan_hash: str
    suites: tuple[_EarlierSuite, ...]
    picture_coverage: PictureCoverage = msgspec.field(default_factory=PictureCoverage)


class _Earlier(msgspec.Struct):
    run: _EarlierRun


def counted_without_index(view: RunView) -> Counted:
    return _from_results(view) or _from_a_ledger_without_any(view) or Counted(PictureCoverage())


def data_names(view: RunView, number: int) -> set[str]:
    """What `kit.suite_cases.named_cases` lets the case ids of each data set begin with."""
    chosen = view.plan.suites[number]
    taken: set[str] = set()
    for data in chosen.data or view.plugin(chosen.use).default_data:
        free_name(data, taken)
    return taken


def data_of(case_id: str, names: set[str]) -> str:
    name = case_id.partition("/")[0]
    return name if name in names else NOT_STATED


def _from_results(view: RunView) -> Counted | None:
    """Only where that file speaks of the same plan, and of as many cases of each suite."""
    try:
        told = msgspec.json.decode((view.folder / "results.json").read_bytes(), type=_Earlier).run
    except (OSError, msgspec.DecodeError, UnicodeDecodeError):
        return None
    then = {s.name: (s.attempt, s.cases_in_estimates) for s in told.suites}
    now = {s.name: (s.attempt, s.prefix) for s in view.suites}
    if told.plan_hash != view.plan_hash or then != now or not told.picture_coverage.counted_from:
        return None
    run = msgspec.structs.replace(told.picture_coverage, counted_from=EARLIER)
    return Counted(run, {s.name: s.pictures for s in told.suites})


def _from_a_ledger_without_any(view: RunView) -> Counted | None:
    """Where every case of the prefix was asked, and no call of the run holds a picture."""
    if not (view.folder / LEDGER_NAME).is_file():
        return None
    import polars as pl

    columns = ("suite", "case_id", "behaviour")
    trials = view.table().filter(pl.col("in_prefix")).select(columns)
    if trials.filter(pl.col("behaviour").is_null()).head(1).collect().height:
        return None  # a trial that was not applicable may have had a picture
    asked = trials.select("suite", "case_id").unique().collect()
    per_suite = dict(asked["suite"].cast(pl.String).value_counts().iter_rows())
    if any(per_suite.get(s.name, 0) != s.prefix for s in view.suites) or _holds_pictures(view):
        return None
    suites = {}
    for number, status in enumerate(view.suites):
        names = data_names(view, number)
        ids = asked.filter(pl.col("suite") == status.name)["case_id"]
        found = Counter(data_of(case_id, names) for case_id in ids)
        suites[status.name] = tuple(
            DataPictures(data=name, cases=found[name], cases_with_pictures=0)
            for name in sorted(found)
        )
    return Counted(PictureCoverage(counted_from=RUN, cases=asked["case_id"].n_unique()), suites)


def _holds_pictures(view: RunView) -> bool:
    """Of a purged ledger nobody can say that it held none."""
    with closing(open_reader(view.folder)) as reader:
        purged = reader.meta("purged") is not None
        return purged or any(A_PICTURE in call.request for call in reader.calls())
