"""How a suite takes its cases from the data sets of a plan: named, told apart, and marked."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import msgspec

from auscult.core.case import Case
from auscult.core.errors import DataError
from auscult.core.protocols import DataSet, Loader
from auscult.core.registry import did_you_mean


def named_cases(
    datasets: Sequence[DataSet], loaders: Mapping[str, Loader]
) -> Iterator[tuple[str, Case]]:
    """Every case with the name of its data set, which its id and its cluster start with, so that
    two sets with the same ids stay apart."""
    taken: set[str] = set()
    for dataset in datasets:
        name = free_name(dataset, taken)
        if dataset.loader not in loaders:
            raise DataError(
                f"no loader is named '{dataset.loader}'" + did_you_mean(dataset.loader, loaders)
            )
        passed = {k: v for k, v in dataset.options.items() if k != "name"}
        for case in loaders[dataset.loader].load(Path(dataset.path), passed):
            yield name, under_name(case, name, dataset.contains_phi)


def under_name(case: Case, data: str, phi: bool = False) -> Case:
    cluster = f"{data}/{case.brief.cluster}" if case.brief.cluster else ""
    brief = msgspec.structs.replace(case.brief, cluster=cluster)
    return msgspec.structs.replace(case, id=f"{data}/{case.id}", brief=brief, phi=case.phi or phi)


def free_name(dataset: DataSet, taken: set[str]) -> str:
    """What the ids of a data set start with: its given name, or that of its pack, or its loader's.
    A path without a folder and an ending is the name of one of our packs."""
    path = Path(dataset.path)
    a_pack = dataset.loader == "pack" or (
        dataset.path and path.name == dataset.path and not path.suffix
    )
    base = str(dataset.options.get("name") or (path.name if a_pack else dataset.loader))
    base = name = base.replace("/", "-")
    number = 2
    while name in taken:
        name, number = f"{base}-{number}", number + 1
    taken.add(name)
    return name


def tokens_at_most(text: str) -> int:
    """Three letters of English a token, and one for each sign of other scripts."""
    plain = len(text.encode("ascii", "ignore"))
    return plain // 3 + 2 * (len(text) - plain) + 1
