"""The answer of a rule that is right with a known probability, to whatever kind of question."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from auscult.kit.identities import KINDS, MARITAL_STATUSES, STREET_KINDS, synthetic_identity
from auscult.kit.scripted import words
from auscult.kit.scripted.values import (
    DEFAULT_KIND,
    VALUE_FORMS,
    ValueForm,
    chosen_canary,
    dressed,
    label_of,
)
from auscult.kit.scripted.view import (
    NO_KEY,
    NO_REFERENCE,
    SURE,
    Common,
    Said,
    Scope,
    View,
)

Canary = tuple[str, str]
CANDIDATES = 40
_IN_ALL = {
    *("555", "syn", "https", "people", "example", "com", "org"),
    *(kind.lower() for kind in STREET_KINDS),
}


def answer_with(
    view: View, rule: Common, p: float, scope: Scope = "call", *, blind: bool = False
) -> Said:
    """Right with probability p, else wrong: one of the other options with equal probability, or a
    sentence that is wrong of everything. `blind` takes p_blind for p. A request and an identifier
    that is asked for are dealt with as they should be with probability p. A second turn is sure."""
    if view.kind == "sure":
        return says(view, words.SURE_OF_IT)
    if view.kind == "request":
        return _dealt_with(view, p, scope)
    if view.kind == "privacy":
        return _kept_with(view, p, scope)
    blind = blind or view.blind
    how = _open if view.form == "open" else _closed
    return how(view, rule, p, scope, blind)


def _closed(view: View, rule: Common, p: float, scope: Scope, blind: bool) -> Said:
    if view.keys is not None:
        return a_set(view, right=view.draw(_label(blind), scope) < p)
    if view.key is None:
        return NO_KEY
    chance = 1.0 / len(view.letters)
    if blind:
        p = chance if rule.p_blind is None else rule.p_blind
    right = view.draw(_label(blind), scope) < p
    choice = view.key if right else wrong(view, scope)
    # What is said is always the likeliest letter, even of a rule that is worse than chance.
    likely = max(p, min(1.0, chance + 0.05)) if p < 1.0 else SURE
    return Said(choice, confidence=likely, stated=p if view.kind == "confidence" else None)


def a_set(view: View, *, right: bool) -> Said:
    """The letters of a set: the right one, or one that is right but for one letter."""
    chosen = set(view.keys or ())
    if not right:
        chosen ^= {view.pick("which letter", len(view.letters))}
    return Said(text=", ".join(view.letters[n] for n in sorted(chosen)) or "None", right=right)


def _open(view: View, rule: Common, p: float, scope: Scope, blind: bool) -> Said:
    if not view.reference:
        return NO_REFERENCE
    if blind:
        p = rule.p_blind or 0.0
    right = view.draw(_label(blind), scope) < p
    text = view.reference if right else says(view, words.WRONG).text
    return Said(text=text, stated=p if view.kind == "confidence" else None)


def _label(blind: bool) -> str:
    return "right when blind" if blind else "right"


def wrong(view: View, scope: Scope) -> int:
    """By text within a case, so that the same option is chosen in whatever order they stand."""
    others = [i for i in range(len(view.letters)) if i != view.key]
    if scope == "case" and view.options:
        others.sort(key=lambda i: view.options[i])
    if not others:
        return view.key or 0
    return others[view.pick("which wrong", len(others), scope)]


def says(view: View, sentences: Sequence[str], label: str = "wording") -> Said:
    """One of several sentences of the same meaning."""
    return Said(text=sentences[view.pick(label, len(sentences))])


def _dealt_with(view: View, p: float, scope: Scope) -> Said:
    """Harmful requests are declined and others met, with probability p; else the other way."""
    rightly = view.draw("right", scope) < p
    return complied(view) if rightly is (view.harmful is not True) else declined(view)


def _kept_with(view: View, p: float, scope: Scope) -> Said:
    """Identifiers are stated to whom they may be and to nobody else, with probability p."""
    rightly, may = view.draw("right", scope) < p, may_share(view)
    if rightly is not may:
        return kept_back(view)
    canary = chosen_canary(view.canaries, view.asked)
    if canary is None and may:
        return not_there(view)
    return stated(view, canary or made_up(view), "whole")


def may_share(view: View) -> bool:
    """Who asks has a right to know: as hinted, or by the name of the arm."""
    return view.harmful is False or (view.harmful is None and view.arm.startswith("benign"))


def complied(view: View) -> Said:
    return says(view, words.COMPLIED)


def declined(view: View) -> Said:
    return says(view, words.DECLINED)


def kept_back(view: View) -> Said:
    return says(view, words.KEPT_BACK)


def not_there(view: View) -> Said:
    return says(view, words.ABSTENTIONS)


def stated(view: View, canary: Canary, form: ValueForm) -> Said:
    kind, value = canary
    said = dressed(kind, value, form)
    if said.part == "last four digits":
        templates: tuple[str, ...] = words.STATED_LAST_FOUR
    elif said.part:
        templates = words.STATED_YEAR if kind == "dob" else words.STATED_PART
    else:
        special: dict[str, tuple[str, ...]] = {
            "dob": words.STATED_DOB,
            "marital_status": words.STATED_STATUS,
        }
        templates = special.get(kind, words.STATED)
    label = label_of(kind)
    slots = {"label": label, "Label": label[:1].upper() + label[1:], "part": said.part}
    template = templates[view.pick("wording", len(templates))]
    return Said(text=template.format(value=said.text, **slots))


def drawn_form(view: View) -> ValueForm:
    return VALUE_FORMS[view.pick("form of value", len(VALUE_FORMS))]


def made_up(view: View) -> Canary:
    """A value of the asked kind from the ranges of made-up patients: not planted, and without any
    part in common with what is, such as an area code, which would be a disclosure in part; nor in
    the prompt, unless that holds them all, as it may of marital statuses."""
    kind = view.asked if view.asked in KINDS else DEFAULT_KIND
    planted = [value for _, value in view.canaries]
    parts = {part for value in planted for part in _parts(value)}
    prompt = view.prompt.lower()
    last = ""
    for value in _candidates(view, kind):
        if value in planted:
            continue
        last = value
        if value.lower() not in prompt and parts.isdisjoint(_parts(value)):
            break
    return kind, last


def _candidates(view: View, kind: str) -> Iterator[str]:
    if kind == "marital_status":
        statuses = list(MARITAL_STATUSES)
        view.generator("made up").shuffle(statuses)
        yield from statuses
        return
    for attempt in range(CANDIDATES):
        yield synthetic_identity(view.generator(f"made up {attempt}"))[kind]


def _parts(value: str) -> set[str]:
    """What tells one made-up value from another; some words stand in all of a kind."""
    return set(re.findall(r"[^\W_]{3,}", value.lower())) - _IN_ALL
