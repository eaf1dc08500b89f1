"""Reads yes or no out of reference answers written as prose, and says what is wrong with them.

The reference answers of several question files were written by a language model from a report. Some
carry a list number, some answer another question, some say that the report is silent. The rules
here give a key only where the answer commits itself; everything else is flagged and has none.
"""

from __future__ import annotations

import re

import msgspec

YES_NO = ("yes", "no")
FLAGS = {
    "not-stated": "the reference says that the report does not mention what is asked",
    "cannot-tell": "the reference says that the question cannot be answered: no key",
    "unparseable": "the reference is neither a yes nor a no: no key",
    "assumed": "the reference says that it assumes or infers the answer",
    "redacted": "question or reference hold a redaction mark (XXXX)",
    "answer-in-question": "the question ended in its own answer, which was taken off",
    "other-question": "the reference answers another question than the one asked",
    "question-from-answer": "the question was blank and was found in the reference",
    "fragment": "the question is cut off, too short to be one: no key",
}
NO_KEY = frozenset({"cannot-tell", "unparseable", "fragment"})

_mark = re.compile(r"^[\s\"'“”(]*(?:[-–—•*]\s*|\d{1,2}[.)]\s+)")
_redacted = re.compile(r"\bx{3,}\b", re.IGNORECASE)
_pasted = re.compile(
    r"^(?P<question>.*\?(?:\s*\([^)]*\))?)\s*[-–—:]?\s*(?P<answer>yes|no)[.\s]*$",
    re.IGNORECASE | re.DOTALL,
)
_asks = re.compile(
    r"(?P<question>(?:is|are|was|were|does|do|did|can|could|has|have|had|should|would|will)\b"
    r"[^?]*\?)\s*[-–—:]?\s*(?P<rest>.*)$",
    re.IGNORECASE | re.DOTALL,
)
_commits = re.compile(
    r"[\s\"'“”]*(?P<word>yes|no)\b(?:\s*(?:[.,;:!()\"”–—-]|$)|\s+(?:the|there|it|this|they|these)\b)"
    r"|[\s\"'“”]*(?P<yes>yes)\s",
    re.IGNORECASE,
)
_concludes = re.compile(
    r"\banswer (?:is|was|would be|should be|must be)\s*[\"'“]?(?P<word>yes|no)\b", re.IGNORECASE
)
_not_stated = re.compile(
    r"\b(?:does|do|did|is|are|was|were|has|have|doesn|don|didn|isn|aren|wasn|weren)"
    r"(?:\s+not|['’]t|n['’]t)\b[^.;]{0,30}?\b(?:mention|specif|stat|report|document|describ|provid"
    r"|indicat|address|comment|explicit|noted)"
    r"|\bnot (?:\w+ ){0,2}(?:mentioned|specified|stated|reported|documented|described|provided"
    r"|indicated|noted|explicit|addressed|confirmed)"
    r"|\bno (?:mention|information|comment|answer)\b|\bnothing about\b"
    r"|\b(?:none|neither)\b[^.;]{0,20}\b(?:mentioned|reported)|\bwithout a specific comment",
    re.IGNORECASE,
)
_cannot = re.compile(
    r"\b(?:cannot|can['’]t|could not|unable to|not possible to)\b|\bno answer can\b"
    r"|\b(?:inconclusive|unclear|depends? on|not clear|not confirmed|would require)\b"
    r"|\bwithout (?:\w+ ){0,2}(?:additional|further|prior|access)\b",
    re.IGNORECASE,
)
_hedges = re.compile(r"\b(?:likely|likelihood|probably|assumption|unless)\b", re.IGNORECASE)
_assumes = re.compile(r"\b(?:assum|impl(?:y|ies|ied)|infer|presum|suggest)", re.IGNORECASE)


class Reading(msgspec.Struct, frozen=True):
    """`key` is a place in YES_NO, None where the reference gives none; `question` is what is left
    of the question once marks and answers pasted onto it are gone."""

    key: int | None
    question: str
    flags: tuple[str, ...] = ()


def read_yes_no(question: str, answer: str) -> Reading:
    asked, pasted = _without_answer(_unmarked(question))
    key, flags, other = _read_answer(asked, answer)
    if other and not asked:
        asked, flags = other, ["question-from-answer", *flags]
    elif other or pasted is not None:
        key, flags = _settled(key, flags, pasted, misplaced=bool(other))
    if is_redacted(question) or is_redacted(answer):
        flags = [*flags, "redacted"]
    if is_fragment(asked):
        key, flags = None, [*flags, "fragment"]
    return Reading(key, asked, tuple(dict.fromkeys(flags)))


def _settled(
    key: int | None, flags: list[str], pasted: int | None, *, misplaced: bool
) -> tuple[int | None, list[str]]:
    """What holds where the question brought an answer of its own, or the reference is another's."""
    marks = ["other-question"] if misplaced else flags
    if pasted is not None:
        marks = ["answer-in-question", *(mark for mark in marks if mark not in NO_KEY)]
    if misplaced or key is None:
        key = pasted
    elif pasted is not None and pasted != key:
        key = None
    return key, marks if key is not None else [*marks, "unparseable"]


def is_fragment(question: str) -> bool:
    """Too short for a question, or begun in the middle of a number."""
    return len(question.split()) < 3 or re.match(r"\d", question) is not None


def is_redacted(text: str) -> bool:
    return _redacted.search(text) is not None


def says_not_stated(answer: str) -> bool:
    return _not_stated.search(answer) is not None


def same_question(one: str, other: str) -> bool:
    return _words(one) == _words(other)


def published_yes_no(answer: str) -> int:
    """The key as the published script reads it: 1 (no) where a whole word of the first sentence is
    "No", "not" or "no"; 0 (yes) for everything else, an empty answer included. Kept to show what
    that rule does, never to score by it."""
    first = answer.split(".", 1)[0].replace(",", "")
    return 1 if {"No", "not", "no"} & set(first.split(" ")) else 0


def _words(text: str) -> list[str]:
    return re.findall(r"\w+", text.lower())


def _unmarked(text: str) -> str:
    """Without a list number or a dash in front."""
    found = _mark.match(text)
    return text[found.end() :].strip() if found else text.strip()


def _without_answer(question: str) -> tuple[str, int | None]:
    found = _pasted.match(question)
    if found is None:
        return question, None
    return found["question"].strip(), YES_NO.index(found["answer"].lower())


def _read_answer(asked: str, answer: str) -> tuple[int | None, list[str], str]:
    """The key, the flags, and the other question that the answer field holds, if it does."""
    text = _unmarked(answer)
    other = ""
    if found := _asks.match(text):
        text = _unmarked(found["rest"])
        if not same_question(found["question"], asked):
            other = found["question"].strip()
    key, flags = _read_statement(text)
    return key, flags, other


def _read_statement(text: str) -> tuple[int | None, list[str]]:
    flags = ["not-stated"] if says_not_stated(text) else []
    if _assumes.search(text):
        flags.append("assumed")
    if found := _commits.match(text):
        return YES_NO.index((found["word"] or found["yes"]).lower()), flags
    if _cannot.search(text):
        return None, [*flags, "cannot-tell"]
    found = _concludes.search(text)
    if found and not _hedges.search(text):
        return YES_NO.index(found["word"].lower()), flags
    return None, [*flags, "cannot-tell" if flags else "unparseable"]
