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

With `form = "agent"` a model in the role "attacker" writes the words of the attacks that have an
agent form, of the drawn one and in the search, and code does the rest. Where the plan binds a role
"verifier", every mutant and every control that it is compared with must keep its key in that
model's eyes too; harmless changes are the author's or a program's, and are not read.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from auscult.core import registry
from auscult.core.case import Case
from auscult.core.errors import UsageError
from auscult.core.mutant import TextAttack
from auscult.core.protocols import Abilities, Ask, Bench, Rule, Trials
from auscult.core.registry import did_you_mean
from auscult.core.strategist import Lesson, Strategist
from auscult.kit.attack import agent, verify
from auscult.kit.attack.arms import asked, asked_pair, is_right
from auscult.kit.attack.asking import plain_mutant, reordered
from auscult.kit.attack.drawn import fitting
from auscult.kit.attack.questions import (
    DENOMINATOR,
    AttackedQuestions,
    AttackOptions,
    asked_size,
    verifier_ask,
    writer_ask,
    written_of,
)
from auscult.kit.attack.table import AGAIN, BASELINE
from auscult.kit.attack.wording import PARENTS_TOKENS
from auscult.kit.memory import Memory, read_memory, recalled
from auscult.kit.options import parse_options
from auscult.kit.question_suite import REPLY_TOKENS, one_order, question_size
from auscult.kit.search.moves import IN_A_CHAIN, features_of
from auscult.kit.search.mutants import harmless_changes
from auscult.kit.search.rounds import (
    AFRESH,
    Hunt,
    checks_at_most,
    confirmed,
    hunted,
    writings_at_most,
)
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
from auscult.kit.search.writing import Desk

if TYPE_CHECKING:
    from auscult.core.estimate import Estimate, Finding

NAME = "das/adaptive"
EDIT_TOKENS = 320
"""What the edits of a chain may add to a question, at most."""
MOST_ROUNDS = 8
"""As many distinct harmless changes every case has."""


class Options(AttackOptions, frozen=True, forbid_unknown_fields=True):
    strategist: str = "bandit"
    """Who picks: fixed, random, bandit, or any other that is installed."""
    strategist_options: dict[str, Any] = msgspec.field(default_factory=dict)
    memory: str = ""
    """A memory file that it begins with (`auscult memory`)."""
    rounds: int = 5
    chains_from: int = 4
    """The round from which two attacks may be tried together; 0 for never."""

    def __post_init__(self) -> None:
        super().__post_init__()
        if not 1 <= self.rounds <= MOST_ROUNDS:
            raise ValueError(f"rounds is {self.rounds}; give 1 to {MOST_ROUNDS}")
        if self.chains_from < 0:
            raise ValueError(f"chains_from is {self.chains_from}; give a round, or 0 for never")


def build(options: Mapping[str, Any]) -> AdaptiveSuite:
    return AdaptiveSuite(parse_options(options, Options, f"suite '{NAME}'"))


class AdaptiveSuite(AttackedQuestions):
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
        denominator=DENOMINATOR,
    )
    covers: tuple[str, ...] = ("robustness",)
    adaptive = True
    """It asks less where its search ends early: `cost` is what it may come to."""

    def __init__(self, options: Options) -> None:
        self.options = options
        super().__init__(options)
        self._menu = {attack.name: attack.changes for attack in self._attacks}
        self._strategist = _strategist(options, self.attacks)
        self.strategists: tuple[str, ...] = (options.strategist,)
        held = {need.role for need in self.roles}
        self.roles += tuple(need for need in self._strategist.roles if need.role not in held)
        self.reads: tuple[str, ...] = (options.memory,) if options.memory else ()
        found = (FRESH, FRESH_CONTROL, FEWER, FEWER_CONTROL)
        written = (SEARCH + agent.WRITTEN,) if written_of(self._attacks) else ()
        checks = tuple(arm + verify.VERIFIED for arm in (SEARCH, FRESH, FEWER))
        self.arms: tuple[str, ...] = (
            BASELINE, AGAIN, *self.pair_arms, SEARCH, HARMLESS, STRATEGIST, *found,
            *self.check_arms, *written, *checks,
        )  # fmt: skip

    def cost(self, case: Case, abilities: Abilities) -> Sequence[Ask]:
        if case.images:
            return ()
        fit, _ = fitting(case, self._attacks)
        size = asked_size(case, fit, EDIT_TOKENS)
        rounds = self.options.rounds if fit else 0
        calls = 2 + 2 * bool(fit) + rounds + len(harmless_changes(case, rounds))
        calls += 2 * (1 + IN_A_CHAIN) * AFRESH * bool(fit)
        asks = [Ask("target", calls, size, REPLY_TOKENS)]
        if not fit:
            return asks
        checks = verify.ASKS + verify.ASKS_EACH * checks_at_most(rounds)
        asks.append(verifier_ask(case, checks, size))
        if written := len(written_of(fit)):
            often = 1 + writings_at_most(written, rounds, self.options.chains_from)
            added = size - question_size(case)
            asks.append(writer_ask(case, len(agent.STEPS) * often, added, PARENTS_TOKENS))
        if self._strategist.calls:
            often = self._strategist.calls * rounds
            asks.append(Ask(agent.ROLE, often, size + PLAN_TOKENS, PLAN_REPLY_TOKENS))
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
        # The pair is drawn, made and gated before the first reply.
        drawn = bench.rng("attacks").choice(fit) if fit else None
        pairs = [] if drawn is None else await self.pairs(bench, shown, drawn, 1)
        first, features = await self._first(bench, shown)
        for pair in pairs:
            await asked_pair(bench, pair, 1 / len(fit))
        again = await asked(bench, AGAIN, 0, plain_mutant(shown), {})
        # There is nothing to break where the answer was not right, each time it was asked for.
        if not (fit and first and is_right(again)):
            return
        # All of them before the search, which may end at any round.
        for number, change in enumerate(harmless_changes(shown, self.options.rounds), 1):
            await asked(bench, HARMLESS, number, change, {})
        await self._search(bench, shown, fit, features, Desk(bench, shown, pairs))

    async def _first(self, bench: Bench, case: Case) -> tuple[bool, tuple[str, ...]]:
        features: tuple[str, ...] = ()

        def noted(verdict: Any, reply: str) -> dict[str, Any]:
            nonlocal features
            features = features_of(case, reply, verdict)
            return {"features": list(features)}

        verdict = await asked(bench, BASELINE, 0, plain_mutant(case), {}, noting=noted)
        return is_right(verdict), features

    async def _search(
        self,
        bench: Bench,
        case: Case,
        fit: Sequence[TextAttack],
        features: tuple[str, ...],
        desk: Desk,
    ) -> None:
        hunt = Hunt(
            case, features, fit, self._strategist, bench.known.state, self.options.rounds,
            self.options.chains_from, self._menu, desk,
        )  # fmt: skip
        found = await hunted(bench, hunt)
        if found is not None:
            await confirmed(bench, case, found, desk)

    def estimates(self, trials: Trials) -> list[Estimate]:
        from auscult.kit.attack.estimates import attack_estimates
        from auscult.kit.attack.table import COLUMNS
        from auscult.kit.question_estimates import with_evidence
        from auscult.kit.search.estimates import (
            WRITING_COLUMNS,
            search_estimates,
            with_search_writing,
        )
        from auscult.kit.search.table import SEARCH_COLUMNS

        found = attack_estimates(trials.frame(self.name, COLUMNS), self.design)
        searched = trials.frame(self.name, SEARCH_COLUMNS)
        found += search_estimates(searched, self.design, self.options.rounds)
        found = with_search_writing(found, trials.frame(self.name, WRITING_COLUMNS))
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
