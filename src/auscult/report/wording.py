"""Figures in words: plain sentences derived from the numbers, and from nothing else."""

from __future__ import annotations

import re
from collections.abc import Sequence
from math import log10

import msgspec

from auscult.core.estimate import Estimate


class Phrase(msgspec.Struct, frozen=True):
    """How a rate is told: "In 100 such THINGS, about 62 MANY." """

    things: str
    one: str
    many: str


PHRASES = {
    "accuracy": Phrase("questions", "was answered correctly", "were answered correctly"),
    "correct": Phrase("questions", "was answered correctly", "were answered correctly"),
    "refusal": Phrase("questions", "was refused", "were refused"),
    "abstention": Phrase("questions", "was met with an abstention", "were met with an abstention"),
    "invalid": Phrase(
        "answers", "could not be read as an answer", "could not be read as an answer"
    ),
    "unreadable": Phrase(
        "answers", "could not be read as an answer", "could not be read as an answer"
    ),
    "consistency": Phrase(
        "questions", "got the same answer each time", "got the same answer each time"
    ),
    "leak": Phrase("cases", "ended in a disclosure", "ended in a disclosure"),
}
"""For suites that say nothing themselves; `extra["phrase"]` of an estimate wins over these."""


DIFFERENCES = {
    "excess over options-only": (
        "In 100 such questions, being able to read the question adds about {n} right {answers} to "
        "what the options alone allow",
        "In 100 such questions, being able to read the question takes about {n} right {answers} "
        "away from what the options alone allow",
    ),
}
"""Told as more and as fewer; `extra["phrase"]` with "more" and "fewer" wins over these."""


class Mark(msgspec.Struct, frozen=True):
    """A trivial baseline beside a score."""

    name: str
    value: float
    doing: str = ""
    """The baseline as something one does: "always answering B"."""


def phrase_of(estimate: Estimate) -> Phrase | None:
    own = estimate.extra.get("phrase")
    if isinstance(own, dict) and {"things", "one", "many"} <= own.keys():
        return Phrase(str(own["things"]), str(own["one"]), str(own["many"]))
    name = (
        re.split(r"[/:]", estimate.metric)[-1]
        .lower()
        .replace("_", "-")
        .replace(" ", "-")
        .removesuffix("-rate")
    )
    return PHRASES.get(name)


def title(estimate: Estimate) -> str:
    """A short name for a row: the suite's own label, or the metric spelt as words."""
    label = estimate.extra.get("label")
    words = str(label) if label else re.sub(r"[_/:-]+", " ", estimate.metric).strip()
    return words[:1].upper() + words[1:]


def where(estimate: Estimate) -> str:
    """Arm, control, condition and group: what tells rows of one metric apart."""
    parts = []
    if estimate.arm and estimate.control_arm:
        parts.append(f"{estimate.arm} against {estimate.control_arm}")
    elif estimate.arm:
        parts.append(f"arm: {estimate.arm}")
    if estimate.condition:
        parts.append(estimate.condition)
    parts.extend(f"{name}: {value}" for name, value in sorted(estimate.group.items()))
    return " · ".join(parts)


def is_difference(estimate: Estimate) -> bool:
    return "difference" in estimate.unit or "excess" in estimate.unit


def is_share(estimate: Estimate) -> bool:
    return "proportion" in estimate.unit and not is_difference(estimate)


def places(values: Sequence[float | None], width: float | None, scale: float = 100.0) -> int:
    """Decimals to print: none the interval does not carry, yet enough that a figure which is
    neither 0 nor 1 is not printed as one."""
    digits = 0
    if width is not None and 0 < width * scale < 3:
        digits = min(2, 1 - int(log10(width * scale)))
    for value in values:
        if value is not None and 0 < abs(value) < 1:
            while digits < 2 and round(abs(value) * scale, digits) in (0.0, scale):
                digits += 1
    return digits


def _width(estimate: Estimate) -> float | None:
    if estimate.low is None or estimate.high is None:
        return None
    return estimate.high - estimate.low


def value_text(estimate: Estimate) -> str:
    """The value alone, as a table prints it."""
    value = estimate.value
    if value is None:
        return "no figure"
    if is_difference(estimate):
        digits = places([value], _width(estimate))
        return f"{_signed(value * 100, digits)} points"
    if is_share(estimate):
        return f"{value * 100:.{places([value], _width(estimate))}f}%"
    return f"{value:.3g}" + (f" {estimate.unit}" if estimate.unit else "")


def interval_text(estimate: Estimate) -> str:
    """`51 to 72`, in the unit of `value_text`; empty where there is none."""
    low, high = estimate.low, estimate.high
    if estimate.value is None or low is None or high is None:
        return ""
    if is_difference(estimate):
        digits = places([estimate.value], high - low)
        return f"{_signed(low * 100, digits)} to {_signed(high * 100, digits)}"
    if is_share(estimate):
        digits = places([estimate.value], high - low)
        return f"{low * 100:.{digits}f} to {high * 100:.{digits}f}%"
    return f"{low:.3g} to {high:.3g}"


def _signed(value: float, digits: int) -> str:
    text = f"{value:+.{digits}f}"
    # A true minus sign, and no sign on what rounds to nothing.
    return f"{0:.{digits}f}" if float(text) == 0 else text.replace("-", "−")


PAIRED = "unpaired_cases"
"""What paired estimates alone hold in `extra`."""
CLUSTERED = "clustered"
"""In `extra` where several cases share a cluster: what a cluster is."""


def level_text(estimate: Estimate) -> str:
    return f"{estimate.level * 100:.4g}% interval"


def counted(number: int, one: str, many: str = "") -> str:
    """`1 case`, `2 cases`, `12,300 cases`."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def size_text(estimate: Estimate) -> str:
    """`84 cases`; `84 cases, 168 answers` where cases were asked more than once; and for a paired
    figure, whose n is of pairs, `84 cases asked both ways`."""
    n, clusters = estimate.n, estimate.n_clusters
    related = clusters_text(estimate)
    if PAIRED in estimate.extra:
        said = f"{counted(n, 'case')} asked both ways"
        return f"{said}, on {related}" if clusters and clusters != n else said
    if clusters and clusters != n:
        return f"{related}, {counted(n, 'answer')}"
    return counted(n, "case")


def clusters_text(estimate: Estimate) -> str:
    """What stands by itself: a case; or what several cases are of."""
    related = estimate.extra.get(CLUSTERED)
    number = estimate.n_clusters
    return f"{number:,} {related}" if related and number != 1 else counted(number, "case")


def sentence(estimate: Estimate, marks: Sequence[Mark] = (), competence: bool | None = None) -> str:
    """One headline in plain language: what was seen, how sure that is, and what chance would get.

    `competence` says whether the suite could tell this score from its trivial baselines."""
    if estimate.value is None:
        return f"{title(estimate)}: no figure. {estimate.note}".strip()
    if is_share(estimate):
        said = _share(estimate)
    elif is_difference(estimate):
        said = _difference(estimate)
    else:
        said = (
            f"{title(estimate)}: {value_text(estimate)}; {_interval(estimate)}, {_from(estimate)}."
        )
    return " ".join(s for s in (said, _chance(estimate, marks), competence_text(competence)) if s)


def _from(estimate: Estimate) -> str:
    n, clusters = estimate.n, estimate.n_clusters
    if PAIRED not in estimate.extra and clusters and clusters != n:
        preposition = "about" if CLUSTERED in estimate.extra else "to"
        return f"from {counted(n, 'answer')} {preposition} {clusters_text(estimate)}"
    return f"from {size_text(estimate)}"


def _interval(estimate: Estimate) -> str:
    found = interval_text(estimate)
    return f"{level_text(estimate)} {found}" if found else "no interval could be computed"


def _share(estimate: Estimate) -> str:
    value, phrase = estimate.value or 0.0, phrase_of(estimate)
    digits = places([value], _width(estimate))
    base = 100 * 10**digits
    ends = "no interval could be computed"
    if estimate.low is not None and estimate.high is not None:
        low, high = round(estimate.low * base), round(estimate.high * base)
        ends = f"{level_text(estimate)} {low:,} to {high:,}"
    if phrase is None:
        about = f"about {round(value * base):,} in {base:,}"
        return f"{_named(estimate)}: {about}; {ends}, {_from(estimate)}."
    if value in (0.0, 1.0):
        return _extreme(
            estimate, phrase, f"{ends} in {base:,}" if estimate.low is not None else ends
        )
    count = round(value * base)
    verb = phrase.one if count == 1 else phrase.many
    return f"In {base:,} such {phrase.things}, about {count:,} {verb}; {ends}, {_from(estimate)}."


def _extreme(estimate: Estimate, phrase: Phrase, ends: str) -> str:
    """Never "about 0" or "about 100": what was seen was none, or all, of a known number."""
    n = estimate.n
    if n == 1:
        return f"Only one was counted, which says almost nothing; {ends}."
    if estimate.value == 0:
        return f"Of {n:,} counted, none {phrase.one}; {ends}."
    return f"Of {n:,} counted, all {phrase.many}; {ends}."


def _difference(estimate: Estimate) -> str:
    value = estimate.value or 0.0
    digits = places([value], _width(estimate))
    base = 10**digits * 100
    count = round(abs(value) * base)
    low, high = estimate.low, estimate.high
    told = _told_difference(estimate, value)
    if count == 0:
        said = f"{_named(estimate)}: no difference seen"
    elif told and base == 100:
        said = told.format(n=count, answers="answer" if count == 1 else "answers")
    else:
        size = f"{abs(value) * 100:.{digits}f}"
        points = "percentage point" if size == "1" else "percentage points"
        said = f"{_named(estimate)}: {size} {points} {'more' if value > 0 else 'less'}"
    unsure = low is not None and high is not None and low <= 0 <= high
    doubt = " The interval includes no difference at all." if unsure else ""
    return f"{said}; {_interval(estimate)}, {_from(estimate)}.{doubt}"


def _told_difference(estimate: Estimate, value: float) -> str:
    own = estimate.extra.get("phrase")
    if isinstance(own, dict) and {"more", "fewer"} <= own.keys():
        return str(own["more" if value > 0 else "fewer"])
    more, fewer = DIFFERENCES.get(estimate.metric, ("", ""))
    return more if value > 0 else fewer


def _named(estimate: Estimate) -> str:
    return f"{title(estimate)} ({where(estimate)})" if where(estimate) else title(estimate)


def _chance(estimate: Estimate, marks: Sequence[Mark]) -> str:
    """What the trivial baselines get, in the same words."""
    if not marks or not is_share(estimate):
        return ""
    first, *rest = [(m.doing or m.name, f"{m.value * 100:.0f}") for m in marks]
    said = [f"{first[0]} would get {first[1]}", *(f"{doing} {count}" for doing, count in rest)]
    listed = said[0] if not rest else ", ".join(said[:-1]) + f" and {said[-1]}"
    return f"{listed[:1].upper()}{listed[1:]}."


def competence_text(competence: bool | None) -> str:
    if competence is None:
        return ""
    if competence:
        return "The score is better than each of these baselines."
    return (
        "Not every trivial baseline is beaten: the score alone does not show the ability that it "
        "is meant to measure."
    )


def stop_sentence(stopped: str) -> str:
    """Why the run ended, as a sentence."""
    word = stopped.partition(":")[0].strip()
    known = {
        "complete": "The run finished everything it had planned.",
        "time cap": "The run stopped early, at its cap on time.",
        "money cap": "The run stopped early, at its cap on money.",
        "calls cap": "The run stopped early, at its cap on calls.",
        "tokens cap": "The run stopped early, at its cap on tokens.",
        "stopping rule": "The run stopped as declared: its rule knew enough.",
        "stopping rule in part": "The run asked all that its declared rules left to ask; not every "
        "cell could be decided.",
        "interrupted": "The run was interrupted by its user before it was finished.",
        "not started": "The run has not asked anything yet.",
        "killed": "The run was killed before it was finished, and has not been resumed.",
        "failed": f"The run failed before it was finished: {stopped.partition(':')[2].strip()}",
    }
    return known.get(word, f"The run stopped: {stopped}.")


def duration(seconds: float) -> str:
    """`48 s`, `4 min 12 s`, `3 h 05 min`."""
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    minutes, rest = divmod(whole, 60)
    if minutes < 60:
        return f"{minutes} min {rest:02d} s" if rest else f"{minutes} min"
    return f"{minutes // 60} h {minutes % 60:02d} min"


def money(cost: float | None, note: str, currency: str) -> str:
    """`0.42 USD`; where it is not known, the word for that. Never a zero that nobody checked."""
    if cost is None:
        return note or "unknown"
    return f"{cost:.2f} {currency}" if cost >= 0.005 or cost == 0 else f"under 0.01 {currency}"
