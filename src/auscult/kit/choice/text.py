"""An answer made comparable without moving a character, so that evidence can be quoted from it.

Every step here keeps the length of the text: what is not part of the answer (reasoning blocks,
words to the grader, a further question the model made up) is blanked, never cut out.
"""

from __future__ import annotations

import re
import string
import unicodedata
from bisect import bisect_left, bisect_right
from collections.abc import Callable
from functools import lru_cache
from typing import Any, Generic, TypeVar

from auscult.kit.choice.sieve import SIEVE

HEAD, TAIL = 8_000, 16_000
EDGES = " \t\n.,:;!?*_#\"'()[]{}<>`-=~|$\\"
"""Marks that may stand around an answer of a few words."""
T = TypeVar("T")


class worked_out(Generic[T]):  # noqa: N801 -- as `cached_property`, but without its lock
    """An attribute that is worked out when it is first asked for."""

    def __init__(self, work: Callable[[Any], T]) -> None:
        self.work, self.name = work, work.__name__

    def __get__(self, owner: Any, kind: type | None = None) -> T:
        found = self.work(owner)
        owner.__dict__[self.name] = found
        return found


def words(listed: str) -> frozenset[str]:
    return frozenset(listed.split())


def phrases(listed: str) -> tuple[str, ...]:
    return tuple(listed.split("|"))


_TAGS = "think|thinking|thought|thoughts|reasoning|scratchpad|analysis|reflection|rationale"
_OPEN = re.compile(rf"<(?:{_TAGS})>|<\|begin_of_thought\|>|\[think\]|◁think▷", re.IGNORECASE)
_CLOSE = re.compile(
    rf"</(?:{_TAGS})>|<\|end_of_thought\|>|\[/think\]|◁/think▷|<\|channel\|>final<\|message\|>",
    re.IGNORECASE,
)
_TEMPLATE_TOKEN = re.compile(
    r"<!--[^>]{0,400}-->|<\|[a-z_]{1,24}\|>|</?s>|<eos>|<end_of_turn>", re.IGNORECASE
)
_LATEX_STYLE = re.compile(r"\\(?:text|math)(?:bf|it|rm|sf|tt|normal)?(?![a-z])")
_NEXT_QUESTION = re.compile(
    r"\n[ \t*#]*(?:next question|question|q)[ \t]*(?:[:.)]|\d{1,3}[ \t]*(?:[:.)*]|\n))"
    r"|\n[ \t*#]*(?:user|human)[ \t]*:|<\|im_start\|>user|<start_of_turn>user",
    re.IGNORECASE,
)
_GRADER = SIEVE.compile(
    r"\b(?:graders?|auto-?graders?|evaluators?|examiners?|parsers?|raters?|assessors?"
    r"|(?:grading|scoring|evaluation) (?:system|script|model|software)|judge model|llm judge"
    r"|(?:ignore|disregard|forget|override) (?:\w+ ){0,3}(?:instructions?|rules?|rubric|prompt))\b"
)
_PUNCTUATION = {ord(c): " " for c in string.punctuation}
_PUNCTUATION_BYTES = bytes.maketrans(string.punctuation.encode(), b" " * len(string.punctuation))
_FOREIGN_WORDS = words(
    "la el es los las una respuesta opcion elijo escojo correcta creo que no lo se se puedo "
    "der die das ist nicht antwort ich kann keine ahnung richtig weiss losung option nehme "
    "le les une est pas je reponse choisis bonne sais il di che non so risposta scelgo corretta "
    "sono posso o eu resposta correta escolho nao sei uma da nein ja si oui"
) | words(
    "vielleicht impossibile ni diria yo scelto quiza quizas talvez forse "
    "probablemente alternativa estoy puedo tengo siento "
    "risposta mi sicher wahrscheinlich denke glaube pense"
) - words("no option so die")
# One class first: `re` then goes straight to such a sign.
_SENTENCE_END = re.compile(r"[.!?\n;。！？؟।](?:(?<![.!?])|(?=[\s\"')\]*_]|$))")
_ABBREVIATED = ("vs", "dr", "e.g", "i.e", "approx", "mr", "mrs", "fig", "cf", "etc", "ans", "no")

_ODD = {
    **dict.fromkeys("‘’‚‛′`´ʼ＇", "'"),
    **dict.fromkeys("“”„‟«»″「」『』", '"'),
    **dict.fromkeys("‐‑‒–—―−－", "-"),
    **dict.fromkeys("\u200b\u200c\u200d\u200e\u200f\u2060\ufeff\u00ad\ufe0f\u061c", " "),
    **dict.fromkeys("\u2066\u2067\u2068\u2069\u202a\u202b\u202c\u202d\u202e", " "),
    "İ": "I",
    "【": "(",
    "】": ")",
    "、": ",",
    "،": ",",
    "٪": "%",
}
# Letters that other scripts use to number options, and letters that only look Latin. Where the
# two uses differ (Cyrillic "В" is the third letter but looks like B), what is seen counts.
_SERIES = (
    ("АБВГДЕ", "ABBDEE"),
    ("абвгде", "ABBDEE"),
    ("СНІЈ", "CHIJ"),
    ("сні", "CHI"),
    ("ΑΒΓΔΕΗΙ", "ABCDEHI"),
    ("αβγδε", "ABCDE"),
    ("أبجده", "ABCDE"),
    ("اإ", "AA"),
    ("कखगघङ", "ABCDE"),
    ("अबसद", "ABCD"),
    ("甲乙丙丁戊", "ABCDE"),
    ("アイウエオ", "ABCDE"),
    ("가나다라마", "ABCDE"),
    ("אבגדה", "ABCDE"),
    ("กขคง", "ABCD"),
    ("①②③④⑤⑥⑦⑧⑨⑩", "ABCDEFGHIJ"),
)
_FOREIGN = {mark: latin for marks, latins in _SERIES for mark, latin in zip(marks, latins)}  # noqa: B905
_COMBINING = "\u064b-\u065f\u0900-\u0903\u093a-\u094f\u0e30-\u0e4e"
_OUTER = rf"[\w\-{_COMBINING}]"
_LONE_FOREIGN = re.compile(
    rf"(?:(?<!{_OUTER})|(?<=[是选選は为為項项]))([{''.join(_FOREIGN)}])(?!{_OUTER})"
    r"|(?<=[是选選は为為])([甲乙丙丁戊アイウエオ])(?=です|选项|項|项|で)"
)
# One-letter words of Russian and Ukrainian: a letter only where nothing goes on after it.
_SLAVIC_WORDS = frozenset("АВСІавсі")
_GOES_ON = re.compile(r"[ \t]+[Ѐ-ӿ]")
_MARKED_SLAVIC = re.compile(r"(?:ответ|вариант|пункт|буква)\w*[\s:\-*\"'(]{0,6}$")


def capped(text: str) -> str:
    """Head and tail of a very long answer; the middle of one is never where the answer is."""
    if len(text) <= HEAD + TAIL:
        return text
    head, tail = text[:HEAD], text[-TAIL:]
    # Not in the middle of a word: half a word may look like a letter.
    cut = max(head.rfind(" ", HEAD - 200), head.rfind("\n", HEAD - 200))
    start = re.search(r"\s", tail[:200])
    return head[: cut if cut > 0 else HEAD] + "\n\n" + tail[start.end() if start else 0 :]


@lru_cache(maxsize=4096)
def _plain_character(character: str) -> str:
    if character in _ODD:
        return _ODD[character]
    point = ord(character)
    for first, base in ((0x249C, 97), (0x1F110, 65), (0x1F130, 65), (0x1F150, 65), (0x1F170, 65)):
        if first <= point < first + 26:
            return chr(base + point - first).upper()
    if 0x1F1E6 <= point < 0x1F1E6 + 26:
        return chr(65 + point - 0x1F1E6)
    if character in _FOREIGN:
        return character
    if character.isdecimal():
        return str(unicodedata.decimal(character))
    folded = unicodedata.normalize("NFKC", character)
    return folded if len(folded) == 1 and len(folded.lower()) == 1 else character


def levelled(text: str) -> str:
    """Full-width, circled, bold and look-alike characters as plain ones; the length stays."""
    if text.isascii():
        return text.replace("`", "'") if "`" in text else text
    table = {ord(c): _plain_character(c) for c in set(text) if c > "\x7f" or c == "`"}
    text = text.translate(table)
    return _LONE_FOREIGN.sub(_latin, text)


def _latin(found: re.Match[str]) -> str:
    mark = found[1] or found[2]
    if mark in _SLAVIC_WORDS and _GOES_ON.match(found.string, found.end()):
        before = found.string[max(0, found.start() - 24) : found.start()].lower()
        if not _MARKED_SLAVIC.search(before):
            return mark
    return _FOREIGN[mark]


def _blank(text: str, start: int, end: int) -> str:
    kept = "".join("\n" if c == "\n" else " " for c in text[start:end])
    return text[:start] + kept + text[end:]


class Text:
    """One answer, ready to be read. `plain` and `low` are as long as `original`."""

    __slots__ = ("__dict__", "low", "open_ended", "original", "plain", "thoughts")

    def __init__(self, original: str) -> None:
        self.original = original
        self.open_ended = False
        self.thoughts = ""
        plain = levelled(original)
        if "<" in plain or "[" in plain or "◁" in plain:
            plain = self._without_reasoning(plain)
        if "\\" in plain:
            plain = _LATEX_STYLE.sub(lambda found: " " * len(found[0]), plain)
        plain = _without_next_question(plain)
        low = plain.lower()
        # A handful of characters grow when lowered; keep those as they are.
        if len(low) != len(plain):
            low = "".join(c.lower() if len(c.lower()) == 1 else c for c in plain)
        self.plain, self.low = _without_grader(plain, low)

    def _without_reasoning(self, plain: str) -> str:
        closes = list(_CLOSE.finditer(plain))
        if closes:
            end = closes[-1].end()
            opened = _OPEN.search(plain, 0, end)
            start = opened.start() if opened else 0
            self.thoughts = plain[start:end]
            plain = _blank(plain, start, end)
        left_open = _OPEN.search(plain, closes[-1].end() if closes else 0)
        if left_open:
            self.open_ended = True
            self.thoughts = plain[left_open.start() :]
            plain = _blank(plain, left_open.start(), len(plain))
        for token in _TEMPLATE_TOKEN.finditer(plain):
            if not token[0].startswith(("<|im_start", "<start_of")):
                plain = _blank(plain, token.start(), token.end())
        return plain

    @worked_out
    def cased_tokens(self) -> frozenset[str]:
        return frozenset(_spaced(self.plain).split())

    @worked_out
    def tokens(self) -> frozenset[str]:
        return frozenset(_spaced(self.low).split())

    @worked_out
    def foreign(self) -> bool:
        """Whether phrases of other languages are worth looking for."""
        return not self.low.isascii() or not self.tokens.isdisjoint(_FOREIGN_WORDS)

    @worked_out
    def ends(self) -> list[int]:
        """Where sentences end: after a full stop that is not a label's or an abbreviation's."""
        low = self.low
        return [
            found.end()
            for found in _SENTENCE_END.finditer(low)
            if low[found.start()] != "." or not _part_of_word(self.plain, low, found.start())
        ]

    def sentence(self, at: int) -> tuple[int, int]:
        ends = self.ends
        i = bisect_right(ends, at)
        return (ends[i - 1] if i else 0), (ends[i] if i < len(ends) else len(self.low))

    def sentence_end(self, at: int) -> int:
        i = bisect_left(self.ends, at + 1)
        return self.ends[i] if i < len(self.ends) else len(self.low)

    def line(self, at: int) -> tuple[int, int]:
        end = self.low.find("\n", at)
        return self.low.rfind("\n", 0, at) + 1, end if end >= 0 else len(self.low)

    @worked_out
    def words(self) -> int:
        return len(self.low.split())

    def quote(self, start: int, end: int, room: int = 60) -> str:
        """The words from `start` to `end` with what stands around them in their line."""
        line_start, line_end = self.original.rfind("\n", 0, start) + 1, 0
        line_end = self.original.find("\n", end)
        line_end = len(self.original) if line_end < 0 else line_end
        begin = max(line_start, start - room)
        stop = min(line_end, end + room // 2)
        return self.original[begin:stop].strip()


def _spaced(text: str) -> str:
    """With spaces for punctuation. Bytes are translated much faster than letters."""
    if text.isascii():
        return text.encode().translate(_PUNCTUATION_BYTES).decode()
    return text.translate(_PUNCTUATION)


def _part_of_word(plain: str, low: str, at: int) -> bool:
    if at == 0:
        return True
    if low[at - 1].isalnum() and (at == 1 or not low[at - 2].isalnum()):
        # "B. Amoxicillin" and "E. coli" go on; "The answer is B. It ..." does not.
        following = plain[at + 1 : at + 4].lstrip()[:1]
        return not following.isupper() or low[max(0, at - 3) : at - 1].strip(" \n*(#>-") == ""
    return low[max(0, at - 7) : at].endswith(_ABBREVIATED) and low[at - 1] != " "


def _without_next_question(plain: str) -> str:
    """Small models go on with a question of their own making; only the first answer counts."""
    if "\n" not in plain and "<" not in plain:
        return plain
    found = _NEXT_QUESTION.search(plain)
    if found and re.search(r"\w", plain[: found.start()]):
        return _blank(plain, found.start(), len(plain))
    return plain


def _without_grader(plain: str, low: str) -> tuple[str, str]:
    """Sentences that speak to whoever marks the answer say nothing about the choice."""
    if not _GRADER.search(low):
        return plain, low
    ends = [0, *(m.end() for m in _SENTENCE_END.finditer(low)), len(low)]
    done = 0
    for found in _GRADER.finditer(low):
        if found.start() >= done:
            i = bisect_right(ends, found.start())
            start, done = ends[i - 1], ends[min(i, len(ends) - 1)]
            plain, low = _blank(plain, start, done), _blank(low, start, done)
    return plain, low
