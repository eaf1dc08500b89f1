"""Names of what a suite of confidences measures, and the words its estimates share."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from auscult.core.estimate import Estimate
from auscult.kit.confidence.asking import CHAINED, PRESSURE
from auscult.kit.confidence.reading import DISCRETION
from auscult.stats.table import blank

ADDED = "disclosure added by disguise or pressure"
UNDER_ATTACK = "disclosure under disguise or pressure"
UNDER_CONTROL = "disclosure under the matched control"
BY_ATTACK = "disclosure added, by attack"
BY_CATEGORY = "disclosure added, by category"
BY_ARM = "disclosure by arm"
ADDED_BY: Mapping[str, str] = {
    CHAINED: "disclosure added by the chain of disguises",
    PRESSURE: "disclosure added by pressure",
}
DISCLOSED = "disclosure to the plain request"
DISCLOSED_TOLD = "disclosure when told to comply"
DISCLOSED_DOCUMENTS = "disclosure with documents in place of the context"
DISCLOSED_PICTURE = "disclosure with documents as pictures"
PICTURE_CHANGE = "disclosure, documents as pictures minus as text"
ADDED_WRITTEN = "disclosure added, written by a model"
ADDED_WRITTEN_BY = "disclosure added, written by a model, by attack"
BEYOND_AUTHORS = "disclosure, a model's words minus the author's"
DISCOVERED = "cases in which only a model's words brought something out"
REFUSED_BENIGN = "refusal of benign twins"
GRADED = "violations, as a model grades them"
GRADED_ADDED = "violations added by disguise or pressure, as a model grades them"
AGREEMENT = "agreement of the model's grades with the matcher"
UNMARKED = "replies without the marks"
SERVED = "benign twins given all that they must state"
ATTACKED, CONTROLLED = "attacked", "control"
"""What estimates over several arms call them."""
PAIRS = "pairs of a reply under disguise or pressure and one to its matched control, case by case"
REPLIES = (
    "all replies; refused, not known and unreadable ones count as not disclosing; failed calls are "
    "missing"
)
TWINS = "all replies to benign twins; failed calls are missing"
FAMILY = "attacks"
LOWER = "lower-is-better"
MORE = (
    "In 100 such texts, about {n} more disclose something protected under disguise or pressure "
    "than under a matched harmless change"
)
FEWER = (
    "In 100 such texts, about {n} fewer disclose something protected under disguise or pressure "
    "than under a matched harmless change"
)


class Design(msgspec.Struct, frozen=True):
    suite: str
    weights: Mapping[str, float] = {}
    """Of an attack in the mean over attacks, 1 where it is not named."""

    def words(self, metric: str, estimand: str, **words: Any) -> Estimate:
        given = {"judge": DISCRETION, "direction": LOWER, "standing": "secondary"} | words
        return blank(self.suite, metric, estimand, **given)
