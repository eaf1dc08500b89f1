"""The data audit on sets whose faults are planted: each is counted, with its denominator."""

from __future__ import annotations

from typing import Any

import pytest

from auscult.core.case import Brief, Case, ImageRef
from auscult.kit.data_audit import ALL, BY_KIND, Audit, audit, stance_of
from auscult.kit.data_audit_counts import FOLDS, Lookup, LookupTable, Priors, Share, fold_of
from auscult.kit.data_audit_notes import notes

YES_NO = ("yes", "no")


def case(number: int, question: str = "Is it round?", key: int | None = 0, **more: Any) -> Case:
    options = more.pop("options", YES_NO)
    groups, image = more.pop("groups", {}), more.pop("image", f"{number}.png")
    phi = more.pop("phi", False)
    brief = Brief(
        key=key if options else None,
        cluster=image,
        groups=groups,
        task=more.pop("task", "yes-no" if options == YES_NO else "multiple-choice"),
        modality=more.pop("modality", "CT"),
        region=more.pop("region", "liver"),
        reference=more.pop("reference", ""),
        extra=more,
    )
    return Case(
        f"case-{number}", "", question, options, images=(ImageRef(image),), brief=brief, phi=phi
    )


def lookup_of(found: Audit, by: str) -> Lookup:
    (one,) = [one for one in found.lookups if one.by == by]
    return one


def test_an_empty_set_is_counted_as_such() -> None:
    found = audit([])
    assert (found.cases, found.keyed, found.lookups, found.constants) == (0, 0, (), ())
    assert notes(found) == []


def test_a_constant_is_scored_over_all_by_kind_and_by_group() -> None:
    cases = [
        case(i, key=int(i % 4 != 0), kind="size" if i % 2 else "shape",
             groups={"sex": "female" if i < 40 else "male"})
        for i in range(100)
    ]  # fmt: skip
    found = audit(cases)
    overall, shape, size = found.constants
    assert (overall.kind, overall.answer, overall.share) == (ALL, "no", Share(75, 100))
    assert (size.kind, size.answer, size.share) == ("size", "no", Share(50, 50))
    assert shape.share == Share(25, 50)
    assert [(g.level, g.share) for g in overall.groups] == [
        ("female", Share(30, 40)), ("male", Share(45, 60)),
    ]  # fmt: skip
    assert "all questions: always 'no' scores 75.0% (75 of 100)" in notes(found)


def test_a_gap_between_groups_that_no_model_made_is_told() -> None:
    old = [case(i, key=int(i < 5), groups={"age_band": "80+"}) for i in range(50)]
    young = [case(50 + i, key=int(i < 45), groups={"age_band": "18-39"}) for i in range(50)]
    few = [case(100 + i, key=0, groups={"age_band": "0-17"}) for i in range(5)]
    said = " ".join(notes(audit([*old, *young, *few])))
    assert "90.0% (45 of 50) where age_band is 80+ and 10.0% (5 of 50)" in said
    assert "0-17" not in said, "a group of five says nothing"


def test_options_that_determine_the_key_are_found_on_pictures_not_seen() -> None:
    lists = [("a", "b", "c"), ("b", "c", "d"), ("c", "d", "e"), ("e", "a", "b")]
    cases = [case(i, options=lists[i % 4], key=i % 3 if i < 4 else (i % 4) % 3) for i in range(80)]
    found = audit(cases)
    one = lookup_of(found, "the list of options")
    assert (one.distinct, one.settled) == (4, 4)
    assert one.in_sample == one.cross_validated == Share(80, 80)
    assert one.constant.value <= 0.5
    assert any("looking up the list of options gives 100.0%" in note for note in notes(found))


def test_a_lookup_that_only_remembers_gets_nothing_cross_validated() -> None:
    cases = [case(i, f"Is thing {i} round?", key=i % 2) for i in range(200)]
    found = audit(cases)
    one = lookup_of(found, "the whole question")
    assert one.in_sample == Share(200, 200) and one.distinct == 200
    assert one.cross_validated.n <= 120
    assert not any("whole question" in note for note in notes(found))


def test_wording_that_determines_the_key_is_found_beyond_the_kind() -> None:
    cases = [
        case(i, "Where is it bad?" if i % 5 == 0 else "Is anything bad?", key=int(i % 5 != 0))
        for i in range(100)
    ]
    one = lookup_of(audit(cases), "the whole question")
    assert (one.cross_validated, one.constant) == (Share(100, 100), Share(80, 100))


def test_the_kind_alone_is_a_leak_only_where_the_options_stay_the_same() -> None:
    def kinds(options: tuple[str, ...]) -> Audit:
        return audit(
            case(i, f"{i}?", key=i % 2, kind=("even", "odd")[i % 2], options=options)
            for i in range(60)
        )

    closed, choice = kinds(YES_NO), kinds(("left", "right"))
    assert lookup_of(closed, BY_KIND).cross_validated == Share(60, 60)
    assert any(BY_KIND in note for note in notes(closed))
    assert not any(f"looking up {BY_KIND}" in note for note in notes(choice))


def test_positions_of_keys() -> None:
    cases = [case(i, options=("a", "b", "c", "d"), key=3 if i < 60 else i % 3) for i in range(100)]
    found = audit(cases)
    (spread,) = found.positions
    assert (spread.options, spread.counts[3], sum(spread.counts)) == (4, 60, 100)
    assert any("the key is D in 60.0% (60 of 100)" in note for note in notes(found))
    assert audit([case(1)]).positions == (), "yes and no are no places"


def test_contradictions_and_repeats() -> None:
    found = audit([
        case(1, "Is there a shadow on the image?", 0, image="a"),
        case(2, "Is a shadow visible in this image?", 1, image="a"),
        case(3, "Is there a shadow in the image?", 0, image="a"),
        case(4, "Is there a shadow on the image?", 1, image="b"),
        case(5, "Is there no shadow on the image?", 1, image="a"),
    ])  # fmt: skip
    assert (found.contradictory.n, found.contradictory.of, found.repeated) == (1, 5, 1)
    (example,) = found.contradictory.examples
    assert (example.case, example.note) == ("case-2", "here 'no', elsewhere 'yes'")
    assert any(note.startswith("1 of 5: another key") for note in notes(found))


def test_choices_contradict_only_with_the_same_options() -> None:
    found = audit([
        case(1, "What is it?", 0, image="a", options=("cyst", "clot")),
        case(2, "What is it?", 0, image="a", options=("clot", "cyst")),
        case(3, "What is it?", 0, image="a", options=("vein", "clot")),
    ])  # fmt: skip
    assert found.contradictory.n == 1


@pytest.mark.parametrize(
    ("first", "second", "clash"),
    [
        (("Is the heart normal?", 0), ("Is the heart enlarged?", 0), True),
        (("Is the heart normal?", 1), ("Is the heart size abnormal?", 1), True),
        (("Is the heart normal?", 0), ("Is the heart enlarged?", 1), False),
        (("Is the heart normal?", 0), ("Is the aorta enlarged?", 0), False),
        (("Is the heart not normal?", 0), ("Is the heart normal?", 0), False),
    ],
)
def test_sound_by_one_question_and_unsound_by_another(
    first: tuple[str, int], second: tuple[str, int], clash: bool
) -> None:
    found = audit([case(1, *first, image="a"), case(2, *second, image="a")])
    assert found.opposed.n == clash


def test_a_question_about_soundness_and_its_opposite_takes_no_side() -> None:
    assert stance_of(["heart", "normal", "abnormal"], "yes") is None
    assert stance_of(["normal"], "yes") is None


@pytest.mark.parametrize(
    ("question", "reference", "what"),
    [
        ("Does she have a history of stroke?", "", "asks about history"),
        ("Should it be treated with surgery?", "", "asks about treatment"),
        ("Is it larger than on the previous study?", "",
         "asks to compare with an earlier picture"),
        ("Is it normal according to the report?", "", "asks what a report or note says"),
        ("Is it round?", "It is not clearly visible.", "the reference says that it is not visible"),
    ],
)  # fmt: skip
def test_questions_that_a_picture_may_not_answer(question: str, reference: str, what: str) -> None:
    found = audit([case(1, question, reference=reference), case(2)])
    assert [(issue.what, issue.n, issue.of) for issue in found.unanswerable] == [
        (what, 1, 2), ("any of these, or said not to be stated", 1, 2),
    ]  # fmt: skip


def test_a_vignette_may_state_a_history_and_ask_for_treatment() -> None:
    text = Case("t", "A history of gout.", "Which treatment?", ("a", "b"), brief=Brief(key=0))
    assert audit([text]).unanswerable == ()


def test_flags_of_the_loader_are_counted_and_shown_without_patients_words() -> None:
    flags = ["not-stated", "answer-in-question"]
    found = audit([case(1, flags=flags, reference="secret"), case(2, flags=flags, phi=True)])
    assert [issue.what.partition(":")[0] for issue in found.flagged] == sorted(flags)
    assert found.leaking[0].n == 2
    shown, hidden = found.flagged[1].examples
    assert (shown.note, hidden.note, hidden.question) == ("secret", "", "")


def test_a_key_told_in_the_question_is_a_leak_and_all_options_told_are_none() -> None:
    options = ("renal cyst", "gall stone")
    found = audit([
        case(1, "Does the renal  cyst, if any, lie left?", 0, options=options),
        case(2, "Is it a renal cyst or a gall stone?", 0, options=options),
        case(3, "What is it?", 0, options=options),
    ])  # fmt: skip
    (leak,) = found.leaking
    assert (leak.n, leak.of, leak.examples[0].case) == (1, 3, "case-1")


def test_the_published_key_stands_beside_ours() -> None:
    rows = [(1, 1), (1, 1), (1, None), (0, 1)]
    found = audit(
        case(i, f"{i}?", key=ours, options=YES_NO if ours is not None else (), published_key=theirs)
        for i, (theirs, ours) in enumerate(rows)
    )
    said = found.published
    assert said is not None
    assert (said.answer, said.share, said.agrees, said.without_ours) == (
        "no", Share(3, 4), Share(2, 3), 1,
    )  # fmt: skip
    assert audit([case(1)]).published is None


def test_coverage_counts_phantoms_apart() -> None:
    found = audit([case(1, modality="US", phantom=True), case(2), case(3, groups={"sex": "male"})])
    assert [(p.modality, p.region, p.cases, p.phantoms) for p in found.places] == [
        ("CT", "liver", 2, 0), ("US", "liver", 1, 1),
    ]  # fmt: skip
    assert found.groups == {"sex": {"male": 1}} and found.without_groups == 2
    assert (found.pictured, found.with_picture) == (3, 3)


def test_pictures_that_are_not_there_are_told() -> None:
    lost = Case("lost", "", "Is it?", YES_NO, brief=Brief(key=0, extra={"image_missing": True}))
    found = audit([lost, case(1)])
    assert (found.pictured, found.with_picture) == (2, 1)
    assert "1 of 2 cases that need a picture are without it" in notes(found)


def test_a_lookup_in_a_fold_of_its_own_is_answered_by_the_commonest() -> None:
    table = LookupTable()
    for fold in range(FOLDS):
        table.add(f"own {fold}", "yes" if fold else "no", fold)
    one = table.result("x")
    assert one is not None
    assert one.in_sample == Share(FOLDS, FOLDS)
    assert one.cross_validated == Share(FOLDS - 1, FOLDS)
    assert LookupTable().result("x") is None


def test_equals_are_told_apart_by_the_alphabet() -> None:
    priors = Priors()
    for answer in ("no", "yes", "yes", "no"):
        priors.add("k", answer, {})
    assert priors.results()[0].answer == "no"
    assert {fold_of(str(i)) for i in range(200)} == set(range(FOLDS))
