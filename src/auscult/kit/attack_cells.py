"""What suites of attacks share in their estimates, a cell an attack: what each weighs in the mean
over attacks, and what of it was left out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    import polars as pl

    from auscult.core.estimate import Estimate
    from auscult.kit.shift.table import Shifted


def mean_weights(table: Shifted, declared: Mapping[str, float]) -> dict[int, float]:
    """By place of the cell, in sum 1: as declared by the attack's name, 1 where it is not. Empty
    where nothing weighs."""
    raw = {n: float(declared.get(cell.shift, 1.0)) for n, cell in enumerate(table.cells)}
    total = sum(raw.values())
    return {n: weight / total for n, weight in raw.items() if weight} if total else {}


def with_left_out(estimate: Estimate, rows: pl.DataFrame, attack: str) -> Estimate:
    """Cases that the attack does not apply to, and those the gate refused, with reasons. `rows` are
    those of the suite, with the columns `case_id`, `attack`, `unfit` and `rejected`."""
    import polars as pl

    mine = rows.filter(pl.col("attack") == attack)
    unfit = mine.filter(pl.col("unfit").is_not_null())
    refused = mine.filter(pl.col("rejected").is_not_null())
    reasons = refused["rejected"].str.split("; ").explode().value_counts(sort=True)
    counted = {
        "does_not_apply": dict(unfit["unfit"].value_counts(sort=True).iter_rows()),
        "refused_by_the_gate": dict(reasons.iter_rows()),
    }
    return msgspec.structs.replace(
        estimate,
        n_not_applicable=unfit["case_id"].n_unique(),
        n_rejected=refused["case_id"].n_unique(),
        extra=estimate.extra | counted,
    )
