"""What each mention of an option amounts to: chosen, deduced, merely named, or turned down."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise

import msgspec

from auscult.kit.choice import phrases as english
from auscult.kit.choice import tongues
from auscult.kit.choice.forms import SHARE
from auscult.kit.choice.mentions import Mention
from auscult.kit.choice.text import Text

FINAL, STATED, DEDUCED, NAMED = 5, 4, 3, 1
WINDOW = 110

_MARKS = '*_`"()[]{}$\\<>#~|'
_MARKUP, _MARKUP_BYTES = str.maketrans("", "", _MARKS), _MARKS.encode()
_LEAD = re.compile(
    r"[\W_]*(?:(?:sure|certainly|okay|ok|great question|good question|of course|thanks?|thank you|"
    r"hello|hi|hmm|well|absolutely|alright|right)\b[\w ]{0,24}[\W_]+)?"
    r"(?:(?:\d\.|option|the option|choice|letter|opci[oó]n|вариант|选项|选择|option lettre|"
    r"alternativa|答案|回答|الخيار|विकल्प)[\W_]*)?"
)
_ENDS = re.compile(
    r"[\s*\"')\]_}]*(?:$|[.):,;!\-|\n<=]|\?|\((?!or\b|and\b|possibly|maybe)|because\b|since\b|as\b|"
    r"due\b|given\b|based\b|for the\b|with \d|[✓✔✅☑←])"
)
_YES = re.compile(
    r"^\W*(?:correct|right|true|yes|best|most (?:likely|appropriate)|this is (?:the )?(?:correct|"
    r"right|best|most)|the (?:correct|right|best)|answer|chosen|selected|my (?:answer|choice))\b"
    r"|[✓✔✅☑⭐]|[<←-]+ ?(?:this|answer|correct|my|best)|←|\b(?:is|are) (?:the )?(?:correct|"
    r"most likely|best|most appropriate|right answer)|: ?(?:correct|best|true|yes)\b"
    r"|- (?:correct|best|true|yes)\b"
)
_NO = re.compile(
    r"\b(?:incorrect|wrong|false|unlikely|not|no|isn't|doesn't|aren't|don't|never|less|"
    r"inappropriate|contraindicated|excluded|ruled out|cannot|can't|eliminated?|rejected|"
    r"ineffective|insufficient|unnecessary|irrelevant|lacks?|fails?|without|only for|rarely)\b"
    r"|[✗✘❌✖🚫]"
)


_SAYS_NOTHING = re.compile(r"[\W\d]*|option|choice")
_ASKS = re.compile(r"(?:is|are|does|could|would|should|what|which|why|how|can)\b")
_CROSSES = "✗✘❌✖🚫"
_TICKS = re.compile(f"[✓✔✅☑{_CROSSES}]")
_SINGULAR = re.compile(r"^[ ,:]*(?:is|was|would|does|doesn't|isn't|can't|cannot|has|fits|could)\b")
_HESITANT = re.compile(
    r"^[ ,]*(?:or|and/or)(?: |$)|^[ ,]*(?:could|may|might) (?:be|also)\b"
    r"|^[ ,]*(?:would|could|might) (?:\w+ ){0,6}(?:if|unless|were|had)\b"
    r"|^[ ,]*(?:only |but only )?(?:if (?!i\b|i'm|forced|pressed|pushed|you\b|we\b)|unless\b)"
)


_AFFIRMED_ALL_THE_SAME = re.compile(
    r"\bnot only\b|\bn(?:othing|one) other than|\b(?:not|isn't|aren't|never) (?:wrong|incorrect|"
    r"excluded|eliminated|rejected|ruled out)"
)
_ALONE = re.compile(
    r"(?:then|it is|please|definitely|obviously|surely|probably|i think|i guess|i'd say|i believe|"
    r"again|instead|after all|thanks|la|el|die|das|le|o|the|option|okay|ok|well|yes|hmm|clearly)"
)
_ALL_BUT = re.compile(
    r"\b(?:everything|anything|all|every option|all others?) (?:except|but|other than|apart from)"
    r"(?: for| option)?$"
)
_ENDS_ALL_BUT = ("except", "but", "than", "from", "for", "option")


class Event(msgspec.Struct):
    start: int
    end: int
    picks: tuple[int, ...]
    level: int
    refuted: bool
    lettered: bool
    clash: bool = False


def weigh_all(text: Text, found: Sequence[Mention], *, shares: bool = False) -> list[Event]:
    """`shares` says that probabilities stand beside the options; those choose nothing alone."""
    if len(found) > 1:
        mark_lists(text, found)
    events = [event for mention in found for event in _weigh(text, mention)]
    if len(events) > 1 and not text.low.isascii() and _TICKS.search(text.low):
        _ticked(text, events)
    if shares:
        for event in events:
            if SHARE.match(text.low, event.end) and event.level < FINAL:
                event.level = NAMED
    return events


def _ticked(text: Text, events: list[Event]) -> None:
    """Ticks and crosses beside the options, all before them or all after them."""
    first = _TICKS.search(text.low)
    ahead = first is not None and first.start() < events[0].start
    for i, event in enumerate(events):
        if ahead:
            start, end = events[i - 1].end if i else 0, event.start
        else:
            start, end = event.end, events[i + 1].start if i + 1 < len(events) else len(text.low)
        mark = _TICKS.search(
            text.low, max(start, end - 80) if ahead else start, min(end, start + 80)
        )
        if mark:
            event.refuted = mark[0] in _CROSSES
            event.level = NAMED if event.refuted else max(event.level, STATED)
        elif event.level < FINAL:
            event.level = min(event.level, DEDUCED)


def mark_lists(text: Text, found: Sequence[Mention]) -> None:
    """Marks mentions that go through the options line by line, which choose nothing."""
    _mark_row(text, found)
    heads = [m for m in found if len(m.picks) == 1 and _heads_line(text, m)]
    run: list[Mention] = []
    for mention in heads:
        if run and mention.picks[0] > run[-1].picks[0]:
            run.append(mention)
        else:
            _close_run(text, run)
            run = [mention]
    _close_run(text, run)


def _mark_row(text: Text, found: Sequence[Mention]) -> None:
    """As in "A. x  B. y  C. z" in one line goes through the options as well."""
    row: list[Mention] = []
    for mention in found:
        gap = text.low[row[-1].end : mention.start] if row else ""
        follows = row and mention.picks == (row[-1].picks[0] + 1,) and "\n" not in gap
        if follows and not gap.strip(" \t.,;|()/-"):
            row.append(mention)
        else:
            row = [mention] if len(mention.picks) == 1 else []
        if len(row) >= 3:
            for listed in row:
                listed.listed = True


def _close_run(text: Text, run: list[Mention]) -> None:
    if len(run) >= 3 and _answer_first(text, run):
        run = run[1:]
    if len(run) >= 2:
        bold = [m for m in run if "**" in text.low[slice(*text.line(m.start))]]
        for mention in run:
            # The one line in bold is how some models tick a box.
            mention.listed = bold != [mention]


def _answer_first(text: Text, run: list[Mention]) -> bool:
    """As in "A. x", then "Why not the others:", then a list, whose first item is the answer."""
    if text.low[: run[0].start].strip(" *_#(\n\t\"'-"):
        return False
    between = [text.low.count("\n", a.end, b.start) for a, b in pairwise(run)]
    lines = text.low[run[0].end : run[1].start].split("\n")[1:]
    heading = any(re.search(r"\w{3}", line) for line in lines)
    return heading and (
        between[0] > max(between[1:])
        or any(re.search(r"other|why|incorrect|wrong|explan|ration|reason", x) for x in lines)
    )


def _heads_line(text: Text, mention: Mention) -> bool:
    start, _ = text.line(mention.start)
    before = text.low[start : mention.start].strip(" \t>*_#-+•|([\"'➤▪◦·✓✔✅✗✘❌x]).:0123456789=→")
    if before not in ("", "option", "choice", "answer"):
        return False
    return not mention.lettered or _closed(text, mention)


def _weigh(text: Text, mention: Mention) -> list[Event]:
    if mention.listed:
        return [_weigh_listed(text, mention)]
    if len(mention.parts) > 1 and _two_statements(text, mention):
        return [e for part in mention.parts for e in _weigh(text, part)]
    left, right = before(text, mention), after(text, mention)
    if _refuted(left, right, foreign=text.foreign) or text.low.endswith("~~", 0, mention.start):
        return [_event(mention, NAMED, refuted=True)]
    level = NAMED if _only_supposed(text, mention, left) else _level(text, mention, left, right)
    return [_event(mention, level)]


def _event(mention: Mention, level: int, *, refuted: bool = False) -> Event:
    return Event(
        mention.start,
        mention.end,
        mention.picks,
        level,
        refuted,
        mention.lettered,
        mention.clash,
    )


def _two_statements(text: Text, mention: Mention) -> bool:
    """As in "The answer is B, A is wrong": what follows concerns the last one alone."""
    right = after(text, mention)
    if not re.match(
        r"^[ ,:]*(?:is|was|would|does|doesn't|isn't|can't|cannot|has|fits|could)\b", right
    ):
        return False
    first = mention.parts[0]
    left = before(text, first)
    return bool(_stated_before(left, first, text)) and not re.search(
        r"\b(?:or|nor)\b", text.low[first.end : mention.end]
    )


def _weigh_listed(text: Text, mention: Mention) -> Event:
    start, end = text.line(mention.end)
    rest = text.low[mention.end : min(end, mention.end + 160)]
    prefix = text.low[start : mention.start]
    if re.search(r"[✗✘❌✖]", prefix):
        return _event(mention, NAMED, refuted=True)
    if re.search(r"[✓✔✅☑→➤]|->|=>|\[x\]|\(x\)", prefix):
        return _event(mention, FINAL)
    yes, no = _YES.search(rest[:90]), _NO.search(rest[:90])
    if no and (not yes or no.start() <= yes.start()):
        return _event(mention, NAMED, refuted=True)
    return _event(mention, STATED if yes else NAMED)


def before(text: Text, mention: Mention) -> str:
    """The words of its sentence before the option; of the line above where that announces it."""
    start = max(text.sentence(mention.start)[0], mention.start - WINDOW)
    left = _squeezed(text.low[start : mention.start])
    if left and not _SAYS_NOTHING.fullmatch(left):
        return left
    above = text.low[max(0, start - WINDOW) : start].rstrip()
    line = above.rpartition("\n")[2]
    squeezed = _squeezed(line)
    heading = squeezed.endswith(":") or line.lstrip().startswith("#") or line.rstrip().endswith("*")
    if heading or (len(squeezed.split()) <= 3 and squeezed.endswith(("answer", "choice"))):
        return f"{squeezed.rstrip(': ')}: {left}".strip()
    return left


def after(text: Text, mention: Mention) -> str:
    if text.low[mention.end : mention.end + 1] == ".":
        return ""
    end = min(text.sentence_end(mention.end), mention.end + WINDOW)
    return _squeezed(text.low[mention.end : end])


def _squeezed(raw: str) -> str:
    if raw.isascii():  # bytes are translated much faster than letters
        return " ".join(raw.encode().translate(None, _MARKUP_BYTES).decode().split())
    return " ".join(raw.translate(_MARKUP).split())


def _refuted(left: str, right: str, *, foreign: bool) -> bool:
    if _all_but(left):
        return not english.TURNED_DOWN_AFTER.match(right)
    if left and (
        english.TURNED_DOWN_BEFORE.search(left)
        or (foreign and tongues.TURNED_DOWN_BEFORE.search(left))
    ):
        return not _AFFIRMED_ALL_THE_SAME.search(left)
    if not right:
        return False
    if english.TURNED_DOWN_AFTER.match(right):
        return not english.NOT_TURNED_DOWN.match(right)
    return foreign and bool(tongues.TURNED_DOWN_AFTER.match(right))


def _only_supposed(text: Text, mention: Mention, left: str) -> bool:
    """Hypotheses, concessions, first thoughts and questions name an option without choosing it."""
    if english.ONLY_SUPPOSED.may_stand_in(left):
        if english.FORCED_GUESS.search(left):
            return False
        if english.SUPPOSED.search(left) or english.CONCEDED.search(left):
            return True
        first = english.AT_FIRST.search(left)
        if first and not english.BUT_NOW.search(left, first.end()):
            return True
    start, end = text.sentence(mention.start)
    if text.low.find("?", max(start, end - 3), end) < 0:
        return False
    asked = text.low[max(start, end - 3) : end].rstrip().endswith("?")
    return asked and (text.words > 8 or _ASKS.match(left) is not None)


def _level(text: Text, mention: Mention, left: str, right: str) -> int:
    if english.FINAL_BEFORE.search(left) and _stated_before(left, mention, text):
        return FINAL
    if _hesitant(right):
        return NAMED
    stated = _stated_before(left, mention, text)
    if stated:
        return stated
    if _leads(text, mention) or _own_line(text, mention):
        return DEDUCED if right == "?" or right.startswith("? ") else STATED
    if english.STATED_AFTER.match(right) or (text.foreign and tongues.STATED_AFTER.match(right)):
        return STATED if mention.lettered else DEDUCED
    if _all_but(left):
        return STATED
    if english.DEDUCED_BEFORE.search(left) or (
        text.foreign and tongues.DEDUCED_BEFORE.search(left)
    ):
        return DEDUCED
    if left.endswith((" but", " but now")) and english.AT_FIRST.search(left):
        return DEDUCED
    if mention.start > 60 and english.CONCLUDES.match(left):
        return DEDUCED
    announced = left.endswith(":") and not right.strip(".! ")
    return DEDUCED if announced or _own_sentence(text, mention) else NAMED


def _all_but(left: str) -> bool:
    return left.endswith(_ENDS_ALL_BUT) and _ALL_BUT.search(left) is not None


def _hesitant(right: str) -> bool:
    return _HESITANT.match(right) is not None


def _stated_before(left: str, mention: Mention, text: Text) -> int:
    if not left:
        return 0
    if english.STATED_BEFORE.search(left):
        return STATED
    if english.STATED_ADJACENT.search(left) and _ENDS.match(text.low, mention.end):
        return STATED
    chosen = english.CHOSEN_BEFORE.search(left)
    if chosen:
        return 0 if english.NOT_ME.search(left[: chosen.end()]) else STATED
    if english.THING_BEFORE.search(left):
        return STATED if mention.lettered else DEDUCED
    if not text.foreign or tongues.BECAUSE.search(left):
        return 0
    return STATED if tongues.STATED_BEFORE.search(left) else 0


def _leads(text: Text, mention: Mention) -> bool:
    start = _LEAD.match(text.low)
    if start is None or (
        start.end() < mention.start and text.low[: mention.start].strip(" \n\t*_#(\"'[{->.:")
    ):
        return start is not None and start.end() == mention.start and _closed(text, mention)
    return _closed(text, mention)


def _closed(text: Text, mention: Mention) -> bool:
    if mention.lettered and len(mention.picks) == 1 and mention.end > mention.start + 1:
        # "C. Vitamin C deficiency causes scurvy": the letter is closed, whatever its text does.
        return text.low[mention.start + 1] in ".):" or bool(_ENDS.match(text.low, mention.end))
    return bool(_ENDS.match(text.low, mention.end))


def _own_sentence(text: Text, mention: Mention) -> bool:
    start, end = text.sentence(mention.start)
    edges = " \t\n*_#()[]{}\"'>.,:;!?-"
    rest = text.low[start : mention.start].strip(edges) + text.low[mention.end : end].strip(edges)
    return not rest or _ALONE.fullmatch(rest) is not None


def _own_line(text: Text, mention: Mention) -> bool:
    start, _ = text.line(mention.start)
    _, end = text.line(mention.end)
    rest = text.low[start : mention.start] + text.low[mention.end : end]
    return rest.strip(" \t*_#()[]{}\"'>.,:;!-=|$\\") in ("", "option", "choice", "answer", "x")
