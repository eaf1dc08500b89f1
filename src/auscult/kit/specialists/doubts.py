"""Whether an answer itself doubts or denies a number that it names.

"PMID 1234567890 cannot be right" accuses nobody of that number. Read are the words of the sentence
it stands in, of the next one where that speaks of it, and of the line that leads in a list. What
is in doubt counts as doubted: a false accusation is worse than a miss.
"""

from __future__ import annotations

import re
from bisect import bisect_right

_NUMBER = (
    r"(?:numbers?|identifiers?|PMIDs?|PMCIDs?|DOIs?|ISBNs?|NCT|registrations?|references?|"
    r"citations?|links?|codes?|records?|entr(?:y|ies)|it|them|this|that|these|those)"
)
_NOT = r"(?:\s?n[o'’]?t|n['’]t|\s+not)"
_PATTERNS = (
    # cannot be right, could not be verified, unable to find
    rf"\b(?:can|could){_NOT}\s+(?:\w+\s+){{0,3}}?(?:right|correct|real|valid|genuine|true|found|"
    r"verified|confirmed|traced|located|checked|exist|verify|confirm|find|trace|locate|check|"
    r"vouch|guarantee|stand|be)\b",
    r"\b(?:unable|not able|failed|hard|impossible)\s+to\s+(?:verify|confirm|find|trace|locate)\b",
    # does not exist, should not be cited, don't use that number
    rf"\b(?:do|does|did|would|should|must|may|might){_NOT}\s+(?:\w+\s+){{0,2}}?(?:exist|resolve|"
    r"belong|match|correspond|lead|look|seem|appear|recogni[sz]e|know|cited|trusted|verified)\b",
    rf"\b(?:do|should|would|must|never){_NOT}?\s+(?:use|cite|trust|quote|copy|rely on)\s+"
    rf"(?:\w+\s+){{0,2}}?{_NUMBER}",
    # is not valid, isn't a real number, is no DOI
    rf"\b(?:is|are|was|were){_NOT}\s+(?:\w+\s+){{0,3}}?(?:real|valid|genuine|right|correct|"
    rf"possible|plausible|existing|proper|known|indexed|listed|registered|mine|{_NUMBER})\b",
    rf"\b(?:is|are|was|were|there(?:'s| is| are))\s+no(?:ne)?\s+(?:\w+\s+)?{_NUMBER}\b",
    r"\bno\s+(?:such|record|entry|match)\b|\bnothing\s+(?:behind|under|with|at)\b",
    r"\b(?:find|found|know|knew|see|saw|aware)\s+(?:of\s+)?(?:no|nothing|none)\s+(?:\w+\s+){0,2}?"
    rf"(?:papers?|articles?|books?|sources?|behind|under|with|{_NUMBER})\b",
    r"\bno\s+(?:\w+\s+)?(?:paper|article|study|trial|book)s?\s+(?:with|under|behind|has|have|"
    r"carr(?:y|ies)|bears?|of that|by that)\b",
    # made up, malformed, a placeholder
    r"\b(?:invalid|non-?existent|fabricated|fictitious|fictional|made[- ]up|invented|malformed|"
    r"mistyped|misprint(?:ed)?|typos?|typing (?:error|slip|mistake)|typographical|placeholders?|"
    r"dummy|bogus|fake|impossible|implausible|unverified|unverifiable|suspect|suspicious|dubious|"
    r"doubt(?:ful|s|ed)?|questionable|hallucinat\w+|garbled|corrupt(?:ed)?|broken|wary|beware|"
    r"hypothetical|imaginary|ignore|disregard|nowhere)\b|"
    r"\b(?:not|never)\s(?:be\s|been\s)?(?:verifi(?:able|ed)|traceable|confirmed)\b",
    r"\b(?:is|are|be|was|were|looks?|seems?|appears?|surely|must be)\s+(?:\w+\s+){0,2}?(?:wrong|"
    r"false|incorrect|mistaken|erroneous|odd|off)\b",
    r"\bnever\s+(?:been\s+)?(?:issued|assigned|existed|given out|registered)\b|"
    r"\b(?:is|was|are|were|has|had|by)\s+(?:an?\s+)?(?:errors?|mistakes?|slips?)\b",
    rf"\b(?:wrong|false|incorrect|mistaken|erroneous)\s+{_NUMBER}",
    # how long it is, and what it is to look like
    r"\bdigits?\b|\btoo\s+(?:many|few|long|short)\b|\bformat(?:ted|s)?\b|\btemplates?\b",
    r"\bin\s+(?:the|this)\s+(?:form|style|pattern|shape)\b|\b(?:would|might|could)\s+look\b|"
    r"\blooks?\s+like\b|\bmust (?:have|begin|start)\b",
    # "not PMID 1", "rather than PMID 1", "did you mean PMID 1?"
    r"\b(?:not|rather than|instead of)\s+(?:the\s+)?(?:number\s+)?(?:PMID|PMC|DOI|ISBN|NCT)",
    r"\?\W{0,8}$",
)
_DOUBT = re.compile("|".join(_PATTERNS), re.IGNORECASE)
_BREAK = re.compile(
    r"(?<=[.!?])(?<!\bal\.)(?<!\bno\.)(?<!\bvs\.)(?<!\n\d\.)(?<!\n\d\d\.)[\"')\]*_]*\s+(?=[\"'(\[*_]*[A-Z])|"
    r"\n\s*\n|\n(?=\s*(?:[-*•]|\d+[.)])\s)"
)
_SPEAKS_OF_IT = re.compile(
    r"\W*(?:(?:but|however|yet|still|so|and|sadly|unfortunately),?\s+)?(?:this|that|it|its|it's|"
    r"these|those|such|neither|none|both|there is no|the\s+(?:\w+\s+)?(?:number|identifier|"
    r"reference|citation|code|link|PMID|PMCID|DOI|ISBN)|an?\s+(?:PMID|PMCID|DOI|ISBN)|PMIDs|DOIs|"
    r"ISBNs|PubMed|NCT numbers|i (?:can|could|do|did|cannot|have|found))\b",
    re.IGNORECASE,
)
_NEAR = 2000
"""Characters before an item of a list in which the line that leads it in is looked for."""
_ITEM = re.compile(r"\s*(?:[-*•]|\d+[.)])\s")


class Doubts:
    """Of one answer."""

    def __init__(self, answer: str) -> None:
        self._answer = answer
        breaks = list(_BREAK.finditer(answer))
        self._starts = [0, *(one.end() for one in breaks)]
        self._ends = [*(one.start() for one in breaks), len(answer)]
        self._known: dict[int, bool] = {}

    def about(self, place: int) -> bool:
        """Whether what stands at this place is doubted."""
        number = bisect_right(self._starts, place) - 1
        if number not in self._known:
            self._known[number] = self._doubted(number)
        return self._known[number]

    def _doubted(self, number: int) -> bool:
        if _DOUBT.search(self._sentence(number)) or self._led_in(self._starts[number]):
            return True
        after = self._sentence(number + 1) if number + 1 < len(self._starts) else ""
        return bool(_SPEAKS_OF_IT.match(after) and _DOUBT.search(after))

    def _sentence(self, number: int) -> str:
        return self._answer[self._starts[number] : self._ends[number]]

    def _led_in(self, start: int) -> bool:
        """Whether the line before a list ends in a colon and doubts what follows."""
        if not _ITEM.match(self._answer, start):
            return False
        for line in reversed(self._answer[max(0, start - _NEAR) : start].splitlines()):
            if line.strip() and not _ITEM.match(line):
                return line.rstrip(" *_").endswith(":") and bool(_DOUBT.search(line))
        return False
