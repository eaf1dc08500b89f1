"""Several targets under one plan: what each scored, and how they differ on the same prompts.

Targets are set against each other only where the ledgers show that all were asked the same, and
what stands at chance is put in no order: it has no right answers that an attack could take.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

import msgspec

from auscult.core.estimate import Estimate
from auscult.kit.attack.estimates import ADDED, UNDER, UNDER_ATTACK, between
from auscult.kit.attack.table import COLUMNS, Design
from auscult.report.clean import clean, withhold_secrets
from auscult.report.compare import Pair, differences, in_one_family
from auscult.report.declared import COULD_STOP
from auscult.report.figures import is_held_back
from auscult.report.junit import can_stop_early, run_cautions
from auscult.report.prompts import SuitePrompts, same_prompts
from auscult.report.results import build_results
from auscult.report.wording import counted
from auscult.stats.paired import excess_over_rule
from auscult.stats.table import LabelKind, blank, label_columns, with_labels

if TYPE_CHECKING:
    from auscult.engine.view import RunView
    from auscult.report.contract import Results

FAMILY = "all figures compared between targets"
NOTHING, CONTROL, ATTACK = "nothing", "control", "attack"
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


class Side(msgspec.Struct, frozen=True):
    """One target and its run. `at_chance` gives the reasons why nothing can be concluded of it."""

    name: str
    identity: str
    folder: str
    stopped: str
    plan_hash: str
    fixture: str
    estimates: tuple[Estimate, ...]
    at_chance: dict[str, str]
    """Suite -> why."""
    calls: int
    tokens: int
    cost: float | None
    cost_note: str
    currency: str


class Order(msgspec.Struct, frozen=True):
    """One figure over all targets that are put in order. Of each pair is said whether a difference
    is shown: "not told apart" does not pass from one pair to the next."""

    suite: str
    metric: str
    names: tuple[str, ...]
    """From best to worst, as the differences lie."""
    ahead: tuple[tuple[str, str], ...]
    """Shown: the first is better than the second."""
    level: tuple[tuple[str, str], ...]
    """Not told apart."""

    @property
    def sentence(self) -> str:
        about = f"{self.suite}, {self.metric}"
        if not self.level:
            each = "The difference is shown." if len(self.names) == 2 else "Every step is shown."
            return f"{about}, the best first: {', then '.join(self.names)}. {each}"
        alike = "; ".join(" and ".join(pair) for pair in self.level)
        if not self.ahead:
            return f"{about}: the data do not tell apart {alike}."
        told = "; ".join(" is shown to be ahead of ".join(pair) for pair in self.ahead)
        return f"{about}: {told}. The data do not tell apart {alike}."


class Several(msgspec.Struct, frozen=True):
    """`differences` are one target minus another, adjusted over the whole family."""

    sides: tuple[Side, ...]
    prompts: tuple[SuitePrompts, ...]
    differences: tuple[Estimate, ...]
    family: str
    order: tuple[Order, ...]
    refused: tuple[str, ...]
    """Why something is not compared, or nobody is put in order."""
    left_out: tuple[str, ...]
    cautions: tuple[str, ...]
    seed: int
    plan_name: str
    command: str
    version: str

    @property
    def all_same(self) -> bool:
        """Of all that two targets or more were asked."""
        asked = [each for each in self.prompts if each.cases or each.unreadable]
        return bool(asked) and all(each.same for each in asked)


def several(views: Sequence[RunView], absent: Sequence[str] = ()) -> Several:
    """Of two or more runs of one plan, from their ledgers; `absent` says who has no run to show."""
    names = names_of([str(view.roles["target"].get("identity", "")) for view in views])
    sides = [_side(name, view) for name, view in zip(names, views, strict=True)]
    prompts = same_prompts(views)
    refused = [_why_refused(found) for found in prompts if not found.same]
    alike = {found.suite for found in prompts if found.same}
    found, blocked, left_out = _differences(views, sides, alike)
    adjusted, family = in_one_family(found, FAMILY)
    cautions = [
        line
        for side, view in zip(sides, views, strict=True)
        for line in run_cautions(side.name, view)
        if not side.fixture or "fixture" not in line
    ]
    first = views[0]
    return clean(
        Several(
            tuple(sides), prompts, tuple(adjusted), family, tuple(_orders(adjusted, sides)),
            tuple(dict.fromkeys([*absent, *refused, *blocked])), tuple(dict.fromkeys(left_out)),
            tuple(cautions), first.plan.seed, first.plan.name, withhold_secrets(first.command),
            first.version,
        )
    )  # fmt: skip


def names_of(identities: Sequence[str]) -> list[str]:
    """Short names that differ: what stands before the options, and of these what tells apart."""
    heads = [identity.partition("?")[0] for identity in map(withhold_secrets, identities)]
    options = [dict(parse_qsl(withhold_secrets(i).partition("?")[2])) for i in identities]
    names = []
    for head, own in zip(heads, options, strict=True):
        alike = [o for other, o in zip(heads, options, strict=True) if other == head]
        telling = [k for k in own if len({other.get(k) for other in alike}) > 1]
        if len({tuple(o.get(k) for k in telling if k != "seed") for o in alike}) == len(alike):
            telling = [k for k in telling if k != "seed"]
        told = ", ".join(f"{key} {own[key]}" for key in telling)
        names.append(f"{head} ({told})" if told else head)
    twice = {name for name in names if names.count(name) > 1}
    return [
        f"{name} [{LETTERS[place % 26]}]" if name in twice else name
        for place, name in enumerate(names)
    ]


def _side(name: str, view: RunView) -> Side:
    results = build_results(view)
    run = results.run
    return Side(
        name, run.target.identity, view.folder.name, run.stopped, run.plan_hash,
        run.target.fixture, results.estimates, _at_chance(name, view, results),
        run.accounting.calls, run.accounting.tokens, run.accounting.cost,
        run.accounting.cost_note, run.accounting.currency,
    )  # fmt: skip


def _at_chance(name: str, view: RunView, results: Results) -> dict[str, str]:
    """What a suite says itself of its competence; and where it marks a score as taken under
    nothing, whether that beats the luckiest constant letter."""
    found: dict[str, str] = {}
    asked = _asked(view)
    for estimate in results.estimates:
        suite = estimate.suite
        if suite not in asked:
            continue
        if estimate.extra.get("competence") is False:
            found[suite] = (
                f"{name} is not shown to beat every trivial baseline at {suite}: nothing can be "
                "concluded of it there."
            )
        elif estimate.extra.get(UNDER) == NOTHING and (
            why := _no_better_than_a_letter(name, view, estimate)
        ):
            found[suite] = why
    for status in view.suites:  # what presupposes a competence that was measured and not found
        if status.presupposes in found and status.name not in found:
            found[status.name] = found[status.presupposes]
    return found


def _asked(view: RunView) -> set[str]:
    """The suites of which a case counts."""
    return {status.name for status in view.suites if status.prefix}


def _no_better_than_a_letter(name: str, view: RunView, static: Estimate) -> str:
    """Empty where it is better, or where the trials say nothing of the key's place."""
    import polars as pl

    label: dict[str, LabelKind] = {"key": "small"}
    columns = ("case_no", "cluster_key", "arm", "behaviour", "score", *label_columns(label))
    rows = with_labels(view.frame(static.suite, columns), label)
    rows = rows.filter(pl.col("arm").cast(pl.String) == static.arm).with_columns(
        pl.col("case_no").alias("case_id"), pl.col("cluster_key").alias("cluster")
    )
    places = rows["key"].drop_nulls()
    if not len(places):
        return ""
    best = int(places.mode().sort()[0])  # the luckiest letter, chosen after the fact
    about = blank(static.suite, "", "", arm=static.arm, control_arm="constant letter")
    over = excess_over_rule(rows, about, pl.col("key") == best)
    if over.value is None or (over.low is not None and over.low > 0):
        return ""
    share = int((places == best).sum()) / len(places)
    return (
        f"{name} gives {100 * (static.value or 0):.0f} right answers in 100 as the cases are, and "
        f"always answering {LETTERS[best]} would give {100 * share:.0f}: with "
        f"{counted(static.n, 'case')} it is not shown to be better than chance, so nothing can be "
        "concluded of it."
    )


def _why_refused(found: SuitePrompts) -> str:
    if found.unreadable or not found.cases:
        return f"{found.sentence} No target is set against another there."
    named = "; ".join(found.differing)
    return (
        f"{found.sentence} The targets were not all asked the same ({named}), so none is set "
        "against another there."
    )


def _differences(
    views: Sequence[RunView], sides: Sequence[Side], alike: set[str]
) -> tuple[list[Estimate], list[str], list[str]]:
    found: list[Estimate] = []
    blocked: list[str] = []
    left_out: list[str] = []
    for (side, view), (other, beside) in combinations(list(zip(sides, views, strict=True)), 2):
        plain, why, out = differences(Pair(view, beside, (side.name, other.name)))
        left_out += out
        barred = {line.partition(":")[0] for line in why}
        for who, its in ((side.name, view), (other.name, beside)):
            for suite in sorted({status.name for status in its.suites} - _asked(its)):
                barred.add(suite)
                why = [line for line in why if line.partition(":")[0] != suite]
                blocked.append(f"{suite}: {who} has finished no case that counts.")
        blocked += why
        for suite in dict.fromkeys(e.suite for e in side.estimates):
            if suite not in alike or suite in barred:
                continue
            made = _attacked(view, beside, suite, (side.name, other.name))
            chance = [s.name for s in (side, other) if suite in s.at_chance]
            if made and chance:  # who has no right answers has none to lose
                made = [e for e in made if e.metric != ADDED]
                blocked += [f"{suite}, {ADDED}: {n} is not shown to beat chance." for n in chance]
            found += [*made, *(e for e in plain if e.suite == suite)]
    return found, blocked, left_out


def _attacked(view: RunView, beside: RunView, suite: str, names: tuple[str, str]) -> list[Estimate]:
    """The figures of attacks, which weigh cells and so are no mean over cases."""
    plugin: Any = view.plugin(suite)
    design = getattr(plugin, "design", None)
    if not isinstance(design, Design):
        return []
    mine, other = (each.frame(suite, COLUMNS) for each in (view, beside))
    made = between(mine, other, design, names)
    if not any(can_stop_early(each, suite) for each in (view, beside)):
        return made
    return [msgspec.structs.replace(e, stop_rule=COULD_STOP) for e in made]


def _orders(found: Sequence[Estimate], sides: Sequence[Side]) -> list[Order]:
    """Per suite, by the figures of attacks, or the first one where nothing is attacked."""
    orders = []
    for suite in dict.fromkeys(e.suite for e in found):
        mine = [e for e in found if e.suite == suite and e.value is not None]
        metrics = list(dict.fromkeys(e.metric for e in mine))
        for metric in [m for m in (UNDER_ATTACK, ADDED) if m in metrics] or metrics[:1]:
            told = [e for e in mine if e.metric == metric]
            there = {name for e in told for name in (e.arm, e.control_arm)}
            able = [s.name for s in sides if s.name in there and suite not in s.at_chance]
            told = [e for e in told if {e.arm, e.control_arm} <= set(able)]
            if len(able) >= 2 and len(told) == len(able) * (len(able) - 1) // 2:
                orders.append(_order(suite, metric, able, told))
    return orders


def _order(suite: str, metric: str, names: Sequence[str], told: Sequence[Estimate]) -> Order:
    """Sorted by the mean difference to the others."""
    lead = dict.fromkeys(names, 0.0)
    ahead: list[tuple[str, str]] = []
    level: list[tuple[str, str]] = []
    for e in told:
        gain = (e.value or 0.0) * (-1 if e.direction == "lower-is-better" else 1)
        pair = (e.arm, e.control_arm or "")
        lead[pair[0]] += gain
        lead[pair[1]] -= gain
        better = pair if gain > 0 else pair[::-1]
        (ahead if is_shown(e) else level).append(better)
    ranked = sorted(names, key=lambda name: (-lead[name], name))
    place = {name: number for number, name in enumerate(ranked)}

    def by_place(pair: tuple[str, str]) -> tuple[int, int]:
        return place[pair[0]], place[pair[1]]

    return Order(
        suite, metric, tuple(ranked), tuple(sorted(ahead, key=by_place)),
        tuple(sorted(level, key=by_place)),
    )  # fmt: skip


def is_shown(estimate: Estimate) -> bool:
    """Whether a difference holds after Holm, in its interval and in that of the failed calls."""
    low, high = estimate.low, estimate.high
    if not estimate.extra.get("rejected") or low is None or high is None:
        return False
    ends = ((low, high), tuple(estimate.extra.get("bound_interval", (low, high))))
    return estimate.stop_rule == "fixed" and not any(a <= 0 <= b for a, b in ends)


def headline_metrics(sides: Sequence[Side]) -> list[tuple[str, str]]:
    """(suite, metric) of every figure that any run headlines, or declared primary and held back."""
    return list(
        dict.fromkeys(
            (e.suite, e.metric)
            for side in sides
            for e in side.estimates
            if (e.headline or is_held_back(e)) and not e.group
        )
    )


def under(side: Side, suite: str) -> dict[str, Estimate]:
    """ "nothing", "control", "attack" -> the share of right answers under it."""
    return {
        str(e.extra[UNDER]): e
        for e in side.estimates
        if e.suite == suite and UNDER in e.extra and not e.group
    }
