"""The shape of results.json: the published contract (docs/results.md, docs/results.schema.json).

Fields may be added; none is renamed, removed or given another meaning within one major
`schema_version`.
"""

from __future__ import annotations

from typing import Any, Literal

import msgspec

from auscult.core.estimate import Estimate, Finding

SCHEMA_VERSION = "1.1"
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


class PictureCell(msgspec.Struct, kw_only=True):
    """Questions that came with a picture of one modality and one region."""

    modality: str
    """A DICOM code of `kit.modalities`; "unlisted" for a word it does not hold; "not stated"."""
    region: str
    """A name of `kit.anatomy`; "unlisted"; "not stated"."""
    synthetic: bool
    """Drawn by code: such pictures never count as clinical coverage."""
    cases: int
    replied: int
    """Cases whose question got a reply of any kind: answered, refused, abstained or unreadable."""
    answered: int
    """Of these, the ones answered at least in part."""
    pictures: int
    """Distinct files among the cases that got a reply."""


class DataPictures(msgspec.Struct, kw_only=True):
    """What a suite's cases of one data set picture, within the prefix that estimates read."""

    data: str
    """What the case ids begin with; "not stated" where they begin with no data set's name."""
    cases: int
    cases_with_pictures: int
    cells: tuple[PictureCell, ...] = ()


class PictureCoverage(msgspec.Struct, kw_only=True):
    """The same over all suites: a case or a picture that two of them use counts once."""

    counted_from: str = ""
    """"run"; "earlier results.json", where its case index is gone; empty where nobody can count."""
    cases: int = 0
    cases_with_pictures: int = 0
    pictures: int = 0
    synthetic_pictures: int = 0
    modalities_covered: tuple[str, ...] = ()
    """Codes with a reply to a question about a picture that is not synthetic. All four lists are
    empty where no case carries a picture."""
    modalities_not_covered: tuple[str, ...] = ()
    regions_covered: tuple[str, ...] = ()
    regions_not_covered: tuple[str, ...] = ()
    cells: tuple[PictureCell, ...] = ()


class NotAsked(msgspec.Struct, kw_only=True):
    """Why cases of a suite were not put to the system, within the prefix that estimates read."""

    reason: str
    """Names in it stand as "…" where several reasons differ by them alone."""
    cases: int
    trials: int
    examples: tuple[str, ...] = ()
    """Some of the reasons with their names; where they are one, some of the cases."""


class CanaryReading(msgspec.Struct, kw_only=True):
    """What a judge said of the plain labelled answers that it reads again in each session."""

    judge: str
    version: str
    models: dict[str, str]
    """Who played each role that it asks."""
    at: str
    canaries: int
    read: int
    """How many it gave a verdict of."""
    as_labelled: int
    otherwise_than_first: tuple[str, ...]
    """Canaries of which the same judge, played by the same models, first said something else."""
    said: dict[str, str]
    """In the judge's own words, by canary; empty where it gave no verdict."""


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
    pictures: tuple[DataPictures, ...] = ()
    """Since 1.1."""
    not_asked: tuple[NotAsked, ...] = ()
    """Since 1.1."""


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
    picture_coverage: PictureCoverage = msgspec.field(default_factory=PictureCoverage)
    """Since 1.1."""
    drift_canaries: tuple[CanaryReading, ...] = ()
    """Since 1.1."""


class Results(msgspec.Struct, kw_only=True):
    schema_version: str = SCHEMA_VERSION
    run: Run
    estimates: tuple[Estimate, ...]
    findings: tuple[Finding, ...]
