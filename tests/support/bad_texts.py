"""Places of a clinical text where one word or number turns it into another case.

Each finder gives possible corruptions, and each of those is one or more changes: start, end and
what is to stand there instead."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from itertools import combinations
from typing import NamedTuple


class Change(NamedTuple):
    start: int
    end: int
    text: str


Corruption = tuple[Change, ...]
Finder = Callable[[str], Iterator[Corruption]]

_NUMBER = re.compile(r"(?<![\w.,/])\d+(?:[.,]\d+)*(?![\w.,]\w)")
_WITH_UNIT = re.compile(
    r"(?<![\w.,/])(\d+(?:[.,]\d+)*)"
    r"(?= ?(mmol/L|µmol/L|g/L|mg/L|U/L|mmHg|kPa|%|mg|pmol/L|ng/mL|×10))"
)
UNITS = {
    "mmol/L": "µmol/L", "µmol/L": "mmol/L", "g/L": "g/dL", "mg/L": "g/L", "mmHg": "kPa",
    "kPa": "mmHg", "°C": "°F", "mg": "g", "µg": "mg", "ng/mL": "µg/mL", "pmol/L": "nmol/L",
    "days": "weeks", "weeks": "months", "months": "years", "years": "months", "hours": "days",
    "minutes": "hours", "day": "week", "week": "month", "month": "year", "hour": "day",
    "week-old": "month-old", "year-old": "month-old", "month-old": "year-old", "×10⁹/L": "×10¹²/L",
    "beats/min": "beats/h", "breaths/min": "breaths/h", "mL": "L", "kg": "g", "U/L": "mU/L",
}  # fmt: skip
DROPPED = {
    "no ": "", "not ": "", "without": "with", "never": "often", "denies": "reports",
    "absent": "present", "nor": "and", "neither": "both", "cannot": "can", "free of": "full of",
    "negative": "positive", "undetectable": "detectable",
}  # fmt: skip
PUT_IN = {
    "has ": "has no ", "is ": "is not ", "are ": "are not ", "with ": "without ",
    "was ": "was not ", "shows ": "shows no ", "positive": "negative",
    "takes ": "does not take ", "had ": "had no ",
}  # fmt: skip
TURNS = {
    "increased": "decreased", "raised": "lowered", "high": "low", "rises": "falls", "rise": "fall",
    "risen": "fallen", "rose": "fell", "falls": "rises", "fall": "rise", "fallen": "risen",
    "low": "high", "higher": "lower", "lower": "higher", "upper": "lower", "mild": "severe",
    "severe": "mild", "acute": "chronic", "chronic": "acute", "normal": "abnormal",
    "improves": "worsens", "worse": "better", "louder": "softer", "softer": "louder",
    "large": "small", "small": "large", "sudden": "gradual", "painless": "painful",
    "elevation": "depression", "systolic": "diastolic", "diastolic": "systolic",
    "elevated": "reduced", "reduced": "increased", "hot": "cold", "anterior": "posterior",
    "proximal": "distal", "distal": "proximal", "more": "less", "dry": "wet", "climbed": "dropped",
    "eases": "worsens", "relieves": "provokes", "thick": "thin", "soft": "hard", "firm": "soft",
}  # fmt: skip
TIMES = {
    "before": "after", "after": "before", "since": "until", "ago": "from now", "until": "since",
    "recently": "long ago", "following": "preceding", "later": "earlier", "earlier": "later",
    "new": "old", "now": "no longer", "still": "no longer", "today": "last year",
}  # fmt: skip
RATES = {
    "daily": "weekly", "nightly": "hourly", "twice daily": "four times daily",
    "once daily": "twice daily", "weekly": "daily", "a day": "a week", "every day": "every hour",
    "twice a week": "twice a day", "monthly": "daily", "daily dose": "weekly dose",
}  # fmt: skip
SITES = {
    "chest": "abdomen", "abdomen": "chest", "abdominal": "thoracic", "knee": "hip", "hip": "knee",
    "leg": "arm", "legs": "arms", "arm": "leg", "hand": "foot", "foot": "hand", "eye": "ear",
    "ear": "eye", "liver": "spleen", "spleen": "liver", "lung": "kidney", "kidney": "lung",
    "heart": "bowel", "brain": "bladder", "skin": "mouth", "neck": "groin", "face": "scalp",
    "throat": "nose", "nose": "throat", "back": "breast", "calf": "thigh", "thigh": "calf",
    "bladder": "womb", "bowel": "bladder", "stomach": "oesophagus", "shoulder": "wrist",
    "wrist": "shoulder", "ankle": "elbow", "tongue": "eyelid", "head": "foot", "facial": "pelvic",
    "adrenal": "thyroid", "thyroid": "adrenal", "pulmonary": "renal", "renal": "hepatic",
}  # fmt: skip
SEXES = {
    "man": "woman", "woman": "man", "boy": "girl", "girl": "boy", "he": "she", "she": "he",
    "his": "her", "her": "his", "him": "her", "men": "women", "women": "men", "male": "female",
    "female": "male", "himself": "herself", "herself": "himself",
}  # fmt: skip
SIDES = {"left": "right", "right": "left"}
SENSES = {
    "most likely": "least likely", "likeliest": "least likely", "first": "last", "best": "worst",
    "most appropriate": "least appropriate", "most suitable": "least suitable", "next": "last",
    "immediately": "eventually", "immediate": "eventual", "at once": "in the end",
    "initial": "final", "should": "should never", "must be": "must not be", "causes": "prevents",
    "safest": "most dangerous", "mainly": "hardly", "chiefly": "hardly", "explains": "contradicts",
    "is most": "is not", "most": "least", "usual": "unusual", "inhibited": "activated",
}  # fmt: skip
DRUGS = (
    "aspirin", "heparin", "warfarin", "digoxin", "amiodarone", "ramipril", "simvastatin",
    "clarithromycin", "metformin", "insulin", "lithium", "amlodipine", "trimethoprim", "lorazepam",
    "amitriptyline", "propranolol", "levothyroxine", "prednisolone", "methotrexate", "morphine",
    "phenytoin", "carbamazepine", "furosemide", "spironolactone", "allopurinol", "tamoxifen",
    "ciprofloxacin", "gentamicin", "vancomycin", "omeprazole", "salbutamol", "adrenaline",
    "dexamethasone", "ibuprofen", "paracetamol", "naloxone", "clozapine", "haloperidol",
    "sertraline", "rituximab", "cisplatin", "doxorubicin", "fluconazole", "rifampicin",
    "isoniazid", "azathioprine", "ciclosporin", "tacrolimus", "bisoprolol", "atenolol",
    "hydrocortisone", "cortisol", "penicillin", "amoxicillin", "ceftriaxone", "doxycycline",
    "colchicine", "bendroflumethiazide", "enalapril", "oxytocin", "magnesium", "clopidogrel",
    "alteplase", "rivaroxaban", "apixaban", "sildenafil", "finasteride", "tramadol", "codeine",
)  # fmt: skip


_NO_SIDE = r"(?! time\b| an?\b| the\b| him\b| her\b)"


def words(pairs: Mapping[str, str], unless: str = "") -> Finder:
    """One occurrence of one of the words turned into its counterpart."""
    longest = sorted(pairs, key=len, reverse=True)
    pattern = re.compile(
        "|".join(
            rf"\b{re.escape(w)}{unless}" + (r"\b" if w[-1].isalnum() else "") for w in longest
        ),
        re.IGNORECASE,
    )

    def find(text: str) -> Iterator[Corruption]:
        for found in pattern.finditer(text):
            yield (Change(found.start(), found.end(), _cased(found[0], pairs[found[0].lower()])),)

    return find


def all_words(pairs: Mapping[str, str], unless: str = "") -> Finder:
    """Every occurrence at once, where there is more than one."""
    one = words(pairs, unless)

    def find(text: str) -> Iterator[Corruption]:
        found = tuple(change for (change,) in one(text))
        if found:
            yield found

    return find


def _cased(like: str, text: str) -> str:
    return text[:1].upper() + text[1:] if like[:1].isupper() else text


def torn_numbers(text: str) -> Iterator[Corruption]:
    for found in re.finditer(r"(?<=\d)[.,](?=\d)", text):
        yield (Change(found.start(), found.end(), f"{found[0]} "),)
        yield (Change(found.start(), found.end(), f" {found[0]}"),)


def changed_digits(text: str) -> Iterator[Corruption]:
    for found in _NUMBER.finditer(text):
        for at in range(found.start(), found.end()):
            if text[at].isdigit():
                for step in (1, 4, 7):
                    digit = str((int(text[at]) + step) % 10)
                    if not (digit == "0" and at == found.start()):
                        yield (Change(at, at + 1, digit),)


def swapped_numbers(text: str) -> Iterator[Corruption]:
    """Two values of one unit change places: every number is still there."""
    found = list(_WITH_UNIT.finditer(text))
    for one, other in combinations(found, 2):
        if one[2] == other[2] and one[1] != other[1]:
            yield (
                Change(one.start(1), one.end(1), other[1]),
                Change(other.start(1), other.end(1), one[1]),
            )


def changed_units(text: str) -> Iterator[Corruption]:
    longest = "|".join(re.escape(unit) for unit in sorted(UNITS, key=len, reverse=True))
    number = r"(?:\d|\b(?:one|two|three|four|five|six|seven|eight|nine|ten|twelve))"
    for found in re.finditer(rf"{number}[ -]?({longest})(?![\w/])", text):
        yield (Change(found.start(1), found.end(1), UNITS[found[1]]),)


def swapped_drugs(text: str) -> Iterator[Corruption]:
    for found in re.finditer(r"\b(?:" + "|".join(DRUGS) + r")\b", text, re.IGNORECASE):
        for step in (5, 17, 31):
            other = DRUGS[(DRUGS.index(found[0].lower()) + step) % len(DRUGS)]
            yield (Change(found.start(), found.end(), _cased(found[0], other)),)


FINDERS: dict[str, Finder] = {
    "a number torn at its point": torn_numbers,
    "a digit changed": changed_digits,
    "two values swapped": swapped_numbers,
    "a unit changed": changed_units,
    "a dose's rhythm changed": words(RATES),
    "a denial dropped": words(DROPPED),
    "a denial put in": words(PUT_IN),
    "left and right swapped, once": words(SIDES, _NO_SIDE),
    "left and right swapped, everywhere": all_words(SIDES, _NO_SIDE),
    "sex swapped, once": words(SEXES),
    "sex swapped, everywhere": all_words(SEXES),
    "a drug swapped for another": swapped_drugs,
    "a finding turned into its opposite": words(TURNS),
    "a body site swapped": words(SITES),
    "a word of time turned": words(TIMES),
}
"""Of stem and question alike."""
ASKED: dict[str, Finder] = {"the question asks something else": words(SENSES)}
"""Of the question only."""
