"""Option probabilities from the token that names an option."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auscult.core.message import Reply, TokenLogprob
from auscult.kit.choice.logprobs import score_by_logprobs


def token(text: str, **top: float) -> TokenLogprob:
    """A token with the probabilities of its candidates, its own among them."""
    candidates = tuple((name, math.log(p)) for name, p in top.items())
    return TokenLogprob(text, dict(candidates).get(text, -9.0), candidates)


def plain(text: str) -> TokenLogprob:
    return TokenLogprob(text, 0.0, ((text, 0.0),))


def scores(*tokens: TokenLogprob, letters: str = "ABCD") -> tuple[float, ...] | None:
    return score_by_logprobs(Reply(text="", logprobs=tokens), letters)


def test_probabilities_are_of_the_letters_and_sum_to_one() -> None:
    found = scores(token("B", A=0.1, B=0.6, C=0.1, The=0.2))
    assert found == pytest.approx((0.125, 0.75, 0.125, 0.0))


def test_spaces_and_brackets_around_a_letter_are_no_part_of_it() -> None:
    top = {" B": 0.3, "B": 0.2, "(B": 0.1, "▁A": 0.3, "Ġ**A": 0.1}
    first = TokenLogprob(" B", math.log(0.3), tuple((k, math.log(p)) for k, p in top.items()))
    assert scores(first) == pytest.approx((0.4, 0.6, 0.0, 0.0))


@pytest.mark.parametrize(
    "lead",
    [
        ("\n",),
        ("**",),
        ("(",),
        ("Answer", ":", " "),
        ("The", " answer", " is"),
        ('{"', "answer", '":"'),
    ],
)
def test_what_leads_up_to_the_letter_is_passed_over(lead: tuple[str, ...]) -> None:
    found = scores(*(plain(t) for t in lead), token("C", C=0.9, A=0.1))
    assert found == pytest.approx((0.1, 0.0, 0.9, 0.0))


def test_little_mass_on_the_letters_is_no_score() -> None:
    assert scores(token("B", B=0.3, A=0.19, The=0.5)) is None
    assert scores(token("B", B=0.31, A=0.2, The=0.4)) is not None


def test_prose_before_a_letter_is_no_score() -> None:
    told = [plain(t) for t in (" 45", "-year", "-old", " man")]
    assert (
        scores(TokenLogprob("A", math.log(0.2), (("A", math.log(0.2)), ("The", -0.3))), *told)
        is None
    )
    assert scores(plain("Because"), plain(" of"), token("B", B=0.9)) is None
    assert scores() is None
    assert scores(plain("\n"), plain(" ")) is None


def test_letters_beyond_the_options_do_not_count() -> None:
    assert scores(token("E", E=0.9, A=0.1)) is None


def test_the_emitted_token_counts_where_the_candidates_leave_it_out() -> None:
    first = TokenLogprob("B", math.log(0.6), (("A", math.log(0.2)),))
    assert scores(first) == pytest.approx((0.25, 0.75, 0.0, 0.0))


@given(st.lists(st.floats(-30, 0), min_size=4, max_size=4), st.text(alphabet=" (*[", max_size=3))
def test_any_scores_are_probabilities(logprobs: list[float], mark: str) -> None:
    top = tuple((mark + letter, p) for letter, p in zip("ABCD", logprobs, strict=True))
    found = scores(TokenLogprob(*top[0], top))
    assert found is None or (sum(found) == pytest.approx(1.0) and all(0 <= p <= 1 for p in found))
