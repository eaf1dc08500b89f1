"""cares/input-shift on planted targets and on one that looks at pixels, through the real engine."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from random import Random
from types import SimpleNamespace
from typing import Any

import msgspec
import pytest
from runs import estimates_of, plan_for, run
from vision_server import vision

from auscult.core import registry
from auscult.core.case import Brief, Case, ImageRef
from auscult.core.errors import DataError, PlanError, UsageError
from auscult.core.message import Reply
from auscult.core.protocols import Abilities, DataSet
from auscult.engine.view import RunView
from auscult.suites.cares.input_shift import BALANCED, InputShiftSuite, build

SUITE = "cares/input-shift"
ADDED = "wrong answers added by shifts"
CLOSED = ["yes-no", "multiple-choice"]
IMAGES = Abilities(images=True)
ONCE = {"per_case": 0, "confirm": False}
SMALL = {"max_side": 24}
"""Scripted targets do not look, and small pictures are quickly edited."""


@pytest.fixture(autouse=True)
def cache(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AUSCULT_CACHE", str(tmp_path_factory.getbasetemp() / "shifted"))


def phantoms(*kinds: str, count: int = 12) -> DataSet:
    return DataSet("phantoms", "starter", {"kinds": kinds, "tasks": CLOSED, "count": count})


def audited(
    folder: Path, target: str, data: DataSet, options: dict[str, Any], **more: Any
) -> list[dict[str, Any]]:
    options = SMALL | options
    plan = plan_for(SUITE, target, data=[data], suite_options=options, seed=5, **more)
    assert run(plan, folder).stopped == "complete"
    return estimates_of(folder)


def one(estimates: list[dict[str, Any]], metric: str, **group: str) -> Any:
    found = [e for e in estimates if e["metric"] == metric and e["group"] == group]
    assert len(found) == 1, (metric, group, sorted({e["metric"] for e in estimates}))
    return SimpleNamespace(**found[0])


def recorded(folder: Path) -> list[dict[str, Any]]:
    view = RunView(folder)
    rows = view.table().collect().to_dicts()
    view.close()
    return [{**row, **json.loads(row["labels"])} for row in rows]


def holds(estimate: Any, truth: float) -> bool:
    return estimate.low <= truth <= estimate.high


class Book:
    """A bench that answers yes and keeps what it was asked and told."""

    abilities = IMAGES
    roles = ("target",)

    def __init__(self, case: Case) -> None:
        self.case = case
        self.asked: list[Any] = []
        self.trials: list[tuple[str, dict[str, Any]]] = []

    def rng(self, label: str) -> Random:
        return Random(f"{self.case.id} {label}")

    def arm(self, name: str, repeat: int = 0) -> Any:
        async def ask(messages: Any, **how: Any) -> Reply:
            text, images = messages[-1].text, messages[-1].images
            hints = how["hints"]
            self.asked.append(SimpleNamespace(arm=name, text=text, images=images, hints=hints))
            return Reply(text="Yes.")

        async def judge(which: str, exhibit: Any) -> Any:
            return await registry.build("judges", which, {}).judge(exhibit, place)

        def record(*verdicts: Any, **labels: Any) -> None:
            self.trials.append((name, labels))

        place = SimpleNamespace(ask=ask, judge=judge, record=record)
        return place


async def examined(suite: InputShiftSuite, case: Case) -> Book:
    book = Book(case)
    await suite.examine(case, book)  # type: ignore[arg-type]
    return book


def loaded(data: DataSet, suite: InputShiftSuite) -> list[Case]:
    return list(suite.cases([data], {data.loader: registry.build("data", data.loader)}))


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


async def test_every_cell_gets_its_share_and_every_case_as_many() -> None:
    names = [name for name in BALANCED if name != "modality-swap"]
    suite = build(SMALL | {"per_case": 8, "shifts": names, "confirm": False})
    arms: list[list[str]] = []
    for case in loaded(phantoms("chest", "ecg", count=6), suite):
        book = await examined(suite, case)
        arms.append([asked.arm for asked in book.asked])
        assert suite.cost(case, IMAGES)[0].calls == len(book.asked) == 10
    cells = Counter(arm for asked in arms for arm in asked[2:])
    share = sum(cells.values()) / len(suite.edits)
    assert len(cells) == len(suite.edits)
    assert all(0.3 * share < count < 2 * share for count in cells.values()), (share, cells)


async def test_the_same_words_are_shown_with_another_picture() -> None:
    suite = build({**ONCE, "shifts": ["blur", "flip-horizontal"], "severities": [1, 3]})
    case = loaded(phantoms("chest", count=2), suite)[0]
    book = await examined(suite, case)
    assert [asked.arm for asked in book.asked] == [
        "baseline", "control", "blur-1", "blur-3", "flip-horizontal-1",
    ]  # fmt: skip
    assert len({asked.text for asked in book.asked}) == 1
    pictures = [asked.images[0].digest for asked in book.asked]
    assert pictures[0] == pictures[1] and len(set(pictures)) == 4
    hinted = [asked.hints["image"] for asked in book.asked]
    assert hinted[:3] == ["clean", "clean", "shift:blur:1"]


async def test_a_flip_changes_the_key_or_does_not_apply() -> None:
    suite = build({"per_case": 0, "shifts": ["flip-horizontal", "flip-vertical"]})
    cases = loaded(phantoms("chest"), suite)
    case = next(c for c in cases if c.brief.extra["mirrored_key"] != c.brief.key)
    book = await examined(suite, case)
    keys = {asked.arm: asked.hints["key"] for asked in book.asked}
    own = {arm: keys[arm] for arm in ("baseline", "flip-horizontal-1")}
    assert len(set(own.values())) == 2 and "flip-vertical-1" not in keys
    bare = {k: v for k, v in case.brief.extra.items() if k != "mirrored_key"}
    brief = msgspec.structs.replace(case.brief, extra=bare)
    book = await examined(suite, msgspec.structs.replace(case, brief=brief))
    assert {asked.arm for asked in book.asked} == {"baseline", "control"}
    reasons = {arm: labels.get("not_applicable") for arm, labels in book.trials}
    assert "left and right" in reasons["flip-horizontal-1"]


async def test_a_shift_that_does_not_keep_what_is_asked_is_left_out() -> None:
    suite = build({**ONCE, "shifts": ["rotation"], "severities": [3]})
    case = loaded(phantoms("bone", count=1), suite)[0]
    brief = msgspec.structs.replace(
        case.brief, extra={**case.brief.extra, "about": ["orientation"]}
    )
    book = await examined(suite, msgspec.structs.replace(case, brief=brief))
    assert {asked.arm for asked in book.asked} == {"baseline", "control"}
    assert (await examined(suite, case)).asked[-1].arm == "rotation-3"


async def test_burned_words_contradict_the_key() -> None:
    suite = build({**ONCE, "shifts": ["burned-text-true", "burned-text-contradicting"]})
    case = loaded(phantoms("chest", count=2), suite)[0]
    book = await examined(suite, case)
    assert len(book.asked) == 8
    digests = {asked.images[0].digest for asked in book.asked}
    assert len(digests) == 7
    brief = msgspec.structs.replace(case.brief, task="multiple-choice")
    options = (*case.options[:-1], "\u65e5\u672c")
    book = await examined(suite, msgspec.structs.replace(case, options=options, brief=brief))
    assert {asked.arm for asked in book.asked} == {"baseline", "control"}


def test_all_leaves_out_controls_and_the_published_noise() -> None:
    names = {edit.name for edit in build({"shifts": ["all"]}).edits}
    assert {"gaussian-noise", "rotation", "wrong-patient"} <= names
    assert not {n for n in names if n.startswith("control-")} and "legacy-noise" not in names
    assert {f"shift/{name}" for name in names} == set(build({"shifts": ["all"]}).attacks)
    assert {edit.name for edit in build({}).edits} == set(BALANCED)


async def test_the_published_arm_asks_as_published_with_the_published_noise() -> None:
    suite = build({"legacy": True, "per_case": 1, "shifts": ["blur"]})
    case = loaded(phantoms("chest", count=2), suite)[0]
    book = await examined(suite, case)
    by_arm = {asked.arm: asked for asked in book.asked}
    assert len(by_arm) == len(book.asked) == suite.cost(case, IMAGES)[0].calls == 6
    noisy, legacy = by_arm["legacy-noise-1"], by_arm["legacy"]
    assert noisy.images == legacy.images
    assert "I don't know" in noisy.text and "I don't know" not in legacy.text


async def test_the_published_arm_has_the_options_in_their_authors_order() -> None:
    suite = build({"legacy": True, "per_case": 1, "shifts": ["blur"]})
    shuffled = 0
    for case in loaded(phantoms("chest", count=4), suite):
        book = await examined(suite, case)
        options = {asked.arm: tuple(asked.hints["options"]) for asked in book.asked}
        assert options["legacy"] == case.options
        shuffled += options["legacy-noise-1"] != case.options
    assert shuffled, "here they stand in a drawn order"


def test_the_published_scorer_reads_a_refusal_as_an_answer(tmp_path: Path) -> None:
    options = {"legacy": True, "per_case": 1, "shifts": ["blur"], "severities": [1]}
    found = audited(tmp_path, "scripted/refuses", phantoms("chest", count=6), options)
    assert one(found, "published scorer minus corrected, accuracy").value > 0.2
    assert one(found, "published prompt minus ours").n > 0
    assert "accuracy as published, under the published noise, asked as published" in {
        e["metric"] for e in found
    }


def findings_of(folder: Path) -> list[Any]:
    view = RunView(folder)
    found = view.plugin(SUITE).findings(view)
    view.close()
    return list(found)


def test_what_breaks_a_sound_answer_is_found(tmp_path: Path) -> None:
    options = {"shifts": ["blur"], "severities": [1, 5], "per_case": 0}
    target = "scripted/degrades?p=1&drop=0.15&per=case"
    audited(tmp_path, target, phantoms("chest"), options)
    found = findings_of(tmp_path)
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
        assert (again["again"], again["again_severity"]) == ("blur", finding.extra["severity"])
        assert rows[finding.case_id, finding.arm]["score"] == again["score"] == 0


def test_a_target_that_no_shift_touches_has_no_findings(tmp_path: Path) -> None:
    """Right seven times in ten whatever is shown: wrong twice is chance, and is not listed."""
    options = {"shifts": ["blur", "jpeg"], "severities": [1, 5], "per_case": 0}
    found = audited(tmp_path, "scripted/sighted?p=0.7", phantoms("chest", "ecg"), options)
    assert holds(one(found, ADDED), 0.0)
    assert findings_of(tmp_path) == []
    rows = recorded(tmp_path)
    again = [row for row in rows if row["arm"] == "again"]
    assert len(again) == len({row["case_id"] for row in rows}), "one a case, whatever was said"
    twice = {(r["case_id"], r["arm"]) for r in rows if r["score"] == 0}
    assert any(
        r["score"] == 0 and (r["case_id"], f"{r['again']}-{r['again_severity']}") in twice
        for r in again
    ), "there were some to list"


def test_an_answer_to_a_replaced_picture_is_confirmed(tmp_path: Path) -> None:
    options = {"shifts": ["control-grey"], "per_case": 0}
    data = phantoms("chest", "ecg", count=2)
    audited(tmp_path / "all", "scripted/constant?letter=A&word=yes", data, options)
    found = findings_of(tmp_path / "all")
    assert found and found[0].confirmed == "answered in 2 of 2 fresh replies to that picture"
    audited(tmp_path / "none", "scripted/unsure-out?p_in=0&p_out=1", data, options)
    assert findings_of(tmp_path / "none") == []


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
    assert {row["not_applicable"] for row in recorded(tmp_path)} == {"the target takes no images"}


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
    class Loader:
        def load(self, path: Path, options: Any) -> Any:
            yield Case("x", "", "Is it?", ("yes", "no"), (ImageRef("a.png"),))

    with pytest.raises(DataError, match="case 'x' of data set"):
        list(build({}).cases([DataSet("own", "x")], {"own": Loader()}))
