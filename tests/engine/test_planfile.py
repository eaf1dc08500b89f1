"""A plan is validated whole: every fault at once, each with place, line and mend."""

from __future__ import annotations

import pytest

from auscult.core.errors import PlanError
from auscult.engine.plan import Plan
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
