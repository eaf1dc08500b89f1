"""What a planning model replied, read strictly: a chain that is on offer, or the faults it has.

Its names are all that counts. Whatever it says of keys is counted and thrown away, also where the
plan itself can be used.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, Literal, get_args

import msgspec

from auscult.core.message import Reply
from auscult.core.strategist import Chain, View
from auscult.kit.search.plan_prompt import MOST, REASON, short_names

FaultKind = Literal[
    "call failed", "cut off", "empty", "prose", "malformed", "too many", "unknown tool",
    "not on offer", "repeat", "conflict", "key stated", "drawn by lot",
]  # fmt: skip
FAULT_KINDS: tuple[FaultKind, ...] = get_args(FaultKind)
_FENCE = re.compile(r"```(?:json)?\s*(\{.*\})\s*```", re.DOTALL)
_THOUGHT = re.compile(r"\A\s*<think>.*?</think>\s*", re.DOTALL)
_KEY_FIELD = re.compile(r"answer|correct|right|gold|solution|\bkey\b|_key|key_", re.IGNORECASE)
_KEY_SAID = re.compile(
    r"\b(?:correct|right|gold|keyed|true) (?:answer|option|choice|one)\s*(?:is|=|:|becomes)"
    r"|\b(?:the|answer|gold) key\s*(?:is|=|:|becomes)"
    r"|\b(?:answer|option)\s*(?:is|=|:)\s*\W?(?-i:[A-J])\b(?!['’])",
    re.IGNORECASE,
)


class Plan(msgspec.Struct, frozen=True):
    chain: Chain
    why: str = ""
    """Empty where it speaks of the right answer."""
    states_key: bool = False


class Unusable(msgspec.Struct, frozen=True):
    kind: FaultKind
    what: str
    """For the planning model, as the end of a sentence."""
    states_key: bool = False


def read_plan(reply: Reply, view: View) -> Plan | Unusable:
    if reply.status == "truncated":
        return Unusable("cut off", "it was cut off before its end; say less")
    body = _THOUGHT.sub("", reply.text).strip()
    fenced = _FENCE.fullmatch(body)
    body = fenced[1] if fenced else body
    if not body:
        return Unusable("empty", "it is empty")
    try:
        said = msgspec.json.decode(body)
    except (msgspec.DecodeError, RecursionError):
        if body.startswith(("{", "[")):
            return Unusable("malformed", "it is not one JSON object")
        return Unusable("prose", "it is not one JSON object", _speaks_of_key(body))
    if not isinstance(said, dict):
        return Unusable("malformed", "it is not one JSON object")
    return _of_form(said, view)


def _of_form(said: dict[str, Any], view: View) -> Plan | Unusable:
    given, why = said.get("chain"), said.get("why", "")
    why = why.strip() if isinstance(why, str) else ""
    states_key = _speaks_of_key(why) or any(
        _KEY_FIELD.search(name) for name in said if name not in ("chain", "why")
    )
    named = [given] if isinstance(given, str) else given
    if not isinstance(named, list) or not named or not all(isinstance(n, str) for n in named):
        fault = Unusable("malformed", 'it has no list of names under "chain"')
    else:
        found = _on_offer([name.strip() for name in named], view)
        if not isinstance(found, Unusable):
            return Plan(found, "" if _speaks_of_key(why) else why[:REASON], states_key)
        fault = found
    return msgspec.structs.replace(fault, states_key=states_key)


def _speaks_of_key(text: str) -> bool:
    return bool(_KEY_SAID.search(text))


def _on_offer(named: Sequence[str], view: View) -> Chain | Unusable:
    """As it is on offer: the order of two is for code to choose."""
    full = {short: name for name, short in short_names(view).items()}
    known = {*full, *full.values()}
    if unknown := [name for name in named if name not in known]:
        return Unusable("unknown tool", f"there is no attack {_quoted(unknown[0])}")
    chain = tuple(full.get(name, name) for name in named)
    asked = frozenset(chain)
    if len(chain) > MOST:
        return Unusable("too many", f"it names {len(chain)} attacks, and {MOST} are the most")
    if len(asked) < len(chain):
        return Unusable("conflict", "it names an attack twice")
    for offered in view.offered:
        if frozenset(offered) == asked:
            return offered
    if any(frozenset(tried.chain) == asked for tried in view.history):
        return Unusable("repeat", "that was tried on this question already")
    return _not_offered(chain, view)


def _not_offered(chain: Chain, view: View) -> Unusable:
    on_offer = {name for offered in view.offered for name in offered}
    if missing := [name for name in chain if name not in on_offer]:
        return Unusable("not on offer", f"{missing[0]} cannot be made of this question, or not now")
    if len(chain) == 1:
        return Unusable("not on offer", f"{chain[0]} cannot be named by itself now")
    if not any(len(offered) == len(chain) for offered in view.offered):
        return Unusable("too many", "in this round one attack is to be named")
    return Unusable("conflict", f"{chain[0]} and {chain[1]} cannot stand together")


def _quoted(name: str) -> str:
    return '"' + (name if len(name) <= 60 else name[:57] + "...") + '"'
