"""Takes the demo's figures out of results.json, into figures.json and the table of its page.

Every figure is copied from an estimate of the run, with its interval and what it counts; none is
worked out here. A metric that a run does not have is told, not guessed.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from settings import HERE, ROOT, Size

PAGE = ROOT / "docs" / "vision-demo.md"
BEGIN, END = "<!-- vision-demo:begin -->", "<!-- vision-demo:end -->"
FACTS, SURE = "cares/factuality", "cares/uncertainty"
SHIFTS, SEMANTIC = "cares/input-shift", "cares/semantic-shift"
SEVERITIES = ("1", "3", "5")


@dataclass(frozen=True)
class Wanted:
    """One estimate of one run; `names` are tried in order, as a suite's versions have them."""

    label: str
    suite: str
    names: tuple[str, ...]
    run: str = "audit"
    group: Mapping[str, str] = field(default_factory=dict)


def _facts(label: str, name: str, run: str = "audit") -> Wanted:
    return Wanted(label, FACTS, (name,), run)


SECTIONS: dict[str, tuple[Wanted, ...]] = {
    "Does the picture matter (two wordings)": (
        _facts("accuracy", "accuracy"),
        _facts("balanced accuracy", "balanced accuracy"),
        _facts("sensitivity (of those with a tumour, says yes)", "sensitivity of yes"),
        _facts("specificity (of those without, says no)", "specificity of yes"),
        _facts("says it cannot tell, picture shown", "abstention rate"),
        _facts("accuracy, always the commonest answer", "constant answer accuracy"),
        _facts("accuracy, another case's picture", "shuffled-image accuracy"),
        _facts("accuracy, grey picture", "grey-image accuracy"),
        _facts("accuracy, no picture", "no-image accuracy"),
        _facts("**own picture minus another case's**, paired", "excess over shuffled-image"),
        _facts("own picture minus grey, paired", "excess over grey-image"),
        _facts("own picture minus none, paired", "excess over no-image"),
    ),
    "Does it read the question (asked whether the brain is free of a tumour)": (
        _facts("accuracy", "accuracy", "reversed"),
        _facts("balanced accuracy", "balanced accuracy", "reversed"),
    ),
    "Does it know when it is right": (
        Wanted("accuracy of these answers", SURE, ("accuracy",)),
        Wanted("second turn neither sure nor unsure", SURE, ("sureness unreadable rate",)),
        Wanted("uncertainty accuracy", SURE, ("uncertainty accuracy",)),
        Wanted("the same, were it always sure", SURE, ("always sure uncertainty accuracy",)),
        Wanted("over-confidence ratio", SURE, ("over-confidence ratio",)),
        Wanted("token probability: calibration error", SURE, ("logprobs/calibration-error",)),
        Wanted("token probability: Brier score", SURE, ("logprobs/brier",)),
        Wanted("token probability: AUROC, right against wrong", SURE, ("logprobs/auroc",)),
    ),
    "Does it pass on what is no brain MRI (offered to say that it does not know)": (
        Wanted("abstention, own picture", SEMANTIC, ("abstention, in",)),
        Wanted("abstention, chest, eye, tissue or photograph", SEMANTIC,
               ("abstention, mismatched",)),
        Wanted("the same minus own picture, paired", SEMANTIC,
               ("answers withheld for mismatched pictures",
                "abstention added by mismatched pictures")),
        Wanted("says yes to a tumour there", SEMANTIC, ("hallucinated answers, mismatched",)),
        Wanted("abstention, grey picture", SEMANTIC, ("abstention, grey",)),
        Wanted("AUROC of withholding", SEMANTIC, ("AUROC of withholding",)),
    ),
    "Changed pictures, all in all": (
        Wanted("accuracy, clean", SHIFTS, ("accuracy, clean",)),
        Wanted("accuracy, changed, mean over shifts", SHIFTS, ("accuracy under shift",)),
        Wanted("**wrong answers added by shifts**, paired", SHIFTS,
               ("wrong answers added by shifts",)),
        Wanted("abstention added by shifts, paired", SHIFTS, ("abstention added by shifts",)),
        Wanted("answered though the picture was replaced", SHIFTS,
               ("answered without the picture it is about",)),
    ),
}  # fmt: skip
SAID = (
    "These are a fixture's figures: one question, one modality, pictures of one public data set "
    "whose patients are not known, near copies possible beyond those a hash can tell. They show "
    "what the audit does, and say nothing of any product or of brain MRI."
)
Results = Mapping[str, Mapping[str, Any]]
"""By the name of the run."""


def write(runs: Mapping[str, Path], counts: Mapping[str, int], size: Size, place: Path) -> None:
    """figures.json and the page's table; of a quick run only the former, beside the run."""
    results = {name: json.loads((run / "results.json").read_text()) for name, run in runs.items()}
    found = figures_of(results, counts, size.name)
    full = size.name == "full"
    target = (HERE if full else place) / "figures.json"
    target.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    if full:
        PAGE.write_text(put(PAGE.read_text(encoding="utf-8"), table(found)), encoding="utf-8")
    for gone in found["not_found"]:
        sys.stderr.write(f"vision-demo: the runs have no figure named {gone}\n")
    sys.stdout.write(f"{table(found)}\nvision-demo: written to {target}\n")


def figures_of(results: Results, counts: Mapping[str, int], size: str) -> dict[str, Any]:
    missing: list[str] = []
    sections = {
        title: [_row(results, wanted, missing) for wanted in rows]
        for title, rows in SECTIONS.items()
    }
    return {
        "said": SAID,
        "size": size,
        "pictures": dict(counts),
        "sections": sections,
        "shifts": _shifts(results["audit"]),
        "not_asked": _not_asked(results["audit"]),
        "runs": {name: _about(one["run"]) for name, one in results.items()},
        "not_found": missing,
    }


def _row(results: Results, wanted: Wanted, missing: list[str]) -> dict[str, Any]:
    for name in wanted.names:
        for estimate in results[wanted.run]["estimates"]:
            named = (estimate["suite"], estimate["metric"]) == (wanted.suite, name)
            if named and estimate["group"] == dict(wanted.group):
                return {"label": wanted.label, **_figure(estimate)}
    missing.append(f"'{wanted.names[0]}' of {wanted.suite}")
    return {"label": wanted.label, "value": None, "note": "not in these runs"}


def _figure(estimate: Mapping[str, Any]) -> dict[str, Any]:
    kept = ("suite", "metric", "value", "low", "high", "n", "n_clusters", "unit", "note")
    return {name: estimate.get(name) for name in kept}


def _shifts(results: Mapping[str, Any]) -> list[dict[str, Any]]:
    """A line a shift: accuracy by severity, and the paired difference over all severities."""
    lines: dict[str, dict[str, Any]] = {}
    for estimate in results["estimates"]:
        group = estimate["group"]
        if estimate["suite"] != SHIFTS or "shift" not in group:
            continue
        line = lines.setdefault(group["shift"], {"shift": group["shift"], "accuracy": {}})
        if estimate["metric"] == "accuracy by shift and severity":
            line["accuracy"][group["severity"]] = _figure(estimate)
        elif estimate["metric"] == "wrong answers added, by shift":
            line["added"] = _figure(estimate)
        elif estimate["metric"] == "wrong answers added, by shift and severity":
            line.setdefault("added", _figure(estimate))  # all there is of a single severity
        elif estimate["metric"] == "answered without the picture it is about, by shift":
            line["answered"] = _figure(estimate)
    return [line for _, line in sorted(lines.items())]


def _not_asked(results: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [
        {"suite": suite["name"], "reason": one["reason"], "cases": one["cases"]}
        for suite in results["run"]["suites"]
        for one in suite.get("not_asked", [])
    ]


def _about(run: Mapping[str, Any]) -> dict[str, Any]:
    spent = run["accounting"]
    return {
        "auscult": run["version"],
        "plan_hash": run["plan_hash"],
        "stopped": run["stopped"],
        "calls": spent["calls"],
        "failed": spent["failed"],
        "seconds": round(spent["seconds"]),
        "cases": {suite["name"]: suite["cases_in_estimates"] for suite in run["suites"]},
    }


# --- the page ---------------------------------------------------------------------------------


def put(page: str, words: str) -> str:
    """The page with what stands between the marks replaced."""
    before, begin, rest = page.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"the page has no place for the figures: put {BEGIN} and {END} into it")
    return f"{before}{BEGIN}\n{words.strip()}\n{END}{after}"


def table(found: Mapping[str, Any]) -> str:
    out = [found["said"], "", _pictures_line(found["pictures"]), ""]
    for title, rows in found["sections"].items():
        out += [f"**{title}**", "", "| figure | value | 95% interval | of |", "|---|---|---|---|"]
        out += [f"| {row['label']} | {_cells(row)} |" for row in rows]
        out.append("")
    out += _shift_table(found["shifts"])
    if found["not_asked"]:
        out += ["**Not asked**", "", "| suite | cases | why |", "|---|---|---|"]
        out += [
            f"| `{one['suite']}` | {one['cases']} | {one['reason']} |" for one in found["not_asked"]
        ]
        out.append("")
    about = found["runs"]
    calls = sum(run["calls"] for run in about.values())
    minutes = sum(run["seconds"] for run in about.values()) / 60
    out.append(f"{calls:,} calls in {minutes:.0f} minutes of audit, {found['size']} size.")
    return "\n".join(out)


def _pictures_line(counts: Mapping[str, int]) -> str:
    return (
        f"Of {counts['files']:,} files {counts['exact_copies']} is a copy byte for byte; with "
        f"mirrored, turned and re-contrasted copies they are {counts['groups']} groups, the "
        f"largest of {counts['largest_group']}. Held out: {counts['held_out']} pictures, one a "
        f"group. Left out of training: {counts['copies_of_held_out_left_out']} copies of these "
        f"and {counts['also_left_out_as_alike']} others much like them. Trained with "
        f"{counts['train']} pictures of {counts['train_groups']} groups."
    )


def _shift_table(lines: Iterable[Mapping[str, Any]]) -> list[str]:
    out = [
        "**Changed pictures, one by one.** Accuracy at severity 1, 3 and 5; wrong answers added "
        "over all severities, paired. Of replaced pictures: the share answered all the same.",
        "",
        "| shift | 1 | 3 | 5 | wrong answers added | 95% interval |",
        "|---|---|---|---|---|---|",
    ]
    for line in lines:
        if line["accuracy"]:
            cells = [_number(line["accuracy"].get(severity)) for severity in SEVERITIES]
            added = line.get("added")
            out.append(f"| `{line['shift']}` | {' | '.join([*cells, *_both(added)])} |")
        elif "answered" in line:
            told = f"answered: {_number(line['answered'])}"
            out.append(f"| `{line['shift']}` | | | | {told} | {_interval(line['answered'])} |")
    return [*out, ""]


def _both(figure: Mapping[str, Any] | None) -> Sequence[str]:
    return [_number(figure, signed=True), _interval(figure)]


def _cells(row: Mapping[str, Any]) -> str:
    signed = str(row.get("unit", "")).startswith("difference")
    of = f"{row['n']} answers, {row['n_clusters']} pictures" if row.get("n") else ""
    return f"{_number(row, signed=signed)} | {_interval(row)} | {of}"


def _number(figure: Mapping[str, Any] | None, *, signed: bool = False) -> str:
    if not figure:
        return ""
    if figure["value"] is None:
        return "not measured"
    return f"{figure['value']:{'+' if signed else ''}.2f}"


def _interval(figure: Mapping[str, Any] | None) -> str:
    if not figure or figure.get("low") is None or figure.get("high") is None:
        return ""
    return f"{figure['low']:.2f} to {figure['high']:.2f}"
