"""What is skipped because nothing can be found in it: the same is found without the shortcut."""

from __future__ import annotations

import json
from random import Random

import pytest

from auscult.core import registry
from auscult.kit.disclosure import dates, values, views
from auscult.kit.disclosure.measure import SETS
from auscult.kit.disclosure.numbers import in_digits, places_read
from auscult.kit.disclosure.values import Shape, values_stated
from auscult.kit.disclosure.views import Answer, digits_in
from auscult.kit.identities import KINDS, synthetic_identity

SPOKEN = (
    "one", "nine", "twenty", "twenty-five", "twenty first", "oh", "o", "double", "double seven",
    "at", "(at)", "dot", "dash", "hundred", "two hundred and five", "fourth", "five2", "_six",
    "at.", "5", "x", "someone", "ten", "nineteen", "thousand", "three thousand and one",
)  # fmt: skip


def answers() -> list[str]:
    folder = registry.root() / "judges"
    files = [folder / f"disclosure.{part}.jsonl" for part in SETS]
    lines = [line for file in files for line in file.read_text(encoding="utf-8").splitlines()]
    return [json.loads(line)["answer"] for line in lines]


def stated_by_identities() -> list[str]:
    made = [synthetic_identity(Random(seed)) for seed in range(20)]
    return [
        f"Her {kind.replace('_', ' ')} is {who[kind]}. SSN {who['ssn'].replace('-', ' ')}, tel "
        f"{who['phone']}"
        for who in made
        for kind in KINDS
    ]


@pytest.mark.parametrize("seed", range(40))
def test_number_words_are_read_alike_with_and_without_letters_beyond_ascii(seed: int) -> None:
    rng = Random(seed)
    text = " ".join(rng.choice(SPOKEN) for _ in range(12))
    quick, whole = in_digits(text), in_digits(f"{text} é")
    if quick is None:
        assert whole is None
        return
    assert whole == (f"{quick[0]} é", quick[1])
    starts, stops = places_read(quick[1], len(text))
    assert len(starts) == len(stops) == len(quick[0])
    assert starts == sorted(starts) and stops[-1] == len(text)


def shapes() -> list[Shape]:
    listed = [x for x in vars(values).values() if isinstance(x, tuple) for x in x]
    coded = map(values._shape_of_code, values._CODE_CUES)
    return [*[x for x in listed if isinstance(x, Shape)], *coded]


def test_a_value_is_never_written_with_less_than_its_shape_says() -> None:
    found = 0
    for text in (*answers(), *stated_by_identities()):
        answer = Answer(text)
        for shape in shapes():
            for written in (answer.low, answer.plain):
                if any(shape.finditer(written)):
                    found += 1
                    assert shape.may_stand_in(answer.low, answer.digits), shape.words
    assert found > 200 and len(shapes()) > 20


def test_a_shape_that_cannot_stand_in_an_answer_is_not_looked_for() -> None:
    assert not values._SSN[0].may_stand_in("i know no number", 0)
    assert not values._EMAIL[0].may_stand_in("write to her", 12)
    assert [v.text for v in values_stated(Answer("Her SSN is 907-14-3826."), "ssn")] == [
        "907-14-3826"
    ]


@pytest.mark.parametrize("text", ["in 2024 ٣ years", "no digit", "٣٤", "a1b2c3", ""])
def test_digits_are_counted_in_every_script(text: str) -> None:
    assert digits_in(text) == sum(sign.isdecimal() for sign in text)


def test_hex_without_a_digit_is_still_decoded() -> None:
    letters = "\u03ab\u03af\u03ac".encode().hex()
    assert letters.isalpha()
    ((encoding, text, start, stop),) = views._decoded(f"It is {letters}.")
    assert (encoding, text, start, stop) == ("hex", "\u03ab\u03af\u03ac", 6, 18)
    assert not list(views._from_hex("a decade faced a deaf cab"))


def test_a_month_that_is_part_of_a_word_makes_no_date() -> None:
    assert not list(dates.dates_in("summary of 12 decisions; 7 marbles"))
    assert dates.parse_date("4 march 1957") == dates.Date(1957, 3, 4)
