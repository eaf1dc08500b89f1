"""What other judges said of a run's replies, set beside its own: in words, tables and JSON."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import msgspec

from auscult.engine.bind_judges import described, kin_of_players
from auscult.engine.rejudge_kept import Counts, Judging, begun, compared, judgings
from auscult.kit.rejudged.agreement import Compared, compare

if TYPE_CHECKING:
    from auscult.engine.view import RunView
    from auscult.kit.judge_agreement import Share

NOTE = (
    "Both judges read the same replies. Neither is the truth, and no figure of this run reads the "
    "new verdicts. A score means what its judge says: where one judge looks for a right answer and "
    "the other for a refusal, only behaviours compare. Intervals are 95% and take all trials of a "
    "cluster together."
)
CAPPED = "calls cap"


class Told(msgspec.Struct, frozen=True):
    judging: Judging
    compared: list[Compared]
    counts: Counts
    kin: tuple[str, ...] = ()
    """Said of a judge that is kin to whom it judges, or to another member of its panel."""
    stopped: str = ""
    """Why the last session ended."""


class Part(msgspec.Struct, frozen=True):
    """A table, ready to print."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


class Block(msgspec.Struct, frozen=True):
    title: str
    sentences: tuple[str, ...]
    tables: tuple[Part, ...]


def compared_with(view: RunView, judging: Judging) -> Told:
    reader, states, names = view.parts()
    rows, counts = compared(reader, judging, states, names)
    watched = {name: getattr(view.plugin(name), "watched", ()) for name in names}
    last = begun(judging)
    played = {role: described(told) for role, told in last.roles.items()}
    kin = kin_of_players(played, described(view.manifest.roles["target"]))
    return Told(judging, compare(rows, watched), counts, kin, last.stopped)


def sections(view: RunView) -> list[Block]:
    """For the dossier: one judging after the other."""
    return [
        block for one in judgings(view.folder) for block in blocks(compared_with(view, one), {})
    ]


def blocks(told: Told, left_out: Mapping[str, int]) -> list[Block]:
    about = told.judging.about
    who = f", played by {about.model}" if about.model else ""
    title = f"{about.judge} (version {about.judge_version}{who})"
    tables = [] if not told.compared else [_summary(told.compared)]
    tables += [part for one in told.compared for part in _tables(one)]
    return [Block(title, tuple(_sentences(told, left_out)), tuple(tables))]


def _sentences(told: Told, left_out: Mapping[str, int]) -> list[str]:
    counts = told.counts
    said = [f"{counts.judged:,} of {counts.trials:,} trials were judged again.", *told.kin]
    if counts.errors:
        causes = ", ".join(f"{cause} {n:,}" for cause, n in sorted(counts.causes.items()))
        said.append(
            f"In {counts.errors:,} the judge gave an error, which is no verdict ({causes})."
        )
    for reason, n in sorted(counts.not_judged.items()):
        said.append(f"{n:,} were not judged: {reason}.")
    for reason, n in sorted(left_out.items()):
        said.append(f"{n:,} could not be shown to the judge: {reason}.")
    rest = counts.waiting - sum(left_out.values())
    if rest > 0:
        said.append(f"{rest:,} are still to be judged: {_how_to_go_on(told.stopped)}.")
    if counts.from_transcript:
        more = f"; of {counts.several_replies:,} it was the last of several"
        said.append(
            f"{counts.from_transcript:,} were judged on the reply alone, without facts of their "
            f"suite, which had no judge read them{more if counts.several_replies else ''}."
        )
    return [*said, NOTE]


def _how_to_go_on(stopped: str) -> str:
    if stopped != CAPPED:
        return "the same command goes on"
    return "--cap-calls was reached, which covers all sessions; the same command goes on with more"


def _summary(found: list[Compared]) -> Part:
    columns = (
        "suite", "its judge", "n", "agreement", "of behaviour", "kappa", "new errors",
        "old errors",
    )  # fmt: skip
    rows = tuple(
        (
            one.suite, f"{one.judge} {one.version}", f"{one.measured.n:,}",
            _said(one.measured.agreement), _said(one.behaviour), _said(one.kappa),
            f"{sum(one.measured.unread.values()):,}", f"{one.old_errors:,}",
        )
        for one in found
    )  # fmt: skip
    return Part("Agreement with the run's own judges", columns, rows)


def _tables(one: Compared) -> list[Part]:
    where = f"{one.suite}, {one.judge}"
    parts = []
    seen = [x for x in one.levels if any(x in row for row in one.measured.confusion.values())]
    if seen:
        rows = tuple(
            (old, *(str(one.measured.confusion[old].get(new, 0)) for new in seen))
            for old in one.levels
            if old in one.measured.confusion
        )
        parts.append(Part(f"{where}: its verdicts by the new ones", ("", *seen), rows))
    if one.headlines:
        columns = ("headline", "replies", "differ", "mean by its judge", "mean by the new one")
        values = tuple(
            (h.metric, f"{h.n:,}", f"{h.differ:,}", _number(h.old), _number(h.new))
            for h in one.headlines
        )
        parts.append(Part(f"{where}: verdicts that a headline reads", columns, values))
    if one.most:
        about = ("case", "arm", "repeat", "its judge", "the new one", "because")
        furthest = tuple((m.case_id, m.arm, str(m.repeat), m.old, m.new, m.cause) for m in one.most)
        parts.append(Part(f"{where}: furthest apart", about, furthest))
    return parts


def record(told: Told, left_out: Mapping[str, int]) -> dict[str, Any]:
    """For a script."""
    about = told.judging.about
    return {
        "judging": told.judging.id,
        "judge": about.judge,
        "version": about.judge_version,
        "judge_model": about.model,
        "options": about.options,
        "kinship": told.kin,
        "trials": told.counts,
        "could_not_be_shown": dict(left_out),
        "level": 0.95,
        "agreement": [_record(one) for one in told.compared],
    }


def _record(one: Compared) -> dict[str, Any]:
    """`agreement` is a plain number, so that a script may compare it."""
    measured = one.measured
    return {
        "suite": one.suite,
        "judge": one.judge,
        "version": one.version,
        "n": measured.n,
        "clusters": measured.exact.n_clusters,
        "agreement": measured.agreement.value,
        "interval": [measured.agreement.low, measured.agreement.high],
        "method": measured.agreement.method,
        "behaviour_agreement": one.behaviour,
        "kappa": one.kappa,
        "confusion": measured.confusion,
        "new_errors": measured.unread,
        "old_errors": one.old_errors,
        "agreement_bounds": measured.bounds,
        "headlines": one.headlines,
        "most_different": one.most,
    }


def _said(share: Share) -> str:
    if share.value is None:
        return "-"
    if share.low is None or share.high is None:
        return f"{share.value:.3f}"
    return f"{share.value:.3f} [{share.low:.3f}, {share.high:.3f}]"


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"
