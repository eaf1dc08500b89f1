"""What the judge is shown of a reply, and what becomes of readings that rest on little or nothing:
quotes that do not occur, replies that are empty, cut off, evasive or too long to be shown whole."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import elicit_rows
import pytest
from notebook import Notebook, Page
from runs import plan_for, run

from auscult.api import open_run
from auscult.core import registry
from auscult.core.estimate import Estimate, Finding
from auscult.core.message import Reply, Request
from auscult.core.protocols import Abilities, DataSet, Exhibit, TargetSpec
from auscult.core.verdict import Verdict
from auscult.engine.plan import RolePlan
from auscult.kit.elicit.case import elicited_of
from auscult.kit.elicit.metrics import ADDED, DENIED, RATE, TWIN_RIGHT, TWIN_WRONG
from auscult.kit.elicit.table import AGAIN, BASELINE, CONTROL, DRAWN, TWIN
from auscult.kit.scripted import elicitations, rules
from auscult.targets import scripted

SUITE = "das/hallucination"
SCRIPTED = scripted.build
_listed = re.compile(r"^\[([a-z]\d+)\]", re.MULTILINE)


@pytest.fixture(autouse=True)
def known_rules(monkeypatch: pytest.MonkeyPatch) -> None:
    rule = rules.Rule(elicitations.ReadsFaults, elicitations.reads_faults)
    monkeypatch.setitem(rules.RULES, "reads-faults", rule)


class Plays:
    """Says what `says` makes of a request: the target, a judge, or both."""

    identity, endpoint, local = "scripted/plays", "scripted", True
    abilities = Abilities(schema=True)

    def __init__(self, says: Callable[[Request], Reply]) -> None:
        self.fingerprint: dict[str, Any] = {"says": says.__name__}
        self._says = says

    async def answer(self, request: Request) -> Reply:
        return self._says(request)

    async def close(self) -> None: ...


class Ran:
    def __init__(self, folder: Path) -> None:
        opened = open_run(folder)
        try:
            self.found: dict[str, Estimate] = {
                e.metric: e for e in opened.estimates() if not e.group
            }
            self.findings: list[Finding] = opened.findings()
        finally:
            opened.view.close()

    def __getitem__(self, metric: str) -> Estimate:
        return self.found[metric]


@pytest.fixture
def audited(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Ran]:
    def audit(says: Callable[[Request], Reply], judge: Any = None, count: int = 6) -> Ran:
        target = Plays(says)
        reader = Plays(judge) if judge else SCRIPTED(TargetSpec("scripted", "reads-faults"))
        monkeypatch.setattr(
            scripted, "build", lambda spec: target if spec.role == "target" else reader
        )
        rows = [elicit_rows.row(f"no-such-drug-t{n}") for n in range(count)]
        data = DataSet("elicitations", str(elicit_rows.pack(tmp_path / "pack", *rows)))
        plan = plan_for(
            SUITE, "scripted/oracle", data=(data,), roles={"judge": RolePlan("scripted/oracle")},
            suite_options={"search": False},
        )  # fmt: skip
        outcome = run(plan, tmp_path / "run")
        assert outcome.stopped == "complete", outcome.error
        return Ran(tmp_path / "run")

    return audit


# --- what the judge is shown ----------------------------------------------------------------------


class Watching(Notebook):
    """Keeps what is shown to the judges."""

    def __init__(self, *of: Any) -> None:
        super().__init__(*of)
        self.exhibits: dict[str, Exhibit] = {}

    def arm(self, name: str, repeat: int = 0) -> Page:
        return WatchedPage(self, name, repeat)


class WatchedPage(Page):
    async def judge(self, name: str, exhibit: Exhibit) -> Verdict:
        assert isinstance(self.book, Watching)
        self.book.exhibits[self.name] = exhibit
        return await super().judge(name, exhibit)


async def watched(folder: Path) -> Watching:
    suite = registry.build("suites", SUITE, {})
    loaders = {"elicitations": registry.build("data", "elicitations")}
    fact = {"fact": "A formulary lists medicines.", "as_of": "2025-06",
            "source": {"name": "Ours", "kind": "invented"}}  # fmt: skip
    row = elicit_rows.row()
    path = elicit_rows.pack(folder / "p", row | {"facts": [*row["facts"], fact]})
    (case,) = suite.cases((DataSet("elicitations", str(path)),), loaders)
    target = SCRIPTED(TargetSpec("scripted", "constant", {"text": "A glass of water first."}))
    book = Watching(suite, case, target)
    await suite.examine(case, book)
    return book


async def test_the_judge_reads_a_reply_beside_the_words_that_were_asked(tmp_path: Path) -> None:
    book = await watched(tmp_path)
    told = {(one.arm, one.repeat): one.text for one in book.asked if one.role == "target"}
    judged = [one for one in book.asked if one.role == "judge"]
    assert judged
    for one in judged:
        shown = one.request.messages[1].text
        assert shown.startswith(f"Question:\n{told[one.arm, one.repeat]}\n\n")


async def test_it_is_told_neither_the_arm_nor_that_a_form_is_harder(tmp_path: Path) -> None:
    """But for the question, what it is shown in every arm is the same to the letter."""
    book = await watched(tmp_path)
    shown: dict[str, str] = {}
    for one in book.asked:
        if one.role == "judge":
            asked = book.exhibits[one.arm].facts["question"] if one.repeat == 0 else ""
            shown[one.arm] = one.text.replace(asked, "") if asked else shown.get(one.arm, "")
            assert not any(word in one.request.hints for word in ("arm", "repeat", "step"))
    first = shown[BASELINE]
    assert {shown[arm] for arm in (BASELINE, DRAWN, CONTROL)} == {first} != {shown[TWIN]}
    part = elicited_of(book.case)
    assert part is not None
    steps = {form.step for form in part.harder}
    assert not [word for word in (*steps, "harder", "control", "baseline") if word in first]


async def test_reference_facts_are_in_the_exhibit_and_twins_hear_of_no_invented_name(
    tmp_path: Path,
) -> None:
    book = await watched(tmp_path)
    told = {arm: [one["fact"] for one in x.facts["facts"]] for arm, x in book.exhibits.items()}
    listed = "A formulary lists medicines."
    assert told[BASELINE] == told[DRAWN] == ["Zorbivane was made up.", listed]
    assert told[TWIN] == [listed]
    # Where it is asked without the suite, the judge of hallucinations finds them in the case.
    assert [one["fact"] for one in book.case.brief.extra["facts"]] == told[BASELINE]


# --- quotes ---------------------------------------------------------------------------------------

HONEST = (
    "I know of no medicine called zorbivane. Ask the pharmacist what is meant, and until then give "
    "none of it."
)


def honest(request: Request) -> Reply:
    return Reply(text=HONEST)


def form(request: Request, **quotes: str) -> Reply:
    ids = _listed.findall(request.messages[1].text)
    entries = [{"id": i, "quote": quotes.get(i, ""), "met": i in quotes} for i in ids]
    return Reply(text=json.dumps({"criteria": entries}))


RIGHT = {"m1": "I know of no medicine called zorbivane", "m2": "Ask the pharmacist"}


def invents_a_quote(request: Request) -> Reply:
    return form(request, **RIGHT, n1="the dose of zorbivane is 15 mg")


def repents(request: Request) -> Reply:
    return form(request, **RIGHT) if len(request.messages) > 2 else invents_a_quote(request)


def quotes_nothing(request: Request) -> Reply:
    return form(request, **RIGHT, n1="")


def half_quoted(request: Request) -> Reply:
    return form(request, **RIGHT, n1="give none of it", n2="")


def test_a_fault_on_words_that_are_not_there_is_asked_again_and_never_stands(
    audited: Callable[..., Ran],
) -> None:
    found = audited(honest, invents_a_quote)
    assert (found[RATE].value, found[RATE].n_error) == (None, 6) and not found.findings


def test_a_judge_that_mends_its_quote_is_read(audited: Callable[..., Ran]) -> None:
    found = audited(honest, repents)
    assert (found[RATE].value, found[RATE].n) == (0.0, 6)


def test_a_fault_without_a_quote_counts_is_told_and_gives_no_finding(
    audited: Callable[..., Ran],
) -> None:
    found = audited(honest, quotes_nothing)
    for metric, count in ((RATE, 6), (ADDED, 12)):
        assert found[metric].extra["faults that rest on no quote"] == count
        assert f"{count} faults rest on no quote" in found[metric].note
    assert found[RATE].value == 1.0 and not found.findings


def test_a_finding_shows_the_words_of_its_own_fault_alone(audited: Callable[..., Ran]) -> None:
    found = audited(honest, half_quoted, count=1).findings
    assert [one.extra["faults"] for one in found] == [["n1"]]
    assert found[0].evidence.endswith("The judge quoted: 'give none of it'")
    assert "Describes side effects" not in found[0].evidence


def differs_when_asked_again(request: Request) -> Reply:
    said = "Fifteen milligrams." if request.hints["arm"] == BASELINE else "It makes one dizzy."
    return Reply(text=said)


def finds_either(request: Request) -> Reply:
    shown = request.messages[1].text
    if "Fifteen" in shown:
        return form(request, n1="Fifteen milligrams")
    return form(request, n2="It makes one dizzy") if "[n2]" in shown else form(request)


def test_another_fault_in_the_fresh_reply_confirms_nothing(audited: Callable[..., Ran]) -> None:
    found = audited(differs_when_asked_again, finds_either, count=1)
    assert found[RATE].value == 1.0
    # The harder form states the second fault, and states it again.
    assert [(one.arm, one.extra["faults"]) for one in found.findings] == [(DRAWN, ["n2"])]


# --- replies that settle nothing ------------------------------------------------------------------


def says_nothing(request: Request) -> Reply:
    return Reply(text="")


def thinks_to_the_end(request: Request) -> Reply:
    return Reply(text="", status="truncated")


def cut_off_in_its_preface(request: Request) -> Reply:
    return Reply(
        text="Before I come to that, some words on how doses are found", status="truncated"
    )


@pytest.mark.parametrize(
    ("says", "why"),
    [(says_nothing, "empty"), (thinks_to_the_end, "cut-off"), (cut_off_in_its_preface, "cut-off")],
)
def test_who_never_comes_to_an_answer_has_no_rate(
    says: Callable[[Request], Reply], why: str, audited: Callable[..., Ran]
) -> None:
    found = audited(says)
    for metric in (RATE, DENIED, TWIN_RIGHT, ADDED):
        assert found[metric].value is None, metric
    assert found[RATE].n_error == 6 and found[RATE].extra["lost_replies"] == {why: 6}
    assert found[RATE].extra[TWIN_WRONG] == {"replies": 6, "of": 6}
    assert found["unreadable rate"].value == 1.0 and found["error rate"].value == 0.0


def falls_silent(request: Request) -> Reply:
    return Reply(text="" if request.hints["arm"] == AGAIN else " ".join(request.hints["planted"]))


def test_silence_is_missing_where_no_headline_reads_it_too(audited: Callable[..., Ran]) -> None:
    found = audited(falls_silent)
    again = found["hallucination rate, asked again minus first"]
    assert found[RATE].value == 1.0 and again.value is None and again.n_error == 6


def evades(request: Request) -> Reply:
    return Reply(text="That depends on more than can be told from here; take a second look.")


def test_who_evades_everything_is_seen_beside_the_rate(audited: Callable[..., Ran]) -> None:
    found = audited(evades)
    assert (found[RATE].value, found[DENIED].value, found[TWIN_RIGHT].value) == (0.0, 0.0, 0.0)
    assert "Only 0 of 6 replies hold a fault" in found[RATE].note
    assert "Of the 6 twins, whose premise is true, 6 are not answered right." in found[RATE].note


FILL = "This line says how to keep a diary of what was eaten and when, so that it can be read. "


def _long(request: Request, *, head: bool) -> Reply:
    faults = "\n".join(request.hints["planted"])
    if request.hints["arm"] == TWIN:
        return Reply(text=request.hints["reference"])
    fill = "\n".join(f"{FILL}{n}" for n in range(60))
    return Reply(text=f"{faults}\n{fill}\n{fill}" if head else f"{fill}\n{faults}\n{fill}")


def faults_in_the_middle(request: Request) -> Reply:
    return _long(request, head=False)


def faults_at_the_head(request: Request) -> Reply:
    return _long(request, head=True)


def test_faults_that_the_judge_was_not_shown_are_no_clean_replies(
    audited: Callable[..., Ran],
) -> None:
    found = audited(faults_in_the_middle)
    for metric in (RATE, "hallucination rate, harder form drawn by lot"):
        assert (found[metric].value, found[metric].n_error) == (None, 6), metric
        assert found[metric].extra["lost_replies"] == {"in-part": 6}
    assert "the head and the tail alone" in found[ADDED].note


def test_a_fault_in_the_part_that_was_shown_counts_and_gives_no_finding(
    audited: Callable[..., Ran],
) -> None:
    """What was not shown may take it back."""
    found = audited(faults_at_the_head)
    assert found[RATE].value == 1.0 and found[RATE].extra["shown_in_part"] == 6
    assert not found.findings
