"""What is looked for in words that no author stands behind, beside what the gate checks.

An author knows whether a sentence brings a finding along; a model that writes does not, so its
words may bring none that the case does not hold: no drug, body site, symptom, test or disease that
a closed list or an ending of medicine names. They speak to nobody, they name no letter and no right
answer, and they are one paragraph of signs that a reader sees.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

from auscult.core.case import Case
from auscult.core.mutant import NEW, Mutant
from auscult.kit.attack.facts import facts_of
from auscult.kit.attack.terms import COMMON
from auscult.kit.attack.words import OPTION_LENGTH, SENTENCE_LENGTH
from auscult.kit.mcq import order_matters
from auscult.kit.rubric.orders import clear

LEAST = 12
"""Characters of a sentence."""
TOLD_AGAIN = 2
"""Words of the case that a sentence may take up: with more it ties an option to the findings."""
STEM = 5
"""Letters by which a word is met again in another form."""
_QUANTITY = re.compile(
    r"\d|[%°‰µ²³]|\b(?:hundred|thousand|million|percent|per cent|degrees?|milligrams?|grams?|"
    r"kilograms?|micrograms?|millilitres?|litres?|mg|mcg|kg|ml|mmol|mmhg|bpm)\b",
    re.IGNORECASE,
)
_READER = re.compile(
    r"\b(?:you|your|yours|yourself|please|ignore|disregard|reply|respond|json|prompts?|system|"
    r"instructions?|examiner|answer key|(?:right|correct|best|true|wrong|incorrect) "
    r"(?:answer|option|choice|reply)|this (?:question|case|quiz|test))\b",
    re.IGNORECASE,
)
_LETTER = re.compile(
    r"\b(?:options?|answers?|choices?|letters?)\s*(?:is\s+)?[\"'(]?[A-H]\b|(?<!\w)\([A-H]\)|"
    r"(?:^|[.:;]\s)[A-H][.):]\s"
)
_BY_RANK = re.compile(
    r"\b(?:first|second|third|fourth|last|previous|other|above|below)\s+(?:option|answer|choice)s?\b"
    r"|\b(?:all|none|any|both|neither|either) of (?:the |these |those )?\w*",
    re.IGNORECASE,
)
_NAMED = """
fever fevers feverish temperature chill chills rigor rigors sweats cough coughs coughing sputum
breathless breathlessness wheeze wheezing dyspnoea pain pains painful ache aches aching headache
headaches cramp cramps nausea vomit vomits vomiting vomited diarrhoea diarrhea constipation
constipated bloating heartburn reflux jaundice jaundiced itch itching itchy rash rashes hives
blister blisters ulcer ulcers lump lumps swelling swollen oedema edema bruise bruises bruising
bleed bleeds bleeding blood clot clots faint fainted fainting dizzy dizziness collapse collapsed
seizure seizures fit fits tremor tremors weakness numb numbness tingling paralysis palsy
confusion confused delirium drowsy fatigue tired tiredness malaise lethargy anorexia appetite
thirst weight obese obesity palpitations murmur murmurs pulse tachycardia bradycardia
hypertension hypotension arrhythmia fibrillation infarction angina stroke stenosis embolism
thrombosis ischaemia ischemia shock sepsis septic infection infections infected pneumonia
tuberculosis influenza malaria hepatitis hiv cancer cancers tumour tumours tumor tumors
malignancy metastases metastasis leukaemia lymphoma diabetes diabetic asthma copd gout
arthritis osteoporosis fracture fractures fractured anaemia anemia pregnant pregnancy
miscarriage menopause discharge incontinence retention allergy allergies allergic anaphylaxis
asthmatic epilepsy epileptic migraine depression depressed anxious suicidal psychosis psychotic
hallucinations dementia smoker smokes smoking smoked alcohol drinks drinker drinking cocaine
heroin cannabis opioid overdose operation operations surgery surgical transplant transfusion
vaccine vaccinated vaccination immunised scan scans mri x-ray xray radiograph ultrasound biopsy
ecg electrocardiogram echocardiogram endoscopy colonoscopy culture cultures troponin creatinine
haemoglobin hemoglobin glucose sodium potassium platelets neutrophils lymphocytes bilirubin
ferritin antibodies antibody antigen urine stool stools faeces lesion lesions nodule nodules
mass hernia cyst cysts abscess stone stones polyp polyps effusion consolidation inflammation
inflamed tender tenderness stiff stiffness pale pallor cyanosis clubbing
normal abnormal positive negative test tests tested result results sample samples dipstick ct
reflex reflexes power muscle muscles joint joints vision blurred sight hearing speech gait skin
fundi pupils sleepy drowsiness drooling jerks swallow swallowing breathing breathes breath oxygen
dialysis ventilation ventilated infusion infusions antibiotic antibiotics fluids intravenous
injection injections insulin steroid steroids episode episodes attack attacks symptom symptoms
menses periods menstrual labour delivery gestation newborn feeds feeding growth puberty
scabies tinea eczema psoriasis acne shingles herpes measles mumps rubella chickenpox syphilis
chlamydia gonorrhoea cholera typhoid dengue rabies tetanus lupus sarcoid coeliac crohn thrush
warts mole melanoma cirrhosis parkinson alzheimer medicine medicines medication tablet tablets
complains complained suffers suffered suffering diagnosed developed prescribed admitted
exposure exposed contact bitten bite sting travelled travels abroad tropics worms ticks insect
prothrombin lactate ketones calcium iron enzymes enzyme protein hormone hormones platelet
"""
_FINDINGS = frozenset(_NAMED.split())
_MEDICAL = re.compile(
    r"[a-z]{3,}(?:itis|aemia|emia|uria|osis|oma|opathy|algia|pnoea|pnea|megaly|rrhoea|rrhea|"
    r"rrhage|ectomy|otomy|ostomy|plegia|paresis|penia|cytosis|trophy|plasia|sclerosis|scopy|gram|"
    r"graphy)"
)
_NO_FINDING = frozenset(
    ["diploma", "aroma", "telegram", "program", "kilogram", "photography", "geography", "biography"]
)
_WORD = re.compile(r"[^\W\d_][\w'’-]*")
HINTS = "it hints at the right answer"
_LATIN = ("LATIN", "GREEK")


def word_faults(original: Case, mutant: Mutant) -> tuple[str, ...]:
    """Why the words are not put, each reason once; nothing where they may be."""
    found: list[str] = []
    for sort, text in _new_texts(original, mutant):
        found += _of_any(original, _unquoted(text, original.options), sort)
        if sort == "sentence":
            found += _of_a_sentence(original, text)
        elif sort == "option":
            found += _of_an_option(original, text)
        elif _hints_at_key(original, text):
            found.append(HINTS)
    return tuple(dict.fromkeys(found))


def _new_texts(original: Case, mutant: Mutant) -> Iterator[tuple[str, str]]:
    case = mutant.case
    for span in mutant.spans:
        yield "sentence", span.text.strip()
    for place, text in zip(mutant.order, case.options, strict=False):
        if place == NEW:
            yield "option", text
    if mutant.rewritten:
        yield "rewriting", f"{case.stem}\n{case.question}" if original.stem else case.question


def _of_any(original: Case, text: str, sort: str) -> Iterator[str]:
    known = _said(original)
    body = text.replace("\n", " ") if sort == "rewriting" and text.count("\n") == 1 else text
    if _unseen(body, known):
        yield "it has a line break, or a sign that nobody sees"
    if _script(body, known):
        yield "it has letters of another script"
    if clear(text).cuts > clear(known).cuts or _new(_READER, text, known):
        yield "it speaks to its reader"
    if _new(_LETTER, text, known):
        yield "it names an option by its letter"


def _of_a_sentence(original: Case, text: str) -> Iterator[str]:
    bare = _unquoted(text, original.options)
    if not LEAST <= len(text) <= SENTENCE_LENGTH + max(map(len, original.options), default=0):
        yield "it is far too long or too short"
        return
    if re.search(r"[.;!?]\s", bare):
        yield "it is more than one sentence"
    if _QUANTITY.search(bare):
        yield "it brings a number or a unit"
    if _BY_RANK.search(bare):
        yield "it names an option by its place"
    if _hints_at_key(original, bare):
        yield HINTS
    known = _said(original)
    before, after = facts_of(known), facts_of(bare)
    if after.drugs - before.drugs:
        yield "it brings a drug that the case does not hold"
    if len(_own_words(original) & _stems(bare)) > TOLD_AGAIN:
        yield "it tells of the case's own findings"
    if after.sites - before.sites or _findings(bare) - _stems(known):
        yield "it brings a finding that the case does not hold"


def _of_an_option(original: Case, text: str) -> Iterator[str]:
    others = [option.strip() for option in original.options]
    if not 0 < len(text.strip()) <= max(OPTION_LENGTH, *map(len, others)):
        yield "it is far too long or too short"
    if text.strip().endswith(".") and not any(other.endswith(".") for other in others):
        yield "it is a sentence and the other options are not"
    if order_matters([text]) or _BY_RANK.search(text):
        yield "an option speaks of others by their place"


def _said(case: Case) -> str:
    return " \n".join((case.stem, case.question, *case.options))


def _unquoted(text: str, options: tuple[str, ...]) -> str:
    """Without the options that it quotes in full, as the gate reads it."""
    for option in options:
        text = text.replace(f'"{option.strip().rstrip(".")}"', '""')
    return text


def _unseen(text: str, known: str) -> bool:
    """Control signs, joiners, signs of direction, private ones and line breaks."""
    return any(
        unicodedata.category(sign)[0] in "CZ" and sign != " " for sign in set(text) - set(known)
    ) or ("\n" in text)


def _script(text: str, known: str) -> bool:
    return any(
        sign.isalpha() and not unicodedata.name(sign, "").startswith(_LATIN)
        for sign in set(text) - set(known)
        if not sign.isascii()
    )


def _new(pattern: re.Pattern[str], text: str, known: str) -> bool:
    """Said in the text, and nowhere in the case."""
    found = {match[0].lower() for match in pattern.finditer(text)}
    return bool(found - {match[0].lower() for match in pattern.finditer(known)})


def _hints_at_key(original: Case, text: str) -> bool:
    """Half or more of the words that the right option alone has: in no other option, and not in
    the case."""
    key = original.brief.key
    if key is None:
        return False
    others = (option for place, option in enumerate(original.options) if place != key)
    elsewhere = _stems(" ".join((original.stem, original.question, *others)))
    telling = (w.lower() for w in _WORD.findall(original.options[key]) if len(w) > 3)
    own = {word[:STEM] for word in telling if word not in COMMON} - elsewhere
    return bool(own) and 2 * len(own & _stems(text)) >= len(own)


def _own_words(case: Case) -> frozenset[str]:
    """Of stem and question: those that carry content, but for the words of options."""
    words = (word for word in _WORD.findall(f"{case.stem} {case.question}".lower()))
    return frozenset(
        word[:STEM] for word in words if len(word) > 3 and word not in COMMON
    ) - _stems(" ".join(case.options))


def _findings(text: str) -> frozenset[str]:
    words = {word.lower() for word in _WORD.findall(text)}
    named = {w for w in words if w in _FINDINGS or (_MEDICAL.fullmatch(w) and w not in _NO_FINDING)}
    return frozenset(word[:STEM] for word in named)


def _stems(text: str) -> frozenset[str]:
    return frozenset(word.lower()[:STEM] for word in _WORD.findall(text))
