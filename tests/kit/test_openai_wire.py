"""What goes over the OpenAI wire and what is made of every kind of thing that comes back."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from auscult.core.errors import TargetUnusable
from auscult.core.message import (
    ImagePart,
    Message,
    Reply,
    Request,
    Sampling,
    TextPart,
    TokenLogprob,
    Usage,
    user,
)
from auscult.kit.http.wait import retry_after
from auscult.kit.openai_wire import decode_chat, encode_chat

JSON = {"Content-Type": "application/json"}


def body(message: dict[str, Any] | None = None, **other: Any) -> dict[str, Any]:
    message = {"role": "assistant", "content": "B"} if message is None else message
    choice = {"index": 0, "message": message}
    choice |= {"finish_reason": other.pop("finish_reason", "stop")}
    if "logprobs" in other:
        choice["logprobs"] = other.pop("logprobs")
    return {"id": "x", "object": "chat.completion", "choices": [choice], **other}


def decode(content: Any, status: int = 200, headers: dict[str, str] | None = None) -> Reply:
    raw = content if isinstance(content, bytes) else json.dumps(content).encode()
    return decode_chat(status, JSON if headers is None else headers, raw)


def encode(request: Request, **options: Any) -> dict[str, Any]:
    sent: dict[str, Any] = json.loads(encode_chat(request, model="m", **options))
    return sent


def test_a_short_question_sends_model_and_messages_only() -> None:
    request = Request((Message("system", "Be brief."), user("Why?")), hints={"key": "B"}, seed=5)
    assert encode(request) == {
        "model": "m",
        "messages": [
            {"role": "system", "content": "Be brief."},
            {"role": "user", "content": "Why?"},
        ],
    }


def test_sampling_schema_and_logprobs_are_sent_under_the_names_asked_for() -> None:
    sampling = Sampling(0.0, 0.9, 16, ("\n",), send_seed=True, extra={"top_k": 1})
    schema = {"type": "object", "additionalProperties": False}
    request = Request((user("x"),), sampling, seed=7, schema=schema, top_logprobs=5)
    sent = encode(
        request, max_tokens_field="max_completion_tokens", extra={"top_k": 9, "user": "u"}
    )
    del sent["messages"]
    assert sent == {
        "model": "m",
        "temperature": 0.0,
        "top_p": 0.9,
        "max_completion_tokens": 16,
        "stop": ["\n"],
        "seed": 7,
        "top_k": 1,
        "user": "u",
        "logprobs": True,
        "top_logprobs": 5,
        "response_format": {
            "type": "json_schema",
            "json_schema": {"name": "answer", "schema": schema, "strict": True},
        },
    }


def test_an_open_schema_is_not_called_strict() -> None:
    sent = encode(Request((user("x"),), schema={"type": "object"}))
    assert "strict" not in sent["response_format"]["json_schema"]


def test_images_go_as_data_urls_beside_their_text() -> None:
    image = ImagePart.of(b"\x89PNG...", "image/png")
    request = Request((Message("system", "s"), user((TextPart("See:"), image))))
    assert encode(request)["messages"] == [
        {"role": "system", "content": "s"},
        {
            "role": "user",
            "content": [
                {"type": "text", "text": "See:"},
                {
                    "type": "image_url",
                    "image_url": {
                        "url": "data:image/png;base64," + base64.b64encode(b"\x89PNG...").decode()
                    },
                },
            ],
        },
    ]


def test_an_answer_with_all_its_details() -> None:
    logprobs = {
        "content": [
            {
                "token": "B",
                "logprob": -0.1,
                "bytes": [66],
                "top_logprobs": [{"token": "B", "logprob": -0.1}, {"token": "A", "logprob": -2}],
            }
        ]
    }
    usage = {
        "prompt_tokens": 20,
        "completion_tokens": 4.0,
        "prompt_tokens_details": {"cached_tokens": 8},
        "completion_tokens_details": {"reasoning_tokens": 3},
    }
    message = {"content": "B", "reasoning_content": "because", "novel_field": {"x": [1]}}
    reply = decode(
        body(message, logprobs=logprobs, usage=usage, model="m-2", system_fingerprint="fp")
    )
    assert reply == Reply(
        text="B",
        reasoning="because",
        usage=Usage(20, 4, 8, 3),
        model="m-2",
        fingerprint="fp",
        logprobs=(TokenLogprob("B", -0.1, (("B", -0.1), ("A", -2.0))),),
    )


@pytest.mark.parametrize(
    ("message", "text", "reasoning"),
    [
        ({"content": None}, "", ""),
        ({}, "", ""),
        ({"content": [{"type": "text", "text": "A"}, {"type": "text", "text": "B"}]}, "AB", ""),
        (
            {
                "content": [
                    {"type": "thinking", "thinking": [{"type": "text", "text": "hm"}]},
                    {"type": "text", "text": "B"},
                ]
            },
            "B",
            "hm",
        ),
        ({"content": "B", "reasoning": "hm"}, "B", "hm"),
        ({"content": "B", "reasoning": {"effort": "low"}}, "B", ""),
        ({"content": "B", "reasoning_content": None, "reasoning": "hm"}, "B", "hm"),
    ],
)
def test_content_and_reasoning_come_in_several_shapes(
    message: dict[str, Any], text: str, reasoning: str
) -> None:
    reply = decode(body(message))
    assert (reply.status, reply.text, reply.reasoning) == ("ok", text, reasoning)


@pytest.mark.parametrize(
    "odd",
    [
        {"usage": None},
        {"usage": {"prompt_tokens": "many", "prompt_tokens_details": None}},
        {"model": 7, "system_fingerprint": {}},
        {"logprobs": {"tokens": ["B"], "token_logprobs": [-0.1]}},
        {"logprobs": {"content": [{"token": "B", "logprob": None}]}},
        {"logprobs": []},
    ],
)
def test_an_odd_detail_does_not_cost_the_answer(odd: dict[str, Any]) -> None:
    reply = decode(body(**odd))
    assert reply == Reply(text="B")


def test_a_content_type_with_a_charset_in_any_case_is_json() -> None:
    assert decode(body(), headers={"content-type": "Application/JSON; charset=utf-8"}).text == "B"
    assert decode(body(), headers={}).text == "B"


@pytest.mark.parametrize(
    ("content", "status", "cause", "text"),
    [
        (body(finish_reason="length"), "truncated", "truncated", "B"),
        (body({"content": ""}, finish_reason="content_filter"), "filtered", "content_filter", ""),
        (body({"content": None, "refusal": "No."}), "filtered", "refusal_field", "No."),
        (
            body({"content": [{"type": "refusal", "refusal": "No."}]}),
            "filtered",
            "refusal_field",
            "No.",
        ),
        (body({"content": "B", "refusal": ""}), "ok", "", "B"),
    ],
)
def test_filters_and_truncation_are_neither_answers_nor_errors(
    content: dict[str, Any], status: str, cause: str, text: str
) -> None:
    reply = decode(content)
    assert (reply.status, reply.cause, reply.text) == (status, cause, text)


@pytest.mark.parametrize(
    "error",
    [
        {"message": "no", "code": "content_filter"},
        {"message": "no", "type": "content_filter", "code": None},
        {"message": "no", "innererror": {"code": "ResponsibleAIPolicyViolation"}},
        {"message": "no", "code": "content_policy_violation"},
    ],
)
def test_a_400_of_the_providers_filter_is_filtered(error: dict[str, Any]) -> None:
    reply = decode({"error": error}, 400)
    assert (reply.status, reply.cause, reply.text, reply.retry) == (
        "filtered", "content_filter", "no", False,
    )  # fmt: skip


def test_a_moderated_403_is_filtered_and_does_not_end_the_run() -> None:
    error = {"code": 403, "message": "flagged", "metadata": {"flagged_input": "..."}}
    assert decode({"error": error}, 403).status == "filtered"


@pytest.mark.parametrize("status", [408, 409, 425, 500, 502, 504, 520])
def test_passing_failures_may_be_tried_again(status: int) -> None:
    reply = decode({"error": {"message": "oops"}}, status)
    assert reply == Reply.error(f"http-{status}", "oops", retry=True)


@pytest.mark.parametrize("status", [429, 503, 529])
def test_throttling_says_how_long_to_wait(status: int) -> None:
    reply = decode({"error": "busy"}, status, {"Retry-After": "2"})
    assert reply == Reply(
        "error", "busy", cause=f"http-{status}", retry=True, retry_after=2.0, throttled=True
    )


@pytest.mark.parametrize("status", [400, 413, 422])
def test_a_request_that_was_refused_is_not_tried_again(status: int) -> None:
    reply = decode({"error": {"message": "too long " * 100}}, status)
    assert (reply.status, reply.cause, reply.retry) == ("error", f"http-{status}", False)
    assert len(reply.text) == 500


@pytest.mark.parametrize(
    ("status", "error", "words"),
    [
        (401, {"message": "bad key"}, 'answered 401 "bad key"; check the API key'),
        (403, {"message": "no"}, "may use this model"),
        (404, {"message": "no such model"}, "check the model name, and that the base URL ends"),
        (429, {"message": "pay", "code": "insufficient_quota"}, "quota is used up"),
        (429, {"message": "pay", "type": "insufficient_quota"}, "quota is used up"),
    ],
)
def test_hopeless_failures_raise_one_sentence(
    status: int, error: dict[str, str], words: str
) -> None:
    with pytest.raises(TargetUnusable) as caught:
        decode({"error": error}, status)
    assert words in str(caught.value)


def test_a_redirect_is_not_followed_but_named() -> None:
    with pytest.raises(TargetUnusable, match="redirects to 'https://h/v1'"):
        decode(b"", 301, {"location": "https://h/v1?token=x"})


@pytest.mark.parametrize(
    ("content", "cause"),
    [
        (json.dumps(body()).encode()[:-9], "bad-json"),
        (b"", "bad-json"),
        (b"[]", "bad-json"),
        (b'{"choices": ' + b"[" * 100_000, "bad-json"),
        (json.dumps(body({"content": "A@"})).encode().replace(b"@", b"\xff"), "bad-utf8"),
        (body() | {"choices": []}, "empty-choices"),
        (body() | {"choices": None}, "empty-choices"),
        ({}, "empty-choices"),
        ({"choices": [{"message": None}]}, "empty-choices"),
    ],
)
def test_a_body_that_is_no_answer_is_an_error_with_a_cause(content: Any, cause: str) -> None:
    reply = decode(content)
    assert (reply.status, reply.cause, reply.retry) == ("error", cause, True)


@pytest.mark.parametrize("content", [b"<html>A</html>", json.dumps(body()).encode()])
def test_another_content_type_is_an_error_whatever_is_in_it(content: bytes) -> None:
    reply = decode(content, headers={"Content-Type": "text/html"})
    assert (reply.status, reply.cause, reply.retry) == ("error", "wrong-content-type", True)
    assert "text/html" in reply.text


def test_a_failure_wrapped_in_a_200_is_that_failure() -> None:
    assert decode({"error": {"code": 502, "message": "upstream"}}).cause == "http-502"
    assert decode({"error": {"code": "429", "message": "slow"}}).throttled
    assert decode({"error": {"code": "content_filter", "message": "no"}}).status == "filtered"
    assert decode({"error": "odd"}) == Reply.error("empty-choices", "odd", retry=True)
    broken = body(finish_reason="error")
    assert decode(broken).cause == "finish-error"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b'{"object": "error", "message": "vllm"}', "vllm"),
        (b'{"detail": "fastapi"}', "fastapi"),
        (b'{"detail": [{"msg": "field"}]}', '[{"msg":"field"}]'),
        (b'{"error": "plain"}', "plain"),
        (b"nginx\n  says no", "nginx says no"),
    ],
)
def test_the_servers_own_words_are_found(content: bytes, said: str) -> None:
    assert decode(content, 400).text == said


NOW = "Wed, 21 Oct 2026 07:28:00 GMT"


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"Retry-After": "1.5"}, 1.5),
        ({"retry-after": "-3"}, 0.0),
        ({"Retry-After": "Wed, 21 Oct 2026 07:28:30 GMT", "Date": NOW}, 30.0),
        ({"Retry-After": "Wed, 21 Oct 2020 07:28:00 GMT"}, 0.0),
        ({"Retry-After": "soon"}, None),
        ({"Retry-After": "nan"}, None),
        ({"Retry-After": "9", "retry-after-ms": "250"}, 0.25),
        ({"x-ratelimit-reset-requests": "1s", "x-ratelimit-reset-tokens": "6m0s"}, 1.0),
        (
            {
                "x-ratelimit-reset-requests": "120ms",
                "x-ratelimit-reset-tokens": "1m2.5s",
                "x-ratelimit-remaining-tokens": "0",
            },
            62.5,
        ),
        ({"X-RateLimit-Reset": "1792567740000", "Date": NOW}, 60.0),
        ({"X-RateLimit-Reset": "1792567740", "Date": NOW}, 60.0),
    ],
)
def test_how_long_to_wait_is_read_in_every_spelling(
    headers: dict[str, str], seconds: float | None
) -> None:
    assert retry_after(headers) == seconds
