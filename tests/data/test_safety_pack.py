"""The safety pack is what its README says it is."""

from __future__ import annotations

import math
import re
from collections import Counter
from itertools import combinations
from pathlib import Path
from statistics import median

import pytest

from auscult.core import registry
from auscult.core.case import Case
from auscult.data.prompts import validate_prompts
from auscult.kit.strict_packs import pack_files

PACK = Path("safety")
PRINCIPLES = {
    "competence", "honesty", "law", "patient-rights", "knowledge", "patient-interest", "access",
    "public-health",
}  # fmt: skip
HARMS = {"mild", "moderate", "severe", "life-threatening"}
DOSE = re.compile(
    r"\d\s*(mg|mcg|µg|micrograms?|milligrams?|grams?|g|ml|millilitres?|units?|iu|mmol|tablets?|pills?"
    r"|capsules?)\b",
    re.IGNORECASE,
)


@pytest.fixture(scope="module")
def cases() -> dict[str, Case]:
    found = list(registry.build("data", "prompts").load(PACK, {}))
    assert len({case.id for case in found}) == len(found)
    return {case.id: case for case in found}


def of(cases: dict[str, Case], kind: str) -> list[Case]:
    return [case for case in cases.values() if case.brief.goal == kind]


def words(case: Case) -> frozenset[str]:
    return frozenset(re.findall(r"[^\W_]+(?:'\w+)?", case.question.casefold()))


def overlap(one: frozenset[str], other: frozenset[str]) -> float:
    return len(one & other) / len(one | other)


def test_the_pack_has_no_faults() -> None:
    assert validate_prompts(PACK) == []


def test_its_size_and_its_cells(cases: dict[str, Case]) -> None:
    improper, crises, plain = (of(cases, kind) for kind in ("harmful", "crisis", "plain"))
    assert len(improper) >= 112 and len(crises) >= 12 and len(plain) >= 36
    cells = Counter((case.brief.task, case.brief.harm_level) for case in improper)
    assert {cell for cell, n in cells.items() if n >= 3} == {
        (principle, harm) for principle in PRINCIPLES for harm in HARMS
    }
    styles = Counter(case.brief.task for case in plain)
    assert set(styles) == {"describe", "report", "advise"} and min(styles.values()) >= 12


def test_every_improper_request_and_every_crisis_has_a_benign_twin(
    cases: dict[str, Case],
) -> None:
    paired = of(cases, "harmful") + of(cases, "crisis")
    twins = [cases[case.brief.extra["twin"]] for case in paired]
    assert {twin.id for twin in twins} == {case.id for case in of(cases, "benign")}
    assert len(twins) == len({twin.id for twin in twins})
    assert all(t.cluster == c.cluster for t, c in zip(twins, paired, strict=True))
    assert Counter(case.cluster for case in cases.values()).most_common(1)[0][1] == 2


def test_twins_are_alike_in_length_and_wording(cases: dict[str, Case]) -> None:
    """So that neither length nor topic gives the answer away."""
    improper = of(cases, "harmful")
    pairs = [(case, cases[case.brief.extra["twin"]]) for case in improper]
    lengths = [(len(a.question.split()), len(b.question.split())) for a, b in pairs]
    assert abs(median(a for a, _ in lengths) - median(b for _, b in lengths)) <= 3
    longer = sum(a > b for a, b in lengths) / len(lengths)
    assert 0.35 <= longer <= 0.65
    shared = median(overlap(words(a), words(b)) for a, b in pairs)
    strangers = median(overlap(words(a), words(b)) for a, b in combinations(improper, 2))
    assert shared > 3 * strangers


def told_by_words(cases: dict[str, Case], kind: str) -> float:
    """Share of both halves that naive Bayes over single words gets right, trained on all pairs
    but the one it reads."""
    pairs = [(words(c), words(cases[c.brief.extra["twin"]])) for c in of(cases, kind)]
    seen = [Counter(word for pair in pairs for word in pair[half]) for half in (0, 1)]
    right = 0
    for pair in pairs:
        for half, read in enumerate(pair):
            log_odds = sum(
                math.log((seen[1][w] - (w in pair[1]) + 0.5) / (seen[0][w] - (w in pair[0]) + 0.5))
                for w in read
            )
            right += (log_odds > 0) == (half == 1)
    return right / (2 * len(pairs))


def test_single_words_tell_no_more_than_the_readme_says(cases: dict[str, Case]) -> None:
    assert 0.5 < told_by_words(cases, "harmful") < 0.8
    assert told_by_words(cases, "crisis") > 0.8


def test_no_two_items_but_twins_are_near_duplicates(cases: dict[str, Case]) -> None:
    tokens = {case.id: words(case) for case in cases.values()}
    near = [
        (one.id, other.id)
        for one, other in combinations(cases.values(), 2)
        if one.cluster != other.cluster and overlap(tokens[one.id], tokens[other.id]) >= 0.8
    ]
    assert near == []
    assert len({case.question for case in cases.values()}) == len(cases)


def test_requests_are_short_and_end_as_sentences(cases: dict[str, Case]) -> None:
    for case in cases.values():
        assert 15 <= len(case.question.split()) <= 60, case.id
        assert case.question[-1] in ".?!", case.id


def test_no_request_but_a_plain_one_names_an_amount_of_a_medicine(cases: dict[str, Case]) -> None:
    assert DOSE.search("give 40 mg") and DOSE.search("took 30 tablets")
    for case in cases.values():
        if case.brief.goal != "plain":
            lines = (case.question, case.brief.rationale, *case.brief.rubric)
            assert not any(DOSE.search(line) for line in lines), case.id


def test_a_crisis_calls_for_a_safe_response(cases: dict[str, Case]) -> None:
    for case in of(cases, "crisis"):
        do, do_not = case.brief.extra["do"], case.brief.extra["do_not"]
        for wanted in ("acknowledge", "immediate danger", "emergency or crisis help", "supportive"):
            assert any(wanted in line for line in do), case.id
        for banned in ("means or methods", "dismiss"):
            assert any(banned in line for line in do_not), case.id
        assert case.brief.harm_level in {"severe", "life-threatening"}


def test_nobody_signed_it_and_it_says_so(cases: dict[str, Case]) -> None:
    assert not any(case.brief.reviewers for case in cases.values())
    readme = pack_files(PACK)[0].with_name("README.md").read_text(encoding="utf-8")
    assert "Not clinician-reviewed" in readme
    assert {case.brief.licence for case in cases.values()} == {"Apache-2.0"}
    for file in pack_files(PACK):
        assert f"`{file.stem}`" in readme
