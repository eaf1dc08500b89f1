"""Names that are ordinary words, months or eponyms as well: alone, they name a patient only beside
a title or another word that says so.
"""

from __future__ import annotations

_WORDS = (
    "amber angel april art august autumn basil bill brook carol charity chase christian chuck "
    "clay cliff constance crystal dale dawn destiny drew faith florence ford forest frank gene "
    "ginger glen grace grant guy happy harmony heather herb holly hope iris ivy jade jasmine "
    "jay joy june lance lane lily mark max may melody mercy miles olive pansy paris pat "
    "patience patty pearl penny pierce poppy prudence ray reed rich river rob robin rose ruby "
    "sage sandy serenity sky star storm sue summer sunny verity victor victoria viola violet "
    "wade will winter woody"
)
_SURNAMES = (
    "baker bishop brown butcher butler carpenter case church clerk cook cooper cross day dean "
    "dose duke earl example farmer field fielding fields fisher flood foot frost gardener glass "
    "gold gray green grey hall hand hill house hunter judge king knight lake law light little long "
    "love major mason mercer miller model moon moor moore north page pain paine park parker "
    "parks payne placebo pope porter pound power price prince pulse queen rice rivers sample "
    "savage sharp shepherd short silver singer small smith snow south spring stone street "
    "strong swift taylor test trial turner walker wall ward waters weaver weeks wells west "
    "white winters wise wood woods young"
)
_EPONYMS = (
    "addison alport alzheimer apgar asperger babinski barrett barthel bartter bell berg "
    "billroth braden bright broca brudzinski burkitt caesar chagas cheyne child colles coombs "
    "crohn cushing doppler down duchenne dupuytren ebstein ehlers ewing fabry fallot fanconi "
    "foley freud friedreich gaucher gehrig gilbert glasgow gram graves hamilton hartmann "
    "hashimoto heberden heimlich hirschsprung hodgkin hoffmann homans horner huntington janeway "
    "kaposi karnofsky kawasaki kernig koch korsakoff kussmaul lachman lyme mallampati mallory "
    "mantoux marfan mcburney meckel meniere monteggia murphy norton osler paget parkinson "
    "peyronie phalen pott ranson raynaud reiter ringer rinne romberg roth schirmer simpson "
    "sjogren snellen stokes swan sydenham tinel tourette trendelenburg virchow weber wegener "
    "wernicke whipple wilms wilson zenker"
)
ORDINARY = frozenset(f"{_WORDS} {_SURNAMES} {_EPONYMS}".split())
