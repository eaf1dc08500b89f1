"""A question about a picture or a vignette in its three forms, and how each is put to a target.

*Yes-no* questions are asked in words and not as letters: a letter would hide what a constant
"yes" scores. *Multiple-choice* ones are `kit.mcq`'s. *Open* ones ask for a short answer. The
question comes first and the instruction last.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal, get_args

from auscult.core.case import Case
from auscult.core.message import Content, ImagePart, Message, TextPart, user
from auscult.kit import mcq

Form = Literal["yes-no", "multiple-choice", "open"]
FORMS: tuple[Form, ...] = get_args(Form)
YES_NO = ("yes", "no")
_YES_NO = (
    "Answer yes or no, with that one word. "
    'If you cannot tell, you may reply "I don\'t know" instead.'
)
_OPEN = 'Answer in one or two sentences. If you cannot tell, you may reply "I don\'t know" instead.'


def form_of(case: Case) -> Form:
    """As the loader says in the task; where it does not, as the options say."""
    if case.brief.task in FORMS:
        return case.brief.task
    if tuple(option.strip().lower() for option in case.options) == YES_NO:
        return "yes-no"
    return "multiple-choice" if case.options else "open"


def judge_of(form: Form) -> str:
    """The judge that reads this form's answers."""
    return {"yes-no": "yes-no", "multiple-choice": "choice", "open": "open-answer"}[form]


def prompt_of(
    case: Case, form: Form, shown: Sequence[str] = (), *, letters: str = mcq.LETTERS
) -> str:
    """What is asked; `shown` are the options in the order shown (multiple choice only)."""
    if form == "multiple-choice":
        return mcq.render(case.text, shown, letters=letters)
    return f"{case.text.strip()}\n\n{_YES_NO if form == 'yes-no' else _OPEN}"


def with_pictures(text: str, parts: Sequence[ImagePart]) -> Content:
    """Pictures first: that order is the commonest of those models were trained with."""
    return (*parts, TextPart(text)) if parts else text


def asked(
    case: Case,
    form: Form,
    shown: Sequence[str] = (),
    parts: Sequence[ImagePart] = (),
    *,
    letters: str = mcq.LETTERS,
) -> tuple[Message, ...]:
    """The whole conversation up to the question."""
    text = prompt_of(case, form, shown, letters=letters)
    return (*case.messages, user(with_pictures(text, parts)))


def facts_of(
    case: Case, form: Form, order: Sequence[int] = (), *, letters: str = mcq.LETTERS
) -> dict[str, Any]:
    """What a judge may know of a closed question. `key` is the place of the right option as shown,
    -1 where the case has none; yes-no questions are always (yes, no)."""
    if form == "open":
        return {"reference": case.brief.reference, "rubric": list(case.brief.rubric)}
    places = tuple(order) or tuple(range(len(case.options)))
    key = case.brief.key
    return {
        "options": [case.options[place] for place in places],
        "letters": letters[: len(places)],
        "key": -1 if key is None else places.index(key),
        "scoring": "text",
    }
