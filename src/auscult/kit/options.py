"""A plugin's options, checked whole: what a person wrote into a typed record."""

from __future__ import annotations

import types
from collections.abc import Mapping
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

import msgspec

from auscult.core.errors import Fault, PlanError
from auscult.core.registry import did_you_mean
from auscult.kit.secret import Secret

T = TypeVar("T", bound=msgspec.Struct)


def parse_options(options: Mapping[str, Any], into: type[T], where: str) -> T:
    """Raises one PlanError with every fault. Strings convert: "true", "3", and JSON for tables
    and lists, because options also come from a command line."""
    faults: list[Fault] = []
    parsed = collect(options, into, where, faults)
    if parsed is None:
        raise PlanError(where, faults)
    return parsed


def collect(options: Mapping[str, Any], into: type[T], where: str, faults: list[Fault]) -> T | None:
    """The record, or None after adding what is wrong to `faults`; tables within are checked too."""
    before = len(faults)
    types_of = get_type_hints(into)
    fields = {field.encode_name: field for field in msgspec.structs.fields(into)}
    known = {name: types_of[field.name] for name, field in fields.items()}
    prefix = f"{where}." if where else ""
    for name in options:
        if name not in known:
            faults.append(Fault(f"{prefix}{name}", "no such option" + did_you_mean(name, known)))
    converted = {}
    for name, kind in known.items():
        if name in options:
            value = _convert(options[name], kind, prefix + name, faults)
            converted[fields[name].name] = value
        elif fields[name].required:
            faults.append(Fault(f"{prefix}{name}", "is missing", f"add {name} = ..."))
    if len(faults) > before:
        return None
    try:
        return into(**converted)
    except (ValueError, TypeError) as error:  # the record's own __post_init__
        faults.append(Fault(where, str(error)))
        return None


def _convert(value: Any, kind: Any, where: str, faults: list[Fault]) -> Any:
    if isinstance(value, str) and value[:1] in ("{", "[") and not _takes_text(kind):
        try:
            value = msgspec.json.decode(value)
        except msgspec.DecodeError as error:
            faults.append(Fault(where, f"is not JSON: {error}"))
            return None
    table = _table(kind)
    if table is not None and isinstance(value, Mapping):
        return collect(value, table, where, faults)
    try:
        return msgspec.convert(value, kind, strict=False, dec_hook=_hook)
    except msgspec.ValidationError as error:
        faults.append(Fault(where, str(error)))
        return None


def _parts(kind: Any) -> tuple[Any, ...]:
    return get_args(kind) if get_origin(kind) in (Union, types.UnionType) else (kind,)


def _takes_text(kind: Any) -> bool:
    return any(part in (str, Any, Secret) for part in _parts(kind))


def _table(kind: Any) -> type[msgspec.Struct] | None:
    """The record a table is read into, where the option is one."""
    found = [p for p in _parts(kind) if isinstance(p, type) and issubclass(p, msgspec.Struct)]
    return found[0] if len(found) == 1 else None


def _hook(kind: type, value: Any) -> Any:
    if isinstance(value, kind):
        return value
    if kind is Secret and isinstance(value, str):
        return Secret(value)
    raise msgspec.ValidationError(f"Expected `{kind.__name__}`, got `{type(value).__name__}`")
