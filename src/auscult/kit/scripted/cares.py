"""Rules for what the CARES suites measure: sight, bias, compliance, disclosure, sureness.

Each docstring gives the rates; `answer_with` says what "right" is for each kind of question.
"""

from __future__ import annotations

import math
import re
from typing import Literal

import msgspec

from auscult.kit.scripted import words
from auscult.kit.scripted.answer import (
    answer_with,
    complied,
    declined,
    drawn_form,
    kept_back,
    made_up,
    may_share,
    not_there,
    says,
    stated,
)
from auscult.kit.scripted.values import ValueForm, chosen_canary
from auscult.kit.scripted.view import (
    NO_KEY,
    SURE,
    Common,
    Said,
    Scope,
    View,
    probability,
    share,
)

WITHHELD = ("none", "grey", "shuffled")
REPLACED = ("control-grey", "control-shuffled", "wrong-patient", "modality-swap")
"""Shifts that leave nothing of the picture that the question is about."""
PROVOKING = ("toxic", "rude", "disrespectful")
CALM_ARMS = ("baseline", "control", "neutral", "benign")


class Drawn(Common, frozen=True):
    p: float = 0.9
    per: Scope = "call"
    """"case": one draw a question, so that a chance that falls turns right answers wrong and
    never the other way."""


def in_sight(view: View) -> bool:
    """As hinted; without a hint, whether a picture came along."""
    if not view.image:
        return view.pictures > 0
    return view.image not in WITHHELD and _shift(view)[0] not in REPLACED


def _shift(view: View) -> tuple[str, float]:
    """Name and severity; an empty name where the picture is not shifted."""
    kind, _, rest = view.image.partition(":")
    if kind != "shift":
        return "", 0.0
    name, _, severity = rest.rpartition(":") if ":" in rest else (rest, "", "1")
    try:
        return name.rpartition("/")[2], float(severity)
    except ValueError:
        return name.rpartition("/")[2], 1.0


def sighted(view: View, rule: Drawn) -> Said:
    """Right with probability p where it sees the picture, clean or shifted; with p_blind (chance)
    where there is none, a grey one or another."""
    return answer_with(view, rule, rule.p, rule.per, blind=not in_sight(view))


class Degrades(Drawn, frozen=True):
    drop: float = 0.1
    """What one step of severity costs."""
    shift: str = ""
    """Only shifts of this name; all if empty."""

    def __post_init__(self) -> None:
        super().__post_init__()
        probability("drop", self.drop)


def degrades(view: View, rule: Degrades) -> Said:
    """Right with probability p - drop * severity on a shifted picture, 0 at least; p on a clean
    one. p_blind as for `sighted`, where the hint says that the picture is withheld."""
    name, severity = _shift(view)
    hit = name and rule.shift in ("", name)
    p = max(0.0, rule.p - rule.drop * severity) if hit else rule.p
    return answer_with(view, rule, p, rule.per, blind=bool(view.image) and not in_sight(view))


class Biased(Drawn, frozen=True):
    attribute: str = "sex"
    value: str = "female"
    gap: float = 0.2

    def __post_init__(self) -> None:
        super().__post_init__()
        probability("p - gap", self.p - self.gap)


def biased(view: View, rule: Biased) -> Said:
    """Right with probability p - gap in the group whose attribute has the value, p elsewhere."""
    p = rule.p - rule.gap if _in_group(view, rule) else rule.p
    return answer_with(view, rule, p, rule.per)


def _in_group(view: View, rule: Biased) -> bool:
    """As hinted; without a hint, whether the prompt has the value as a word."""
    if view.groups is not None:
        return str(view.groups.get(rule.attribute, "")).lower() == rule.value.lower()
    return bool(re.search(rf"\b{re.escape(rule.value)}\b", view.prompt, re.IGNORECASE))


class FollowsGroup(Common, frozen=True):
    p: float = 0.3
    p_right: float = 1.0


def follows_group(view: View, rule: FollowsGroup) -> Said:
    """Any two variants of a vignette get different answers with probability p, and one variant
    always the same. Of n options, at most 1 - 1/n of pairs can differ: a p above that counts as
    that. The vignette's own answer is right with p_right; each variant strays from it
    independently, to any other option, with the probability s that makes p exact, so that an
    answer is right with probability p_right * (1 - s) + (1 - p_right) * s / (n - 1)."""
    n = len(view.letters)
    if not view.closed or n < 2:
        return answer_with(view, rule, rule.p_right)
    vignette = view.cluster or _vignette(view)
    who = f"{vignette}|{_variant(view)}"
    texts = view.options or tuple(view.letters)
    order = sorted(range(n), key=lambda i: texts[i])
    if view.key is not None and share(view.seed, "right", vignette) < rule.p_right:
        own = view.key
    else:
        others = [i for i in order if i != view.key]
        own = others[int(share(view.seed, "which", vignette) * len(others))]
    if share(view.seed, "stray", who) < _straying(rule.p, n):
        others = [i for i in order if i != own]
        own = others[int(share(view.seed, "whereto", who) * len(others))]
    return Said(own, stated=SURE if view.kind == "confidence" else None)


def _straying(p: float, n: int) -> float:
    """Two that stray with s, each to one of n - 1 others, agree with (1-s)^2 + s^2/(n-1)."""
    most = (n - 1) / n
    return most * (1.0 - math.sqrt(1.0 - min(p, most) / most))


def _vignette(view: View) -> str:
    """The case id without the variant that may end it; where there is none, the options, which
    twins have in common."""
    stem, slash, last = view.case.rpartition("/")
    named = {_plain(value) for value in (view.groups or {}).values()}
    if slash and _plain(last) in named:
        return stem
    return view.case or "|".join(sorted(view.options)) or view.content


def _variant(view: View) -> str:
    return "|".join(f"{k}={v}" for k, v in sorted((view.groups or {}).items())) or view.content


def _plain(value: object) -> str:
    return re.sub(r"[^a-z0-9]+", "-", str(value).lower()).strip("-")


class Complies(Common, frozen=True):
    p_harmful: float = 0.3
    p_benign: float = 0.95
    partial: float = 0.0
    """Of the harmful requests that it meets, the share that it meets only in part."""
    styles: dict[str, float] = msgspec.field(default_factory=dict)
    """p_harmful of a style that a request is put in."""
    p_right: float = 1.0

    def __post_init__(self) -> None:
        super().__post_init__()
        for style, p in self.styles.items():
            probability(f"styles.{style}", p)


def complies(view: View, rule: Complies) -> Said:
    """Meets a harmful request with probability p_harmful (of its style, where `styles` has it),
    a share `partial` of these in part alone, and any other with p_benign; else declines. A
    question is answered right with p_right."""
    if view.is_question or view.kind in ("privacy", "sure"):
        return answer_with(view, rule, rule.p_right)
    harmful = view.harmful is True
    p = rule.styles.get(view.asked_style, rule.p_harmful) if harmful else rule.p_benign
    if view.draw("comply") >= p:
        return declined(view)
    if harmful and view.draw("in part") < rule.partial:
        return says(view, words.PARTLY)
    return complied(view)


class Discloses(Common, frozen=True):
    p: float = 0.5
    p_benign: float = 1.0
    form: ValueForm | Literal["any"] = "any"


def discloses(view: View, rule: Discloses) -> Said:
    """States the planted value of the asked kind with probability p, and with p_benign to whom it
    may be stated, who gets it whole; else keeps it back. The forms whole, reformatted, spelled and
    partial are equally likely. Where nothing of the kind is planted it says that it doesn't
    know."""
    if view.is_question and not view.canaries:
        return answer_with(view, rule, 1.0)
    canary = chosen_canary(view.canaries, view.asked)
    if canary is None:
        return not_there(view)
    may = may_share(view)
    if view.draw("state") >= (rule.p_benign if may else rule.p):
        return kept_back(view)
    form = drawn_form(view) if rule.form == "any" else rule.form
    return stated(view, canary, "whole" if may else form)


class Fabricates(Common, frozen=True):
    p: float = 0.5
    p_benign: float = 1.0


def fabricates(view: View, rule: Fabricates) -> Said:
    """States a made-up value of the asked kind with probability p, else keeps back what there may
    be. To whom it may be stated, the planted value with p_benign."""
    if view.is_question and not view.canaries:
        return answer_with(view, rule, 1.0)
    if may_share(view):
        canary = chosen_canary(view.canaries, view.asked)
        given = canary is not None and view.draw("state") < rule.p_benign
        return stated(view, canary, "whole") if canary and given else not_there(view)
    if view.draw("make up") < rule.p:
        return stated(view, made_up(view), "whole")
    return kept_back(view)


class Toxic(Common, frozen=True):
    p: float = 0.5
    p_control: float = 0.0
    p_refuses: float = 0.0
    level: Literal["rude", "disrespectful", "toxic"] = "rude"
    p_right: float = 1.0


def toxic(view: View, rule: Toxic) -> Said:
    """Asked to be toxic, rude or disrespectful, it declines with probability p_refuses; else it
    insults with p, so that p * (1 - p_refuses) of all replies do. Not asked to, it insults with
    p_control. Without a hint of style, the arm decides; without an arm it counts as asked."""
    provoked = view.asked_style in PROVOKING or (
        not view.asked_style and not view.arm.startswith(CALM_ARMS)
    )
    if provoked and view.draw("refuse") < rule.p_refuses:
        return declined(view)
    if view.is_question or view.kind == "sure":
        said = answer_with(view, rule, rule.p_right)
    else:
        said = says(view, words.PLAIN)
    if said.cause:
        said = says(view, words.PLAIN)
    if view.draw("insult") >= (rule.p if provoked else rule.p_control):
        return said
    insults = words.INSULTS[rule.level]
    lead = insults[view.pick("insult", len(insults))] + " "
    return msgspec.structs.replace(said, lead=lead)


class Sure(Common, frozen=True):
    p: float = 0.7
    p_right: float = 0.9
    p_wrong: float = 0.4
    over: float = 0.0

    def __post_init__(self) -> None:
        super().__post_init__()
        if not -1.0 <= self.over <= 1.0:
            raise ValueError(f"over is a difference of probabilities, not {self.over:g}")


def sure(view: View, rule: Sure) -> Said:
    """Right with probability p. In the second turn it says that it is sure with probability
    p_right where the first answer was right and p_wrong where it was wrong; where that cannot be
    known, with p * p_right + (1 - p) * p_wrong. Asked for its confidence it is sure or not by the
    same chances, and states the probability of being right given which, plus `over`: calibrated
    to half a percent where over is 0."""
    both = rule.p * rule.p_right + (1 - rule.p) * rule.p_wrong
    if view.kind == "sure":
        known = {True: rule.p_right, False: rule.p_wrong, None: both}
        certain = view.draw("sure") < known[view.was_right]
        return says(view, words.SURE_OF_IT if certain else words.UNSURE_OF_IT)
    said = answer_with(view, rule, rule.p)
    if view.kind != "confidence" or said.cause:
        return said
    right = said.choice == view.key if view.closed else said.text == view.reference
    certain = view.draw("sure") < (rule.p_right if right else rule.p_wrong)
    some = rule.p * rule.p_right if certain else rule.p * (1 - rule.p_right)
    among = both if certain else 1 - both
    stated_p = some / among if among > 0 else rule.p
    return msgspec.structs.replace(said, stated=min(1.0, max(0.0, stated_p + rule.over)))


class UnsureOut(Common, frozen=True):
    p_in: float = 0.05
    p_out: float = 0.6
    p_right: float = 1.0
    out: str = ""
    """Arms that are out of distribution, with commas between them."""


def unsure_out(view: View, rule: UnsureOut) -> Said:
    """Says that it doesn't know with probability p_in, and p_out out of distribution: as
    hints["out"] says, or in an arm named in `out`, or else where the picture is withheld or
    another. The rest is right with p_right; without a key any option is named."""
    if view.draw("abstain") < (rule.p_out if _is_out(view, rule) else rule.p_in):
        return not_there(view)
    said = answer_with(view, rule, rule.p_right)
    if said != NO_KEY or not view.options:
        return said
    return Said(view.pick("any", len(view.letters)))


def _is_out(view: View, rule: UnsureOut) -> bool:
    if view.out is not None:
        return view.out
    arms = {name.strip() for name in rule.out.split(",") if name.strip()}
    return view.arm in arms if arms else bool(view.image) and not in_sight(view)
