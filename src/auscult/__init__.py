"""Auscult: the crash-test lab for medical AI."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from auscult.core.version import __version__

__all__ = ["Run", "__version__", "audit", "open_run"]

if TYPE_CHECKING:
    from auscult.api import Run, audit, open_run


def __getattr__(name: str) -> Any:
    """`import auscult` stays light: the API is imported when it is first touched."""
    if name in {"Run", "audit", "open_run"}:
        from auscult import api

        return getattr(api, name)
    raise AttributeError(f"module 'auscult' has no attribute '{name}'")
