"""Messages, replies and errors as everything else relies on them."""

from __future__ import annotations

import hashlib

import msgspec
import pytest

from auscult.core import errors
from auscult.core.case import Brief, Case
from auscult.core.errors import Fault, PlanError
from auscult.core.message import (
    ImagePart,
    Message,
    Reply,
    Request,
    Sampling,
    TextPart,
    assistant,
    user,
)

IMAGE = ImagePart.of(b"\x89PNG", "image/png")


def test_text_and_images_of_a_message() -> None:
    assert user("plain").text == "plain" and user("plain").images == ()
    mixed = user((IMAGE, TextPart("one"), TextPart("two")))
    assert mixed.text == "one\ntwo"
    assert mixed.images == (IMAGE,)
    assert assistant("yes").role == "assistant"


def test_an_image_is_named_by_its_content() -> None:
    assert IMAGE.digest == hashlib.sha256(b"\x89PNG").hexdigest()
    assert ImagePart.of(b"\x89PNG", "image/png") == IMAGE


def test_a_request_comes_back_from_json_as_it_was() -> None:
    """The ledger keeps requests so; the parts of a message must find their types again."""
    request = Request(
        (Message("system", "terse"), user((IMAGE, TextPart("ألم في الصدر")))),
        Sampling(temperature=0.0, stop=("\n",), extra={"top_k": 1}),
        seed=2**62,
        schema={"type": "object"},
    )
    assert msgspec.json.decode(msgspec.json.encode(request), type=Request) == request


def test_defaults_cost_no_bytes() -> None:
    assert msgspec.json.encode(Sampling()) == b"{}"
    assert msgspec.json.encode(Reply(text="A")) == b'{"text":"A"}'


def test_unknown_sampling_fields_are_refused() -> None:
    with pytest.raises(msgspec.ValidationError, match="temprature"):
        msgspec.convert({"temprature": 0}, Sampling)


def test_an_error_is_a_reply_and_may_be_retried_only_if_it_says_so() -> None:
    reply = Reply.error("timeout", "no answer in 3 s", retry=True)
    assert (reply.status, reply.cause, reply.retry) == ("error", "timeout", True)
    assert not Reply.error("bad-request").retry


def test_a_case_is_its_own_cluster_unless_it_says_otherwise() -> None:
    assert Case("c-1").cluster == "c-1"
    assert Case("c-1", brief=Brief(cluster="patient-7")).cluster == "patient-7"


@pytest.mark.parametrize(
    ("case", "text"),
    [
        (Case("a", "A stem.", "A question?"), "A stem. A question?"),
        (Case("b", "", "A question?"), "A question?"),
        (Case("c", "A stem."), "A stem."),
    ],
)
def test_the_text_of_a_case(case: Case, text: str) -> None:
    assert case.text == text


def test_exit_codes_follow_the_tree_of_errors() -> None:
    codes = {
        errors.AuditError: 1, errors.UsageError: 2, errors.DataError: 2, errors.RunError: 1,
        errors.LedgerError: 1, errors.TargetUnusable: 1, errors.Divergence: 1,
        errors.RunInterrupted: 130,
    }  # fmt: skip
    assert {kind: kind("x").exit_code for kind in codes} == codes
    assert PlanError("p", []).exit_code == 2


def test_a_plan_error_lists_every_fault_with_its_place_and_mend() -> None:
    said = str(
        PlanError("plan.toml", [Fault("seed", "is a text", "give a number", 3), Fault("x", "y")])
    )
    assert said == (
        "plan.toml has 2 faults:\n  - seed (line 3): is a text -> give a number\n  - x: y"
    )
