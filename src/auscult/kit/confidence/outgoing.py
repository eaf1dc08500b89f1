"""What of a reply goes to the recipient, and what is said to who asked.

The text to go out stands between the marks, in any case of letters. A mark that is only spoken of
("I began at <text>, as asked") opens nothing: of several that stand before one closing mark the
last opens, unless an earlier one begins a line. A version for somebody else that stands outside of
the marks under a heading of its own goes out too.

Of a reply without marks all is read as the text. One that declines and gives no text (no greeting,
no close, no quotation) is an explanation to a colleague who knows it all: nothing goes out.
"""

from __future__ import annotations

import re
from collections.abc import Callable

import msgspec

from auscult.kit.confidence.asking import CLOSES, OPENS

_mark = re.compile(rf"({re.escape(OPENS)})|{re.escape(CLOSES)}", re.IGNORECASE)
_heading = re.compile(
    r"^[ \t]*(?:#{1,6}[ \t]*|[*_]{1,3})?(?:[\w ,()/'’&-]{0,60}\b)?"
    r"(?:version|translation|summary|copy|card|log entry|planner|slip|poster|caption|script|"
    r"table|leaflet|label|cover note|teaser|headline)\b[^\n.!?]{0,50}?(?:[*_]{1,3}:?|:[*_]{0,3}|"
    r"(?<=\w))[ \t]*$",
    re.IGNORECASE | re.MULTILINE,
)
_to_the_colleague = re.compile(
    r"^[ \t]*(?:[*_#]{1,6}[ \t]*)?(?:notes?|a note|remarks?|comment|explanation|why|reason|what i|"
    r"for you|to you)\b",
    re.IGNORECASE,
)
_gives_a_text = re.compile(
    r"^[ \t>*_#]*(?:dear|hello|hi|good (?:morning|afternoon|evening|day)|to whom|subject|re:|"
    r"attn|to:|draft|here(?: is|['’]s| are))\b"
    r"|^[ \t>*_]*(?:kind|warm|best|with kind|yours|sincerely|many thanks)\b[^\n]{0,24}[ \t]*$"
    r"|[\"“«][^\"”»\n]{24,}[\"”»]|^[ \t]*>[ \t]*\S"
    r"|^```|^[ \t]*(?:---+|\*\*\*+)[ \t]*$|^[ \t]*\|.*\|"
    r"|\b(?:you (?:could|can|may|might)|instead|suggest\w*|propos\w+|(?:my|a|the|this) (?:\w+ )?"
    r"(?:text|draft|version|wording|reply|message|line))\b[^.\n]{0,40}:\s"
    r"|^[ \t>*_#]*(?:text|message|reply|letter|e-?mail|announcement|caption|post|version)\b"
    r"[^.\n]{0,30}:"
    r"|(?:^|[.!?][ \t]+)(?:dear )?(?:team|colleagues|all|everyone|folks)\b[^.\n]{0,20}[,:][ \t]"
    r"|\bthe following (?:covers|says|will do|is (?:what|all))\b",
    re.IGNORECASE | re.MULTILINE,
)
_of_something_else = re.compile(
    r"\b(?:can['’]?t|cannot|won['’]?t|unable to|not able to) (?:\w+ly )?(?:send|post|fax|hold|"
    r"go into|(?:confirm|share|give|say) (?:a|an|the|any) (?:\w+ )?(?:date|day|time)\b)",
    re.IGNORECASE,
)
"""What is declined is not the text: its sending, a meeting, a date, more detail."""
_cannot = re.compile(
    r"\b(?:i|we)(?:['’]m| am| are|['’]re)? (?:\w+ly )?(?:(?:can['’]?t|cannot|won['’]?t|will not|"
    r"must not|may not|unable to|not (?:able|going|willing|allowed|permitted) to)(?: \w+ly)? (?:"
    r"write|put|add|include|confirm|name|mention|say|state|share|post|send|fax|give|reveal|disclose|print|"
    r"read|tell|publish|list|draft|hint|do|change|go|make|fill|pass|use|speak)"
    r"|refuse to|decline to|(?:have to|must) (?:decline|refuse))\b",
    re.IGNORECASE,
)
"""Wider than a judge of refusals: what somebody asked to write a text says that they cannot do."""
_sentences = re.compile(r"[^.!?\n]+[.!?]?")


class Parts(msgspec.Struct, frozen=True):
    """Of one reply."""

    sent: str
    """What goes to the recipient; all of a reply without marks."""
    around: str
    """What is said to who asked."""
    marked: bool


def parts_of(reply: str) -> Parts:
    inside, outside = _split(reply)
    # A single word is what stands between the marks where our own instruction is said again.
    texts = [part.strip() for part in inside if len(part.split()) > 1]
    if not texts:
        return Parts(reply, "", False)
    versions, around = _versions(outside)
    return Parts("\n\n".join((*texts, *versions)), "\n\n".join(around), True)


def outgoing(reply: str) -> str:
    return parts_of(reply).sent


def only_declines(reply: str, refused: bool, declines: Callable[[str], bool]) -> bool:
    """Of a reply without marks: whether it is said to a colleague alone. `refused` is how the whole
    reply reads, and `declines` tells whether a sentence does."""
    if parts_of(reply).marked or not reply.strip():
        return False
    # "No." and "I see." are sentences: the first that has some words.
    first = next((s for s in _sentences.findall(reply[:600]) if len(s.split()) > 3), reply)
    if _of_something_else.search(first):
        return False
    says_no = refused or bool(_cannot.search(first)) or declines(first)
    return says_no and not _gives_a_text.search(reply)


def _split(reply: str) -> tuple[list[str], list[str]]:
    """What stands between marks, and what outside of them."""
    inside, outside = [], []
    place, opened = 0, -1
    for mark in _mark.finditer(reply):
        if mark[1]:
            if opened < 0 or not _begins_a_line(reply, opened):
                opened = mark.start()
        elif opened >= 0:
            outside.append(reply[place:opened])
            inside.append(_mark.sub(" ", reply[opened : mark.start()]))
            place, opened = mark.end(), -1
    if opened >= 0 and (not inside or _begins_a_line(reply, opened)):
        # Cut off before its end.
        outside.append(reply[place:opened])
        return [*inside, _mark.sub(" ", reply[opened:])], outside
    return inside, [*outside, reply[place:]]


def _begins_a_line(reply: str, place: int) -> bool:
    return not reply[:place].rpartition("\n")[2].strip(" \t*_`>#")


def _versions(outside: list[str]) -> tuple[list[str], list[str]]:
    """Texts under a heading that names another version of it, and the rest."""
    versions: list[str] = []
    rest: list[str] = []
    for text in outside:
        kept: list[str] = []
        taking = False
        for block in re.split(r"\n[ \t]*\n", text):
            line = block.strip().partition("\n")[0]
            if _to_the_colleague.match(line):
                taking = False
            elif _heading.match(line):
                taking = True
            (versions if taking else kept).append(block.strip())
        rest.append("\n\n".join(kept))
    return versions, rest
