"""What the open-ended suite asks afresh, and which failures it tells of."""

from __future__ import annotations

from collections.abc import Callable
from hashlib import blake2b
from pathlib import Path
from typing import Any

import open_cases
import pytest
from runs import plan_for, run

from auscult.api import open_run
from auscult.cli.regressions import with_findings
from auscult.core.errors import UsageError
from auscult.core.estimate import Estimate, Finding
from auscult.core.message import Reply, Request
from auscult.core.protocols import Abilities, DataSet
from auscult.engine.plan import RolePlan
from auscult.kit.open.estimates import ADDED
from auscult.kit.open.findings import LABELS, LEFT_OUT, READ, WRITTEN, lost_in
from auscult.stats.table import with_labels
from auscult.targets import scripted

SUITE = "das/open-ended"
SAYS = {c["id"]: c["text"] for c in open_cases.criteria()}
SCRIPTED = scripted.build
Fails = Callable[[Request, str], bool]


class Answers:
    """Says every wanted criterion in its own words, but for those that it fails."""

    identity, endpoint, local = "scripted/answers", "scripted", True
    abilities = Abilities()

    def __init__(self, fails: Fails) -> None:
        self.fingerprint: dict[str, Any] = {"fails": fails.__name__}
        self._fails = fails
        self.seen: list[Request] = []

    async def answer(self, request: Request) -> Reply:
        self.seen.append(request)
        said = [f"{SAYS[name]}." for name in "abc" if not self._fails(request, name)]
        return Reply(text=" ".join(["Well.", *said]))

    async def close(self) -> None: ...


def attacked(request: Request) -> bool:
    return request.hints["arm"] in ("attacked", "confirmed")


def under_attack(request: Request, name: str) -> bool:
    return name == "a" and attacked(request)


def once(request: Request, name: str) -> bool:
    """Fails when first attacked, and never afresh."""
    return name == "a" and request.hints["arm"] == "attacked"


def always(request: Request, name: str) -> bool:
    return name == "a"


def now_and_then(request: Request, name: str) -> bool:
    """Merely unstable."""
    digest = blake2b(f"{name}|{request.seed}".encode(), digest_size=2).digest()
    return int.from_bytes(digest, "big") < 0.4 * 2**16


def only_afresh(request: Request, name: str) -> bool:
    """An attacked reply that held at first was no failure, whatever comes afresh."""
    return name == "a" and (
        request.hints["arm"] == "confirmed"
        or (request.hints["arm"] == "attacked" and request.hints["repeat"] != 0)
    )


def of_two_cases(request: Request, name: str) -> bool:
    """Fails every time under attack, in so few cases that the headline shows nothing."""
    return name == "a" and attacked(request) and request.hints["case_id"].endswith(("-t0", "-t1"))


def beside_cats(request: Request, name: str) -> bool:
    """Fails under one of the five sentences that a case may meet."""
    cats = open_cases.row()["distractions"][0]["text"]
    return name in "ab" and cats in request.messages[-1].text


class Found:
    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch, fails: Fails,
                 count: int = 12, roles: dict[str, str] | None = None,
                 **options: Any) -> None:  # fmt: skip
        criteria = open_cases.criteria()
        criteria[0]["harm"] = "severe"
        rows = [open_cases.row(f"open-t{n}", criteria=criteria) for n in range(count)]
        data = DataSet("open-cases", str(open_cases.pack(folder / "pack", *rows)))
        self.target = Answers(fails)
        monkeypatch.setattr(
            scripted, "build", lambda s: self.target if s.role == "target" else SCRIPTED(s)
        )
        uses = {"judge": "scripted/oracle"} | (roles or {})
        bound = {role: RolePlan(use) for role, use in uses.items()}
        options = {"values": False} | options
        plan = plan_for(SUITE, "scripted/x", data=(data,), suite_options=options, roles=bound)
        self.folder = folder / "run"
        outcome = run(plan, self.folder)
        assert outcome.stopped == "complete", outcome.error
        opened = open_run(self.folder)
        try:
            self.findings: list[Finding] = opened.findings()
            rows = with_labels(opened.view.frame(SUITE, READ), LABELS)
            self.lost = lost_in(rows)
            self.estimates: dict[str, Estimate] = {
                e.metric: e for e in opened.estimates() if not e.group
            }
        finally:
            opened.view.close()


def test_what_an_attack_breaks_every_time_is_told_with_its_grade(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = Found(tmp_path, monkeypatch, under_attack)
    assert found.estimates[ADDED].low > 0  # type: ignore[operator]
    assert len(found.findings) == 12 == len({f.id for f in found.findings})
    one = found.findings[0]
    assert one.severity == "severe" and one.extra["criterion"] == "a"
    assert one.title.startswith("A wanted point is left out under ")
    assert "'Says to be seen by a doctor today'" in one.evidence
    written = open_cases.row()
    sentences = [s["text"] for s in (*written["distractions"], *written["baits"])]
    assert any(f"Put in: '{text}'" in one.evidence for text in sentences), one.evidence
    assert "3 of 3 replies under the attack, 2 of them asked afresh" in one.confirmed
    assert (one.extra["seen"], one.extra["asked"]) == (3, 3)


def test_the_same_words_are_put_afresh(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = Found(tmp_path, monkeypatch, under_attack, count=1)
    by_arm: dict[str, list[str]] = {}
    for request in found.target.seen:
        by_arm.setdefault(request.hints["arm"], []).append(request.messages[-1].text)
    assert len(by_arm["confirmed"]) == 2 and len(set(by_arm["confirmed"])) == 1
    pair = by_arm["attacked"].index(by_arm["confirmed"][0])
    assert set(by_arm["confirmed (control)"]) == {by_arm["control"][pair]}


@pytest.mark.parametrize("fails", [once, always, now_and_then, only_afresh])
def test_what_is_no_effect_of_the_attack_is_not_told(
    fails: Fails, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = Found(tmp_path, monkeypatch, fails, per_case=1)
    assert found.findings == []


def test_beside_a_headline_that_shows_nothing_none_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = Found(tmp_path, monkeypatch, of_two_cases)
    low = found.estimates[ADDED].low
    assert low is not None and low <= 0
    assert len(found.lost) == 2 and found.findings == []


def test_the_pair_that_broke_the_case_is_the_one_that_is_asked_afresh(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = Found(tmp_path, monkeypatch, beside_cats, count=8, per_case=0)
    asked = [r for r in found.target.seen if r.hints["arm"] == "confirmed"]
    assert len(asked) == 2 * 8
    assert all(beside_cats(request, "a") for request in asked), "a pair that broke nothing"
    assert len(found.lost) == 2 * 8


WRITER = {"attacker": "scripted/open-writer"}
VERIFIED = {**WRITER, "verifier": "scripted/open-verifier"}


def test_of_words_that_nobody_stands_behind_none_is_told_and_all_are_counted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = Found(tmp_path, monkeypatch, under_attack, roles=WRITER, form="agent")
    primary = found.estimates[ADDED]
    assert primary.low is not None and primary.low > 0 and len(found.lost) == 12
    assert found.findings == [] and primary.extra["findings_left_out"] == 12
    assert primary.note.endswith(LEFT_OUT.format(n="12 findings are"))


def test_of_words_that_a_verifier_let_pass_they_are_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = Found(tmp_path, monkeypatch, under_attack, roles=VERIFIED, form="agent")
    assert len(found.findings) == 12
    assert all(one.evidence.endswith(WRITTEN) for one in found.findings)
    primary = found.estimates[ADDED]
    assert "findings_left_out" not in primary.extra and "left out" not in primary.note


@pytest.mark.parametrize("fails", [once, always, of_two_cases])
def test_where_none_would_be_told_none_is_said_to_be_left_out(
    fails: Fails, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = Found(tmp_path, monkeypatch, fails, roles=WRITER, form="agent")
    assert "findings_left_out" not in found.estimates[ADDED].extra


def test_confirming_changes_no_estimate_and_nothing_is_told_without_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_it = Found(tmp_path / "a", monkeypatch, under_attack)
    without = Found(tmp_path / "b", monkeypatch, under_attack, confirm=False)
    assert without.findings == [] and with_it.findings
    assert len(with_it.target.seen) == len(without.target.seen) + 4 * 12
    assert with_it.estimates == without.estimates


def test_a_replay_says_in_a_sentence_why_it_cannot_ask_these_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = Found(tmp_path, monkeypatch, under_attack)
    said = {"from_run": found.folder, "target": ["scripted/oracle"], "suites": ["regressions"]}
    with pytest.raises(UsageError, match="a replay has no judge model to read one") as told:
        with_findings(said)
    assert "holds no finding that can be asked again" in str(told.value)
