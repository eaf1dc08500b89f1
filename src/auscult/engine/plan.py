"""The typed plan: everything a run depends on that is not code or data."""

from __future__ import annotations

import hashlib
from typing import Any

import msgspec

from auscult.core.message import Sampling
from auscult.core.protocols import DataSet
from auscult.engine.declared import Primary, StopPlan
from auscult.kit.secret import masked
from auscult.stats.families import Family


class RolePlan(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """Who plays a role: the target itself, or a judge, attacker or verifier."""

    use: str
    system: str = ""
    sampling: Sampling = Sampling()
    options: dict[str, Any] = {}
    note: str = ""
    """What a reader must know of who plays the role; the dossier shows it."""


class SuitePlan(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    use: str
    data: tuple[DataSet, ...] = ()
    limit: int | None = None
    options: dict[str, Any] = {}


class JudgePlan(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """How a judge that suites ask is built, or which judge stands in its place."""

    use: str = ""
    options: dict[str, Any] = {}


class Limits(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """Caps hold over all roles and over every resumption. None means no cap."""

    calls: int | None = None
    tokens: int | None = None
    money: float | None = None
    minutes: float | None = None
    concurrency: int = 16
    requests_per_minute: float | None = None
    tokens_per_minute: float | None = None
    timeout_s: float = 300.0
    retries: int = 5


class Price(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """Per million tokens. `as_of` dates it, because prices go stale."""

    input: float
    output: float
    currency: str = "USD"
    as_of: str = ""


class Declaration(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """What a reader of the dossier has to know and no software can find out."""

    intended_use: str = "not stated"
    care_setting: str = "not stated"
    population: str = "not stated"
    auditor: str = "not stated"
    relation_to_vendor: str = "not stated"
    acceptance_criteria: str = "not stated"
    authoriser: str = "not stated"


class Plan(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    target: RolePlan
    suites: tuple[SuitePlan, ...]
    name: str = "audit"
    seed: int = 0
    roles: dict[str, RolePlan] = {}
    limits: Limits = Limits()
    prices: dict[str, Price] = {}
    declaration: Declaration = Declaration()
    allow_phi: tuple[str, ...] = ()
    """Endpoints (host:port) trusted with data sets that declare patient data."""
    authorised_by: str = ""
    primary: tuple[Primary, ...] = ()
    """The endpoints the audit is about; where there are none, those its suites declare."""
    families: tuple[Family, ...] = ()
    """Comparisons whose p-values are adjusted together."""
    stop: tuple[StopPlan, ...] = ()
    """Rules that end a suite once it knows enough."""
    judges: dict[str, JudgePlan] = {}
    """By the name under which suites ask them; others are built as they are."""
    drift_canaries: bool = True
    """Whether judges that ask a model read a few labelled answers again at each session's start."""

    @property
    def changed_judges(self) -> frozenset[str]:
        """Those built otherwise, or in whose place another reads: the error measured of them is
        not this run's."""
        return frozenset(name for name, judge in self.judges.items() if judge.use or judge.options)

    def digest(self) -> str:
        return hashlib.sha256(canonical(self)).hexdigest()


def canonical(value: Any) -> bytes:
    """One byte string per meaning: sorted keys, defaults spelt out, secrets masked. So no secret
    is kept, and a run goes on after a key has been changed."""
    builtins = msgspec.to_builtins(masked(plain(value)))
    return msgspec.json.encode(builtins, order="deterministic")


def plain(value: Any) -> Any:
    """As a plan file would say it. Defaults included, so that a changed default changes the
    hash."""
    if isinstance(value, msgspec.Struct):
        told = {name: plain(getattr(value, name)) for name in value.__struct_fields__}
        config = value.__struct_config__
        return told if config.tag is None else {config.tag_field: config.tag, **told}
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    return value


def flatten(value: Any, prefix: str = "") -> dict[str, Any]:
    """Dotted paths to leaves, for telling two plans apart."""
    out: dict[str, Any] = {}
    _flatten_into(out, plain(value), prefix)
    return out


def _flatten_into(out: dict[str, Any], value: Any, prefix: str) -> None:
    if isinstance(value, dict) and value:
        for key, item in value.items():
            _flatten_into(out, item, f"{prefix}.{key}" if prefix else str(key))
    elif isinstance(value, list) and value:
        for index, item in enumerate(value):
            _flatten_into(out, item, f"{prefix}[{index}]")
    else:
        out[prefix] = value
