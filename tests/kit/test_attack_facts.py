"""What two texts state is compared by code: same facts in other words, and other facts."""

from __future__ import annotations

from decimal import Decimal

import pytest

from auscult.kit.attack.facts import (
    facts_of,
    least_kept,
    mixed_up,
    numbers_of,
    opposed,
    side_changed,
    torn_numbers,
    turned,
)


@pytest.mark.parametrize(
    ("text", "value", "unit"),
    [
        ("38.4 °C", "38.4", "°C"),
        ("41,000 U/L", "41000", "U/L"),
        ("24 ×10⁹/L", "24", "×10⁹/L"),
        ("for six weeks", "6", "week"),
        ("for 6 weeks", "6", "week"),
        ("a 5-week-old boy", "5", "week"),
        ("aged 58", "58", "year"),
        ("88 beats/min", "88", "beats/min"),
        ("5 mg", "5", "mg"),
        ("pH 7.20", "7.2", ""),
    ],
)
def test_a_number_is_read_with_its_unit(text: str, value: str, unit: str) -> None:
    assert dict(numbers_of(text)) == {(Decimal(value).normalize(), unit): 1}


@pytest.mark.parametrize(
    "text", ["once he slept", "one of them", "half the ward", "V1 to V4", "B12"]
)
def test_words_and_names_that_count_nothing_are_no_numbers(text: str) -> None:
    assert not numbers_of(text)


@pytest.mark.parametrize("text", ["38. 4 °C", "38 .4 °C", "41 ,000 U/L", "41, 000 U/L"])
def test_a_torn_number_is_seen(text: str) -> None:
    assert torn_numbers(text) == 1


@pytest.mark.parametrize("text", ["38.4 °C", "He is 38. 4 days later he left.", "1, 2 and 3"])
def test_a_whole_number_and_a_new_sentence_are_not_torn(text: str) -> None:
    assert torn_numbers(text) == 0


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("She has no fever, rash or cough.", "She has cough, with neither fever nor rash."),
        ("Without itch he sleeps.", "With itch he sleeps."),
        ("The pregnancy test is negative.", "The pregnancy test is not negative."),
        ("Reflexes are absent.", "Reflexes are brisk."),
        ("He has never smoked cigars.", "He has often smoked cigars."),
        ("Blood pressure is 82/48 mmHg.", "Blood pressure is not 82/48 mmHg."),
    ],
)
def test_what_is_denied_in_one_only_has_turned(one: str, other: str) -> None:
    assert turned(facts_of(one), facts_of(other))
    assert turned(facts_of(other), facts_of(one))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("No effusion is seen and function is good.", "Function is good, without effusion."),
        ("She takes no medicines.", "She is on no medicines."),
        ("Tendon reflexes are absent.", "There are no tendon reflexes."),
        ("Ethanol is undetectable.", "Ethanol was not detected."),
        ("The film shows no fragments.", "There are no fragments on the film."),
        ("He has no kidney disease and takes iron.", "He takes iron and has no kidney disease."),
    ],
)
def test_the_same_denial_in_other_words_has_not(one: str, other: str) -> None:
    assert not turned(facts_of(one), facts_of(other))
    assert not turned(facts_of(other), facts_of(one))


@pytest.mark.parametrize(
    ("one", "other", "axis"),
    [
        ("The level has risen.", "The level has fallen.", "amount"),
        ("Pain came before the meal.", "Pain came after the meal.", "when"),
        ("A mild rash is seen.", "A severe rash is seen.", "grade"),
        ("ST elevation, PR depression.", "ST depression, PR elevation.", "amount"),
        ("The left eye and the right ear.", "The right eye and the left ear.", "side"),
    ],
)
def test_opposites_are_seen_even_where_both_are_said(one: str, other: str, axis: str) -> None:
    assert axis in opposed(facts_of(one), facts_of(other))
    assert not opposed(facts_of(one), facts_of(one))


def test_a_side_said_once_less_is_no_other_side() -> None:
    twice, once = facts_of("The left leg; his left leg hurts."), facts_of("His left leg hurts.")
    assert not side_changed(twice, once) and not side_changed(once, twice)
    assert side_changed(twice, facts_of("The left leg; his right leg hurts."))
    assert side_changed(once, facts_of("His leg hurts."))


def test_left_as_a_verb_and_right_as_a_judgement_are_no_sides() -> None:
    assert not any(facts_of("It left a scar. What is the right time?").sides.values())


def test_two_values_that_changed_places_are_seen() -> None:
    before = facts_of("Sodium is 140 mmol/L and potassium 5 mmol/L.")
    assert mixed_up(before, facts_of("Potassium is 140 mmol/L; sodium 5 mmol/L."))
    assert not mixed_up(before, facts_of("Potassium is 5 mmol/L, with sodium 140 mmol/L."))
    rose = facts_of("It rose from 4 mmol/L to 6 mmol/L.")
    assert mixed_up(rose, facts_of("It rose from 6 mmol/L to 4 mmol/L."))


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("5 mg twice daily", "5 mg twice a day", True),
        ("5 mg daily", "5 mg every day", True),
        ("5 mg daily", "5 mg weekly", False),
        ("eight stools a day", "eight stools a week", False),
        ("ill for a day", "ill since a day ago", True),
    ],
)
def test_how_often_is_read_in_several_ways(one: str, other: str, same: bool) -> None:
    assert (facts_of(one).rates == facts_of(other).rates) is same


def test_a_drug_is_known_by_any_of_its_names() -> None:
    assert facts_of("She takes Tenormin.").drugs == facts_of("She takes atenolol.").drugs
    assert facts_of("She takes adrenaline.").drugs == facts_of("She takes epinephrine.").drugs
    assert facts_of("She takes atenolol.").drugs != facts_of("She takes bisoprolol.").drugs
    assert not facts_of("They accept a rural normal sodium.").drugs


def test_a_sentence_that_the_other_text_lacks_is_found() -> None:
    whole = facts_of("Fever and a stiff neck began today. The spleen is felt below the ribs. Why?")
    less = facts_of("Today a stiff neck and fever began. Why?")
    assert least_kept(whole.sentences, less) < 0.3
    assert least_kept(less.sentences, whole) == 1.0
