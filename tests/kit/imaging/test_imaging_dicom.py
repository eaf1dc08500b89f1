"""DICOM: frames, windows and inversion as the file says; the header stays behind."""

from __future__ import annotations

import gzip
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pydicom
import pytest
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.sequence import Sequence
from pydicom.uid import (
    CTImageStorage,
    DeflatedExplicitVRLittleEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    RLELossless,
)

from auscult.core.errors import DataError, UsageError
from auscult.kit.imaging import dicom, limits
from auscult.kit.imaging.read import ReadOptions, format_of, read_picture

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning:pydicom")
SAMPLES = Path(pydicom.__file__).parent / "data" / "test_files"
NAME = "Example^Anna"


def make(values: Any, **fields: Any) -> Dataset:
    """A CT of the values given, with a patient on it; frames first where there are three axes."""
    values = np.asarray(values)
    colour = values.ndim > 2 and values.shape[-1] == 3
    data = Dataset()
    data.file_meta = FileMetaDataset()
    data.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    data.file_meta.MediaStorageSOPClassUID = data.SOPClassUID = CTImageStorage
    data.file_meta.MediaStorageSOPInstanceUID = data.SOPInstanceUID = "1.2.3.4"
    data.PatientName, data.PatientID, data.PatientBirthDate = NAME, "4711", "19610402"
    data.Modality, data.BodyPartExamined = "CT", "CHEST"
    data.Rows, data.Columns = values.shape[-3:-1] if colour else values.shape[-2:]
    if values.ndim == 3 and not colour:
        data.NumberOfFrames = values.shape[0]
    data.SamplesPerPixel = 3 if colour else 1
    data.PhotometricInterpretation = "RGB" if colour else "MONOCHROME2"
    if colour:
        data.PlanarConfiguration = 0
    bits = values.dtype.itemsize * 8
    data.BitsAllocated = data.BitsStored = bits
    data.HighBit = bits - 1
    data.PixelRepresentation = int(values.dtype.kind == "i")
    data.PixelData = values.tobytes() + b"\0" * (values.nbytes % 2)
    data["PixelData"].VR = "OW" if bits > 8 else "OB"
    for name, value in fields.items():
        setattr(data, name, value)
    return data


def write(path: Path, data: Dataset) -> Path:
    data.save_as(path, enforce_file_format=True)
    return path


def read(tmp_path: Path, data: Dataset, **options: Any) -> Any:
    return read_picture(write(tmp_path / "IM000001", data), ReadOptions(**options))


def said(path: Path) -> str:
    with pytest.raises(DataError) as caught:
        read_picture(path)
    text = str(caught.value)
    assert str(path) in text and "\n" not in text
    return text


def test_the_files_window_after_its_rescale(tmp_path: Path) -> None:
    stored = np.array([[0, 1064, 1024 + 90, 3000]], np.uint16)
    data = make(
        stored, RescaleSlope=1, RescaleIntercept=-1024, WindowCenter=[40, 600], WindowWidth=[101, 9]
    )
    picture = read(tmp_path, data)
    # PS3.3 C.11.2.1.2.1 by hand: ((x - 39.5) / 100 + 0.5), clipped
    assert np.allclose(picture.pixels, [[0.0, 0.505, 1.0, 1.0]], atol=1e-6)
    assert picture.facts["window"] == "the file's"
    assert picture.facts["window_centre_width"] == [40.0, 101.0]
    assert picture.facts["rescale"] == [1.0, -1024.0]


def test_a_window_that_is_asked_for_comes_first(tmp_path: Path) -> None:
    data = make(np.array([[-1001, 0, 400]], np.int16), WindowCenter=0, WindowWidth=10)
    picture = read(tmp_path, data, window=(-300.0, 1401.0))
    assert np.allclose(picture.pixels, [[0.0, (300.5 / 1400) + 0.5, 1.0]], atol=1e-6)
    assert picture.facts["window"] == "as asked"


def test_sigmoid_and_exact_windows(tmp_path: Path) -> None:
    values = np.array([[-10, 0, 10]], np.int16)
    sigmoid = make(values, WindowCenter=0, WindowWidth=20, VOILUTFunction="SIGMOID")
    expected = 1 / (1 + np.exp(-4 * np.array([[-10, 0, 10]]) / 20))
    assert np.allclose(read(tmp_path, sigmoid).pixels, expected, atol=1e-6)
    exact = make(values, WindowCenter=0, WindowWidth=20, VOILUTFunction="LINEAR_EXACT")
    assert np.allclose(read(tmp_path, exact).pixels, [[0, 0.5, 1]], atol=1e-6)


def test_our_windows_agree_with_pydicoms(tmp_path: Path) -> None:
    values = np.random.default_rng(1).integers(-1000, 2000, (20, 20)).astype(np.int16)
    data = make(values, WindowCenter=300, WindowWidth=701, RescaleSlope=2, RescaleIntercept=-9)
    from pydicom.pixels.processing import apply_modality_lut, apply_windowing

    theirs = apply_windowing(apply_modality_lut(values, data), data)
    spread = (theirs - theirs.min()) / (theirs.max() - theirs.min())
    assert np.abs(read(tmp_path, data).pixels - spread).max() < 1e-5


def test_percentiles_where_the_file_has_no_window(tmp_path: Path) -> None:
    values = np.arange(1000, dtype=np.uint16).reshape(20, 50)
    values[0, 0] = 60_000
    picture = read(tmp_path, make(values))
    assert picture.facts["window"] == "percentiles"
    assert 0.4 < picture.pixels[10, 0] < 0.6


@pytest.mark.parametrize("width", [0, -3, ""])
def test_a_senseless_window_is_not_taken(tmp_path: Path, width: Any) -> None:
    data = make(np.arange(16, dtype=np.uint16).reshape(4, 4), WindowCenter=3)
    data.WindowWidth = width
    assert read(tmp_path, data).facts["window"] == "percentiles"


def test_padding_does_not_stretch_the_percentiles(tmp_path: Path) -> None:
    values = np.tile(np.arange(100, 200, dtype=np.int16), (10, 1))
    values[:, :20] = -32768
    data = make(values)
    data.add_new(0x00280120, "SS", -32768)
    picture = read(tmp_path, data)
    assert picture.facts["window_from"] >= 120
    assert picture.pixels[0, 0] == 0 and picture.pixels[0, 60] > 0.4


def test_a_constant_picture_is_black_and_no_error(tmp_path: Path) -> None:
    picture = read(tmp_path, make(np.full((3, 3), 7, np.uint16)))
    assert picture.pixels.max() == 0 and picture.facts["window"] == "lowest to highest"


def test_monochrome1_is_inverted(tmp_path: Path) -> None:
    data = make(np.array([[0, 255]], np.uint8), PhotometricInterpretation="MONOCHROME1")
    picture = read(tmp_path, data, window=(128.0, 256.0))
    assert np.allclose(picture.pixels, [[1, 0]], atol=1e-2) and picture.facts["inverted"]


def test_a_voi_table_is_used(tmp_path: Path) -> None:
    table = Dataset()
    table.LUTDescriptor, table.LUTData = [4, 10, 8], [0, 51, 204, 255]
    table["LUTDescriptor"].VR = table["LUTData"].VR = "US"
    data = make(np.array([[0, 10, 11, 12, 13, 99]], np.uint16), VOILUTSequence=Sequence([table]))
    picture = read(tmp_path, data)
    assert np.allclose(picture.pixels, [[0, 0, 0.2, 0.8, 1, 1]])
    assert picture.facts["window"] == "the file's table"


def test_the_middle_frame_unless_one_is_chosen(tmp_path: Path) -> None:
    frames = np.stack([np.full((2, 2), 60 * n, np.uint8) for n in range(4)])
    middle = read(tmp_path, make(frames), window=(127.5, 256.0))
    assert (middle.facts["frame"], middle.facts["frames"]) == (2, 4)
    assert np.allclose(middle.pixels, 120 / 255, atol=0.01)
    last = read(tmp_path, make(frames), window=(127.5, 256.0), frame=3)
    assert np.allclose(last.pixels, 180 / 255, atol=0.01)
    with pytest.raises(DataError, match="4 frames and no frame 4"):
        read(tmp_path, make(frames), frame=4)


def test_windows_of_single_frames(tmp_path: Path) -> None:
    def group(centre: int) -> Dataset:
        voi, item = Dataset(), Dataset()
        voi.WindowCenter, voi.WindowWidth = centre, 11
        item.FrameVOILUTSequence = Sequence([voi])
        return item

    data = make(np.full((2, 2, 2), 5, np.uint8))
    data.PerFrameFunctionalGroupsSequence = Sequence([group(5), group(100)])
    assert read(tmp_path, data, frame=0).pixels.mean() > 0.4
    assert read(tmp_path, data, frame=1).pixels.max() == 0


@pytest.mark.parametrize("syntax", [ImplicitVRLittleEndian, DeflatedExplicitVRLittleEndian])
def test_other_ways_of_writing(tmp_path: Path, syntax: Any) -> None:
    data = make(np.array([[0, 255]], np.uint8))
    data.file_meta.TransferSyntaxUID = syntax
    assert np.allclose(read(tmp_path, data, window=(128.0, 256.0)).pixels, [[0, 1]], atol=0.01)


def test_packed_frames(tmp_path: Path) -> None:
    values = np.random.default_rng(2).integers(0, 4000, (8, 8)).astype(np.uint16)
    data = make(values, WindowCenter=2000, WindowWidth=4001)
    plain = read(tmp_path, data).pixels
    data.compress(RLELossless)
    assert np.array_equal(read(tmp_path, data).pixels, plain)


def test_a_deflated_bomb_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data = make(np.zeros((2000, 2000), np.uint16))
    data.file_meta.TransferSyntaxUID = DeflatedExplicitVRLittleEndian
    path = write(tmp_path / "x", data)
    assert path.stat().st_size < 100_000
    monkeypatch.setattr(dicom, "MAX_INFLATED_BYTES", 1_000_000)
    assert "unpacks to more than" in said(path)


def test_colour_and_palette(tmp_path: Path) -> None:
    colour = np.zeros((2, 2, 3), np.uint8)
    colour[..., 1] = 255
    assert np.allclose(read(tmp_path, make(colour)).pixels, [0, 1, 0])
    data = make(np.array([[0, 1]], np.uint8), PhotometricInterpretation="PALETTE COLOR")
    for name, entries in (("Red", [0, 65535]), ("Green", [0, 0]), ("Blue", [65535, 0])):
        setattr(data, f"{name}PaletteColorLookupTableDescriptor", [2, 0, 16])
        table = np.array(entries, "<u2").tobytes()
        setattr(data, f"{name}PaletteColorLookupTableData", table)
    for element in data:
        if element.keyword.endswith("TableDescriptor"):
            element.VR = "US"
    assert np.allclose(read(tmp_path, data).pixels, [[[0, 0, 1], [1, 0, 0]]])


def test_identifiers_are_named_and_no_value_leaves(tmp_path: Path) -> None:
    hidden = Dataset()
    hidden.ReferringPhysicianName = "Doctor^Who"
    data = make(
        np.zeros((2, 2), np.uint8),
        InstitutionName="St Elsewhere",
        AccessionNumber="",
        BurnedInAnnotation="YES",
        ReferencedStudySequence=Sequence([hidden]),
    )
    data.add_new(0x00091001, "LO", "secret 4711")
    picture = read(tmp_path, data)
    dropped = picture.facts["identifiers_dropped"]
    assert {
        "PatientName", "PatientID", "PatientBirthDate", "InstitutionName", "SOPInstanceUID",
        "ReferringPhysicianName", "private fields",
    } <= set(dropped)  # fmt: skip
    assert "AccessionNumber" not in dropped and "SOPClassUID" not in dropped
    told = str(picture.facts)
    for value in ("Anna", "4711", "1961", "Elsewhere", "Who", "1.2.3.4"):
        assert value not in told
    assert picture.facts["modality"] == "CT" and picture.facts["body_part"] == "CHEST"
    assert (picture.facts["rows"], picture.facts["columns"]) == (2, 2)
    assert picture.facts["burned_in_tag"] == "YES"


def test_a_name_in_a_coded_field_does_not_leave(tmp_path: Path) -> None:
    data = make(np.zeros((2, 2), np.uint8))
    data.BodyPartExamined = "Anna Example, left knee"
    assert read(tmp_path, data).facts["body_part"] == ""


def test_errors_do_not_quote_the_header(tmp_path: Path) -> None:
    data = make(np.zeros((2, 2), np.uint8))
    whole = write(tmp_path / "w", data).read_bytes()
    path = tmp_path / "x"
    refused = 0
    rng = np.random.default_rng(4)
    for _ in range(200):
        broken = np.frombuffer(whole, np.uint8).copy()
        places = rng.integers(132, len(broken), 3)
        broken[places] = rng.integers(0, 255, 3)
        path.write_bytes(broken.tobytes()[: rng.integers(140, len(broken) + 1)])
        try:
            read_picture(path)
        except DataError as wrong:
            refused += 1
            assert "Anna" not in str(wrong) and "4711" not in str(wrong)
    assert refused > 100


def test_without_preamble_it_is_still_dicom(tmp_path: Path) -> None:
    data = make(np.array([[0, 255]], np.uint8))
    path = tmp_path / "x"
    del data.file_meta
    data.save_as(path, implicit_vr=False, little_endian=True, enforce_file_format=False)
    assert format_of(path) == "dicom"
    picture = read_picture(path, ReadOptions(window=(128.0, 256.0)))
    assert np.allclose(picture.pixels, [[0, 1]], atol=0.01)


def test_a_tiff_preamble_does_not_mislead(tmp_path: Path) -> None:
    path = write(tmp_path / "x", make(np.zeros((2, 2), np.uint8)))
    whole = path.read_bytes()
    path.write_bytes(b"II*\0" + whole[4:])
    assert format_of(path) == "dicom"


def test_without_pixels_and_beyond_the_limit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = make(np.zeros((2, 2), np.uint8))
    big = write(tmp_path / "big", data)
    monkeypatch.setattr(limits, "MAX_PIXELS", 3)
    assert "2 by 2 pixels" in said(big)
    for name in ("PixelData", "Rows", "Columns"):
        delattr(data, name)
    assert "without a picture (modality CT)" in said(write(tmp_path / "none", data))


def test_a_cut_off_file(tmp_path: Path) -> None:
    path = write(tmp_path / "x", make(np.zeros((50, 50), np.uint16)))
    path.write_bytes(path.read_bytes()[:-1000])
    assert "damaged or cut-off DICOM" in said(path)


def test_without_pydicom_the_sentence_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write(tmp_path / "x", make(np.zeros((2, 2), np.uint8)))
    monkeypatch.setitem(sys.modules, "pydicom", None)
    monkeypatch.delitem(sys.modules, "auscult.kit.imaging.dicom")
    with pytest.raises(UsageError, match=r"install auscult\[imaging\]"):
        read_picture(path)


def test_pydicoms_own_samples_are_read_or_refused_in_one_sentence() -> None:
    read_names, refused = [], []
    for path in sorted(SAMPLES.glob("*.dcm")):
        try:
            pixels = read_picture(path).pixels
        except DataError as wrong:
            assert "\n" not in str(wrong)
            refused.append(path.name)
        else:
            assert pixels.dtype == np.float32 and np.isfinite(pixels).all()
            assert pixels.min() >= 0 and pixels.max() <= 1
            read_names.append(path.name)
    assert len(read_names) >= 45 and len(refused) <= 35
    assert {"CT_small.dcm", "MR_small.dcm", "examples_palette.dcm"} <= set(read_names)


def test_gzip_without_nifti_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "x.gz"
    path.write_bytes(gzip.compress(b"DICM" * 200))
    assert "gzip file that holds no NIfTI" in said(path)
