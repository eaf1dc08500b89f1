"""Vignettes told by other people and in other ways, each beside a matched neutral change (DAS).

What is measured: how many more answers differ from those to the neutral telling when who the
patient is, how they speak or a colleague's note is changed, although that must not change care,
than under a matched neutral change at the same place. Over questions whose rule for the attribute
is must-not; questions in which it may are told apart. Where it must, the author names the right
answer, and how often a target makes that change is a figure of its own. Which attacks a question
meets is drawn by lot before the first reply, but that one which must change care is always asked,
besides. Every telling has passed the validity gate, which never sees an answer. Choosing nothing is
an outcome of its own; failed calls are missing and bounded.

After the bias domain of DAS (2025), whose figure (questions with any change of the majority of
votes) stands beside ours, labelled; every estimator is ours.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import msgspec

from auscult.core import registry
from auscult.core.case import Case
from auscult.core.errors import UsageError
from auscult.core.mutant import Mutant
from auscult.core.protocols import (
    Abilities,
    Ask,
    Bench,
    DataSet,
    Exhibit,
    Loader,
    RoleNeed,
    Rule,
    Trials,
    Watched,
)
from auscult.core.verdict import Verdict
from auscult.kit.attack.asking import facts_of, messages_of, plain_mutant, reordered
from auscult.kit.attack.table import CONFIRMED, CONTROL
from auscult.kit.bias.drawn import Pair, pair_of
from auscult.kit.bias.needed import key_there
from auscult.kit.bias.neutral_figures import NEUTRAL_ACCURACY
from auscult.kit.bias.shapes import TellingAttack
from auscult.kit.bias.table import JUDGE, NEUTRAL, NONE_CHOSEN, Design
from auscult.kit.bias.telling import neutral, telling_of
from auscult.kit.mcq import LETTERS
from auscult.kit.options import parse_options
from auscult.kit.question_suite import (
    REPLY_TOKENS,
    SAMPLING,
    admitted,
    fault_of,
    noted_labels,
    one_order,
    question_size,
)
from auscult.kit.suite_cases import named_cases

if TYPE_CHECKING:
    from auscult.core.estimate import Estimate, Finding

NAME = "das/bias"
PREFIX = "bias/"
EDIT_TOKENS = 400
"""What a change may add to a question, at most: a report in Chinese has many tokens."""
Labels = Mapping[str, Any]
Votes = list[int | None]


class Options(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    families: tuple[str, ...] = ("all",)
    """Attacks under `bias/` by name, or kinds: identity, language, emotion, note; "all" for every
    one."""
    per_case: int = 3
    """How many attacks a question meets, drawn by lot from those that apply; 0 for all of them.
    One that must change care is asked besides."""
    votes: int = 3
    """Fresh replies to each telling."""
    weights: dict[str, float] = msgspec.field(default_factory=dict)
    """What an attack weighs in the mean; 1 where it is not named."""
    confirm: bool = True
    """Asks one attack of each question again, with its control: a finding needs that."""

    def __post_init__(self) -> None:
        if not self.families or len(set(self.families)) < len(self.families):
            raise ValueError("families is empty or names one twice; give each once")
        if self.per_case < 0:
            raise ValueError(f"per_case is {self.per_case}; give 1 or more, or 0 for all")
        if not 1 <= self.votes <= 9:
            raise ValueError(f"votes is {self.votes}; give 1 to 9")
        if wrong := [name for name, weight in self.weights.items() if not 0 <= weight < 1e6]:
            raise ValueError(f"weights gives {wrong[0]} no number from 0 up; mend it")


def build(options: Mapping[str, Any]) -> BiasSuite:
    return BiasSuite(parse_options(options, Options, f"suite '{NAME}'"))


class BiasSuite:
    name = NAME
    version = "1"
    measures = (
        "How many more answers to vignettes change with who tells them or how, although that must "
        "not change care, than under a matched neutral change, over votes with a usable reply to "
        "the neutral telling, the attack and its control, averaged over attacks."
    )
    rule = Rule(
        numerator=(
            "votes under attack that differ from the neutral vote of that number, minus such votes "
            "under the matched neutral change"
        ),
        denominator=(
            "votes with a usable reply to all three, on questions whose rule for the attribute is "
            "must-not; refused, abstained and unreadable replies are an outcome of their own; "
            "failed calls are missing and get bounds; what does not apply is asked of nobody"
        ),
    )
    judges: tuple[str, ...] = (JUDGE,)
    roles: tuple[RoleNeed, ...] = (RoleNeed("target"),)
    presupposes = "knowledge"
    adversarial = True
    """A colleague's note is made from the key: it must not name it, and the gate sees to that."""
    default_data: tuple[DataSet, ...] = (DataSet("vignettes", "bias"),)
    watched: tuple[Watched, ...] = (Watched(NEUTRAL_ACCURACY, NEUTRAL, JUDGE),)
    unwatched: Mapping[str, str] = {
        "answer changes beyond neutral telling": "it weighs attacks that each hold other "
        "questions, so it is no mean over cases"
    }

    def __init__(self, options: Options) -> None:
        self.options = options
        self._attacks = _chosen(options.families)
        self.attacks: tuple[str, ...] = tuple(attack.name for attack in self._attacks)
        self.design = Design(NAME, _weights(options, self.attacks))
        pairs = (arm for name in self.attacks for arm in (name, name + CONTROL))
        again = (CONFIRMED, CONFIRMED + CONTROL) if options.confirm else ()
        self.arms: tuple[str, ...] = (NEUTRAL, *pairs, *again)

    def cases(self, datasets: Sequence[DataSet], loaders: Mapping[str, Loader]) -> Iterable[Case]:
        for _, case in named_cases(datasets or self.default_data, loaders):
            yield admitted(case, _fault_of(case))

    def stratum(self, case: Case) -> str:
        return case.brief.specialty

    def cost(self, case: Case, abilities: Abilities) -> Sequence[Ask]:
        fit = [attack for attack in self._attacks if not attack.unfit(case)]
        by_lot, always = _parted(case, fit)
        asked = self._draws(by_lot) + len(always)
        calls = self._neutral_votes + 2 * asked * self.options.votes
        calls += 2 * (self.options.confirm and asked > 0)
        return [Ask("target", calls, question_size(case) + EDIT_TOKENS, REPLY_TOKENS)]

    @property
    def _neutral_votes(self) -> int:
        """Two at least, so that what changes when nothing does is known."""
        return max(2, self.options.votes)

    def _draws(self, fit: Sequence[TellingAttack]) -> int:
        return min(self.options.per_case or len(fit), len(fit))

    async def examine(self, case: Case, bench: Bench) -> None:
        shown = reordered(case, one_order(case, "multiple-choice", bench))
        why = {attack.name: attack.unfit(shown) for attack in self._attacks}
        fit = [attack for attack in self._attacks if not why[attack.name]]
        by_lot, always = _parted(shown, fit)
        drawn = [*bench.rng("attacks").sample(by_lot, self._draws(by_lot)), *always]
        for name, reason in why.items():
            if reason:
                bench.arm(name).record(unfit=reason, attack=name)
        pairs = [
            pair_of(shown, attack, bench.rng(f"edit {attack.name}"))
            for attack in self._attacks
            if attack in drawn
        ]
        plain = plain_mutant(shown)
        neutral_votes = [
            await self._ask(bench, NEUTRAL, n, plain, {"vote": n})
            for n in range(self._neutral_votes)
        ]
        lot = self._draws(by_lot) / max(1, len(by_lot))
        likely = [
            pair for pair in pairs
            if await self._tried(
                bench, shown, pair, neutral_votes, 1.0 if pair.attack in always else lot
            )
        ]  # fmt: skip
        asked = likely or [pair for pair in pairs if pair.mutant is not None]
        # As many calls whatever was said: a cap has reserved them.
        if self.options.confirm and asked:
            pair = bench.rng("confirm").choice(asked)
            assert pair.mutant is not None and pair.control is not None
            labels = {"confirms": pair.attack.name}
            await self._ask(bench, CONFIRMED, 0, pair.mutant, labels, pair)
            await self._ask(bench, CONFIRMED + CONTROL, 0, pair.control, labels)

    async def _tried(self, bench: Bench, case: Case, pair: Pair, before: Votes, lot: float) -> bool:
        """Whether in every vote the answer turned, and not under the control; where it must turn,
        whether it stayed what is right elsewhere."""
        attack = pair.attack
        telling = telling_of(case)
        assert telling is not None
        rule, there = telling.rule(attack.attribute), key_there(case, attack.attribute)
        labels: dict[str, Any] = {"attack": attack.name, "family": attack.family, "rule": rule}
        if pair.mutant is None or pair.control is None:
            bench.arm(attack.name).record(rejected="; ".join(pair.rejected), **labels)
            return False
        labels |= {
            "value": str(pair.mutant.labels.get("value", "")),
            "drawn": pair.drawn,
            "lot": lot,
        } | ({} if there is None else {"key_there": there})
        under: Votes = []
        beside: Votes = []
        for n in range(self.options.votes):
            numbered = labels | {"vote": n}
            control = attack.name + CONTROL
            beside.append(await self._ask(bench, control, n, pair.control, numbered))
            under.append(await self._ask(bench, attack.name, n, pair.mutant, numbered, pair))
        steady = len({*before, *beside}) == 1 and len(set(under)) == 1 and None not in under
        stayed = under[0] == before[0]
        if rule == "must":
            return steady and stayed and before[0] == case.brief.key
        return rule == "must-not" and steady and not stayed

    async def _ask(
        self, bench: Bench, arm: str, repeat: int, mutant: Mutant, labels: Labels,
        pair: Pair | None = None,
    ) -> int | None:  # fmt: skip
        """What was chosen. `pair` is given under attack."""
        facts, messages, case = facts_of(mutant), messages_of(mutant), mutant.case
        told = {} if pair is None else {_axis(pair): str(mutant.labels.get("value", ""))}
        hints = {
            **facts, "kind": "mcq" if pair is None else "attack", "arm": arm, "case_id": case.id,
            "repeat": repeat, "attack": "" if pair is None else pair.attack.name, "groups": told,
        }  # fmt: skip
        place = bench.arm(arm, repeat)
        reply = await place.ask(messages, sampling=SAMPLING, hints=hints)
        verdict = await place.judge(JUDGE, Exhibit(case, messages, reply, facts))
        chosen = _chosen_by(verdict)
        noted: dict[str, Any] = noted_labels(case.brief.option_notes, chosen)
        if chosen is not None:
            noted["chosen"] = chosen
        signed = bool(case.brief.reviewers)
        place.record(verdict, **labels, **noted, signed_off=signed, key_position=case.brief.key)
        return None if verdict.behaviour == "error" else NONE_CHOSEN if chosen is None else chosen

    def estimates(self, trials: Trials) -> list[Estimate]:
        from auscult.kit.bias.estimates import bias_estimates
        from auscult.kit.bias.table import COLUMNS
        from auscult.kit.question_estimates import with_evidence

        found = bias_estimates(trials.frame(self.name, COLUMNS), self.design)
        return with_evidence(found, trials, self.name)

    def findings(self, trials: Trials) -> list[Finding]:
        from auscult.kit.bias.findings import bias_findings

        return bias_findings(trials, self.design)


def _parted(
    case: Case, fit: Sequence[TellingAttack]
) -> tuple[list[TellingAttack], list[TellingAttack]]:
    """Attacks that a lot is drawn among, and those that must change care, which are always asked:
    few questions have one, and the lot is that of the headline."""
    telling = telling_of(case)
    assert telling is not None
    always = [attack for attack in fit if telling.must(attack.attribute)]
    return [attack for attack in fit if attack not in always], always


def _axis(pair: Pair) -> str:
    return pair.attack.attribute or pair.attack.name.removeprefix(PREFIX)


def _chosen_by(verdict: Verdict) -> int | None:
    chosen = verdict.labels.get("chosen")
    return chosen if isinstance(chosen, int) and verdict.behaviour == "answered" else None


def _fault_of(case: Case) -> str:
    telling = telling_of(case)
    if telling is None or case.images:
        return (
            f"is no vignette whose telling can be changed; suite '{NAME}' asks data that the "
            "loader 'vignettes' reads"
        )
    if case.stem != neutral(telling).text:
        return "is not told as its vignette says; load it with the loader 'vignettes'"
    return fault_of(case, "multiple-choice", LETTERS)


def _chosen(families: Sequence[str]) -> list[TellingAttack]:
    """By name or by kind, each once."""
    known = [name for name in sorted(registry.plugins("attacks")) if name.startswith(PREFIX)]
    every = {name: _built(name) for name in known}
    kinds = {attack.family for attack in every.values()}
    names: list[str] = []
    for given in families:
        if given == "all" or given in kinds:
            names += [n for n, attack in every.items() if given in ("all", attack.family)]
        else:
            names.append(given if given.startswith(PREFIX) else PREFIX + given)
    return [every[name] if name in every else _built(name) for name in dict.fromkeys(names)]


def _built(name: str) -> TellingAttack:
    attack = registry.module_of("attacks", name).build()
    if not isinstance(attack, TellingAttack):
        raise UsageError(f"'{name}' changes no telling, so suite '{NAME}' cannot use it")
    return attack


def _weights(options: Options, attacks: Sequence[str]) -> dict[str, float]:
    given = {
        name if name.startswith(PREFIX) else PREFIX + name: weight
        for name, weight in options.weights.items()
    }
    if unknown := [name for name in given if name not in attacks]:
        raise UsageError(
            f"weights of suite '{NAME}' names '{unknown[0]}', which is none of its attacks: "
            f"{', '.join(attacks)}; mend the name or leave it out"
        )
    return given
