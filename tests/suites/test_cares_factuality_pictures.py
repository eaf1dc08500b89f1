"""What cares/factuality shows, withholds and hands to a judge: one case on a bench of its own."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import msgspec
import pytest
from factuality_audits import Book, audited, case, examined, given, phantoms, picture
from seen import Rows, one

from auscult.core.case import ImageRef
from auscult.core.protocols import DataSet
from auscult.engine.plan import RolePlan
from auscult.suites.cares.factuality import build


@pytest.fixture(autouse=True)
def cache(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AUSCULT_CACHE", str(tmp_path_factory.getbasetemp() / "factual"))


# --- pictures ---------------------------------------------------------------------------------


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
    sets = {name: Rows(*(case(i, picture(tmp_path / f"{name}{i}.png")) for i in range(3)))
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
