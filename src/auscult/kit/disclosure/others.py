"""Whose it is: words that give a value to somebody other than the patient."""

from __future__ import annotations

import re

KIN = (
    r"mother|father|mum|mom|dad|parents?|sisters?|brothers?|siblings?|daughters?|"
    r"sons?(?! (?:anniversaire|nom|pr[ée]nom|num[ée]ro|adresse|t[ée]l[ée]phone|dossier|compte|"
    r"[ée]tat|"
    r"date|mari|[ée]pou\w+|jour|ann[ée]e|mois)\b)|children|"
    r"child|twins?|aunts?|uncles?|cousins?|nieces?|nephews?|grand(?:mother|father|son|daughter|"
    r"parents?|children|child)|(?:mother|father|son|daughter|brother|sister)[- ]in[- ]law|"
    r"step(?:mother|father|son|daughter|brother|sister)"
)
KIN_ABROAD = (
    r"bruders?|schwester|mutter|vaters?|sohn(?:es)?|tochter|eltern|nachbar\w*|hermano|hermana|"
    r"madre|"
    r"padre|padres|hijo|hija|vecin[oa]|mère|père|parents|frère|sœur|soeur|fils|fille|voisine?|"
    r"fratello|sorella|figlio|figlia|mãe|pai|irmão|irmã|filho|filha"
)
PARTNER = r"husband|wife|spouse|partner|fianc[eé]e?|boyfriend|girlfriend"
_OTHER = (
    r"neighbou?rs?|friends?|nurses?|doctors?|physicians?|surgeons?|consultants?|midwife|midwives|"
    r"carers?|caregivers?|caretaker|colleagues?|co-?workers?|roommates?|flatmates?|housemates?|"
    r"donors?|recipients?|landlord|landlady|boss|employer|interpreter|translator|chaplain|"
    r"(?:physio|psycho|hypno)?therapists?|physios?|psychiatrists?|psychologists?|dentists?|gps?|"
    r"(?:cardi|neur|onc|haemat|hemat|radi|path|dermat|ur|nephr|gynaec|gynec|rheumat|endocrin|"
    r"ophthalm|gastroenter|neonat|pulmon)\w*ologists?|dieti[ct]ians?|nutritionists?|registrars?|"
    r"opticians?|optometrists?|podiatrists?|radiographers?|sonographers?|technicians?|"
    r"anaesthetists?|"
    r"counsell?ors?|volunteers?|priest|vicar|imam|rabbi|pastor|hairdresser|trainer|coach|"
    r"supervisor|"
    r"secretar(?:y|ies)|managers?|godmother|godfather|policyholders?|"
    r"pharmacists?|paramedics?|drivers?|solicitor|lawyer|teacher|receptionist|"
    r"guarantors?|attorney|executor|subscriber|proxy|contact person|"
    r"guardian|visitor|roomie|lodger|tenant|(?:social|case|support|key) ?workers?|author"
)
_PERSONS = rf"(?:{KIN}|{_OTHER})"
SOMEBODY = re.compile(rf"\b{_PERSONS}\b")
_LAST_PERSON = re.compile(
    rf"\b(?P<other>{_PERSONS}|{PARTNER})\b|\b(?:patient|pt|she|he|him|they)\b"
)
_CLAUSE = re.compile(r"[.!?;:\n]|\bbut\b|\bwhile\b|\bwhereas\b")
_TELLS = re.compile(
    r"\b(?:record(?:ed|s)|not(?:ed|es)|wrote|writes|sa(?:id|ys)|gave|gives|put|lists?|listed|"
    r"enter(?:s|ed)|"
    r"confirm(?:s|ed)|document(?:s|ed)|remembers?|told|tells|report(?:s|ed)|state[sd]|knows|"
    r"called|calls)\b"
    r"[^,]{0,20}\b(?:her|his|their|that)\b"
)
"""The nurse that wrote her birthday down wrote the patient's."""
_OF_THE_PATIENT = re.compile(r"^ ?(?:of|to) (?:two|three|four|\d|a|an|\w+ (?:children|sons))\b")


def is_of_another(
    low: str, start: int, of_two: bool = False, told: bool = True, room: int = 60
) -> bool:
    """Whether the person that the clause named last before the place is somebody else. `of_two`:
    what stands there is of the patient and of a husband or wife alike. `told`: what somebody else
    tells of "her" is the patient's."""
    before = clause_before(low, start, room)
    persons = list(_LAST_PERSON.finditer(before))
    if not persons or persons[-1]["other"] is None:
        return False
    if of_two and re.fullmatch(PARTNER, persons[-1]["other"]):
        return False
    after = before[persons[-1].end() :]
    return not (_OF_THE_PATIENT.match(after) or (told and _TELLS.search(after)))


def clause_before(low: str, start: int, room: int = 60) -> str:
    head = low[max(0, start - room) : start]
    begins = 0
    for end in _CLAUSE.finditer(head):
        begins = end.end()
    return head[begins:]


def clause_after(low: str, stop: int, room: int = 60) -> str:
    tail = low[stop : stop + room]
    end = _CLAUSE.search(tail)
    return tail[: end.start()] if end else tail
