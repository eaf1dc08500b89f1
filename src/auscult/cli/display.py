"""What a person sees while a run goes on."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console, Group
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from auscult.engine.progress import Progress

console = Console()
errors = Console(stderr=True)
PLAIN_EVERY_S = 15.0


def note(text: str, style: str = "dim") -> None:
    errors.print(text, style=style, highlight=False)


def clock(seconds: float | None) -> str:
    if seconds is None:
        return "?"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"


def spend(progress: Progress) -> str:
    """Unknown is said to be unknown: it is not zero."""
    return "unknown" if progress.unpriced else f"{progress.cost:.4f}"


def line(progress: Progress) -> str:
    return (
        f"{progress.finished}/{progress.planned} cases, {progress.calls} calls, "
        f"{progress.tokens} tokens, spend {spend(progress)}, "
        f"{clock(progress.seconds)} gone, {clock(progress.seconds_left)} left at most"
    )


def panel(progress: Progress) -> Group:
    bars = Table.grid(padding=(0, 1))
    for suite in progress.suites:
        errors_seen = f"  {suite.errors} with errors" if suite.errors else ""
        bars.add_row(
            Text(suite.name, style="bold"),
            ProgressBar(total=max(suite.planned, 1), completed=suite.finished, width=32),
            Text(f"{suite.finished}/{suite.planned} cases{errors_seen}"),
        )
    asking = Text(f"{progress.phase}: {progress.asking}"[:78], style="dim", overflow="ellipsis")
    facts = (
        f"{progress.calls} calls ({progress.failed} failed), "
        f"{progress.tokens:,} tokens, spend {spend(progress)}"
    )
    times = f"{clock(progress.seconds)} gone, {clock(progress.seconds_left)} left at most"
    if progress.cap_seconds is not None:
        times += f" (cap {clock(progress.cap_seconds)})"
    return Group(bars, asking, Text(facts), Text(times))


@contextmanager
def show_progress(progress: Progress, *, quiet: bool) -> Iterator[None]:
    """A live panel on a terminal; a line now and then where there is none."""
    if quiet:
        yield
        return
    if sys.stderr.isatty():
        live = Live(
            get_renderable=lambda: panel(progress), console=errors, refresh_per_second=4,
            transient=True,
        )  # fmt: skip
        with live:
            yield
        return
    ended = threading.Event()

    def tell() -> None:
        while not ended.wait(PLAIN_EVERY_S):
            note(line(progress), style="")

    teller = threading.Thread(target=tell, daemon=True)
    teller.start()
    try:
        yield
    finally:
        ended.set()
        teller.join()
