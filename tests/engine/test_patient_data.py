"""Patient data goes to local or allow-listed endpoints only, whoever declared it as such."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from auscult.api import make_plan
from auscult.core.case import Case
from auscult.core.errors import DataError, PlanError
from auscult.engine.bind import bind
from auscult.engine.caseindex import CaseIndex
from auscult.engine.planfile import checked

REMOTE = {"base_url": "https://api.example.com/v1"}


class Anything:
    name = "anything"

    def stratum(self, case: Case) -> str:
        return ""


def plan(tmp_path: Path, loader: str, **more: Any) -> Any:
    data = tmp_path / "rows.jsonl"
    data.write_text("{}\n")
    return make_plan(
        "knowledge", target="openai/m", target_options=REMOTE, data=[f"{loader}={data}"], **more
    )


@pytest.fixture(autouse=True)
def key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "not-a-key")


@pytest.mark.parametrize("loader", ["mimic-cxr", "fairvlmed"])
def test_a_source_known_to_be_of_patients_needs_no_declaration(tmp_path: Path, loader: str) -> None:
    with pytest.raises(PlanError, match=r"holds patient data.*api\.example\.com.*allow_phi"):
        bind(checked(plan(tmp_path, loader)))


def test_an_allowed_endpoint_may_have_it(tmp_path: Path) -> None:
    bind(checked(plan(tmp_path, "mimic-cxr", allow_phi=("api.example.com:443",))))


def test_other_sources_go_anywhere(tmp_path: Path) -> None:
    bind(checked(plan(tmp_path, "medqa")))


def test_a_single_case_of_a_patient_is_refused_before_anything_is_sent(tmp_path: Path) -> None:
    cases = [Case("a", question="?"), Case("b", question="?", phi=True)]
    index = CaseIndex(tmp_path)
    with pytest.raises(DataError, match=r"case 'b' holds patient data, and 'there:443'"):
        index.build(0, Anything(), cases, 0, "x", untrusted="there:443")  # type: ignore[arg-type]
    assert index.build(0, Anything(), cases, 0, "x") == 2  # type: ignore[arg-type]
    index.close()
