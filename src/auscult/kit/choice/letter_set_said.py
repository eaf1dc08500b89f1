"""What an answer says of each group of options: the answer, correct, not correct, or only named."""

from __future__ import annotations

import re
from typing import Literal

import msgspec

from auscult.kit.choice import letter_set_words as words
from auscult.kit.choice import phrases as english
from auscult.kit.choice import tongues
from auscult.kit.choice.letter_set_names import Group
from auscult.kit.choice.mentions import Mention
from auscult.kit.choice.options import Choices
from auscult.kit.choice.text import Text
from auscult.kit.choice.weight import after, before

FINAL, ANSWER, PART, NAMED = 3, 2, 1, 0
Kind = Literal["these", "except", "only", "rest", "all", "none"]
_KINDS: tuple[Kind, ...] = ("rest", "none", "all")

_LEAD = re.compile(
    r"(?:[\W_]|\b(?:sure|certainly|okay|ok|of course|great question|good question|well|hmm|hi|"
    r"hello|thanks|(?:my |the |final )?answers?(?: is| are| would be)?|the|options?|choices?|"
    r"so|then|therefore|thus|hence|probably|likely|most likely|i think|i guess|i believe|"
    r"i'd say|i would say|i say|i choose|i pick|i select|all of|set|remaining|"
    r"just|only|both|letters?|that would be|"
    r"it's|they are|these are|these|it would be|vitamins?|drugs?|instead|no|wait|actually|"
    r"correction|that said|still|anyway|respond|response|output|result|solution|selection)\b)*"
)
_CLOSED = re.compile(
    r"^(?:$|[.;:!?–|<=>-]"
    r"|,(?! (?:is|are|was|has|have|does|can|would|which|that|being)\b)"
    r"|(?:because|since|as|for|due|given|i think|i guess|i believe|i'd say|here|too|only|alone|"
    r"respectively|though|but not|not|if|with the|in my|scratch|no|wait|actually|instead|please|"
    r"is my|are my)\b)"
)
_BRACKET = re.compile(r"[\s*_\"')\]}]{0,6}[(\[]")
_ENDS_OPEN = re.compile(r"[\s)*_\"']*(?:,|\b(?:and|or|&))[\s.]*$")
_EDGES = " \t\n*_#()[]{}\"'>.,:;!?-=|$\\"
_LATER = 60
_FEW = 8
_PAIR = 2
_EXCEPT_MORE = re.compile(r"\b(?:except|but|other than|apart from|besides|aside from|excluding)\b")
_UNKNOWN_NO = re.compile(r"\b(?:in)?correct|wrong|right|false|true|apply")


class Said(msgspec.Struct):
    """One statement about options. `sense`: said to be correct (1), not correct (-1), neither."""

    start: int
    end: int
    picks: frozenset[int]
    kind: Kind = "these"
    sense: int = 0
    level: int = NAMED
    refuted: bool = False
    clash: bool = False
    unsure: bool = False
    doubt: bool = False
    adds: bool = False
    lettered: bool = True
    open_end: bool = False
    closed: bool = False


def said_of(text: Text, group: Group, earlier: Said | None, *, asks_not: bool) -> Said:
    """`earlier` is the statement before, which "and so is D" repeats."""
    left, right = _around(text, group)
    said = Said(
        group.start, group.end, group.picks, clash=group.clash, unsure=group.unsure,
        doubt=group.doubt, lettered=group.lettered,
    )  # fmt: skip
    left, right = _bounded(said, left, right)
    said.open_end = _ENDS_OPEN.fullmatch(text.low, group.end) is not None
    said.closed = _closed(text, said, right)
    final = is_final(left)
    if yes := words.YES_AFTER.match(right):
        # To a question for the wrong ones, "A: yes" may say that A is right or that it is wrong.
        said.sense, said.level = (0 if asks_not else 1 if yes["word"] == "yes" else -1), PART
        return said
    if _only_asked(left):
        return said
    _sensed(said, left, right, earlier, foreign=text.foreign)
    if said.sense:
        complete = said.kind != "these" or said.level == ANSWER
        said.level = FINAL if final else ANSWER if complete else PART
    elif final:
        said.level = FINAL
    elif _turned_down(left, foreign=text.foreign):
        said.refuted = True
    elif not _supposed(text, said, left):
        said.level = ANSWER if _answers(text, said, left, right) else NAMED
    _addition(said, left, right)
    return said


def is_list_of_options(text: Text, group: Group) -> bool:
    """ "The options are A, B, C and D": what was asked, and no answer."""
    return words.OPTIONS_ARE.search(_around(text, group)[0]) is not None


def _around(text: Text, group: Group) -> tuple[str, str]:
    mention = Mention(group.start, group.end, tuple(group.picks), group.lettered)
    return before(text, mention), after(text, mention)


def _bounded(said: Said, left: str, right: str) -> tuple[str, str]:
    """All but these, none but these, only these; and what is left of the words around."""
    if none := words.NONE_BUT.search(left):
        said.kind = "only"
        said.sense = _sense_within(none[0])
        return left[: none.start()].rstrip(), right
    if every := words.ALL_BUT.search(left):
        said.kind = "except"
        said.sense = _sense_within(every[0])
        return left[: every.start()].rstrip(), right
    if only := words.JUST_BEFORE.search(left):
        said.kind = "only"
        return left[: only.start()].rstrip(), right
    if alone := words.ALONE_AFTER.match(right):
        said.kind = "only"
        return left, right[alone.end() :].lstrip()
    return left, right


def _sense_within(phrase: str) -> int:
    """As in "all are correct except": what is said of the others."""
    found = _UNKNOWN_NO.search(phrase)
    if found is None or found[0] == "apply":
        return 0
    start = max(0, found.start() - 4)
    return sense_after(f"is {phrase[start:].strip()}") or sense_after(
        f"is {phrase[found.start() :]}"
    )


def sense_after(right: str) -> int:
    if words.WRONG_AFTER.match(right):
        return -1
    return 1 if words.RIGHT_AFTER.match(right) else 0


def sense_before(left: str) -> int:
    if words.WRONG_BEFORE.search(left):
        return -1
    return 1 if words.RIGHT_BEFORE.search(left) else 0


def _sensed(said: Said, left: str, right: str, earlier: Said | None, *, foreign: bool) -> None:
    sense = sense_after(right)
    if not sense and (later := words.LATER_AFTER.match(right)):
        sense = sense_after(right[later.end() :])
    if not sense and earlier is not None and earlier.sense:
        sense = _repeated(said, left, right, earlier.sense)
    if sense:
        neither = words.NEITHER.search(left) is not None
        said.sense = -sense if neither else sense
        if words.ONLY_AFTER.match(right):
            said.kind = "only"
    elif not said.sense:
        said.sense = sense_before(left)
        if not said.sense and foreign and words.FOREIGN_WRONG_BEFORE.search(left):
            said.sense = -1
        if said.sense:
            said.level = ANSWER
            if words.SOLE_RIGHT.search(left):
                said.kind = "only"


def _repeated(said: Said, left: str, right: str, sense: int) -> int:
    """As in "and so is D", "nor is B", "the others are not"."""
    if words.SAME_AGAIN.search(left):
        return sense
    elliptical = words.ELLIPTICAL.match(right)
    if elliptical is None:
        return 0
    if said.kind == "rest" or elliptical["no"]:
        return -sense
    return 0


def _turned_down(left: str, *, foreign: bool) -> bool:
    if words.NEITHER.search(left):
        return True
    if english.TURNED_DOWN_BEFORE.search(left):
        return "not only" not in left
    return foreign and tongues.TURNED_DOWN_BEFORE.search(left) is not None


def _only_asked(left: str) -> bool:
    """ "Which of A and B is wrong", "if he were allergic, A would be wrong"."""
    if english.FORCED_GUESS.search(left):
        return False
    supposed = words.ASKED_WHICH.search(left) or english.SUPPOSED.search(left)
    return supposed is not None or left.startswith("if ")


def _supposed(text: Text, said: Said, left: str) -> bool:
    if english.FORCED_GUESS.search(left):
        return False
    if words.SUPPOSED.search(left) or words.GUESSED.search(left):
        return True
    first = english.AT_FIRST.search(left)
    if first and not english.BUT_NOW.search(left, first.end()):
        return True
    start, end = text.sentence(said.start)
    return text.low[max(start, end - 3) : end].rstrip().endswith("?")


def _answers(text: Text, said: Said, left: str, right: str) -> bool:
    if words.ANSWER_AFTER.match(right):
        return True
    if announced(text, left):
        return said.closed or bool(said.lettered and len(said.picks) > 1)
    if not said.closed:
        return False
    return _leads(text, said, left) or _alone(text, said)


def is_final(left: str) -> bool:
    return english.FINAL_BEFORE.search(left) is not None


def announced(text: Text, left: str) -> bool:
    if not left or words.GONE_THROUGH.search(left):
        return False
    if words.SET_BEFORE.search(left) or english.STATED_BEFORE.search(left):
        return True
    if english.STATED_ADJACENT.search(left):
        return True
    chosen = english.CHOSEN_BEFORE.search(left)
    if chosen:
        return not english.NOT_ME.search(left[: chosen.end()])
    if not text.foreign or tongues.BECAUSE.search(left):
        return False
    return tongues.STATED_BEFORE.search(left) is not None


def _closed(text: Text, said: Said, right: str) -> bool:
    if _BRACKET.match(text.low, said.end) or (len(said.picks) > _PAIR and right[:1] == ","):
        return True
    return _CLOSED.match(right) is not None


def _leads(text: Text, said: Said, left: str) -> bool:
    ahead = text.low[: said.start]
    if said.kind in ("except", "only") and len(ahead.strip()) <= _LATER:
        return _LEAD.fullmatch(left) is not None
    return len(ahead) <= 4 * _LATER and _LEAD.fullmatch(ahead) is not None


def _alone(text: Text, said: Said) -> bool:
    for start, end in (text.line(said.start), text.sentence(said.start)):
        if end >= said.end:
            ahead, rest = text.low[start : said.start], text.low[said.end : end]
            if not rest.strip(_EDGES) and _LEAD.fullmatch(ahead):
                return True
    return False


def _addition(said: Said, left: str, right: str) -> None:
    if words.ADDS_BEFORE.search(left) or words.TOO_AFTER.match(right):
        said.adds = True
    elif said.level == NAMED and not said.refuted:
        said.adds = bool(words.WRONG_WHY.search(left) and left and words.BECAUSE.match(right))


def quantities(text: Text, choices: Choices, found: list[Said], *, asks_not: bool) -> list[Said]:
    """ "All of them", "none", "the others are not": statements that name no option."""
    said: list[Said] = []
    for match in words.QUANTITY.finditer(text.low):
        kind = next(k for k in _KINDS if match[k])
        if any(f.start < match.end() and match.start() < f.end for f in found):
            continue
        earlier = [f for f in (*found, *said) if f.end <= match.start() and f.sense]
        one = Said(*match.span(), frozenset(), kind, lettered=False)
        if _quantified(text, choices, one, max(earlier, key=lambda f: f.start, default=None)):
            said.append(one)
        elif not (found or asks_not) and _says_so_of_all(text, one):
            one.level = ANSWER
            said.append(one)
    return said


def _says_so_of_all(text: Text, one: Said) -> bool:
    """ "None of them causes it", in the words of the question and with nothing else beside."""
    ahead, rest = text.low[: one.start], text.low[one.end :].strip(" .!\n")
    few = len(rest.split()) <= _FEW and not re.search(
        r"[.,;:!?\n]|\b(?:not|no|except|but)\b|n't", rest
    )
    return one.kind != "rest" and few and _LEAD.fullmatch(ahead) is not None


def _quantified(text: Text, choices: Choices, one: Said, earlier: Said | None) -> bool:
    left, right = _around(text, Group(one.start, one.end, frozenset(), lettered=False))
    if one.kind != "rest" and left and not (left[-1] in ",:;" or announced(text, left)):
        return False
    if _EXCEPT_MORE.search(right):
        return False
    one.sense = sense_after(right)
    if not one.sense and earlier is not None and one.kind == "rest":
        one.sense = _repeated(one, left, right, earlier.sense)
    if one.sense:
        one.level = ANSWER
        return True
    if one.kind == "rest" or not words.NOTHING_MORE.match(right):
        return False
    ahead = text.low[: one.start]
    if not (announced(text, left) or _LEAD.fullmatch(ahead)):
        return False
    one.level = FINAL if is_final(left) else ANSWER
    place = choices.by_quantity(text.low[one.start : one.end].strip())
    if place is not None:
        one.kind, one.picks = "these", frozenset({place})
    return True
