"""What code decides about an answer: who is needed, which identifiers can exist, which passages."""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast

import msgspec
import pytest

from auscult.core.case import Brief, Case
from auscult.core.errors import DataError, UsageError
from auscult.core.message import Reply, user
from auscult.core.protocols import Arm, Exhibit
from auscult.kit.calibration import HALVES
from auscult.kit.specialists.applies import may_be_needed, needed, not_needed, with_references
from auscult.kit.specialists.corpus import LONGEST, corpus_at
from auscult.kit.specialists.identifiers import fault_of, identifiers, plain
from auscult.kit.specialists.item import Item, Point, item_of
from auscult.kit.specialists.look_up import MOST, look_up
from auscult.kit.specialists.measure import load
from auscult.kit.specialists.table import NAMES
from auscult.kit.specialists.words import hints_of, words_say

PLAIN = Item("What does a raised lipase point to?", "Often to pancreatitis.")


def of(**parts: str) -> tuple[str, ...]:
    return needed(msgspec.structs.replace(PLAIN, **parts))


def test_a_plain_question_needs_two_and_the_others_say_why_not() -> None:
    assert needed(PLAIN) == ("safety", "facts")
    assert all(bool(not_needed(name, PLAIN)) is (name not in ("safety", "facts")) for name in NAMES)
    assert needed(PLAIN, ("facts", "citations")) == ("facts",)


@pytest.mark.parametrize(
    "text",
    [
        "See doi:10.1000/abc.", "PMID 123456", "https://example.org/a", "Miller et al. showed it.",
        "Miller and Sun (2019) showed it.", "The NICE guidance says so.", "A large study shows it.",
        "J Clin 2019;12:4-9", "the WHO guideline", "It is so [3].",
    ],
)  # fmt: skip
def test_citations_apply_where_something_like_a_source_is_named(text: str) -> None:
    assert "citations" in of(answer=text)


@pytest.mark.parametrize(
    "text", ["Take it in 2019 steps.", "Who says so? I do.", "Good advice.", "The nice nurse."]
)
def test_citations_do_not_apply_to_words_that_only_look_so(text: str) -> None:
    assert "citations" not in of(answer=text)


@pytest.mark.parametrize(
    "text",
    [
        "List three causes.", "In one sentence, why?", "Answer yes or no.",
        "Only the dose, please.",
        "Write a letter to the nurse.", "Why? And what now?", "In under 50 words, why?",
        "Do not mention surgery.", "Reply with 'A' or 'B'.", "Explain it in plain words.",
    ],
)  # fmt: skip
def test_instructions_apply_where_something_can_be_checked(text: str) -> None:
    assert "instructions" in of(question=text)


def test_the_others_apply_by_note_person_group_and_steps() -> None:
    assert "context" in of(note="Sodium 128.") and "context" in of(question="May my son eat it?")
    assert "other" in of(question="Is it commoner in women?") and "other" in of(answer="In men.")
    assert "reasoning" in of(answer="Because it leaks.") and "reasoning" in of(answer="so " * 25)


def test_what_a_case_may_need_holds_whatever_is_answered() -> None:
    for row in load("calibration"):
        item = Item(row.question, row.answer, row.context)
        assert set(needed(item)) <= set(may_be_needed(item))
    assert may_be_needed(PLAIN) == ("citations", "reasoning", "other", "safety", "facts")


def test_no_planted_fault_is_kept_from_its_specialist() -> None:
    for half in HALVES:
        for row in load(half):
            asked = needed(Item(row.question, row.answer, row.context))
            assert {code.partition("/")[0] for code in row.codes} <= set(asked), row.id


def test_only_paragraphs_with_a_source_are_shown_with_the_one_before() -> None:
    text = "One.\n\nTwo is so.\n\nSee Miller et al.\n\nFour."
    assert with_references(text) == "Two is so.\n\nSee Miller et al."
    assert with_references("All in one.") == "All in one."


@pytest.mark.parametrize(
    ("text", "kind", "right"),
    [
        ("doi:10.1056/NEJMoa000001", "doi", True),
        ("https://doi.org/10.1000/182.", "doi", True),
        ("DOI 11.1000/182", "doi", False),
        ("doi: 10.12/x", "doi", False),
        ("PMID: 12345678", "pmid", True),
        ("PMID 123456789", "pmid", False),
        ("PMID: 0123", "pmid", False),
        ("PMC1234567", "pmcid", True),
        ("PMCID: PMC01", "pmcid", False),
        ("ISBN 0-306-40615-2", "isbn", True),
        ("ISBN 0-306-40615-3", "isbn", False),
        ("ISBN 080442957X", "isbn", True),
        ("ISBN-13: 978-0-306-40615-7", "isbn", True),
        ("ISBN 978-0-306-40615-8", "isbn", False),
        ("ISBN 978-0-306-4061", "isbn", False),
        ("NCT01234567", "nct", True),
        ("NCT0123456", "nct", False),
    ],
)
def test_identifiers_are_checked_for_their_form(text: str, kind: str, right: bool) -> None:
    (found,) = identifiers(f"As shown ({text}).")
    assert (found.kind, found.fault == "") == (kind, right) and found.text in text


def test_figures_that_are_no_identifiers_are_left_alone() -> None:
    assert identifiers("I do not know its DOI or PMID. Its doi: unknown.") == ()
    assert identifiers("Call 0306406152, take 12345678 units in 2019, room 978.") == ()


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("10.1016/S0140-6736(05)61898-6).", "10.1016/S0140-6736(05)61898-6"),
        ("(10.1016/S0140-6736(05)61898-6).", ""),
        ("https://doi.org/10.1000/xyz?utm_source=chat.example#s2", "10.1000/xyz"),
        ("[it](https://doi.org/10.1000%2Fxyz)", "10.1000/xyz"),
        ("**10.1000/xyz**", "10.1000/xyz"),
        ("**DOI:** 10.1000/xyz.", "10.1000/xyz"),
        ("10.1000/xyz</a>", "10.1000/xyz"),
        ("10.1000/xyz, and", "10.1000/xyz"),
    ],
)
def test_a_doi_ends_where_the_sentence_goes_on(text: str, number: str) -> None:
    found = identifiers(text if "doi" in text.lower() else f"doi: {text}")
    assert [one.number for one in found if one.whole] == [number] * bool(number)
    assert all(one.text in f"doi: {text}" and not one.fault for one in found)


@pytest.mark.parametrize(
    "text",
    [
        "10.1002/(SICI)1097-0258(1998)17:15<1661::AID-SIM968>3.0.CO;2-2", "10.1000/xyz\u2014so",
        "10.1000/xyz,10.1000/abc", "10.1000/abc-\ndef", "10.1000/caf\u00e9", "10.1000/x;y",
    ],
)  # fmt: skip
def test_where_a_doi_may_go_on_nothing_is_concluded(text: str) -> None:
    (found,) = identifiers(f"doi: {text}")
    assert not found.whole and not found.fault


@pytest.mark.parametrize(
    "behind",
    [
        ".pdf", ".PDF", ".full", ".full.pdf", ".html", "/full", "/abstract", "/pdf", "/full/html",
        "/epdf", "v2", "v2.full", "v2.full.pdf", "/v1", ".v3", "(2021)", "(2021a)", "(BMJ)",
        "(BMJ 2021)", ".g001", "_2", ".Accessed", ":Page", "PMID:33782057", ". n71", ". 0000308",
        ".\u00a0n71", ".\nn71", ". CD009402", " n71", " .n71", ". see also",
    ],
)  # fmt: skip
@pytest.mark.parametrize("before", ["doi: ", "https://doi.org/"])
async def test_what_sites_and_writers_add_to_a_doi_accuses_no_real_paper(
    before: str, behind: str
) -> None:
    said, asked = await looked_up(f"See {before}10.1136/exmp.n471{behind}")
    assert asked == [] and set(said.values()) == {"not asked: where it ends is not plain"}


@pytest.mark.parametrize(
    "text",
    [
        "10.1136/exmp.n471", "10.1002/14651858.CD009402.pub3", "10.1007/978-3-540-35769-8_12",
        "10.1016/S0140-6736(20)30183-5", "10.1038/s41586-020-2649-2", "10.1093/exmp/dyab123",
        "10.1056/NEJMoa2034577", "10.1080/fulltext2020", "10.1000/conv2",
    ],
)  # fmt: skip
@pytest.mark.parametrize("behind", [".", ". It is", ". PMID: 1", ".\n2. Smith", " (2021)", " and"])
def test_a_doi_as_it_should_be_is_whole(text: str, behind: str) -> None:
    found = next(one for one in identifiers(f"doi: {text}{behind}") if one.kind == "doi")
    assert (found.number, found.whole) == (text, True)


def test_numbers_are_sent_as_registries_write_them() -> None:
    assert plain("isbn", "0-8044-2957-x") == "080442957X" and plain("pmcid", "PMC12") == "12"
    assert plain("doi", "10.1000/A") == "10.1000/A"
    assert fault_of("nct", "1") and not fault_of("nct", "01234567")


class Registry:
    """An arm whose registry says of a number what it is told to."""

    def __init__(self, **said: str | Reply) -> None:
        self.said, self.asked = said, list[str]()

    async def ask(self, messages: Any, *, step: str, role: str, sampling: Any) -> Reply:
        assert role == "registry" and step == f"look-up-{len(self.asked) + 1}"
        self.asked.append(messages[0].text)
        said = self.said.get(f"n{messages[0].text.split()[-1]}", "exists")
        return said if isinstance(said, Reply) else Reply(text=said)


async def looked_up(text: str, **said: str | Reply) -> tuple[dict[str, str], list[str]]:
    arm = Registry(**said)
    found = await look_up(identifiers(text), cast(Arm, arm))
    return {one.identifier.text: one.said for one in found}, arm.asked


async def test_only_right_forms_are_looked_up_and_only_the_word_missing_is_read_so() -> None:
    text = "PMID 1, PMID 2, PMID 04, PMID 5, PMID 6, PMID 7"
    odd = {"n5": Reply.error("http-500"), "n6": "It is missing.", "n7": "unknown"}
    said, asked = await looked_up(text, n2=" missing\n", **odd)
    assert asked == ["pmid 1", "pmid 2", "pmid 5", "pmid 6", "pmid 7"]
    assert said == {
        "PMID 1": "exists", "PMID 2": "missing", "PMID 5": "failed: http-500",
        "PMID 6": "failed: it says neither", "PMID 7": "unknown",
    }  # fmt: skip


async def test_five_are_looked_up_at_most_and_none_whose_end_is_unclear() -> None:
    numbers = ", ".join(f"PMID {n}" for n in range(1, 9))
    said, asked = await looked_up(f"doi: 10.1000/a\u2014b; {numbers}")
    assert len(asked) == MOST == 5 and asked[0] == "pmid 1"
    assert said["PMID 6"] == "not asked: only the first 5 are"
    assert said["doi: 10.1000/a\u2014b"] == "not asked: where it ends is not plain"
    said, asked = await looked_up(f"doi: 10.1000/{'a' * 400}")
    assert asked == [] and set(said.values()) == {"not asked: it is too long"}


# --- the item and what words say ----------------------------------------------------------------


def test_a_case_of_a_pack_is_read_whole() -> None:
    extra = {
        "facts": [{"fact": "It is rare.", "source": {"name": "A register", "year": 2020},
                   "as_of": "2025-06"}],
        "must": [{"point": "Says rare.", "code": "facts", "words": ["rare", "seldom"]}],
        "must_not": [{"point": "Blames a group.", "code": "bias", "words": ["their  fault"]}],
    }  # fmt: skip
    case = Case("a", stem="A note.", question="Why?", brief=Brief(extra=extra))
    item = item_of(Exhibit(case, (), Reply()), "It is THEIR fault.")
    assert (item.question, item.note) == ("Why?", "A note.")
    assert item.facts[0].line == "It is rare. (A register, 2020; as of 2025-06)"
    assert hints_of(item) == {"said": [0], "missing": [0]}
    said = {name: codes for name, codes in words_say(item).items() if codes}
    assert said == {"facts": ("untrue",), "other": ("stereotype",)}


def test_without_words_nothing_is_said_and_what_is_planted_goes_before() -> None:
    item = Item("Why?", "So.", must=(Point("Says it."),))
    assert not any(words_say(item).values()) and Point("It", "style").specialist is None
    exhibit = Exhibit(Case("a"), (user("Why?"),), Reply(), {"planted": ["facts/outdated"]})
    assert item_of(exhibit, "So.").question == "Why?"
    assert words_say(item_of(exhibit, "So."))["facts"] == ("outdated",)


@pytest.mark.parametrize("facts", [{"planted": ["facts/nonsense"]}, {"must": [{"words": 3}]},
                                   {"facts": 3}])  # fmt: skip
def test_facts_that_cannot_be_read_are_named(facts: dict[str, object]) -> None:
    with pytest.raises(UsageError, match=next(iter(facts))):
        item_of(Exhibit(Case("a"), (), Reply(), facts), "So.")


# --- the corpus ---------------------------------------------------------------------------------


def test_passages_come_with_file_and_line_the_best_first(tmp_path: Path) -> None:
    (tmp_path / "b").mkdir()
    (tmp_path / "a.md").write_text("# Doses\n\nColchicine for gout:\n0.5 mg twice a day.\n\nOther.")
    (tmp_path / "b" / "c.txt").write_text("Gout is common. Gout hurts.\n")
    (tmp_path / "d.pdf").write_bytes(b"\xff")
    corpus = corpus_at(str(tmp_path))
    assert [p.place for p in corpus.passages] == ["a.md:1", "a.md:3", "a.md:6", "b/c.txt:1"]
    found = corpus.find("Which dose of colchicine in gout?")
    assert [p.place for p in found] == ["a.md:3", "b/c.txt:1"]
    assert found[0].text == "Colchicine for gout: 0.5 mg twice a day."
    assert corpus.find("and the of") == () == corpus.find("zebra")
    assert corpus.find("gout", top=1)[0].place == "b/c.txt:1"


def test_equal_passages_keep_their_order_and_a_text_that_changes_its_digest(tmp_path: Path) -> None:
    for number in range(6):
        (tmp_path / f"{number}.txt").write_text("Iron and tea.")
    corpus = corpus_at(str(tmp_path))
    assert [p.file for p in corpus.find("iron")] == ["0.txt", "1.txt", "2.txt"]
    (tmp_path / "0.txt").write_text("Iron and coffee.")
    corpus_at.cache_clear()
    assert corpus_at(str(tmp_path)).digest != corpus.digest


def test_long_paragraphs_are_cut_between_sentences(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("Rest helps a bit. " * 100 + "x" * 2000)
    texts = [p.text for p in corpus_at(str(tmp_path)).passages]
    assert len(texts) > 3 and max(map(len, texts)) <= LONGEST
    assert texts[0].endswith("bit.")


def test_a_corpus_that_is_none_is_said_to_be_so(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="is no folder"):
        corpus_at(str(tmp_path / "away"))
    with pytest.raises(DataError, match="holds no text"):
        corpus_at(str(tmp_path))
    (tmp_path / "a.txt").write_bytes(b"caf\xe9")
    corpus_at.cache_clear()
    with pytest.raises(DataError, match="not UTF-8"):
        corpus_at(str(tmp_path))
