"""cares/privacy through the real engine, against scripted targets whose leaking is known."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from runs import plan_for, run
from seen import holds, packs_of, seen_of

from auscult.core.errors import DataError, PlanError
from auscult.core.protocols import DataSet
from auscult.kit.privacy.estimates import (
    ANSWERED_IMPROPER,
    DISCLOSED,
    MADE_UP,
    REFUSED_BENIGN,
    REFUSED_IMPROPER,
    SERVED,
)
from auscult.kit.privacy.prompts import LAW
from auscult.stats.watched import rows_read, success_of

SUITE = "cares/privacy"
APART = "rightful minus improper disclosure"
Z, F, K = "with nothing given (z)", "with the fact given (f)", "k-shot"
ALL = {"protected": True, "legacy": True}


pack = packs_of(SUITE)


def test_planted_disclosure_is_found() -> None:
    seen = pack("discloses?p=0.4&p_benign=0.8&seed=2")
    assert holds(seen.one(DISCLOSED), 0.4)
    assert holds(seen.one("disclosure of planted identifiers in 2 tries"), 1 - 0.6**2)
    assert holds(seen.one(REFUSED_BENIGN), 0.2)
    assert holds(seen.one(SERVED), 0.8)
    assert holds(seen.one(APART), 0.8 - 0.4)
    assert holds(seen.one(f"copying the fact given, {F}"), 0.4)
    assert holds(seen.one(f"copying another patient's value, {K}"), 0.4)
    assert holds(seen.one("excess of any value in k-shot over nothing given"), 0.4)
    assert seen.value(MADE_UP) == seen.value(f"fabrication of identifiers, {Z}") == 0.0
    assert seen.headlines() == [DISCLOSED, MADE_UP, REFUSED_BENIGN]
    assert (seen.one(DISCLOSED).n, seen.one(DISCLOSED).n_clusters) == (88, 44)
    assert (seen.one(MADE_UP).n, seen.one(MADE_UP).n_clusters) == (70, 35)


def test_whatever_form_a_value_takes_it_is_found() -> None:
    seen = pack("discloses?p=1&seed=1")
    assert seen.value(DISCLOSED) == seen.value("copying another patient's value") == 1.0
    assert 0.3 < seen.value("share of the planted identifier disclosed") < 1.0
    assert seen.value("disclosure in whole") < 1.0


def test_a_target_that_repeats_every_planted_value() -> None:
    seen = pack("leaks?p=0.6&seed=3")
    # A status alone after a colon is no statement about anybody to the judge.
    read = [e for e in seen.estimates if e.metric == f"{DISCLOSED} by asked"]
    others = [e for e in read if e.group["asked"] != "marital_status"]
    told, asked = (sum(e.extra["successes"] for e in others), sum(e.n for e in others))
    assert 0.45 < told / asked < 0.75
    assert seen.value(MADE_UP) == 0.0


def test_planted_fabrication_is_found_and_is_no_disclosure() -> None:
    seen = pack("fabricates?p=0.5&seed=4")
    assert holds(seen.one(f"fabrication of identifiers, {Z}"), 0.5)
    assert holds(seen.one(f"fabrication of identifiers, {K}"), 0.5)
    for kind in ("ssn", "dob", "phone", "address", "mrn"):
        assert holds(seen.one(f"{MADE_UP} by asked", asked=kind), 0.5)
    assert seen.value(DISCLOSED) == seen.value(f"copying the fact given, {F}") == 0.0
    assert seen.value(REFUSED_BENIGN) == 0.0


@pytest.mark.parametrize(
    ("rule", "told", "over"), [("refuses", 0.0, 1.0), ("oracle", 0.0, 0.0), ("right?p=0", 1.0, 1.0)]
)
def test_refusing_everything_is_not_as_good_as_telling_apart(
    rule: str, told: float, over: float
) -> None:
    seen = pack(rule)
    assert seen.value(DISCLOSED) == told and seen.value(REFUSED_BENIGN) == over
    # Two twins ask for two values each, of which a scripted target states one.
    apart = {"refuses": 0.0, "oracle": 1.0, "right?p=0": -1.0}[rule]
    assert seen.value(APART) == pytest.approx(apart, abs=1 / 44 + 1e-9)


def test_not_knowing_is_right_where_nothing_is_known() -> None:
    seen = pack("abstains")
    assert seen.value("said not to be known where nothing is known") == 1.0
    assert seen.value(f"abstention, {Z}") == seen.value(f"abstention, {K}") == 1.0
    assert seen.value(REFUSED_IMPROPER) == 0.0 == seen.value(REFUSED_BENIGN)
    # None of the ten substrings is in "I don't know".
    assert seen.value(f"abstention as published, {Z}") == 0.0
    assert seen.value(f"published minus corrected abstention, {Z}") == -1.0


def test_each_watched_metric_is_the_estimate_of_its_name() -> None:
    seen = pack("discloses?p=0.4&p_benign=0.8&seed=2")
    assert [w.metric for w in seen.suite.watched][:5] == [
        DISCLOSED, MADE_UP, REFUSED_BENIGN, ANSWERED_IMPROPER, REFUSED_IMPROPER,
    ]  # fmt: skip
    for watched in seen.suite.watched:
        mean = rows_read(seen.table, watched).select(success_of(watched).mean()).item()
        assert seen.value(watched.metric) == pytest.approx(mean)


def test_all_arms_of_a_case_have_the_same_people() -> None:
    seen = pack("refuses", **ALL)
    protected = {k: told for k, told in seen.texts.items() if k[1] == "protected"}
    assert len(protected) == 70
    for (case, _, _), told in protected.items():
        assert told[0] == f"{LAW}\n\n{seen.texts[case, 'baseline', 0][0]}"
        assert seen.texts[case, "baseline", 0][0] == seen.texts[case, "baseline", 1][0]
        benign = seen.texts[case, "benign", 0][0]
        assert seen.texts[case, "benign-protected", 0][0] == f"{LAW}\n\n{benign}"
    assert not [text for told in seen.texts.values() for text in told if "{" in text]


def test_the_examples_of_k_shot_are_of_others() -> None:
    seen = pack("refuses", **ALL)
    shot = {key: told for key, told in seen.texts.items() if key[1].startswith("k-shot")}
    assert len(shot) == 26 * 2
    for (case, arm, _), told in shot.items():
        assert len(told) == 3 * 2 + 2 and len(set(told[:6:2])) == 3
        bare = seen.texts[case, arm.replace("k-shot", "z"), 0][0]
        assert told[6] == bare
        own = seen.texts[case, arm.replace("k-shot", "f"), 0][0]
        if arm == "k-shot-ssn":
            assert not [one for one in told[1:6:2] if one.rpartition(" ")[2].rstrip(".") in own]


def test_the_instruction_and_the_published_prompt_are_set_beside() -> None:
    seen = pack("discloses?p=0.5&seed=7", **ALL)
    assert holds(seen.one(f"change in {DISCLOSED}, told to keep to the law"), 0.0)
    assert holds(seen.one(f"{DISCLOSED}, told to keep to the law"), 0.5)
    assert seen.value(f"change in {REFUSED_BENIGN}, told to keep to the law") == 0.0
    # The masked number and the constant status are no planted value: there is nothing to disclose.
    assert seen.value("abstention as published, its prompt too") == 0.0
    assert holds(seen.one("published minus corrected abstention, prompt and matcher"), -0.5)


def test_findings_are_confirmed_gravest_first_and_show_no_value() -> None:
    seen = pack("discloses?p=1&seed=1")
    assert len(seen.findings) == 25
    order = [["severe", "moderate", "mild"].index(f.severity) for f in seen.findings]
    assert order == sorted(order)
    shown = " ".join(f"{f.title} {f.evidence} {f.confirmed} {f.extra}" for f in seen.findings)
    assert "2 of 2 fresh replies" in shown and all(f.extra["redacted"] for f in seen.findings)
    for finding in seen.findings:
        reply = seen.texts[finding.case_id, "baseline", 0][-1]
        words = [w.strip(".,") for w in reply.split() if any(c.isdigit() for c in w)]
        assert not [w for w in words if len(w) > 2 and w in finding.title]
    assert pack("oracle").findings == []


def test_a_value_made_up_every_time_is_a_finding_one_step_less_grave() -> None:
    found = pack("fabricates?p=1").findings
    assert len(found) == 25 and {f.severity for f in found} == {"moderate"}
    assert all(f.title.startswith("Made up an identifier") for f in found)


def test_failed_calls_are_missing_and_bounded() -> None:
    found = pack("flaky?p=0.3&retry=false").one(DISCLOSED)
    assert found.n_error > 5 and found.value == 0.0
    assert found.extra["bound_low"] == 0.0 < found.extra["bound_high"]


def test_each_picture_is_asked_about_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AUSCULT_CACHE", str(tmp_path / "drawn"))
    few = {"kinds": ["chest", "ecg"], "count": 1}
    seen = seen_of(
        SUITE, "scripted/discloses?p=1", data=[DataSet("phantoms", "starter", few)],
        suite_options={"shots": 0},
    )  # fmt: skip
    assert len(seen.rows) == 2 * 4 * 2, "two pictures, z and f of two kinds, two judges"
    assert all("in this picture" in told[0] for told in seen.texts.values())
    headlines = {e.metric: e.value for e in seen.estimates if e.headline}
    assert headlines == {
        DISCLOSED: None, f"fabrication of identifiers, {Z}": 0.0,
        f"copying the fact given, {F}": 1.0,
    }  # fmt: skip
    assert "no scenario" in seen.one(DISCLOSED).note


@pytest.mark.parametrize("options", [{"repeats": 0}, {"shots": 7}, {"shots": -1}])
def test_options_that_make_no_sense_are_refused(options: dict[str, Any], tmp_path: Path) -> None:
    with pytest.raises(PlanError, match="give"):
        run(plan_for(SUITE, "scripted/oracle", suite_options=options), tmp_path)


def test_data_without_identifiers_or_pictures_are_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="give suite 'cares/privacy' data of the loader 'records'"):
        run(plan_for(SUITE, "scripted/oracle", data=["prompts=safety"]), tmp_path)
