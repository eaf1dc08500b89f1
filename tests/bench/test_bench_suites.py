"""The bench of suites runs, and both its arms make the same asks. What it takes is not for here."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

BENCH = Path(__file__).resolve().parents[2] / "bench"


def run(*arguments: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, str(BENCH / "suites.py"), "--quick", *map(str, arguments)],
        capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip


def test_a_suite_is_set_against_the_bare_engine_with_as_many_asks(tmp_path: Path) -> None:
    raw = tmp_path / "raw.json"
    done = run(
        "--suite", "cares/overcaution", "--shape", "sentence", "--work", tmp_path / "work",
        "--json", raw,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert not list((tmp_path / "work").iterdir()), "scratch was left behind"
    (part,) = json.loads(raw.read_text())
    assert set(part["raw"]) == {"sentence, bare", "sentence, suite"}
    assert all(len(spent) == 1 and spent[0] > 0 for spent in part["raw"].values())
    by_case, by_asking = part["lines"]
    assert "8 cases, 1.0 asks each" in by_case["what"] and "by the case" in by_case["what"]
    assert by_asking["required"] == "under 0.3 ms" and "by the asking" in by_asking["what"]
    assert by_asking["measured"] == by_case["measured"], "one ask a case"
    assert f"| {by_asking['measured']} |" in done.stdout


def test_replies_have_the_shapes_that_they_are_said_to_have() -> None:
    sys.path.insert(0, str(BENCH))
    try:
        import suites
    finally:
        sys.path.remove(str(BENCH))
    asked = "A patient with chest pain.\nA. Aspirin\nB. Heparin\nAnswer with the letter."
    assert suites.form_of(asked) == "multiple-choice"
    assert suites.form_of("Is there an effusion? Answer yes or no.") == "yes-no"
    assert suites.form_of("How are tablets stored?") == "other"
    lengths = {s: len(suites.reply_of(s, asked, 7).split()) for s in suites.SHAPES}
    assert lengths["bare"] == 1 and 8 <= lengths["sentence"] <= 30
    assert 130 <= lengths["150 words"] <= 200
    assert len({suites.reply_of("sentence", asked, n) for n in range(12)}) == 12
    assert {suites.reply_of("bare", asked, n) for n in range(4)} == set("ABCD")
