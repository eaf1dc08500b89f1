"""The same options in another order."""

from __future__ import annotations

from math import factorial

from auscult.core.case import Case, OptionNote
from auscult.core.mutant import Mutant, Rng
from auscult.kit.attack.closed import ClosedAttack, by_place
from auscult.kit.attack.spans import edited, options_of, with_options

MOST = 1000
_Row = tuple[int, str, OptionNote]


def build() -> OptionPermutation:
    return OptionPermutation(
        name="robustness/option-permutation",
        changes="Puts the options in another order, in which the right one stands elsewhere.",
        invariants=("text-kept", "options-permuted"),
    )


class OptionPermutation(ClosedAttack, frozen=True):
    def why_not(self, case: Case) -> str:
        return by_place(case)

    def variants(self, case: Case) -> int:
        """Orders that move the key: all less those that leave it where it is."""
        n = len(case.options)
        return min(factorial(n) - factorial(n - 1), MOST)

    def edit(self, case: Case, variant: int, rng: Rng) -> Mutant:
        """The variant says where the key goes and how the others stand; nothing is left to draw."""
        key = case.brief.key
        assert key is not None
        options = options_of(case)
        others = options[:key] + options[key + 1 :]
        places = [n for n in range(len(options)) if n != key]
        rest, place = divmod(variant, len(places))
        moved = _arranged(others, rest)
        moved.insert(places[place], options[key])
        return with_options(edited(case, self.name), moved, (places[place],))


def _arranged(rows: list[_Row], number: int) -> list[_Row]:
    """The arrangement of that number, counted by who comes first, second and so on; after the last
    it starts again."""
    left, out = list(rows), []
    for size in range(len(rows), 0, -1):
        number, place = divmod(number, size)
        out.append(left.pop(place))
    return out
