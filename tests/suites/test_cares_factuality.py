"""cares/factuality on planted targets through the real engine."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import msgspec
import numpy as np
import pytest
from PIL import Image, ImageDraw
from runs import estimates_of, plan_for, run

from auscult.core import registry
from auscult.core.case import Brief, Case, ImageRef
from auscult.core.errors import DataError, PlanError
from auscult.core.protocols import Abilities, DataSet
from auscult.engine.plan import RolePlan
from auscult.engine.view import RunView
from auscult.suites.cares.factuality import FactualitySuite, build
from auscult.targets.scripted import ScriptedTarget

SUITE = "cares/factuality"
KINDS = ["chest", "fundus"]


@pytest.fixture(autouse=True)
def cache(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AUSCULT_CACHE", str(tmp_path_factory.getbasetemp() / "factual"))


def phantoms(**options: Any) -> DataSet:
    return DataSet("phantoms", "starter", options)


def audited(folder: Path, target: str, *data: DataSet, **more: Any) -> list[dict[str, Any]]:
    suite_options = more.pop("suite_options", {})
    plan = plan_for(SUITE, target, data=data, suite_options=suite_options, seed=5, **more)
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
    return [{**row, "labels": json.loads(row["labels"])} for row in rows]


def holds(estimate: Any, truth: float) -> bool:
    return estimate.low <= truth <= estimate.high


# --- planted targets --------------------------------------------------------------------------


def test_a_target_that_sees_is_told_from_one_that_does_not(tmp_path: Path):
    data = phantoms(kinds=KINDS)
    sees = audited(tmp_path / "sees", "scripted/sighted?p=0.9", data)
    accuracy = one(sees, "accuracy")
    assert (accuracy.standing, accuracy.headline) == ("primary", True)
    assert holds(accuracy, 0.9) and accuracy.n_clusters == 2 * 12
    headlines = [e["metric"] for e in sees if e["headline"]]
    assert headlines == ["accuracy", "excess over no-image", "excess over shuffled-image"]
    assert one(sees, "excess over shuffled-image").low > 0.2
    assert one(sees, "excess over best trivial baseline").extra["competence"] is True
    assert holds(one(sees, "balanced accuracy"), 0.9)

    fewer = phantoms(kinds=["chest"])
    blind = audited(tmp_path / "blind", "scripted/sighted?p=0.9&p_blind=0.9", fewer)
    assert holds(one(blind, "accuracy"), 0.9)
    assert holds(one(blind, "excess over no-image"), 0.0)
    worth = one(blind, "excess over best trivial baseline")
    assert worth.extra["competence"] is False
    assert "cannot be told from" in worth.extra["why"]
    # What can be watched is an estimate, and the same number.
    watched = build({}).watched
    assert {w.metric for w in watched if w.judge != "open-answer"} <= {e["metric"] for e in blind}


def test_always_refusing_is_wrong_here_and_right_for_the_published_scorer(tmp_path: Path):
    found = audited(tmp_path, "scripted/refuses", phantoms(kinds=["chest"], count=6))
    assert one(found, "accuracy").value == 0 and one(found, "refusal rate").value == 1
    assert one(found, "accuracy, answered only").value is None
    assert one(found, "yes-no accuracy").value == 0
    gap = one(found, "published scorer minus corrected")
    assert gap.value == one(found, "accuracy as published").value > 0.2
    assert gap.n == one(found, "accuracy").n / 2, "of the first of two replies"


def test_a_constant_letter_scores_at_chance_and_by_its_place(tmp_path: Path):
    found = audited(
        tmp_path, "scripted/constant?letter=A&word=yes", phantoms(kinds=["chest"], count=6)
    )
    assert one(found, "yes-no accuracy").value == 0.5
    assert one(found, "sensitivity of yes").value == 1
    assert one(found, "specificity of yes").value == 0
    assert one(found, "balanced accuracy").value == 0.5
    assert one(found, "position chosen", position="A").value == 1
    assert one(found, "position bias").extra["biased"] is True


def test_failed_calls_are_missing_and_bounded(tmp_path: Path):
    target = "scripted/flaky?p=0.3&retry=false"
    found = audited(tmp_path, target, phantoms(kinds=["ecg"], count=6))
    accuracy = one(found, "accuracy")
    assert accuracy.value == 1 and accuracy.n_error > 0
    assert accuracy.extra["bound_low"] == pytest.approx(1 - one(found, "error rate").value)


# --- question files without their pictures ----------------------------------------------------


def question_file(folder: Path, yes: int = 27, no: int = 73) -> Path:
    rows = [
        {
            "question": f"Is there finding number {i} in the lungs?",
            "answer": "No." if i < no else "Yes.",
            "image": f"CXR{i}_IM-1/0.png",
            "question_id": 0,
        }
        for i in range(yes + no)
    ]
    path = folder / "iu.jsonl"
    path.write_text("\n".join(json.dumps(row) for row in rows) + "\n", encoding="utf-8")
    return path


def test_a_constant_no_scores_what_the_file_gives_it(tmp_path: Path):
    data = DataSet("iu-xray", str(question_file(tmp_path)))
    asks = {"without_images": "ask"}
    target = "scripted/constant?word=no"
    found = audited(tmp_path / "run", target, data, suite_options=asks)
    accuracy = one(found, "accuracy")
    assert accuracy.value == one(found, "constant no accuracy").value == 0.73
    assert "always 'no' is right in 73.0% of the yes-no questions" in accuracy.note
    assert one(found, "excess over best trivial baseline").extra["competence"] is False
    assert [e["metric"] for e in found if e["headline"]] == ["accuracy"]
    assert not any("image" in e["metric"] for e in found)


def test_without_their_pictures_questions_do_not_apply_unless_told(tmp_path: Path):
    path = str(question_file(tmp_path, 3, 5))
    listed = DataSet("iu-xray", path, {"missing": "list"})
    found = audited(tmp_path / "run", "scripted/oracle", listed)
    accuracy = one(found, "accuracy")
    assert accuracy.value is None and accuracy.n_not_applicable == 16
    assert accuracy.note.startswith("Not applicable")
    rows = recorded(tmp_path / "run")
    assert {row["labels"]["not_applicable"] for row in rows} == {"its picture is missing"}
    with pytest.raises(DataError, match="pictures are not in"):
        run(plan_for(SUITE, "scripted/oracle", data=[DataSet("iu-xray", path)]), tmp_path / "no")


def test_a_target_of_text_is_asked_what_is_in_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(ScriptedTarget, "abilities", Abilities())
    knowledge = DataSet("pack", "knowledge", {"difficulty": "easy"})
    data = (phantoms(kinds=["chest"], count=6), knowledge)
    found = audited(tmp_path, "scripted/right?p=0.8", *data, limit=80)
    assert holds(one(found, "accuracy"), 0.8)
    assert one(found, "accuracy").n_not_applicable > 0
    headlines = [e["metric"] for e in found if e["headline"]]
    assert headlines == ["accuracy", "excess over options-only"]
    reasons = Counter(r["labels"].get("not_applicable", "") for r in recorded(tmp_path))
    assert reasons["the target takes no images"] and len(reasons) == 2


# --- pictures ---------------------------------------------------------------------------------


def picture(path: Path, words: str = "") -> ImageRef:
    image = Image.fromarray(np.full((200, 320), 40, np.uint8))
    if words:
        draw = ImageDraw.Draw(image)
        for line in range(4):
            draw.text((12, 12 + 24 * line), words, fill=250, font_size=18)
    image.save(path)
    return ImageRef(str(path))


def case(number: int, image: ImageRef, **brief: Any) -> Case:
    words = {"key": 0, "task": "yes-no", "modality": "CR", "cluster": f"p{number}"} | brief
    return Case(f"c{number}", "", "Is it dark?", ("yes", "no"), (image,), brief=Brief(**words))


class FakeLoader:
    def __init__(self, cases: list[Case]) -> None:
        self.given = cases

    def load(self, path: Path, options: Any) -> Any:
        yield from self.given


def given(cases: list[Case], **options: Any) -> tuple[FactualitySuite, list[Case]]:
    suite = build(options)
    return suite, list(suite.cases([DataSet("fake", "x.csv")], {"fake": FakeLoader(cases)}))


class Book:
    """A bench that answers yes and notes what it was asked and told."""

    abilities = Abilities(images=True)

    def __init__(self, judged: dict[str, Any] | None = None) -> None:
        self.roles = ("target", "judge") if judged else ("target",)
        self.judged = json.dumps(judged)
        self.verdicts: list[Any] = []
        self.asked: list[tuple[str, Any]] = []
        self.trials: list[tuple[str, dict[str, Any]]] = []

    def rng(self, label: str) -> Any:
        from random import Random

        return Random(label)

    def arm(self, name: str, repeat: int = 0) -> Any:
        from auscult.core.message import Reply

        async def ask(messages: Any, **how: Any) -> Reply:
            role = how.get("role", "target")
            self.asked.append((name if role == "target" else role, messages[-1]))
            return Reply(text="Yes." if role == "target" else self.judged)

        async def judge(which: str, exhibit: Any) -> Any:
            return await registry.build("judges", which, {}).judge(exhibit, place)

        def record(*verdicts: Any, **labels: Any) -> None:
            self.verdicts += verdicts
            self.trials.append((name, labels))

        place = SimpleNamespace(ask=ask, judge=judge, record=record)
        return place


async def examined(suite: FactualitySuite, asked: Case) -> Book:
    book = Book()
    await suite.examine(asked, book)  # type: ignore[arg-type]
    return book


async def test_controls_change_the_picture_and_nothing_else(tmp_path: Path):
    first, second = picture(tmp_path / "a.png"), picture(tmp_path / "b.jpg")
    suite, cases = given([case(1, first), case(2, second)], legacy=True)
    book = await examined(suite, cases[0])
    arms = [arm for arm, _ in book.asked]
    assert arms == ["baseline", "baseline", "no-image", "grey-image", "shuffled-image", "legacy"]
    texts = {message.text for arm, message in book.asked if arm != "legacy"}
    assert len(texts) == 1
    shown = {arm: [part.digest for part in message.images] for arm, message in book.asked}
    assert shown["no-image"] == [] and shown["baseline"] == shown["legacy"]
    assert len({tuple(shown[arm]) for arm in suite.arms if arm != "options-only"}) == 4
    assert Counter(ask.role for ask in suite.cost(cases[0], book.abilities)) == {"target": 5}
    assert sum(ask.calls for ask in suite.cost(cases[0], book.abilities)) == len(book.asked)


async def test_the_published_question_has_no_way_out(tmp_path: Path):
    suite, cases = given([case(1, picture(tmp_path / "a.png"))], legacy=True, controls=())
    book = await examined(suite, cases[0])
    said = {arm: message.text for arm, message in book.asked}
    assert "I don't know" in said["baseline"] and "I don't know" not in said["legacy"]
    assert said["legacy"].endswith("[yes, no]")
    assert [labels.get("legacy_right") for _, labels in book.trials] == [1.0, None, 1.0]


async def test_a_picture_with_words_on_it_is_not_sent_until_cleared(tmp_path: Path):
    marked = picture(tmp_path / "named.png", "JOHN EXAMPLE 1961-03-04")
    suite, cases = given([case(1, marked)])
    book = await examined(suite, cases[0])
    reasons = {labels["not_applicable"] for _, labels in book.trials}
    assert not book.asked and len(reasons) == 1
    reason = reasons.pop()
    assert "sha256" in reason and "is not sent" in reason
    digest = next(word for word in reason.split() if len(word) == 64)
    (tmp_path / "cleared.txt").write_text(f"{digest}  named.png\n")
    for told in ({"cleared": str(tmp_path / "cleared.txt")}, {"burned_in": "allow"}):
        suite, cases = given([case(1, marked)], controls=(), **told)
        assert len((await examined(suite, cases[0])).asked) == 2


async def test_one_broken_picture_does_not_end_the_run(tmp_path: Path):
    (tmp_path / "a.png").write_bytes(b"\x89PNG\r\n\x1a\n broken")
    suite, cases = given([case(1, ImageRef(str(tmp_path / "a.png")))])
    book = await examined(suite, cases[0])
    assert not book.asked and len(book.trials) == 5
    assert all("a.png" in labels["not_applicable"] for _, labels in book.trials)


async def test_an_only_picture_has_no_other_to_be_shuffled_with(tmp_path: Path):
    suite, cases = given([case(1, picture(tmp_path / "a.png"))])
    book = await examined(suite, cases[0])
    lost = {
        arm: labels["not_applicable"] for arm, labels in book.trials if "not_applicable" in labels
    }
    assert list(lost) == ["shuffled-image"] and "no other picture" in lost["shuffled-image"]
    assert sum(ask.calls for ask in suite.cost(cases[0], book.abilities)) == len(book.asked) == 4


def test_a_donor_comes_from_the_cases_own_data_set(tmp_path: Path):
    sets = {name: FakeLoader([case(i, picture(tmp_path / f"{name}{i}.png")) for i in range(3)])
            for name in ("one", "two")}  # fmt: skip
    cases = build({}).cases([DataSet("one", "x.csv"), DataSet("two", "y.csv")], sets)
    for each in cases:
        assert Path(each.brief.extra["donor"]).name.startswith(each.id.partition("/")[0])


# --- open questions ---------------------------------------------------------------------------


async def test_open_questions_need_a_judge(tmp_path: Path):
    asks = case(1, picture(tmp_path / "a.png"), task="open", key=None, reference="Dark.")
    suite, cases = given([msgspec.structs.replace(asks, options=())])
    book = await examined(suite, cases[0])
    assert not book.asked
    assert [labels["not_applicable"] for _, labels in book.trials] == [
        "no judge model is bound: add [roles.judge]"
    ] * 2
    asked = {ask.role: ask.calls for ask in suite.cost(cases[0], book.abilities)}
    assert asked == {"target": 2, "judge": 4}


async def test_an_open_answer_is_read_by_the_judge_model(tmp_path: Path):
    asks = case(
        1, picture(tmp_path / "a.png"), task="open", key=None, reference="Dark on the left."
    )
    suite, cases = given([msgspec.structs.replace(asks, options=())])
    book = Book(judged={"quotes": ["Yes"], "missing": ["left"], "wrong_claims": [],
                        "verdict": "partly"})  # fmt: skip
    await suite.examine(cases[0], book)  # type: ignore[arg-type]
    assert [arm for arm, _ in book.asked] == ["baseline", "judge", "baseline", "judge"]
    assert [(v.behaviour, v.score) for v in book.verdicts] == [("partial", 0.5)] * 2
    assert [labels["length"] for _, labels in book.trials] == [4, 4]


def test_open_answers_without_a_usable_judgement_are_missing(tmp_path: Path):
    """The oracle's words are the reference: the short ones code can score; the judge bound here
    says nothing that can be read, so the others have no score."""
    data = phantoms(kinds=["chest"], count=6)
    roles = {"judge": RolePlan("scripted/constant")}
    found = audited(tmp_path / "oracle", "scripted/oracle", data, roles=roles)
    score = one(found, "open-answer score")
    assert (score.value, score.judge, score.headline) == (1, "open-answer", False)
    assert score.n and score.n_error and score.extra["bound_low"] < 1
    refused = audited(tmp_path / "refuses", "scripted/refuses", data, roles=roles)
    assert one(refused, "open-answer score").value == 0
    assert one(refused, "open-answer refusal rate").value == 1


# --- what cannot be ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("brief", "options", "said"),
    [
        ({"key": None}, ("yes", "no"), "no key"),
        ({"key": 2}, ("yes", "no"), "the key 2"),
        ({}, ("present", "absent"), "other options than yes and no"),
        ({"task": "multiple-choice"}, ("yes",), "needs two"),
        ({"task": "open", "key": None}, (), "no reference"),
    ],
)
def test_a_case_that_cannot_be_asked_is_named(tmp_path: Path, brief, options, said):
    wrong = case(7, picture(tmp_path / "a.png"), **brief)
    with pytest.raises(DataError, match=f"case 'c7' of data set 'fake' .*{said}"):
        given([msgspec.structs.replace(wrong, options=options)])


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"repeats": 0}, "give 1 or more"),
        ({"controls": ["no-image", "no-image"]}, "give each once"),
        ({"controls": ["blurred"]}, "blurred"),
        ({"without_images": "maybe"}, "maybe"),
        ({"max_side": 0}, "give 1 or more"),
        ({"letters": "AA"}, "different characters"),
    ],
)
def test_options_that_make_no_sense_are_told(options, said):
    with pytest.raises(PlanError, match=said):
        build(options)


def test_what_was_wrong_every_time_is_a_finding(tmp_path: Path):
    audited(tmp_path, "scripted/constant?letter=A&word=no", phantoms(kinds=["chest"], count=6))
    view = RunView(tmp_path)
    found = view.plugin(SUITE).findings(view)
    view.close()
    missed = [f for f in found if f.title.startswith("Answered")]
    assert missed and missed[0].title == "Answered 'no'; the key is 'yes'"
    assert missed[0].confirmed == "wrong in 2 of 2 fresh replies"
    assert missed[0].evidence.startswith("Asked: The picture looks like")
    assert any(f.title.startswith("Chose") for f in found) and len(found) <= 25
