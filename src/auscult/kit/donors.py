"""Gives every case with a picture another case's picture, for the controls that swap them.

A donor comes from another cluster (patient or picture) and, where the set has one, of the same
modality; `other` is a picture of another modality. Drawn by the case's own id from a bounded pool
of pictures seen before, so that a set streams and any order of asking finds the same donor. The
first cases of a set wait until pictures that can be theirs have been seen.
"""

from __future__ import annotations

import hashlib
from collections import deque
from collections.abc import Iterable, Iterator

import msgspec

from auscult.core.case import Case

POOL = 64
WAITING = 1000
"""Cases held back for a donor at most; later ones of a set that has none go without."""
DONOR, OTHER = "donor", "other_modality"


class _Seen(msgspec.Struct, frozen=True):
    path: str
    cluster: str
    modality: str


def with_donors(cases: Iterable[Case]) -> Iterator[Case]:
    """The same cases; those with a picture carry `brief.extra["donor"]` and
    `brief.extra["other_modality"]`, paths, where there are such pictures."""
    pools: dict[str, deque[_Seen]] = {}
    waiting: deque[Case] = deque()
    for case in cases:
        if case.images:
            pool = pools.setdefault(case.brief.modality, deque(maxlen=POOL))
            path = case.images[0].path
            if not any(seen.path == path for seen in pool):
                pool.append(_Seen(path, case.cluster, case.brief.modality))
        waiting.append(case)
        while waiting and (_ready(waiting[0], pools) or len(waiting) > WAITING):
            yield _given(waiting.popleft(), pools)
    for case in waiting:
        yield _given(case, pools)


def _ready(case: Case, pools: dict[str, deque[_Seen]]) -> bool:
    others = any(name != case.brief.modality and pool for name, pool in pools.items())
    return not case.images or (
        others and bool(_strangers(case, pools.get(case.brief.modality, ())))
    )


def _strangers(case: Case, pool: Iterable[_Seen]) -> list[_Seen]:
    own = {ref.path for ref in case.images}
    return [seen for seen in pool if seen.cluster != case.cluster and seen.path not in own]


def _given(case: Case, pools: dict[str, deque[_Seen]]) -> Case:
    if not case.images:
        return case
    same = _strangers(case, pools.get(case.brief.modality, ()))
    others = [s for name, pool in pools.items() if name != case.brief.modality for s in pool]
    others = _strangers(case, others)
    found = {}
    if same or others:
        found[DONOR] = _drawn(case.id, same or others)
    if others:
        found[OTHER] = _drawn(case.id, others)
    if not found:
        return case
    brief = msgspec.structs.replace(case.brief, extra={**case.brief.extra, **found})
    return msgspec.structs.replace(case, brief=brief)


def _drawn(name: str, pool: list[_Seen]) -> str:
    digest = hashlib.blake2b(name.encode(), digest_size=8).digest()
    return pool[int.from_bytes(digest, "big") % len(pool)].path
