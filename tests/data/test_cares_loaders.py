"""The seven loaders on rows of our own in their sources' schemas."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from auscult.core import registry
from auscult.core.case import Case
from auscult.core.errors import DataError, UsageError
from auscult.kit.cares.rows import key_of, numbers_of, parse_listed, split_text
from auscult.kit.rows import BadRow

NAMES = ("iu-xray", "ham10000", "fairvlmed", "ol3i", "mimic-cxr", "omnimedvqa", "pmc-oa")
CHOOSE = " Please choose from the following two options: [yes, no]\n<image>"
PREAMBLE = "Pick one option only. The Question is:"


def xray(question: str = "Is the shadow round?", answer: str = "Yes.", **more: Any) -> Any:
    row = {"question": question + CHOOSE, "answer": answer, "image": "CXR7_IM-1/0.png"}
    return {**row, "question_id": 0, "text": row["question"], **more}


def skin(question: str = "Where is it?", **more: Any) -> Any:
    options = "A:scalp, B:ear, C:upper extremity, D:moon"
    return {
        "question_id": "ISIC_0000001", "options": options, "fig_caption": "C:upper extremity",
        "age": 45, "gender": "female", "image": "test/ISIC_0000001.jpg",
        "text": f"{PREAMBLE}{question}The candidate Options are:[{options}]\n", **more,
    }  # fmt: skip


def slice_(**more: Any) -> Any:
    options = "A:Yes, the muscle, which is thin, is at risk, B:No"
    return {
        "label": 0, "age": "68", "gender": "male", "options": options, "answer": "B:No",
        "question_id": 0, "image": "one.jpg",
        "text": f"{PREAMBLE}Is there risk?The candidate Options are:[{options}]", **more,
    }  # fmt: skip


def fundus(**more: Any) -> Any:
    return {
        "question_id": 12, "image": "slo_fundus_00012.jpg", "text": "What does the disc look like?",
        "answer": "It is pale.", **more,
    }  # fmt: skip


ROWS: dict[str, Any] = {
    "iu-xray": xray(),
    "ham10000": skin(),
    "fairvlmed": fundus(),
    "ol3i": slice_(),
    "mimic-cxr": xray(image="files/p10/p10000001/s5/a.jpg"),
    "omnimedvqa": {
        "text": "Which organ is shown?", "option_A": "liver", "option_B": "kidney",
        "gt_answer": "kidney", "image_path": "Images/Some set/1.png", "dataset": "Some set",
        "modality_type": "CT(Computed Tomography)",
    },
    "pmc-oa": {
        "question": "What does the arrow in the knee point at?", "answer": "A loose body.",
        "image": "PMC1_fig2.jpg", "modality": "MRI", "license": "CC BY",
    },
}  # fmt: skip


def write(folder: Path, rows: list[Any]) -> Path:
    path = folder / "questions.jsonl"
    path.write_text("\n".join(map(json.dumps, rows)) + "\n", encoding="utf-8")
    return path


def load(name: str, folder: Path, *rows: Any, **options: Any) -> list[Case]:
    options.setdefault("missing", "list")
    return list(registry.build("data", name).load(write(folder, list(rows)), options))


def test_a_radiograph_becomes_a_yes_no_case(tmp_path: Path) -> None:
    (case,) = load("iu-xray", tmp_path, xray())
    assert (case.question, case.options, case.brief.key) == (
        "Is the shadow round?", ("yes", "no"), 0,
    )  # fmt: skip
    brief = case.brief
    assert (brief.task, brief.modality, brief.region, brief.cluster) == (
        "yes-no", "CR", "chest", "CXR7",
    )  # fmt: skip
    assert brief.extra["published_key"] == 0
    assert "<image>" not in case.question and brief.extra["published_text"].endswith("<image>")
    assert brief.extra["kind"] == "asks for a finding" and brief.groups == {}


def test_a_lesion_becomes_a_choice_with_groups(tmp_path: Path) -> None:
    diagnosis = skin(
        "What is it?", options="A:melanoma, B:nevus", fig_caption="B:nevus", age=80, gender="male"
    )
    site, named = load("ham10000", tmp_path, skin(), diagnosis)
    assert site.options == ("scalp", "ear", "upper extremity", "moon")
    assert (site.question, site.brief.key, site.brief.task) == (
        "Where is it?",
        2,
        "multiple-choice",
    )
    assert site.brief.groups == {"age_band": "40-64", "sex": "female"}
    assert (site.brief.extra["kind"], site.brief.extra["site"]) == ("site", "upper-limb")
    assert (named.brief.extra["kind"], named.brief.key) == ("diagnosis", 1)
    assert named.brief.groups == {"age_band": "80+", "sex": "male"}
    assert site.brief.modality == "DMS" and site.cluster == named.cluster


def test_an_outcome_keeps_its_options_and_their_commas(tmp_path: Path) -> None:
    (case,) = load("ol3i", tmp_path, slice_())
    assert case.options == ("Yes, the muscle, which is thin, is at risk", "No")
    assert (case.brief.key, case.brief.task) == (1, "multiple-choice")
    assert case.brief.extra["label"] == "0" and case.brief.groups["age_band"] == "65-79"


def test_an_open_question_has_its_reference_and_joins_a_table(tmp_path: Path) -> None:
    table = tmp_path / "people.csv"
    table.write_text(
        "filename,age,gender,race,ethnicity,language,maritalstatus\n"
        "data_00012.npz,71.5,Female,Black or African American,Non-Hispanic,English,Unmarried\n"
        "data_00013.npz,30,Male,Asian,,,\n",
        encoding="utf-8",
    )
    (case,) = load("fairvlmed", tmp_path, fundus(), metadata=str(table))
    assert (case.options, case.brief.key, case.brief.task) == ((), None, "open")
    assert case.brief.reference == "It is pale." and case.phi
    assert case.brief.groups == {
        "age_band": "65-79", "sex": "female", "race": "black", "language": "english",
        "ethnicity": "not-hispanic-or-latino", "marital_status": "single",
    }  # fmt: skip
    assert case.brief.groups and load("fairvlmed", tmp_path, fundus())[0].brief.groups == {}


def test_pictures_of_one_lesion_are_one_cluster_where_a_table_says_so(tmp_path: Path) -> None:
    table = tmp_path / "lesions.csv"
    table.write_text("lesion_id,image_id\nL1,ISIC_0000001\nL1,ISIC_0000002\n", encoding="utf-8")
    two = skin(image="test/ISIC_0000002.jpg")
    cases = load("ham10000", tmp_path, skin(), two, metadata=str(table))
    assert [case.cluster for case in cases] == ["L1", "L1"]


def test_patients_of_mimic_are_one_cluster_and_patient_data(tmp_path: Path) -> None:
    (case,) = load("mimic-cxr", tmp_path, ROWS["mimic-cxr"])
    assert (case.cluster, case.phi, case.brief.task) == ("10000001", True, "yes-no")
    assert case.brief.extra["schema"] == "unverified"


def test_collections_say_their_modality_and_region(tmp_path: Path) -> None:
    (case,) = load("omnimedvqa", tmp_path, ROWS["omnimedvqa"])
    assert (case.brief.modality, case.options, case.brief.key) == ("CT", ("liver", "kidney"), 1)
    assert case.brief.extra["dataset"] == "Some set"
    eye = {**ROWS["omnimedvqa"], "modality_type": "OCT (Optical Coherence Tomography"}
    assert load("omnimedvqa", tmp_path, eye)[0].brief.modality == "OPT"
    (figure,) = load("pmc-oa", tmp_path, ROWS["pmc-oa"])
    assert (figure.brief.modality, figure.brief.region) == ("MR", "knee")
    assert figure.brief.extra["article_licence"] == "CC BY"


@pytest.mark.parametrize("name", NAMES)
def test_what_every_source_owes(name: str, tmp_path: Path) -> None:
    (case,) = load(name, tmp_path, ROWS[name])
    (again,) = load(name, tmp_path, {**ROWS[name], "question_id": 99})
    assert case.id == again.id and case.id.startswith(f"{name}-")
    assert case.brief.licence and case.brief.source and case.cluster
    assert case.images == () and case.brief.extra["image_missing"] is True
    assert case.phi is (name in ("fairvlmed", "mimic-cxr"))
    loader = registry.build("data", name)
    assert loader.contains_phi is case.phi


@pytest.mark.parametrize("name", NAMES)
def test_pictures_that_are_there_are_joined_and_those_that_are_not_are_listed(
    name: str, tmp_path: Path
) -> None:
    field = "image_path" if "image_path" in ROWS[name] else "image"
    names = [f"sub/{i:02}.png" for i in range(12)]
    rows = [{**ROWS[name], field: one} for one in names]
    folder = tmp_path / "pictures"
    (folder / "sub").mkdir(parents=True)
    with pytest.raises(DataError, match="12 of 12 pictures are not in") as said:
        load(name, tmp_path, *rows, images=str(folder), missing="error")
    assert names[9] in str(said.value) and names[10] not in str(said.value)
    for one in names[:11]:
        (folder / one).write_bytes(b"x")
    loader = registry.build("data", name)
    cases = list(loader.load(write(tmp_path, rows), {"images": str(folder), "missing": "list"}))
    assert [Path(case.images[0].path) for case in cases[:11]] == [folder / n for n in names[:11]]
    assert cases[11].images == () and cases[11].brief.extra["image_missing"] is True
    assert (loader.pictures.n_present, loader.pictures.n_missing) == (11, 1)
    assert loader.pictures.missing == [names[11]]
    (folder / names[11]).write_bytes(b"x")
    assert len(load(name, tmp_path, *rows, images=str(folder), missing="error")) == 12


def test_a_folder_named_itself_is_found_and_a_path_out_of_it_is_refused(tmp_path: Path) -> None:
    (tmp_path / "test").mkdir()
    (tmp_path / "test" / "ISIC_0000001.jpg").write_bytes(b"x")
    for folder in (tmp_path, tmp_path / "test"):
        (case,) = load("ham10000", tmp_path, skin(), images=str(folder), missing="error")
        assert Path(case.images[0].path) == tmp_path / "test" / "ISIC_0000001.jpg"
    for leading in ("../secret.jpg", "/etc/secret.jpg", "a/../../b.jpg"):
        with pytest.raises(DataError, match="leads out of its folder"):
            load("ham10000", tmp_path, skin(image=leading), missing="error")


def test_pictures_lie_beside_the_file_where_no_folder_is_named(tmp_path: Path) -> None:
    (tmp_path / "one.jpg").write_bytes(b"x")
    (case,) = load("ol3i", tmp_path, slice_(), missing="error")
    assert Path(case.images[0].path) == tmp_path / "one.jpg"


def test_rows_without_a_key_are_dropped_and_counted_or_flagged(tmp_path: Path) -> None:
    rows = [xray(), xray("Is it flat?", "This cannot be determined.")]
    loader = registry.build("data", "iu-xray")
    path = write(tmp_path, rows)
    (kept,) = loader.load(path, {"missing": "list"})
    assert kept.question == "Is the shadow round?"
    assert loader.n_unclear == loader.n_skipped == 1 and "has no key" in str(loader.skipped[0])
    _, unclear = loader.load(path, {"missing": "list", "unclear": "flag"})
    assert (unclear.options, unclear.brief.key, unclear.brief.task) == ((), None, "open")
    assert unclear.brief.extra["flags"] == ["cannot-tell"]
    assert loader.n_unclear == loader.n_skipped == 0
    with pytest.raises(DataError, match="no row with a key"):
        load("iu-xray", tmp_path, rows[1])


def test_rows_shifted_against_each_other_keep_their_own_answer(tmp_path: Path) -> None:
    row = xray("Is the shadow round? - Yes", "2. Is the heart large? - No")
    (case,) = load("iu-xray", tmp_path, row)
    assert (case.question, case.brief.key) == ("Is the shadow round?", 0)
    assert set(case.brief.extra["flags"]) == {"answer-in-question", "other-question"}
    assert "heart" not in case.brief.reference


def test_contradictory_rows_are_both_read_and_equal_ones_once(tmp_path: Path) -> None:
    loader = registry.build("data", "iu-xray")
    path = write(tmp_path, [xray(), xray(answer="No."), xray(question_id=5)])
    cases = list(loader.load(path, {"missing": "list"}))
    assert [case.brief.key for case in cases] == [0, 1]
    assert loader.n_duplicates == 1 and cases[0].id != cases[1].id


def test_a_silent_reference_is_flagged_in_open_questions_too(tmp_path: Path) -> None:
    (case,) = load("fairvlmed", tmp_path, fundus(answer="The note does not mention the disc."))
    assert case.brief.extra["flags"] == ["not-stated"]
    (marked,) = load("fairvlmed", tmp_path, fundus(text="Is XXXX pale in this picture?"))
    assert marked.brief.extra["flags"] == ["redacted"]


@pytest.mark.parametrize(
    ("name", "row", "says"),
    [
        ("ham10000", skin(fig_caption="C:ear"), "not that option's"),
        ("ham10000", skin(fig_caption="E:foot"), "names no single one"),
        ("ham10000", skin(fig_caption=None), "'answer' must be text"),
        ("ham10000", skin(image=None), "'image' must be text"),
        ("fairvlmed", fundus(answer=" "), "'answer' is blank"),
        ("fairvlmed", fundus(text="<image>"), "the question is blank"),
        ("pmc-oa", {"image": "a.png"}, "'question' must be text"),
        ("ol3i", slice_(options="A:Yes, B:Yes", answer="A:Yes"), "reads the same as the key"),
        ("iu-xray", [1], "expected a JSON object"),
    ],
)
def test_bad_rows_are_refused_with_their_place_or_counted(
    name: str, row: Any, says: str, tmp_path: Path
) -> None:
    with pytest.raises(DataError, match=rf"line 2.*{says}"):
        load(name, tmp_path, ROWS[name], row)
    assert len(load(name, tmp_path, ROWS[name], row, bad_rows="skip")) == 1


def test_options_are_checked_whole(tmp_path: Path) -> None:
    with pytest.raises(UsageError) as said:
        load("ol3i", tmp_path, slice_(), missing="never", pictures="x")
    assert "pictures" in str(said.value)
    with pytest.raises(DataError, match="folder of pictures"):
        load("ol3i", tmp_path, slice_(), images=str(tmp_path / "nowhere"))


def test_a_table_that_names_nobody_or_is_torn_is_refused(tmp_path: Path) -> None:
    table = tmp_path / "people.csv"
    table.write_text("age,sex\n3,f\n", encoding="utf-8")
    with pytest.raises(DataError, match="no column of filename"):
        load("fairvlmed", tmp_path, fundus(), metadata=str(table))
    table.write_text("id,age\n3\n", encoding="utf-8")
    with pytest.raises(DataError, match=r"line 2.*1 columns"):
        load("fairvlmed", tmp_path, fundus(), metadata=str(table))
    table.write_text("id,age\n", encoding="utf-8")
    with pytest.raises(DataError, match="no rows"):
        load("fairvlmed", tmp_path, fundus(), metadata=str(table))


@pytest.mark.parametrize(
    ("text", "options"),
    [
        ("A:scalp, B:ear", ("scalp", "ear")),
        ("A:Yes, with a, b and c, B:No", ("Yes, with a, b and c", "No")),
        ("A. hepatitis B, late B. hepatitis C", ("hepatitis B, late", "hepatitis C")),
        ("(A) one; (B) two", ("one", "two")),
        ("yes, no", ("yes", "no")),
        ("['left', 'right']", ("left", "right")),
        ("", ()),
    ],
)
def test_options_in_one_line(text: str, options: tuple[str, ...]) -> None:
    assert parse_listed(text) == options


def test_keys_by_letter_and_text() -> None:
    assert key_of("B", ("x", "y")) == key_of("B: y", ("x", "y")) == key_of("Y.", ("x", "y")) == 1
    with pytest.raises(BadRow):
        key_of("B", ("B", "A"))


def test_the_question_is_taken_out_of_its_instruction() -> None:
    inlined = f"{PREAMBLE}Which?The candidate Options are:[A:x, B:y]\n"
    assert split_text(inlined) == ("Which?", "A:x, B:y")
    assert split_text("Which?<image>") == ("Which?", "")
    assert split_text(f"Is it?{CHOOSE}") == ("Is it?", "yes, no")


def test_numbers_in_names() -> None:
    assert [numbers_of(n) for n in ("slo_fundus_00012.jpg", "data_12.npz", "0.png", "x")] == [
        "12", "12", "0", "x",
    ]  # fmt: skip
