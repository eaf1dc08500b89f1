"""GGUF files: requantising keeps the values, and a file cut short is one sentence."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
import pytest

from auscult.core.errors import UsageError
from auscult.kit import gguf_file


def text(value: str) -> bytes:
    return struct.pack("<Q", len(value)) + value.encode()


def tiny_gguf(blocks: int = 3) -> tuple[bytes, np.ndarray]:
    """Two tensors, one Q4_1 and one F32, and the values that the first stands for."""
    rng = np.random.default_rng(5)
    nibbles = rng.integers(0, 16, (blocks, 32), dtype=np.uint8)
    scale = rng.uniform(0.01, 1, blocks).astype(np.float16)
    least = rng.uniform(-2, 0, blocks).astype(np.float16)
    scale[0] = least[0] = 0  # a block of nothing but zeros
    packed = b"".join(
        scale[b].tobytes()
        + least[b].tobytes()
        + (nibbles[b, :16] | nibbles[b, 16:] << 4).astype(np.uint8).tobytes()
        for b in range(blocks)
    )
    values = nibbles * scale.astype(np.float32)[:, None] + least.astype(np.float32)[:, None]
    plain = np.arange(8, dtype=np.float32).tobytes()
    second = -(-len(packed) // 32) * 32
    head = b"GGUF" + struct.pack("<IQQ", 3, 2, 3)
    head += text("general.file_type") + struct.pack("<II", 4, 3)
    head += text("words") + struct.pack("<IIQ", 9, 8, 2) + text("one") + text("two")
    head += text("general.name") + struct.pack("<I", 8) + text("tiny")
    head += text("w") + struct.pack("<IQQ", 2, 32, blocks) + struct.pack("<IQ", 3, 0)
    head += text("n") + struct.pack("<IQ", 1, 8) + struct.pack("<IQ", 0, second)
    head += b"\0" * (-len(head) % 32)
    return head + packed.ljust(second, b"\0") + plain, values


def test_requantising_keeps_the_values_and_the_rest(tmp_path: Path) -> None:
    data, values = tiny_gguf()
    (tmp_path / "a.gguf").write_bytes(data)
    gguf_file.requantise_to_q8_0(tmp_path / "a.gguf", tmp_path / "b.gguf")
    before = gguf_file.read_header(tmp_path / "a.gguf")
    after = gguf_file.read_header(tmp_path / "b.gguf")
    assert (before.quantisation, after.quantisation) == ("Q4_1", "Q8_0")
    assert after.values["general.name"] == "tiny"
    weights, norms = after.tensors
    assert (weights.kind, norms.kind) == (gguf_file.Q8_0, 0)
    out = (tmp_path / "b.gguf").read_bytes()
    blocks = np.frombuffer(
        out, np.dtype([("d", "<f2"), ("q", "i1", 32)]), 3, after.data_start + weights.offset
    )
    back = blocks["d"].astype(np.float32)[:, None] * blocks["q"]
    assert np.abs(back - values).max() <= 0.006 * np.abs(values).max()
    assert not back[0].any()
    plain = np.frombuffer(out, "<f4", 8, after.data_start + norms.offset)
    assert plain.tolist() == list(range(8))


@pytest.mark.parametrize("length", [6, 40, 120, 180])
def test_a_header_cut_short_is_one_sentence(tmp_path: Path, length: int) -> None:
    (tmp_path / "a.gguf").write_bytes(tiny_gguf()[0][:length])
    with pytest.raises(UsageError, match="is not a readable GGUF file"):
        gguf_file.read_header(tmp_path / "a.gguf")
