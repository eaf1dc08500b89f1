"""Sentences that answer a yes-no question without the words yes and no."""

from __future__ import annotations

import re
from collections.abc import Iterator

import msgspec

from auscult.kit.choice.text import words
from auscult.kit.yes_no.claims import so_or_not
from auscult.kit.yes_no.existence import there_or_not
from auscult.kit.yes_no.question import PRESENT, Asked, stem

_SENTENCE = re.compile(r"[^.!?;\n。]+(?:\.(?=\w)[^.!?;\n。]+)*")
_CLAUSE = re.compile(
    r",? (?:but|however|although|though|while|whereas|so)\b|,? - |, (?=(?:and|which|there|the|it|i|"
    r"no|this|that|these|they|we|with)\b)| and (?=(?:there|the|it|no|this|they|i)\b)"
)
_OPENING = re.compile(
    r"\W*(?:\(?\d{1,3}[).:]\s*)?(?:(?:final )?(?:answer|conclusion|impression|finding|findings|"
    r"result)s?\s*:)?\W*(?:(?:yes|no|yeah|nope|therefore|so|thus|hence|overall|well|and|then)\b"
    r"(?=\s*[,:-]|\s+(?:there|it|the|this|i|that|they)\b)[\s,:-]*)*"
)
_CONDITION = re.compile(r"^(?:if|whether|when|unless|should there|in case|suppose|were)\b")
_SEEN = rf"(?:{PRESENT}|to be seen|to see|that i can see|at all|here|on this (?:image|film|scan))"
_ELLIPSIS_NO = re.compile(
    rf"(?:none|nothing|not any|never|not)(?: (?:is|are|was|were))?(?: {_SEEN}){{1,2}}"
    rf"|none(?: of (?:them|these|those))?(?: (?:is|are))?(?: {_SEEN})?"
    r"|(?:it|there|they|this|that|these) (?:is|are|does|do|was|were|has|have|did)(?:n't| not)"
    r"(?: any| one)?|i (?:can't|cannot|do not|don't)(?: see (?:it|one|any))?"
)
_ELLIPSIS_YES = re.compile(
    r"(?:it|there|they|this|that|these) (?:is|are|does|do|was|were|has|have|did)(?: indeed)?"
    rf"|(?:it|this|that|they|one) (?:is|are) (?:clearly )?{PRESENT}"
)
_STUDY = r"(?:chest|image|picture|scan|x-?ray|radiograph|film|study|examination|exam|mri|ct|view)"
_ALL_NORMAL = re.compile(
    rf"(?:(?:(?:this|the|it|that|everything)(?: {_STUDY}){{0,2}}) "
    r"(?:is|appears|looks)(?: to be)? )?"
    rf"(?:an? )?(?:completely |entirely |perfectly )?(?:normal|unremarkable)(?: {_STUDY}){{0,2}}"
    rf"|no (?:\w+ )?abnormalit(?:y|ies)(?: (?:is|are|was|were))?(?: {_SEEN})?"
)
_LUNGS_CLEAR = re.compile(
    r"(?:both |the )*lungs?(?: fields?)? (?:are|is|look|appear) (?:both )?clear(?: bilaterally)?"
)
_FINDINGS = frozenset(
    map(
        stem,
        words(
            "effusion fracture pneumonia opacity opacification consolidation infiltrate mass "
            "lesion tumour tumor abnormality disease haemorrhage hemorrhage pneumothorax "
            "nodule swelling cardiomegaly oedema edema dislocation infarct aneurysm cyst stone "
            "atelectasis"
        ),
    )
)
_IN_LUNGS = frozenset(map(stem, words("opacity opacification consolidation infiltrate")))


class Assertion(msgspec.Struct, frozen=True):
    yes: bool
    start: int
    end: int


def assertions(low: str, asked: Asked) -> Iterator[Assertion]:
    """Everything in `low` (small letters, no markup) that says what was asked, or denies it."""
    for sentence in _SENTENCE.finditer(low):
        for start, end in _clauses(low, *sentence.span()):
            clause = " ".join(low[start:end].split())
            yes = _said(clause.strip(" \"'()[]{}|,:-"), asked)
            if yes is not None:
                yield Assertion(yes, start, end)


def _clauses(low: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    opening = _OPENING.match(low, start, end)
    start = opening.end() if opening else start
    for cut in _CLAUSE.finditer(low, start, end):
        if cut.start() > start:
            yield start, cut.start()
        start = cut.end()
    if start < end:
        yield start, end


def _said(clause: str, asked: Asked) -> bool | None:
    if not clause or _CONDITION.match(clause):
        return None
    yes = _elliptic(clause, asked)
    if yes is not None:
        return yes
    if asked.shape == "existence":
        there = there_or_not(clause, asked)
        return None if not there else (there == "there") != asked.negative
    if asked.shape == "claim":
        so = so_or_not(clause, asked)
        return None if not so else (so == "so") != asked.negative
    return None


def _elliptic(clause: str, asked: Asked) -> bool | None:
    """Short sentences that lean on the question; after a negative question they are unclear."""
    if asked.negative:
        return None
    if _ELLIPSIS_NO.fullmatch(clause):
        return False
    if _ELLIPSIS_YES.fullmatch(clause):
        return True
    if asked.shape != "existence":
        return None
    if asked.head in _FINDINGS and _ALL_NORMAL.fullmatch(clause):
        return False
    if asked.head in _IN_LUNGS and _LUNGS_CLEAR.fullmatch(clause):
        return False
    return None
