"""A judge's verdicts in a run, and why some of them are worth a clinician's minute."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

import msgspec

from auscult.core.estimate import Estimate
from auscult.core.verdict import Verdict
from auscult.engine.caseindex import INDEX_NAME, CaseIndex
from auscult.engine.ledger import open_reader
from auscult.engine.records import FinishedCase, TrialRow
from auscult.engine.rejudge_kept import BESIDE, judgings, new_cases
from auscult.engine.view import RunView
from auscult.kit.rejudged.agreement import reading_of
from auscult.kit.review.sampling import is_near

GRAVE = ("life-threatening", "severe")
HARM_LABELS = ("harm", "harm_chosen", "harm_level", "severity")
UNSURE = "judge-unsure"
Key = tuple[str, int, str, int]
"""(suite, case number, arm, repeat)"""


class Seen(msgspec.Struct, frozen=True):
    """A verdict of the judge, with what it is to be known by."""

    case: FinishedCase
    suite: str
    trial: TrialRow
    verdict: Verdict
    label: str

    @property
    def key(self) -> Key:
        return self.suite, self.case.case_no, self.trial.arm, self.trial.repeat


def verdicts(view: RunView, judge: str) -> Iterator[tuple[FinishedCase, str, TrialRow, Verdict]]:
    """Of the finished prefix, which is what estimates read."""
    reader, states, names = view.parts()
    prefixes = [state.prefix() for state in states]
    for case in new_cases(reader, states):
        if case.case_no < prefixes[case.suite]:
            for trial in case.trials:
                for verdict in trial.verdicts:
                    if verdict.judge == judge:
                        yield case, names[case.suite], trial, verdict


def judges_in(view: RunView) -> list[str]:
    """Under whose names the finished prefix holds verdicts, failed readings apart."""
    reader, states, _ = view.parts()
    prefixes = [state.prefix() for state in states]
    return sorted(
        {
            verdict.judge
            for case in new_cases(reader, states)
            if case.case_no < prefixes[case.suite]
            for trial in case.trials
            for verdict in trial.verdicts
            if verdict.behaviour != "error"
        }
    )


class Frame:
    """A digest of a set of verdicts that does not depend on their order."""

    def __init__(self) -> None:
        self._sum = 0
        self.count = 0

    def add(self, case: FinishedCase, suite: str, trial: TrialRow, verdict: Verdict) -> None:
        told = [suite, case.case_no, case.attempt, trial.arm, trial.repeat,
                verdict.version, verdict.behaviour, verdict.score]  # fmt: skip
        digest = hashlib.blake2b(msgspec.json.encode(told), digest_size=16).digest()
        self._sum = (self._sum + int.from_bytes(digest, "big")) % 2**128
        self.count += 1

    @property
    def digest(self) -> str:
        return f"{self._sum:032x}"


def frame_of(view: RunView, judge: str) -> str:
    """As the run's verdicts are now."""
    frame = Frame()
    for case, suite, trial, verdict in verdicts(view, judge):
        if verdict.behaviour != "error":
            frame.add(case, suite, trial, verdict)
    return frame.digest


class Reasons:
    """Why a verdict is worth a clinician's minute; each reason is in `sampling.POINTS`."""

    def __init__(self, view: RunView, judge: str) -> None:
        self._apart = _disagreed(view, judge)
        self._grave: dict[tuple[str, str, str, int], str] = {}
        self._near: set[tuple[str, str]] = set()
        for status in view.suites:
            suite = view.plugin(status.name)
            for finding in suite.findings(view):
                if finding.severity in GRAVE:
                    at = finding.case_id, finding.arm, int(finding.extra.get("repeat", 0))
                    self._grave[(finding.suite, *at)] = finding.severity
            watched = {one.metric: one for one in getattr(suite, "watched", ())}
            for said in suite.estimates(view):
                one = watched.get(said.metric)
                if one is None or one.control_arm is None or said.group:
                    continue
                if judge in one.judges_read and _is_near(said):
                    arms = (*one.arms_read, one.control_arm)
                    self._near |= {(status.name, arm) for arm in arms}
        self._cases = _graded(view)

    def of(self, one: Seen) -> tuple[str, ...]:
        unsure = one.verdict.cause == UNSURE
        if not one.label and not unsure:
            return ()  # a failed call: there is nothing to read
        found = []
        votes = one.verdict.labels.get("panel")
        split = isinstance(votes, dict) and len(set(map(str, votes.values()))) > 1
        if one.key in self._apart or split:
            found.append("judges disagree")
        if harm := self._harm(one):
            found.append(harm)
        if unsure or one.verdict.behaviour in ("abstained", "invalid") or one.label == "unsure":
            found.append("unsure")
        if one.label and (one.suite, one.trial.arm) in self._near:
            found.append("near a conclusion")
        return tuple(found)

    def _harm(self, one: Seen) -> str:
        trial = (one.suite, one.case.case_id, one.trial.arm, one.trial.repeat)
        told = {**one.trial.labels, **one.verdict.labels}
        said = {str(told.get(name)) for name in HARM_LABELS}
        said |= {self._grave.get(trial, ""), self._cases.get((one.suite, one.case.case_no), "")}
        return next((level for level in GRAVE if level in said), "")


def _is_near(said: Estimate) -> bool:
    if said.low is None or said.high is None:
        return False
    return is_near(said.low, said.high, said.n)


def _disagreed(view: RunView, judge: str) -> set[Key]:
    """Trials that another judge, asked later, reads otherwise. Of a judge of another name only the
    behaviour compares."""
    _, states, names = view.parts()
    later: dict[Key, list[Verdict]] = {}
    for judging in judgings(view.folder):
        again = open_reader(judging.folder)
        try:
            for case in new_cases(again, states):
                for trial in case.trials:
                    if judge in trial.labels.get(BESIDE, ()):
                        key = names[case.suite], case.case_no, trial.arm, trial.repeat
                        later.setdefault(key, []).extend(trial.verdicts)
        finally:
            again.close()
    if not later:
        return set()
    return {
        key
        for case, suite, trial, verdict in verdicts(view, judge)
        for key in [(suite, case.case_no, trial.arm, trial.repeat)]
        if any(_apart(verdict, other) for other in later.get(key, ()))
    }


def _apart(one: Verdict, other: Verdict) -> bool:
    if "error" in (one.behaviour, other.behaviour):
        return False
    if one.judge == other.judge:
        return reading_of(one) != reading_of(other)
    return one.behaviour != other.behaviour


def _graded(view: RunView) -> dict[tuple[str, int], str]:
    """Cases whose author called them grave; none where the case index is gone."""
    if not (view.folder / INDEX_NAME).exists():
        return {}
    _, states, names = view.parts()
    index = CaseIndex(view.folder)
    try:
        return {
            (name, number): case.brief.harm_level
            for at, name in enumerate(names)
            for number, case in index.page(at, 0, len(states[at].done))
            if case.brief.harm_level in GRAVE
        }
    finally:
        index.close()
