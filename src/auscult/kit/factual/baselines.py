"""What rules that never look would score on the same closed questions.

- *constant answer*: the commonest right answer of each form;
- *constant letter* and *longest option*: of multiple choice; yes-no questions get the constant;
- *lookup by kind*: the commonest right answer of the question's kind, as the data set names kinds;
- *lookup by option list*: the commonest right answer of the questions with the same options.

All are picked in hindsight, which flatters the baseline and not the target. A table with few cases
to a row would only repeat them, so a kind or a list counts from `ENOUGH` clusters on; below that
the list falls back on the kind, and the kind on the constant.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from auscult.kit.question_estimates import MEASURED
from auscult.stats.rates import rate
from auscult.stats.table import only

if TYPE_CHECKING:
    import polars as pl

    from auscult.core.estimate import Estimate
    from auscult.kit.factual.table import Design

RULE = "rule "
CONSTANT, LETTER, LONGEST, KIND, LIST, SEEN = (
    f"{RULE}{name}" for name in ("constant", "letter", "longest", "kind", "list", "seen")
)
BASELINE = {"baseline_of": "accuracy"}
YES_NO, CHOICE = "yes-no", "multiple-choice"
WITHIN = ("data", "form", "kind", "listed", "listed_so")
ENOUGH = 20
"""Clusters a kind or a list needs before what is commonest in it is a rule."""
NAMED = 3
"""Constant answers told in the note of the accuracy."""
SHOWN_ABOVE = 0.005
TELLING, STANDS_OUT = 0.5, 0.1
"""The least share a kind's constant is told from, and by how much it must exceed its form's."""


class Rules(msgspec.Struct, frozen=True):
    """The rows with a column a rule, and what each rule gets: what competence must beat."""

    rows: pl.DataFrame
    rules: list[tuple[Estimate, pl.Expr]]


class Baselines(msgspec.Struct, frozen=True):
    rules: Rules
    estimates: list[Estimate]
    note: str


def computed_baselines(closed: pl.DataFrame, design: Design) -> Baselines:
    found = rules_of(closed, design)
    kinds = _by_kind(found.rows, design)
    whole = _marked([alone for alone, _ in found.rules])
    out = [*whole, *_apart(found.rows, design, _forms(found.rows)), *kinds]
    return Baselines(found, out, _note(found.rows, kinds))


def _forms(rows: pl.DataFrame) -> list[str]:
    import polars as pl

    return rows["form"].cast(pl.String).unique().to_list()


def rules_of(closed: pl.DataFrame, design: Design) -> Rules:
    """Each rule with what is commonest among these very questions."""
    import polars as pl

    rows = with_rules(closed)
    forms = _forms(rows)
    best = constants(rows)
    told = "always answering " + " or ".join(f"'{best[form]}'" for form in sorted(best))
    whole = [_of_rule(rows, design, "constant answer", CONSTANT, told)]
    if CHOICE in forms:
        also = " (and the commoner of yes and no)" if YES_NO in forms else ""
        letter = f"always answering {design.letters[_place(rows)]}{also}"
        longest = f"always naming the longest option{also}"
        whole.append(_of_rule(rows, design, "constant letter", LETTER, letter))
        whole.append(_of_rule(rows, design, "longest option", LONGEST, longest))
    by_kind = "giving the commonest answer to its kind of question"
    by_list = "giving the commonest answer to its list of options"
    whole.append(_of_rule(rows, design, "lookup by kind", KIND, by_kind))
    whole.append(_of_rule(rows, design, "lookup by option list", LIST, by_list))
    return Rules(rows, [(e, pl.col(rule)) for e, rule in zip(whole, _used(forms), strict=True)])


def _marked(whole: list[Estimate]) -> list[Estimate]:
    """The constant stands beside the accuracy wherever that is shown, and of the rest what beats
    it: a row of equal figures tells nothing more."""
    least = (whole[0].value or 0.0) + SHOWN_ABOVE
    return [
        e if e is whole[0] or (e.value or 0.0) > least
        else msgspec.structs.replace(e, extra=e.extra | {"baseline_of": ""})
        for e in whole
    ]  # fmt: skip


def _used(forms: list[str]) -> list[str]:
    return [CONSTANT, *([LETTER, LONGEST] if CHOICE in forms else []), KIND, LIST]


def with_rules(closed: pl.DataFrame) -> pl.DataFrame:
    """A column per rule: what it scores on the row's question, from 0 to 1."""
    import polars as pl

    measured = _measured(closed)
    form, text = pl.col("form").cast(pl.String), pl.col("key_text").cast(pl.String)
    said = pl.lit("") + form.replace_strict(constants(closed), default="")
    rows = closed.with_columns(
        said.alias("said"), *(pl.col(name).cast(pl.String).fill_null("") for name in WITHIN)
    )
    kinds = _tally(measured, [*WITHIN[:2], "kind"])
    lists = _tally(measured, [*WITHIN[:2], "listed"])
    seen = _tally(measured, [*WITHIN[:2], "listed_so"])
    for found, by in ((kinds, "kind"), (lists, "listed"), (seen, "listed_so")):
        on = [*WITHIN[:2], by]
        many = pl.when(pl.col("clusters") >= ENOUGH).then("key")
        table = found.select(*on, many.alias(f"by {by}"), pl.col("key").alias(f"seen {by}"))
        rows = rows.join(table, on=on, how="left", maintain_order="left")
    by_kind = pl.coalesce("by kind", "said")
    place = (pl.col("key_position") == _place(closed)).cast(pl.Float64)
    asks = form == CHOICE
    constant = (text == pl.col("said")).cast(pl.Float64)
    return rows.with_columns(
        constant.alias(CONSTANT),
        pl.when(asks).then(place).otherwise(constant).alias(LETTER),
        pl.when(asks).then("longest_right").otherwise(constant).alias(LONGEST),
        (text == by_kind).cast(pl.Float64).alias(KIND),
        (text == pl.coalesce("by listed", by_kind)).cast(pl.Float64).alias(LIST),
        (text == pl.col("seen listed_so")).cast(pl.Float64).alias(SEEN),
    ).drop("said", *(f"{which} {by}" for which in ("by", "seen") for by in WITHIN[2:]))


def constants(closed: pl.DataFrame) -> dict[str, str]:
    """Form -> its commonest right answer; of several the first in the alphabet, "" of none."""
    import polars as pl

    none = dict.fromkeys(closed["form"].cast(pl.String).unique().to_list(), "")
    return none | dict(_tally(_measured(closed), ["form"]).select("form", "key").iter_rows())


def _measured(rows: pl.DataFrame) -> pl.DataFrame:
    import polars as pl

    behaviour = pl.col("behaviour").cast(pl.String).fill_null("")
    return rows.filter(~behaviour.is_in(["", "error"]))


def _tally(measured: pl.DataFrame, within: list[str]) -> pl.DataFrame:
    """Per group the commonest key, its share of the trials, and the clusters."""
    import polars as pl

    words = [pl.col(name).cast(pl.String).fill_null("") for name in within]
    key = pl.col("key_text").cast(pl.String).alias("key")
    rows = measured.select(*words, key, "cluster").drop_nulls("key")
    counted = rows.group_by(*within, "key").agg(pl.len().alias("n"))
    ranked = counted.sort("n", "key", descending=[True, False])
    top = ranked.group_by(within).agg(pl.col("key").first(), pl.col("n").first())
    sizes = rows.group_by(within).agg(
        pl.len().alias("trials"), pl.col("cluster").n_unique().alias("clusters")
    )
    return (
        top.join(sizes, on=within)
        .with_columns((pl.col("n") / pl.col("trials")).alias("share"))
        .sort(within)
    )


def _place(rows: pl.DataFrame) -> int:
    """Where the key of a multiple-choice question stands most often."""
    import polars as pl

    asked = _measured(rows).filter(pl.col("form").cast(pl.String) == CHOICE)
    tally = dict(asked.group_by("key_position").len().iter_rows())
    places = [place for place in tally if place is not None]
    return max(places, key=lambda place: (tally[place], -place), default=0)


def _of_rule(rows: pl.DataFrame, design: Design, name: str, rule: str, doing: str) -> Estimate:
    import polars as pl

    words = design.words(
        f"{name} accuracy",
        f"The share of closed questions that this rule would get right: {doing}. Computed, not "
        "asked.",
        arm=name,
        judge="",
        denominator="the same questions as accuracy",
        standing="secondary",
        extra=BASELINE | {"label": doing},
    )
    return rate(rows, words, success=pl.col(rule), counting=MEASURED)


def _apart(rows: pl.DataFrame, design: Design, forms: list[str]) -> list[Estimate]:
    """Constant yes and constant no; the letters alone; the lookup with each case's own answer."""
    import polars as pl

    def told(metric: str, doing: str, success: pl.Expr, kept: str, note: str = "") -> Estimate:
        words = design.words(
            metric,
            f"The share of {kept} questions that {doing} would get right: computed, not asked.",
            arm=doing,
            judge="",
            denominator=f"{kept} questions that the target answered somehow",
            standing="secondary",
            note=note,
            extra={"baseline_of": f"{kept} accuracy"},
        )
        of_form = rows
        if kept != "closed":
            of_form = only(rows, pl.col("form").cast(pl.String) == kept)
        return rate(of_form, words, success=success, counting=MEASURED)

    text, out = pl.col("key_text").cast(pl.String), []
    if YES_NO in forms:
        for word in ("yes", "no"):
            out.append(told(f"constant {word} accuracy", f"always answering {word}",
                            text == word, YES_NO))  # fmt: skip
    if CHOICE in forms:
        best = constants(rows).get(CHOICE, "")
        out.append(told("constant option text accuracy", f"always answering '{best}'",
                        text == best, CHOICE))  # fmt: skip
    note = (
        "In sample, in the author's order of options: each question's own answer is in the table "
        "it is looked up in."
    )
    out.append(told("option-list lookup accuracy, in sample", "the commonest answer of its options",
                    pl.col(SEEN), "closed", note))  # fmt: skip
    return out


def _by_kind(rows: pl.DataFrame, design: Design) -> list[Estimate]:
    """The best constant of each kind of question, as its data set names kinds."""
    import polars as pl

    found = _tally(_measured(rows), ["data", "form", "kind"]).filter(pl.col("kind") != "")
    many = found["data"].n_unique() > 1
    out = []
    for data, form, kind, key, *_ in found.iter_rows():
        group = {"kind": kind, **({"data": data} if many else {})}
        words = design.words(
            "constant answer accuracy by kind",
            "The share of questions of a kind that the commonest right answer among them gets "
            "right: picked in hindsight, computed, not asked.",
            arm="constant answer",
            judge="",
            group=group,
            denominator="questions of the kind that the target answered somehow",
            extra={"answer": key, "form": form},
        )
        column = {"data": data, "form": form, "kind": kind}
        same = [pl.col(name).cast(pl.String).fill_null("") == value
                for name, value in column.items()]  # fmt: skip
        right = pl.col("key_text").cast(pl.String) == key
        out.append(rate(only(rows, *same), words, success=right, counting=MEASURED))
    return out


def _note(rows: pl.DataFrame, kinds: list[Estimate]) -> str:
    """The highest constants in words: what a reader must know before an accuracy impresses."""
    told: list[tuple[float, str, str]] = []
    of_form: dict[str, float] = {}
    for form, key, share in _tally(_measured(rows), ["form"]).select("form", "key", "share").rows():
        of_form[form] = share
        if form == YES_NO or share >= TELLING:
            told.append((share, key, f"{form} questions"))
    for e in kinds:
        share, form = e.value or 0.0, str(e.extra["form"])
        stands_out = share >= max(TELLING, of_form.get(form, 0.0) + STANDS_OUT)
        if stands_out and e.n_clusters >= ENOUGH:
            kind = e.group["kind"]
            told.append((share, str(e.extra["answer"]), f"questions of the kind '{kind}'"))
    told.sort(key=lambda row: (-row[0], row[1], row[2]))
    parts = [
        f"always '{key}' is right in {100 * share:.1f}% of the {where}"
        for share, key, where in told[:NAMED]
    ]
    return f"Without looking: {', '.join(parts)}." if parts else ""
