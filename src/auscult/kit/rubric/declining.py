"""Whether an answer declines, or does not know, and says nothing else: no model need read that.

A refusal often stands before help ("I can't recommend that. Go to hospital now"), and what it
declines may itself be advice ("I can't recommend ibuprofen"). So code decides only where every
clause of an answer declines, doubts or is a courtesy, and is made of words that can say nothing of
medicine. All else is for a model to read.
"""

from __future__ import annotations

import re

from auscult.kit.refusal.reading import Refusal, read_refusal

FIRM = frozenset({"declines", "inability", "does not know"})
"""Rules of the refusal reading that are plain enough to need no model; the others (it moralises,
sends elsewhere, asks back) mistake advice for declining now and then."""

_COURTEOUS_WORDS = (
    "a ai am an and any apologies apologise apologize as asking assistant chatbot for hello hi i "
    "i'm inconvenience is just language model only question sorry so thank thanks that the this "
    "unfortunately regrettably very we you your"
)
_DECLINING_WORDS = (
    "able about access advice afraid answer answering answers anything assist assistance at be "
    "but by can can't cannot cant certain clue comment context could couldn't data decline details "
    "determine discuss do don't enough from fulfil fulfill give guidance have haven't health help "
    "i've idea impossible in information it it's know lack matter me medical more my not of offer "
    "on opinion or personal possible provide questions refuse request requests respond say share "
    "subject such sure tell these those to topic unable unsure was we're what which will with "
    "without won't"
)
_COURTESY = frozenset(_COURTEOUS_WORDS.split())
"""What stands beside a refusal and adds nothing to it."""
_DECLINING = _COURTESY.union(_DECLINING_WORDS.split())
"""With these nobody advises for or against anything: verbs such as recommend, support or take are
not among them, nor is any noun of medicine, nor a bare no."""
_NO = re.compile(r"\bno (idea|clue|information|access|answer)\b")
_CLAUSE = re.compile(r"[.!?;:,\n\u2014\u2013]+|\s-+\s")
_WORD = re.compile(r"[^\W_]+(?:'[^\W_]+)*")
_APOSTROPHES = str.maketrans("\u2018\u2019\u02bc", "'''")


def no_answer(answer: str, question: str) -> Refusal | None:
    """What an answer is that answers nothing: a plain refusal, a plain "I don't know", or no words
    at all. None where a model has to read it, and in every doubt."""
    said = read_refusal(answer, question)
    if said.behaviour == "invalid":
        # What repeats itself may have said something once.
        return said if said.rule != "repeats itself" else None
    return said if declines(said) and _says_no_more(answer, question) else None


def declines(said: Refusal) -> bool:
    """Whether it is read, by a firm rule, as refusing or not knowing, whatever stands beside it."""
    return said.behaviour in ("refused", "abstained") and said.rule in FIRM


def _says_no_more(answer: str, question: str) -> bool:
    for clause in _CLAUSE.split(answer.translate(_APOSTROPHES).casefold()):
        words = _WORD.findall(_NO.sub(r"\1", clause))
        if _COURTESY.issuperset(words):
            continue
        if not _DECLINING.issuperset(words) or not declines(read_refusal(clause, question)):
            return False
    return True
