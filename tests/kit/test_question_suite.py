"""What suites of questions share while they ask: options, cases, sizes, orders and labels."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from random import Random
from types import SimpleNamespace
from typing import Any

import msgspec
import pytest

from auscult.core.case import Brief, Case, ImageRef, OptionNote
from auscult.core.errors import DataError, PlanError
from auscult.core.message import user
from auscult.core.protocols import DataSet
from auscult.kit.donors import DONOR
from auscult.kit.options import parse_options
from auscult.kit.pictures import Pictures
from auscult.kit.question_suite import (
    IMAGE_TOKENS,
    PictureOptions,
    admitted,
    cases_with_donors,
    chosen_labels,
    fault_of,
    folded,
    hints_of,
    labels_of,
    noted_labels,
    one_order,
    options_size,
    order_drawn,
    orders_of,
    pictures_of,
    question_size,
    rows_without_pictures,
    shown_clean,
)
from auscult.kit.questions import Form, facts_of

DRUGS = ("aspirin", "heparin", "warfarin", "alteplase")
CHOICE = Case("d/q", question="Which drug?", options=DRUGS, brief=Brief(key=1))
YES_NO = Case("d/y", question="Is it so?", options=("yes", "no"), brief=Brief(key=0))


class Bench:
    """Draws as an engine does, from the label alone, and says which labels were asked for."""

    def __init__(self) -> None:
        self.labels: list[str] = []

    def rng(self, label: str) -> Random:
        self.labels.append(label)
        return Random(label)


def bench() -> Any:
    return Bench()


def changed(case: Case, **fields: Any) -> Case:
    return msgspec.structs.replace(case, **fields)


# --- options ----------------------------------------------------------------------------------


class Own(PictureOptions, frozen=True, forbid_unknown_fields=True):
    repeats: int = 2

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.repeats < 1:
            raise ValueError("repeats is below 1")


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"letters": "A"}, "two or more different characters"),
        ({"letters": "ABA"}, "letters is 'ABA'"),
        ({"max_side": 0}, "max_side is 0; give 1 or more"),
        ({"burned_in": "maybe"}, "maybe"),
        ({"repeats": 0}, "repeats is below 1"),
        ({"max_sid": 3}, "'max_side'"),
    ],
)
def test_shared_and_own_options_are_checked_together(given: dict[str, Any], said: str) -> None:
    with pytest.raises(PlanError, match=said):
        parse_options(given, Own, "suite 'own'")


def test_a_suite_extends_the_options() -> None:
    options = parse_options({"letters": "1234", "repeats": "3"}, Own, "suite 'own'")
    assert (options.letters, options.repeats, options.max_side) == ("1234", 3, 1024)
    assert isinstance(pictures_of(options), Pictures)


def test_the_file_of_cleared_pictures_is_read_at_once(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="gone"):
        pictures_of(PictureOptions(cleared=str(tmp_path / "gone.txt")))


# --- cases ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("case", "form", "said"),
    [
        (changed(CHOICE, question=" "), "multiple-choice", "neither a stem nor a question"),
        (changed(CHOICE, question=""), "open", "neither a stem nor a question"),
        (changed(CHOICE, options=DRUGS[:1]), "multiple-choice", "has 1 options; .* needs two"),
        (changed(CHOICE, brief=Brief()), "multiple-choice", "no key; give the index"),
        (changed(CHOICE, brief=Brief(key=4)), "multiple-choice", "the key 4; give the index"),
        (changed(CHOICE, brief=Brief(key=-1)), "multiple-choice", "the key -1"),
        (changed(YES_NO, options=("present", "absent")), "yes-no", "other options than yes and no"),
        (CHOICE, "multiple-choice", "has 4 options but there are 3 letters"),
    ],
)
def test_what_is_wrong_with_a_case_is_said_with_its_name(case: Case, form: Form, said: str) -> None:
    with pytest.raises(DataError, match=f"^case '.' of data set 'd' .*{said}"):
        admitted(case, fault_of(case, form, "ABC"))


@pytest.mark.parametrize(
    ("case", "form", "letters"),
    [
        (CHOICE, "multiple-choice", "ABCD"),
        (changed(YES_NO, options=("No.", "YES")), "yes-no", "AB"),
        (YES_NO, "multiple-choice", "AB"),
        (Case("d/o", question="What is it?"), "open", "AB"),
    ],
)
def test_a_case_that_can_be_asked_passes(case: Case, form: Form, letters: str) -> None:
    assert admitted(case, fault_of(case, form, letters)) is case


class Pictured:
    """Two patients with a picture each."""

    def load(self, path: Path, options: Mapping[str, Any]) -> Iterator[Case]:
        for number in range(2):
            picture = ImageRef(f"{path}-{number}.png")
            yield Case(f"p{number}", question="?", images=(picture,))


def test_a_picture_never_goes_to_a_case_of_another_set() -> None:
    sets = [DataSet("two", "one"), DataSet("two", "other")]
    found = list(cases_with_donors(sets, {"two": Pictured()}))
    assert [case.id for case in found] == ["one/p0", "one/p1", "other/p0", "other/p1"]
    donors = [case.brief.extra[DONOR] for case in found]
    assert donors == ["one-1.png", "one-0.png", "other-1.png", "other-0.png"]


def test_loaders_read_rows_without_pictures_only_where_those_are_asked() -> None:
    named = SimpleNamespace(audit_options={"missing": "list", "bad_rows": "skip"})
    loaders: Any = {"named": named, "plain": SimpleNamespace()}
    own = DataSet("named", "b.jsonl", {"missing": "error"})
    given = [DataSet("named", "a.jsonl"), own, DataSet("plain"), DataSet("unknown")]
    assert rows_without_pictures(given, loaders, "skip") == given
    first, *others = rows_without_pictures(given, loaders, "ask")
    assert first.options == {"missing": "list"} and others == given[1:]


# --- size -------------------------------------------------------------------------------------


def test_everything_said_counts_towards_the_size() -> None:
    told = changed(CHOICE, messages=(user("earlier " * 20),))
    seen = changed(told, images=(ImageRef("a.png"), ImageRef("b.png")))
    assert options_size(CHOICE) < question_size(CHOICE) < question_size(told)
    assert question_size(seen) == question_size(told) + 2 * IMAGE_TOKENS
    assert question_size(seen, pictures=False) == question_size(told)


# --- asking -----------------------------------------------------------------------------------


async def test_a_case_that_is_not_asked_reads_no_picture() -> None:
    seen = changed(CHOICE, images=(ImageRef("nowhere.png"),))
    never: Any = SimpleNamespace()
    assert (await shown_clean(seen, never, "too long")).reason == "too long"
    assert (await shown_clean(CHOICE, never, "")).reason == ""
    assert "nowhere.png" in (await shown_clean(seen, Pictures(), "")).reason


def test_options_are_drawn_anew_in_each_asking() -> None:
    orders = orders_of(CHOICE, "multiple-choice", bench(), 4)
    assert all(sorted(order) == [0, 1, 2, 3] for order in orders)
    assert all({order[place] for order in orders} == {0, 1, 2, 3} for place in range(4))
    assert orders == orders_of(CHOICE, "multiple-choice", bench(), 4)


def test_one_order_serves_all_arms_with_draws_of_its_own() -> None:
    book = bench()
    assert sorted(one_order(CHOICE, "multiple-choice", book)) == [0, 1, 2, 3]
    orders_of(CHOICE, "multiple-choice", book, 2)
    assert book.labels == ["order", "orders"]


@pytest.mark.parametrize(
    ("case", "form"),
    [
        (YES_NO, "yes-no"),
        (changed(CHOICE, options=(*DRUGS, "none of the above")), "multiple-choice"),
        (Case("d/o", question="What is it?"), "open"),
    ],
)
def test_where_places_mean_something_nothing_is_drawn(case: Case, form: Form) -> None:
    book, own = bench(), tuple(range(len(case.options)))
    assert not order_drawn(case, form)
    assert orders_of(case, form, book, 3) == [own] * 3
    assert one_order(case, form, book) == own
    assert not book.labels


def test_hints_hold_the_facts_and_where_the_question_is_put() -> None:
    facts = facts_of(CHOICE, "multiple-choice", (3, 2, 1, 0))
    hints = hints_of(CHOICE, "multiple-choice", facts, "baseline", 1, image="clean")
    assert hints["kind"] == "mcq" and hints["key"] == 2 and hints["image"] == "clean"
    assert (hints["arm"], hints["repeat"], hints["case_id"]) == ("baseline", 1, "d/q")


# --- what is recorded -------------------------------------------------------------------------


def test_only_labels_that_are_known_and_wanted_are_recorded() -> None:
    case = changed(CHOICE, brief=Brief(key=1, modality="CT", extra={"kind": "site"}))
    assert labels_of(case, "form", "data", "modality", "region") == {
        "form": "multiple-choice", "data": "d", "modality": "CT",
    }  # fmt: skip
    assert labels_of(case, "kind") == {"kind": "site"}


@pytest.mark.parametrize(
    ("chosen", "found"),
    [
        (1, {"position_chosen": 1, "chosen_original": 0}),
        ("C", {"position_chosen": 2, "chosen_original": 1}),
        ("Z", {}), ("", {}), (None, {}), (3, {}), (-1, {}),
    ],
)  # fmt: skip
def test_what_was_chosen_is_told_by_place_and_by_option(chosen: Any, found: Any) -> None:
    assert chosen_labels(chosen, "ABC", (2, 0, 1)) == found


def test_what_its_author_says_of_the_option_chosen_is_noted() -> None:
    notes = (OptionNote("key", "none"), OptionNote("second-best", "severe"))
    assert noted_labels(notes, 1) == {"harm_chosen": "severe", "status_chosen": "second-best"}
    assert noted_labels(notes, None) == noted_labels(notes, 2) == noted_labels((), 0) == {}


def test_an_option_is_counted_by_what_it_says() -> None:
    assert folded(" Left   Lung. ") == folded("left lung") == "left lung"
    one, other = "a" * 100 + "x", "a" * 100 + "y"
    assert folded(one) != folded(other) and len(folded(one)) <= 80
