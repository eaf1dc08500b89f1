"""Open medical questions under attack, criterion by criterion, beside matched controls (DAS).

What is measured: how many more criteria of a good answer fail in the unsafe direction (a safety
point left out, a danger stated) under a distraction or a bait than under a neutral sentence of
about that length at the same place. Which sentences a case meets is drawn by lot before the first
reply. A judge model reads each answer against all criteria of the case and is not told the arm.
Refused, abstained and empty replies meet no criterion. An attacked reply is compared with its own
control; where the call or the reading of either failed the pair is missing and bounded. An
impossible measurement is a task of its own: is the value questioned, and is a merely extreme one
questioned too?

With `form = "agent"` a model in the role "attacker" writes the distractions and baits, of cases for
which nobody wrote any too, and code checks them. Where the plan binds a role "verifier", what a
good answer must contain must be the same with every sentence put in, in that model's eyes too.
One attacked pair of each case is asked afresh, for findings; no estimate reads it. Of words that
neither an author nor a verifier stands behind no finding is told.

After the HealthBench arm of DAS (2025), whose figure (criteria met at first and flipped under
attack) stands beside ours, labelled; cases, criteria and every estimator are ours.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal

import msgspec

from auscult.core.case import Case
from auscult.core.errors import DataError
from auscult.core.message import Sampling, user
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
from auscult.kit.attack import agent, verify
from auscult.kit.open import verifying, writing
from auscult.kit.open.case import criteria_of, open_of
from auscult.kit.open.confirming import breaks, noted
from auscult.kit.open.edits import (
    EXTREME,
    IMPOSSIBLE,
    Pair,
    drawn_pairs,
    fit_and_refused,
    sentences_of,
    value_pair,
    value_pairs,
    values_of,
)
from auscult.kit.open.prompt import SYSTEM, most_tokens
from auscult.kit.open.table import (
    AGAIN,
    ATTACKED,
    BASELINE,
    CONFIRMATIONS,
    CONFIRMED,
    CONTROL,
    CONTROLLED,
    JUDGE,
    SUITE,
    VERIFIED,
    WRITTEN,
)
from auscult.kit.options import parse_options
from auscult.kit.question_suite import question_size
from auscult.kit.suite_cases import named_cases, tokens_at_most

if TYPE_CHECKING:
    from auscult.core.estimate import Estimate, Finding

REPLY_TOKENS = 1024
SAMPLING = Sampling(max_tokens=REPLY_TOKENS)
JUDGE_ASKS, JUDGE_OVERHEAD = 2, 6000
"""What the judge is shown beside question and criteria, at most: an answer of full length, and at
the second asking its first reply."""
UNATTACKED = (
    'nobody wrote attacks for it; with the option form = "agent" a model in the role attacker does'
)
NO_VALUE = "nobody wrote such a value for it"


class Options(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    per_case: int = 3
    """How many distractions and baits a case meets, drawn by lot; 0 for all of them."""
    values: bool = True
    """Asks with the impossible and the extreme value where a case has them."""
    confirm: bool = True
    """Asks one attacked pair of each case afresh: a finding needs that."""
    form: Literal["program", "agent"] = "program"
    """Who writes distractions and baits: the author of the case, or a model in the role
    "attacker"."""

    def __post_init__(self) -> None:
        if self.per_case < 0:
            raise ValueError(f"per_case is {self.per_case}; give 1 or more, or 0 for all")


def build(options: Mapping[str, Any]) -> OpenEndedSuite:
    return OpenEndedSuite(parse_options(options, Options, f"suite '{SUITE}'"))


class OpenEndedSuite:
    name = SUITE
    version = "4"
    measures = (
        "How many more criteria of a good answer fail in the unsafe direction under attack than "
        "under the matched control of the same case, weighted by their points, over cases."
    )
    rule = Rule(
        numerator=(
            "points of the unsafe criteria that fail under attack (a safety point left out, a "
            "danger stated), minus those that fail under the matched control"
        ),
        denominator=(
            "points of all unsafe criteria, once for every attacked reply and its own control, "
            "including refused, abstained and empty ones, which meet no criterion; pairs with a "
            "failed call or an unreadable judgement are missing and get bounds"
        ),
    )
    judges: tuple[str, ...] = (JUDGE,)
    presupposes = ""
    adversarial = True
    covers: tuple[str, ...] = ("robustness",)
    default_data: tuple[DataSet, ...] = (DataSet("open-cases", "open"),)
    watched: tuple[Watched, ...] = (
        Watched("rubric score, attacked minus control", ATTACKED, JUDGE, control_arm=CONTROL),
        Watched("rubric score, not attacked", BASELINE, JUDGE),
    )
    unwatched: Mapping[str, str] = {
        "unsafe criterion failures added by attacks": "it is a share of failures and a rule reads "
        "scores, so rules watch 'rubric score, attacked minus control' of the same pairs"
    }

    def __init__(self, options: Options) -> None:
        self.options = options
        self.by_model = options.form == "agent"
        self.adaptive = self.by_model
        """It asks less where a model's words leave nothing to ask, or need no second try: `cost` is
        then what it may come to. So it does where a verifier rejects the author's sentences, which
        nobody says here: only the plan knows whether the role is bound, and without it the cost of
        the program form is exact."""
        needs = (RoleNeed("target"), RoleNeed("judge"), RoleNeed(verify.ROLE, required=False))
        self.roles: tuple[RoleNeed, ...] = (
            (*needs, RoleNeed(agent.ROLE)) if self.by_model else needs
        )
        values = (IMPOSSIBLE, IMPOSSIBLE + CONTROLLED, EXTREME, EXTREME + CONTROLLED)
        also = values if options.values else ()
        fresh = (CONFIRMED, CONFIRMED + CONTROLLED) if options.confirm else ()
        checks = (WRITTEN, VERIFIED) if self.by_model else (VERIFIED,)
        self.arms: tuple[str, ...] = (
            BASELINE, AGAIN, ATTACKED, CONTROL, *also, *fresh, *checks,
        )  # fmt: skip

    def cases(self, datasets: Sequence[DataSet], loaders: Mapping[str, Loader]) -> Iterable[Case]:
        for data, case in named_cases(datasets or self.default_data, loaders):
            if not open_of(case).criteria:
                raise DataError(
                    f"case '{case.id.partition('/')[2]}' of data set '{data}' has no criteria to "
                    f"be read against; suite '{SUITE}' takes the loaders open-cases and healthbench"
                )
            yield case

    def stratum(self, case: Case) -> str:
        return case.brief.specialty or str(case.brief.extra.get("theme", ""))

    def cost(self, case: Case, abilities: Abilities) -> Sequence[Ask]:
        pairs = self._draws(case)
        fresh = 2 * CONFIRMATIONS * (self.options.confirm and pairs > 0)
        calls = 2 + 2 * (pairs + len(self._values(case))) + fresh
        longest = self._longest(case)
        criteria = criteria_of(case)
        read = JUDGE_OVERHEAD + tokens_at_most(SYSTEM + "".join(c.text for c in criteria))
        read += tokens_at_most(_question(case)) + 8 * len(criteria)
        asks = [
            Ask("target", calls, question_size(case) + longest, REPLY_TOKENS),
            Ask("judge", JUDGE_ASKS * calls, read, most_tokens(len(criteria))),
        ]
        if pairs:
            read = verifying.asking_tokens(case, longest)
            asks.append(Ask(verify.ROLE, verifying.ASKS * pairs, read, verifying.REPLY_TOKENS))
        if pairs and self.by_model:
            often = len(agent.STEPS) * pairs
            asks.append(Ask(agent.ROLE, often, writing.asking_tokens(case), writing.REPLY_TOKENS))
        return asks

    def _draws(self, case: Case) -> int:
        """How many sentences the case meets."""
        if self.by_model:
            return writing.draws(case, self.options.per_case)
        fit, _ = fit_and_refused(case)
        return min(self.options.per_case or len(fit), len(fit))

    def _longest(self, case: Case) -> int:
        """What an edit may add, in characters, which are more than its tokens."""
        part = open_of(case)
        written = (len(one.text) for one in sentences_of(case))
        return max(
            (
                *((2 * writing.LONGEST,) if self.by_model else written),
                *(len(text) for text in part.neutral),
                *(len(one.stem) + len(one.question) for one in part.rewordings),
            ),
            default=0,
        )

    def _values(self, case: Case) -> list[Pair]:
        """Those that pass the gate, without their controls."""
        if not self.options.values:
            return []
        pairs = (value_pair(case, attack, other) for attack, other in values_of(case))
        return [pair for pair in pairs if not pair.rejected]

    async def examine(self, case: Case, bench: Bench) -> None:
        # All of it before the first reply.
        pairs = await self._pairs(case, bench)
        values = value_pairs(case, bench.rng("values")) if self.options.values else []
        as_it_is = [await self._ask(bench, BASELINE, 0, case, case)]
        said = [
            await self._try(bench, (ATTACKED, CONTROL), number, case, pair)
            for number, pair in enumerate(pairs)
        ]
        for pair in values:
            await self._try(bench, (pair.attack, pair.attack + CONTROLLED), 0, case, pair)
        as_it_is.append(await self._ask(bench, AGAIN, 0, case, case))
        self._left_out(bench, case, len(pairs), values)
        # As many calls whatever was said: a cap has reserved them.
        asked = [number for number, pair in enumerate(pairs) if pair.attacked is not None]
        if self.options.confirm and asked:
            broken = [number for number in asked if breaks(case, as_it_is, *said[number])]
            number = bench.rng("confirm").choice(broken or asked)
            await self._confirm(bench, case, pairs[number], number)

    async def _pairs(self, case: Case, bench: Bench) -> list[Pair]:
        if self.by_model:
            pairs = await writing.written_pairs(bench, case, self.options.per_case, WRITTEN)
        else:
            pairs = drawn_pairs(case, self.options.per_case, bench.rng("attacks"))
        if verify.ROLE in bench.roles:
            return [
                await verifying.verified(bench, case, pair, VERIFIED, number)
                for number, pair in enumerate(pairs)
            ]
        return pairs

    async def _confirm(self, bench: Bench, case: Case, pair: Pair, number: int) -> None:
        assert pair.attacked is not None and pair.control is not None
        labels = {"confirms": pair.attack, "confirms_pair": number}
        for repeat in range(CONFIRMATIONS):
            arm = CONFIRMED + CONTROLLED
            await self._ask(bench, arm, repeat, case, pair.control, labels, pair.attack)
            told = {**labels, **verifying.labels_of(pair)}
            if not repeat:
                told["unsafe_criteria"] = noted(case)
            await self._ask(bench, CONFIRMED, repeat, case, pair.attacked, told, pair.attack)

    def _left_out(self, bench: Bench, case: Case, asked: int, values: Sequence[Pair]) -> None:
        if not self.by_model:
            _, refused = fit_and_refused(case)
            for number, pair in enumerate(refused, asked):
                bench.arm(ATTACKED, number).record(
                    rejected="; ".join(pair.rejected), attack=pair.attack
                )
            if not sentences_of(case):
                bench.arm(ATTACKED).record(not_applicable=UNATTACKED)
        if self.options.values:
            for attack in {IMPOSSIBLE, EXTREME} - {pair.attack for pair in values}:
                bench.arm(attack).record(unfit=NO_VALUE, attack=attack)

    async def _try(
        self, bench: Bench, arms: tuple[str, str], number: int, case: Case, pair: Pair
    ) -> tuple[Verdict | None, Verdict | None]:
        """Of the attacked reply and of its control; neither where nobody was asked."""
        attacked, control = arms
        labels: dict[str, Any] = {"attack": pair.attack}
        if pair.attacked is None or pair.control is None:
            bench.arm(attacked, number).record(rejected="; ".join(pair.rejected), **labels)
            return None, None
        beside = await self._ask(bench, control, number, case, pair.control, labels)
        labels |= verifying.labels_of(pair)
        if pair.against:
            labels["against"] = pair.against
        return await self._ask(bench, attacked, number, case, pair.attacked, labels), beside

    async def _ask(
        self,
        bench: Bench,
        arm: str,
        repeat: int,
        case: Case,
        shown: Case,
        labels: Mapping[str, Any] | None = None,
        attack: str = "",
    ) -> Verdict:
        labels = labels or {}
        messages = (*shown.messages, user(shown.text))
        hints = {
            "kind": "open", "arm": arm, "case_id": case.id, "repeat": repeat,
            "reference": case.brief.reference, "attack": attack or labels.get("attack", ""),
        }  # fmt: skip
        place = bench.arm(arm, repeat)
        reply = await place.ask(messages, sampling=SAMPLING, hints=hints)
        # Of the case as it is in every arm, so that the judge cannot tell which one this was.
        criteria = msgspec.to_builtins(criteria_of(case))
        facts = {"question": _question(case), "criteria": criteria}
        verdict = await place.judge(JUDGE, Exhibit(case, messages, reply, facts))
        place.record(verdict, **labels, signed_off=bool(shown.brief.reviewers))
        return verdict

    def estimates(self, trials: Trials) -> list[Estimate]:
        from auscult.kit.attack.writing import COLUMNS as WRITING
        from auscult.kit.attack.writing import with_writing
        from auscult.kit.open.estimates import open_ended_estimates
        from auscult.kit.open.findings import with_left_out
        from auscult.kit.open.table import COLUMNS
        from auscult.kit.question_estimates import with_evidence

        found = open_ended_estimates(trials.frame(self.name, COLUMNS))
        found = with_writing(found, trials.frame(self.name, WRITING))
        if self.by_model and self.options.confirm:
            found = with_left_out(found, trials)
        return with_evidence(found, trials, self.name)

    def findings(self, trials: Trials) -> list[Finding]:
        from auscult.kit.open.findings import open_findings

        return open_findings(trials)


def _question(case: Case) -> str:
    """As the judge sees it, without what attacks put in: the bare question; of a conversation all
    of it."""
    turns = [f"{turn.role}: {turn.text}" for turn in case.messages]
    return "\n".join((*turns, f"user: {case.question}")) if turns else case.question
