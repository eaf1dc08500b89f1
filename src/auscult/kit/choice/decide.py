"""Weighs everything an answer says of its options and comes to one reading."""

from __future__ import annotations

import re

from auscult.kit.choice import phrases
from auscult.kit.choice.forms import likeliest
from auscult.kit.choice.mentions import OUTSIDE, Mention, mentions
from auscult.kit.choice.options import Choices
from auscult.kit.choice.outcome import Reading, answered, invalid
from auscult.kit.choice.short import short_answer, stated_phrase, telling_word
from auscult.kit.choice.sieve import SIEVE
from auscult.kit.choice.silence import Silence, silence
from auscult.kit.choice.text import Text
from auscult.kit.choice.weight import DEDUCED, FINAL, STATED, Event, before, weigh_all

CAUSES = {FINAL: "final", STATED: "stated", DEDUCED: "deduced"}
_BACK_AGAIN = SIEVE.compile(
    r"\b(?:actually|wait|second thought|scratch|reconsider\w*|take (?:that|it) back|reflection|"
    r"mistake\w*|forget that)\b"
)
_WEAKENED = re.compile(
    r"\W*(?:(?:could|may|might|can|or)\b|(?:is|was|looks|seems|remains) "
    r"(?:also |a |an |quite |very )?"
    r"(?:tempting|attractive|plausible|possible|reasonable|common|popular|distractor|trap))"
)
_WAITS = re.compile(r"(?:wait|hold on|oops|correction|edit|hmm)")
_GOES_ON = re.compile(r"[\s,]*(?:or|and)\W*$")
_AFFIRMS = re.compile(
    r"\b(?:diagnosis|suggests?|consistent|indicat\w+|classic\w*|typical\w*|best|first-line|choice|"
    r"should|would|recommend\w*|points?|due to|caused?|this is|it is|it's|these are|must be|"
    r"i think|i believe|likely|probabl\w+|characteristic|explains?|confirms?|most|give|start|"
    r"treat\w*|is the|has|have|requires?|answer|appropriate|immediate\w*)\b"
)


def read_prose(text: Text, choices: Choices) -> Reading:
    short = short_answer(text, choices)
    if short is not None:
        return short
    found = mentions(text, choices)
    top = likeliest(text, found, choices)
    events = weigh_all(text, found, shares=top is not None)
    said = _commitment(text, choices, events)
    if said is not None:
        return said
    quiet = silence(text)
    if quiet and any(
        not e.refuted and not e.lettered and e.start < quiet.end and quiet.start < e.end
        for e in events
    ):
        quiet = None  # the doubt is an option: "cannot be determined"
    if top is not None and not (quiet and quiet.firm):
        quote = text.quote(found[0].start, found[-1].end)
        return answered(top[0], "likeliest", quote) if len(top) == 1 else invalid("several", quote)
    if quiet is not None:
        return Reading(quiet.kind, None, quiet.kind, _sentence(text, quiet.start, quiet.end))
    return _weakly(text, choices, events)


def _commitment(text: Text, choices: Choices, events: list[Event]) -> Reading | None:
    kept, withdrawn = _since_change(text, events)
    if withdrawn:
        if silence(text):
            return None
        return invalid("withdrawn", _sentence(text, withdrawn, withdrawn + 1))
    standing = [e for e in kept if not e.refuted and e.level >= DEDUCED]
    if not standing:
        return None
    top = max(e.level for e in standing)
    if top == DEDUCED or _may_be_spoken_over(text, standing[-1]):
        quiet = silence(text)
        if top == DEDUCED and quiet and quiet.firm and quiet.start > standing[-1].start:
            return None
        if quiet and _spoken_over(text, standing, quiet):
            return None
    last = standing[-1]
    if top == STATED and last.level == DEDUCED and _concludes(text, last):
        last.level = STATED  # "I would say D if ... But none of this applies, and so A."
    return _settled(text, choices, [e for e in standing if e.level >= min(top, STATED)])


def _may_be_spoken_over(text: Text, last: Event) -> bool:
    if last.start <= 4 and (not last.lettered or text.low[last.end : last.end + 2].strip() == ":"):
        return True
    return _BACK_AGAIN.search(text.low, last.end) is not None


def _spoken_over(text: Text, standing: list[Event], quiet: Silence) -> bool:
    """Whether a silence claims the word that looked like a choice: "No, I can't help", where the
    "no" belongs to the refusal; "A: I don't know", where the letter is the speaker's; or a choice
    taken back by not knowing after all."""
    last = standing[-1]
    if not quiet.firm or quiet.start < last.start:
        return False
    gap = text.low[last.end : quiet.start]
    if last.lettered:
        if re.fullmatch(r"\s*:\s*(?:\W|sorry|but|honestly|unfortunately|actually)*", gap):
            return last.start <= 2
    elif len(standing) == 1 and last.start <= 4 and len(gap) < 24 and last.end - last.start < 8:
        return True
    return bool(_BACK_AGAIN.search(gap) or phrases.TOOK_BACK.search(gap))


def _since_change(text: Text, events: list[Event]) -> tuple[list[Event], int]:
    """Drops what was said before a change of mind; second, where all was taken back."""
    firm: list[int] = []
    if phrases.BACK_TRIGGERS.stands_in(text.low):
        firm = [m.end() for m in phrases.TOOK_BACK.finditer(text.low)]
    named = [e for e in events if not e.refuted]
    if firm and named:
        later = [e for e in events if e.start >= firm[-1]]
        chosen = [e for e in later if not e.refuted]
        if any(e.level >= DEDUCED for e in chosen):
            return _soft_changes(text, later), 0
        if chosen and _linked(text, firm[-1], chosen[0]):
            chosen[0].level = STATED
            return _soft_changes(text, later), 0
        earlier = [e for e in named if e.start < firm[-1] and e.level >= STATED]
        if earlier and len(text.low) - firm[-1] < 400:
            return [], firm[-1]
    return _soft_changes(text, events), 0


def _soft_changes(text: Text, events: list[Event]) -> list[Event]:
    if len(events) < 2 or len({e.picks for e in events if not e.refuted}) < 2:
        return events
    for found in phrases.SOFT_BACK.finditer(text.low):
        events = _softly_changed(text, events, found)
    return events


def _softly_changed(text: Text, events: list[Event], found: re.Match[str]) -> list[Event]:
    """As in "A ... no, B": a small word takes back only where an option follows it at once."""
    earlier = [e for e in events if e.end <= found.start() and not e.refuted]
    later = [e for e in events if e.start >= found.end() - 1 and not e.refuted]
    if not earlier or not later:
        return events
    if (
        _WAITS.match(found[0])
        and later[-1].level >= DEDUCED
        and later[-1].picks != earlier[-1].picks
    ):
        return [e for e in events if e.start >= found.end() - 1]
    if later[0].picks == earlier[-1].picks:
        return events
    if not _linked(text, found.end(), later[0]) or later[0].start - found.end() > 60:
        return events
    if later[0].level < DEDUCED:
        later[0].level = STATED
    return [e for e in events if e.start >= found.end() - 1]


def _linked(text: Text, start: int, event: Event) -> bool:
    gap = text.low[start : event.start]
    if len(gap) > 60 or not phrases.LINK_BACK.match(gap):
        return False
    return event.level >= DEDUCED or bool(
        re.match(
            r"[\s*\"')\]]*(?:$|[.,;:!\n-]|because|since|as|is\b|after all)",
            text.low[event.end : event.end + 12],
        )
    )


def _settled(text: Text, choices: Choices, standing: list[Event]) -> Reading:
    """One option out of those that stand at the highest level of commitment."""
    top = max(e.level for e in standing)
    last = standing[-1]
    finals = [e for e in standing if e.level == FINAL]
    if finals:
        standing = [e for e in standing if e.start >= finals[-1].start or e.picks == last.picks]
        last = finals[-1]
        if len({e.picks for e in finals}) > 1:
            return invalid("contradiction", text.quote(last.start, last.end))
    differing = [e for e in standing if e.picks != last.picks and not _narrowed(e, last)]
    if differing and not _outweighs(text, differing, last, top):
        return invalid("contradiction", text.quote(last.start, last.end))
    quote = text.quote(last.start, last.end)
    if len(last.picks) > 1:
        return _several(choices, set(last.picks), quote)
    if last.clash:
        return invalid("mismatch", quote)
    if last.picks[0] == OUTSIDE:
        return invalid("not-an-option", quote)
    if _GOES_ON.match(text.low[last.end : last.end + 12]):
        return invalid("cut-off", quote)
    return answered(last.picks[0], CAUSES[top], quote)


def _several(choices: Choices, picks: set[int], quote: str = "") -> Reading:
    """Several options are no choice, unless one option is just that ("both A and B")."""
    place = choices.compound.get(frozenset(picks))
    return invalid("several", quote) if place is None else answered(place, "text", quote)


def _narrowed(earlier: Event, last: Event) -> bool:
    return len(earlier.picks) > 1 and set(last.picks) < set(earlier.picks)


def _outweighs(text: Text, differing: list[Event], last: Event, top: int) -> bool:
    if any(e.start > last.start for e in differing):
        return False
    if last.level > max(e.level for e in differing):
        return True
    return last.level == top and _concludes(text, last)


def _concludes(text: Text, event: Event) -> bool:
    start = text.sentence(event.start)[0]
    if phrases.CONCLUDES.search(text.low, start, event.start):
        return True
    line_start, line_end = text.line(event.start)
    alone = text.low[line_end:].strip(" \n*_.`'\"$") == "" and line_end - line_start < 60
    return alone and line_start > 80


def _weakly(text: Text, choices: Choices, events: list[Event]) -> Reading:
    """No statement: an announced phrase, elimination, or the only option named."""
    announced = stated_phrase(text, choices)
    if announced is not None:
        return announced
    refuted = {p for e in events if e.refuted for p in e.picks if p != OUTSIDE}
    named = {p for e in events if not e.refuted for p in e.picks if p != OUTSIDE}
    enough = choices.count > 2 or "the other" in text.low
    if enough and len(refuted) == choices.count - 1 and named <= _rest(refuted, choices):
        return answered(_rest(refuted, choices).pop(), "elimination")
    return _only_named(text, choices, events, named - refuted)


def _rest(refuted: set[int], choices: Choices) -> set[int]:
    return set(range(choices.count)) - refuted


def _only_named(text: Text, choices: Choices, events: list[Event], named: set[int]) -> Reading:
    if not events:
        return telling_word(text, choices) or invalid("no-option-named")
    if not named:
        outside = all(e.picks == (OUTSIDE,) for e in events)
        return invalid("not-an-option" if outside else "all-turned-down")
    if len(named) > 1:
        return _several(choices, named) if text.words < 12 else invalid("several")
    event = next(e for e in events if set(e.picks) & named and not e.refuted)
    if event.clash:
        return invalid("mismatch", text.quote(event.start, event.end))
    if _trails_off(text) or phrases.NONE_FITS.search(text.low):
        return invalid("cut-off" if _trails_off(text) else "none-fits")
    if not _asserted(text, event):
        return invalid("no-commitment", text.quote(event.start, event.end))
    return answered(named.pop(), "only-named", text.quote(event.start, event.end))


def _asserted(text: Text, event: Event) -> bool:
    """A sole mention is a choice where its sentence affirms something, and is no question."""
    start, end = text.sentence(event.start)
    if text.low[start:end].rstrip().endswith("?") and text.words > 4:
        return False
    if _WEAKENED.match(text.low, event.end):
        return False
    left = before(text, Mention(event.start, event.end, event.picks, event.lettered))
    if any(
        doubt.search(left) for doubt in (phrases.SUPPOSED, phrases.CONCEDED, phrases.OTHERS_SAY)
    ):
        return False
    if re.search(r"(?<!, )\b(?:not|never)\b(?! only)|n't\b", text.low[event.end : end]):
        return False
    if phrases.AT_FIRST.search(left) or re.search(r"\b(?:consider|history of|allerg)", left):
        return False
    return text.words <= 60 or bool(_AFFIRMS.search(text.low, start, end))


def _trails_off(text: Text) -> bool:
    ending = text.low.rstrip()
    tail = ending[-120:]
    if phrases.PROMISED.search(tail):
        return True
    return bool(phrases.CUT_OFF.search(tail)) and text.words > 3


def _sentence(text: Text, start: int, end: int) -> str:
    low, _ = text.sentence(start)
    return text.quote(max(low, start - 60), end, room=0) or text.quote(start, end)
