"""What suites that attack multiple-choice questions share: cases, roles, arms and gated pairs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Literal

import msgspec

from auscult.core.case import Case
from auscult.core.errors import UsageError
from auscult.core.mutant import TextAttack
from auscult.core.protocols import Ask, Bench, DataSet, Loader, RoleNeed, Watched
from auscult.kit.attack import agent, verify
from auscult.kit.attack.chosen import ALL, attacks_of, weights_of
from auscult.kit.attack.drawn import Pair, pairs_of
from auscult.kit.attack.table import BASELINE, CONTROL, Design
from auscult.kit.mcq import LETTERS
from auscult.kit.question_suite import admitted, fault_of, question_size
from auscult.kit.suite_cases import named_cases

PREFIX = "robustness/"
DENOMINATOR = (
    "cases with a usable reply to both, including refused, abstained and unreadable ones, which "
    "are not correct; failed calls are missing and get bounds; what the validity gate refused is "
    "asked of nobody and counted apart"
)


class AttackOptions(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A suite that checks options of its own in `__post_init__` calls this one's too."""

    attacks: tuple[str, ...] = (ALL,)
    """Names under `robustness/`; "all" for every one."""
    weights: dict[str, float] = msgspec.field(default_factory=dict)
    """What an attack weighs in the mean; 1 where it is not named."""
    form: Literal["program", "agent"] = "program"
    """Who writes the words: the author or a program, or a model in the role "attacker"."""

    def __post_init__(self) -> None:
        if not self.attacks or len(set(self.attacks)) < len(self.attacks):
            raise ValueError("attacks is empty or names one twice; give each attack once")
        if wrong := [name for name, weight in self.weights.items() if not 0 <= weight < 1e6]:
            raise ValueError(f"weights gives {wrong[0]} no number from 0 up; mend it")


class AttackedQuestions:
    """Of a suite, all but what it asks in which order and what it says of the replies."""

    name: str
    judges: tuple[str, ...] = ("choice", "choice-set")
    presupposes = "knowledge"
    adversarial = True
    """An edit may be made from the key: it must not name it, and the gate holds it to that."""
    default_data: tuple[DataSet, ...] = (DataSet("pack", "knowledge", {"edits": True}),)
    watched: tuple[Watched, ...] = (
        Watched("accuracy, not attacked", BASELINE, "choice and choice-set", judges=("choice",),
                yes_no=True),
    )  # fmt: skip
    unwatched: Mapping[str, str] = {
        "wrong answers added by attacks": "it weighs attacks that each hold other cases, so it is "
        "no mean over cases"
    }

    def __init__(self, options: AttackOptions) -> None:
        named = attacks_of(options.attacks, PREFIX, self.name)
        self._attacks = _in_form(named, options.form, self.name)
        self.attacks: tuple[str, ...] = tuple(attack.name for attack in self._attacks)
        weights = weights_of(options.weights, self._attacks, PREFIX, self.name)
        self.design = Design(self.name, weights)
        written = tuple(one.name for one in self._attacks if isinstance(one, agent.Written))
        needs = (RoleNeed("target"), RoleNeed(verify.ROLE, required=False))
        self.roles: tuple[RoleNeed, ...] = (*needs, RoleNeed(agent.ROLE)) if written else needs
        self.pair_arms = tuple(arm for name in self.attacks for arm in (name, name + CONTROL))
        self.check_arms = (
            *(name + agent.WRITTEN for name in written),
            *(name + verify.VERIFIED for name in self.attacks),
        )

    def cases(self, datasets: Sequence[DataSet], loaders: Mapping[str, Loader]) -> Iterable[Case]:
        for _, case in named_cases(datasets or self.default_data, loaders):
            yield admitted(case, fault_of(case, "multiple-choice", LETTERS))

    def stratum(self, case: Case) -> str:
        return case.brief.specialty

    async def pairs(self, bench: Bench, case: Case, attack: TextAttack, tries: int) -> list[Pair]:
        """One for each try: made, gated and, where a verifier is bound, verified."""
        if isinstance(attack, agent.Written):
            made = await agent.written_pairs(bench, case, attack, tries)
        else:
            made = list(pairs_of(case, attack, tries, bench.rng(f"edit {attack.name}")))
        if verify.ROLE in bench.roles:
            made = [await verify.verified(bench, pair) for pair in made]
        return made


def _in_form(attacks: Sequence[TextAttack], form: str, suite: str) -> list[TextAttack]:
    if form == "program":
        return list(attacks)
    found = [agent.as_written(attack) for attack in attacks]
    if not written_of(found):
        raise UsageError(
            f"suite '{suite}' has form = \"agent\", but none of its attacks has an agent form; add "
            'one, such as "distraction", or leave the option out'
        )
    return found


def written_of(attacks: Iterable[TextAttack]) -> list[agent.Written]:
    """Those whose words a model writes."""
    return [one for one in attacks if isinstance(one, agent.Written)]


def asked_size(case: Case, fit: Sequence[TextAttack], edit_tokens: int) -> int:
    """Tokens of an attacked question at most; a rewriting may add half of it."""
    size = question_size(case) + edit_tokens
    return size + question_size(case) // 2 if written_of(fit) else size


def verifier_ask(case: Case, calls: int, size: int) -> Ask:
    return Ask(verify.ROLE, calls, size + verify.asking_tokens(case), verify.REPLY_TOKENS)


def writer_ask(case: Case, calls: int, added: int = 0, shown: int = 0) -> Ask:
    """`added` are tokens that an earlier edit of a chain may have added to the case, `shown` those
    of other words that the writer may be shown."""
    read = agent.asking_tokens(case) + 2 * added + shown
    return Ask(agent.ROLE, calls, read, agent.words_tokens(case) + 2 * added)
