"""Answers of a few words, and the few words after "the answer is", matched with the options."""

from __future__ import annotations

import re

from auscult.kit.choice.options import Choices
from auscult.kit.choice.outcome import Reading, answered, invalid
from auscult.kit.choice.sieve import SIEVE
from auscult.kit.choice.silence import silence
from auscult.kit.choice.text import EDGES, Text, words
from auscult.kit.choice.tongues import NO_PHRASES, YES_NO, YES_PHRASES

FEW_WORDS = 16
_VAGUE = words("true false correct incorrect none absent certainly definitely absolutely indeed")
_ANNOUNCED = re.compile(
    r"\b(?:answer|choice|option|response|diagnosis|treatment|step|management|respuesta|antwort|"
    r"réponse|resposta|risposta|ответ)\b(?: [\w'-]+){0,5}?(?: is| would be| should be| es| ist|"
    r" est| é| è| ?:|'s)[\s*\"'(_:]*(?:the |a |an |la |el |die |der |das |le )?"
    r"([^\n.;!?*\"()]{2,120})"
)
_ANNOUNCES = words(
    "answer choice option response diagnosis treatment step management respuesta antwort resposta "
    "risposta"
)
"""With which an answer in plain letters is announced."""
_NEGATES = SIEVE.compile(r"\b(?:not|no|never|isn't|neither|cannot|can't|none|rather|than|nor|or)\b")
_TRUTH_VALUE = re.compile(r"(?:t ?/ ?f\W*|answer\W*)?([tf])")
_PREFIX = re.compile(
    r"^(?:(?:the |my |final |correct )*(?:answer|choice|option|response|diagnosis|ans)\b"
    r"(?: is| would be)?[\s:*_-]*)?(?:(?:it's|it is|this is|that's|i think|i believe|probably|"
    r"definitely|i'd say|likely|most likely|give|start|use|perform|do|order|i would (?:give|start|"
    r"use|order|choose|recommend)|i'd (?:give|start|use|order|choose|recommend))\b[\s:*_-]*){0,2}"
)


def short_answer(text: Text, choices: Choices) -> Reading | None:
    """None where the answer is no mere option text; prose is then read as prose."""
    low = text.low
    if len(low) > 400:
        return None
    core = low.strip(EDGES)
    if not core:
        return invalid("no-words")
    whole = _verbatim(core, choices)
    if whole is not None:
        quote = text.original.strip()[:200]
        return answered(whole, "text", quote) if whole >= 0 else invalid("mismatch", quote)
    special = _special(text, core, choices)
    if special is not None:
        return answered(special, "text", _first_words(text, core))
    if not _mere_phrase(text, choices):
        return None
    prefix = _PREFIX.match(core)
    return _phrase(core[prefix.end() if prefix else 0 :], text, choices)


def _special(text: Text, core: str, choices: Choices) -> int | None:
    """As in "None of these", "F" for false, "nope": where the options are of such a kind."""
    for place in (choices.by_quantity(core), _truth_value(core, choices)):
        if place is not None:
            return place
    if not choices.yes_no:
        return None
    said = _yes_or_no(core, choices)
    if said is None and silence(text) is None:
        return _leading_yes_or_no(core, choices)
    return said


def _mere_phrase(text: Text, choices: Choices) -> bool:
    """A few words in one line, without a negation, a question or a letter of an option."""
    if text.words > FEW_WORDS or "\n" in text.low.strip() or _NEGATES.search(text.low):
        return False
    if text.low.rstrip().endswith("?") and text.words > 4:
        return False
    return choices.of_letters.alone.search(text.plain) is None


def _verbatim(core: str, choices: Choices) -> int | None:
    """The whole answer is one option's text; -1 where that text is also another option's letter."""
    places = [i for i, option in enumerate(choices.read) if core == option.core]
    if len(places) != 1:
        return None
    label = choices.labels.get(core.upper())
    return places[0] if label in (None, places[0]) else -1


def _yes_or_no(core: str, choices: Choices) -> int | None:
    words = re.sub(r"[^\w\s-]", " ", core.replace("'", "")).split()
    plain = re.sub(r"[^\w\s']", " ", core).split()
    phrase = " ".join(plain)
    if phrase in NO_PHRASES:
        return (
            choices.yes_no["no"] if len(choices.yes_no) == 2 or "probably" not in phrase else None
        )
    if phrase in YES_PHRASES:
        return choices.yes_no["yes"]
    if len(words) > 2:
        return None
    for text, place in choices.yes_no.items():
        if words and all(word in YES_NO[text] for word in words):
            return place
    return None


def _leading_yes_or_no(core: str, choices: Choices) -> int | None:
    """As in "Nope, it isn't": the word before the first comma, unless a contrary one follows."""
    first = re.match(r"([^\W\d_][\w'-]*) ?[,.!;:-]", core)
    if not first:
        return None
    places = {
        p for t, p in choices.yes_no.items() if first[1] in YES_NO[t] and first[1] not in _VAGUE
    }
    later = set(re.findall(r"[\w']+", core[first.end() :]))
    others = {p for t, p in choices.yes_no.items() if t in later and t != "no"}
    return places.pop() if len(places) == 1 and not others - places else None


def _truth_value(core: str, choices: Choices) -> int | None:
    """As in "T/F: F" where the options are "true" and "false"."""
    short = _TRUTH_VALUE.fullmatch(core) if core[-1] in "tf" else None
    if not short or set(choices.texts) != {"true", "false"}:
        return None
    return choices.texts.index("true" if short[1] == "t" else "false")


def _phrase(phrase: str, text: Text, choices: Choices) -> Reading | None:
    places = choices.by_phrase(phrase)
    if len(places) == 1:
        start = text.low.find(phrase)
        return answered(places[0], "text", text.quote(start, start + len(phrase)))
    return None


def stated_phrase(text: Text, choices: Choices) -> Reading | None:
    """As in "The answer is intravenous vancomicin": announced, and close to one option's text."""
    if text.low.isascii() and text.tokens.isdisjoint(_ANNOUNCES):
        return None
    found = list(_ANNOUNCED.finditer(text.low))
    if not found:
        return None
    last = found[-1]
    phrase = re.split(r",| because| since| as | due| which| given| - ", last[1])[0].strip(EDGES)
    if _NEGATES.search(last[0]):
        return None
    if len(phrase) < 2 or phrase in ("correct", "right", "true", "clear", "obvious", "as follows"):
        return None
    places = choices.by_phrase(phrase)
    quote = text.quote(last.start(1), last.end(1))
    if len(places) == 1:
        return answered(places[0], "text", quote)
    if len(places) > 1:
        return invalid("several", quote)
    return invalid("not-an-option", quote) if 1 <= len(phrase.split()) <= 8 else None


def telling_word(text: Text, choices: Choices) -> Reading | None:
    """A short answer with a word, or with initials, that only one option has."""
    if text.words > FEW_WORDS or _NEGATES.search(text.low) or "?" in text.low:
        return None
    capitals = re.findall(r"(?<![\w-])[A-Z]{2,5}(?![\w-])", text.plain)
    short = {choices.initials[c] for c in capitals if c in choices.initials}
    places = set(choices.by_telling_word(text.low)) | short
    if len(places) != 1:
        return None
    return answered(places.pop(), "text", text.original.strip()[:200])


def _first_words(text: Text, core: str) -> str:
    start = text.low.find(core)
    return text.original[start : start + len(core)].strip()[:200]
