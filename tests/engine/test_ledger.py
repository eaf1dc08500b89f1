"""What is put comes back; what cannot be trusted is refused; a full disk costs no answer."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest
from runs import plan_for, run, totals_of, trials_of

from auscult.core.errors import LedgerError, UsageError
from auscult.core.message import Reply, Usage
from auscult.engine.ledger import LEDGER_NAME, Ledger, open_reader
from auscult.engine.ledger_file import filesystem_of, refuse_untrusted
from auscult.engine.records import Call, Intent
from auscult.engine.view import RunView


def call(number: int, text: str = "B") -> Call:
    reply = Reply(text=text, usage=Usage(10, 2))
    body = b'{"messages":[{"role":"user","content":"question %d"}]}' % number
    return Call(number, 0, number, 0, "a.0/target/ask/0", "target", b"h", body, reply, 0.1, None, 1)


async def test_records_survive_singly_and_in_groups(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path)
    ledger.start()
    for number in range(1, 1001):
        ledger.commit.put("intent", Intent(number, 0, number, 0, "p", "target", 5))
        ledger.commit.put("call", call(number))
        if number % 2:  # many small segments: the dictionary is learnt on the way
            await ledger.commit.wait()
    await ledger.stop("complete")
    ledger.close()
    reader = open_reader(tmp_path)
    assert [c.id for c in reader.calls()] == list(range(1, 1001))
    assert reader.totals()["target"].input_tokens == 10_000
    assert reader.next_call_id() == 1001
    assert reader.unresolved() == []
    assert reader._db.execute("SELECT count(*) FROM dictionaries").fetchone()[0] == 1
    assert [c.id for c in reader.calls_of({(0, 7, 0)})[(0, 7, 0)]] == [7]
    reader.close()


async def test_an_intent_without_outcome_is_unresolved(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path)
    ledger.start()
    for number in (1, 2, 3):
        ledger.commit.put("intent", Intent(number, 0, number, 0, "p", "target", 5))
    ledger.commit.put("call", call(1))
    ledger.commit.put("void", 3)
    await ledger.stop("complete")
    assert [intent.id for intent in ledger.unresolved()] == [2]
    ledger.close()


def test_a_foreign_file_and_another_version_are_refused(tmp_path: Path) -> None:
    (tmp_path / LEDGER_NAME).write_bytes(b"not a database, " * 100)
    with pytest.raises(LedgerError, match="cannot open the ledger"):
        open_reader(tmp_path)
    (tmp_path / LEDGER_NAME).unlink()
    run(plan_for(suite_options={"count": 3}), tmp_path)
    db = sqlite3.connect(tmp_path / LEDGER_NAME)
    db.execute("PRAGMA user_version=9")
    db.close()
    with pytest.raises(LedgerError, match="written by another, newer Auscult"):
        open_reader(tmp_path)


def test_no_run_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="there is no run in"):
        RunView(tmp_path)


def test_a_network_filesystem_is_refused() -> None:
    mounts = "/dev/sda / ext4 rw 0 0\nserver:/x /mnt/share nfs4 rw 0 0\n"
    assert filesystem_of(Path("/mnt/share/runs"), mounts) == "nfs4"
    assert filesystem_of(Path("/mnt/shared"), mounts) == "ext4"
    with pytest.raises(UsageError, match="network filesystem"):
        refuse_untrusted(Path("/mnt/share/runs"), mounts)


def test_a_folder_that_cannot_be_made_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(UsageError, match="cannot write a run into"):
        run(plan_for(suite_options={"count": 3}), tmp_path / "file" / "run")


def test_a_full_disk_saves_what_was_in_flight_and_resumes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """SQLite's own page limit gives the error a full disk gives; the reserve gives room."""
    from auscult.engine import writer

    room = {"pages": 40}
    commit = writer.GroupCommit._commit
    release = writer.release_reserve

    def tight(self: writer.GroupCommit, *args: object) -> None:
        self._db.execute(f"PRAGMA max_page_count={room['pages']}")
        commit(self, *args)  # type: ignore[arg-type]

    def released(folder: Path) -> bool:
        room["pages"] = 4000
        return release(folder)

    monkeypatch.setattr(writer.GroupCommit, "_commit", tight)
    monkeypatch.setattr(writer, "release_reserve", released)
    plan = plan_for(
        target="testkit/x?latency=0.01",
        suite_options={"count": 3000, "words": 80},
        limits={"concurrency": 16},
    )
    outcome = run(plan, tmp_path)
    assert isinstance(outcome.error, LedgerError)
    assert "no room left" in str(outcome.error) and "\n" not in str(outcome.error)
    assert 0 < outcome.finished < 3000
    kept = totals_of(tmp_path)["target"].calls
    assert RunView(tmp_path).unresolved == 0  # every answer that came back was kept

    monkeypatch.undo()
    assert run(plan, tmp_path).stopped == "complete"
    assert totals_of(tmp_path)["target"].calls == 3000 and kept > 0
    whole = tmp_path / "whole"
    run(plan, whole)
    assert trials_of(tmp_path) == trials_of(whole)
