"""The table of the README: nothing in it is typed, and nothing finished is run again."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import msgspec
import pytest

import auscult
from auscult.report.contract import Results

TOOLS = Path(__file__).parents[2] / "tools"
sys.path.insert(0, str(TOOLS))

import figures_kept  # noqa: E402
import figures_page  # noqa: E402
import figures_run  # noqa: E402

DESIGN = {asked.suite: asked for asked in figures_kept.design()}
TRIED = 6
"""Cases a suite: enough that every arm of the table has a trial."""


@pytest.fixture(scope="module")
def audits(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Results]:
    """Each suite as the design asks it, of a target whose answers are known."""
    out = {}
    for name, asked in DESIGN.items():
        run = auscult.audit(
            name, target="scripted/right?p=0.7", limit=TRIED, seed=7, suite_options=asked.options,
            out=tmp_path_factory.mktemp("run") / "run", report=False,
        )  # fmt: skip
        out[name] = run.results()
    return out


def figure(**said: Any) -> Any:
    known: dict[str, Any] = {
        "label": "Accuracy", "value": 0.5, "low": 0.25, "high": 0.75, "level": 0.95,
        "unit": "proportion", "direction": "higher-is-better", "n": 20, "n_clusters": 20,
        "refused": 0, "abstained": 0, "unreadable": 0, "failed": 0,
        "denominator": "all replies", "note": "",
    }  # fmt: skip
    return figures_kept.Figure(**(known | said))


def measured(model: str, suite: str, **said: Any) -> Any:
    known: dict[str, Any] = {
        "model": model, "suite": suite, "version": "1", "command": f"auscult audit {suite}",
        "plan_hash": "a", "cases": 20, "calls": 40, "seconds": 90.0,
        "evidence": ("engineering evidence",), "presupposes": "", "competence": None,
        "figures": (figure(), figure(label="Excess over options only")),
    }  # fmt: skip
    return figures_kept.Measured(**(known | said))


# --- the pages are what the kept figures say ----------------------------------------------------


def test_readme_and_page_are_written_from_the_kept_figures() -> None:
    assert figures_page.stale(figures_kept.read_kept()) == [], (
        "run: python tools/figures.py --render"
    )


def test_the_command_prints_the_table_from_any_folder(tmp_path: Path) -> None:
    line = [sys.executable, str(TOOLS / "figures.py"), "--render", "--print"]
    said = subprocess.run(line, cwd=tmp_path, check=True, capture_output=True, text=True)
    assert said.stdout == figures_page.block(figures_kept.read_kept()) + "\n"
    assert not list(tmp_path.iterdir())


def test_the_kept_figures_are_of_the_design() -> None:
    """Whoever changes what is asked measures it again before it can be shown."""
    kept = figures_kept.read_kept()
    assert kept.runs
    for run in kept.runs:
        assert run.figures
        assert f"--seed {figures_kept.SEED} " in run.command
        assert f"--max-tokens {figures_kept.REPLY_TOKENS} " in run.command
        for option, value in DESIGN[run.suite].options.items():
            assert f"--suite-option={option}={value}" in run.command.replace("'", "")


def test_each_suite_gives_what_it_leads_with(audits: dict[str, Results]) -> None:
    for name, asked in DESIGN.items():
        run = figures_kept.measured("qwen", asked, audits[name])
        first = next(e for e in audits[name].estimates if e.standing == "primary")
        assert run.figures[0].value == first.value
        labels = [one.label for one in run.figures]
        assert len(set(labels)) == len(labels), "two rows of one name"
        assert all(one.denominator for one in run.figures)


def test_competence_is_what_the_run_itself_says(audits: dict[str, Results]) -> None:
    knows = figures_kept.measured("qwen", DESIGN["knowledge"], audits["knowledge"])
    assert knows.competence is False  # six cases can't show any
    fair = figures_kept.measured("qwen", DESIGN["cares/fairness"], audits["cares/fairness"])
    assert fair.competence is None
    assert fair.presupposes == "cares/factuality"


# --- words --------------------------------------------------------------------------------------


def rows(kept: Any) -> list[str]:
    return [line for line in figures_page.block(kept).splitlines() if line.startswith("|")][2:]


def test_a_row_gives_the_value_its_interval_and_its_size() -> None:
    first, second = rows(figures_kept.Kept(runs=(measured("qwen", "knowledge"),)))
    assert first.endswith("| Accuracy ↑ | 50% (25 to 75%), 20 cases |")
    assert second.startswith("|  | Excess over options only ↑ |")


def test_many_unreadable_replies_are_told() -> None:
    assert figures_page.unread(figure(unreadable=3)) == ""
    assert figures_page.unread(figure(unreadable=4)) == "; 4 of 20 replies cut off or unreadable"


def test_a_difference_is_told_in_points() -> None:
    apart = figure(unit="difference of proportions", value=-0.1, low=-0.3, high=0.1)
    assert figures_page.told(apart) == "−10 points (−30 to +10)"


def test_few_cases_are_marked_and_the_mark_is_explained() -> None:
    few = measured("qwen", "knowledge", figures=(figure(n_clusters=figures_page.FEW - 1),))
    kept = figures_kept.Kept(runs=(few,))
    assert rows(kept)[0].endswith("9 cases\\* |")
    assert "rough guide" in figures_page.legend(kept)
    assert "rough guide" not in figures_page.legend(
        figures_kept.Kept(runs=(measured("qwen", "knowledge"),))
    )


@pytest.mark.parametrize(("competence", "marked"), [(False, True), (True, False), (None, False)])
def test_what_presupposes_a_competence_that_was_not_shown_is_marked(
    competence: bool | None, marked: bool
) -> None:
    kept = figures_kept.Kept(
        runs=(
            measured("qwen", "cares/factuality", competence=competence),
            measured("qwen", "cares/fairness", presupposes="cares/factuality"),
        )
    )
    assert ("†" in rows(kept)[-1]) is marked
    assert ("† Presupposes" in figures_page.legend(kept)) is marked
    assert ("presupposes competence at" in figures_page.page(kept)) is marked


def test_what_was_not_asked_or_not_measured_has_no_figure() -> None:
    none = figure(value=None, low=None, high=None, note="There are no trials.")
    kept = figures_kept.Kept(
        runs=(
            measured("qwen", "knowledge", figures=(none,)),
            measured("smollm2", "knowledge"),
            measured("smollm2", "cares/fairness"),
        )
    )
    found = rows(kept)
    assert "| no figure | 50%" in found[0]
    assert "| not measured | 50%" in found[1]
    assert "| not asked | 50%" in found[2]
    assert "- Accuracy, `qwen`: There are no trials." in figures_page.page(kept)


def test_the_page_counts_replies_and_gives_the_command() -> None:
    read = figure(refused=3, abstained=2, unreadable=4, failed=1)
    run = measured("smollm2", "knowledge", figures=(read,))
    text = figures_page.page(figures_kept.Kept(runs=(run,)))
    assert "| Accuracy | `smollm2` | 50% (25 to 75%) | 20 cases | 3 | 2 | 4 | 1 |" in text
    assert "```\nauscult audit knowledge\n```" in text


def test_the_block_takes_the_place_of_what_stood_between_the_marks() -> None:
    new = f"{figures_page.BEGIN}\nnew\n{figures_page.END}"
    assert (
        figures_page.with_block(f"a\n{figures_page.BEGIN}\nold\n{figures_page.END}\nb", new)
        == f"a\n{new}\nb"
    )
    with pytest.raises(SystemExit, match="lost its marks"):
        figures_page.with_block("a\nb", new)


# --- running ------------------------------------------------------------------------------------


def test_an_audit_is_given_what_the_page_says_of_it() -> None:
    job = figures_run.Job("qwen", DESIGN["cares/jailbreak"], 9, 1, Path("build/figures"))
    said = " ".join(job.arguments)
    assert said.startswith("cares/jailbreak --target local/qwen --option threads=1 --limit 9 ")
    assert '--suite-option=styles=["wrong-treatment"]' in said
    assert said.endswith("--out build/figures/qwen-cares-jailbreak")


def test_what_has_finished_is_not_run_again(
    audits: dict[str, Results], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = figures_run.Job("qwen", DESIGN["knowledge"], TRIED, 1, tmp_path)
    job.place.mkdir()
    (job.place / "results.json").write_bytes(msgspec.json.encode(audits["knowledge"]))
    asked: list[str] = []
    monkeypatch.setattr(figures_run, "auscult", lambda command, *_, **__: asked.append(command))
    monkeypatch.setattr(figures_run, "predict", lambda jobs: asked.append(f"predict {len(jobs)}"))
    kept = figures_run.run([job])
    assert (asked, kept.models, kept.runs[0].cases) == ([], ["qwen"], TRIED)

    longer = figures_run.Job("qwen", DESIGN["knowledge"], TRIED + 1, 1, tmp_path)
    with pytest.raises(SystemExit, match="did not finish"):
        figures_run.run([longer])
    assert asked == ["predict 1", "audit"]


def test_a_run_that_was_stopped_is_gone_on_with(audits: dict[str, Results], tmp_path: Path) -> None:
    found = msgspec.json.decode(msgspec.json.encode(audits["knowledge"]), type=Results)
    job = figures_run.Job("qwen", DESIGN["knowledge"], TRIED, 1, tmp_path)
    assert job.results() is None
    job.place.mkdir()
    found.run.stopped = "interrupted"
    (job.place / "results.json").write_bytes(msgspec.json.encode(found))
    assert job.results() is None


def test_a_run_of_other_options_is_not_taken_for_it(
    audits: dict[str, Results], tmp_path: Path
) -> None:
    other = msgspec.structs.replace(DESIGN["knowledge"], options={"repeats": "2"})
    job = figures_run.Job("qwen", other, TRIED, 1, tmp_path)
    job.place.mkdir()
    (job.place / "results.json").write_bytes(msgspec.json.encode(audits["knowledge"]))
    assert job.results() is None


def test_a_part_that_is_run_again_does_not_lose_the_others() -> None:
    before = figures_kept.Kept(
        runs=(measured("qwen", "knowledge"), measured("smollm2", "knowledge"))
    )
    again = measured("qwen", "knowledge", cases=99)
    new = figures_kept.Kept(runs=(again, measured("qwen", "cares/privacy")))
    kept = figures_kept.beside(new, before)
    assert [(run.model, run.suite, run.cases) for run in kept.runs] == [
        ("qwen", "knowledge", 99),
        ("smollm2", "knowledge", before.runs[1].cases),
        ("qwen", "cares/privacy", new.runs[1].cases),
    ]
