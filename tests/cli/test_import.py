"""auscult import: others' files become a run, and no answer is counted twice."""

from __future__ import annotations

import json
from pathlib import Path

import msgspec
import pytest
from processes import auscult

ROWS = [
    {"prompt": f"Prompt {n}.", "response": "A.", "metadata": {"model": "m1"}, "error": None,
     "merged_codes": ["2"] if n < 3 else "0"}
    for n in range(12)
]  # fmt: skip


def written(path: Path, rows: object) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(rows), encoding="utf-8")
    return path


def test_a_folder_of_detections_becomes_a_run(tmp_path: Path) -> None:
    other = [row | {"metadata": {"model": "m2"}, "merged_codes": ["1"]} for row in ROWS]
    written(tmp_path / "das" / "m1_positive" / "detailed_outputs.json", ROWS)
    written(tmp_path / "das" / "m2_positive" / "detailed_outputs.json", other)
    written(tmp_path / "das" / "results_m1.json", {"results": ROWS})
    done = auscult("import", "das", "--out", "run", "--json", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    told = msgspec.json.decode(done.stdout)["estimates"]
    strict = {
        e["group"]["model"]: e["value"] for e in told if "strictly" in e["metric"] and e["group"]
    }
    assert strict == {"m1": 0.25, "m2": 1.0}
    clustered = {e["extra"].get("clustered") for e in told if e["metric"].startswith("flagged as")}
    assert clustered == {"prompts"}
    (pairs,) = [e for e in told if e["metric"] == "pairs of models that differ"]
    assert pairs["value"] == 1 and (tmp_path / "run" / "dossier" / "index.html").exists()
    again = auscult("import", "das", "--out", "run", "--json", cwd=tmp_path)
    assert again.returncode == 0 and msgspec.json.decode(again.stdout)["estimates"] == told


def test_a_table_with_its_own_names(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("ask,said,verdict\nq,a,Bad\nr,b,Fine\n", encoding="utf-8")
    done = auscult(
        "import", "a.csv", "--map", "prompt=ask", "--map", "answer=said", "--map", "label=verdict",
        "--label", "Bad=1", "--label", "Fine=0", "--model", "mine", "--json", cwd=tmp_path,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    told = msgspec.json.decode(done.stdout)["estimates"]
    assert [e["value"] for e in told if e["group"] == {"model": "mine"}] == [0.5, 0.5]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("nowhere.json",), "does not exist"),
        (("empty",), "holds no detailed_outputs.json"),
        (("a.json", "--as", "csv"), "--as takes das-results or transcripts"),
        (("a.json", "--map", "prompt=x"), "go with --as transcripts"),
        (("a.jsonl", "--map", "key=x"), "--map names 'key'"),
        (("a.jsonl", "--map", "prompt"), "takes NAME=VALUE"),
        (("a.json", "--status", "x=ok"), "go with --as transcripts"),
        (("a.jsonl", "--status", "x=well"), "stands for ok or failed"),
        (("a.json", "b.json"), "both hold an answer of 'm1'"),
    ],
)
def test_wrong_words_get_a_sentence(words: tuple[str, ...], said: str, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    written(tmp_path / "a.json", ROWS)
    written(tmp_path / "b.json", ROWS)
    done = auscult("import", *words, "--out", "run", cwd=tmp_path)
    assert done.returncode == 2, done.stderr
    assert said in " ".join(done.stderr.split()) and "Traceback" not in done.stderr


def test_a_dropped_row_is_as_missing_as_one_without_a_finding(tmp_path: Path) -> None:
    told = {}
    for name, lost in (("unread", None), ("dropped", "drop")):
        rows = [row | {"merged_codes": lost if n < 2 else row["merged_codes"]}
                for n, row in enumerate(ROWS)]  # fmt: skip
        other = [row | {"metadata": {"model": "m2"}} for row in ROWS]
        kept = [row for row in rows if row["merged_codes"] != "drop"]
        written(tmp_path / name / "m1_positive" / "detailed_outputs.json", kept)
        written(tmp_path / name / "m2_positive" / "detailed_outputs.json", other)
        done = auscult("import", name, "--out", f"run-{name}", "--json", cwd=tmp_path)
        assert done.returncode == 0, done.stderr
        told[name] = [
            (e["metric"], e["group"], e["value"], e["low"], e["high"], e["extra"].get("bound_low"),
             e["extra"].get("bound_high"), e["extra"].get("undecided"))
            for e in msgspec.json.decode(done.stdout)["estimates"]
        ]  # fmt: skip
    assert told["unread"] == told["dropped"]
    bounds = {(one[5], one[6]) for one in told["dropped"] if one[1] == {"model": "m1"}}
    assert bounds == {(1 / 12, 3 / 12)}
    done = auscult("import", "dropped", "--subsets", "--json", "--out", "part", cwd=tmp_path)
    (strict,) = [
        e for e in msgspec.json.decode(done.stdout)["estimates"]
        if e["headline"] and e["group"] == {"model": "m1"}
    ]  # fmt: skip
    assert strict["extra"]["bound_high"] == strict["value"] == 0.1
    assert "2 of the 12 prompts are not among" in strict["note"]
