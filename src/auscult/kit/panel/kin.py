"""Whether a judge model is kin to the system it judges, or to another member of its panel.

Models are known to favour answers of their own family, and two of one family err together. Kin is
told from declared names alone: it flags, it refuses nothing, and a system that hides its model
cannot be flagged.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from auscult.core.protocols import Target
from auscult.kit.memory import family_of

_HOUSES: Mapping[str, tuple[str, ...]] = {
    "GPT": ("gpt", "chatgpt", "davinci"),
    "Claude": ("claude",),
    "Gemini": ("gemini", "gemma", "medgemma", "palm", "medpalm"),
    "Llama": ("llama", "codellama", "meditron", "nemotron"),
    "Mistral": ("mistral", "mixtral", "ministral", "codestral", "magistral", "biomistral"),
    "Qwen": ("qwen", "qwq", "qvq"),
    "DeepSeek": ("deepseek",),
    "Phi": ("phi",),
    "Grok": ("grok",),
    "Command": ("command", "aya"),
    "SmolLM": ("smollm", "smolvlm"),
    "GLM": ("glm", "chatglm"),
}
_HOUSE = {word: house for house, words in _HOUSES.items() for word in words}
_O_SERIES = re.compile(r"o[1-9]")
_NOT_MODELS = frozenset({"scripted", "replayed", "recorded", "python"})
_AN_ADDRESS = "http"
"""A target that is named by its address: no word of it is taken for a model unless it is known."""
_WORD = re.compile(r"[a-z]+\d?")


def families_of(target: Target) -> frozenset[str]:
    """Of the model behind a target, by its declared identity and configuration: a distilled model
    may be of two. Empty where no model is named."""
    kind = target.identity.partition("/")[0]
    if kind in _NOT_MODELS:
        return frozenset()
    named = [target.identity, str(target.fingerprint.get("model") or "")]
    found = frozenset(family for name in named for family in families_in(name))
    return found & frozenset(_HOUSES) if kind == _AN_ADDRESS else found


def families_in(identity: str) -> frozenset[str]:
    """Of `openai/gpt-4o-mini`, `local/qwen#1a2b` or the path of a file."""
    bare = identity.partition("?")[0].partition("#")[0].casefold().removesuffix(".gguf")
    name = bare.rpartition("/")[2]
    words = _WORD.findall(name)
    known = {_HOUSE[stem] for word in words if (stem := word.rstrip("0123456789")) in _HOUSE}
    if any(_O_SERIES.fullmatch(word) for word in words[:1]):
        known.add("GPT")
    if known or not name:
        return frozenset(known)
    return frozenset({family_of(f"/{name}").removeprefix("/")})


def kin_of_target(role: str, judge: Target, target: Target) -> str:
    """A sentence for the reader; empty where they are not kin."""
    shared = sorted(families_of(judge) & families_of(target))
    if not shared:
        return ""
    same = "are the same model" if judge.identity == target.identity else "are of one family"
    return (
        f"Self-preference: the judge in the role '{role}' ({judge.identity}) and the target "
        f"({target.identity}) {same}, {shared[0]}. Models are known to favour answers of their "
        "own kind; read what rests on this judge beside one of another family."
    )


def kin_of_member(role: str, judge: Target, other: str, member: Target) -> str:
    """Of two members of one panel."""
    shared = sorted(families_of(judge) & families_of(member))
    if not shared:
        return ""
    return (
        f"One family: the roles '{other}' ({member.identity}) and '{role}' ({judge.identity}) of a "
        f"panel are both played by {shared[0]}. They are likely to err together, and the panel "
        "gains less than its size promises."
    )
