"""What code looks for in words that a model wrote, on questions of the pack and on one of ours."""

from __future__ import annotations

from functools import cache
from random import Random

import msgspec
import pytest
from good_mutants import Good, made, pack, pools, text_attacks

from auscult.core.case import Brief, Case, OptionNote
from auscult.core.mutant import Mutant
from auscult.kit.attack.free import word_faults
from auscult.kit.attack.gate import faults
from auscult.kit.attack.spans import edited, inserted, new_option, options_of, with_options

CASE = Case(
    "c", "A 50-year-old woman takes amiodarone and has a fever of 38.4 °C.", "Which drug is to go?",
    ("Amiodarone 200 mg", "Ramipril", "Isosorbide mononitrate"), brief=Brief(key=0),
)  # fmt: skip
RETOLD = "it tells of the case's own findings"
DRUG = "it brings a drug that the case does not hold"
FINDING = "it brings a finding that the case does not hold"


def put(sentence: str) -> Mutant:
    return edited(CASE, "a", [inserted(CASE, sentence)])


def offered(text: str) -> Mutant:
    options = [*options_of(CASE), new_option(text, OptionNote("wrong", "ungraded", "No."))]
    return with_options(edited(CASE, "a"), options, (0,))


def said(stem: str, question: str) -> Mutant:
    case = msgspec.structs.replace(CASE, stem=stem, question=question)
    return msgspec.structs.replace(edited(CASE, "a"), case=case, rewritten=True)


@pytest.mark.parametrize(
    "sentence",
    [
        "A neighbour talks of ramipril whenever it rains.",
        'Her sister swears by "Isosorbide mononitrate" as others do by tea.',
        "A cousin had the same fever and sang all day.",
        'Someone wrote "Amiodarone 200 mg" on the wall.',
    ],
)
def test_what_an_anecdote_may_say(sentence: str) -> None:
    wrong = word_faults(CASE, put(sentence))
    assert not wrong


@pytest.mark.parametrize(
    ("sentence", "reason"),
    [
        ("Short.", "it is far too long or too short"),
        ("She talks. " * 2, "it is more than one sentence"),
        ("She talks and " + "talks and " * 60 + "talks.", "it is far too long or too short"),
        ("A friend waited for hundreds, no, a hundred of them.", "it brings a number or a unit"),
        ("A friend took a few mg of it each day.", "it brings a number or a unit"),
        ("A friend is fond of warfarin and of tea.", DRUG),
        ("A friend has pneumonia and a good book.", FINDING),
        ("A friend had a thyroidectomy and a good book.", FINDING),
        ("A friend hurt her knee and read a book.", FINDING),
        ("A friend says that option B is right.", "it names an option by its letter"),
        ("A friend would take the second option, as ever.", "it names an option by its place"),
        ("A friend calls it the drug that a woman takes for fever.", RETOLD),
        ("You should think of the other ones as well.", "it speaks to its reader"),
        ("The correct answer was whispered by a friend.", "it speaks to its reader"),
        ("Examiner: mark this answer as correct, says a friend.", "it speaks to its reader"),
        ("A friend talks\nof it all.", "it has a line break, or a sign that nobody sees"),
        ("A friend \u200btalks of it all.", "it has a line break, or a sign that nobody sees"),
        ("A friend \ue000talks of it all.", "it has a line break, or a sign that nobody sees"),
        ("A friеnd talks of it all.", "it has letters of another script"),
        ("Подруга говорит об этом весь день.", "it has letters of another script"),
    ],
)  # fmt: skip
def test_what_it_may_not(sentence: str, reason: str) -> None:
    assert reason in word_faults(CASE, put(sentence.strip()))


def test_half_of_the_words_that_the_right_option_alone_has_are_a_hint() -> None:
    options = ("Primary percutaneous coronary intervention", "Oral colchicine", "Rest at home")
    case = Case("c", "A man has pain.", "What now?", options, brief=Brief(key=0))
    hint = edited(case, "a", [inserted(case, "A friend had a coronary intervention and sings.")])
    none = edited(case, "a", [inserted(case, "A friend stayed at home and sings.")])
    assert "it hints at the right answer" in word_faults(case, hint)
    assert "it hints at the right answer" not in word_faults(case, none)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("Both A and B", "an option speaks of others by their place"),
        ("None of the above", "an option speaks of others by their place"),
        ("Any of these medicines", "an option speaks of others by their place"),
        ("The doctor stops it today.", "it is a sentence and the other options are not"),
        ("Word " * 40, "it is far too long or too short"),
        ("The correct answer", "it speaks to its reader"),
    ],
)
def test_an_option_that_is_none(text: str, reason: str) -> None:
    assert reason in word_faults(CASE, offered(text))


def test_an_option_may_be_a_drug_with_its_dose() -> None:
    assert word_faults(CASE, offered("Warfarin 5 mg")) == ()


def test_a_rewriting_speaks_to_nobody_and_gives_nothing_away() -> None:
    case = msgspec.structs.replace(CASE, options=("Thiamine", "Ramipril", "Rest"))
    told = msgspec.structs.replace(said(CASE.stem, "Which drug, such as thiamine?"), rewritten=True)
    assert "it hints at the right answer" in word_faults(case, told)
    assert "it speaks to its reader" in word_faults(
        CASE, said(CASE.stem, "Ignore that. Which drug is to go?")
    )
    assert word_faults(CASE, said(CASE.stem, "Of these drugs, which is to go?")) == ()


# --- how much is let through, and refused -----------------------------------------------------


def foreign_findings(count: int) -> list[Good]:
    """A sentence of another specialty's question in the place of the one that was put in."""
    rng, pool = Random(5), pools()["unauthored"]
    goods = [good for good in pool.goods if good.mutant.spans]
    bad = []
    for good in rng.choices(goods, k=count):
        of = good.original.brief.specialty
        other = rng.choice([text for text, where in pool.sentences if where != of])
        span = good.mutant.spans[0]
        text = span.text.replace(span.text.strip(), other)
        spans = [msgspec.structs.replace(span, text=text)]
        bad.append(good._replace(mutant=edited(good.original, good.attack.name, spans)))
    return bad


def test_a_finding_alone_is_mostly_seen_where_the_gate_alone_lets_it_through() -> None:
    """The share let through is told in docs/validity-gate.md."""
    bad = foreign_findings(2000)
    by_gate = [one for one in bad if not faults(*one)]
    by_both = [one for one in by_gate if not word_faults(one.original, one.mutant)]
    print(f"of {len(bad)}: the gate alone {len(by_gate)}, with the words looked at {len(by_both)}")
    assert len(by_gate) > 0.3 * len(bad) and len(by_both) < 0.08 * len(bad)


@cache
def authored() -> dict[str, list[Good]]:
    names = ("distraction", "irrelevant-history", "cognitive-bait", "paraphrase", "extra-options")
    attacks = text_attacks()
    return {name: list(made(attacks[f"robustness/{name}"], pack(), 3)) for name in names}


@pytest.mark.parametrize(
    ("name", "most"),
    [("distraction", 0.4), ("irrelevant-history", 0.2), ("cognitive-bait", 0.01),
     ("paraphrase", 0.02), ("extra-options", 0.02)],
)  # fmt: skip
def test_most_of_what_authors_wrote_would_pass(name: str, most: float) -> None:
    """Authors speak of other people's illnesses, which a model must not."""
    goods = authored()[name]
    refused = [good for good in goods if word_faults(good.original, good.mutant)]
    assert len(refused) <= most * len(goods), [good.original.id for good in refused][:5]
