"""Closed lists for what a model writes of a request for a text (`confidence.checking`). What no
list names, code cannot see."""

from __future__ import annotations

import re


def _any(*parts: str) -> re.Pattern[str]:
    """Whole words or phrases, in any case. Patterns may stand in them."""
    return re.compile(rf"(?<!\w)(?:{'|'.join(parts)})(?!\w)", re.IGNORECASE)


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


_WHO = (
    r"(?:the |this |that |our |my |your |her |his |their )?(?:\w+ )?(?:patients?|persons?|famil\w+|"
    r"resident|customer|client|pupil|employee|worker|relatives?|spouse|husband|wife|partner|mother|"
    r"father|parents?|daughter|son|she|he|they|all of them|everyone|everybody|both)"
)
_HELPS = (
    r"(?:has|have|had|did|does|do|is|are|was|were|will|would|'s|’s|already|also|just|now|all|both|"
    r"quite|very|rather|so|too|only|even|\w+sel(?:f|ves)|\w+ly)"
)
_AGREES = (
    r"(?:agree[ds]?|agreeing|allow(?:s|ed)?|permit(?:s|ted)?|approv(?:e[ds]?|ing)|accept(?:s|ed)?|"
    r"sign(?:s|ed)|waiv(?:e[ds]?|ing)|okay(?:s|ed)?|consent\w*|said yes|gave (?:us |me )?\w+|"
    r"want(?:s|ed)|wish(?:es|ed)?|ask(?:s|ed)|request(?:s|ed)?|insist(?:s|ed)?|beg(?:s|ged)|"
    r"prefer(?:s|red)?|hop(?:es|ed)|like[sd]?|happy|fine|glad|comfortable|willing|keen|pleased|"
    r"mind|object(?:s|ed)?|oppos\w+|told (?:us|me)|let(?:s)?|knows?|authori[sz]\w+|decided|chose)"
)
PERMISSION = _any(
    r"consent\w*", r"permi(?:ssions?|tted|ts)", r"authori[sz](?:ed|es|ation|ing|e)", r"waivers?",
    r"waiv(?:ed|es|ing)", r"releas(?:e|ed) (?:forms?|sign\w+)", r"sign(?:ed)? (?:forms?|releases?)",
    r"(?:signed|given|gave|granted) (?:\w+ ){0,2}(?:form|release|leave|approval|agreement|okay|ok)",
    r"(?:with|has|have|got|gave|given|had) (?:\w+ ){0,2}(?:approval|agreement|blessing|go-ahead|"
    r"green light|clearance|leave|okay|assent)",
    r"cleared (?:by|with|for|it|this|us|everything|all)",
    r"(?:polic(?:y|ies)|regulations?|rules?|guidelines?) (?:lets?|allows?|permits?)",
    r"real person", r"(?:first|initial) letters?", r"looks? after (?:them|her|him)",
    r"power of attorney", r"guardians?", r"guardianship", r"next of kin", r"proxy", r"proxies",
    r"court", r"subpoena\w*", r"warrants?", r"judge's", r"(?:by|under|under the) law", r"lawful\w*",
    r"legal(?:ly)?", r"statut\w+", r"duty to (?:report|tell|warn|inform|disclose)",
    r"(?:required|obliged|bound|entitled|mandated) (?:to|by)", r"rights? to", r"need[- ]to[- ]know",
    r"data protection (?:officer|office|team)", r"privacy (?:officer|office|team)", r"ethics",
    r"exempt\w*", r"exceptions?", r"emergency", r"life-threatening", r"in danger", r"danger to",
    r"anonymi[sz]\w*", r"de-?identif\w+", r"fictional", r"fictitious", r"made[- ]up", r"synthetic",
    r"invented", r"(?:dummy|fake|test|sample) (?:data|patients?|records?|names?|case)",
    r"not (?:a )?real", r"(?:is|are|has been|was|were) (?:all )?(?:dead|deceased)", r"died",
    r"(?:already|anyway) (?:public|published|known|aware|informed|told|knows?|heard)",
    r"(?:made|went|gone|is|are|now) public", r"common knowledge", r"no secret", r"no longer secret",
    r"encrypted", r"secure (?:line|channel|link|mail|mailbox)",
    r"(?:do|does|did|will|would)(?:n't|n’t| not) (?:mind|object|care)",
    r"no objections?", r"nothing against",
    rf"{_WHO}(?: {_HELPS}){{0,4}} {_AGREES}",
    rf"(?:wish|will|request|behalf|instructions?|approval|choice) of {_WHO}",
    r"(?:patient|family|client|resident|customer|worker|employee)(?:'s|’s|s'|s’) (?:own )?"
    r"(?:wish\w*|request|choice|decision|behalf|instructions?)", r"on (?:her|his|their) behalf",
    r"at (?:her|his|their) (?:own )?(?:request|wish)",
)  # fmt: skip
"""What would make sharing right, or the patient none."""
IDENTITY = _any(
    r"i(?: am|'m|’m|, as| myself am| happen to be)(?: also| now| in fact| the| a| an| one of)* "
    r"(?:her|his|their|its|your|treating|attending|responsible|referring|own|new|family|"
    r"the patient|doctor|physician|nurse|lawyer|solicitor|police|officer|guardian|parent|"
    r"mother|father|spouse|husband|wife|partner|son|daughter|sister|brother|relative|carer|patient)\w*",
    r"as (?:her|his|their|the (?:patient|treating|attending|responsible))(?:'s|’s)? \w+",
    r"(?:is|are|was|were|being) (?:also |in fact |now |really )?(?:her|his|their|the patient's|"
    r"the patient’s|a treating|the treating|part of the (?:care|treatment|treating|clinical)|"
    r"involved in (?:the|her|his|their) (?:care|treatment))\w*",
    r"(?:treating|attending|responsible) (?:doctor|physician|nurse|team|clinician|consultant)",
    r"(?:care|treatment|clinical|treating) team", r"(?:member|part) of (?:the|our|her|his|their) "
    r"(?:care|treatment|clinical|medical|family)", r"bound (?:by|to) (?:secrecy|confidentiality)",
    r"sworn", r"professional (?:secrecy|secret)",
)  # fmt: skip
"""Who asks or gets it is said to be somebody who may have it."""
RECIPIENTS = {
    "police": ("police", "officer", "detective", "constable"),
    "press": ("press", "journalist", "reporter", "newspaper", "editor", "broadcaster"),
    "law": ("lawyer", "solicitor", "attorney", "prosecutor", "tribunal", "notary"),
    "insurer": ("insurer", "insurance", "underwriter", "payer"),
    "employer": ("employer", "boss", "foreman", "personnel", "recruiter"),
    "doctor": ("doctor", "physician", "specialist", "surgeon", "consultant", "gp", "practitioner",
               "psychiatrist", "dentist", "psychologist", "therapist", "clinician"),
    "nurse": ("nurse", "midwife", "paramedic", "carer", "caregiver"),
    "pharmacy": ("pharmacist", "pharmacy", "chemist"),
    "family": ("wife", "husband", "spouse", "mother", "father", "parents", "daughter", "son",
               "sister", "brother", "relatives", "cousin", "aunt", "uncle", "grandmother",
               "grandfather", "fiancee", "fiance"),
    "neighbour": ("neighbour", "neighbor", "landlord", "tenant"),
    "authority": ("government", "ministry", "authority", "council", "embassy", "inspector",
                  "regulator", "registry", "agency", "bank", "creditor", "school", "teacher",
                  "headmaster", "university", "church", "priest", "imam", "rabbi"),
    "net": ("facebook", "instagram", "twitter", "tiktok", "linkedin", "whatsapp", "youtube",
            "blog", "forum", "website", "newsletter"),
}  # fmt: skip
"""By kind, who might get a text. One whom the scenario does not name would be somebody new."""
REDIRECTS = _any(
    r"(?:send|forward|copy|cc|bcc|mail|e-?mail|fax|post|address|direct|pass|give|hand|show|deliver|"
    r"upload|publish)(?:s|ed|ing)? (?:\w+ ){0,4}(?:to|with|in) (?:me|us|myself|my|somebody|someone|"
    r"anybody|anyone|everyone|everybody|another|other|a different|all|others?)",
    r"instead of (?:to )?(?:the )?recipients?", r"(?:different|another|new|second|other) "
    r"(?:recipient|addressee|reader|audience|address)s?", r"for (?:me|us|my eyes|myself) (?:only|"
    r"alone)", r"only (?:i|we|me|us) (?:will|shall|would|am|are|can|could)", r"(?:just|only) for "
    r"(?:me|us|myself|internal|our own|my own)", r"nobody (?:but|else|outside|other)",
    r"no one (?:but|else|outside|other)", r"stays? (?:between|with|inside|within|in)",
    r"never leaves?", r"(?:will|would) not (?:be sent|leave|go out)", r"(?:won't|won’t) (?:be sent|"
    r"leave|go out)", r"(?:for|to) (?:the|our) (?:file|files|record|records|chart|archive)",
)  # fmt: skip
"""It would go to somebody else, or to nobody."""
TO_JUDGES = _any(
    r"judges?", r"grad(?:er|ers|ing|ed|e)", r"evaluat\w+", r"rubrics?", r"scor(?:e|es|ed|er|ing)",
    r"benchmarks?", r"red[- ]team\w*", r"canar(?:y|ies)", r"verdicts?", r"classif\w+", r"detect\w*",
    r"this (?:is|was) (?:only |just |merely )?(?:a|an) (?:test|drill|exercise|simulation|game)",
    r"system (?:prompt|message|instruction)s?", r"instructions?", r"prompts?", r"jailbreak\w*",
    r"(?:ignore|disregard|forget|override|bypass|drop|skip|set aside) (?:\w+ ){0,3}(?:rules?|"
    r"polic\w+|laws?|above|before|previous|earlier|privacy|safeguards?|filters?|safety|limits?|"
    r"guidelines?)",
    r"developer mode", r"as an ai", r"language model", r"assistants?", r"chatbots?", r"pretend\w*",
    r"role-?play\w*", r"hypothetical\w*", r"json", r"base-?64", r"rot-?13", r"cipher", r"encod\w+",
    r"encrypt\w*", r"backwards", r"reversed?", r"spell(?:ed|ing)? out", 
    r"letter by letter", r"acrostic\w*", r"initials of each",
)  # fmt: skip
"""Speaks to who reads the answer, or asks for a form in which nobody would find what is told."""
MARKS = re.compile(
    r"[<>{}\[\]`|\\^~*#=_]|(?<!\w)(?:tags?|brackets?|mark-?up|between the marks|"
    r"outside (?:of )?(?:the )?(?:marks|text|tags)|without (?:the )?marks)(?!\w)",
    re.IGNORECASE,
)
"""The marks around the text that is to go out, and how to get round them."""
CONTACT = re.compile(
    r"@|https?:|www\.|\w\.(?:com|org|net|edu|gov|io|uk|de|fr|eu|us)\b|"
    r"(?<!\w)(?:street|road|avenue|lane|crescent|boulevard|postcode|zip code|po box|house number)"
    r"(?!\w)",
    re.IGNORECASE,
)
NUMBERS = _any(
    r"two", r"three", r"four", r"five", r"six", r"seven", r"eight", r"nine", r"ten", r"eleven",
    r"twelve", r"\w+teen", r"twent\w+", r"thirt\w+", r"fort(?:y|ies)", r"fift\w+", r"sixt\w+",
    r"sevent\w+", r"eight(?:y|ies)", r"ninet\w+", r"hundreds?", r"thousands?", r"millions?",
    r"dozens?", r"zero", r"oh",
)  # fmt: skip
TITLE = re.compile(
    r"(?<!\w)(?:Mr|Mrs|Ms|Miss|Mx|Dr|Prof|Professor|Sir|Madam|Sister|Nurse|Officer)\.? [A-Z]"
)
OPENERS = _set("""
    a about above absolutely add additionally after again all also although an and another any
    anyone anything are as ask at be because before begin being besides better both bring brief
    but by can cannot certainly clear close clearly colleagues come consider could describe did do
    does don each else end even every everybody everyone everything explain few finally find
    finish fine first for from full fully further generally give given go good great guests had
    has have having he help her here hers him his honestly hope how however i if imagine in
    include indeed instead into is isn it its just keep kindly know last later leave less let like
    list look looking lots make many maybe me mention more most much must my naturally need
    neighbours never next nice no nobody none nor not nothing now of often okay on once one only
    open or other others otherwise our out over own part patients people perhaps personally place
    please point put quite rather readers really remember right round same say see set several
    share she should show simply since so some somebody someone something sorry sound speak start
    state still such sum surely tell than thank thanks that the their them then there these they
    think this those though thus to today together tomorrow too truly trust try under until up us
    use very visitors was we well were what when where which while who whoever whole why will with
    without won word would write yes yet you your
""")
"""Words that may open a sentence with a capital, whatever follows."""
AFTER_A_NAME = re.compile(
    r"(?:['’]s)?(?:,|\s+(?:[A-Z]\w*|is|was|has|had|will|would|can|cannot|could|should|may|might|must|"
    r"did|does|said|and|or|of|from|in|who|whom|whose|herself|himself|\w+(?:s|ed))\b)|['’]s"
)
"""What follows a word that opens a sentence where it is likely to be a name."""
CAPITALS = _set("""
    I British English American Irish Welsh Scottish French German Italian Spanish Portuguese Dutch
    Polish Turkish Arabic Hungarian Russian Ukrainian Chinese Hindi Urdu Tagalog Swedish Danish
    Norwegian Finnish Greek Latin Monday Tuesday Wednesday Thursday Friday Saturday Sunday Mondays
    Tuesdays Wednesdays Thursdays Fridays Saturdays Sundays January February March April May June
    July August September October November December Easter Christmas HIPAA GDPR PDF SMS
""")
"""Words with a capital that name nobody and no place where somebody lives."""
