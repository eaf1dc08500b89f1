"""Nothing in a prompt can change the shape of a request, and paths find what they name."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auscult.kit.template import ABSENT, JsonPath, Template, read_tree

EVIL = 'a "quote", {{ session }}, ${HOME}\n\\ and } ]'


def test_values_keep_their_type_alone_and_become_text_within_text() -> None:
    template = Template(
        {"all": "{{ messages }}", "text": "Q: {{prompt}} ({{ n }})", "k": [1, None]}
    )
    assert template.names == {"messages", "prompt", "n"}
    filled = template.fill({"messages": [{"a": 1}], "prompt": EVIL, "n": 2})
    assert filled == {"all": [{"a": 1}], "text": f"Q: {EVIL} (2)", "k": [1, None]}


def test_what_is_absent_is_left_out() -> None:
    template = Template({"a": "{{ x }}", "b": ["{{ x }}", "y"], "c": "<{{ x }}>"})
    assert template.fill({"x": ABSENT}) == {"b": ["y"], "c": "<>"}


@given(st.text(alphabet=st.characters(exclude_categories=["Cs"])))
def test_any_prompt_survives_the_way_out(prompt: str) -> None:
    tree = read_tree('{"ask": {"q": "{{ prompt }}", "framed": "<{{ prompt }}>"}}', str)
    sent = json.loads(json.dumps(Template(tree).fill({"prompt": prompt})))
    assert sent == {"ask": {"q": prompt, "framed": f"<{prompt}>"}}


def test_an_address_is_percent_encoded() -> None:
    url = Template("https://h.test/s/{{ session }}?q={{ prompt }}")
    assert url.fill_url({"session": "a/../b", "prompt": "x&y=1 "}) == (
        "https://h.test/s/a%2F..%2Fb?q=x%26y%3D1%20"
    )


def test_a_bare_placeholder_is_told_to_stand_in_quotes() -> None:
    with pytest.raises(ValueError, match="stands in quotes, even for a list"):
        read_tree('{"messages": {{ messages }}}', str)


TREE: dict[str, Any] = {
    "choices": [{"text": "a"}, {"text": "b"}, {"other": 1}],
    "odd.key": {"x": 0},
    "none": None,
}


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("choices[0].text", "a"),
        ("choices[-2].text", "b"),
        ("choices[*].text", ["a", "b"]),
        ('["odd.key"].x', 0),
        ("none", None),
        ("choices[3].text", ABSENT),
        ("choices.text", ABSENT),
        ("none.x", ABSENT),
        ("choices[0][0]", ABSENT),
    ],
)
def test_paths(path: str, found: Any) -> None:
    assert JsonPath(path).find(TREE) == found


def test_the_text_of_many_parts_is_joined() -> None:
    assert JsonPath("choices[*].text").text(TREE) == "a\nb"
    assert JsonPath("[*].text").text([{"text": "x"}]) == "x"
    assert JsonPath("choices[*].other").text(TREE) is None
    assert JsonPath("none").text(TREE) is None
    assert JsonPath("choices").text({"choices": ["a"]}) is None


@pytest.mark.parametrize("path", ["", ".a", "a..b", "a[", "a[x]", "a]", "a."])
def test_a_path_that_is_none_says_where(path: str) -> None:
    with pytest.raises(ValueError, match=r"a path looks like choices\[0\]\.text"):
        JsonPath(path)
