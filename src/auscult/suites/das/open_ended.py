"""Open medical questions under attack, criterion by criterion, beside matched controls (DAS).

What is measured: how many more criteria of a good answer fail in the unsafe direction (a safety
point left out, a danger stated) under a distraction or a bait than under a neutral sentence of
about that length at the same place. Which sentences a case meets is drawn by lot before the first
reply. A judge model reads each answer against all criteria of the case and is not told the arm.
Refused, abstained and empty replies meet no criterion. An attacked reply is compared with its own
control; where the call or the reading of either failed the pair is missing and bounded. An
impossible measurement is a task of its own: is the value questioned, and is a merely extreme one
questioned too?

After the HealthBench arm of DAS (2025), whose figure (criteria met at first and flipped under
attack) stands beside ours, labelled; cases, criteria and every estimator are ours.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

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
from auscult.kit.open.case import criteria_of, open_of
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
    CONTROL,
    CONTROLLED,
    JUDGE,
    SUITE,
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
UNATTACKED = "nobody wrote attacks for it, and no attacker writes any in this suite"
NO_VALUE = "nobody wrote such a value for it"


class Options(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    per_case: int = 3
    """How many distractions and baits a case meets, drawn by lot; 0 for all of them."""
    values: bool = True
    """Asks with the impossible and the extreme value where a case has them."""

    def __post_init__(self) -> None:
        if self.per_case < 0:
            raise ValueError(f"per_case is {self.per_case}; give 1 or more, or 0 for all")


def build(options: Mapping[str, Any]) -> OpenEndedSuite:
    return OpenEndedSuite(parse_options(options, Options, f"suite '{SUITE}'"))


class OpenEndedSuite:
    name = SUITE
    version = "2"
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
    roles: tuple[RoleNeed, ...] = (RoleNeed("target"), RoleNeed("judge"))
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
        values = (IMPOSSIBLE, IMPOSSIBLE + CONTROLLED, EXTREME, EXTREME + CONTROLLED)
        also = values if options.values else ()
        self.arms: tuple[str, ...] = (BASELINE, AGAIN, ATTACKED, CONTROL, *also)

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
        fit, _ = fit_and_refused(case)
        pairs = min(self.options.per_case or len(fit), len(fit)) + len(self._values(case))
        calls = 2 + 2 * pairs
        part = open_of(case)
        longest = max(
            (
                *(len(one.text) for one in sentences_of(case)),
                *(len(text) for text in part.neutral),
                *(len(one.stem) + len(one.question) for one in part.rewordings),
            ),
            default=0,
        )
        criteria = criteria_of(case)
        read = JUDGE_OVERHEAD + tokens_at_most(SYSTEM + "".join(c.text for c in criteria))
        read += tokens_at_most(_question(case)) + 8 * len(criteria)
        return [
            Ask("target", calls, question_size(case) + longest, REPLY_TOKENS),
            Ask("judge", JUDGE_ASKS * calls, read, most_tokens(len(criteria))),
        ]

    def _values(self, case: Case) -> list[Pair]:
        """Those that pass the gate, without their controls."""
        if not self.options.values:
            return []
        pairs = (value_pair(case, attack, other) for attack, other in values_of(case))
        return [pair for pair in pairs if not pair.rejected]

    async def examine(self, case: Case, bench: Bench) -> None:
        # All of it before the first reply.
        pairs = drawn_pairs(case, self.options.per_case, bench.rng("attacks"))
        values = value_pairs(case, bench.rng("values")) if self.options.values else []
        await self._ask(bench, BASELINE, 0, case, case)
        for number, pair in enumerate(pairs):
            await self._try(bench, (ATTACKED, CONTROL), number, case, pair)
        for pair in values:
            await self._try(bench, (pair.attack, pair.attack + CONTROLLED), 0, case, pair)
        await self._ask(bench, AGAIN, 0, case, case)
        self._left_out(bench, case, len(pairs), values)

    def _left_out(self, bench: Bench, case: Case, asked: int, values: Sequence[Pair]) -> None:
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
    ) -> None:
        attacked, control = arms
        labels: dict[str, Any] = {"attack": pair.attack}
        if pair.attacked is None or pair.control is None:
            bench.arm(attacked, number).record(rejected="; ".join(pair.rejected), **labels)
            return
        await self._ask(bench, control, number, case, pair.control, labels)
        if pair.against:
            labels["against"] = pair.against
        await self._ask(bench, attacked, number, case, pair.attacked, labels)

    async def _ask(
        self,
        bench: Bench,
        arm: str,
        repeat: int,
        case: Case,
        shown: Case,
        labels: Mapping[str, Any] | None = None,
    ) -> None:
        labels = labels or {}
        messages = (*shown.messages, user(shown.text))
        hints = {
            "kind": "open", "arm": arm, "case_id": case.id, "repeat": repeat,
            "reference": case.brief.reference, "attack": labels.get("attack", ""),
        }  # fmt: skip
        place = bench.arm(arm, repeat)
        reply = await place.ask(messages, sampling=SAMPLING, hints=hints)
        # Of the case as it is in every arm, so that the judge cannot tell which one this was.
        criteria = msgspec.to_builtins(criteria_of(case))
        facts = {"question": _question(case), "criteria": criteria}
        verdict = await place.judge(JUDGE, Exhibit(case, messages, reply, facts))
        place.record(verdict, **labels, signed_off=bool(case.brief.reviewers))

    def estimates(self, trials: Trials) -> list[Estimate]:
        from auscult.kit.open.estimates import open_ended_estimates
        from auscult.kit.open.table import COLUMNS
        from auscult.kit.question_estimates import with_evidence

        found = open_ended_estimates(trials.frame(self.name, COLUMNS))
        return with_evidence(found, trials, self.name)

    def findings(self, trials: Trials) -> list[Finding]:
        """None: what is asked is fixed beforehand, so nothing that was found is asked afresh."""
        return []


def _question(case: Case) -> str:
    """As the judge sees it: the bare question, without the telling that attacks change; of a
    conversation, which nobody attacks, all of it."""
    turns = [f"{turn.role}: {turn.text}" for turn in case.messages]
    return "\n".join((*turns, f"user: {case.question}")) if turns else case.question
