"""Drawing a review queue: who is picked, with which chance, and what its reader is shown.

Two passes over the ledger, a heap each for what is kept: a run of any length is drawn from in flat
memory. What a reader sees is what the judge was shown, found by going through the case again
(`rejudge_replay`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any, NoReturn

import msgspec

from auscult.core import registry
from auscult.core.errors import UsageError
from auscult.core.protocols import Arm, Exhibit, Judge
from auscult.core.registry import did_you_mean
from auscult.engine.bind_judges import StandIn
from auscult.engine.clock import utcnow
from auscult.engine.labels import queue_id
from auscult.engine.labels_seen import Frame, Key, Reasons, Seen, judges_in, verdicts
from auscult.engine.plan import JudgePlan
from auscult.engine.records import TrialRow
from auscult.engine.rejudge_cases import Transcripts
from auscult.engine.rejudge_replay import CannotRebuild
from auscult.engine.state import SuiteState
from auscult.engine.view import RunView
from auscult.kit.review.grouped import declared
from auscult.kit.review.queue_file import QueueItem, Turn
from auscult.kit.review.records import Drawn, Queue, Stratum
from auscult.kit.review.sampling import Lowest, allocate, place_of, points, twice
from auscult.kit.review.scheme import (
    CANNOT_TELL,
    MOST_OUTCOMES,
    Outcome,
    label_of,
    scheme_of,
    shown_facts,
)


class Wish(msgspec.Struct, frozen=True):
    sample: int
    priority: int = 0
    seed: int = 0
    double: float = 0.0
    judge: str = ""


class Draft(msgspec.Struct, frozen=True):
    """`question` is asked of every item."""

    queue: Queue
    items: tuple[Drawn, ...]
    question: str


def draw(view: RunView, wish: Wish) -> Draft:
    _check(view, wish)
    name = _judge_name(view, wish.judge)
    judge = _judge(view, name)
    frame, sizes, outcomes, lost = _counted(view, name, judge)
    if not frame.count:
        raise UsageError(f"judge '{name}' gave no verdict in '{view.folder}': nothing to review")
    scheme = scheme_of(judge, outcomes)
    given = allocate(sizes, wish.sample)
    strata = {at: Stratum(size, given.get(at, 0)) for at, size in sizes.items()}
    items = _picked(view, wish, name, judge, strata)
    order = sorted(items, key=lambda one: place_of(wish.seed, "order", *one.trial))
    number = queue_id(
        _run(view), name, wish.seed, [[*one.trial, one.attempt, one.part] for one in order]
    )
    ids = [f"{number}-{place:05d}" for place in range(1, len(order) + 1)]
    double = twice(ids, wish.double, wish.seed)
    drawn = tuple(
        msgspec.structs.replace(one, id=id_, place=place, readers=2 if id_ in double else 1)
        for place, (id_, one) in enumerate(zip(ids, order, strict=True), 1)
    )
    queue = Queue(
        id=number, at=utcnow().isoformat(), judge=name, version=str(judge.version),
        seed=wish.seed, frame=frame.digest, verdicts=frame.count, without_verdict=lost,
        strata=strata, labels=scheme.labels, positive=scheme.positive, outcomes=scheme.outcomes,
    )  # fmt: skip
    return Draft(queue, drawn, scheme.question)


def _check(view: RunView, wish: Wish) -> None:
    if view.parts()[0].meta("purged"):
        raise UsageError(
            f"'{view.folder}' was purged: its transcripts are gone, so nothing is left to review"
        )
    if not wish.sample and not wish.priority:
        raise UsageError("an empty queue: give --sample N, --priority M or both")


def _readers(view: RunView) -> list[str]:
    """Judges of the suites, and names under which they put verdicts together themselves."""
    named: list[str] = []
    for suite in view.suites:
        named += suite.judges
        for one in getattr(view.plugin(suite.name), "watched", ()):
            named += one.judges_read
    return list(dict.fromkeys(named))


class OfTheSuite:
    """Whose verdicts a suite puts together itself: it has no words of its own."""

    def __init__(self, name: str) -> None:
        self.name, self.version = name, ""

    async def judge(self, exhibit: Exhibit, bench: Arm) -> NoReturn:
        raise UsageError(f"'{self.name}' is no judge of its own")


def _judge(view: RunView, name: str) -> Judge:
    for suite in view.suites:
        own: tuple[Judge, ...] = getattr(view.plugin(suite.name), "own_judges", ())
        if found := [one for one in own if one.name == name]:
            return found[0]
    plan = view.plan.judges.get(name, JudgePlan())
    if not plan.use and name not in registry.plugins("judges"):
        return OfTheSuite(name)
    judge: Judge = registry.build("judges", plan.use or name, plan.options)
    return judge if judge.name == name else StandIn(name, judge)


def _judge_name(view: RunView, asked: str) -> str:
    usual = _readers(view)
    if asked in usual:
        return asked
    # Whoever else has verdicts, as in a run of answers that others judged.
    known = list(dict.fromkeys([*usual, *judges_in(view)]))
    if not known:
        raise UsageError(f"no verdict stands in '{view.folder}': nothing to review")
    if asked and asked not in known:
        raise UsageError(
            f"no suite of '{view.folder}' was read by the judge '{asked}'; they were read by "
            f"{', '.join(known)}" + did_you_mean(asked, known)
        )
    choice = usual or known
    if not asked and len(choice) != 1:
        raise UsageError(f"say whose verdicts with --judge: {', '.join(choice)}")
    return asked or choice[0]


def _counted(
    view: RunView, name: str, judge: Judge
) -> tuple[Frame, dict[str, int], dict[str, set[Outcome]], int]:
    """By stratum how many verdicts there are, and by label what they said."""
    frame, lost, groups = Frame(), 0, _groups(view)
    sizes: dict[str, int] = {}
    outcomes: dict[str, set[Outcome]] = {}
    for case, suite, trial, verdict in verdicts(view, name):
        label = label_of(judge, verdict)
        if not label:
            lost += 1
            continue
        frame.add(case, suite, trial, verdict)
        at = _stratum(suite, label, trial, groups)
        sizes[at] = sizes.get(at, 0) + 1
        found = outcomes.setdefault(label, set())
        if len(found) < MOST_OUTCOMES:
            found.add(Outcome(verdict.behaviour, verdict.score))
    return frame, sizes, outcomes, lost


def _groups(view: RunView) -> dict[str, tuple[str, ...]]:
    """By suite, the labels of a trial that name the groups of its figures."""
    return {
        suite.name: tuple(one.by for one in declared(view.plugin(suite.name)))
        for suite in view.suites
    }


def _stratum(suite: str, label: str, trial: TrialRow, groups: Mapping[str, Sequence[str]]) -> str:
    of = [str(trial.labels.get(by, "")) for by in dict.fromkeys(groups[suite])]
    return f"{', '.join([suite, *of])}: {label}"


def _picked(
    view: RunView, wish: Wish, name: str, judge: Judge, strata: Mapping[str, Stratum]
) -> list[Drawn]:
    random: dict[str, Lowest[Seen]] = {n: Lowest(s.drawn) for n, s in strata.items()}
    # Those that the random part takes are dropped from this list, so it holds as many more.
    best: Lowest[tuple[Seen, tuple[str, ...]]] = Lowest(
        wish.priority + wish.sample if wish.priority else 0
    )
    why = Reasons(view, name) if wish.priority else None
    groups = _groups(view)
    for case, suite, trial, verdict in verdicts(view, name):
        label = label_of(judge, verdict)
        one = Seen(case, suite, trial, verdict, label)
        rank = place_of(wish.seed, suite, case.case_id, case.attempt, trial.arm, trial.repeat)
        if label:
            random[_stratum(suite, label, trial, groups)].add((rank,), one)
        reasons = why.of(one) if why else ()
        if reasons:
            best.add((-points(reasons), rank), (one, reasons))
    reasons_of = {one.key: reasons for one, reasons in best.items()}
    found = [
        _drawn(one, stratum, strata[stratum], reasons_of.get(one.key, ()))
        for stratum, kept in random.items()
        for one in kept.items()
    ]
    taken = {one.trial for one in found}
    more = [(one, reasons) for one, reasons in best.items() if one.key not in taken]
    found += [_drawn(one, "", None, reasons) for one, reasons in more[: wish.priority]]
    return found


def _drawn(one: Seen, stratum: str, of: Stratum | None, reasons: tuple[str, ...]) -> Drawn:
    return Drawn(
        id="", place=0, suite=one.suite, case_no=one.case.case_no, case_id=one.case.case_id,
        cluster=one.case.cluster, attempt=one.case.attempt, arm=one.trial.arm,
        repeat=one.trial.repeat, judged=one.label, stratum=stratum,
        part="priority" if of is None else "random",
        inclusion=None if of is None else of.drawn / of.size, reasons=reasons,
    )  # fmt: skip


async def shown(view: RunView, draft: Draft) -> list[QueueItem]:
    """What a reader of each item may see. Refuses where any cannot be shown: to leave it out would
    change everybody's chances."""
    _, parents, names = view.parts()
    wanted: dict[tuple[str, int], list[Drawn]] = {}
    for one in draft.items:
        wanted.setdefault((one.suite, one.case_no), []).append(one)
    states = [
        SuiteState(
            bytearray((name, n) not in wanted for n in range(len(parent.done))),
            parent.base, dict(parent.redo),
        )
        for name, parent in zip(names, parents, strict=True)
    ]  # fmt: skip
    cases = Transcripts(view, states, draft.queue.judge, ())
    exhibits: dict[Key, Exhibit] = {}
    try:
        for item, number, case in cases.feed(cases.suites):
            with suppress(CannotRebuild):
                for put in await cases.shown(item.number, case):
                    if put.exhibit is not None:
                        key = names[item.number], number, put.trial.arm, put.trial.repeat
                        exhibits[key] = put.exhibit
    finally:
        await cases.close()
    lost = [one for one in draft.items if one.trial not in exhibits]
    if lost:
        why = next(iter(cases.left_out), "no reply of the target is kept")
        raise UsageError(
            f"{len(lost)} of the {len(draft.items)} verdicts drawn cannot be shown to a person, "
            f"the first in case '{lost[0].case_id}' ({why}); nothing was drawn"
        )
    return [_item(one, exhibits[one.trial], draft) for one in draft.items]


def _item(one: Drawn, exhibit: Exhibit, draft: Draft) -> QueueItem:
    reply = exhibit.reply
    words = reply.text or f"[no text: {reply.cause or reply.status}]"
    return QueueItem(
        item=one.id, question=draft.question, facts=shown_facts(exhibit),
        prompt=tuple(Turn(m.role, _text(m.content)) for m in exhibit.messages),
        reply=words, allowed=(*draft.queue.labels, CANNOT_TELL), readers=one.readers,
    )  # fmt: skip


def _text(content: Any) -> str:
    if isinstance(content, str):
        return content
    return "\n".join(
        part.text if hasattr(part, "text") else f"[picture {part.digest[:12]}]" for part in content
    )


def _run(view: RunView) -> str:
    return f"{view.plan_hash} {view.started}"


def suites_in(items: Sequence[Drawn]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(one.suite for one in items))
