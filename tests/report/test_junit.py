"""The verdict as a CI server reads it: the shape, the counts, and text that no run can break."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree

import pytest

from auscult.report.junit import EXIT_CODES, Check, Gate, Side, Verdict, junit, write_junit

HOSTILE = 'a "run" <&> \x00\x1b[31m \ud800 ]]> 5 \u2265 4'


def check(metric: str, verdict: Verdict, suite: str = "knowledge", **more: object) -> Check:
    words = {"claim": "no worse than the base by more than 5 percentage points", **more}
    return Check(
        f"{suite}/{metric}", suite, metric, verdict=verdict, sentence=f"{metric} was read.",
        value=0.02, low=-0.01, high=0.05, margin=0.05, n=400, n_clusters=400, **words,
    )  # type: ignore[arg-type]  # fmt: skip


def gate_of(*checks: Check, cautions: tuple[str, ...] = (), folder: str = "runs/new") -> Gate:
    verdict = next(v for v in EXIT_CODES if v in [c.verdict for c in checks])
    side = Side("the run", folder, "scripted/right", "f" * 64, "complete")
    return Gate(verdict, EXIT_CODES[verdict], 0.05, "The rule.", (side,), checks, cautions)


def read(gate: Gate) -> ElementTree.Element:
    return ElementTree.fromstring(junit(gate))


def test_one_case_a_check_and_one_suite_a_suite() -> None:
    root = read(
        gate_of(
            check("accuracy", "pass"), check("refusal rate", "fail"),
            check("leak rate", "undecided", suite="privacy"),
        )
    )  # fmt: skip
    assert root.tag == "testsuites"
    assert (root.get("tests"), root.get("failures"), root.get("errors")) == ("3", "1", "1")
    first, second = root.findall("testsuite")
    assert (first.get("name"), first.get("tests"), first.get("failures")) == ("knowledge", "2", "1")
    assert (second.get("name"), second.get("tests"), second.get("errors")) == ("privacy", "1", "1")
    good, bad = first.findall("testcase")
    assert good.get("classname") == "knowledge" and good.get("name", "").startswith(
        "knowledge/accuracy is no worse"
    )
    assert good.find("failure") is None and good.find("error") is None
    failure = bad.find("failure")
    assert failure is not None and failure.get("message") == "refusal rate was read."
    open_one = second.find("testcase/error")
    assert open_one is not None and open_one.get("type") == "undecided"


def test_elements_come_in_the_order_of_the_common_shape() -> None:
    suite = read(gate_of(check("accuracy", "fail"), cautions=("A note.",))).find("testsuite")
    assert suite is not None
    assert [child.tag for child in suite] == ["properties", "testcase", "system-out"]
    assert [child.tag for child in suite[1]] == ["failure", "system-out"]
    assert {"name", "tests", "failures", "errors", "skipped", "time"} <= suite.attrib.keys()
    assert {"name", "classname", "time"} <= suite[1].attrib.keys()
    assert suite[2].text == "The rule.\nA note."


def test_numbers_are_properties() -> None:
    root = read(gate_of(check("accuracy", "pass"), check("accuracy", "pass", required=">=0.8")))
    found = {p.get("name"): p.get("value") for p in root.iter("property")}
    assert len(found) == len(list(root.iter("property")))  # no name comes twice
    assert found["check 1 value"] == "0.02" and found["check 1 margin"] == "0.05"
    assert found["check 2 required"] == ">=0.8" and "check 1 required" not in found
    left = read(gate_of(check("accuracy", "pass", run_only=0, base_only=340, note="Left out.")))
    told = {p.get("name"): p.get("value") for p in left.iter("property")}
    assert (told["check 1 run_only"], told["check 1 base_only"]) == ("0", "340")
    assert told["check 1 note"] == "Left out." and "check 1 applicable_in_one" not in told
    assert found["verdict"] == "pass" and found["alpha"] == "0.05"
    assert found["the run"] == "runs/new: scripted/right; plan ffffffffffff"


@pytest.mark.parametrize("verdict", ["pass", "fail", "undecided"])
def test_no_text_breaks_it(verdict: Verdict) -> None:
    hostile = check(HOSTILE, verdict, suite=HOSTILE, claim=HOSTILE)
    root = read(gate_of(hostile, cautions=(HOSTILE,), folder=HOSTILE))
    case = root.find("testsuite/testcase")
    assert case is not None and 'a "run" <&> ' in case.get("name", "")
    assert "\x00" not in ElementTree.tostring(root, encoding="unicode")


def test_it_is_written_whole(tmp_path: Path) -> None:
    file = write_junit(tmp_path / "reports" / "gate.xml", gate_of(check("accuracy", "pass")))
    assert file.read_bytes().startswith(b"<?xml")
    assert [p.name for p in file.parent.iterdir()] == ["gate.xml"]
