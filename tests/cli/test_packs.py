"""auscult packs: what there is, checking one's own, and a clinician's word case by case."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import msgspec
import pytest
from processes import auscult

from auscult.core import registry
from auscult.kit.reviews import Review, case_digest, signed_off

PACKS = registry.root() / "data" / "packs"


def review(folder: Path, *words: str) -> tuple[int, str]:
    done = auscult(
        "packs", "review", "knowledge", "--reviewer", "Dr A. Example", *words, cwd=folder
    )
    return done.returncode, done.stdout + done.stderr


def ids() -> list[str]:
    return [case.id for case in registry.build("data", "pack").load(Path("knowledge"), {})]


def recorded(file: Path) -> list[Review]:
    return [msgspec.json.decode(line, type=Review) for line in file.read_bytes().splitlines()]


def test_the_starter_pack_is_listed_with_its_state_of_review(tmp_path: Path) -> None:
    rows = json.loads(auscult("packs", "list", "--json", cwd=tmp_path).stdout)
    (pack,) = [row for row in rows if row["pack"] == "knowledge"]
    assert pack["cases"] >= 120 and len(pack["specialties"]) >= 15
    assert pack["cases"] == sum(pack["specialties"].values()) == len(ids())
    text = auscult("packs", "list", cwd=tmp_path).stdout
    assert "not clinician-reviewed" in text


def test_a_pack_of_ones_own_is_checked_whole(tmp_path: Path) -> None:
    assert "is sound" in auscult("packs", "check", "knowledge", cwd=tmp_path).stdout
    mine = tmp_path / "mine"
    mine.mkdir()
    shutil.copy(PACKS / "knowledge" / "cardiology.jsonl", mine)
    done = auscult("packs", "check", "mine", cwd=tmp_path)
    assert done.returncode == 0 and "'mine' is sound" in done.stdout
    lines = (mine / "cardiology.jsonl").read_text(encoding="utf-8").splitlines()
    first, second = (json.loads(line) for line in lines[:2])
    del first["rationale"]
    second["options"][0]["text"] = second["options"][1]["text"]
    body = "\n".join([json.dumps(first), json.dumps(second), *lines[2:], '{"id": "cut'])
    (mine / "cardiology.jsonl").write_text(body, encoding="utf-8")
    bad = auscult("packs", "check", "mine", cwd=tmp_path)
    assert bad.returncode == 2 and "Traceback" not in bad.stderr
    for line, word in [(1, "rationale"), (2, ""), (len(lines) + 1, "")]:
        assert any(f"line {line}" in said and word in said for said in bad.stderr.splitlines())


def test_a_sign_off_is_recorded_and_tied_to_the_wording(tmp_path: Path) -> None:
    case = ids()[0]
    code, said = review(tmp_path, "--case", case, "--decision", "sign-off")
    assert code == 0 and f"recorded: {case}: sign-off" in said
    (kept,) = recorded(tmp_path / "reviews.jsonl")
    assert (kept.case, kept.reviewer, kept.decision) == (case, "Dr A. Example", "sign-off")
    cases = {c.id: c for c in registry.build("data", "pack").load(Path("knowledge"), {})}
    assert kept.digest == case_digest(cases[case])
    reworded = msgspec.structs.replace(cases[case], question="Another question?")
    assert kept.digest != case_digest(reworded)


def test_a_dispute_needs_its_reason_and_undoes_a_sign_off(tmp_path: Path) -> None:
    case = ids()[0]
    code, said = review(tmp_path, "--case", case, "--decision", "dispute")
    assert code == 2 and "--comment" in said and not (tmp_path / "reviews.jsonl").exists()
    assert review(tmp_path, "--case", case, "--decision", "sign-off")[0] == 0
    words = ("--case", case, "--decision", "dispute", "--comment", "The dose is out of date.")
    assert review(tmp_path, *words)[0] == 0
    kept = recorded(tmp_path / "reviews.jsonl")
    assert [r.decision for r in kept] == ["sign-off", "dispute"]
    assert kept[-1].comment == "The dose is out of date."
    assert signed_off(kept[:1]) and not signed_off(kept)


@pytest.mark.parametrize(
    ("words", "hint"),
    [
        ((), "needs a terminal"),
        (("--decision", "sign-off"), "--case"),
        (("--case", "card-001x", "--decision", "sign-off"), "Did you mean"),
        (("--case", "FIRST", "--decision", "signoff"), "Did you mean 'sign-off'?"),
    ],
)
def test_a_review_that_cannot_be_recorded_says_why(
    words: tuple[str, ...], hint: str, tmp_path: Path
) -> None:
    code, said = review(tmp_path, *(ids()[0] if word == "FIRST" else word for word in words))
    assert code == 2 and hint in said
    assert not (tmp_path / "reviews.jsonl").exists()


def test_sign_offs_reach_the_figures_and_only_of_cases_as_they_were_read(tmp_path: Path) -> None:
    """Some signed cases: the evidence says how many. All of those asked: clinician-reviewed."""
    source = PACKS / "knowledge" / "cardiology.jsonl"
    (tmp_path / "mine").mkdir()
    lines = source.read_text(encoding="utf-8").splitlines()[:2]
    (tmp_path / "mine" / "two.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
    first, second = (json.loads(line)["id"] for line in lines)

    def sign(case: str) -> None:
        done = auscult(
            "packs", "review", "mine", "--reviewer", "Dr A. Example", "--case", case,
            "--decision", "sign-off", cwd=tmp_path,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr

    def evidence(out: str) -> str:
        (tmp_path / "plan.toml").write_text(
            '[target]\nuse = "scripted/right"\n[[suites]]\nuse = "knowledge"\n'
            '[[suites.data]]\nloader = "pack"\npath = "mine"\n'
            'options = { reviews = "reviews.jsonl" }\n'
        )
        words = ("audit", "--plan", "plan.toml", "--out", out, "--json")
        done = auscult(*words, cwd=tmp_path)
        assert done.returncode == 0, done.stderr
        return str(json.loads(done.stdout)["estimates"][0]["evidence_level"])

    sign(first)
    assert "1 of 2 cases signed off" in evidence("some")
    sign(second)
    assert evidence("all").startswith("clinician-reviewed")
