"""Whether a text names something like a source: a paper, book, guideline, trial, or their makers.

Code decides it, in doubt yes: a specialist asked in vain costs a call, one not asked a finding.
Passed over are a study's bare acronym ("SPRINT showed"), titles without more, and sources named in
other languages by words alone.
"""

from __future__ import annotations

import re

from auscult.kit.specialists.identifiers import identifiers

_YEAR = r"(?:19|20)\d{2}"
_NO_UNIT = (
    r"(?![-\d%]|[.,:/]\d|\s?(?:mg|g|kg|mcg|µg|ml|mL|l|L|IU|iu|U|mm|cm|m|kcal|kJ|steps?|units?|"
    r"calories|a day|per|times|hours?|h)\b)"
)
_NOT_A_NAME = (
    r"(?!(?:In|Since|Until|Till|By|From|Before|After|About|Around|Between|During|Of|On|At|To|Year|"
    r"Over|Under|Up|Take|Give|Drink|Eat|And|Or|The|This|That|It|Is|As|For|With|Early|Late|Mid|"
    r"Spring|Summer|Autumn|Winter|Christmas|Easter|January|February|March|April|May|June|July|"
    r"August|September|October|November|December|Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sep|Sept|Oct|Nov|Dec|"
    r"Monday|Tuesday|Wednesday|Thursday|Friday|Saturday|Sunday)\b)"
)
_NAME = rf"\b{_NOT_A_NAME}[A-Z][\w'’-]+"
_WORK = (
    r"(?:papers?|articles?|reports?|reviews?|analys[ei]s|cohorts?|RCTs?|statements?|editions?|"
    r"publications?|consensus|overviews?|editorials?|letters?|updates?|registry)"
)
_FOUND = (
    r"(?:show|found(?!ed)|finds?|suggest|report|demonstrate|conclud|prove|confirm|indicate|describ)"
)

_MARKS = (
    r"https?://|\bwww\.|\b[Ee]t\s+al\b|\b(?i:doi|pmid|pmcid?|isbn|issn|nct\s?\d|arxiv)",
    r"\bCD0\d{5}\b|\(n\.\s?d\.\)",
    # "[3]", "[1, 4-6]", a raised figure behind a stop
    r"\[\d{1,2}(?:\s?[-–,]\s?\d{1,2})*\]|(?<=[.,;)])[¹²³⁴-⁹]",
    # "108: 221-9", "41(3):407-477", "2019;12", "169, 211-219" behind a name
    r"(?<![\d:])(?:\d{1,4}\s?\(\d{1,3}(?:[-–]\d+)?\)\s?:\s?[eE]?\d|"
    r"\d{2,4}\s?:\s?[eE]?\d{2,5}\s?[-–]\s?\d{1,5}(?![:\d]))",
    rf"\b{_YEAR}\s*;\s*\d+|\b[A-Z][a-z]+\.?\s\d{{1,4}},\s\d{{2,5}}[-–]\d+",
    r"\b(?i:vol(?:ume)?s?\.?|pp?\.|pages?|chapters?|verses?)\s*\d+",
    r"\b\d{1,2}(?:st|nd|rd|th)\s+(?:ed\b|edn\b|edition)",
    r"(?im:^[^\w\n]{0,8}(?:references?|sources?|bibliography|further reading|literature)"
    r"[^\w\n]{0,4}(?::|$))",
)
_NAMED = (
    # a name beside a year, a work of a year, a team
    rf"{_NAME}(?:\s[A-Z]{{1,3}})?[.,]?\s\(?{_YEAR}[a-z]?\b{_NO_UNIT}",
    rf"\b{_YEAR}\s(?:[\w-]+\s){{0,2}}{_WORK}\b",
    rf"\b(?:publish|report|describ|issu|revis|appear|{_FOUND})\w*\s(?:\w+\s){{0,4}}in\s{_YEAR}\b",
    r"\b[A-Z][\w'’-]+\s(?:and|&)\s(?:colleagues|co-?workers|co-?authors|others)\b",
    r"\b[A-Z][\w'’-]+(?:'s|’s)?\s(?:group|team)\s(?:has\s|have\s)?" + _FOUND,
)
_WORKS = (
    r"\b(?i:guidelines?|guidance|consensus statement|position (?:statement|paper)|white paper|"
    r"recommendations? of the|meta-analys[ei]s|textbooks?|monographs?|cochrane|"
    r"formulary|prescribing information|package (?:insert|leaflet)|"
    r"leaflets? (?:in the package )?says?|according to|stud(?:y|ies)|"
    r"trials?(?! and error)|surveys?|investigators|cohorts? of \d[\d,]*|"
    r"published (?:in|by)|journals?|literature|researchers|scientists|"
    r"uptodate|medscape|pubmed|medline\w*|wikipedia|mayo clinic|clinicaltrials)\b",
    r"\b(?i:systematic|narrative|scoping|umbrella|recent|large|published|literature|critical|"
    r"evidence|landmark)\s(?i:reviews?|papers?|articles?|reports?|research|data)\b",
    r"\b(?i:papers?|articles?)\s(?i:by|from|in the|of \d{4}|on|that|"
    + _FOUND
    + r")|\b(?i:reviews?)\s(?i:of the literature|articles?|papers?)\b",
    r"\b(?i:research|evidence|data|experts?)\s(?:has\s|have\s|from\s\w+\s)?(?i:"
    + _FOUND
    + r"|agree)",
)
_MAKERS = (
    r"\b(?:NICE|WHO|USPSTF|IDSA|ESC|AHA|ACC|EULAR|GOLD|GINA|KDIGO|BNF|FDA|EMA|MHRA|CDC|SIGN|"
    r"NEJM|JAMA|BMJ|Lancet|ACOG|RCOG|ADA|EASD|ESMO|NCCN|ASCO|EASL|AASLD|BTS|ATS|ERS|BSH|BSG|"
    r"ACG|ECDC|RCPCH|AAP|AAFP|ACR|BSR|AAN|EAN|ESICM|ESCMID|AWMF|STIKO|UKHSA|ICMJE|PLoS|PLOS)\b",
    r"\b(?:American|European|British|Canadian|Australian|German|French|Royal|International|World|"
    r"National|Scandinavian|Japanese)\s(?:[A-Z][\w'’-]+\s|(?:of|for|and|on|the)\s){0,5}?"
    r"(?:College|Society|Association|Academy|Institutes?|Federation|Organi[sz]ation|Council|"
    r"League|Union|Heart|Agency)\b",
    r"\b(?:College|Society|Association|Academy|Task Force|Campaign|Collaboration)\s(?:of|for|on)\b|"
    r"\bFood and Drug Administration\b|\bSurviving Sepsis\b|\bBeers [Cc]riteria\b",
    # journals by their usual abbreviations
    r"\b(?:Acta\s[A-Z][a-z]+|(?:Principles|Handbook|Manual)\sof\s[A-Z]\w+|"
    r"Ann(?:als)?\s(?:of\s)?(?:Intern|Surg|Oncol|Rheum|Neurol|Emerg|Fam|"
    r"Thorac|Pharmacother|Med|Hematol)\w*|Arch(?:ives)?\.?\s(?:of\s)?[A-Z][a-z]+|Annals\sof|"
    r"(?:Br|Am|Can|Scand|Int|Eur|Aust|Jpn|Indian)\.?\s(?:J|Med|Heart|Respir|Urol|Rev|Fam)\b|"
    r"N\.?\sEngl|J\.?\s(?:Am|Clin|Gen|Pediatr|Paediatr|Intern|Infect|Neurol|Urol|Med|Allergy|"
    r"Hypertens|Hepatol|Rheumatol|Surg|Thromb|Affect|Exp|Antimicrob)\w*|Clin\.?\s[A-Z][a-z]+|"
    r"Proc\.?\s[A-Z][a-z]+|Nat(?:ure)?\.?\s(?:Med|Rev|Commun|Genet)\w*|Front\.?\s[A-Z][a-z]+|"
    r"Semin\.?\s[A-Z][a-z]+|Crit\.?\sCare\sMed|Diabetes\sCare)\b",
)
_SOURCE = re.compile("|".join((*_MARKS, *_NAMED, *_WORKS, *_MAKERS)))


def names_source(text: str) -> bool:
    return bool(_SOURCE.search(text) or identifiers(text))
