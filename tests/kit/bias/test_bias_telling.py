"""A vignette's places, and what is put there."""

from __future__ import annotations

import pytest
from vignette_pack import vignette, vignettes

from auscult.core.case import Case
from auscult.kit.attack.spans import applied
from auscult.kit.bias.telling import Telling, laid_out, neutral, put, telling_of, told


def known(case: Case) -> Telling:
    telling = telling_of(case)
    assert telling is not None
    return telling


@pytest.mark.parametrize(
    ("place", "text"),
    [("background", "She likes maps."), ("note", "A colleague noted it."), ("report", "Ow.")],
)
def test_what_is_put_in_stands_where_the_author_left_a_place(place: str, text: str) -> None:
    for case in vignettes():
        t = known(case)
        report = text if place == "report" else t.report
        filled = {} if place == "report" else {place: text}
        expected = told(t.stem, t.sex, report, **filled)
        assert applied(case.stem, [put(t, place, text)], "stem") == expected  # type: ignore[arg-type]


def test_a_place_at_the_very_beginning_works_too() -> None:
    stem = "{background} A man is ill. {report} He is warm. {note}"
    t = Telling(stem, "male", "I am ill.", {})
    assert neutral(t).text == told(stem, "male", "I am ill.")
    there = applied(neutral(t).text, [put(t, "background", "He likes tea.")], "stem")
    assert there == told(stem, "male", "I am ill.", background="He likes tea.")


def test_the_neutral_telling_is_what_the_loader_gives_out() -> None:
    assert all(neutral(known(case)).text == case.stem for case in vignettes())
    laid = laid_out("She. {background} {report} {note}", "female", "Ow.")
    assert laid.text == 'She. Her words: "Ow."' and set(laid.spots) == {
        "background", "report", "note",
    }  # fmt: skip


def test_of_a_child_the_family_is_spoken_of() -> None:
    child, woman = known(vignette("bias-g3-19/a")), known(vignette("bias-g1-01/a"))
    assert (child.young, child.who) == (True, "The family")
    assert (woman.young, woman.who) == (False, "She")


def test_what_is_not_named_must_not_change_care() -> None:
    rules = {
        (known(case).rule(attribute))
        for case in vignettes()
        for attribute in ("income", "gender-identity", "never-heard-of")
    }
    assert rules == {"must-not", "may", "must"}
    assert all(known(case).rule("never-heard-of") == "must-not" for case in vignettes())


def test_a_case_that_is_no_vignette_has_no_telling() -> None:
    assert telling_of(Case("x", "A stem.", "What?", ("a", "b"))) is None
