"""A run's case index and trials, made by hand, as far as counting its pictures reads them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import msgspec
import polars as pl

from auscult.core.case import Brief, Case, ImageRef
from auscult.core.protocols import DataSet
from auscult.engine.caseindex import CaseIndex

COLUMNS = {
    "suite": pl.Categorical,
    "case_no": pl.Int64,
    "case_id": pl.String,
    "arm": pl.Categorical,
    "behaviour": pl.Categorical,
    "in_prefix": pl.Boolean,
}


def case(
    name: str, *pictures: str, modality: str = "CT", region: str = "chest", **more: Any
) -> Case:
    brief = Brief(modality=modality, region=region, **more)
    return Case(name, question="Is it?", images=tuple(map(ImageRef, pictures)), brief=brief)


class Suite(msgspec.Struct):
    """Its cases, and what each got: arm to behaviours."""

    name: str
    cases: Sequence[Case]
    replies: dict[str, dict[str, str | None]] = {}
    arms: tuple[str, ...] = ("baseline", "no-image")
    data: tuple[DataSet, ...] = (DataSet("table", "archive.csv"),)
    prefix: int | None = None

    default_data: tuple[DataSet, ...] = ()

    def stratum(self, case: Case) -> str:
        return ""


class MadeRun:
    """Has what `engine.view.RunView` has, as far as counting goes."""

    plan_hash = "ab" * 32

    def __init__(self, folder: Path, *suites: Suite) -> None:
        self.folder = folder
        self._suites = {suite.name: suite for suite in suites}
        self.plan = SimpleNamespace(
            suites=[SimpleNamespace(use=s.name, data=s.data) for s in suites]
        )
        rows: list[tuple[Any, ...]] = []
        index = CaseIndex(folder)
        self.suites = []
        for number, suite in enumerate(suites):
            total = index.build(number, suite, suite.cases, 7, "digest")  # type: ignore[arg-type]
            prefix = total if suite.prefix is None else suite.prefix
            self.suites.append(
                SimpleNamespace(name=suite.name, prefix=prefix, arms=suite.arms, attempt=0)
            )
            for case_no, one in index.page(number, 0, total):
                got = suite.replies.get(one.id, {suite.arms[0]: "answered"})
                rows.extend(
                    (suite.name, case_no, one.id, arm, behaviour, case_no < prefix)
                    for arm, behaviour in got.items()
                )
        index.close()
        self._table = pl.DataFrame(rows, schema=COLUMNS, orient="row")

    def plugin(self, name: str) -> Suite:
        return self._suites[name]

    def table(self) -> pl.LazyFrame:
        return self._table.lazy()
