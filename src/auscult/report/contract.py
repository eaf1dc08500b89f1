"""The shape of results.json: the published contract (docs/results.md, docs/results.schema.json).

Fields may be added; none is renamed, removed or given another meaning within one major
`schema_version`.
"""

from __future__ import annotations

from typing import Any, Literal

import msgspec

from auscult.core.estimate import Estimate, Finding

SCHEMA_VERSION = "1.0"
NOT_STATED = "not stated"
UNKNOWN_COST = "unknown"


class RoleRecord(msgspec.Struct, kw_only=True):
    """Who played a role, as deployed. `decoding` names every parameter; one that was not sent is
    "not stated", and the endpoint's own default held."""

    identity: str
    endpoint: str
    local: bool
    fingerprint: dict[str, Any]
    system_prompt: str
    decoding: dict[str, Any]
    models_seen: dict[str, int]
    """What the endpoint said it was, with the number of calls it said so."""
    notes: tuple[str, ...]
    fixture: str
    """Why this is a fixture and no model to judge; empty for a real one."""


class RoleAccount(msgspec.Struct, kw_only=True):
    calls: int
    failed: int
    input_tokens: int
    output_tokens: int
    calls_without_token_count: int
    calls_without_price: int
    cost: float | None
    cost_note: str
    """Empty where `cost` is a number; else a word for why it is not."""
    seconds: float
    """Summed over calls, many of which run at once."""


class Accounting(msgspec.Struct, kw_only=True):
    calls: int
    """Made, over all roles and sessions."""
    replayed: int
    unresolved: int
    """Sent, with no answer on record: counted as spent."""
    failed: int
    failed_by_role: dict[str, int]
    input_tokens: int
    output_tokens: int
    tokens: int
    cost: float | None
    cost_note: str
    currency: str
    started: str
    updated: str
    seconds: float
    """Of running, over all sessions."""
    sessions: int
    roles: dict[str, RoleAccount]


class DataRecord(msgspec.Struct, kw_only=True):
    name: str
    path: str = ""
    sha256: str = NOT_STATED
    rows: int | None = None
    skipped: int = 0
    """Rows that its loader left out: unusable, or without a key."""
    duplicates: int = 0
    """Rows dropped because they stood there before."""
    pictures_missing: int = 0


class SuiteRecord(msgspec.Struct, kw_only=True):
    name: str
    version: str
    measures: str
    numerator: str
    denominator: str
    """Numerator and denominator of the suite's primary rate, declared before the run."""
    presupposes: str
    arms: tuple[str, ...]
    judges: tuple[str, ...]
    datasets: tuple[DataRecord, ...]
    cases_in_data: int
    cases_planned: int
    cases_finished: int
    cases_in_estimates: int
    """The finished prefix of the recorded random order, which is all that estimates read."""
    cases_beyond_prefix: int
    attempt: int
    evidence_level: str
    covers: tuple[str, ...]
    """Dimensions the suite itself says it touches; see docs/dossier.md."""


class Run(msgspec.Struct, kw_only=True):
    version: str
    name: str
    seed: int
    plan: dict[str, Any]
    """With all defaults spelt out; values that look like secrets are withheld."""
    plan_hash: str
    """SHA-256 of the plan, fixed before the first call."""
    target: RoleRecord
    roles: dict[str, RoleRecord]
    intended_use: str
    care_setting: str
    population: str
    auditor: str
    relation_to_vendor: str
    acceptance_criteria: str
    authoriser: str
    deviations: tuple[str, ...] | Literal["not stated"]
    stopped: str
    """complete, a cap, interrupted, killed, or failed with the reason."""
    evidence_levels: tuple[str, ...]
    suites: tuple[SuiteRecord, ...]
    sources: dict[str, str]
    """SHA-256 of the source of each plug-in with the helpers it draws on."""
    command: str
    accounting: Accounting


class Results(msgspec.Struct, kw_only=True):
    schema_version: str = SCHEMA_VERSION
    run: Run
    estimates: tuple[Estimate, ...]
    findings: tuple[Finding, ...]
