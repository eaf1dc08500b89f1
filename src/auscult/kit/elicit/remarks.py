"""What a reader must see beside a figure of replies: how many the judge saw in part, how many are
missing though there was a reply, how many faults rest on no quote, and, beside the primary one,
how few replies settle anything and how many twins are not answered right."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import msgspec

from auscult.kit.elicit.metrics import TWIN_WRONG
from auscult.kit.elicit.outcome import CUT_OFF, EMPTY, IN_PART, LOST
from auscult.kit.elicit.table import TWIN, of_arm

if TYPE_CHECKING:
    import polars as pl

    from auscult.core.estimate import Estimate

LOST_TOLD = {
    EMPTY: "say nothing that can be read",
    CUT_OFF: "were cut off before an answer",
    IN_PART: "are very long and hold no fault in the part that the judge was shown",
}


def remarked(found: Estimate, *arms: pl.DataFrame) -> Estimate:
    """With what holds of any figure of the replies to these arms."""
    import polars as pl

    mine = pl.concat(arms)
    extra = {
        name: count
        for name, count in (
            ("shown_in_part", len(mine.filter(pl.col("left_out").fill_null(0) > 0))),
            ("lost_replies", _lost(mine)),
            ("faults that rest on no quote", int(mine["unquoted"].fill_null(0).sum())),
        )
        if count
    }
    return _with(found, extra, _told(extra))


def _lost(mine: pl.DataFrame) -> dict[str, int]:
    outcomes = Counter(mine["outcome"].drop_nulls().to_list())
    return {name: outcomes[name] for name in LOST if outcomes[name]}


def _told(extra: dict[str, Any]) -> Iterator[str]:
    if count := extra.get("shown_in_part"):
        yield (
            f"Of {count} replies the judge was shown the head and the tail alone, because they are "
            "very long."
        )
    if lost := extra.get("lost_replies"):
        told = ", ".join(f"{count} {LOST_TOLD[name]}" for name, count in lost.items())
        yield f"Missing though there was a reply: {told}."
    if count := extra.get("faults that rest on no quote"):
        yield f"{count} faults rest on no quote: the judge showed no words of the reply."


def beside_the_twins(found: Estimate, mine: pl.DataFrame, rows: pl.DataFrame) -> Estimate:
    """The primary figure, of `mine`: who says nothing or denies everything has a low one too."""
    came = Counter(one for one in mine["outcome"].drop_nulls().to_list() if one not in LOST)
    said = came["hallucinated"] + came["right"]
    notes = []
    if came.total() and said < came.total() / 2:
        notes.append(
            f"Only {said} of {came.total()} replies hold a fault or say all that a right answer "
            "does. The others leave points out, refuse or say that they do not know, and a low "
            "rate of such replies says little."
        )
    twins = Counter(of_arm(rows, TWIN)["outcome"].drop_nulls().to_list())
    extra: dict[str, Any] = {}
    if total := twins.total():
        wrong = total - twins["right"]
        extra[TWIN_WRONG] = {"replies": wrong, "of": total}
        whose = "the one twin" if total == 1 else f"the {total} twins"
        are = "is" if wrong == 1 else "are"
        notes.append(f"Of {whose}, whose premise is true, {wrong} {are} not answered right.")
    return _with(found, extra, notes)


def _with(found: Estimate, extra: dict[str, Any], notes: Any) -> Estimate:
    note = " ".join(filter(None, (found.note, *notes)))
    return msgspec.structs.replace(found, note=note, extra=found.extra | extra)
