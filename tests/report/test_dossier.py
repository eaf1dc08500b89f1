"""The page: what must be on it, what must never run on it, and that nothing is fetched."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path

import msgspec
import pytest
from fake_view import (
    ARABIC,
    ATTACK,
    LONG,
    PLANTED_KEY,
    FakeSuite,
    FakeView,
    estimate,
    knowledge_status,
)

from auscult.core.estimate import Finding
from auscult.core.message import Message
from auscult.report.dossier import JudgeTable, when, write_dossier
from auscult.report.evidence import LONGEST, WITH_TRANSCRIPT, exhibits, printable
from auscult.report.results import build_results

APART = {"td", "th", "p", "dt", "dd", "li"}
VOID = {"meta", "link", "img", "br", "hr", "input"}


class Page(HTMLParser):
    """Tags, attributes and text; complains where tags do not nest."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text: list[str] = []
        self._open: list[str] = []
        self.feed(html)
        self.close()
        assert self._open == [], f"never closed: {self._open}"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag in APART or ("class", "sub") in attrs:
            self.text.append(" ")
        if tag not in VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self._open and self._open[-1] == tag, f"</{tag}> closes {self._open[-3:]}"
        self._open.pop()

    def handle_data(self, data: str) -> None:
        self.text.append(data)

    @property
    def words(self) -> str:
        return re.sub(r"\s+", " ", "".join(self.text))

    def of(self, tag: str) -> list[dict[str, str | None]]:
        return [attrs for name, attrs in self.tags if name == tag]


def html_of(view: FakeView, calibrations: dict[str, JudgeTable] | None = None) -> str:
    path = write_dossier(view, build_results(view), calibrations)
    assert path == view.folder / "dossier" / "index.html"
    assert [p.name for p in path.parent.iterdir()] == ["index.html"]
    return path.read_text(encoding="utf-8")


@pytest.fixture
def view(tmp_path: Path) -> FakeView:
    return FakeView(tmp_path)


def test_the_page_nests_and_its_inner_links_lead_somewhere(view: FakeView) -> None:
    page = Page(html_of(view))
    names = [a["id"] for _, a in page.tags if "id" in a]
    assert len(names) == len(set(names)), "an id stands twice"
    inner = {a["href"] for a in page.of("a")}
    assert {str(h)[1:] for h in inner if str(h).startswith("#")} <= set(names)
    described = [a["aria-labelledby"] for _, a in page.tags if "aria-labelledby" in a]
    assert {part for d in described for part in str(d).split()} <= set(names)


def test_every_section_is_there_in_order(view: FakeView) -> None:
    page = Page(html_of(view))
    wanted = [
        "summary", "figures", "groups", "untested", "findings", "system", "register",
        "instruments", "accounting", "reproduce",
    ]  # fmt: skip
    assert [a["id"] for a in page.of("section")] == wanted
    assert page.of("html") == [{"lang": "en-GB"}]
    assert len(page.of("h1")) == 1


def test_nothing_is_fetched_and_nothing_runs(view: FakeView) -> None:
    html = html_of(view)
    page = Page(html)
    assert not {"script", "link", "img", "iframe", "object", "base"} & {t for t, _ in page.tags}
    for tag, attrs in page.tags:
        assert not [n for n in attrs if n.startswith("on")], (tag, attrs)
        for name in ("src", "href", "srcset", "action", "data", "xlink:href"):
            assert re.match(r"#|$", attrs.get(name) or ""), (tag, attrs)
        assert "url(" not in (attrs.get("style") or "")
    css = html.partition("<style>")[2].partition("</style>")[0]
    assert "url(" not in css and "@import" not in css
    policy = [a["content"] for a in page.of("meta") if a.get("http-equiv")]
    assert policy == ["default-src 'none'; style-src 'unsafe-inline'"]


def test_hostile_text_is_shown_and_inert(view: FakeView) -> None:
    html = html_of(view)
    assert ATTACK not in html
    page = Page(html)
    assert ATTACK in page.words
    assert "</div></body> 5 < 6 & more" in page.words
    assert "\x00" not in html and "\x1b" not in html and "\ud800" not in html
    assert "\u202e" not in html and "[U+202E]" in html


def test_secrets_stay_out(view: FakeView) -> None:
    html = html_of(view)
    assert PLANTED_KEY not in html
    assert "u:pw@" not in html


def test_right_to_left_text_finds_its_own_direction(view: FakeView) -> None:
    html = html_of(view)
    assert re.search(rf'<h3[^>]*dir="auto"[^>]*>{re.escape(ARABIC)}</h3>', html)


def test_redacted_findings_show_no_word_of_the_answer(view: FakeView) -> None:
    page = Page(html_of(view))
    assert "SECRET RECIPE" not in page.words
    assert "withheld because they could do harm; the ledger has them" in page.words


def test_long_answers_start_short_and_open_on_request(view: FakeView) -> None:
    page = Page(html_of(view))
    assert f"Show all {len(LONG):,} characters" in page.words
    assert LONG.strip() in page.words


def test_headlines_are_sentences_that_lead_to_their_method(view: FakeView) -> None:
    page = Page(html_of(view))
    assert (
        "In 100 such questions, about 62 were answered correctly; 95% interval 51 to 72, from 168 "
        "answers to 84 cases. Always answering B would get 27, showing the system the options "
        "alone 33 and always naming the longest option 35. The score is better than each of these "
        "baselines. [1]"
    ) in page.words
    assert "Method: cluster-robust Wilson on the effective sample size" in page.words
    assert "With every failed call counted one way, then the other: 60.8 to 62.6%." in page.words


def test_stopping_early_names_the_interval_and_what_was_left_out(view: FakeView) -> None:
    words = Page(html_of(view)).words
    assert "The run stopped early, at its cap on time." in words
    assert "knowledge, the first 84 cases of 120 planned" in words
    assert "5 cases that finished beyond it are kept in the ledger and left out" in words


def test_a_complete_run_says_so_and_nothing_of_prefixes(view: FakeView) -> None:
    view.stopped = "complete"
    view.suites = (knowledge_status(planned=84, finished=84, beyond=0, cases=84),)
    words = Page(html_of(view)).words
    assert "The run finished everything it had planned." in words
    assert "Complete run" in words
    assert "random order that was fixed" not in words
    assert "Cases not reached" not in words


def test_what_was_not_tested_is_written_out(view: FakeView) -> None:
    words = Page(html_of(view)).words
    for dimension in ("Uncertainty", "Hallucination", "Fairness and bias", "Safety", "Privacy"):
        assert re.search(rf"{dimension} .{{10,90}}? (CARES|DAS|CARES, DAS) not tested", words)
    assert re.search(r"Factual knowledge .{10,60} CARES in part, by knowledge", words)
    for gap in ("Images", "Conversations of several turns", "Other languages", "Use in care"):
        assert gap in words
    assert "31 cases of 120 planned were not finished" in words
    assert "have had no independent sign-off by a clinician" in words


def test_a_suite_speaks_for_the_ground_it_covers(view: FakeView) -> None:
    suite = FakeSuite([estimate("accuracy", 0.5, 0.4, 0.6)], [])
    suite.covers = ("hallucination", "images")  # type: ignore[attr-defined]
    view._plugins["knowledge"] = suite
    words = Page(html_of(view)).words
    assert re.search(r"Hallucination .{10,60} DAS in part, by knowledge", words)
    assert "No suite of this run says that it put images" not in words


def test_a_suite_without_a_figure_covers_nothing(view: FakeView) -> None:
    view._plugins["knowledge"] = FakeSuite([estimate("accuracy", None, None, None)], [])
    words = Page(html_of(view)).words
    assert re.search(r"Factual knowledge .{10,60} CARES not tested", words)


@pytest.mark.parametrize(
    "identity", ["scripted/constant-letter?p=0.4", "recorded/answers.jsonl", "local/smollm2"]
)
def test_fixtures_are_labelled_before_any_figure(view: FakeView, identity: str) -> None:
    view.roles["target"]["identity"] = identity
    if identity.startswith("local/"):
        view.roles["target"]["evidence_notes"] = ("Fallback: the small embedded model answered",)
    html = html_of(view)
    assert "Fixture, not a system under audit." in html
    assert html.index("Fixture, not a system under audit.") < html.index('id="summary"')


def test_a_real_target_is_not_called_a_fixture(view: FakeView) -> None:
    assert "Fixture" not in Page(html_of(view)).words


def test_what_is_held_back_says_why_in_the_summary(tmp_path: Path) -> None:
    words = Page(html_of(FakeView(tmp_path, competence=False, robustness=True))).words
    assert (
        "Flips under paraphrase (robustness) was measured and is not headlined. It presupposes "
        "competence at 'knowledge', and there the target's clean score is not shown to beat every "
        "trivial baseline."
    ) in words
    assert "Not every trivial baseline is beaten: the score alone" in words


def test_charts_are_described_for_those_who_cannot_see_them(view: FakeView) -> None:
    page = Page(html_of(view))
    charts = [a for a in page.of("svg") if a.get("role") == "img"]
    assert len(charts) == 15
    assert all(a["aria-labelledby"] for a in charts)
    assert (
        "62%, interval 51 to 72%; baselines: always B 27%, options alone 33%, longest option 35%"
        in page.words
    )
    others = [a for a in page.of("svg") if "role" not in a and "x" not in a]
    assert all(a.get("aria-hidden") == "true" for a in others)
    assert all(a.get("scope") in ("row", "col") for a in page.of("th"))


def test_a_judges_measured_error_is_shown_or_missed_aloud(view: FakeView) -> None:
    assert "No measured error of this judge comes with this dossier" in Page(html_of(view)).words
    table = JudgeTable(("Behaviour", "Sensitivity"), (("answered", "0.99"),), "Held-out half.")
    words = Page(html_of(view, {"choice": table})).words
    assert "answered 0.99" in words and "Held-out half." in words
    assert "No measured error" not in words


def test_an_empty_run_still_makes_a_page(view: FakeView) -> None:
    view._plugins["knowledge"] = FakeSuite([], [])
    view.suites = (knowledge_status(prefix=0, finished=0, beyond=0),)
    view.totals, view.stopped, view.command = {}, "interrupted", ""
    words = Page(html_of(view)).words
    assert "This run has no figure that may be headlined." in words
    assert "No failure was recorded as a finding. That is not evidence that there is none" in words


def test_purged_transcripts_are_said_to_be_gone(view: FakeView) -> None:
    view.transcripts = lambda wanted: {}  # type: ignore[method-assign]
    assert "it was purged from the ledger" in Page(html_of(view)).words


def test_more_than_one_model_behind_a_name_is_pointed_out(view: FakeView) -> None:
    view.roles["target"]["models_seen"] = {"a fp1": 200, "a fp2": 67}
    assert "More than one model or version answered." in Page(html_of(view)).words


def test_deviations_are_listed(view: FakeView) -> None:
    view.deviations = ("2026-10-03: accepted: code suites/knowledge changed",)
    words = Page(html_of(view)).words
    assert "accepted: code suites/knowledge changed" in words
    assert "none was recorded by the engine" not in words


def finding(number: int, severity: str = "mild", suite: str = "knowledge") -> Finding:
    return Finding(
        id=f"{number}", suite=suite, case_id=f"{number}", arm="a", title=f"t{number}",
        severity=severity,
    )  # fmt: skip


def test_the_gravest_come_first_and_only_so_many_bring_a_transcript(view: FakeView) -> None:
    asked: list[int] = []

    def transcripts(wanted: set[tuple[str, str, str, int]]) -> dict[object, list[Message]]:
        asked.append(len(wanted))
        return {w: [Message("assistant", "x" * (LONGEST + 5))] for w in wanted}

    view.transcripts = transcripts  # type: ignore[assignment, method-assign]
    many = (*tuple(finding(n) for n in range(WITH_TRANSCRIPT + 3)), finding(99, "severe"))
    shown = exhibits(view, many)  # type: ignore[arg-type]
    assert shown[0].finding.severity == "severe"
    assert asked == [WITH_TRANSCRIPT], "one pass over the ledger"
    assert [bool(x.turns) for x in shown] == [True] * WITH_TRANSCRIPT + [False] * 4
    assert len(shown[0].turns[0].rest) == LONGEST and shown[0].turns[0].cut


def test_printable_keeps_layout_and_marks_what_cannot_be_seen() -> None:
    assert printable("a\r\nb\tc\x07\x7f\ud9ff") == "a\nb\tc\u2407[U+007F]\ufffd"
    assert printable("\u200f" + ARABIC) == "\u200f" + ARABIC


@pytest.mark.parametrize(
    ("stamp", "said"),
    [
        ("2026-10-03T14:05:11+00:00", "3 October 2026, 14:05 UTC"),
        ("2026-01-31T09:00:00", "31 January 2026, 09:00"),
        ("yesterday", "yesterday"),
        ("", "not stated"),
    ],
)
def test_dates_are_written_as_people_write_them(stamp: str, said: str) -> None:
    assert when(stamp) == said


def test_the_same_results_make_the_same_page(view: FakeView) -> None:
    first = html_of(view)
    assert html_of(view) == first


def test_other_roles_are_described_too(view: FakeView) -> None:
    view.roles["verifier"] = {**view.roles["target"], "identity": "openai/verifier"}
    view.plan = msgspec.structs.replace(view.plan, roles={"verifier": view.plan.target})
    words = Page(html_of(view)).words
    assert "Role: verifier" in words and "openai/verifier" in words


@pytest.mark.parametrize(("declared", "shown"), [(None, False), (True, False), (False, True)])
def test_a_suite_from_elsewhere_is_shown_only_if_it_says_so(
    view: FakeView, declared: bool | None, shown: bool
) -> None:
    """Its findings carry no mark of their own."""
    suite = FakeSuite([], [])
    if declared is not None:
        suite.redacts = declared  # type: ignore[attr-defined]
    view._plugins["testkit"] = suite
    said = [Message("user", "asked"), Message("assistant", "how to do harm")]
    view.transcripts = lambda wanted: {w: said for w in wanted}  # type: ignore[assignment, method-assign]
    (exhibit,) = exhibits(view, (finding(1, suite="testkit"),))  # type: ignore[arg-type]
    assert ("how to do harm" in exhibit.turns[1].start) is shown
    assert exhibit.turns[0].start == "asked"
