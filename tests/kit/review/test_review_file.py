"""The queue on disk: private, appended to safely, filled in by hand or in a spreadsheet."""

from __future__ import annotations

import csv
import stat
import sys
import threading
from pathlib import Path
from subprocess import PIPE, Popen

import msgspec
import pytest

from auscult.core.errors import DataError, UsageError
from auscult.kit.review.queue_file import (
    Answer,
    QueueItem,
    Turn,
    append_answer,
    open_to,
    read_queue,
    write_queue,
)

WORDS = 'حالة\u202e طارئة, "quoted"\r\nnext\x00 é 🩺'


def items(n: int = 4, readers: int = 1) -> list[QueueItem]:
    return [
        QueueItem(
            item=f"q1-{number}", question="Met?", prompt=(Turn("user", WORDS),),
            reply=f"=HYPERLINK({number})", allowed=("met", "not met"), readers=readers,
        )
        for number in range(n)
    ]  # fmt: skip


def said(number: int, reviewer: str = "A", label: str = "met") -> Answer:
    return Answer(item=f"q1-{number}", label=label, reviewer=reviewer, at=f"t{number}")


def test_it_is_private_and_never_written_over(tmp_path: Path) -> None:
    path = tmp_path / "queue.jsonl"
    write_queue(path, items())
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    before = path.read_bytes()
    with pytest.raises(UsageError, match="is there already"):
        write_queue(path, items(1))
    assert path.read_bytes() == before and list(tmp_path.iterdir()) == [path]
    assert list(read_queue(path).items) == items()


def test_a_label_by_hand_needs_a_name(tmp_path: Path) -> None:
    path = tmp_path / "queue.jsonl"
    first, *rest = items()
    write_queue(path, [msgspec.structs.replace(first, label=" met "), *rest])
    with pytest.raises(UsageError, match="names no reviewer"):
        read_queue(path)
    assert read_queue(path, "Dr Ö").answers == (Answer(item="q1-0", label="met", reviewer="Dr Ö"),)


def test_a_spreadsheet_goes_there_and_back(tmp_path: Path) -> None:
    path = tmp_path / "queue.csv"
    write_queue(path, items())
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["reply"] for row in rows] == [f"'=HYPERLINK({n})" for n in range(4)]
    assert WORDS.replace("\0", "\u2400") in rows[0]["prompt"]
    rows[2] |= {"label": "not met", "reviewer": "Dr Ö"}
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.DictWriter(file, rows[0].keys())
        writer.writeheader()
        writer.writerows(rows)
    assert read_queue(path).answers == (Answer(item="q1-2", label="not met", reviewer="Dr Ö"),)
    path.write_text("item,reply\nq1-0,x\n")
    with pytest.raises(DataError, match="no column 'label'"):
        read_queue(path)


def test_an_answer_cut_off_by_a_kill_is_asked_again(tmp_path: Path) -> None:
    path = tmp_path / "queue.jsonl"
    write_queue(path, items())
    append_answer(path, said(0))
    whole = path.read_bytes()
    line = msgspec.json.encode(said(1))
    for cut in range(len(b'{"item":'), len(line)):
        path.write_bytes(whole + line[:cut])
        assert [one.item for one in open_to(read_queue(path), "A")] == ["q1-1", "q1-2", "q1-3"]
    append_answer(path, said(2))
    assert [one.item for one in open_to(read_queue(path), "A")] == ["q1-1", "q1-3"]
    path.write_bytes(whole + b"what is this\n")
    with pytest.raises(DataError, match="line 6"):
        read_queue(path)


def test_a_kill_while_answering_loses_nothing_that_was_saved(tmp_path: Path) -> None:
    path = tmp_path / "queue.jsonl"
    write_queue(path, items())
    code = (
        "import sys; from pathlib import Path\n"
        "from auscult.kit.review.queue_file import Answer, append_answer\n"
        "n = 0\n"
        "while True:\n"
        "    append_answer(Path(sys.argv[1]), Answer(item='q1-0', label='met', reviewer=str(n)))\n"
        "    print(n, flush=True); n += 1\n"
    )
    process = Popen([sys.executable, "-c", code, str(path)], stdout=PIPE, text=True)
    assert process.stdout is not None
    last = ""
    for _ in range(12):
        last = process.stdout.readline().strip()
    process.kill()
    process.communicate()
    kept = [answer.reviewer for answer in read_queue(path).answers]
    assert kept == [str(n) for n in range(len(kept))] and len(kept) > int(last)


def test_two_people_answer_at_once(tmp_path: Path) -> None:
    path = tmp_path / "queue.jsonl"
    write_queue(path, items(30, readers=2))

    def work(who: str) -> None:
        for number in range(30):
            append_answer(path, said(number, who))

    threads = [threading.Thread(target=work, args=(who,)) for who in ("A", "B")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    found = read_queue(path)
    assert len(found.answers) == 60 and not open_to(found, "A") and not open_to(found, "C")


def test_who_reads_what(tmp_path: Path) -> None:
    path = tmp_path / "queue.jsonl"
    one, two = items(2)
    write_queue(path, [one, msgspec.structs.replace(two, readers=2)])
    append_answer(path, said(0))
    append_answer(path, said(1))
    file = read_queue(path)
    assert open_to(file, "A") == [] and [i.item for i in open_to(file, "B")] == ["q1-1"]


def test_an_empty_queue_and_none(tmp_path: Path) -> None:
    path = tmp_path / "queue.jsonl"
    write_queue(path, [])
    assert read_queue(path).items == () == read_queue(path).answers
    with pytest.raises(UsageError, match="there is no queue"):
        read_queue(tmp_path / "none.jsonl")
