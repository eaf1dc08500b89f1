"""Donors of pictures: of another cluster, of the same modality first, the same in every reading."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice

from auscult.core.case import Brief, Case, ImageRef
from auscult.kit.donors import DONOR, OTHER, WAITING, with_donors


def case(name: str, cluster: str, modality: str = "CR", path: str = "") -> Case:
    brief = Brief(cluster=cluster, modality=modality)
    return Case(name, images=(ImageRef(path or f"{cluster}.png"),), brief=brief)


def donors(cases: Iterable[Case]) -> dict[str, tuple[str | None, str | None]]:
    extras = {c.id: c.brief.extra for c in with_donors(cases)}
    return {name: (extra.get(DONOR), extra.get(OTHER)) for name, extra in extras.items()}


def test_a_donor_is_of_another_cluster_and_of_the_same_modality() -> None:
    cases = [
        case(f"{m}{i}q{q}", f"{m}{i}", m) for m in ("CR", "CT") for i in range(5) for q in "ab"
    ]
    found = donors(cases)
    assert list(found) == [c.id for c in cases], "in the order given, none lost"
    for one in cases:
        donor, _ = found[one.id]
        assert donor is not None
        assert donor.startswith(one.brief.modality)
        assert donor != one.images[0].path


def test_the_other_modality_is_another() -> None:
    cases = [case(f"{m}{i}", f"{m}{i}", m) for i in range(4) for m in ("CR", "CT")]
    others = {name: other for name, (_, other) in donors(cases).items()}
    assert all(other is not None for other in others.values()), "the first ones wait for theirs"
    assert not any((other or "").startswith(name[:2]) for name, other in others.items())


def test_two_questions_on_one_picture_are_no_donors_of_each_other() -> None:
    cases = [case("q1", "p", path="same.png"), case("q2", "other", path="same.png")]
    assert donors(cases) == {"q1": (None, None), "q2": (None, None)}


def test_the_same_reading_gives_the_same_donors() -> None:
    cases = [case(f"c{i}", f"k{i % 40}") for i in range(200)]
    assert donors(cases) == donors(cases)
    assert len({donor for donor, _ in donors(cases).values()}) > 10, "not always the same picture"


def test_cases_without_pictures_pass_as_they_are() -> None:
    plain = Case("words", question="?")
    assert next(iter(with_donors([plain, case("a", "a"), case("b", "b")]))) == plain


def test_a_set_with_one_picture_streams_all_the_same() -> None:
    def endless() -> Iterable[Case]:
        for number in range(10**9):
            yield case(f"c{number}", "only")

    assert len(list(islice(with_donors(endless()), 5))) == 5, f"after {WAITING} cases at most"
