"""Fairness between groups of patients: rates with n, the largest gap, and what explains it.

A raw gap mixes two things: how well the model does within a true label, and which labels a group
has. Where old patients' lesions are more often malignant, a model that says "benign" whatever it
is shown has a wide age gap and treats all ages alike. So beside the raw gap stand the gap adjusted
for label mix, the true- and false-positive gaps within a label, and the excess over what a constant
answer scores on the same trials. `stats.group_gaps` says how the intervals are made.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from auscult.stats import group_gaps
from auscult.stats.group_table import (
    NOT_STATED,
    GroupTrials,
    Labelling,
    Side,
    group_trials,
    listed,
    named,
    numbered_anew,
    side,
    unlabelled,
)
from auscult.stats.rates import rates_by
from auscult.stats.table import behaviour_counts

if TYPE_CHECKING:
    import polars as pl

    from auscult.core.estimate import Estimate

SMALLEST = 10
METHOD = (
    "all pairs of groups at once: Welch intervals by clusters, critical value from the cluster "
    "bootstrap (max-t)"
)
REST_METHOD = (
    "group minus all the others, all groups at once: Welch intervals by clusters, critical value "
    "from the cluster bootstrap (max-t)"
)
EXCESS_METHOD = "directional cluster bootstrap of both largest gaps on the same draws"
MAX_T = "the cluster bootstrap of all comparisons at once (max-t)"


class _Audit(msgspec.Struct, frozen=True):
    """The trials, what is asked of them, and the words all answers share."""

    trials: GroupTrials
    about: Estimate
    smallest: int
    level: float

    def words(self, metric: str, estimand: str, **others: Any) -> Estimate:
        others = {"direction": "lower-is-better", "unit": "difference of proportions"} | others
        return msgspec.structs.replace(
            self.about, metric=metric, estimand=estimand, level=self.level, headline=False, **others
        )


def fairness_estimates(
    frame: pl.DataFrame,
    about: Estimate,
    *,
    column: str,
    truth: str | None = None,
    answer: str | None = None,
    positive: str | None = None,
    smallest: int = SMALLEST,
    level: float = 0.95,
) -> list[Estimate]:
    """Everything about the groups named in `column`, over the trials of one arm.

    First the rate of each group (those of fewer than `smallest` clusters marked, trials without a
    group under "not stated"), then the gaps. `truth` names the column of a trial's right label and
    `answer` that of the label the target chose; what needs them is left out without them.
    `positive` is the label that true- and false-positive rates are of; for yes and no it need not
    be said. Refused, abstained and invalid replies count as not correct and not positive; failed
    calls are missing."""
    wanted = dict.fromkeys((column, "cluster", "behaviour", "score", truth, answer))
    columns = [name for name in wanted if name]
    absent = [name for name in columns if name not in frame.columns]
    if absent:
        raise ValueError(f"the trial table has no column {listed(absent)}")
    if smallest < 1:
        raise ValueError(f"the smallest group to compare has at least 1 cluster, not {smallest}")
    rows = named(frame.select(columns), column)
    about = msgspec.structs.replace(about, level=level, **behaviour_counts(rows))
    trials = group_trials(rows, column, Labelling(truth, answer, positive))
    audit = _Audit(trials, about, smallest, level)
    found = [*_rates(rows, audit), *_accuracy(audit, labelled=truth is not None)]
    if truth:
        found += [_adjusted(audit), _excess(audit)]
    if truth and answer:
        found += _odds(audit)
    if answer:
        found.append(_parity(audit))
    return found


def _rates(rows: pl.DataFrame, audit: _Audit) -> list[Estimate]:
    column = audit.trials.column
    words = msgspec.structs.replace(audit.about, metric=f"{audit.about.metric} by {column}")
    found = rates_by(rows, column, words, smallest=audit.smallest, level=audit.level)
    note = f"These trials state no {column}: they are compared with no group."
    return [_noted(e, note) if e.group.get(column) == NOT_STATED else e for e in found]


def _accuracy(audit: _Audit, *, labelled: bool) -> list[Estimate]:
    """The raw gap, the worst group, and the raw gap as CARES publishes it."""
    about, trials, column = audit.about, audit.trials, audit.trials.column
    gap_words = audit.words(
        f"{about.metric}: largest gap by {column}",
        f"The {about.metric} of the best group minus that of the worst.",
    )
    worst_words = audit.words(
        f"{about.metric}: worst group by {column}",
        f"The {about.metric} of the group furthest below all the other groups together, minus "
        "that of the others.",
        direction="higher-is-better",
    )
    if not labelled:
        gap_words = _noted(gap_words, "Not adjusted for label mix: no true labels were given.")
    chosen = side(trials, trials.counted, audit.smallest)
    if isinstance(chosen, str):
        found, everyone = [_noted(gap_words, chosen), _noted(worst_words, chosen)], None
    else:
        profile = _profile(trials, chosen, trials.y)
        gap, strayed = _compared(audit, gap_words, chosen, profile)
        critical = gap.extra["critical"]
        found = [
            _bounded(audit, gap, chosen, critical),
            _worst(audit, worst_words, chosen, profile, strayed),
        ]
        everyone = None if chosen.small else found[0]
    return [*found, _equality_difference(audit, everyone)]


def _worst(
    audit: _Audit, words: Estimate, chosen: Side, profile: group_gaps.Profile, strayed: Any
) -> Estimate:
    rest = group_gaps.against_rest(profile, strayed, audit.level)
    at = int(rest.value.argmin())
    name = chosen.names[at]
    found = msgspec.structs.replace(
        _described(audit, words, chosen),
        value=float(rest.value[at]),
        low=float(rest.low[at]),
        high=float(rest.high[at]),
        method=REST_METHOD,
    )
    apart = {
        name: [float(v), float(low), float(high)]
        for name, v, low, high in zip(chosen.names, rest.value, rest.low, rest.high, strict=True)
    }
    tested = {"p_value": float(rest.p_value[at]), "p_from": MAX_T}
    return _with(found, worst=name, shown=bool(rest.high[at] < 0), against_rest=apart, **tested)


def _equality_difference(audit: _Audit, everyone: Estimate | None) -> Estimate:
    """CARES (Xia et al. 2024) names this number and prints no formula; for two groups there is one
    reading, for more we take largest minus smallest. It leaves no group out for being small."""
    import numpy as np

    words = audit.words(
        f"accuracy equality difference by {audit.trials.column}",
        f"The {audit.about.metric} of the best group minus that of the worst, every group "
        "counted however small, as CARES reports it.",
    )
    if everyone is not None:
        named_so = {"metric": words.metric, "estimand": words.estimand}
        found = msgspec.structs.replace(everyone, **named_so)
    else:
        chosen = side(audit.trials, audit.trials.counted, 1)
        if isinstance(chosen, str):
            return _noted(words, chosen)
        found, _ = _compared(audit, words, chosen, _profile(audit.trials, chosen, audit.trials.y))
    rates = np.array(list(found.extra["groups"].values()))
    apart = np.abs(rates[:, None] - rates[None, :])[np.triu_indices(len(rates), 1)]
    note = "CARES prints no formula; for several groups, largest minus smallest is our reading."
    found = _noted(found, note) if len(rates) > 2 else found
    return _with(found, mean_pairwise=float(apart.mean()))


def _adjusted(audit: _Audit) -> Estimate:
    """Direct standardisation over the true label."""
    import numpy as np

    trials = audit.trials
    words = audit.words(
        f"{audit.about.metric}: largest gap by {trials.column}, adjusted for label mix",
        f"The largest gap in {audit.about.metric} if every group had the label mix of all: rates "
        "within each true label, averaged with the label's overall share.",
    )
    labelled = trials.counted & (trials.truth >= 0)
    words = _noted(words, unlabelled(trials))
    chosen = side(trials, labelled, audit.smallest)
    if isinstance(chosen, str):
        return _noted(words, chosen)
    shared = group_gaps.shared_labels(chosen.group, trials.truth[chosen.rows])
    if not len(shared):
        why = f"Not compared: no true label occurs in every group of '{trials.column}'."
        return _noted(words, why)
    here = np.zeros(len(trials.y), bool)
    here[chosen.rows] = np.isin(trials.truth[chosen.rows], shared)
    left = len(chosen.rows) - int(here.sum())
    if left:
        every = np.unique(trials.truth[chosen.rows])
        lacking = [trials.labels[label] for label in np.setdiff1d(every, shared)]
        words = _noted(
            words,
            f"Left out: {left} of {len(chosen.rows)} trials, of labels that some group lacks "
            f"({listed(lacking)}).",
        )
    within = side(trials, here, audit.smallest)
    if isinstance(within, str):
        return _noted(words, within)
    labels, number = np.unique(trials.truth[within.rows], return_inverse=True)
    profile = _profile(trials, within, trials.y, number)
    found, _ = _compared(audit, words, within, profile)
    share = np.bincount(number) / len(number)
    weights = {trials.labels[label]: float(w) for label, w in zip(labels, share, strict=True)}
    return _with(found, label_weights=weights)


def _excess(audit: _Audit) -> Estimate:
    """Above 0: the groups lie further apart than their label mix alone makes them."""
    import numpy as np

    trials = audit.trials
    words = audit.words(
        f"{audit.about.metric}: largest gap by {trials.column}, beyond a constant answer's",
        f"The largest gap in {audit.about.metric} minus the largest gap that the best constant "
        "answer shows on the same trials.",
    )
    words = _noted(words, unlabelled(trials))
    chosen = side(trials, trials.counted & (trials.truth >= 0), audit.smallest)
    if isinstance(chosen, str):
        return _noted(words, chosen)
    commonest = int(np.bincount(trials.truth[chosen.rows]).argmax())
    constant = (trials.truth == commonest).astype(np.float64)
    ours, theirs = _profile(trials, chosen, trials.y), _profile(trials, chosen, constant)
    span = group_gaps.excess_gap(ours, theirs, level=audit.level)
    found = msgspec.structs.replace(
        _described(audit, words, chosen),
        value=span.value,
        low=span.low,
        high=span.high,
        method=EXCESS_METHOD,
    )
    return _with(
        found,
        constant=trials.labels[commonest],
        constant_gap=float(theirs.value.max() - theirs.value.min()),
        gap=float(ours.value.max() - ours.value.min()),
        groups=_by_name(chosen, ours),
        constant_groups=_by_name(chosen, theirs),
        shown=span.low > 0,
        p_value=span.p_value,
        p_from="the directional cluster bootstrap",
    )


def _odds(audit: _Audit) -> list[Estimate]:
    """The two gaps of equalised odds (Hardt, Price and Srebro 2016)."""
    trials, column = audit.trials, audit.trials.column
    labelled = trials.counted & (trials.truth >= 0)
    found = []
    for name, rows, which in (
        ("true", labelled & trials.truly_positive, "positive"),
        ("false", labelled & ~trials.truly_positive, "not positive"),
    ):
        words = audit.words(
            f"{name}-positive gap by {column}",
            f"Of the trials whose true label is {which}, the largest share answered as positive in "
            "any group minus the smallest.",
        )
        found.append(_chosen_gap(audit, _noted(words, unlabelled(trials)), rows))
    values = [e.value for e in found if e.value is not None]
    if len(values) == len(found):
        return [_with(e, equalised_odds=max(values)) for e in found]
    return found


def _parity(audit: _Audit) -> Estimate:
    """Demographic parity. Where the label is truly commoner in a group, a gap is no fault."""
    words = audit.words(
        f"demographic parity gap by {audit.trials.column}",
        "The largest share answered as positive in any group minus the smallest, whatever is true.",
        direction="neutral",
    )
    return _chosen_gap(audit, words, audit.trials.counted)


def _chosen_gap(audit: _Audit, words: Estimate, rows: Any) -> Estimate:
    import numpy as np

    trials = audit.trials
    if not trials.positive:
        return _noted(words, "Not compared: name the label that counts as positive.")
    chosen = side(trials, rows, audit.smallest)
    if isinstance(chosen, str):
        return _noted(words, chosen)
    profile = _profile(trials, chosen, trials.chosen.astype(np.float64))
    found, _ = _compared(audit, words, chosen, profile)
    return _with(found, positive=trials.positive)


def _profile(trials: GroupTrials, chosen: Side, y: Any, label: Any = None) -> group_gaps.Profile:
    return group_gaps.profile(y[chosen.rows], chosen.group, chosen.cluster, label)


def _compared(
    audit: _Audit, words: Estimate, chosen: Side, profile: group_gaps.Profile
) -> tuple[Estimate, Any]:
    """The estimate of the largest gap, and how far the draws strayed."""
    (strayed,) = group_gaps.deviations(profile)
    gap = group_gaps.largest_gap(profile, strayed, audit.level)
    found = msgspec.structs.replace(
        _described(audit, words, chosen),
        value=gap.value,
        low=gap.low,
        high=gap.high,
        method=METHOD,
    )
    found = _with(
        found,
        groups=_by_name(chosen, profile),
        best=chosen.names[gap.best],
        worst=chosen.names[gap.worst],
        maybe_best=[chosen.names[g] for g in gap.maybe_best],
        maybe_worst=[chosen.names[g] for g in gap.maybe_worst],
        gap_by_chance=gap.by_chance,
        critical=gap.critical,
        shown=gap.low > 0,
        magnitude=True,
        p_value=gap.p_value,
        p_from=MAX_T,
    )
    return found, strayed


def _bounded(audit: _Audit, gap: Estimate, chosen: Side, critical: float) -> Estimate:
    """Failed calls of the groups compared, filled with wrong and with right."""
    import numpy as np

    trials = audit.trials
    group = numbered_anew(trials, chosen)
    rows = np.flatnonzero(group >= 0)
    missing = trials.missing[rows]
    if not missing.any():
        bounds = {"bound_low": gap.value, "bound_high": gap.value}
        return _with(gap, **bounds, bound_interval=[gap.low, gap.high], undecided=False)
    least, most = (
        group_gaps.profile(
            np.where(missing, fill, trials.y[rows]), group[rows], trials.cluster[rows]
        )
        for fill in (0.0, 1.0)
    )
    found = group_gaps.gap_bounds(least, most, critical)
    undecided = bool(gap.extra["shown"]) and found.interval[0] <= 0
    if undecided:
        gap = _noted(gap, "Undecided: the missing replies could close the gap.")
    return _with(
        gap,
        bound_low=found.low,
        bound_high=found.high,
        bound_interval=list(found.interval),
        undecided=undecided,
    )


def _described(audit: _Audit, words: Estimate, chosen: Side) -> Estimate:
    unstated = int((audit.trials.group < 0).sum())
    found = msgspec.structs.replace(words, n=len(chosen.rows), n_clusters=chosen.clusters)
    if chosen.small:
        found = _noted(found, f"Too small to compare: {listed(chosen.small)}.")
    if unstated:
        state = "1 trial states" if unstated == 1 else f"{unstated} trials state"
        found = _noted(found, f"{state} no {audit.trials.column}: compared with no group.")
    return _with(found, too_small=list(chosen.small), not_stated=unstated)


def _by_name(chosen: Side, profile: group_gaps.Profile) -> dict[str, float]:
    return dict(zip(chosen.names, (float(v) for v in profile.value), strict=True))


def _noted(words: Estimate, note: str) -> Estimate:
    return msgspec.structs.replace(words, note=f"{words.note} {note}".strip())


def _with(words: Estimate, **extra: Any) -> Estimate:
    return msgspec.structs.replace(words, extra=words.extra | extra)
