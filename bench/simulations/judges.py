"""Rates read by a judge that errs: do corrected intervals hold the truth, and why labels that came
with the judge correct nothing."""

from __future__ import annotations

from typing import Any

from judge_simulation import Design, How
from judge_simulation import coverage as covered

from simulations.cells import Cell, Check, Done, Result, Section, Table, of, percent, span

ERRORS = (0.7, 0.85, 0.95)
RATE, RARER = 0.3, 0.1
"""All pairs of error rates at the one, equal ones at the other."""
ARMS = ((0.3, 0.1), (0.15, 0.1))
"""True rates of attack and control."""
MATCHED: dict[str, Any] = {"rate": 0.3, "sensitivity": 0.85, "specificity": 0.85}
SHIPPED = (None, (0.9, 0.9), (0.95, 0.95))
"""Error rates on the shipped set; None: the same as in the run."""
UNCORRECTABLE: tuple[How, ...] = ("uncorrected", "shipped", "transport range")
LOW, SEED = 0.93, 20260101
NAMES = {
    "error rates": "Rogan-Gladen, joint draws",
    "prediction-powered": "prediction-powered",
    "error rates, difference": "difference, Rogan-Gladen",
    "prediction-powered, difference": "difference, prediction-powered",
}
CORRECTED: tuple[How, How] = ("error rates", "prediction-powered")


def coverage(how: How, design: dict[str, Any], replicates: int) -> Result:
    """See tests/support/judge_simulation.py; `design` are the fields of its `Design`."""
    given = dict(design)
    if given.get("shipped"):
        given["shipped"] = tuple(given["shipped"])
    found = covered(how, Design(**given), replicates=replicates, seed=SEED)
    if not found.replicates:
        return {"coverage": None, "refused": 1.0, "width": None, "bias": None}
    return {
        "coverage": found.share,
        "refused": found.refused / replicates,
        "width": found.width,
        "bias": found.bias,
    }


def cells(replicates: int) -> list[Cell]:
    grid = [
        {"rate": rate, "sensitivity": se, "specificity": sp}
        for rate in (RATE, RARER)
        for se in ERRORS
        for sp in ERRORS
        if rate == RATE or se == sp
    ]
    told: list[tuple[How, dict[str, Any]]] = [(how, d) for how in CORRECTED for d in grid]
    for rate, control in ARMS:
        design = MATCHED | {"rate": rate, "control": control, "trials": 400}
        told += [("error rates, difference", design), ("prediction-powered, difference", design)]
    told.append(("uncorrected", MATCHED))
    told += [(how, MATCHED | {"shipped": s}) for how in UNCORRECTABLE[1:] for s in SHIPPED]
    return [Cell(coverage, {"how": h, "design": d, "replicates": replicates}) for h, d in told]


def section(done: list[Done]) -> Section:
    every = of(done, coverage)
    checks = []
    for how, name in NAMES.items():
        shares = [cell["coverage"] for cell in every if cell["how"] == how]
        words = f"{name}: corrected intervals cover at least 93%: {span(shares)}"
        checks.append(Check(words, min(shares) >= LOW))
    shipped = {
        (cell["how"], str(cell["design"].get("shipped"))): cell
        for cell in every
        if cell["how"] in UNCORRECTABLE
    }
    wrong = [c["coverage"] for (how, s), c in shipped.items() if how == "shipped" and s != "None"]
    checks.append(
        Check(
            "calibration labels whose error rates differ from the run's must not correct: "
            f"intervals 'corrected' with them cover {span(wrong)}, so the product refuses",
            max(wrong) < LOW,
        )
    )
    words = (
        "1,000 replies (400 in each arm for differences), 300 of them in each arm labelled by a "
        "person, picked at random. The product draws error rates jointly and takes contrasts "
        "within each draw. *Refused*: the interval of Se + Sp - 1 included 0, so there was no "
        "corrected rate.\n\nThe last table has the same run (true rate 0.3, Se and Sp 0.85) read "
        "with 300 labels of a shipped calibration set whose error rates are those of the run, or "
        "0.9, or 0.95. *Uncorrected* is the judge's own rate; *shipped* is what a correction with "
        "those labels would print, which the product refuses to do; *transport range* is what it "
        "prints in its place, labelled 'assumes transport'. A range covers where the assumption "
        "holds, and promises nothing where it does not."
    )
    return Section("A judge that errs", words, checks, [*_tables(every), _shipped_table(shipped)])


def _tables(every: list[Done]) -> list[Table]:
    rows = []
    for cell in every:
        if cell["how"] not in NAMES:
            continue
        design = cell["design"]
        rate = f"{design['rate']}"
        rate += f" less {design['control']}" if "control" in design else ""
        errors = [f"{design['sensitivity']}", f"{design['specificity']}"]
        rows.append([NAMES[cell["how"]], rate, *errors, *_numbers(cell)])
    heads = ["method", "true rate", "Se", "Sp", "coverage", "mean width", "bias, points", "refused"]
    return [Table("Corrected with labels of the run:", heads, rows)]


def _shipped_table(shipped: dict[tuple[str, str], Done]) -> Table:
    rows = []
    for (how, _), cell in shipped.items():
        given = cell["design"].get("shipped")
        matched = f"{given[0]}" if given else "" if how == "uncorrected" else "0.85, as in the run"
        rows.append([how, matched, *_numbers(cell)])
    heads = ["method", "Se and Sp of the shipped set", "coverage", "mean width", "bias, points",
             "refused"]  # fmt: skip
    return Table("Why shipped calibration does not correct:", heads, rows)


def _numbers(cell: Done) -> list[str]:
    if cell["coverage"] is None:
        return ["", "", "", percent(cell["refused"])]
    return [
        percent(cell["coverage"]),
        f"{cell['width']:.3f}",
        f"{100 * cell['bias']:+.2f}",
        percent(cell["refused"]),
    ]
