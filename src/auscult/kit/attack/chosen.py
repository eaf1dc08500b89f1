"""The attacks that a suite's options name, built and weighed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from auscult.core import registry
from auscult.core.errors import UsageError
from auscult.core.mutant import TextAttack

ALL = "all"


def attacks_of(given: Sequence[str], prefix: str, suite: str) -> list[TextAttack]:
    """By name, with or without the prefix; "all" for every one under it."""
    known = [name for name in sorted(registry.plugins("attacks")) if name.startswith(prefix)]
    names: list[str] = []
    for name in given:
        names += known if name == ALL else [_full(name, prefix)]
    return [_built(name, suite) for name in dict.fromkeys(names)]


def weights_of(
    given: Mapping[str, float], attacks: Sequence[TextAttack], prefix: str, suite: str
) -> dict[str, float]:
    known = [attack.name for attack in attacks]
    weights = {_full(name, prefix): weight for name, weight in given.items()}
    if unknown := [name for name in weights if name not in known]:
        raise UsageError(
            f"weights of suite '{suite}' names '{unknown[0]}', which is none of its attacks: "
            f"{', '.join(known)}; mend the name or leave it out"
        )
    return weights


def _full(name: str, prefix: str) -> str:
    return name if name.startswith(prefix) else prefix + name


def _built(name: str, suite: str) -> TextAttack:
    attack = registry.module_of("attacks", name).build()
    if not isinstance(attack, TextAttack):
        raise UsageError(f"'{name}' is no attack on text, so suite '{suite}' cannot use it")
    return attack
