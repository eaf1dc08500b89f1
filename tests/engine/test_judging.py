"""What is found out before a judge's model is asked anything."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from auscult.core.message import user
from auscult.engine.judging import first_question


async def asks(arm: Any) -> None:
    await arm.ask((user("x" * 40), user("y" * 8)), role="judge")


async def asks_and_hides_it(arm: Any) -> None:
    try:
        await asks(arm)
    except Exception:  # noqa: BLE001 - as a third party's judge may
        return


async def asks_many(arm: Any) -> None:
    await asyncio.gather(*(asks(arm) for _ in range(3)))


async def asks_in_a_group(arm: Any) -> None:
    async with asyncio.TaskGroup() as outer, asyncio.TaskGroup() as inner:
        outer.create_task(asyncio.sleep(0))
        for _ in range(3):
            inner.create_task(asks(arm))


async def draws_first(arm: Any) -> None:
    if arm.rng("order").random() < 2 and arm.now():
        await asks(arm)


@pytest.mark.parametrize(
    "judge", [asks, asks_and_hides_it, asks_many, asks_in_a_group, draws_first]
)
async def test_a_first_question_is_heard_however_it_is_asked(judge: Any) -> None:
    assert await first_question(judge) == 12


async def test_a_judge_that_asks_nothing_or_breaks() -> None:
    async def quiet(arm: Any) -> str:
        return "read"

    async def breaks(arm: Any) -> None:
        async with asyncio.TaskGroup() as group:
            group.create_task(asyncio.sleep(0))
            raise ZeroDivisionError

    assert await first_question(quiet) is None
    with pytest.raises(ExceptionGroup):
        await first_question(breaks)
