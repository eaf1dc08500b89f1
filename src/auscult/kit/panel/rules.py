"""What several readings of one answer come to: a rule that is declared before the run.

- majority: more than half of all members say the same, failed ones included in the count;
- unanimity: all members say the same;
- escalate: two say the same; a third is asked only where the first two do not.

Where no reading has enough votes the panel has no verdict: it is split, or too few could be read.
Either is missing data and never a verdict.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Literal, get_args

import msgspec

Rule = Literal["majority", "unanimity", "escalate"]
RULES: tuple[Rule, ...] = get_args(Rule)
SPLIT, TOO_FEW = "panel-split", "panel-too-few"
Ballot = tuple[str, ...]
"""What one member says, a label for each question that is voted on."""
FIRST = 2
"""Members that `escalate` asks at once."""
IN_ESCALATION = 3


class Decision(msgspec.Struct, frozen=True):
    said: Ballot = ()
    """Empty where there is no verdict."""
    cause: str = ""
    """Why there is none."""


def enough(rule: Rule, members: int) -> int:
    """Votes that settle a question."""
    return {"majority": members // 2 + 1, "unanimity": members, "escalate": FIRST}[rule]


def decide(rule: Rule, ballots: Sequence[Ballot | None], members: int) -> Decision:
    """`ballots` of those asked, None for one that failed; each question is settled by itself."""
    need = enough(rule, members)
    read = [ballot for ballot in ballots if ballot is not None]
    if len(read) < need:
        return Decision(cause=TOO_FEW)
    if len({len(ballot) for ballot in read}) != 1:
        return Decision(cause=SPLIT)
    said = []
    for labels in zip(*read, strict=True):
        label, votes = Counter(labels).most_common(1)[0]
        if votes < need:
            return Decision(cause=SPLIT)
        said.append(label)
    return Decision(tuple(said))


def asks_more(rule: Rule, ballots: Sequence[Ballot | None], members: int) -> bool:
    """Whether the next member is asked, after these."""
    if len(ballots) >= members:
        return False
    if rule != "escalate" or len(ballots) < FIRST:
        return True
    first, second = ballots[:FIRST]
    # Two that failed leave too few, whatever the third would say.
    return first != second
