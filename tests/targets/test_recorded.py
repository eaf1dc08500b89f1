from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from auscult.core import registry
from auscult.core.errors import DataError, PlanError
from auscult.core.message import ImagePart, Message, Reply, Request, TextPart, assistant, user
from auscult.core.protocols import Target, TargetSpec


def make(folder: Path, *records: Any, **options: Any) -> Target:
    path = folder / "answers.jsonl"
    lines = (r if isinstance(r, str) else json.dumps(r, ensure_ascii=False) for r in records)
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    return registry.build("targets", "recorded", TargetSpec("recorded", str(path), options))


async def ask(target: Target, *messages: Message | str, **hints: Any) -> Reply:
    turns = tuple(user(m) if isinstance(m, str) else m for m in messages)
    return await target.answer(Request(turns, hints=hints))


async def one(folder: Path, record: Any, *messages: Message | str, **hints: Any) -> Reply:
    target = make(folder, record)
    reply = await ask(target, *messages, **hints)
    await target.close()
    return reply


def unanswered(reply: Reply) -> bool:
    return (reply.status, reply.cause, reply.retry) == ("error", "no-recorded-answer", False)


async def test_a_prompt_is_matched_whatever_its_spacing(tmp_path: Path) -> None:
    target = make(
        tmp_path,
        {"prompt": "First  question?\n", "answer": "one"},
        "",
        {"prompt": "Zweite Fräge?", "answer": "zwei ß", "model": "m", "reasoning": "weil",
         "usage": {"input_tokens": 5, "output_tokens": 2}},
    )  # fmt: skip
    assert (await ask(target, "First question?")).text == "one"
    reply = await ask(target, Message("system", "Be brief."), " Zweite\nFräge? ")
    assert (reply.text, reply.model, reply.reasoning) == ("zwei ß", "m", "weil")
    assert reply.usage.input_tokens == 5
    assert unanswered(await ask(target, "Third question?"))
    await target.close()


async def test_the_last_of_several_messages_answers_nothing_by_itself(tmp_path: Path) -> None:
    record = {"prompt": "Are you sure?", "answer": "Yes."}
    turns = ("Is it A?", assistant("A"), "Are you sure?")
    assert unanswered(await one(tmp_path, record, *turns))
    talk = [
        {"role": "user", "content": "Is it A?"},
        {"role": "assistant", "content": "A"},
        {"role": "user", "content": [{"type": "text", "text": "Are you sure?"}]},
    ]
    record = {"messages": talk, "answer": "No."}
    assert (await one(tmp_path, record, *turns)).text == "No."
    system = Message("system", "Be brief.")
    assert (await one(tmp_path, record, system, *turns)).text == "No."
    with_system = {"messages": [{"role": "system", "content": "Be brief."}, *talk], "answer": "B"}
    assert (await one(tmp_path, with_system, system, *turns)).text == "B"
    assert unanswered(await one(tmp_path, with_system, *turns))


async def test_a_picture_is_part_of_the_question(tmp_path: Path) -> None:
    image = ImagePart.of(b"png", "image/png")
    shown = user((image, TextPart("What is it?")))
    assert unanswered(await one(tmp_path, {"prompt": "What is it?", "answer": "x"}, shown))
    record = {"prompt": "What is it?", "images": [image.digest], "answer": "a bone"}
    assert (await one(tmp_path, record, shown)).text == "a bone"
    assert unanswered(await one(tmp_path, record, "What is it?"))


async def test_arm_and_repeat_narrow_a_record(tmp_path: Path) -> None:
    target = make(
        tmp_path,
        {"id": 7, "answer": "plain"},
        {"id": "7", "arm": "attack", "answer": "attacked"},
        {"id": "7", "arm": "attack", "repeat": 1, "answer": "attacked again"},
        {"prompt": "q", "repeat": 1, "answer": "second"},
        {"prompt": "q", "answer": "any"},
    )
    assert (await ask(target, "x", case_id="7")).text == "plain"
    assert (await ask(target, "x", case_id="7", arm="baseline", repeat=0)).text == "plain"
    assert (await ask(target, "x", case_id="7", arm="attack")).text == "attacked"
    assert (await ask(target, "x", case_id="7", arm="attack", repeat=1)).text == "attacked again"
    assert (await ask(target, "q", arm="attack", repeat=1)).text == "second"
    assert (await ask(target, "q", arm="attack", repeat=2)).text == "any"
    # One recorded answer is no second answer, and none to another arm.
    assert unanswered(await ask(target, "x", case_id="7", arm="baseline", repeat=1))
    assert unanswered(await ask(target, "x", case_id="7", arm="options-only"))
    await target.close()


async def test_an_id_without_the_order_of_the_options_is_no_answer(tmp_path: Path) -> None:
    hints = {"case_id": "c", "arm": "baseline", "options": ["red", "green"]}
    reply = await one(tmp_path, {"id": "c", "answer": "B"}, "q", **hints)
    assert unanswered(reply)
    assert "order" in reply.text
    for record in (
        {"id": "c", "answer": "B", "options": ["red", "green"]},
        {"id": "c", "answer": " green "},
    ):
        assert (await one(tmp_path, record, "q", **hints)).status == "ok"
    other = {"id": "c", "answer": "B", "options": ["green", "red"]}
    assert unanswered(await one(tmp_path, other, "q", **hints))
    exact = {"id": "c", "arm": "baseline", "repeat": 2, "answer": "B"}
    assert (await one(tmp_path, exact, "q", **hints, repeat=2)).text == "B"


async def test_a_failed_call_can_be_recorded(tmp_path: Path) -> None:
    record = {"prompt": "q", "status": "filtered", "cause": "content_filter"}
    reply = await one(tmp_path, record, "q")
    assert (reply.status, reply.cause, reply.text) == ("filtered", "content_filter", "")


async def test_the_same_answer_twice_is_one_and_a_bom_no_matter(tmp_path: Path) -> None:
    path = tmp_path / "answers.jsonl"
    line = '{"prompt":"q","answer":"a","score":NaN}'
    path.write_bytes(b"\xef\xbb\xbf" + f"{line}\r\n\r\n{line}\r\n".encode())
    spec = TargetSpec("recorded", str(path), {})
    target = registry.build("targets", "recorded", spec)
    assert (await ask(target, "q")).text == "a"
    await target.close()


@pytest.mark.parametrize(
    ("records", "says"),
    [
        (
            [{"id": "x", "answer": "n"}, {"prompt": "q", "answer": "a"}, "",
             {"prompt": " q", "answer": "b"}],
            r"\(line 4\): answers what line 2 answers",
        ),
        ([{"prompt": "q"}], "missing field 'answer'"),
        ([{"answer": "a"}], "neither messages, prompt nor id"),
        ([{"prompt": "q", "answer": 3}], "Expected `str | null`"),
        (["nonsense"], r"\(line 1\): not JSON"),
        ([], "is empty"),
    ],
)  # fmt: skip
def test_bad_files_are_refused_when_the_target_is_made(
    tmp_path: Path, records: list[Any], says: str
) -> None:
    with pytest.raises(DataError, match=says):
        make(tmp_path, *records)


async def test_one_model_of_several(tmp_path: Path) -> None:
    records = [{"prompt": "q", "answer": name, "model": name} for name in ("m1", "m2")]
    with pytest.raises(DataError, match="model=NAME"):
        make(tmp_path, *records)
    target = make(tmp_path, *records, model="m2")
    assert (await ask(target, "q")).text == "m2"
    assert target.identity.endswith("?model=m2")
    await target.close()
    with pytest.raises(DataError, match="no answers of the model 'm3'"):
        make(tmp_path, *records, model="m3")
    with pytest.raises(PlanError, match="Did you mean 'model'"):
        make(tmp_path, *records, modl="m1")


async def test_another_content_is_another_identity(tmp_path: Path) -> None:
    one = make(tmp_path, {"prompt": "q", "answer": "a"})
    other = make(tmp_path, {"prompt": "q", "answer": "b"})
    assert one.identity != other.identity
    assert one.fingerprint["answers"] == 1
    assert str(tmp_path) not in json.dumps([one.identity, dict(one.fingerprint)])
    assert one.local
    assert isinstance(one, Target)
    await one.close()
    await other.close()
