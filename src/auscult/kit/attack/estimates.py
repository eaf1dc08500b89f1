"""What a table of attacked replies says: how many answers an attack spoils beyond its control.

The primary figure is P(wrong | attack) - P(wrong | matched control) over all cases that both were
asked of, whatever the target says to the case as it is, averaged over attacks with declared
weights. A pair counts for the inverse of how likely its attack was to be drawn for the case. Beside
it stand its two halves (the shares of right answers under the control and under attack), the figure
that DAS counts (of the cases first answered right, how many are wrong under attack) and how many
answers change when nothing does.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from auscult.kit.attack.constant import beyond_constant, not_better
from auscult.kit.attack.table import (
    AGAIN,
    ATTACKED,
    BASELINE,
    CONTROL,
    CONTROLLED,
    Design,
    attacked,
    typed,
)
from auscult.kit.attack_cells import mean_weights, with_left_out
from auscult.kit.question_estimates import PAIRED, error_rate
from auscult.kit.shift.cells import (
    METHOD,
    UNIT,
    Value,
    added,
    combined,
    left_out,
    lost,
    mended,
    usable,
    weighted,
)
from auscult.kit.shift.table import Shifted
from auscult.stats.families import Endpoint, Family, adjusted
from auscult.stats.paired import difference
from auscult.stats.rates import rate
from auscult.stats.table import only

if TYPE_CHECKING:
    import polars as pl

    from auscult.core.estimate import Estimate

ADDED = "wrong answers added by attacks"
NOT_ATTACKED = "accuracy, not attacked"
UNDER_CONTROL = "accuracy under the matched control"
UNDER_ATTACK = "accuracy under attack"
UNDER = "under"
"""In `extra` of a share of right answers: under what it was measured, "nothing", "control" or
"attack". A comparison of targets draws the three side by side, of any suite that marks them so."""
BY_ATTACK = "wrong answers added, by attack"
PAIRS = "pairs of a reply under attack and one to its matched control, case by case"
FAMILY = "attacks"
MORE = (
    "In 100 such questions, about {n} more {answers} turn wrong under attack than under a "
    "matched harmless change"
)
FEWER = (
    "In 100 such questions, about {n} fewer {answers} turn wrong under attack than under a "
    "matched harmless change"
)
OVERALL: tuple[tuple[str, Value, str, str], ...] = (
    ("right answers lost to attacks", lost, "lower-is-better",
     "The share of cases answered right as they are and wrong under attack, minus those answered "
     "right as they are and wrong under the matched control."),
    ("wrong answers mended by attacks", mended, "neutral",
     "The share of cases answered wrong as they are and right under attack, minus those answered "
     "wrong as they are and right under the matched control."),
)  # fmt: skip


def attack_estimates(frame: pl.DataFrame, design: Design) -> list[Estimate]:
    """Every estimate, the primary one first. `frame` holds `attack.table.COLUMNS` of one suite."""
    import polars as pl

    rows = typed(frame)
    table = attacked(rows)
    weights = mean_weights(table, design.weights)
    primary = _change(
        design,
        ADDED,
        "How many more answers are wrong under attack than under the matched control of the same "
        "case, as a difference of shares on the same cases, averaged over attacks.",
        standing="primary",
        headline=True,
        extra={
            "phrase": {"more": MORE, "fewer": FEWER},
            "weights": {table.cells[n].shift: round(w, 6) for n, w in weights.items()},
        },
    )
    refused = rows.filter(pl.col("rejected").is_not_null())["case_id"].n_unique()
    clean = _clean(only(rows, pl.col("arm") == BASELINE), rows, design)
    first = combined(table, table.right, added, weights, primary)
    note = " ".join(said for said in (first.note, doubt(*clean[:2])) if said)
    out = [msgspec.structs.replace(first, n_rejected=refused, note=note)]
    out += _halves(table, weights, design)
    for metric, value, direction, estimand in OVERALL:
        words = _change(design, metric, estimand, direction=direction)
        out.append(combined(table, table.right, value, weights, words))
    return [
        *out,
        *clean,
        *_fooled(table, design),
        *_by_attack(rows, table, design),
    ]


def _under_attack(shown: Any, clean: Any, again: Any) -> Any:
    return shown + 0 * again  # not a number, and so left out, where either reply is missing


def _under_control(shown: Any, clean: Any, again: Any) -> Any:
    return again + 0 * shown


def _halves(table: Shifted, weights: dict[int, float], design: Design) -> list[Estimate]:
    """What the primary figure is the difference of: the same pairs, the same weights."""
    halves = (
        (UNDER_CONTROL, CONTROLLED, "control", _under_control, "to the matched controls"),
        (UNDER_ATTACK, ATTACKED, "attack", _under_attack, "under attack"),
    )
    out = []
    for metric, arm, under, value, where in halves:
        words = design.words(
            metric,
            f"The share of right answers {where}, averaged over attacks with the weights of the "
            "primary figure.",
            arm=arm,
            denominator=PAIRS,
            direction="higher-is-better",
            standing="secondary",
            extra={UNDER: under},
        )
        out.append(combined(table, table.right, value, weights, words, UNIT))
    return out


def _clean(clean: pl.DataFrame, rows: pl.DataFrame, design: Design) -> list[Estimate]:
    import polars as pl

    words = design.words(
        NOT_ATTACKED,
        "The share of right answers to the cases as they are.",
        arm=BASELINE,
        denominator="all first replies to the cases as they are; failed calls are missing",
        direction="higher-is-better",
        standing="secondary",
        extra={UNDER: "nothing"},
    )
    again = design.words(
        "accuracy, asked again minus first",
        "How many more answers are right when the very same question is asked a second time: near "
        "nothing, unless the target changes between calls.",
        arm=AGAIN,
        control_arm=BASELINE,
        denominator="cases with a usable reply to both askings",
    )
    both = rows.filter(pl.col("arm").is_in([BASELINE, AGAIN])).select(PAIRED)
    return [
        rate(clean, words),
        beyond_constant(clean, words, "key"),
        difference(both, again),
        error_rate(rows, design.words("", "", arm="")),
    ]


def doubt(accuracy: Estimate, beyond: Estimate) -> str:
    """What must stand with the headline; empty where the target has something to lose."""
    level = not_better(accuracy, beyond)
    if not level:
        return ""
    return (
        f"Nothing can be concluded of robustness here: accuracy on the cases as they are {level}. "
        "Such an answer is right by luck: an attack takes little from it, and one that adds "
        "options takes some of the luck."
    )


def _fooled(table: Shifted, design: Design) -> list[Estimate]:
    """DAS's own figure, for comparison with its paper."""
    import polars as pl

    fooled = pl.DataFrame(
        {
            "case_id": range(len(table.cell)),
            "cluster": table.cluster,
            "arm": "attacked",
            "behaviour": "answered",
            "score": [float(r) for r in 1 - table.right[:, 0]],
            "first": table.right[:, 1],
        }
    ).filter(pl.col("first") == 1, pl.col("score").is_not_nan())
    words = design.words(
        "fooled of those first answered right, as DAS counts",
        "Of the cases answered right as they are, the share answered wrong under attack. It has no "
        "control and counts every change of mind, so that a target that is merely unstable looks "
        "broken.",
        denominator="attacked replies to cases whose first reply was right",
        direction="lower-is-better",
        note="Selective and without a control: for comparison with the paper, not as a result.",
    )
    return [rate(fooled, words)]


def _by_attack(rows: pl.DataFrame, table: Shifted, design: Design) -> list[Estimate]:
    found = []
    for place, cell in enumerate(table.cells):
        words = _change(
            design,
            BY_ATTACK,
            "How many more answers are wrong under this attack than under its matched control.",
            standing="exploratory",
            group={"attack": cell.shift},
        )
        one = combined(table, table.right, added, {place: 1.0}, words)
        found.append(with_left_out(one, rows, cell.shift))
    if len(found) < 2:
        return found
    endpoints = tuple(Endpoint(e.suite, e.metric, e.group) for e in found)
    family = Family(f"{design.suite} {FAMILY}", endpoints, "benjamini-hochberg")
    return adjusted(found, family)


def _change(design: Design, metric: str, estimand: str, **words: Any) -> Estimate:
    usual = {
        "control_arm": CONTROLLED,
        "denominator": PAIRS,
        "direction": "lower-is-better",
        "standing": "secondary",
    }
    return design.words(metric, estimand, **(usual | words))


def between(
    mine: pl.DataFrame, other: pl.DataFrame, design: Design, names: tuple[str, str]
) -> list[Estimate]:
    """One target minus another, on the same prompts: the attacked pairs that both were asked, with
    the weights of the primary figure. Both frames hold `attack.table.COLUMNS` of runs with one
    seed over the same data; that their prompts are alike is for the caller to check."""
    a, b = _shared(typed(mine), typed(other))
    weights = mean_weights(a, design.weights)
    out = []
    for metric, better, reach in (
        (ADDED, "lower-is-better", 2.0),
        (UNDER_ATTACK, "higher-is-better", 1.0),
    ):
        words = design.words(
            metric,
            f"{metric} of {names[0]} minus the same of {names[1]}, on the same prompts.",
            arm=names[0],
            control_arm=names[1],
            condition="attacks",
            denominator="attacked pairs of a case with four usable replies, two of each target",
            direction=better,
            unit="difference of proportions",
        )
        sides = [_ends(table.right, metric) for table in (a, b)]
        out.append(_contrast(a, sides, weights, words, reach))
    return out


def _shared(mine: pl.DataFrame, other: pl.DataFrame) -> tuple[Shifted, Shifted]:
    """The attacked replies of both, row by row the same case, attack and try."""
    import polars as pl

    place = ["case_id", "attack", "repeat"]
    asked = pl.col("behaviour").fill_null("") != ""
    shown = asked & pl.col("attack").is_not_null() & ~pl.col("arm").str.ends_with(CONTROL)
    kept = []
    for rows, beside in ((mine, other), (other, mine)):
        both = rows.filter(shown).join(beside.filter(shown).select(place), on=place, how="semi")
        kept.append(attacked(pl.concat([both, rows.filter(~shown)])))
    return kept[0], kept[1]


def _ends(right: Any, metric: str) -> tuple[Any, Any, Any]:
    """By row the value, and the least and the most it could be had no call failed."""
    import numpy as np

    shown, _, again = right.T
    low, high = (np.where(np.isnan(right), fill, right).T for fill in (0.0, 1.0))
    if metric == ADDED:
        return again - shown, low[2] - high[0], high[2] - low[0]
    return _under_attack(*right.T), low[0], high[0]


def _contrast(
    table: Shifted, sides: Any, weights: dict[int, float], about: Estimate, reach: float
) -> Estimate:
    (a, a_low, a_high), (b, b_low, b_high) = sides
    ends, where = (-reach, reach), (table.cell, table.cluster)
    lot = table.chance
    used = usable(table.cell, a - b, weights)
    found = weighted(*where, a - b, used, ends, chance=lot)
    if found is None:
        return msgspec.structs.replace(
            about, note="No difference: no attack has a case with usable replies of both."
        )
    least = weighted(*where, a_low - b_high, weights, ends, chance=lot)
    most = weighted(*where, a_high - b_low, weights, ends, chance=lot)
    own = [weighted(*where, side + 0 * (a - b), used, (-1.0, 1.0), chance=lot) for side in (a, b)]
    assert least is not None and most is not None and own[0] is not None and own[1] is not None
    lost = found.low > 0 >= least.low or found.high < 0 <= most.high
    undecided = least.value < 0 < most.value or lost
    empty = [table.cells[place].shift for place in weights if place not in used]
    notes = [left_out(empty)] if empty else []
    if undecided:
        notes.append("Undecided: the missing replies could take the sign of the difference away.")
    return msgspec.structs.replace(
        about,
        value=found.value,
        low=found.low,
        high=found.high,
        n=found.n,
        n_clusters=found.clusters,
        method=METHOD,
        note=" ".join(notes),
        extra={
            "a": own[0].value,
            "b": own[1].value,
            "p_value": _p_value((*where, lot), a - b, used, ends),
            "p_from": "Student's t",
            "df": found.df,
            "bound_low": least.value,
            "bound_high": most.value,
            "bound_interval": [min(found.low, least.low), max(found.high, most.high)],
            "undecided": undecided,
        },
    )


def _p_value(
    where: tuple[Any, Any, Any], values: Any, weights: dict[int, float], ends: tuple[float, float]
) -> float:
    """The level at which the interval begins to hold no difference: so the two never disagree."""
    low, high = 0.0, 1.0
    for _ in range(40):
        p = (low + high) / 2
        found = weighted(*where[:2], values, weights, ends, 1 - p, where[2])
        if found is not None and found.low <= 0 <= found.high:
            low = p
        else:
            high = p
    return high
