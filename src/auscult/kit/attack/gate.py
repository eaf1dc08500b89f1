"""The validity gate: what must hold of a mutant before anybody is shown it, checked by code.

It reads the original, the mutant and what the attack declared, and never an answer. It trusts no
word of the attack: spans are applied again, the key is worked out again, numbers are read again.
A mutant that fails is counted with its reasons and is in no rate.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import lru_cache

from auscult.core.case import Case
from auscult.core.mutant import NEW, Mutant, Span, TextAttack
from auscult.kit.attack import meaning
from auscult.kit.attack.authored import edits_of
from auscult.kit.attack.facts import numbers_of, torn_numbers
from auscult.kit.attack.key import key_fault
from auscult.kit.attack.measured import (
    conversions_hold,
    impossible_offered,
    medicines_kept,
    one_value_extreme,
    one_value_impossible,
    value_authored,
)
from auscult.kit.attack.slips import is_slip
from auscult.kit.attack.spans import applied
from auscult.kit.pharmacy import find

MOST_OPTIONS = 26
_ODD = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\ufffd\u202a-\u202e\u2066-\u2069]")
_SLOT = re.compile(r"\{[A-Za-z_]*\}")
Check = Callable[[Case, Mutant], str]


def faults(original: Case, mutant: Mutant, attack: TextAttack) -> tuple[str, ...]:
    """Why the mutant is not valid, each reason once; nothing where it is."""
    found = list(_of_all(original, mutant))
    found += [fault] if (fault := key_fault(original, mutant, attack.key)) else []
    for name in attack.invariants:
        if fault := CHECKS[name](original, mutant):
            found.append(fault)
    return tuple(dict.fromkeys(found))


def _of_all(original: Case, mutant: Mutant) -> Iterator[str]:
    case = mutant.case
    if (case.stem, case.question, case.options, mutant.form) == (
        original.stem, original.question, original.options, "one-letter",
    ):  # fmt: skip
        yield "nothing changed"
    if not mutant.rewritten:
        yield from _beyond_spans(original, mutant)
    yield from _options(original, mutant)
    yield from _letters(original, mutant)
    if case.id != original.id or case.cluster != original.cluster or case.phi != original.phi:
        yield "it names another case"
    if (case.images, case.messages) != (original.images, original.messages):
        yield "pictures or earlier turns changed"


def _letters(original: Case, mutant: Mutant) -> Iterator[str]:
    """Torn numbers, slots left open and characters that nobody sees."""
    case = mutant.case
    if case.stem == original.stem and case.question == original.question:
        return
    text, whole = f"{case.stem}\n{case.question}", f"{original.stem}\n{original.question}"
    if torn_numbers(text) > torn_numbers(whole):
        yield "a number is torn apart"
    known = "\n".join((whole, *original.options))
    if any(set(p.findall(text)) - set(p.findall(known)) for p in (_ODD, _SLOT)):
        yield "a slot or an odd character is left in it"


def _beyond_spans(original: Case, mutant: Mutant) -> Iterator[str]:
    try:
        stem = applied(original.stem, mutant.spans, "stem")
        question = applied(original.question, mutant.spans, "question")
    except ValueError:
        yield "its spans do not fit"
        return
    if (stem, question) != (mutant.case.stem, mutant.case.question):
        yield "text changed outside its spans"


def _options(original: Case, mutant: Mutant) -> Iterator[str]:
    options, order = mutant.case.options, mutant.order
    known = [place for place in order if place != NEW]
    fits = len(order) == len(options) and all(0 <= p < len(original.options) for p in known)
    if not fits or len(set(known)) < len(known):
        yield "the order does not describe the options"
        return
    for text, place in zip(options, order, strict=True):
        if place != NEW and text != original.options[place]:
            yield "an option reads otherwise"
    yield from _notes(original, mutant)
    folded = [" ".join(text.split()).casefold() for text in options]
    if "" in folded or len(set(folded)) < len(folded):
        yield "two options are the same, or one is blank"
    if len(options) > MOST_OPTIONS:
        yield "more options than letters"


def _notes(original: Case, mutant: Mutant) -> Iterator[str]:
    """What an author said of an option goes with it."""
    old, new = original.brief.option_notes, mutant.case.brief.option_notes
    if new and len(new) != len(mutant.case.options):
        yield "the options have not a note each"
    elif old and any(
        place != NEW and note != old[place]
        for note, place in zip(new or old, mutant.order, strict=False)
    ):
        yield "an option has another's note"


# --- what an attack may declare ------------------------------------------------------------------


def _text_kept(original: Case, mutant: Mutant) -> str:
    same = (mutant.case.stem, mutant.case.question) == (original.stem, original.question)
    return "" if same else "the text changed"


def _options_kept(original: Case, mutant: Mutant) -> str:
    return "" if mutant.case.options == original.options else "the options changed"


def _options_permuted(original: Case, mutant: Mutant) -> str:
    every = sorted(mutant.order) == list(range(len(original.options)))
    return "" if every else "an option was lost or added"


def _stem_kept(original: Case, mutant: Mutant) -> str:
    return "" if mutant.case.stem == original.stem else "the stem changed"


def _options_only_added(original: Case, mutant: Mutant) -> str:
    old = [place for place in mutant.order if place != NEW]
    if old != list(range(len(original.options))) or len(old) == len(mutant.order):
        return "options were not only added"
    notes = mutant.case.brief.option_notes
    if len(notes) != len(mutant.order) or len(mutant.case.options) != len(notes):
        return "an added option is not said to be wrong, or not why"
    for place, note, text in zip(mutant.order, notes, mutant.case.options, strict=True):
        if place != NEW:
            continue
        if note.status != "wrong" or not note.why:
            return "an added option is not said to be wrong, or not why"
        if any(_same_said(text, other) for other in original.options):
            return "an added option says what another does"
    return ""


def _same_said(one: str, other: str) -> bool:
    return one == other or _said(one) == _said(other)


@lru_cache(maxsize=4096)
def _said(option: str) -> frozenset[str]:
    """Its words in no order, without articles, plurals and words that say nothing."""
    words = re.findall(r"[^\W_]+", option.casefold())
    return frozenset(w[:-1] if len(w) > 3 and w.endswith("s") else w for w in words) - _IDLE


_IDLE = frozenset(
    ["a", "an", "the", "of", "in", "by", "with", "for", "to", "as", "such", "and", "or"]
)


def _options_authored(original: Case, mutant: Mutant) -> str:
    """What is added is what the author wrote, with why it is wrong."""
    written = {(one.text, one.harm, one.why) for one in edits_of(original).extra_options}
    notes = mutant.case.brief.option_notes
    for place, text, note in zip(mutant.order, mutant.case.options, notes, strict=False):
        if place == NEW and (text, note.harm, note.why) not in written:
            return "an added option is not the author's"
    return ""


def _inserts_authored(original: Case, mutant: Mutant) -> str:
    """Each sentence put in is one that the author wrote for this question."""
    edits = edits_of(original)
    written = {*edits.history, *(one.text for one in edits.distractions)}
    same = all(span.text.strip() in written for span in mutant.spans)
    return "" if same else "a sentence was put in that is not the author's"


def _inserts_only(original: Case, mutant: Mutant) -> str:
    inserts = bool(mutant.spans) and all(s.start == s.end and s.text for s in mutant.spans)
    return "" if inserts and not mutant.rewritten else "more was changed than put in"


def _inserts_no_number(original: Case, mutant: Mutant) -> str:
    """But for what it takes the place of, and for an option that it quotes."""
    for span in mutant.spans:
        found = numbers_of(_unquoted(span.text, original))
        if found and found - numbers_of(_replaced(original, span)):
            return "a number was put in"
    return ""


def _unquoted(text: str, original: Case, but: int | None = None) -> str:
    """Without the options that it quotes in full, but for one of them."""
    if '"' in text:
        for place, option in enumerate(original.options):
            if place != but:
                text = text.replace(f'"{option.strip().rstrip(".")}"', '""')
    return text


def _replaced(original: Case, span: Span) -> str:
    field = original.stem if span.field == "stem" else original.question
    return field[span.start : span.end]


def _inserts_no_key(original: Case, mutant: Mutant) -> str:
    """What is put in must not name the right answer, in any order of its words."""
    if original.brief.key is None:
        return ""
    right = original.options[original.brief.key]
    plain = right.casefold().strip(" .")
    pattern, words = rf"(?<!\w){re.escape(plain)}(?!\w)", _said(right)
    for span in mutant.spans:
        text = _unquoted(span.text, original, but=original.brief.key)
        if re.search(pattern, text.casefold()) or (words and words <= _said(text)):
            return "the right answer was put in"
    return ""


def _inserts_quote_wrong(original: Case, mutant: Mutant) -> str:
    """One sentence, which quotes a wrong option and has no other finding to tell."""
    if len(mutant.spans) != 1:
        return "more than one sentence was put in"
    text = mutant.spans[0].text.strip()
    wrong = [
        option.strip().rstrip(".")
        for n, option in enumerate(original.options)
        if n != original.brief.key
    ]
    quoted = [option for option in wrong if f'"{option}"' in text]
    if not quoted:
        return "no wrong option is quoted"
    rest = text.replace(f'"{max(quoted, key=len)}"', "")
    return "more than one sentence was put in" if _SENTENCE_END.search(rest[:-1]) else ""


_SENTENCE_END = re.compile(r"[.;!?]\s")


def _slips_only(original: Case, mutant: Mutant) -> str:
    """Each span is a slip in one ordinary word, as the list of slips has it."""
    fine = bool(mutant.spans) and all(
        is_slip(_replaced(original, span), span.text) for span in mutant.spans
    )
    return "" if fine else "more than a slip in an ordinary word"


def _swaps_names_only(original: Case, mutant: Mutant) -> str:
    """Each span is a medicine's name, with its article, in the place of another name of it."""
    fine = bool(mutant.spans) and all(
        (name := _sole_medicine(span.text)) and name == _sole_medicine(_replaced(original, span))
        for span in mutant.spans
    )
    return "" if fine else "more was changed than a medicine's name"


@lru_cache(maxsize=4096)
def _sole_medicine(text: str) -> str:
    named = find(text)
    if len(named) != 1:
        return ""
    rest = text[: named[0].start] + text[named[0].end :]
    return named[0].generic if rest.strip().casefold() in ("", "a", "an") else ""


def _one_span(original: Case, mutant: Mutant) -> str:
    return "" if len(mutant.spans) == 1 else "more than one place changed"


CHECKS: dict[str, Check] = {
    "text-kept": _text_kept,
    "stem-kept": _stem_kept,
    "options-kept": _options_kept,
    "options-permuted": _options_permuted,
    "options-only-added": _options_only_added,
    "options-authored": _options_authored,
    "inserts-only": _inserts_only,
    "inserts-authored": _inserts_authored,
    "inserts-no-number": _inserts_no_number,
    "inserts-no-key": _inserts_no_key,
    "inserts-quote-wrong": _inserts_quote_wrong,
    "slips-only": _slips_only,
    "swaps-names-only": _swaps_names_only,
    "medicines-kept": medicines_kept,
    "conversions-hold": conversions_hold,
    "one-span": _one_span,
    "one-value-impossible": one_value_impossible,
    "one-value-extreme": one_value_extreme,
    "value-authored": value_authored,
    "impossible-offered": impossible_offered,
    "numbers-kept": meaning.numbers_kept,
    "values-kept": meaning.values_kept,
    "sides-kept": meaning.sides_kept,
    "sexes-kept": meaning.sexes_kept,
    "polarity-kept": meaning.polarity_kept,
    "directions-kept": meaning.directions_kept,
    "names-kept": meaning.names_kept,
    "content-kept": meaning.content_kept,
    "sense-kept": meaning.sense_kept,
    "length-near": meaning.length_near,
}
MEANING_KEPT = (
    "numbers-kept", "values-kept", "sides-kept", "sexes-kept", "polarity-kept", "directions-kept",
    "names-kept", "content-kept", "sense-kept", "length-near",
)  # fmt: skip
"""Of a text that is rewritten as a whole."""
