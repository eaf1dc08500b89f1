"""Plausible options that are wrong, added at random places; the author says why each is wrong."""

from __future__ import annotations

from auscult.core.case import Case, OptionNote
from auscult.core.mutant import Mutant, Rng
from auscult.kit.attack.authored import edits_of
from auscult.kit.attack.closed import ClosedAttack, by_place
from auscult.kit.attack.spans import edited, new_option, options_of, with_options


def build() -> ExtraOptions:
    return ExtraOptions(
        name="robustness/extra-options",
        changes="Adds options that look plausible and are absolutely wrong.",
        invariants=("text-kept", "options-only-added", "options-authored"),
        needs=("extra-options",),
    )


class ExtraOptions(ClosedAttack, frozen=True):
    def why_not(self, case: Case) -> str:
        if not edits_of(case).extra_options:
            return "nobody wrote further wrong options for it"
        return by_place(case)

    def variants(self, case: Case) -> int:
        """One, two or more of them, as many as there are."""
        return len(edits_of(case).extra_options)

    def edit(self, case: Case, variant: int, rng: Rng) -> Mutant:
        written = edits_of(case).extra_options
        chosen = rng.sample(written, 1 + variant % len(written))
        options = options_of(case)
        for extra in chosen:
            note = OptionNote("wrong", extra.harm, extra.why)
            options.insert(rng.randrange(len(options) + 1), new_option(extra.text, note))
        key = next(n for n, (place, _, _) in enumerate(options) if place == case.brief.key)
        labels = {"added": len(chosen)}
        return with_options(edited(case, self.name, labels=labels), options, (key,))
