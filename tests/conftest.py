"""Sockets are for loopback only; the testkit plugin is installed as a third party's would be."""

from __future__ import annotations

import socket
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent
for folder in (HERE / "support", HERE / "support" / "plugins"):
    if str(folder) not in sys.path:
        sys.path.insert(0, str(folder))

LOOPBACK = {"127.0.0.1", "::1", "localhost"}
_connect = socket.socket.connect


def _guarded(self: socket.socket, address: object) -> None:
    if isinstance(address, tuple) and str(address[0]) not in LOOPBACK:
        raise AssertionError(f"a test tried to reach {address[0]}: tests stay on this machine")
    _connect(self, address)  # type: ignore[arg-type]


@pytest.fixture(autouse=True)
def loopback_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket.socket, "connect", _guarded)
    for name in ("OPENAI_API_KEY", "OPENAI_BASE_URL", "HTTP_PROXY", "HTTPS_PROXY"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"
