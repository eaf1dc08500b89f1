"""Rules for the role that plans attacks: one that picks by a table, and one that replies garbage.

They read the hint `plan` (chains on offer, chains tried, features of the case, the round, whether
this is the second asking). Asked anything else they answer it right.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from itertools import combinations
from typing import Any

import msgspec

from auscult.kit.scripted.answer import answer_with
from auscult.kit.scripted.view import Common, Said, View

Chain = Sequence[str]
GARBAGE = (
    "wrong-key", "malformed", "repeat", "unknown-tool", "prose", "conflict", "too-many", "empty",
)  # fmt: skip
EVERY = ""
"""Of the table: cases of every kind."""


class Plans(Common, frozen=True):
    table: dict[str, dict[str, float]] = msgspec.field(default_factory=dict)
    """What an attack is worth, by feature of the case; "" for cases of every kind."""
    p: float = 1.0


def plans(view: View, rule: Plans) -> Said:
    """Plans what the table says is worth most for the case, of what is on offer, with probability
    p; else anything on offer. Of a chain, what its best attack is worth."""
    if view.plan is None:
        return answer_with(view, rule, 1.0)
    offered = view.plan["offered"]
    if view.draw("by the table") >= rule.p:
        return _plan(_any(view, offered))
    shown = [EVERY, *view.plan["features"]]

    def worth(chain: Chain) -> float:
        return max(rule.table.get(f, {}).get(name, 0.0) for f in shown for name in chain)

    return _plan(max(offered, key=worth))


class Misplans(Common, frozen=True):
    kind: str = "cycle"
    """Of garbage: one in turn each round, or any."""
    p: float = 1.0
    mends: bool = False
    """Whether a second asking gets a plan that is fit for use."""

    def __post_init__(self) -> None:
        super().__post_init__()
        known = (*GARBAGE, "cycle", "any")
        if self.kind not in known:
            raise ValueError(f"kind is '{self.kind}'; give one of {', '.join(known)}")


def misplans(view: View, rule: Misplans) -> Said:
    """Replies garbage with probability p where a plan is asked for, else a plan that is anything
    on offer. A kind that cannot be made (a repeat in the first round) becomes an unknown tool."""
    if view.plan is None:
        return answer_with(view, rule, 1.0)
    chain = _any(view, view.plan["offered"])
    sane = (rule.mends and view.plan["again"]) or view.draw("garbage") >= rule.p
    return _plan(chain) if sane else MAKERS[_kind(view, rule)](view, chain)


def _kind(view: View, rule: Misplans) -> str:
    if rule.kind == "any":
        return GARBAGE[view.pick("kind of garbage", len(GARBAGE))]
    if rule.kind == "cycle":
        start = view.pick("first kind", len(GARBAGE), "case")
        rounds: int = (view.plan or {})["round"]
        return GARBAGE[(start + rounds) % len(GARBAGE)]
    return rule.kind


def _any(view: View, offered: Sequence[Chain]) -> Chain:
    return offered[view.pick("any plan", len(offered))]


def _plan(chain: Chain, **more: Any) -> Said:
    return Said(text=json.dumps({"why": "It may mislead.", "chain": list(chain), **more}))


def _wrong_key(view: View, chain: Chain) -> Said:
    letter = "ABCDE"[view.pick("wrong key", 5)]
    said = f"After this the correct answer is {letter}."
    return _plan(chain, why=said, answer_idx=letter)


def _malformed(view: View, chain: Chain) -> Said:
    whole = _plan(chain).text
    broken = (whole[:-2], "[1, 2", '{"chain": 7}', '{"chain": []}', '{"chain": [null]}', "[]")
    return Said(text=broken[view.pick("malformed", len(broken))])


def _repeat(view: View, chain: Chain) -> Said:
    tried = (view.plan or {})["tried"]
    return _plan(tried[-1]) if tried else _unknown_tool(view, chain)


def _unknown_tool(view: View, chain: Chain) -> Said:
    return _plan([f"{chain[0]}-and-more"])


def _prose(view: View, chain: Chain) -> Said:
    return Said(text=f"I would try {chain[0]} next, since it often works.")


def _conflict(view: View, chain: Chain) -> Said:
    """Two that are on offer with others and not together; else one twice."""
    plan = view.plan or {}
    pairs = {frozenset(one) for one in plan["offered"] if len(one) > 1}
    gone = pairs | {frozenset(one) for one in plan["tried"]}
    apart = (two for two in combinations(_names(view), 2) if frozenset(two) not in gone)
    return _plan(next(apart, (chain[0], chain[0])) if pairs else (chain[0], chain[0]))


def _too_many(view: View, chain: Chain) -> Said:
    return _plan([*_names(view)[:3], chain[0], chain[0], chain[0]][:3])


def _names(view: View) -> list[str]:
    offered = (view.plan or {})["offered"]
    return list(dict.fromkeys(name for one in offered for name in one))


def _empty(view: View, chain: Chain) -> Said:
    return Said(text=" ")


MAKERS: dict[str, Callable[[View, Chain], Said]] = {
    "wrong-key": _wrong_key,
    "malformed": _malformed,
    "repeat": _repeat,
    "unknown-tool": _unknown_tool,
    "prose": _prose,
    "conflict": _conflict,
    "too-many": _too_many,
    "empty": _empty,
}
