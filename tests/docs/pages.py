"""Takes a Markdown page apart into fenced blocks, what their comments say, and their commands."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import msgspec

_block = re.compile(
    r"(?:^<!-- (?P<word>not run|file|append|exit): (?P<value>[^\n]*?) -->\n)?"
    r"^(?P<fence>`{3,})(?P<language>\w+)\n(?P<body>.*?)^(?P=fence)$",
    re.MULTILINE | re.DOTALL,
)


class Command(msgspec.Struct):
    """What is typed after `$`, and the lines the page shows below it."""

    text: str
    shown: list[str] = msgspec.field(default_factory=list)


class Block(msgspec.Struct, frozen=True):
    page: Path
    line: int
    language: str
    body: str
    word: str = ""
    """Of the comment before it: "not run", "file", "append" or "exit"; often empty."""
    value: str = ""

    @property
    def commands(self) -> list[Command]:
        out: list[Command] = []
        going_on = False
        for line in self.body.splitlines():
            if line.startswith("$ "):
                out.append(Command(line[2:]))
            elif going_on:
                out[-1].text += "\n" + line
            elif out:
                out[-1].shown.append(line)
            going_on = line.endswith("\\") and (going_on or line.startswith("$ "))
        return out

    @property
    def runs(self) -> bool:
        """A Python block, or a console block in which somebody types an auscult command."""
        typed = any(command.text.startswith("auscult ") for command in self.commands)
        if self.word == "file":
            return False
        return self.language == "python" or (self.language == "console" and typed)


def blocks_of(page: Path) -> Iterator[Block]:
    text = page.read_text(encoding="utf-8")
    for found in _block.finditer(text):
        line = text.count("\n", 0, found.start("fence")) + 1
        word, value = found["word"] or "", found["value"] or ""
        yield Block(page, line, found["language"], found["body"], word, value)
