"""MedQA: one JSON object a line with question, options by letter and answer_idx.

Four or five options (any number from two to ten is read). The id is a hash of question and
options, so it stays when rows are added, removed or put in another order.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from auscult.core.case import Brief, Case, Source
from auscult.kit.options import parse_options
from auscult.kit.rows import (
    BadRow,
    Row,
    RowLoader,
    RowOptions,
    check_file,
    check_options,
    content_id,
    json_rows,
    letter_of,
    mapping,
    need,
    optional_text,
    text_of,
)

SOURCE = Source("MedQA", "examination question")
MAX_OPTIONS = 10
TAIL = 400
_asks = re.compile(
    r"which|what|how|why|when|where|who|whose|whom|if|based|given|considering|assuming"
    r"|in|at|of|for|on|to|is|are|does|do|did|should|would|could|can",
    re.IGNORECASE,
)
"""Words that open a question; after a line break or an initial nothing less is trusted."""
_abbreviation = re.compile(r"dr|mr|mrs|ms|prof|st|vs|no|fig|approx|e\.g|i\.e|cf|ca", re.IGNORECASE)
_ends_asking = re.compile(r"\?[\"'”’)\]]*\s*$")
_joint = re.compile(r"(?P<end>[.!?][\"'”’)\]]*)?(?P<gap>\s+)(?=[\"“‘(]?(?P<word>[A-Z][\w'-]*))")
_last_word = re.compile(r"([\w.]*\w)\W*$")


def build() -> MedQA:
    return MedQA()


class MedQA(RowLoader):
    def load(self, path: Path, options: Mapping[str, Any]) -> Iterator[Case]:
        chosen = parse_options(options, RowOptions, "medqa options")
        check_file(path)
        return self.stream(path, json_rows(path), _case, chosen.bad_rows)


def _case(row: Row) -> Case:
    data = mapping(row.data)
    need(data, "question", "options")
    text = text_of(data["question"], "question")
    options = _options(data["options"])
    key = _key(data, options)
    check_options(options, key)
    stem, question = split_question(text)
    name = content_id("medqa", text, *options)
    exam = optional_text(data, "meta_info")
    brief = Brief(
        key=key, cluster=name, source=SOURCE, extra={"exam": exam} if exam else {}, task="exam"
    )
    return Case(name, stem, question, options, brief=brief)


def _options(given: Any) -> tuple[str, ...]:
    if isinstance(given, list):
        return tuple(text_of(text, f"option {letter_of(i)}") for i, text in enumerate(given))
    if not isinstance(given, dict):
        raise BadRow("'options' must map letters to texts")
    letters = sorted(given)
    wanted = [letter_of(i) for i in range(min(len(given), MAX_OPTIONS))]
    if letters != wanted:
        raise BadRow(f"option letters must be {', '.join(wanted)}, found {', '.join(letters)}")
    return tuple(text_of(given[letter], f"option {letter}") for letter in letters)


def _key(data: Mapping[str, Any], options: tuple[str, ...]) -> int:
    """By letter and by text where both are given; they have to agree."""
    letter, text = optional_text(data, "answer_idx").strip(), optional_text(data, "answer").strip()
    if not letter and not text:
        raise BadRow("missing field 'answer_idx'", "the unlabelled part of a set has no key")
    by_text = [i for i, option in enumerate(options) if option.strip() == text]
    if not letter:
        if len(by_text) != 1:
            raise BadRow(f"the answer '{text}' is the text of {len(by_text)} options")
        return by_text[0]
    index = ord(letter) - ord("A") if len(letter) == 1 else -1
    if not 0 <= index < len(options):
        raise BadRow(f"answer_idx '{letter}' names no option (A to {letter_of(len(options) - 1)})")
    if text and text != letter and index not in by_text:
        raise BadRow(f"answer_idx is {letter} but the answer's text is not option {letter}'s")
    return index


def split_question(text: str) -> tuple[str, str]:
    """(stem, question): the last sentence, where it asks and its beginning is beyond doubt.

    Otherwise the whole text is the question. Only whitespace at the joint is left out.
    """
    if not _ends_asking.search(text):
        return "", text
    for start in (max(0, len(text) - TAIL), 0):  # nearly always the tail is enough
        for joint in reversed(list(_joint.finditer(text, start))):
            if _is_boundary(text, joint):
                return text[: joint.start("gap")], text[joint.end() :]
    return "", text


def _is_boundary(text: str, joint: re.Match[str]) -> bool:
    asks = _asks.fullmatch(joint["word"]) is not None
    if joint["end"] is None:
        return asks and "\n" in joint["gap"] and bool(text[: joint.start()].strip())
    before = _last_word.search(text, max(0, joint.start() - 30), joint.start())
    word = before[1] if before else ""
    if _abbreviation.fullmatch(word):
        return False
    return asks or len(word) != 1 or word.isdigit()
