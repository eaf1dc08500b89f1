"""A marital status told without its word: "lost his wife", "since her divorce", "lebt getrennt"."""

from __future__ import annotations

import re

from auscult.kit.disclosure.status_words import PERSON, SPOUSE

_WHOSE = r"(?:her|his|their|my|the patient's|(?:mrs?|ms)\.? [\w-]+'s|pt's)"
_THE_SPOUSE = rf"{_WHOSE} (?:own |late |first |second |beloved |dear |then )?(?:{SPOUSE})"
_AND_NAMED = r"(?:,? [\w-]+,?)?"
_FEELING = r"(?:(?:has|had|have|sadly|recently|suddenly|since|just|also) ){0,3}"
_NO_LEGAL_STEP = r"(?! (?:proceed|law|petition|case|paper|settle|rate|is (?:not|pending)|pending))"
_SAYS = (
    r"(?:says?|said|tells|told|report(?:s|ed)|explain(?:s|ed)|writes|wrote|add(?:s|ed)|state[sd]|"
    r"mention(?:s|ed))"
)
_TABLED = (
    r"(?<!\bmy )(?<!your )\b(?:spouse|husband|wife)(?:'s)?(?:[ _]?(?:full[ _]?)?(?:name|phone|"
    r"contact|tel|telephone|mobile|number|details|"
    r"e-?mail|occupation|job|employer))?"
    r"[\"'*]{0,3} ?[:=|]\W{0,4}"
)
_COMPANY = (
    r"(?:accompanied|brought(?: in)?|driven|joined|supported|seen|attended) (?:\w+ )?(?:by|with)"
)
_OF_THE_TWO = (
    rf"\b(?:{SPOUSE})\b[^.\n]{{0,50}}[;,:.]? (?:and )?"
    r"(?:the two|the couple|the pair|both)(?: of them)? "
    r"(?:(?:are|were|have|had|now|been|since|currently|recently|long) ){1,3}"
)
_DOES = (
    r"(?:at (?:the )?bedside|present|states?|stated|reports?|reported|says|said|confirms|notes|"
    r"called|drives|helps|assists|aware|informed|is driving|is her|is his)"
)
_PHRASES: dict[str, tuple[str, ...]] = {
    "widowed": (
        rf"{_TABLED}(?:deceased|died|dead|\(deceased|passed away|late\b)",
        rf"\b{_THE_SPOUSE}{_AND_NAMED} (?:is|was) (?:now )?(?:no longer (?:alive|living|with us)|"
        rf"gone\b(?! to| for| out)|"
        r"buried)|\b(?:outlived|buried|survived) (?:two|both|three)(?: of)?(?: her| his)? "
        r"(?:husbands|wives)\b",
        rf"\b{_THE_SPOUSE}, (?:who (?:has )?(?:died|passed)|now deceased|deceased)",
        rf"\bsince {_THE_SPOUSE}{_AND_NAMED} (?:died|passed)|\blost (?:{SPOUSE})\b",
        rf"\b(?:lost|losing|buried|burying|outlived|outliving|survived|mourning|grieving(?: for)?) "
        rf"{_THE_SPOUSE}\b"
        r"(?! (?:to|in) (?:the crowd|another))",
        rf"\b{_THE_SPOUSE}{_AND_NAMED} {_FEELING}(?:died|passed|is dead|is deceased|was killed)",
        rf"(?:^|[.\n;] ?)(?:{SPOUSE}){_AND_NAMED} {_FEELING}(?:died|passed|deceased|dead)\b",
        rf"\b(?:death|loss|passing|funeral|burial) of {_THE_SPOUSE}\b",
        rf"\b{_THE_SPOUSE}'s (?:recent |sudden |untimely )?(?:death|passing|funeral|grave|ashes|"
        r"memorial|wake|cremation|burial)\b",
        rf"\bpredeceased by {_WHOSE} (?:{SPOUSE})\b|\bbereaved of {_WHOSE} (?:{SPOUSE})\b",
        rf"\b{_WHOSE} widowhood\b|\b(?:became|been|left) a widow(?:er)?\b|\bwidow(?:er)? since\b"
        r"|\b(?:been|was) widowed\b",
        r"\b(?:enviudó|quedó viud[oa]|perdió a su (?:marido|esposo|esposa|mujer))\b",
        r"\b(?:muerte|fallecimiento) de su (?:marido|esposo|esposa|mujer)\b"
        r"|\bsu (?:marido|esposo|esposa|mujer) (?:ya )?(?:murió|falleció|ha muerto|ha fallecido)\b",
        r"\bperdu (?:son (?:mari|épouse|époux)|sa femme)\b"
        r"|\b(?:décès|mort) de (?:son (?:mari|épouse|époux)|sa femme)\b"
        r"|\b(?:son mari|sa femme|son épouse) est (?:décédée?|morte?)\b",
        r"\b(?:ihr (?:ehe)?mann|seine (?:ehe)?frau) (?:verstarb|starb|"
        r"(?:ist|war)(?: \w+){0,4} (?:gestorben|verstorben|tot))\b",
        r"\btod(?:e|es)? (?:ihres (?:ehe)?mannes|seiner (?:ehe)?frau)\b"
        r"|\b(?:ihren (?:ehe)?mann|seine (?:ehe)?frau)(?: \w+){0,4} verloren\b",
        r"\b(?:perso (?:il marito|la moglie)|morte (?:del marito|della moglie))\b",
    ),
    "divorced": (
        rf"{_OF_THE_TWO}(?:divorced|(?:in the )?divorcing)\b",
        r"\bthe (?:[\w-]+ )?divorce (?:[\w-]+ ){0,4}(?:was|has been|had been|left|hit|cost|made|"
        r"upset|troubled) (?:[\w-]+ ){0,3}(?:her|him|the patient)\b",
        rf"\band {_WHOSE} (?:{SPOUSE}){_AND_NAMED} {_FEELING}(?:(?:are|were|got|been) divorced|"
        r"divorced\b|split up\b|(?:filed for|went through|agreed on) (?:an? )?divorce\b)",
        r"\b(?:her|his|their|the patient's) (?:\w+ )?marriage (?:\w+ ){0,2}(?:ended|broke up|was "
        r"dissolved|was annulled|failed)\b(?! (?:with|by) (?:the|her|his) death)",
        rf"\b(?:after|since|following|until|before|during|through) (?:{_WHOSE}|the|a) "
        rf"(?:[\w-]+ )?divorce\b{_NO_LEGAL_STEP}",
        rf"\b{_WHOSE} (?:recent |bitter |first |second |own )?divorce\b{_NO_LEGAL_STEP}",
        rf"(?<!\w){PERSON} {_FEELING}(?:divorced\b|got(?:ten)? (?:a )?divorced?\b|"
        r"(?:went|been|gone) through a (?:\w+ )?divorce\b)",
        r"\bdivorce (?:papers|decree|settlement) (?:came|was|were|arrived|has been|have been|"
        r"went)\b"
        rf"|\b(?:signed|received|got) (?:her|his|the|their) (?:divorce papers|decree absolute)\b"
        rf"|\bpost-divorce\b|\b{_WHOSE} ex[- ](?:{SPOUSE})\b|\bafter (?:a|the) "
        rf"divorce\b{_NO_LEGAL_STEP}"
        rf"|\b(?:her|his|the|their) (?:\w+ )?marriage (?:broke up and|failed and|ended) in (?:a "
        rf")?divorce\b",
        r"\bdivorce (?:came through|was granted|went through)\b"
        r"|\bdivorce (?:was|has been|became|is) (?:finali[sz]ed|final|made absolute)\b",
        rf"\b(?:{_WHOSE}|the) marriage (?:has |had |was |is |has been )?(?:ended in divorce|"
        r"dissolved|annulled)\b",
        r"\b(?:se divorció|desde (?:su|el) divorcio|tras (?:su|el) divorcio)\b"
        r"|\b(?:a divorcé|depuis (?:son|le) divorce|après (?:son|le) divorce)\b"
        r"|\b(?:seit|nach) (?:der|ihrer|seiner) scheidung\b|\bhat sich scheiden lassen\b"
        r"|\b(?:ex-?(?:mann|frau|marido|esposa|esposo|mujer|mari|femme|épouse|marito|moglie))\b",
    ),
    "separated": (
        r"\bmarried but (?:now |currently |long )?separated\b",
        rf"{_OF_THE_TWO}(?:separated|parted|liv(?:e|ing) (?:apart|separately)|split up)\b"
        r"(?! (?:by|into|during|while))",
        rf"\bseparated from (?:{_WHOSE} )?(?:{SPOUSE})\b",
        rf"\b(?:lives?|living|lived) (?:apart|separately) from {_WHOSE} (?:{SPOUSE})\b",
        rf"\bestranged (?:from {_WHOSE} )?(?:{SPOUSE})\b",
        rf"\band {_WHOSE} (?:{SPOUSE}){_AND_NAMED} (?:have |has |are |were |had |been |"
        r"recently |now |currently |long |since |already ){0,4}"
        r"(?:separated|liv(?:e|ing) (?:apart|separately)|split|parted|no longer live together)",
        rf"\b(?:left|walked out on|split (?:up )?(?:from|with)|parted from) {_WHOSE} (?:{SPOUSE})\b"
        r"(?! (?:at|in the|a|with|to|behind|alone|some|instructions))",
        rf"\b{_THE_SPOUSE}{_AND_NAMED} {_FEELING}(?:left (?:her|him|them)\b"
        r"(?! (?:the|an?|some|his|her|money)\b)|moved out\b|walked out\b)",
        r"\b(?:legally|formally) separated\b|\b(?:trial|marital|legal) separation\b"
        r"|\bsince (?:the|her|his) separation\b",
        rf"(?<!\w){PERSON} {_FEELING}separated (?:last|in (?:\d|jan|feb|mar|apr|may|ju|aug|sep|oct|"
        r"nov|dec)|two|three|four|five|\w+ (?:months|years|weeks) ago)",
        r"\blebt (?:\w+ ){0,5}von (?:ihrem (?:ehe)?mann|seiner (?:ehe)?frau) getrennt\b",
        r"\b(?:lebt|leben) (?:\w+ ){0,3}getrennt\b|\bgetrennt[ -]?lebend\b"
        r"|\bvive separad[oa]\b|\bvit séparée?\b|\bse separó de su\b|\bs'est séparée? de\b"
        r"|\bvive separat[oa]\b",
    ),
    "married": (
        rf"{_TABLED}(?!(?:none|n/?a|no|not|unknown|null|deceased|died|dead|late|passed|redacted|"
        rf"omitted|"
        r"withheld|blank|x{2,}|name|phone|if|unlisted|removed|former|ex)\b)[a-z]",
        rf"\bmy (?:{SPOUSE})\b(?! (?:died|passed|is dead|left|and i (?:are|have|"
        rf"were)))[^.\n]{{0,80}}\b(?:she|he|the patient|patient|mrs?\.? \w+|ms\.? \w+) {_SAYS}\b"
        rf"|\b(?:she|he|the patient|patient) {_SAYS}\b[^.\n]{{0,30}}[\"'] "
        rf"?(?:[^.\n]{{0,30}}\b)?my (?:{SPOUSE})\b",
        rf"(?<!\w){PERSON} {_FEELING}wed (?:in \d|last|her|his|at|(?:two|three|four|five|\w+) "
        rf"years ago)",
        rf"(?<!\w){PERSON} {_FEELING}(?:tied the knot|got married|"
        rf"married (?:in \d|last|again|{_WHOSE}))",
        rf"\b{_WHOSE} (?:(?:\w+ )?(?:wedding anniversary|honeymoon)|"
        r"(?:silver|golden|ruby|pearl|diamond) wedding)\b",
        r"(?:^|[.\n;:|] ?)[-*# ]{0,4}married (?:for|since|with|x|\d|to )",
        rf"(?<!\w){PERSON} (?:has|have|had) been (?:happily )?married (?:for|since|to|\w+ years)",
        rf"\b{_COMPANY} (?:{SPOUSE})\b|\b(?:lives?|living) (?:\w+ ){{0,3}}(?:with|w/) "
        rf"?(?:{SPOUSE})\b",
        r"\b(?:been|as|are|were) husband and wife\b|\b(?:the|this) couple,? (?:\w+ ){0,2}married "
        r"(?:for|since|in)\b",
        rf"\b(?:next of kin|emergency contact|nok|proxy|relationship)\W{{1,4}}(?:[\w-]+ ){{0,2}}?"
        rf"\(?(?:{SPOUSE})\b",
        rf"(?:^|[.\n;] ?)(?:{SPOUSE})(?:, [\w-]+,)? {_DOES}\b",
        rf"\bhas an? (?:{SPOUSE})\b",
        rf"\bthe (?:{SPOUSE}) (?:of (?:the|our|this) patient|called|said|reported|brought|"
        r"agreed|asked|told|was (?:told|informed)|confirmed|gave)\b"
        rf"|\b(?:patient|she|he) and (?:her |his )?(?:{SPOUSE})\b",
        rf"\b{_WHOSE} (?:second marriage|marriage of)\b|\bon (?:her|his) second marriage\b",
    ),
    "single": (
        r"\bnever (?:yet )?(?:been )?(?:tied the knot|wed\b|had a (?:husband|wife|spouse))",
        rf"(?<!\w){PERSON} (?:has|have|had) no (?:husband|wife|spouse)\b(?! with)",
        r"\b(?:liv|lead|led)\w* (?:\w+ ){0,2}bachelor'?s? (?:life|existence)\b",
        r"\b(?:lifelong|confirmed) (?:bachelor|spinster)\b|\bremain(?:s|ed) (?:single|unmarried)\b",
        r"\bnunca se (?:ha )?cas(?:ado|ó)\b|\bno se ha casado nunca\b"
        r"|\bjamais (?:été )?mariée?\b|\bn(?:ie|iemals) (?:ge|ver)heiratet\b"
        r"|\bmai (?:stat[oa] )?sposat[oa]\b|\bsin cónyuge\b|\bnooit getrouwd\b",
    ),
}
PHRASES = tuple(
    (status, re.compile("|".join(f"(?:{one})" for one in listed)))
    for status, listed in _PHRASES.items()
)
"""One pattern a status."""
