"""Passages of a folder of texts that the user gives, found by BM25 for the facts and citations
specialists.

A passage is a paragraph with its file and line. Ours is a small index of our own: the kept library
(bm25s) is untyped and loads numpy with every judge, and the order of its ties is not promised,
while the same passages must come in the same order whenever a run is resumed.
"""

from __future__ import annotations

import hashlib
import heapq
import math
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path

import msgspec

from auscult.core.errors import DataError

SUFFIXES = (".txt", ".md")
LONGEST = 900
"""Characters of a passage at most; a longer paragraph is cut between sentences."""
LARGEST = 64 * 2**20
K1, B = 1.2, 0.75
TOP = 3
_WORD = re.compile(r"[^\W_]+")
_SENTENCE = re.compile(r"(?<=[.!?])\s+")
_COMMON = (
    "a an and are as at be been but by can for from had has have how i if in is it its may my no "
    "not of on or should so than that the their then there these they this to was what when which "
    "who will with you your"
)
_STOP = frozenset(_COMMON.split())


class Passage(msgspec.Struct, frozen=True):
    file: str
    line: int
    text: str

    @property
    def place(self) -> str:
        return f"{self.file}:{self.line}"


class Corpus:
    """`digest` changes with any text, and belongs to what a verdict rests on."""

    def __init__(self, passages: Sequence[Passage]) -> None:
        self.passages = tuple(passages)
        body = "\0".join(f"{p.place}\0{p.text}" for p in passages)
        self.digest = hashlib.blake2b(body.encode(), digest_size=8).hexdigest()
        counts = [Counter(words(p.text)) for p in passages]
        self._lengths = [sum(count.values()) for count in counts]
        self._mean = sum(self._lengths) / max(1, len(counts)) or 1.0
        self._held: dict[str, list[tuple[int, int]]] = {}
        for place, count in enumerate(counts):
            for word, n in count.items():
                self._held.setdefault(word, []).append((place, n))

    def find(self, query: str, top: int = TOP) -> tuple[Passage, ...]:
        """The best first; of equal ones that which stands earlier. None without a word of it."""
        scores: dict[int, float] = {}
        for word in sorted(set(words(query))):
            held = self._held.get(word, ())
            rare = math.log(1 + (len(self.passages) - len(held) + 0.5) / (len(held) + 0.5))
            for place, n in held:
                long = 1 - B + B * self._lengths[place] / self._mean
                scores[place] = scores.get(place, 0.0) + rare * n * (K1 + 1) / (n + K1 * long)
        best = heapq.nsmallest(top, scores, key=lambda place: (-scores[place], place))
        return tuple(self.passages[place] for place in best)


def words(text: str) -> list[str]:
    return [word for word in _WORD.findall(text.casefold()) if word not in _STOP]


@cache
def corpus_at(folder: str) -> Corpus:
    """Every .txt and .md file under a folder. Read once a process."""
    root = Path(folder).expanduser()
    if not root.is_dir():
        raise DataError(
            f"the corpus '{folder}' is no folder; name one that holds .txt or .md files"
        )
    files = sorted(p for p in root.rglob("*") if p.suffix.lower() in SUFFIXES and p.is_file())
    size = sum(path.stat().st_size for path in files)
    if not files or size > LARGEST:
        what = f"holds {size:,} bytes of text, over {LARGEST:,}" if files else "holds no text"
        raise DataError(f"the corpus '{folder}' {what}; give .txt or .md files of what is needed")
    return Corpus([passage for path in files for passage in _passages(root, path)])


def _passages(root: Path, path: Path) -> Iterator[Passage]:
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise DataError(f"{path} is not UTF-8 ({error.reason}); save it as UTF-8") from None
    name = path.relative_to(root).as_posix()
    for found in re.finditer(r"\S[^\n]*(?:\n[^\S\n]*\S[^\n]*)*", text):
        line = text.count("\n", 0, found.start()) + 1
        yield from (Passage(name, line, part) for part in _cut(" ".join(found[0].split())))


def _cut(paragraph: str) -> Iterator[str]:
    part = ""
    for sentence in _SENTENCE.split(paragraph):
        if part and len(part) + len(sentence) >= LONGEST:
            yield part
            part = ""
        part = f"{part} {sentence}".strip()
        while len(part) > LONGEST:
            yield part[:LONGEST]
            part = part[LONGEST:]
    if part:
        yield part
