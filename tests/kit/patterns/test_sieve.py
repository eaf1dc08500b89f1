"""Sieved patterns find what `re` finds, in the same places; they only look in fewer of them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from auscult.core.registry import root
from auscult.kit.choice import phrases, silence, tongues
from auscult.kit.disclosure import outcome
from auscult.kit.patterns import needs
from auscult.kit.patterns import sieve as module
from auscult.kit.patterns.needs import EDGE, alternatives, branches, hastened, necessary
from auscult.kit.patterns.sieve import AnyOf, Sieve, Sieved
from auscult.kit.refusal import phrases as refusal_phrases
from auscult.kit.refusal import reading as refusal_reading
from auscult.kit.refusal import tongues as refusal_tongues
from auscult.kit.toxicity import reading as toxicity_reading
from auscult.kit.toxicity.rules import RULES
from auscult.kit.yes_no import claims, existence
from auscult.kit.yes_no import silence as yes_no_silence
from auscult.kit.yes_no import words as yes_no_words

MODULES = (
    phrases, silence, tongues, outcome, refusal_phrases, refusal_reading, refusal_tongues,
    toxicity_reading, claims, existence, yes_no_silence, yes_no_words,
)  # fmt: skip
JUDGES = ("choice", "yes_no", "refusal", "toxicity", "disclosure")
Spans = list[tuple[int, int]]


def patterns() -> dict[str, Sieved]:
    found = {
        f"{m.__name__.removeprefix('auscult.kit.')}.{name}": value
        for m in MODULES
        for name, value in vars(m).items()
        if isinstance(value, Sieved)
    }
    return found | {f"toxicity.rules[{i}]": rule.pattern for i, rule in enumerate(RULES)}


def answers() -> list[str]:
    """A few of every judge's labelled answers, and some run together."""
    found = []
    for judge in JUDGES:
        for half in ("calibration", "heldout"):
            path = root() / "judges" / f"{judge}.{half}.jsonl"
            rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
            found += [row["answer"].lower() for row in rows[:: max(1, len(rows) // 12)]]
    return [*found, *(" ".join(found[i : i + 6]) for i in range(0, len(found), 12))]


def spans(found: Iterator[re.Match[str]]) -> Spans:
    return [match.span() for match in found]


def first(match: re.Match[str] | None) -> tuple[tuple[int, int], dict[str, str]] | None:
    if match is None:
        return None
    return match.span(), {name: said for name, said in match.groupdict().items() if said}


def test_every_pattern_of_every_judge_finds_what_re_finds() -> None:
    texts = answers()
    seen = dict.fromkeys(patterns(), 0)
    assert len(seen) > 90 and len(texts) > 100
    for name, sieved in patterns().items():
        plain = re.compile(sieved.pattern)
        for text in texts:
            expected = plain.search(text)
            assert first(sieved.search(text)) == first(expected), (name, text)
            seen[name] += expected is not None
            if expected is not None:
                assert spans(sieved.finditer(text)) == spans(plain.finditer(text)), (name, text)
    assert sum(count > 0 for count in seen.values()) > 0.6 * len(seen)


def test_a_sieve_spares_most_of_the_work() -> None:
    """What it is for: of a plain finding, next to no alternative of a refusal is tried."""
    text = "there is a small effusion at the left base, and the heart is of normal size."
    assert sum(pattern.stands_in(text) for pattern in patterns().values()) < 8
    tried = [len(p._live(p.sieve.held(text), text)) for p in patterns().values()]
    whole = [len(one.branches) for p in patterns().values() for one in p._alternatives]
    assert sum(tried) < 0.05 * sum(whole)


PIECES = st.sampled_from(
    ["no", "not", "can't", "ab", "b", " ", " ", r"\b", r"\b", r"\w+", r"\s", "[ab]", "[^a]", ".",
     "(?:no|ab)", "(?:a|b c)?", "(?: no){0,2}", "(?:ab )+", "(?!a)", "(?<=b)", "^", "$", "a?",
     "b{2}", "(?:^|[.!])", "(?:can't|can not) ", r"[^\W_]", r"\.", "-", r"(?:\b(?:no|ab) |b)"]
)  # fmt: skip
ALTERNATIVE = st.lists(PIECES, min_size=1, max_size=6).map("".join)
PATTERN = st.lists(ALTERNATIVE, min_size=1, max_size=4).map("|".join)
TEXT = st.lists(
    st.sampled_from(["no", "not", "can't", "can not", "ab", "b", "a", "c", " ", " ", ".", "!", "\n",
                     "-", "_", "bb", "know", "xab", "'", "\u00a0", "é", "無"]),
    max_size=14,
).map("".join)  # fmt: skip


def usable(pattern: str) -> bool:
    try:
        Sieve().compile(pattern).search("")
    except (re.error, ValueError):
        return False
    return True


@settings(max_examples=600, deadline=None)
@given(PATTERN.filter(usable), TEXT, st.integers(0, 12), st.integers(0, 30))
def test_any_pattern_finds_what_re_finds(pattern: str, text: str, start: int, end: int) -> None:
    sieved, plain = Sieve().compile(pattern), re.compile(pattern)
    assert first(sieved.search(text)) == first(plain.search(text))
    assert first(sieved.search(text, start)) == first(plain.search(text, start))
    assert first(sieved.search(text, start, end)) == first(plain.search(text, start, end))
    assert spans(sieved.finditer(text)) == spans(plain.finditer(text))
    assert spans(sieved.finditer(text, start, end)) == spans(plain.finditer(text, start, end))
    assert first(sieved.match(text)) == first(plain.match(text))
    assert sieved.stands_in(text) == (plain.search(text) is not None)
    assert sieved.sub(lambda m: f"<{m[0]}>", text) == plain.sub(lambda m: f"<{m[0]}>", text)


GROUPS = st.sampled_from(["(no|ab)", "(ab)?", r"\b(no)", "(b|(?:no|can) )", "(?:(no)|b)", "(a|)"])
GROUPED = st.lists(st.lists(PIECES | GROUPS, min_size=1, max_size=5).map("".join), min_size=1,
                   max_size=3).map("|".join)  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(GROUPED.filter(usable), TEXT)
def test_any_pattern_with_groups_is_found_where_re_finds_it(pattern: str, text: str) -> None:
    plain = re.compile(pattern)
    for named in (False, True):
        sieved = Sieve().compile(pattern, named=named)
        assert spans(sieved.finditer(text)) == spans(plain.finditer(text))
    said = [found.groups() for found in Sieve().compile(pattern).finditer(text)]
    assert said == [found.groups() for found in plain.finditer(text)]


@settings(max_examples=300, deadline=None)
@given(ALTERNATIVE.filter(usable), TEXT)
def test_every_match_holds_the_letters_it_is_said_to_need(pattern: str, text: str) -> None:
    found = re.search(pattern, text)
    marked = re.sub(r"\b", EDGE, text)
    for clause in necessary(pattern) if found else ():
        assert any(letters in marked for letters in clause)


@pytest.mark.parametrize(
    ("pattern", "letters"),
    [
        (r"\bno\b", {f"{EDGE}no{EDGE}"}),
        (r"declin\w+", {"declin"}),
        (r"(?: \w+)? unsure\b", {f"{EDGE}unsure{EDGE}"}),
        (r"(?:refuse|declin)\w* [^.]{0,9}", {"refuse", "declin"}),
    ],
)  # fmt: skip
def test_letters_that_a_pattern_needs(pattern: str, letters: set[str]) -> None:
    assert letters in necessary(pattern)


@pytest.mark.parametrize("pattern", [r"\w+", "[^a]b?", "(?:no)?x|", ".{3}", "a*", "(?i:no)"])
def test_patterns_that_need_nothing_are_always_tried(pattern: str) -> None:
    assert not any(map(necessary, alternatives(pattern)[-1:]))


def test_the_no_of_know_is_not_the_word() -> None:
    sieved = Sieve().compile(r"\bno (?:idea|clue)\b")
    for text, tried in (("i know an idea", False), ("no, an idea", True)):
        sieved.search(text)
        assert bool(sieved._live(sieved.sieve.held(text), text)) is tried


def test_patterns_are_cut_where_they_branch_and_nowhere_else() -> None:
    assert alternatives(r"a[]|)(]b|c\|[^]|]|(?:d|e)|f") == ["a[]|)(]b", r"c\|[^]|]", "(?:d|e)", "f"]
    for whole, cut in (
        (r"(?:^|[.!])no", ["^no", "[.!]no"]),
        (r"(?:^|x)?y", [r"(?:^|x)?y"]),
        (r"\b(?:a|b (?:c|d))e", [r"\bae", r"\bb (?:c|d)e"]),
        (r"(?:\b(?:a|b) c|d)?e", [r"(?:\b(?:a|b) c|d)?e"]),
        (r"(?:\b(?:a|b) c|d)e", [r"\ba ce", r"\bb ce", "de"]),
        (r"\b(?P<x>a|b)c", [r"\b(?P<x>a)c", r"\b(?P<x>b)c"]),
    ):
        assert [source for source, _ in branches(whole)] == cut


def test_each_branch_needs_its_own_beginning() -> None:
    needs = dict(branches(r"\b(?:refuse[sd]?|can't|un\w+ly) to"))
    assert {f"{EDGE}refuse"} in needs[r"\brefuse[sd]? to"]
    assert {f"{EDGE}can{EDGE}'{EDGE}t{EDGE}"} in needs[r"\bcan't to"]


def test_several_patterns_are_looked_for_together() -> None:
    sieve = Sieve()
    one, other = sieve.compile(r"\bno idea"), sieve.compile(r"declin\w+|^unsure")
    either = AnyOf(one, other)
    assert not either.may_stand_in("a plain finding")
    for text in ("no idea", "she declined", "unsure"):
        assert either.may_stand_in(text)
    with pytest.raises(ValueError, match="one sieve"):
        AnyOf(one, Sieve().compile("x"))


def test_a_boundary_is_put_behind_the_first_letter_only_where_that_says_the_same() -> None:
    assert hastened(r"\b(?:foo|bar) x") == r"(?:f(?<=\bf)oo|b(?<=\bb)ar) x"
    assert hastened(r"\byou x") == r"y(?<=\by)ou x"
    for kept in (r"\b(?:foo|bar)? x", r"\by?ou", r"\b(?:foo|[ab]r)", r"\b\w+", "foo"):
        assert hastened(kept) == kept


def test_groups_are_read_by_name_where_the_pattern_is_cut() -> None:
    source = r"\bsay (?P<word>yes|no)\b|\bflag (?P<flag>true|false)\b"
    for named in (False, True):
        found = Sieve().compile(source, named=named).search("so flag false")
        assert found is not None and found["flag"] == "false"
    for source in (r"a (b)|c (d)", r"^a (b)|c (d)", r"\ba (b)|c (d)"):
        whole = Sieve().compile(source).search("x c d")
        assert whole is not None and whole[2] == "d"


@pytest.mark.parametrize("pattern", ["(?i)no", "(?x) n o", "a*", "no|"])
def test_what_cannot_be_sieved_is_said(pattern: str) -> None:
    with pytest.raises(ValueError, match="a sieved pattern"):
        Sieve().compile(pattern).search("no")


def test_what_is_remembered_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_WORDS", 10)
    monkeypatch.setattr(module, "MOST_LIVE", 4)
    sieve = Sieve()
    sieved = sieve.compile("|".join(f"word{letter}" for letter in "abcdefgh"))
    for number in range(300):
        text = " ".join(f"word{'abcdefgh'[n]}" for n in range(8) if number >> n & 1)
        assert sieved.stands_in(f"{text} x{number}") == bool(number & 255)
    assert len(sieve._words) <= 10 and len(sieved._live_by_held) <= 4
    sieve.held("y" * (module.LONGEST_WORD + 1))
    assert all(len(word) <= module.LONGEST_WORD for word in sieve._words)


def test_a_pattern_added_later_is_found_in_texts_that_were_read_before() -> None:
    sieve = Sieve()
    assert sieve.compile("first").search("a second word") is None
    found = sieve.compile("second").search("a second word")
    assert found is not None and found.span() == (2, 8)


def test_a_long_text_without_spaces_is_read_in_bounded_time() -> None:
    """Quadratic reading would take minutes here."""
    for text in ("no" * 100_000, "無理" * 60_000, "x" * 200_000):
        assert not phrases.TOOK_BACK.stands_in(text)


@pytest.mark.parametrize("source", [r"\bbut i (?:can't|cannot)\b", r"(?:^|[.!] )no\b|never"])
def test_without_pythons_own_parser_patterns_are_searched_whole(
    source: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(needs, "parser", None)
    sieved = Sieve().compile(source)
    for text in ("but i cannot say. no, never", "nothing at all", "no"):
        assert spans(sieved.finditer(text)) == spans(re.finditer(source, text))
