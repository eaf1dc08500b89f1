"""Image modalities by their DICOM codes, with plain names and the words data sets use for them.

Codes are defined terms of DICOM PS3.3, section C.7.3.1.1.1; names and synonyms are in our words.
"""

from __future__ import annotations

import re
from functools import cache

import msgspec


class Modality(msgspec.Struct, frozen=True):
    code: str
    name: str
    words: tuple[str, ...] = ()
    """What data sets call it, in lower case; no word stands for two codes."""


MODALITIES: tuple[Modality, ...] = (
    Modality(
        "CR",
        "plain radiograph",
        (
            "x-ray",
            "x ray",
            "xray",
            "radiograph",
            "radiography",
            "plain film",
            "chest x-ray",
            "cxr",
            "computed radiography",
        ),
    ),
    Modality("DX", "digital radiograph", ("digital radiography", "digital x-ray")),
    Modality(
        "CT",
        "computed tomography",
        (
            "computed tomography",
            "computerised tomography",
            "computerized tomography",
            "ct scan",
            "cat scan",
        ),
    ),
    Modality(
        "MR",
        "magnetic resonance",
        (
            "mri",
            "magnetic resonance imaging",
            "magnetic resonance",
            "mr imaging",
            "mag-netic resonance imaging",
        ),
    ),
    Modality("US", "ultrasound", ("ultrasound", "ultrasonography", "sonography", "echography")),
    Modality("IVUS", "intravascular ultrasound", ("intravascular ultrasound",)),
    Modality("MG", "mammogram", ("mammography", "mammogram", "mammograph")),
    Modality("NM", "nuclear medicine", ("nuclear medicine", "scintigraphy", "spect")),
    Modality("PT", "positron emission tomography", ("pet", "positron emission tomography")),
    Modality("XA", "X-ray angiogram", ("angiography", "x-ray angiography", "angiogram")),
    Modality("RF", "fluoroscopy", ("fluoroscopy", "radiofluoroscopy")),
    Modality("BMD", "bone densitometry", ("dexa", "bone densitometry")),
    Modality("PX", "panoramic dental radiograph", ("panoramic x-ray", "orthopantomogram")),
    Modality(
        "IO",
        "intra-oral radiograph",
        ("intra-oral radiography", "intraoral radiography", "bitewing"),
    ),
    Modality(
        "DMS",
        "dermoscopy",
        (
            "dermoscopy",
            "dermatoscopy",
            "dermoscopic",
            "dermatoscopic",
            "dermoscopic image",
            "dermatoscopic image",
        ),
    ),
    Modality(
        "XC",
        "photograph",
        (
            "photograph",
            "photography",
            "digital photography",
            "clinical photograph",
            "external camera photography",
        ),
    ),
    Modality(
        "OP",
        "ophthalmic photograph",
        (
            "fundus",
            "fundus photography",
            "fundus photograph",
            "retinal photograph",
            "slo fundus",
            "scanning laser ophthalmoscopy",
            "ophthalmic photography",
            "infrared reflectance imaging",
        ),
    ),
    Modality("OPT", "tomography of the eye", ("retinal oct", "ophthalmic tomography")),
    Modality("OCT", "optical coherence tomography", ("optical coherence tomography",)),
    Modality(
        "ES",
        "endoscopy",
        (
            "endoscopy",
            "endoscopic image",
            "colonoscopy",
            "gastroscopy",
            "bronchoscopy",
            "laparoscopy",
            "colposcopy",
        ),
    ),
    Modality(
        "SM",
        "microscopy of a slide",
        (
            "microscopy",
            "microscopy images",
            "slide microscopy",
            "histology",
            "histopathology",
            "pathology",
            "whole slide image",
            "cytology",
        ),
    ),
    Modality("GM", "general microscopy", ("general microscopy",)),
    Modality("ECG", "electrocardiogram", ("electrocardiogram", "electrocardiography", "ekg")),
    Modality("EEG", "electroencephalogram", ("electroencephalogram", "electroencephalography")),
    Modality("TG", "thermogram", ("thermography", "thermogram")),
    Modality("OT", "other", ("other",)),
)
CODES = frozenset(one.code for one in MODALITIES)
_spaces = re.compile(r"[\s_]+")
_bracketed = re.compile(r"\s*\(.*$")


def modality_code(text: str) -> str:
    """The code of what a data set calls a modality; "" where the word is none of ours.

    `CT(Computed Tomography)` reads as what stands before the bracket, or else as what is in it.
    """
    plain = _spaces.sub(" ", text).strip()
    if plain.upper() in CODES:
        return plain.upper()
    plain = plain.lower()
    if found := _by_word().get(plain):
        return found
    outside, inside = _bracketed.sub("", plain), plain.partition("(")[2].strip(" )")
    if outside != plain:
        return modality_code(outside) or modality_code(inside)
    return ""


def modality_name(code: str) -> str:
    """The plain name of a code; the code itself where it is none of ours."""
    return _names().get(code, code)


@cache
def _by_word() -> dict[str, str]:
    words = {word: one.code for one in MODALITIES for word in one.words}
    return {one.name.lower(): one.code for one in MODALITIES} | words


@cache
def _names() -> dict[str, str]:
    return {one.code: one.name for one in MODALITIES}
