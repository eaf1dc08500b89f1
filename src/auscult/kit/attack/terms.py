"""Closed lists of words that a rewriting must not exchange for others: pairs of opposites, body
sites, persons, rhythms of a dose, names of drugs. What no list names, the gate cannot see. And the
words by which a text denies, counts and goes on."""

from __future__ import annotations

import re
from functools import cache
from typing import NamedTuple


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


class Lean(NamedTuple):
    """A word of a pair of opposites: which pair, and which end of it."""

    axis: str
    way: str


_LEANS = """
amount more: increase increases increased increasing raise raised raising high higher highest
 rise rises rising risen rose elevated elevation climb climbs climbed climbing more up greater
 excess
amount less: decrease decreases decreased decreasing lower lowered lowering low lowest fall
 falls falling fallen fell reduced reduction depression depressed drop drops dropped dropping
 less down fewer lack
sense turned: oppose opposes contradict contradicts
course better: improves improved improving eases eased relieves relieved relieving better
 relief lessens
course worse: worsens worsened worsening worse provokes provoked aggravates aggravated
 deteriorating
grade mild: mild mildly slight slightly
grade severe: severe severely marked markedly
onset acute: acute acutely sudden suddenly abrupt abruptly
onset chronic: chronic chronically gradual gradually longstanding insidious
size large: large enlarged big
size small: small shrunken tiny
sound loud: louder loud
sound soft: softer quieter quiet
feel firm: firm hard
feel soft: soft
heat hot: hot warm
heat cold: cold cool
height upper: upper upwards
height lower: lower downwards
face anterior: anterior front ventral
face posterior: posterior behind dorsal
reach proximal: proximal
reach distal: distal
phase systolic: systolic systole
phase diastolic: diastolic diastole
finding positive: positive
finding negative: negative
sign plus: plus
sign minus: minus
finding normal: normal normally
finding abnormal: abnormal abnormally
pain painful: painful tender
pain painless: painless nontender
fluid dry: dry
fluid wet: wet moist
thickness thick: thick thickened
thickness thin: thin thinned
deed inhibited: inhibited inhibits blocked blocks
deed activated: activated activates stimulated stimulates
when before: before preceding prior beforehand
when after: after following afterwards
sides both: bilateral bilaterally
sides one: unilateral unilaterally
age new: new newly
age old: old former
till since: since
till until: until
order earlier: earlier
order later: later
recent recently: recently lately
recent long: long
side left: left
side right: right
"""


def _leans() -> dict[str, Lean]:
    found: dict[str, Lean] = {}
    for block in re.findall(r"^(\S.*(?:\n .*)*)", _LEANS, re.MULTILINE):
        head, _, words = block.partition(":")
        axis, way = head.split()
        found |= {word: Lean(axis, way) for word in words.split() if word not in found}
    return found


LEANS = _leans()
"""By word. Left and right are opposites like others."""
PERSONS = {
    word: sex
    for sex, words in {
        "female": "she her hers herself woman women girl girls female mother wife daughter",
        "male": "he him his himself man men boy boys male father husband son",
    }.items()
    for word in words.split()
}
SITES = {
    word: words.split()[0]
    for words in (
        "chest thorax thoracic", "abdomen abdominal belly", "knee knees", "hip hips", "leg legs",
        "arm arms", "hand hands", "foot feet", "eye eyes ocular", "ear ears", "liver hepatic",
        "spleen splenic", "lung lungs pulmonary", "kidney kidneys renal", "heart cardiac",
        "brain cerebral", "skin cutaneous", "mouth oral", "neck cervical", "groin inguinal",
        "face facial", "scalp", "throat pharynx pharyngeal", "nose nasal", "breast breasts",
        "calf calves", "thigh thighs", "bladder", "bowel intestine intestinal gut", "wrist wrists",
        "stomach gastric", "oesophagus oesophageal esophagus esophageal", "shoulder shoulders",
        "elbow elbows", "ankle ankles", "tongue", "eyelid eyelids lid lids", "pelvis pelvic",
        "adrenal adrenals", "thyroid", "pituitary", "womb uterus uterine", "ovary ovaries ovarian",
        "testis testes testicle testicular", "prostate prostatic", "pancreas pancreatic",
        "buttock buttocks", "toe toes", "finger fingers", "jaw", "spine spinal", "rectum rectal",
        "colon colonic", "trachea tracheal", "artery arteries arterial", "vein veins venous",
    )
    for word in words.split()
}  # fmt: skip
RATES = {
    "daily": "day", "nightly": "night", "weekly": "week", "monthly": "month", "hourly": "hour",
    "yearly": "year", "annual": "year", "annually": "year", "fortnightly": "fortnight",
}  # fmt: skip
OFTEN = {"once": 1, "twice": 2, "thrice": 3, "double": 2}
SPANS_OF_TIME = {
    word: word.rstrip("s")
    for unit in ("second", "minute", "hour", "day", "night", "week", "month", "year")
    for word in (unit, f"{unit}s")
}
_DRUG_LIKE = re.compile(
    r"(?:[a-z]{3,}(?:pril|sartan|olol|dipine|statin|prazole|conazole|cillin|mycin|micin|cycline|"
    r"floxacin|gliptin|gliflozin|glutide|formin|glitazone|xaban|gatran|parin|platin|taxel|rubicin|"
    r"azepam|azolam|caine|curium|triptan|setron|dronate|lukast|terol|tropium|solone|asone|"
    r"thiazide|semide|tidine|profen|coxib|oxetine|ipramine|triptyline|apine|idone|barbital|"
    r"phylline|zosin|steride|afil|atadine|rizine|umab|ximab|zumab|tinib|ciclib|vir|trexate|"
    r"sulfan|purine|prost|relin|ercept|thyroxine))"
)
_SUBSTANCES = frozenset(
    [
        "calcium",
        "carbon",
        "copper",
        "ferric",
        "ferrous",
        "folic",
        "glucose",
        "iron",
        "magnesium",
        "normal",
        "oral",
        "oxygen",
        "potassium",
        "sodium",
        "vitamin",
        "water",
        "zinc",
    ]
)
"""With these begin names of medicines and of much else."""


@cache
def _drug_names() -> dict[str, str]:
    """Words that name a medicine, with the generic name: of a longer name, its first word."""
    from auscult.kit.pharmacy import pharmacy

    found: dict[str, str] = {}
    for medicine in pharmacy().medicines:
        generic = medicine.generic.lower()
        others = [one.name.lower() for one in medicine.spellings]
        others += [one.name.lower() for one in medicine.brands]
        for name in (generic, *others):
            word, *more = name.split()
            if len(word) > 3 and word not in _SUBSTANCES:
                found.setdefault(word, word if more else generic)
    return found


@cache
def _first_words() -> frozenset[str]:
    """Of every name in the pharmacy."""
    from auscult.kit.pharmacy import pharmacy

    names: list[str] = []
    for medicine in pharmacy().medicines:
        names += [medicine.generic, *(one.name for one in medicine.spellings)]
        names += [one.name for one in medicine.brands]
    return frozenset(found[0].lower() for name in names if (found := _LETTERS.search(name)))


_LETTERS = re.compile(r"[^\W\d_]+")


def may_name_medicine(text: str) -> bool:
    """A quick look that spares the pharmacy a slow one: false only where it would find nothing."""
    return not _first_words().isdisjoint(_LETTERS.findall(text.lower()))


def drug(word: str) -> str:
    """The generic name of the drug that a word names, or empty."""
    known = _drug_names().get(word)
    if known:
        return known
    return word if _DRUG_LIKE.fullmatch(word) else ""


# --- words that say how others are meant ---------------------------------------------------------

BEFORE = _set(
    "no not never without deny denies denied denying none nor neither lacks lacking cannot "
    "fail fails failed unable nobody nothing avoid avoids"
)
"""What comes after these is denied."""
LOOSE = _set("not never cannot fail fails failed unable nor")
"""They deny what is said of a thing, and not a thing: a verb does not end their reach."""
AFTER = _set("absent undetectable zero negative")
"""The noun after these is denied; where none follows, what comes before."""
SEEN = _set("seen found detected detectable present heard felt visible shown obtained")
"""Of what is not so, the subject is denied."""
VERBS = _set(
    "is are was were has have had takes shows show showed reveals finds found does do did can "
    "could will would may must should"
)
COUNTING = _set(
    "mg kg ml mm cm ms fl pg mmol mol pmol nmol mosm mmhg miu kpa beats breaths min units day "
    "days hour hours week weeks month months year years minute minutes daily ago"
)
"""Words beside numbers, which are read as numbers."""
BREAKS = _set(
    "but however although though except yet who which while whose when because after before despite"
)
COMMON = _set(
    "if us am me go goes up we my do does about after again against all also although among "
    "an and another any answer appropriate are around as at be because been before being both "
    "but by could did done during each either even ever every examination feels for following "
    "found from further given gives giving had has have having her here him his history how "
    "in into is it its just lies like likely made make many may more most much must next now "
    "of off on once only option options or other over own past patient patients present "
    "reported reports said same says several shall she should showed shows since so some "
    "still such suitable than that the their them then there these they this those through to "
    "today under until very was were what when where which while who whose why will with "
    "within without would yet you your"
)
PLACES = _set("on at in over during from than with that by for")
DEEDS = _set("take takes taken taking start started begin began test tests use used")
"""Verbs that are said of one thing and denied of another in one breath."""
PAUSES = _set("and with he she his her the a an it they takes no not normal good on")
EACH = _set("per every each")
LASTING = _set("for in after within over about during since than half under nearly almost . ;")
LATER = _set("later ago before after earlier into on old of")
"""Beside them "a day" is a length of time."""
