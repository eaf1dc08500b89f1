"""The options of a question, ready to be looked for in an answer."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from functools import lru_cache

import msgspec

from auscult.kit.choice.text import EDGES, levelled, words, worked_out

# Words that an option may consist of and that prose uses all the time: such a text is a choice
# only where something marks it as one.
EVERYDAY = words(
    "yes no maybe true false none both neither all unknown never always normal abnormal "
    "present absent not positive negative increase increased decrease decreased unchanged "
    "male female left right mild moderate severe low high death fever pain surgery treatment "
    "observation correct incorrect other nothing same either one two three four five some any"
)
_NUMBERS = "zero one two three four five six seven eight nine ten eleven twelve"
_TOKEN = re.compile(r"\d+(?:[.,]\d+)*|[^\W\d_]+|%|[<>]")
_SAME = {
    **{word: str(n) for n, word in enumerate(_NUMBERS.split())},
    "&": "and",
    "plus": "and",
    "with": "and",
    "iv": "intravenous",
    "im": "intramuscular",
    "milligrams": "mg",
    "milligram": "mg",
    "percent": "%",
}
_DROPPED = words("the a an of to in for by on and or is at from")
# Pairs of opposite meaning that a spelling check would take for one word.
_OPPOSITES = (
    ("hypo", "hyper"),
    ("brady", "tachy"),
    ("intra", "inter"),
    ("ante", "anti"),
    ("pre", "post"),
    ("endo", "ecto"),
    ("ab", "ad"),
    ("micro", "macro"),
)
_NEGATING = ("un", "non", "in", "im", "a", "an", "dis", "ir")
LONGEST_WORD = 40
REMEMBERED = 4096
"""Texts of options: a question is asked more than once, with its options in other orders."""
_DIGIT = re.compile(r"\d")
_OUR = re.compile(r"our(?=s?$|ed$|ing$|al$|less$|ful$|able$)")
_OUR_IN_TEXT = re.compile(r"(?<=[a-z]{3})our(?=s?\b|ed\b|ing\b)")
_THOUSANDS = re.compile(r"\b(\d{1,3}),?(\d{3})\b(?![.,]?\d)")
_UNITS = words(
    "mg g kg mcg ml l dl hours hour days day weeks week months month years year min h % "
    "minutes mmhg mmol units cm mm"
)
_RIVALS = (("oral", "intravenous"), ("left", "right"), ("acute", "chronic"), ("with", "without"))
_COMMON = EVERYDAY | words(
    "patient patients disease syndrome therapy treatment management increased decreased elevated "
    "reduced chronic acute severe immediate immediately daily weekly start begin continue repeat "
    "after before without within with should would could which there their these those other "
    "first second third answer option choice question correct wrong right deficiency infection "
    "discharge result results level levels blood about given likely cause caused causes medical "
    "advice hours months years weeks times twice delay test tests image scan urgent emergency"
)
_BOTH = re.compile(
    r"(?:both |all of )?([a-j](?:, [a-j])*,? (?:and|&) [a-j])(?: only| are correct)?"
)
_ALL = re.compile(r"all of (?:the above|these|them)")
_QUANTITY = re.compile(
    r"(both|neither|all|none)(?: of (?:them|these|those|the (?:above|options|choices|others)))?"
    r"(?: (?:is|are) (?:correct|right|true))?"
)


class Labels:
    """The letters or numbers of options, the same for nearly every question."""

    def __init__(self, letters: Sequence[str]) -> None:
        self.places = {label.upper(): i for i, label in enumerate(letters)}
        plain = {levelled(label): i for label, i in self.places.items()}
        if len(plain) == len(letters):  # "甲乙丙丁" as answers are read: A, B, C, D
            self.places = plain
        self.latin = all(len(label) == 1 and "A" <= label <= "Z" for label in self.places)
        self.numbered = any(label.isdigit() for label in self.places)

    @worked_out
    def alone(self) -> re.Pattern[str]:
        """A letter as it is shown, and no part of a word."""
        single = "".join(map(re.escape, (label for label in self.places if len(label) == 1)))
        # The letter first, so that `re` looks at such letters alone.
        return re.compile(rf"[{single}](?<!\w[{single}])(?!\w)" if single else "(?!)")

    @worked_out
    def small_alone(self) -> re.Pattern[str]:
        small = "".join(self.places).lower()
        return re.compile(rf"[{small}](?<![^\W_][{small}])(?![^\W_])" if small else "(?!)")


class Option(msgspec.Struct, frozen=True):
    """One option's text, whatever stands beside it."""

    text: str
    core: str
    """Without marks at its edges."""
    everyday: bool
    wordings: tuple[str, ...]
    """The text, and how else it is often written."""


class Choices:
    """Options by letter and by text. Cheap to make: what is rarely needed is made when asked."""

    def __init__(self, options: Sequence[str], letters: Sequence[str]) -> None:
        self.options = options
        self.count = len(options)
        self.of_letters = labels_of(letters[: self.count])
        self.labels = self.of_letters.places
        self.latin, self.numbered = self.of_letters.latin, self.of_letters.numbered
        self.read = [read_option(text) for text in options]
        self.texts = [option.text for option in self.read]

    @worked_out
    def unique(self) -> list[bool]:
        counts = Counter(self.texts)
        return [bool(text) and counts[text] == 1 for text in self.texts]

    @worked_out
    def everyday(self) -> list[bool]:
        return [option.everyday for option in self.read]

    @worked_out
    def tokens(self) -> list[list[str]]:
        return [tokens(text) for text in self.texts]

    @worked_out
    def _bags(self) -> list[Counter[str]]:
        return [Counter(_core(ts)) for ts in self.tokens]

    @worked_out
    def yes_no(self) -> dict[str, int]:
        """Places of "yes", "no" and "maybe" where the options are a set of those."""
        if "yes" not in self.texts:
            return {}
        places = {text: i for i, text in enumerate(self.texts)}
        return places if {"yes", "no"} <= set(places) <= {"yes", "no", "maybe"} else {}

    @worked_out
    def wordings(self) -> list[tuple[int, str]]:
        """What to look for in prose: each option's text, and how else it is often written."""
        listed = [(place, w) for place, option in enumerate(self.read) for w in option.wordings]
        if len({wording for _, wording in listed}) == len(listed) and all(self.texts):
            return listed  # no two options can be taken for each other
        found: dict[str, int | None] = {}
        for place, wording in listed:
            if self.unique[place]:
                found[wording] = None if found.get(wording, place) != place else place
        return [(place, wording) for wording, place in found.items() if place is not None]

    @worked_out
    def initials(self) -> dict[str, int]:
        """As in "COPD" for its four words, where no other option has the same initials and they are
        no row of option letters."""
        found: dict[str, int | None] = {}
        for place, text in enumerate(self.texts):
            said = [w for w in re.findall(r"[a-z]+", text) if w not in _DROPPED]
            short = "".join(w[0] for w in said).upper()
            for name in {short, short[:-1] if len(short) > 3 else short}:
                if 2 <= len(name) <= 5 and not set(name) <= set(self.labels):
                    found[name] = None if found.get(name, place) != place else place
        return {name: place for name, place in found.items() if place is not None}

    @worked_out
    def telling(self) -> dict[str, int]:
        """Words that only one option has, and that name a thing: "ceftriaxone", "ductus"."""
        counts = Counter(token for ts in self.tokens for token in set(ts))
        return {
            token: place
            for place, ts in enumerate(self.tokens)
            for token in ts
            if counts[token] == 1 and len(token) >= 5 and token not in _COMMON
        }

    def by_telling_word(self, phrase: str) -> tuple[int, ...]:
        """The options of which a short answer has a word that no other option has."""
        said = set(tokens(clean(phrase)))
        places = {p for t, p in self.telling.items() if t in said or _any_alike(t, said)}
        return tuple(
            place
            for place in sorted(places)
            if not any(
                (a in said and b in self.tokens[place]) or (b in said and a in self.tokens[place])
                for a, b in _RIVALS
            )
        )

    @worked_out
    def compound(self) -> dict[frozenset[int], int]:
        """Options that name others by letter ("both A and B"), by what they name."""
        found = {}
        for place, text in enumerate(self.texts):
            named = _BOTH.fullmatch(text)
            if named:
                letters = re.findall(r"\b[a-j]\b", named[1])
                places = [self.labels.get(letter.upper()) for letter in letters]
                if None not in places:
                    found[frozenset(p for p in places if p is not None)] = place
            elif _ALL.fullmatch(text):
                found[frozenset(range(self.count)) - {place}] = place
        return found

    def by_quantity(self, phrase: str) -> int | None:
        """As in "None of these" for "none of the above": the one option that starts so."""
        said = _QUANTITY.fullmatch(phrase)
        if not said:
            return None
        places = [i for i, text in enumerate(self.texts) if text.startswith(said[1] + " ")]
        return places[0] if len(places) == 1 else None

    def by_phrase(self, phrase: str) -> tuple[int, ...]:
        """Which options a short phrase may mean: verbatim, reordered, misspelt, or in part.
        Empty where none, several where it can't be told."""
        said = tokens(clean(phrase))
        if not said or len(said) > 40:
            return ()
        core = _core(said)
        exact = tuple(i for i, t in enumerate(self.tokens) if t == said)
        if exact or not core:
            return exact
        bags = self._bags
        mine = Counter(core)
        same = tuple(i for i, bag in enumerate(bags) if bag == mine)
        if same:
            return same
        misspelt = tuple(i for i, bag in enumerate(bags) if _misspelt(core, list(bag.elements())))
        return misspelt or self._by_number(core) or self._in_part(mine, bags)

    def _by_number(self, core: list[str]) -> tuple[int, ...]:
        """As in "60 to 100": the numbers of one option, and no unit that it has not."""
        numbers = [t for t in core if t[0].isdigit()]
        if len(core) > 5 or not numbers:
            return ()
        units = {t for t in core if t in _UNITS}
        return tuple(
            i
            for i, ts in enumerate(self.tokens)
            if [t for t in ts if t[0].isdigit()] == numbers and units <= set(ts)
        )

    def _in_part(self, mine: Counter[str], bags: list[Counter[str]]) -> tuple[int, ...]:
        """As in "vancomycin" for "intravenous vancomycin", if no other option has the word; and the
        whole of an option with a few words around it."""
        if not any(len(t) >= 4 and t not in EVERYDAY for t in mine):
            return ()
        holders = tuple(i for i, bag in enumerate(bags) if _near_subset(mine, bag))
        if holders:
            return holders
        held = [i for i, bag in enumerate(bags) if bag and bag <= mine and not self.everyday[i]]
        if held:
            longest = max(sum(bags[i].values()) for i in held)
            if sum(mine.values()) <= longest + 4:
                top = next(i for i in held if sum(bags[i].values()) == longest)
                return (top, *(i for i in held if i != top and not bags[i] <= bags[top]))
        return ()


@lru_cache(maxsize=64)
def labels_of(letters: Sequence[str]) -> Labels:
    return Labels(letters)


@lru_cache(maxsize=REMEMBERED)
def read_option(option: str) -> Option:
    text = clean(option)
    everyday = text in EVERYDAY or len(text) < 3 or not any(map(str.isalpha, text))
    return Option(text, text.strip(EDGES), everyday, tuple(_spellings(text)))


def _spellings(text: str) -> set[str]:
    """The text and other spellings of the same words, each to be looked for in prose."""
    found = {text}
    if "ae" in text or "oe" in text:
        found.add(text.replace("ae", "e").replace("oe", "e"))
    if "our" in text:
        found.add(_OUR_IN_TEXT.sub("or", text))
    if _DIGIT.search(text):
        found |= {_THOUSANDS.sub(r"\1,\2", text), _THOUSANDS.sub(r"\1\2", text)}
        found.add(re.sub(r"(?<=\d) (?=[a-zµ]{1,3}\b)", "", text))
        found.add(re.sub(r"(?<=\d)-(?=\d)", " to ", text))
    return found


def _any_alike(token: str, said: set[str]) -> bool:
    return len(token) >= 7 and any(alike(token, other) for other in said)


@lru_cache(maxsize=REMEMBERED)
def clean(text: str) -> str:
    """Lower case, single spaces, no full stop at the end."""
    return " ".join(levelled(text).lower().split()).strip(" .;:,'\"*_")


def tokens(text: str) -> list[str]:
    found = []
    for token in _TOKEN.findall(text.replace("'", "").replace("&", " and ").replace("+", " and ")):
        if token[0].isdigit():
            if "," in token:
                token = re.sub(r",(?=\d{3}\b)", "", token)
        else:
            if "e" in token:
                token = token.replace("ae", "e").replace("oe", "e")
            if "our" in token and len(token) > 5:
                token = _OUR.sub("or", token)
        found.append(_SAME.get(token, token))
    return found


def _core(said: list[str]) -> list[str]:
    """Without the small words; but the "a" of "vitamin a" is none."""
    return [t for i, t in enumerate(said) if t not in _DROPPED or i == len(said) - 1]


def _near_subset(mine: Counter[str], bag: Counter[str]) -> bool:
    if mine <= bag:
        return True
    return len(mine) <= 4 and all(
        token in bag or any(alike(token, other) for other in bag) for token in mine
    )


def _misspelt(said: list[str], option: list[str]) -> bool:
    """Word for word the same but for a slip of the pen in each."""
    if len(said) != len(option):
        return "".join(said) == "".join(option) and len("".join(said)) > 4
    return all(a == b or alike(a, b) for a, b in zip(said, option, strict=True))


def alike(a: str, b: str) -> bool:
    """One slip (two in a long word), no digit touched, and not a pair of opposites."""
    shorter, longer = sorted((a, b), key=len)
    if len(shorter) < 5 or len(longer) > LONGEST_WORD or a[0].isdigit() or b[0].isdigit():
        return False
    allowed = 2 if len(shorter) >= 12 else 1
    if len(longer) - len(shorter) > allowed or _opposite(a, b):
        return False
    return _slips(a, b, allowed) <= allowed


def _opposite(a: str, b: str) -> bool:
    for one, other in _OPPOSITES:
        if (a.startswith(one) and b.startswith(other)) or (
            b.startswith(one) and a.startswith(other)
        ):
            return True
    shorter, longer = sorted((a, b), key=len)
    return any(longer == prefix + shorter for prefix in _NEGATING)


def _slips(a: str, b: str, limit: int) -> int:
    """Edits from one word to the other, a swap of neighbours being one edit."""
    before: list[int] = []
    row = list(range(len(b) + 1))
    for i, x in enumerate(a, 1):
        older, before, row = before, row, [i]
        for j, y in enumerate(b, 1):
            cost = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (x != y))
            if i > 1 and j > 1 and x == b[j - 2] and a[i - 2] == y:
                cost = min(cost, older[j - 2] + 1)
            row.append(cost)
        if min(row) > limit:
            return limit + 1
    return row[-1]
