"""cares/input-shift on planted targets and on one that looks at pixels, through the real engine."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest
from seen import Rows, findings_of, holds, one, recorded
from shift_audits import ADDED, IMAGES, SUITE, audited, examined, phantoms
from vision_server import vision

from auscult.core.case import Brief, Case, ImageRef
from auscult.core.errors import DataError, PlanError, UsageError
from auscult.core.protocols import DataSet
from auscult.suites.cares.input_shift import build


@pytest.fixture(autouse=True)
def cache(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AUSCULT_CACHE", str(tmp_path_factory.getbasetemp() / "shifted"))


# --- planted targets --------------------------------------------------------------------------


def test_a_known_fall_per_severity_is_found(tmp_path: Path) -> None:
    """0.1 a step at severities 1, 3 and 5, whatever the shift: 0.3 on average."""
    options = {"shifts": ["blur", "jpeg", "contrast"]}
    found = audited(
        tmp_path, "scripted/degrades?p=0.9&drop=0.1&per=case", phantoms("chest"), options
    )
    first = one(found, ADDED)
    assert first.standing == "primary" and first.headline
    assert holds(first, 0.3) and first.low > 0 and first.high < 0.6
    assert holds(one(found, "accuracy under shift"), 0.6)
    assert holds(one(found, "accuracy lost per step of severity"), 0.1)
    assert 0.03 < one(found, "accuracy lost per step of severity").value < 0.17
    assert one(found, "wrong answers mended by shifts").value == 0, "one draw a question"
    assert one(found, "accuracy, asked again minus first").value == 0
    assert [e["metric"] for e in found if e["headline"]] == [ADDED]
    assert {w.metric for w in build({}).watched} <= {e["metric"] for e in found}


def test_a_target_that_is_wrong_at_random_is_not_hurt_by_shifts(tmp_path: Path) -> None:
    """Its answers change from call to call; the control takes that off."""
    found = audited(tmp_path, "scripted/sighted?p=0.7", phantoms("chest"), {"per_case": 3})
    assert holds(one(found, ADDED), 0.0)
    assert holds(one(found, "right answers lost to shifts"), 0.0)
    assert one(found, ADDED).high < 0.35


def test_constant_and_refusing_targets_lose_nothing(tmp_path: Path) -> None:
    options = {"shifts": ["blur", "modality-swap"], "severities": [5], "per_case": 0}
    data = phantoms("chest", "ecg", count=3)
    same = audited(tmp_path / "same", "scripted/constant?letter=A&word=yes", data, options)
    assert one(same, ADDED).value == 0
    assert one(same, "answered without the picture it is about").value == 1
    no = audited(tmp_path / "no", "scripted/refuses", data, options)
    assert one(no, ADDED).value == 0 and one(no, "accuracy under shift").value == 0
    assert one(no, "refusal rate, clean").value == 1
    assert one(no, "answered without the picture it is about").value == 0
    assert one(no, "answers withheld without the picture it is about").value == 0


def test_a_target_that_notices_says_so(tmp_path: Path) -> None:
    options = {"shifts": ["modality-swap", "control-grey", "blur"], "per_case": 0}
    target = "scripted/unsure-out?p_in=0&p_out=0.7"
    found = audited(tmp_path, target, phantoms("chest", "ecg", count=6), options)
    assert holds(one(found, "answered without the picture it is about"), 0.3)
    assert holds(one(found, "answers withheld without the picture it is about"), 0.7)
    assert one(found, "abstention added by shifts").value == 0


def test_failed_calls_are_missing_and_bounded(tmp_path: Path) -> None:
    options = {"shifts": ["blur"], "severities": [1], "per_case": 0}
    found = audited(tmp_path, "scripted/flaky?p=0.3&retry=false", phantoms("ecg"), options)
    first = one(found, ADDED)
    assert first.value == 0 and first.n_error > 0 and first.n < 36
    assert first.extra["bound_low"] < 0 < first.extra["bound_high"] and first.extra["undecided"]


# --- a target that looks ----------------------------------------------------------------------


def test_a_target_that_looks_at_pixels_is_hurt_by_what_hides_them(tmp_path: Path) -> None:
    options = {
        "shifts": ["occlusion", "flip-horizontal", "control-grey", "modality-swap"],
        "severities": [1, 5],
        "per_case": 0,
        "max_side": 1024,
    }
    with vision() as base_url:
        found = audited(
            tmp_path, "openai/seeing", phantoms("chest", "ecg", count=4), options,
            target_options={"base_url": base_url},
        )  # fmt: skip
    assert one(found, "accuracy, clean").value == 1
    assert one(found, "accuracy, asked again minus first").value == 0
    added = "wrong answers added, by shift"
    assert one(found, added, shift="flip-horizontal").value == 0, "the key went with the picture"
    cells = "wrong answers added, by shift and severity"
    mild, strong = (one(found, cells, shift="occlusion", severity=s).value for s in ("1", "5"))
    assert strong > 0.1 and strong > mild
    assert one(found, "accuracy lost per step of severity").value > 0
    seen = "answered without the picture it is about, by shift"
    assert one(found, seen, shift="control-grey").value == 0
    assert one(found, seen, shift="modality-swap").value > 0.5, "it looks, and takes it as it is"


# --- what is asked ----------------------------------------------------------------------------


def test_what_breaks_a_sound_answer_is_found(tmp_path: Path) -> None:
    options = {"shifts": ["blur"], "severities": [1, 5], "per_case": 0}
    target = "scripted/degrades?p=1&drop=0.15&per=case"
    audited(tmp_path, target, phantoms("chest"), options)
    found = findings_of(SUITE, tmp_path)
    assert 5 < len(found) <= 25
    assert all("blur" in f.title and f.evidence.startswith("Asked: ") for f in found)
    assert found[0].confirmed.startswith(
        "right in 2 of 2 fresh replies to the clean picture, wrong"
    )
    assert "no answer changed when 52 clean pictures were asked again" in found[0].confirmed
    assert [f.extra["severity"] for f in found] == sorted(f.extra["severity"] for f in found)
    rows = {(row["case_id"], row["arm"]): row for row in recorded(tmp_path)}
    for finding in found:
        again = rows[finding.case_id, "again"]
        said = again["labels"]
        assert (said["again"], said["again_severity"]) == ("blur", finding.extra["severity"])
        assert rows[finding.case_id, finding.arm]["score"] == again["score"] == 0


def test_a_target_that_no_shift_touches_has_no_findings(tmp_path: Path) -> None:
    """Right seven times in ten whatever is shown: wrong twice is chance, and is not listed."""
    options = {"shifts": ["blur", "jpeg"], "severities": [1, 5], "per_case": 0}
    found = audited(tmp_path, "scripted/sighted?p=0.7", phantoms("chest", "ecg"), options)
    assert holds(one(found, ADDED), 0.0)
    assert findings_of(SUITE, tmp_path) == []
    rows = recorded(tmp_path)
    again = [row for row in rows if row["arm"] == "again"]
    assert len(again) == len({row["case_id"] for row in rows}), "one a case, whatever was said"
    twice = {(r["case_id"], r["arm"]) for r in rows if r["score"] == 0}
    wrong_again = [(r["case_id"], r["labels"]) for r in again if r["score"] == 0]
    assert any(
        (case, f"{said['again']}-{said['again_severity']}") in twice for case, said in wrong_again
    ), "there were some to list"


def test_an_answer_to_a_replaced_picture_is_confirmed(tmp_path: Path) -> None:
    options = {"shifts": ["control-grey"], "per_case": 0}
    data = phantoms("chest", "ecg", count=2)
    audited(tmp_path / "all", "scripted/constant?letter=A&word=yes", data, options)
    found = findings_of(SUITE, tmp_path / "all")
    assert found and found[0].confirmed == "answered in 2 of 2 fresh replies to that picture"
    audited(tmp_path / "none", "scripted/unsure-out?p_in=0&p_out=1", data, options)
    assert findings_of(SUITE, tmp_path / "none") == []


@pytest.mark.parametrize(
    ("target", "said", "not_said"),
    [
        ("scripted/refuses", "accuracy on clean pictures is 0%", ""),
        ("scripted/constant?letter=A&word=yes", "that giving one answer every time gets", ""),
        ("scripted/sighted?p=1&p_blind=1", "not shown to cost right answers", "clean pictures"),
    ],
)
def test_where_there_is_nothing_to_lose_the_headline_says_so(
    tmp_path: Path, target: str, said: str, not_said: str
) -> None:
    options = {"shifts": ["blur", "control-grey"], "severities": [5], "per_case": 0}
    note = one(audited(tmp_path, target, phantoms("chest", "ecg"), options), ADDED).note
    assert note.startswith("No loss would be no evidence of robustness here: ") and said in note
    assert not not_said or not_said not in note


def test_who_sees_and_loses_nothing_is_robust_without_a_note(tmp_path: Path) -> None:
    options = {"shifts": ["blur", "control-grey"], "severities": [5], "per_case": 0}
    found = audited(tmp_path, "scripted/sighted?p=1", phantoms("chest", "ecg"), options)
    assert one(found, ADDED).value == 0 and not one(found, ADDED).note
    assert one(found, "right answers that need the picture").low > 0.2


# --- what cannot be asked ---------------------------------------------------------------------


def test_a_target_of_text_does_not_apply(tmp_path: Path) -> None:
    target = {"images": False, "base_url": "http://127.0.0.1:9/v1"}
    found = audited(tmp_path, "openai/words", phantoms("chest", count=2), {}, target_options=target)
    assert one(found, ADDED).value is None and one(found, "accuracy, clean").n_not_applicable > 0
    reasons = {row["labels"]["not_applicable"] for row in recorded(tmp_path)}
    assert reasons == {"the target takes no images"}


async def test_open_questions_and_missing_pictures_are_recorded_and_not_asked(
    tmp_path: Path,
) -> None:
    suite = build({})
    gone = (ImageRef(str(tmp_path / "gone.png"), "image/png"),)
    brief = Brief(key=0, reference="x", task="yes-no")
    closed = Case("a/1", "", "Is there one?", ("yes", "no"), gone, brief=brief)
    opened = msgspec.structs.replace(
        closed, options=(), brief=msgspec.structs.replace(brief, task="open", key=None)
    )
    worded = msgspec.structs.replace(closed, images=())
    for case, why in ((closed, "missing"), (opened, "open question"), (worded, "no picture")):
        book = await examined(suite, case)
        assert not book.asked
        assert {arm for arm, _ in book.trials} == {"baseline", "control"}
        assert all(why in labels["not_applicable"] for _, labels in book.trials)
    assert suite.cost(opened, IMAGES) == suite.cost(worded, IMAGES) == ()


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"severities": [6]}, "1 to 5"),
        ({"shifts": []}, "empty"),
        ({"per_case": -1}, "per_case is -1"),
        ({"shifts": ["blurr"]}, "no attack is named 'shift/blurr'"),
        ({"weights": {"blur": -1.0}}, "weights gives blur"),
        ({"weights": {"blurr": 9.0}}, "names 'blurr', which is none of the shifts"),
        ({"weights": {"jpeg": 2.0}, "shifts": ["blur"]}, "enter the means: blur;"),
        ({"weights": {"control-grey": 2.0}}, "names 'control-grey'"),
    ],
)
def test_faults_in_the_options_are_said(options: dict[str, Any], said: str) -> None:
    with pytest.raises((PlanError, UsageError), match=said):
        build(options)


def test_a_case_without_a_key_is_a_fault_of_the_data() -> None:
    keyless = Case("x", "", "Is it?", ("yes", "no"), (ImageRef("a.png"),))
    with pytest.raises(DataError, match="case 'x' of data set"):
        list(build({}).cases([DataSet("own", "x")], {"own": Rows(keyless)}))
