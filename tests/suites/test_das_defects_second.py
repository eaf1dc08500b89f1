"""What the released DAS code gets wrong in its second half, one by one, is right here (defects 6 to
11 and the measure of agreement)."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from random import Random
from typing import Any, cast

import pytest
from notebook import Notebook, suite_and_cases
from runs import estimates_of, plan_for, run, trials_of

from auscult.core import registry
from auscult.core.case import Case
from auscult.core.message import Message, Reply, Request
from auscult.core.mutant import Mutant, TextAttack
from auscult.core.protocols import Abilities, Arm, DataSet, Exhibit, Judge, TargetSpec
from auscult.core.strategist import Choice
from auscult.engine.plan import RolePlan
from auscult.kit.attack.asking import plain_mutant
from auscult.kit.open import prompt as open_prompt
from auscult.kit.rubric import prompt as rubric_prompt
from auscult.kit.search.rounds import Hunt, hunted
from auscult.kit.search.table import SEARCH, STRATEGIST
from auscult.kit.specialists.item import Item
from auscult.kit.specialists.prompt import schema, system
from auscult.kit.specialists.reading import Finding, read_finding
from auscult.kit.specialists.table import NAMES, TABLE, Name

RUN = 5
"""Words in a row that tell copying from chance."""
ASKING = sorted(
    name for name in registry.plugins("judges")
    if getattr(registry.build("judges", name, {}), "asks", ())
)  # fmt: skip
GARBAGE = (
    "", "Looks fine to me.", "{}", '{"verdict": null}', '{"criteria": "all"}', "[1, 2", "0.5",
    '{"quotes": ["nobody said this"], "reason": "r", "codes": ["untrue"], "verdict": "found"}',
)  # fmt: skip


class Listening:
    """An arm whose model says what it is told to, and what it was shown is kept."""

    def __init__(self, says: str) -> None:
        self.says, self.shown = says, list[tuple[Message, ...]]()

    async def ask(self, messages: tuple[Message, ...], **_: Any) -> Reply:
        self.shown.append(messages)
        return Reply(text=self.says)


# --- 6: what is to verify is in the hands of who verifies ---------------------------------------


async def test_6_the_texts_that_a_user_gives_reach_those_who_check_facts_and_sources(
    tmp_path: Path,
) -> None:
    told = "Quillane was withdrawn in 2019 after the Harbour trial found liver failure."
    (tmp_path / "formulary.txt").write_text(f"{told}\n", encoding="utf-8")
    judge: Judge = registry.build("judges", "hallucination", {"corpus": str(tmp_path)})
    arm = Listening(form("none"))
    case = Case("c", question="Is Quillane still given?")
    answer = "Yes, Quillane is first choice, as the Harbour trial found (Jansen et al., 2019)."
    await judge.judge(Exhibit(case, (), Reply(text=answer), {}), cast(Arm, arm))
    shown = {name: [m for m in arm.shown if asks_for(m, name)] for name in NAMES}
    for name in ("facts", "citations"):
        assert shown[name] and all(told in one[1].text for one in shown[name]), name
    assert shown["safety"] and told not in shown["safety"][0][1].text, "others are not shown it"


def asks_for(messages: tuple[Message, ...], name: Name) -> bool:
    return TABLE[name].looks_for in messages[0].text


def form(verdict: str, *codes: str, quotes: tuple[str, ...] = (), **more: Any) -> str:
    reason = "" if verdict == "none" else "It says so."
    return json.dumps(
        {"quotes": list(quotes), "reason": reason, "codes": list(codes), "verdict": verdict}
        | {"passages": []} | more
    )  # fmt: skip


# --- 7: what a prompt asks for, its form takes --------------------------------------------------


@pytest.mark.parametrize("name", NAMES)
def test_7_every_code_that_is_asked_for_may_be_given_and_anybody_may_be_unsure(name: Name) -> None:
    one, item = TABLE[name], Item("What is it?", "It is a thing, as Jansen (2019) found.")
    listed = re.findall(r"^- ([a-z-]+):", system(one), re.MULTILINE)
    fields = schema(one)["properties"]
    assert listed == list(one.code_names) == fields["codes"]["items"]["enum"]
    assert fields["verdict"]["enum"] == ["found", "none", "unsure"]
    for code in one.code_names:
        said = form("found", code, quotes=("as Jansen (2019) found",))
        assert isinstance(read(said, name, item), Finding), code
    assert isinstance(read(form("unsure"), name, item), Finding)


def read(said: str, name: Name, item: Item) -> object:
    body = json.loads(said)
    del body["passages"]
    return read_finding(Reply(text=json.dumps(body)), TABLE[name], item)


def test_7_what_contradicts_itself_is_no_finding() -> None:
    item = Item("What is it?", "It is a thing.")
    quotes = ("It is a thing",)
    for said in (form("none", "untrue"), form("found", quotes=quotes), form("found", "untrue")):
        assert not isinstance(read(said, "facts", item), Finding), said


# --- 8: no prompt holds what its judge is measured on -------------------------------------------


def runs(text: str) -> set[tuple[str, ...]]:
    words = re.findall(r"\w+", text.casefold())
    return {tuple(words[n : n + RUN]) for n in range(len(words) - RUN + 1)}


def measured_on() -> Iterator[str]:
    """Injections quote a prompt on purpose."""
    for folder in (registry.root() / "judges", registry.root() / "data" / "packs"):
        for path in folder.rglob("*.jsonl"):
            for line in path.read_text(encoding="utf-8").splitlines():
                yield from re.findall(r'"((?:[^"\\]|\\.){20,})"', line)


def test_8_the_prompts_of_judges_hold_no_words_of_what_they_are_measured_on() -> None:
    told = runs(open_prompt.SYSTEM) | runs(rubric_prompt.SYSTEM)
    assert len(told) > 200
    met = {run for text in measured_on() for run in told & runs(text)}
    assert not met, f"in a prompt and in a case: {[' '.join(run) for run in sorted(met)]}"


# --- 9: a first round that comes to nothing is a rejection, and the search goes on --------------


class Idle:
    """An attack that changes nothing, under the name of one that does."""

    def __init__(self, attack: TextAttack) -> None:
        self._attack, self.name = attack, "robustness/idle"

    def __getattr__(self, name: str) -> Any:
        return getattr(self._attack, name)

    def edit(self, case: Case, variant: int, rng: Random) -> Mutant:
        return plain_mutant(case)


class InOrder:
    name = "in-order"

    def __init__(self, *chains: str) -> None:
        self.chains = list(chains)

    async def choose(self, *_: Any) -> Choice | None:
        return Choice((self.chains.pop(0),)) if self.chains else None


class Right:
    identity, endpoint, local, abilities = "right", "here", True, Abilities()
    fingerprint: Mapping[str, Any] = {}

    async def answer(self, request: Request) -> Reply:
        return Reply(text=request.hints["letters"][request.hints["key"]])

    async def close(self) -> None:
        pass


@pytest.mark.parametrize(
    ("chains", "outcomes"),
    [
        (("robustness/idle", "robustness/typos"), ["rejected", "held"]),
        (("robustness/idle",), ["rejected"]),
        ((), []),
    ],
)
async def test_9_a_round_without_a_change_is_rejected_and_the_rounds_told_are_those_made(
    chains: tuple[str, ...], outcomes: list[str]
) -> None:
    suite, cases = suite_and_cases("das/adaptive")
    typos = registry.build("attacks", "robustness/typos")
    case = next(one for one in cases if not typos.unfit(one))
    book = Notebook(suite, case, Right())
    fit = (cast(TextAttack, Idle(typos)), typos)
    hunt = Hunt(case, (), fit, InOrder(*chains), None, 5, 0, {}, NobodyWrites())  # type: ignore
    assert await hunted(book, hunt) is None
    tried = [labels["outcome"] for arm, _, _, labels in book.trials if arm == SEARCH]
    assert tried == outcomes
    (ended,) = [labels for arm, _, _, labels in book.trials if arm == STRATEGIST]
    assert ended["rounds"] <= len(chains) + 1 < 5
    reasons = [labels.get("rejected", "") for arm, _, _, labels in book.trials if arm == SEARCH]
    assert not chains or "nothing changed" in reasons[0]
    asked = [one for one in book.asked if one.arm == SEARCH]
    assert len(asked) == outcomes.count("held"), "the target is not shown what changed nothing"


class NobodyWrites:
    """No attack here is written by a model, and nobody verifies."""

    async def refused(self, *_: Any) -> str:
        return ""


# --- 10: what a judge cannot say is missing, and is never a verdict -----------------------------


@pytest.mark.parametrize("garbage", GARBAGE)
@pytest.mark.parametrize("name", ASKING)
async def test_10_a_judge_that_cannot_be_read_gives_no_verdict(name: str, garbage: str) -> None:
    judge: Judge = registry.build("judges", name, {})
    facts = {"reference": "Iron deficiency.", "rubric": ["It is iron deficiency"],
             "facts": ["It is iron deficiency."],
             "criteria": [{"id": "m1", "text": "Names iron deficiency", "points": 1}]}  # fmt: skip
    case = Case("c", question="Why is she tired?")
    reply = Reply(text="Her thyroid is slow, and that is why she is tired all day long.")
    verdict = await judge.judge(Exhibit(case, (), reply, facts), cast(Arm, Listening(garbage)))
    assert (verdict.behaviour, verdict.score) == ("error", None) and verdict.cause


def test_10_unread_replies_are_missing_and_bounded_and_never_safe(tmp_path: Path) -> None:
    plan = plan_for(
        "das/hallucination", "scripted/confabulates?p=1", limit=4,
        roles={"judge": RolePlan("scripted/refuses")},
    )  # fmt: skip
    run(plan, tmp_path / "run")
    (rate,) = [
        e for e in estimates_of(tmp_path / "run")
        if e["metric"] == "hallucination rate" and not e["group"]
    ]  # fmt: skip
    assert rate["value"] is None and rate["n_error"] == 4
    assert (rate["low"], rate["high"]) == (None, None) and rate["note"]


# --- 11: resuming doubles nothing, and an answer without a label breaks nothing -----------------

ROWS = [
    {"prompt": f"Prompt {n // 2}.", "response": f"Answer {n}.", "model": "m", "label": label}
    for n, label in enumerate([1, None, 0, None, None, 1])
]


def recorded(folder: Path, **more: Any) -> Any:
    path = folder / "rows.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in ROWS), encoding="utf-8")
    return plan_for("das/recorded", "replayed", data=(DataSet("transcripts", str(path)),), **more)


def test_11_rows_without_a_label_are_missing_and_a_second_run_doubles_nothing(
    tmp_path: Path,
) -> None:
    run(recorded(tmp_path, limit=3), tmp_path / "run")
    run(recorded(tmp_path), tmp_path / "run")
    once = trials_of(tmp_path / "run")
    run(recorded(tmp_path), tmp_path / "run")
    assert trials_of(tmp_path / "run") == once and len(once) == len(ROWS)
    rates = [
        e for e in estimates_of(tmp_path / "run")
        if "strictly" in e["metric"] and e["group"] == {"model": "m"}
    ]  # fmt: skip
    assert [(e["n"], e["n_error"], round(e["value"], 3)) for e in rates] == [(3, 3, 0.667)]


def test_the_target_of_a_recorded_run_is_no_model() -> None:
    target = registry.build("targets", "replayed", TargetSpec("replayed"))
    assert target.local and target.identity.startswith("replayed")
