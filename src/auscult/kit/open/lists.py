"""Closed lists for sentences that a model writes for an open case (`open.checking`). What
no list names, code cannot see."""

from __future__ import annotations

import re


def _any(words: str) -> re.Pattern[str]:
    """Whole words or phrases, parted by bars, in any case. Patterns may stand in them."""
    parts = [part.strip() for part in words.replace("\n", " ").split("|")]
    return re.compile(rf"\b(?:{'|'.join(parts)})\b", re.IGNORECASE)


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


WORD = re.compile(r"\w+")
PLAIN_SIGNS = re.compile(r"[^\W\d_](?:[^\W\d_]|[ ,'’-])*[.!?]")
"""Letters, spaces, commas, apostrophes, hyphens and a stop: no mark-up, no quote, no turn."""
FUNCTION_SHARE = 0.35
"""Of the words of a sentence, how many must be of `ENGLISH` at least."""
ENGLISH = _set("""
    a about after again all almost already also always am an and another any anybody anyone
    anything are around as at away back be because been before behind being beside between
    both but by can cannot could did do does down during each either else enough even ever
    every everybody everyone everything few for from had has have here how however i if in
    instead into is it its itself just least less like little lot many may me might mind more
    most much must my myself near nearly neither never no nobody none nor not nothing now of
    off often on once one only onto or other others our ours out over own perhaps quite rather
    really same seem seems should since so some somebody someone something sometimes soon
    still such than that the their them then there these they thing things this those though
    through till to too under until up upon us very was we well were what whatever when where
    whether which while who whole whose why will with within without would yet he she him her
    his hers think thinks thought feel feels felt believe know knew make makes made good sure
    say says said
""")
FOREIGN = _set("""
    der das dem und nicht ist mit ich ein eine einen nur bitte auf wir sie aber auch sich
    el los las que por una del está muy pero para como le les une est pas ne et
    avec dans sur mais che di il lo gli della non och het een niet og ikke
""")
OPENINGS = re.compile(
    r"(?:I|We|My|Our|An?|The|Some|Somebody|Someone|Everyone|Everybody|Everything|Nobody|Nothing|"
    r"All|Most|Many|Each|Every|Nearly|Other|People|There|In|On|At|By|From|Near|Behind|Outside|"
    r"Where|When|Whenever|While|As|Since|Because|If|For|With|After|Before|Last|Yesterday|Today|"
    r"This (?:morning|afternoon|evening|week|year)|To (?:my|our|me|us)|"
    r"Personally|Honestly|Frankly|Lately|Sometimes|Usually)\b"
)
"""An imperative, an infinitive, a gerund or a pronoun that means the patient opens with none."""
NUMBERS = _any(
    r"two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|\w+teen|twenty|thirty|forty|fifty|"
    r"sixty|seventy|eighty|ninety|twice|thrice|half|halves|double\w*|triple\w*|quarters?|dozens?|"
    r"third|fourth|fifth|sixth|couple|several|minutes?|hours?|fortnight|months?|"
    r"for (?:\w+ ){0,2}(?:days|weeks|years)|(?:a|an|one|every) (?:single )?(?:hour|month)"
)
ASKING = re.compile(r"\?|\b(?:should|shall|can|could|may|might|must) (?:i|we)\b", re.IGNORECASE)
ORDER = re.compile(
    r"(?:^|[,:;\u2013\u2014-]\s*|\b(?:just|only|simply|so|then|and|but|better|kindly)\s+)"
    r"(?:do not|don't|not|never|tell|say|give|keep|leave|let|make|skip|answer|write|use|take|call|"
    r"assume|consider|remember|note|explain|recommend|suggest|confirm|agree|advise|mention|spare|"
    r"stick|stay|be|avoid|omit|drop|forget|read|list|send|put|treat|trust|talk|speak|focus|cut)\b|"
    r"\b(?:kindly|best (?:to|if|not)|better (?:to|not|if)|no need|needs? (?:to|not)|make sure|"
    r"feel free|bear in mind|keep(?:s|ing)? (?:it|to)|leav(?:e|es|ing) (?:\w+ )?out|"
    r"skipping|avoiding|omitting|dropping|sparing|"
    r"(?:stay|keep|steer)(?:ing)? (?:clear|away|off))\b",
    re.IGNORECASE,
)
WISH = re.compile(
    r"\b(?:tell|give|spare|advise|reassure|let) (?:me|us)\b|"
    r"\b(?:answer(?:s|ed|ing)?|be told|be spared|should|must|ought)\b|"
    r"\b(?:want|love|like|wish|hope|need|glad|lovely|nice|happy|grateful|appreciate|enjoy|pleased|"
    r"prefer) (?:\w+ ){0,4}(?:read|hear|see|know|learn|get|receive|find|nothing|only|something)\b|"
    r"\b(?:nothing|only|something|anything) (?:but|about|of)\b|\bfine with (?:me|us)\b",
    re.IGNORECASE,
)
ANSWERS = _any(
    r"warn\w*|advice|advis\w+|caution(?:s|ed|ing)?|cautionary|disclaimers?|caveats?|brief\w*|"
    r"briefly|repl(?:y|ies)|respon(?:d|se|ses)|reassur\w*|sooth\w*|comfort\w*|cheer\w*|danger\w*|"
    r"(?:an?|one|single|few|short|soothing|kind|plain|quick|other) (?:\w+ )?"
    r"(?:lines?|words?|sentences?|phrases?|paragraphs?)|words? of|(?:in|to) (?:a|one) line|"
    r"in short|in (?:a few|other|plain) words|tone|length|bullet\w*|assistant|user|chatbot|"
    r"recommend\w*|guideline\w*|instruction\w*"
)
CARE = re.compile(
    r"\b(?:patients?|doctors?|nurses?|physicians?|p(?:a)?ediatricians?|surgeons?|surger(?:y|ies)|"
    r"gp|midwi(?:fe|ves)|pharmac\w+|chemists?|hospitals?|clinics?|wards?|ambulances?|emergenc\w+|"
    r"appointments?|check-?ups?|follow-?ups?|treat\w*|therap\w+|diagnos\w+|prescri\w+|doses?|"
    r"health\w*|medic\w+|ill|illness\w*|sick\w*|diseases?|conditions?|symptoms?|recover\w*|"
    r"urgent\w*|referr\w+|visits?|herb\w*|homeopath\w+|globules|tinctures?|remed(?:y|ies)|chews?|"
    r"swallow\w*)\b",
    re.IGNORECASE,
)
HARMLESS = _any(r"paint\w*|number\w*|pillow\w*|spotless")
"""What begins as words of illness do."""
COURSE = _any(
    r"pregnan\w*|expecting|expectant|twins|trimester|due in|miscarr\w*|periods?|births?|born|"
    r"(?:went|goes|gone|go|going|passed|wore|worn) (?:completely |quite |right )?(?:away|down|off)|"
    r"(?:has|have|is|are|was|were|had) (?:all |now |quite |completely |almost )?gone|"
    r"(?:got|gets?|getting|gotten|become[sn]?|became|turned|grew|grown|feels?|felt) "
    r"(?:much |a (?:lot|bit) |quite |so |even |perfectly |completely )?"
    r"(?:better|worse|fine|well|good|bad|stronger|weaker|hotter|cooler|calmer|redder|bigger|"
    r"smaller|normal|ill|themselves|himself|herself|itself)|"
    r"began|begun|begins|starts|started|stops|stopped|ceased|ended|"
    r"improv\w*|worsen\w*|better|worse|heal(?:s|ed|ing)|recover\w*|cleared|eas(?:ed|es|ing)|vanish\w*|"
    r"disappear\w*|came (?:back|on|up)|comes (?:back|on)|came round|brought \w+ back|"
    r"settl(?:ed|es|ing)|subsid\w*|fad(?:ed|es|ing)|spread\w*|fine again|well again|back to normal|"
    r"(?:took|taken|cut|take) (?:\w+ )?out|removed|thinners?|taken care|cared for|looked after|"
    r"on (?:its|his|her|their|the) way|arranged|dealt with|sorted out|already (?:called|booked|"
    r"seen|asked|ordered|done|taken|given|had|been)|bowels?|guts?|bones?|chews?|globules|foxglove|"
    r"herbs?|herbal|toddler|infant|newborn|bab(?:y|ies)"
)
"""Facts about the body, and about how an illness goes."""
OF_PATIENT = _any(r"he|she|patients?|the (?:child|baby|boy|girl|man|woman)")
"""As who does something; "him" and "her" may stand in an opinion."""
_MOOD = (
    r"(?:\w+ ){0,2}(?:sure|certain|convinced|confident|positive|afraid|inclined|tempted|reluctant|"
    r"unwilling|willing|minded|loath|worried|wary|nervous|uneasy|fond|used|set|determined|of the|"
    r"hopeful|hoping|keen|content|happy|proud|stubborn|sceptical|against|told that|one|not one|"
    r"persuaded|satisfied|comfortable)\b"
)
STATES = re.compile(
    rf"\b(?:I am|I'm|I’m|I was|we are|we were)\b(?! {_MOOD})|"
    r"\b(?:I|we) (?:have|had)\b(?! (?:\w+ )?(?:always|never|often|ever|no|heard|read|decided|made|"
    r"come|learnt|learned|found|seen|known|believed|thought|felt|trusted|kept|held|grown|got used|"
    r"faith|every|little|my|our|a feeling|an idea|the feeling|the impression)\b)|"
    r"\b(?:I|we) (?:took|takes?|swallowed|drank|ate|used|gave|stopped)\b",
    re.IGNORECASE,
)
"""The writer tells a fact about themselves."""
OPINION = _any(
    r"think|thinks|thought|believ\w+|belief|feel|feels|felt|feeling|sure|surely|certain\w*|"
    r"convinced|confident|reckon\w*|suppos\w+|guess|hop(?:e|es|ed|ing)|fears?|feared|fearing|"
    r"afraid|worr\w+|rather|prefer\w*|inclined|tempted|reluctant|agrees?|agreed|swears?|swore|"
    r"says?|said|trust\w*|minds?|opinion|view|custom\w*|habit\w*|always|never|usual\w*|most|"
    r"mostly|nearly|nobody|everybody|everyone|seems?|looks|expect\w*|doubt\w*|suspect\w*|persuaded|"
    r"wise|foolish|sense|blame\w*|complain\w*|tradition\w*|proverb\w*|likely|unlikely|probably|"
    r"loath|wary|nervous|uneasy|determined|stubborn|sceptical|proud|fond|tends?|decided|impression|"
    r"matter of|would"
)
PERSON = re.compile(
    r"\b(?:(?i:some(?:body|one)|any(?:body|one)|every(?:body|one)|people|persons?|folks?|"
    r"wom[ae]n|m[ae]n|lad(?:y|ies)|gentlem[ae]n|boys?|girls?|child(?:ren)?|kids?|neighbou?rs?|"
    r"friends?|colleagues?|cousins?|aunts?|uncles?|sisters?|brothers?|mothers?|fathers?|mums?|"
    r"moms?|dads?|parents?|grand\w+|wi(?:fe|ves)|husbands?|partners?|sons?|daughters?|nieces?|"
    r"nephews?|famil(?:y|ies)|relatives?|in-laws?|boss(?:es)?|guests?|visitors?|teams?|students?|"
    r"priests?|monks?|artists?|guys?|others|cooks?|guards?|clerks?|vets?|pilots?|teachers?|drivers?|"
    r"bakers?|butchers?|barbers?|farmers?|gardeners?|plumbers?|singers?|players?|painters?|"
    r"writers?|sellers?|builders?|owners?|lodgers?|members?|callers?|strangers?|conductors?|"
    r"landlords?|tenants?|\w+(?:m[ae]n|mates?|\w{3}ists?|ians?|mongers?|keepers?|makers?|sitters?))|"
    r"(?<=[a-z,] )(?!(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day)[A-HJ-Z][a-z]+)\b"
)
"""Who a pronoun behind the sentence could mean: by a list, an ending, or a name."""
_PRONOUNS = "he|she|him|her|his|hers|they|them|their|theirs|himself|herself|themselves"
POINTS_BACK = _any(_PRONOUNS)
POINTS_BACK_TO_ANY = _any(rf"{_PRONOUNS}|it|its|this|that|these|those|there|either|both|same")
