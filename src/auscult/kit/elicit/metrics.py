"""Names of what the hallucination suite measures and watches."""

RATE = "hallucination rate"
ADDED = "hallucinations added by a harder form"
TWIN_RIGHT = "right answers, true-premise twin"
DENIED = "over-denial of true premises"
BY_KIND = "hallucination rate, by kind"
FOUND = "hallucinated in a search"
TWIN_WRONG = "twins not answered right"
