"""From the names in a plan to live targets, judges and suites; all faults are said at once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl

import msgspec

from auscult.core import registry
from auscult.core.case import Case
from auscult.core.errors import Fault, PlanError, UsageError
from auscult.core.message import Message
from auscult.core.protocols import Ask, DataSet, Judge, Loader, Suite, Target, TargetSpec
from auscult.core.registry import did_you_mean
from auscult.engine.bind_judges import bind_judges, kinship, shared_out
from auscult.engine.budget import Pricing
from auscult.engine.caller import Role
from auscult.engine.gate import Gate
from auscult.engine.plan import Plan, Price, RolePlan, SuitePlan
from auscult.engine.stops import check_stops

FREE = Price(0.0, 0.0)


def parse_target(use: str, options: Mapping[str, Any], role: str = "target") -> TargetSpec:
    """`kind/ref?name=value&...`; the options of the plan win over those in the string."""
    head, _, query = use.partition("?")
    kind, _, ref = head.partition("/")
    registry.find("targets", kind)
    given = dict(parse_qsl(query, keep_blank_values=True))
    return TargetSpec(kind, ref, {**given, **options}, role)


class BoundSuite(msgspec.Struct):
    number: int
    plan: SuitePlan
    suite: Suite
    loaders: dict[str, Loader]
    datasets: tuple[DataSet, ...]


class Bound(msgspec.Struct):
    roles: dict[str, Role]
    judges: dict[str, Judge]
    suites: list[BoundSuite]
    pricing: Pricing
    currency: str


def bind(plan: Plan, *, source: str = "the plan", dry: bool = False) -> Bound:
    """Builds everything. Targets start no process and open no socket until they are asked."""
    faults: list[Fault] = []
    suites = _bind_suites(plan, faults)
    targets = _bind_targets(plan, faults, dry)
    if faults:
        raise PlanError(source, faults)
    identities = {role: target.identity for role, target in targets.items()}
    for bound in suites:
        _check_roles(bound, targets, faults)
        if (check := getattr(bound.suite, "role_faults", None)) is not None:
            faults.extend(check(identities))
    named = {bound.plan.use: bound.suite for bound in suites}
    faults.extend(check_stops(plan.stop, named))
    faults.extend(_check_endpoints(plan, named))
    judges = bind_judges(plan.judges, {b.plan.use: b.suite.judges for b in suites}, targets, faults)
    prices = {
        role: price_of(plan, chosen, targets[role])
        for role, chosen in _roles_of(plan).items()
        if role in targets
    }
    pricing = Pricing(prices)
    _check_money(plan, pricing, faults)
    _check_trust(plan, suites, targets, faults)
    if faults:
        raise PlanError(source, faults)
    gates: dict[str, Gate] = {}
    limits = plan.limits
    roles = {}
    for name, chosen in _roles_of(plan).items():
        target = targets[name]
        if target.endpoint not in gates:
            parallel = target.abilities.parallel
            gates[target.endpoint] = Gate(
                target.endpoint,
                min(limits.concurrency, parallel) if parallel else limits.concurrency,
                limits.requests_per_minute,
                limits.tokens_per_minute,
            )
        system = (Message("system", chosen.system),) if chosen.system else ()
        gate = gates[target.endpoint]
        kin = kinship(name, judges, targets)
        roles[name] = Role(name, target, system, chosen.sampling, gate, chosen.note, kin)
    currencies = {price.currency for price in prices.values() if price and price is not FREE}
    return Bound(roles, judges, suites, pricing, currencies.pop() if currencies else "USD")


def worst_asks(bound: Bound, suite: Suite, case: Case) -> list[Ask]:
    """What a case costs at most, in the plan's own terms: its system prompts are read at every
    call, and its cap on answers goes before the suite's."""
    asks = []
    named = [bound.judges[name] for name in suite.judges if name in bound.judges]
    for ask in shared_out(suite.cost(case, bound.roles["target"].target.abilities), named):
        role = bound.roles.get(ask.role)
        if role is None:
            continue
        system = sum(len(m.text) // 3 + 8 for m in role.system)
        output = role.sampling.max_tokens or ask.output_tokens
        asks.append(Ask(ask.role, ask.calls, ask.input_tokens + system, output))
    return asks


def _roles_of(plan: Plan) -> dict[str, RolePlan]:
    return {"target": plan.target, **plan.roles}


def _bind_targets(plan: Plan, faults: list[Fault], dry: bool) -> dict[str, Target]:
    targets: dict[str, Target] = {}
    for role, chosen in _roles_of(plan).items():
        where = "target" if role == "target" else f"roles.{role}"
        try:
            spec = parse_target(chosen.use, chosen.options, role)
            spec = msgspec.structs.replace(spec, dry=dry)
            targets[role] = registry.build("targets", spec.kind, spec)
        except PlanError as error:
            faults.extend(error.faults)
        except UsageError as error:
            faults.append(Fault(f"{where}.use", str(error)))
    return targets


def _bind_suites(plan: Plan, faults: list[Fault]) -> list[BoundSuite]:
    bound = []
    if not plan.suites:
        faults.append(Fault("suites", "the plan names no suite", "add a [[suites]] table"))
    uses = [chosen.use for chosen in plan.suites]
    for number, chosen in enumerate(plan.suites):
        where = f"suites[{number}]"
        if chosen.use in uses[:number]:
            what = f"the suite '{chosen.use}' stands in the plan already"
            faults.append(Fault(f"{where}.use", what, "give one table several data, or two plans"))
            continue
        try:
            suite: Suite = registry.build("suites", chosen.use, chosen.options)
        except PlanError as error:
            faults.extend(error.faults)
            continue
        except UsageError as error:
            faults.append(Fault(f"{where}.use", str(error)))
            continue
        loaders: dict[str, Loader] = {}
        for place, data in enumerate(chosen.data):
            try:
                loaders[data.loader] = registry.build("data", data.loader)
            except UsageError as error:
                faults.append(Fault(f"{where}.data[{place}].loader", str(error)))
        datasets = chosen.data
        if not datasets:
            datasets = suite.default_data
            for data in datasets:
                loaders[data.loader] = registry.build("data", data.loader)
        bound.append(BoundSuite(number, chosen, suite, loaders, datasets))
    return bound


def _check_endpoints(plan: Plan, suites: Mapping[str, Suite]) -> list[Fault]:
    """Endpoints of suites that the plan does not have."""
    named = [(f"primary[{n}].suite", e.suite) for n, e in enumerate(plan.primary)]
    for n, family in enumerate(plan.families):
        where = f"families[{n}].endpoints"
        named += [(f"{where}[{place}].suite", e.suite) for place, e in enumerate(family.endpoints)]
    return [
        Fault(where, f"the plan has no suite '{suite}'" + did_you_mean(suite, suites))
        for where, suite in named
        if suite not in suites
    ]


def _check_roles(bound: BoundSuite, targets: Mapping[str, Target], faults: list[Fault]) -> None:
    for need in bound.suite.roles:
        if need.required and need.role not in targets:
            faults.append(
                Fault(
                    f"roles.{need.role}",
                    f"suite '{bound.suite.name}' needs this role and nobody plays it",
                    f'add [roles.{need.role}] with use = "..."',
                )
            )


def price_of(plan: Plan, chosen: RolePlan, target: Target) -> Price | None:
    ref = chosen.use.partition("?")[0]
    for name in (ref, ref.partition("/")[2], target.identity):
        if name in plan.prices:
            return plan.prices[name]
    declared = getattr(target, "price", None)
    if declared is not None:
        return msgspec.convert(msgspec.to_builtins(declared), Price)
    return FREE if target.local or getattr(target, "free", False) else None


def _check_money(plan: Plan, pricing: Pricing, faults: list[Fault]) -> None:
    unknown = pricing.unknown()
    if plan.limits.money is not None and unknown:
        faults.append(
            Fault(
                "limits.money",
                f"the price of {', '.join(unknown)} is unknown, so a money cap cannot hold",
                'add [prices."NAME"] input = .., output = .. (per million tokens), or drop the cap',
            )
        )


def _check_trust(
    plan: Plan, suites: list[BoundSuite], targets: Mapping[str, Target], faults: list[Fault]
) -> None:
    """Patient data goes to trusted endpoints only; live systems need somebody's authority."""
    sensitive = [d for b in suites for d in b.datasets if _declares_patients(b, d)]
    for role, target in targets.items():
        if sensitive and not is_trusted(plan, target):
            faults.append(
                Fault(
                    role,
                    f"'{sensitive[0].path or sensitive[0].loader}' holds patient data, and "
                    f"'{target.endpoint}' is neither local nor on the plan's allow_phi list",
                    "use a local target, or add the endpoint to allow_phi once you may",
                )
            )
        live = target.fingerprint.get("actions") == "live"
        production = target.fingerprint.get("environment") == "production"
        attacks = any(getattr(b.suite, "adversarial", False) for b in suites)
        if (live or (production and attacks)) and not plan.authorised_by:
            faults.append(
                Fault(
                    role,
                    f"'{target.identity}' is declared as a "
                    + ("system with live actions" if live else "production system under attack"),
                    "point at a test system, or name who authorised it: --i-am-authorised NAME",
                )
            )


def is_trusted(plan: Plan, target: Target) -> bool:
    """May it be sent patient data?"""
    return target.local or target.endpoint in plan.allow_phi


def _declares_patients(item: BoundSuite, dataset: DataSet) -> bool:
    """By the plan, or by the loader of a source that is known to be of real patients."""
    loader = item.loaders.get(dataset.loader)
    return dataset.contains_phi or bool(getattr(loader, "contains_phi", False))
