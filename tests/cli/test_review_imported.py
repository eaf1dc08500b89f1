"""People read what others' detector found, and correct the rate of each model of an import."""

from __future__ import annotations

import json
from pathlib import Path
from random import Random
from typing import Any

import pytest
from typer.testing import CliRunner

from auscult.api import Run
from auscult.cli.main import app
from auscult.core.errors import UsageError
from auscult.engine.labels import reviews
from auscult.kit.review.queue_file import Answer, append_answer, read_queue
from auscult.kit.transcripts.table import STRICT

PROMPTS, TRUE = 150, {"a": 0.6, "b": 0.3}
AT = "2024-05-06T09:00:00+00:00"


def called(*arguments: object) -> Any:
    done = CliRunner().invoke(app, list(map(str, arguments)), catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return done


def rows(rng: Random) -> list[dict[str, Any]]:
    """A detector that misses a third, calls a tenth of good answers bad and is unsure of some."""
    found = []
    for model, rate in TRUE.items():
        for n in range(PROMPTS):
            wrong = rng.random() < rate
            said = wrong if rng.random() < (0.66 if wrong else 0.9) else not wrong
            label: float | None = 0.5 if rng.random() < 0.08 else float(said)
            text = f"{'Invented' if wrong else 'Known'} thing {model}{n}."
            found.append({"prompt": f"p{n}", "answer": text, "model": model, "label": label})
    found[5]["label"] = None
    return found


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("imported")
    body = "".join(json.dumps(row) + "\n" for row in rows(Random(4)))
    (place / "rows.jsonl").write_text(body, encoding="utf-8")
    called("import", place / "rows.jsonl", "--out", place / "run", "--quiet")
    return place / "run"


def truth(folder: Path, model: str) -> float:
    """Of the answers that have a finding, which is what the figure is of."""
    read = [json.loads(line) for line in (folder.parent / "rows.jsonl").read_text().splitlines()]
    mine = [row for row in read if row["model"] == model and row["label"] is not None]
    return sum(row["answer"].startswith("Invented") for row in mine) / len(mine)


def labelled(folder: Path, sample: int, *flags: object, seed: int = 0) -> None:
    path = folder.parent / f"{sample}-{seed}.jsonl"
    flags = ("--sample", sample, "--seed", seed, "--out", path, *flags)
    called("review", "queue", folder, *flags)
    for item in read_queue(path).items:
        word = "hallucination" if item.reply.startswith("Invented") else "no hallucination"
        append_answer(path, Answer(item=item.item, label=word, reviewer="A", at=AT))
    called("review", "add", folder, path)


def shown(folder: Path) -> dict[str, Any]:
    (told,) = json.loads(called("review", "show", folder, "--json").stdout)
    assert {one["metric"] for one in told["headlines"]} == {STRICT}
    return {one["group"]["model"]: one for one in told["headlines"]}


def test_the_one_who_found_it_is_known_from_the_ledger(folder: Path) -> None:
    path = folder.parent / "first.jsonl"
    called("review", "queue", folder, "--sample", 12, "--priority", 4, "--out", path)
    items = read_queue(path).items
    assert items[0].allowed == ("hallucination", "unsure", "no hallucination", "cannot tell")
    assert "hallucination" in items[0].question and "recorded" not in path.read_text()
    review = reviews(folder)[-1]
    assert review.queue.judge == "as recorded" and review.queue.without_verdict == 1
    assert len(review.queue.strata) == 6, "two models, three labels"
    urgent = [one for one in review.items if one.part == "priority"]
    assert len(urgent) == 4 and {one.judged for one in urgent} == {"unsure"}
    for words, said in (
        (("--judge", "as recorded", "--sample", 5), "without a chance"),
        (("--judge", "choice"), "they were read by as recorded"),
    ):
        with pytest.raises(UsageError, match=said):
            called("review", "queue", folder, *words, "--out", folder.parent / "no.jsonl")


def test_labels_of_a_sample_correct_the_rate_of_each_model(folder: Path) -> None:
    labelled(folder, 120)
    part = shown(folder)
    stated = {e.group["model"]: e for e in Run(folder).estimates() if e.headline}
    for model in TRUE:
        own, better = part[model]["uncorrected"], part[model]["corrected"]
        assert own["value"] == stated[model].value and own["value"] != better["value"]
        assert better["low"] <= truth(folder, model) <= better["high"]
        assert stated[model].extra["corrected_by_review"]["value"] == better["value"]
    assert not stated["a"].low <= truth(folder, "a") <= stated["a"].high  # type: ignore[operator]
    # With all of them labelled nothing is left to chance.
    labelled(folder, 2 * PROMPTS, seed=1)
    for model, one in shown(folder).items():
        assert one["corrected"]["value"] == pytest.approx(truth(folder, model)), model
    page = (folder / "dossier" / "index.html").read_text(encoding="utf-8")
    assert "Read by people" in page and f"{STRICT}, a" in page


def test_a_run_without_a_verdict_gives_no_queue(tmp_path: Path) -> None:
    (tmp_path / "rows.jsonl").write_text('{"prompt": "p", "answer": "a"}\n')
    called("import", tmp_path / "rows.jsonl", "--out", tmp_path / "run", "--quiet")
    with pytest.raises(UsageError, match="nothing to review"):
        called("review", "queue", tmp_path / "run", "--out", tmp_path / "q.jsonl")
