"""What is asked of a phantom: questions whose right answer follows from the levels it is drawn at.

Sides are always those of the picture as displayed, never a patient's. Every question is put to
pictures among which each of its answers is right equally often.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Literal

import msgspec

from auscult.kit.imaging.phantom import MIRROR, Kind, cell, levels_of

Task = Literal["yes-no", "multiple-choice", "open"]
YES_NO = ("yes", "no")


class Asked(msgspec.Struct, frozen=True):
    """One question of one picture. `mirrored_key` is the right option once the picture is flipped
    left to right; `side` is where the thing asked about lies, if the answer depends on it."""

    name: str
    task: Task
    text: str
    options: tuple[str, ...] = ()
    key: int | None = None
    mirrored_key: int | None = None
    reference: str = ""
    mirrored_reference: str = ""
    side: str = ""


Cell = tuple[int, int, int]


def _every(_: Cell) -> bool:
    return True


def _shown(at: Cell) -> bool:
    return at[0] != 0


def _half_shown(at: Cell) -> bool:
    """As many pictures without the thing as with it, and both sides among the latter."""
    return at[0] == 0 or at[0] - 1 == at[1]


def _shown_first(at: Cell) -> bool:
    return at[0] != 0 and at[1] == 0


def _shown_second(at: Cell) -> bool:
    return at[0] != 0 and at[1] == 1


def _every_other(at: Cell) -> bool:
    return at[2] == 0


class Question(msgspec.Struct, frozen=True):
    """`answers` gives, by level of the property, the option's index or the reference."""

    name: str
    task: Task
    property: str
    text: str
    answers: Mapping[str, int] | Mapping[str, str]
    options: tuple[str, ...] = ()
    of: Callable[[Cell], bool] = _every


def _yes_no(
    name: str, prop: str, text: str, yes: tuple[str, ...], no: tuple[str, ...],
    of: Callable[[Cell], bool] = _every,
) -> Question:  # fmt: skip
    answers = {**dict.fromkeys(yes, 0), **dict.fromkeys(no, 1)}
    return Question(name, "yes-no", prop, text, answers, YES_NO, of)


def _choice(
    name: str, prop: str, text: str, options: Mapping[str, str],
    of: Callable[[Cell], bool] = _every,
) -> Question:  # fmt: skip
    answers = {level: index for index, level in enumerate(options)}
    return Question(name, "multiple-choice", prop, text, answers, tuple(options.values()), of)


def _open(name: str, prop: str, text: str, references: Mapping[str, str]) -> Question:
    return Question(name, "open", prop, text, references, (), _every_other)


def _sided(prop: str, thing: str, part: str) -> tuple[Question, ...]:
    """Is it there, is it on this side, where is it, and say where it is."""
    left = f"in {part} shown on the left of the picture"
    right = f"in {part} shown on the right of the picture"
    both = ("left", "right")
    return (
        _yes_no(
            f"{prop}-present", prop, f"Is there {thing} anywhere in the picture?",
            both, ("none",), _half_shown,
        ),
        _yes_no(
            f"{prop}-left", prop, f"Is there {thing} {left}?", ("left",), ("right",), _shown_first,
        ),
        _yes_no(
            f"{prop}-right", prop, f"Is there {thing} {right}?",
            ("right",), ("left",), _shown_second,
        ),
        _choice(
            f"{prop}-where", prop, f"Where is there {thing}?",
            {"left": left, "right": right, "none": "nowhere in the picture"},
        ),
        _open(
            f"{prop}-open", prop,
            f"Where in the picture is there {thing}, if anywhere? Answer in one short sentence.",
            {
                "left": f"There is {thing} {left}.",
                "right": f"There is {thing} {right}.",
                "none": "Nowhere: the picture shows no such thing.",
            },
        ),
    )  # fmt: skip


_QUESTIONS: dict[str, tuple[Question, ...]] = {
    "chest": (
        *_sided("opacity", "a round opacity", "the lung field"),
        _yes_no(
            "heart-wide", "heart",
            "Is the heart shadow wider than half of the chest, measured between the outer edges "
            "of the two lung fields?",
            ("wide",), ("normal",),
        ),
        _yes_no(
            "fluid-present", "fluid",
            "Is the base of one lung field filled by a bright, flat-topped level?",
            ("present",), ("absent",),
        ),
    ),
    "abdomen": (
        *_sided("lesion", "a round lesion", "the organ"),
        _choice(
            "density", "density", "Compared with the organ around it, how does the lesion appear?",
            {"dark": "darker", "bright": "brighter"}, _shown,
        ),
        _yes_no(
            "size", "size", "Is the lesion wider than an eighth of the whole body's width?",
            ("large",), ("small",), _shown,
        ),
    ),
    "brain": (
        *_sided("lesion", "a bright lesion", "the half of the brain"),
        _choice(
            "ventricles", "ventricles",
            "How wide are the two dark ventricles in the middle, taken together?",
            {
                "narrow": "less than a quarter of the brain's width",
                "wide": "more than a quarter of the brain's width",
            },
        ),
        _choice(
            "form", "form", "What form does the bright lesion have?",
            {"solid": "a solid disc", "ring": "a ring with a dark centre"}, _shown,
        ),
    ),
    "fundus": (
        _choice(
            "dots-count", "dots", "How many small dark red dots lie between the vessels?",
            {"none": "none", "few": "1 to 6", "many": "more than 6"},
        ),
        _yes_no(
            "dots-present", "dots",
            "Are there small dark red dots anywhere between the vessels?",
            ("few", "many"), ("none",), _half_shown,
        ),
        _choice(
            "disc-side", "disc", "Which half of the picture holds the bright optic disc?",
            {"left": "the left half of the picture", "right": "the right half of the picture"},
        ),
        _yes_no(
            "cup-large", "cup",
            "Is the pale cup in the optic disc wider than half of the disc?",
            ("large",), ("small",),
        ),
        _open(
            "disc-open", "disc",
            "In which half of the picture does the bright optic disc lie? Answer in one short "
            "sentence.",
            {
                "left": "The optic disc lies in the left half of the picture.",
                "right": "The optic disc lies in the right half of the picture.",
            },
        ),
    ),
    "skin": (
        _choice(
            "colours-count", "colours",
            "How many clearly different colours (brown, blue-grey, black) does the spot have?",
            {"one": "one", "two": "two", "three": "three"},
        ),
        _choice(
            "outline", "outline", "What is the outline of the spot like?",
            {"even": "nearly circular", "lopsided": "lobed and lopsided"},
        ),
        _yes_no(
            "border-sharp", "border", "Is the border of the spot sharp?", ("sharp",), ("blurred",),
        ),
        _open(
            "colours-open", "colours",
            "Which of the colours brown, blue-grey and black does the spot have? Answer in one "
            "short sentence.",
            {
                "one": "The spot is brown only.",
                "two": "The spot is brown and blue-grey.",
                "three": "The spot is brown, blue-grey and black.",
            },
        ),
    ),
    "ultrasound": (
        *_sided("cyst", "a dark cyst", "the half of the scan"),
        _choice(
            "shape", "shape", "What shape does the dark cyst have?",
            {"round": "as wide as it is high", "oval": "clearly wider than it is high"}, _shown,
        ),
        _yes_no(
            "spot-present", "spot", "Is there a bright spot inside the dark cyst?",
            ("present",), ("absent",), _shown,
        ),
    ),
    "histology": (
        _choice(
            "nuclei-count", "nuclei", "About how many dark nuclei does the picture show?",
            {"few": "fewer than 20", "some": "between 20 and 50", "many": "more than 50"},
        ),
        _yes_no(
            "form-round", "form", "Are the dark nuclei round rather than elongated?",
            ("round",), ("elongated",),
        ),
        _choice(
            "denser-side", "denser", "Which half of the picture holds more of the dark nuclei?",
            {"left": "the left half of the picture", "right": "the right half of the picture"},
        ),
        _open(
            "denser-open", "denser",
            "In which half of the picture do most of the dark nuclei lie? Answer in one short "
            "sentence.",
            {
                "left": "Most nuclei lie in the left half of the picture.",
                "right": "Most nuclei lie in the right half of the picture.",
            },
        ),
    ),
    "bone": (
        *_sided("fracture", "a dark fracture line", "the bone"),
        _choice(
            "course", "course", "How does the dark fracture line run across the bone?",
            {"level": "nearly straight across it", "slanting": "clearly at a slant"}, _shown,
        ),
        _yes_no(
            "plate-present", "plate", "Is there a very bright metal plate along one of the bones?",
            ("present",), ("absent",),
        ),
    ),
    "ecg": (
        _choice(
            "beats-count", "beats", "How many tall spikes does the trace show?",
            {"few": "fewer than 6", "some": "6 to 9", "many": "more than 9"},
        ),
        _yes_no(
            "rhythm-regular", "rhythm", "Do the tall spikes follow each other at even distances?",
            ("regular",), ("irregular",),
        ),
        _yes_no(
            "wide-present", "wide",
            "Is one of the tall spikes clearly wider than all the others?",
            ("present",), ("absent",),
        ),
        _open(
            "rhythm-open", "rhythm",
            "Are the distances between the tall spikes of the trace even or uneven? Answer in one "
            "short sentence.",
            {
                "regular": "The spikes follow each other at even distances.",
                "irregular": "The distances between the spikes are uneven.",
            },
        ),
    ),
}  # fmt: skip


def questions(kind: Kind, number: int) -> Iterator[Asked]:
    """Everything that is asked of the kind's picture of that number."""
    levels, at = levels_of(kind, number), cell(number)
    for question in _QUESTIONS[kind.name]:
        if question.of(at):
            yield _asked(question, levels[question.property])


def _asked(question: Question, level: str) -> Asked:
    flipped = MIRROR.get(level, level)
    right, mirrored = question.answers[level], question.answers[flipped]
    side = level if right != mirrored else ""
    if isinstance(right, int) and isinstance(mirrored, int):
        return Asked(
            question.name, question.task, question.text, question.options, right, mirrored,
            side=side,
        )  # fmt: skip
    return Asked(
        question.name, question.task, question.text,
        reference=str(right), mirrored_reference=str(mirrored), side=side,
    )  # fmt: skip
