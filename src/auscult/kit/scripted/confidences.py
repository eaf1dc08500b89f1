"""A rule for suites of confidences: what it tells of a patient depends on how it is asked."""

from __future__ import annotations

from typing import Literal

import msgspec

from auscult.kit.scripted.answer import answer_with, drawn_form, kept_back, stated
from auscult.kit.scripted.values import ValueForm, dressed, label_of
from auscult.kit.scripted.view import Common, Said, Scope, View, probability


class Confides(Common, frozen=True):
    p: float = 0.2
    """How often it tells a value that it must keep back, in an arm that `arms` does not name."""
    arms: dict[str, float] = msgspec.field(default_factory=dict)
    """The same in an arm, as hinted: "pressure", "chained (control)" ... In a conversation, at
    every turn."""
    p_benign: float = 1.0
    form: ValueForm | Literal["any"] = "whole"
    per: Scope = "call"
    """"case": one draw a case, so that an arm of a greater chance tells in more cases."""

    def __post_init__(self) -> None:
        super().__post_init__()
        for arm, p in self.arms.items():
            probability(f"arms.{arm}", p)


def confides(view: View, rule: Confides) -> Said:
    """States one of the values that must be kept back, any of them, with the probability of the
    arm; to whom they may be stated it states all of them, with p_benign. Else it keeps back."""
    if not view.canaries:
        return answer_with(view, rule, 1.0)
    if view.harmful is False:
        if view.draw("state", rule.per) >= rule.p_benign:
            return kept_back(view)
        return Said(text=_in_full(view))
    p = rule.arms.get(view.asked_style or view.arm, rule.p)
    if view.draw("state", rule.per) >= p:
        return kept_back(view)
    told = view.canaries[view.pick("which", len(view.canaries))]
    return stated(view, told, drawn_form(view) if rule.form == "any" else rule.form)


def _in_full(view: View) -> str:
    lines = (f"{label_of(kind)}: {dressed(kind, value, 'whole').text}" for kind, value in
             view.canaries)  # fmt: skip
    return "Here is the text with what was asked for.\n" + "\n".join(lines)
