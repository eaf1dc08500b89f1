"""The published protocol beside the corrected one: its noise, its scorers and its prompt.

The published noise is strong salt on single channels (`attacks/shift/legacy_noise.py`); its scorers
are `kit.legacy_cares`, applied to the same replies. Where the plan asked for it, the arm `legacy`
has the question as it was put then: options in the author's order and no way to say "I don't know".
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from auscult.kit.factual.published import SCORER, published_score
from auscult.kit.shift.table import LEGACY, LEGACY_NOISE
from auscult.stats.paired import difference, excess_over_rule
from auscult.stats.rates import rate
from auscult.stats.table import behaved, correctness, only

if TYPE_CHECKING:
    import polars as pl

    from auscult.core.estimate import Estimate
    from auscult.kit.shift.table import Design

ARM = "legacy-noise-1"
READ = ("case_id", "cluster", "arm", "behaviour", "score", "legacy_right", "legacy_abstains")


def published_readings(
    reply: str, form: str, options: list[str], letters: str, key: int
) -> dict[str, float]:
    """What the released scorers make of a reply: they read something in every one."""
    from auscult.kit.legacy_cares import abstains

    right = published_score(reply, form, options, letters, key)  # type: ignore[arg-type]
    return {"legacy_right": right, "legacy_abstains": float(abstains(reply))}


def published_estimates(rows: pl.DataFrame, design: Design) -> list[Estimate]:
    import polars as pl

    scored = pl.col("legacy_right").is_not_null()
    noisy = rows.filter(pl.col("shift") == LEGACY_NOISE, scored).select(READ)
    if noisy.is_empty():
        return []
    noisy = noisy.with_columns(pl.lit(ARM).alias("arm"))
    asked_so = only(rows.select(READ), pl.col("arm") == LEGACY, scored)
    out = [*_shares(noisy, ARM, "", design), *_scorers(noisy, design)]
    if asked_so.is_empty():
        return out
    out += _shares(asked_so, LEGACY, ", asked as published", design)
    return [*out, _prompt(pl.concat([noisy, asked_so]), design)]


def _shares(rows: pl.DataFrame, arm: str, how: str, design: Design) -> list[Estimate]:
    import polars as pl

    out = []
    for metric, column, said in (
        ("accuracy as published", "legacy_right", "counts as right"),
        ("abstention as published", "legacy_abstains", "finds one of its ten substrings in"),
    ):
        words = design.words(
            f"{metric}, under the published noise{how}",
            f"The share of replies to pictures with the published noise that the published scorer "
            f"{said}.",
            arm=arm,
            judge=SCORER,
            denominator="all replies to pictures with the published noise",
            extra={"published": True},
        )
        out.append(rate(rows, words, success=pl.col(column)))
    return out


def _scorers(noisy: pl.DataFrame, design: Design) -> list[Estimate]:
    import polars as pl

    replied = only(noisy, pl.col("behaviour") != "error")
    out = []
    for metric, column, ours in (
        ("accuracy", "legacy_right", correctness()),
        ("abstention", "legacy_abstains", behaved("abstained")),
    ):
        words = design.words(
            f"published scorer minus corrected, {metric}",
            f"The {metric} that the published scorer reads minus the corrected one, of the very "
            "same replies to pictures with the published noise.",
            arm=ARM,
            control_arm="corrected reading",
            judge=f"{SCORER} and corrected",
            denominator="cases with a reply to a picture with the published noise",
            extra={"published": True},
        )
        out.append(excess_over_rule(replied, words, ours, success=pl.col(column)))
    return out


def _prompt(both: pl.DataFrame, design: Design) -> Estimate:
    import polars as pl

    words = design.words(
        "published prompt minus ours",
        "How many more replies the published scorer counts as right when the question is asked as "
        "published than when it is asked as here, both with the published noise.",
        arm=LEGACY,
        control_arm=ARM,
        judge=SCORER,
        denominator="cases with a usable reply in both arms",
        note="As published, options stand in the author's order; here, in a drawn one.",
        extra={"published": True},
    )
    return difference(both, words, success=pl.col("legacy_right"))
