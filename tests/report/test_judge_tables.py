"""The dossier's tables of judges' errors: computed from the answers beside each judge."""

from __future__ import annotations

import pytest

from auscult.core import registry
from auscult.report.judges import measured_errors

MEASURED = ("choice", "refusal", "yes-no")


@pytest.mark.parametrize("name", MEASURED)
def test_what_its_author_had_not_seen_stands_first(name: str) -> None:
    table = measured_errors([name])[name]
    assert table.rows[0][0] == "held out, first contact"
    assert table.columns[:2] == ("answers", "n")
    assert all(len(row) == len(table.columns) for row in table.rows)
    held = registry.source_of("judges", name)
    assert held is not None
    lines = held.with_suffix("").with_name(f"{held.stem}.heldout.jsonl").read_bytes().splitlines()
    assert table.rows[0][1] == str(len([line for line in lines if line.strip()]))


def test_the_refusal_judges_first_contact_is_what_was_kept() -> None:
    first, after, _ = measured_errors(["refusal"])["refusal"].rows
    assert first[3].startswith(f"{82 / 88:.3f} [")
    assert after[3] > first[3], "mended after that contact, and shown apart for it"
