"""Turns records into compressed segments and back."""

from __future__ import annotations

import threading
from array import array
from collections.abc import Iterable, Sequence
from typing import Any

import msgspec
import zstandard

from auscult.engine.ledger_file import damaged
from auscult.engine.records import EncodedCase

LEVEL = 1
"""Level 3 makes a ledger 8% smaller and costs the writer half as much CPU again."""
SAMPLES_WANTED = 400
"""Segments of single records compress badly alone: after this many, a dictionary is trained."""
SMALL_SEGMENT = 8
DICTIONARY_BYTES = 24_576

_encoder = msgspec.msgpack.Encoder()


class Codec:
    """zstd with a dictionary learnt from this run's own records, kept in its ledger."""

    def __init__(self, dictionaries: dict[int, bytes], path: str = "") -> None:
        self._path = path
        self._raw = dict(dictionaries)
        self._plain = zstandard.ZstdCompressor(level=LEVEL, write_checksum=True)
        self._compressor = self._plain
        self._local = threading.local()
        """Decompressors are not safe to share between the writer's thread and the loop's."""
        self.current = 0
        self._samples: list[bytes | bytearray | memoryview[int]] = []
        for number in sorted(dictionaries):
            self._use(number)

    def _use(self, number: int) -> None:
        trained = zstandard.ZstdCompressionDict(self._raw[number])
        self._compressor = zstandard.ZstdCompressor(
            level=LEVEL, dict_data=trained, write_checksum=True
        )
        self.current = number

    def pack(self, records: Sequence[Any]) -> tuple[int, bytes]:
        """(dictionary number, body). Big segments need no dictionary: they are their own."""
        if isinstance(records[0], EncodedCase):
            records = [msgspec.Raw(record.body) for record in records]
        raw = _encoder.encode(records)
        if len(records) >= SMALL_SEGMENT:
            return 0, self._plain.compress(raw)
        if self.current == 0:
            self._samples.append(raw)
        return self.current, self._compressor.compress(raw)

    def learn(self) -> tuple[int, bytes] | None:
        """A new dictionary to store, once there are samples enough for one."""
        if self.current or len(self._samples) < SAMPLES_WANTED:
            return None
        try:
            trained = zstandard.train_dictionary(DICTIONARY_BYTES, self._samples)
        except zstandard.ZstdError:  # too uniform to learn from: wait for more
            self._samples = self._samples[::2]
            return None
        self._samples = []
        self._raw[1] = trained.as_bytes()
        self._use(1)
        return 1, self._raw[1]

    def repack(self, number: int, body: bytes) -> bytes:
        """The same records without a dictionary."""
        return self._plain.compress(self.unpack(number, body))

    def unpack(self, number: int, body: bytes, what: str = "a segment") -> bytes:
        cache: dict[int, zstandard.ZstdDecompressor] = self._local.__dict__.setdefault("by", {})
        try:
            if number not in cache:
                dictionary = zstandard.ZstdCompressionDict(self._raw[number]) if number else None
                cache[number] = zstandard.ZstdDecompressor(dict_data=dictionary)
            return cache[number].decompress(body)
        except (zstandard.ZstdError, KeyError, MemoryError) as error:  # a length that is none
            raise damaged(self._path, what, error) from error


def pack_keys(values: Iterable[int]) -> bytes:
    return array("i", values).tobytes()


def unpack_keys(body: bytes, count: int) -> array[int]:
    out = array("i")
    out.frombytes(body)
    if len(out) != count:
        raise ValueError(f"{count} numbers were written and {len(out)} are there")
    return out
