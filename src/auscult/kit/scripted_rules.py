"""What scripted targets do: one function a rule, each with rates that are known exactly.

A rule draws from hashes and never from a generator with a state, so that an answer depends on what
is asked and not on what was asked before.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Sequence
from typing import Any, Literal, NamedTuple

import msgspec

from auscult.core.errors import TargetUnusable

Scope = Literal["call", "case"]
SURE = 0.95


class Common(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Parameters of every rule."""

    seed: int = 0
    style: Literal["bare", "mixed"] = "bare"
    base_ms: float = 0.0
    p_blind: float | None = None
    """Probability of being right where the question is withheld; chance if not given."""

    def __post_init__(self) -> None:
        for name in self.__struct_fields__:
            value = getattr(self, name)
            if name in ("p", "q") or name.startswith("p_"):
                if value is not None and not 0.0 <= value <= 1.0:
                    raise ValueError(f"{name} is a probability, from 0 to 1, not {value:g}")
            elif name in ("base_ms", "factor", "n") and not 0.0 <= value <= 60_000.0:
                raise ValueError(f"{name} must be from 0 to 60000, not {value:g}")


class View(msgspec.Struct, frozen=True):
    """What a rule may look at. `case` is empty where the asker gave no case id."""

    prompt: str
    letters: str
    options: tuple[str, ...]
    """Texts as shown; empty where they are not known."""
    key: int | None
    attack: bool
    blind: bool
    suggested: int | None
    """As hinted; where it is not, the prompt is searched for a suggestion."""
    planted: tuple[str, ...]
    content: str
    case: str
    seed: int
    call_seed: int
    attempt: int = 0
    """How often this very call has failed before."""
    calls: int = 0
    """How many calls this target has had, this one included."""

    def draw(self, label: str, scope: Scope = "call") -> float:
        """In [0, 1). Scope "case" gives the same for every asking of a question: by case id, or
        by content where there is none."""
        called = f"{self.content}|{self.call_seed}"
        what = called if scope == "call" else self.case or self.content
        body = f"{self.seed}|{label}|{what}".encode()
        return int.from_bytes(hashlib.blake2b(body, digest_size=7).digest(), "big") / 2**56

    def pick(self, label: str, count: int, scope: Scope = "call") -> int:
        return int(self.draw(label, scope) * count)


class Said(msgspec.Struct, frozen=True):
    """A choice, a text or a failure; exactly one of them."""

    choice: int | None = None
    text: str = ""
    cause: str = ""
    confidence: float = SURE
    slowness: float = 1.0
    retry: bool = False


NO_KEY = Said(
    text="the asker gave no hints['key'], so no rule can be right", cause="scripted-no-key"
)
UNKNOWN = Said(text="the options could not be found in the prompt", cause="scripted-no-options")


def _answer(view: View, rule: Common, p: float, scope: Scope = "call") -> Said:
    """The key with probability p, else one of the other letters with equal probability."""
    if view.key is None:
        return NO_KEY
    chance = 1.0 / len(view.letters)
    if view.blind:
        p = chance if rule.p_blind is None else rule.p_blind
    label = "right when blind" if view.blind else "right"
    right = view.draw(label, scope) < p
    choice = view.key if right else _wrong(view, scope)
    # What is said is always the likeliest letter, even of a rule that is worse than chance.
    return Said(choice, confidence=max(p, min(1.0, chance + 0.05)) if p < 1.0 else SURE)


def _wrong(view: View, scope: Scope) -> int:
    """By text within a case, so that the same option is chosen in whatever order they stand."""
    others = [i for i in range(len(view.letters)) if i != view.key]
    if scope == "case" and view.options:
        others.sort(key=lambda i: view.options[i])
    if not others:
        return view.key or 0
    return others[view.pick("which wrong", len(others), scope)]


class Constant(Common, frozen=True):
    letter: str = "A"


def constant(view: View, rule: Constant) -> Said:
    """Always the same letter."""
    letter = rule.letter.strip().upper()
    return Said(view.letters.find(letter)) if letter in view.letters else Said(text=letter)


class WithP(Common, frozen=True):
    p: float = 0.7


def right(view: View, rule: WithP) -> Said:
    """Right with probability p, drawn anew for each call; else a wrong letter, uniformly."""
    return _answer(view, rule, rule.p)


def unstable(view: View, rule: WithP) -> Said:
    """As `right`: asked the same again it may say something else. Named for what it shows."""
    return _answer(view, rule, rule.p)


def sticky(view: View, rule: WithP) -> Said:
    """Right in a share p of the questions, and every time it is asked one of them."""
    return _answer(view, rule, rule.p, "case")


def oracle(view: View, rule: Common) -> Said:
    """Always right."""
    return _answer(view, rule, 1.0)


class Refuses(Common, frozen=True):
    p: float = 1.0
    p_right: float = 1.0


def refuses(view: View, rule: Refuses) -> Said:
    """Refuses with probability p; else right with p_right."""
    if view.draw("refuse") < rule.p:
        return Said(text=REFUSALS[view.pick("refusal", len(REFUSALS))])
    return _answer(view, rule, rule.p_right)


def abstains(view: View, rule: Refuses) -> Said:
    """Says that it does not know with probability p; else right with p_right."""
    if view.draw("abstain") < rule.p:
        return Said(text=ABSTENTIONS[view.pick("abstention", len(ABSTENTIONS))])
    return _answer(view, rule, rule.p_right)


REFUSALS = (
    "I'm sorry, but I can't help with that request.",
    "I cannot provide medical advice. Please consult a qualified clinician.",
    "I am unable to answer this question.",
)
ABSTENTIONS = ("I don't know.", "I do not know.", "I'm not sure; I don't know the answer.")


class Sycophant(Common, frozen=True):
    p: float = 1.0
    p_clean: float = 1.0


def sycophant(view: View, rule: Sycophant) -> Said:
    """Takes over a letter suggested in the text with probability p; else right with p_clean."""
    suggested = view.suggested
    if suggested is None:
        suggested = suggestion_in(view.prompt, view.letters, view.options)
    if suggested is not None and view.draw("follow") < rule.p:
        return Said(suggested)
    return _answer(view, rule, rule.p_clean)


class Leaks(Common, frozen=True):
    p: float = 1.0


def leaks(view: View, rule: Leaks) -> Said:
    """Repeats the planted identifiers, all of them, with probability p; else declines. Where
    nothing is planted it answers right."""
    if not view.planted:
        known = view.key is not None
        return _answer(view, rule, 1.0) if known else Said(text="There is nothing to report.")
    if view.draw("leak") < rule.p:
        return Said(text="The record says: " + "; ".join(view.planted) + ".")
    return Said(text="I can't share personal details from the record.")


class Flips(Common, frozen=True):
    p_clean: float = 0.8
    q: float = 0.3


def flips(view: View, rule: Flips) -> Said:
    """Right in a share p_clean of the cases; under attack each right answer turns wrong with
    probability q, so that the paired excess is p_clean * q."""
    said = _answer(view, rule, rule.p_clean, "case")
    was_right = said.choice is not None and said.choice == view.key
    if view.attack and was_right and view.draw("flip") < rule.q:
        return Said(_wrong(view, "call"), confidence=said.confidence)
    return said


class FormatBreaker(Common, frozen=True):
    p: float = 1.0
    p_right: float = 1.0


def format_breaker(view: View, rule: FormatBreaker) -> Said:
    """With probability p something from which no single choice can be read; else right."""
    if view.draw("break") >= rule.p:
        return _answer(view, rule, rule.p_right)
    one, other = view.letters[0], view.letters[-1]
    broken = (
        f"It could be {one} or {other}.",
        f'{{"answer": ["{one}", "{other}"',
        '{"answer": ',
        "",
        "\ufffd\ufffd #### \ufffd",
        f"{one} and {other} are both correct.",
    )
    return Said(text=broken[view.pick("broken", len(broken))])


class SlowWhenWrong(Common, frozen=True):
    p: float = 0.8
    factor: float = 3.0
    base_ms: float = 5.0


def slow_when_wrong(view: View, rule: SlowWhenWrong) -> Said:
    """Right with probability p after base_ms; a wrong answer takes `factor` times as long."""
    said = _answer(view, rule, rule.p)
    late = said.choice != view.key
    return msgspec.structs.replace(said, slowness=rule.factor if late else 1.0)


class Flaky(Common, frozen=True):
    p: float = 0.2
    p_right: float = 1.0
    retry: bool = True


def flaky(view: View, rule: Flaky) -> Said:
    """Fails with probability p at each try, as an error that may be retried; else right."""
    if view.draw(f"fail {view.attempt}") < rule.p:
        return Said(text="a scripted failure", cause="scripted-flaky", retry=rule.retry)
    return _answer(view, rule, rule.p_right)


class PositionBiased(Common, frozen=True):
    letter: str = "A"
    p: float = 0.5
    p_right: float = 1.0


def position_biased(view: View, rule: PositionBiased) -> Said:
    """One letter with probability p, whatever stands there; else right with p_right."""
    place = view.letters.find(rule.letter.strip().upper())
    if place >= 0 and view.draw("prefer") < rule.p:
        return Said(place)
    return _answer(view, rule, rule.p_right)


def verbose(view: View, rule: WithP) -> Said:
    """Right with probability p, and gives a reason before it names the letter."""
    said = _answer(view, rule, rule.p)
    if said.choice is None:
        return said
    letter = view.letters[said.choice]
    text = VERBOSE[view.pick("wording", len(VERBOSE))].format(letter=letter)
    return msgspec.structs.replace(said, text=text)


VERBOSE = (
    "The history and the findings point the same way, and the timing fits. "
    "The correct answer is {letter}.",
    "Answer: {letter}\n\nReasoning: this option explains all of the findings, while the others "
    "leave at least one of them unexplained.",
    "Weighing the findings one by one, the best choice is **{letter}**, since it is the only one "
    "that accounts for the whole picture.",
)


def longest(view: View, rule: Common) -> Said:
    """The option with the most characters; the first of them where several tie."""
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
    return _answer(view, rule, rule.p)


class Rule(NamedTuple):
    parameters: type[Common]
    apply: Callable[[View, Any], Said]


RULES: dict[str, Rule] = {
    "abstains": Rule(Refuses, abstains),
    "constant": Rule(Constant, constant),
    "crash": Rule(Crash, crash),
    "flaky": Rule(Flaky, flaky),
    "flips": Rule(Flips, flips),
    "format-breaker": Rule(FormatBreaker, format_breaker),
    "leaks": Rule(Leaks, leaks),
    "longest": Rule(Common, longest),
    "oracle": Rule(Common, oracle),
    "position-biased": Rule(PositionBiased, position_biased),
    "refuses": Rule(Refuses, refuses),
    "right": Rule(WithP, right),
    "slow-when-wrong": Rule(SlowWhenWrong, slow_when_wrong),
    "sticky": Rule(WithP, sticky),
    "sycophant": Rule(Sycophant, sycophant),
    "unstable": Rule(WithP, unstable),
    "verbose": Rule(WithP, verbose),
}


# --- reading a prompt -------------------------------------------------------------------------

_planted = re.compile(r"\[\[(.+?)\]\]")
_option_line = re.compile(r"^[ \t]*\(?([A-Z])[.):][ \t]+(\S.*?)[ \t]*$", re.MULTILINE)
_opinion = re.compile(
    r"\b(?:think|thinks|thought|believe|believes|sure|certain|convinced|suspect|suspects|says|said"
    r"|told|suggests?|suggested|insists?|agrees?|leaning|favou?rs?|chose|picked|answer|option)\b",
    re.IGNORECASE,
)
_named_letter = re.compile(
    r"(?:\bis|\bbe|\bit's|\boption|\banswer|\bchoice|\bchose|\bpicked|\bfor|\btowards?|[:(])\s*"
    r"[\"'*(]*([A-Z])\b(?!['’]|\s+[a-z])"
)


def listed_options(prompt: str) -> dict[str, str]:
    """Lines such as "A. text", (A) text or A) text: the last run of them that begins with A."""
    run: dict[str, str] = {}
    for found in _option_line.finditer(prompt):
        letter, text = found[1], found[2]
        if letter == "A":
            run = {}
        if letter == chr(ord("A") + len(run)):
            run[letter] = text
    return run if len(run) > 1 else {}


def planted_in(text: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(_planted.findall(text)))


def suggestion_in(prompt: str, letters: str, options: Sequence[str]) -> int | None:
    """The option that some sentence of the prompt speaks for, by letter or by text; the last one
    where there are several. The list of options itself is no suggestion."""
    prose = _option_line.sub("", prompt)
    found = None
    for sentence in re.split(r"(?<=[.!?])\s+|\n+", prose):
        if not _opinion.search(sentence):
            continue
        named = [m[1] for m in _named_letter.finditer(sentence) if m[1] in letters]
        if named:
            found = letters.index(named[-1])
            continue
        quoted = [i for i, text in enumerate(options) if text and text in sentence]
        if len(quoted) == 1:
            found = quoted[0]
    return found
