"""Plausible options that are wrong, added at random places; the author says why each is wrong.

In the agent form a model writes option and reason. Its word is no author's: the harm is ungraded,
and whether the option is wrong needs the verifier."""

from __future__ import annotations

from auscult.core.case import Case, OptionNote
from auscult.core.mutant import Mutant, Rng, Task
from auscult.kit.attack.authored import edits_of
from auscult.kit.attack.closed import ClosedAttack, by_place
from auscult.kit.attack.spans import edited, new_option, options_of, with_options
from auscult.kit.attack.words import WrongOptions, options_task

MOST_WRITTEN = 3


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
        added = [(one.text, OptionNote("wrong", one.harm, one.why)) for one in chosen]
        return self._with(case, added, rng)

    @property
    def written_invariants(self) -> tuple[str, ...]:
        return tuple(name for name in self.invariants if name != "options-authored")

    def unwritable(self, case: Case) -> str:
        return by_place(case)

    def tasks(self, case: Case) -> int:
        """One, two or three of them."""
        return MOST_WRITTEN

    def writes(self, case: Case, variant: int, rng: Rng) -> Task:
        key = case.brief.key
        assert key is not None
        count = 1 + variant % MOST_WRITTEN
        return options_task(
            f"Write {count} further option{'s' if count > 1 else ''} in the style and of the "
            "length of the others. Each looks plausible at first sight, and every clinician would "
            f'say that it is wrong. The right option is "{case.options[key]}": write nothing that '
            'comes to the same, and nothing that could be right as well. "why" says in one '
            "sentence why it is wrong, and is shown to nobody.",
            count,
        )

    def from_words(self, case: Case, words: WrongOptions, variant: int, rng: Rng) -> Mutant:
        added = [
            (one.text.strip(), OptionNote("wrong", "ungraded", one.why.strip()))
            for one in words.options
        ]
        return self._with(case, added, rng)

    def _with(self, case: Case, added: list[tuple[str, OptionNote]], rng: Rng) -> Mutant:
        options = options_of(case)
        for text, note in added:
            options.insert(rng.randrange(len(options) + 1), new_option(text, note))
        key = next(n for n, (place, _, _) in enumerate(options) if place == case.brief.key)
        labels = {"added": len(added)}
        return with_options(edited(case, self.name, labels=labels), options, (key,))
