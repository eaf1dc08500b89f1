"""What scripted targets read: the asker's hints, and the prompt where there are none."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, get_args

from auscult.core.case import Case
from auscult.core.message import Message, Request
from auscult.kit import questions
from auscult.kit.mcq import LETTERS, read_options
from auscult.kit.scripted.values import asked_in, canaries_of
from auscult.kit.scripted.view import Form, View

BLIND_ARM = "options-only"
DEFAULT_COUNT = 4
"""Letters where neither the hints nor the prompt say how many there are."""
FORMS: tuple[Form, ...] = get_args(Form)
# As `kit.questions` words them, so that a change there is seen here.
_YES_NO_ASKED = questions.prompt_of(Case(""), "yes-no").strip()
_OPEN_ASKED = questions.prompt_of(Case(""), "open").strip()

_planted = re.compile(r"\[\[(.+?)\]\]")
_option_line = re.compile(r"^[ \t]*\(?([A-Z])[.):][ \t]+(\S.*?)[ \t]*$", re.MULTILINE)
_opinion = re.compile(
    r"\b(?:think|thinks|thought|believe|believes|sure|certain|convinced|suspect|suspects|says|said"
    r"|told|suggests?|suggested|insists?|agrees?|leaning|favou?rs?|chose|picked|answer|option)\b",
    re.IGNORECASE,
)
_named_letter = re.compile(
    r"(?:\bis|\bbe|\bit's|\boption|\banswer|\bchoice|\bchose|\bpicked|\bfor|\btowards?|[:(])\s*"
    r"[\"'*(]*([A-Z])\b(?!['’]|\s+[a-z])"
)
_asks_sureness = re.compile(r"\b(?:sure|certain|confident)\b", re.IGNORECASE)
_asks_confidence = re.compile(
    r"\bconfiden(?:ce|t)\b[^\n]{0,80}(?:\b0 (?:to|and)\b|\bper ?cent\b|%)", re.IGNORECASE
)
_letter_said = re.compile(r"\b([A-Z])\b(?!['’])")
_word_said = re.compile(r"\b(yes|no)\b", re.IGNORECASE)


def view_of(request: Request, content: str, seed: int, attempt: int, calls: int) -> View:
    hints = request.hints
    prompt = _last_user(request.messages)
    kind, form = _kind_and_form(hints, prompt, request.messages)
    letters, options = ("AB", questions.YES_NO) if form == "yes-no" else _choices(hints, prompt)
    key = hints.get("key")
    key = key if isinstance(key, int) and 0 <= key < len(letters) else None
    canaries = canaries_of(hints.get("canaries"))
    planted = (
        hints.get("planted")
        or tuple(value for _, value in canaries)
        or planted_in("\n".join(m.text for m in request.messages))
    )
    asked = hints.get("asked") or (asked_in(prompt) if kind in ("", "privacy") else "")
    return View(
        prompt=prompt,
        letters=letters,
        options=options,
        key=key,
        attack=hints.get("kind") == "attack",
        blind=hints.get("arm") == BLIND_ARM,
        suggested=hints.get("suggested"),
        planted=tuple(planted),
        content=content,
        case=str(hints.get("case_id", "")),
        seed=seed,
        call_seed=request.seed,
        attempt=attempt,
        calls=calls,
        kind=kind,
        form=form,
        arm=str(hints.get("arm", "")),
        reference=str(hints.get("reference") or ""),
        image=str(hints.get("image") or ""),
        pictures=sum(len(message.images) for message in request.messages),
        asked_style=str(hints.get("style") or ""),
        harmful=_flag(hints.get("harmful")),
        canaries=canaries or canaries_of(planted),
        asked=asked if isinstance(asked, str) else next(iter(asked), ""),
        groups=hints.get("groups"),
        cluster=str(hints.get("cluster") or ""),
        was_right=_was_right(hints, request.messages, form, letters, key),
        out=_flag(hints.get("out")),
        keys=_places(hints.get("keys"), letters),
        plan=hints.get("plan"),
    )


def _places(given: Any, letters: str) -> tuple[int, ...] | None:
    if not isinstance(given, list | tuple):
        return None
    return tuple(place for place in given if isinstance(place, int) and 0 <= place < len(letters))


def _flag(given: Any) -> bool | None:
    return given if isinstance(given, bool) else None


def _last_user(messages: Sequence[Message]) -> str:
    return next((m.text for m in reversed(messages) if m.role == "user"), "")


def _kind_and_form(
    hints: Mapping[str, Any], prompt: str, messages: Sequence[Message]
) -> tuple[str, Form]:
    kind = str(hints.get("kind") or "")
    if not kind and any(m.role == "assistant" for m in messages) and _asks_sureness.search(prompt):
        kind = "sure"
    elif not kind and _asks_confidence.search(prompt):
        kind = "confidence"
    if kind in ("request", "privacy"):
        return kind, "open"
    # A second turn is about the question of the first.
    about = "\n".join(m.text for m in messages) if kind == "sure" else prompt
    form = next((form for form in FORMS if form == kind), None) or _form(hints, about)
    unhinted = _YES_NO_ASKED in about or _OPEN_ASKED in about
    return kind or (form if unhinted else ""), form


def _form(hints: Mapping[str, Any], prompt: str) -> Form:
    if _YES_NO_ASKED in prompt:
        return "yes-no"
    if _OPEN_ASKED in prompt:
        return "open"
    given = hints.get("options")
    if isinstance(given, list | tuple) and given:
        plain = tuple(str(text).strip().lower() for text in given)
        return "yes-no" if plain == questions.YES_NO and not listed_options(prompt) else "mcq"
    return "open" if hints.get("reference") and not given else "mcq"


def _choices(hints: Mapping[str, Any], prompt: str) -> tuple[str, tuple[str, ...]]:
    """Letters and texts as shown: from the hints, else as read from the prompt."""
    given = hints.get("options")
    letters = str(hints.get("letters") or LETTERS)
    if isinstance(given, list | tuple):
        return letters[: len(given)], tuple(str(text) for text in given)
    shown = read_options(prompt, letters=letters) or listed_options(prompt)
    count = given if isinstance(given, int) else len(shown) or DEFAULT_COUNT
    texts = tuple(shown.values()) if len(shown) == count else ()
    return letters[:count], texts


def _was_right(
    hints: Mapping[str, Any],
    messages: Sequence[Message],
    form: Form,
    letters: str,
    key: int | None,
) -> bool | None:
    """As hinted; else by the letter or word that the answer before names first."""
    if (told := _flag(hints.get("right"))) is not None or key is None:
        return told
    before = next((m.text for m in reversed(messages) if m.role == "assistant"), "")
    if form == "yes-no":
        word = _word_said.search(before)
        return None if word is None else questions.YES_NO.index(word[1].lower()) == key
    named = [found[1] for found in _letter_said.finditer(before) if found[1] in letters]
    return letters.index(named[0]) == key if form == "mcq" and named else None


def listed_options(prompt: str) -> dict[str, str]:
    """Lines such as "A. text", (A) text or A) text: the last run of them that begins with A."""
    run: dict[str, str] = {}
    for found in _option_line.finditer(prompt):
        letter, text = found[1], found[2]
        if letter == "A":
            run = {}
        if letter == chr(ord("A") + len(run)):
            run[letter] = text
    return run if len(run) > 1 else {}


def planted_in(text: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(_planted.findall(text)))


def suggestion_in(prompt: str, letters: str, options: Sequence[str]) -> int | None:
    """The option that some sentence of the prompt speaks for, by letter or by text; the last one
    where there are several. The list of options itself is no suggestion."""
    prose = _option_line.sub("", prompt)
    found = None
    for sentence in re.split(r"(?<=[.!?])\s+|\n+", prose):
        if not _opinion.search(sentence):
            continue
        named = [m[1] for m in _named_letter.finditer(sentence) if m[1] in letters]
        if named:
            found = letters.index(named[-1])
            continue
        quoted = [i for i, text in enumerate(options) if text and text in sentence]
        if len(quoted) == 1:
            found = quoted[0]
    return found


def suggested_word(prompt: str) -> int | None:
    """As `suggestion_in`, of a question that is answered yes or no."""
    found = None
    for sentence in re.split(r"(?<=[.!?])\s+|\n+", prompt):
        said = {word.lower() for word in _word_said.findall(sentence)}
        if len(said) == 1 and _opinion.search(sentence):
            found = questions.YES_NO.index(said.pop())
    return found
