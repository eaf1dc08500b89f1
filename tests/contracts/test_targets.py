"""What every target owes before it is asked: faults in one sentence, and nothing started."""

from __future__ import annotations

import pytest

from auscult.core import registry
from auscult.core.errors import UsageError
from auscult.core.protocols import Target, TargetSpec

TARGETS = sorted(registry.plugins("targets"))
OURS = [n for n in TARGETS if registry.plugins("targets")[n].package == "auscult"]
REFS = {"python": "json:dumps", "scripted": "right"}
by_target = pytest.mark.parametrize("name", OURS)


@by_target
def test_an_unknown_option_is_refused_by_name(name: str) -> None:
    spec = TargetSpec(name, REFS.get(name, "x"), {"no_such_option": "1"}, dry=True)
    with pytest.raises(UsageError) as said:
        registry.build("targets", name, spec)
    told = str(said.value)
    assert "no_such_option" in told or "x" in told.split(), "says which option, or which file"


@by_target
@pytest.mark.parametrize("ref", ["", "no-such-thing", "../..", "a b\u202e", "x" * 200])
async def test_an_odd_reference_is_built_or_refused_in_words(name: str, ref: str) -> None:
    """Never a traceback: whoever mistypes a name gets a sentence that holds it."""
    try:
        target = registry.build("targets", name, TargetSpec(name, ref, {}, dry=True))
    except UsageError as refused:
        assert str(refused)
        return
    assert isinstance(target, Target)
    assert target.identity and target.endpoint
    await target.close()
    await target.close()
