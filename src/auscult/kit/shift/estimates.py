"""What a table of clean and shifted replies says: how many answers a changed picture spoils.

Every comparison is of one case with itself. *Drop* is clean minus shifted. The clean picture is
asked a second time as the control, because some answers change when nothing does: *wrong answers
added* is control minus shifted, and it is the sum of right answers lost and wrong ones mended, each
beyond the control. Means over shifts weigh every shift as declared, and its severities alike.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import msgspec

from auscult.kit.shift.beside import clean_estimates, replaced_estimates
from auscult.kit.shift.cells import (
    UNIT,
    Value,
    added,
    combined,
    dropped,
    itself,
    lost,
    mended,
    risen,
)
from auscult.kit.shift.legacy import published_estimates
from auscult.kit.shift.standing import doubt, needs_picture
from auscult.kit.shift.table import (
    BASELINE,
    CONTROL,
    KEPT,
    LEGACY_NOISE,
    PAIRS,
    Cell,
    Shifted,
    shifted,
    typed,
)
from auscult.stats.families import Endpoint, Family, adjusted
from auscult.stats.rates import rate
from auscult.stats.table import behaved, only

if TYPE_CHECKING:
    import polars as pl

    from auscult.core.estimate import Estimate
    from auscult.kit.shift.table import Design

ADDED = "wrong answers added by shifts"
FAMILY = "cares/input-shift cells"
REPLIES = (
    "replies to shifted pictures that keep the right answer, with refused, abstained and "
    "unreadable ones counted as not correct; failed calls are missing"
)
MORE = (
    "In 100 questions about a picture, shifting the picture makes about {n} more {answers} wrong "
    "than asking again does"
)
FEWER = (
    "In 100 questions about a picture, shifting the picture makes about {n} fewer {answers} wrong "
    "than asking again does"
)


def input_shift_estimates(frame: pl.DataFrame, design: Design) -> list[Estimate]:
    """Every estimate, the primary one first. `frame` holds `shift.table.COLUMNS` of one suite."""
    import polars as pl

    rows = typed(frame)
    del frame  # of a long run, each copy counts
    kept = shifted(rows, KEPT)
    counted = [cell for cell in kept.cells if cell.shift != LEGACY_NOISE]
    report = _Report(design, kept, tuple(counted))
    clean = only(rows, pl.col("arm") == BASELINE)
    needs = needs_picture(rows, design)
    first, *overall = report.overall()
    note = " ".join(said for said in (first.note, doubt(clean, needs, design)) if said)
    return [
        msgspec.structs.replace(first, note=note),
        *overall,
        *clean_estimates(clean, rows, design),
        *needs,
        *report.slopes(),
        *report.by_severity(),
        *report.by_shift(),
        *report.by_cell(),
        *replaced_estimates(rows, design),
        *published_estimates(rows, design),
    ]


Weights = dict[int, float]
OVERALL: tuple[tuple[str, str, Value, str, str, str], ...] = (
    ("accuracy drop under shift", "right", dropped, BASELINE, "lower-is-better",
     "Accuracy on the clean picture minus accuracy on the shifted one, same cases, averaged over "
     "shifts."),
    ("right answers lost to shifts", "right", lost, CONTROL, "lower-is-better",
     "The share of cases answered right on the clean picture and wrong on the shifted one, minus "
     "those answered right first and wrong when the clean picture is shown again."),
    ("wrong answers mended by shifts", "right", mended, CONTROL, "neutral",
     "The share of cases answered wrong on the clean picture and right on the shifted one, minus "
     "those answered wrong first and right when the clean picture is shown again."),
    ("abstention added by shifts", "abstained", risen, CONTROL, "neutral",
     "How many more replies say that they do not know on a shifted picture than on the same "
     "picture clean and asked again."),
)  # fmt: skip


class _Report(msgspec.Struct, frozen=True):
    """Of shifts that keep the right answer. `cells` are those that count in a mean."""

    design: Design
    kept: Shifted
    cells: tuple[Cell, ...]

    def overall(self) -> list[Estimate]:
        weights = self._mean(self.cells)
        shares = {
            f"{cell.shift} {cell.severity}": round(weights[self.kept.of(cell)[0]], 6)
            for cell in self.cells
            if weights
        }
        extra = {"phrase": {"more": MORE, "fewer": FEWER}, "weights": shares}
        primary = self._change(
            ADDED,
            "How many more answers are wrong on a shifted picture than on the same picture clean "
            "and asked again, as a difference of shares on the same cases, averaged over shifts.",
            standing="primary",
            headline=True,
            extra=extra,
        )
        accuracy = self.design.words(
            "accuracy under shift",
            "The share of right answers on shifted pictures, averaged over shifts.",
            denominator=REPLIES,
            direction="higher-is-better",
            standing="secondary",
        )
        return [
            self._summed(added, weights, primary),
            combined(self.kept, self.kept.right, itself, weights, accuracy, UNIT),
            *(
                combined(self.kept, getattr(self.kept, outcome), value, weights, self._change(
                    metric, estimand, direction=direction, control_arm=control))
                for metric, outcome, value, control, direction, estimand in OVERALL
            ),
        ]  # fmt: skip

    def slopes(self) -> list[Estimate]:
        """By least squares within each shift, which is a weighted sum of the drops of its cells."""
        graded = [(shift, cells) for shift, cells in self._shifts() if len(cells) > 1]
        found = [
            self._summed(
                dropped,
                _slope(self.kept, cells),
                self._change(
                    "accuracy lost per step of severity, by shift",
                    "How much accuracy falls with each step of severity of this shift.",
                    control_arm=BASELINE,
                    standing="exploratory",
                    group={"shift": shift},
                ),
            )
            for shift, cells in graded
        ]
        if not found:
            return []
        whole: Weights = {}
        told = [one for one, slope in zip(graded, found, strict=True) if slope.value is not None]
        total = sum(self._weight(shift) for shift, _ in told)
        for shift, cells in told if total else ():
            for place, slope in _slope(self.kept, cells).items():
                whole[place] = slope * self._weight(shift) / total
        lacking = ", ".join(shift for shift, _ in graded if shift not in dict(told))
        words = self._change(
            "accuracy lost per step of severity",
            "How much accuracy falls with each step of severity, by least squares within each "
            "shift of several severities, averaged over these.",
            control_arm=BASELINE,
            note=f"Left out for want of a usable reply: {lacking}." if whole and lacking else "",
        )
        return [self._summed(dropped, whole, words), *found]

    def by_severity(self) -> list[Estimate]:
        graded = [cell for _, cells in self._shifts() if len(cells) > 1 for cell in cells]
        out = []
        for severity in sorted({cell.severity for cell in graded}):
            weights = self._mean([cell for cell in graded if cell.severity == severity])
            for metric, outcome, of in (
                ("accuracy by severity", self.kept.right, "of right answers"),
                ("abstention by severity", self.kept.abstained, 'that say "I don\'t know"'),
            ):
                words = self.design.words(
                    metric,
                    f"The share {of} on pictures shifted by this severity, averaged over shifts.",
                    denominator=REPLIES,
                    direction="higher-is-better" if outcome is self.kept.right else "neutral",
                    group={"severity": str(severity)},
                )
                out.append(combined(self.kept, outcome, itself, weights, words, UNIT))
        return out

    def by_shift(self) -> list[Estimate]:
        out = []
        for shift, cells in self._shifts():
            words = self._change(
                "wrong answers added, by shift",
                "How many more answers are wrong under this shift than when the clean picture is "
                "asked again, averaged over its severities.",
                standing="exploratory",
                group={"shift": shift},
            )
            out.append(self._summed(added, self._mean(cells, weigh=False), words))
        return out

    def by_cell(self) -> list[Estimate]:
        changes: list[Estimate] = []
        shares: list[Estimate] = []
        for cell in self.kept.cells:
            place = self.kept.of(cell)[0]
            group = {"shift": cell.shift, "severity": str(cell.severity)}
            words = self._change(
                "wrong answers added, by shift and severity",
                "How many more answers are wrong under this shift at this severity than when the "
                "clean picture is asked again.",
                standing="exploratory",
                group=group,
            )
            changes.append(self._summed(added, {place: 1.0}, words))
            shares += _shares(self.kept, cell, group, self.design)
        # The published noise is shown beside the family, not in it.
        beside = [e for e in changes if e.group["shift"] == LEGACY_NOISE]
        return [*_family([e for e in changes if e not in beside]), *beside, *shares]

    def _change(self, metric: str, estimand: str, **words: Any) -> Estimate:
        usual = {
            "control_arm": CONTROL,
            "denominator": PAIRS,
            "direction": "lower-is-better",
            "standing": "secondary",
        }
        return self.design.words(metric, estimand, **(usual | words))

    def _summed(self, value: Value, weights: Weights, words: Estimate) -> Estimate:
        return combined(self.kept, self.kept.right, value, weights, words)

    def _shifts(self) -> list[tuple[str, list[Cell]]]:
        names = dict.fromkeys(cell.shift for cell in self.cells)
        return [(name, [cell for cell in self.cells if cell.shift == name]) for name in names]

    def _weight(self, shift: str) -> float:
        return float(self.design.weights.get(shift, 1.0))

    def _mean(self, cells: Iterable[Cell], *, weigh: bool = True) -> Weights:
        """Every shift as declared, and its severities alike; together 1."""
        chosen = list(cells)
        many = {cell.shift: sum(c.shift == cell.shift for c in chosen) for cell in chosen}
        raw = {
            self.kept.of(cell)[0]: (self._weight(cell.shift) if weigh else 1.0) / many[cell.shift]
            for cell in chosen
        }
        total = sum(raw.values())
        return {place: weight / total for place, weight in raw.items()} if total else {}


def _slope(kept: Shifted, cells: list[Cell]) -> Weights:
    middle = sum(cell.severity for cell in cells) / len(cells)
    spread = sum((cell.severity - middle) ** 2 for cell in cells)
    return {kept.of(cell)[0]: (cell.severity - middle) / spread for cell in cells}


def _family(found: list[Estimate]) -> list[Estimate]:
    if len(found) < 2:
        return found
    endpoints = tuple(Endpoint(e.suite, e.metric, e.group) for e in found)
    return adjusted(found, Family(FAMILY, endpoints, "benjamini-hochberg"))


def _shares(kept: Shifted, cell: Cell, group: dict[str, str], design: Design) -> list[Estimate]:
    import polars as pl

    here = pl.col("shift") == cell.shift, pl.col("severity") == cell.severity
    rows = kept.rows.filter(*here)
    accuracy = design.words(
        "accuracy by shift and severity",
        "The share of right answers under this shift at this severity.",
        denominator=REPLIES,
        direction="higher-is-better",
        group=group,
    )
    abstention = design.words(
        "abstention by shift and severity",
        "The share of replies that say that they do not know.",
        denominator=REPLIES,
        group=group,
    )
    return [rate(rows, accuracy), rate(rows, abstention, success=behaved("abstained"))]
