"""Options as people write them, and every fault at once."""

from __future__ import annotations

from typing import Any, Literal

import msgspec
import pytest

from auscult.core.errors import PlanError
from auscult.kit.options import parse_options
from auscult.kit.secret import Secret


class Inner(msgspec.Struct, frozen=True):
    path: str
    size: int = 1


class Options(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    base_url: str
    count: int = 1
    ratio: float | None = None
    deep: bool = True
    mode: Literal["fast", "slow"] = "fast"
    headers: dict[str, str] = {}
    key: Secret | None = None
    inner: Inner | None = None

    def __post_init__(self) -> None:
        if self.count > 99:
            raise ValueError("count is above 99")


def test_strings_convert_as_from_a_command_line() -> None:
    given = {
        "base_url": "{not json}",
        "count": "3",
        "ratio": "0.5",
        "deep": "false",
        "mode": "slow",
        "headers": '{"A": "b"}',
        "key": "sk-1",
        "inner": '{"path": "p", "size": "2"}',
    }
    options = parse_options(given, Options, "target.options")
    assert options == Options(
        base_url="{not json}",
        count=3,
        ratio=0.5,
        deep=False,
        mode="slow",
        headers={"A": "b"},
        key=Secret("sk-1"),
        inner=Inner("p", 2),
    )


def test_every_fault_is_listed_with_its_place() -> None:
    given: dict[str, Any] = {
        "base_ur": "x",
        "count": "many",
        "headers": '{"A"',
        "key": 7,
        "mode": "medium",
        "inner": {"size": [], "pth": ""},
    }
    with pytest.raises(PlanError) as caught:
        parse_options(given, Options, "roles.judge.options")
    said = {f.where.removeprefix("roles.judge.options."): str(f) for f in caught.value.faults}
    assert set(said) == {
        "base_ur", "base_url", "count", "headers", "key", "mode",
        "inner.size", "inner.pth", "inner.path",
    }  # fmt: skip
    assert "Did you mean 'base_url'?" in said["base_ur"]
    assert "Did you mean 'path'?" in said["inner.pth"]
    assert "is missing" in said["base_url"]


def test_a_records_own_check_is_a_fault_too() -> None:
    with pytest.raises(PlanError, match="count is above 99"):
        parse_options({"base_url": "x", "count": 100}, Options, "o")
