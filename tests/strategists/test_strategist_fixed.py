"""`fixed`: one order for every case, singles before chains of two."""

from __future__ import annotations

import pytest
from strategist_views import PAIRS, SINGLES, A, B, C, D, rng, view

from auscult.core import registry
from auscult.core.errors import PlanError
from auscult.core.strategist import Chain, Strategist, Tried


async def order_of(strategist: Strategist, offered: tuple[Chain, ...]) -> list[Chain]:
    tried: list[Tried] = []
    while view(offered, tried).offered:
        choice = await strategist.choose(view(offered, tried), None, None, rng())  # type: ignore[arg-type]
        assert choice is not None
        tried.append(Tried(choice.chain, "held"))
    return [one.chain for one in tried]


async def test_it_goes_by_name_and_tries_single_attacks_first() -> None:
    strategist = registry.build("strategists", "fixed", {})
    assert await order_of(strategist, (*PAIRS, *SINGLES[::-1])) == [*SINGLES, *sorted(PAIRS)]


async def test_what_is_named_comes_first_and_in_that_order() -> None:
    strategist = registry.build("strategists", "fixed", {"order": [C, B]})
    assert await order_of(strategist, SINGLES) == [(C,), (B,), (A,), (D,)]


def test_an_unknown_option_is_refused_by_name() -> None:
    with pytest.raises(PlanError, match="strategist 'fixed'"):
        registry.build("strategists", "fixed", {"orders": []})
