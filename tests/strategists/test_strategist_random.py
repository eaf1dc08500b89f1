"""`random`: each that is left as likely as any other."""

from __future__ import annotations

from collections import Counter
from math import sqrt

import pytest
from strategist_views import SINGLES, rng, view

from auscult.core import registry
from auscult.core.errors import PlanError

N = 4_000


async def test_each_is_as_likely() -> None:
    strategist = registry.build("strategists", "random", {})
    draws = rng(5)
    found = Counter([(await strategist.choose(view(), None, None, draws)).chain for _ in range(N)])
    share = 1 / len(SINGLES)
    near = pytest.approx(N * share, abs=4.5 * sqrt(N * share * (1 - share)))
    assert dict(found) == dict.fromkeys(SINGLES, near)


def test_it_has_no_options() -> None:
    with pytest.raises(PlanError, match="strategist 'random'"):
        registry.build("strategists", "random", {"seed": 1})
