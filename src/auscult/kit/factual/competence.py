"""Whether the answers are better than those of every rule and control that does not look.

Judged over all closed questions; where the run has both, apart for questions with a picture and for
those in words alone: each with the rules that are best for it, and with its own controls.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from auscult.kit.factual.baselines import ENOUGH, Rules, rules_of
from auscult.kit.factual.contrasts import CONTROLS, Asked, asked_baselines
from auscult.stats.paired import excess_over_rule
from auscult.stats.rates import rate
from auscult.stats.table import only

if TYPE_CHECKING:
    import polars as pl

    from auscult.core.estimate import Estimate
    from auscult.kit.factual.table import Design

METRIC = "excess over best trivial baseline"
PARTS = ((True, "with a picture"), (False, "in words alone"))
NOTHING = "Nothing was measured, so nothing can be shown."
RULES_NAMED = 2
TAKEN = (
    "value", "low", "high", "level", "n", "n_clusters", "unit", "method", "note", "n_invalid",
    "n_error", "n_refused", "n_abstained", "n_not_applicable", "control_arm",
)  # fmt: skip


class _Rival(msgspec.Struct, frozen=True):
    """A rule or a control: what it gets, and what the target has beyond it."""

    alone: Estimate
    excess: Estimate

    @property
    def beaten(self) -> bool:
        low = self.excess.low
        return low is not None and low > 0 and not self.excess.extra["undecided"]

    @property
    def doing(self) -> str:
        """With what it gets: "without the picture (52%)"."""
        arm = self.alone.arm
        words = CONTROLS[arm].given if arm in CONTROLS else str(self.alone.extra["label"])
        return f"{words} ({_percent(self.alone.value)})"


def competence(
    rows: pl.DataFrame, primary: Estimate, rules: Rules, asked: Asked, design: Design
) -> list[Estimate]:
    """Over all closed questions and, where there are both, of each part. `rows` holds every arm.

    Better than *each* baseline at the level: an intersection of tests, so that naming the one
    closest to the target after the fact needs no correction. With two parts it is shown only where
    both show it."""
    words = design.words(
        METRIC,
        "How many more answers are right than those of the best rule or control that does not look "
        "at question or picture, as a difference of shares on the same cases.",
        control_arm="none",
        denominator="cases with a usable reply in both arms",
        direction="higher-is-better",
        standing="secondary",
    )
    whole = _judged(primary, rules, asked, words)
    parts = _parts(rows, words, design)
    if len(parts) < len(PARTS):
        return [whole]
    verdict = {
        "competence": all(part.extra["competence"] for part in parts),
        "why": " ".join(part.extra["why"] for part in parts),
    }
    return [msgspec.structs.replace(whole, extra=whole.extra | verdict), *parts]


def _parts(rows: pl.DataFrame, words: Estimate, design: Design) -> list[Estimate]:
    """One of fewer than `ENOUGH` clusters shows nothing by itself and is judged with the whole."""
    import polars as pl

    replied = pl.col("behaviour").cast(pl.String).fill_null("").is_in(["", "error"]).not_()
    found = []
    for pictured, name in PARTS:
        here = only(rows, pl.col("pictured") == pictured)
        closed = only(here, pl.col("arm").cast(pl.String) == design.full)
        if closed.filter(replied)["cluster"].n_unique() < ENOUGH:
            continue
        about = msgspec.structs.replace(
            words,
            metric=f"{METRIC}, {name}",
            estimand=f"{words.estimand} Of questions {name}.",
            condition=name,
        )
        primary = rate(closed, msgspec.structs.replace(words, control_arm=None))
        asked = asked_baselines(closed, here, design)
        found.append(_judged(primary, rules_of(closed, design), asked, about))
    return found


def _judged(primary: Estimate, rules: Rules, asked: Asked, words: Estimate) -> Estimate:
    rivals = [
        _Rival(alone, excess_over_rule(rules.rows, _against(words, alone.arm), right))
        for alone, right in rules.rules
        if alone.value is not None
    ]
    rivals += [_Rival(alone, excess) for alone, excess in asked if excess.value is not None]
    if not rivals or primary.value is None:
        return msgspec.structs.replace(
            words, note=NOTHING, extra={"competence": False, "why": NOTHING}
        )
    hardest = min(rivals, key=lambda rival: (rival.excess.value or 0.0, rival.alone.arm))
    unbeaten = [rival for rival in rivals if not rival.beaten]
    found = hardest.excess
    extra = {k: v for k, v in found.extra.items() if k != "phrase"}
    said = _unbeaten(unbeaten) if unbeaten else _beaten(hardest)
    about = f"Questions {words.condition}" if words.condition else "All questions"
    return msgspec.structs.replace(
        words,
        **{name: getattr(found, name) for name in TAKEN},
        extra=extra
        | {"competence": not unbeaten, "why": f"{about}: {_percent(primary.value)} right. {said}"},
    )


def _against(words: Estimate, arm: str) -> Estimate:
    return msgspec.structs.replace(words, control_arm=arm)


def _beaten(hardest: _Rival) -> str:
    found = hardest.excess
    value, low, high = (
        f"{100 * (end or 0.0):+.0f}" for end in (found.value, found.low, found.high)
    )
    return (
        f"Better than every trivial baseline; the hardest to beat is {hardest.doing}: {value} "
        f"points on the same cases (95% interval {low} to {high})."
    )


def _unbeaten(unbeaten: list[_Rival]) -> str:
    """What does as well, and what therefore is not shown: no more than that."""
    if rules := _told_once(unbeaten):
        hardest = _listed([rule.doing for rule in rules[:RULES_NAMED]])
        return (
            f"It is not shown to be better than {hardest}. So this run does not show that it can "
            "do the task."
        )
    missing = "picture" if any(c.alone.arm != "options-only" for c in unbeaten) else "question"
    return (
        f"Better than every rule that never looks, but it {_without(unbeaten)}. So this run does "
        f"not show that it uses the {missing}."
    )


def _without(controls: list[_Rival]) -> str:
    as_well = [c.doing for c in controls if (c.excess.value or 0.0) <= 0]
    close = [c.doing for c in controls if (c.excess.value or 0.0) > 0]
    told = [f"answers as well {_listed(as_well)}"] if as_well else []
    told += [f"is not shown to answer better than {_listed(close)}"] if close else []
    return " and ".join(told)


def _told_once(unbeaten: list[_Rival]) -> list[_Rival]:
    """The rules, the hardest first; those that get the same are one to a reader."""
    rules = [rival for rival in unbeaten if rival.alone.arm not in CONTROLS]
    found: dict[float, _Rival] = {}
    for rival in sorted(rules, key=lambda rival: rival.excess.value or 0.0):
        found.setdefault(round(rival.alone.value or 0.0, 3), rival)
    return list(found.values())


def _percent(share: float | None) -> str:
    return f"{100 * (share or 0.0):.0f}%"


def _listed(words: list[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"
