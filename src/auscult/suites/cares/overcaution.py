"""Plainly safe requests to describe, report or advise, and harmful ones beside them.

What is measured: how often a safe request is refused or answered with not knowing, over all replies
to safe requests. Failed calls are missing and bounded. Harmful requests are asked in the same run,
and the difference is reported: neither refusing everything nor meeting everything gets above 0.
Where the data have pictures, each distinct picture is asked about once in each style; the questions
that came with it are not used.

After the over-cautiousness of CARES (Xia and others 2024), in our own words and on our own
requests. Its matcher of ten substrings is applied to the same replies for comparison; every
estimator is ours.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from typing import TYPE_CHECKING, Any

import msgspec

from auscult.core.case import Case
from auscult.core.message import user
from auscult.core.protocols import (
    Abilities,
    Ask,
    Bench,
    DataSet,
    Exhibit,
    Loader,
    RoleNeed,
    Rule,
    Trials,
    Watched,
)
from auscult.kit.disk_index import DiskIndex, digest64
from auscult.kit.options import parse_options
from auscult.kit.pictures import NONE, Pictures, why_not
from auscult.kit.questions import with_pictures
from auscult.kit.request.caution import (
    MET_SAFE,
    OVERCAUTION,
    REFUSED_SAFE,
    REFUSED_UNSAFE,
    SAFE,
    UNSAFE,
)
from auscult.kit.request.relevance import read_with
from auscult.kit.requests import (
    HARMFUL,
    OF_PICTURE,
    PLAIN,
    REPLY_TOKENS,
    SAMPLING,
    admitted,
    kind_of,
    published_labels,
    request_labels,
    tokens_of,
)
from auscult.kit.suite_cases import named_cases

if TYPE_CHECKING:
    from auscult.core.estimate import Estimate, Finding

NAME, JUDGE = "cares/overcaution", "refusal"
GUARDED = "abstention and refusal on unsafe requests"
IMAGE_TOKENS = 1500


class Options(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    repeats: int = 2
    """How often a safe request in words is asked; a finding needs two."""

    def __post_init__(self) -> None:
        if self.repeats < 1:
            raise ValueError(f"repeats is {self.repeats}; give 1 or more")


def build(options: Mapping[str, Any]) -> OvercautionSuite:
    return OvercautionSuite(parse_options(options, Options, f"suite '{NAME}'"))


class Put(msgspec.Struct, frozen=True):
    """One asking."""

    arm: str
    repeat: int
    text: str
    style: str = ""


class OvercautionSuite:
    name = NAME
    version = "1"
    measures = (
        "The share of plainly safe requests that are refused or answered with not knowing, over "
        "all replies to safe requests."
    )
    rule = Rule(
        numerator="replies to safe requests that refuse or say they do not know",
        denominator=(
            "all replies to safe requests, unreadable ones included as no over-caution; failed "
            "calls are missing and get bounds"
        ),
    )
    judges: tuple[str, ...] = (JUDGE,)
    roles: tuple[RoleNeed, ...] = (RoleNeed("target"),)
    presupposes = ""
    redacts = True
    """Its arm `unsafe` asks for harm: replies are withheld wherever a run is shown."""
    default_data: tuple[DataSet, ...] = (DataSet("prompts", "safety", {"kinds": [PLAIN, HARMFUL]}),)
    attacks: tuple[str, ...] = ()
    arms: tuple[str, ...] = (SAFE, UNSAFE)
    watched: tuple[Watched, ...] = (
        # A picture is asked about in every style, so no safe case is surely one reply.
        Watched(OVERCAUTION, SAFE, JUDGE, "refused", better="lower", also=("abstained",)),
        Watched(GUARDED, UNSAFE, JUDGE, "refused", yes_no=True, also=("abstained",)),
        Watched(REFUSED_SAFE, SAFE, JUDGE, "refused", better="lower"),
        Watched(MET_SAFE, SAFE, JUDGE),
        Watched(REFUSED_UNSAFE, UNSAFE, JUDGE, "refused", yes_no=True),
    )
    unwatched: Mapping[str, str] = {
        "unsafe minus safe requests kept off": "safe and unsafe requests are different cases, so "
        "no case gives a difference; read the rate of each"
    }

    def __init__(self, options: Options) -> None:
        self.options = options
        self._pictures = Pictures()

    def cases(self, datasets: Sequence[DataSet], loaders: Mapping[str, Loader]) -> Iterable[Case]:
        """Plain and harmful requests, and each distinct picture once. Benign twins and crises are
        left to jailbreak."""
        with closing(DiskIndex()) as seen:
            yield from self._chosen(datasets, loaders, seen)

    def _chosen(
        self, datasets: Sequence[DataSet], loaders: Mapping[str, Loader], seen: DiskIndex
    ) -> Iterator[Case]:
        for _, case in named_cases(datasets or self.default_data, loaders):
            if kind_of(case) in (PLAIN, HARMFUL):
                yield admitted(case, NAME)
            elif not kind_of(case) and (picture := _picture_of(case)):
                if seen.add(digest64(picture.encode("utf-8", "surrogatepass")), 0, 0) is None:
                    yield case
            elif not kind_of(case):
                admitted(case, NAME)

    def stratum(self, case: Case) -> str:
        return f"{kind_of(case)}/{case.brief.extra.get('principle', '')}"

    def cost(self, case: Case, abilities: Abilities) -> Sequence[Ask]:
        if why_not(case, abilities):
            return ()
        pictures = IMAGE_TOKENS * len(case.images)
        return [
            Ask("target", 1, tokens_of(put.text, {}) + pictures, REPLY_TOKENS)
            for put in self._puts(case)
        ]

    def _puts(self, case: Case) -> list[Put]:
        kind = kind_of(case)
        if kind == HARMFUL:
            return [Put(UNSAFE, 0, case.text)]
        if kind == PLAIN:
            style = str(case.brief.extra.get("principle", ""))
            return [Put(SAFE, n, case.text, style) for n in range(self.options.repeats)]
        return [Put(SAFE, n, *pair) for n, pair in enumerate(_of_picture())]

    async def examine(self, case: Case, bench: Bench) -> None:
        labels = request_labels(case)
        reason = why_not(case, bench.abilities)
        shown = NONE
        if case.images and not reason:
            shown = await self._pictures.clean(case)
            reason = shown.reason
        # One after the other: the second asking finds the request in the endpoint's prefix cache.
        for put in self._puts(case):
            told = labels | ({"style": put.style} if put.style else {})
            arm = bench.arm(put.arm, put.repeat)
            if reason:
                arm.record(not_applicable=reason, **told)
                continue
            messages = (user(with_pictures(put.text, shown.parts)),)
            hints = {
                "kind": "request", "arm": put.arm, "case_id": case.id, "repeat": put.repeat,
                "harmful": put.arm == UNSAFE, "style": put.style, "cluster": case.cluster,
                "image": "clean" if shown.parts else "none",
            }  # fmt: skip
            reply = await arm.ask(messages, sampling=SAMPLING, hints=hints)
            verdict = await arm.judge(JUDGE, Exhibit(case, messages, reply))
            if not case.images:
                # A request to describe a picture has no words that a description would share.
                verdict = read_with(verdict, reply, put.text, harmful=put.arm == UNSAFE)
            arm.record(verdict, **told, **published_labels(reply))

    def estimates(self, trials: Trials) -> list[Estimate]:
        from auscult.kit.request.caution import overcaution_estimates
        from auscult.kit.request.table import table_of

        rows, level = table_of(trials, self.name)
        return [
            msgspec.structs.replace(one, evidence_level=level)
            for one in overcaution_estimates(rows, self.name)
        ]

    def findings(self, trials: Trials) -> list[Finding]:
        from auscult.kit.request.findings import overcaution_findings

        return overcaution_findings(trials, self.name, SAFE)


def _picture_of(case: Case) -> str:
    """What tells one picture from another, a missing one too; empty where there is none."""
    if case.images:
        return "\n".join(ref.path for ref in case.images)
    missing = case.brief.extra.get("image_missing")
    return f"{missing} {case.cluster}" if missing else ""


def _of_picture() -> Iterator[tuple[str, str]]:
    for style, text in OF_PICTURE.items():
        yield text, style
