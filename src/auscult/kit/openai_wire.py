"""The OpenAI chat wire: a Request as bytes, and whatever came back as a Reply.

Nothing here is sent or received: a target does that. A body that cannot be read is an error with
a cause, never an answer; a provider's filter is "filtered", never an error.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from auscult.core.message import (
    Content,
    ImagePart,
    Message,
    Reply,
    ReplyStatus,
    Request,
    Sampling,
    TokenLogprob,
    Usage,
)
from auscult.kit.http.failure import (
    FILTER_MARKS,
    failure,
    marks,
    spoken,
    unreadable,
    wrong_kind,
)

CHECKS = {
    401: "check the API key",
    402: "check the account's credit",
    403: "check that the API key may use this model",
    404: "check the model name, and that the base URL ends in /v1",
}

_encode = msgspec.json.Encoder().encode


def encode_chat(
    request: Request,
    *,
    model: str,
    max_tokens_field: str = "max_tokens",
    extra: Mapping[str, Any] | None = None,
) -> bytes:
    """The body of a chat completion. `request.hints` never leave; of two extras the one in the
    request's sampling wins."""
    body: dict[str, Any] = {"model": model, "messages": wire_messages(request.messages)}
    sampling = request.sampling
    _put_sampling(body, sampling, max_tokens_field)
    if sampling.send_seed:
        body["seed"] = request.seed
    if request.schema is not None:
        body["response_format"] = _response_format(request.schema)
    if request.top_logprobs:
        body["logprobs"] = True
        body["top_logprobs"] = request.top_logprobs
    if extra:
        body.update(extra)
    if sampling.extra:
        body.update(sampling.extra)
    return _encode(body)


def _put_sampling(body: dict[str, Any], sampling: Sampling, max_tokens_field: str) -> None:
    if sampling.temperature is not None:
        body["temperature"] = sampling.temperature
    if sampling.top_p is not None:
        body["top_p"] = sampling.top_p
    if sampling.max_tokens is not None:
        body[max_tokens_field] = sampling.max_tokens
    if sampling.stop:
        body["stop"] = sampling.stop


def wire_messages(messages: Sequence[Message]) -> Any:
    """Messages as the wire has them; those of plain text already are."""
    for message in messages:
        if not isinstance(message.content, str):
            return [{"role": m.role, "content": _content(m.content)} for m in messages]
    return messages


def data_url(image: ImagePart) -> str:
    return f"data:{image.media_type};base64,{base64.b64encode(image.data).decode('ascii')}"


def _content(content: Content) -> Any:
    if isinstance(content, str):
        return content
    return [
        {"type": "image_url", "image_url": {"url": data_url(part)}}
        if isinstance(part, ImagePart)
        else {"type": "text", "text": part.text}
        for part in content
    ]


def _response_format(schema: dict[str, Any]) -> dict[str, Any]:
    wrapped: dict[str, Any] = {"name": "answer", "schema": schema}
    if schema.get("additionalProperties") is False:  # strict endpoints refuse open schemas
        wrapped["strict"] = True
    return {"type": "json_schema", "json_schema": wrapped}


# What comes back. Fields whose shape varies between servers are Any and looked at where used, so
# that one odd field does not cost the answer.


_NULL = msgspec.Raw(b"null")


class _Text(msgspec.Struct):
    content: Any = None
    refusal: Any = None
    reasoning_content: Any = None
    reasoning: Any = None


class _Choice(msgspec.Struct):
    message: _Text | None = None
    finish_reason: Any = None
    logprobs: msgspec.Raw = _NULL
    error: Any = None


class _Usage(msgspec.Struct):
    prompt_tokens: Any = None
    completion_tokens: Any = None
    prompt_tokens_details: Any = None
    completion_tokens_details: Any = None


class _Completion(msgspec.Struct):
    choices: list[_Choice] | None = None
    usage: _Usage | None = None
    model: Any = None
    system_fingerprint: Any = None
    error: Any = None


class _Candidate(msgspec.Struct):
    token: str
    logprob: float


class _Token(msgspec.Struct):
    token: str
    logprob: float
    top_logprobs: list[_Candidate] | None = None


class _Logprobs(msgspec.Struct):
    content: list[_Token] | None = None


_read_completion = msgspec.json.Decoder(_Completion).decode
_read_logprobs = msgspec.json.Decoder(_Logprobs | None).decode


def decode_chat(
    status: int, headers: Mapping[str, str], body: bytes, *, where: str = "the endpoint"
) -> Reply:
    """Raises TargetUnusable, naming `where`, when every further call would fail the same way."""
    if not 200 <= status < 300:
        return failure(status, headers, body, where, CHECKS)
    wrong = wrong_kind(status, headers, body)
    if wrong is not None:
        return wrong
    try:
        completion = _read_completion(body)
    except (ValueError, RecursionError) as error:
        return unreadable(error)
    choice = completion.choices[0] if completion.choices else None
    if choice is not None and choice.message is not None:
        if choice.error or choice.finish_reason == "error":
            return _inner_failure(choice.error, headers, where) or Reply.error(
                "finish-error", spoken({"error": choice.error}, b""), retry=True
            )
        return _answer(completion, choice, choice.message)
    if completion.error:  # some gateways wrap a failure in a 200
        failed = _inner_failure(completion.error, headers, where)
        if failed is not None:
            return failed
    said = spoken({"error": completion.error}, b"") if completion.error else ""
    return Reply.error("empty-choices", said, retry=True)


def _answer(completion: _Completion, choice: _Choice, message: _Text) -> Reply:
    text, reasoning, refusal = message.content, message.reasoning_content, message.refusal
    if not isinstance(text, str):
        text, more, part_refusal = _joined(text)
        reasoning, refusal = reasoning or more, refusal or part_refusal
    if not isinstance(reasoning, str) or not reasoning:
        reasoning = message.reasoning if isinstance(message.reasoning, str) else ""
    status: ReplyStatus = "ok"
    cause, finish = "", choice.finish_reason
    if isinstance(refusal, str) and refusal:
        status, cause, text = "filtered", "refusal_field", text or refusal
    elif finish != "stop" and str(finish).lower().startswith(("content_filter", "safety")):
        status, cause = "filtered", "content_filter"
    elif finish == "length":
        status, cause = "truncated", "truncated"
    model, fingerprint = completion.model, completion.system_fingerprint
    return Reply(
        status=status,
        text=text,
        reasoning=reasoning,
        cause=cause,
        usage=_usage(completion.usage),
        model=model if isinstance(model, str) else "",
        fingerprint=fingerprint if isinstance(fingerprint, str) else "",
        logprobs=() if choice.logprobs == _NULL else _logprobs(choice.logprobs),
    )


def _joined(content: Any) -> tuple[str, str, str]:
    """Text, reasoning and refusal of a content given as parts, or as nothing."""
    texts, thoughts, refusals = [], [], []
    for part in content if isinstance(content, list) else ():
        if isinstance(part, str):
            texts.append(part)
        elif isinstance(part, dict):
            if isinstance(part.get("text"), str):
                texts.append(part["text"])
            elif isinstance(part.get("refusal"), str):
                refusals.append(part["refusal"])
            elif "thinking" in part:
                thought = part["thinking"]
                thoughts.append(thought if isinstance(thought, str) else _joined(thought)[0])
    return "".join(texts), "".join(thoughts), "".join(refusals)


def _usage(usage: _Usage | None) -> Usage:
    if usage is None:
        return Usage()
    read, wrote = usage.prompt_tokens_details, usage.completion_tokens_details
    return Usage(
        _count(usage.prompt_tokens),
        _count(usage.completion_tokens),
        _count(read.get("cached_tokens")) if isinstance(read, dict) else None,
        _count(wrote.get("reasoning_tokens")) if isinstance(wrote, dict) else None,
    )


def _count(value: Any) -> int | None:
    """A number of tokens; anything else is not said."""
    if type(value) is int and value >= 0:
        return value
    return int(value) if isinstance(value, float) and value >= 0 else None


def _logprobs(raw: msgspec.Raw) -> tuple[TokenLogprob, ...]:
    try:
        read = _read_logprobs(raw)
    except (ValueError, RecursionError):  # another shape than ours: the answer stands without
        return ()
    if read is None or read.content is None:
        return ()
    return tuple(
        TokenLogprob(t.token, t.logprob, tuple((c.token, c.logprob) for c in t.top_logprobs or ()))
        for t in read.content
    )


def _inner_failure(error: Any, headers: Mapping[str, str], where: str) -> Reply | None:
    """A failure inside a 200: its code stands for the status, where it has one."""
    code = error.get("code") if isinstance(error, dict) else None
    if isinstance(code, str) and code.isdecimal():
        code = int(code)
    if not isinstance(code, int) or not 400 <= code < 600:
        code = 400 if not marks({"error": error}).isdisjoint(FILTER_MARKS) else None
    return failure(code, headers, _encode({"error": error}), where, CHECKS) if code else None
