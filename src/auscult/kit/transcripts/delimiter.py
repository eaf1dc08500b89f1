"""Which sign parts the cells of a table that a spreadsheet wrote: read off its first line."""

from __future__ import annotations

from pathlib import Path

SIGNS = (",", ";", "\t")
"""A spreadsheet writes `;` where the comma is the decimal sign."""
LONGEST_HEAD = 65_536


def delimiter_of(path: Path) -> str:
    """The sign that occurs most in the line of names, quoted names apart; at a tie the first."""
    with path.open("rb") as file:
        head = file.readline(LONGEST_HEAD).decode("utf-8-sig", "replace")
    # Every other piece between quotes is outside of them; a doubled quote leaves it so.
    outside = "".join(head.split('"')[::2])
    return max(SIGNS, key=outside.count)
