"""A marital status told in passing: "58-year-old widowed carpenter", "seit zwanzig Jahren
verheiratet", "lleva veinte años casado"."""

from __future__ import annotations

from auscult.kit.disclosure.others import KIN, KIN_ABROAD
from auscult.kit.disclosure.status_words import PERSON, WORDS

_STATUS = rf"(?P<status>{WORDS})(?![\w-])"
_OF_NO_THING = r"(?P<status>married|unmarried|divorced|widowed|remarried|never[- ]married)(?![\w-])"
_NOT_WHOSE = r"(?<!her )(?<!his )(?<!their )(?<!our )(?<!my )(?<!'s )(?<!'s, )(?<![\w-])"
_NOT_KIN = (
    rf"(?! (?:\w+ )?(?!(?:mother|father|mum|mom|dad|parent)\b)(?:{KIN}|neighbou?rs?|friends?|"
    r"couples?|people|persons|patients|adults|men|women)\b)"
)
_YEARS_OLD = r"(?:y/?o|yrs?(?:[ -]old)?|years?[- ]old|-year-old)"
_JOB = (
    r"(?:(?:retired|former|self-employed|unemployed|school|primary|truck|bus|taxi|lorry|office|"
    r"factory|shop|bank|farm|social|construction|civil) )?"
    r"(?:teacher|carpenter|nurse|farmer|driver|engineer|clerk|cook|chef|plumber|electrician|"
    r"mechanic|painter|baker|lawyer|accountant|cleaner|worker|waiter|waitress|student|librarian|"
    r"musician|journalist|pharmacist|salesman|saleswoman|builder|gardener|hairdresser|tailor|"
    r"secretary|manager|programmer|soldier|sailor|fisherman|miner|welder|architect|artist|"
    r"writer|translator|servant|officer|firefighter|roofer|mason|butcher|postman|pensioner|"
    r"retiree|veteran|labourer|laborer|technician|bricklayer|weaver|seamstress|pilot)\b"
)
_A_WHILE = (
    r"(?:[\w']*(?:jahr\w*|monat\w*|woche\w*|anni|mesi)|ans|années?|mois|años?|meses|anos?|jaar|"
    r"maanden|years?|months?|decades?|1[89]\d\d|20[0-2]\d)"
)
_SINCE = (
    r"(?:(?:schon |bereits |al |já )?(?:seit|depuis|desde(?: hace)?|hace|da|sinds|há|since|for)|al)"
)
FOR_YEARS = rf"{_SINCE}(?: [\w'-]+){{0,4}}? {_A_WHILE}"
"""For how long: "seit zwanzig Jahren", "depuis vingt ans", "da vent'anni"."""
_THE_PATIENT = (
    r"(?:sie|er|elle|il|ella|él|zij|ze|hij|(?:la|el|le|il|die|der|de|o|a) ?(?:paciente|patiente?|"
    r"patientin|paziente|patiënte?)|(?:frau|herr|señora?|madame|monsieur|signora?|mevrouw) [\w-]+)"
)
_SEEN_AS = r"(?=[,.;]|$| (?:und|et|y|e|en|mit|avec|con|met|ohne|sans|sin|and|with|to)\b)"

_OF_AN_AGE = (
    r"(?:(?:^|[.\n;:(] ?|(?<!, )\b(?:d'une?|une?|un[ao]|eine?|een|uma?|l[ae]|el|il|der|die|de) )"
    r"(?:homme|femme|hombre|mujer|varón|uomo|donna|vrouw|man|mann|frau|homem|mulher|"
    r"patiente?|paciente|paziente|patiënte?|patientin),? (?:de|di|van|von) \d{2,3} "
    r"(?:ans|años|anni|jaar|jahren|anos)|"
    r"(?<!ihre )(?<!seine )(?<!sein )(?<!ihr )(?<![\w-])\d{2,3}[- ]?jährige[rsnm]?)"
)

IN_PASSING = (
    rf"{_OF_AN_AGE},? (?:{FOR_YEARS} )?{_STATUS}(?! (?:{KIN_ABROAD})\b)(?=[,.;]|$| \w)",
    rf"\b(?:an?|this) (?:recently|newly|happily|long) {_OF_NO_THING}(?=,? \d\d-year-old)",
    rf"(?<!\w){PERSON}, an? (?:\w+ )?{_OF_NO_THING} {_JOB}",
    rf"(?:^|[.\n;:] ?){_JOB}, {_OF_NO_THING}(?=[,.;]| (?:with|and|to) )",
    rf"{_NOT_WHOSE}(?:\d{{2,3}}|[a-z]{{3,9}}(?:[ -][a-z]{{3,5}})?)[ -]?{_YEARS_OLD},? "
    rf"(?:recently |newly |twice |happily |long )?{_OF_NO_THING}{_NOT_KIN}(?= [a-z]|[,.;]|$)",
    rf"{_NOT_WHOSE}\d{{2,3}}[ -]?{_YEARS_OLD},? (?P<status>single|separated) {_JOB}",
    rf"{_NOT_WHOSE}\d{{2,3}} ?(?:y/?o ?)?(?:m|f|male|female),? {_OF_NO_THING}{_NOT_KIN}(?= [a-z])",
    rf"\baged? \d{{2,3}},? {_OF_NO_THING}{_NOT_KIN}(?= [a-z]|[,.;]|$)",
    rf"\bthis (?:\w+ )?{_OF_NO_THING} (?:retired |former )?{_JOB}",
    rf"\b{_OF_NO_THING} (?:retired |former )?{_JOB},? (?:of|aged) \d\d\b",
    rf"(?:^|[.\n;:,] ?){FOR_YEARS} {_STATUS}{_SEEN_AS}",
    rf"(?<=\w )(?:ist|war|est|está|es|è|is) {_THE_PATIENT} (?:{FOR_YEARS} )?{_STATUS}{_SEEN_AS}",
    rf"(?:(?<!\w){PERSON} |(?:^|[.\n;] ?)(?:y )?)lleva(?:ba)? (?:[\w-]+ ){{1,4}}?"
    rf"{_STATUS}{_SEEN_AS}",
    rf"(?<!\w){PERSON} (?:has|had) (?:for|since) [\w -]{{1,24}} been {_STATUS}",
)
"""Patterns of statements, each with the status that it states."""
