"""Reads a plan.toml whole and lists all of its faults, each with key path, line and mend.

A plan made in Python is held to the same: `faults_of` knows of no file.
"""

from __future__ import annotations

import math
import re
import tomllib
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, get_args

import msgspec

from auscult.core import registry
from auscult.core.errors import Fault, PlanError, UsageError
from auscult.core.protocols import Suite
from auscult.core.registry import did_you_mean
from auscult.engine.declared import StopPlan
from auscult.engine.plan import Plan, SuitePlan, flatten, plain
from auscult.engine.stops import stop_fault
from auscult.stats import stopping
from auscult.stats.families import Family

HEADER = re.compile(r"^\s*\[(\[)?\s*([^\]]+?)\s*\]\]?\s*(#.*)?$")
ASSIGN = re.compile(r"^\s*([A-Za-z0-9_.\"'-]+)\s*=")

TYPE_WORDS = {
    "string": "a text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "array": "a list",
    "object": "a table",
}


def read_plan(path: Path) -> Plan:
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise UsageError(f"there is no plan file '{path}'; check the path") from None
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"cannot read the plan '{path}': {error}") from error
    return parse_plan(text, str(path))


def parse_plan(text: str, source: str = "plan") -> Plan:
    try:
        raw = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise PlanError(source, [Fault("TOML", str(error), "mend the syntax there")]) from error
    _spell_out(raw)
    faults = [*faults_of(raw), *_name_faults(raw)]
    if faults:
        lines = locate(text)
        placed = [msgspec.structs.replace(f, line=_line_of(f.where, lines)) for f in faults]
        raise PlanError(source, sorted(placed, key=lambda f: (f.line, f.where)))
    return msgspec.convert(raw, Plan)


def checked(plan: Plan, source: str = "the plan") -> Plan:
    """The same plan, held to what a plan file is held to."""
    raw = plain(plan)
    faults = faults_of(raw)
    if faults:  # names and files alone are left to those who bind them
        raise PlanError(source, [*faults, *_name_faults(raw)])
    return plan


def faults_of(raw: dict[str, Any]) -> list[Fault]:
    """Wrong shapes and impossible values of a plan as a file says it; one fault a place."""
    shapes = list(_shape_faults(raw))
    said = {fault.where for fault in shapes}
    others = [*_value_faults(raw), *_crowded_families(raw)]
    return shapes + [fault for fault in others if fault.where not in said]


def dataset_of(text: str) -> dict[str, Any]:
    """`LOADER=PATH`, as on the command line."""
    loader, equals, path = text.partition("=")
    if not equals:
        loader, path = "pack", text
    return {"loader": loader, "path": path}


def _spell_out(raw: dict[str, Any]) -> None:
    suites = raw.get("suites")
    if not isinstance(suites, list):
        return
    for suite in suites:
        if isinstance(suite, dict) and isinstance(suite.get("data"), list):
            suite["data"] = [dataset_of(d) if isinstance(d, str) else d for d in suite["data"]]


def _shape_faults(raw: dict[str, Any]) -> Iterator[Fault]:
    """Unknown keys and wrong types, all of them, against the schema of the typed plan."""
    try:
        msgspec.convert(raw, Plan)
        return
    except msgspec.ValidationError as error:
        first = str(error)  # of the first fault alone; the schema knows all that are of shape
    shapes = [fault for fault in _against_schema(raw, Plan) if not OF_RULE.match(fault.where)]
    shapes += _rule_faults(raw)
    shapes += _family_faults(raw, {fault.where.partition(".")[0] for fault in shapes})
    yield from shapes or [_impossible(first)]


OF_RULE = re.compile(r"stop\[\d+\]\.rule\b")
RULES: dict[str, type[Any]] = {
    str(rule.__struct_config__.tag): rule for rule in get_args(stopping.Rule)
}


def _rule_faults(raw: dict[str, Any]) -> Iterator[Fault]:
    """Of each stopping rule by itself, because a schema only knows that it is none of three."""
    for at, stop in _tables(raw, "stop"):
        where, rule = f"{at}.rule", stop.get("rule")
        if not isinstance(rule, dict):
            what = "is missing" if rule is None else f"{rule!r} is of the wrong type"
            yield Fault(where, what, 'give rule = { when = "...", ... }')
        elif "when" not in rule:
            yield Fault(f"{where}.when", "is missing", f"add when = one of: {', '.join(RULES)}")
        elif rule["when"] not in RULES:
            what = f"there is no rule '{rule['when']}'" + did_you_mean(str(rule["when"]), RULES)
            yield Fault(f"{where}.when", what)
        else:
            kind = RULES[rule["when"]]
            shapes = list(_against_schema(rule, kind, f"{where}."))
            yield from shapes or _meant(rule, kind, where)


def _family_faults(raw: dict[str, Any], said: set[str]) -> Iterator[Fault]:
    """Of each family that is of the right shape, by itself."""
    for where, family in _tables(raw, "families"):
        if where not in said:
            yield from _meant(family, Family, where)


def _crowded_families(raw: dict[str, Any]) -> Iterator[Fault]:
    """An estimate has one adjusted p-value, so an endpoint stands in one family."""
    homes: dict[str, str] = {}
    for where, table in _tables(raw, "families"):
        try:
            family = msgspec.convert(table, Family)
        except msgspec.ValidationError:
            continue
        for endpoint in family.endpoints:
            home = homes.setdefault(endpoint.name, where)
            if home != where:
                what = f"{endpoint.name} stands in {home} already"
                yield Fault(f"{where}.endpoints", what, "name it in one family")


def _tables(raw: dict[str, Any], name: str) -> Iterator[tuple[str, dict[str, Any]]]:
    tables = raw.get(name)
    for number, table in enumerate(tables if isinstance(tables, list | tuple) else []):
        if isinstance(table, dict):
            yield f"{name}[{number}]", table


def _meant(raw: dict[str, Any], kind: type[Any], where: str) -> Iterator[Fault]:
    """What is of the right shape and cannot be meant."""
    try:
        msgspec.convert(raw, kind)
    except msgspec.ValidationError as error:
        yield Fault(where, str(error).partition(" - at `$")[0], "see docs/stopping.md")


def _impossible(said: str) -> Fault:
    words, _, where = said.partition(" - at `$.")
    return Fault(where.removesuffix("`") or "plan", words, "see docs/plan.md")


def _against_schema(raw: dict[str, Any], kind: type[Any], at: str = "") -> Iterator[Fault]:
    from jsonschema import Draft202012Validator

    schema = msgspec.json.schema(kind)
    for error in Draft202012Validator(schema).iter_errors(raw):
        where = at + _dotted(error.absolute_path) if error.absolute_path else at.rstrip(".")
        if error.validator == "additionalProperties":
            known = error.schema.get("properties", {})
            for extra in sorted(set(error.instance) - set(known)):
                here = f"{where}.{extra}" if where else extra
                yield Fault(here, "unknown key" + did_you_mean(extra, known), "rename or remove it")
        elif error.validator == "required":
            missing = [k for k in error.schema["required"] if k not in error.instance]
            for key in missing:
                here = f"{where}.{key}" if where else key
                yield Fault(here, "is missing", f"add {key} = ...")
        elif error.validator in {"anyOf", "type"}:
            yield Fault(where, f"{error.instance!r} is of the wrong type", _expected(error.schema))
        else:
            yield Fault(where, error.message)


def _expected(schema: dict[str, Any]) -> str:
    kinds = [s.get("type", "table") for s in schema.get("anyOf", [schema])]
    return "give " + " or ".join(TYPE_WORDS.get(str(k), str(k)) for k in kinds if k != "null")


def _dotted(path: Any) -> str:
    out = ""
    for part in path:
        out += f"[{part}]" if isinstance(part, int) else (f".{part}" if out else str(part))
    return out


def _name_faults(raw: dict[str, Any]) -> Iterator[Fault]:
    """Names of plugins and files, whatever else is wrong."""
    roles = {"target": raw.get("target")}
    others = raw.get("roles")
    if isinstance(others, dict):
        roles.update({f"roles.{name}": table for name, table in others.items()})
    for where, table in roles.items():
        use = table.get("use") if isinstance(table, dict) else None
        if isinstance(use, str):
            yield from _unknown("targets", use.partition("?")[0].partition("/")[0], f"{where}.use")
    suites = raw.get("suites")
    for number, suite in enumerate(suites if isinstance(suites, list) else []):
        if not isinstance(suite, dict):
            continue
        here = f"suites[{number}]"
        if isinstance(suite.get("use"), str):
            yield from _unknown("suites", suite["use"], f"{here}.use")
        data = suite.get("data")
        for place, item in enumerate(data if isinstance(data, list) else []):
            if isinstance(item, dict):
                yield from _data_faults(item, f"{here}.data[{place}]")
    yield from _judge_faults(raw)
    yield from _stop_faults(raw)


def _judge_faults(raw: dict[str, Any]) -> Iterator[Fault]:
    judges = raw.get("judges")
    for name, table in (judges if isinstance(judges, dict) else {}).items():
        yield from _unknown("judges", name, f"judges.{name}")
        use = table.get("use") if isinstance(table, dict) else None
        if isinstance(use, str) and use:
            yield from _unknown("judges", use, f"judges.{name}.use")


def _stop_faults(raw: dict[str, Any]) -> Iterator[Fault]:
    """What a stopping rule reads, as far as the suites can be built."""
    suites: dict[str, Suite] = {}
    for _, table in _tables(raw, "suites"):
        with suppress(msgspec.ValidationError, UsageError):
            plan = msgspec.convert(table, SuitePlan)
            suites[plan.use] = registry.build("suites", plan.use, plan.options)
    uses = [table.get("use") for _, table in _tables(raw, "suites")]
    for where, table in _tables(raw, "stop"):
        with suppress(msgspec.ValidationError):
            stop = msgspec.convert({"rule": ANY_RULE, **_readable(table)}, StopPlan)
            if stop.suite not in uses or stop.suite in suites:
                fault = stop_fault(where, stop, suites)
                if fault is not None:
                    yield fault


ANY_RULE = {"when": "half-width", "width": 0.1}
"""Read instead of a rule that has faults of its own."""


def _readable(stop: dict[str, Any]) -> dict[str, Any]:
    try:
        msgspec.convert(stop.get("rule"), stopping.Rule)
    except msgspec.ValidationError:
        return {key: value for key, value in stop.items() if key != "rule"}
    return stop


def _data_faults(item: dict[str, Any], here: str) -> Iterator[Fault]:
    loader, path = item.get("loader"), item.get("path")
    if isinstance(loader, str):
        yield from _unknown("data", loader, here)
    if isinstance(path, str) and not Path(path).exists() and not _is_name(loader, path):
        yield Fault(here, f"there is no file '{path}'", "check the path; it is read from here")


def _is_name(loader: object, path: str) -> bool:
    """A bare word, for a loader that has sets by name; whether it has this one it says itself."""
    if path != Path(path).stem or not isinstance(loader, str):
        return False
    if loader not in registry.plugins("data"):
        return False
    return bool(getattr(registry.build("data", loader), "takes_names", False))


def _unknown(kind: registry.Kind, name: str, where: str) -> Iterator[Fault]:
    known = registry.plugins(kind)
    if name not in known:
        what = f"no {registry.SINGULAR[kind]} is named '{name}'" + did_you_mean(name, known)
        yield Fault(where, what)


class Range(msgspec.Struct, frozen=True):
    low: float
    high: float = math.inf
    open: bool = False
    """True where `low` itself is too small."""


COUNT, POSITIVE, NOT_NEGATIVE = Range(1), Range(0, open=True), Range(0)
RANGES: dict[str, Range] = {
    **dict.fromkeys(("calls", "tokens", "concurrency", "limit", "max_tokens"), COUNT),
    **dict.fromkeys(("money", "minutes", "timeout_s"), POSITIVE),
    **dict.fromkeys(("requests_per_minute", "tokens_per_minute"), POSITIVE),
    **dict.fromkeys(("retries", "temperature", "input", "output"), NOT_NEGATIVE),
    "top_p": Range(0, 1),
}
OURS = re.compile(r"(?:limits|suites\[\d+\]|(?:target|roles\.[^.]+)\.sampling|prices\..+)\.(\w+)")
"""Where those names mean what they mean here; options are the plugins' own."""
LARGEST = 2**63


def _value_faults(raw: dict[str, Any]) -> Iterator[Fault]:
    """Values that cannot be meant, or that no ledger could hold."""
    for where, value in flatten(raw).items():
        if isinstance(value, bool | str):
            continue
        if isinstance(value, int | float):
            yield from _number_faults(where, value)
            continue
        try:
            msgspec.to_builtins(value)
        except TypeError:
            kind = type(value).__name__
            yield Fault(where, f"a {kind} cannot stand in a plan", "give text or a number")


def _number_faults(where: str, value: float) -> Iterator[Fault]:
    known = OURS.fullmatch(where)
    fits = RANGES.get(known.group(1)) if known else None
    if isinstance(value, float) and not math.isfinite(value):
        yield Fault(where, f"{value} is not a finite number", "give one, or leave it out")
    elif not -LARGEST <= value < LARGEST:
        yield Fault(where, "is too large to be kept", f"give less than {LARGEST}")
    elif fits is None:
        return
    elif value < fits.low or (value == fits.low and fits.open):
        mend = "give a positive number" if fits.open else f"give {fits.low:g} or more"
        yield Fault(where, f"{value} is too small", mend)
    elif value > fits.high:
        yield Fault(where, f"{value} is too large", f"give {fits.high:g} or less")


def locate(text: str) -> dict[str, int]:
    """Key path -> line. Understands headers and plain assignments, which is what plans hold."""
    lines: dict[str, int] = {}
    prefix, counts = "", {}  # type: str, dict[str, int]
    for number, line in enumerate(text.splitlines(), 1):
        header = HEADER.match(line)
        if header and "=" not in line.split("#")[0]:
            name = header.group(2).replace('"', "").replace("'", "")
            parent, _, rest = name.partition(".")
            if rest and parent in counts:
                name = f"{parent}[{counts[parent]}].{rest}"
            if header.group(1):
                counts[name] = counts.get(name, -1) + 1
                name = f"{name}[{counts[name]}]"
            prefix = name
            lines.setdefault(prefix, number)
        elif assign := ASSIGN.match(line):
            key = assign.group(1).strip("\"'")
            lines.setdefault(f"{prefix}.{key}" if prefix else key, number)
    return lines


def _line_of(where: str, lines: dict[str, int]) -> int:
    """Of the key itself, or of the nearest table that would hold it."""
    while where:
        if where in lines:
            return lines[where]
        cut = max(where.rfind("."), where.rfind("["))
        where = where[:cut] if cut > 0 else ""
    return 0
