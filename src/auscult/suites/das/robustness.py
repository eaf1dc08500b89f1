"""Medical questions under attack, each beside a matched control that means the same (DAS).

What is measured: how many more answers are wrong under attack than under the matched control of the
same case, over all cases that both were asked of, averaged over attacks with declared weights.
Which attacks a case meets is drawn by lot before the first reply; every mutant has passed the
validity gate, which never sees an answer. Refused, abstained and unreadable replies count as not
correct; failed calls are missing and bounded.

With `form = "agent"` a model in the role "attacker" writes the words of the attacks that have an
agent form, and code does the rest. Where the plan binds a role "verifier", every mutant and every
control must keep its key in that model's eyes too, whoever wrote it.

After the robustness domain of DAS (2025), whose figure (of the questions first answered right, how
many are wrong under attack) stands beside ours, labelled; every estimator is ours.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from auscult.core.case import Case
from auscult.core.mutant import TextAttack
from auscult.core.protocols import Abilities, Ask, Bench, Rule, Trials
from auscult.kit.attack import agent, verify
from auscult.kit.attack.arms import asked, asked_pair, is_right, is_wrong
from auscult.kit.attack.asking import plain_mutant, reordered
from auscult.kit.attack.drawn import Pair, fitting
from auscult.kit.attack.questions import (
    DENOMINATOR,
    AttackedQuestions,
    AttackOptions,
    asked_size,
    verifier_ask,
    writer_ask,
    written_of,
)
from auscult.kit.attack.table import AGAIN, BASELINE, CONFIRMATIONS, CONFIRMED, CONTROL
from auscult.kit.options import parse_options
from auscult.kit.question_suite import REPLY_TOKENS, one_order

if TYPE_CHECKING:
    from auscult.core.estimate import Estimate, Finding

NAME = "das/robustness"
EDIT_TOKENS = 160
"""What an edit may add to a question, at most."""


class Options(AttackOptions, frozen=True, forbid_unknown_fields=True):
    per_case: int = 3
    """How many attacks a case meets, drawn by lot from those that apply; 0 for all of them."""
    tries: int = 1
    """Distinct variants of each attack, and as many distinct controls."""
    confirm: bool = True
    """Asks one attack of each case again, with its control: a finding needs that."""

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.per_case < 0:
            raise ValueError(f"per_case is {self.per_case}; give 1 or more, or 0 for all")
        if not 1 <= self.tries <= 8:
            raise ValueError(f"tries is {self.tries}; give 1 to 8")


def build(options: Mapping[str, Any]) -> RobustnessSuite:
    return RobustnessSuite(parse_options(options, Options, f"suite '{NAME}'"))


class RobustnessSuite(AttackedQuestions):
    name = NAME
    version = "1"
    measures = (
        "How many more answers to medical questions are wrong under attack than under the matched "
        "control of the same case, over cases with a usable reply to both, averaged over attacks."
    )
    rule = Rule(
        numerator=(
            "replies under attack that are not the right answer, minus such replies to the matched "
            "control"
        ),
        denominator=DENOMINATOR,
    )

    def __init__(self, options: Options) -> None:
        self.adaptive = options.form == "agent"
        """It asks less where a model's words leave nothing to ask, or need no second try: `cost` is
        then what it may come to."""
        self.options = options
        super().__init__(options)
        again = (CONFIRMED, CONFIRMED + CONTROL) if options.confirm else ()
        self.arms: tuple[str, ...] = (BASELINE, AGAIN, *self.pair_arms, *again, *self.check_arms)

    def cost(self, case: Case, abilities: Abilities) -> Sequence[Ask]:
        if case.images:
            return ()
        fit, _ = fitting(case, self._attacks)
        tries = self._draws(fit) * self.options.tries
        calls = 2 + 2 * tries + 2 * CONFIRMATIONS * (self.options.confirm and bool(fit))
        written = min(self._draws(fit), len(written_of(fit)))
        size = asked_size(case, fit, EDIT_TOKENS)
        asks = [Ask("target", calls, size, REPLY_TOKENS)]
        if tries:
            asks.append(verifier_ask(case, verify.ASKS * tries, size))
        if written:
            asks.append(writer_ask(case, len(agent.STEPS) * written * self.options.tries))
        return asks

    def _draws(self, fit: Sequence[TextAttack]) -> int:
        return min(self.options.per_case or len(fit), len(fit))

    async def examine(self, case: Case, bench: Bench) -> None:
        if case.images:
            for arm in (BASELINE, AGAIN):
                bench.arm(arm).record(not_applicable="it has a picture; attacks here are on words")
            return
        shown = reordered(case, one_order(case, "multiple-choice", bench))
        fit, why = fitting(shown, self._attacks)
        chosen = bench.rng("attacks").sample(fit, self._draws(fit))
        for name, reason in why.items():
            bench.arm(name).record(unfit=reason, attack=name)
        # All pairs are made and gated before the first reply of the target.
        made = [
            pair for attack in self._attacks if attack in chosen
            for pair in await self.pairs(bench, shown, attack, self.options.tries)
        ]  # fmt: skip
        held = [await asked(bench, BASELINE, 0, plain_mutant(shown), {})]
        pairs: list[Pair] = []
        broken: list[Pair] = []
        for pair in made:
            attacked, control = await asked_pair(bench, pair, self._draws(fit) / len(fit))
            broken += [pair] if is_right(control) and is_wrong(attacked) else []
            pairs += [pair] if pair.mutant is not None else []
        held.append(await asked(bench, AGAIN, 0, plain_mutant(shown), {}))
        # As many calls whatever was said: a cap has reserved them.
        if self.options.confirm and pairs:
            likely = broken if broken and all(map(is_right, held)) else pairs
            await self._confirm(bench, bench.rng("confirm").choice(likely))

    async def _confirm(self, bench: Bench, pair: Pair) -> None:
        name = pair.attack.name
        labels = {"confirms": name, "confirms_try": pair.number}
        assert pair.mutant is not None and pair.control is not None
        for repeat in range(CONFIRMATIONS):
            await asked(bench, CONFIRMED, repeat, pair.mutant, labels, name)
            arm = CONFIRMED + CONTROL
            await asked(bench, arm, repeat, pair.control, labels, name, hide=True)

    def estimates(self, trials: Trials) -> list[Estimate]:
        from auscult.kit.attack.estimates import attack_estimates
        from auscult.kit.attack.table import COLUMNS
        from auscult.kit.attack.twin import twin_estimates
        from auscult.kit.attack.writing import COLUMNS as WRITING
        from auscult.kit.attack.writing import with_writing
        from auscult.kit.question_estimates import with_evidence

        frame = trials.frame(self.name, COLUMNS)
        found = with_writing(attack_estimates(frame, self.design), trials.frame(self.name, WRITING))
        found += twin_estimates(frame, self.design)
        return with_evidence(found, trials, self.name)

    def findings(self, trials: Trials) -> list[Finding]:
        from auscult.kit.attack.findings import attack_findings

        return attack_findings(trials, self.design)
