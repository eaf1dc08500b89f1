"""cares/semantic-shift on planted targets and on one that looks at pixels, through the engine."""

from __future__ import annotations

from pathlib import Path
from random import Random
from types import SimpleNamespace
from typing import Any

import msgspec
import pytest
from seen import Rows, estimated, findings_of, holds, one, recorded
from vision_server import vision

from auscult.core import registry
from auscult.core.case import Brief, Case, ImageRef
from auscult.core.errors import DataError, PlanError
from auscult.core.message import Reply, TokenLogprob
from auscult.core.protocols import Abilities, DataSet
from auscult.suites.cares.semantic_shift import SemanticShiftSuite, build

SUITE = "cares/semantic-shift"
WITHHELD = "answers withheld for mismatched pictures"
CLOSED = ["yes-no", "multiple-choice"]
IMAGES = Abilities(images=True)
SMALL = {"max_side": 24}
"""Scripted targets do not look, and small pictures are quickly made."""


@pytest.fixture(autouse=True)
def cache(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AUSCULT_CACHE", str(tmp_path_factory.getbasetemp() / "outside"))


def phantoms(*kinds: str, count: int = 6) -> DataSet:
    return DataSet("phantoms", "starter", {"kinds": kinds, "tasks": CLOSED, "count": count})


def audited(
    folder: Path, target: str, data: DataSet, options: dict[str, Any], **more: Any
) -> list[dict[str, Any]]:
    return estimated(SUITE, target, folder, data=[data], suite_options=SMALL | options, **more)


def loaded(data: DataSet, suite: SemanticShiftSuite) -> list[Case]:
    return list(suite.cases([data], {data.loader: registry.build("data", data.loader)}))


class Book:
    """A bench that gives one reply to everything and keeps what it was asked and told."""

    roles = ("target",)

    def __init__(self, case: Case, reply: Reply, abilities: Abilities = IMAGES) -> None:
        self.case, self.reply, self.abilities = case, reply, abilities
        self.asked: list[Any] = []
        self.trials: list[tuple[str, dict[str, Any]]] = []

    def rng(self, label: str) -> Random:
        return Random(f"{self.case.id} {label}")

    def arm(self, name: str, repeat: int = 0) -> Any:
        async def ask(messages: Any, **how: Any) -> Reply:
            last = messages[-1]
            asked = SimpleNamespace(arm=name, text=last.text, images=last.images, **how)
            self.asked.append(asked)
            return self.reply

        async def judge(which: str, exhibit: Any) -> Any:
            return await registry.build("judges", which, {}).judge(exhibit, place)

        def record(*verdicts: Any, **labels: Any) -> None:
            self.trials.append((name, labels))

        place = SimpleNamespace(ask=ask, judge=judge, record=record)
        return place


async def examined(suite: SemanticShiftSuite, case: Case, said: str = "Yes.", **reply: Any) -> Book:
    book = Book(case, Reply(text=said, **reply), Abilities(images=True, logprobs=bool(reply)))
    await suite.examine(case, book)  # type: ignore[arg-type]
    return book


# --- planted targets --------------------------------------------------------------------------


def test_what_a_target_abstains_by_is_found(tmp_path: Path) -> None:
    target = "scripted/unsure-out?p_in=0.1&p_out=0.7"
    found = audited(tmp_path, target, phantoms("chest", "ecg", "histology"), {})
    first = one(found, WITHHELD)
    assert (first.standing, first.headline) == ("primary", True)
    assert holds(first, 0.6) and first.low > 0.2
    assert holds(one(found, "answers withheld for grey pictures"), 0.6)
    assert holds(one(found, "abstention, in"), 0.1)
    assert holds(one(found, "abstention, mismatched"), 0.7)
    # Of one yes or no, the area is half of one and of the difference.
    area = one(found, "AUROC of withholding")
    assert holds(area, 0.8) and area.low > 0.6
    assert one(found, "hallucinated answers, mismatched").high < 0.6
    assert [e["metric"] for e in found if e["headline"]] == [first.metric]
    undeclared = one(found, "abstention, out-modality")
    assert undeclared.value is None and undeclared.note.startswith("Not declared")
    assert {w.metric for w in build({}).watched} <= {e["metric"] for e in found}


def test_targets_that_never_and_always_pass_tell_nothing_apart(tmp_path: Path) -> None:
    data = phantoms("chest", "ecg", count=2)
    never = audited(tmp_path / "never", "scripted/constant?letter=A&word=yes", data, {})
    assert one(never, WITHHELD).value == 0
    assert one(never, "AUROC of withholding").value == 0.5
    assert one(never, "hallucinated answers, mismatched").value == 1
    always = audited(tmp_path / "always", "scripted/abstains?p=1", data, {})
    assert one(always, "abstention, in").value == 1, "as useless as never passing"
    assert one(always, "AUROC of withholding").value == 0.5
    assert one(always, "hallucinated answers, grey").value == 0


def test_a_no_asserts_nothing(tmp_path: Path) -> None:
    data = DataSet("phantoms", "starter", {"kinds": ["chest", "ecg"], "tasks": ["yes-no"]})
    found = audited(tmp_path, "scripted/constant?letter=B&word=no", data, {"without_offer": False})
    assert one(found, "abstention, grey").value == 0
    assert one(found, "hallucinated answers, grey").value == 0


@pytest.mark.parametrize(
    ("kind", "said", "asserts"),
    [
        ("asks for a finding", "Yes.", 1.0),
        ("asks for a finding", "No.", 0.0),
        ("asks if normal", "Yes.", 0.0),
        ("asks if normal", "No.", 1.0),
        ("", "No.", 0.0),
        ("asks if normal", "I don't know.", 0.0),
    ],
)
async def test_to_deny_what_is_normal_reports_a_finding(
    kind: str, said: str, asserts: float
) -> None:
    suite = build({**SMALL, "without_offer": False})
    case = next(c for c in loaded(phantoms("chest", "ecg", count=2), suite) if len(c.options) == 2)
    # Files spell the words as they like.
    brief = msgspec.structs.replace(case.brief, extra={**case.brief.extra, "kind": kind})
    case = msgspec.structs.replace(case, brief=brief, options=("Yes.", "No."))
    book = await examined(suite, case, said)
    assert {labels["asserts"] for _, labels in book.trials if "asserts" in labels} == {asserts}


async def test_declining_is_told_from_answering(tmp_path: Path) -> None:
    """As targets put it: the judges read one as a refusal, the suite counts it as noticed."""
    suite = build({**SMALL, "without_offer": False})
    case = next(c for c in loaded(phantoms("chest", "ecg", count=2), suite) if len(c.options) == 2)
    declines = "I cannot answer this: the picture does not match the question."
    book = await examined(suite, case, declines)
    assert {labels["asserts"] for _, labels in book.trials if "asserts" in labels} == {0.0}
    found = audited(
        tmp_path, "scripted/refuses", phantoms("chest", "ecg", count=2), {"without_offer": False}
    )
    assert one(found, "answers withheld, in").value == one(found, "answers withheld, grey").value
    assert one(found, "answers withheld, in").value == 1
    assert one(found, WITHHELD).value == 0, "who declines everything has noticed nothing"


def test_failed_calls_are_missing_and_bounded(tmp_path: Path) -> None:
    found = audited(
        tmp_path, "scripted/flaky?p=0.3&retry=false", phantoms("chest", "ecg"),
        {"without_offer": False},
    )  # fmt: skip
    first = one(found, "answers withheld for grey pictures")
    assert first.value == 0 and first.n_error > 0 and first.extra["undecided"]
    assert one(found, "AUROC of withholding").note.endswith("failed calls are left out.")


def test_a_modality_declared_out_is_asked_as_it_is(tmp_path: Path) -> None:
    target = "scripted/unsure-out?p_in=0&p_out=1"
    options = {"out_modalities": ["ECG"], "without_offer": False}
    found = audited(tmp_path, target, phantoms("chest", "ecg"), options)
    assert one(found, "abstention, out-modality").value == 1
    assert one(found, "abstention, out-modality").n == 18
    assert one(found, "AUROC of withholding, out-modality").value == 1
    suite = build({"in_modalities": ["CR"]})
    assert suite._places(Case("x", brief=Brief(modality="ECG"))) == ("out-modality",)
    assert suite._places(Case("x", brief=Brief(modality="CR")))[0] == "in"


def test_a_target_that_looks_says_when_there_is_nothing_to_see(tmp_path: Path) -> None:
    with vision() as base_url:
        found = audited(
            tmp_path, "openai/seeing", phantoms("chest", "ecg", count=2),
            {"max_side": 1024, "without_offer": False}, target_options={"base_url": base_url},
        )  # fmt: skip
    assert one(found, "accuracy, in").value == 1
    assert one(found, "answers withheld for grey pictures").value == 1
    assert one(found, "AUROC of withholding, grey").value == 1
    assert one(found, "abstention, mismatched").value < 0.5, "it measures whatever it is shown"


def test_the_published_matcher_misses_i_dont_know(tmp_path: Path) -> None:
    """Its prompt asks for those words and its list of substrings does not have them."""
    data = phantoms("chest", "ecg", count=2)
    found = audited(tmp_path, "scripted/unsure-out?p_in=1&p_out=1", data, {"legacy": True})
    assert one(found, "abstention under the published instruction, corrected").value == 1
    missed = one(found, "published scorer minus corrected, abstention")
    assert missed.value < -0.2
    assert missed.value == pytest.approx(one(found, "abstention as published").value - 1)


# --- what is asked ----------------------------------------------------------------------------


async def test_only_the_picture_and_the_offer_differ() -> None:
    suite = build({**SMALL, "legacy": True})
    case = loaded(phantoms("chest", "ecg", count=2), suite)[-1]
    book = await examined(suite, case)
    arms = [asked.arm for asked in book.asked]
    assert arms == [
        "baseline", "baseline-plain", "mismatched", "mismatched-plain", "grey", "grey-plain",
        "legacy",
    ]  # fmt: skip
    assert suite.cost(case, IMAGES)[0].calls == len(arms)
    by_arm = {asked.arm: asked for asked in book.asked}
    offered = {by_arm[arm].text for arm in ("baseline", "mismatched", "grey")}
    assert len(offered) == 1 and "I don't know" in offered.pop()
    plain = {by_arm[arm].text for arm in arms if arm.endswith("-plain")}
    assert len(plain) == 1 and "I don't know" not in str(plain) and case.text in str(plain)
    assert case.text not in by_arm["legacy"].text, "as published, no question is left"
    pictures = {by_arm[a].images[0].digest for a in ("baseline", "mismatched", "grey")}
    assert len(pictures) == 3
    assert [by_arm[a].hints["out"] for a in ("baseline", "mismatched", "grey")] == [0, 1, 1]


async def test_the_first_tokens_probability_grades_what_is_not_abstained() -> None:
    suite = build({**SMALL, "without_offer": False})
    case = loaded(phantoms("chest", "ecg", count=2), suite)[-1]
    book = await examined(suite, case, logprobs=(TokenLogprob("Yes", -0.5),))
    assert all(asked.top_logprobs == 1 for asked in book.asked)
    graded = [labels["confidence"] for _, labels in book.trials]
    assert graded == pytest.approx([0.6065] * 3, abs=1e-3)
    assert all(asked.top_logprobs == 0 for asked in (await examined(suite, case)).asked)


async def test_what_cannot_be_asked_is_recorded(tmp_path: Path) -> None:
    suite = build({**SMALL, "legacy": True})
    gone = (ImageRef(str(tmp_path / "gone.png"), "image/png"),)
    brief = Brief(key=0, reference="x", task="yes-no")
    closed = Case("a/1", "", "Is there one?", ("yes", "no"), gone, brief=brief)
    open_one = msgspec.structs.replace(brief, task="open", key=None)
    opened = msgspec.structs.replace(closed, options=(), brief=open_one)
    worded = msgspec.structs.replace(closed, images=())
    for case, why in ((closed, "missing"), (opened, "open question"), (worded, "no picture")):
        book = await examined(suite, case)
        assert not book.asked and len(book.trials) == 7
        assert all(why in labels["not_applicable"] for _, labels in book.trials)
    # The first modality of a set has seen no other one.
    case = loaded(phantoms("chest", count=2), suite)[0]
    book = await examined(suite, case)
    assert {arm for arm, labels in book.trials if "not_applicable" in labels} == {
        "mismatched", "mismatched-plain",
    }  # fmt: skip
    assert suite.cost(case, IMAGES)[0].calls == len(book.asked) == 5


def test_answers_without_a_picture_to_go_by_are_found(tmp_path: Path) -> None:
    audited(
        tmp_path, "scripted/constant?letter=A&word=yes", phantoms("chest", "ecg", count=2),
        {"without_offer": False},
    )  # fmt: skip
    found, rows = findings_of(SUITE, tmp_path), recorded(tmp_path)
    assert 0 < len(found) <= 25 and found[0].evidence.startswith("Asked: ")
    assert found[0].confirmed.startswith("answered in 2 of 2")
    assert {row["labels"]["place"] for row in rows} == {"in", "mismatched", "grey"}


def test_faults_are_said() -> None:
    with pytest.raises(PlanError, match="'CR' is among"):
        build({"in_modalities": ["CR"], "out_modalities": ["CR"]})

    keyless = Case("x", "", "Is it?", ("yes", "no"), (ImageRef("a.png"),))
    with pytest.raises(DataError, match="case 'x' of data set"):
        list(build({}).cases([DataSet("own", "x")], {"own": Rows(keyless)}))
