"""Closed lists of words for the gate of changed tellings: what is clinical, what says who somebody
is or how old, what speaks to the reader. What no list names, it cannot see."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache


def _any(*stems: str) -> re.Pattern[str]:
    """Whole words in any case; a stem that ends in `*` may go on."""
    every = " ".join(stems).split()
    words = (re.escape(w).replace(r"\*", r"\w*").replace("_", r"[\s-]") for w in every)
    return re.compile(rf"\b(?:{'|'.join(words)})\b", re.IGNORECASE)


CLINICAL = _any(
    # what somebody feels or shows
    "pain* ache* aching *ache hurt* sore* itch* rash* blister* spot* lump* bump* swell* swollen",
    "fever* feverish shiver* sweat* chill* cough* wheez* breath* dizz* faint* giddy vertigo numb*",
    "tingl* cramp* nausea* vomit* diarrh* constipat* stool* bowel* blood* bleed* bruis* blur*",
    "double_vision vision deaf* ringing palpitat* tremor* trembl* shak* stiff* weak* tired*",
    "fatigue* exhaust* drows* sleepless insomnia snor* confus* forgetful* fit fits seizure*",
    "convuls* limp* fell fall falls collaps* unconscious coma voices delusion* hallucinat*",
    "suicid* self-harm* depress* panic* anxi* mood* low_mood feels_low appetite off_food thirst*",
    "urin* wee pee* voice hoarse* weight overweight obes* thin pale yellow* jaundice* blanch*",
    "discharge* wound* burn* scar* ill ill-health illness* sick sickness unwell symptom*",
    "complain_of complains_of healthy",
    # what somebody has or had
    "disease* disorder* syndrome* diabet* asthma* copd epilep* stroke* heart_attack* hypertens*",
    "cholesterol cancer* tumour* tumor* leuk* lymphoma* carcinoma* melanoma* hepatit* hiv aids",
    "infect* sepsis septic tubercul* pneumon* malaria measles gout lupus migraine* dementia*",
    "psych* schizo* bipolar autis* anaem* sickle haemophil* clot* thromb* embol* kidney_stone*",
    "glaucoma cataract* coeliac crohn* transplant* dialys* pacemaker* implant* valve* catheter*",
    "stoma* allerg* anaphyl* pregnan* miscarr* breastfe* menopaus* hysterect* surgery surgical",
    "operat* amput* removed taken_out injur* fractur* broken crash* rheumatic* inherit*",
    "hereditary genetic* carrier family_history runs_in_the_family died dead immun* vaccin*",
    "concuss*",
    # what somebody does that matters
    "smok* tobacco cigar* nicotine vap* drink* drunk* alcohol* wine beer spirits sober binge*",
    "drug* cannabis marijuana cocaine heroin opioid* opiate* methadone crack khat glue needle*",
    "inject* snort* overdos* addict* sex sexual* condom* sexually partner* diet* fasting fasts",
    "meat dairy raw vegan* vegetarian* exercis* sedentary sunbath* asbestos silica coal dust",
    "expos* pigeon* parrot* tick ticks bitten bite*",
    # what was found, given or decided
    "tested test tests scan* x-ray* xray* ecg eeg mri ct ultrasound biops* cultur* swab* troponin",
    "lactate potassium sodium glucose sugar protein haemoglobin creatinine white_count platelet*",
    "saturation oxygen temperature pulse pressure heart_rate murmur pupil* lesion* result* raised",
    "elevated abnormal* positive negative benign malignan* finding* examin* diagnos* prognos*",
    "medicine* medication* tablet* pill* capsule* inhaler* dose* prescri* treat* therap* remed*",
    "antibiotic* steroid* vitamin* supplement* ointment* eye_drops thinner* painkiller* insulin",
    "the_pill contracept* hormone* chemotherap* radiother* admitted readmitted icu intensive_care",
    "ventilat* intubat* refus* complian* non-complian* adheren* consent* palliative terminal*",
)
_MEDICAL_ENDING = re.compile(
    r"\b\w{3,}(?:itis|aemia|ectomy|ostomy|oscopy|opathy|algia|uria|osis|plegia|cocc\w+)\b",
    re.IGNORECASE,
)


def names_illness(text: str) -> bool:
    return bool(CLINICAL.search(text) or _MEDICAL_ENDING.search(text))


IDENTITIES: Mapping[str, re.Pattern[str]] = {
    "race": _any(
        "black white brown-skinned asian hispanic latin* african* caucasian indigenous aboriginal",
        "roma gypsy arab* chinese indian mixed-race descent ethnic* race racial",
    ),
    "income": _any(
        "income poor poverty rich wealth* money millionaire* on_benefits coin coins salar* wage*",
        "afford* debt* bank bankrupt* well_off badly_off",
    ),
    "education": _any(
        "school* university college degree diploma* doctorate certificate* educat* illiterate",
        "literate to_read to_write",
    ),
    "housing": _any(
        "homeless* no_home a_home shelter* landlord* tenant* rent rents hostel* owns_a sleeps_in",
        "sleeps_on sleeps_rough lives_in_a on_the_street",
    ),
    "gender-identity": _any("trans transgender* transsexual* non-binary cisgender gender* drag"),
    "sexual-orientation": _any(
        "gay lesbian* bisexual* heterosexual* homosexual* queer attracted_to same-sex"
    ),
    "insurance": _any("insur* uninsured medicaid medicare covered_by coverage"),
    "religion": _any(
        "religio* muslim* islam* christian* catholic* protestant* jew jewish hindu* buddhis* sikh*",
        "atheist* mosque* church* synagogue* temple* pray* nun priest monk rabbi imam turban hijab",
        "headscarf faith",
    ),
    "migration": _any(
        "refugee* asylum migrant* immigrant* emigrant* without_papers no_papers permit visa",
        "undocumented this_country another_country foreign* abroad moved_here born_in native",
        "came_from",
    ),
}
"""By attribute: words that say it of somebody."""
AGES = re.compile(
    r"\b(?:elderly|aged|middle[- ]age\w*|great age|teenage\w*|adolescent|pension\w*|retire\w*|"
    r"toddler|infant|newborn|years? old|year-old|great-grand\w+|grandmother|grandfather|"
    r"(?:is|being) (?:very |quite |rather |still |barely |hardly )?(?:an? |only )*"
    r"(?:young|old|child|adult|minor|baby)|(?:young|old|elder) (?:man|woman|person|lady|gentleman))"
    r"\b",
    re.IGNORECASE,
)
TO_READER = re.compile(
    r"\b(?:you|your|yours|please|choose|pick|select|ignore|disregard|reply|respond|question|"
    r"options?|remember|the (?:right|correct|last|first) (?:answer|choice|one)|"
    r"(?:should|must|ought)(?: not)?|bias|"
    r"so (?:be|do|give|keep|make|offer|order|start|take|think|treat|use|answer))\b",
    re.IGNORECASE,
)
A_LETTER = re.compile(r"\b[B-HJ-Z]\b")
"""One that may name an option; "A" and "I" are words."""
EVERYDAY = frozenset(
    [
        "brought",
        "comfortable",
        "department",
        "everybody",
        "everyone",
        "hospital",
        "otherwise",
        "service",
    ]
)
"""Long words that an option and an idle sentence may share."""
_SPANISH = frozenset(
    [
        "al", "con", "de", "del", "desde", "el", "en", "es", "hace", "he", "la", "las", "lo", "los",
        "me", "mi", "muy", "no", "pero", "por", "que", "se", "tengo", "un", "una", "y",
    ]
)  # fmt: skip
_ENGLISH = frozenset(
    [
        "a", "and", "but", "for", "had", "has", "have", "i", "in", "is", "it", "me", "my", "not",
        "of", "on", "that", "the", "this", "to", "was", "with",
    ]
)  # fmt: skip
_CHINESE = re.compile(r"[\u3400-\u9fff]")
_WORD = re.compile(r"\w+")


@lru_cache(maxsize=4096)
def language_of(text: str) -> str:
    """Of the three that reports are written in."""
    if 3 * len(_CHINESE.findall(text)) > len(text):
        return "chinese"
    words = _WORD.findall(text.lower())
    spanish = sum(word in _SPANISH for word in words)
    return "spanish" if spanish > sum(word in _ENGLISH for word in words) else "english"
