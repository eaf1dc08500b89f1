"""Which answers of an import are not there: a model has fewer of a question than another has.

Files of detections lose rows without a word. Occurrences of one prompt are matched by the numbers
of their rows where files give them. Where they do not, only how many there are is known, and that
is enough: a model with one answer to a prompt that others answered twice lacks one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import chain, count, islice
from sys import intern

from auscult.kit.transcripts.record import ROW


class Answered:
    """Who answered what, and in which data set that was. Of long imports too it is held whole, so
    words that recur are kept once."""

    def __init__(self) -> None:
        self._models: set[str] = set()
        self._held: dict[str, dict[str, tuple[str, ...]]] = {}
        """By prompt and model: the data set, then the names of the occurrences."""

    def add(self, prompt: str, model: str, occurrence: str, data: str) -> str:
        """The data set that holds answers of this model to this prompt: its first."""
        model = intern(model)
        self._models.add(model)
        here = self._held.setdefault(prompt, {})
        here[model] = (*here.get(model, (data,)), intern(occurrence))
        return here[model][0]

    def lacking(self) -> dict[str, list[tuple[str, str]]]:
        """By prompt, model and name of each occurrence that is not there."""
        found = {}
        for prompt, held in self._held.items():
            names = {model: {*held.get(model, ())[1:]} for model in self._models}
            if gone := list(_lacking(names)):
                found[prompt] = gone
        return found


def _lacking(held: Mapping[str, set[str]]) -> Iterator[tuple[str, str]]:
    rows = {name for own in held.values() for name in own if name.startswith(ROW)}
    most = max(len(rows), *(len(own) for own in held.values()))
    for model, own in sorted(held.items()):
        # Of a model that numbers its rows, and of one that has none, those that others number.
        known = sorted(rows - own) if not own or own & rows else []
        free = (name for name in map(str, count(1)) if name not in own)
        for name in islice(chain(known, free), most - len(own)):
            yield model, name
