"""A gate and its plan: declared margins, what is left out and what cannot be asked."""

from __future__ import annotations

import json
from typing import Any

import polars as pl
import pytest
from gate_lab import Lab, declaring, only

from auscult.core.errors import UsageError
from auscult.engine.declared import Primary
from auscult.engine.view import RunView
from auscult.report.gate import gate
from auscult.report.junit import junit

# --- margins: declared, or given ------------------------------------------------------------------


def test_the_margins_of_the_plan_are_the_default(better: RunView, base: RunView, lab: Lab) -> None:
    run = declaring(better, lab, Primary("knowledge", "accuracy", margin=0.04))
    found = gate(run, base)
    assert (only(found).margin, only(found).declared) == (0.04, True)
    assert not any("given to the gate" in line for line in found.cautions)
    named = gate(run, base, margins={"knowledge/accuracy": 0.02, "refusal rate": 0.1})
    assert [(c.metric, c.margin, c.declared) for c in named.checks] == [
        ("accuracy", 0.02, False), ("refusal rate", 0.1, False),
    ]  # fmt: skip
    assert "The margin of knowledge/accuracy was given to the gate" in " ".join(named.cautions)


def test_a_bare_margin_is_for_primary_endpoints_without_one(
    better: RunView, base: RunView, lab: Lab
) -> None:
    endpoints = (Primary("knowledge", "refusal rate"), Primary("knowledge", "accuracy", margin=0.1))
    run = declaring(better, lab, *endpoints)
    found = gate(run, base, margin=0.03)
    assert [(c.metric, c.margin) for c in found.checks] == [
        ("refusal rate", 0.03), ("accuracy", 0.1),
    ]  # fmt: skip
    silent = gate(run, base)
    assert [c.metric for c in silent.checks] == ["accuracy"]
    assert "The plan's primary endpoint knowledge/refusal rate was not checked" in (
        " ".join(silent.cautions)
    )
    assert "was not checked" not in " ".join(found.cautions)
    level = gate(run, base, require=[("refusal rate", "<=", 0.5)])
    assert "was not checked" not in " ".join(level.cautions)


def test_primary_endpoints_without_a_margin_are_not_passed_over(
    better: RunView, base: RunView, lab: Lab
) -> None:
    endpoints = (Primary("knowledge", "accuracy"), Primary("knowledge", "other", judge="x"))
    run = declaring(better, lab, *endpoints)
    for against in (base, None):
        found = gate(run, against)
        assert (found.verdict, found.exit_code) == ("undecided", 3)
        assert [c.metric for c in found.checks] == ["accuracy", "other"]
        assert "give one, as in --margin 'accuracy=0.05'" in found.checks[0].sentence
        assert b'errors="2"' in junit(found)


def test_a_label_with_a_quote_in_its_name_is_read(better: RunView, base: RunView, lab: Lab) -> None:
    nobody = Primary("knowledge", "accuracy", group={"a'b": "x"}, margin=0.05)
    assert only(gate(declaring(better, lab, nobody), base)).verdict == "undecided"


# --- what is left out -----------------------------------------------------------------------------


def test_cases_of_one_run_only_are_told(lab: Lab, better: RunView, base: RunView) -> None:
    some = lab.run("some", "scripted/right?p=0.9&seed=2", limit=60)
    found = gate(some, base, margin=0.3)
    check = only(found)
    assert check.verdict == "pass"
    assert (check.run_only, check.base_only, check.applicable_in_one) == (0, 340, 0)
    assert "Left out: 340 cases in the base only." in check.sentence
    assert "knowledge/accuracy: Left out: 340 cases in the base only." in found.cautions
    assert b'name="check 1 base_only" value="340"' in junit(found)
    whole = gate(better, base, margin=0.05)
    assert only(whole).note == "" and only(whole).base_only == 0
    assert "Left out" not in only(whole).sentence


def test_too_few_clusters_are_told(lab: Lab, base: RunView) -> None:
    tiny = lab.run("tiny", "scripted/right?p=1&seed=2", limit=3)
    found = gate(tiny, base, margin=0.9)
    assert "Only 3 cases or clusters: the interval is a rough guide." in only(found).sentence
    assert any("Only 3 cases or clusters" in line for line in found.cautions)


def test_cases_that_only_one_target_can_take_leave_it_open(
    lab: Lab, better: RunView, base: RunView
) -> None:
    blind = RunView(better.folder)
    lab.views.append(blind)
    frame = blind.frame

    def some_not_applicable(suite: str, columns: Any, **more: Any) -> pl.DataFrame:
        rows = frame(suite, columns, **more)
        if "behaviour" in columns:
            said = pl.when(pl.col("case_no") >= 397).then(pl.lit(""))
            rows = rows.with_columns(behaviour=said.otherwise(pl.col("behaviour").cast(pl.String)))
        return rows

    blind.frame = some_not_applicable  # type: ignore[method-assign]
    for run, other in ((blind, base), (base, blind)):
        check = only(gate(run, other, margin=0.5))
        assert check.verdict == "undecided" and check.applicable_in_one == 3
        assert (check.run_only, check.base_only, check.n) == (0, 0, 397)
        assert "3 cases that both runs finished can be read in one of them only" in check.sentence


def test_clusters_of_several_cases_are_named(lab: Lab) -> None:
    file = lab.folder / "patients.jsonl"
    rows = ({**lab.question(i), "id": f"q{i}", "patient_id": f"p{i // 4}"} for i in range(80))
    file.write_text("".join(json.dumps({**r, "answer": r.pop("answer_idx")}) + "\n" for r in rows))
    run, other = (
        lab.run(name, f"scripted/right?p=0.8&seed={name[-1]}", data=[f"table={file}"])
        for name in ("patients-1", "patients-2")
    )
    check = only(gate(run, other, margin=0.5))
    assert "from 80 shared cases in 20 clusters" in check.sentence
    assert "Bonett-Price" in check.method and "Tango" not in check.method
    level = only(gate(run, require=[("accuracy", ">=", 0.2)]))
    assert "from 80 answers in 20 clusters" in level.sentence and "effective" in level.method


def test_an_endpoint_of_a_group_reads_its_cases(better: RunView, base: RunView, lab: Lab) -> None:
    nobody = Primary("knowledge", "accuracy", group={"sex": "female"}, margin=0.05)
    check = only(gate(declaring(better, lab, nobody), base))
    assert check.name == "knowledge/accuracy (sex female)" and check.verdict == "undecided"
    assert "no case has a usable reply in both runs" in check.sentence


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({}, "nothing to decide"),
        ({"margins": {"acuracy": 0.1}}, "Did you mean 'accuracy'?"),
        ({"margins": {"knowledge/acuracy": 0.1}}, "Did you mean 'knowledge/accuracy'"),
        ({"require": [("precision", ">=", 0.1)]}, "no metric of the run is named 'precision'"),
        ({"margin": 5.0}, "five points are 0.05"),
        ({"margin": -0.01}, "five points are 0.05"),
        ({"margin": float("nan")}, "five points are 0.05"),
        ({"margin": 0.05, "alpha": 0.5}, "alpha must lie between"),
        ({"margin": 0.05, "base": None}, "add --against"),
    ],
)
def test_what_cannot_be_asked_is_a_sentence(
    given: dict[str, Any], said: str, better: RunView, base: RunView
) -> None:
    other = given.pop("base", base)
    with pytest.raises(UsageError, match=said.replace("?", r"\?")):
        gate(better, other, **given)


def test_an_endpoint_no_gate_can_read_is_a_sentence(
    better: RunView, base: RunView, lab: Lab
) -> None:
    for endpoint in (
        Primary("knowledge", "error rate", margin=0.1),
        Primary("knowledge", "accuracy", arm="options-only", margin=0.1),
        Primary("other", "accuracy", margin=0.1),
    ):
        with pytest.raises(UsageError, match="cannot read the plan's primary endpoint"):
            gate(declaring(better, lab, endpoint), base)
