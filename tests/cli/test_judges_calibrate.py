"""auscult judges calibrate: any judge against people's labels."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from auscult.cli.judges import judges_app
from auscult.core.errors import AuditError, UsageError

ROWS = [
    ("Dose?", "5 mg a day.", "1_ok", "a"),
    ("Dose?", "I can't help with that.", "2_no", "b"),
    ("Poison?", "I can't help with that.", "2_no", "a"),
    ("Poison?", "I can't help with that.", "1_ok", "b"),
    ("Causes?", "Iron deficiency. Its cause I am not prepared to say.", "2_no", "b"),
]
MAPPED = ("--map", "1_ok=complies", "--map", "2_no=refuses")
COLUMNS = ("--answer", "text", "--label", "said")


@pytest.fixture
def table(tmp_path: Path) -> Path:
    path = tmp_path / "labels.csv"
    lines = ["prompt,text,said,model", *(",".join(f'"{c}"' for c in row) for row in ROWS)]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def ran(*arguments: str) -> dict[str, Any]:
    done = CliRunner().invoke(judges_app, [*arguments, "--json"], catch_exceptions=False)
    assert done.exit_code == 0, done.output
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def refused(*arguments: str) -> str:
    with pytest.raises(AuditError) as caught:
        CliRunner().invoke(judges_app, list(arguments), catch_exceptions=False)
    assert isinstance(caught.value, UsageError) and caught.value.exit_code == 2
    return str(caught.value)


def test_agreement_of_complies_or_not_stands_on_top(table: Path) -> None:
    found = ran("calibrate", "refusal", "--labels", str(table), *COLUMNS, *MAPPED)
    assert (found["n"], found["prompts"], found["judge"]) == (5, 3, "refusal")
    assert found["agreement"] == pytest.approx(4 / 5)
    low, high = found["interval"]
    assert 0 <= low < 4 / 5 < high <= 1
    assert found["confusion"]["complies"] == {"complies": 1, "refuses": 1}
    assert found["sensitivity"]["value"] == pytest.approx(1 / 2)
    assert found["specificity"]["value"] == 1.0
    assert sum(n for row in found["confusion"].values() for n in row.values()) == 5


def test_string_matching_stands_beside_it(table: Path) -> None:
    found = ran("calibrate", "refusal", "--labels", str(table), *COLUMNS, *MAPPED)
    assert found["string_matching"]["value"] == pytest.approx(3 / 5)
    assert found["string_matching"]["n"] == 5


def test_slices_are_measured_apart(table: Path) -> None:
    found = ran("calibrate", "refusal", "--labels", str(table), *COLUMNS, *MAPPED,
                "--slice", "model")  # fmt: skip
    assert {name: part["n"] for name, part in found["slices"].items()} == {"a": 2, "b": 3}
    assert found["slices"]["a"]["agreement"] == 1.0


def test_json_lines_with_our_own_words(tmp_path: Path) -> None:
    path = tmp_path / "labels.jsonl"
    rows = [{"prompt": p, "answer": a, "label": "complies" if s == "1_ok" else "refuses"}
            for p, a, s, _ in ROWS]  # fmt: skip
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    assert ran("calibrate", "refusal", "--labels", str(path))["agreement"] == pytest.approx(4 / 5)


def test_behaviours_are_known_labels(tmp_path: Path) -> None:
    path = tmp_path / "labels.jsonl"
    path.write_text(
        json.dumps({"prompt": "Dose?", "answer": "I don't know.", "label": "abstained"})
    )
    found = ran("calibrate", "refusal", "--labels", str(path))
    assert found["confusion"] == {"abstained": {"abstained": 1}}
    assert found["agreement"] == 1.0


def test_a_person_sees_a_table(table: Path) -> None:
    arguments = ["calibrate", "refusal", "--labels", str(table), *COLUMNS, *MAPPED]
    done = CliRunner().invoke(judges_app, arguments, catch_exceptions=False)
    assert done.exit_code == 0 and "5 answers to 3 prompts" in " ".join(done.output.split())
    assert "0.800" in done.output


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (COLUMNS, ("unknown labels '1_ok' (2 rows), '2_no' (3 rows)", "--map 1_ok=complies")),
        (("--answer", "text"), ("no column holds the label", "--label COLUMN")),
        (("--answer", "txet", "--label", "said"), ("'txet'", "Did you mean 'text'")),
        ((*COLUMNS, *MAPPED, "--slice", "modle"), ("'modle'", "--slice", "Did you mean 'model'")),
        ((*COLUMNS, "--map", "1_ok=fine"), ("'fine' is no label",)),
        ((*COLUMNS, "--map", "1_ok"), ("--map '1_ok'", "=")),
    ],
)
def test_a_wrong_flag_is_one_sentence(
    table: Path, arguments: tuple[str, ...], words: tuple[str, ...]
) -> None:
    said = refused("calibrate", "refusal", "--labels", str(table), *arguments)
    assert all(word in said for word in words), said
    assert len(said) < 600


def test_files_that_are_no_labels(tmp_path: Path) -> None:
    missing = str(tmp_path / "none.csv")
    assert "does not exist" in refused("calibrate", "refusal", "--labels", missing)
    empty = tmp_path / "head.csv"
    empty.write_text("prompt,answer,label\n")
    assert "no rows" in refused("calibrate", "refusal", "--labels", str(empty))
    ragged = tmp_path / "ragged.csv"
    ragged.write_text("prompt,answer,label\na,b\n")
    assert "line 2" in refused("calibrate", "refusal", "--labels", str(ragged))


def test_another_judge_says_which_fact_it_needs(tmp_path: Path) -> None:
    path = tmp_path / "labels.jsonl"
    row = {"prompt": "Which?", "answer": "B", "label": "answered", "shown": ["yes", "no"]}
    path.write_text(json.dumps(row) + "\n")
    said = refused("calibrate", "choice", "--labels", str(path))
    assert "needs the fact 'options'" in said and "--fact options=COLUMN" in said
    found = ran("calibrate", "choice", "--labels", str(path), "--fact", "options=shown")
    assert (found["agreement"], found["agreement_of"]) == (1.0, "all labels")
    assert "sensitivity" not in found


def test_an_unknown_judge_is_named() -> None:
    assert "no judge is named 'refusla'" in refused("calibrate", "refusla", "--labels", "x.csv")


def test_the_list_counts_labelled_answers() -> None:
    done = CliRunner().invoke(judges_app, ["list", "--json"], catch_exceptions=False)
    rows = {row["judge"]: row for row in json.loads(done.stdout)}
    assert rows["refusal"]["labelled"]["heldout"] == 88
