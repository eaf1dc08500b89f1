"""Blocks of the recorded order, for suites that learn from case to case.

A case of one block sees what all cases of the blocks before it came to, and nothing of its own: so
what it sees does not depend on which reply came first. A block is a third of what is then asked,
one case at the start: little is learnt at first, and soon, and later there is room for as many
questions at once as the endpoint takes.
"""

from __future__ import annotations

from collections.abc import Iterator


def block_ends(cases: int) -> Iterator[int]:
    """The first case after each block."""
    end = 0
    while end < cases:
        end = min(cases, end + max(1, end // 2))
        yield end
