"""HealthBench as its owner distributes it: JSON Lines of conversations, each with its rubric.

A row has `prompt` (turns, the last one the user's), `rubrics` (criterion, points, tags) and mostly
a `prompt_id` and `example_tags`. The consensus and hard subsets have the same form. Nothing of it
is shipped. Nobody wrote edits for these rows: they are asked as they are, or with what a model in
the role "attacker" writes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, cast

from auscult.core.case import Brief, Case, Source
from auscult.core.message import Message, Role
from auscult.kit.open.case import Criterion, OpenPart, as_extra
from auscult.kit.options import parse_options
from auscult.kit.rows import (
    BadRow,
    Row,
    RowLoader,
    RowOptions,
    check_file,
    content_id,
    json_lines,
    mapping,
    need,
    optional_text,
    text_of,
)

ROLES: dict[str, Role] = {
    "system": "system",
    "developer": "system",
    "user": "user",
    "assistant": "assistant",
}
THEME = "theme:"


class Options(RowOptions, frozen=True, forbid_unknown_fields=True):
    theme: str = ""
    """Only the rows with this theme, such as "emergency_referrals"."""


def build() -> HealthBench:
    return HealthBench()


class HealthBench(RowLoader):
    def load(self, path: Path, options: Mapping[str, Any]) -> Iterator[Case]:
        chosen = parse_options(options, Options, "healthbench options")
        check_file(path)
        cases = self.stream(path, json_lines(path), _case, chosen.bad_rows)
        return (c for c in cases if chosen.theme in ("", c.brief.extra["theme"]))


def _case(row: Row) -> Case:
    data = mapping(row.data)
    need(data, "prompt", "rubrics")
    turns = _turns(data["prompt"])
    criteria = _criteria(data["rubrics"])
    tags = _tags(data.get("example_tags"))
    theme = next((tag.removeprefix(THEME) for tag in tags if tag.startswith(THEME)), "")
    said = [f"{turn.role}: {turn.text}" for turn in turns]
    name = optional_text(data, "prompt_id") or content_id("hb", *said)
    brief = Brief(
        cluster=name,
        task="open",
        source=Source("HealthBench", "benchmark", 2025),
        as_of="2025",
        rationale="The rubric is HealthBench's.",
        extra={"theme": theme, "tags": list(tags), **as_extra(OpenPart(criteria=criteria))},
    )
    return Case(name, question=turns[-1].text, messages=tuple(turns[:-1]), brief=brief)


def _turns(given: Any) -> list[Message]:
    if not isinstance(given, list) or not given:
        raise BadRow("'prompt' must be a list of turns")
    turns = [_turn(turn, number) for number, turn in enumerate(given, 1)]
    if turns[-1].role != "user":
        raise BadRow(f"the last turn of 'prompt' is the {turns[-1].role}'s, not the user's")
    return turns


def _turn(given: Any, number: int) -> Message:
    turn = mapping(given)
    need(turn, "role", "content")
    role = ROLES.get(str(turn["role"]))
    if role is None:
        raise BadRow(f"turn {number} of 'prompt' has the unknown role '{turn['role']}'")
    return Message(role, text_of(turn["content"], f"content of turn {number}"))


def _criteria(given: Any) -> tuple[Criterion, ...]:
    if not isinstance(given, list) or not given:
        raise BadRow("'rubrics' must be a list of criteria")
    found = []
    for number, one in enumerate(given, 1):
        rubric = mapping(one)
        need(rubric, "criterion", "points")
        text = text_of(rubric["criterion"], f"criterion {number}").strip()
        found.append(Criterion(f"c{number}", text, _points(rubric["points"], number)))
    if not any(c.points > 0 for c in found):
        raise BadRow("no criterion of 'rubrics' has positive points, so nothing can be scored")
    return tuple(found)


def _points(given: Any, number: int) -> float:
    """Numbers with a point come as text, with their digits."""
    try:
        points = float("" if isinstance(given, bool) else given)
    except (TypeError, ValueError):
        raise BadRow(f"the points of criterion {number} must be a number") from None
    if not 0 < abs(points) <= 1000:
        raise BadRow(f"the points of criterion {number} are {given}; they cannot be 0 or so large")
    return points


def _tags(given: Any) -> tuple[str, ...]:
    if given is None:
        return ()
    if not isinstance(given, list):
        raise BadRow("'example_tags' must be a list of texts")
    return tuple(cast(list[str], [text_of(tag, "a tag") for tag in given]))
