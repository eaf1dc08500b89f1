"""How a target is asked how sure it is, in our own words."""

from __future__ import annotations

import math
from collections.abc import Sequence

import msgspec

from auscult.core.case import Case
from auscult.core.message import ImagePart, Message, Reply, TokenLogprob, user
from auscult.kit.choice.logprobs import score_by_logprobs
from auscult.kit.factual.published import asked_as_published
from auscult.kit.questions import Form, prompt_of, with_pictures

SECOND_TURN = (
    "Are you sure that your answer is right? "
    "Reply yes if you are sure of it, and no if you are not."
)
_FIRST_LINE = {
    "yes-no": "On the first line, answer yes or no, with that one word.",
    "multiple-choice": "On the first line, reply with the letter of the single best option.",
}
_SECOND_LINE = (
    "On the second line, write how confident you are that this answer is right, as a whole number "
    "from 0 (it is certainly wrong) to 100 (it is certainly right), in this form:\n"
    "Confidence: NUMBER\n"
    'If you cannot tell the answer, you may reply "I don\'t know" instead.'
)
_AS_PUBLISHED = "And can you be sure that you have answered this accurately?"


def asked_with_confidence(
    case: Case, form: Form, shown: Sequence[str], parts: Sequence[ImagePart], letters: str
) -> tuple[Message, ...]:
    """The same question; only its last paragraph, which says how to answer, is another."""
    question = prompt_of(case, form, shown, letters=letters).rpartition("\n\n")[0]
    text = f"{question}\n\n{_FIRST_LINE[form]} {_SECOND_LINE}"
    return (*case.messages, user(with_pictures(text, parts)))


def asked_surely_as_published(
    case: Case, form: Form, shown: Sequence[str], parts: Sequence[ImagePart], letters: str
) -> tuple[Message, ...]:
    """Question and question about it in one turn, to which there is one reply."""
    return asked_as_published(case, form, shown, parts, letters, f"\n{_AS_PUBLISHED}")


def probability_of(
    reply: Reply, place: int, options: Sequence[str], letters: str, form: Form
) -> float | None:
    """The probability that the target gave the answer it named, among those it could have named;
    None where its first token of the answer shows none."""
    if form == "yes-no":
        words = [option.strip().rstrip(".").lower() for option in options]
        scores = score_by_logprobs(_folded(reply), words)
    else:
        scores = score_by_logprobs(reply, letters[: len(options)])
    return None if scores is None else round(min(1.0, scores[place]), 6)


def _folded(reply: Reply) -> Reply:
    """Yes, YES and yes are one word, and their probabilities add up."""
    return msgspec.structs.replace(reply, logprobs=tuple(map(_lower, reply.logprobs)))


def _lower(token: TokenLogprob) -> TokenLogprob:
    masses: dict[str, float] = {}
    listed = token.top or ((token.token, token.logprob),)
    for text, logprob in listed:
        word = text.strip().lower()
        masses[word] = masses.get(word, 0.0) + math.exp(min(logprob, 0.0))
    top = tuple((word, math.log(max(mass, 1e-300))) for word, mass in masses.items())
    return TokenLogprob(token.token.lower(), token.logprob, top)
