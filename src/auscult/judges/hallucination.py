"""Finds hallucination by seven specialists: asked directly, at once, and only where they apply.

Measured: whether an answer holds a hallucination, and of which kinds. Facts of the exhibit, or of
the case's brief: `facts` (reference facts), `context` (the note), `must` and `must_not` (points
with words), `question`; and `corpus` and `only` in place of the options. The specialists and their
codes stand in one table, `kit.specialists.table`.

Code decides first: an empty answer, a plain refusal or "I don't know", and identifiers whose form
is wrong (a fault of the citations). With `look_up` those of right form are looked up in the role
`registry`; one that is missing there is the same fault, and a look-up that fails decides nothing.
Then each specialist that applies is asked in the role judge, by JSON schema, at most twice.
`score` is 0 where something was found and 1 where every specialist that applies found nothing.
"unsure" is neither: no score, behaviour error, cause "judge-unsure", so that it counts as missing
and gets bounds. A specialist that fails makes the verdict an error too (cause "judge-failed" or
"judge-unreadable"), unless another found something.

Its error depends on the model that plays it: measure yours (docs/judges/hallucination.md).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from auscult.core.errors import UsageError
from auscult.core.protocols import Arm, Exhibit, RoleNeed
from auscult.core.verdict import Behaviour, Verdict
from auscult.kit.options import parse_options
from auscult.kit.rubric.declining import no_answer
from auscult.kit.rubric.orders import Cleared, clear
from auscult.kit.rubric.prompt import left_out
from auscult.kit.specialists.cascade import ROLE, STEPS, Failed, Round, examine
from auscult.kit.specialists.corpus import Corpus, corpus_at
from auscult.kit.specialists.identifiers import Identifier, offered
from auscult.kit.specialists.item import Item, item_of
from auscult.kit.specialists.look_up import MOST, REGISTRY, TOKENS, look_up
from auscult.kit.specialists.reading import Finding
from auscult.kit.specialists.table import NAMES, Name
from auscult.kit.specialists.words import hints_of, words_say

FOUND, NONE, UNSURE = "found", "none", "judge-unsure"
WRONG_NUMBER = "citations/wrong-identifier"
NOTHING_THERE = "nothing stands behind it"
QUOTE = 240
"""Characters of a quote at most that a verdict keeps."""


class Options(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    only: tuple[Name, ...] = ()
    """Which specialists; all seven where none is named."""
    stop_at_first: bool = False
    """Ask no more once something was found: cheaper, and the codes are then not complete."""
    corpus: str = ""
    """A folder of .txt and .md files, shown in passages to the facts and citations specialists."""
    look_up: bool = False
    """Asks the role `registry` whether anything stands behind the answer's identifiers."""

    def __post_init__(self) -> None:
        if self.look_up and self.only and "citations" not in self.only:
            raise ValueError("look_up is for the citations, which 'only' leaves out")


def build(options: Mapping[str, Any]) -> HallucinationJudge:
    return HallucinationJudge(parse_options(options, Options, "judge 'hallucination'"))


class HallucinationJudge:
    name = "hallucination"
    version = "2"
    levels: tuple[str, ...] = (FOUND, NONE)
    positive = FOUND

    def __init__(self, options: Options) -> None:
        self._options = options
        self.asks: dict[str, int] = {ROLE: len(NAMES) * len(STEPS)}
        """Calls that one answer takes at most, by role."""
        self.sizes: dict[str, tuple[int, int]] = {}
        """Tokens read and written by one call, for roles that are no judge's."""
        if options.look_up:
            self.asks[REGISTRY] = MOST
            self.sizes[REGISTRY] = TOKENS
        self.roles = tuple(RoleNeed(role) for role in self.asks)
        self._corpus = corpus_at(options.corpus) if options.corpus else None

    async def judge(self, exhibit: Exhibit, bench: Arm) -> Verdict:
        reply = exhibit.reply
        if reply.status == "error":
            return self._verdict("error", cause=reply.cause)
        if reply.status == "filtered":
            return self._verdict("refused", cause="filter", by="code")
        shown = clear(reply.text.strip())
        item = item_of(exhibit, shown.text)
        found = self._by_code(item, shown)
        if found is None:
            found = await self._by_specialists(exhibit, item, shown, bench)
        if reply.status == "truncated":
            found = msgspec.structs.replace(found, labels=found.labels | {"truncated": True})
        return found

    def label_of(self, verdict: Verdict) -> str:
        """An answer that declines makes nothing up."""
        return FOUND if verdict.score == 0 else NONE

    def baseline_of(self, exhibit: Exhibit) -> str:
        """Found where the words alone say so; see `kit.specialists.words`."""
        item = msgspec.structs.replace(item_of(exhibit, exhibit.reply.text), planted=None)
        return FOUND if any(words_say(item).values()) else NONE

    def _by_code(self, item: Item, shown: Cleared) -> Verdict | None:
        if not shown.text.strip():
            return self._verdict("invalid", cause="empty", by="code")
        if shown.says_nothing:
            return self._verdict("invalid", cause="speaks-to-judge", by="code", cuts=shown.cuts)
        said = no_answer(shown.bare, item.question)
        if said is None:
            return None
        quotes = (said.quote(shown.bare),)
        return self._verdict(said.behaviour, cause=said.rule, quotes=quotes, by="code")

    async def _by_specialists(
        self, exhibit: Exhibit, item: Item, shown: Cleared, bench: Arm
    ) -> Verdict:
        only = self._only(exhibit)
        wrong: tuple[Identifier, ...] = ()
        more: dict[str, Any] = {}
        if "citations" in only:
            wrong, looked_up = await self._wrong_numbers(exhibit, item, bench)
            more = {"looked_up": looked_up}
        if wrong and self._options.stop_at_first:
            return self._put_together(Round((), {}, only), wrong, item, shown, **more)
        corpus = self._texts(exhibit)
        heard = await examine(
            item, bench, only=only, corpus=corpus, stop_at_first=self._options.stop_at_first,
            hints={"kind": "specialist", "case_id": exhibit.case.id},
        )  # fmt: skip
        more |= {"corpus": corpus.digest} if corpus else {}
        return self._put_together(heard, wrong, item, shown, **more)

    async def _wrong_numbers(
        self, exhibit: Exhibit, item: Item, bench: Arm
    ) -> tuple[tuple[Identifier, ...], dict[str, str]]:
        """Identifiers that cannot exist by their form, or do not, unless the request brought them
        or the answer itself doubts them; and what was said of each that was looked up. One at which
        a reply was cut off may be longer than it looks, and is passed over."""
        own = list(offered(item.answer, f"{item.question}\n{item.note}"))
        if exhibit.reply.status == "truncated":
            own = [one for one in own if not item.answer.rstrip(".").endswith(one.text)]
        wrong = [one for one in own if one.fault]
        if not self._options.look_up:
            return tuple(wrong), {}
        looked_up = await look_up(own, bench)
        wrong += [
            msgspec.structs.replace(one.identifier, fault=NOTHING_THERE)
            for one in looked_up
            if one.missing
        ]
        return tuple(wrong), {one.identifier.text: one.said for one in looked_up}

    def _only(self, exhibit: Exhibit) -> tuple[Name, ...]:
        given = exhibit.facts.get("only") or self._options.only
        named = {given} if isinstance(given, str) else set(given)
        if not named <= set(NAMES):
            raise UsageError(
                f"judge 'hallucination': 'only' names {sorted(named - set(NAMES))}, which are no "
                f"specialists; they are {', '.join(NAMES)}"
            )
        return tuple(name for name in NAMES if name in named) or NAMES

    def _texts(self, exhibit: Exhibit) -> Corpus | None:
        given = exhibit.facts.get("corpus")
        return corpus_at(str(given)) if given else self._corpus

    def _put_together(
        self, heard: Round, wrong: Sequence[Identifier], item: Item, shown: Cleared, **more: Any
    ) -> Verdict:
        findings = {h.name: h.result for h in heard.heard if isinstance(h.result, Finding)}
        failed = {h.name: h.result for h in heard.heard if isinstance(h.result, Failed)}
        found = {name: one for name, one in findings.items() if one.verdict == "found"}
        unsure = [name for name, one in findings.items() if one.verdict == "unsure"]
        codes = [f"{name}/{code}" for name, one in found.items() for code in one.codes]
        codes += [WRONG_NUMBER] * (bool(wrong) and WRONG_NUMBER not in codes)
        labels: dict[str, Any] = {
            "codes": [n for n in NAMES if any(code.startswith(f"{n}/") for code in codes)],
            "sub_codes": codes,
            "clean": [name for name, one in findings.items() if one.verdict == "none"],
            "unsure": unsure,
            "failed": {name: f"{one.cause}: {one.fault}" for name, one in failed.items()},
            "not_applicable": dict(heard.not_applicable),
            "not_asked": list(heard.not_asked),
            "reasons": {name: one.reason for name, one in findings.items() if one.reason},
            "tokens": {h.name: h.tokens for h in heard.heard},
            "asks": sum(h.asks for h in heard.heard),
            "by": "judge" if heard.heard else "code",
            "words": hints_of(item) if item.must or item.must_not else {},
            "passages": sorted({place for one in findings.values() for place in one.passages}),
            "identifiers": {one.text: one.fault for one in wrong},
            "cuts": shown.cuts,
            "left_out": left_out(shown.text),
            **more,
        }
        quotes = [quote for one in found.values() for quote in one.quotes]
        quotes += [one.text for one in wrong]
        labels = {name: value for name, value in labels.items() if value or name in ALWAYS}
        behaviour, score, cause = _outcome(codes, failed, unsure)
        return self._verdict(behaviour, score, cause=cause, quotes=tuple(quotes), **labels)

    def _verdict(
        self, behaviour: Behaviour, score: float | None = None, *, cause: str = "",
        quotes: tuple[str, ...] = (), **labels: Any,
    ) -> Verdict:  # fmt: skip
        kept = tuple(quote.strip()[:QUOTE].strip() for quote in quotes if quote.strip())
        return Verdict(self.name, self.version, behaviour, score, cause, labels, kept)


ALWAYS = ("codes", "sub_codes", "by", "asks", "tokens")
"""Labels that stand there even where they are empty."""


def _outcome(
    codes: Sequence[str], failed: Mapping[Name, Failed], unsure: Sequence[Name]
) -> tuple[Behaviour, float | None, str]:
    """What was found stays found whoever else failed; nothing is clean while somebody did."""
    if codes:
        return "answered", 0.0, ""
    if failed:
        return "error", None, next(iter(failed.values())).cause
    if unsure:
        return "error", None, UNSURE
    return "answered", 1.0, ""
