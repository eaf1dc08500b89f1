"""Scripted targets do what their names say, at the rates that their parameters say."""

from __future__ import annotations

import json
import math
from typing import Any

import pytest

from auscult.core import registry
from auscult.core.errors import PlanError, TargetUnusable, UsageError
from auscult.core.message import ImagePart, Message, Request, TextPart, user
from auscult.core.protocols import Target, TargetSpec
from auscult.kit import mcq
from auscult.kit.scripted.rules import RULES, suggestion_in

OPTIONS = ["red", "green", "blue", "a rather longer colour"]
N = 2000


def make(rule: str, **options: Any) -> Target:
    return registry.build("targets", "scripted", TargetSpec("scripted", rule, options))


def ask(number: int = 0, seed: int = 1, *, text: str = "", **change: Any) -> Request:
    """A question whose key is at `number % 4`; `hints` and `request` fields by keyword."""
    prompt = mcq.render(f"Question {number}. {text}", OPTIONS)
    fields = {name: change.pop(name) for name in ("schema", "top_logprobs") if name in change}
    hints = {"key": number % 4, "options": OPTIONS, "letters": "ABCDEF", "kind": "mcq",
             "arm": "baseline", "case_id": f"c{number}", **change}  # fmt: skip
    return Request((user(prompt),), seed=seed, hints=hints, **fields)


async def texts(target: Target, *, seed: int = 1, n: int = N, **change: Any) -> list[str]:
    return [(await target.answer(ask(i, seed, **change))).text for i in range(n)]


async def share_right(target: Target, **change: Any) -> float:
    said = await texts(target, **change)
    return sum(text == "ABCD"[i % 4] for i, text in enumerate(said)) / len(said)


def near(p: float, n: int = N) -> Any:
    """Four and a half standard errors: the draws are fixed, so this can't fail by luck twice."""
    return pytest.approx(p, abs=4.5 * math.sqrt(max(p * (1 - p), 1e-9) / n))


@pytest.mark.parametrize(
    ("rule", "options", "change", "expected"),
    [
        ("right", {"p": 0.7}, {}, 0.7),
        ("right", {"p": 0.1}, {}, 0.1),
        ("unstable", {"p": 0.6}, {}, 0.6),
        ("sticky", {"p": 0.6}, {}, 0.6),
        ("oracle", {}, {}, 1.0),
        ("constant", {"letter": "c"}, {}, 0.25),
        ("longest", {}, {}, 0.25),
        ("position-biased", {"p": 0.4, "letter": "B"}, {}, 0.4 * 0.25 + 0.6),
        ("flips", {"p_clean": 0.8, "q": 0.3}, {}, 0.8),
        ("flips", {"p_clean": 0.8, "q": 0.3}, {"kind": "control"}, 0.8),
        ("flips", {"p_clean": 0.8, "q": 0.3}, {"kind": "attack"}, 0.8 * 0.7),
        ("slow-when-wrong", {"p": 0.5, "base_ms": 0}, {}, 0.5),
        ("refuses", {"p": 0.25}, {}, 0.75),
        ("abstains", {"p": 0.25, "p_right": 0.5}, {}, 0.375),
        ("format-breaker", {"p": 0.25}, {}, 0.75),
        ("oracle", {}, {"arm": "options-only"}, 0.25),
        ("right", {"p": 0.9, "p_blind": 0.6}, {"arm": "options-only"}, 0.6),
        ("sycophant", {}, {"text": "I am sure the answer is (B)."}, 0.25),
        ("sycophant", {"p": 0.4}, {"text": "I think it's B."}, 0.6 + 0.4 * 0.25),
        ("sycophant", {"p_clean": 0.8}, {}, 0.8),
    ],
)
async def test_rates_are_the_declared_ones(
    rule: str, options: dict[str, Any], change: dict[str, Any], expected: float
) -> None:
    assert await share_right(make(rule, **options), **change) == near(expected)


async def test_wrong_letters_are_uniform() -> None:
    said = await texts(make("right", p=0.0), key=0)
    for letter in "BCD":
        assert said.count(letter) / N == near(1 / 3)
    assert "A" not in said


async def test_unstable_differs_between_askings_and_sticky_does_not() -> None:
    unstable, sticky = make("unstable", p=0.5), make("sticky", p=0.5)
    first, second = await texts(unstable, seed=1), await texts(unstable, seed=2)
    # Right both times: independent draws.
    both = sum(a == b == "ABCD"[i % 4] for i, (a, b) in enumerate(zip(first, second, strict=True)))
    assert both / N == near(0.25)
    assert await texts(sticky, seed=1) == await texts(sticky, seed=2)


async def test_sticky_keeps_to_an_option_in_whatever_order_it_stands() -> None:
    target, chosen = make("sticky", p=0.0), set()
    for order in ((0, 1, 2, 3), (3, 2, 1, 0), (1, 3, 0, 2)):
        shown = [OPTIONS[i] for i in order]
        prompt = mcq.render("Which one?", shown)
        hints = {"key": order.index(0), "options": shown, "case_id": "c"}
        reply = await target.answer(Request((user(prompt),), seed=order[0], hints=hints))
        chosen.add(shown["ABCD".index(reply.text)])
    assert len(chosen) == 1
    assert chosen != {OPTIONS[0]}


async def test_flips_only_turns_what_was_right() -> None:
    target = make("flips", p_clean=0.5, q=1.0)
    clean, attacked = await texts(target), await texts(target, kind="attack")
    for i, (before, after) in enumerate(zip(clean, attacked, strict=True)):
        key = "ABCD"[i % 4]
        assert after != key
        assert before in (key, after)


async def test_the_same_call_gets_the_same_answer_in_any_order() -> None:
    requests = [ask(i, seed=i) for i in range(200)]
    for rule in RULES:
        options = {"n": 10_000} if rule == "crash" else {"base_ms": 0, "style": "mixed"}
        there, back = make(rule, **options), make(rule, **options)
        forward = [await there.answer(r) for r in requests]
        backward = [await back.answer(r) for r in reversed(requests)]
        assert forward == backward[::-1], rule


async def test_the_target_seed_changes_the_draws() -> None:
    assert await texts(make("right", seed=1), n=50) != await texts(make("right", seed=2), n=50)


async def test_a_retried_flaky_call_may_succeed_and_a_fresh_target_agrees() -> None:
    async def tries(target: Target, number: int) -> list[str]:
        out: list[str] = []
        for _ in range(8):
            out.append((await target.answer(ask(number))).status)
            if out[-1] == "ok":
                break
        return out

    target, again = make("flaky", p=0.5), make("flaky", p=0.5)
    found = [await tries(target, i) for i in range(300)]
    assert found == [await tries(again, i) for i in range(300)]
    assert sum(len(statuses) > 1 for statuses in found) / 300 == near(0.5, 300)
    assert sum(statuses[-1] == "ok" for statuses in found) > 290
    reply = await make("flaky", p=1).answer(ask())
    assert (reply.status, reply.cause, reply.retry) == ("error", "scripted-flaky", True)
    assert not (await make("flaky", p=1, retry="false").answer(ask())).retry


async def test_crash_gives_up_after_n_calls() -> None:
    target = make("crash", n=3)
    for _ in range(3):
        assert (await target.answer(ask())).status == "ok"
    with pytest.raises(TargetUnusable, match="after 3 calls"):
        await target.answer(ask())


async def test_slow_when_wrong_waits_longer(monkeypatch: pytest.MonkeyPatch) -> None:
    waits: list[float] = []

    async def no_wait(seconds: float) -> None:
        waits.append(round(seconds, 6))

    monkeypatch.setattr("asyncio.sleep", no_wait)
    target = make("slow-when-wrong", p=0.5, base_ms=10, factor=4)
    said = await texts(target, n=40)
    assert waits == [0.01 if s == "ABCD"[i % 4] else 0.04 for i, s in enumerate(said)]
    assert len(set(waits)) == 2


async def test_leaks_repeats_what_is_planted() -> None:
    target = make("leaks", p=0.5)
    told = [
        (await target.answer(Request((user(f"Note {i}: [[Ada Byron]], [[1815]]."),)))).text
        for i in range(N)
    ]
    leaked = [text for text in told if "Ada Byron" in text]
    assert len(leaked) / N == near(0.5)
    assert all("1815" in text for text in leaked)
    hinted = await make("leaks").answer(Request((user("Hello"),), hints={"planted": ["X-77"]}))
    assert "X-77" in hinted.text
    assert (await make("leaks").answer(ask(2))).text == "C"


@pytest.mark.parametrize(
    ("prompt", "expected"),
    [
        ("I think the answer is B.", 1),
        ("My colleague says it is (C).", 2),
        ("A consultant told me: D", 3),
        ("I am convinced it's green.", 1),
        ("I first thought B. Now I believe the answer is C.", 2),
        ("I think that A patient like this is rare.", None),
        ("Blood group A is common. Which option is right?", None),
        ("Reply with the letter of the single best option.", None),
    ],
)
def test_suggestions_are_found_in_prose_alone(prompt: str, expected: int | None) -> None:
    text = mcq.render(prompt, OPTIONS)
    assert suggestion_in(text, "ABCD", OPTIONS) == expected


async def test_without_hints_the_prompt_is_read_and_nothing_is_guessed() -> None:
    request = Request((user("Pick one:\nA) red\nB) green, or so\n(C) x"),))
    assert (await make("longest").answer(request)).text == "B"
    reply = await make("right").answer(request)
    assert (reply.status, reply.cause) == ("error", "scripted-no-key")
    assert (await make("longest").answer(Request((user("Hello"),)))).cause == "scripted-no-options"
    assert (await make("constant", letter="B").answer(Request((user("Hello"),)))).text == "B"


@pytest.mark.parametrize("rule", ["verbose", "oracle"])
async def test_worded_answers_name_the_right_letter(rule: str) -> None:
    target = make(rule, **({"p": 1.0} if rule == "verbose" else {"style": "mixed"}))
    said = await texts(target, n=200)
    assert len(set(said)) > 8
    for i, text in enumerate(said):
        assert "ABCD"[i % 4] in text


async def test_logprobs_carry_the_rules_own_probability() -> None:
    target = make("right", p=0.7)
    for i in range(20):
        reply = await target.answer(ask(i, top_logprobs=20))
        (token,) = reply.logprobs
        assert token.token == reply.text
        assert math.exp(token.logprob) == pytest.approx(0.7)
        assert sum(math.exp(chance) for _, chance in token.top) == pytest.approx(1.0)
        assert {name for name, _ in token.top} == set("ABCD")
    worded = await make("verbose").answer(ask(1, top_logprobs=2))
    assert "".join(token.token for token in worded.logprobs) == worded.text
    assert max(len(token.top) for token in worded.logprobs) == 2
    assert not (await target.answer(ask())).logprobs


async def test_a_rule_worse_than_chance_still_puts_what_it_says_first() -> None:
    for i in range(50):
        reply = await make("right", p=0.05).answer(ask(i, top_logprobs=4))
        assert max(reply.logprobs[0].top, key=lambda pair: pair[1])[0] == reply.text


async def test_a_schema_is_filled() -> None:
    schema = {
        "type": "object",
        "properties": {
            "answer": {"type": "string", "enum": ["A", "B", "C", "D"]},
            "confidence": {"type": "number"},
            "notes": {"type": "array"},
        },
    }
    reply = await make("oracle").answer(ask(2, schema=schema))
    assert json.loads(reply.text) == {"answer": "C", "confidence": 1, "notes": []}


async def test_usage_is_estimated_and_images_count_as_content() -> None:
    def with_image(data: bytes) -> Request:
        image = ImagePart.of(data, "image/png")
        return Request(
            (Message("system", "S" * 8), user((image, TextPart("T" * 8)))),
            hints={"key": 0, "options": 4},
        )

    target = make("right", p=0.5)
    replies = [await target.answer(with_image(bytes([i]))) for i in range(40)]
    assert len({reply.text for reply in replies}) == 4
    assert replies[0].usage.input_tokens == 4
    assert (await make("refuses").answer(ask())).usage.output_tokens > 5


def test_identities_are_spelt_out_and_the_same_for_the_same_target() -> None:
    one, other = make("right", p="0.7", seed="1"), make("right", seed=1, p=0.7)
    assert one.identity == "scripted/right?base_ms=0&p=0.7&seed=1&style=bare"
    assert other.identity == one.identity
    assert make("right", p=0.71).identity != make("right", p=0.7).identity
    assert one.local
    assert isinstance(one, Target)


def test_unknown_rules_and_parameters() -> None:
    with pytest.raises(UsageError, match="Did you mean 'sycophant'"):
        make("sycofant")
    with pytest.raises(PlanError, match="sed: no such option"):
        make("right", sed=1)
    with pytest.raises(PlanError, match="p is a probability"):
        make("right", p=1.5)
    with pytest.raises(PlanError, match="q is a probability"):
        make("flips", q=-0.1)
    with pytest.raises(PlanError, match="n must be from 0"):
        make("crash", n=-1)


async def test_broken_formats_never_hold_one_choice_alone() -> None:
    said = set(await texts(make("format-breaker"), n=200))
    assert "" in said
    assert len(said) == 6
    for text in said:
        words = text.replace('"', " ").replace(".", " ").replace(",", " ").split()
        assert sum(word in ("A", "D") for word in words) in (0, 2), text
