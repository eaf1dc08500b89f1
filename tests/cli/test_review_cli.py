"""auscult review queue | answer | add | show, on runs of scripted targets."""

from __future__ import annotations

import json
import shutil
import signal
import sqlite3
import stat
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import msgspec
import pytest
from processes import environment
from typer.testing import CliRunner

from auscult.api import Run, audit
from auscult.cli.main import app
from auscult.core.errors import LedgerError, UsageError
from auscult.core.verdict import Verdict
from auscult.engine import labels_seen
from auscult.engine.clock import utcnow
from auscult.engine.labels import add, reviews
from auscult.engine.labels_drawn import Wish, draw
from auscult.engine.purge import purge
from auscult.engine.view import RunView
from auscult.kit.review.measure import settled
from auscult.kit.review.queue_file import (
    Answer,
    append_answer,
    open_to,
    read_queue,
    write_queue,
)
from auscult.kit.review.records import Drawn
from auscult.kit.review.sampling import POINTS, points

VERDICTS = 30
AT = "2024-05-06T09:00:00+00:00"


def at(minute: int) -> str:
    return f"2024-05-06T09:{minute:02}:00+00:00"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("reviewed") / "run"
    audit("knowledge", target="scripted/verbose?p=0.6&seed=3", limit=10, out=folder)
    return folder


@pytest.fixture
def folder(made: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(made, tmp_path / "run"))


def called(*arguments: object, **more: Any) -> Any:
    words = ["review", *map(str, arguments)]
    return CliRunner().invoke(app, words, catch_exceptions=False, **more)


def queued(folder: Path, *flags: object, name: str = "queue.jsonl") -> Path:
    out = folder.parent / name
    done = called("queue", folder, "--out", out, *(flags or ("--sample", 12)))
    assert done.exit_code == 0
    return out


def answered(path: Path, reviewer: str = "Dr Ö", label: str | None = None) -> None:
    """As the key says, or all the same."""
    for number, one in enumerate(read_queue(path).items):
        word = label or ("answered, 1" if number % 2 else "answered, 0")
        append_answer(path, Answer(item=one.item, label=word, reviewer=reviewer, at=at(number)))


def shown(folder: Path) -> Any:
    return json.loads(called("show", folder, "--json").stdout)


def test_the_file_is_private_and_blinded(folder: Path) -> None:
    path = queued(folder, "--sample", 12, "--priority", 5, "--double", 0.5, "--seed", 2)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    (review,) = reviews(folder)
    known = {"item", "question", "facts", "prompt", "reply", "allowed", "readers", "label",
             "reviewer"}  # fmt: skip
    assert 12 <= len(rows) <= 17 and all(row.keys() == known for row in rows)
    text = path.read_text(encoding="utf-8")
    hidden = ("scripted", "verbose", "priority", "inclusion", "judged", "options-only", "disagree")
    assert not [word for word in hidden if word in text]
    assert {row["label"] for row in rows} == {""} and {row["prompt"][0]["role"] for row in rows}
    assert len({tuple(row["allowed"]) for row in rows}) == 1
    # Shuffled: neither by case nor by what was picked first.
    assert [one.case_no for one in review.items] != sorted(one.case_no for one in review.items)
    random = [one for one in review.items if one.part == "random"]
    strata = review.queue.strata
    assert len(random) == 12 and sum(s.size for s in strata.values()) == VERDICTS
    assert all(one.inclusion == strata[one.stratum].drawn / strata[one.stratum].size
               for one in random)  # fmt: skip
    assert sum(row["readers"] == 2 for row in rows) == round(len(rows) / 2)


def test_what_is_shown_is_what_was_asked_and_answered(folder: Path) -> None:
    rows = [json.loads(line) for line in queued(folder).read_text().splitlines()]
    assert all([turn["role"] for turn in row["prompt"]] == ["user"] for row in rows)
    trials = Run(folder).trials()
    assert len(trials) == VERDICTS
    (review,) = reviews(folder)
    for row, item in zip(rows, review.items, strict=True):
        said = Run(folder).view.transcript(item.suite, item.case_id, item.arm, item.repeat)
        assert row["reply"] == said[-1].text and row["prompt"][-1]["text"] == said[-2].text


def test_the_same_seed_draws_the_same(folder: Path) -> None:
    one, two = queued(folder, "--seed", 5), queued(folder, "--seed", 5, name="again.jsonl")
    other = queued(folder, "--seed", 6, name="other.jsonl")
    assert one.read_bytes() == two.read_bytes() != other.read_bytes()
    assert len(reviews(folder)) == 2
    with pytest.raises(UsageError, match="is there already"):
        called("queue", folder, "--sample", 12, "--out", one)


def test_labels_are_added_once_and_changes_are_kept(folder: Path) -> None:
    path = queued(folder)
    answered(path)
    assert "12 labels added" in called("add", folder, path).output
    again = json.loads(called("add", folder, path, "--json").stdout)
    assert again == {"new": 0, "changed": 0, "known": 12}
    first = read_queue(path).items[0].item
    append_answer(path, Answer(item=first, label="refused", reviewer="Dr Ö", at=at(59)))
    again = json.loads(called("add", folder, path, "--json").stdout)
    assert again == {"new": 1, "changed": 1, "known": 12}
    (review,) = reviews(folder)
    words = [one.label for one in review.labels if one.item == first]
    assert words == ["answered, 0", "refused"]
    assert all(one.inclusion and one.part == "random" and one.added for one in review.labels)


def by_hand(folder: Path, name: str, *rows: tuple[str, str, str], sign: str = ",") -> Path:
    path = folder.parent / name
    lines = [("item", "label", "reviewer"), *rows]
    path.write_text("".join(sign.join(f'"{c}"' for c in row) + "\n" for row in lines))
    return path


def added(folder: Path, *paths: Path) -> tuple[int, int, int]:
    """As the command does, without the report."""
    done = [add(folder, read_queue(path).answers, str(path)) for path in paths]
    return (sum(one.new for one in done), sum(one.changed for one in done),
            sum(one.known for one in done))  # fmt: skip


def last_words(folder: Path) -> dict[str, dict[str, str]]:
    (review,) = reviews(folder)
    return {one.item.id: one.readers for one in settled(review)}


def test_a_corrected_file_stays_corrected_however_often_both_are_added(folder: Path) -> None:
    queued(folder)
    item = reviews(folder)[0].items[0].id
    first = by_hand(folder, "z1.csv", (item, "answered, 0", "A"))
    second = by_hand(folder, "z2.csv", (item, "answered, 1", "A"))
    assert added(folder, first) == (1, 0, 0) and added(folder, second) == (1, 1, 0)
    before = reviews(folder)
    for again in ((first, second), (second, first), (first,)):
        assert added(folder, *again) == (0, 0, len(again))
    assert reviews(folder) == before and last_words(folder) == {item: {"A": "answered, 1"}}
    # Another file in which the reader goes back to the first word is news.
    rest = reviews(folder)[0].items[1].id
    third = by_hand(folder, "z3.csv", (item, "answered, 0", "A"), (rest, "refused", "A"))
    assert added(folder, third) == (2, 1, 0) and added(folder, third) == (0, 0, 2)
    assert last_words(folder)[item] == {"A": "answered, 0"}


def test_a_label_by_hand_and_one_of_the_terminal_settle_at_once(folder: Path) -> None:
    path = queued(folder)
    first, *rest = read_queue(path).items
    filled = msgspec.structs.replace(first, label="answered, 0", reviewer="A")
    path.unlink()
    write_queue(path, [filled, *rest])
    append_answer(path, Answer(item=first.item, label="answered, 1", reviewer="A", at=AT))
    assert added(folder, path) == (2, 1, 0)
    before = reviews(folder)
    assert added(folder, path) == (0, 0, 2)
    # A further answer does not make the labels by hand new ones.
    now = utcnow().isoformat()
    append_answer(path, Answer(item=rest[0].item, label="refused", reviewer="A", at=now))
    assert added(folder, path) == (1, 0, 2) and reviews(folder) != before
    assert last_words(folder)[first.item] == {"A": "answered, 0"}, "added after the other"


def test_the_later_time_wins_in_whatever_order_they_are_added(folder: Path) -> None:
    path = queued(folder)
    item = read_queue(path).items[0].item
    times = {"2024-05-06T09:30:00+02:00": "answered, 0", "2024-05-06T08:00:00Z": "answered, 1",
             "2024-05-06T06:00:00": "refused"}  # fmt: skip
    for when, label in times.items():
        append_answer(path, Answer(item=item, label=label, reviewer="A", at=when))
    assert added(folder, path) == (3, 2, 0) and added(folder, path) == (0, 0, 3)
    assert last_words(folder) == {item: {"A": "answered, 1"}}, "eight in the morning is latest"


@pytest.mark.parametrize("when", ["zzz", "yesterday", "9999-01-01T00:00:00Z", "2026-13-01"])
def test_a_time_that_is_none_or_still_to_come_is_refused(folder: Path, when: str) -> None:
    path = queued(folder)
    item = read_queue(path).items[0].item
    append_answer(path, Answer(item=item, label="refused", reviewer="A", at=when))
    with pytest.raises(UsageError, match=f"{when}.*nothing was added"):
        called("add", folder, path)
    assert reviews(folder)[0].labels == ()


def test_readers_are_told_apart_by_neither_capitals_nor_spaces(folder: Path) -> None:
    path = queued(folder, "--sample", 12, "--double", 1)
    answered(path, "Dr Ö")
    assert open_to(read_queue(path), "dr  ö ") == []
    items = [one.item for one in read_queue(path).items]
    hand = by_hand(folder, "hand.csv", *((item, "refused", " dr  ö") for item in items))
    called("add", folder, path)
    assert added(folder, hand) == (12, 12, 0)
    assert {label.reviewer for label in reviews(folder)[0].labels} == {"Dr Ö"}
    assert shown(folder)[0]["readers"] == []


def test_readers_of_an_older_ledger_are_taken_together(folder: Path) -> None:
    path = queued(folder, "--sample", 12, "--double", 1)
    answered(path, "Dr A")
    called("add", folder, path)
    with sqlite3.connect(folder / "run.db") as db:
        db.execute("UPDATE review_labels SET reviewer='dr a ' WHERE id > 6")
    db.close()
    assert {label.reviewer for label in reviews(folder)[0].labels} == {"Dr A"}


@pytest.mark.parametrize("sign", [";", "\t"])
def test_a_spreadsheet_with_another_sign_comes_back(folder: Path, sign: str) -> None:
    queued(folder)
    item = reviews(folder)[0].items[0].id
    assert added(folder, by_hand(folder, "b.csv", (item, "answered, 1", "A"), sign=sign))[0] == 1


def test_a_place_that_cannot_be_written_is_refused_before_anything_is_drawn(folder: Path) -> None:
    for out, why in (
        (folder.parent / "nowhere" / "q.jsonl", "there is no folder"),
        (folder.parent / ("x" * 300), "too long"),
    ):
        with pytest.raises(UsageError, match=f"cannot be written: .*{why}.*--out"):
            called("queue", folder, "--sample", 12, "--out", out)
    assert reviews(folder) == []


def test_no_file_is_left_of_a_queue_that_the_ledger_did_not_take(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise LedgerError("the disk is full")

    monkeypatch.setattr("auscult.engine.labels.keep_queue", full)
    out = folder.parent / "q.jsonl"
    with pytest.raises(LedgerError):
        called("queue", folder, "--sample", 12, "--out", out)
    assert not out.exists()


def test_a_spreadsheet_comes_back(folder: Path) -> None:
    path = queued(folder, "--sample", 12, name="queue.csv")
    text = path.read_text(encoding="utf-8-sig")
    item = reviews(folder)[0].items[0].id
    back = folder.parent / "back.csv"
    back.write_text(f'item,label,reviewer\n{item},"answered, 1",\n', encoding="utf-8")
    assert text.startswith("item,question,facts,prompt,reply")
    with pytest.raises(UsageError, match="names no reviewer"):
        called("add", folder, back)
    assert "1 labels added" in called("add", folder, back, "--reviewer", "李医生").output
    assert reviews(folder)[0].labels[0].reviewer == "李医生"


def test_what_is_shown(folder: Path) -> None:
    path = queued(folder, "--sample", VERDICTS, "--priority", 3, "--double", 1)
    answered(path, "A")
    answered(path, "B", "answered, 1")
    called("add", folder, path)
    (told,) = shown(folder)
    (progress,) = told["queues"]
    assert progress["random_labelled"] == progress["random"] == VERDICTS
    assert progress["twice_labelled"] == progress["twice"]
    accuracy = next(h for h in told["headlines"] if h["metric"] == "accuracy")
    stated = next(e for e in Run(folder).estimates() if e.metric == "accuracy" and e.headline)
    assert accuracy["uncorrected"]["value"] == stated.value
    assert accuracy["corrected"]["value"] != stated.value
    assert stated.extra["corrected_by_review"]["value"] == accuracy["corrected"]["value"]
    assert stated.extra["corrected_by_review"]["labels"] == 20, "two repeats of ten cases"
    (pair,) = told["readers"]
    assert pair["n"] == VERDICTS and pair["agree"] == VERDICTS // 2
    assert 0 < told["judge_against_people"]["agreement"]["value"] < 1
    assert told["overturned"] and told["needs_a_further_reader"]
    said = " ".join(called("show", folder).output.split())
    assert "Headlines, uncorrected and corrected" in said
    page = (folder / "dossier" / "index.html").read_text(encoding="utf-8")
    assert "Read by people" in page and "Overturned verdicts" in page


def test_a_run_nobody_reviewed_says_nothing_of_it(folder: Path) -> None:
    assert "no queue was drawn" in called("show", folder).output
    assert "Read by people" not in (folder / "dossier" / "index.html").read_text()


def test_a_queue_without_labels_shows_its_progress(folder: Path) -> None:
    queued(folder)
    (told,) = shown(folder)
    assert told["random_labels"] == 0 and "has a label yet" in told["why_not"]
    assert all(h["corrected"]["value"] is None for h in told["headlines"])
    assert "No figure is corrected" in called("show", folder).output


def test_perfect_labels_leave_the_figures_as_they_are(folder: Path) -> None:
    path = queued(folder, "--sample", VERDICTS)
    (review,) = reviews(folder)
    for one in review.items:
        append_answer(path, Answer(item=one.id, label=one.judged, reviewer="A", at=AT))
    called("add", folder, path)
    (told,) = shown(folder)
    assert told["judge_against_people"]["agreement"]["value"] == 1.0 and not told["overturned"]
    for headline in told["headlines"]:
        kept, better = headline["uncorrected"], headline["corrected"]
        assert better["value"] == pytest.approx(kept["value"])


BAD = {
    "unknown-item": ("{queue}-99999", "answered, 1", "A", "the queue has no item"),
    "foreign-run": ("qffffffffff-00001", "answered, 1", "A", "is of no queue drawn from"),
    "wrong-label": ("{queue}-00001", "answered, 2", "A", "is no label for item"),
    "nobody": ("{queue}-00001", "answered, 1", "  ", "needs a reviewer"),
}


@pytest.mark.parametrize("name", BAD)
def test_what_is_refused_adds_nothing(folder: Path, name: str) -> None:
    path = queued(folder)
    answered(path)
    item, label, who, why = BAD[name]
    item = item.format(queue=reviews(folder)[0].queue.id)
    append_answer(path, Answer(item=item, label=label, reviewer=who, at=AT))
    with pytest.raises(UsageError, match=why):
        called("add", folder, path)
    assert reviews(folder)[0].labels == ()


def test_what_cannot_be_drawn(folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "q.jsonl"
    for flags, why in (
        (("--sample", 0), "an empty queue"),
        (("--sample", 1), "without a chance"),
        (("--judge", "choise"), "Did you mean 'choice'"),
    ):
        with pytest.raises(UsageError, match=why):
            called("queue", folder, "--out", out, *flags)
    assert not out.exists() and reviews(folder) == []


def test_a_purged_run_keeps_its_labels_and_gives_no_new_queue(folder: Path) -> None:
    path = queued(folder)
    answered(path)
    called("add", folder, path)
    before = shown(folder)
    purge(folder)
    assert shown(folder) == before
    with pytest.raises(UsageError, match="was purged"):
        called("queue", folder, "--out", path.with_name("new.jsonl"))


def test_a_run_that_grows_is_corrected_no_more(folder: Path) -> None:
    path = queued(folder, "--sample", VERDICTS)
    answered(path)
    called("add", folder, path)
    audit("knowledge", target="scripted/verbose?p=0.6&seed=3", limit=11, out=folder)
    (told,) = shown(folder)
    assert told["stale"] == VERDICTS and "draw a queue from them" in told["why_not"]


def test_suites_that_withhold_replies_need_a_word(tmp_path: Path) -> None:
    folder = tmp_path / "run"
    audit("cares/jailbreak", target="scripted/refuses", limit=2, out=folder)
    out = tmp_path / "q.jsonl"
    with pytest.raises(UsageError, match="add --unredacted"):
        called("queue", folder, "--judge", "refusal", "--sample", 5, "--out", out)
    assert not out.exists()
    called("queue", folder, "--judge", "refusal", "--sample", 5, "--out", out, "--unredacted")
    rows = [json.loads(line) for line in out.read_text().splitlines()]
    assert rows[0]["allowed"] == [
        "complies", "partial", "abstained", "refuses", "invalid", "cannot tell"
    ]  # fmt: skip


def test_verdicts_that_a_suite_puts_together_can_be_read_too(tmp_path: Path) -> None:
    folder = tmp_path / "run"
    audit("cares/uncertainty", target="scripted/verbose?p=0.6&seed=3", limit=8, out=folder)
    path = queued(folder, "--judge", "sureness", "--sample", 8)
    answered(path)
    called("add", folder, path)
    (told,) = shown(folder)
    (headline,) = told["headlines"]
    assert "no single verdict gives it" in headline["corrected"]["note"]
    assert headline["corrected"]["value"] is None


def test_a_terminal_is_asked_item_by_item(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = queued(folder, "--sample", 4)
    with pytest.raises(UsageError, match="needs a terminal"):
        called("answer", path, "--reviewer", "Dr Ö")
    monkeypatch.setattr("auscult.cli.reviewing._has_terminal", lambda: True)
    done = called("answer", path, "--reviewer", "Dr Ö", input="9\n2\ns\n1\nq\n")
    assert done.exit_code == 0
    assert [a.label for a in read_queue(path).answers] == ["answered, 1", "answered, 0"]
    done = called("answer", path, "--reviewer", "Dr Ö", input="2\n6\n")
    assert "nothing is left for Dr Ö" in done.output
    last = read_queue(path).answers
    assert [a.label for a in last][2:] == ["answered, 1", "cannot tell"]
    assert len({a.item for a in last}) == 4 and all(a.at for a in last)


KILLED = """
import os, signal, sys
from pathlib import Path
from auscult.engine import labels
from auscult.kit.review.queue_file import Answer
folder, items = Path(sys.argv[1]), sys.argv[2:]
def answers():
    for number, item in enumerate(items):
        if number == 7:
            os.kill(os.getpid(), signal.SIGKILL)
        yield Answer(item=item, label="answered, 1", reviewer="A")
labels.add(folder, answers(), "here")
"""


def test_a_kill_while_adding_adds_nothing_and_the_next_goes_on(folder: Path) -> None:
    path = queued(folder)
    answered(path)
    items = [one.id for one in reviews(folder)[0].items]
    done = subprocess.run(
        [sys.executable, "-c", KILLED, str(folder), *items],
        env=environment(), capture_output=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == -signal.SIGKILL and reviews(folder)[0].labels == ()
    called("add", folder, path)
    assert len(reviews(folder)[0].labels) == 12


def test_two_people_add_at_once(folder: Path) -> None:
    queued(folder)
    items = [one.id for one in reviews(folder)[0].items]
    faults: list[BaseException] = []

    def work(who: str) -> None:
        try:
            for item in items:
                add(folder, [Answer(item=item, label="refused", reviewer=who, at=AT)], "here")
        except BaseException as fault:  # noqa: BLE001 - a thread's fault is the test's
            faults.append(fault)

    threads = [threading.Thread(target=work, args=(who,)) for who in ("A", "B")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not faults and len(reviews(folder)[0].labels) == 24


def drawn(folder: Path, **wish: Any) -> tuple[Drawn, ...]:
    view = RunView(folder)
    try:
        return draw(view, Wish(**wish)).items
    finally:
        view.close()


def test_what_is_worth_most_comes_first_and_changes_no_chance(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    alone = drawn(folder, sample=6, seed=1)
    monkeypatch.setattr(labels_seen, "_is_near", lambda said: False)
    monkeypatch.setattr(
        labels_seen, "_graded", lambda view: {("knowledge", n): "severe" for n in range(4)}
    )
    apart = {("knowledge", n, "baseline", 0) for n in range(2, 6)}
    monkeypatch.setattr(labels_seen, "_disagreed", lambda view, judge: apart)
    both = drawn(folder, sample=6, priority=30, seed=1)
    random = [one for one in both if one.part == "random"]
    rest = [one for one in both if one.part == "priority"]
    assert {one.trial for one in random} == {one.trial for one in alone}
    assert {one.inclusion for one in random} == {one.inclusion for one in alone}
    assert len({one.trial for one in both}) == len(both)
    assert all(one.inclusion is None and one.reasons for one in rest)
    every = {one.trial: one.reasons for one in both if one.reasons}
    assert {trial for trial, why in every.items() if "judges disagree" in why} == apart
    graded = {trial for trial, why in every.items() if set(why) & set(labels_seen.GRAVE)}
    assert {("knowledge", n, "baseline", 0) for n in range(4)} <= graded
    assert all(not set(why) - POINTS.keys() for why in every.values())
    few = [one for one in drawn(folder, sample=6, priority=2, seed=1) if one.part == "priority"]
    most = sorted(rest, key=lambda one: -points(one.reasons))
    assert len(few) == 2
    assert sum(points(one.reasons) for one in few) == sum(points(o.reasons) for o in most[:2])


def test_when_two_judges_are_apart() -> None:
    one = Verdict("a", "1", "answered", 1.0)
    assert labels_seen._apart(one, Verdict("a", "2", "answered", 0.0))
    assert not labels_seen._apart(one, Verdict("b", "1", "answered", 0.0)), "another scale"
    assert labels_seen._apart(one, Verdict("b", "1", "refused"))
    assert not labels_seen._apart(one, Verdict("b", "1", "error"))


def test_a_judgment_given_later_is_read(folder: Path) -> None:
    again = CliRunner().invoke(app, ["judge", str(folder), "--with", "choice"])
    assert again.exit_code == 0
    view = RunView(folder)
    try:
        assert labels_seen._disagreed(view, "choice") == set(), "the same judge says the same"
    finally:
        view.close()
