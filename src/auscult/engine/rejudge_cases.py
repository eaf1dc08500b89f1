"""The cases of a finished run, one after the other, each as a judge is to see it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence

from auscult.core.case import Case
from auscult.core.errors import UsageError
from auscult.core.protocols import Target
from auscult.engine.bench import Past
from auscult.engine.bind import BoundSuite, bind, is_trusted
from auscult.engine.bind_judges import described
from auscult.engine.caseindex import INDEX_NAME, CaseIndex
from auscult.engine.learning import Learning, begin_learning
from auscult.engine.records import FinishedCase
from auscult.engine.rejudge_kept import new_cases
from auscult.engine.rejudge_replay import Again, CannotRebuild, Rebuilt, rebuilt
from auscult.engine.session import Item
from auscult.engine.state import SuiteState
from auscult.engine.view import RunView

CHUNK = 2048
"""Cases whose calls are held at once."""
Place = tuple[int, int]
"""Suite and number of a case."""


class Transcripts:
    """`done` says what this judging has come to already; `readers` are shown the rest."""

    def __init__(
        self, view: RunView, done: Sequence[SuiteState], judge: str, readers: Iterable[Target]
    ) -> None:
        self._view, self._done, self._judge = view, done, judge
        strangers = (who.endpoint for who in readers if not is_trusted(view.plan, who))
        self._stranger = next(strangers, "")
        """Who may not be shown what patients said, if anybody."""
        self._reader, self._states, _ = view.parts()
        self.left_out: dict[str, int] = {}
        """Trials of cases that could not be gone through, by reason. The next session tries."""
        self._loaded: dict[tuple[int, str], tuple[FinishedCase, Past]] = {}
        self._run = bind(view.plan, source=f"the plan of '{view.folder}'", dry=True)
        self.suites = self._run.suites
        self._check_patients()
        self._index = _opened(view)
        self._learning = self._learnt()
        self._again = Again(self._run.roles, self._run.judges, view.plan.seed)

    async def close(self) -> None:
        for role in self._run.roles.values():
            await role.target.close()
        self._index.close()

    def finished(self) -> Iterator[tuple[FinishedCase, bool]]:
        """What the run has finished, in no order, and whether it waits to be judged."""
        for case in new_cases(self._reader, self._states):
            yield case, not self._done[case.suite].done[case.case_no]

    def feed(
        self, suites: Sequence[BoundSuite], only: Collection[Place] | None = None
    ) -> Iterator[Item]:
        """What the run has finished and this judging has not, with its calls; or some of it."""
        self._loaded.clear()
        for item in suites:
            state, mine = self._states[item.number], self._done[item.number]
            for start in range(0, len(state.done), CHUNK):
                stop = min(start + CHUNK, len(state.done))
                wanted = {n for n in range(start, stop) if state.done[n] and not mine.done[n]}
                if only is not None:
                    wanted = {n for n in wanted if (item.number, n) in only}
                if wanted:
                    yield from self._chunk(item, wanted, start, stop)

    def _chunk(self, item: BoundSuite, wanted: set[int], start: int, stop: int) -> Iterator[Item]:
        missing = self._load(item.number, wanted)
        done = self._done[item.number].done
        for number, case in self._index.page(item.number, start, stop, done):
            if case.id in missing:
                missing.discard(case.id)
                if case.phi and self._stranger:
                    raise self._patients(case.id)
                yield item, number, case
        for case_id in missing:
            finished, _ = self._loaded.pop((item.number, case_id))
            self.leave_out(len(finished.trials), f"the case is not in {INDEX_NAME} any more")

    def _load(self, suite: int, numbers: set[int]) -> set[str]:
        keys = {(suite, n, self._states[suite].attempt(n)) for n in numbers}
        calls = self._reader.calls_of(keys.__contains__)
        effects = self._reader.effects_of(keys.__contains__)
        names = set()
        for key, kept in self._reader.cases_of(keys.__contains__).items():
            past = Past({call.path: call for call in calls.get(key, ())}, {})
            for effect in effects.get(key, ()):
                past.effects.setdefault(effect.path, effect.value)
            self._loaded[suite, kept[-1].case_id] = (kept[-1], past)
            names.add(kept[-1].case_id)
        return names

    def trials_of(self, suite: int, case: Case) -> int:
        return len(self._loaded[suite, case.id][0].trials)

    async def shown(self, suite: int, case: Case) -> list[Rebuilt]:
        """The trials of a case that `feed` gave, once. Raises CannotRebuild, having counted it."""
        finished, past = self._loaded.pop((suite, case.id))
        try:
            known = self._known(suite, finished.case_no)
            inner = self._run.suites[suite].suite
            return await rebuilt(self._again, inner, case, finished, past, known, self._judge)
        except CannotRebuild as why:
            self.leave_out(len(finished.trials), str(why))
            raise

    def _known(self, suite: int, number: int) -> object:
        learner = self._learning.of.get(suite)
        if learner is None:
            return None
        block = learner.block(number)
        if block >= len(learner.snapshots):
            raise CannotRebuild("what the suite had learnt before it is not known")
        return learner.snapshots[block]

    def leave_out(self, trials: int, why: str) -> None:
        self.left_out[why] = self.left_out.get(why, 0) + trials

    def _learnt(self) -> Learning:
        target = described(self._view.manifest.roles["target"])
        planned = [len(state.done) for state in self._states]
        learning = begin_learning(self.suites, planned, target)
        learning.read(self._reader.cases() if learning.of else (), self._states)
        return learning

    def _check_patients(self) -> None:
        """What a run's patients said goes where the run's own plan would let it go."""
        for item in self.suites if self._stranger else ():
            for data in item.datasets:
                loader = item.loaders.get(data.loader)
                if data.contains_phi or getattr(loader, "contains_phi", False):
                    raise self._patients(data.path or data.loader)

    def _patients(self, what: str) -> UsageError:
        return UsageError(
            f"'{what}' holds patient data, and '{self._stranger}' is neither local nor on the "
            "run's allow_phi list; let a local model judge"
        )


def _opened(view: RunView) -> CaseIndex:
    if (view.folder / INDEX_NAME).exists():
        index = CaseIndex(view.folder)
        if all(index.count(n) >= len(s.done) for n, s in enumerate(view.parts()[1])):
            return index
        index.close()
    raise UsageError(
        f"'{view.folder}' has lost its cases ({INDEX_NAME}), and a judge must be shown them; "
        f"`auscult resume {view.folder}` makes the file again from the data"
    )
