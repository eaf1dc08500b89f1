"""Whether a judge still read as it did: its canaries, session by session and run by run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from auscult.engine.canaries_kept import Sung, drifts, judges_of, parted
from auscult.report.contract import CanaryReading
from auscult.report.judged_again import Block, Part

if TYPE_CHECKING:
    from auscult.engine.view import RunView

NOTE = (
    "Drift canaries are a few plain labelled answers that come with a judge and are read again at "
    "the start of each session. They are no measure of its error: they show that it changed."
)


def records(view: RunView) -> tuple[CanaryReading, ...]:
    return tuple(
        CanaryReading(
            judge=one.reading.judge,
            version=one.reading.version,
            models=one.reading.models,
            at=one.reading.at,
            canaries=len(one.reading.ids),
            read=one.read,
            as_labelled=one.as_labelled,
            otherwise_than_first=otherwise,
            said=dict(zip(one.reading.ids, one.said, strict=True)),
        )
        for sung in judges_of(view.canaries()).values()
        for one, otherwise in zip(sung, drifts(sung), strict=True)
    )


def sections(view: RunView) -> list[Block]:
    return [_block(judge, sung) for judge, sung in judges_of(view.canaries()).items()]


def _block(judge: str, sung: list[Sung]) -> Block:
    models = ", ".join(sorted(set(sung[-1].reading.models.values())))
    columns = ("session", "played by", "read as labelled", "no verdict", "not as at first")
    rows = tuple(
        (
            one.reading.at[:16].replace("T", " "),
            ", ".join(sorted(set(one.reading.models.values()))),
            f"{one.as_labelled} of {len(one.said)}",
            str(len(one.said) - one.read),
            ", ".join(otherwise) or "-",
        )
        for one, otherwise in zip(sung, drifts(sung), strict=True)
    )
    said = [NOTE]
    if changed := [otherwise for otherwise in drifts(sung) if otherwise]:
        said.insert(
            0,
            f"The judge read drift canaries otherwise in {len(changed)} of {len(sung)} sessions "
            "than at first: verdicts of this run may come from an instrument that changed.",
        )
    return Block(
        f"{judge}, played by {models}", tuple(said), (Part("Drift canaries", columns, rows),)
    )


def drift_between(a: RunView, b: RunView, names: tuple[str, str]) -> list[str]:
    """One sentence for each judge that reads its canaries otherwise in one run than in another."""
    here, there = judges_of(a.canaries()), judges_of(b.canaries())
    said = []
    for judge in here.keys() & there.keys():
        read = parted(here[judge], there[judge])
        if otherwise := sorted(name for name, verdicts in read.items() if verdicts > 1):
            said.append(
                f"The judge '{judge}' read {len(otherwise)} of {len(read)} drift canaries "
                f"otherwise in {names[0]} than in {names[1]}, or within one of them "
                f"({', '.join(otherwise)}): a difference may be the judge's."
            )
    return sorted(said)
