"""results.json: the contract, the competence rule, and what must never get out."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import msgspec
import pytest
from fake_view import PLANTED_KEY, FakeSuite, FakeView, estimate, knowledge_estimates

from auscult.engine.writer import RoleTotals
from auscult.report.contract import NOT_STATED, Results
from auscult.report.results import apply_competence, build_results, fixture_reason, write_results
from auscult.report.schema import schema_text

COMMITTED = Path(__file__).parents[2] / "docs" / "results.schema.json"


def written(view: FakeView) -> dict[str, Any]:
    path = write_results(view, build_results(view))
    assert [p.name for p in path.parent.iterdir()] == ["results.json"]
    parsed: dict[str, Any] = json.loads(path.read_bytes(), parse_constant=_no_constant)
    return parsed


def _no_constant(name: str) -> None:
    raise AssertionError(f"results.json holds {name}")


def test_the_committed_schema_is_the_generated_one() -> None:
    assert COMMITTED.read_text(encoding="utf-8") == schema_text(), "run tools/write_schema.py"


def test_results_validate_and_read_back(tmp_path: Path) -> None:
    found = written(FakeView(tmp_path, robustness=True))
    schema = json.loads(COMMITTED.read_bytes())
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.Draft202012Validator(schema).validate(found)
    assert msgspec.json.decode((tmp_path / "results.json").read_bytes(), type=Results)
    assert found["schema_version"] == "1.1"


def test_the_schema_rejects_a_missing_field(tmp_path: Path) -> None:
    found = written(FakeView(tmp_path))
    del found["run"]["plan_hash"]
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(found, json.loads(COMMITTED.read_bytes()))


def test_every_field_of_the_contract_is_there(tmp_path: Path) -> None:
    found = written(FakeView(tmp_path))
    run_fields = (
        "version seed plan plan_hash target intended_use care_setting population auditor "
        "relation_to_vendor acceptance_criteria authoriser deviations stopped accounting"
    )
    assert set(run_fields.split()) <= found["run"].keys()
    assert {"fingerprint", "system_prompt", "decoding"} <= found["run"]["target"].keys()
    accounting_fields = "calls replayed failed_by_role tokens cost started updated seconds"
    assert set(accounting_fields.split()) <= found["run"]["accounting"].keys()
    estimate_fields = (
        "suite metric estimand group arm control_arm condition value low high level n n_clusters "
        "unit denominator n_invalid n_error n_refused n_abstained n_rejected n_not_applicable "
        "judge corrected family p_adjusted stop_rule direction standing evidence_level method"
    )
    assert all(set(estimate_fields.split()) <= e.keys() for e in found["estimates"])


def test_what_was_not_stated_says_so(tmp_path: Path) -> None:
    run = written(FakeView(tmp_path))["run"]
    assert run["population"] == run["care_setting"] == run["deviations"] == NOT_STATED
    assert run["target"]["decoding"]["top_p"] == NOT_STATED
    assert run["target"]["decoding"]["temperature"] == 0.0
    assert run["authoriser"] == "Dr A. Example"


def test_an_unknown_cost_is_null_with_a_word_and_never_zero(tmp_path: Path) -> None:
    view = FakeView(tmp_path)
    view.totals = {"target": RoleTotals(10, 0, 100, 50, 0, 0.0, 10, 1.0)}
    accounting = written(view)["run"]["accounting"]
    assert accounting["cost"] is None
    assert accounting["cost_note"] == "unknown"
    assert accounting["roles"]["target"]["cost"] is None


def test_a_partly_known_cost_is_unknown_and_says_what_is_known(tmp_path: Path) -> None:
    view = FakeView(tmp_path)
    view.totals["judge"] = RoleTotals(5, 1, 10, 10, 0, 0.0, 5, 1.0)
    accounting = written(view)["run"]["accounting"]
    assert accounting["cost"] is None
    assert accounting["cost_note"].startswith("unknown: 0.01 USD")
    assert accounting["failed_by_role"] == {"target": 3, "judge": 1}


def test_secrets_of_plan_and_command_line_are_withheld(tmp_path: Path) -> None:
    view = FakeView(tmp_path)
    found = written(view)
    text = (tmp_path / "results.json").read_text(encoding="utf-8")
    assert PLANTED_KEY not in text
    assert "u:pw@" not in text
    assert found["run"]["plan"]["target"]["options"]["api_key"] == "[withheld]"
    assert found["run"]["plan"]["target"]["sampling"]["max_tokens"] == 512


def test_no_nan_and_no_broken_text_gets_out(tmp_path: Path) -> None:
    view = FakeView(tmp_path)
    broken = estimate("accuracy", float("nan"), 0.1, float("inf"), extra={"x": float("nan")})
    odd = estimate("odd \ud800 text", 0.5, 0.4, 0.6)
    view._plugins["knowledge"] = FakeSuite([broken, odd], [])
    first, second = written(view)["estimates"]
    assert first["value"] is first["high"] is first["extra"]["x"] is None
    assert first["low"] == 0.1
    assert "Not a finite number, so left out: value, high." in first["note"]
    assert second["metric"] == "odd \ufffd text"


@pytest.mark.parametrize(("competence", "headlined"), [(True, True), (False, False)])
def test_what_presupposes_competence_is_headlined_only_where_it_is_shown(
    tmp_path: Path, competence: bool, headlined: bool
) -> None:
    results = build_results(FakeView(tmp_path, competence=competence, robustness=True))
    flips = next(e for e in results.estimates if e.suite == "robustness")
    assert flips.headline is headlined
    assert ("is not shown to beat every trivial baseline" in flips.note) is not headlined
    assert next(e for e in results.estimates if e.metric == "accuracy").headline


def test_a_suite_that_presupposes_nothing_is_always_headlined() -> None:
    leak = estimate("leak rate", 0.1, 0.05, 0.2, suite="privacy", headline=True)
    found = apply_competence([*knowledge_estimates(competence=False), leak], {})
    assert found[-1] == leak


def test_unmeasured_competence_is_said_aloud() -> None:
    flips = estimate("flips", 0.1, 0.05, 0.2, suite="robustness", headline=True)
    (found,) = apply_competence([flips], {"robustness": "knowledge"})
    assert found.headline
    assert "which this run did not measure" in found.note


@pytest.mark.parametrize(
    ("identity", "notes", "fixture"),
    [
        ("scripted/constant", (), True),
        ("recorded/answers.jsonl", (), True),
        ("local/qwen", (), False),
        ("local/smollm2", ("fallback: the default model could not be had",), True),
        ("openai/gpt", ("behind a proxy",), False),
    ],
)
def test_fixtures_are_known_by_kind_or_note(
    identity: str, notes: tuple[str, ...], fixture: bool
) -> None:
    assert bool(fixture_reason(identity, notes)) is fixture


def test_a_note_in_the_target_options_reaches_the_record(tmp_path: Path) -> None:
    view = FakeView(tmp_path)
    target = msgspec.structs.replace(
        view.plan.target, options={"note": "fallback: the default model could not be had"}
    )
    view.plan = msgspec.structs.replace(view.plan, target=target)
    assert written(view)["run"]["target"]["fixture"].startswith("fallback")


def test_an_old_file_survives_a_failed_write(tmp_path: Path, monkeypatch: Any) -> None:
    view = FakeView(tmp_path)
    write_results(view, build_results(view))
    before = (tmp_path / "results.json").read_bytes()

    def no_room(fd: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("auscult.report.clean.os.fsync", no_room)
    with pytest.raises(OSError, match="No space"):
        write_results(view, build_results(view))
    assert (tmp_path / "results.json").read_bytes() == before
    assert [p.name for p in tmp_path.iterdir()] == ["results.json"]
