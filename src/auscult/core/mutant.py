"""An edited case with everything that is needed to check the edit, and the shape of what edits.

An edit of a question is typed: spans of its text are replaced, options are added, removed, put in
another order or reworded, and code says what becomes of the key. The target never sees which.
"""

from __future__ import annotations

from random import Random
from typing import Any, Literal, Protocol, runtime_checkable

import msgspec

from auscult.core.case import Case

Field = Literal["stem", "question"]
AnswerForm = Literal["one-letter", "letters"]
"""What a right answer is: the letter of one option, or the letters of a set."""
TextKey = Literal["kept", "none-of-them", "complement", "impossible"]
"""What an edit does to the right answer: nothing; it is replaced by "none of them"; all the others
become right; or the question can no longer be answered as it stands."""
Domain = Literal["robustness", "bias"]
NEW = -1
Rng = Random
"""The type; the draws are the bench's."""


class Span(msgspec.Struct, frozen=True):
    """`text` stands where the characters start <= i < end of the original's field stood."""

    field: Field
    start: int
    end: int
    text: str


class Mutant(msgspec.Struct, frozen=True):
    case: Case
    attack: str
    spans: tuple[Span, ...] = ()
    """In order and apart, of the original's text; none where the text is rewritten as a whole."""
    rewritten: bool = False
    """The text is another one with the same meaning: spans say nothing of it."""
    order: tuple[int, ...] = ()
    """Where each option came from in the original, NEW for one that is new or reworded."""
    form: AnswerForm = "one-letter"
    keys: tuple[int, ...] = ()
    """The right options, by place."""
    labels: dict[str, str | int | float | bool] = {}


@runtime_checkable
class TextAttack(Protocol):
    """One kind of edit. It never sees an answer of the target."""

    @property
    def name(self) -> str: ...

    @property
    def version(self) -> str: ...

    @property
    def domain(self) -> Domain: ...

    @property
    def changes(self) -> str:
        """One sentence: what is changed."""
        ...

    @property
    def invariants(self) -> tuple[str, ...]:
        """Names of the checks of the validity gate that hold of every mutant, besides those that
        hold of all."""
        ...

    @property
    def key(self) -> TextKey: ...

    @property
    def needs(self) -> tuple[str, ...]:
        """What a case must bring: "extra-options", "measurements", "paraphrases" ..."""
        ...

    @property
    def conflicts(self) -> tuple[str, ...]:
        """Attacks that it must not share a chain with, either way."""
        ...

    def unfit(self, case: Case) -> str:
        """Why it does not apply to this case; empty where it does."""
        ...

    def variants(self, case: Case) -> int:
        """How many distinct mutants it makes of a case that it applies to, at least one."""
        ...

    def edit(self, case: Case, variant: int, rng: Rng) -> Mutant: ...

    def plain(self, case: Case) -> Mutant | None:
        """The same answer format without the edit, for the matched control; None where the
        original has that format."""
        ...


class Task(msgspec.Struct, frozen=True):
    """What a model in the attacker's role is asked to write: words, and never a key."""

    told: str
    """What to write, in sentences; the case and the rules that hold of all are put beside it."""
    form: type[msgspec.Struct]
    """What its reply must be, read strictly."""
    schema: dict[str, Any]
    """The same for the endpoint, and for the model to read."""


@runtime_checkable
class AgentForm(TextAttack, Protocol):
    """An attack whose words a model may write. Where they stand, what they do to the key and what
    holds of them stays with the code."""

    @property
    def written_invariants(self) -> tuple[str, ...]:
        """In the place of `invariants`, for words that no author stands behind."""
        ...

    def unwritable(self, case: Case) -> str:
        """Why no words are asked for this case; empty where they are."""
        ...

    def tasks(self, case: Case) -> int:
        """How many distinct tasks it has for a case, at least one."""
        ...

    def writes(self, case: Case, variant: int, rng: Rng) -> Task: ...

    def from_words(self, case: Case, words: Any, variant: int, rng: Rng) -> Mutant:
        """The edit made of words that have the task's form."""
        ...
