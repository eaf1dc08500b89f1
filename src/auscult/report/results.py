"""results.json: every figure of a run with what is needed to defend it."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import msgspec

from auscult.core.estimate import ENGINEERING, Estimate, Finding
from auscult.engine.plan import canonical
from auscult.report import canaries
from auscult.report.clean import clean, withhold_secrets, write_atomic
from auscult.report.contract import (
    NOT_STATED,
    UNKNOWN_COST,
    Accounting,
    DataPictures,
    DataRecord,
    NotAsked,
    Results,
    RoleAccount,
    RoleRecord,
    Run,
    SuiteRecord,
)
from auscult.report.declared import with_declared
from auscult.report.judge_range import with_ranges
from auscult.report.not_asked import not_asked, with_clusters, with_reasons
from auscult.report.pictures import count_pictures
from auscult.report.reviewed import with_reviews

if TYPE_CHECKING:
    from pathlib import Path

    from auscult.engine.view import RunView, SuiteStatus
    from auscult.engine.writer import RoleTotals


def build_results(view: RunView) -> Results:
    """Asks every suite for its estimates and findings: from the ledger, with no model."""
    estimates: list[Estimate] = []
    findings: list[Finding] = []
    covers: dict[str, tuple[str, ...]] = {}
    for status in view.suites:
        suite = view.plugin(status.name)
        estimates.extend(suite.estimates(view))
        findings.extend(suite.findings(view))
        covers[status.name] = tuple(getattr(suite, "covers", ()))
    presupposes = {s.name: s.presupposes for s in view.suites if s.presupposes}
    estimates = with_declared(estimates, view.plan, view.stops)
    watched = {s.name: getattr(view.plugin(s.name), "watched", ()) for s in view.suites}
    changed = view.plan.changed_judges
    measured = {s: [w for w in ws if w.judge not in changed] for s, ws in watched.items()}
    estimates = with_ranges(estimates, measured)
    estimates = [_finite(e) for e in apply_competence(estimates, presupposes)]
    reasons = {s.name: not_asked(view, s.name, estimates) for s in view.suites}
    estimates = with_clusters(view, with_reasons(with_reviews(view, estimates), reasons))
    results = Results(
        run=_run(view, covers, estimates, reasons),
        estimates=tuple(estimates),
        findings=tuple(findings),
    )
    return clean(results)


def write_results(view: RunView, results: Results) -> Path:
    """Writes results.json into the run's folder; a reader sees the old file or the new one."""
    body = msgspec.json.format(msgspec.json.encode(results), indent=2)
    return write_atomic(view.folder / "results.json", body + b"\n")


def apply_competence(estimates: list[Estimate], presupposes: dict[str, str]) -> list[Estimate]:
    """A result that presupposes a competence is not headlined where the competence is not shown.

    `presupposes` maps a suite to the suite whose competence it takes for granted. That suite says
    so itself: an estimate with `extra["competence"]` false cannot be told from a trivial baseline.
    Suites about privacy, toxicity and harmful compliance presuppose nothing, so they always stand.
    """
    shown: dict[str, bool] = {}
    for estimate in estimates:
        if "competence" in estimate.extra:
            good = bool(estimate.extra["competence"])
            shown[estimate.suite] = shown.get(estimate.suite, True) and good
    return [_judged(e, presupposes.get(e.suite, ""), shown) for e in estimates]


def _judged(estimate: Estimate, needed: str, shown: dict[str, bool]) -> Estimate:
    if not needed or not estimate.headline or "competence" in estimate.extra:
        return estimate
    if needed not in shown:
        why = (
            f"It presupposes competence at '{needed}', which this run did not measure: read it "
            "with that in mind."
        )
        return msgspec.structs.replace(estimate, note=_joined(estimate.note, why))
    if shown[needed]:
        return estimate
    why = (
        f"It presupposes competence at '{needed}', and there the target's clean "
        "score is not shown to beat every trivial baseline."
    )
    return msgspec.structs.replace(estimate, headline=False, note=_joined(estimate.note, why))


def _finite(estimate: Estimate) -> Estimate:
    """JSON has no NaN. A figure that is none becomes missing, and says so."""
    ends = {name: getattr(estimate, name) for name in ("value", "low", "high", "p_adjusted")}
    broken = {name: None for name, number in ends.items() if not _is_number(number)}
    if not broken:
        return estimate
    why = f"Not a finite number, so left out: {', '.join(broken)}."
    return msgspec.structs.replace(estimate, note=_joined(estimate.note, why), **broken)


def _is_number(number: float | None) -> bool:
    return number is None or math.isfinite(number)


def _joined(*sentences: str) -> str:
    return " ".join(s for s in sentences if s)


def _run(
    view: RunView,
    covers: dict[str, tuple[str, ...]],
    estimates: list[Estimate],
    reasons: dict[str, tuple[NotAsked, ...]],
) -> Run:
    plan, said = view.plan, view.plan.declaration
    asked = {"target": plan.target, **plan.roles}
    roles = {
        name: _role(described, asked[name].options if name in asked else {})
        for name, described in view.roles.items()
    }
    authoriser = said.authoriser
    if authoriser in ("", NOT_STATED) and plan.authorised_by:
        authoriser = plan.authorised_by
    pictures = count_pictures(view)
    suites = tuple(
        _suite(
            status,
            covers[status.name],
            pictures.suites.get(status.name, ()),
            reasons[status.name],
        )
        for status in view.suites
    )
    levels = [s.evidence_level for s in suites] + [e.evidence_level for e in estimates]
    return Run(
        version=view.version,
        name=plan.name,
        seed=plan.seed,
        plan=withhold_secrets(msgspec.json.decode(canonical(plan))),
        plan_hash=view.plan_hash,
        target=roles.pop("target"),
        roles=roles,
        intended_use=said.intended_use or NOT_STATED,
        care_setting=said.care_setting or NOT_STATED,
        population=said.population or NOT_STATED,
        auditor=said.auditor or NOT_STATED,
        relation_to_vendor=said.relation_to_vendor or NOT_STATED,
        acceptance_criteria=said.acceptance_criteria or NOT_STATED,
        authoriser=authoriser or NOT_STATED,
        deviations=tuple(view.deviations) or "not stated",
        stopped=view.stopped or NOT_STATED,
        evidence_levels=tuple(dict.fromkeys(levels)),
        suites=suites,
        sources=dict(view.sources),
        command=withhold_secrets(view.command),
        accounting=_accounting(view),
        picture_coverage=pictures.run,
        drift_canaries=canaries.records(view),
    )


def _role(described: dict[str, Any], options: dict[str, Any]) -> RoleRecord:
    sampling = described.get("sampling") or {}
    notes = _notes(described, options)
    identity = str(described.get("identity") or NOT_STATED)
    return RoleRecord(
        identity=withhold_secrets(identity),
        endpoint=withhold_secrets(str(described.get("endpoint") or NOT_STATED)),
        local=bool(described.get("local", False)),
        fingerprint=withhold_secrets(dict(described.get("fingerprint") or {})),
        system_prompt=str(described.get("system") or NOT_STATED),
        decoding=withhold_secrets(
            {name: _sent(sampling.get(name)) for name in DECODING} | dict(sampling.get("extra", {}))
        ),
        models_seen=dict(described.get("models_seen") or {}),
        notes=notes,
        fixture=fixture_reason(identity, notes),
    )


DECODING = ("temperature", "top_p", "max_tokens", "stop", "send_seed")
FIXTURES = {
    "scripted": "its answers come from a script with known behaviour, not from a model",
    "recorded": "its answers were collected elsewhere and are replayed from a file",
}


LOUD = ("fixture", "fallback", "known-bad", "at chance")
"""Words in a note on the target that make every figure of the run one of a fixture."""


def _notes(described: dict[str, Any], options: dict[str, Any]) -> tuple[str, ...]:
    """What was said of a role by its engine, its target or the plan, once each."""
    found: list[str] = []
    fingerprint = described.get("fingerprint") or {}
    for said in (
        described.get("evidence_notes"),
        fingerprint.get("note"),
        fingerprint.get("notes"),
        options.get("note"),
    ):
        found.extend([said] if isinstance(said, str) else said or ())
    return tuple(dict.fromkeys(str(note) for note in found if note))


def _sent(value: Any) -> Any:
    return NOT_STATED if value is None or value == () or value == [] else value


def fixture_reason(identity: str, notes: tuple[str, ...]) -> str:
    """Why the figures must not be read as those of a medical model; empty where they may."""
    kind = identity.partition("/")[0]
    if kind in FIXTURES:
        return FIXTURES[kind]
    return next((n for n in notes if any(word in n.lower() for word in LOUD)), "")


def _suite(
    status: SuiteStatus,
    covers: tuple[str, ...],
    pictures: tuple[DataPictures, ...],
    reasons: tuple[NotAsked, ...],
) -> SuiteRecord:
    return SuiteRecord(
        name=status.name,
        version=status.version,
        measures=status.measures,
        numerator=status.rule.numerator,
        denominator=status.rule.denominator,
        presupposes=status.presupposes,
        arms=tuple(status.arms),
        judges=tuple(status.judges),
        datasets=tuple(_data(d) for d in status.datasets),
        cases_in_data=status.cases,
        cases_planned=status.planned,
        cases_finished=status.finished,
        cases_in_estimates=status.prefix,
        cases_beyond_prefix=status.beyond,
        attempt=status.attempt,
        evidence_level=status.evidence or ENGINEERING,
        covers=covers,
        pictures=pictures,
        not_asked=reasons,
    )


def _data(described: dict[str, Any]) -> DataRecord:
    rows = described.get("rows")
    return DataRecord(
        name=str(described.get("name") or NOT_STATED),
        path=withhold_secrets(str(described.get("path") or "")),
        sha256=str(described.get("sha256") or NOT_STATED),
        rows=int(rows) if rows is not None else None,
        skipped=int(described.get("skipped") or 0),
        duplicates=int(described.get("duplicates") or 0),
        pictures_missing=int(described.get("pictures_missing") or 0),
    )


def _accounting(view: RunView) -> Accounting:
    roles = {name: _account(totals) for name, totals in view.totals.items()}
    read = sum(a.input_tokens for a in roles.values())
    wrote = sum(a.output_tokens for a in roles.values())
    known = sum(a.cost for a in roles.values() if a.cost is not None)
    unpriced = view.unpriced or any(a.cost is None for a in roles.values())
    return Accounting(
        calls=sum(a.calls for a in roles.values()),
        replayed=view.replayed,
        unresolved=view.unresolved,
        failed=sum(a.failed for a in roles.values()),
        failed_by_role={name: a.failed for name, a in roles.items()},
        input_tokens=read,
        output_tokens=wrote,
        tokens=read + wrote,
        cost=None if unpriced else known,
        cost_note=_cost_note(known, view.currency) if unpriced else "",
        currency=view.currency,
        started=view.started,
        updated=view.updated,
        seconds=view.seconds,
        sessions=view.sessions,
        roles=roles,
    )


def _account(totals: RoleTotals) -> RoleAccount:
    return RoleAccount(
        calls=totals.calls,
        failed=totals.failed,
        input_tokens=totals.input_tokens,
        output_tokens=totals.output_tokens,
        calls_without_token_count=totals.estimated,
        calls_without_price=totals.unpriced,
        cost=None if totals.unpriced else totals.cost,
        cost_note=UNKNOWN_COST if totals.unpriced else "",
        seconds=totals.seconds,
    )


def _cost_note(known: float, currency: str) -> str:
    if known:
        return f"{UNKNOWN_COST}: {known:.2f} {currency} for the calls whose price is known"
    return UNKNOWN_COST
