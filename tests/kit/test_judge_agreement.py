"""Agreement of a judge with people: what is missing is bounded, never counted as wrong."""

from __future__ import annotations

import pytest

from auscult.kit.judge_agreement import Pair, by_slice, kappa, measure

LEVELS = ("yes", "no", "maybe")


def pairs(*said: tuple[str, str], cause: str = "lost") -> list[Pair]:
    return [Pair(f"q{n}", "ab"[n % 2], t, j, cause="" if j else cause)
            for n, (t, j) in enumerate(said)]  # fmt: skip


def test_what_was_not_read_is_left_out_and_bounds_say_what_it_could_be() -> None:
    found = measure(pairs(("yes", "yes"), ("no", "yes"), ("no", ""), ("yes", "")), "yes")
    assert (found.n, found.agreement.value, found.exact.n) == (2, 0.5, 2)
    assert found.unread == {"lost": 2} and found.bounds == (0.25, 0.75)
    assert found.confusion == {"yes": {"yes": 1}, "no": {"yes": 1}}
    assert found.found is not None and found.kept_out is not None
    assert (found.found.value, found.kept_out.value) == (1.0, 0.0)


def test_bounds_meet_where_all_was_read() -> None:
    found = measure(pairs(("yes", "yes"), ("no", "yes"), ("maybe", "maybe")))
    assert found.unread == {} and found.bounds == pytest.approx((2 / 3, 2 / 3))


def test_nothing_read_is_no_number() -> None:
    lost = pairs(("yes", ""), ("no", ""))
    found = measure(lost, "yes")
    assert (found.n, found.agreement.value, found.bounds) == (0, None, (0.0, 1.0))
    assert kappa(lost, LEVELS).value is None
    assert measure([], "yes").bounds is None


def test_slices_count_their_own_missing() -> None:
    parts = by_slice(pairs(("yes", "yes"), ("no", ""), ("no", "no"), ("no", "")), "yes")
    assert parts["a"].unread == {} and parts["b"].unread == {"lost": 2}


def test_kappa_is_agreement_beyond_the_margins() -> None:
    """Twenty answers, 8 yes-yes, 2 yes-no, 3 no-yes, 7 no-no: (0.75 - 0.5) / (1 - 0.5)."""
    table = [("yes", "yes")] * 8 + [("yes", "no")] * 2 + [("no", "yes")] * 3 + [("no", "no")] * 7
    found = kappa(pairs(*table, ("no", "")), LEVELS)
    assert found.n == 20 and found.value == pytest.approx(0.5)
    assert found.low is not None and found.high is not None and found.low < 0.5 < found.high
    always = kappa(pairs(("yes", "yes"), ("no", "yes"), ("no", "yes")), LEVELS)
    assert always.value == pytest.approx(0.0)
