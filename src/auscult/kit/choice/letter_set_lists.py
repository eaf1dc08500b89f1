"""Options named one a line, or marked by ticks, crosses and boxes."""

from __future__ import annotations

import re

import msgspec

from auscult.kit.choice.letter_set_names import Group
from auscult.kit.choice.letter_set_said import (
    ANSWER,
    FINAL,
    NAMED,
    PART,
    Said,
    announced,
    is_final,
    sense_after,
    sense_before,
)
from auscult.kit.choice.text import Text

_BULLET = re.compile(
    r"[\s>*_#+•|(\[\"'▪◦·✓✔✅☑✗✘❌✖🚫\]).:0-9=→-]*(?:option |choice |answer )?[*_(\[\"']*"
)
_TICK, _CROSS = "✓✔✅☑", "✗✘❌✖🚫"
_MARK = re.compile(f"[{_TICK}{_CROSS}]")
_BOX = re.compile(r"\[ ?([x✓✔* ]?) ?\][ (*_]*$")
_VERDICT = re.compile(
    r"(?:^|[.,:;>=|(–-]|\b(?:is|are|this|so|thus|hence|therefore|it)\b)[ *_]*"
    r"(?=(?:not |never |n't |in)?(?:the |a |an )?(?:correct|incorrect|wrong|right|true|false)\b)"
)
_SAYS = re.compile(
    r"(?P<not>(?:not|never|n't) (?:a |the |an )?)?"
    r"(?P<word>incorrect|wrong|false|correct|right|true)"
)
_YES = re.compile(r"^[ :=|>*_–-]*(?P<word>yes|no)\b")
_BULLETS = " •▪◦·+–-0123456789.)>:="
_MARKUP = str.maketrans("", "", '*_`"()[]{}$#~|<>')
_SENTENCE = re.compile(r"[.!?] ")
LOOKED_AT = 240


class Block(msgspec.Struct):
    """Options one a line: each a head, and the words that follow it."""

    heads: list[Group]
    bodies: list[str]


def by_marks(text: Text, groups: list[Group], *, asks_not: bool) -> list[Said] | None:
    """Boxes say what is selected; ticks and crosses what is correct, ticks alone what is meant."""
    boxes = [(g, _BOX.search(text.low[text.line(g.start)[0] : g.start])) for g in groups]
    boxed = [(g, b[1].strip()) for g, b in boxes if b is not None]
    if len(boxed) > 1:
        return [_selected(groups, frozenset().union(*(g.picks for g, mark in boxed if mark)))]
    marks = list(_MARK.finditer(text.low))
    if len(marks) < 2 and not (marks and len(groups) == 1):
        return None
    senses = [(g, _mark_of(text, groups, i, marks[0].start())) for i, g in enumerate(groups)]
    marked = [(g, sense) for g, sense in senses if sense]
    ticked = frozenset().union(*(g.picks for g, sense in marked if sense > 0))
    if not marked:
        return None
    if all(sense > 0 for _, sense in marked) and not (asks_not and len(ticked) == 1):
        return [_selected([g for g, _ in marked], ticked)]
    return [Said(g.start, g.end, g.picks, sense=s, level=PART, clash=g.clash) for g, s in marked]


def _selected(groups: list[Group], picks: frozenset[int]) -> Said:
    clash = any(g.clash for g in groups if g.picks <= picks)
    return Said(groups[0].start, groups[-1].end, picks, level=ANSWER, clash=clash)


def _mark_of(text: Text, groups: list[Group], i: int, first: int) -> int:
    """The mark beside a group: all stand before the options, or all after them."""
    group = groups[i]
    if first < groups[0].start:
        start, end = groups[i - 1].end if i else 0, group.start
        found = list(_MARK.finditer(text.low, max(start, end - 40), end))
        mark = found[-1] if found else None
    else:
        end = groups[i + 1].start if i + 1 < len(groups) else len(text.low)
        mark = _MARK.search(text.low, group.end, min(end, group.end + LOOKED_AT))
    return 0 if mark is None else 1 if mark[0] in _TICK else -1


def blocks_of(text: Text, groups: list[Group]) -> list[Block]:
    heads = [g for g in groups if len(g.picks) == 1 and g.single and _heads_line(text, g)]
    runs: list[list[Group]] = []
    for head in heads:
        last = runs[-1][-1] if runs else None
        if last is not None and min(head.picks) > min(last.picks) and _goes_on(text, last, head):
            runs[-1].append(head)
        else:
            runs.append([head])
    return [Block(run, _bodies(text, run)) for run in runs if len(run) > 1]


def _heads_line(text: Text, group: Group) -> bool:
    start, _ = text.line(group.start)
    if _BULLET.fullmatch(text.low, start, group.start) is None:
        return False
    following = text.low[group.end : group.end + 2].lstrip("*_) ")[:1]
    lettered = group.lettered and group.end - group.start == 1
    return not lettered or following in ("", ".", ":", "-", "–", "(", "|", "=", "\n", ",", "<", ";")


def _goes_on(text: Text, last: Group, head: Group) -> bool:
    """No heading of another part stands between."""
    between = text.low[last.end : text.line(head.start)[0]].split("\n")[1:]
    return not any(line.strip(" *_").endswith(":") or line.startswith("#") for line in between)


def _bodies(text: Text, run: list[Group]) -> list[str]:
    bodies = []
    for i, head in enumerate(run):
        if i + 1 < len(run):
            end = text.line(run[i + 1].start)[0]
        else:
            end = text.low.find("\n\n", head.end)
            line_end = text.line(head.end)[1]
            end = line_end if end < 0 or line_end < end else end
        bodies.append(text.low[head.end : min(end, head.end + LOOKED_AT)])
    return bodies


def said_in_block(text: Text, block: Block, count: int, *, asks_not: bool) -> list[Said]:
    """What stands above the list decides, then what stands beside each item."""
    first, last = block.heads[0], block.heads[-1]
    picks = frozenset().union(*(h.picks for h in block.heads))
    clash = any(h.clash for h in block.heads)
    whole = Said(first.start, last.end, picks, clash=clash)
    heading = _heading(text, first)
    verdicts = [_verdict(body, asks_not=asks_not) for body in block.bodies]
    whole.sense = sense_before(heading)
    if whole.sense and -whole.sense not in verdicts:
        whole.level = ANSWER
        return [whole]
    if any(verdicts):
        return [
            Said(h.start, h.end, h.picks, sense=v, level=PART if v else NAMED, clash=h.clash)
            for h, v in zip(block.heads, verdicts, strict=True)
        ]
    if is_final(heading):
        whole.level = FINAL
    elif announced(text, heading) or (len(picks) < count and _stands_first(text, first)):
        whole.level = ANSWER
    return [whole]


def _heading(text: Text, first: Group) -> str:
    """What announces the list: the words before it in its line, or the line above."""
    start = text.line(first.start)[0]
    left = _plain(text.low[start : first.start]).strip(_BULLETS)
    if left:
        return left
    above = text.low[:start].rstrip().rpartition("\n")[2]
    said = _plain(above[-LOOKED_AT:])
    if not said.endswith(":") and not above.lstrip().startswith("#") and above[-1:] not in "*_":
        return said if len(said.split()) <= 3 else ""
    return _SENTENCE.split(said.rstrip(": "))[-1] + ":"


def _plain(raw: str) -> str:
    return " ".join(raw.translate(_MARKUP).split())


def _stands_first(text: Text, first: Group) -> bool:
    return len(re.findall(r"\w", text.low[: first.start])) <= 2


def _verdict(body: str, *, asks_not: bool) -> int:
    plain = " ".join(body.replace("*", " ").replace("_", " ").split())
    if sense := sense_after(plain):
        return sense
    if yes := _YES.match(plain):
        return 0 if asks_not else 1 if yes["word"] == "yes" else -1
    at = _VERDICT.search(plain)
    said = _SAYS.search(plain, at.end()) if at else None
    if said is None:
        return 0
    sense = 1 if said["word"] in ("correct", "right", "true") else -1
    return -sense if said["not"] else sense
