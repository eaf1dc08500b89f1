"""Runs a coroutine test on asyncio's own loop and on uvloop, which Auscult runs on where it can."""

from __future__ import annotations

import asyncio
import functools
import inspect
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
import uvloop


def on_both_loops(test: Callable[..., Awaitable[None]]) -> Callable[..., None]:
    @functools.wraps(test)
    def run(*args: Any, run_on: Callable[[Any], None], **given: Any) -> None:
        run_on(test(*args, **given))

    asked = inspect.signature(test)
    loop = inspect.Parameter("run_on", inspect.Parameter.KEYWORD_ONLY)
    run.__signature__ = asked.replace(  # type: ignore[attr-defined]
        parameters=[*asked.parameters.values(), loop]
    )
    del run.__wrapped__  # type: ignore[attr-defined]
    return pytest.mark.parametrize("run_on", [asyncio.run, uvloop.run], ids=["asyncio", "uvloop"])(
        run
    )
