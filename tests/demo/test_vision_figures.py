"""The figures are the run's own, the plans are sound, and a taken port is told at once."""

from __future__ import annotations

import json
import socket
import sys
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest
from PIL import Image
from runs import run

from auscult.core.errors import RunError
from auscult.engine.planfile import parse_plan

DEMO = Path(__file__).resolve().parents[2] / "demo" / "vision"
COUNTS = {
    "files": 30, "exact_copies": 1, "groups": 9, "largest_group": 4, "held_out": 6,
    "copies_of_held_out_left_out": 5, "also_left_out_as_alike": 2, "train": 8, "train_groups": 3,
}  # fmt: skip


@pytest.fixture(scope="module")
def demo() -> Any:
    sys.path.insert(0, str(DEMO))
    try:
        import demo

        yield demo
    finally:
        sys.path.remove(str(DEMO))


def test_a_taken_port_is_told_in_one_sentence(demo: Any) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(RunError, match=f"port {port} of this machine is taken") as told:
            demo.check_port(port)
    assert "\n" not in str(told.value) and "--port" in str(told.value)
    demo.check_port(port)


def pictures(folder: Path, names: list[str]) -> list[str]:
    rng = np.random.default_rng(1)
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        pixels = np.kron(rng.integers(0, 200, (8, 8), np.uint8), np.ones((8, 8), np.uint8))
        Image.fromarray(pixels).save(folder / name, "PNG")
    return names


@pytest.fixture(scope="module")
def tables(demo: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    cache = tmp_path_factory.mktemp("cache")
    held = [f"brains/{'yes' if n % 2 else 'no'}/b{n}.jpg" for n in range(8)]
    pictures(cache, held)
    pictures(cache, [f"chests/val/person{n}_x.jpeg" for n in range(4)])
    pictures(cache, ["others/data/retina.jpg", "others/data/coffee.png"])
    demo.pictures.write_tables(cache, demo.size_of("quick"), held, range(8), range(8))
    return cache / "tables-quick"


@pytest.mark.parametrize("size", ["full", "quick"])
@pytest.mark.parametrize("name", ["audit", "reversed"])
def test_plans_are_sound_and_stay_on_this_machine(
    demo: Any, tables: Path, monkeypatch: pytest.MonkeyPatch, name: str, size: str
) -> None:
    monkeypatch.chdir(tables)
    plan = parse_plan(demo.plan_text(name, demo.size_of(size), 9001))
    assert plan.target.options == {"base_url": "http://127.0.0.1:9001/v1"}
    assert plan.target.sampling.temperature == 0.0
    limits = [suite.limit for suite in plan.suites]
    assert limits == list(demo.size_of(size).limits if name == "audit" else limits)
    assert size == "full" or max(limit or 0 for limit in limits) <= 20


@pytest.fixture(scope="module")
def results(demo: Any, tables: Path) -> dict[str, Path]:
    """Both plans, with a scripted target that is right three times in four."""
    out = {}
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(tables)
        for name in demo.PLANS:
            text = demo.plan_text(name, demo.size_of("quick"), 9001)
            text = text.replace("openai/brain-mri-fixture", "scripted/right?p=0.75")
            text = text.replace("[1, 2, 3, 4, 5]", "[1, 3, 5]")
            text = "\n".join(line for line in text.splitlines() if "base_url" not in line)
            run(parse_plan(text), tables / name)
            out[name] = tables / name
    return out


def read(runs: dict[str, Path]) -> dict[str, Any]:
    from auscult.api import open_run

    for folder in runs.values():
        (folder / "results.json").write_bytes(msgspec.json.encode(open_run(folder).results()))
    return {name: json.loads((f / "results.json").read_bytes()) for name, f in runs.items()}


def test_every_figure_that_is_wanted_is_one_the_suites_make(
    demo: Any, results: dict[str, Path], tmp_path: Path
) -> None:
    """So that a metric cannot be renamed without the page losing it in silence."""
    found = demo.figures.figures_of(read(results), COUNTS, "quick")
    assert found["not_found"] == []
    shifts = {line["shift"]: line for line in found["shifts"]}
    assert {"blur", "legacy-noise", "control-grey", "wrong-patient"} <= set(shifts)
    assert set(shifts["blur"]["accuracy"]) == set("135")
    assert "added" in shifts["legacy-noise"] and "answered" in shifts["wrong-patient"]
    demo.figures.write(results, COUNTS, demo.size_of("quick"), tmp_path)
    assert json.loads((tmp_path / "figures.json").read_text()) == found
    table = demo.figures.table(found)
    assert "left and right change places" in table
    assert "`blur`" in table and "30 files" in table and "say nothing of any product" in table


def test_figures_are_copied_and_not_made(demo: Any) -> None:
    estimate = {
        "suite": "cares/factuality", "metric": "accuracy", "group": {}, "value": 0.625,
        "low": 0.5, "high": 0.75, "n": 80, "n_clusters": 40, "unit": "proportion", "note": "",
    }  # fmt: skip
    other = {**estimate, "group": {"modality": "MR"}, "value": 0.1}
    missing: list[str] = []
    wanted = demo.figures.Wanted("label", "cares/factuality", ("renamed", "accuracy"))
    row = demo.figures._row({"audit": {"estimates": [other, estimate]}}, wanted, missing)
    assert (row["value"], row["low"], row["n_clusters"]) == (0.625, 0.5, 40) and not missing
    gone = demo.figures.Wanted("label", "cares/factuality", ("renamed",))
    assert demo.figures._row({"audit": {"estimates": [estimate]}}, gone, missing)["value"] is None
    assert missing == ["'renamed' of cares/factuality"]


def test_the_page_keeps_what_is_around_the_figures(demo: Any) -> None:
    page = demo.figures.PAGE.read_text(encoding="utf-8")
    once = demo.figures.put(page, "figures")
    assert once == demo.figures.put(demo.figures.put(page, "others"), "figures")
    begin, end = demo.figures.BEGIN, demo.figures.END
    assert f"{begin}\nfigures\n{end}" in once
    assert once.partition(begin)[0] == page.partition(begin)[0]
    assert once.partition(end)[2] == page.partition(end)[2]
    with pytest.raises(ValueError, match="no place for the figures"):
        demo.figures.put("a page without marks", "figures")
