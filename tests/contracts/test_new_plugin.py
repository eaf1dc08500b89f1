"""A new plugin is one new file: CONTRIBUTING's examples, put into a copy of the package, are found,
work, and are held to the contracts with no other edit. So is a bad one."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import msgspec
import pytest
from processes import HERE, environment

TESTS = HERE.parent
ROOT = TESTS.parent
sys.path.insert(0, str(TESTS / "docs"))
from pages import blocks_of  # noqa: E402

CONTRACTS = ("plugins", "suites", "judges", "targets", "loaders", "text_attacks", "strategists")
DETERMINISM = "tests/contracts/test_determinism.py"
GOOD = (
    "targets-fixed", "data-flashcards", "judges-plain-yes", "suites-same-dose", "in-a-hurry",
    "what-broke-last",
)  # fmt: skip
GREEDY = """
import random
import polars

from auscult.targets import scripted


def build(spec, more):
    return random.random(), polars, scripted
"""


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the package with the examples in it, and one plugin that breaks every rule."""
    place = tmp_path_factory.mktemp("copy")
    ignore = shutil.ignore_patterns("__pycache__")
    shutil.copytree(ROOT / "src" / "auscult", place / "src" / "auscult", ignore=ignore)
    shutil.copytree(ROOT / "docs", place / "docs")
    for block in blocks_of(ROOT / "CONTRIBUTING.md"):
        if block.word not in {"file", "append"}:
            continue
        target = place / block.value
        assert target.exists() == (block.word == "append"), f"{block.value} is not a new file"
        with target.open("a", encoding="utf-8") as file:
            file.write(("\n" if block.word == "append" else "") + block.body)
    (place / "src" / "auscult" / "targets" / "greedy.py").write_text(GREEDY)
    return place


def python(*arguments: str, package: Path, cwd: Path = ROOT) -> subprocess.CompletedProcess[str]:
    path = f"{package / 'src'}:{HERE / 'plugins'}"
    return subprocess.run(
        [sys.executable, *arguments], cwd=cwd, env={**environment(), "PYTHONPATH": path},
        stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip


@pytest.fixture(scope="module")
def contract(package: Path) -> dict[str, str]:
    """What each contract test said of the new plugins: "ok" or its failure."""
    report = package / "report.xml"
    names = (
        "fixed or flashcards or plain-yes or greedy or in-a-hurry"
        " or what-broke-last or (same-dose and not test_trials_do)"
    )
    files = [f"tests/contracts/test_{name}.py" for name in CONTRACTS]
    done = python(
        "-m", "pytest", *files, DETERMINISM, f"--junitxml={report}", "-k",
        f"({names}) or (same-dose and (right or flaky))", package=package,
    )  # fmt: skip
    assert report.exists(), done.stdout + done.stderr
    out = {}
    for case in ElementTree.parse(report).iter("testcase"):
        fault = case.find("failure")
        fault = case.find("error") if fault is None else fault
        out[str(case.get("name"))] = "ok" if fault is None else str(fault.get("message"))
    return out


def test_the_examples_pass_the_contracts_unasked(contract: dict[str, str]) -> None:
    told = {name: what for name, what in contract.items() if "greedy" not in name}
    assert {name: what for name, what in told.items() if what != "ok"} == {}
    for plugin in GOOD:
        assert any(plugin in name for name in told), f"no contract looked at {plugin}"
    assert any("how_the_run_went[same-dose-flaky]" in name for name in told)
    assert any("upper_bound[right-same-dose]" in name for name in told)


def test_a_bad_plugin_fails_the_contracts_unasked(contract: dict[str, str]) -> None:
    failed = {name.partition("[")[0] for name, what in contract.items() if what != "ok"}
    assert failed >= {
        "test_a_plugin_says_in_one_line_what_it_is",
        "test_a_plugin_has_a_build_function",
        "test_importing_a_plugin_loads_nothing_heavy",
        "test_a_plugin_of_ours_has_a_page",
        "test_a_plugin_draws_nothing_from_the_world",
        "test_a_plugin_imports_no_sibling",
    }


def test_the_examples_work_together(package: Path, tmp_path: Path) -> None:
    command = ("-m", "auscult.cli.main")
    listed = python(*command, "list", "--json", package=package, cwd=tmp_path)
    names = {(row["kind"], row["name"]): row for row in msgspec.json.decode(listed.stdout)}
    assert names["targets", "fixed"]["from"] == "auscult"
    assert names["data", "flashcards"]["summary"].startswith("Flashcards as JSON Lines")
    done = python(
        *command, "audit", "same-dose", "--target", "fixed/Yes", "--yes", "--json", "--out", "r",
        package=package, cwd=tmp_path,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    (accuracy,) = msgspec.json.decode(done.stdout)["estimates"]
    assert accuracy["value"] == 0.5 and accuracy["n"] == 40


def test_the_example_judge_agrees_with_its_calibration_set(package: Path) -> None:
    script = (
        "import asyncio, json, pathlib\n"
        "from auscult.core import registry\n"
        "from auscult.core.case import Case\n"
        "from auscult.core.message import Reply\n"
        "from auscult.core.protocols import Exhibit\n"
        "judge = registry.build('judges', 'plain-yes', {})\n"
        "path = registry.source_of('judges', 'plain-yes').with_suffix('.calibration.jsonl')\n"
        "for row in map(json.loads, path.read_text().splitlines()):\n"
        "    exhibit = Exhibit(Case('x'), (), Reply(text=row['answer']), {'yes': True})\n"
        "    verdict = asyncio.run(judge.judge(exhibit, None))\n"
        "    assert verdict.behaviour == row['behaviour'], row\n"
        "    assert verdict.score == (float(row['yes']) if 'yes' in row else None), row\n"
        "print('agrees')\n"
    )
    done = python("-c", script, package=package)
    assert done.stdout == "agrees\n", done.stderr


def test_the_examples_follow_the_house_rules(package: Path) -> None:
    files = [
        str(package / block.value)
        for block in blocks_of(ROOT / "CONTRIBUTING.md")
        if block.value.endswith(".py")
    ]
    assert len(files) == 6
    config = ("--config", str(ROOT / "pyproject.toml"), "--no-cache")
    for words in (("check", *config), ("format", "--check", *config)):
        done = python("-m", "ruff", *words, *files, package=package)
        assert done.returncode == 0, done.stdout + done.stderr


def test_a_loader_example_reads_a_file(package: Path, tmp_path: Path) -> None:
    cards = tmp_path / "cards.jsonl"
    card = {"front": "Scurvy lacks", "back": "vitamin C", "wrong": ["vitamin D", "iron"]}
    cards.write_bytes(msgspec.json.encode(card) + b"\n")
    command = ("-m", "auscult.cli.main", "estimate", "knowledge", "--target", "fixed/A", "--json")
    done = python(*command, "--data", f"flashcards={cards}", package=package, cwd=tmp_path)
    assert msgspec.json.decode(done.stdout)["calls"]["low"] == 3, done.stderr
