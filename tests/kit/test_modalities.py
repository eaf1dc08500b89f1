from __future__ import annotations

from collections import Counter

import pytest

from auscult.kit.modalities import CODES, MODALITIES, modality_code, modality_name


def test_codes_and_words_are_unique_and_enough() -> None:
    assert len(CODES) == len(MODALITIES) >= 16
    words = Counter(word for one in MODALITIES for word in one.words)
    assert [word for word, n in words.items() if n > 1] == []
    assert all(word == word.lower().strip() for word in words)


@pytest.mark.parametrize("one", MODALITIES, ids=lambda one: one.code)
def test_a_code_is_found_by_itself_its_name_and_its_words(one: object) -> None:
    for said in (one.code, one.code.lower(), one.name, one.name.upper(), *one.words):
        if said.upper() in CODES and said.upper() != one.code:
            continue  # a code wins over a word
        assert modality_code(said) == one.code
    assert modality_name(one.code) == one.name


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ("X-Ray", "CR"),
        ("CT(Computed Tomography)", "CT"),
        ("OCT (Optical Coherence Tomography", "OCT"),
        ("some scan (mri)", "MR"),
        ("Microscopy  Images", "SM"),
        ("slo_fundus", "OP"),
        ("crystal ball", ""),
        ("", ""),
        ("(", ""),
    ],
)
def test_what_data_sets_write(said: str, code: str) -> None:
    assert modality_code(said) == code


def test_an_unknown_code_keeps_its_own_name() -> None:
    assert modality_name("ZZ") == "ZZ"
