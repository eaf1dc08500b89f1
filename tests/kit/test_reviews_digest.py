"""What a sign-off is tied to."""

from __future__ import annotations

import msgspec

from auscult.core.case import Brief, Case, ImageRef
from auscult.kit.reviews import case_digest

CASE = Case("a", question="What is it?", images=(ImageRef("/one/cache/strip-12.png", "image/png"),))


def test_a_picture_counts_by_the_name_of_its_file_and_not_by_its_folder() -> None:
    moved = msgspec.structs.replace(CASE, images=(ImageRef("/other/strip-12.png", "image/png"),))
    redrawn = msgspec.structs.replace(CASE, images=(ImageRef("/other/strip-34.png", "image/png"),))
    assert case_digest(moved) == case_digest(CASE) != case_digest(redrawn)


def test_who_signed_does_not_count_and_what_was_read_does() -> None:
    signed = msgspec.structs.replace(CASE, brief=Brief(reviewers=("Dr A",)))
    reworded = msgspec.structs.replace(CASE, question="Which is it?")
    assert case_digest(signed) == case_digest(CASE) != case_digest(reworded)
