"""One asking of an edited question: its arm, its judge and what is noted of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from auscult.core.mutant import Mutant
from auscult.core.protocols import Bench, Exhibit
from auscult.core.verdict import Verdict
from auscult.kit.attack.asking import JUDGES, facts_of, messages_of
from auscult.kit.attack.drawn import Pair
from auscult.kit.attack.table import CONTROL
from auscult.kit.question_suite import SAMPLING, noted_labels


async def asked(
    bench: Bench,
    arm: str,
    repeat: int,
    mutant: Mutant,
    labels: Mapping[str, Any],
    attack: str = "",
    *,
    hide: bool = False,
    noting: Callable[[Verdict, str], dict[str, Any]] | None = None,
) -> Verdict:
    """`attack` is what a scripted target is told is done to it, as its control if `hide`; empty
    where nothing is. What `noting` makes of the verdict and the reply is noted beside it."""
    facts, messages, case = facts_of(mutant), messages_of(mutant), mutant.case
    hints = {
        **facts, "kind": "attack" if attack and not hide else "mcq", "arm": arm,
        "case_id": case.id, "repeat": repeat, "attack": attack,
    }  # fmt: skip
    place = bench.arm(arm, repeat)
    reply = await place.ask(messages, sampling=SAMPLING, hints=hints)
    verdict = await place.judge(JUDGES[mutant.form], Exhibit(case, messages, reply, facts))
    chosen = verdict.labels.get("chosen")
    noted = noted_labels(case.brief.option_notes, chosen if isinstance(chosen, int) else None)
    signed = bool(case.brief.reviewers)
    if noting is not None:
        noted |= noting(verdict, reply.text)
    place.record(verdict, **labels, **noted, signed_off=signed, form=mutant.form)
    return verdict


async def asked_pair(bench: Bench, pair: Pair, lot: float) -> tuple[Verdict | None, Verdict | None]:
    """The attack and its control; neither where the gate refused, which is noted. `lot` is how
    likely the attack was to be drawn for the case."""
    name, number = pair.attack.name, pair.number
    labels: dict[str, Any] = {"attack": name, "try": number}
    if pair.mutant is None or pair.control is None:
        bench.arm(name, number).record(rejected="; ".join(pair.rejected), **labels)
        return None, None
    control = await asked(bench, name + CONTROL, number, pair.control, labels, name, hide=True)
    about = {f"edit_{key}": value for key, value in pair.mutant.labels.items()}
    told = {**labels, **about, "drawn": pair.drawn, "lot": lot}
    return await asked(bench, name, number, pair.mutant, told, name), control


def is_right(verdict: Verdict | None) -> bool:
    return verdict is not None and verdict.behaviour == "answered" and verdict.score == 1


def is_wrong(verdict: Verdict | None) -> bool:
    """Answered, and not right: who refuses or abstains did not give a wrong answer."""
    return verdict is not None and verdict.behaviour == "answered" and verdict.score == 0
