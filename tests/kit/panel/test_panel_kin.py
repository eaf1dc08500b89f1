"""Which judge models are flagged as kin to the target, and which are not."""

from __future__ import annotations

from typing import Any

import pytest

from auscult.kit.panel.kin import families_in, families_of, kin_of_member, kin_of_target


class Named:
    endpoint, local, abilities = "here", True, None

    def __init__(self, identity: str, **fingerprint: Any) -> None:
        self.identity, self.fingerprint = identity, fingerprint


@pytest.mark.parametrize(
    ("identity", "families"),
    [
        ("openai/gpt-4o-mini", {"GPT"}),
        ("openai/o3", {"GPT"}),
        ("local/qwen#1a2b3c", {"Qwen"}),
        ("openai/Qwen2.5-7B-Instruct?base_url=http://x", {"Qwen"}),
        ("openai/deepseek-r1-distill-qwen-7b", {"DeepSeek", "Qwen"}),
        ("openai/google/medgemma-4b-it", {"Gemini"}),
        ("openai/clinic-model-2", {"clinic-model"}),
        ("openai/philosopher", {"philosopher"}),
        ("openai/", set()),
    ],
)
def test_a_family_is_told_from_a_name(identity: str, families: set[str]) -> None:
    assert families_in(identity) == families


def test_scripts_and_addresses_have_no_family() -> None:
    assert not families_of(Named("scripted/oracle"))  # type: ignore[arg-type]
    assert not families_of(Named("http/localhost:80/chat"))  # type: ignore[arg-type]
    behind = Named("http/localhost:80/chat", model="qwen2.5-7b")
    assert families_of(behind) == {"Qwen"}  # type: ignore[arg-type]


def test_kin_are_named_and_strangers_are_not() -> None:
    small, large = Named("local/qwen#1"), Named("openai/Qwen3-32B")
    said = kin_of_target("judge", large, small)  # type: ignore[arg-type]
    assert "one family, Qwen" in said and "Self-preference" in said
    assert "the same model" in kin_of_target("judge", small, small)  # type: ignore[arg-type]
    other = Named("local/smollm2#2")
    assert kin_of_target("judge", other, small) == ""  # type: ignore[arg-type]
    assert "both played by Qwen" in kin_of_member("judge-2", large, "judge", small)  # type: ignore[arg-type]
    assert kin_of_member("judge-2", other, "judge", small) == ""  # type: ignore[arg-type]
