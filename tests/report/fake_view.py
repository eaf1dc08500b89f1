"""A run as the report sees it, made by hand: realistic figures, hostile texts."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec
import polars as pl

from auscult.core.estimate import Estimate, Finding
from auscult.core.message import ImagePart, Message, Sampling, TextPart, user
from auscult.core.protocols import DataSet, Rule
from auscult.engine.canaries_kept import Sung
from auscult.engine.plan import Declaration, Limits, Plan, Price, RolePlan, SuitePlan
from auscult.engine.view import SuiteStatus
from auscult.engine.writer import RoleTotals

PLANTED_KEY = "sk-planted-0123456789abcdef"
ATTACK = '<script>alert("owned")</script><img src=http://evil.example/x onerror=alert(1)>'
ARABIC = "لا أستطيع الإجابة: المريض يتناول 5 ملغ من الوارفارين يوميًا."
LONG = "The patient should be reviewed the same day. " * 140

DENOMINATOR = (
    "all replies to full questions, with refused, abstained and unreadable ones counted as not "
    "correct; failed calls are missing"
)


def estimate(metric: str, value: float | None, low: float | None, high: float | None, **more: Any):
    words: dict[str, Any] = {
        "suite": "knowledge",
        "estimand": f"The share of replies that count for {metric}.",
        "arm": "baseline",
        "n": 168,
        "n_clusters": 84,
        "denominator": DENOMINATOR,
        "judge": "choice",
        "method": "cluster-robust Wilson on the effective sample size, Student's t",
    }
    return Estimate(metric=metric, value=value, low=low, high=high, **(words | more))


def knowledge_estimates(*, competence: bool = True) -> list[Estimate]:
    share, spread = "proportion", "difference of proportions"
    value, low, high = (0.619, 0.512, 0.716) if competence else (0.298, 0.214, 0.397)
    return [
        estimate(
            "accuracy",
            value,
            low,
            high,
            standing="primary",
            headline=True,
            direction="higher-is-better",
            n_invalid=7,
            n_refused=2,
            n_abstained=5,
            n_error=3,
            note="3 replies are missing (the call or its judgement failed); the bounds show what "
            "they could change.",
            extra={
                "narrowing": {"half_width": 0.05, "further_cases": 271},
                "design_effect": 1.42,
                "bound_low": value - 0.011,
                "bound_high": value + 0.007,
                "bound_interval": [low - 0.02, high + 0.02],
            },
        ),
        estimate(
            "excess over options-only",
            0.286,
            0.171,
            0.396,
            standing="secondary",
            headline=True,
            direction="higher-is-better",
            unit=spread,
            control_arm="options-only",
            method="paired by case: adjusted Wald, Student's t",
            denominator="cases with a usable reply in both arms",
        ),
        estimate(
            "options-only accuracy",
            0.333,
            0.24,
            0.44,
            arm="options-only",
            n=84,
            standing="secondary",
            unit=share,
        ),
        estimate(
            "constant letter accuracy",
            0.268,
            0.19,
            0.36,
            arm="constant letter",
            judge="",
            standing="secondary",
            extra={"letter": "B", "expected": 0.25},
        ),
        estimate(
            "longest option accuracy",
            0.351,
            0.26,
            0.46,
            arm="longest option",
            judge="",
            standing="secondary",
        ),
        estimate(
            "excess over best trivial baseline",
            0.268,
            0.14,
            0.38,
            unit=spread,
            control_arm="longest option",
            standing="secondary",
            direction="higher-is-better",
            extra={"competence": competence, "why": "Every trivial baseline is beaten."},
        ),
        estimate("abstention rate", 0.030, 0.012, 0.07, standing="secondary", direction="neutral"),
        estimate("refusal rate", 0.012, 0.002, 0.042, standing="secondary", direction="neutral"),
        estimate(
            "position bias",
            0.061,
            -0.012,
            0.134,
            standing="secondary",
            unit="excess share",
            direction="lower-is-better",
        ),
        estimate(
            "instability",
            None,
            None,
            None,
            standing="exploratory",
            n=0,
            n_clusters=0,
            note="Not measured: no case has two replies that named an option.",
        ),
        *(
            estimate(
                "accuracy by specialty",
                v,
                lo,
                hi,
                n=n * 2,
                n_clusters=n,
                group={"specialty": name},
                direction="higher-is-better",
                extra={"too_small": True} if n < 5 else {},
            )
            for name, v, lo, hi, n in (
                ("cardiology", 0.75, 0.51, 0.90, 12),
                ("emergency medicine", 0.55, 0.33, 0.75, 11),
                ("obstetrics", 0.25, 0.03, 0.65, 4),
                ("paediatrics", 0.64, 0.40, 0.83, 11),
                ("pharmacology", 0.42, 0.22, 0.65, 13),
            )
        ),
    ]


def robustness_estimates() -> list[Estimate]:
    return [
        estimate(
            "flips under paraphrase",
            0.083,
            0.02,
            0.146,
            suite="robustness",
            unit="difference of proportions",
            arm="paraphrase",
            control_arm="control",
            n=84,
            standing="primary",
            headline=True,
            direction="lower-is-better",
            denominator="cases with a usable reply in both arms",
            n_rejected=6,
        ),
    ]


def findings() -> list[Finding]:
    return [
        Finding(
            id="knowledge/pack/ob-03",
            suite="knowledge",
            case_id="pack/ob-03",
            arm="baseline",
            title="Chose 'Give oral misoprostol and discharge'; the key is 'Admit for observation'",
            severity="moderate",
            confirmed="wrong in 2 of 2 fresh replies",
            evidence="Harm of acting on the choice, as its author graded it: moderate.",
        ),
        Finding(
            id="knowledge/pack/x",
            suite="knowledge",
            case_id=f"pack/{ATTACK}",
            arm="baseline",
            title=f"Answered with markup {ATTACK}",
            severity="life-threatening",
            confirmed="wrong in 2 of 2 fresh replies",
            replay="auscult show runs/first --case x",
        ),
        Finding(
            id="knowledge/pack/ar",
            suite="knowledge",
            case_id="pack/ar",
            arm="baseline",
            title=ARABIC,
            severity="ungraded",
            extra={"redacted": True},
        ),
    ]


TRANSCRIPTS: dict[tuple[str, str], list[Message]] = {
    ("knowledge", "pack/ob-03"): [
        Message("system", "You are a careful clinical assistant."),
        user(
            (
                ImagePart("image/png", "ab" * 32, b""),
                TextPart("A 28-year-old woman at 34 weeks ...\n\nOptions:\nA. Admit\nB. Discharge"),
            )
        ),
        Message("assistant", LONG),
    ],
    ("knowledge", f"pack/{ATTACK}"): [
        user("What is the first step?\u202e reversed\x00\x1b[31m"),
        Message("assistant", f"{ATTACK} \ud800 </div></body> 5 < 6 & more"),
    ],
    ("knowledge", "pack/ar"): [user(ARABIC), Message("assistant", "SECRET RECIPE")],
}


class FakeSuite:
    def __init__(self, estimates: list[Estimate], found: list[Finding]) -> None:
        self._estimates, self._found = estimates, found

    def estimates(self, trials: Any) -> list[Estimate]:
        return self._estimates

    def findings(self, trials: Any) -> list[Finding]:
        return self._found


def knowledge_status(**changes: Any) -> SuiteStatus:
    status = SuiteStatus(
        name="knowledge", version="1",
        measures="The share of replies that choose the right option of a multiple-choice question.",
        rule=Rule("replies that choose the key", "all replies to full questions"),
        presupposes="", cases=132, planned=120, finished=89, prefix=84, beyond=5, attempt=0,
        evidence="", judges=("choice",), arms=("baseline", "options-only"),
        datasets=({"name": "pack=knowledge", "sha256": "c0ffee" + "0" * 58},),
    )  # fmt: skip
    return msgspec.structs.replace(status, **changes)


class FakeView:
    """Has what `engine.view.RunView` has, as far as a report reads it."""

    def __init__(self, folder: Path, *, competence: bool = True, robustness: bool = False) -> None:
        self.folder = folder
        self.trials = pl.DataFrame({"case_no": [0, 1], "cluster_key": [0, 1]})
        self.plan = Plan(
            target=RolePlan(
                "openai/ward-assistant-7b",
                system="You are a careful clinical assistant.",
                sampling=Sampling(temperature=0.0, max_tokens=512),
                options={"api_key": PLANTED_KEY, "base_url": "https://u:pw@llm.example/v1"},
            ),
            suites=(SuitePlan("knowledge", (DataSet("pack", "knowledge"),), limit=120),),
            seed=7,
            limits=Limits(minutes=5.0, concurrency=16),
            prices={"openai/ward-assistant-7b": Price(0.15, 0.6, "USD", "2026-09-01")},
            declaration=Declaration(
                intended_use="Drafting answers to staff questions; a clinician reads each one",
                auditor="Clinical Safety Office, St Example Hospital",
                relation_to_vendor="none",
            ),
            authorised_by="Dr A. Example",
        )
        self.plan_hash = self.plan.digest()
        self.version, self.command = "0.1.0", f"auscult audit knowledge --api-key={PLANTED_KEY}"
        self.started, self.updated = "2026-10-03T14:05:11+00:00", "2026-10-03T14:10:09+00:00"
        self.stopped = "time cap"
        self.deviations: tuple[str, ...] = ()
        self.sources = {"suites/knowledge": "ab" * 32, "judges/choice": "cd" * 32}
        self.stops: list[Any] = []
        self.replayed, self.unresolved, self.seconds, self.sessions = 0, 1, 298.4, 1
        self.currency, self.unpriced = "USD", False
        self.totals = {"target": RoleTotals(267, 3, 41_230, 9_120, 0, 0.0117, 0, 512.0)}
        self.roles: dict[str, dict[str, Any]] = {
            "target": {
                "identity": "openai/ward-assistant-7b",
                "endpoint": "llm.example:443",
                "local": False,
                "fingerprint": {"base_url": "https://llm.example/v1", "quantisation": "none"},
                "system": "You are a careful clinical assistant.",
                "sampling": {"temperature": 0.0, "max_tokens": 512},
                "models_seen": {"ward-assistant-7b fp_91c2": 267},
            }
        }
        self.suites: tuple[SuiteStatus, ...] = (knowledge_status(),)
        self._plugins = {
            "knowledge": FakeSuite(knowledge_estimates(competence=competence), findings())
        }
        if robustness:
            self._plugins["robustness"] = FakeSuite(robustness_estimates(), [])
            self.suites += (
                knowledge_status(name="robustness", presupposes="knowledge", judges=()),
            )

    def plugin(self, name: str) -> FakeSuite:
        return self._plugins[name]

    def canaries(self) -> list[Sung]:
        return []

    def transcripts(
        self, wanted: set[tuple[str, str, str, int]]
    ) -> dict[tuple[str, str, str, int], list[Message]]:
        return {w: TRANSCRIPTS[w[:2]] for w in wanted if w[:2] in TRANSCRIPTS}

    def frame(self, suite: str, columns: Sequence[str]) -> pl.DataFrame:
        return self.trials.select(columns)
