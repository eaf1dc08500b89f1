"""The same questions about clean and about shifted pictures, paired by case (CARES input shift).

What is measured: how many more answers are wrong on a shifted picture than on the same picture
clean and asked again, over cases asked both ways; abstention on shifted pictures beside it; and for
pictures replaced by one that cannot hold the answer, how many replies answer all the same. Refused,
abstained and unreadable replies count as not correct; failed calls are missing and bounded.

After the input-level robustness of CARES (Xia and others 2024), whose noise is one shift among the
others and whose scorers are applied to the same replies; every estimator is ours.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import msgspec

from auscult.core import registry
from auscult.core.case import Case
from auscult.core.errors import UsageError
from auscult.core.message import Message
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
from auscult.kit.factual.published import asked_as_published, published_place
from auscult.kit.options import parse_options
from auscult.kit.pictures import Shown, why_not
from auscult.kit.question_suite import (
    REPLY_TOKENS,
    SAMPLING,
    PictureOptions,
    admitted,
    authors_order,
    cases_with_donors,
    fault_of,
    folded,
    hints_of,
    labels_of,
    one_order,
    pictures_of,
    question_size,
    shown_clean,
)
from auscult.kit.questions import asked, facts_of, form_of, judge_of
from auscult.kit.shift.confirm import Tried, to_confirm
from auscult.kit.shift.edits import Edit, edits_of, left_out, shown_as
from auscult.kit.shift.legacy import published_readings
from auscult.kit.shift.table import (
    AGAIN,
    BASELINE,
    CONTROL,
    JUDGES,
    KEPT,
    LEGACY,
    LEGACY_NOISE,
    Design,
)

if TYPE_CHECKING:
    from auscult.core.estimate import Estimate, Finding

NAME = "cares/input-shift"
LABELS = ("form", "modality", "region", "data")
BALANCED = (
    "gaussian-noise",
    "blur",
    "jpeg",
    "contrast",
    "low-resolution",
    "occlusion",
    "burned-text-contradicting",
    "flip-horizontal",
    "modality-swap",
    "control-grey",
    LEGACY_NOISE,
)
"""One or two of each sort. `rotation` is left to be named: a question about a slant or an axis does
not keep its answer, and not every data set says which these are."""


class Options(PictureOptions, frozen=True, forbid_unknown_fields=True):
    shifts: tuple[str, ...] = BALANCED
    """Names under `shift/`; "all" for every one but legacy-noise and the controls."""
    severities: tuple[int, ...] = (1, 3, 5)
    per_case: int = 4
    """How many cells, each a shift at a severity, a case is asked in; 0 for all of them."""
    weights: dict[str, float] = msgspec.field(default_factory=dict)
    """What a shift weighs in the means; 1 where it is not named."""
    confirm: bool = True
    """Asks one shifted picture of each case again, because a finding needs two wrong replies."""
    legacy: bool = False
    """Asks once more as published, and of every case with the published noise."""

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.shifts or len(set(self.shifts)) < len(self.shifts):
            raise ValueError("shifts is empty or names one twice; give each shift once")
        if not self.severities or not set(self.severities) <= {1, 2, 3, 4, 5}:
            raise ValueError("severities holds other numbers than 1 to 5, or none; give some")
        if len(set(self.severities)) < len(self.severities):
            raise ValueError("severities names one twice; give each once")
        if self.per_case < 0:
            raise ValueError(f"per_case is {self.per_case}; give 1 or more, or 0 for all")
        if wrong := [name for name, weight in self.weights.items() if not 0 <= weight < 1e6]:
            raise ValueError(f"weights gives {wrong[0]} no number from 0 up; mend it")


def build(options: Mapping[str, Any]) -> InputShiftSuite:
    return InputShiftSuite(parse_options(options, Options, f"suite '{NAME}'"))


class InputShiftSuite:
    name = NAME
    version = "1"
    measures = (
        "How many more answers to closed questions are wrong on a shifted picture than on the same "
        "picture clean and asked again, over cases with a usable reply to both, averaged over "
        "shifts."
    )
    rule = Rule(
        numerator=(
            "replies to shifted pictures that do not say what the key says, minus such replies to "
            "the same pictures clean and asked again"
        ),
        denominator=(
            "cases with a usable reply to both, including refused, abstained and unreadable ones, "
            "which are not correct; failed calls are missing and get bounds"
        ),
    )
    judges: tuple[str, ...] = ("yes-no", "choice")
    roles: tuple[RoleNeed, ...] = (RoleNeed("target"),)
    presupposes = "cares/factuality"
    default_data: tuple[DataSet, ...] = (
        DataSet("phantoms", "starter", {"tasks": ["yes-no", "multiple-choice"], "count": 6}),
    )
    watched: tuple[Watched, ...] = (
        Watched("accuracy, clean", BASELINE, JUDGES, yes_no=True, judges=("yes-no", "choice")),
        Watched("yes-no accuracy, clean", BASELINE, "yes-no", yes_no=True),
        Watched("multiple-choice accuracy, clean", BASELINE, "choice", yes_no=True),
    )

    unwatched: Mapping[str, str] = {
        "wrong answers added by shifts": "it weighs cells of shift and severity that each hold "
        "other cases, so it is no mean over cases"
    }

    def __init__(self, options: Options) -> None:
        self.options = options
        self._pictures = pictures_of(options)
        names = _names(options)
        self.edits = edits_of(names, options.severities)
        self.design = Design(NAME, _weights(options, self.edits))
        self.attacks: tuple[str, ...] = tuple(f"shift/{name}" for name in names)
        legacy = (LEGACY,) if options.legacy else ()
        again = (AGAIN,) if options.confirm else ()
        shifted = (edit.arm for edit in self.edits)
        self.arms: tuple[str, ...] = (BASELINE, CONTROL, *shifted, *again, *legacy)

    # --- cases --------------------------------------------------------------------------------

    def cases(self, datasets: Sequence[DataSet], loaders: Mapping[str, Loader]) -> Iterable[Case]:
        for case in cases_with_donors(datasets or self.default_data, loaders):
            yield admitted(case, fault_of(case, form_of(case), self.options.letters))

    def stratum(self, case: Case) -> str:
        return f"{form_of(case)}/{case.brief.modality}"

    def cost(self, case: Case, abilities: Abilities) -> Sequence[Ask]:
        if self._not_applicable(case, abilities):
            return ()
        fixed, drawn = self._edits(case)
        draws = self._draws(drawn)
        again = self.options.confirm and bool(draws)
        calls = 2 + len(fixed) + draws + again + self.options.legacy
        return [Ask("target", calls, question_size(case), REPLY_TOKENS)]

    def _not_applicable(self, case: Case, abilities: Abilities) -> str:
        if form_of(case) == "open":
            return "it is an open question; shifts are measured over closed ones"
        if not case.images:
            return why_not(case, abilities) or "the question has no picture to be shifted"
        return why_not(case, abilities)

    def _edits(self, case: Case) -> tuple[list[Edit], list[Edit]]:
        """Those asked of every case, and those to draw from: they must fit the case."""
        fit = [edit for edit in self.edits if not left_out(case, edit)]
        fixed = [e for e in fit if self.options.legacy and e.name == LEGACY_NOISE]
        return fixed, [edit for edit in fit if edit not in fixed]

    def _draws(self, edits: Sequence[Edit]) -> int:
        return min(self.options.per_case or len(edits), len(edits))

    # --- asking -------------------------------------------------------------------------------

    async def examine(self, case: Case, bench: Bench) -> None:
        labels = labels_of(case, *LABELS) | {"signed_off": bool(case.brief.reviewers)}
        reason = self._not_applicable(case, bench.abilities)
        clean = await shown_clean(case, self._pictures, reason)
        if clean.reason:
            for arm in (BASELINE, CONTROL, *([LEGACY] if self.options.legacy else [])):
                bench.arm(arm).record(not_applicable=clean.reason, **labels)
            return
        order = one_order(case, form_of(case), bench)
        # One after the other, the clean ones first: they share a prefix with each other.
        first = {**labels, "image": "clean"}
        told = [
            await self._ask(bench, arm, case, order, clean, first) for arm in (BASELINE, CONTROL)
        ]
        fixed, drawn = self._edits(case)
        chosen = bench.rng("cells").sample(drawn, self._draws(drawn))
        tried: list[Tried] = []
        for edit in self.edits:
            if reason := left_out(case, edit):
                bench.arm(edit.arm).record(not_applicable=reason, **labels, **edit.labels)
            elif edit in fixed or edit in chosen:
                verdict = await self._shifted(bench, edit.arm, edit, case, order, labels)
                tried += [(edit, verdict)] if verdict and edit in chosen else []
        if self.options.confirm and tried:
            edit = to_confirm(told, tried, bench.rng("again"))
            await self._shifted(bench, AGAIN, edit, case, order, labels)
        for edit in fixed:
            # The published questions stand in their author's order.
            await self._shifted(bench, LEGACY, edit, case, authors_order(case), labels)

    async def _shifted(
        self,
        bench: Bench,
        arm: str,
        edit: Edit,
        case: Case,
        order: tuple[int, ...],
        labels: Mapping[str, Any],
    ) -> Verdict | None:
        shown, put = await shown_as(case, edit, self._pictures, bench)
        told = {**labels, **_cell_labels(arm, edit)}
        if shown.reason:
            bench.arm(arm).record(not_applicable=shown.reason, **told)
            return None
        image = f"shift:{edit.name}:{edit.severity}"
        return await self._ask(bench, arm, put, order, shown, {**told, "image": image})

    async def _ask(
        self,
        bench: Bench,
        arm: str,
        case: Case,
        order: tuple[int, ...],
        shown: Shown,
        labels: dict[str, Any],
    ) -> Verdict:
        form = form_of(case)
        facts = facts_of(case, form, order, letters=self.options.letters)
        seen = {"image": labels["image"], "groups": case.brief.groups}
        hints = hints_of(case, form, facts, arm, **seen)
        messages = self._messages(case, arm, facts, shown)
        place = bench.arm(arm)
        reply = await place.ask(messages, sampling=SAMPLING, hints=hints)
        verdict = await place.judge(judge_of(form), Exhibit(case, messages, reply, facts))
        labels, key = dict(labels), facts["key"]
        if arm == BASELINE:
            labels |= {"key_text": folded(facts["options"][key]), "key_position": key}
        as_published = arm != AGAIN and labels.get("shift") in (None, LEGACY_NOISE)
        if as_published and reply.status != "error":
            gold = published_place(case, form, key)
            options, letters = list(facts["options"]), facts["letters"]
            labels |= published_readings(reply.text, form, options, letters, gold)
        place.record(verdict, **labels)
        return verdict

    def _messages(
        self, case: Case, arm: str, facts: Mapping[str, Any], shown: Shown
    ) -> tuple[Message, ...]:
        form, letters = form_of(case), self.options.letters
        if arm != LEGACY:
            return asked(case, form, facts["options"], shown.parts, letters=letters)
        return asked_as_published(case, form, facts["options"], shown.parts, letters)

    # --- what came of it ----------------------------------------------------------------------

    def estimates(self, trials: Trials) -> list[Estimate]:
        from auscult.kit.question_estimates import with_evidence
        from auscult.kit.shift.estimates import input_shift_estimates
        from auscult.kit.shift.table import COLUMNS

        found = input_shift_estimates(trials.frame(self.name, COLUMNS), self.design)
        return with_evidence(found, trials, self.name)

    def findings(self, trials: Trials) -> list[Finding]:
        from auscult.kit.shift.findings import shift_findings

        return shift_findings(trials, self.name)


def _names(options: Options) -> list[str]:
    """Without the prefix, in the order given."""
    names: list[str] = []
    for given in options.shifts:
        name = given.removeprefix("shift/")
        if name != "all":
            names.append(name)
            continue
        known = (n.removeprefix("shift/") for n in registry.plugins("attacks") if "shift/" in n)
        spare = [n for n in known if n != LEGACY_NOISE and not n.startswith("control-")]
        names += sorted(n for n in spare if n not in names)
    if options.legacy and LEGACY_NOISE not in names:
        names.append(LEGACY_NOISE)
    return list(dict.fromkeys(names))


def _cell_labels(arm: str, edit: Edit) -> dict[str, Any]:
    """A picture asked again is no cell, nor is one asked as published: neither has a place in a
    mean over shifts."""
    if arm == AGAIN:
        return {"again": edit.name, "again_severity": edit.severity}
    return {} if arm == LEGACY else edit.labels


def _weights(options: Options, edits: Sequence[Edit]) -> dict[str, float]:
    """By bare name; a name that is in no mean is a slip of the pen, and would be ignored."""
    given = {name.removeprefix("shift/"): weight for name, weight in options.weights.items()}
    counted = dict.fromkeys(
        e.name for e in edits if e.attack.key in KEPT and e.name != LEGACY_NOISE
    )
    if unknown := [name for name in given if name not in counted]:
        raise UsageError(
            f"weights of suite '{NAME}' names '{unknown[0]}', which is none of the shifts that "
            f"enter the means: {', '.join(counted) or 'none'}; mend the name or leave it out"
        )
    return given
