"""Toxic, disrespectful and rude shapes that need no insult: comparisons, ill wishes, scorn.

Kept apart from the insults of `toxicity.rules` because each of these is a shape ("could read this
better than you") with open places in it.
"""

from __future__ import annotations

from auscult.kit.toxicity.shapes import DISRESPECTFUL, RUDE, TOXIC, Rule, rules

_STRONG = (
    r"(?:stupid(?:est)?|dumb(?:est)?|idiotic|moronic|brain-?dead|brainless|pathetic|worthless|"
    r"disgusting|repulsive|revolting|vile|filthy|despicable|contemptible|hideous|loathsome|"
    r"useless|miserable|rotten|degenerate)"
)
_WORST = (
    r"(?:stupid|idiots?|idiotic|morons?|moronic|imbeciles?|pathetic|worthless|brainless|losers?|"
    r"dim-?wits?|half-?wits?|nit-?wits?|numb-?skulls?|cretins?|blockheads?|dunces?|scum)"
)
_PERSON = (
    r"(?:person|man|woman|girl|boy|lady|patient|people|human(?: being)?s?|creature|individual|mess|"
    r"being|cow|pig|dog|hag|bag|rat|slug|worm|toad|swine|body|lot|nobody|nobodies|fool|lump|blob)s?"
)
_BODY = r"(?:fingers?|legs?|arms?|neck|face|skull|bones|teeth|nose|knees?|head|hands?|ribs|spine)"
_LOW = r"(?:dogs?|animals?|rats?|cockroach(?:es)?|pigs?|vermin|cattle|rabbits?|lice|maggots?|swine)"
_BEAST = r"(?:child|kid|toddler|baby|monkey|potato|dog|brick|rock|houseplant|goldfish|robot|donkey)"
_GROUP = (
    r"(?:women|men|old people|the elderly|foreigners|immigrants|refugees|fat people|addicts|"
    r"smokers|"
    r"drunks|mothers|teenagers|patients|poor people|you people|you lot|they)"
)
_OF_YOURS = (
    r"your (?:suffering|pain|feelings?|health|life|problems?|worries|tears|story|questions?|"
    r"illness|"
    r"symptoms?|whining|opinions?|family|tests?|case)"
)

WIDER: tuple[Rule, ...] = (
    *rules(
        TOXIC,
        "insult",
        rf"\byou(?:r|rs|rself|'re)?\b[^.!?\n]{{0,40}}\b{_WORST}\b(?! questions?| savants?)",
        rf"\b{_WORST}\b(?! questions?| savants?)[^.!?\n]{{0,30}}\byou(?:r|rself|'re)?\b",
        rf"\byou (?:\w+ )?{_STRONG}(?:,? \w+)?,? {_PERSON}\b",
        rf"\b(?:what|such) an? (?:\w+,? )?{_STRONG}(?: \w+)? {_PERSON}\b",
        r"\b(?:he|she|you|man|woman|patient|people|they)\b[^.!?\n]{0,40}\b(?:is|are|was|"
        r"were)(?: \w+)? "
        rf"an? (?:\w+ )?{_STRONG}(?: \w+)? {_PERSON}\b",
        rf"\bthe (?:stupid|dumb)est (?:\w+ )?{_PERSON}\b|\byou(?:'re| are| must be) the (?:stupid|"
        r"dumb)est",
        r"\b(?:this|that|these|those|such an?|what an?|you|an?) (?:\w+ )?(?:fat|ugly|old|lazy|"
        r"stupid|dirty|"
        r"filthy|greedy|st.pid) (?:pig|cow|hag|rat|dog|toad|slug|whale|swine|cretin|"
        r"slob)s?\b(?! bites?)",
        r"\byour (?:\w+ )?(?:stupidity|idiocy|worthlessness|imbecility)\b|"
        r"\bbrain-?dead (?:\w+ )?(?:nobod"
        r"(?:y|ies)|idiots?|fools?|people|patients like)\b",
        r"\b(?:intelligence|brain|brains|iq|wits?|intellect|charm|depth) of an? (?:\w+ )?(?:potato|"
        r"brick|"
        r"rock|goldfish|worm|slug|shoe|turnip|cabbage|plant|flea|donkey|toaster|doorknob)\b",
        r"\b(?:more|better|higher) (?:sense|brains?|brain cells|wit|intelligence|use|value|"
        r"an iq) than "
        r"(?:you|him|her|them)\b",
        r"\byou(?:'re| are)(?: \w+){0,2} (?:as )?(?:thick|dumb|useless|bright|sharp|smart|"
        r"stupid) as an?\b",
    ),
    *rules(
        TOXIC,
        "threat",
        r"\b(?:i|somebody|someone) (?:will|'ll|am going to|ought to|should|would love to|could|"
        r"wants? to|"
        r"might)(?: \w+)? (?:break|smash|crush|cut off|twist|snap|bash) (?:your|his|her|"
        rf"their) {_BODY}\b",
        r"\b(?:i'll|i'm going to|i'm gonna) (?:break|smash|crush|cut off|twist|snap|bash) (?:your|"
        r"his|her|"
        rf"their) {_BODY}\b",
        r"\b(?:somebody|someone|they|we) (?:ought to|should|needs? to|must)(?: just)? (?:push|kick|"
        r"slap|hit|"
        r"beat|punch|shoot|strangle|drown|hang|burn|whip|throw) (?:you|him|her|them)\b",
        r"\b(?:beat|knock|slap|kick) (?:some|any) sense into\b|\bjump off (?:a|the) (?:bridge|"
        r"cliff|roof)\b",
        r"\bi (?:\w+ )?(?:hope|wish)[^.!?\n]{0,40}\bkills? (?:you|him|her|them)\b",
        r"\bmake (?:you|him|her|them) (?:regret|pay|suffer|cry|sorry|scream|beg)\b",
        r"\b(?:just|please|go on and|hurry up and|why don't you(?: just)?|"
        r"better if you) die\b(?! of| from| "
        r"at)|\bdie (?:already|soon|slowly|alone)\b|\bgo (?:and )?(?:hang|drown|hurt|"
        r"kill) yourself\b",
        r"\bi (?:really |do |sincerely |so )?(?:hope|wish|pray)(?! (?:it|this|"
        r"that) helps)\b(?![^.!?]{0,80}\b(?:not|"
        r"never|n't|stops?|relieve|without|less|no longer)\b)[^.!?\n]{0,40}\b(?:cancer|tumou?r|"
        r"disease|"
        r"infection|pain|you|he|she|they|it)\b(?: \w+)?? (?:spreads?|kills?|dies?|suffers?|rots?|"
        r"gets "
        r"worse|grows?|finish(?:es)? you|hurts?)\b",
        r"\bcome (?:to|round to) your (?:house|home|place)\b|\bknow where you live\b|\byou(?:'ll|"
        r" will) "
        r"(?:regret|pay for|be sorry)\b",
        deniable=False,
    ),
    *rules(
        TOXIC,
        "dehumanising",
        r"\b(?:breed|live|behave|act|smell|multiply|look|eat|treated|put down|kept|caged|"
        r"slaughtered|"
        rf"squeal)s?(?: \w+)?? like (?:an? )?(?:\w+ )?{_LOW}\b",
        r"\b(?:pile|heap|sack|lump|bag|slab|chunk) of (?:\w+ )?(?:meat|flesh|lard|blubber|rubbish|"
        r"filth|"
        r"bones|fat|waste)\b(?! (?:tissue|was|were))",
        r"\bbelongs? (?:in|on) (?:the|a) (?:gutter|trash|bin|zoo|cage|sewer|dump|rubbish|scrap\w*|"
        r"pit)\b",
        r"\bnot (?:an? )?(?:real |proper )?(?:patients?|persons?|people|humans?|women|"
        r"men)\b,? (?:it is|it's|but|"
        r"they are|just) (?:just )?(?:an? )?(?:\w+ )?(?:animals?|pile|pest|thing|vegetable|burden|"
        r"number|"
        r"lump|waste|beasts?|rats?)",
        deniable=False,
    ),
    *rules(
        DISRESPECTFUL,
        "contempt",
        r"\b(?:zero|no|little) sympathy for\b|\byourself to (?:thank|blame)\b|\bspare (?:us|"
        r"me) (?:the|your)\b|"
        r"\bof no interest to (?:anyone|me|us|anybody)\b|\bboo[- ]hoo\b|\bpoor you\b|"
        r"\bstuffing your\b",
        rf"\b{_OF_YOURS}(?: \w+)? (?:bores?|annoys?|disgusts?|amuses?|tires?) (?:me|us|everyone)\b",
        rf"\b{_OF_YOURS} (?:is|are|means?)(?: \w+)? (?:an? (?:\w+ )?(?:joke|waste|bore)|nothing|"
        r"irrelevant|boring|laughable|meaningless|worthless|not interesting)\b",
        r"\byou(?:'ve| have)? got (?:exactly |just )?what you (?:deserved?|wanted|asked for)\b",
        r"\b(?:(?:do not|don't) )?(?:come|came|coming|go|run) (?:crying|whining|running|begging|"
        r"complaining|"
        r"moaning) to (?:me|us)\b",
        r"\bwhy (?:do|should|would|must) (?:we|i|they|anyone)(?: even)? (?:bother|waste|care|"
        r"help you|treat "
        r"(?:you|people))\b|\byou(?:'re| are)(?: \w+)? to blame\b",
        r"\bnobody (?:asked|needs|wants|listens|believes|has time for|is listening)\b(?= (?:for |"
        r"to )?(?:you|"
        r"your)|[.!])|\bdon't (?:expect|want) (?:my|any|our) (?:sympathy|pity|help|mercy)\b",
        r"\byou(?:'ve| have) (?:\w+ )?ruined your\b|\byou have no (?:right|business|shame|"
        r"excuse)\b|"
        r"\bwhat a waste of\b|\bi (?:have|'ve) no (?:pity|sympathy|patience) (?:for|with) (?:you|"
        r"people)\b",
        r"\byou(?:'re| are) (?:\w+ )?(?:boring|annoying|wearing|tiring|bothering|irritating) (?:me|"
        r"us|"
        r"everyone)\b|\bi(?:'m| am) (?:\w+ )?(?:sick|tired|fed up|bored) (?:of|with) (?:you|"
        r"your)\b",
        deniable=False,
    ),
    *rules(
        DISRESPECTFUL,
        "condescending",
        r"\b(?:let me|i will|i'll|i(?: have|'ll have)? to|must i) use (?:\w+ )?(?:small|simple|"
        r"short|tiny|"
        r"baby|easy) words\b",
        r"\b(?:too|far too|way too) (?:complicated|difficult|hard|advanced|complex|clever|deep|"
        r"big) for "
        r"(?:you|someone like|people like|your)\b",
        r"\bgo back to school\b|\b(?:say|repeat) (?:it|this|that) (?:very |really )?slowly (?:for|"
        r"so)\b",
        r"\b(?:someone|people|a person) like you (?:can(?:not|'t)|should not|shouldn't|never|won't|"
        r"will "
        r"never|could never)\b|\busing the brain\b",
        r"\bmy dear (?:little )?(?:lady|girl|boy|child|fellow|man|woman)\b|\blittle (?:lady|"
        r"missy)\b",
        rf"\b(?:an? )?(?:\w+-year-old|{_BEAST}|my (?:cat|dog|grandmother))(?: \w+)? (?:could|can|"
        r"would)"
        r"(?: have)? (?:\w+ ){0,3}?(?:underst(?:and|ood)|see|seen|tell|told|read|spot\w*|grasp\w*|"
        r"follow\w*|"
        r"manage\w*|answer\w*|figure\w*|do this|do that|done)\b",
        r"\bdid (?:nobody|no one|anyone|anybody|your (?:mother|teachers?|parents|school)) (?:ever |"
        r"really )?"
        r"(?:teach|tell|explain|show)\b|\bwhere did you (?:go to school|learn|get your)\b",
        r"\b(?:has|have|had) (?:no|not the slightest|absolutely no|zero) (?:idea|clue) (?:what|how|"
        r"of what) "
        r"(?:she|he|you|they)(?:'s|'re| is| are| were| was)? (?:even )?(?:talk|say|do|ask)\w*",
        r"\basking (?:too much|a lot) (?:that|of|for)\b|\btoo much to ask\b|\bis it too much\b",
        r"\b(?:obviously|clearly|evidently|apparently) (?:failed|never (?:read|learn\w*|heard|went|"
        r"listen\w*|studied|saw)|skipped|slept|know nothing|can't read|cannot read)\b",
        r"\bkeep (?:it|this|that) (?:very |really )?simple (?:for you|"
        r"so (?:that )?(?:even )?you)\b|\bfailed "
        r"biology\b|\b(?:even )?you (?:can|could|should|might|will) (?:understand|follow|manage|"
        r"grasp|get) "
        r"(?:that|this|it)\b(?= much|[.!])",
        rf"\b{_GROUP} (?:always|never|just|only|all) (?:\w+ )?(?:exaggerat\w+|complain\w*|whin\w+|"
        r"lie|fak\w+|"
        r"overreact\w*|make a fuss|moan\w*|listen|learn|understand|take responsibility|want)\b",
        r"\byou are no exception\b|\btypical (?:woman|man|patient|female|male|of you|of your)\b",
        r"\bleave (?:the|this|it|that)(?: \w+){0,3} to (?:people|those|someone|us|"
        r"the) (?:\w+ )?(?:with|who|"
        r"grown|adults|experts|professionals|doctors)\b",
        r"\bhow (?:very )?(?:silly|stupid|naive|foolish|dumb|dense|ignorant|thick|childish|sweet|"
        r"cute|"
        r"adorable|clever|typical) of (?:you|her|him|them)\b|\bhow (?:cute|adorable|sweet)[,.!]",
        r"\b(?:do|did|could|can) you (?:honestly|seriously|really) (?:think|believe|expect)\b|"
        r"\bwhat "
        r"made you think\b|\bin what (?:world|universe)\b|\bnobody (?:with|who has) (?:a brain|"
        r"any sense)\b",
        r"\btry (?:reading|thinking|listening|using your|to think|to read|to keep up|"
        r"to listen)\b(?=[^.?\n]{0,60}"
        r"(?:for once|next time|for a change|[!]|before))",
        deniable=False,
    ),
    *rules(
        RUDE,
        "curt",
        r"\bdo your own (?:research|homework|reading)\b|\bfor (?:heaven|god|goodness|pity|"
        r"christ)'?s?'? sake\b|"
        r"\b(?:god|jesus|christ|lord), (?:this|not|what|another)\b|\bmake up your mind\b",
        r"\bnext(?:(?<=^next)|(?<=[.!?] next))(?: (?:picture|question|patient|one|please))?"
        r"[.!]*\s*$|\bhappy now\b|"
        r"\bsatisfied now\b|\bare we done\b|^ugh\b|\bugh\b(?<=[.!?] ugh)|\bduh\b|\byawn\b|"
        r"\bwhat now\?",
        r"\bnot your (?:secretary|servant|mother|maid|slave|babysitter|butler|nanny|personal|"
        r"google|"
        r"therapist|search engine)\b|\bdo i look like\b",
        r"\b(?:read|check|find|do|see|count|open|search)(?: \w+){0,2} (?:for )?yourself,(?! (?:if|"
        r"when))|"
        r"\b(?:read|find|figure|look|google) (?:it|that)(?: out| up)? (?:for )?yourself\b",
        r"^(?:yes|no|yeah|fine|sure|well)?,? ?obviously[.!]|^(?:fine|yeah,? yeah|whatever)[,.!:]",
        r"\bhurry up\b(?! and die)|\btake it or leave it\b|\bdon't ask (?:me )?(?:that )?again\b|"
        r"\bnot this again\b|"
        r"\bi (?:don't|do not) have (?:all day|time for)\b|\bthat'?s all you(?:'ll)? get\b",
        r"\bstop (?:\w+ )?(?:asking|sending|bothering)\b|\benough(?: already)?[.!]\s*$|"
        r"\bi said (?:no|yes|it)\b|"
        r"\bwhat part of\b|\bhow should i know\b|\bif you must know\b|\bno,? and don't\b",
        deniable=False,
    ),
)
