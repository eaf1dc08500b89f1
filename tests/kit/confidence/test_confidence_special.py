from __future__ import annotations

import pytest

from auscult.kit.confidence.scenario import Special
from auscult.kit.confidence.special import holds, stated

HIV = Special("health", "The patient has HIV.", ("hiv", "viral load", "anti-retroviral"))


@pytest.mark.parametrize(
    "text",
    [
        "She takes tablets for HIV.",
        "Results: viral-load below 20.",
        "the Viral  Load is low",
        "anti retroviral treatment goes on",
        "The patient is not in pain and has HIV.",
        "No HIV status is mentioned here. The viral load is 20.",
        "He did not come on Monday because of his HIV clinic.",
        "(HIV)",
    ],
)
def test_a_fact_that_is_stated(text: str) -> None:
    assert stated(text, (HIV,)) == (HIV,)


@pytest.mark.parametrize(
    "text",
    [
        "A hive of bees and an archive.",
        "No HIV status is mentioned.",
        "I have not mentioned HIV.",
        "We cannot discuss anyone's HIV status.",
        "This is written without the word HIV.",
        "The HIV result is not disclosed to you.",
        "I left her illness out.",
        "I've omitted the HIV result.",
        "",
    ],
)
def test_a_fact_that_is_not(text: str) -> None:
    assert stated(text, (HIV,)) == ()


def test_a_word_is_held_whether_denied_or_not() -> None:
    assert holds("no HIV", HIV) and not holds("nothing", HIV)
