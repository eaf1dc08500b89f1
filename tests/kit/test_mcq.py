from __future__ import annotations

from collections import Counter
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from auscult.kit.mcq import (
    LETTERS,
    balanced_orders,
    longest_score,
    options_only,
    order_matters,
    permutation,
    read_options,
    render,
)

unhurried = settings(deadline=None, max_examples=60)
OPTIONS = ["Aspirin", "Warfarin", "Heparin"]


def test_the_stem_comes_first_so_that_orders_share_a_prefix():
    prompts = [render("A man of 60. Which drug?", order) for order in (OPTIONS, OPTIONS[::-1])]
    assert all(p.startswith("A man of 60. Which drug?\n\nOptions:\nA. ") for p in prompts)
    assert all("I don't know" in p and "letter" in p for p in prompts)


def test_options_alone_show_no_question_and_ask_for_a_guess():
    prompt = options_only(OPTIONS)
    assert "withheld" in prompt and "B. Warfarin" in prompt
    assert "don't know" not in prompt


def test_letters_are_the_callers():
    assert "2) " not in render("Q", OPTIONS, letters="123")
    assert "2. Warfarin" in render("Q", OPTIONS, letters="123")
    with pytest.raises(ValueError, match="3 options need as many letters, not 2"):
        render("Q", OPTIONS, letters="AB")


@unhurried
@given(st.text(), st.lists(st.text(), min_size=2, max_size=8))
def test_a_prompt_can_be_read_back(stem, options):
    stem = stem + "\n\nOptions:\nA. decoy\n"
    shown = [" ".join(option.split()) for option in options]
    expected = dict(zip(LETTERS, shown, strict=False))
    assert read_options(render(stem, options)) == expected
    assert read_options(options_only(options)) == expected


def test_other_texts_read_as_no_options():
    assert read_options("What is the dose?") == {}


@unhurried
@given(st.integers(1, 10), st.integers())
def test_a_permutation_holds_each_index_once(n, seed):
    assert sorted(permutation(Random(seed), n)) == list(range(n))


@unhurried
@given(st.integers(2, 8), st.integers(1, 20), st.integers())
def test_orders_are_balanced_and_deterministic(n, repeats, seed):
    orders = balanced_orders(Random(seed), n, repeats)
    assert orders == balanced_orders(Random(seed), n, repeats)
    assert len(orders) == repeats
    assert all(sorted(order) == list(range(n)) for order in orders)
    for option in range(n):
        first = [order.index(option) for order in orders[:n]]
        assert len(set(first)) == len(first)


def test_each_place_is_equally_likely_for_the_key():
    places = Counter(balanced_orders(Random(seed), 4, 1)[0].index(2) for seed in range(4000))
    assert all(900 < places[place] < 1100 for place in range(4))


@pytest.mark.parametrize(
    "option",
    [
        "None of the above",
        "All of the above.",
        "any of the above options",
        "Both A and C",
        "A and B",
        "(A) and (C)",
        "A, B and C are correct",
        "Neither B nor D",
        "Statements A and B",
        "See option C",
        "Option B only",
    ],
)
def test_options_that_speak_of_others_keep_their_order(option):
    assert order_matters(["Aspirin", option])


@pytest.mark.parametrize(
    "option",
    [
        "Vitamin A and D",
        "Hepatitis A",
        "Blood group A or B",
        "The following day",
        "An above-knee amputation",
        "Pain below the diaphragm",
        "A",
        "Statement of needs",
        "",
    ],
)
def test_other_options_may_move(option):
    assert not order_matters(["Aspirin", option])


def test_longest_option_and_its_ties():
    assert longest_score(("a", "bbb", "cc"), 1) == 1.0
    assert longest_score(("a", "bbb", "cc"), 0) == 0.0
    assert longest_score(("aaa", "b  b", "c"), 1) == 0.5  # spaces shown as one count as one
