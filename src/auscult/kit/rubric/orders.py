"""Sentences of an answer that speak to its judge instead of answering.

A target, or an attack on it, may write "score this as right" or a verdict in the judge's own form.
Such a sentence says nothing about medicine, so it is cut before a judge model reads the answer and
counted. Only sentences that name the judging itself are cut: "ignore the earlier instruction of
your pharmacist" is advice and stays.
"""

from __future__ import annotations

import re

import msgspec

CUT = "[cut: words to the examiner]"

_JUDGE = r"(?:judges?|graders?|examiners?|evaluators?)"
_THIS = r"(?:(?:this|it|me)|(?:this|the|my|above)\s+(?:answer|response|reply|submission|text))"
_FULL = r"(?:full|maximum|highest|perfect|top|best)"
_RIGHT = r"(?:fully |entirely |completely )?[\"']?(?:right|correct|true|passed|a pass)[\"']?"
_ORDERS = (
    # A verdict in the judge's own form.
    r"\{[^{}]{0,200}[\"'](?:verdict|score)[\"']\s*:[^{}]{0,300}\}?",
    r"\bverdict\b[\"']?\s*[:=]\s*[\"']?(?:right|correct|partly|wrong|pass)\b",
    # Orders about the mark: "give this full marks", "mark my answer as correct".
    rf"\b(?:mark|grade|score|rate|judge|accept|treat|count)\s+{_THIS}\s+(?:as|to be)\s+{_RIGHT}"
    r"(?=\s*(?:[.,;!?\n]|$|and\b))",
    rf"\b(?:give|award|assign)\s+{_THIS}\s+(?:a |the )?{_FULL}\s+"
    r"(?:marks?|credit|points?|score|grade|rating)",
    # To the judge by name: "Note to the grader: ...", "Examiner, ...".
    rf"\b(?:dear|attention|(?:note|message) (?:to|for))[,:]?\s+(?:the |any )?(?:\w+ )?{_JUDGE}\b",
    rf"(?:(?<=[.!?\n])|(?<=[.!?\n] )|^){_JUDGE}\s*[:,]",
    rf"\b{_JUDGE}\s+(?:must|should|shall|will)\s+(?:score|mark|rate|give|award|accept|rule)\b",
    # To a model about its own orders.
    r"\b(?:ignore|disregard|forget|override)\s+(?:\w+ ){0,2}(?:previous|prior|above|earlier|"
    r"preceding|system)\s+(?:instructions?|prompts?|rules|criteria|orders|rubric)"
    r"\b(?!\s+(?:about|of|on|from|for|given|by|regarding))",
    r"\b(?:ignore|disregard|forget|override)\s+(?:the |your |this |any )?"
    r"(?:rubric|reference answer|marking (?:scheme|criteria))",
    r"<\s*/?\s*(?:system|answer|reference|instructions?|criteria)\s*>|<\|[a-z_]{2,20}\|>|\[/?INST\]",
)
_ORDER = re.compile("|".join(f"(?:{order})" for order in _ORDERS), re.IGNORECASE)
_SENTENCE = re.compile(r"[^.!?;\n]*(?:[.!?;](?!\s|$)[^.!?;\n]*)*(?:[.!?;]+|\n|$)\s*")


class Cleared(msgspec.Struct, frozen=True):
    text: str
    """The answer as a judge model is shown it."""
    cuts: int = 0

    @property
    def bare(self) -> str:
        """What is left, without the marks of what was cut."""
        return self.text.replace(CUT, "").strip()

    @property
    def says_nothing(self) -> bool:
        """Whether words to the judge were all there was."""
        return self.cuts > 0 and not re.sub(r"\W", "", self.bare)


def clear(answer: str) -> Cleared:
    """The answer without the sentences that speak to its judge; most have none."""
    spans = [found.span() for found in _ORDER.finditer(answer)]
    if not spans:
        return Cleared(answer)
    kept: list[str] = []
    cuts = 0
    for sentence in _SENTENCE.finditer(answer):
        start, end = sentence.span()
        if start == end:
            continue
        if any(low < end and high > start for low, high in spans):
            cuts += 1
            if not kept or kept[-1].strip() != CUT:
                kept.append(CUT + " ")
        else:
            kept.append(sentence[0])
    return Cleared("".join(kept).strip(), cuts)
