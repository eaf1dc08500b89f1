"""The local target, with the real small model behind it where the test says so."""

from __future__ import annotations

import asyncio
import importlib.util
import json
import os
import signal
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from small_model import small_model

from auscult.core.errors import PlanError, UsageError
from auscult.core.message import ImagePart, Message, Reply, Request, Sampling, TextPart, user
from auscult.core.protocols import Target, TargetSpec
from auscult.kit import models
from auscult.targets import local
from auscult.targets.local import LocalTarget

LONG = Sampling(max_tokens=3000, extra={"ignore_eos": True})
SYSTEM = Message("system", "You are a careful assistant who answers in very few words.")


def ask(text: str, **changes: Any) -> Request:
    sampling = changes.pop("sampling", Sampling(max_tokens=6))
    return Request(messages=(SYSTEM, user(text)), sampling=sampling, **changes)


def built(ref: str, tmp_path: Path, **options: Any) -> LocalTarget:
    spec = TargetSpec("local", ref, {"threads": 1, **options}, state_dir=str(tmp_path))
    return local.build(spec)


@pytest.fixture
async def small(tmp_path: Path) -> AsyncIterator[LocalTarget]:
    small_model()
    target = built("smollm2", tmp_path)
    yield target
    await target.close()


@pytest.fixture
def no_models(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("AUSCULT_CACHE", str(tmp_path / "cache"))
    return tmp_path


def test_a_missing_model_names_the_command(no_models: Path) -> None:
    with pytest.raises(UsageError, match="auscult models get qwen"):
        built("qwen", no_models)
    with pytest.raises(UsageError, match="Did you mean 'smollm2'"):
        built("smollm", no_models)


def test_a_forecast_needs_neither_model_nor_runtime(
    no_models: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    target = local.build(TargetSpec("local", "qwen", dry=True))
    card = models.card_of("qwen")
    assert target.identity == f"local/qwen#{card.sha256[:12]}"
    assert target.fingerprint["quantisation"] == "Q4_K_M"
    assert not models.cache_dir().exists()


def test_a_damaged_model_is_not_run(no_models: Path) -> None:
    card = models.card_of("smollm2")
    path = models.cache_dir() / card.file
    path.parent.mkdir()
    with path.open("wb") as file:
        file.truncate(card.bytes)
    with pytest.raises(UsageError, match="is damaged"):
        built("smollm2", no_models)


def test_a_missing_runtime_names_the_extra(
    no_models: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(UsageError, match=r"pip install 'auscult\[local\]'"):
        built("qwen", no_models)


def test_wrong_options_are_listed_together(no_models: Path) -> None:
    with pytest.raises(PlanError) as caught:
        built("qwen", no_models, slot=2, context="many")
    assert len(caught.value.faults) == 2
    with pytest.raises(PlanError, match="slots must be at least 1"):
        built("qwen", no_models, slots=0)


@pytest.mark.model
async def test_it_answers_with_its_declared_identity(small: LocalTarget) -> None:
    assert isinstance(small, Target)
    digest = models.card_of("smollm2").sha256
    assert small.identity == small.endpoint == f"local/smollm2#{digest[:12]}"
    assert small.local
    assert (small.abilities.logprobs, small.abilities.schema) == (True, True)
    assert not small.abilities.images
    printed = small.fingerprint
    assert (printed["sha256"], printed["quantisation"]) == (digest, "Q8_0")
    assert printed["bit_exact"] is True
    reply = await small.answer(ask("What is the capital of France?"))
    assert reply.status in ("ok", "truncated")
    assert reply.text
    assert reply.model == "smollm2"
    assert reply.usage.input_tokens and reply.usage.output_tokens
    assert small.speed.prompt_per_second


@pytest.mark.model
async def test_a_path_is_named_by_its_stem_and_digest(tmp_path: Path) -> None:
    (tmp_path / "my-model.gguf").symlink_to(small_model())
    target = built(str(tmp_path / "my-model.gguf"), tmp_path)
    assert target.identity.startswith("local/my-model#")
    assert target.fingerprint["file"] == "my-model.gguf"


@pytest.mark.model
async def test_logprobs_and_repeated_answers_are_the_same_bits(small: LocalTarget) -> None:
    first_request = ask("Is blood red? Yes or no?", top_logprobs=5)
    first = await small.answer(first_request)
    assert len(first.logprobs) == first.usage.output_tokens
    for token in first.logprobs:
        assert len(token.top) == 5
        assert token.logprob <= 0
        assert token.token == max(token.top, key=lambda pair: pair[1])[0]
    await small.answer(ask("Something else, so that the slot holds other things"))
    again = await small.answer(first_request)
    assert (again.text, again.logprobs) == (first.text, first.logprobs)
    assert again.usage.cached_tokens == 0


@pytest.mark.model
async def test_a_schema_binds_the_answer(small: LocalTarget) -> None:
    schema = {
        "type": "object",
        "properties": {"letter": {"enum": ["A", "B", "C", "D"]}},
        "required": ["letter"],
        "additionalProperties": False,
    }
    reply = await small.answer(
        ask("Which vitamin prevents scurvy?", schema=schema, sampling=Sampling(max_tokens=40))
    )
    assert reply.status == "ok"
    assert json.loads(reply.text)["letter"] in "ABCD"


@pytest.mark.model
async def test_a_prompt_that_does_not_fit_is_an_error_of_that_call(small: LocalTarget) -> None:
    reply = await small.answer(ask("word " * 5000))
    assert (reply.status, reply.cause, reply.retry) == ("error", "http-400", False)
    assert "context size" in reply.text


@pytest.mark.model
async def test_an_image_for_a_text_model_is_an_error_and_not_a_blind_answer(
    small: LocalTarget,
) -> None:
    content = (TextPart("What is this?"), ImagePart.of(b"\x89PNG", "image/png"))
    reply = await small.answer(Request(messages=(user(content),)))
    assert (reply.status, reply.cause) == ("error", "no-images")


async def generating(target: LocalTarget) -> asyncio.Task[Reply]:
    """A generation that is under way and far from its end."""
    await target.answer(ask("Hello."))  # loads the model
    task = asyncio.create_task(target.answer(ask("Count.", sampling=LONG)))
    await asyncio.sleep(0.2)
    assert not task.done()
    return task


@pytest.mark.model
async def test_a_killed_child_is_an_error_and_the_next_call_works(small: LocalTarget) -> None:
    task = await generating(small)
    assert small.pid
    os.kill(small.pid, signal.SIGKILL)
    reply = await task
    assert (reply.status, reply.cause, reply.retry) == ("error", "target-died", True)
    assert (await small.answer(ask("And now?"))).status in ("ok", "truncated")


@pytest.mark.model
async def test_closing_does_not_wait_for_a_generation(small: LocalTarget) -> None:
    task = await generating(small)
    waiting = asyncio.create_task(small.answer(ask("Me too?")))
    pid = small.pid
    assert pid
    await small.close()
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)
    assert (await task).cause == "target-died"
    assert (await waiting).cause == "target-closed"


@pytest.mark.model
async def test_two_slots_answer_at_the_same_time(tmp_path: Path) -> None:
    small_model()
    target = built("smollm2", tmp_path, slots=2)
    assert target.fingerprint["bit_exact"] is False
    long = await generating(target)
    short = await target.answer(ask("Hello?"))
    assert short.status in ("ok", "truncated")
    assert not long.done()
    await target.close()
    await long


@pytest.mark.model
async def test_the_prefix_cache_keeps_what_prompts_share(tmp_path: Path) -> None:
    small_model()
    target = built("smollm2", tmp_path, cache=True)
    first = await target.answer(ask("Is blood red?"))
    second = await target.answer(ask("Is grass green?"))
    await target.close()
    assert first.usage.cached_tokens == 0
    assert second.usage.cached_tokens and second.usage.cached_tokens > 10
