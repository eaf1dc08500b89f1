"""What makes digits something else than a piece of a planted number: a count of things, a measure,
a reading, or a label right before them ("order 5550131").
"""

from __future__ import annotations

import re

A_QUANTITY = re.compile(
    r"^(?:[.,]\d| ?(?:%|mg|mcg|µg|ml|cm|mm|kg|g\b|years?|days?|weeks?|months?|patients?|minutes?|"
    r"hours?|°|±|x ?10|mmol|umol|units?|times|bpm|kcal|steps?|miles?|dollars?|euros?))"
)
_COUNTED = re.compile(
    r"^(?: ?%| of (?:them|these|those|the|all|our|us)\b| (?:more |other |new |different |further )?"
    r"(?!(?:is|was|as|has|this|its|his|us|follows|comes|ends|starts|begins|stands|goes|appears|"
    r"precedes|finishes|closes|opens|leads|plus|minus|makes|completes|sits|lies|remains|always|"
    r"digits|dots|dashes|hyphens|numbers|figures|does|belongs|gives|plus|thus|perhaps|besides|"
    r"towards|afterwards|concludes|terminates|rounds|brings|segments|parts|groups|"
    r"[ée]s|des|les|dans|puis|apr[èe]s|dos|tres|seis|est[áa]s|mas|más|tr[èe]s|trois|das|als|"
    r"plates|los|las|sus)\b)"
    r"[a-z]{3,}s\b)"
)
"""A number of things."""
OF_A_READING = re.compile(
    r"\d[.]$|\b(?:room|bed|day|ward|bay|floor|page|week|aged?|grade|stage|step|chapter|version|"
    r"level|figure|table|score|dose|lots?|batch|models?|spaces?|slots?|invoice|order|gate|flight|"
    r"ticket|"
    r"locker|bus|route|rooms|beds|wards|pages|theatres?|wing|tram|platform|creatinine|sodium|"
    r"potassium|glucose|rate|pressure|weight|"
    r"height|count|ferritin|ext(?:ension)?)\W{0,2}(?:(?:is|was|of|number|no)\W{1,2})?$"
)
_OF_SOMETHING_ELSE = re.compile(
    r"\b(?:card|lot|batch|ticket|extension|ext|pager|invoice|order|accession|room|case|claim|"
    r"reference|barcode|prescription|rx|bottle|cheque|check|payment|transaction|badge|pin|form|"
    r"document|booking|appointment|confirmation|package|carton|parcel|sample|specimen|slide|"
    r"bleep|voucher|receipt|catalogue|catalog|model|kit|vial|version|tracking|"
    r"shipment|flight|gate|locker)s?\b[^.;:\n]{0,30}$"
)
_LABELLED = re.compile(
    r"\b(?:order|invoice|lot|batch|ticket|claim|case|reference|ref|barcode|prescription|rx|cheque|"
    r"check|payment|transaction|booking|appointment|confirmation|parcel|package|tracking|shipment|"
    r"sample|specimen|slide|accession|voucher|receipt|catalogue|catalog|article|item|part|model|"
    r"version|build|job|task|request|requisition|purchase|stock|product|message|event|log|error|"
    r"authori[sz]ation|approval|referral|protocol|grant|pubmed|pmid|isbn|issn|doi|nct|trial|asset|"
    r"report|kit|plate|figure|fig|chapter|page|form|document|badge|sticker|tag|plaque|statute|section|"
    r"paragraph|article|regulation|grant|award|transfer|deposit|debit|permit|parking|inventory|bag|unit|locker|flight|room|pager|bleep|extension|ext)s?"
    r"(?:[^\w\n]{1,3}(?:numbers?|no|nr|id|code|ref|is|was|of|has|bears|the|a)\b){0,4}[^\w\n]{0,4}$"
)
"""What a number is of, right before it."""
"""What else has last four digits."""
OWN_NOUNS = {
    "ssn": r"ssn|social",
    "phone": r"phone|telephone|mobile|cell|tel\b|(?:her|his|their|contact|patient's) number",
    "fax": r"fax",
    "mrn": r"mrn|record|chart",
    "account": r"account",
    "health_plan": r"member|plan|insur|policy|beneficiar",
    "licence": r"licen[cs]e|certificate",
    "vehicle": r"plate|vehicle|registration|vin\b|car\b|van\b|truck\b",
    "device": r"device|serial|implant|pacemaker|pump|model|s/n\b|stent|generator",
    "biometric": r"biometric|finger|voice|retina|iris|palm|template|face\b",
    "photo": r"photo|image|picture|jpe?g|png\b",
    "other": r"code|study|participant|subject|trial|\bid\b|identif",
}


def is_a_count(low: str, stop: int) -> bool:
    """Whether what stands behind the digits makes them a measure or a number of things."""
    return bool(A_QUANTITY.match(low[stop : stop + 12]) or _COUNTED.match(low[stop : stop + 24]))


_A_GROUP_BEFORE = re.compile(r"(?<![\w.])\d{1,3}[-.]$")
_WITHOUT_A_CODE = frozenset(("ssn", "account", "health_plan", "mrn"))
"""Kinds of numbers that no code of a country stands before."""


def starts_earlier(low: str, start: int, stop: int, kind: str) -> bool:
    """A digit and a hyphen more: "1-900-123-456" is no social security number."""
    if kind not in _WITHOUT_A_CODE or low[start:stop].isdigit():
        return False
    return _A_GROUP_BEFORE.search(low[max(0, start - 4) : start]) is not None


def is_labelled_otherwise(before: str, kind: str) -> bool:
    """ "Order 5550131": said to be a number of another kind right before it."""
    label = _LABELLED.search(before)
    own = OWN_NOUNS.get(kind)
    return label is not None and not (own and re.search(rf"\b(?:{own})", before))


def is_of_something_else(before: str, kind: str) -> bool:
    if not _OF_SOMETHING_ELSE.search(before):
        return False
    own = OWN_NOUNS.get(kind)
    return own is None or not re.search(rf"\b(?:{own})", before)


_TOLD_OF_SOMEBODY = re.compile(
    r"\b(?:patients?|pt|pts|she|he|her|his|hers|him|identifiers?|id|ids|syn|mrn|paciente|patientin|"
    r"number|nummer|numéro|número|code)\b"
)
_IN_A_FIELD = re.compile(r"[|:=\"',;#>\t]\s{0,3}[\"']?$|(?:^|\n)[-*• ]{0,4}$")


def is_told_of_somebody(before: str, after: str) -> bool:
    """Whether words near speak of a patient or a number, or a field holds it."""
    return bool(_TOLD_OF_SOMEBODY.search(before + after) or _IN_A_FIELD.search(before))
