"""The words by which an answer speaks of a set of options: right, wrong, all, none, all but.

Patterns that end in `$` are matched against the words before a group of options, those that begin
with `^` against the words after it; both are lower case and without markup.
"""

from __future__ import annotations

import re

_BE = r"(?:is|are|was|were|would be|will be|should be|must be|can be|seems?|remains?|be)"
_MILD = (
    r"(?:(?:both|all|also|therefore|thus|hence|each|clearly|definitely|indeed|likewise|simply|just|"
    r"still|the|a|an|among|one|some|of|considered|in fact|obviously|certainly|probably|likely|"
    r"either|actually|equally|only|to be|any|really|quite|as|again|absolutely|completely) )"
)
_WRONG = (
    r"(?:incorrect|wrong|false|untrue|inaccurate|inappropriate|invalid|mistaken|erroneous|"
    r"unsuitable|ruled out|contraindicated|distractors?)"
)
_RIGHT = (
    r"(?:correct|right|true|valid|accurate|best|appropriate|suitable|indicated|first[- ]line|"
    r"(?:drug|treatment|test|agent|investigation)s? of choice)"
)
_NOUN = r"(?:answers?|options?|choices?|ones?|letters?|statements?|items?|responses?|selections?)"
_DENIED = rf"(?:(?:not|never|n't) {_MILD}{{0,4}}{_RIGHT}|n't {_MILD}{{0,4}}{_RIGHT}|{_WRONG})\b"
_UPHELD = rf"(?:(?:not|never) {_MILD}{{0,4}}{_WRONG}|n't {_MILD}{{0,4}}{_WRONG}|{_RIGHT})\b"
_SUBJECT = (
    r"(?:(?:which|that|this|these|those|they|it|all|both|also|each|therefore|thus|clearly|here|"
    r"too|alone|however|options?|answers?|choices?|two|three|four|five) )"
)
_OPENS = r"^[ ,:=>;\"'–-]*"
_PREDICATE = rf"(?:{_SUBJECT}{{0,4}}{_BE}(?P<ant>n't)?|[:=>-]+|,? ?i\.e\.)? ?{_MILD}{{0,4}}"
WRONG_AFTER = re.compile(
    rf"{_OPENS}(?:{_PREDICATE}{_DENIED}|{_SUBJECT}{{0,4}}(?:is|are|was|were)n't {_MILD}{{0,4}}"
    rf"{_RIGHT}\b)(?! ?(?:coronary|ventric|atri|lung|lobe|hemi|side|upper|lower|middle))"
)
RIGHT_AFTER = re.compile(
    rf"{_OPENS}(?:{_SUBJECT}{{0,4}}(?:{_BE} |[:=>-]+ ?){_MILD}{{0,4}}{_UPHELD}|(?:correct|true)\b|"
    rf"{_SUBJECT}{{0,4}}(?:is|are|was|were)n't {_MILD}{{0,4}}{_WRONG}\b)"
    r"(?! ?(?:coronary|ventric|atri|lung|lobe|hemi|side|upper|lower|middle))"
)
ONLY_AFTER = re.compile(rf"{_OPENS}(?:{_BE} )?(?:therefore |thus |clearly )?the (?:only|sole)\b")
ALONE_AFTER = re.compile(r"^ ?(?:only|alone)\b")
LATER_AFTER = re.compile(
    r"^.{0,90}?\b(?:these|they|those)(?: (?:two|three|four|five|options|answers|drugs|ones))?(?= )"
)
"""A pronoun takes the group up again: "... are used for flares, so these three are not correct"."""
ANSWER_AFTER = re.compile(
    rf"{_OPENS}{_BE} (?:therefore |thus |then )?(?:my|the|our) (?:final )?(?:answers?|choices?|"
    r"selections?|picks?)\b"
)
ELLIPTICAL = re.compile(r"^ ?(?:is|are|do|does)(?P<no> not|n't)?[ .,;!]*$")
YES_AFTER = re.compile(r"^ ?[:=>|-]+ ?(?P<word>yes|no)\b")
TOO_AFTER = re.compile(r"^[ ,]*(?:(?:is|are) also|as well|too|also|for the same reason|likewise)\b")
BACK = re.compile(
    r"\b(?:wait|actually|correction|hmm+|sorry|oops|hold on|edit|update|i mean(?:t)?|apologies|"
    r"instead|corrected|revised|nope|rather(?! than))\b|(?:^|[.,;:!?…-] ?)no\b(?=[,.:;! ])"
)
"""Small words that take back what was said before only where a set follows at once."""
ADDS_BEFORE = re.compile(
    r"(?:\b(?:also|plus|add|adding|in addition|additionally|include|including|oh,? and|as well as)"
    r"\b[ ,:]*(?:option |the )?)$"
)
WRONG_WHY = re.compile(r"(?:^|,|;|\band) ?(?:and )?$")
BECAUSE = re.compile(r"^[ ,]*(?:because|since|as|due to|for)\b")
SAME_AGAIN = re.compile(r"\b(?:so|neither|nor|likewise|same goes for|as)(?: (?:is|are|was|for))?$")
NEITHER = re.compile(rf"\b(?:neither|none of|not one of|nor)(?: (?:the|these))?(?: {_NOUN})?$")

_LINK = (
    r"(?:,? (?:therefore|thus|hence|then|here))?"
    r"(?: (?:is|are|was|were|would be|will be|include|includes)| ?[:=]| ?->)"
)
_TAIL = (
    rf"(?:[ :]+(?:{_NOUN}|to|this|the|that|following|question|in|case|here|for|of|asked|given|"
    r"listed|above|below|original|would|be|a|an|from|list|drugs?|drug|which|with|respect))*"
)
_FILL = (
    r"(?:[ :,]+(?:therefore|thus|hence|then|so|as follows|follows|namely|i\.?e\.?|both|all|only|"
    r"the|option|options|letters|choices|answers|just|those|simply|being|likely|probably|clearly))*"
)
WRONG_BEFORE = re.compile(rf"{_DENIED}{_TAIL}{_LINK}{_FILL}[ :,=>-]*$")
RIGHT_BEFORE = re.compile(rf"{_UPHELD}{_TAIL}{_LINK}{_FILL}[ :,=>-]*$")
SOLE_RIGHT = re.compile(r"\b(?:only|sole|single|one)\b")
FOREIGN_WRONG_BEFORE = re.compile(
    r"(?:incorrect[ao]?s?|incorrectes?|fausses?|falsch\w*|errad[ao]s|sbagliat[ei]|неверн\w+|"
    r"неправильн\w+|不正确|错误|誤り|間違)[^.!?。\n;]{0,24}$"
)
SET_BEFORE = re.compile(
    r"\b(?:answers?|options|choices|letters|ones|set|those|selections?|picks|guess(?:es)?|bet)"
    r"(?:,? [\w'-]+){0,8}?"
    rf"(?: is| are| would be| ?[:=]){_FILL}[ :,=>-]*$"
    r"|\b(?:two|three|four|five|six|seven|options|of them|these)\b[^.!?]{0,20}:[ ]*$"
    r"|\b(?:leaves|leaving|remaining|left with|what remains)(?: is| are| ?:)?(?: options?)?[ :]*$"
    r"|^[^.!?]{0,40}\b(?:i (?:would |will )?(?:say|answer|choose|select|pick|go with|vote for)|"
    r"my (?:answer|choice|selection|pick)s?(?: would be| is| are|:))[ :]*(?:that |options? )*$"
    r"|\b(?:so|hence|thus|therefore|in conclusion|conclusion|overall|in summary|instead)[ ,:]*"
    r"(?:options? |the |it's |it is )?$"
    r"|^(?:not|rather than|instead of) [^.!?]{1,40}?(?:\bbut|,)(?: rather)?$"
)
OPTIONS_ARE = re.compile(r"^(?:[^.!?]{0,24}\b)?options?(?: (?:given |listed )?(?:are|were))? ?:?$")
ASKED_WHICH = re.compile(
    r"\b(?:which|whether|what|if)(?: ones?)?(?: of)?(?: (?:the|these|options?))*$"
)
JUST_BEFORE = re.compile(rf"\b(?:only|just|solely|exclusively)(?: (?:the|{_NOUN}))*$")
GONE_THROUGH = re.compile(
    r"\b(?:analy[sz]\w+|each|every|consider\w*|evaluat\w+|expla\w+|rationale|reason\w*|why|"
    r"assess\w*|discuss\w*|compar\w+|review\w*|go through|look at|overview)\b[^.!?]{0,30}$"
)
"""A heading under which the options are gone through."""
GUESSED = re.compile(r"\b(?:could|might|may) be\b|\beither\b")
SUPPOSED = re.compile(
    r"\b(?:whether|if|unless|think about|consider|analy[sz]e|compare|between)\b[^:]{0,40}$"
)

_ITEMS = (
    r"(?: (?:of )?(?:the |these |those |them\b|us\b)?(?:above |other |given |listed |answer |"
    r"remaining |two |three |four |five |six |seven |eight |nine |ten )*"
    rf"(?:{_NOUN}|above|them|these|those|two|three|four|five|six|seven|eight|nine|ten)?)"
)
_BUT = (
    r"(?: (?:(?:is|are) )?(?:(?:in|not )?correct|wrong|right|false|true|apply|applies))?,? "
    r"(?:except(?:ing)?(?: for)?|but(?! not)|other than|apart from|aside from|besides|excluding|"
    r"save(?: for)?|bar|minus|with the exception of|without)"
    rf"(?: for)?(?: (?:the|{_NOUN}))*[ :]*$"
)
ALL_BUT = re.compile(
    rf"(?:\b(?:all|every|each|any)\b(?:{_ITEMS})?|\b(?:everything|anything)){_BUT}"
    r"|\b(?:todas?|todos?|alle[s]?|tout(?:es)?|tous|tutt[ei])(?: \w+){0,3}? (?:menos|excepto|salvo|"
    r"au(?:ß|ss)er|bis auf|sauf|excepté|tranne|eccetto|exceto)(?: \w{1,3})?[ :]*$"
    r"|(?:все|всё),? кроме[ :]*$|除了?[ ]*$"
)
NONE_BUT = re.compile(rf"\b(?:none|nothing|no(?: other)?(?: {_NOUN}| one)?)\b(?:{_ITEMS})?{_BUT}")
QUANTITY = re.compile(
    r"\b(?:(?P<rest>(?:all |each of |every one of )?(?:of )?(?:the )?(?:others?|rest|remaining)"
    rf"(?: (?:two|three|four|five|{_NOUN}))*(?: of the {_NOUN})?|everything else|"
    rf"(?:all|every) (?:the )?other (?:\w+ )?{_NOUN}|(?:all|every) other)"
    rf"|(?P<none>none(?: of (?:the |these |them|those )?(?:\w+ )?(?:{_NOUN}|above)?)?|"
    rf"no (?:answer )?{_NOUN}|(?:the )?empty set)"
    rf"|(?P<all>(?:all|every|each)(?:{_ITEMS})?|everything))(?=$|\W)"
)
NOTHING_MORE = re.compile(
    r"^(?: ?(?:apply|applies|of them|fit|qualify|apply here|here))?[ .,;!:]*$"
)
