"""What cares/input-shift asks, in which words and under which shifts."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import msgspec
import pytest
from seen import one
from shift_audits import IMAGES, ONCE, SMALL, audited, examined, loaded, phantoms

from auscult.suites.cares.input_shift import BALANCED, build


@pytest.fixture(autouse=True)
def cache(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AUSCULT_CACHE", str(tmp_path_factory.getbasetemp() / "shifted"))


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
