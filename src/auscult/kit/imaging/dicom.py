"""DICOM through pydicom: one frame, made grey the way the file says. The header stays behind."""

from __future__ import annotations

import logging
import re
import warnings
import zlib
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from auscult.core.errors import UsageError
from auscult.kit.imaging.dicom_identity import identifiers_in
from auscult.kit.imaging.limits import (
    BROKEN,
    MAX_INFLATED_BYTES,
    check_choice,
    check_size,
    damaged,
    unreadable,
)
from auscult.kit.imaging.read import Picture, ReadOptions
from auscult.kit.imaging.window import Form, by_percentiles, window

try:
    from PIL import Image
    from pydicom import config, dcmread
    from pydicom.errors import BytesLengthException, InvalidDicomError
    from pydicom.filereader import read_file_meta_info
    from pydicom.pixels.processing import apply_color_lut
    from pydicom.pixels.utils import pixel_array
    from pydicom.uid import (
        DeflatedExplicitVRLittleEndian,
        ExplicitVRBigEndian,
        ExplicitVRLittleEndian,
        ImplicitVRLittleEndian,
    )
except ModuleNotFoundError:
    raise UsageError(
        "reading DICOM needs pydicom: install auscult[imaging] (pip install 'auscult[imaging]')"
    ) from None

# Its complaints of odd values quote them, and they may be a patient's. It makes each of them twice.
config.settings.reading_validation_mode = config.IGNORE
logging.getLogger("pydicom").setLevel(logging.ERROR)
warnings.filterwarnings("ignore", category=UserWarning, module=r"pydicom\.")

_FAILURES = (*BROKEN, InvalidDicomError, BytesLengthException, Image.DecompressionBombError)
_PREAMBLE, _PIECE, _EIGHT = 128, 1 << 20, 255
_CODE = re.compile(r"[A-Z0-9 _]{1,16}")
_FORMS: dict[str, Form] = {
    "LINEAR": "linear", "LINEAR_EXACT": "linear_exact", "SIGMOID": "sigmoid",
}  # fmt: skip
_COLOURS = ("RGB", "YBR_FULL", "YBR_FULL_422", "YBR_PARTIAL_420", "YBR_ICT", "YBR_RCT")


def read_dicom(path: Path, options: ReadOptions) -> Picture:
    try:
        with path.open("rb") as file:
            return _read(path, file, options)
    except _FAILURES as wrong:
        raise damaged(path, "DICOM", wrong) from None


def _read(path: Path, file: BinaryIO, options: ReadOptions) -> Picture:
    header = _header(path, file)
    frames = _frames(path, header)
    frame = frames // 2 if options.frame is None else options.frame
    check_choice(path, "frame", frame, frames)
    raw = _raw(path, file, header, frame)
    facts = {**_facts(header), "frames": frames, "frame": frame}
    if raw.ndim == 3 or str(header.get("PhotometricInterpretation", "")) == "PALETTE COLOR":
        return Picture(_colour(path, raw, header), facts)
    grey, told = _grey(raw, _effective(header, frame), options.window)
    if header.get("PhotometricInterpretation") == "MONOCHROME1":
        grey, told = np.subtract(np.float32(1), grey), {**told, "inverted": True}
    return Picture(grey, {**facts, **told})


def _header(path: Path, file: BinaryIO) -> Any:
    _check_inflation(path, file)
    header = dcmread(file, stop_before_pixels=True, force=True)
    if "Rows" not in header or "Columns" not in header:
        kind = _code(header, "Modality")
        found = f"is a DICOM file without a picture{f' (modality {kind})' if kind else ''}"
        raise unreadable(path, found, "give one that holds pixels")
    check_size(path, int(header.Columns), int(header.Rows))
    return header


def _check_inflation(path: Path, file: BinaryIO) -> None:
    """A deflated file is unpacked whole by pydicom: it is measured before, in small pieces."""
    file.seek(_PREAMBLE)
    if file.read(4) == b"DICM":
        meta = read_file_meta_info(path)
        if meta.get("TransferSyntaxUID") == DeflatedExplicitVRLittleEndian:
            file.seek(_PREAMBLE + 16 + int(meta.FileMetaInformationGroupLength))
            unpacker, total = zlib.decompressobj(-zlib.MAX_WBITS), 0
            while piece := unpacker.unconsumed_tail or file.read(_PIECE):
                total += len(unpacker.decompress(piece, 16 * _PIECE))
                if total > MAX_INFLATED_BYTES:
                    most = MAX_INFLATED_BYTES // 1_000_000
                    raise unreadable(path, f"unpacks to more than {most} MB", "export it again")
    file.seek(0)


def _syntax(header: Any) -> Any:
    """Files without a file meta say by their shape how they are written."""
    said = getattr(header, "file_meta", {}).get("TransferSyntaxUID")
    if said:
        return said
    implicit, little = header.original_encoding
    if implicit:
        return ImplicitVRLittleEndian
    return ExplicitVRLittleEndian if little else ExplicitVRBigEndian


def _raw(path: Path, file: BinaryIO, header: Any, frame: int) -> Any:
    """One frame as it is stored, rows and columns first; YBR as RGB."""
    syntax = _syntax(header)
    try:
        if syntax == DeflatedExplicitVRLittleEndian:
            return _from_whole(path, file, syntax, frame)
        try:
            file.seek(0)
            return pixel_array(file, index=frame, transfer_syntax_uid=syntax)
        except (ValueError, LookupError, AttributeError, AssertionError):
            # Files that are not written as they say. Reading them whole finds the way.
            return _from_whole(path, file, syntax, frame)
    except (RuntimeError, NotImplementedError):
        name = getattr(syntax, "name", str(syntax))
        raise unreadable(
            path,
            f"is packed as '{name}', which the installed decoders cannot unpack",
            "install pylibjpeg with its plugins, or export it uncompressed",
        ) from None


def _from_whole(path: Path, file: BinaryIO, syntax: Any, frame: int) -> Any:
    if path.stat().st_size > MAX_INFLATED_BYTES:
        raise unreadable(path, "is too large to be read whole", "export it again")
    file.seek(0)
    dataset = dcmread(file, force=True)
    dataset.file_meta.TransferSyntaxUID = syntax
    return pixel_array(dataset, index=frame)


def _frames(path: Path, header: Any) -> int:
    said = header.get("NumberOfFrames") or 1
    if int(said) < 1:
        raise unreadable(path, f"says it has {said} frames", "export it again")
    return int(said)


def _colour(path: Path, raw: Any, header: Any) -> Any:
    photometric = str(header.get("PhotometricInterpretation", ""))
    if photometric == "PALETTE COLOR":
        return _by_palette(raw, header)
    if photometric not in _COLOURS or raw.shape[-1] != 3:
        raise unreadable(
            path, f"has colours that are not read: '{_code(header, 'PhotometricInterpretation')}'"
        )
    top = np.float32(2 ** int(header.get("BitsStored", 8)) - 1)
    return np.clip(raw.astype(np.float32) / top, 0, 1)


def _by_palette(raw: Any, header: Any) -> Any:
    if "SegmentedRedPaletteColorLookupTableData" in header:
        looked_up = apply_color_lut(raw, header)[..., :3]
        return looked_up.astype(np.float32) / np.float32(np.iinfo(looked_up.dtype).max)
    tables = [
        (header[f"{name}PaletteColorLookupTableDescriptor"].value,
         header[f"{name}PaletteColorLookupTableData"].value)
        for name in ("Red", "Green", "Blue")
    ]  # fmt: skip
    little = header.original_encoding[1] is not False
    planes = [_look_up(raw, *table, little=little) for table in tables]
    colours, top = np.stack([plane for plane, _ in planes], axis=-1), planes[0][1]
    if float(colours.max(initial=0)) <= _EIGHT < top:  # says 16 bits, holds 8
        top = _EIGHT
    return np.clip(colours / np.float32(top), 0, 1)


# --- grey: rescale, then window ---------------------------------------------------------------


def _effective(header: Any, frame: int) -> dict[str, Any]:
    """Rescale and window: of the frame, else shared by all frames, else of the file."""
    found: dict[str, Any] = {
        name: header.get(name)
        for name in (
            "RescaleSlope", "RescaleIntercept", "ModalityLUTSequence", "WindowCenter",
            "WindowWidth", "VOILUTFunction", "VOILUTSequence", "PixelPaddingValue",
        )
    }  # fmt: skip
    found["little"] = header.original_encoding[1] is not False
    shared = header.get("SharedFunctionalGroupsSequence") or []
    own = header.get("PerFrameFunctionalGroupsSequence") or []
    for group in [*shared[:1], *own[frame : frame + 1]]:
        for name in ("PixelValueTransformationSequence", "FrameVOILUTSequence"):
            for item in (group.get(name) or [])[:1]:
                found |= {e.keyword: e.value for e in item if e.keyword in found}
    return found


def _grey(
    raw: Any, said: dict[str, Any], wanted: tuple[float, float] | None
) -> tuple[Any, dict[str, Any]]:
    shown = None if said["PixelPaddingValue"] is None else raw != said["PixelPaddingValue"]
    values, told = _measured(raw, said)
    if wanted is not None:
        grey = window(values, *wanted)
        return grey, {**told, "window": "as asked", "window_centre_width": list(wanted)}
    tables = said["VOILUTSequence"] or []
    if tables and "LUTData" in tables[0]:
        table = tables[0]
        looked_up, top = _look_up(values, table.LUTDescriptor, table.LUTData, little=said["little"])
        return (looked_up / np.float32(top)), {**told, "window": "the file's table"}
    centre, width = _first(said["WindowCenter"]), _first(said["WindowWidth"])
    form = _FORMS.get(str(said["VOILUTFunction"] or "LINEAR").upper())
    if centre is not None and width is not None and form and width >= 1:
        grey = window(values, centre, width, form)
        told |= {"window": "the file's", "window_centre_width": [centre, width]}
        return grey, told if form == "linear" else {**told, "window_form": form}
    grey, more = by_percentiles(values, shown)
    return grey, {**told, **more}


def _measured(raw: Any, said: dict[str, Any]) -> tuple[Any, dict[str, Any]]:
    """Stored values as what they measure, Hounsfield units for one."""
    tables = said["ModalityLUTSequence"] or []
    if tables and "LUTData" in tables[0]:
        table = tables[0]
        values, _ = _look_up(raw, table.LUTDescriptor, table.LUTData, little=said["little"])
        return values, {"rescale": "the file's table"}
    slope, intercept = _first(said["RescaleSlope"]), _first(said["RescaleIntercept"])
    if slope is None and intercept is None:
        return raw.astype(np.float32), {}
    slope, intercept = 1.0 if slope is None else slope, intercept or 0.0
    values = raw.astype(np.float32) * np.float32(slope) + np.float32(intercept)
    return values, {"rescale": [slope, intercept]}


def _look_up(values: Any, descriptor: Any, data: Any, *, little: bool) -> tuple[Any, int]:
    """PS3.3 C.11.1.1: values below the first mapped one take the first entry, above the last."""
    count, first, bits = (int(x) for x in descriptor)
    count = count or 2**16
    if isinstance(data, bytes):
        wide = "<u2" if little else ">u2"
        data = np.frombuffer(data, np.uint8 if bits <= 8 and len(data) < 2 * count else wide)
    entries = np.asarray(data, np.float32)[:count]
    place = np.clip(np.rint(values).astype(np.int64) - first, 0, len(entries) - 1)
    return entries[place], 2**bits - 1


def _first(value: Any) -> float | None:
    """The first of several windows; None for what is no finite number."""
    many = hasattr(value, "__iter__") and not isinstance(value, str)
    values = list(value) if many else [value]
    if not values or values[0] in (None, ""):
        return None
    number = float(values[0])
    return number if np.isfinite(number) else None


# --- what may be said of the header -----------------------------------------------------------


def _facts(header: Any) -> dict[str, Any]:
    facts: dict[str, Any] = {
        "format": "dicom",
        "modality": _code(header, "Modality"),
        "body_part": _code(header, "BodyPartExamined"),
        "rows": int(header.Rows),
        "columns": int(header.Columns),
        "photometric": _code(header, "PhotometricInterpretation"),
        "bits": int(header.get("BitsStored") or 0),
        "burned_in_tag": _code(header, "BurnedInAnnotation"),
        "identifiers_dropped": identifiers_in(header),
    }
    if any(0x6000 <= element.tag.group <= 0x60FF for element in header):
        facts["overlays"] = "not drawn"
    return facts


def _code(header: Any, name: str) -> str:
    """A coded word, or nothing: free text in its place might name a patient."""
    value = str(header.get(name) or "").strip()
    return value if _CODE.fullmatch(value) else ""
