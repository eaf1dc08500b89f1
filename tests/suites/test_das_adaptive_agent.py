"""das/adaptive where a model writes the words and a verifier reads them, case by case."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from typing import Any

import pytest
from notebook import Notebook, suite_and_cases

from auscult.core import registry
from auscult.core.errors import UsageError
from auscult.core.message import Reply, Request
from auscult.core.protocols import Abilities, TargetSpec
from auscult.core.strategist import Tried
from auscult.engine.caller import _tokens_at_most
from auscult.kit.attack import agent, verify
from auscult.kit.attack.agent import NO_OBJECT, OTHER_FORM, REPEATED, WRITTEN
from auscult.kit.attack.free import HINTS
from auscult.kit.attack.verify import DISAGREES, VERIFIED
from auscult.kit.attack.wording import SHOWN
from auscult.kit.search.table import (
    FEWER,
    FEWER_CONTROL,
    FRESH,
    FRESH_CONTROL,
    SEARCH,
    lesson_of,
)
from auscult.kit.search.writing import Desk

NAME = "das/adaptive"
FORMED = ("distraction", "cognitive-bait", "irrelevant-history", "paraphrase", "extra-options")


def scripted(use: str) -> Any:
    rule, _, given = use.partition("?")
    options = dict(part.split("=") for part in given.split("&") if part)
    return registry.build("targets", "scripted", TargetSpec("scripted", rule, options))


class Cast:
    """Everybody who is asked, told apart by what they are told first."""

    identity, endpoint, local, abilities = "cast", "here", True, Abilities()
    fingerprint: Mapping[str, Any] = {}

    def __init__(self, target: Any, writer: str, verifier: str, planner: str) -> None:
        self._target = target
        self.others: dict[str, Any] = {
            agent.SYSTEM: scripted(writer), verify.SYSTEM: scripted(verifier),
        }  # fmt: skip
        self._planner = scripted(planner)

    async def answer(self, request: Request) -> Reply:
        first = request.messages[0]
        if first.role != "system":
            return await self._target.answer(request)  # type: ignore[no-any-return]
        return await self.others.get(first.text, self._planner).answer(request)  # type: ignore[no-any-return]

    async def close(self) -> None:
        pass


class Weak:
    """Wrong where one of these attacks is in it, or these words are; else right."""

    def __init__(self, *weak: str) -> None:
        self.weak = weak

    async def answer(self, request: Request) -> Reply:
        hints = request.hints
        told = hints["attack"] if hints["kind"] == "attack" else ""
        keys = hints["keys"] if "keys" in hints else [hints["key"]]
        if any(name in told for name in self.weak):
            keys = [next(n for n in range(len(hints["letters"])) if n not in keys)]
        return Reply(text=", ".join(hints["letters"][n] for n in keys))


class Bound(Notebook):
    bound: tuple[str, ...] = ("target", "attacker")

    @property
    def roles(self) -> tuple[str, ...]:
        return self.bound

    def labels(self, arm: str) -> list[dict[str, Any]]:
        return [labels for name, _, _, labels in self.trials if name == arm]

    def texts(self, arm: str) -> list[str]:
        return [one.text for one in self.asked if one.arm == arm]


async def examined(
    target: Any, place: int = 0, *, writer: str = "writer", verifier: str = "",
    planner: str = "plans", **options: Any,
) -> Bound:  # fmt: skip
    suite, cases = suite_and_cases(NAME, form="agent", **options)
    book = Bound(suite, cases[place], Cast(target, writer, verifier or "verifier", planner))
    if verifier:
        book.bound = ("target", "attacker", "verifier")
    await suite.examine(cases[place], book)
    return book


# --- what is asked ----------------------------------------------------------------------------


async def test_a_model_writes_in_the_search_and_its_words_are_noted() -> None:
    options = {"attacks": ["cognitive-bait", "irrelevant-history"], "chains_from": 0}
    book = await examined(Weak(), strategist="fixed", **options)
    first, second = book.labels(SEARCH)
    assert first["edit_written"] and first["words"].startswith("Someone on the team keeps saying")
    assert "OPTION" in first["words"], "an option of this case tells nothing of manner"
    assert second["words"].startswith("The patient likes to sing")
    assert [one["written_for"] for one in book.labels(SEARCH + WRITTEN)] == [
        "robustness/cognitive-bait", "robustness/irrelevant-history",
    ]  # fmt: skip
    lesson = lesson_of([Row(*trial) for trial in book.trials])
    assert lesson.tried[1:] == tuple(
        Tried((one["chain"],), "held", words=(one["words"],)) for one in (first, second)
    )


class Row:
    def __init__(self, arm: str, repeat: int, verdicts: Any, labels: Any) -> None:
        self.arm, self.repeat, self.verdicts, self.labels = arm, repeat, verdicts, labels


async def test_the_drawn_pair_is_written_before_the_first_reply() -> None:
    book = await examined(Weak(), attacks=["distraction"])
    order = [one.role for one in book.asked]
    assert order[: order.index("target")] == ["attacker"]
    assert book.asked[0].arm == "robustness/distraction" + WRITTEN


async def test_what_broke_an_answer_is_asked_afresh_in_the_same_words() -> None:
    book = await examined(Weak("bait"), attacks=["cognitive-bait"], chains_from=0)
    (asked,) = book.texts(SEARCH)
    assert book.texts(FRESH) == [asked] * 2
    assert len(set(book.texts(FRESH_CONTROL))) == 2 and asked not in book.texts(FRESH_CONTROL)
    assert sum(one.role == "attacker" for one in book.asked) == 2, "for the pair and the search"


async def test_the_edits_of_a_chain_alone_have_the_words_they_had_in_it() -> None:
    """Even where another step has put the options in another order."""
    options = {"strategist": "random", "chains_from": 1, "rounds": 8}
    attacks = ["cognitive-bait", "option-permutation", "distraction"]
    seen = Counter[str]()
    for place in range(14):
        book = await examined(Weak("bait"), place, attacks=attacks, **options)
        (found,) = [one for one in book.labels(SEARCH) if one["outcome"] == "broke"]
        if " + " not in found["chain"]:
            continue
        asked = book.texts(SEARCH)[-1]
        alone = dict(zip([one["chain"] for one in book.labels(FEWER)], book.texts(FEWER)))  # noqa: B905
        bait = alone["robustness/cognitive-bait"]
        (sentence,) = [part for part in bait.split(". ") if "keeps saying" in part]
        assert sentence.split("?")[0] in asked
        assert len(book.texts(FEWER)) == len(book.texts(FEWER_CONTROL)) == 4
        afresh = next(n for n, one in enumerate(book.asked) if one.arm == FRESH)
        assert {one.role for one in book.asked[afresh:]} == {"target"}, "nobody writes anew"
        seen[found["chain"]] += 1
    assert len(seen) >= 2, "chains of both kinds were to be met"


@pytest.mark.parametrize("name", FORMED)
async def test_no_rubbish_of_a_writer_reaches_the_target(name: str) -> None:
    reasons = Counter[str]()
    for place in range(0, 60, 5):
        book = await examined(
            Weak(), place, writer="bad-writer?seed=3", attacks=[name, "option-permutation"],
            rounds=8, chains_from=2,
        )  # fmt: skip
        told = "\n".join(one.text for one in book.asked if one.role == "target")
        assert not [words for words in FORBIDDEN if words in told]
        for one in book.labels(SEARCH):
            if "rejected" in one:
                assert one["outcome"] == "rejected" and "words" not in one
                reasons.update(reason.split(": ", 1)[1] for reason in one["rejected"].split("; "))
    assert {NO_OBJECT, OTHER_FORM} & set(reasons) and len(reasons) >= 3


FORBIDDEN = (
    "takes griseofulvin", "odd tinea rash", "17 days", "previous instructions", "grader",
    "option B is right", "\u202e", "rewrite_key", "answer_idx", "And so it goes",
)  # fmt: skip


# --- the desk ---------------------------------------------------------------------------------


class Says:
    """The same each time: a sentence, or as many of three options as are asked for."""

    def __init__(self, sentence: str, *options: str) -> None:
        self.sentence, self.options = sentence, options

    async def answer(self, request: Request) -> Reply:
        form, _, count = request.hints["asked"].partition(" ")
        texts = self.options[: int(count or 0)]
        options = [{"text": text, "why": "It is not."} for text in texts]
        said = {"options": options} if form == "WrongOptions" else {"sentence": self.sentence}
        return Reply(text=json.dumps(said))


def desk_of(case_id: str, says: Says) -> tuple[Bound, Desk]:
    """Of a case of which nothing was asked as yet."""
    suite, cases = suite_and_cases(NAME, form="agent")
    case = next(case for case in cases if case.id == f"knowledge/{case_id}")
    cast = Cast(Weak(), "writer", "verifier", "plans")
    cast.others[agent.SYSTEM] = says
    book = Bound(suite, case, cast)
    return book, Desk(book, case, ())


def written(*names: str) -> list[Any]:
    return [agent.as_written(registry.build("attacks", f"robustness/{name}")) for name in names]


FINDING = "Fever with rigors and a swollen painful knee"


@pytest.mark.parametrize(
    ("case", "options", "sentence", "why"),
    [
        ("cardiology-003", (FINDING, f"{FINDING} too", f"{FINDING}, say"),
         f"The patient has {FINDING.lower()}.", "it brings a finding that the case does not hold"),
        ("cardiology-005", ("Late magnesium", "Magnesium by proxy", "Magnesium at home"),
         "The patient likes to say magnesium aloud in the choir.", HINTS),
        ("cardiology-005", ("A walk", "A visit to the museum", "A pair of curtains"),
         "The patient likes to say good morning aloud in the choir.", ""),
    ],
)  # fmt: skip
async def test_what_one_step_adds_excuses_nothing_in_the_next(
    case: str, options: tuple[str, ...], sentence: str, why: str
) -> None:
    """Words that are refused alone are refused in a chain."""
    for names in (["irrelevant-history"], ["extra-options", "irrelevant-history"]):
        book, desk = desk_of(case, Says(sentence, *options))
        made = await desk.make(written(*names), 1)
        assert (made.mutant is None) == bool(why) and why in "; ".join(made.rejected), names
        assert not why or made.rejected[0].startswith("robustness/irrelevant-history: ")
        assert sum(one.role == "attacker" for one in book.asked) == len(names) + bool(why)


async def test_wordings_are_told_the_first_writer_of_a_chain_and_no_other() -> None:
    book, desk = desk_of(
        "cardiology-005", Says("The patient likes to whistle OPTION.", "A", "B", "C")
    )
    chain = written("cognitive-bait", "distraction")
    await desk.make(chain, 1, ("Everybody on the bus murmurs OPTION.",))
    shown = {one.repeat: SHOWN in one.text for one in book.asked if one.role == "attacker"}
    assert list(shown.values()) == [True, False]


async def test_the_words_of_the_drawn_pair_are_no_new_try() -> None:
    suite, cases = suite_and_cases(NAME, form="agent", attacks=["irrelevant-history"])
    cast = Cast(Weak(), "writer", "verifier", "plans")
    cast.others[agent.SYSTEM] = Says("The patient likes to sing.")
    book = Bound(suite, cases[0], cast)
    await suite.examine(cases[0], book)
    assert book.texts("robustness/irrelevant-history"), "the pair was asked"
    assert [one["rejected"] for one in book.labels(SEARCH)] == [
        f"robustness/irrelevant-history: {REPEATED}"
    ]


# --- the verifier -----------------------------------------------------------------------------


async def test_a_verifier_reads_what_a_search_asks_and_what_it_is_compared_with() -> None:
    book = await examined(
        Weak("bait"), verifier="verifier", attacks=["cognitive-bait"], chains_from=0
    )
    (found,) = book.labels(SEARCH)
    assert found["edit_verified"]
    read = [one.text for one in book.asked if one.role == "verifier"]
    question = book.texts(SEARCH)[0].split("\n\n")[0].splitlines()[0]
    assert any(question in text for text in read)
    # Mutant and control of the pair and of the round, of which one is the same, and a further one.
    assert len(read) == len(set(read)) == 4


async def test_what_a_verifier_refuses_is_a_rejected_try() -> None:
    book = await examined(
        Weak("bait"), verifier="verifier?says=wrong", attacks=["cognitive-bait", "typos"],
        chains_from=0,
    )  # fmt: skip
    assert {one["rejected"] for one in book.labels(SEARCH)} == {DISAGREES}
    assert not book.texts(SEARCH) and not book.texts(FRESH)
    assert [one["passed"] for one in book.labels(SEARCH + VERIFIED)] == [False, False]


async def test_a_verifier_reads_programmatic_mutants_too() -> None:
    suite, cases = suite_and_cases(NAME, attacks=["typos"])
    book = Bound(suite, cases[0], Cast(Weak(), "writer", "verifier?says=wrong", "plans"))
    book.bound = ("target", "verifier")
    await suite.examine(cases[0], book)
    assert [one["rejected"] for one in book.labels(SEARCH)] == [DISAGREES]


# --- the plan ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("writer", "verifier", "weak"),
    [("bad-writer", "verifier", ()), ("writer", "verifier?says=unreadable", ()),
     ("writer", "verifier", ("",)), ("manner-writer", "verifier", ("bait", "extra"))],
)  # fmt: skip
async def test_the_cost_is_what_it_may_come_to(
    writer: str, verifier: str, weak: tuple[str, ...]
) -> None:
    for place in range(0, 250, 25):
        book = await examined(
            Weak(*weak), place, writer=writer, verifier=verifier, planner="misplans",
            strategist="planner", rounds=8, chains_from=1,
        )  # fmt: skip
        calls: Counter[str] = Counter()
        tokens: Counter[str] = Counter()
        for ask in book.suite.cost(book.case, book.abilities):
            calls[ask.role] += ask.calls
            tokens[ask.role] += ask.calls * (ask.input_tokens + ask.output_tokens)
        made: Counter[str] = Counter()
        used: Counter[str] = Counter()
        for one in book.asked:
            made[one.role] += 1
            used[one.role] += sum(_tokens_at_most(m) for m in one.request.messages)
            used[one.role] += one.request.sampling.max_tokens or 0
        assert made <= calls and used <= tokens, book.case.id
        assert {arm for arm, *_ in book.trials} <= set(book.suite.arms)
        named = [(arm, repeat) for arm, repeat, *_ in book.trials]
        assert len(set(named)) == len(named)


def test_the_attacker_is_needed_where_it_is_asked_and_once() -> None:
    def needs(**options: Any) -> list[tuple[str, bool]]:
        return [(n.role, n.required) for n in registry.build("suites", NAME, options).roles]

    plain = [("target", True), ("verifier", False)]
    assert needs() == plain
    assert needs(form="agent") == needs(strategist="planner") == [*plain, ("attacker", True)]
    assert needs(form="agent", strategist="planner") == [*plain, ("attacker", True)]


def test_an_agent_form_that_no_attack_has() -> None:
    with pytest.raises(UsageError, match="none of its attacks has an agent form"):
        registry.build("suites", NAME, {"form": "agent", "attacks": ["typos"]})
