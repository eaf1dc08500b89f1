"""A planted key must not be found in anything we print or keep."""

from __future__ import annotations

import base64
import copy
import json
import pickle
import re
from urllib.parse import quote

import msgspec
import pytest
from yarl import URL

from auscult.core.message import Reply, TokenLogprob
from auscult.kit.secret import Secret, expand, masked, names_a_secret, scrub, scrub_reply

KEY = "sk-pläntéd/Key+1=3 9"


def test_it_shows_nowhere_but_when_revealed() -> None:
    secret = Secret(KEY)
    assert {repr(secret), str(secret), f"{secret}", f"{secret:>9}", f"{[secret]}"[1:-1]} == {"***"}
    assert secret.reveal() == KEY
    assert secret == Secret(KEY)
    assert secret != KEY


def test_it_cannot_be_pickled_copied_or_encoded() -> None:
    class Holder(msgspec.Struct):
        key: Secret

    with pytest.raises(TypeError):
        pickle.dumps(Secret(KEY))
    with pytest.raises(TypeError):
        copy.deepcopy([Secret(KEY)])
    for encode in (msgspec.json.encode, msgspec.msgpack.encode, msgspec.to_builtins):
        with pytest.raises(TypeError):
            encode(Holder(Secret(KEY)))
    assert KEY not in repr(Holder(Secret(KEY)))


@pytest.mark.parametrize(
    "written",
    [
        KEY,
        repr(KEY),
        repr(KEY.encode()),
        quote(KEY, safe=""),
        quote(KEY),
        quote(KEY, safe="").lower(),
        KEY.encode().hex(),
    ],
)
def test_every_spelling_is_scrubbed(written: str) -> None:
    clean = scrub(f"<{written}> twice <{written}>", [Secret("another-key"), Secret(KEY)])
    assert "***" in clean
    assert KEY not in clean
    assert written.strip("b'\"") not in clean


@pytest.mark.parametrize(
    "value",
    ["pass word@1=x", "ab|cd=ef12", 'q"r:stuv99', "p@ss word!", "ab%41c|d%2f%zz9", "ab%7ccd-99",
     "%41bcdefgh", "ab%ffcd|ef", "q'[]{}^`<>~é;&+", "base64+/key=="],
)  # fmt: skip
def test_addresses_are_scrubbed_however_they_are_written(value: str) -> None:
    secrets = [Secret(value)]
    for address in (f"http://h.test/w?k={value}", f"http://h.test/{value}/x"):
        written = str(URL(address))
        for one in (written, quote(written, safe=""), re.sub("%..", _in_small, written)):
            clean = scrub(f"<{one}>", secrets)
            assert clean.count("***") == 1 and len(clean) <= len(
                "<http%3A%2F%2Fh.test%2Fw%3Fk%3D***>"
            )


def _in_small(found: re.Match[str]) -> str:
    return found[0].lower()


def test_a_long_blank_in_a_secret_does_not_hold_up_scrubbing() -> None:
    text = "a" + " " * 200 + "c"
    assert scrub(text, [Secret("a" + " " * 100 + "b")]) is text
    assert scrub(text, [Secret("a" + "%25" * 40 + "b")]) is text


@pytest.mark.parametrize("before", ["", "u:", "us:", "user:"])
def test_base64_is_scrubbed_at_any_offset(before: str) -> None:
    for encode in (base64.b64encode, base64.urlsafe_b64encode):
        coded = encode(f"{before}{KEY}:after".encode()).decode()
        clean = scrub(coded, [Secret(KEY)])
        # What remains must not decode to more than a character or two of the key.
        assert len(clean) <= len(coded) - 4 * (len(KEY.encode()) - 3) // 3


def test_placeholders_for_keys_are_no_secrets() -> None:
    assert scrub("the test is EMPTY", [Secret("test"), Secret("EMPTY"), Secret("")]) == (
        "the test is EMPTY"
    )


def test_a_reply_is_scrubbed_in_all_its_texts_and_otherwise_left_alone() -> None:
    clean = Reply(text="B", logprobs=(TokenLogprob("B", -0.1),))
    assert scrub_reply(clean, [Secret(KEY)]) is clean
    dirty = Reply(text=KEY, reasoning=KEY, model=KEY, fingerprint=KEY, cause=KEY)
    assert KEY not in repr(scrub_reply(dirty, [Secret(KEY)]))


def test_variables_are_expanded_and_what_is_missing_is_said(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("CLINIC_KEY", " k-123\n")
    monkeypatch.delenv("NO_SUCH", raising=False)
    missing: list[str] = []
    assert expand("Bearer ${CLINIC_KEY} ${NO_SUCH} $HOME", missing) == (
        "Bearer k-123  $HOME",
        [Secret("k-123")],
    )
    assert missing == ["NO_SUCH"]


@pytest.mark.parametrize(
    "name", ["api_key", "X-Api-Key", "Authorization", "token", "client_secret", "Cookie", "x-key"]
)
def test_names_of_secrets(name: str) -> None:
    assert names_a_secret(name)


@pytest.mark.parametrize(
    "name",
    ["api_key_env", "api_key_command", "api_key_ttl_s", "max_tokens", "max_tokens_field", "key",
     "tokens_per_minute", "client_key", "authorised_by", "tokens"],
)  # fmt: skip
def test_names_about_secrets(name: str) -> None:
    assert not names_a_secret(name)


def test_a_plan_is_masked_for_people() -> None:
    plan = {
        "target": {
            "use": "openai/m?api_key=sk-1&base_url=http://h/v1&n=2",
            "options": {"api_key": "sk-1", "headers": {"Authorization": "Bearer x", "X-A": "1"}},
        },
        "roles": [{"api_key": "${NAMED}", "api_key_env": "NAMED"}],
        "limits": {"tokens": 5},
        "proxy": "http://me:word@proxy.test:3128/a@b",
    }
    shown = masked(plan)
    assert json.dumps(shown).count("***") == 4
    assert shown["target"]["use"] == "openai/m?api_key=***&base_url=http://h/v1&n=2"
    assert shown["roles"] == plan["roles"]
    assert shown["limits"] == {"tokens": 5}
    assert shown["proxy"] == "http://***@proxy.test:3128/a@b"
