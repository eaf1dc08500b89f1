"""The pages' examples run as they stand, page by page, in a folder of their own.

Blocks of one page share that folder, so a page may be followed from top to bottom. `localhost:8000`
is the stub endpoint. Lines below a command are looked for in its output, in order; `...` stands for
anything. A comment before a block exempts it (`<!-- not run: reason -->`), writes it to a file
(`<!-- file: NAME -->`) or names its exit code (`<!-- exit: 2 -->`).
"""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from pages import Block, blocks_of
from processes import environment, stub

ROOT = Path(__file__).parents[2]
PAGES = [p for p in (ROOT / "README.md", ROOT / "CONTRIBUTING.md") if p.exists()]
PAGES += sorted((ROOT / "docs").rglob("*.md"))
RUN = {page: [b for b in blocks_of(page) if b.runs] for page in PAGES}
ENDPOINT = "http://localhost:8000/v1"
NO_FILE = "needs the question file"
EXEMPT = {
    ("README.md", "needs your endpoint"),
    ("README.md", "needs your files"),
    ("docs/suites/cares/factuality.md", NO_FILE),
    ("docs/suites/cares/fairness.md", NO_FILE),
}
"""Every block that is not run, by its page and the reason that stands there."""


def name_of(page: Path) -> str:
    return str(page.relative_to(ROOT))


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    with stub("--answers", "hash") as url:
        yield url


WITH_EXAMPLES = [p for p in PAGES if any(b.word != "not run" for b in RUN[p])]


@pytest.mark.parametrize("page", WITH_EXAMPLES, ids=name_of)
def test_the_examples_of_a_page_run(page: Path, tmp_path: Path, endpoint: str) -> None:
    for block in blocks_of(page):
        if block.word == "file":
            place = tmp_path / block.value
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_text(block.body.replace(ENDPOINT, endpoint), encoding="utf-8")
        elif block.runs and block.word != "not run":
            if block.language == "python":
                run_python(block, tmp_path)
            else:
                run_console(block, tmp_path, endpoint)


def run_python(block: Block, folder: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", block.body], cwd=folder, env=environment(),
        stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 0, f"{name_of(block.page)}:{block.line}\n{done.stderr}"


def run_console(block: Block, folder: Path, endpoint: str) -> None:
    expected = int(block.value) if block.word == "exit" else 0
    for command in block.commands:
        where = f"{name_of(block.page)}:{block.line}: {command.text}"
        if not command.text.startswith("auscult "):
            continue  # an export, say
        words = shlex.split(command.text.replace("\\\n", " ").replace(ENDPOINT, endpoint))
        done = subprocess.run(
            [sys.executable, "-m", "auscult.cli.main", *words[1:]], cwd=folder,
            env=environment(OPENAI_API_KEY="no-key", COLUMNS="120"), stdin=subprocess.DEVNULL,
            capture_output=True, text=True, timeout=120, check=False,
        )  # fmt: skip
        said = done.stdout + done.stderr
        assert done.returncode == expected, f"{where}\nexit {done.returncode}\n{said}"
        missing = first_missing(command.shown, said)
        assert missing is None, f"{where}\nthe page shows, but it does not say: {missing}\n{said}"


def first_missing(shown: list[str], said: str) -> str | None:
    """The first line shown that does not come, in order, in what was said."""
    text, place = squeezed(said), 0
    for line in shown:
        for part in line.split("..."):
            wanted = squeezed(part)
            if not wanted:
                continue
            found = text.find(wanted, place)
            if found < 0:
                return line
            place = found + len(wanted)
    return None


def squeezed(text: str) -> str:
    return re.sub(r"\s+", " ", text).strip()


def test_exemptions_are_few_and_known() -> None:
    """Whoever exempts a block adds it here, where it is seen."""
    found = {
        (name_of(block.page), block.value)
        for page in PAGES
        for block in blocks_of(page)
        if block.word == "not run"
    }
    assert found == EXEMPT


def test_the_examples_are_found() -> None:
    """A fence that is spelt otherwise would pass by not being there."""
    counts = {name_of(page): len(blocks) for page, blocks in RUN.items()}
    assert counts["docs/getting-started.md"] >= 7
    assert counts["docs/plan.md"] >= 2 and counts["docs/ledger.md"] >= 4
    for page in PAGES:
        typed = re.findall(r"^\$ auscult ", page.read_text(encoding="utf-8"), re.MULTILINE)
        commands = [c for b in blocks_of(page) for c in b.commands if c.text.startswith("auscult ")]
        assert len(typed) == len(commands), name_of(page)


@pytest.mark.parametrize(
    ("shown", "said", "missing"),
    [
        (["a  b"], "a b\nc", None),
        (["c", "a"], "a b\nc", "a"),
        (["a ... c", "..."], "a b\nc", None),
        (["a ... d"], "a b\nc", "a ... d"),
    ],
)
def test_what_a_page_shows_is_looked_for_in_order(
    shown: list[str], said: str, missing: str | None
) -> None:
    assert first_missing(shown, said) == missing


def links() -> Iterator[tuple[Path, str]]:
    for page in PAGES:
        for target in re.findall(r"\]\(([^)\s]+)\)", page.read_text(encoding="utf-8")):
            if "://" not in target and not target.startswith("mailto:"):
                yield page, target


@pytest.mark.parametrize(
    ("page", "target"), list(links()), ids=lambda v: getattr(v, "stem", str(v))
)
def test_links_lead_somewhere(page: Path, target: str) -> None:
    file, _, anchor = target.partition("#")
    place = (page.parent / file).resolve() if file else page
    assert place.exists(), f"{name_of(page)}: {target}"
    if anchor and place.suffix == ".md":
        heads = re.findall(r"^#+ (.+)$", place.read_text(encoding="utf-8"), re.MULTILINE)
        assert anchor in {slug(head) for head in heads}, f"{name_of(page)}: {target}"


def slug(head: str) -> str:
    kept = re.sub(r"[^\w\s-]", "", head.lower())
    return re.sub(r"\s", "-", kept.strip())


def test_generated_pages_are_as_the_code_says() -> None:
    done = subprocess.run(
        [sys.executable, str(ROOT / "tools" / "write_docs.py"), "--check"], env=environment(),
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_changelog_names_every_command_and_plugin() -> None:
    from auscult.core import registry

    text = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    ours = [
        name
        for kind in ("suites", "targets", "judges", "data")
        for name, ref in registry.plugins(kind).items()
        if ref.package == "auscult"
    ]
    assert [name for name in ours if f"`{name}`" not in text] == []
