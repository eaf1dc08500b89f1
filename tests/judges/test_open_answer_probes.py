"""The open-answer judge's own sets, its measured error and the probes for its biases."""

from __future__ import annotations

import pytest
from rubric_model import Model, gullible, oracle

from auscult.core.protocols import Target
from auscult.kit.rubric.calibration import load, measured, rule_all
from auscult.kit.rubric.measure import main, report
from auscult.kit.rubric.orders import clear
from auscult.kit.rubric.probes import PADDING, probe, self_preference_note

# --- calibration and probes ---------------------------------------------------------------------


def test_a_model_is_a_target() -> None:
    assert isinstance(Model(gullible), Target)


def test_the_sets_are_large_enough_and_hold_every_ruling() -> None:
    whole = (*load("calibration"), *load("heldout"))
    assert len(load("calibration")) >= 80
    for half in ("calibration", "heldout"):
        rows = load(half)  # type: ignore[arg-type]
        assert {row.verdict for row in rows} == {"right", "partly", "wrong", "no-answer"}
        assert len({row.item for row in rows}) >= 5
    assert not {r.question for r in load("calibration")} & {r.question for r in load("heldout")}
    for row in whole:
        cut = clear(row.answer).cuts
        assert bool(cut) == (row.shape in ("order", "json")), row.id


async def test_what_code_decides_agrees_with_the_labels() -> None:
    rows = (*load("calibration"), *load("heldout"))
    found = await rule_all(Model(oracle(rows)), rows)
    decided = [one for one in found if one.by in ("match", "code")]
    assert len(decided) >= 12
    assert [(o.row.id, o.ruling) for o in decided] == [(o.row.id, o.row.verdict) for o in decided]
    others = {one.row.answer for one in found if one.verdict.behaviour != one.row.behaviour}
    assert others <= {"It is not possible for me to tell from this information."}


async def test_an_oracle_agrees_and_a_flatterer_has_no_specificity() -> None:
    rows = load("calibration")
    perfect = measured(await rule_all(Model(oracle(rows)), rows))
    assert perfect.exact.value == 1.0 and perfect.agreement.n == len(rows)
    kind = measured(await rule_all(Model(lambda *_: "right"), rows))
    assert kind.found is not None and kind.found.value == 1.0
    assert kind.kept_out is not None and kind.kept_out.value is not None
    assert kind.kept_out.value < 0.3
    assert kind.baseline is not None and kind.baseline.value is not None


async def test_each_probe_finds_its_own_bias_and_no_other() -> None:
    rows = load("heldout")
    prefers_first = Model(lambda first, shown, _: "right" if first else "wrong")
    likes_length = Model(lambda _, shown, __: "right" if len(shown) > 200 else "wrong")
    expected = {
        "again": (prefers_first, 0.0), "position": (prefers_first, 1.0),
        "length": (likes_length, 1.0),
    }  # fmt: skip
    for which, (model, share) in expected.items():
        short = [row for row in rows if len(row.answer) < 150]
        found = await probe(model, short, which)  # type: ignore[arg-type]
        assert found.flips.value == share and found.flips.n >= 12 and found.unreadable == 0
    up = await probe(likes_length, [r for r in rows if len(r.answer) < 150], "length")
    assert up.shift == 1.0 and (up.to_right, up.from_right) == (up.flips.n, 0)
    down = await probe(prefers_first, rows, "position")
    assert down.shift == -1.0 and down.from_right == down.flips.n
    steady = Model(lambda *_: "wrong")
    assert (await probe(steady, rows, "plea")).flips.successes == 0
    assert clear(PADDING).cuts == 0


async def test_what_cannot_be_read_is_counted_and_not_compared() -> None:
    rows = load("heldout")[:6]
    broken = Model(lambda first, *_: "right" if first else "nonsense")
    found = await probe(broken, rows, "position")
    assert found.flips.n == 0 and found.unreadable >= 4 and found.shift is None


def test_a_model_that_judges_itself_is_warned_of() -> None:
    assert "same model" in self_preference_note("local/qwen#1f", "openai/Qwen?base_url=x")
    assert self_preference_note("local/qwen", "local/smollm2") == ""


async def test_a_report_says_what_was_measured() -> None:
    rows = load("heldout")
    found = await report(Model(oracle(rows)), rows, "heldout")
    raw = found.as_json()
    assert raw["n"] == len(rows) and raw["unreadable"] == 0 and raw["misses"] == []
    assert "right or not:     1.000" in found.as_text()


def test_an_unknown_judge_model_is_a_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["nowhere/x", "--half", "heldout"]) == 2
    assert "no target is named 'nowhere'" in capsys.readouterr().err
