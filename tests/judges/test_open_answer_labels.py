"""The open-answer judge as one that is measured: its labels, its trivial reading, its form."""

from __future__ import annotations

import re
from collections import Counter

import pytest
from rubric_model import Model, form, oracle

from auscult.core import registry
from auscult.core.verdict import Verdict
from auscult.kit.judge_labels import LabelledReply, exhibit_of, pair_of
from auscult.kit.rubric.calibration import balanced, load, rule_all
from auscult.kit.rubric.measure import main
from auscult.kit.rubric.prompt import LISTED, MAX_TOKENS, SCHEMA
from auscult.kit.rubric.text import overlaps

LISTS = ("quotes", "missing", "wrong_claims")
ROW = LabelledReply(1, "What is it?", "It is fluid.", "right", facts={"reference": "A fluid."})


def verdict(behaviour: str, **labels: str) -> Verdict:
    return Verdict("open-answer", "2", behaviour, labels=labels)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("said", "label"),
    [
        (verdict("answered", by="judge", ruling="right"), "right"),
        (verdict("answered", by="judge", ruling="wrong"), "wrong"),
        (verdict("partial", by="judge", ruling="partly"), "partly"),
        (verdict("refused", by="judge", ruling="no-answer"), "no-answer"),
        (verdict("answered", by="match"), "right"),
        (verdict("abstained", by="code"), "no-answer"),
        (verdict("invalid", by="code"), "no-answer"),
    ],
)
def test_its_labels_are_rulings_and_not_behaviours(said: Verdict, label: str) -> None:
    judge = registry.build("judges", "open-answer", {})
    assert label in judge.levels and judge.positive in judge.levels
    assert pair_of(judge, ROW, said).judged == label


def test_an_error_is_no_label() -> None:
    judge = registry.build("judges", "open-answer", {})
    pair = pair_of(judge, ROW, Verdict("open-answer", "2", "error", cause="judge-failed"))
    assert (pair.judged, pair.baseline, pair.cause) == ("", "", "judge-failed")


def test_its_trivial_reading_counts_words_of_the_reference() -> None:
    judge = registry.build("judges", "open-answer", {})
    assert judge.baseline_of(exhibit_of(ROW)) == "right"
    assert overlaps("Pleural fluid", "A pleural effusion.") and not overlaps("fluid", "Effusion.")
    assert not overlaps("", "")


def test_a_model_that_repeats_itself_still_comes_to_a_verdict() -> None:
    """Without a bound on its strings the form lets a small model fill one until it is cut off."""
    bound = {name: SCHEMA["properties"][name] for name in LISTS}
    longest = 0
    for listed in bound.values():
        assert listed["maxItems"] == LISTED
        pattern = re.compile(listed["items"]["pattern"])
        reach = max(n for n in range(1, 2000) if pattern.fullmatch("a " * (n // 2) + "a" * (n % 2)))
        longest += listed["maxItems"] * reach
    overhead = len(form("no-answer", [])) + 3 * LISTED * 4
    assert (longest + overhead) / 3.5 < MAX_TOKENS, "3.5 characters a token"
    for row in (*load("calibration"), *load("heldout")):
        words = " ".join(row.answer.split()[:19])
        assert '"' in words or "\\" in words or len(words) > 140 or pattern.fullmatch(words)


@pytest.mark.parametrize("n", [1, 8, 24, 60, 500])
def test_a_balanced_part_is_half_right(n: int) -> None:
    rows = load("calibration")
    part = balanced(rows, n)
    assert len(part) == min(n, len(rows)) and list(part) == [r for r in rows if r in part]
    counted = Counter(row.verdict for row in part)
    if n <= 24:
        assert abs(counted["right"] - n / 2) <= 1
        rest = [counted[ruling] for ruling in ("partly", "wrong", "no-answer")]
        assert max(rest) - min(rest) <= 1
    if n == 24:
        assert len({row.item for row in part}) >= 10, "spread over the questions"


async def test_a_balanced_part_is_ruled_on_like_the_whole() -> None:
    part = balanced(load("calibration"), 8)
    found = await rule_all(Model(oracle(part)), part)
    assert [one.ruling for one in found] == [row.verdict for row in part]


def test_an_unknown_probe_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["scripted/refuses", "--probe", "mood"])
    assert "mood" in capsys.readouterr().err
