"""A plan is validated whole: every fault at once, each with place, line and mend."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest
from runs import run as audit_plan

from auscult.api import make_plan
from auscult.core.errors import PlanError
from auscult.core.message import Sampling
from auscult.engine.forecast import forecast
from auscult.engine.plan import Limits, Plan, Price
from auscult.engine.planfile import parse_plan

GOOD = """
name = "spring"
seed = 7

[target]
use = "openai/some-model"
system = "You are a careful assistant."
[target.sampling]
temperature = 0.0
[target.options]
base_url = "http://127.0.0.1:8000/v1"

[limits]
calls = 5000
concurrency = 32

[prices."openai/some-model"]
input = 0.15
output = 0.6
as_of = "2026-01-01"

[declaration]
intended_use = "triage support"

[[suites]]
use = "knowledge"
limit = 100
"""
BAD = """
seed = "x"
[target]
use = "opnai/gpt"
sytem = "hi"
[limits]
calls = -3
concurency = 4
[[suites]]
use = "knowlege"
data = ["medqa=nowhere.jsonl", "medqqa=README.md"]
[[suites]]
limit = 0
"""


def test_a_good_plan_is_read() -> None:
    plan = parse_plan(GOOD)
    assert isinstance(plan, Plan)
    assert plan.target.sampling.temperature == 0.0
    assert plan.suites[0].limit == 100
    assert plan.prices["openai/some-model"].output == 0.6


def test_all_faults_come_at_once_with_their_lines() -> None:
    with pytest.raises(PlanError) as caught:
        parse_plan(BAD, "plan.toml")
    found = {(fault.where, fault.line) for fault in caught.value.faults}
    assert found == {
        ("seed", 2), ("target.use", 4), ("target.sytem", 5), ("limits.calls", 7),
        ("limits.concurency", 8), ("suites[0].use", 10), ("suites[0].data[0]", 11),
        ("suites[0].data[1]", 11), ("suites[1].use", 12), ("suites[1].limit", 13),
    }  # fmt: skip
    text = str(caught.value)
    for hint in ("'system'", "'concurrency'", "'knowledge'", "'openai'", "'medqa'"):
        assert hint in text


def faults_in(error: PlanError) -> dict[str, str]:
    return {fault.where: str(fault) for fault in error.faults}


def test_a_plan_made_in_python_is_held_to_the_same() -> None:
    with pytest.raises(PlanError) as caught:
        make_plan(
            "knowlege",
            target="opnai/gpt",
            limit=-5,
            seed=2**70,
            limits=Limits(
                calls=-1, tokens=0, money=float("nan"), minutes=-0.5, concurrency=0, retries=-1,
                requests_per_minute=float("inf"), timeout_s=0,
            ),
            sampling=Sampling(temperature=-1, top_p=1.5, max_tokens=0, extra={"limit": -1}),
            target_options={"base_url": object(), "retries": -3, "ratio": float("nan")},
            prices={"openai/gpt-4.1": Price(-1, float("nan"))},
        )  # fmt: skip
    found = faults_in(caught.value)
    assert set(found) == {
        "suites[0].use", "target.use", "suites[0].limit", "seed", "limits.calls", "limits.tokens",
        "limits.money", "limits.minutes", "limits.concurrency", "limits.retries",
        "limits.requests_per_minute", "limits.timeout_s", "target.sampling.temperature",
        "target.sampling.top_p", "target.sampling.max_tokens", "target.options.base_url",
        "target.options.ratio", "prices.openai/gpt-4.1.input", "prices.openai/gpt-4.1.output",
    }  # fmt: skip
    assert "nan is not a finite number" in found["limits.money"]
    assert "give 1 or more" in found["suites[0].limit"]
    assert "Did you mean 'knowledge'" in found["suites[0].use"]


def test_wrong_types_are_said_once_each() -> None:
    with pytest.raises(PlanError) as caught:
        make_plan("knowledge", target="openai/m", limit="5", limits=Limits(calls=-2.5))  # type: ignore[arg-type]
    assert set(faults_in(caught.value)) == {"suites[0].limit", "limits.calls"}
    assert len(caught.value.faults) == 2


@pytest.mark.parametrize("use", [audit_plan, forecast])
def test_a_plan_that_nobody_checked_is_checked_before_it_is_used(
    use: Callable[..., object], tmp_path: Path
) -> None:
    plan = make_plan("testkit", target="testkit/x")
    wrong = msgspec.structs.replace(plan, limits=Limits(calls=-1))
    with pytest.raises(PlanError, match=r"limits\.calls: -1 is too small"):
        use(wrong, tmp_path / "r")
    assert not (tmp_path / "r").exists()


def test_a_number_that_cannot_be_meant_has_its_line_in_a_file() -> None:
    text = GOOD.replace("calls = 5000", "money = nan").replace("input = 0.15", "input = -0.15")
    with pytest.raises(PlanError) as caught:
        parse_plan(text)
    found = {fault.what: fault.line for fault in caught.value.faults}
    assert found == {"nan is not a finite number": 14, "-0.15 is too small": 18}


def test_a_sound_plan_made_in_python_loads_no_schema() -> None:
    code = (
        "import sys, auscult.api as a; a.make_plan('knowledge', target='openai/m');"
        "sys.exit('jsonschema' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_broken_toml_says_where() -> None:
    with pytest.raises(PlanError, match="line 2"):
        parse_plan('seed = 1\nname = "x\n')


def test_the_hash_follows_meaning_and_not_spelling() -> None:
    plan = parse_plan(GOOD)
    respelt = GOOD.replace("seed = 7", "seed = 0x7  # same").replace(
        'name = "spring"', "name='spring'"
    )
    assert parse_plan(respelt).digest() == plan.digest()
    assert parse_plan(GOOD.replace("seed = 7", "seed = 8")).digest() != plan.digest()
    assert parse_plan(GOOD.replace("limit = 100", "limit = 101")).digest() != plan.digest()


@pytest.mark.parametrize(
    ("data", "fault"),
    [
        ("phantoms=starter", ""),
        ("pack=knowledge", ""),
        ("medqa=questions", "there is no file 'questions'"),
        ("phantoms=starter.jsonl", "there is no file 'starter.jsonl'"),
    ],
)
def test_a_bare_word_is_a_path_unless_its_loader_has_sets_by_name(data: str, fault: str) -> None:
    text = GOOD + f'data = ["{data}"]\n'
    if not fault:
        parse_plan(text)
        return
    with pytest.raises(PlanError, match=fault):
        parse_plan(text)
