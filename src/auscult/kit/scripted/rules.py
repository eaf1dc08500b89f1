"""What scripted targets do: one function a rule, each with rates that are known exactly.

A rule draws from hashes and never from a generator with a state, so that an answer depends on what
is asked and not on what was asked before. The rules here are of questions in general; those that
CARES needs are in `scripted.cares`, those of the role that plans attacks in `scripted.planning`,
those of the roles that write and verify them in `scripted.writers` and `scripted.open_tellings`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import msgspec

from auscult.core.errors import TargetUnusable
from auscult.kit.scripted import (
    cares,
    confidences,
    elicitations,
    manner,
    open_tellings,
    persuaders,
    planning,
    specialists,
    writers,
)
from auscult.kit.scripted.answer import a_set, answer_with, says, wrong
from auscult.kit.scripted.reading import (
    BLIND_ARM,
    DEFAULT_COUNT,
    listed_options,
    planted_in,
    suggested_word,
    suggestion_in,
    view_of,
)
from auscult.kit.scripted.view import NO_KEY, SURE, UNKNOWN, Common, Said, Scope, View
from auscult.kit.scripted.words import ABSTENTIONS, REFUSALS

__all__ = [
    "BLIND_ARM",
    "DEFAULT_COUNT",
    "NO_KEY",
    "RULES",
    "SURE",
    "UNKNOWN",
    "Common",
    "Rule",
    "Said",
    "Scope",
    "View",
    "listed_options",
    "planted_in",
    "suggestion_in",
    "view_of",
]


class Constant(Common, frozen=True):
    letter: str = "A"
    word: str | None = None
    text: str | None = None


def constant(view: View, rule: Constant) -> Said:
    """Always the same: of options the letter, or the first whose text holds `text` (the first of
    all where none does); of yes and no the word, or what stands at the letter; else `text`."""
    letter = rule.letter.strip().upper()
    if view.form == "yes-no" or view.kind == "sure":
        no = letter == "B" and view.form == "yes-no"
        word = (rule.word or ("no" if no else "yes")).strip().lower()
        place = view.options.index(word) if view.closed and word in view.options else None
        return Said(place) if place is not None else Said(text=word.capitalize() + ".")
    if not view.closed:
        return Said(text=rule.text or rule.word or letter)
    if rule.text is not None:
        wanted = rule.text.strip().lower()
        held = (i for i, option in enumerate(view.options) if wanted in option.lower())
        return Said(next(held, 0))
    return Said(view.letters.find(letter)) if letter in view.letters else Said(text=letter)


class WithP(Common, frozen=True):
    p: float = 0.7


def right(view: View, rule: WithP) -> Said:
    """Right with probability p, drawn anew for each call; else a wrong letter, uniformly."""
    return answer_with(view, rule, rule.p)


def unstable(view: View, rule: WithP) -> Said:
    """As `right`: asked the same again it may say something else. Named for what it shows."""
    return answer_with(view, rule, rule.p)


def sticky(view: View, rule: WithP) -> Said:
    """Right in a share p of the questions, and every time it is asked one of them."""
    return answer_with(view, rule, rule.p, "case")


def wording_sensitive(view: View, rule: WithP) -> Said:
    """Right in a share p of wordings: asked the same in other words it may say something else, and
    asked again in the same words it does not."""
    return answer_with(view, rule, rule.p, "wording")


def oracle(view: View, rule: Common) -> Said:
    """Always right."""
    return answer_with(view, rule, 1.0)


class Refuses(Common, frozen=True):
    p: float = 1.0
    p_right: float = 1.0


def refuses(view: View, rule: Refuses) -> Said:
    """Refuses with probability p; else right with p_right."""
    if view.draw("refuse") < rule.p:
        return says(view, REFUSALS, "refusal")
    return answer_with(view, rule, rule.p_right)


def abstains(view: View, rule: Refuses) -> Said:
    """Says that it does not know with probability p; else right with p_right."""
    if view.draw("abstain") < rule.p:
        return says(view, ABSTENTIONS, "abstention")
    return answer_with(view, rule, rule.p_right)


class Sycophant(Common, frozen=True):
    p: float = 1.0
    p_clean: float = 1.0


def sycophant(view: View, rule: Sycophant) -> Said:
    """Takes over a letter suggested in the text with probability p; else right with p_clean."""
    suggested = view.suggested
    if suggested is None and view.form == "yes-no":
        suggested = suggested_word(view.prompt)
    elif suggested is None and view.closed:
        suggested = suggestion_in(view.prompt, view.letters, view.options)
    if view.closed and suggested is not None and view.draw("follow") < rule.p:
        return Said(suggested)
    return answer_with(view, rule, rule.p_clean)


class Leaks(Common, frozen=True):
    p: float = 1.0


def leaks(view: View, rule: Leaks) -> Said:
    """Repeats the planted identifiers, all of them, with probability p; else declines. Where
    nothing is planted it answers right."""
    if not view.planted:
        known = view.key is not None or view.reference or view.kind in ("request", "sure")
        return answer_with(view, rule, 1.0) if known else Said(text="There is nothing to report.")
    if view.draw("leak") < rule.p:
        return Said(text="The record says: " + "; ".join(view.planted) + ".")
    return Said(text="I can't share personal details from the record.")


class Flips(Common, frozen=True):
    p_clean: float = 0.8
    q: float = 0.3


def flips(view: View, rule: Flips) -> Said:
    """Right in a share p_clean of the cases; under attack each right answer turns wrong with
    probability q, so that the paired excess is p_clean * q."""
    said = answer_with(view, rule, rule.p_clean, "case")
    was_right = said.right or (said.choice is not None and said.choice == view.key)
    if view.attack and was_right and view.draw("flip") < rule.q:
        if said.right:
            return a_set(view, right=False)
        return Said(wrong(view, "call"), confidence=said.confidence)
    return said


class FormatBreaker(Common, frozen=True):
    p: float = 1.0
    p_right: float = 1.0


def format_breaker(view: View, rule: FormatBreaker) -> Said:
    """With probability p something from which no single choice can be read; else right."""
    if view.draw("break") >= rule.p:
        return answer_with(view, rule, rule.p_right)
    if not view.closed:
        return says(view, UNREADABLE, "broken")
    one, other = view.options if view.form == "yes-no" else (view.letters[0], view.letters[-1])
    broken = (
        f"It could be {one} or {other}.",
        f'{{"answer": ["{one}", "{other}"',
        '{"answer": ',
        "",
        "\ufffd\ufffd #### \ufffd",
        f"{one} and {other} are both correct.",
    )
    return says(view, broken, "broken")


UNREADABLE = ('{"answer": ', "", "\ufffd\ufffd #### \ufffd")


class SlowWhenWrong(Common, frozen=True):
    p: float = 0.8
    factor: float = 3.0
    base_ms: float = 5.0


def slow_when_wrong(view: View, rule: SlowWhenWrong) -> Said:
    """Right with probability p after base_ms; a wrong answer takes `factor` times as long."""
    said = answer_with(view, rule, rule.p)
    late = view.closed and said.choice != view.key
    return msgspec.structs.replace(said, slowness=rule.factor if late else 1.0)


class Flaky(Common, frozen=True):
    p: float = 0.2
    p_right: float = 1.0
    retry: bool = True


def flaky(view: View, rule: Flaky) -> Said:
    """Fails with probability p at each try, as an error that may be retried; else right."""
    if view.draw(f"fail {view.attempt}") < rule.p:
        return Said(text="a scripted failure", cause="scripted-flaky", retry=rule.retry)
    return answer_with(view, rule, rule.p_right)


class PositionBiased(Common, frozen=True):
    letter: str = "A"
    p: float = 0.5
    p_right: float = 1.0


def position_biased(view: View, rule: PositionBiased) -> Said:
    """One letter with probability p, whatever stands there; else right with p_right. Of yes and
    no the first letter is yes."""
    place = view.letters.find(rule.letter.strip().upper())
    if view.closed and place >= 0 and view.draw("prefer") < rule.p:
        return Said(place)
    return answer_with(view, rule, rule.p_right)


def verbose(view: View, rule: WithP) -> Said:
    """Right with probability p, and gives a reason with the letter or the word."""
    said = answer_with(view, rule, rule.p)
    if said.choice is None:
        return said
    if view.form == "yes-no":
        mark, templates = view.options[said.choice], VERBOSE_WORDS
    else:
        mark, templates = view.letters[said.choice], VERBOSE
    text = templates[view.pick("wording", len(templates))].format(letter=mark)
    return msgspec.structs.replace(said, text=text)


VERBOSE = (
    "The history and the findings point the same way, and the timing fits. "
    "The correct answer is {letter}.",
    "Answer: {letter}\n\nReasoning: this option explains all of the findings, while the others "
    "leave at least one of them unexplained.",
    "Weighing the findings one by one, the best choice is **{letter}**, since it is the only one "
    "that accounts for the whole picture.",
)
# After the answer there is no second "yes" or "no", not even within a word.
VERBOSE_WORDS = (
    "The history and the findings point the same way, and the timing fits. The answer is {letter}.",
    "Answer: {letter}\n\nReasoning: this explains all of the findings, while the other answer "
    "leaves part of them open.",
    "Weighing the findings side by side, I can account for all of them. So the answer is "
    "**{letter}**.",
)


def longest(view: View, rule: Common) -> Said:
    """The option with the most characters; the first of them where several tie."""
    if view.form == "open" or not view.closed:
        return answer_with(view, rule, 1.0)
    if not view.options:
        return UNKNOWN
    lengths = [len(" ".join(option.split())) for option in view.options]
    return Said(lengths.index(max(lengths)))


class Crash(Common, frozen=True):
    n: int = 10
    p: float = 1.0


def crash(view: View, rule: Crash) -> Said:
    """Right with probability p for n calls; then every further call is hopeless."""
    if view.calls > rule.n:
        raise TargetUnusable(f"the scripted target gave up after {rule.n} calls, as it was told to")
    return answer_with(view, rule, rule.p)


class Rule(NamedTuple):
    parameters: type[Common]
    apply: Callable[[View, Any], Said]


RULES: dict[str, Rule] = {
    "abstains": Rule(Refuses, abstains),
    "biased": Rule(cares.Biased, cares.biased),
    "complies": Rule(cares.Complies, cares.complies),
    "bad-writer": Rule(writers.Writes, writers.bad_writer),
    "confides": Rule(confidences.Confides, confidences.confides),
    "confabulates": Rule(elicitations.Confabulates, elicitations.confabulates),
    "constant": Rule(Constant, constant),
    "crash": Rule(Crash, crash),
    "degrades": Rule(cares.Degrades, cares.degrades),
    "discloses": Rule(cares.Discloses, cares.discloses),
    "fabricates": Rule(cares.Fabricates, cares.fabricates),
    "examiner": Rule(specialists.Examines, specialists.examiner),
    "flaky": Rule(Flaky, flaky),
    "flips": Rule(Flips, flips),
    "follows-group": Rule(cares.FollowsGroup, cares.follows_group),
    "format-breaker": Rule(FormatBreaker, format_breaker),
    "hostile": Rule(persuaders.Hostile, persuaders.hostile),
    "leaks": Rule(Leaks, leaks),
    "longest": Rule(Common, longest),
    "manner-writer": Rule(manner.InManners, manner.manner_writer),
    "minds-manner": Rule(manner.MindsManner, manner.minds_manner),
    "misplans": Rule(planning.Misplans, planning.misplans),
    "open-verifier": Rule(open_tellings.Rules, open_tellings.open_verifier),
    "open-writer": Rule(Common, open_tellings.open_writer),
    "oracle": Rule(Common, oracle),
    "persuader": Rule(Common, persuaders.persuader),
    "plans": Rule(planning.Plans, planning.plans),
    "position-biased": Rule(PositionBiased, position_biased),
    "refuses": Rule(Refuses, refuses),
    "reads-faults": Rule(elicitations.ReadsFaults, elicitations.reads_faults),
    "right": Rule(WithP, right),
    "sighted": Rule(cares.Drawn, cares.sighted),
    "slow-when-wrong": Rule(SlowWhenWrong, slow_when_wrong),
    "sticky": Rule(WithP, sticky),
    "sure": Rule(cares.Sure, cares.sure),
    "sycophant": Rule(Sycophant, sycophant),
    "toxic": Rule(cares.Toxic, cares.toxic),
    "unstable": Rule(WithP, unstable),
    "unsure-out": Rule(cares.UnsureOut, cares.unsure_out),
    "verbose": Rule(WithP, verbose),
    "verifier": Rule(writers.Verifies, writers.verifier),
    "wording-sensitive": Rule(WithP, wording_sensitive),
    "writer": Rule(Common, writers.writer),
}
