"""Does the place of an option matter, and does the same question get the same answer twice?"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from auscult.stats.grouped import parts
from auscult.stats.rates import rate, rates_by
from auscult.stats.table import only

if TYPE_CHECKING:
    import polars as pl

    from auscult.core.estimate import Estimate
    from auscult.kit.mcq_table import Design


ANSWERS = ("cluster", "behaviour", "shown", "position_chosen")
DRAWN = (*ANSWERS, "score", "permuted", "key_position")


def position_estimates(full: pl.DataFrame, design: Design) -> list[Estimate]:
    """Does the place of an option matter? Only where the order was drawn by us."""
    import polars as pl

    drawn = only(full.select(DRAWN), pl.col("permuted"))
    answers = only(drawn.select(ANSWERS), pl.col("position_chosen").is_not_null())
    if answers.is_empty():
        return []
    places = range(int(answers["shown"].max()))  # type: ignore[arg-type]
    strict = 1 - 0.05 / len(places)
    chosen, bounds = [], []
    for place in places:
        letter = design.letters[place]
        expected = answers.select(
            pl.when(pl.col("shown") > place).then(1 / pl.col("shown")).otherwise(0.0).sort().mean()
        ).item()
        words = design.words(
            "position chosen",
            f"The share of answers that name the option shown at {letter}; by chance, as the "
            f"order is random, {expected:.2f}.",
            group={"position": letter},
            denominator="replies to questions in random order that named an option",
            extra={"expected": expected},
        )
        picks = pl.col("position_chosen") == place
        found = rate(answers, words, success=picks)
        excess = {"excess": _less(found.value, expected)}
        chosen.append(msgspec.structs.replace(found, extra=found.extra | excess))
        bounds.append((letter, expected, rate(answers, words, success=picks, level=strict)))
    return [*chosen, _largest_excess(bounds, design), *_by_key_position(drawn, strict, design)]


def _largest_excess(bounds: list[tuple[str, float, Estimate]], design: Design) -> Estimate:
    excess = [(_less(e.value, x), _less(e.low, x), _less(e.high, x), p) for p, x, e in bounds]
    value, _, _, letter = max(excess, key=lambda row: (row[0], row[3]))
    low = max(row[1] for row in excess)
    shape = bounds[0][2]
    words = design.words(
        "position bias",
        "By how much the most favoured place is chosen more often than chance would have it.",
        denominator="replies to questions in random order that named an option",
        direction="lower-is-better",
        standing="secondary",
        unit="excess share",
        method=f"largest of {len(bounds)} simultaneous intervals (Bonferroni): {shape.method}",
    )
    return msgspec.structs.replace(
        words,
        value=value,
        low=low,
        high=max(row[2] for row in excess),
        n=shape.n,
        n_clusters=shape.n_clusters,
        note=f"The target favours the place {letter} whatever stands there." if low > 0 else "",
        extra={"position": letter, "biased": low > 0},
    )


def _by_key_position(drawn: pl.DataFrame, strict: float, design: Design) -> list[Estimate]:
    """Accuracy by the place of the right option, and its spread."""
    import polars as pl

    named = drawn.with_columns(
        pl.col("key_position")
        .replace_strict(dict(enumerate(design.letters)), return_dtype=pl.Categorical)
        .alias("key_position")
    )
    words = design.words(
        "accuracy by place of the right option",
        "The share of right answers when the right option stands at this place.",
        direction="higher-is-better",
    )
    shares = [e for e in rates_by(named, "key_position", words) if e.value is not None]
    if len(shares) < 2:
        return shares
    sure = [e for e in rates_by(named, "key_position", words, level=strict) if e.value is not None]
    values, lows, highs = ([getattr(e, end) for e in sure] for end in ("value", "low", "high"))
    spread = design.words(
        "accuracy spread over places",
        "Accuracy with the right option at its luckiest place minus accuracy at its unluckiest. "
        "Chance alone makes this positive: read the interval.",
        direction="lower-is-better",
        standing="secondary",
        unit="difference of proportions",
        method=f"from {len(sure)} simultaneous intervals (Bonferroni): {sure[0].method}",
        extra={"magnitude": True},
    )
    return [
        *shares,
        msgspec.structs.replace(
            spread,
            value=max(values) - min(values),
            low=max(0.0, max(lows) - min(highs)),
            high=max(highs) - min(lows),
            n=sum(e.n for e in sure),
            n_clusters=drawn["cluster"].n_unique(),
        ),
    ]


def instability(full: pl.DataFrame, design: Design) -> Estimate:
    import polars as pl

    words = design.words(
        "instability",
        "The share of cases for which the option chosen (not its letter) changes between repeats "
        "of the same question.",
        denominator="cases with at least two replies that named an option",
        direction="lower-is-better",
        standing="secondary",
        unit="proportion of cases",
    )
    chosen = full.select("case_id", "cluster", "chosen_original")
    cases = pl.concat([_repeated(part) for part in parts(chosen)])
    if cases.is_empty():
        note = "Not measured: no case has two replies that named an option."
        return msgspec.structs.replace(words, note=note)
    return rate(cases, words, success=pl.col("changed"))


def _repeated(part: pl.DataFrame) -> pl.DataFrame:
    """The cases with several usable replies, and whether these differ."""
    import polars as pl

    return (
        part.filter(pl.col("chosen_original").is_not_null())
        .group_by("case_id")
        .agg(
            pl.col("cluster").first(),
            (pl.col("chosen_original").n_unique() > 1).alias("changed"),
            pl.len().alias("replies"),
        )
        .filter(pl.col("replies") > 1)
        .select("cluster", "changed", pl.lit("answered").alias("behaviour"))
    )


def _less(value: float | None, by: float) -> float:
    return (value or 0.0) - by
