"""Anatomical regions under one name each, and the words data sets use for them.

The list follows DICOM PS3.16, context group CID 4 "Anatomic Region" and its table of Body Part
Examined terms (annex L); `dicom` is that term. Regions of the skin and the eye that the table does
not hold have none. Names and synonyms are in our words.
"""

from __future__ import annotations

import re
from functools import cache

import msgspec


class Region(msgspec.Struct, frozen=True):
    name: str
    dicom: str = ""
    """Body Part Examined; "" where the table has no such term."""
    words: tuple[str, ...] = ()
    """What data sets call it, in lower case; no word stands for two regions."""


REGIONS: tuple[Region, ...] = (
    Region("whole-body", "WHOLEBODY", ("whole body", "body")),
    Region("head", "HEAD", ("head",)),
    Region("skull", "SKULL", ("skull", "cranium")),
    Region("brain", "BRAIN", ("brain", "cerebrum", "intracranial", "cerebral")),
    Region("eye", "EYE", ("eye", "eyes", "ocular")),
    Region("retina", "", ("retina", "retinal", "fundus", "macula", "optic disc", "optic nerve")),
    Region("ear", "EAR", ("ear", "ears")),
    Region("nose", "NOSE", ("nose", "nasal")),
    Region("face", "FACE", ("face", "facial")),
    Region("scalp", "SCALP", ("scalp",)),
    Region("jaw", "JAW", ("jaw", "mandible", "mandibular")),
    Region("teeth", "", ("tooth", "teeth", "dental")),
    Region("mouth", "MOUTH", ("mouth", "oral cavity")),
    Region("tongue", "TONGUE", ("tongue",)),
    Region("neck", "NECK", ("neck", "cervical soft tissue")),
    Region("thyroid", "THYROID", ("thyroid", "thyroid gland")),
    Region("larynx", "LARYNX", ("larynx", "vocal cords")),
    Region("oesophagus", "ESOPHAGUS", ("oesophagus", "esophagus")),
    Region("chest", "CHEST", ("chest", "thorax", "thoracic", "mediastinum")),
    Region("lung", "LUNG", ("lung", "lungs", "pulmonary")),
    Region("heart", "HEART", ("heart", "cardiac", "myocardium")),
    Region("aorta", "AORTA", ("aorta", "aortic")),
    Region("breast", "BREAST", ("breast", "breasts", "mammary")),
    Region("abdomen", "ABDOMEN", ("abdomen", "abdominal")),
    Region("liver", "LIVER", ("liver", "hepatic")),
    Region("gallbladder", "GALLBLADDER", ("gallbladder", "gall bladder")),
    Region("pancreas", "PANCREAS", ("pancreas", "pancreatic")),
    Region("spleen", "SPLEEN", ("spleen", "splenic")),
    Region("stomach", "STOMACH", ("stomach", "gastric")),
    Region("small-bowel", "", ("small bowel", "small intestine")),
    Region("colon", "COLON", ("colon", "large bowel", "large intestine", "colonic")),
    Region("rectum", "RECTUM", ("rectum", "rectal")),
    Region("kidney", "KIDNEY", ("kidney", "kidneys", "renal")),
    Region("bladder", "BLADDER", ("bladder", "urinary bladder")),
    Region("prostate", "PROSTATE", ("prostate",)),
    Region("uterus", "UTERUS", ("uterus", "uterine")),
    Region("cervix", "CERVIX", ("cervix", "cervix uteri")),
    Region("ovary", "OVARY", ("ovary", "ovaries", "ovarian")),
    Region("genitals", "", ("genital", "genitals", "genitalia")),
    Region("pelvis", "PELVIS", ("pelvis", "pelvic")),
    Region("spine", "SPINE", ("spine", "vertebra", "vertebrae", "vertebral column")),
    Region("cervical-spine", "CSPINE", ("cervical spine",)),
    Region("thoracic-spine", "TSPINE", ("thoracic spine",)),
    Region("lumbar-spine", "LSPINE", ("lumbar spine", "lumbar")),
    Region("back", "BACK", ("back",)),
    Region("trunk", "", ("trunk", "torso")),
    Region("shoulder", "SHOULDER", ("shoulder",)),
    Region("upper-limb", "", ("upper extremity", "upper limb", "arm", "forearm")),
    Region("elbow", "ELBOW", ("elbow",)),
    Region("wrist", "WRIST", ("wrist",)),
    Region("hand", "HAND", ("hand", "hands", "palm")),
    Region("hip", "HIP", ("hip",)),
    Region("lower-limb", "", ("lower extremity", "lower limb", "leg", "thigh")),
    Region("knee", "KNEE", ("knee",)),
    Region("ankle", "ANKLE", ("ankle",)),
    Region("foot", "FOOT", ("foot", "feet", "sole")),
    Region("skin", "", ("skin", "cutaneous", "dermal")),
    Region("palms-and-soles", "", ("acral",)),
    Region("lymph-node", "", ("lymph node", "lymph nodes")),
    Region("blood", "", ("blood", "blood smear", "peripheral blood")),
    Region("bone-marrow", "", ("bone marrow",)),
)
NAMES = frozenset(one.name for one in REGIONS)


def region_of(text: str) -> str:
    """The region a word or a DICOM term names; "" where it names none of ours."""
    plain = re.sub(r"[\s_]+", " ", text).strip()
    return _by_word().get(plain.lower(), "")


def region_in(text: str) -> str:
    """The one region named in a sentence, the longest words first; "" where none is named or
    more than one, because then the sentence does not tell."""
    found = {_by_word()[match] for match in _words().findall(text.lower())}
    return found.pop() if len(found) == 1 else ""


@cache
def _by_word() -> dict[str, str]:
    names = {one.name: one.name for one in REGIONS} | {
        one.name.replace("-", " "): one.name for one in REGIONS
    }
    terms = {one.dicom.lower(): one.name for one in REGIONS if one.dicom}
    return names | terms | {word: one.name for one in REGIONS for word in one.words}


@cache
def _words() -> re.Pattern[str]:
    """Words that stand for a place wherever they stand; "back" and "body" are common English."""
    words = sorted(_by_word().keys() - {"back", "body", "face", "head"}, key=len, reverse=True)
    return re.compile(r"\b(?:" + "|".join(map(re.escape, words)) + r")\b")
