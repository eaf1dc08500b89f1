"""Multiple-choice questions of made-up words, as long as MedQA's, in MedQA's JSON Lines.

usage: python bench/questions.py COUNT FILE.jsonl [SEED]

Nobody's data and no medicine: only length and compressibility matter here. A vignette has about
120 words, drawn as natural text draws them (few often, many seldom), and four options.
"""

from __future__ import annotations

import json
import struct
import sys
from collections.abc import Iterator
from pathlib import Path
from random import Random

SYLLABLES = [c + v for c in "bcdfglmnprstvz" for v in ("a", "e", "i", "o", "u", "en", "ar", "is")]
VOCABULARY = 6000
OFTEN = 6.0
"""Flattens the top of the frequencies: no made-up word is as common as "the"."""
TABLE = 1 << 16
LETTERS = "ABCD"
WORDS = (84, 124)


def vocabulary(rng: Random) -> list[str]:
    words: dict[str, None] = {}
    while len(words) < VOCABULARY:
        words["".join(rng.choices(SYLLABLES, k=rng.choice((1, 2, 2, 3, 3, 4))))] = None
    return list(words)


def frequency_table(words: list[str]) -> list[str]:
    """Each word as often as it is to be drawn, so that a draw is one look-up."""
    weights = [1 / (rank + OFTEN) for rank in range(len(words))]
    scale = TABLE / sum(weights)
    table: list[str] = []
    owed = 0.0
    for word, weight in zip(words, weights, strict=True):
        owed += weight * scale
        table += [word] * (int(owed) - len(table))
    return table + [words[0]] * (TABLE - len(table))


class Maker:
    def __init__(self, seed: int) -> None:
        self.rng = Random(seed)
        self.table = frequency_table(vocabulary(self.rng))

    def words(self, count: int) -> list[str]:
        places = struct.unpack(f"<{count}H", self.rng.randbytes(2 * count))
        return [self.table[place] for place in places]

    def question(self) -> dict[str, object]:
        drawn = self.words(self.rng.randint(*WORDS))
        sentences = [f"A {self.rng.randint(18, 90)}-year-old {drawn[0]} has {drawn[1]}."]
        at = 2
        while at < len(drawn):
            upto = at + self.rng.randint(9, 19)
            sentences.append(" ".join(drawn[at:upto]).capitalize() + ".")
            at = upto
        sentences.insert(-1, f"The {drawn[2]} is {self.rng.randint(60, 180)} {drawn[3]}.")
        ending = f"Which of the following is the most likely {drawn[4]}?"
        options = {x: " ".join(self.words(self.rng.randint(2, 6))).capitalize() for x in LETTERS}
        key = self.rng.choice(LETTERS)
        return {
            "question": " ".join([*sentences, ending]),
            "options": options,
            "answer": options[key],
            "answer_idx": key,
        }


def questions(count: int, seed: int = 0) -> Iterator[dict[str, object]]:
    maker = Maker(seed)
    return (maker.question() for _ in range(count))


def write(count: int, path: Path, seed: int = 0) -> Path:
    with path.open("w", encoding="utf-8") as file:
        for question in questions(count, seed):
            file.write(json.dumps(question) + "\n")
    return path


if __name__ == "__main__":
    write(int(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]) if len(sys.argv) > 3 else 0)
