"""From what an answer says of the options to the one set that it chooses, or to none."""

from __future__ import annotations

import re

import msgspec

from auscult.kit.choice import letter_set_words as words
from auscult.kit.choice import phrases
from auscult.kit.choice.letter_set_lists import Block, blocks_of, by_marks, said_in_block
from auscult.kit.choice.letter_set_names import Group, groups_of
from auscult.kit.choice.letter_set_said import (
    ANSWER,
    FINAL,
    NAMED,
    PART,
    Said,
    is_list_of_options,
    quantities,
    said_of,
)
from auscult.kit.choice.mentions import OUTSIDE
from auscult.kit.choice.options import Choices, clean
from auscult.kit.choice.outcome import ReadBehaviour
from auscult.kit.choice.silence import Silence, silence
from auscult.kit.choice.text import Text

FEW_WORDS = 24
_UNIT = re.compile(r"(?<=\d) ?[a-zµ/%]{1,8}$")
_PIECES = re.compile(r"[\n;,]+|\band\b|&")
_NEGATES = re.compile(
    r"\b(?:not|no|never|neither|nor|except|but|or|none|maybe|possibly|perhaps)\b|n't"
)
_SPEAKER = re.compile(r"\s*:\s*(?:\W|sorry|but|honestly|unfortunately|actually)*")
_WITHDRAWN_WITHIN = 400


class SetReading(msgspec.Struct, frozen=True):
    """`chosen` holds places as displayed, in order; None where no set was chosen."""

    behaviour: ReadBehaviour
    chosen: tuple[int, ...] | None = None
    cause: str = ""
    evidence: str = ""


def chose(picks: frozenset[int], cause: str, evidence: str = "") -> SetReading:
    return SetReading("answered", tuple(sorted(picks)), cause, evidence)


def unread(cause: str, evidence: str = "") -> SetReading:
    return SetReading("invalid", None, cause, evidence)


class _Fault(Exception):
    """Why what was said amounts to no set."""

    def __init__(self, cause: str, said: Said) -> None:
        self.cause, self.said = cause, said


def read_prose(text: Text, choices: Choices, *, asks_not: bool) -> SetReading:
    verbatim = _verbatim(text, choices)
    if verbatim is not None:
        return verbatim
    statements = statements_of(text, choices, asks_not=asks_not)
    try:
        found = _settled(text, choices, statements, asks_not=asks_not)
    except _Fault as fault:
        quiet = silence(text) if fault.said.level < ANSWER else None
        return _quiet(text, quiet) or unread(fault.cause, _quote(text, fault.said))
    quiet = None if found is not None and not _spoken_over(text, statements) else silence(text)
    if quiet is not None and _is_an_option(quiet, statements):
        quiet = None
    if quiet is not None:
        return _quiet(text, quiet) or unread("no-option-named")
    return found or _weakly(text, choices, statements, asks_not=asks_not)


def statements_of(text: Text, choices: Choices, *, asks_not: bool) -> list[Said]:
    groups = groups_of(text, choices)
    said = by_marks(text, groups, asks_not=asks_not) if groups else None
    if said is None:
        said = _in_order(text, choices, groups, asks_not=asks_not)
    said += quantities(text, choices, said, asks_not=asks_not)
    return sorted(said, key=lambda s: s.start)


def _in_order(text: Text, choices: Choices, groups: list[Group], *, asks_not: bool) -> list[Said]:
    blocks = blocks_of(text, groups) if "\n" in text.low else []
    listed = {id(head) for block in blocks for head in block.heads}
    said: list[Said] = []
    for block in blocks:
        said += said_in_block(text, block, choices.count, asks_not=asks_not)
    for group in groups:
        if id(group) in listed or _inside_a_list(text, group, blocks):
            continue
        before = [s for s in said if s.end <= group.start]
        earlier = max(before, key=lambda s: s.start, default=None)
        said.append(said_of(text, group, earlier, asks_not=asks_not))
        if len(group.picks) == choices.count and is_list_of_options(text, group):
            said[-1].level = NAMED
    return said


def _inside_a_list(text: Text, group: Group, blocks: list[Block]) -> bool:
    """Options named in what a list says of another option."""
    for block in blocks:
        last = block.heads[-1]
        if block.heads[0].start < group.start <= text.line(last.start)[1]:
            return True
    return False


# --- one set out of many statements ----------------------------------------------------------


def _settled(
    text: Text, choices: Choices, statements: list[Said], *, asks_not: bool
) -> SetReading | None:
    ask = -1 if asks_not else 1
    standing = _Standing(text)
    for said in statements:
        standing.hear(said, _meant(said, statements, choices.count, ask))
    picks, last = standing.picks, standing.last
    if last is None or picks is None:
        return _from_parts(text, statements, ask)
    if last.level < FINAL and _gainsaid(statements, picks, standing.since, ask):
        raise _Fault("contradiction", last)
    if standing.conflict:
        raise _Fault("contradiction", last)
    if _withdrawn(text, last):
        raise _Fault("withdrawn", last)
    _checked(last)
    return chose(picks, "final" if last.level == FINAL else "stated", _quote(text, last))


class _Standing:
    """The set that stands after each statement, in the order in which they are made."""

    def __init__(self, text: Text) -> None:
        self.text = text
        self.picks: frozenset[int] | None = None
        self.last: Said | None = None
        self.conflict = False
        self.since = 0
        """Where the set was last stated as a whole."""

    def hear(self, said: Said, meant: frozenset[int] | None) -> None:
        if self.last is not None and self.picks is not None:
            if self._amended(said, self.last, self.picks):
                return
            if said.level == NAMED and _corrects(self.text, self.last, said):
                said.level = ANSWER
        if said.level >= ANSWER and meant is not None:
            _checked(said)
            self._replaced(said, meant)

    def _amended(self, said: Said, last: Said, picks: frozenset[int]) -> bool:
        """As in "and D as well", "actually, not B"."""
        if said.refuted and _turns(self.text, last, said):
            self.picks = picks - said.picks
        elif said.adds and said.level < FINAL and not said.refuted:
            self.picks = picks | said.picks
        else:
            return False
        self.last = said
        return True

    def _replaced(self, said: Said, meant: frozenset[int]) -> None:
        last = self.last
        if last is None or meant == self.picks:
            self.conflict = self.conflict and said.level < FINAL
        elif said.kind != "rest" and not _turns(self.text, last, said):
            if said.level < last.level:
                return
            concludes = said.level < FINAL and _concludes(self.text, said)
            self.conflict = said.level == last.level and not concludes
        else:
            self.conflict = False
        self.picks, self.last, self.since = meant, said, said.start


def _meant(said: Said, statements: list[Said], count: int, ask: int) -> frozenset[int] | None:
    """The set that a statement amounts to where it speaks of all options; None where it does not.

    What is said to be as the question asks is the set. Where the others are spoken of, "all" leaves
    none, "none" leaves all, and "only these" leaves the rest."""
    everything = frozenset(range(count))
    as_asked = said.sense in (0, ask)
    if said.kind == "rest":
        others = _spared(statements, -said.sense) or _named_before(statements, said)
        return everything - others if as_asked and others and said.sense else None
    if said.kind in ("all", "none"):
        return everything if (said.kind == "all") == as_asked else frozenset()
    if said.kind == "except":
        return everything - said.picks if as_asked else said.picks
    if as_asked:
        return said.picks
    if said.kind == "only":
        return everything - said.picks
    return None


def _spared(statements: list[Said], sense: int) -> frozenset[int]:
    found = [s.picks for s in statements if s.sense == sense and s.kind in ("these", "only")]
    return frozenset().union(*found)


def _named_before(statements: list[Said], said: Said) -> frozenset[int]:
    """ "C, because ...; all others are wrong": the one that the others are other than."""
    ahead = [s for s in statements if s.end <= said.start and s.kind == "these"]
    return ahead[-1].picks if ahead and not (ahead[-1].sense or ahead[-1].refuted) else frozenset()


def _gainsaid(statements: list[Said], picks: frozenset[int], since: int, ask: int) -> bool:
    """Whether what is said of single options afterwards speaks against the set."""
    later = [s for s in statements if s.start > since and s.level == PART and s.kind == "these"]
    return any(
        bool(s.picks & picks) if s.sense == -ask else bool(s.sense and s.picks - picks)
        for s in later
    )


def _checked(said: Said) -> None:
    if said.clash:
        raise _Fault("mismatch", said)
    if OUTSIDE in said.picks:
        raise _Fault("not-an-option", said)
    if said.unsure:
        raise _Fault("several", said)
    if said.doubt:
        raise _Fault("no-commitment", said)
    if said.open_end:
        raise _Fault("cut-off", said)


def _turns(text: Text, last: Said, said: Said) -> bool:
    gap = text.low[last.end : said.start]
    return bool(phrases.TOOK_BACK.search(gap) or words.BACK.search(gap))


def _corrects(text: Text, last: Said, said: Said) -> bool:
    """As in "A, B ... no: A, C": what follows a change of mind at once, and ends there."""
    if said.refuted or not said.closed:
        return False
    for pattern in (phrases.TOOK_BACK, words.BACK):
        for found in pattern.finditer(text.low[last.end : said.start]):
            gap = text.low[last.end + found.end() : said.start]
            if len(gap) <= 60 and (said.kind == "except" or phrases.LINK_BACK.match(gap)):
                return True
    return False


def _concludes(text: Text, said: Said) -> bool:
    start = text.sentence(said.start)[0]
    if phrases.CONCLUDES.search(text.low, start, said.start):
        return True
    above = text.low[max(0, start - 60) : start]
    return said.level >= ANSWER and bool(phrases.CONCLUDES.search(above)) and above.endswith(":\n")


def _withdrawn(text: Text, last: Said) -> bool:
    rest = text.low[last.end : last.end + _WITHDRAWN_WITHIN]
    return len(text.low) - last.end <= _WITHDRAWN_WITHIN and bool(phrases.TOOK_BACK.search(rest))


def _from_parts(text: Text, statements: list[Said], ask: int) -> SetReading | None:
    """Option by option: those said to be as the question asks."""
    parts = [s for s in statements if s.level >= PART and s.sense and s.kind == "these"]
    asked = [s for s in parts if s.sense == ask]
    chosen: frozenset[int] = frozenset().union(*(s.picks for s in asked))
    spared: frozenset[int] = frozenset().union(*(s.picks for s in parts if s.sense != ask))
    if chosen:
        for said in asked:
            _checked(said)
        if chosen & spared:
            raise _Fault("contradiction", asked[-1])
        return chose(chosen, "statements", _quote(text, asked[-1]))
    plural = [s for s in parts if s.level >= ANSWER and len(s.picks) > 1]
    if plural:  # "the correct answers are A and B", to a question that asks for the wrong ones
        _checked(plural[-1])
        return chose(plural[-1].picks, "stated", _quote(text, plural[-1]))
    if parts:
        raise _Fault("other-side-only", parts[-1])
    return None


# --- silence and weak readings ----------------------------------------------------------------


def _quiet(text: Text, quiet: Silence | None) -> SetReading | None:
    if quiet is None:
        return None
    start = max(text.sentence(quiet.start)[0], quiet.start - 60)
    return SetReading(quiet.kind, None, quiet.kind, text.original[start : quiet.end].strip())


def _spoken_over(text: Text, statements: list[Said]) -> bool:
    """ "A: I don't know", where the letter is the speaker's."""
    first = statements[0]
    if first.start > 2 or len(first.picks) != 1 or not first.lettered:
        return False
    found = _SPEAKER.match(text.low, first.end)
    quiet = silence(text) if found and found[0] else None
    return quiet is not None and quiet.firm and found is not None and quiet.start <= found.end() + 8


def _is_an_option(quiet: Silence, statements: list[Said]) -> bool:
    return any(
        s.start < quiet.end and quiet.start < s.end and not s.lettered and s.kind == "these"
        for s in statements
    )


def _weakly(text: Text, choices: Choices, statements: list[Said], *, asks_not: bool) -> SetReading:
    by_text = _by_phrases(text, choices)
    if by_text is not None:
        return by_text
    named = [s for s in statements if s.level == NAMED and not s.refuted and s.kind == "these"]
    if not named:
        return unread("no-option-named" if not statements else "no-commitment")
    for said in named:
        if said.clash or OUTSIDE in said.picks or said.unsure or said.doubt:
            _cause = "mismatch" if said.clash else "several"
            return unread("not-an-option" if OUTSIDE in said.picks else _cause, _quote(text, said))
    quote = _quote(text, named[-1])
    if len(named) > 1 or asks_not or text.words > FEW_WORDS or _NEGATES.search(text.low):
        return unread("no-commitment", quote)
    if "?" in text.low or named[0].open_end or phrases.CUT_OFF.search(text.low):
        return unread("no-commitment", quote)
    if len(named[0].picks) == choices.count or (named[0].lettered and len(named[0].picks) == 1):
        return unread("no-commitment", quote)
    return chose(named[0].picks, "only-named", quote)


def _by_phrases(text: Text, choices: Choices) -> SetReading | None:
    """A few words in a row, each close to one option's text."""
    low = text.low.strip(" .\n")
    if len(low) > 300 or _NEGATES.search(low):
        return None
    pieces = [p.strip(" .-*•\t") for p in _PIECES.split(low)]
    found = [(piece, choices.by_phrase(piece)) for piece in pieces if piece]
    if not found or any(len(places) != 1 for _, places in found):
        return None
    if any(len(said.split()) > len(choices.texts[at[0]].split()) + 1 for said, at in found):
        return None  # a sentence about the option
    picks = frozenset(places[0] for _, places in found)
    if len(picks) == choices.count and "\n" in low:
        return None  # the list as it was shown
    return chose(picks, "text", text.original.strip()[:200])


def _verbatim(text: Text, choices: Choices) -> SetReading | None:
    """Numbers in a row, each an option's text, which no unit makes another."""
    if len(text.low) > 200 or not any(c.isdigit() for c in text.low):
        return None
    pieces = [_UNIT.sub("", clean(piece)) for piece in _PIECES.split(text.low) if piece.strip()]
    plain = [_UNIT.sub("", option) for option in choices.texts]
    if not pieces or len(set(plain)) < len(plain) or not set(pieces) <= set(plain):
        return None
    return chose(frozenset(plain.index(p) for p in pieces), "text", text.original.strip()[:200])


def _quote(text: Text, said: Said) -> str:
    return text.quote(said.start, said.end)
