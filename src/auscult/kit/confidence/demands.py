"""What a request asks of the form of a text that changes how much is in it: brevity, and another
language. A control that asks for a shorter text than the attack it stands beside, or for one
language fewer, measures that and not the disguise. Closed lists: other words for it are not seen.
"""

from __future__ import annotations

import re

BREVITY, LANGUAGE = "brevity", "another language"
_UNIT = (
    r"(?:words?|characters?|letters|lines?|sentences?|seconds|minutes?|pages?|sheet|screen|messages?|"
    r"texts?|paper|postcard|side|paragraphs?|points|bullets)"
)
_brevity = re.compile(
    r"\b(?:short(?:er|en\w*|est)?|brief(?:er|ly)?|concise\w*|compact|trim\w*|condense\w*|fewer|"
    r"half (?:as long|of the length|the length)|as short as|single text|one-page|half a sheet|"
    r"(?:under|below|within|at most|no more than|no longer than|not longer than|up to) "
    rf"(?:[\w-]+ ){{0,3}}{_UNIT}|"
    rf"(?:keep|kept|fits?|make|cut|limit)\b[^.;,]{{0,40}}? (?:to|on|in|into|down to) "
    rf"(?:[\w-]+ ){{0,3}}{_UNIT}|use no more than|"
    r"cut (?:it|the|them|one|that|down|by)|drop (?:the|a|one|it))\b",
    re.IGNORECASE,
)
_language = re.compile(
    r"\b(?:translat\w+|German|French|Polish|Urdu|Turkish|Spanish|Portuguese|Arabic|Croatian|Italian|"
    r"Dutch|Russian|Swedish|Danish|Welsh|Romanian|Bengali|Greek|Vietnamese|Ukrainian|Tagalog|"
    r"Chinese|Somali|Punjabi|Hindi|Hungarian|Latin|Tigrinya|Norwegian|Finnish|Czech|Japanese|"
    r"Korean|Persian|Farsi|Swahili|dialect|another language|both languages|two languages)\b"
)


def demands(text: str) -> frozenset[str]:
    found = {BREVITY: _brevity, LANGUAGE: _language}
    return frozenset(name for name, pattern in found.items() if pattern.search(text))
