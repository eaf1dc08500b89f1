"""A medicine under another of its names: a brand, the generic name, or another region's spelling.

Names and their regions are `kit.pharmacy`'s. A name stays where the other could mean more or less,
and where an option names the medicine too.
"""

from __future__ import annotations

from functools import lru_cache
from itertools import product

from auscult.core.case import Case
from auscult.core.mutant import Field, Mutant, Rng, Span
from auscult.kit.attack.closed import ClosedAttack
from auscult.kit.attack.measured import in_options
from auscult.kit.attack.spans import edited
from auscult.kit.attack.terms import may_name_medicine
from auscult.kit.pharmacy import REGIONS, Direction, Region, swap

WAYS: tuple[Direction, ...] = ("to-brand", "to-generic", "to-local-spelling")


def build() -> BrandSwap:
    return BrandSwap(
        name="robustness/brand-swap",
        changes="Calls medicines by another of their names.",
        invariants=("options-kept", "swaps-names-only", "medicines-kept"),
    )


class BrandSwap(ClosedAttack, frozen=True):
    def why_not(self, case: Case) -> str:
        return "" if swaps(case) else "it names no medicine that has another name here"

    def variants(self, case: Case) -> int:
        return len(swaps(case))

    def edit(self, case: Case, variant: int, rng: Rng) -> Mutant:
        found = swaps(case)
        region, way, spans = found[variant % len(found)]
        return edited(case, self.name, spans, labels={"region": region, "way": way})


def swaps(case: Case) -> tuple[tuple[Region, Direction, tuple[Span, ...]], ...]:
    """Each region and way that changes something, and what; the same change once."""
    return _swaps(case.stem, case.question, case.options)


@lru_cache(maxsize=512)
def _swaps(
    stem: str, question: str, options: tuple[str, ...]
) -> tuple[tuple[Region, Direction, tuple[Span, ...]], ...]:
    if not may_name_medicine(f"{stem} {question}"):
        return ()
    case = Case("", stem, question, options)
    texts: tuple[tuple[Field, str], ...] = (("stem", stem), ("question", question))
    found: dict[tuple[Span, ...], tuple[Region, Direction, tuple[Span, ...]]] = {}
    for region, way in product(REGIONS, WAYS):
        spans = tuple(
            Span(field, change.start, change.end, change.after)
            for field, text in texts
            for change in swap(text, region, way).changes
            if not in_options(case, change.generic) and not in_options(case, change.before)
        )
        if spans:
            found.setdefault(spans, (region, way, spans))
    return tuple(found.values())
