from __future__ import annotations

from collections import Counter

import pytest

from auscult.kit.anatomy import NAMES, REGIONS, region_in, region_of


def test_regions_and_words_are_unique_and_enough() -> None:
    assert len(NAMES) == len(REGIONS) >= 27
    words = Counter(word for one in REGIONS for word in one.words)
    terms = [one.dicom.lower() for one in REGIONS if one.dicom]
    words.update(term for term in terms if term not in words)
    assert len(set(terms)) == len(terms)
    assert [word for word, n in words.items() if n > 1] == []


@pytest.mark.parametrize("one", REGIONS, ids=lambda one: one.name)
def test_a_region_is_found_by_name_term_and_words(one: object) -> None:
    for said in (one.name, one.name.upper(), one.dicom or one.name, *one.words):
        assert region_of(said) == one.name


def test_terms_of_dicom_are_upper_case_without_spaces() -> None:
    terms = [one.dicom for one in REGIONS if one.dicom]
    assert len(terms) >= 27
    assert all(term.isalpha() and term.isupper() and len(term) <= 16 for term in terms)


@pytest.mark.parametrize(
    ("text", "region"),
    [
        ("What is shown in this slice of the Liver?", "liver"),
        ("Are the lungs and both lungs clear?", "lung"),
        ("Is the cervical spine straight?", "cervical-spine"),
        ("Is the liver larger than the spleen?", ""),
        ("Does the arrow point back at the body?", ""),
        ("What is shown?", ""),
    ],
)
def test_the_one_region_in_a_sentence(text: str, region: str) -> None:
    assert region_in(text) == region


def test_what_is_no_region_is_none() -> None:
    assert region_of("moon") == "" and region_of("") == ""
