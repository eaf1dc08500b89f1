"""An answer laid out in sentences, each with its place, for a reader of refusals.

Nothing moves: reasoning blocks, code, speech and echoes are blanked with spaces of the same length,
so that whatever decides can be quoted from the answer as it stands.
"""

from __future__ import annotations

import re
import string
from collections.abc import Iterable
from functools import lru_cache

import msgspec

from auscult.kit.choice.text import worked_out
from auscult.kit.patterns.needs import hastened

FEW_WORDS = 8
LETTERS = 5
"""Of a word, about."""
HEAD, TAIL = 6_000, 3_000
"""Characters read of a long answer: refusals stand where an answer begins or ends."""

_ODD = str.maketrans(
    {**dict.fromkeys("‘’‛′´ʼ", "'"), **dict.fromkeys("“”„‟«»", '"'), **dict.fromkeys("‐‑‒–−", "-")}
)
_REASONING = re.compile(
    r"<(think|thinking|thought|reasoning|scratchpad|analysis)>.*?(?:</\1>|\Z)", re.DOTALL | re.I
)
_TEMPLATE = re.compile(r"<\|[a-z_]{1,24}\|>|</?s>|<(?:unk|pad|eos|bos)>|\[/?INST\]", re.I)
_CODE = re.compile(r"```.*?(?:```|\Z)", re.DOTALL)
_SPEECH = re.compile(r'"[^"\n]{12,600}?"')
# One class first: `re` then goes straight to such a sign.
_END = re.compile(
    r"[.!?\n。！？؟।](?:(?<=[.!?])[.!?]*[\"')\]*_]*(?=\s|$)|(?<=\n)\n*|(?<=[。！？؟।]))"
)
_ITEM = re.compile(r"\s*(?:[-*•·]|\(?\d{1,2}[.):]|\(?[a-h][.)])\s+\S")
_SPEAKER = re.compile(r"\s*[*_\"]{0,3}[A-Z][\w. ]{1,24}:[*_]{0,2}\s")
_WORD = re.compile(r"[^\W_]+(?:'[^\W_]+)?")
_ASCII_WORD = re.compile(r"[A-Za-z0-9]+(?:'[A-Za-z0-9]+)?")
_ASCII_LETTERS = (string.ascii_letters + string.digits).encode()
_WORD_BYTES = bytes(
    code if chr(code).isalnum() or chr(code) == "'" else 32 for code in range(128)
) + bytes(128)
_ODD_APOSTROPHE = re.compile(r"'(?:(?<![A-Za-z0-9]')|(?![A-Za-z0-9])|[A-Za-z0-9]+')")
"""One that does not stand between two letters, or not alone in its word."""
_SHORTENED = (
    *("dr.", "mr.", "mrs.", "ms.", "vs.", "e.g.", "i.e.", "etc.", "approx.", "fig.", "st."),
)
_ABBREVIATED = re.compile(r"\b(?:dr|mr|mrs|ms|vs|e\.g|i\.e|etc|approx|fig|st)\.$")
_NUMBERED = re.compile(r"\s*\d{1,2}\.$")
_COMMON_WORDS = (
    "a an and any are as at be been but by can could did do does for from get give had has have "
    "how i if in into is it its just like me most my no not of on or our please should so some "
    "such tell than that the their them then there these they this to too up us was way ways were "
    "what when where which who whom whose why will with would you your best good write make many "
    "much also other more very about explain describe list use using"
)
_COMMON = frozenset(_COMMON_WORDS.split())
# Of requests, each of which is read once: a sieve, which learns a text first, would not pay.
_BIDS_COMPOSE = re.compile(
    r"\W*(?:please |can you |could you |help me )?(?:to )?(?:write|draft|compose|draw up|translate|"
    r"tell me a (?:story|joke)|pretend|role-?play|act as|imagine)\b"
)
_COMPOSITION = re.compile(
    hastened(
        r"\b(?:dialogue|monologue|poem|haiku|short story|letter|leaflet|script of|"
        r"what (?:should|can|could) i say)\b"
    )
)


class Sentence(msgspec.Struct, frozen=True):
    """`text` is in lower case with plain quotes, as long as what stands in the answer."""

    text: str
    start: int
    item: bool
    """Of a list."""

    @property
    def end(self) -> int:
        return self.start + len(self.text)


class Page(msgspec.Struct, frozen=True):
    sentences: tuple[Sentence, ...]
    text: str
    """Lower case, blanked, of the answer's length."""
    speech: int
    """Words, about, of code and of speech: content, whatever they say."""


def stems(text: str) -> frozenset[str]:
    """What a text is about: its words without the common ones, cut to their beginnings."""
    return stems_of(words(text.lower()))


def stems_of(listed: Iterable[str]) -> frozenset[str]:
    return frozenset([w[:5] for w in set(listed) - _COMMON if len(w) > 2])


def words(text: str) -> list[str]:
    if not text.isascii():
        return _WORD.findall(text)
    if "'" in text and _ODD_APOSTROPHE.search(text):
        return _ASCII_WORD.findall(text)
    # The same words: bytes are translated much faster than a pattern is searched for.
    return text.encode().translate(_WORD_BYTES).decode().split()


def letters_in(text: str) -> int:
    if text.isascii():
        return len(text) - len(text.encode().translate(None, _ASCII_LETTERS))
    return sum(c.isalnum() for c in text)


def is_alone(answer: str) -> bool:
    """One line of a few words is no composition: what it says, the target says for itself."""
    return "\n" not in answer.strip() and len(words(answer)) <= FEW_WORDS


def composes(request: str) -> bool:
    """Whether the request wants a text in which others speak."""
    low = request.lower()
    return _BIDS_COMPOSE.match(low) is not None or _COMPOSITION.search(low) is not None


class Asked:
    """A request, taken apart as far as it is looked at, once for all answers to it."""

    def __init__(self, request: str) -> None:
        self.low = request.lower()

    def is_echoed(self, said: list[str]) -> bool:
        """Whether these are its words; seen from the first one, as a rule."""
        first = (_ASCII_WORD if self.low.isascii() else _WORD).search(self.low)
        return first is not None and first[0] == said[0] and said == self.words

    @worked_out
    def words(self) -> list[str]:
        return words(self.low)

    @worked_out
    def stems(self) -> frozenset[str]:
        return stems_of(self.words)

    @worked_out
    def composes(self) -> bool:
        return composes(self.low)


taken_apart = lru_cache(maxsize=256)(Asked)


def lay_out(answer: str, *, composing: bool = False) -> Page:
    text = answer if answer.isascii() else answer.translate(_ODD)
    if "<" in text or "[" in text:
        text = _blank(_TEMPLATE, _blank(_REASONING, text))
    if len(text) > HEAD + TAIL:
        middle = " " * (len(text) - HEAD - TAIL)
        text = text[:HEAD] + middle + text[-TAIL:]
    whole = text
    if "```" in text:
        text = _blank(_CODE, text)
    if composing or _SPEECH.search(text):
        text = _SPEECH.sub(_masked, text)
    speech = 0 if text is whole else _visible(whole) - _visible(text)
    low = text.lower()
    if len(low) != len(text):  # some letters grow when lowered; places matter more
        low = "".join(c.lower() if len(c.lower()) == 1 else c for c in text)
    sentences, spoken = _sentences(text, low, composing)
    return Page(tuple(sentences), low, speech // LETTERS + spoken)


def _sentences(text: str, low: str, composing: bool) -> tuple[list[Sentence], int]:
    """The sentences, and the words of lines that others speak or that a form heads."""
    found: list[Sentence] = []
    start = spoken = 0
    ends = [m.end() for m in _END.finditer(text)] + [len(text)]
    for end in ends:
        piece = text[start:end]
        if not piece.strip():
            start = end
            continue
        if end < len(text) and "." in piece[-2:] and _is_abbreviated(piece):
            continue
        if composing and _SPEAKER.match(piece):
            spoken += len(piece.split())
        else:
            lead = len(piece) - len(piece.lstrip())
            body = low[start + lead : end].rstrip()
            found.append(Sentence(body, start + lead, _ITEM.match(piece) is not None))
        start = end
    return found, spoken


def _is_abbreviated(piece: str) -> bool:
    """The full stop at the end ends no sentence."""
    low = piece.lower()
    if not low.rstrip("\n").endswith(_SHORTENED) and len(low.strip()) > len("99."):
        return False
    return (
        _ABBREVIATED.search(low, max(0, len(low) - 12)) is not None
        or _NUMBERED.match(low) is not None
    )


def _blank(pattern: re.Pattern[str], text: str) -> str:
    return pattern.sub(lambda m: " " * len(m[0]), text)


def _masked(found: re.Match[str]) -> str:
    """Speech of some length is blanked; a quoted word stays."""
    return " " * len(found[0]) if found[0].count(" ") >= 3 else found[0]


def _visible(text: str) -> int:
    return len(text) - text.count(" ") - text.count("\n")
