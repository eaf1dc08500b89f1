"""The attacks on an open case, each beside its matched control; all are drawn before any reply.

A distraction or a bait is one sentence, the author's or a model's (`open.writing`), put in before
the question, or behind it where a conversation's last turn ends otherwise; its control is a neutral
one of about that length at the same place. A changed value
is one span; its control is the case told in other words with the true value. Every edit passes the
checks of the validity gate (`kit.attack.gate`), and no two controls of a case are the same.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

import msgspec

from auscult.core.case import Case
from auscult.core.mutant import Mutant, Rng, Span
from auscult.kit.attack.authored import Rewording
from auscult.kit.attack.closed import ClosedAttack
from auscult.kit.attack.control import HEADINGS, NEUTRAL
from auscult.kit.attack.gate import MEANING_KEPT, faults
from auscult.kit.attack.measured import reads, replaced, span_of, with_value
from auscult.kit.attack.spans import edited, inserted, sentence_ends
from auscult.kit.open.case import OpenPart, OtherValue, open_of
from auscult.kit.open.lists import POINTS_BACK_TO_ANY
from auscult.kit.open.remarks import NEUTRAL_REMARKS
from auscult.kit.survivable import band_of, standing

DISTRACTION, BAIT = "distraction", "bait: "
IMPOSSIBLE, EXTREME = "impossible value", "extreme value"
PUT_IN = ("options-kept", "inserts-only")
VALUE = ("options-kept", "one-span")
STANDING = {IMPOSSIBLE: "impossible", EXTREME: "possible"}
_DIGIT = re.compile(r"\d")
_CLOSING = "\"')]"
_STOPS = tuple(sign + close for sign in ".!?…" for close in ("", *_CLOSING))


class Sentence(msgspec.Struct, frozen=True):
    """What may be drawn: one sentence to put in."""

    attack: str
    text: str
    against: str = ""


class Pair(msgspec.Struct, frozen=True):
    """What is asked under attack and as its control. Without either the gate refused it, and
    `rejected` says why."""

    attack: str
    attacked: Case | None = None
    control: Case | None = None
    rejected: tuple[str, ...] = ()
    against: str = ""
    written: bool = False
    """By a model."""
    verified: bool = False


# --- what a case brings ---------------------------------------------------------------------------


def sentences_of(case: Case) -> tuple[Sentence, ...]:
    part = open_of(case)
    baits = (Sentence(BAIT + bait.style, bait.text, bait.against) for bait in part.baits)
    return (*(Sentence(DISTRACTION, one.text) for one in part.distractions), *baits)


def values_of(case: Case) -> list[tuple[str, OtherValue]]:
    part = open_of(case)
    named = ((IMPOSSIBLE, part.impossible), (EXTREME, part.extreme))
    return [(attack, other) for attack, other in named if other is not None]


def fit_and_refused(case: Case) -> tuple[list[Sentence], list[Pair]]:
    """The sentences that pass the gate, and those that do not."""
    fit: list[Sentence] = []
    refused: list[Pair] = []
    for sentence in sentences_of(case):
        if wrong := _sentence_faults(case, put_in(case, sentence.text, sentence.attack)):
            refused.append(Pair(sentence.attack, rejected=wrong))
        else:
            fit.append(sentence)
    return fit, refused


def drawn_pairs(case: Case, count: int, rng: Rng) -> list[Pair]:
    """`count` of the sentences that fit, by lot and in the order of the lot (0 for all)."""
    fit, _ = fit_and_refused(case)
    taken: set[str] = set()
    chosen = rng.sample(fit, min(count or len(fit), len(fit)))
    return [sentence_pair(case, sentence, taken) for sentence in chosen]


def value_pairs(case: Case, rng: Rng) -> list[Pair]:
    """Of the impossible value and its twin those that the case has; rewordings by lot."""
    rewordings = list(open_of(case).rewordings)
    order = rng.sample(rewordings, len(rewordings))
    told = [*_reworded(case, order), *_headed(case)]
    pairs = []
    for attack, other in values_of(case):
        pair = value_pair(case, attack, other)
        if not pair.rejected:
            pair = msgspec.structs.replace(pair, control=told.pop(0))
        pairs.append(pair)
    return pairs


# --- sentences ------------------------------------------------------------------------------------


def sentence_pair(
    case: Case, sentence: Sentence, taken: set[str], neutral: Iterable[str] | None = None
) -> Pair:
    """With its control, of the `neutral` sentences where given; `taken` are those of earlier pairs.
    Nothing is asked of the sentence itself: it has passed the gate."""
    mutant = put_in(case, sentence.text, sentence.attack)
    for text in _neutral(open_of(case), sentence.text) if neutral is None else neutral:
        if text in taken:
            continue
        control = put_in(case, text, sentence.attack)
        if not _sentence_faults(case, control):
            taken.add(text)
            return Pair(
                sentence.attack, _as_asked(case, mutant), _as_asked(case, control), (),
                sentence.against,
            )  # fmt: skip
    return Pair(sentence.attack, rejected=("control: no further neutral sentence",))


def _neutral(part: OpenPart, beside: str) -> Iterator[str]:
    """The author's first, the nearest in length before the others; then those of any case."""
    for texts in (part.neutral, NEUTRAL):
        yield from nearest(texts, beside)


def nearest(texts: Iterable[str], beside: str) -> list[str]:
    """In length."""
    return sorted(texts, key=lambda text: (abs(len(text) - len(beside)), text))


def put_in(case: Case, text: str, attack: str) -> Mutant:
    """A sentence at the end of the telling."""
    closed = _closed(case)
    if closed.stem:
        return edited(closed, attack, [inserted(closed, text)])
    turn = closed.question.rstrip()
    at = _before_questions(turn)
    # What was left without a stop would run into the sentence.
    lead = " " if turn[:at].endswith(_STOPS) else "\n"
    return edited(closed, attack, [Span("question", at, at, f"{lead}{text}")])


def _before_questions(turn: str) -> int:
    """Where the telling ends and the questions begin in a turn that holds both, so long as these
    point back at nothing: a pronoun would mean what was put in. Else the end of the turn."""
    if not turn.endswith("?"):
        return len(turn)
    ends = [end for end in sentence_ends(turn) if turn[:end].rstrip(_CLOSING)[-1:] in (".", "!")]
    if not ends or POINTS_BACK_TO_ANY.search(turn[ends[-1] :]):
        return len(turn)
    return ends[-1]


def put_in_faults(case: Case, mutant: Mutant) -> tuple[str, ...]:
    """Of any sentence that is put in, whoever wrote it."""
    found = list(_faults(case, mutant, PUT_IN))
    if any(_DIGIT.search(span.text) for span in mutant.spans):
        found.append("a number was put in")
    return tuple(found)


def _sentence_faults(case: Case, mutant: Mutant) -> tuple[str, ...]:
    found = list(put_in_faults(case, mutant))
    part = open_of(case)
    ours = (*NEUTRAL, *NEUTRAL_REMARKS, *HEADINGS)
    written = {*part.neutral, *ours, *(one.text for one in sentences_of(case))}
    for span in mutant.spans:
        if span.text.strip() not in written:
            found.append("a sentence was put in that is not the author's")
    return tuple(found)


# --- values ---------------------------------------------------------------------------------------


def value_pair(case: Case, attack: str, other: OtherValue) -> Pair:
    """Without its control."""
    if not 0 <= other.measurement < len(case.measurements):
        return Pair(attack, rejected=("it names no measurement",))
    measurement = case.measurements[other.measurement]
    unit = "" if other.unit == measurement.unit else other.unit
    span = None
    if reads(measurement):
        span = span_of(case, measurement, with_value(measurement, other.value, unit))
    if span is None:
        return Pair(attack, rejected=("its measurement is no value with its unit, or not once",))
    mutant = edited(_closed(case), attack, [span])
    wrong = [*_faults(case, mutant, VALUE), *value_faults(case, mutant, attack)]
    if wrong:
        return Pair(attack, rejected=tuple(dict.fromkeys(wrong)))
    return Pair(attack, _as_asked(case, mutant))


def value_faults(case: Case, mutant: Mutant, attack: str) -> list[str]:
    """Read again from the text and from the table of what can be survived, at the patient's age."""
    age = open_of(case).age
    band = None if age is None else band_of(age)
    if band is None:
        return ["the patient's age is not stated"]
    found = []
    for measurement, span in replaced(case, mutant):
        if measurement is None:
            found.append("it changes no measurement")
            continue
        value, unit = _taken_apart(span.text, case, measurement.unit)
        stands = standing(measurement.quantity, unit, band, value)
        if stands != STANDING[attack]:
            found.append(f"the value is not shown to be {STANDING[attack]}")
    return found


def _taken_apart(text: str, case: Case, unit: str) -> tuple[str, str]:
    """A value and its unit: the measurement's, or one that the author named."""
    part = open_of(case)
    named = (one.unit for one in (part.impossible, part.extreme) if one is not None and one.unit)
    units = sorted({unit, *named}, key=len, reverse=True)
    held = next((one for one in units if text.endswith(one)), unit)
    return text.removesuffix(held).strip(), held


# --- the case in other words ----------------------------------------------------------------------


def _reworded(case: Case, order: Sequence[Rewording]) -> Iterator[Case]:
    closed = _closed(case)
    for words in order:
        changed = msgspec.structs.replace(closed, stem=words.stem, question=words.question)
        mutant = edited(closed, "reworded")
        mutant = msgspec.structs.replace(mutant, case=changed, rewritten=True)
        if not _faults(case, mutant, ("options-kept", *MEANING_KEPT)):
            yield _as_asked(case, mutant)


def _headed(case: Case) -> Iterator[Case]:
    """The case under a heading, where there are too few rewordings that the gate lets pass."""
    closed = _closed(case)
    for heading in HEADINGS:
        mutant = edited(closed, "headed", [Span("stem", 0, 0, f"{heading} ")])
        if not _sentence_faults(case, mutant):
            yield _as_asked(case, mutant)


# --- the gate -------------------------------------------------------------------------------------


def _closed(case: Case) -> Case:
    """As the gate takes it: it checks an answer key too, and this one cannot change."""
    brief = msgspec.structs.replace(case.brief, key=0, option_notes=())
    return msgspec.structs.replace(case, options=("as it stands", "otherwise"), brief=brief)


def _faults(case: Case, mutant: Mutant, invariants: tuple[str, ...]) -> tuple[str, ...]:
    return faults(_closed(case), mutant, ClosedAttack(mutant.attack, "", invariants))


def _as_asked(case: Case, mutant: Mutant) -> Case:
    return msgspec.structs.replace(mutant.case, options=case.options, brief=case.brief)
