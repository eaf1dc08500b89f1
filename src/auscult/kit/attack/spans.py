"""Edits of a question as spans, and what becomes of the rest of the case."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec

from auscult.core.case import Case, OptionNote
from auscult.core.mutant import NEW, AnswerForm, Field, Mutant, Span
from auscult.kit.attack.authored import moved

_ABBREVIATED = re.compile(r"(?:\b(?:Dr|Mr|Mrs|Ms|St|vs|approx|e\.g|i\.e|No)|\b[A-Z])$")
_END = re.compile(r"[.!?][\"')\]]*(?=\s+[\"'(\[]?[A-Z0-9])|[.!?][\"')\]]*$")


def applied(text: str, spans: Iterable[Span], field: Field) -> str:
    """The text with its spans replaced; they must be in order, apart and within it."""
    out: list[str] = []
    place = 0
    for span in spans:
        if span.field != field:
            continue
        if not place <= span.start <= span.end <= len(text):
            raise ValueError(f"span {span.start} to {span.end} does not fit the {field}")
        out += (text[place : span.start], span.text)
        place = span.end
    return "".join(out) + text[place:]


def sentence_ends(text: str) -> list[int]:
    """Places after which a sentence may be put in. A point within a number or after an
    abbreviation ends no sentence."""
    ends = []
    for found in _END.finditer(text):
        if text[found.start()] != "." or not _ABBREVIATED.search(text[: found.start()]):
            ends.append(found.end())
    return ends


def inserted(case: Case, sentence: str, at: int | None = None) -> Span:
    """A sentence of its own in the stem, after the place `at`: at its end where none is given, and
    before the question where there is no stem."""
    if not case.stem:
        return Span("question", 0, 0, f"{sentence} ")
    place = len(case.stem) if at is None else at
    return Span("stem", place, place, f" {sentence}")


def edited(
    case: Case,
    attack: str,
    spans: Sequence[Span] = (),
    *,
    labels: Mapping[str, Any] | None = None,
) -> Mutant:
    """Spans of text replaced, options and key as they were. Measurements that the edit has changed
    are no longer said to stand in the text."""
    stem = applied(case.stem, spans, "stem")
    question = applied(case.question, spans, "question")
    text = f"{stem} {question}"
    kept = tuple(m for m in case.measurements if text.count(m.text) == 1)
    return Mutant(
        msgspec.structs.replace(case, stem=stem, question=question, measurements=kept),
        attack,
        tuple(spans),
        order=tuple(range(len(case.options))),
        keys=() if case.brief.key is None else (case.brief.key,),
        labels=dict(labels or {}),
    )


def with_options(
    mutant: Mutant,
    options: Sequence[tuple[int, str, OptionNote]],
    keys: Sequence[int],
    *,
    form: AnswerForm = "one-letter",
) -> Mutant:
    """Other options: each with its place in the original (NEW where it has none), text and note."""
    notes = tuple(note for _, _, note in options)
    key = keys[0] if len(keys) == 1 and form == "one-letter" else None
    extra = moved(mutant.case.brief.extra, [place for place, _, _ in options])
    brief = msgspec.structs.replace(mutant.case.brief, key=key, option_notes=notes, extra=extra)
    texts = tuple(text for _, text, _ in options)
    return msgspec.structs.replace(
        mutant,
        case=msgspec.structs.replace(mutant.case, options=texts, brief=brief),
        order=tuple(place for place, _, _ in options),
        keys=tuple(keys),
        form=form,
    )


def options_of(case: Case) -> list[tuple[int, str, OptionNote]]:
    notes = case.brief.option_notes or (OptionNote(),) * len(case.options)
    return [(n, text, note) for n, (text, note) in enumerate(zip(case.options, notes, strict=True))]


def new_option(text: str, note: OptionNote) -> tuple[int, str, OptionNote]:
    return (NEW, text, note)
