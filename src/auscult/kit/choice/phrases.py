"""How a choice is announced, turned down, doubted and taken back, in eleven languages.

Patterns that end in `$` are matched against the words before an option (lower case, without
markup, at most a hundred characters), those that begin with `^` against the words after it. None
repeats an unbounded group, so none can be made slow.
"""

from __future__ import annotations

import re

from auscult.kit.choice.sieve import SIEVE
from auscult.kit.patterns.sieve import AnyOf

_ADVERB = (
    r"(?:\w+ly |also |still |thus |then |in fact |indeed |of course |now |would |have to |must |"
    r"will |do |just |shall |might |can |could |rather )"
)
_FILLER = (
    r"(?:[ ,:]+(?:option|options|answer|choice|letter|number|the|a|an|one|be|that|it's|it is|"
    r"this is|probably|likely|most likely|definitely|certainly|clearly|therefore|thus|indeed|"
    r"still|also|just|only|simply|actually|either|now|with|for|to|have|give|start|perform|order|"
    r"as follows|follows|going|text|\\?boxed|\\?text|\\?mathrm|\\?textbf))*[ :=>,-]*$"
)
_NAMED = r"(?:answers?|ans|choice|option|response|selection|pick|solution|verdict|letter|key)"
_THING = (
    r"(?:diagnosis|treatment|management|step|therapy|drug|agent|test|investigation|cause|"
    r"explanation|intervention|approach|action|finding|mechanism|organism|pathogen|medication|"
    r"guess|bet|vote|decision|result|prediction|impression|conclusion|statement|condition|"
    r"safest|best|commonest|likeliest|most (?:likely|appropriate|suitable|common|probable)|"
    r"disorder|antibiotic|procedure|etiology|aetiology|complication|deficiency|modality|culprit)"
)
_COPULA = (
    r"(?: is| was| are| would be| should be| must be| will be| has to be| ought to be| remains|"
    r" becomes|'s| ?:| ?=+>?| ?-+>?| ?→| as)"
)
STATED_BEFORE = SIEVE.compile(rf"\b{_NAMED}(?:,? [\w'-]+){{0,8}}?{_COPULA}{_FILLER}")
STATED_ADJACENT = SIEVE.compile(
    r"(?:\b(?:final|correct|right|my|best|chosen|selected|the) (?:answer|choice|selection)"
    r"|^(?:the )?(?:answer|ans|choice|select|selected|pick|choose))[ ,]*(?:option |is )?\W*$"
)
THING_BEFORE = SIEVE.compile(rf"\b{_THING}(?! ?\d)(?: [\w'-]+){{0,7}}?{_COPULA}{_FILLER}")
FINAL_BEFORE = SIEVE.compile(
    r"(?:\b(?:final|ultimate|definitive|concluding) (?:answer|choice|decision|selection|response|"
    r"verdict|pick)\b[^.!?]{0,30}|#### *)$"
)
_WHO = (
    r"(?:\bi|\bi'd|\bi'll|\bi'm|\bi am|\bi've|\bwe|\bwe'd|\bwould|\bwill|\bshall|\bshould|\bmust|"
    r"\bcan|\blet's|\blet me|\bme|\bmy|\bto|\bso|\bthus|\btherefore|\band|\bthen|\bbut|\bhave|"
    r"\bam|,|^)"
)
_VERB = (
    r"(?:choose|chose|chosen|choosing|pick|picked|picking|select|selected|selecting|"
    r"go(?:ing)? (?:with|for)|gone with|went with|opt(?:ing|ed)? for|vote for|answer(?: with)?|"
    r"say|guess|guessing|bet on|lean(?:ing|s)? (?:more )?(?:toward|towards|to)|settle[ds]? on|"
    r"favou?r|prefer|suspect|submit|put(?: down)?|mark|conclude|believe|think|stick(?:ing)? with|"
    r"commit to|suggest|recommend|stay(?:ing)? with|switch(?:ing)? to|chang\w+ (?:my answer )?to|"
    r"my answer to|my choice to|confident in|confident that|sure)"
)
CHOSEN_BEFORE = SIEVE.compile(rf"{_WHO} ?{_ADVERB}{{0,3}}{_VERB}{_FILLER}")
NOT_ME = SIEVE.compile(
    r"\b(?:you|your|student|students|people|many|some|others|they|someone|colleagues?|textbooks?|"
    r"attending|resident|user|patient|patients|clinicians|doctors|one|candidates?)\b[^.,]{0,30}$"
)
OTHERS_SAY = SIEVE.compile(
    r"\b(?:students?|people|many|some|others|colleagues?|textbooks?|candidates?|they)\b[^.,]{0,20}"
    r"\b(?:choose|pick|select|say|think|chose|picked|answer|said)\b"
    r"|\byou (?:said|chose|picked|suggested|think|wrote)\b"
)
DEDUCED_BEFORE = SIEVE.compile(
    r"(?:\b(?:so|therefore|thus|hence|consequently|accordingly|ergo|leaving|leaves|left with|"
    r"points? to|pointing to|points? (?:strongly |clearly |us )?(?:to|towards?)|suggests?|"
    r"suggesting|indicates?|indicating|consistent with|supports?|favou?rs?|confirms?|must be|"
    r"which means|that means|meaning|nevertheless|nonetheless|regardless|anyway|that said|"
    r"has to be|it's|it is|this is|that's|that is|these are|they are|i mean|i meant|would be|"
    r"makes it|making it|should be|diagnostic of|characteristic of|typical of|classic for|"
    r"compatible with|probably|most likely|likely|definitely|certainly|possibly|perhaps|maybe|"
    r"guess|"
    r"(?:start|begin|treat|manage)\w* (?:\w+ )?with|(?:it is|it's|that is|this is) [^,]{1,24},|"
    r"(?:textbooks?|guidelines?|literature|books?) (?:says?|recommends?|favou?rs?)|"
    r"due to|caused by|represents?|describes?|depicts|make it)|→|∴|[=-]>)"
    r"(?:[ ,:]+(?:us|me|you|with|only|just|the|a|an|option|answer|choice|letter|it|is|be|that|"
    r"probably|likely|strongly|most likely|gotta be|got to be|to be))*[ :,]*$"
)
_BEST = (
    r"(?:correct|right|best|the answer|answer|most|true|the one|the only|my (?:final )?"
    r"(?:answer|choice|pick|guess)|accurate|appropriate|preferred|first.line|indicated|ideal|"
    r"favou?red|recommended|definitive|drug of choice|treatment of choice|gold standard|"
    r"better|more (?:likely|appropriate|consistent|accurate|fitting)|likely|probably|clearly|it\b|"
    r"where i land|what i'd|what i would)"
)
STATED_AFTER = re.compile(
    r"^[ ,:-]*(?:(?:is|are|was|would be|must be|should be|has to be|seems(?: to be)?|"
    r"appears(?: to be)?|looks|remains|stands out as|being|as|comes out as|,) ?"
    rf"{_ADVERB}{{0,2}}(?:the |a |an |our |my |only |single |overall |far |much |by far |even )"
    rf"{{0,2}}{_BEST}\b"
    r"|(?:fits?|matches|explains|describes)(?: \w+){0,4} best\b"
    r"|the (?:most (?:likely|appropriate|probable|suitable)|best|correct|right|only)\b"
    r"|best (?:fits|matches|explains|describes|answers)|is it\b|it is\b|for sure|final\b"
    r"|makes (?:the )?(?:most|more) sense|wins|seems right|is what i|is my\b|all the way"
    r"|is where i|gets my vote|has my vote|would be my)"
)
_DENIED = (
    r"(?:not|never|neither|incorrect|wrong|false|unlikely|improbable|implausible|less|least|"
    r"excluded|eliminated|ruled out|out|contraindicated|inappropriate|inferior|"
    r"no longer|harmful|unrelated|irrelevant|unnecessary|insufficient|inadequate|rejected|"
    r"discarded|dismissed|distractors?|unhelpful|ineffective|mistaken|untrue|no\b|nor|wrongly)"
)
_DOES_NOT = (
    r"(?:isn't|aren't|wasn't|doesn't|don't|won't|can't|cannot|wouldn't|couldn't|shouldn't|didn't|"
    r"fails?|lacks?|cannot)"
)
TURNED_DOWN_AFTER = re.compile(
    r"^[ ,:()-]*(?:(?:which|that|this|it|also|both|therefore|clearly|options?|answers?|choices?) )"
    r"{0,2}(?:(?:is|are|was|were|would|can|could|should|may|seems?|appears?|does|do|did|has|have)"
    r" (?:(?:be|been|being|therefore|thus|also|both|all|clearly|definitely|probably|simply|much|"
    r"far|a|an|the|answer|option|choice|too|safely|easily|obviously|however|and|quite|very|to|"
    rf"usually|generally|typically) ){{0,5}}{_DENIED}\b|{_DOES_NOT}\b)"
    r"|^ ?(?:[:(-] ?|is )?(?:incorrect|wrong|false|unlikely|contraindicated|ruled out|eliminated|"
    r"excluded|out|not (?:correct|right|appropriate|indicated|likely|suitable|effective|"
    r"first|recommended|consistent|safe|used|enough|it)|implausible|inappropriate|ineffective|no)\b"
    r"|^\W*[✗✘❌✖🚫]"
)
NOT_TURNED_DOWN = re.compile(
    r"^[^.]{0,40}\b(?:not (?:only|just|merely|incorrect|wrong|unreasonable|surprising)"
    r"|isn't (?:wrong|incorrect)|no (?:doubt|question))\b"
)
TURNED_DOWN_BEFORE = SIEVE.compile(
    r"(?:\b(?:not|never|neither|nor|cannot|can't be|isn't|aren't|wasn't|doesn't|don't|won't|"
    r"shouldn't|wouldn't|excludes?|excluding|excluded|eliminat\w+|reject\w*|discard\w*|"
    r"dismiss\w*|rul\w+ out|rather than|instead of|as opposed to|unlike|except(?: for)?|"
    r"other than|than|against|incorrect|wrong|minus|without|over|versus|vs\.?|avoid\w*|"
    r"so no|no to|no reason to|cross\w* out|strike|anything but|everything but|ruled-out|out)"
    r"(?:[ ,:]+(?:is|be|are|option|options|answer|answers|choice|choices|letter|the|a|an|to|for|"
    r"it|it's|likely|either|both|just|simply|necessarily|consistent with|choose|pick|select|go|"
    r"going|with|of|out|say|right|correct|best|about|give|giving|start|starting|use|using|think|"
    r"believe|in favou?r|am|explain\w*|support\w*|indicate\w*|suggest\w*|i|would|have|ones|"
    r"represent|due)){0,6})[ :,]*$|[✗✘❌✖🚫]\W*$"
)
SUPPOSED = SIEVE.compile(
    r"\b(?:whether|know if|tell if|sure if|if the answer|if it (?:is|was|were)|suppose|assuming)"
    r"\b[^.]{0,60}$|\b(?:if|unless|were it|had (?:the|he|she|they|this|there))\b[^?]{0,80}"
    r"\b(?:would|could|might)\b[^.]{0,30}$|^if\b[^,]*$"
    r"|^(?:only )?(?:if|unless|when) (?:the|he|she|they|there|it|this|allerg\w+|resist\w+)\b"
    r"|\b(?:mistake|error|trap|pitfall|tempting|argue|case) (?:\w+ ){0,3}(?:to|for)\b[^.]{0,24}$"
    r"|\b(?:mistake|error|trap|pitfall)\b[^.]{0,12}$"
)
FORCED_GUESS = SIEVE.compile(
    r"\bif (?:i|you|we|one|forced|pressed|pushed|absolutely)\b[^.]{0,24}\b(?:guess|choose|pick|"
    r"forced|answer|select|commit|say|pressed|pushed|bet)\b"
    r"|\bif (?:not mistaken|memory|i recall|i remember|i'm not)|\bif (?:it|i) helps"
)
CONCEDED = SIEVE.compile(r"\b(?:although|though|while|whilst|even if|despite|whereas) \w[^,]*$")
AT_FIRST = SIEVE.compile(
    r"\b(?:initially|at first|first thought|first thinking|first instinct|first impression|"
    r"first glance|previously|earlier i|originally|was going to|was about to|almost|nearly|"
    r"tempted|tempting|might (?:think|seem|guess)|i considered|started (?:out )?with|used to think|"
    r"i had thought|i was thinking|was leaning)\b"
)
ONLY_SUPPOSED = AnyOf(FORCED_GUESS, SUPPOSED, CONCEDED, AT_FIRST)
BUT_NOW = SIEVE.compile(r"\b(?:but|now|however|then|changed)\b")
CONCLUDES = SIEVE.compile(
    r"\b(?:therefore|thus|hence|in conclusion|conclusion|to conclude|overall|ultimately|finally|"
    r"in summary|and so|so the|so i|so it|so,|final|correction|all things considered|on balance|"
    r"in the end|after (?:review|reconsider)\w*|corrected|revised|altogether|taken together|"
    r"por lo tanto|por tanto|donc|daher|also ist|deshalb|portanto|quindi|pertanto|итак|"
    r"следовательно|таким образом)\b|因此|所以|综上|したがって|よって|結論|لذلك|إذن|इसलिए|अतः"
)

TOOK_BACK = SIEVE.compile(
    r"\b(?:no,? wait|wait,? no|scratch that|strike that|on second thoughts?|on reflection|"
    r"let me (?:re-?think|reconsider|re-?examine|re-?evaluate|correct|double.check|change|revise|"
    r"start over)|i take (?:that|it) back|(?:changed|changing|change) my (?:mind|answer)|"
    r"i was wrong|i was mistaken|that(?:'s| is| was) (?:wrong|incorrect|not right|a mistake)|"
    r"i misread|i made (?:a|an) (?:mistake|error)|my mistake|my bad|thinking again|"
    r"(?:need|have|want) to (?:reconsider|re-?think|re-?examine|double.check|change)|"
    r"reconsidering|upon reflection|having reconsidered|forget that|disregard (?:that|my))\b"
    r"|不对|等等|不,|いや,|待って|нет, |подожди|non, attends|no, espera|nein, warte|moment,"
)
SOFT_BACK = SIEVE.compile(
    r"\b(?:no|nope|wait|actually|correction|hmm+|sorry|oops|rather|hold on|well|er|edit|update|"
    r"i mean(?:t)?|apologies|better|instead|corrected answer|revised answer|non|nein)\b[ ,.:!;-]*"
)
LINK_BACK = re.compile(
    r"^(?:\W|\b(?:it|it's|that|that's|is|i|mean|meant|should|be|the|answer|correct|option|to|"
    r"rather|instead|actually|sorry|no|wait|make|choose|go|with|think|now|must|my|final|it'll|"
    r"would|have|so|then|this|i'll|i'd|say|change|switch|better|right|one|more|likely)\b)*$"
)
BACK_TRIGGERS = SIEVE.compile(
    "wait|scratch|strike|second thought|reflection|let me|take that|take it|my mind|my answer|"
    "i was |mistake|that's|that is|that was|misread|my bad|thinking again|reconsider|forget|"
    "disregard|不对|等等|不,|いや,|待って|нет|подожди|non, att|espera|warte|moment"
)
CUT_OFF = SIEVE.compile(
    r"\b(?:the|is|because|and|of|to|with|a|an|therefore|so|thus|that|which|most|but|since|as|for|"
    r"in|are|be|between|by|from|than|option|answer|or|would|this|his|her|their|has|have)[ ,:(*]*$"
)
PROMISED = SIEVE.compile(
    r"\b(?:answer|option|choice|diagnosis|treatment|next step)(?: [\w'-]+){0,5}(?: is| would be|:)"
    r"[ *:(]*$"
)
NONE_FITS = SIEVE.compile(
    r"\bnone of (?:the|these|those|them)\b|\bno (?:correct|right|valid|suitable) (?:answer|option)"
    r"|\bneither (?:option|answer|of)|\bnot (?:among|listed|one of)|\bno option\b"
)
