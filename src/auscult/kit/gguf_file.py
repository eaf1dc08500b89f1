"""Reads the header of a GGUF file, and turns Q4_1 weights into Q8_0.

Q4_1 is a slow format on a CPU: the same weights as Q8_0 read prompts some 2.5 times faster. The
change keeps every value to about 0.4% of the largest in its block of 32, and uses nothing but
element-wise IEEE arithmetic, so that its result has one digest on every machine.
"""

from __future__ import annotations

import itertools
import mmap
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

import msgspec

from auscult.core.errors import UsageError

MAGIC = b"GGUF"
_DEFAULT_ALIGNMENT = 32
_ROWS_AT_ONCE = 1 << 16

_SCALARS = {
    0: "<B",
    1: "<b",
    2: "<H",
    3: "<h",
    4: "<I",
    5: "<i",
    6: "<f",
    7: "<?",
    10: "<Q",
    11: "<q",
    12: "<d",
}
_STRING = 8
_ARRAY = 9

Q4_1 = 3
Q8_0 = 8
_FILE_TYPE_Q8_0 = 7
_BLOCK_VALUES = 32
_BLOCK_BYTES = {Q4_1: 20, Q8_0: 34}
_QUANTISATIONS = {
    0: "F32",
    1: "F16",
    2: "Q4_0",
    3: "Q4_1",
    7: "Q8_0",
    8: "Q5_0",
    9: "Q5_1",
    10: "Q2_K",
    11: "Q3_K_S",
    12: "Q3_K_M",
    13: "Q3_K_L",
    14: "Q4_K_S",
    15: "Q4_K_M",
    16: "Q5_K_S",
    17: "Q5_K_M",
    18: "Q6_K",
    19: "IQ2_XXS",
    20: "IQ2_XS",
    32: "BF16",
}


class TensorInfo(msgspec.Struct, frozen=True):
    name: str
    shape: tuple[int, ...]
    kind: int
    offset: int

    @property
    def values(self) -> int:
        count = 1
        for side in self.shape:
            count *= side
        return count


class GgufHeader(msgspec.Struct, frozen=True):
    """Arrays (the vocabulary) are walked over, not kept."""

    version: int
    values: dict[str, Any]
    places: dict[str, int]
    """Where each scalar's bytes lie in the file."""
    tensors: tuple[TensorInfo, ...]
    tensors_start: int
    data_start: int

    @property
    def quantisation(self) -> str:
        code = self.values.get("general.file_type")
        return _QUANTISATIONS.get(code, f"type {code}") if isinstance(code, int) else "unknown"


def has_magic(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(len(MAGIC)) == MAGIC


def read_header(path: Path) -> GgufHeader:
    try:
        with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
            return _Walk(data).header()
    except (struct.error, ValueError, UnicodeDecodeError) as error:
        raise UsageError(f"{path} is not a readable GGUF file: {error}") from error


class _Walk:
    """One pass over the header, a cursor and its bytes."""

    def __init__(self, data: mmap.mmap) -> None:
        self._data = data
        self._at = 0

    def header(self) -> GgufHeader:
        if self._data[: len(MAGIC)] != MAGIC:
            raise ValueError("it does not start with GGUF")
        self._at = len(MAGIC)
        version = self._number("<I")
        if version not in (2, 3):
            raise ValueError(f"its version is {version}; 2 and 3 are understood")
        tensor_count, value_count = self._number("<Q"), self._number("<Q")
        values: dict[str, Any] = {}
        places: dict[str, int] = {}
        for _ in range(value_count):
            key = self._text()
            kind = self._number("<I")
            place = self._at
            if kind == _ARRAY:
                self._skip_array()
                continue
            values[key] = self._text() if kind == _STRING else self._number(_scalar(kind))
            places[key] = place
        start = self._at
        tensors = tuple(self._tensor() for _ in range(tensor_count))
        alignment = int(values.get("general.alignment", _DEFAULT_ALIGNMENT))
        return GgufHeader(
            version, values, places, tensors, start, _aligned(self._at, max(alignment, 1))
        )

    def _number(self, form: str) -> Any:
        (value,) = struct.unpack_from(form, self._data, self._at)
        self._at += struct.calcsize(form)
        return value

    def _text(self) -> str:
        return self._bytes().decode("utf-8", "replace")

    def _bytes(self) -> bytes:
        length = self._number("<Q")
        if length > len(self._data) - self._at:
            raise ValueError("it is cut short")
        self._at += length
        return self._data[self._at - length : self._at]

    def _skip_array(self) -> None:
        kind, count = self._number("<I"), self._number("<Q")
        if kind == _STRING:
            for _ in range(count):
                self._bytes()
        elif kind == _ARRAY:
            for _ in range(count):
                self._skip_array()
        else:
            self._at += count * struct.calcsize(_scalar(kind))

    def _tensor(self) -> TensorInfo:
        name = self._text()
        sides = self._number("<I")
        shape = tuple(self._number("<Q") for _ in range(sides))
        return TensorInfo(name, shape, self._number("<I"), self._number("<Q"))


def _scalar(kind: int) -> str:
    if kind not in _SCALARS:
        raise ValueError(f"it holds a value of unknown type {kind}")
    return _SCALARS[kind]


def _aligned(at: int, alignment: int) -> int:
    return -(-at // alignment) * alignment


def requantise_to_q8_0(source: Path, destination: Path) -> None:
    """Writes `source` again with its Q4_1 tensors as Q8_0; all else stays byte for byte."""
    header = read_header(source)
    alignment = int(header.values.get("general.alignment", _DEFAULT_ALIGNMENT))
    with (
        source.open("rb") as file,
        mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data,
        destination.open("wb") as out,
    ):
        head = bytearray(data[: header.tensors_start])
        place = header.places.get("general.file_type")
        if place is not None:
            struct.pack_into("<I", head, place, _FILE_TYPE_Q8_0)
        sizes = _sizes(header, len(data))
        _write_tensor_table(out, bytes(head), header, sizes, alignment)
        for tensor, size in zip(header.tensors, sizes, strict=True):
            start = header.data_start + tensor.offset
            if tensor.kind == Q4_1:
                for block in _q8_0_of_q4_1(data, start, tensor.values // _BLOCK_VALUES):
                    out.write(block)
            else:
                out.write(data[start : start + size])
            _pad(out, alignment)


def _sizes(header: GgufHeader, length: int) -> list[int]:
    """Bytes of each tensor in the source; the last one ends with the file."""
    starts = [*sorted({t.offset for t in header.tensors}), length - header.data_start]
    ends = dict(itertools.pairwise(starts))
    return [
        t.values // _BLOCK_VALUES * _BLOCK_BYTES[t.kind]
        if t.kind in _BLOCK_BYTES
        else ends[t.offset] - t.offset
        for t in header.tensors
    ]


def _write_tensor_table(
    out: BinaryIO, head: bytes, header: GgufHeader, sizes: list[int], alignment: int
) -> None:
    out.write(head)
    offset = 0
    for tensor, size in zip(header.tensors, sizes, strict=True):
        kind = Q8_0 if tensor.kind == Q4_1 else tensor.kind
        if tensor.kind == Q4_1:
            size = tensor.values // _BLOCK_VALUES * _BLOCK_BYTES[Q8_0]
        name = tensor.name.encode()
        out.write(struct.pack("<Q", len(name)) + name)
        out.write(struct.pack(f"<I{len(tensor.shape)}Q", len(tensor.shape), *tensor.shape))
        out.write(struct.pack("<IQ", kind, offset))
        offset = _aligned(offset + size, alignment)
    _pad(out, alignment)


def _pad(out: BinaryIO, alignment: int) -> None:
    out.write(b"\0" * (_aligned(out.tell(), alignment) - out.tell()))


def _q8_0_of_q4_1(data: mmap.mmap, start: int, blocks: int) -> Iterator[bytes]:
    import numpy as np

    q4_1 = np.dtype([("scale", "<f2"), ("least", "<f2"), ("nibbles", "u1", 16)])
    q8_0 = np.dtype([("scale", "<f2"), ("values", "i1", _BLOCK_VALUES)])
    for first in range(0, blocks, _ROWS_AT_ONCE):
        count = min(_ROWS_AT_ONCE, blocks - first)
        at = start + first * q4_1.itemsize
        packed = np.frombuffer(data[at : at + count * q4_1.itemsize], dtype=q4_1)
        nibbles = np.concatenate((packed["nibbles"] & 15, packed["nibbles"] >> 4), axis=1)
        values = nibbles.astype(np.float32) * packed["scale"].astype(np.float32)[:, None]
        values += packed["least"].astype(np.float32)[:, None]
        scale = np.abs(values).max(axis=1) / np.float32(127)
        safe = np.where(scale == 0, np.float32(1), scale)
        block = np.empty(count, dtype=q8_0)
        block["scale"] = scale.astype(np.float16)
        block["values"] = np.rint(values / safe[:, None]).astype(np.int8)
        yield block.tobytes()
