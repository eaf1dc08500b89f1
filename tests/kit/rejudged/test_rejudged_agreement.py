"""Two judges on the same replies: what counts as the same, and what a headline would have read."""

from __future__ import annotations

from typing import Any

import pytest

from auscult.core.protocols import Watched
from auscult.core.verdict import Behaviour, Verdict
from auscult.kit.rejudged.agreement import Beside, compare, reading_of

OLD, NEW = "old", "new"


def verdict(judge: str, behaviour: Behaviour = "answered", score: float | None = None) -> Verdict:
    return Verdict(judge, "1", behaviour, score, cause="why" if behaviour == "error" else "")


def right(judge: str) -> Verdict:
    return verdict(judge, score=1.0)


def wrong(judge: str) -> Verdict:
    return verdict(judge, score=0.0)


def row(number: int, old: Verdict, new: Verdict, arm: str = "plain", **labels: Any) -> Beside:
    return Beside("s", number, f"c{number}", f"patient {number // 2}", arm, 0, labels, old, new)


def watched(**how: Any) -> Watched:
    return Watched(**{"metric": "accuracy", "arm": "plain", "judge": OLD, **how})


def test_a_reading_is_the_behaviour_and_the_score_of_an_answer() -> None:
    assert reading_of(right(OLD)) == "answered, 1"
    assert reading_of(verdict(OLD, "partial", 0.5)) == "partial, 0.5"
    assert reading_of(verdict(OLD, "refused", 1.0)) == "refused"
    assert reading_of(verdict(OLD, "error")) == ""


def test_agreement_is_counted_by_cluster_and_kappa_is_known() -> None:
    rows = [row(n, right(OLD), right(NEW)) for n in range(4)]
    rows += [row(n, wrong(OLD), wrong(NEW)) for n in range(4, 7)]
    rows += [row(7, right(OLD), wrong(NEW))]
    (found,) = compare(rows, {})
    agreement = found.measured.agreement
    assert (agreement.value, agreement.n, agreement.n_clusters) == (7 / 8, 8, 4)
    assert agreement.low is not None and agreement.low < 7 / 8
    assert found.kappa.value == pytest.approx(0.75)
    assert found.measured.confusion["answered, 1"] == {"answered, 1": 4, "answered, 0": 1}
    assert [(one.case_id, one.old, one.new) for one in found.most] == [
        ("c7", "answered, 1", "answered, 0")
    ]


def test_errors_are_counted_and_are_neither_agreement_nor_difference() -> None:
    rows = [
        row(0, right(OLD), right(NEW)),
        row(1, right(OLD), verdict(NEW, "error")),
        row(2, verdict(OLD, "error"), right(NEW)),
    ]
    (found,) = compare(rows, {"s": (watched(),)})
    assert (found.measured.n, found.old_errors) == (1, 1)
    assert found.measured.unread == {"why": 1} and found.measured.bounds == (0.5, 1.0)
    assert found.most == () and found.headlines[0].n == 1


def test_judges_that_say_one_thing_throughout_have_no_kappa() -> None:
    (found,) = compare([row(n, right(OLD), right(NEW)) for n in range(3)], {})
    assert found.measured.agreement.value == 1.0 and found.kappa.value is None


def test_behaviour_is_compared_whatever_it_is_worth() -> None:
    rows = [row(0, right(OLD), wrong(NEW)), row(1, verdict(OLD, "refused"), wrong(NEW))]
    (found,) = compare(rows, {})
    assert (found.measured.agreement.value, found.behaviour.value) == (0.0, 0.5)


def test_a_headline_reads_its_own_arms_judge_and_flags() -> None:
    rows = [
        row(0, right(OLD), wrong(NEW)),
        row(1, right(OLD), right(NEW)),
        row(2, right(OLD), wrong(NEW), arm="other"),
        row(3, verdict(OLD, "refused"), right(NEW), shown=True),
    ]
    metrics = (
        watched(),
        watched(metric="refusals", of="refused"),
        watched(metric="of those shown", where=("shown", True)),
        watched(metric="over other", control_arm="other"),
        watched(metric="a flag", of="label", label="shown"),
        watched(metric="of another judge", judge="somebody"),
    )
    (found,) = compare(rows, {"s": metrics})
    told = {h.metric: (h.n, h.differ, h.old, h.new) for h in found.headlines}
    assert told == {
        "accuracy": (3, 2, 2 / 3, 2 / 3),
        "refusals": (3, 1, 1 / 3, 0.0),
        "of those shown": (1, 1, 0.0, 1.0),
        "over other": (4, 3, 0.75, 0.5),
    }


def test_the_furthest_apart_come_first() -> None:
    rows = [
        row(0, right(OLD), verdict(NEW, score=0.5)),
        row(1, right(OLD), wrong(NEW)),
        row(2, right(OLD), verdict(NEW, "refused")),
        row(3, right(OLD), right(NEW)),
    ]
    (found,) = compare(rows, {})
    assert [one.case_id for one in found.most] == ["c2", "c1", "c0"]
