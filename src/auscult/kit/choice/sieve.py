"""The sieve that the patterns of this package share."""

from __future__ import annotations

from auscult.kit.patterns.sieve import Sieve

SIEVE = Sieve()
