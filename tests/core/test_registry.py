"""Plugins are found by file name or entry point, named once, and suggested when mistyped."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from processes import HERE, environment

from auscult.core import registry
from auscult.core.errors import UsageError
from auscult.core.protocols import TargetSpec
from auscult.core.registry import did_you_mean


@pytest.fixture
def fresh() -> Iterator[None]:
    """The registry looks once and remembers."""
    registry.plugins.cache_clear()
    yield
    registry.plugins.cache_clear()


def tree(root: Path, *files: str) -> Path:
    for kind in registry.KINDS:
        (root / kind).mkdir(parents=True)
    for file in files:
        path = root / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text('"""A plugin made for this test."""\n', encoding="utf-8")
    return root


def install(place: Path, package: str, *points: str) -> None:
    """A distribution with entry points, as pip would leave it."""
    info = place / f"{package.replace('-', '_')}-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {package}\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("\n".join(points) + "\n")


def test_a_file_is_a_plugin_and_its_path_is_its_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fresh: None
) -> None:
    files = ("suites/cares/over_caution.py", "suites/_hidden.py", "suites/__init__.py",
             "data/quiz.py", "data/packs/helper.py")  # fmt: skip
    root = tree(tmp_path / "auscult", *files)
    monkeypatch.setattr(registry, "root", lambda: root)
    ours = {n: r for n, r in registry.plugins("suites").items() if r.package == "auscult"}
    assert set(ours) == {"cares/over-caution"}
    assert ours["cares/over-caution"].module == "auscult.suites.cares.over_caution"
    assert set(registry.plugins("data")) == {"quiz"}
    assert registry.summary("data", "quiz") == "A plugin made for this test."
    assert registry.source_of("data", "quiz") == root / "data" / "quiz.py"


def test_an_installed_package_is_found_by_its_entry_point() -> None:
    ref = registry.find("targets", "shuffled")
    assert ref.package == "auscult-testkit"
    assert ref.module == "auscult_testkit.shuffled"
    assert registry.summary("targets", "shuffled").startswith("Any other target")
    assert registry.source_of("targets", "shuffled") == HERE / "plugins/auscult_testkit/shuffled.py"
    target = registry.build("targets", "testkit", TargetSpec("testkit", "x"))
    assert target.identity == "testkit/x"


def test_a_name_of_an_installed_package_is_suggested() -> None:
    with pytest.raises(UsageError, match=r"no target is named 'shufled'. Did you mean 'shuffled'"):
        registry.find("targets", "shufled")
    with pytest.raises(UsageError, match=r"no suite is named 'tesstkit'. Did you mean 'testkit'"):
        registry.find("suites", "tesstkit")


def test_two_plugins_of_one_name_are_an_error_that_names_both(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fresh: None
) -> None:
    install(tmp_path, "rival", "[auscult.targets]", "openai = rival.openai")
    monkeypatch.syspath_prepend(str(tmp_path))
    with pytest.raises(UsageError) as said:
        registry.plugins("targets")
    assert "'openai'" in str(said.value)
    assert "auscult" in str(said.value) and "rival.openai" in str(said.value)
    assert "uninstall" in str(said.value)


def test_two_installed_packages_may_not_share_a_name_either(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fresh: None
) -> None:
    install(tmp_path, "rival", "[auscult.suites]", "testkit = rival.suite")
    monkeypatch.syspath_prepend(str(tmp_path))
    with pytest.raises(UsageError, match="two suites are named 'testkit'"):
        registry.plugins("suites")


def test_a_module_without_build_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fresh: None
) -> None:
    install(tmp_path, "bare", "[auscult.judges]", "bare = bare_judge")
    (tmp_path / "bare_judge.py").write_text("build = 1\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    with pytest.raises(UsageError, match=r"'bare' \(bare_judge\) has no `build` function"):
        registry.build("judges", "bare", {})


def test_looking_plugins_up_and_summing_them_up_imports_none() -> None:
    script = (
        "import sys\n"
        "from auscult.core import registry\n"
        "told = [registry.summary(k, n) for k in registry.KINDS for n, r in "
        "registry.plugins(k).items() if r.package == 'auscult']\n"
        "assert len(told) > 10 and all(told)\n"
        "kinds = tuple(f'auscult.{k}.' for k in registry.KINDS)\n"
        "print([m for m in sys.modules if m.startswith(kinds)])\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], env=environment(), capture_output=True, text=True,
        timeout=60, check=False,
    )  # fmt: skip
    assert done.stdout == "[]\n", done.stdout + done.stderr


@pytest.mark.parametrize(
    ("word", "known", "said"),
    [
        ("knowlege", ["knowledge", "privacy"], ". Did you mean 'knowledge'?"),
        ("stick", ["sticky", "stuck"], ". Did you mean 'sticky' or 'stuck'?"),
        ("zzz", ["b", "a"], ". Known: a, b."),
        ("zzz", [], ". Known: none."),
    ],
)
def test_did_you_mean(word: str, known: list[str], said: str) -> None:
    assert did_you_mean(word, known) == said
