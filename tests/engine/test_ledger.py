"""What is put comes back; what cannot be trusted is refused; a full disk costs no answer."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest
from runs import plan_for, run, totals_of, trials_of

from auscult.core.errors import LedgerError, UsageError
from auscult.core.message import Reply, Usage
from auscult.engine.codec import Codec
from auscult.engine.ledger import LEDGER_NAME, Ledger, Reader, open_reader
from auscult.engine.ledger_file import filesystem_of, refuse_untrusted
from auscult.engine.records import Call, Intent
from auscult.engine.state import load_pasts, load_state
from auscult.engine.view import RunView


def call(number: int, text: str = "B") -> Call:
    reply = Reply(text=text, usage=Usage(10, 2), model="m", fingerprint="fp1")
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
    assert reader.totals()["target"].models == {"m fp1": 1000}
    assert reader.next_call_id() == 1001
    assert reader.unresolved() == []
    assert reader._db.execute("SELECT count(*) FROM dictionaries").fetchone()[0] == 1
    assert [c.id for c in reader.calls_of({(0, 7, 0)}.__contains__)[(0, 7, 0)]] == [7]
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


async def test_what_was_replayed_is_counted_though_the_session_be_killed(tmp_path: Path) -> None:
    for session in (1, 2):
        ledger = Ledger(tmp_path)
        ledger.start()
        ledger.commit.replayed += 3
        ledger.commit.put("call", call(session))
        await ledger.commit.wait()
        reader = open_reader(tmp_path)  # as a later process finds it
        assert reader.meta("replayed") == {"calls": 3 * session}
        reader.close()
        await ledger.stop("complete")
        ledger.close()


def test_only_the_effects_of_unfinished_cases_are_decoded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = plan_for(
        suite_options={"count": 60, "turns": 2, "draws": True},
        limits={"calls": 110, "concurrency": 1},
    )
    run(plan, tmp_path)
    reader = open_reader(tmp_path)
    states = load_state(reader, [60], {})
    number = states[0].prefix() - 1
    states[0].done[number] = 0
    unpacked: list[bytes] = []
    unpack = Codec.unpack

    def counted(self: Codec, number: int, body: bytes, *what: str) -> bytes:
        unpacked.append(body)
        return unpack(self, number, body, *what)

    monkeypatch.setattr(Codec, "unpack", counted)
    pasts = load_pasts(reader, states)
    reader.close()
    past = pasts.pop((0, number, 0))
    assert list(past.effects) == ["plain.0/time/now"] and len(past.calls) == 2
    assert pasts == {}
    assert len(unpacked) <= 3, "at most one segment for each of its effects and calls"


READINGS: dict[str, Callable[[Reader], object]] = {
    "call": lambda reader: list(reader.calls()),
    "case": lambda reader: list(reader.cases()),
    "effect": lambda reader: reader.effects_of(lambda key: True),
}


@pytest.mark.parametrize("kind", READINGS)
@pytest.mark.parametrize("column", ["body", "keys"])
def test_bit_rot_is_one_sentence_that_names_the_file(
    tmp_path: Path, kind: str, column: str
) -> None:
    run(plan_for(suite_options={"count": 30, "draws": True}, limits={"calls": 20}), tmp_path)
    path = tmp_path / LEDGER_NAME
    db = sqlite3.connect(path)
    query = f"SELECT id, {column} FROM segments WHERE kind=? ORDER BY id LIMIT 1"
    number, whole = db.execute(query, (kind,)).fetchone()
    rotten = whole[:-3] if column == "keys" else whole[:9] + bytes(b ^ 0xFF for b in whole[9:])
    db.execute(f"UPDATE segments SET {column}=? WHERE id=?", (rotten, number))
    db.commit()
    db.close()
    reader = open_reader(tmp_path)
    with pytest.raises(LedgerError) as said:
        READINGS[kind](reader) if column == "body" else list(reader.keys(kind))
    reader.close()
    assert str(path) in str(said.value) and f"segment {number}" in str(said.value)
    assert "restore it from a copy" in str(said.value) and "\n" not in str(said.value)


def test_a_page_that_was_overwritten_is_one_sentence(tmp_path: Path) -> None:
    plan = plan_for(suite_options={"count": 300, "words": 80}, limits={"concurrency": 2})
    run(plan, tmp_path)
    path = tmp_path / LEDGER_NAME
    size = path.stat().st_size
    with path.open("r+b") as file:
        file.seek(4096)
        file.write(b"\xa5" * (size - 4096))
    with pytest.raises(LedgerError, match=r"run\.db' cannot be"):
        list(open_reader(tmp_path).calls())


def test_a_damaged_segment_stops_a_resumption_with_a_sentence(tmp_path: Path) -> None:
    plan = plan_for(
        suite_options={"count": 30, "turns": 3}, target="testkit/x?crash_after=20",
        limits={"concurrency": 4},
    )  # fmt: skip
    run(plan, tmp_path)
    db = sqlite3.connect(tmp_path / LEDGER_NAME)
    db.execute("UPDATE segments SET body=x'28b52ffd00' WHERE kind='call'")
    db.commit()
    db.close()
    with pytest.raises(LedgerError, match="of kind call: ZstdError"):
        run(plan, tmp_path)


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
