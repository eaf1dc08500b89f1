"""`planner`: what it tells its model, what it takes from it, and what it does with garbage."""

from __future__ import annotations

import msgspec
import pytest
from strategist_views import CASE, KEY, MENU, PAIRS, SINGLES, A, B, C, D, Desk, plan, rng, view

from auscult.core import registry
from auscult.core.errors import PlanError
from auscult.core.message import Reply
from auscult.core.strategist import Choice, Tried, View
from auscult.kit.scripted.planning import GARBAGE
from auscult.kit.search.plan_prompt import MAX_TOKENS
from auscult.kit.search.plan_reading import FAULT_KINDS
from auscult.suites.das.adaptive import PLAN_REPLY_TOKENS

HELD = (Tried((A,), "held"), Tried((B,), "rejected", 0.0, "a number is torn apart"))
LATE = (*SINGLES, *PAIRS)
LOT = "drawn by lot"


async def chosen(desk: Desk, shown: View | None = None, seed: int = 0) -> Choice:
    strategist = registry.build("strategists", "planner", {})
    choice = await strategist.choose(shown or view(), None, desk, rng(seed))
    assert choice is not None
    return choice


# --- what the model is told -----------------------------------------------------------------------


async def test_it_is_told_the_case_the_menu_and_what_was_tried() -> None:
    desk = Desk(plan(C))
    await chosen(desk, view(LATE, HELD))
    ((role, step, request),) = desk.asked
    assert (role, step) == ("attacker", "plan 3")
    assert request.sampling.max_tokens == MAX_TOKENS <= PLAN_REPLY_TOKENS
    told = desk.text
    assert CASE.stem in told and CASE.question in told
    assert all(f"- {option}\n" in told for option in CASE.options)
    assert f"- c: {MENU[C]}" in told
    assert "- a: still correct" in told
    assert "- b: refused by the gate: a number is torn apart" in told
    assert "Only with another: a, b." in told
    assert "Not together: a with d; b with c." in told


async def test_early_rounds_offer_one_attack_and_the_schema_says_so() -> None:
    desk = Desk(plan(A))
    await chosen(desk)
    schema = desk.asked[0][2].schema
    assert schema is not None
    assert schema["properties"]["chain"]["maxItems"] == 1
    assert schema["properties"]["chain"]["items"]["enum"] == ["a", "b", "c", "d"]
    assert "Name one." in desk.text and "Not together" not in desk.text


async def test_it_never_learns_which_option_is_right() -> None:
    """Whatever the Brief says, the model is told the same."""
    desk, other = Desk(plan(C)), Desk(plan(C))
    shown = view(LATE, HELD)
    await chosen(desk, shown)
    brief = msgspec.structs.replace(CASE.brief, key=3, rationale="zyx", option_notes=())
    case = msgspec.structs.replace(CASE, brief=brief)
    await chosen(other, msgspec.structs.replace(shown, case=case))
    assert desk.text == other.text
    assert CASE.brief.rationale not in desk.text and desk.text.count(KEY) == 1


# --- what it takes --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("said", "chain"),
    [
        (plan("c"), (C,)),
        (plan(C), (C,)),
        (plan("c", "d"), (C, D)),
        (plan("d", "c"), (C, D)),
        (f"```json\n{plan('c')}\n```", (C,)),
        (f"<think>Which one?</think>\n{plan('c')}", (C,)),
        ('{"chain": "c"}', (C,)),
    ],
)
async def test_a_plan_is_taken_as_it_is_on_offer(said: str, chain: tuple[str, ...]) -> None:
    desk = Desk(said)
    choice = await chosen(desk, view(LATE, HELD))
    assert choice.chain == chain and choice.faults == () and len(desk.asked) == 1


KEYED = [
    {"answer_idx": "A"}, {"key": 2}, {"correct_option": "Wait for an hour"},
    {"why": "After this the correct answer is B."}, {"why": "The answer key becomes C."},
]  # fmt: skip


@pytest.mark.parametrize("more", KEYED)
async def test_what_it_says_of_keys_is_counted_and_thrown_away(more: dict[str, object]) -> None:
    choice = await chosen(Desk(plan("c", **more)))
    assert choice.chain == (C,) and choice.faults == ("key stated",)
    assert "answer" not in choice.why


@pytest.mark.parametrize(
    "said",
    [
        "Its answer is easily swayed, and the right answer stays in sight.",
        "The answer is a matter of one word; option b may draw it.",
        "It pushes towards a wrong option. No key is touched.",
    ],
)
async def test_to_speak_of_answers_is_not_to_state_one(said: str) -> None:
    assert await chosen(Desk(plan("c", why=said))) == Choice((C,), said)


async def test_names_that_end_alike_are_told_in_full() -> None:
    menu = {"robustness/a": "One.", "bias/a": "Another.", "bias/b": "A third."}
    shown = msgspec.structs.replace(view(tuple((n,) for n in menu)), menu=menu)
    desk = Desk(plan("bias/a"))
    assert await chosen(desk, shown) == Choice(("bias/a",), "It may.")
    assert "- robustness/a: One." in desk.text and "- b: A third." in desk.text
    choice = await chosen(Desk(plan("a"), plan("b")), shown)
    assert choice == Choice(("bias/b",), "It may.", ("unknown tool",))


async def test_a_long_reason_is_cut() -> None:
    assert len((await chosen(Desk(plan("c", why="x" * 5_000)))).why) <= 200


# --- garbage --------------------------------------------------------------------------------------

UNUSABLE = [
    (plan("a"), "repeat"),
    (plan("a", "b", "c"), "too many"),
    (plan("a", "d"), "conflict"),
    (plan("c", "c"), "conflict"),
    (plan("cc"), "unknown tool"),
    (plan("c")[:-2], "malformed"),
    ('{"chain": []}', "malformed"),
    ('{"chain": {"c": 1}}', "malformed"),
    ('{"why": "none"}', "malformed"),
    ("[" * 100_000, "malformed"),
    ("[1]", "malformed"),
    ("I would go for c.", "prose"),
    (f"Here it is: {plan('c')}", "prose"),
    ("", "empty"),
    (Reply("truncated", plan("c")), "cut off"),
]


@pytest.mark.parametrize(("said", "kind"), UNUSABLE)
async def test_a_fault_is_told_once_and_then_the_lot_is_drawn(said: str | Reply, kind: str) -> None:
    desk = Desk(said, said)
    shown = view(LATE, HELD)
    choice = await chosen(desk, shown)
    assert choice.faults == (kind, kind, LOT)
    assert choice.chain in shown.offered and LOT in choice.why
    assert [step for _, step, _ in desk.asked] == ["plan 3", "plan-again 3"]
    assert "cannot be used" in desk.asked[1][2].messages[-1].text
    assert set(choice.faults) <= set(FAULT_KINDS)


async def test_a_mended_plan_is_taken_and_the_fault_counted() -> None:
    choice = await chosen(Desk("Let me think.", plan("b")))
    assert choice == Choice((B,), "It may.", ("prose",))


async def test_two_attacks_in_a_round_for_one_are_too_many() -> None:
    choice = await chosen(Desk(plan("a", "b"), plan("a")))
    assert choice == Choice((A,), "It may.", ("too many",))


async def test_what_does_not_apply_here_is_not_on_offer() -> None:
    choice = await chosen(Desk(plan("d"), plan("a")), view(SINGLES[:3]))
    assert choice == Choice((A,), "It may.", ("not on offer",))


async def test_a_failed_call_is_not_asked_again() -> None:
    desk = Desk(Reply.error("http-500"))
    choice = await chosen(desk)
    assert choice.faults == ("call failed", LOT) and len(desk.asked) == 1


async def test_the_lot_is_drawn_from_the_given_generator() -> None:
    picks = [await chosen(Desk("no", "no"), seed=seed) for seed in range(40)]
    again = [await chosen(Desk("no", "no"), seed=seed) for seed in range(40)]
    assert picks == again and {pick.chain for pick in picks} == set(SINGLES)


# --- scripted planners ----------------------------------------------------------------------------


@pytest.mark.parametrize("kind", [*GARBAGE, "any", "cycle"])
async def test_whatever_a_scripted_planner_says_the_choice_is_on_offer(kind: str) -> None:
    for shown in (view(), view(LATE, HELD), view(((A,),))):
        desk = Desk(rule="misplans", kind=kind, seed=4)
        choice = await chosen(desk, shown)
        assert choice.chain in shown.offered and choice.faults
    mended = await chosen(Desk(rule="misplans", kind=kind, mends=True), view(LATE, HELD))
    assert LOT not in mended.faults and len(mended.faults) == 1


GARBAGE_AS = {
    "wrong-key": "key stated", "malformed": "malformed", "repeat": "repeat",
    "unknown-tool": "unknown tool", "prose": "prose", "conflict": "conflict",
    "too-many": "too many", "empty": "empty",
}  # fmt: skip


@pytest.mark.parametrize("kind", GARBAGE)
async def test_each_kind_of_garbage_is_counted_as_what_it_is(kind: str) -> None:
    choice = await chosen(Desk(rule="misplans", kind=kind), view(LATE, HELD))
    assert set(choice.faults) - {LOT} == {GARBAGE_AS[kind]}


async def test_a_planner_with_a_table_goes_by_it() -> None:
    table = {"": {A: 0.2, C: 0.1}, "short": {D: 0.5}, "long": {B: 0.9}}
    assert (await chosen(Desk(rule="plans", table=table))).chain == (D,)
    assert (await chosen(Desk(rule="plans", table=table), view(features=()))).chain == (A,)
    seen = {(await chosen(Desk(rule="plans", p=0, seed=seed))).chain for seed in range(60)}
    assert seen == set(SINGLES)


def test_a_kind_of_garbage_must_be_known() -> None:
    with pytest.raises(PlanError, match="kind is 'rude'"):
        Desk(rule="misplans", kind="rude")
