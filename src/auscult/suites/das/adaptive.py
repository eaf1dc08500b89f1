"""Searches for the attacks that break a target's answers, case by case, learning as it goes (DAS).

What is measured: how many more answers are wrong under attack than under the matched control, from
one attack of each case that is drawn by lot before any reply: that is the headline, and no search
has a hand in it. What a search then finds is a list of discoveries: of the cases answered right,
the share broken within so many rounds, beside the share that goes wrong within as many harmless
changes of the same case; how many questions the first failure took; and the failures themselves,
asked afresh and cut to the fewest edits. A strategist picks each round's attacks, from what earlier
blocks of cases and earlier audits came to.

After the loop of DAS (2025): up to five rounds, each from the original case, no chain twice, told
only whether the answer was still right. Code makes every edit and owns every key.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from auscult.core import registry
from auscult.core.case import Case
from auscult.core.errors import UsageError
from auscult.core.mutant import TextAttack
from auscult.core.protocols import (
    Abilities,
    Ask,
    Bench,
    DataSet,
    Loader,
    RoleNeed,
    Rule,
    Trials,
    Watched,
)
from auscult.core.registry import did_you_mean
from auscult.core.strategist import Lesson, Strategist
from auscult.kit.attack.arms import asked, asked_pair, is_right
from auscult.kit.attack.asking import plain_mutant, reordered
from auscult.kit.attack.chosen import ALL, attacks_of, weights_of
from auscult.kit.attack.drawn import fitting, pairs_of
from auscult.kit.attack.table import AGAIN, BASELINE, CONTROL, Design
from auscult.kit.mcq import LETTERS
from auscult.kit.memory import Memory, read_memory, recalled
from auscult.kit.options import parse_options
from auscult.kit.question_suite import (
    REPLY_TOKENS,
    admitted,
    fault_of,
    one_order,
    question_size,
)
from auscult.kit.search.moves import features_of
from auscult.kit.search.mutants import harmless_changes
from auscult.kit.search.rounds import AFRESH, Hunt, confirmed, hunted
from auscult.kit.search.table import (
    FEWER,
    FEWER_CONTROL,
    FRESH,
    FRESH_CONTROL,
    HARMLESS,
    SEARCH,
    STRATEGIST,
    lesson_of,
)
from auscult.kit.suite_cases import named_cases

if TYPE_CHECKING:
    from auscult.core.estimate import Estimate, Finding

NAME = "das/adaptive"
PREFIX = "robustness/"
EDIT_TOKENS = 320
"""What the edits of a chain may add to a question, at most."""
IN_A_CHAIN = 2
MOST_ROUNDS = 8
"""As many distinct harmless changes every case has."""


class Options(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    strategist: str = "bandit"
    """Who picks: fixed, random, bandit, or any other that is installed."""
    strategist_options: dict[str, Any] = msgspec.field(default_factory=dict)
    memory: str = ""
    """A memory file that it begins with (`auscult memory`)."""
    rounds: int = 5
    chains_from: int = 4
    """The round from which two attacks may be tried together; 0 for never."""
    attacks: tuple[str, ...] = (ALL,)
    """Names under `robustness/`; "all" for every one."""
    weights: dict[str, float] = msgspec.field(default_factory=dict)
    """What an attack weighs in the headline's mean; 1 where it is not named."""

    def __post_init__(self) -> None:
        if not self.attacks or len(set(self.attacks)) < len(self.attacks):
            raise ValueError("attacks is empty or names one twice; give each attack once")
        if not 1 <= self.rounds <= MOST_ROUNDS:
            raise ValueError(f"rounds is {self.rounds}; give 1 to {MOST_ROUNDS}")
        if self.chains_from < 0:
            raise ValueError(f"chains_from is {self.chains_from}; give a round, or 0 for never")
        if wrong := [name for name, weight in self.weights.items() if not 0 <= weight < 1e6]:
            raise ValueError(f"weights gives {wrong[0]} no number from 0 up; mend it")


def build(options: Mapping[str, Any]) -> AdaptiveSuite:
    return AdaptiveSuite(parse_options(options, Options, f"suite '{NAME}'"))


class AdaptiveSuite:
    name = NAME
    version = "1"
    measures = (
        "Which attacks break the target's answers to medical questions, as a search finds them; "
        "and, from attacks drawn by lot, how many more answers are wrong under attack than under "
        "the matched control of the same case."
    )
    rule = Rule(
        numerator=(
            "replies under the attack drawn by lot that are not the right answer, minus such "
            "replies to its matched control; what a search finds is in no rate"
        ),
        denominator=(
            "cases with a usable reply to both, including refused, abstained and unreadable ones, "
            "which are not correct; failed calls are missing and get bounds; what the validity "
            "gate refused is asked of nobody and counted apart"
        ),
    )
    judges: tuple[str, ...] = ("choice", "choice-set")
    presupposes = "knowledge"
    covers: tuple[str, ...] = ("robustness",)
    adversarial = True
    """An edit may be made from the key: it must not name it, and the gate holds it to that."""
    adaptive = True
    """It asks less where its search ends early: `cost` is what it may come to."""
    default_data: tuple[DataSet, ...] = (DataSet("pack", "knowledge", {"edits": True}),)
    watched: tuple[Watched, ...] = (
        Watched("accuracy, not attacked", BASELINE, "choice and choice-set", judges=("choice",),
                yes_no=True),
    )  # fmt: skip
    unwatched: Mapping[str, str] = {
        "wrong answers added by attacks": "it weighs attacks that each hold other cases, so it is "
        "no mean over cases"
    }

    def __init__(self, options: Options) -> None:
        self.options = options
        self._attacks = attacks_of(options.attacks, PREFIX, NAME)
        self.attacks: tuple[str, ...] = tuple(attack.name for attack in self._attacks)
        self._menu = {attack.name: attack.changes for attack in self._attacks}
        self.design = Design(NAME, weights_of(options.weights, self._attacks, PREFIX, NAME))
        self._strategist = _strategist(options, self.attacks)
        self.strategists: tuple[str, ...] = (options.strategist,)
        self.roles: tuple[RoleNeed, ...] = (RoleNeed("target"), *self._strategist.roles)
        self.reads: tuple[str, ...] = (options.memory,) if options.memory else ()
        pairs = (arm for name in self.attacks for arm in (name, name + CONTROL))
        found = (FRESH, FRESH_CONTROL, FEWER, FEWER_CONTROL)
        self.arms: tuple[str, ...] = (
            BASELINE, AGAIN, *pairs, SEARCH, HARMLESS, STRATEGIST, *found,
        )  # fmt: skip

    def cases(self, datasets: Sequence[DataSet], loaders: Mapping[str, Loader]) -> Iterable[Case]:
        for _, case in named_cases(datasets or self.default_data, loaders):
            yield admitted(case, fault_of(case, "multiple-choice", LETTERS))

    def stratum(self, case: Case) -> str:
        return case.brief.specialty

    def cost(self, case: Case, abilities: Abilities) -> Sequence[Ask]:
        if case.images:
            return ()
        fit, _ = fitting(case, self._attacks)
        size = question_size(case) + EDIT_TOKENS
        rounds = self.options.rounds if fit else 0
        calls = 2 + 2 * bool(fit) + rounds + len(harmless_changes(case, rounds))
        calls += 2 * (1 + IN_A_CHAIN) * AFRESH * bool(fit)
        asks = [Ask("target", calls, size, REPLY_TOKENS)]
        if self._strategist.calls and rounds:
            often = self._strategist.calls * rounds
            asks.append(Ask("attacker", often, size + PLAN_TOKENS, PLAN_REPLY_TOKENS))
        return asks

    def begin(self, target: str, fingerprint: str) -> Any:
        path = self.options.memory  # read here: a report of the run must not need it
        memory = read_memory(Path(path)) if path else Memory()
        versions = {attack.name: attack.version for attack in self._attacks}
        return Known(self._strategist.start(recalled(memory, target, fingerprint, versions)))

    def lesson(self, trials: Sequence[Any]) -> Lesson:
        return lesson_of(trials)

    def learn(self, known: Known, lessons: Sequence[Lesson]) -> Known:
        return Known(self._strategist.learn(known.state, lessons))

    async def examine(self, case: Case, bench: Bench) -> None:
        if case.images:
            for arm in (BASELINE, AGAIN):
                bench.arm(arm).record(not_applicable="it has a picture; attacks here are on words")
            return
        shown = reordered(case, one_order(case, "multiple-choice", bench))
        fit, why = fitting(shown, self._attacks)
        for name, reason in why.items():
            bench.arm(name).record(unfit=reason, attack=name)
        first, features = await self._first(bench, shown)
        if fit:
            drawn = bench.rng("attacks").choice(fit)
            for pair in pairs_of(shown, drawn, 1, bench.rng(f"edit {drawn.name}")):
                await asked_pair(bench, pair, 1 / len(fit))
        rounds = self.options.rounds if fit else 0
        for number, change in enumerate(harmless_changes(shown, rounds), 1):
            await asked(bench, HARMLESS, number, change, {})
        again = await asked(bench, AGAIN, 0, plain_mutant(shown), {})
        # There is nothing to break where the answer was not right, each time it was asked for.
        if first and is_right(again) and fit:
            await self._search(bench, shown, fit, features)

    async def _first(self, bench: Bench, case: Case) -> tuple[bool, tuple[str, ...]]:
        features: tuple[str, ...] = ()

        def noted(verdict: Any, reply: str) -> dict[str, Any]:
            nonlocal features
            features = features_of(case, reply, verdict)
            return {"features": list(features)}

        verdict = await asked(bench, BASELINE, 0, plain_mutant(case), {}, noting=noted)
        return is_right(verdict), features

    async def _search(
        self, bench: Bench, case: Case, fit: Sequence[TextAttack], features: tuple[str, ...]
    ) -> None:
        hunt = Hunt(
            case, features, fit, self._strategist, bench.known.state, self.options.rounds,
            self.options.chains_from, self._menu,
        )  # fmt: skip
        found = await hunted(bench, hunt)
        if found is not None:
            await confirmed(bench, case, found)

    def estimates(self, trials: Trials) -> list[Estimate]:
        from auscult.kit.attack.estimates import attack_estimates
        from auscult.kit.attack.table import COLUMNS
        from auscult.kit.question_estimates import with_evidence
        from auscult.kit.search.estimates import search_estimates
        from auscult.kit.search.table import SEARCH_COLUMNS

        found = attack_estimates(trials.frame(self.name, COLUMNS), self.design)
        searched = trials.frame(self.name, SEARCH_COLUMNS)
        found += search_estimates(searched, self.design, self.options.rounds)
        return with_evidence(found, trials, self.name)

    def findings(self, trials: Trials) -> list[Finding]:
        from auscult.kit.search.findings import search_findings

        return search_findings(trials, self.design, self.options.rounds)


class Known(msgspec.Struct, frozen=True):
    """What the strategist knows; a value of its own, for what it knows may be None."""

    state: Any


PLAN_TOKENS, PLAN_REPLY_TOKENS = 1500, 400


def _strategist(options: Options, attacks: Sequence[str]) -> Strategist:
    module = registry.module_of("strategists", options.strategist)
    built = module.build(options.strategist_options)
    if not isinstance(built, Strategist):
        raise UsageError(f"'{options.strategist}' is no strategist, so '{NAME}' cannot use it")
    for name in getattr(built, "named", ()):
        if name not in attacks:
            raise UsageError(
                f"strategist '{options.strategist}' of suite '{NAME}' names the attack '{name}', "
                "which the suite does not use" + did_you_mean(name, attacks)
            )
    return built
