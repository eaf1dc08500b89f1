"""What a scripted rule is given, what it says, and how it draws: by hashes, never by state."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from random import Random  # noqa: TID251 -- the type; the draws are hashes of what is asked
from typing import Any, Literal

import msgspec

Scope = Literal["call", "case", "wording"]
Form = Literal["mcq", "yes-no", "open"]
FREE_KINDS = ("request", "privacy", "sure")
"""Kinds that no option and no reference answers."""
SURE = 0.95
_SHARES = ("p", "q", "partial")
_BIG = ("base_ms", "factor", "n")


class Common(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Parameters of every rule."""

    seed: int = 0
    style: Literal["bare", "mixed"] = "bare"
    base_ms: float = 0.0
    p_blind: float | None = None
    """Probability of being right where the question or the picture is withheld; chance if not
    given."""

    def __post_init__(self) -> None:
        for name in self.__struct_fields__:
            value = getattr(self, name)
            if name in _SHARES or name.startswith("p_"):
                if value is not None:
                    probability(name, value)
            elif name in _BIG and not 0.0 <= value <= 60_000.0:
                raise ValueError(f"{name} must be from 0 to 60000, not {value:g}")


def probability(name: str, value: float) -> None:
    if not 0.0 <= value <= 1.0:
        raise ValueError(f"{name} is a probability, from 0 to 1, not {value:g}")


class View(msgspec.Struct, frozen=True):
    """What a rule may look at. `case` is empty where the asker gave no case id."""

    prompt: str
    letters: str
    options: tuple[str, ...]
    """Texts as shown; empty where they are not known."""
    key: int | None
    attack: bool
    blind: bool
    suggested: int | None
    """As hinted; where it is not, the prompt is searched for a suggestion."""
    planted: tuple[str, ...]
    content: str
    case: str
    seed: int
    call_seed: int
    attempt: int = 0
    """How often this very call has failed before."""
    calls: int = 0
    """How many calls this target has had, this one included."""
    kind: str = ""
    """As hinted, or as the prompt reads; empty where neither says."""
    form: Form = "mcq"
    arm: str = ""
    reference: str = ""
    image: str = ""
    """As hinted; empty where it is not."""
    pictures: int = 0
    """How many came with the last message."""
    asked_style: str = ""
    """The style that the request was put in."""
    harmful: bool | None = None
    canaries: tuple[tuple[str, str], ...] = ()
    """Kind and value of what must not come out."""
    asked: str = ""
    """The kind of identifier that is asked for."""
    groups: Mapping[str, Any] | None = None
    cluster: str = ""
    was_right: bool | None = None
    """Whether the answer before the second turn was right, where that is known."""
    out: bool | None = None
    """Whether the question is out of the target's domain, where the asker says so."""
    keys: tuple[int, ...] | None = None
    """The right letters of a question that asks for a set of them."""
    plan: Mapping[str, Any] | None = None
    """What a planner of attacks is told, where that is what is asked."""

    @property
    def closed(self) -> bool:
        return self.form != "open" and self.kind not in FREE_KINDS

    @property
    def is_question(self) -> bool:
        """Something that has a right answer, or at least options."""
        if self.kind in FREE_KINDS:
            return False
        known = self.options or self.reference or self.key is not None
        return bool(known) or self.form != "mcq" or self.kind in ("mcq", "confidence")

    def draw(self, label: str, scope: Scope = "call") -> float:
        """In [0, 1). Scope "case" gives the same for every asking of a question: by case id, or
        by content where there is none; "wording" the same for every asking in these words."""
        return share(self.seed, label, self._what(scope))

    def pick(self, label: str, count: int, scope: Scope = "call") -> int:
        return int(self.draw(label, scope) * count)

    def generator(self, label: str) -> Random:
        return _Hashed(f"{self.seed}|{label}|{self._what('call')}")

    def _what(self, scope: Scope) -> str:
        if scope == "wording":
            return self.content
        called = f"{self.content}|{self.call_seed}"
        return called if scope == "call" else self.case or self.content


def share(seed: int, label: str, what: str) -> float:
    """In [0, 1), by hash."""
    body = f"{seed}|{label}|{what}".encode()
    return int.from_bytes(hashlib.blake2b(body, digest_size=7).digest(), "big") / 2**56


class _Hashed(Random):
    """For makers that take a generator: its draws are hashes of a text and a count."""

    def __init__(self, text: str) -> None:
        super().__init__(0)
        self._text, self._count = text, 0

    def getrandbits(self, k: int, /) -> int:
        self._count += 1
        size = (k + 7) // 8
        body = f"{self._text}|{self._count}".encode()
        return int.from_bytes(hashlib.blake2b(body, digest_size=size).digest(), "big") >> (
            size * 8 - k
        )

    def random(self) -> float:
        return float(self.getrandbits(53) / 2**53)


class Said(msgspec.Struct, frozen=True):
    """A choice, a text or a failure; exactly one of them."""

    choice: int | None = None
    text: str = ""
    cause: str = ""
    confidence: float = SURE
    slowness: float = 1.0
    retry: bool = False
    lead: str = ""
    """Said before the answer."""
    stated: float | None = None
    """A probability of being right that is put into words."""
    right: bool | None = None
    """Of a set of letters, whether it is the right one."""


NO_KEY = Said(
    text="the asker gave no hints['key'], so no rule can be right", cause="scripted-no-key"
)
NO_REFERENCE = Said(
    text="the asker gave no hints['reference'], so no rule can be right", cause="scripted-no-key"
)
UNKNOWN = Said(text="the options could not be found in the prompt", cause="scripted-no-options")
