"""Abstaining outside a target's domain: what tables with a known truth give."""

from __future__ import annotations

from typing import Any

import msgspec
import numpy as np
import polars as pl
import pytest

from auscult.core.estimate import Estimate
from auscult.kit.semantic.estimates import semantic_shift_estimates
from auscult.kit.semantic.table import COLUMNS, Design, withheld
from auscult.stats.paired import difference
from auscult.stats.selective import auroc, forecasts
from auscult.stats.table import label_column

SEEDS = 1000
WITHHELD = "answers withheld for mismatched pictures"


def test_the_intervals_of_the_area_cover_the_planted_value() -> None:
    """Two questions a picture, each inside and twice outside; some pictures are passed on more."""
    held = 0
    for seed in range(SEEDS):
        rng = np.random.default_rng(seed)
        cluster = np.repeat(np.arange(50), 6)
        inside = np.tile([1.0, 0.0, 0.0], 100)
        shift = rng.choice((-0.1, 0.1), 50)[cluster]
        passes = rng.random(300) < np.where(inside == 1, 0.15, 0.6) + shift
        found = auroc(forecasts(1.0 - passes, inside, cluster))
        assert found is not None
        held += found.low <= 0.5 + (0.6 - 0.15) / 2 <= found.high
    assert held / SEEDS >= 0.93


def reply(case: int, arm: str, behaviour: str, **labels: Any) -> dict[str, Any]:
    place = "in" if arm.startswith("baseline") else arm.removesuffix("-plain")
    told = {"form": "yes-no", "place": place, "offer": not arm.endswith("-plain"), **labels}
    if arm == "legacy":
        told = labels
    return {
        "case_no": case, "cluster_key": case, "arm": arm, "judge": "yes-no" if behaviour else "",
        "behaviour": behaviour, "score": 1.0 if behaviour == "answered" else None,
        "labels": msgspec.json.encode(told).decode(),
    }  # fmt: skip


def table(rows: list[dict[str, Any]], **design: Any) -> dict[str, Estimate]:
    frame = pl.DataFrame(rows, schema_overrides={"score": pl.Float64, "cluster_key": pl.UInt64})
    labels = [label_column(name) for name in COLUMNS if name.startswith("labels.")]
    frame = frame.with_columns(labels).select(COLUMNS)
    frame = frame.with_columns(pl.col("arm", "judge", "behaviour").cast(pl.Categorical))
    found = semantic_shift_estimates(frame, Design("cares/semantic-shift", **design))
    assert len({e.metric for e in found}) == len(found)
    return {e.metric: e for e in found}


def asked(inside: str, outside: str, **more: Any) -> list[dict[str, Any]]:
    """20 cases; the first 5 of them pass outside, whatever the rest do."""
    rows = []
    for case in range(20):
        rows.append(reply(case, "baseline", inside, asserts=float(inside == "answered"), **more))
        said = "abstained" if case < 5 else outside
        for arm in ("mismatched", "grey"):
            rows.append(reply(case, arm, said, asserts=float(said == "answered"), **more))
    return rows


def test_shares_differences_and_area_agree() -> None:
    found = table(asked("answered", "answered"))
    assert found[WITHHELD].value == pytest.approx(0.25)
    assert found["abstention added by mismatched pictures"].value == pytest.approx(0.25)
    assert found["abstention, in"].value == 0 and found["abstention, grey"].value == 0.25
    assert found["hallucinated answers, mismatched"].value == pytest.approx(0.75)
    assert found["AUROC of withholding"].value == pytest.approx(0.625)
    assert found["AUROC of withholding, grey"].value == pytest.approx(0.625)
    assert found["accuracy, in"].value == 1


def test_declining_outside_is_as_good_as_not_knowing() -> None:
    """Who declines on every mismatched picture and on none of its own has noticed them all."""
    found = table(asked("answered", "refused"))
    assert found["abstention, mismatched"].value == pytest.approx(0.25)
    assert found["answers withheld, mismatched"].value == 1
    assert found["answers withheld, in"].value == 0
    first = found[WITHHELD]
    assert (first.value, first.standing, first.headline) == (pytest.approx(1.0), "primary", True)
    assert first.low is not None and first.low > 0.7 and not first.note
    assert found["AUROC of withholding"].value == 1
    assert found["hallucinated answers, mismatched"].value == 0
    assert found["abstention added by mismatched pictures"].value == pytest.approx(0.25)


def test_an_unreadable_reply_is_not_withheld_and_bounded() -> None:
    """Outside 15 of 20 say something that no judge reads; 5 do not know."""
    first = table(asked("answered", "invalid"))[WITHHELD]
    assert first.value == pytest.approx(0.25) and first.n_invalid == 15
    assert (first.extra["unread_low"], first.extra["unread_high"]) == pytest.approx((0.25, 1.0))
    assert "15 replies cannot be read" in first.note
    # Inside it would tell against the target.
    turned = table(asked("invalid", "answered"))[WITHHELD]
    assert turned.value == pytest.approx(0.25)
    assert turned.extra["unread_low"] == pytest.approx(-0.75)
    assert turned.extra["unread_high"] == pytest.approx(0.25)


def test_who_never_answers_tells_nothing_apart() -> None:
    for behaviour in ("refused", "abstained", "invalid"):
        rows = [reply(c, a, behaviour) for c in range(20) for a in ("baseline", "mismatched")]
        found = table(rows)
        assert found[WITHHELD].value == 0 and found["AUROC of withholding"].value == 0.5


def test_the_area_counts_what_it_is_made_of() -> None:
    rows = [*asked("answered", "refused"), reply(30, "grey", "error"), reply(31, "grey", "invalid")]
    area = table(rows)["AUROC of withholding, grey"]
    counts = area.n_abstained, area.n_refused, area.n_invalid, area.n_error, area.n
    assert counts == (5, 15, 1, 1, 41)


def test_the_intervals_of_the_headline_cover_the_planted_value() -> None:
    """Two questions a picture; inside a reply in ten is withheld, outside 0.3 say that they do not
    know and 0.3 decline, on some pictures more than on others."""
    held = 0
    about = Design("cares/semantic-shift").words(
        "x", "y.", arm="mismatched", control_arm="baseline"
    )
    for seed in range(SEEDS):
        rng = np.random.default_rng(seed)
        shift = np.repeat(rng.choice((-0.05, 0.05), 30), 2)
        inside, outside = rng.random(60), rng.random(60)
        words = [
            np.where(inside < 0.1 + shift, "refused", "answered"),
            np.select([outside < 0.3, outside < 0.6 + shift], ["abstained", "refused"], "answered"),
        ]
        frame = pl.DataFrame({
            "case_id": np.tile(np.arange(60), 2), "cluster": np.tile(np.arange(60) // 2, 2),
            "arm": ["baseline"] * 60 + ["mismatched"] * 60, "behaviour": np.concatenate(words),
        })  # fmt: skip
        found = difference(frame, about, success=withheld())
        assert found.low is not None and found.high is not None
        held += found.low <= 0.5 <= found.high
    assert held / SEEDS >= 0.93


def test_confidence_ranks_what_was_answered() -> None:
    rows = []
    for case in range(20):
        rows.append(reply(case, "baseline", "answered", asserts=1.0, confidence=0.9))
        rows.append(reply(case, "mismatched", "answered", asserts=1.0, confidence=0.4))
    found = table(rows)
    assert found["AUROC of withholding"].value == 1
    assert found["AUROC of withholding"].extra["graded"] is True
    assert found[WITHHELD].value == 0


def test_failed_calls_are_missing() -> None:
    found = table([*asked("answered", "answered"), reply(30, "grey", "error")])
    assert found["abstention, grey"].n_error == 1 and found["abstention, grey"].n == 20
    assert found["AUROC of withholding, grey"].n_error == 1
    assert found["error rate"].value == pytest.approx(1 / 61)


def test_what_the_offer_adds() -> None:
    rows = asked("answered", "answered")
    for case in range(20):
        rows.append(reply(case, "mismatched-plain", "answered", asserts=1.0))
    found = table(rows)
    assert found["abstention added by the offer, mismatched"].value == pytest.approx(0.25)
    assert found["abstention, mismatched, without the offer"].value == 0
    assert "abstention added by the offer, grey" not in found


def test_modalities_are_declared_or_said_not_to_be() -> None:
    assert table(asked("answered", "answered"))["abstention, out-modality"].note.startswith("Not")
    out = [reply(40, "out-modality", "abstained", asserts=0.0)]
    declared = table([*asked("answered", "answered"), *out], out_modalities=("ECG",))
    assert declared["abstention, out-modality"].value == 1
    assert declared["AUROC of withholding, out-modality"].value == 1


def test_a_modality_that_no_case_has_is_said() -> None:
    rows = asked("answered", "answered", modality="CR")
    found = table(rows, in_modalities=("CR", "CRR"))
    note = found[WITHHELD].note
    assert "modality 'CRR' that the suite option in_modalities" in note and "'CR'" not in note
    assert note.endswith("the cases are of: CR.")
    assert "'CRR'" in found["abstention, out-modality"].note
    assert not table(rows, in_modalities=("CR",))[WITHHELD].note


def test_the_two_scorers_are_of_the_same_replies() -> None:
    rows = asked("answered", "answered")
    rows += [reply(case, "legacy", "abstained", legacy_abstains=0.0) for case in range(20)]
    found = table(rows)
    assert found["abstention as published"].value == 0
    assert found["published scorer minus corrected, abstention"].value == -1
    assert "abstention as published" not in table(asked("answered", "answered"))


def test_where_nothing_applies_nothing_is_measured() -> None:
    rows = [reply(case, arm, "") for case in range(4) for arm in ("baseline", "mismatched")]
    found = table(rows)
    assert found[WITHHELD].value is None
    assert found["abstention, in"].n_not_applicable == 4
