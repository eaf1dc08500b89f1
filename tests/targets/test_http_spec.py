"""The file that describes a JSON endpoint: every fault at once, and nothing secret printed."""

from __future__ import annotations

from pathlib import Path

import pytest

from auscult.core.errors import PlanError, UsageError
from auscult.core.protocols import TargetSpec
from auscult.targets.http import HttpTarget, build

KEY = "planted-key-7Yx2Qw9LmN4"
PLAIN = """
environment = "test"
actions = "none"
[request]
url = "URL/chat"
headers = { X-Api-Key = "${CLINIC_KEY}" }
body = { question = "{{ prompt }}", setting = "{{ system }}", heat = "{{ temperature }}" }
[response]
text = "reply.text"
refusal = "reply.blocked"
error = "fault"
model = "about.model"
reasoning = "about.thoughts"
usage = { input = "about.in", output = "about.out" }
"""


@pytest.fixture(autouse=True)
def clinic_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CLINIC_KEY", KEY)


def make(folder: Path, text: str) -> HttpTarget:
    path = folder / "clinic.toml"
    path.write_text(text.replace("URL", "http://127.0.0.1:9"))
    return build(TargetSpec("http", str(path)))


@pytest.mark.parametrize(("more", "also"), [("", set()), ("proxi = 1", {"network.proxi"})])
def test_every_fault_of_the_file_is_said_at_once(tmp_path: Path, more: str, also: set[str]) -> None:
    spec = (
        """
    environment = "staging"
    [request]
    url = "clinic.test/chat"
    method = "POST"
    headers = { Authorization = "Bearer ${NO_SUCH_KEY}", X-Q = "{{ prompt }}" }
    body = '{"q": {{ prompt }}}'
    [response]
    text = "a..b"
    refusal = "x["
    session = "id"
    [network]
    timeout_s = "12"
    """
        + more
    )
    with pytest.raises(PlanError) as caught:
        make(tmp_path, spec)
    faults = {fault.where: str(fault) for fault in caught.value.faults}
    assert set(faults) == {
        "environment", "actions", "request.url", "request.headers.Authorization",
        "request.headers", "request.body", "response.text", "response.refusal",
    } | (also or {"response.session"})  # fmt: skip
    assert 'declare environment = "test" or "production"' in faults["environment"]
    assert 'declare actions = "none" or "sandboxed" or "live"' in faults["actions"]
    assert "NO_SUCH_KEY" in faults["request.headers.Authorization"]


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("{{ prompt }}", "{{ promt }}", "Did you mean 'prompt'?"),
        ("{{ prompt }}", "fixed", "has no place for the question"),
        ("{{ prompt }}", "{{ prompt }} {{ session }}", "there is no session"),
        ("[response]", "[session]\n[response]", 'put "{{ session }}" in the request'),
        ("URL/chat", "https://u:p@h.test/x", "holds credentials"),
        ("URL/chat", "https://{{ prompt }}/x", "is not an address"),
        ('text = "reply.text"', "", "response.text: is missing"),
        ("[response]", "[respons]", "Did you mean 'response'"),
        ("[response]", "[response", "is not TOML"),
    ],
)
def test_faults_say_how_to_mend_them(tmp_path: Path, old: str, new: str, words: str) -> None:
    with pytest.raises(PlanError) as caught:
        make(tmp_path, PLAIN.replace(old, new))
    assert words in str(caught.value)


def test_a_file_that_is_not_there_and_options_that_do_not_exist(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot read the endpoint file"):
        build(TargetSpec("http", str(tmp_path / "gone.toml")))
    with pytest.raises(UsageError, match="name the endpoint file"):
        build(TargetSpec("http"))
    with pytest.raises(PlanError, match="no such option"):
        build(TargetSpec("http", "x.toml", {"base_url": "x"}))


def test_a_key_written_into_the_address_is_not_printed(tmp_path: Path) -> None:
    spec = PLAIN.replace("URL/chat", f"https://h.test/chat?key={KEY}&v=2")
    target = make(tmp_path, spec)
    assert target.fingerprint["url"] == "https://h.test/chat?key=***&v=2"


def test_the_examples_of_the_docs_page_are_sound(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CLINIC_TOKEN", KEY)
    page = Path(__file__).parents[2] / "docs" / "targets" / "http.md"
    examples = [block.partition("```")[0] for block in page.read_text().split("```toml\n")[1:]]
    assert len(examples) == 3
    for example in examples:
        # The certificate is the reader's own.
        target = make(tmp_path, example.replace('ca_file = "/etc/ssl/hospital-ca.pem"', ""))
        assert target.environment == "test"
    assert target.price is not None
    assert target.price["currency"] == "EUR"
