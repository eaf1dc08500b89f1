"""auscult data check: tables for people, JSON for scripts, one sentence for mistakes."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from processes import environment

RUN = """
import sys
from auscult.cli import main
from auscult.cli.data import data_app
if not any(group.name == "data" for group in main.app.registered_groups):
    main.app.add_typer(data_app, name="data")
sys.argv = ["auscult", *sys.argv[1:]]
main.main()
"""


def row(image: str, question: str, answer: str) -> str:
    text = f"{question} Please choose from the following two options: [yes, no]\n<image>"
    return json.dumps(
        {"question": text, "text": text, "answer": answer, "image": image, "question_id": 0}
    )


@pytest.fixture
def file(tmp_path: Path) -> Path:
    rows = [row(f"CXR{i}_IM/0.png", f"Is there a shadow {i}?", "No.") for i in range(8)]
    rows += [row("CXR8_IM/0.png", "Is it [red]flat[/red]?", "Yes.")] * 2
    rows += [row("CXR9_IM/0.png", "Is it long?", "This cannot be determined.")]
    path = tmp_path / "q.jsonl"
    path.write_text("\n".join([*rows, "{broken", ""]), encoding="utf-8")
    return path


def check(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", RUN, "data", "check", *words],
        cwd=folder, env=environment(), stdin=subprocess.DEVNULL, capture_output=True, text=True,
        timeout=60, check=False,
    )  # fmt: skip


def test_json_holds_every_count_with_its_denominator(file: Path) -> None:
    (file.parent / "CXR3_IM").mkdir()
    (file.parent / "CXR3_IM" / "0.png").write_bytes(b"x")
    done = check(file.parent, "iu-xray=q.jsonl", "--json")
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout)
    assert (said["audit"]["cases"], said["audit"]["keyed"]) == (10, 9)
    assert (said["reading"]["skipped"], said["reading"]["duplicates"]) == (1, 1)
    assert "line 12" in said["reading"]["faults"][0]
    pictures = said["reading"]["pictures"]
    assert (pictures["present"], pictures["missing"]) == (1, 9)
    assert pictures["first_missing"][0] == "CXR0_IM/0.png"
    overall = said["audit"]["constants"][0]
    assert overall["answer"] == "no" and overall["share"] == {"n": 8, "of": 9, "value": 8 / 9}
    assert any("always 'no' scores 88.9% (8 of 9)" in note for note in said["notes"])


def test_tables_show_words_as_they_stand(file: Path) -> None:
    done = check(file.parent, "iu-xray=q.jsonl")
    assert done.returncode == 0, done.stderr
    for words in ("cases with a key", "88.9% = 8/9", "What stands out", "plain radiograph"):
        assert words in done.stdout


def test_markup_and_control_characters_in_names_are_text(tmp_path: Path) -> None:
    name = "CXR1_IM/[bold]\x1b[31m.png"
    (tmp_path / "q.jsonl").write_text(row(name, "Is it?", "No.") + "\n", encoding="utf-8")
    done = check(tmp_path, "iu-xray=q.jsonl")
    assert done.returncode == 0, done.stderr
    assert "[bold]" in done.stdout and "\x1b[31m" not in done.stdout


def test_pictures_are_looked_for_where_the_user_says(file: Path) -> None:
    folder = file.parent / "pictures" / "CXR0_IM"
    folder.mkdir(parents=True)
    (folder / "0.png").write_bytes(b"x")
    done = check(file.parent, "iu-xray=q.jsonl", "--images", "pictures", "--json")
    assert json.loads(done.stdout)["reading"]["pictures"]["present"] == 1


def test_any_loader_can_be_checked(tmp_path: Path) -> None:
    done = check(tmp_path, "knowledge", "--json")
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout)
    assert said["audit"]["cases"] > 100 and said["audit"]["contradictory"]["n"] == 0


@pytest.mark.parametrize(
    ("words", "hint"),
    [
        (("iu-xray=nowhere.jsonl",), "does not exist"),
        (("iu-xry=q.jsonl",), "Did you mean 'iu-xray'"),
        (("iu-xray=q.jsonl", "--images", "nowhere"), "folder of pictures"),
        (("iu-xray=q.jsonl", "--option", "bad_rows"), "NAME=VALUE"),
        (("iu-xray=q.jsonl", "--option", "bad_rows=error"), "line 12"),
        (("iu-xray=q.jsonl", "--option", "nonsense=1"), "nonsense"),
        (("knowledge", "--images", "."), "images"),
        (("iu-xray=q.jsonl", "--option", "missing=error"), "10 of 10 pictures are not in"),
    ],
)
def test_a_mistake_gets_a_sentence_and_exit_2(
    words: tuple[str, ...], hint: str, file: Path
) -> None:
    done = check(file.parent, *words)
    assert done.returncode == 2, done.stdout + done.stderr
    assert hint in done.stderr and "Traceback" not in done.stderr and not done.stdout
