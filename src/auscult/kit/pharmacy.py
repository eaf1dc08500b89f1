"""Medicines by generic and brand name: finds them in a text, and puts the one for the other.

The names are in `pharmacy_names.toml`. A name counts only where it stands alone: not inside another
word, not joined by a hyphen or a slash, and not part of a longer name (a salt or ester, a
combination, a special release). A swap keeps the medicine. It leaves a name alone, and says why,
where the other name would mean more or less than the first: another form, one use only, a level in
the blood.
"""

from __future__ import annotations

import re
from collections import Counter
from functools import cache, lru_cache
from importlib.resources import files
from itertools import pairwise
from typing import Literal, get_args

import msgspec

Region = Literal["US", "UK", "EU", "AU", "CA"]
REGIONS: tuple[Region, ...] = get_args(Region)
Direction = Literal["to-brand", "to-generic", "to-local-spelling"]
Kind = Literal["generic", "brand"]
Reason = Literal[
    "no such name in the region",
    "the form does not fit",
    "not exchangeable with the generic name",
    "a substance of the body, or measured in it",
    "two names of it stand in the text",
    "the article before it is uncertain",
]
FILE = "pharmacy_names.toml"
_FORM_WORDS = {
    "mouth": "oral orally mouth tablet tablets capsule capsules syrup",
    "injection": "intravenous intravenously iv injection injections injected infusion infusions"
    " infused intramuscular intramuscularly im subcutaneous subcutaneously sc bolus intravitreal"
    " parenteral",
    "inhaled": "inhaled inhaler inhalers nebulised nebulized nebuliser nebulizer inhalation",
    "nasal": "nasal intranasal",
    "skin": "topical topically cream ointment gel lotion shampoo",
    "patch": "patch patches transdermal",
    "eye": "eye drops ophthalmic",
    "sublingual": "sublingual sublingually",
    "buccal": "buccal buccally",
    "rectal": "rectal rectally suppository suppositories enema",
    "vaginal": "vaginal pessary pessaries",
    "intrauterine": "intrauterine",
    "implant": "implant implants",
    "modified-release": "modified-release extended-release slow-release sustained-release"
    " prolonged-release controlled-release long-acting",
    "other": "depot spray epidural intrathecal spinal intraosseous intra-articular mouthwash",
}
FORM_OF = {word: form for form, words in _FORM_WORDS.items() for word in words.split()}
_MEASURED = re.compile(
    r"(?:serum|plasma|blood|trough|urine|urinary|levels?|concentrations?|clearance|assay|endogenous)"
)
# After a name these make it another product; before it, likewise.
_SALTS = (
    "acetate|aceponate|alafenamide|arginine|axetil|besilate|besylate|bromide|butyrate|calcium"
    "|caproate|chloride|cilexetil|citrate|cypionate|decanoate|deruxtecan|dipropionate|disoproxil"
    "|embonate|emtansine|enantate|enanthate|etabonate|etexilate|fumarate|furoate|gluconate"
    "|hexanoate|hydrobromide|hydrochloride|isethionate|magnesium|maleate|medoxomil|mesilate"
    "|mesylate|mofetil|nitrate|palmitate|pamoate|phosphate|potassium|propionate|protamine|sodium"
    "|succinate|sulfate|sulphate|tartrate|undecanoate|valerate|xinafoate|zinc|heparin"
    "|xl|xr|sr|er|la|cr|mr|lar|retard"
)
_PRODUCTS = "hct|hctz|pm|plus|extra|compound|duo|cold|sinus|consta|relief"
_LONGER_BEFORE = "liposomal|pegylated|albumin-bound|nab|benzathine|procaine"
_JOINTS = "‐‑–/+-"
_STARTS = re.compile(r"(?:^|[.!?]\s+|\n\s*|^\s*\(?[A-Za-z][).]\s+)\W*$")
_ABBREVIATED = re.compile(r"\b(?:e\.g|i\.e|vs|cf|approx|incl|Dr)\.\s+$", re.IGNORECASE)
_clause = re.compile(r"[.;:,!?\n](?=\s|$)")
_word = re.compile(r"[\w-]+")
_ARTICLE = re.compile(r"\b(an?)(\s+)$", re.IGNORECASE)


class Spelling(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    name: str
    regions: str = ""
    former: bool = False


class Brand(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    name: str
    regions: str
    forms: str = "mouth"
    only_back: bool = False
    """Leads back to the generic name, and never stands for it."""


class Medicine(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    generic: str
    assumed: str = "mouth"
    natural: bool = False
    spellings: tuple[Spelling, ...] = ()
    brands: tuple[Brand, ...] = ()

    def local_name(self, region: Region) -> str:
        """The generic name as it is written in a region."""
        for spelling in self.spellings:
            if region in regions_of(spelling.regions):
                return spelling.name
        return self.generic


class Excluded(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    name: str
    why: str


class Pharmacy(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    medicines: tuple[Medicine, ...]
    excluded: tuple[Excluded, ...]
    combinations: tuple[tuple[str, str], ...]


class Span(msgspec.Struct, frozen=True):
    """A name where it stands. `regions` are those that a brand belongs to."""

    start: int
    end: int
    text: str
    generic: str
    kind: Kind
    regions: tuple[Region, ...] = ()


class Change(msgspec.Struct, frozen=True):
    """`start` and `end` are places in the text before the swap. Takes in "a" or "an" where the new
    name needs the other."""

    start: int
    end: int
    before: str
    after: str
    generic: str


class Kept(msgspec.Struct, frozen=True):
    span: Span
    why: Reason


class Swapped(msgspec.Struct, frozen=True):
    text: str
    changes: tuple[Change, ...] = ()
    kept: tuple[Kept, ...] = ()
    """Names that the direction asked for and that were left alone."""


class _Entry(msgspec.Struct, frozen=True):
    name: str
    medicine: Medicine
    brand: Brand | None = None
    spelling: Spelling | None = None


def regions_of(text: str) -> tuple[Region, ...]:
    named = text.split()
    return REGIONS if named == ["all"] else tuple(r for r in REGIONS if r in named)


@cache
def pharmacy() -> Pharmacy:
    text = files(__package__).joinpath(FILE).read_bytes()
    return msgspec.toml.decode(text, type=Pharmacy)


@cache
def _entries() -> dict[str, _Entry]:
    out: dict[str, _Entry] = {}
    for medicine in pharmacy().medicines:
        named = [_Entry(medicine.generic, medicine)]
        named += [_Entry(s.name, medicine, spelling=s) for s in medicine.spellings]
        named += [_Entry(b.name, medicine, brand=b) for b in medicine.brands]
        for entry in named:
            if out.setdefault(entry.name.lower(), entry) is not entry:
                raise ValueError(f"{FILE}: '{entry.name}' stands for two things; keep one")
    return out


@cache
def _names() -> re.Pattern[str]:
    longest = sorted(_entries(), key=lambda name: (-len(name), name))
    joined = "|".join(re.escape(name).replace(r"\ ", r"\s+") for name in longest)
    return re.compile(
        rf"(?<![\w{_JOINTS}])(?<!\w['’])(?:{joined})(?!\w)(?![{_JOINTS}]\w)", re.IGNORECASE
    )


@cache
def _combinations() -> re.Pattern[str]:
    joint = rf"(?:\s*[{_JOINTS}]\s*|\s+(?:and|with|plus)\s+)"
    pairs = [pair for a, b in pharmacy().combinations for pair in ((a, b), (b, a))]
    joined = "|".join(f"{re.escape(a)}{joint}{re.escape(b)}" for a, b in pairs)
    return re.compile(rf"(?<!\w)(?:{joined})(?!\w)", re.IGNORECASE)


_after: dict[Kind, re.Pattern[str]] = {
    "generic": re.compile(rf"\s+({_SALTS})(?!\w)", re.IGNORECASE),
    "brand": re.compile(rf"\s+({_SALTS}|{_PRODUCTS})(?!\w)", re.IGNORECASE),
}
_before = re.compile(rf"(?<!\w)(?:{_LONGER_BEFORE})[\s-]+$", re.IGNORECASE)


def _plain(name: str) -> str:
    return " ".join(name.lower().split())


@lru_cache(maxsize=2048)
def find(text: str) -> tuple[Span, ...]:
    """Every medicine named on its own, in the order of the text. Spans never overlap."""
    joint = [found.span() for found in _combinations().finditer(text)]
    out = []
    for found in _names().finditer(text):
        start, end = found.span()
        if any(low < end and start < high for low, high in joint):
            continue
        entry = _entries()[_plain(found[0])]
        brand = entry.brand
        kind: Kind = "brand" if brand else "generic"
        if _is_part(text, start, end, kind):
            continue
        regions = regions_of(brand.regions) if brand else ()
        out.append(Span(start, end, found[0], entry.medicine.generic, kind, regions))
    return tuple(out)


def _is_part(text: str, start: int, end: int, kind: Kind) -> bool:
    """Whether the words beside a name make it another product."""
    after = _after[kind].match(text, end)
    # "sodium" may begin the next medicine: "warfarin sodium valproate" names two of them.
    if after is not None and not _names().match(text, after.start(1)):
        return True
    return bool(_before.search(text[max(0, start - 20) : start]))


def swap(text: str, region: Region, direction: Direction) -> Swapped:
    """The text with its medicines named as the direction asks, as one region names them."""
    spans = find(text)
    named = Counter(generic for generic, _ in {(s.generic, _plain(s.text)) for s in spans})
    changes: list[Change] = []
    kept: list[Kept] = []
    for span in spans:
        if (span.kind == "brand") != (direction == "to-generic"):
            continue
        new, why = _replacement(text, span, region, direction)
        if named[span.generic] > 1:
            kept.append(Kept(span, "two names of it stand in the text"))
        elif why:
            kept.append(Kept(span, why))
        elif new.lower() != _plain(span.text):
            change = _change(text, span, new)
            if change is None:
                kept.append(Kept(span, "the article before it is uncertain"))
            else:
                changes.append(change)
    return Swapped(_applied(text, changes), tuple(changes), tuple(kept))


def _replacement(
    text: str, span: Span, region: Region, direction: Direction
) -> tuple[str, Reason | None]:
    """The other name in its usual letters, or why there is none."""
    entry = _entries()[_plain(span.text)]
    medicine, brand, spelling = entry.medicine, entry.brand, entry.spelling
    if direction == "to-local-spelling":
        everywhere = spelling and not spelling.regions and not spelling.former
        return span.text if everywhere else medicine.local_name(region), None
    said = _forms_said(text, span)
    if brand is not None:
        if _fits(said, medicine, brand):
            return medicine.local_name(region), None
        return "", "the form does not fit"
    if medicine.natural or _measured(text, span):
        return "", "a substance of the body, or measured in it"
    local = [b for b in medicine.brands if region in regions_of(b.regions)]
    if not local:
        return "", "no such name in the region"
    free = [b for b in local if not b.only_back]
    if not free:
        return "", "not exchangeable with the generic name"
    for choice in free:
        if _fits(said, medicine, choice):
            return choice.name, None
    return "", "the form does not fit"


def _fits(said: set[str], medicine: Medicine, brand: Brand) -> bool:
    """Whether a reader of either name would think of the same form."""
    needed = said or set(medicine.assumed.split())
    return bool(needed) and needed <= set(brand.forms.split())


def _near(text: str, span: Span) -> list[str]:
    """Up to three words on either side, within the clause, and each pair of them as one."""
    before = _clause.split(text[max(0, span.start - 60) : span.start])[-1]
    after = _clause.split(text[span.end : span.end + 60])[0]
    sides = _word.findall(before.lower())[-3:], _word.findall(after.lower())[:3]
    pairs = [f"{one}-{two}" for side in sides for one, two in pairwise(side)]
    return [*sides[0], *sides[1], *pairs]


def _forms_said(text: str, span: Span) -> set[str]:
    said = {FORM_OF[word] for word in _near(text, span) if word in FORM_OF}
    if "modified-release" in said:
        said.discard("mouth")
    return said


def _measured(text: str, span: Span) -> bool:
    return any(_MEASURED.fullmatch(word) for word in _near(text, span))


def _change(text: str, span: Span, new: str) -> Change | None:
    """The edit with its capital letters and its article; None where "a" or "an" can't be told."""
    start, name = span.start, _lettered(text, span, new)
    article = _ARTICLE.search(text[: span.start])
    if article is not None and (article[1].islower() or _opens(text, article.start())):
        sounds = _vowel_sound(name)
        if sounds is None or _vowel_sound(span.text) is None:
            return None
        if sounds != (article[1].lower() == "an"):
            start = article.start()
            name = f"{article[1][0]}{'n' if sounds else ''}{article[2]}{name}"
    return Change(start, span.end, text[start : span.end], name, span.generic)


def _lettered(text: str, span: Span, new: str) -> str:
    """A brand keeps its own letters; a generic name is small except where a sentence begins."""
    if span.text.isupper() and not _entries()[_plain(span.text)].name.isupper():
        return new.upper()
    return new[0].upper() + new[1:] if _opens(text, span.start) else new


def _opens(text: str, place: int) -> bool:
    """Whether a sentence, or an option, begins here."""
    before = text[:place]
    return bool(_STARTS.search(before)) and not _ABBREVIATED.search(before)


def _vowel_sound(name: str) -> bool | None:
    """Whether it begins with a vowel as spoken. "Eu" and "u" go both ways, initials too."""
    low = name.lower()
    if low.startswith(("u", "eu")) or low[0].isdigit() or name[:2].isupper():
        return None
    return low[0] in "aeio"


def _applied(text: str, changes: list[Change]) -> str:
    out, done = [], 0
    for change in changes:
        out += [text[done : change.start], change.after]
        done = change.end
    return "".join([*out, text[done:]])
