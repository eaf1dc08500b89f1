"""The shapes plugins have. A plugin is one file whose module-level `build` returns one of these."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any, Literal, Protocol, runtime_checkable

import msgspec

from auscult.core.case import Case
from auscult.core.estimate import Estimate, Finding
from auscult.core.message import Message, Reply, Request, Sampling
from auscult.core.verdict import BEHAVIOURS, Behaviour, Verdict

if TYPE_CHECKING:
    import polars as pl


class TargetSpec(msgspec.Struct, frozen=True, omit_defaults=True):
    """`openai/gpt-x?base_url=...` or a plan's [target] table, taken apart."""

    kind: str
    ref: str = ""
    options: dict[str, Any] = {}
    role: str = "target"
    state_dir: str = ""
    """Where a target may keep files of its own (a child's log, a joined model)."""
    dry: bool = False
    """Only described, never asked: a forecast needs no key and no model on disk."""


class Abilities(msgspec.Struct, frozen=True, omit_defaults=True):
    images: bool = False
    logprobs: bool = False
    schema: bool = False
    sessions: bool = False
    """True where the thing behind keeps the conversation: such a call cannot be replayed alone."""
    parallel: int = 0
    """How many calls it can work on at once; 0 where that is the endpoint's own business."""


@runtime_checkable
class Target(Protocol):
    """The system under audit; also the shape of attacker, judge and verifier roles."""

    identity: str
    """Declared and stable: part of the run's fingerprint. Never holds a secret."""
    endpoint: str
    """What shares rate limits and a circuit: host and port, or a name."""
    local: bool
    """True where no byte leaves this machine."""
    abilities: Abilities
    fingerprint: Mapping[str, Any]
    """Deployed configuration, printable: base URL without credentials, model, quantisation ..."""

    async def answer(self, request: Request) -> Reply:
        """Never raises for a failed call (that is a Reply); raises TargetUnusable when hopeless."""
        ...

    async def close(self) -> None: ...


class Exhibit(msgspec.Struct, frozen=True):
    """What a judge is shown. `facts` is the suite's: options as displayed, the key, a rubric."""

    case: Case
    messages: tuple[Message, ...]
    reply: Reply
    facts: dict[str, Any] = {}


@runtime_checkable
class Judge(Protocol):
    name: str
    version: str

    async def judge(self, exhibit: Exhibit, bench: Arm) -> Verdict: ...


KeyEffect = Literal["kept", "sides-swapped", "not-answerable"]
"""What an edit of a picture does to the right answer: nothing; left and right change places, so
that only cases which declare their laterality keep a key; or the picture no longer holds it."""


@runtime_checkable
class ImageAttack(Protocol):
    """A typed edit of a picture. Pixels are a float32 array in [0, 1], (h, w) or (h, w, 3); what
    is given is never changed."""

    name: str
    version: str
    changes: str
    """One sentence: what is changed."""
    invariants: tuple[str, ...]
    """Names of the checks that hold of every edit; the contract tests run them."""
    key: KeyEffect
    severities: tuple[int, ...]
    """From mild to strong; (1,) where there is only one."""
    needs: tuple[str, ...]
    """What `extra` must hold: "donor" (another picture's pixels), "text" (words to burn in)."""

    def edit(self, pixels: Any, severity: int, rng: Random, extra: Mapping[str, Any]) -> Any: ...


class Arm(Protocol):
    """One arm of one case. Every effect is keyed by suite, case, arm, repeat, step and try."""

    async def ask(
        self,
        messages: Sequence[Message],
        *,
        step: str = "ask",
        role: str = "target",
        sampling: Sampling | None = None,
        schema: dict[str, Any] | None = None,
        top_logprobs: int = 0,
        hints: Mapping[str, Any] | None = None,
    ) -> Reply: ...

    async def judge(self, name: str, exhibit: Exhibit) -> Verdict: ...

    def record(self, *verdicts: Verdict, **labels: Any) -> None:
        """Makes this arm one trial. Without a verdict the arm is a row all the same."""
        ...

    def rng(self, label: str) -> Random: ...

    def now(self, label: str = "now") -> datetime:
        """Journalled: a resumed run sees the time the first run saw."""
        ...


class Bench(Protocol):
    """What `examine` is given."""

    def arm(self, name: str, repeat: int = 0) -> Arm: ...

    def rng(self, label: str) -> Random: ...

    @property
    def abilities(self) -> Abilities:
        """Of the target, so that a suite can say "not applicable" instead of failing."""
        ...

    @property
    def roles(self) -> Collection[str]:
        """Those the plan binds: "target", and perhaps "judge" or "attacker"."""
        ...

    @property
    def known(self) -> Any:
        """What a suite that learns has learnt from the cases of earlier blocks; never changed."""
        ...


class DataSet(msgspec.Struct, frozen=True, omit_defaults=True):
    """A declared source of cases: what the user wrote as NAME=PATH, or a pack of ours."""

    loader: str
    path: str = ""
    options: dict[str, Any] = {}
    contains_phi: bool = False


class Loader(Protocol):
    """One source format. Streams: never holds the file."""

    def load(self, path: Path, options: Mapping[str, Any]) -> Iterator[Case]: ...


class Ask(msgspec.Struct, frozen=True):
    """What one case will cost at most: how many calls per role, of what size."""

    role: str
    calls: int
    input_tokens: int
    output_tokens: int


class Rule(msgspec.Struct, frozen=True):
    """How behaviours enter a suite's primary rate, declared before the run.

    Defaults of the house: refused, abstained and invalid stay in the denominator as failures to
    answer; errors are missing and get bounds."""

    numerator: str
    denominator: str


class Pairs(msgspec.Struct, frozen=True):
    """How the replies to variants of one case are compared with those to its reference."""

    label: str
    """What is compared, a whole number; a pair of which one has none is missing."""
    variant: str
    """The label that numbers the variants; the reference is 0."""


class Watched(msgspec.Struct, frozen=True, omit_defaults=True):
    """A value in [0, 1] that every case gives, whose mean is the estimate of that name. With a
    control arm it is the arm's minus the control's. Stopping rules, comparisons of runs and gates
    read these, so a suite declares them before the run, the main one first. What it headlines and
    no case gives by itself it names in `unwatched`, with the reason."""

    metric: str
    arm: str
    """As the estimate names it; `arms` says which are read where it is several in one."""
    judge: str
    """Whose verdicts are read, as the estimate names them; `judges` where it is several."""
    of: Literal["score", "flaw", "label", "change"] | Behaviour = "score"
    """The judge's score, 0 for a reply that gave no answer; or the share that behaved so; or the
    share of a "flaw", a score under 1 however the reply behaved; or that of a flag, `label`; or of
    `pairs` that differ, where the control arm takes the place of the other variants."""
    control_arm: str | None = None
    better: Literal["higher", "lower"] = "higher"
    yes_no: bool = False
    """Every case gives 0 or 1: one reply, scored so."""
    also: tuple[Behaviour, ...] = ()
    """What counts as the behaviour `of` does."""
    arms: tuple[str, ...] = ()
    """Read as one, each reply alike. The control arm is always a single one."""
    judges: tuple[str, ...] = ()
    """Of which one reads each reply."""
    label: str = ""
    """The flag of a trial that counts; one that was not recorded is not set."""
    where: tuple[str, bool] | None = None
    """Only trials that recorded this flag so."""
    pairs: Pairs | None = None

    def __post_init__(self) -> None:
        if not (self.metric and self.arm and self.judge):
            raise ValueError(
                f"watched '{self.metric}' names no {'judge' if self.arm else 'arm'}: a rule that "
                "reads it would find nothing and never decide"
            )
        if (self.of == "label") is not bool(self.label):
            raise ValueError(f"watched '{self.metric}' needs a label and of='label' together")
        if (self.of == "change") is not bool(self.pairs):
            raise ValueError(f"watched '{self.metric}' needs pairs and of='change' together")
        if self.also and self.of not in BEHAVIOURS:
            raise ValueError(
                f"watched '{self.metric}' adds behaviours to '{self.of}', which is none"
            )

    @property
    def bounds(self) -> tuple[float, float]:
        return (-1.0, 1.0) if self.control_arm else (0.0, 1.0)

    @property
    def arms_read(self) -> tuple[str, ...]:
        return self.arms or (self.arm,)

    @property
    def judges_read(self) -> tuple[str, ...]:
        return self.judges or (self.judge,)


class RoleNeed(msgspec.Struct, frozen=True):
    role: str
    required: bool = True


TrialName = tuple[str, str, str, int]
"""(suite, case id, arm, repeat)"""


class Trials(Protocol):
    """The run's trials as one table: read only the columns you need."""

    def frame(
        self,
        suite: str,
        columns: Sequence[str],
        *,
        prefix_only: bool = True,
        cases: Sequence[int] | None = None,
    ) -> pl.DataFrame:
        """Rows of the suite, or of some of its cases by number."""
        ...

    def transcript(self, suite: str, case_id: str, arm: str, repeat: int = 0) -> list[Message]:
        """Every turn of one trial, the target's replies as assistant messages."""
        ...

    def transcripts(self, wanted: set[TrialName]) -> dict[TrialName, list[Message]]:
        """Many at once, for one reading of the ledger."""
        ...


@runtime_checkable
class Suite(Protocol):
    name: str
    version: str
    measures: str
    """One sentence: what is measured, on what denominator."""
    rule: Rule
    judges: tuple[str, ...]
    roles: tuple[RoleNeed, ...]
    presupposes: str
    """Name of the suite whose competence this one's results presuppose; empty where none."""
    arms: tuple[str, ...]
    default_data: tuple[DataSet, ...]
    """What is asked where the plan names no data."""

    def cases(
        self, datasets: Sequence[DataSet], loaders: Mapping[str, Loader]
    ) -> Iterable[Case]: ...

    def stratum(self, case: Case) -> str:
        """The prefix of the random order is balanced over these; return "" for none."""
        ...

    def cost(self, case: Case, abilities: Abilities) -> Sequence[Ask]: ...

    async def examine(self, case: Case, bench: Bench) -> None: ...

    def estimates(self, trials: Trials) -> list[Estimate]: ...

    def findings(self, trials: Trials) -> list[Finding]: ...


@runtime_checkable
class Learns(Protocol):
    """A suite that learns from case to case. What it knows is never changed, only followed by
    something newer: `bench.known` is what cases of earlier blocks taught."""

    def begin(self, target: str, fingerprint: str) -> Any:
        """What is known before the first case, of the target of this identity. Not None."""
        ...

    def lesson(self, trials: Sequence[Any]) -> Any:
        """What one case taught, from its trials alone: each has `arm`, `repeat`, `labels` and
        `verdicts`."""
        ...

    def learn(self, known: Any, lessons: Sequence[Any]) -> Any:
        """What is known after a block; `lessons` in the order of its cases."""
        ...
