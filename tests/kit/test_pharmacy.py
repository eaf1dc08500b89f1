from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import auscult.data.packs as packs
from auscult.kit.pharmacy import (
    FORM_OF,
    REGIONS,
    Direction,
    Medicine,
    Region,
    Swapped,
    find,
    pharmacy,
    regions_of,
    swap,
)

DIRECTIONS: tuple[Direction, ...] = ("to-brand", "to-generic", "to-local-spelling")
ALL_NAMES = [
    name
    for m in pharmacy().medicines
    for name in (m.generic, *(s.name for s in m.spellings), *(b.name for b in m.brands))
]
ORDINARY_WORDS = {
    "versed", "tabloid", "ella", "alli", "plan b", "iron", "heparin lock", "concern", "accord",
    "advance", "requite", "provide", "nicotine", "oxygen", "glucose", "water",
}  # fmt: skip


def named(text: str) -> list[tuple[str, str]]:
    return [(span.text, span.generic) for span in find(text)]


def undone(text: str, swapped: Swapped) -> str:
    """The text before the swap, from what the changes say."""
    out, done, shift = swapped.text, 0, 0
    for change in swapped.changes:
        start = change.start + shift
        assert text[change.start : change.end] == change.before
        assert start >= done
        assert out[start : start + len(change.after)] == change.after
        out = out[:start] + change.before + out[start + len(change.after) :]
        done = start + len(change.before)
    return out


def test_the_table_is_large_and_says_each_thing_once() -> None:
    table = pharmacy()
    assert len(table.medicines) >= 130
    lowered = [name.lower() for name in ALL_NAMES]
    assert len(lowered) == len(set(lowered))
    assert not ORDINARY_WORDS & set(lowered)
    excluded = {e.name.lower() for e in table.excluded}
    assert len(excluded) == len(table.excluded)
    assert not excluded & set(lowered)
    assert all(e.why for e in table.excluded)
    generics = [m.generic.lower() for m in table.medicines]
    assert generics == sorted(generics)


def test_regions_and_forms_are_known_words() -> None:
    forms = set(FORM_OF.values())
    for medicine in pharmacy().medicines:
        assert set(medicine.assumed.split()) <= forms
        assert medicine.brands or medicine.spellings
        for brand in medicine.brands:
            assert regions_of(brand.regions)
            assert brand.regions == "all" or set(brand.regions.split()) <= set(REGIONS)
            assert brand.forms and set(brand.forms.split()) <= forms
        for spelling in medicine.spellings:
            assert set(spelling.regions.split()) <= set(REGIONS)
            assert not (spelling.former and spelling.regions)
        claimed = [r for s in medicine.spellings for r in regions_of(s.regions)]
        assert len(claimed) == len(set(claimed)), f"two usual spellings: {medicine.generic}"


def test_every_name_is_found_whole() -> None:
    for name in ALL_NAMES:
        for text in (f"She takes {name} daily.", name.upper(), f"({name.lower()})"):
            (span,) = find(text)
            assert span.text.lower() == name.lower()
            assert text[span.start : span.end] == span.text


@pytest.mark.parametrize("excluded", [e.name for e in pharmacy().excluded])
def test_excluded_names_are_never_found(excluded: str) -> None:
    assert find(f"He was given {excluded} last week.") == ()


@pytest.mark.parametrize(
    "text",
    [
        "amoxicillin/clavulanate", "amoxicillin with clavulanic acid", "co-amoxiclav",
        "vancomycin-resistant enterococci", "hydrocortisone butyrate", "metoprolol succinate",
        "Trimethoprim plus sulfamethoxazole", "zuclopenthixol decanoate", "haloperidol decanoate",
        "liposomal doxorubicin", "pegylated filgrastim", "Nurofen Plus", "Tylenol PM",
        "Risperdal Consta", "lithium heparin", "Effexor XR", "methylwarfarin", "aspirins",
        "piperacillin–tazobactam", "fluticasone furoate", "buprenorphine and naloxone",
    ],
)  # fmt: skip
def test_part_of_a_longer_name_is_not_the_medicine(text: str) -> None:
    assert find(text) == ()


def test_the_longest_name_is_the_one() -> None:
    assert named("liposomal amphotericin B") == [
        ("liposomal amphotericin B", "liposomal amphotericin B")
    ]
    assert named("Solu-Medrol, then Medrol") == [
        ("Solu-Medrol", "methylprednisolone"), ("Medrol", "methylprednisolone")
    ]  # fmt: skip
    assert named("insulin glargine") == [("insulin glargine", "insulin glargine")]
    assert named("medroxyprogesterone acetate")[0][1] == "medroxyprogesterone"
    assert named("aspirin plus Clopidogrel") == [
        ("aspirin", "aspirin"), ("Clopidogrel", "clopidogrel")
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "region", "direction", "after"),
    [
        ("Paracetamol 1 g by mouth.", "US", "to-brand", "Tylenol 1 g by mouth."),
        ("Paracetamol 1 g by mouth.", "AU", "to-brand", "Panadol 1 g by mouth."),
        ("Paracetamol 1 g.", "US", "to-local-spelling", "Acetaminophen 1 g."),
        ("Too much Tylenol", "UK", "to-generic", "Too much paracetamol"),
        ("Too much Tylenol", "US", "to-generic", "Too much acetaminophen"),
        ("IV frusemide, then albuterol", "UK", "to-local-spelling",
         "IV furosemide, then salbutamol"),
        ("give adrenaline now", "US", "to-local-spelling", "give epinephrine now"),
        ("Lipitor, e.g. Lipitor 20 mg. Zocor is off.", "EU", "to-generic",
         "Atorvastatin, e.g. atorvastatin 20 mg. Simvastatin is off."),
        ("an aspirin and a Zestril", "UK", "to-generic", "an aspirin and a lisinopril"),
        ("an aspirin a day", "UK", "to-brand", "a Disprin a day"),
        ("A paracetamol overdose", "US", "to-local-spelling", "An acetaminophen overdose"),
        ("a Zestril", "US", "to-generic", "a lisinopril"),
        ("a Nurofen", "UK", "to-generic", "an ibuprofen"),
        ("STOP WARFARIN TODAY", "UK", "to-brand", "STOP MAREVAN TODAY"),
        ("A) Sertraline\nB) Lithium", "UK", "to-brand", "A) Lustral\nB) Lithium"),
        ("inhaled budesonide", "UK", "to-brand", "inhaled Pulmicort"),
        ("intravenous ceftriaxone 2 g", "UK", "to-brand", "intravenous Rocephin 2 g"),
        ("modified release methylphenidate", "UK", "to-brand", "modified release Concerta"),
        ("rituximab", "EU", "to-brand", "MabThera"),
        ("rituximab", "US", "to-brand", "Rituxan"),
        ("amlodipine", "UK", "to-brand", "Istin"),
        ("She uses DDAVP.", "UK", "to-generic", "She uses desmopressin."),
        ("warfarin sodium valproate", "UK", "to-brand", "Marevan Epilim"),
    ],
)  # fmt: skip
def test_names_change_as_a_pharmacist_would(
    text: str, region: Region, direction: Direction, after: str
) -> None:
    swapped = swap(text, region, direction)
    assert swapped.text == after
    assert undone(text, swapped) == text


@pytest.mark.parametrize(
    ("text", "region", "why"),
    [
        ("budesonide", "UK", "the form does not fit"),
        ("intravenous paracetamol", "UK", "the form does not fit"),
        ("topical minoxidil or a fentanyl depot", "UK", "the form does not fit"),
        ("denosumab", "UK", "not exchangeable with the generic name"),
        ("lithium carbonate", "UK", "not exchangeable with the generic name"),
        ("plasma phenytoin is 29 mg/L", "US", "a substance of the body, or measured in it"),
        ("oxytocin release", "UK", "a substance of the body, or measured in it"),
        ("gliclazide", "US", "no such name in the region"),
        ("paracetamol (Panadol)", "UK", "two names of it stand in the text"),
        ("a furosemide tablet and a ursodeoxycholic acid capsule", "UK",
         "the article before it is uncertain"),
    ],
)  # fmt: skip
def test_what_would_change_the_meaning_is_kept(text: str, region: Region, why: str) -> None:
    kept = swap(text, region, "to-brand").kept
    assert why in [one.why for one in kept]


def test_a_brand_of_another_form_needs_the_form_in_the_text() -> None:
    assert swap("Concerta 36 mg", "UK", "to-generic").text == "Concerta 36 mg"
    assert swap("inhaled Flixotide", "UK", "to-generic").text == "inhaled fluticasone"
    assert swap("inhaled Flixotide", "AU", "to-generic").kept == ()


@given(
    st.lists(
        st.sampled_from([*ALL_NAMES, "and", "oral", "a", "an", "500 mg", ".", "\n", "serum", "IV"]),
        max_size=12,
    ),
    st.sampled_from(REGIONS),
    st.sampled_from(DIRECTIONS),
)
def test_changes_are_exactly_what_changed(
    words: list[str], region: Region, direction: Direction
) -> None:
    text = " ".join(words)
    swapped = swap(text, region, direction)
    assert undone(text, swapped) == text
    spans = find(text)
    assert all(one.end <= two.start for one, two in pairwise(spans))
    kinds = {c.generic for c in swapped.changes}
    assert kinds <= {s.generic for s in spans}
    # The medicines named afterwards are those named before, in the same order.
    if not swapped.kept:
        assert [s.generic for s in find(swapped.text)] == [s.generic for s in spans]


@given(st.sampled_from(pharmacy().medicines), st.sampled_from(REGIONS))
def test_there_and_back(medicine: Medicine, region: Region) -> None:
    start = f"The patient takes {medicine.local_name(region)} every day."
    branded = swap(start, region, "to-brand")
    if branded.changes:
        assert swap(branded.text, region, "to-generic").text == start


def test_the_pack_names_medicines_that_the_table_knows() -> None:
    """Brands are rare there; what matters is that its common medicines are all found."""
    folder = Path(packs.__path__[0]) / "knowledge"
    found: set[str] = set()
    for file in sorted(folder.glob("*.jsonl")):
        for line in file.read_text(encoding="utf-8").splitlines():
            row = json.loads(line)
            texts = [row["stem"], row["question"], *(o["text"] for o in row["options"])]
            found |= {span.generic for text in texts for span in find(text)}
    assert len(found) > 100
    assert {"warfarin", "prednisolone", "epinephrine", "lithium carbonate", "tolvaptan"} <= found
