"""Arms and labels of a search, and how its trials become paths to a first failure.

Every round is one trial of the arm `SEARCH`, its number the repeat: `chain` is what was tried,
`outcome` what came of it, `why` what the strategist said, `faults` what was wrong with that, and
where a model wrote, `words` how its words are put and `parents` how many it was shown. As
many harmless changes of the same case are asked under `HARMLESS`, planned before the first reply
and never cut to where the search ended.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from auscult.core.strategist import Chain, Lesson, Outcome, Tried
from auscult.core.verdict import Verdict
from auscult.kit.attack.arms import is_right, is_wrong
from auscult.kit.attack.chain import JOINT
from auscult.kit.attack.table import AGAIN, BASELINE
from auscult.kit.attack.wording import JOINT as WORDS_JOINT
from auscult.stats.table import LabelKind, label_columns, plain, with_labels

if TYPE_CHECKING:
    from collections.abc import Sequence

    import polars as pl

    from auscult.stats.watched import Row

SEARCH, HARMLESS = "search", "harmless change"
FRESH, FRESH_CONTROL = "found, asked afresh", "found, control"
FEWER, FEWER_CONTROL = "found, with fewer edits", "found, with fewer edits, control"
STRATEGIST = "strategist"
FAULTS_JOINT = ", "
SEARCH_LABELS: dict[str, LabelKind] = {
    "chain": "word",
    "outcome": "word",
    "searched": "flag",
    "confirms": "word",
    "harm_chosen": "word",
    "faults": "word",
}
SEARCH_COLUMNS = (
    "case_no", "cluster_key", "arm", "repeat", "judge", "behaviour", "score",
    *label_columns(SEARCH_LABELS),
)  # fmt: skip


def outcome_of(verdict: Verdict) -> Outcome:
    if verdict.behaviour == "error":
        return "error"
    return "broke" if is_wrong(verdict) else "held"


def chain_of(name: str) -> Chain:
    return tuple(name.split(JOINT))


def lesson_of(trials: Sequence[Row]) -> Lesson:
    """What a case taught: the attack that was drawn for it, then what the search tried. Nothing
    where the case was not answered right as it is, each time: there was nothing to break."""
    features: tuple[str, ...] = ()
    drawn: list[Tried] = []
    searched: list[tuple[int, Tried]] = []
    known = True
    for trial in trials:
        labels: Any = trial.labels
        if trial.arm in (BASELINE, AGAIN):
            features = tuple(labels.get("features", features))
            known &= bool(trial.verdicts) and is_right(trial.verdicts[0])
        elif trial.arm == SEARCH and "outcome" in labels:
            words = tuple(labels["words"].split(WORDS_JOINT)) if "words" in labels else ()
            tried = Tried(chain_of(labels["chain"]), labels["outcome"], words=words)
            searched.append((labels["round"], tried))
        elif labels.get("attack") == trial.arm and trial.verdicts:
            drawn.append(Tried((trial.arm,), outcome_of(trial.verdicts[0])))
    if not known:
        return Lesson(features, ())
    drawn.sort(key=lambda tried: tried.chain)
    searched.sort(key=lambda pair: pair[0])
    return Lesson(features, (*drawn, *(tried for _, tried in searched)))


def paths(frame: pl.DataFrame, rounds: int) -> pl.DataFrame:
    """A row per case and arm: tries it took, and whether the last failed. Of cases that were
    searched; a call that failed is no try. A search that ran out of attacks, or whose mutants the
    gate refused, has used its rounds up all the same, and found nothing."""
    import polars as pl

    rows = plain(with_labels(frame, SEARCH_LABELS))
    searched = rows.filter(pl.col("searched")).select("case_no").unique()
    asked = rows.join(searched, on="case_no", how="semi").filter(
        pl.col("arm").is_in([SEARCH, HARMLESS]), pl.col("behaviour").is_not_null()
    )
    wrong = (pl.col("behaviour") == "answered") & (pl.col("score") == 0)
    usable = pl.col("behaviour") != "error"
    ordered = asked.filter(usable).with_columns(wrong.alias("wrong")).sort("repeat")
    reached = (
        ordered.group_by("case_no", "cluster_key", "arm")
        .agg(pl.col("wrong").arg_true().first().alias("first"), pl.len().alias("n"))
        .with_columns(
            pl.col("first").is_not_null().alias("failed"),
            (pl.col("first").cast(pl.Int64) + 1).fill_null(pl.col("n")).alias("tries"),
        )
    )
    lost = asked.filter(~usable).select("case_no", "arm").unique().with_columns(lost=True)
    arms = pl.DataFrame({"arm": [SEARCH, HARMLESS]})
    cases = rows.join(searched, on="case_no", how="semi").select("case_no", "cluster_key").unique()
    whole = (
        cases.join(arms, how="cross")
        .join(
            reached.select("case_no", "arm", "tries", "failed"), on=["case_no", "arm"], how="left"
        )
        .join(lost, on=["case_no", "arm"], how="left")
    )
    spent = (
        (pl.col("arm") == SEARCH) & ~pl.col("failed").fill_null(False) & pl.col("lost").is_null()
    )  # fmt: skip
    return whole.select(
        pl.col("case_no").cast(pl.String).alias("case_id"),
        pl.col("cluster_key").alias("cluster"),
        "arm",
        pl.lit("answered").alias("behaviour"),
        pl.when(spent)
        .then(rounds)
        .otherwise(pl.col("tries").fill_null(0))
        .clip(0, rounds)
        .alias("tries"),
        pl.col("failed").fill_null(False),
    ).sort("case_id", "arm")
