"""Words are cut as the pattern cuts them, and echoes and commands are told as before."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from auscult.kit.refusal import text as layout
from auscult.kit.refusal.reading import read_refusal
from auscult.kit.refusal.text import taken_apart, words

TEXTS = st.text(alphabet="abZ09_'\" .,-\n\té", max_size=40)


@given(TEXTS)
def test_the_quick_way_to_words_gives_those_of_the_pattern(text: str) -> None:
    assert words(text) == layout._WORD.findall(text)


@given(TEXTS, TEXTS)
def test_an_echo_has_the_very_words_of_the_request(request: str, said: str) -> None:
    mine = words(said)
    if mine:
        assert taken_apart(request).is_echoed(mine) is (mine == words(request.lower()))


@given(TEXTS.map(lambda head: f"{head} dr."), st.sampled_from(["", "\n", " ", ")"]))
def test_an_abbreviation_ends_no_sentence(head: str, tail: str) -> None:
    expected = layout._ABBREVIATED.search(f"{head}{tail}".lower()) is not None
    assert layout._is_abbreviated(f"{head}{tail}") is expected


def test_an_echo_and_a_composition_are_still_told() -> None:
    asked = "Please list the organs that lie in the pelvis"
    assert read_refusal(asked, asked).rule == "echo"
    assert layout.composes("Please write a note") and layout.composes("A poem about rest")
    assert not layout.composes("Which lettering is this, and who wrote it?")
