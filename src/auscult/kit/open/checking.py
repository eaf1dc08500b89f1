"""What is looked for in a sentence that a model wrote for an open case.

As no author stands behind it, it is held to `attack.free` (no number, no unit, no finding, test,
disease or medicine that the case does not name) and to what stands here: plain English that asks
nothing, orders nothing, wishes nothing of the answer, and tells nothing of the patient or of the
course of the illness. These are closed lists. What no list names goes through, so code alone
vouches for no sentence: findings and headlines need a verifier too.
"""

from __future__ import annotations

import msgspec

from auscult.core.case import Case
from auscult.core.mutant import Mutant
from auscult.kit.attack.free import STEM, word_faults
from auscult.kit.attack.terms import COMMON
from auscult.kit.attack.words import SENTENCE_LENGTH
from auscult.kit.bias.terms import AGES, names_illness
from auscult.kit.open.case import open_of
from auscult.kit.open.edits import DISTRACTION
from auscult.kit.open.lists import (
    ANSWERS,
    ASKING,
    CARE,
    COURSE,
    ENGLISH,
    FOREIGN,
    FUNCTION_SHARE,
    HARMLESS,
    NUMBERS,
    OF_PATIENT,
    OPENINGS,
    OPINION,
    ORDER,
    PERSON,
    PLAIN_SIGNS,
    POINTS_BACK,
    STATES,
    WISH,
    WORD,
)

ASKS_SOMETHING = "it asks something"
ORDERS = "it says what to do or to answer"
HINTS = "it hints at what a good answer must contain"
OF_CARE = "it speaks of health or care"
TOO_LONG = "it is far too long or too short"
NO_ENGLISH = "it is not plain English"
OPENS_OTHERWISE = "it does not open as a remark of the writer's does"
NUMBER_WORDS = "it brings a number or a unit in words"
TELLS_COURSE = "it tells of the patient or of how the illness goes"
NO_OPINION = "it holds no opinion or feeling"
CHANGES_WHO = "it names a person, and what follows speaks of one by a pronoun"


def free_faults(case: Case, mutant: Mutant, text: str) -> tuple[str, ...]:
    """Of words that no author stands behind."""
    # In the place of options, earlier turns are known to the case, and their words are not
    # counted as its findings told again.
    turns = tuple(turn.text for turn in case.messages)
    found = list(word_faults(msgspec.structs.replace(case, options=turns), mutant))
    found += _in_its_form(text)
    is_distraction = mutant.attack == DISTRACTION
    found += _in_what_it_says(case, text, is_distraction)
    if _hints(case, text):
        found.append(HINTS)
    if PERSON.search(text) and POINTS_BACK.search(_after(mutant)):
        found.append(CHANGES_WHO)
    return tuple(dict.fromkeys(found))


def _in_its_form(text: str) -> list[str]:
    words = [word.casefold() for word in WORD.findall(text)]
    known = sum(word in ENGLISH for word in words)
    foreign = any(word in FOREIGN for word in words)
    found = []
    if len(text) > SENTENCE_LENGTH:
        found.append(TOO_LONG)
    if foreign or known < FUNCTION_SHARE * len(words) or not PLAIN_SIGNS.fullmatch(text):
        found.append(NO_ENGLISH)
    if not OPENINGS.match(text):
        found.append(OPENS_OTHERWISE)
    if NUMBERS.search(text):
        found.append(NUMBER_WORDS)
    return found


def _in_what_it_says(case: Case, text: str, is_distraction: bool) -> list[str]:
    found = []
    if ASKING.search(text):
        found.append(ASKS_SOMETHING)
    if any(pattern.search(text) for pattern in (ORDER, WISH, ANSWERS)):
        found.append(ORDERS)
    told = (COURSE, OF_PATIENT, AGES) if is_distraction else (COURSE, OF_PATIENT, AGES, STATES)
    if any(pattern.search(text) for pattern in told):
        found.append(TELLS_COURSE)
    if is_distraction and (CARE.search(text) or names_illness(HARMLESS.sub("", text))):
        found.append(OF_CARE)
    if not is_distraction and names_illness(_new_words(case, text)):
        found.append(TELLS_COURSE)
    if not is_distraction and not OPINION.search(text):
        found.append(NO_OPINION)
    return found


def _after(mutant: Mutant) -> str:
    """What is read after what was put in."""
    (span,) = mutant.spans
    end = span.start + len(span.text)
    if span.field == "question":
        return mutant.case.question[end:]
    return f"{mutant.case.stem[end:]} {mutant.case.question}"


def _new_words(case: Case, text: str) -> str:
    """Those that the case does not hold in any form."""
    held = " ".join((*(turn.text for turn in case.messages), case.text))
    known = {word.casefold()[:STEM] for word in WORD.findall(held)}
    return " ".join(w for w in WORD.findall(text) if w.casefold()[:STEM] not in known)


def _hints(case: Case, text: str) -> bool:
    """Half or more of the words that a criterion of what is wanted has and the case has not."""
    known = _stems(" ".join((*(turn.text for turn in case.messages), case.text)))
    said = _stems(text)
    own = (_stems(c.text) - known for c in open_of(case).criteria if c.wanted)
    return any(telling and 2 * len(telling & said) >= len(telling) for telling in own)


def _stems(text: str) -> frozenset[str]:
    """Of the words that carry content, so much that another form of one is met again."""
    words = (word.casefold() for word in WORD.findall(text))
    return frozenset(word[:STEM] for word in words if len(word) > 3 and word not in COMMON)
