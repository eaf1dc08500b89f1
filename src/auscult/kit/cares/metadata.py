"""A table of patients joined to the pictures of a question file: groups, and who is who."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

from auscult.core.errors import DataError
from auscult.kit.demographics import groups_of
from auscult.kit.rows import check_file, csv_rows

Metadata = dict[str, dict[str, str]]
"""By person: groups, and under "cluster" what several pictures share."""
PERSON = ("filename", "image_id", "image", "subject_id", "patient_id", "id")
CLUSTER = ("lesion_id", "patient_id", "subject_id")


def read_metadata(file: str, person: Callable[[str], str]) -> Metadata:
    """The table by person. Held whole: a row of it is a few words."""
    if not file:
        return {}
    path = Path(file)
    check_file(path)
    found: Metadata = {}
    for record in _records(path):
        key = next((name for name in PERSON if name in record), None)
        if key is None:
            raise DataError(
                f"{path} (line 1) has no column of {', '.join(PERSON)}: one of them must say whom "
                "a row is about"
            )
        known = groups_of(record)
        cluster = next((record[name] for name in CLUSTER if record.get(name)), "")
        if cluster:
            known["cluster"] = cluster
        found[person(record[key])] = known
    if not found:
        raise DataError(f"{path} has no rows")
    return found


def _records(path: Path) -> Iterator[dict[str, str]]:
    names: list[str] = []
    for row in csv_rows(path):
        cells: list[str] = row.data
        if not names:
            names = [cell.strip().lower() for cell in cells]
        elif len(cells) != len(names):
            raise DataError(
                f"{path} (line {row.line}) has {len(cells)} columns where the header has "
                f"{len(names)}"
            )
        else:
            yield dict(zip(names, cells, strict=True))
