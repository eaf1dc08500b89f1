"""JSON templates out, JSON paths in: for endpoints that are described and not programmed.

A placeholder is put into a tree of values, never into text that is parsed afterwards, so nothing
in a prompt can change the shape of a request.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, Final
from urllib.parse import quote

import msgspec

_PLACE = re.compile(r"\{\{\s*([A-Za-z_][A-Za-z0-9_]*)\s*\}\}")


class Absent:
    """For a placeholder without a value: its key is left out."""


ABSENT: Final = Absent()


class Template:
    """`"{{ name }}"` alone becomes the value itself, a list perhaps; within other text it becomes
    text. A key whose placeholder is absent is left out; within text it becomes nothing."""

    def __init__(self, tree: Any) -> None:
        self._tree = tree
        self.names = frozenset(_names(tree))

    def fill(self, values: Mapping[str, Any]) -> Any:
        return _fill(self._tree, values)

    def fill_url(self, values: Mapping[str, Any]) -> str:
        """For a template that is an address: what is put in is percent-encoded."""
        return _PLACE.sub(lambda m: quote(_as_text(values[m[1]]), safe=""), self._tree)


def read_tree(body: Any, expand: Callable[[str], str]) -> Any:
    """A template's tree from a TOML table or from JSON text, variables expanded in its strings.
    Raises ValueError."""
    if isinstance(body, str):
        try:
            body = msgspec.json.decode(body)
        except msgspec.DecodeError as error:
            raise ValueError(
                f"is not JSON ({error}); a placeholder stands in quotes, even for a list: "
                '"{{ messages }}"'
            ) from None
    return _mapped(body, expand)


def _mapped(tree: Any, change: Callable[[str], str]) -> Any:
    if isinstance(tree, str):
        return change(tree)
    if isinstance(tree, Mapping):
        return {key: _mapped(item, change) for key, item in tree.items()}
    if isinstance(tree, list | tuple):
        return [_mapped(item, change) for item in tree]
    return tree


def _names(tree: Any) -> set[str]:
    if isinstance(tree, str):
        return set(_PLACE.findall(tree))
    if isinstance(tree, Mapping):
        return set().union(*(_names(item) for item in tree.values()))
    if isinstance(tree, list):
        return set().union(*(_names(item) for item in tree))
    return set()


def _fill(tree: Any, values: Mapping[str, Any]) -> Any:
    if isinstance(tree, str):
        alone = _PLACE.fullmatch(tree)
        if alone:
            return values[alone[1]]
        return _PLACE.sub(lambda m: _as_text(values[m[1]]), tree)
    if isinstance(tree, dict):
        filled = ((key, _fill(item, values)) for key, item in tree.items())
        return {key: item for key, item in filled if item is not ABSENT}
    if isinstance(tree, list):
        return [item for item in (_fill(item, values) for item in tree) if item is not ABSENT]
    return tree


def _as_text(value: Any) -> str:
    if value is ABSENT:
        return ""
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()


_STEP = re.compile(r"\.?([^.\[\]\"]+)|\[(-?\d+|\*)\]|\.?\[\"([^\"]+)\"\]")


class JsonPath:
    """`choices[0].text`, `messages[-1].text`, `["odd.key"].text`; `parts[*].text` for all."""

    def __init__(self, text: str) -> None:
        """Raises ValueError."""
        self._steps: list[str | int | None] = []
        at = 0
        while at < len(text):
            step = _STEP.match(text, at)
            if step is None or (at == 0 and text.startswith(".")):
                raise ValueError(
                    f"is not a path from '{text[at:]}' on; a path looks like choices[0].text"
                )
            name, index, quoted = step.groups()
            if index is None:
                self._steps.append(name or quoted)
            else:
                self._steps.append(None if index == "*" else int(index))
            at = step.end()
        if not self._steps:
            raise ValueError("is empty; a path looks like choices[0].text")

    def find(self, tree: Any) -> Any:
        """What stands there, or ABSENT; with `[*]` the list of what stands in each."""
        return _walk(tree, self._steps)

    def text(self, tree: Any) -> str | None:
        """The text that stands there, several joined by newlines; None where there is none."""
        found = self.find(tree)
        if isinstance(found, list) and found and None in self._steps:
            found = "\n".join(found) if all(isinstance(item, str) for item in found) else None
        return found if isinstance(found, str) else None


def _walk(tree: Any, steps: list[str | int | None]) -> Any:
    for number, step in enumerate(steps):
        if step is None:
            if not isinstance(tree, list):
                return ABSENT
            found = (_walk(item, steps[number + 1 :]) for item in tree)
            return [item for item in found if item is not ABSENT]
        if isinstance(step, int):
            if not isinstance(tree, list) or not -len(tree) <= step < len(tree):
                return ABSENT
            tree = tree[step]
        else:
            if not isinstance(tree, dict) or step not in tree:
                return ABSENT
            tree = tree[step]
    return tree
