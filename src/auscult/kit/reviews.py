"""A clinician's word on our cases: recorded case by case, tied to the wording that was read."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from pathlib import Path

import msgspec

from auscult.core.case import Case
from auscult.core.errors import UsageError

SIGN_OFF, DISPUTE, SKIP = DECISIONS = ("sign-off", "dispute", "skip")


class Review(msgspec.Struct, frozen=True):
    pack: str
    case: str
    digest: str
    reviewer: str
    decision: str
    own_answer: str
    comment: str
    at: str


def case_digest(case: Case) -> str:
    """Of what the reviewer read. A reworded case is a case nobody has signed. Of a picture its
    file's name counts and not its folder, which is another on each machine."""
    brief = msgspec.structs.replace(case.brief, reviewers=())
    images = tuple(msgspec.structs.replace(i, path=Path(i.path).name) for i in case.images)
    read = msgspec.structs.replace(case, brief=brief, images=images)
    body = msgspec.json.encode(read, order="deterministic")
    return hashlib.blake2b(body, digest_size=8).hexdigest()


def read_reviews(file: Path) -> list[Review]:
    if not file.exists():
        return []
    lines = file.read_bytes().splitlines()
    try:
        return [msgspec.json.decode(line, type=Review) for line in lines if line.strip()]
    except msgspec.DecodeError as error:
        raise UsageError(f"'{file}' does not hold reviews: {error}; name another file") from error


def signed_off(reviews: Iterable[Review]) -> dict[tuple[str, str], tuple[str, ...]]:
    """(case, digest) -> reviewers, where each reviewer's last word counts and nobody disputes."""
    last: dict[tuple[str, str], dict[str, str]] = {}
    for review in reviews:
        if review.decision != SKIP:
            words = last.setdefault((review.case, review.digest), {})
            words[review.reviewer] = review.decision
    return {
        key: tuple(sorted(words)) for key, words in last.items() if DISPUTE not in words.values()
    }
