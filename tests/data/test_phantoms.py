"""The starter phantoms: balanced, true by construction, and files that nothing can spoil."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter, defaultdict
from pathlib import Path

import pytest
from phantom_pack import STARTER, drawn, pixels_of
from processes import environment

from auscult.core.case import Case
from auscult.core.errors import DataError, UsageError
from auscult.data import phantoms
from auscult.kit.imaging.burned_in import suspect_text
from auscult.kit.imaging.phantom_files import PictureFolder

OTHER = {"left": "right", "right": "left"}


@pytest.fixture(scope="module")
def cases(tmp_path_factory: pytest.TempPathFactory) -> list[Case]:
    return drawn(tmp_path_factory)


def test_the_pack_is_as_large_as_it_says(cases: list[Case]) -> None:
    tasks = Counter(case.brief.task for case in cases)
    assert tasks == {"yes-no": 200, "multiple-choice": 188, "open": 54}
    assert len({case.images[0].path for case in cases}) == 108
    assert len({case.cluster for case in cases}) == 108
    assert len({case.id for case in cases}) == len(cases)
    assert len({case.brief.modality for case in cases}) == 9


def test_every_case_says_that_it_is_a_phantom_and_of_nobody(cases: list[Case]) -> None:
    for case in cases:
        assert case.brief.extra["phantom"] is True
        assert case.brief.source is not None and "phantom" in case.brief.source.name
        assert not case.brief.groups and not case.brief.reviewers and not case.phi
        assert case.images[0].media_type == "image/png"
        assert Path(case.images[0].path).is_file()


def test_closed_questions_have_options_and_open_ones_a_reference(cases: list[Case]) -> None:
    for case in cases:
        if case.brief.task == "open":
            assert not case.options and case.brief.key is None
            assert case.brief.reference.endswith(".") and len(case.brief.reference) < 120
        else:
            assert case.brief.key in range(len(case.options)) and not case.brief.reference
            assert (case.options == ("yes", "no")) == (case.brief.task == "yes-no")


@pytest.mark.parametrize("count", [6, 12, 18])
def test_a_constant_answer_scores_at_chance_in_every_question(
    count: int, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The options, the question's words and the modality tell nothing of the key."""
    monkeypatch.setattr(PictureFolder, "picture", lambda *_: Path("not-drawn.png"))
    keys: dict[str, Counter[int]] = defaultdict(Counter)
    options: dict[str, set[tuple[str, ...]]] = defaultdict(set)
    by_modality: dict[str, Counter[int]] = defaultdict(Counter)
    for case in drawn(tmp_path_factory, count=count):
        if case.brief.key is None:
            continue
        keys[case.question][case.brief.key] += 1
        options[case.question].add(case.options)
        if case.brief.task == "yes-no":
            by_modality[case.brief.modality][case.brief.key] += 1
    for question, shown in options.items():
        assert len(shown) == 1, question
        (texts,) = shown
        asked = keys[question].total()
        assert keys[question] == dict.fromkeys(range(len(texts)), asked // len(texts)), question
    assert len(by_modality) == 9
    for modality, answers in by_modality.items():
        assert answers[0] == answers[1], modality


def test_no_answer_tells_of_another_of_the_same_picture(cases: list[Case]) -> None:
    """Of two yes/no questions put to the same pictures, agreement is no commoner than not."""
    keys: dict[str, dict[str, int]] = defaultdict(dict)
    for case in cases:
        if case.brief.task == "yes-no":
            keys[case.question][case.cluster] = case.brief.key or 0
    names = sorted(keys)
    compared = 0
    for i, one in enumerate(names):
        for other in names[i + 1 :]:
            both = keys[one].keys() & keys[other].keys()
            if len(both) < 8:
                continue
            compared += 1
            agreed = sum(keys[one][c] == keys[other][c] for c in both)
            assert 2 * agreed == len(both), (one, other)
    assert compared == 6


def test_sides_are_of_the_picture_and_flip_with_it(cases: list[Case]) -> None:
    sided = [case for case in cases if "laterality" in case.brief.extra]
    assert Counter(case.brief.extra["laterality"] for case in sided)["left"] * 2 == len(sided)
    for case in cases:
        extra = case.brief.extra
        assert "patient" not in f"{case.text} {case.options}"
        if case.brief.task == "open":
            changed = extra["mirrored_reference"] != case.brief.reference
            assert "mirrored_key" not in extra
        else:
            changed = extra["mirrored_key"] != case.brief.key
        assert changed == ("laterality" in extra)
        if changed and case.brief.task == "multiple-choice":
            key, mirrored = case.options[case.brief.key or 0], case.options[extra["mirrored_key"]]
            assert extra["laterality"] in key
            assert mirrored == key.replace(extra["laterality"], OTHER[extra["laterality"]])


def test_no_picture_is_held_back_for_burned_in_text(cases: list[Case]) -> None:
    pictures = {case.images[0].path: case for case in cases}
    assert [p for p, case in pictures.items() if suspect_text(pixels_of(case))] == []


def test_options_choose_kinds_and_counts(tmp_path_factory: pytest.TempPathFactory) -> None:
    few = drawn(tmp_path_factory, count=3, kinds=["bone", "ecg"])
    assert {case.cluster for case in few} == {
        f"{k}-00{n}" for k in ("bone", "ecg") for n in (0, 1, 2)
    }
    assert [case.id for case in few if case.cluster == "bone-000"] == [
        "bone-000-fracture-present", "bone-000-fracture-where", "bone-000-fracture-open",
        "bone-000-plate-present",
    ]  # fmt: skip
    open_ones = drawn(tmp_path_factory, count=1, kinds=["bone", "ecg"], tasks=["open"])
    assert [case.id for case in open_ones] == ["bone-000-fracture-open", "ecg-000-rhythm-open"]
    with pytest.raises(UsageError, match="tasks"):
        drawn(tmp_path_factory, tasks=["essay"])
    with pytest.raises(UsageError, match="Did you mean 'bone'"):
        drawn(tmp_path_factory, kinds=["bones"])
    with pytest.raises(UsageError, match="count is 0"):
        drawn(tmp_path_factory, count=0)


# --- the files --------------------------------------------------------------------------------


def load(folder: Path, monkeypatch: pytest.MonkeyPatch, count: int = 2) -> list[Path]:
    monkeypatch.delenv("AUSCULT_CACHE", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(folder))
    wanted = {"count": count, "kinds": ["abdomen"]}
    cases = phantoms.build().load(STARTER, wanted)
    return sorted({Path(case.images[0].path) for case in cases})


def test_pictures_are_drawn_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = load(tmp_path, monkeypatch)
    assert {path.parent for path in first} == {tmp_path / "auscult" / "phantoms"}

    def none(*_: object) -> None:
        raise AssertionError("a picture was drawn again")

    monkeypatch.setattr("auscult.kit.imaging.phantom_files.draw", none)
    assert load(tmp_path, monkeypatch) == first
    with pytest.raises(AssertionError, match="drawn again"):
        load(tmp_path, monkeypatch, count=3)


def test_loading_again_needs_no_numpy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    load(tmp_path, monkeypatch, count=1)
    script = (
        "import sys\n"
        "from pathlib import Path\n"
        "from auscult.data.phantoms import build\n"
        "assert list(build().load(Path('starter'), {'kinds': ['abdomen'], 'count': 1}))\n"
        "assert not {'numpy', 'scipy', 'PIL'} & set(sys.modules)\n"
    )
    there = environment(XDG_CACHE_HOME=str(tmp_path), AUSCULT_CACHE="")
    subprocess.run([sys.executable, "-c", script], env=there, check=True, timeout=60)


@pytest.mark.parametrize("damage", ["cut", "changed", "gone", "empty"])
def test_a_damaged_picture_is_drawn_again(
    damage: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = load(tmp_path, monkeypatch)[0]
    whole = path.read_bytes()
    if damage == "gone":
        path.unlink()
    else:
        path.write_bytes({"cut": whole[:999], "changed": whole + b"x", "empty": b""}[damage])
    assert load(tmp_path, monkeypatch)[0].read_bytes() == whole


def test_what_a_killed_process_left_does_no_harm(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "auscult" / "phantoms"
    folder.mkdir(parents=True)
    (folder / "tmpab-1_x.part").write_bytes(b"half a pict")
    (folder / "abdomen-000-deadbeef-0123456789abcdef.png").write_bytes(b"of another version")
    paths = load(tmp_path, monkeypatch)
    assert all(path.read_bytes().startswith(b"\x89PNG") for path in paths)
    assert len(paths) == 2


def test_two_processes_at_once_end_with_the_same_files(tmp_path: Path) -> None:
    script = (
        "from pathlib import Path\n"
        "from auscult.data.phantoms import build\n"
        "cases = build().load(Path('starter'), {'kinds': ['abdomen'], 'count': 6})\n"
        "print(sorted({case.images[0].path for case in cases}))\n"
    )
    there = environment(XDG_CACHE_HOME=str(tmp_path), AUSCULT_CACHE="")
    running = [
        subprocess.Popen([sys.executable, "-c", script], env=there, stdout=subprocess.PIPE)
        for _ in range(2)
    ]
    told = [process.communicate(timeout=60)[0] for process in running]
    assert told[0] == told[1] != b"" and not any(process.returncode for process in running)
    assert len(list((tmp_path / "auscult" / "phantoms").iterdir())) == 6


def test_a_folder_that_cannot_be_used_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "auscult").write_bytes(b"a file where the folder should be")
    with pytest.raises(DataError, match="AUSCULT_CACHE to a folder that can be written"):
        load(tmp_path, monkeypatch)


def test_another_path_is_refused(tmp_path: Path) -> None:
    (tmp_path / "starter").mkdir()
    for path in (Path("stater"), tmp_path / "starter", Path("some/starter")):
        with pytest.raises(DataError, match="write phantoms=starter"):
            phantoms.build().load(path, {})
