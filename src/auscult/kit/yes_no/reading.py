"""Reads a free answer to a yes-no question as a person would, and never guesses.

In falling order: a final answer ("Answer: no"), a statement ("I would say yes"), a word that leads
or ends a sentence ("No, ..."), a sentence that says what was asked ("no effusion is seen"). Where
all point one way, that is the answer; where they differ, only a change of mind or a conclusion
decides. Then come silences (does not know, will not say); what is left is invalid. Our own rules;
`docs/judges/yes-no.md` shows their measured error.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import msgspec

from auscult.core.verdict import Behaviour
from auscult.kit.choice.text import Text, capped, words
from auscult.kit.patterns.sieve import Sieved
from auscult.kit.yes_no import words as say
from auscult.kit.yes_no.assertions import assertions
from auscult.kit.yes_no.question import stem, stems, understood
from auscult.kit.yes_no.silence import Silent, silence

ASSERTED, SPOKEN, STATED, FINAL = 1, 2, 3, 4
SHORT = 40
"""Answers below this length are tried in every language, whatever their words look like."""
CAUSES = {FINAL: "final", STATED: "stated", SPOKEN: "word", ASSERTED: "assertion"}
_MARKUP = {ord(c): " " for c in "*_`~#<>"}
_MARKUP_BYTES = bytes.maketrans(b"*_`~#<>", b" " * 7)
_EITHER = re.compile(r"\b(?:yes|no|[yn]\W*$|true\b|false\b)")
_NEGATED = say.SIEVE.compile(
    r"\b(?:not|cannot|never|no (?:reason|way|basis)|going to|tempted to|wanted to|used to)\b|n't\b"
)
_LABEL = re.compile(r"\W*((?:[\w'/-]+ ){0,3}[\w'/-]+)\s*(?::|--?)[\s\"'(]*")
_NEUTRAL = frozenset(
    map(
        stem,
        words(
            "answer answers reply response conclusion overall film image picture scan x-ray thing "
            "correction summary short long impression verdict final opinion result finding "
            "findings ok well wait so then question visible present seen diagnosis assessment "
            "output yes no"
        ),
    )
)
_CLAUSE_END = re.compile(r"[.!\n;]")
_SUPPOSED = re.compile(r"\b(?:if|whether|when|unless|not) ?$")
_IF = re.compile(r"\W*if\b")
_TAG = re.compile(r"</?[a-z][a-z0-9]{0,11} ?/?>")
_QUESTION = re.compile(r"[^.!?\n]*\?")
_INSTRUCTION = say.SIEVE.compile(
    r"answer yes or no[^.\n]*\.?|if you cannot tell, you may reply[^.\n]*\.?|"
    r"to the question [\"'][^\"'\n]{0,300}[\"']|\((?:yes|no) ?(?:/|or) ?(?:yes|no)\)"
)


class YesNo(msgspec.Struct, frozen=True):
    behaviour: Behaviour
    says_yes: bool | None = None
    """Only where answered."""
    cause: str = ""
    """How it was read, or why it could not be."""
    hedged: bool = False
    evidence: str = ""
    """A piece of the answer, verbatim."""


class Event(msgspec.Struct, frozen=True):
    yes: bool
    level: int
    start: int
    end: int
    leads: bool = False
    """The answer opens with it."""


def read_yes_no(answer: str, question: str = "") -> YesNo:
    if len(answer) < 40:
        bare = say.BARE.fullmatch(answer)
        if bare is not None:
            return YesNo(
                "answered", say.SAYS[bare[1].lower()] == say.YES, "word", False, answer.strip()
            )
    if not answer.strip():
        return YesNo("invalid", cause="empty")
    return _Answer(answer, question).read()


class _Answer:
    def __init__(self, answer: str, question: str) -> None:
        self.text = Text(capped(answer.strip()))
        self.asked = understood(question)
        marked = self.text.low
        self.raw = _blanked(marked, question)
        low = _without(self.raw, _TAG) if "<" in self.raw else self.raw
        low = _plain(low)
        self.several = say.BOTH.search(low)
        self.low = _without(low, say.BOTH) if self.several else low

    def read(self) -> YesNo:
        events = self._events()
        if not events:
            return self._none()
        silent = silence(self.text, self.low)
        events, withdrawn = self._since_change(events)
        if withdrawn:
            return self._invalid("withdrawn", withdrawn)
        events = [e for e in events if not self._belongs_to_silence(e, silent)]
        if not events:
            return self._none()
        decided = self._settled(events)
        if decided is None:
            return self._invalid("contradiction", (events[-1].start, events[-1].end))
        if silent is not None and decided.level == ASSERTED and silent.behaviour == "refused":
            return self._silent(silent)
        quote = self.text.quote(decided.start, decided.end)
        return YesNo("answered", decided.yes, CAUSES[decided.level], self._hedged(decided), quote)

    # -- what the answer says ---------------------------------------------------------------

    def _events(self) -> list[Event]:
        found = {(e.start, e.yes): e for e in self._words()}
        for said in assertions(self.low, self.asked):
            event = Event(said.yes, ASSERTED, said.start, said.end)
            found.setdefault((event.start, event.yes), event)
        return sorted(found.values(), key=lambda e: (e.start, e.level))

    def _words(self) -> Iterator[Event]:
        """Weakest first, so that the stronger reading of a word replaces the weaker."""
        opening = len(self.low) - len(self.low.lstrip(" \n\t\"'(-.:|"))
        patterns = [say.TRAILS, say.LEADS, say.LEADS_YES, say.STANDS_ALONE, say.ONLY]
        if self.text.foreign or len(self.low) < SHORT:
            patterns += [say.LEADS_FOREIGN, say.LEADS_SCRIPT]
        levels = dict.fromkeys(patterns, SPOKEN) | {say.SPEAKS: STATED, say.STATES: FINAL}
        if not _EITHER.search(self.raw):
            levels = dict.fromkeys(patterns[1:], SPOKEN)
        for pattern, level in levels.items():
            source = self.raw if pattern is say.STATES else self.low
            for match in pattern.finditer(source):
                group = next(name for name, word in match.groupdict().items() if word)
                start, end = match.span(group)
                if self._not_said(match, start, end, level):
                    continue
                yes = say.SAYS[match[group]] == say.YES
                yield Event(yes, level, start, end, leads=start <= opening + 6)

    def _not_said(self, match: re.Match[str], start: int, end: int, level: int) -> bool:
        if level != FINAL and say.OPENS_HELP.match(self.low, end):
            return True
        line = self.low[max(0, start - 60) : start]
        if level == STATED and say.NOBODY.search(line):
            return True
        clause = _CLAUSE_END.split(line)[-1]
        label = _LABEL.fullmatch(clause)
        if level == SPOKEN and label is not None and self._of_another(label[1]):
            return True
        if level == STATED and _NEGATED.search(clause.split(",")[-1]):
            return True
        return bool(_SUPPOSED.search(clause)) or (
            "," not in clause and _IF.match(clause) is not None
        )

    def _of_another(self, label: str) -> bool:
        """ "Pneumothorax: no" answers for the pneumothorax alone."""
        named = {word for word in stems(label) if word.isalpha() and len(word) > 1}
        return bool(named) and not named & (_NEUTRAL | set(stems(self.asked.text)))

    # -- what it comes to -------------------------------------------------------------------

    def _since_change(self, events: list[Event]) -> tuple[list[Event], tuple[int, int] | None]:
        for match in say.TOOK_BACK.finditer(self.low):
            later = [e for e in events if e.start > match.start()]
            if not later and events[0].start < match.start():
                return events, match.span()
            events = later or events
        for match in say.TURNS.finditer(self.low):
            earlier = [e for e in events if e.start < match.start()]
            later = [e for e in events if e.start >= match.end()]
            if earlier and later and later[0].yes != earlier[-1].yes:
                events = later
        return events, None

    def _belongs_to_silence(self, event: Event, silent: Silent | None) -> bool:
        """ "No, I can't help": the word opens the refusal and answers nothing."""
        if silent is None or not silent.firm or event.level != SPOKEN or not event.leads:
            return False
        between = self.low[event.end : max(event.end, silent.start)]
        return silent.start >= event.end and len(between.strip(" ,.!;:-\n")) < 10

    def _settled(self, events: list[Event]) -> Event | None:
        finals = [e for e in events if e.level == FINAL]
        if finals:
            return finals[-1] if len({e.yes for e in finals}) == 1 else None
        last = max(events, key=lambda e: e.level)
        if len({e.yes for e in events}) == 1:
            return last
        last = events[-1]
        if self.asked.negative and all(e.level == ASSERTED for e in events):
            return None
        differing = [e for e in events[:-1] if e.yes != last.yes]
        if any(e.leads and e.level >= SPOKEN for e in differing):
            return None
        start = self.text.sentence(last.start)[0]
        if last.level == STATED or say.CONCLUDES.search(self.low, start, last.start):
            return last
        alone = self.low[: last.start].rstrip(" \"'").endswith("\n")
        return last if last.level == SPOKEN and alone else None

    def _hedged(self, decided: Event) -> bool:
        start, end = self.text.sentence(decided.start)
        if end - start < 160 and start > 0 and decided.level >= SPOKEN:
            start = self.text.sentence(start - 1)[0] if len(self.low) < 240 else start
        if decided.leads:
            end = self.text.sentence(min(end, len(self.low) - 1))[1] if len(self.low) < 240 else end
        doubts = {m[0] for m in say.HEDGES.finditer(self.low, start, end)}
        return any(doubt not in self.asked.text for doubt in doubts)

    def _none(self) -> YesNo:
        silent = silence(self.text, self.low)
        if silent is not None:
            return self._silent(silent)
        if self.several is not None:
            return self._invalid("several", self.several.span())
        if not re.search(r"\w", self.low):
            return YesNo("invalid", cause="echo" if re.search(r"\w", self.text.low) else "empty")
        open_ = say.NO_COMMITMENT.search(self.low)
        if open_ is not None:
            return self._invalid("no-commitment", open_.span())
        return YesNo("invalid", cause="no-answer")

    def _silent(self, silent: Silent) -> YesNo:
        quote = self.text.quote(silent.start, silent.end)
        return YesNo(silent.behaviour, None, silent.cause, False, quote)

    def _invalid(self, cause: str, span: tuple[int, int]) -> YesNo:
        return YesNo("invalid", None, cause, False, self.text.quote(*span))


def _blanked(low: str, question: str) -> str:
    """Without the question and the instruction, where the answer repeats them."""
    if "?" in low:
        low = _QUESTION.sub(_space_but_mark, low)
    asked = " ".join(question.lower().split()).rstrip("?. ")
    if len(asked) > 12 and asked in low:
        low = low.replace(asked, " " * len(asked))
    return _without(low, _INSTRUCTION)


def _plain(low: str) -> str:
    """With spaces for markup. Bytes are translated much faster than letters."""
    if low.isascii():
        return low.encode().translate(_MARKUP_BYTES).decode()
    return low.translate(_MARKUP)


def _space_but_mark(found: re.Match[str]) -> str:
    """A question says nothing, unless it is a doubtful "yes?"."""
    if re.fullmatch(r"\W*(?:yes|no)\W*", found[0]):
        return found[0]
    return " " * (len(found[0]) - 1) + "?"


def _without(low: str, pattern: re.Pattern[str] | Sieved) -> str:
    return pattern.sub(lambda found: " " * len(found[0]), low)
