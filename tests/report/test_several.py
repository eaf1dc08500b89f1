"""Several runs side by side: the same prompts or no comparison, chance, order, and the page."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from auscult import audit
from auscult.core.message import Sampling
from auscult.engine.ledger import open_reader
from auscult.engine.purge import purge
from auscult.engine.view import RunView
from auscult.kit.attack.estimates import ADDED, NOT_ATTACKED, UNDER_ATTACK
from auscult.report.prompts import SuitePrompts, same_prompts
from auscult.report.several import Order, Several, names_of, several, under
from auscult.report.several_page import PAGE, RECORD, render, write_several

SUITE = "das/robustness"
WEAK, STRONG = "scripted/flips?p_clean=0.9&q=0.6", "scripted/flips?p_clean=0.9&q=0.05&seed=1"
CASES = 60


class Lab:
    """Audits of generated questions, each made once."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.file = folder / "q.jsonl"
        rows = [
            {
                "question": f"Patient {i} has had sign {i % 7} for {i + 2} days. Which is it?",
                "options": {letter: f"disease {letter}{i}" for letter in "ABCD"},
                "answer_idx": "ABCD"[i % 4],
            }
            for i in range(CASES)
        ]
        self.file.write_text("".join(json.dumps(row) + "\n" for row in rows))
        self.views: list[RunView] = []

    def run(self, name: str, target: str, **more: Any) -> RunView:
        given = {"data": [f"medqa={self.file}"], "report": False, **more}
        self.views.append(audit(SUITE, target=target, out=self.folder / name, **given).view)
        return self.views[-1]


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    made = Lab(tmp_path_factory.mktemp("several"))
    yield made
    for view in made.views:
        view.close()


@pytest.fixture(scope="module")
def weak(lab: Lab) -> RunView:
    return lab.run("weak", WEAK)


@pytest.fixture(scope="module")
def strong(lab: Lab) -> RunView:
    return lab.run("strong", STRONG)


@pytest.fixture(scope="module")
def chance(lab: Lab) -> RunView:
    return lab.run("chance", "scripted/constant")


@pytest.fixture(scope="module")
def short(lab: Lab) -> RunView:
    return lab.run("short", STRONG, limit=20)


@pytest.fixture(scope="module")
def other_seed(lab: Lab) -> RunView:
    return lab.run("seeded", STRONG, seed=5)


@pytest.fixture(scope="module")
def found(weak: RunView, strong: RunView, chance: RunView) -> Several:
    return several(
        [weak, strong, chance], ["openai/absent: no case that counts was finished (not begun)."]
    )


@pytest.fixture(scope="module")
def page(found: Several) -> str:
    return render(found)


# --- the same prompts -----------------------------------------------------------------------------


def test_every_prompt_that_a_figure_reads_is_compared(weak: RunView, strong: RunView) -> None:
    (asked,) = same_prompts([weak, strong])
    reader = open_reader(weak.folder)
    calls = sum(1 for _ in reader.calls())
    reader.close()
    assert asked.same and asked.differing == ()
    assert asked.prompts == asked.identical == calls - asked.follow_ups
    assert asked.follow_ups == 2 * CASES
    assert asked.sentence == (
        f"{SUITE}: {asked.prompts} of {asked.prompts} prompts identical, in {CASES} cases that "
        "every target finished."
    )


def test_what_confirms_a_finding_follows_from_replies_and_does_differ(
    weak: RunView, strong: RunView
) -> None:
    def confirming(view: RunView) -> set[tuple[int, str, bytes]]:
        reader = open_reader(view.folder)
        kept = {(c.case_no, c.path, c.digest) for c in reader.calls() if "confirmed" in c.path}
        reader.close()
        return kept

    assert confirming(weak) != confirming(strong)


def test_another_decoding_is_the_same_prompt(lab: Lab, short: RunView) -> None:
    warm = lab.run("warm", WEAK, limit=20, sampling=Sampling(temperature=0.5))
    (asked,) = same_prompts([short, warm])
    assert asked.same and asked.cases == 20


def test_other_draws_are_other_prompts_and_nobody_is_compared(
    strong: RunView, other_seed: RunView
) -> None:
    found = several([strong, other_seed])
    (asked,) = found.prompts
    assert 0 < asked.identical < asked.prompts
    assert len(asked.differing) == 5
    assert found.differences == () and found.order == ()
    assert "not all asked the same" in found.refused[0]
    page = render(found)
    assert "not shown to be asked the same" in page
    assert f"{asked.identical:,} of {asked.prompts:,} prompts identical" in page
    assert "No target is put in order here" in page


def test_cases_of_one_run_only_are_left_out_and_counted(strong: RunView, short: RunView) -> None:
    found = several([strong, short])
    (asked,) = found.prompts
    assert asked.same and (asked.cases, asked.cases_left_out) == (20, CASES - 20)
    assert asked.cases_not_by_all == 0
    assert {e.n_clusters for e in found.differences} == {20}
    assert any("left out" in line for line in found.left_out)


def test_who_stopped_early_takes_nothing_from_the_others(
    weak: RunView, strong: RunView, short: RunView
) -> None:
    found = several([weak, strong, short])
    (asked,) = found.prompts
    assert asked.same and (asked.cases, asked.cases_not_by_all) == (CASES, CASES - 20)
    assert "at least two targets finished" in asked.sentence
    sizes = {e.n_clusters for e in found.differences if e.control_arm == found.sides[1].name}
    assert sizes == {CASES}


def test_a_prompt_that_one_of_three_saw_otherwise_is_seen(
    weak: RunView, short: RunView, other_seed: RunView
) -> None:
    (asked,) = same_prompts([weak, short, other_seed])
    (pair,) = same_prompts([weak, short])
    assert pair.same and not asked.same


def test_purged_transcripts_cannot_be_checked(
    lab: Lab, strong: RunView, short: RunView, tmp_path: Path
) -> None:
    shutil.copytree(short.folder, tmp_path / "gone")
    purge(tmp_path / "gone")
    view = RunView(tmp_path / "gone")
    found = several([strong, view])
    view.close()
    assert not found.all_same and found.differences == ()
    assert "'gone' were purged" in found.refused[0]


def test_no_shared_case_is_no_agreement() -> None:
    empty = SuitePrompts("s", 0, 0, 0)
    assert not empty.same
    assert empty.sentence == "s: no case was finished by two targets."


# --- who is put in order --------------------------------------------------------------------------


def test_the_planted_weakness_is_shown(found: Several) -> None:
    pair = {e.metric: e for e in found.differences if e.control_arm != "scripted/constant"}
    assert set(pair) == {ADDED, UNDER_ATTACK, NOT_ATTACKED}
    assert pair[ADDED].low is not None and pair[ADDED].low > 0
    assert pair[UNDER_ATTACK].high is not None and pair[UNDER_ATTACK].high < 0
    assert pair[NOT_ATTACKED].p_adjusted > 0.05
    assert [order.names for order in found.order] == [
        ("scripted/flips (q 0.05)", "scripted/flips (q 0.6)")
    ] * 2


def test_the_differences_are_one_family(found: Several) -> None:
    assert all(e.extra["in_family"]["size"] == len(found.differences) for e in found.differences)
    assert "Holm" in found.family


def test_who_stands_at_chance_is_named_and_not_put_in_order(found: Several) -> None:
    weak, strong, chance = found.sides
    assert not weak.at_chance and not strong.at_chance
    assert "always answering" in chance.at_chance[SUITE]
    assert "nothing can be concluded" in chance.at_chance[SUITE]
    assert all(chance.name not in order.names for order in found.order)
    assert not any(e.metric == ADDED and e.control_arm == chance.name for e in found.differences)
    assert f"{SUITE}, {ADDED}: {chance.name} is not shown to beat chance." in found.refused


def test_who_is_absent_is_named(found: Several) -> None:
    assert found.refused[0].startswith("openai/absent: no case that counts")


ORDERS = [
    (("a", "b"), [("a", "b")], [], "m, the best first: a, then b. The difference is shown."),
    (("a", "b"), [], [("a", "b")], "m: the data do not tell apart a and b."),
    (
        ("a", "b", "c"), [("a", "c")], [("a", "b"), ("b", "c")],
        "m: a is shown to be ahead of c. The data do not tell apart a and b; b and c.",
    ),
    (
        ("a", "b", "c"), [("a", "b"), ("a", "c"), ("b", "c")], [],
        "m, the best first: a, then b, then c. Every step is shown.",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("names", "ahead", "level", "said"), ORDERS)
def test_an_order_says_what_is_shown_and_no_more(
    names: Any, ahead: Any, level: Any, said: str
) -> None:
    assert Order("s", "m", names, tuple(ahead), tuple(level)).sentence == f"s, {said}"


@pytest.mark.parametrize(
    ("identities", "names"),
    [
        (["openai/a", "openai/b"], ["openai/a", "openai/b"]),
        (["x/r?p=1&seed=0", "x/r?p=0.5&seed=1"], ["x/r (p 1)", "x/r (p 0.5)"]),
        (["x/r?p=1&seed=0", "x/r?p=1&seed=1"], ["x/r (seed 0)", "x/r (seed 1)"]),
        (["openai/a", "openai/a"], ["openai/a [A]", "openai/a [B]"]),
        (["x/r?p=1", "y/s?p=2"], ["x/r", "y/s"]),
    ],
)
def test_names_are_short_and_differ(identities: list[str], names: list[str]) -> None:
    assert names_of(identities) == names


# --- the page -------------------------------------------------------------------------------------


def test_the_first_chart_sets_the_static_score_against_the_attacked_one(
    found: Several, page: str
) -> None:
    first = page[: page.index('id="apart"')]
    for side in found.sides:
        held = under(side, SUITE)
        assert set(held) == {"nothing", "control", "attack"}
        static, attack = (f"{100 * held[key].value:.0f}%" for key in ("nothing", "attack"))
        drawn = first[first.index(f">{side.name}, {SUITE}</title>") :]
        desc = re.search(r"<desc[^>]*>(.*?)</desc>", drawn)
        assert desc is not None
        assert desc[1].startswith(f"as they are {static}, interval")
        assert f"under attack {attack}, interval" in desc[1]
    assert first.count('class="lane circle"') == len(found.sides) * 2 + 1
    assert first.count('class="lane diamond"') == len(found.sides) * 2 + 1


def test_the_page_warns_before_it_shows_a_figure(found: Several, page: str) -> None:
    asked = found.prompts[0].prompts
    warning = page.index("No conclusion.")
    assert page.index(f"{asked} of {asked} prompts identical") < warning < page.index("<svg")
    assert "Fixtures, not systems under audit" in page


def test_the_page_runs_and_fetches_nothing(page: str) -> None:
    assert "<script" not in page
    assert "default-src 'none'" in page
    assert not re.search(r'(?:href|src)="(?:https?:)?//', page)


def test_a_target_that_names_itself_badly_is_only_text(found: Several) -> None:
    bad = "<script>alert(1)</script>"
    sides = tuple(msgspec.structs.replace(side, name=bad, identity=bad) for side in found.sides)
    page = render(msgspec.structs.replace(found, sides=sides, differences=()))
    assert "<script>" not in page and "&lt;script&gt;" in page


def test_page_and_record_lie_beside_the_runs(found: Several, tmp_path: Path) -> None:
    page = write_several(found, tmp_path)
    assert page == tmp_path / PAGE
    assert 'href="weak/dossier/index.html"' in page.read_text()
    told = json.loads((tmp_path / RECORD).read_text())
    assert [side["name"] for side in told["sides"]] == [side.name for side in found.sides]
    assert told["prompts"][0]["identical"] == found.prompts[0].identical
