"""auscult audit SUITE... --target A --target B: one after another, and then side by side."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import msgspec
import typer

from auscult import several
from auscult.cli.display import clock, console, note, show_progress
from auscult.cli.folders import unused
from auscult.cli.reading import emit
from auscult.cli.running import Wishes, plan_of, typed_command
from auscult.core.errors import UsageError
from auscult.engine.bind import bind
from auscult.engine.forecast import Forecast, Range, forecast
from auscult.engine.ledger import LEDGER_NAME
from auscult.engine.plan import Plan
from auscult.engine.progress import Progress
from auscult.engine.run import Options
from auscult.several import SeveralRuns, Turn


def run_several(
    wishes: Wishes, *, yes: bool, fresh: bool, accept_changes: bool, quiet: bool, as_json: bool
) -> None:
    plans = plans_of(wishes)
    folder, turns = several.turns_of(plans, wishes.out)
    if fresh and folder.exists():
        folder, turns = several.turns_of(plans, unused(folder))
    if not yes:
        _confirm(turns)
    options = Options(accept_changes=accept_changes, command=typed_command(), handle_signals=True)
    silent = quiet or as_json

    @contextmanager
    def shown(place: int, turn: Turn, progress: Progress) -> Iterator[None]:
        if not silent:
            note(f"target {place + 1} of {len(turns)}: {turn.target}", style="")
        with show_progress(progress, quiet=silent):
            yield

    runs = SeveralRuns(folder, turns)
    several.run_in_turn(turns, options, shown)
    several.compare_turns(runs)
    _print(runs, as_json=as_json)
    several.raise_failures(turns)


def plans_of(wishes: Wishes) -> list[Plan]:
    """One plan, with each target in its place."""
    if wishes.plan is not None:
        raise UsageError(
            "--plan names its own target; leave --plan out to audit several with --target"
        )
    if not wishes.suites:
        raise UsageError(
            "name the suites to compare targets on, as in: auscult audit das/robustness "
            "--target A --target B"
        )
    if wishes.price:
        raise UsageError(
            "--price is of one target; give the prices of several in a file: --prices FILE"
        )
    return [
        plan_of(msgspec.structs.replace(wishes, target=(target,)), get_models=False)
        for target in wishes.target
    ]


class Forecasts(msgspec.Struct, frozen=True):
    """What all targets together will cost, and each. `money` is None where a price is unknown."""

    calls: Range
    input_tokens: Range
    output_tokens: Range
    money: Range | None
    currency: str
    seconds: Range
    caps: list[str]
    targets: dict[str, Forecast]


def forecast_all(turns: Sequence[Turn]) -> Forecasts:
    found = {turn.target: forecast(turn.plan, turn.folder) for turn in turns}
    each = list(found.values())
    money = [one.money for one in each if one.money is not None]
    currencies = {one.currency for one in each}
    known = len(money) == len(each) and len(currencies) == 1
    total = Forecasts(
        _sum([one.calls for one in each]),
        _sum([one.input_tokens for one in each]),
        _sum([one.output_tokens for one in each]),
        _sum(money) if known else None,
        currencies.pop() if known else "",
        _sum([one.seconds for one in each]),
        [],
        found,
    )
    total.caps.extend(_caps(turns[0].plan, total))
    return total


def _sum(ranges: Sequence[Range]) -> Range:
    return Range(sum(one.low for one in ranges), sum(one.high for one in ranges))


def _caps(plan: Plan, all_of: Forecasts) -> Iterator[str]:
    limits = plan.limits
    tokens = all_of.input_tokens.high + all_of.output_tokens.high
    if limits.calls is not None and all_of.calls.low > limits.calls:
        yield f"the cap of {limits.calls:,} calls is below the {all_of.calls.low:,.0f} planned"
    if limits.tokens is not None and tokens > limits.tokens:
        yield f"the cap of {limits.tokens:,} tokens is below the worst case of {tokens:,.0f}"
    if limits.money is not None and all_of.money and all_of.money.high > limits.money:
        yield f"the cap of {limits.money:g} is below the worst case of {all_of.money.high:.2f}"


def print_forecast_of_several(wishes: Wishes, *, as_json: bool) -> None:
    _, turns = several.turns_of(plans_of(wishes), wishes.out)
    told = forecast_all(turns)
    if as_json:
        emit(told)
    else:
        _print_forecast(told)


def _print_forecast(told: Forecasts) -> None:
    from rich.table import Table

    from auscult.report.several import names_of

    table = Table(box=None, pad_edge=False)
    for column in ("target", "calls", "tokens", "money", "time"):
        table.add_column(column, no_wrap=column == "target")
    rows: list[tuple[str, Forecast | Forecasts]] = [
        *zip(names_of(list(told.targets)), told.targets.values(), strict=True),
        ("all of them", told),
    ]
    for name, one in rows:
        money = "unknown"
        if one.money is not None:
            money = f"{one.money.low:.2f} to {one.money.high:.2f} {one.currency}"
        tokens = _sum([one.input_tokens, one.output_tokens])
        both = (f"{r.low:,.0f} to {r.high:,.0f}" for r in (one.calls, tokens))
        time = f"{clock(one.seconds.low)} to {clock(one.seconds.high)}"
        table.add_row(name, *both, money, time, style="bold" if one is told else "")
    console.print(table)
    for cap in told.caps:
        console.print(f"note: {cap}; each target has an equal share", highlight=False)


def _confirm(turns: Sequence[Turn]) -> None:
    """As for one target: what all of them may cost, where any is paid for and has not begun."""
    unpaid = all(role.target.local for t in turns for role in bind(t.plan, dry=True).roles.values())
    if unpaid or all((turn.folder / LEDGER_NAME).exists() for turn in turns):
        return
    _print_forecast(forecast_all(turns))
    if not sys.stdin.isatty():
        raise UsageError("nobody is here to ask: add --yes to spend this")
    if not typer.confirm("Go on?", default=False):
        raise UsageError("nothing was asked and nothing was spent")


def _print(runs: SeveralRuns, *, as_json: bool) -> None:
    if as_json:
        emit(
            {
                "folder": str(runs.folder),
                "dossier": str(runs.dossier) if runs.dossier else None,
                "targets": [_told(turn) for turn in runs.turns],
                "comparison": runs.comparison,
            }
        )
        return
    if runs.comparison is not None:
        _print_comparison(runs)
    for turn in runs.turns:
        if turn.stopped != "complete":
            _say(f"{turn.target}: {turn.stopped} ({turn.folder})")
    if any(turn.stopped.endswith(" cap") or "caps" in turn.stopped for turn in runs.turns):
        _say("Caps hold over all targets together, in equal shares. The same command with larger "
             "caps goes on.")  # fmt: skip
    if runs.dossier is not None:
        _say(f"dossier: {runs.dossier}", "bold")
    else:
        _say("Nothing to compare: fewer than two targets have finished a case.", "bold")


def _told(turn: Turn) -> dict[str, str | int]:
    done = turn.outcome
    return {
        "target": turn.target,
        "folder": str(turn.folder),
        "stopped": turn.stopped,
        "finished": done.finished if done else 0,
        "planned": done.planned if done else 0,
    }


def _print_comparison(runs: SeveralRuns) -> None:
    from rich.table import Table

    from auscult.report.several import ATTACK, CONTROL, NOTHING, under
    from auscult.report.wording import interval_text, value_text

    found = runs.comparison
    assert found is not None
    for suite in dict.fromkeys(e.suite for side in found.sides for e in side.estimates):
        table = Table(title=f"{suite}: right answers", title_justify="left", box=None,
                      pad_edge=False)  # fmt: skip
        for column in ("target", "as they are", "matched control", "under attack"):
            table.add_column(column)
        for side in found.sides:
            held = under(side, suite)
            if ATTACK in held:
                cells = [held.get(kind) for kind in (NOTHING, CONTROL, ATTACK)]
                told = [f"{value_text(e)} ({interval_text(e)})" if e else "" for e in cells]
                table.add_row(side.name, *told)
        if table.row_count:
            console.print(table)
    for why in dict.fromkeys(why for side in found.sides for why in side.at_chance.values()):
        _say(f"No conclusion: {why}", "bold yellow")
    for order in found.order:
        _say(order.sentence)
    for each in found.prompts:
        _say(each.sentence)
    for line in found.refused:
        _say(f"Not compared: {line}")


def _say(text: str, style: str = "") -> None:
    console.print(text, style=style, markup=False, highlight=False, soft_wrap=True)
