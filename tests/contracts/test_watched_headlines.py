"""What a suite headlines can be read by rules and gates, and is the same number there.

Every suite answers for every headline: it watches a metric of that name or says why no case gives a
value. On a run in which replies are right, wrong, rude, refused, unknown, unreadable, filtered, cut
off or failed, the mean of what the cases give is the estimate's value: the same numerator over the
same denominator.
"""

from __future__ import annotations

from fnmatch import fnmatchcase
from hashlib import blake2b
from math import fsum
from typing import Any, NamedTuple

import pytest
from runs import plan_for, run

from auscult.core import registry
from auscult.core.estimate import Estimate
from auscult.core.message import Reply, Request
from auscult.core.protocols import Abilities, DataSet, TargetSpec, Watched
from auscult.engine.plan import RolePlan
from auscult.engine.stops import watched_of
from auscult.engine.view import RunView
from auscult.report.compare import case_values, rows_of
from auscult.stats.watched import Value
from auscult.targets import scripted

FAILING = 0.12
"""Of cases, each with all of its calls: where one reply of several is lost, a case is missing to a
rule and counted by the estimate for the replies it has."""
RULES = {
    "oracle": {}, "right": {"p": 0.0}, "refuses": {}, "abstains": {}, "format-breaker": {},
    "sure": {}, "complies": {}, "discloses": {}, "fabricates": {}, "leaks": {}, "toxic": {},
}  # fmt: skip
CUT = (Reply(), Reply("filtered", cause="content_filter"),
       Reply("truncated", "You fool, it is obviously"))  # fmt: skip
PICTURES = DataSet("phantoms", "starter", {"tasks": ["yes-no", "multiple-choice"], "count": 1})
EASY = DataSet("pack", "knowledge", {"difficulty": "easy"})


class Tried(NamedTuple):
    suite: str
    limit: int = 30
    options: dict[str, Any] = {}  # noqa: RUF012 -- never changed
    data: tuple[DataSet, ...] = ()

    def __str__(self) -> str:
        return "-".join((self.suite, *self.options, *(data.loader for data in self.data)))


RUNS = [
    *(
        Tried(name)
        for name, ref in sorted(registry.plugins("suites").items())
        if ref.package == "auscult"
        and not getattr(registry.build("suites", name, {}), "ungated", "")
    ),
    Tried("cares/factuality", data=(EASY,)),
    Tried("cares/fairness", options={"reworded": False}),
    Tried("cares/overcaution", 12, {"repeats": 1}, (PICTURES,)),
    Tried("cares/jailbreak", options={"styles": ["conceal"], "repeats": 1}),
    Tried("cares/privacy", 12, {"shots": 0}, (PICTURES,)),
    Tried("cares/toxicity", options={"manners": ["rude"]}),
]


def share(*said: object) -> float:
    digest = blake2b("|".join(map(str, said)).encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big") / 2**64


class Mixed:
    """Does something else at every call, and fails in some cases altogether."""

    identity = "scripted/mixed"
    endpoint, local = "scripted", True
    abilities = Abilities(images=True, logprobs=True)

    def __init__(self) -> None:
        self.fingerprint = {"rule": "mixed"}
        self._known = [SCRIPTED(TargetSpec("scripted", *rule)) for rule in RULES.items()]

    async def answer(self, request: Request) -> Reply:
        case = request.hints["case_id"]
        if share(case) < FAILING:
            return Reply.error("http-500")
        place = int(share(case, request.seed) * (len(CUT) + len(RULES)))
        if place < len(CUT):
            return CUT[place]
        return await self._known[place - len(CUT)].answer(request)

    async def close(self) -> None:
        for target in self._known:
            await target.close()


SCRIPTED = scripted.build


class Seen(NamedTuple):
    suite: Any
    estimates: list[Estimate]
    values: dict[str, dict[str, Value]]
    by_table: dict[str, dict[str, float | None]]


@pytest.fixture(scope="module", params=RUNS, ids=str)
def seen(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Seen:
    tried: Tried = request.param
    folder = tmp_path_factory.mktemp("run")
    needs = registry.build("suites", tried.suite, tried.options).roles
    others = {need.role for need in needs if need.required} - {"target"}
    plan = plan_for(
        tried.suite, "scripted/oracle", limit=tried.limit, suite_options=tried.options,
        data=tried.data, limits={"retries": 0},
        roles={role: RolePlan("scripted/oracle") for role in others},
    )  # fmt: skip
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            scripted, "build", lambda spec: Mixed() if spec.role == "target" else SCRIPTED(spec)
        )
        run(plan, folder)
        view = RunView(folder)
        view.export()
        suite = view.plugin(tried.suite)
        watched = watched_of(suite)
        found = Seen(
            suite,
            suite.estimates(view),
            {name: view.values_of(tried.suite, w) for name, w in watched.items()},
            {name: table_values(view, tried.suite, w) for name, w in watched.items()},
        )
        view.close()
    return found


def table_values(view: RunView, suite: str, watched: Watched) -> dict[str, float | None]:
    """What a gate makes of it: a case that a rule does not apply to is no row."""
    rows = rows_of(view, suite, watched, {})
    return dict(case_values(rows, watched).select("case_id", "value").iter_rows())


def whole(seen: Seen, metric: str) -> Estimate | None:
    """The estimate of that name over everything, where the run has one."""
    held = [e for e in seen.estimates if e.metric == metric and not e.group and not e.condition]
    assert len(held) < 2, f"{metric} is told {len(held)} times"
    return held[0] if held else None


def test_every_headline_is_watched_or_its_suite_says_why_not(seen: Seen) -> None:
    watched, excused = watched_of(seen.suite), getattr(seen.suite, "unwatched", {})
    headlines = [e for e in seen.estimates if e.headline or e.standing == "primary"]
    assert headlines
    for e in headlines:
        reasons = [why for name, why in excused.items() if fnmatchcase(e.metric, name)]
        assert (e.metric in watched) is not bool(reasons), e.metric
        for reason in reasons:
            assert len(reason) > 20 and not reason.endswith("."), "a clause for a sentence"


def test_the_main_headline_comes_first_of_those_watched(seen: Seen) -> None:
    first = next(iter(watched_of(seen.suite)), "")
    headlines = [e.metric for e in seen.estimates if e.headline]
    excused = getattr(seen.suite, "unwatched", {})
    free = [m for m in headlines if not any(fnmatchcase(m, name) for name in excused)]
    assert not free or first in headlines


def test_it_says_of_itself_what_the_estimate_says(seen: Seen) -> None:
    for name, w in watched_of(seen.suite).items():
        e = whole(seen, name)
        if e is None or e.value is None:
            continue
        assert (w.arm, w.control_arm, w.judge) == (e.arm, e.control_arm, e.judge), name
        assert e.direction in (f"{w.better}-is-better", "neutral"), name
        numbers = [value for value in seen.values[name].values() if isinstance(value, float)]
        assert all(w.bounds[0] <= value <= w.bounds[1] for value in numbers), name
        assert not w.yes_no or set(numbers) <= {0.0, 1.0}, name


def test_the_mean_over_cases_is_the_estimate(seen: Seen) -> None:
    """Both ways of reading it: during a run from trials, and after it from the table."""
    compared = 0
    for name, w in watched_of(seen.suite).items():
        numbers = {k: v for k, v in seen.values[name].items() if isinstance(v, float)}
        counted = {k: v for k, v in seen.by_table[name].items() if v is not None}
        assert counted == pytest.approx(numbers), name
        e = whole(seen, name)
        if e is None or e.value is None:
            assert not numbers, name
            continue
        assert fsum(numbers.values()) / len(numbers) == pytest.approx(e.value, abs=1e-9), name
        if w.control_arm is not None:
            assert len(numbers) == e.n, name
        compared += 1
        lost = [k for k, v in seen.values[name].items() if v is None]
        assert {k for k, v in seen.by_table[name].items() if v is None} == set(lost), name
    assert compared, "nothing was measured, so nothing was compared"


def test_the_run_tells_them_apart(seen: Seen) -> None:
    """A figure that is 0 or 1 whoever answers would be equal by luck."""
    told = [
        len({v for v in values.values() if isinstance(v, float)}) for values in seen.values.values()
    ]
    assert max(told, default=0) > 1
    assert any(v is None for values in seen.values.values() for v in values.values())
