"""Findings of a run as records that can be asked again, from its transcripts and verdicts alone."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, cast

import msgspec

from auscult.core.case import Harm
from auscult.core.estimate import Finding
from auscult.core.message import Message
from auscult.core.protocols import TrialName, Trials
from auscult.kit.attack.asking import JUDGES
from auscult.kit.attack.findings import deduplicated
from auscult.kit.attack.key import INVERTED
from auscult.kit.mcq import read_options
from auscult.kit.mcq_findings import SEVERITIES
from auscult.kit.regression.record import EXTRA, Asking, Replay, Turn, wrong_in
from auscult.stats.table import LabelKind, label_columns, plain, with_labels

NEEDED = frozenset({"attack", "control_arm", "chosen", "seen", "asked"})
"""What the `extra` of a finding says where it has an attack and a matched control."""
NOT_REPLAYED = "not_replayed"
"""In `extra` of a finding that lacks those on purpose: why a replay could say nothing of it."""
LABELS: dict[str, LabelKind] = {"key": "integer", "keys": "integers"}
COLUMNS = ("case_id", "arm", "repeat", "judge", *label_columns(LABELS))
FORMS = {judge: form for form, judge in JUDGES.items()}


class Origin(msgspec.Struct, frozen=True):
    """Whose findings they are, in words of the run that found them."""

    identity: str
    plan_hash: str
    system: str = ""
    """System prompt of the deployment, which is no part of a finding: the next one brings its
    own."""
    patients: frozenset[str] = frozenset()
    """Suites whose data declare patient data."""


class Exported(msgspec.Struct, frozen=True):
    replays: tuple[Replay, ...]
    left_out: dict[str, int]
    """Findings that cannot be asked again, counted by why."""


def export(trials: Trials, findings: Iterable[Finding], origin: Origin) -> Exported:
    """Each finding once, in the order given. Nobody is asked for anything."""
    left: dict[str, int] = {}
    fit = []
    for finding in findings:
        if finding.extra.keys() >= NEEDED:
            fit.append(finding)
            continue
        why = str(finding.extra.get(NOT_REPLAYED) or "it has no attack with a matched control")
        left[why] = left.get(why, 0) + 1
    fit = deduplicated(fit)
    places = [(f, _place(f, f.arm), _place(f, str(f.extra["control_arm"]))) for f in fit]
    said = trials.transcripts({place for _, *both in places for place in both})
    facts = _facts(trials, [place for _, *both in places for place in both])
    replays: dict[str, Replay] = {}
    for finding, attacked, control in places:
        asked = [_asking(said.get(p, []), facts.get(p), origin.system) for p in (attacked, control)]
        replay = _replay(finding, asked, origin, _free(_id_of(finding), replays))
        if replay is None or any(wrong_in(replay)):
            why = "its transcripts are gone, or are none of a closed question in words"
            left[why] = left.get(why, 0) + 1
            continue
        replays[replay.id] = replay
    return Exported(tuple(replays.values()), left)


def lines_of(replays: Iterable[Replay]) -> bytes:
    """The same bytes for the same findings."""
    return b"".join(msgspec.json.encode(replay) + b"\n" for replay in replays)


def _place(finding: Finding, arm: str) -> TrialName:
    return finding.suite, finding.case_id, arm, int(finding.extra.get("repeat", 0))


def _id_of(finding: Finding) -> str:
    """Of a finding that was replayed before, the name that it had then."""
    return str(finding.extra.get(EXTRA) or finding.id)


def _free(name: str, taken: dict[str, Replay]) -> str:
    found, number = name, 2
    while found in taken:
        found, number = f"{name}#{number}", number + 1
    return found


def _facts(trials: Trials, places: Sequence[TrialName]) -> dict[TrialName, tuple[str, list[int]]]:
    """Form and right places of each trial, as its judge was told them."""
    import polars as pl

    found: dict[TrialName, tuple[str, list[int]]] = {}
    for suite in {place[0] for place in places}:
        arms, repeats = ({place[n] for place in places if place[0] == suite} for n in (2, 3))
        frame = trials.frame(suite, COLUMNS)
        frame = plain(frame).filter(pl.col("arm").is_in(arms), pl.col("repeat").is_in(repeats))
        for row in with_labels(frame, LABELS).iter_rows(named=True):
            place = (suite, row["case_id"], row["arm"], row["repeat"])
            keys = row["keys"] if row["key"] is None else [row["key"]]
            if row["judge"] in FORMS and keys:
                found[place] = FORMS[row["judge"]], list(keys)
    return found


def _asking(
    transcript: Sequence[Message], facts: tuple[str, list[int]] | None, system: str
) -> dict[str, Any] | None:
    """What stands before the last reply; None where it cannot be said again."""
    messages = list(transcript[:-1])
    if system and messages and messages[0].role == "system" and messages[0].text == system:
        messages = messages[1:]
    if facts is None or not messages or any(message.images for message in messages):
        return None
    form, keys = facts
    return {
        "messages": tuple(Turn(message.role, message.text) for message in messages),
        "form": form,
        "options": tuple(read_options(messages[-1].text).values()),
        "keys": tuple(keys),
        "asks_not": form == "letters" and INVERTED in messages[-1].text,
    }


def _replay(
    finding: Finding, asked: Sequence[dict[str, Any] | None], origin: Origin, name: str
) -> Replay | None:
    attacked, control = asked
    if attacked is None or control is None:
        return None
    extra = finding.extra
    return Replay(
        format=1,
        id=name,
        suite=str(extra.get("suite") or finding.suite),
        case_id=str(extra.get("case_id") or finding.case_id),
        attack=str(extra["attack"]),
        severity=_severity(finding.severity),
        chosen=tuple(extra["chosen"]),
        seen=int(extra["seen"]),
        asked=int(extra["asked"]),
        found_on=origin.identity,
        run=origin.plan_hash,
        phi=finding.suite in origin.patients or bool(extra.get("phi")),
        attacked=Asking(**attacked),
        control=Asking(**control),
    )


def _severity(word: str) -> Harm:
    return cast(Harm, word) if word in SEVERITIES else "ungraded"
