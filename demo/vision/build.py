"""Trains the projector, once: the eyes and the reader stay as they are. Run by demo.py.

usage: python build.py (full|quick) GGUF THREADS

First the projector learns to turn a picture into vectors that lie near the word for a tumour or
near the word for health, which takes no pass through the reader. Then it learns through the frozen
reader to have the questions answered, in several wordings.
"""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path
from typing import Any

import numpy as np
import torch
from model import (
    ANSWERING,
    Eyes,
    Keys,
    Projector,
    Reader,
    opening,
)
from settings import (
    LIKE_HEALTHY,
    LIKE_TUMOUR,
    NO,
    TRAINED_INSTRUCTIONS,
    TRAINED_QUESTIONS,
    YES,
    Size,
    cache_dir,
    size_of,
)
from torch import Tensor, nn

LOUDNESS = 3.0
"""How large the vectors are at first, in units of the spread of the word embeddings."""
SHARPNESS = 20.0
ALIGN_RATE = TRAIN_RATE = 1e-3
TOLD_EVERY = 10


def say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def unpack_reader(gguf: Path, folder: Path) -> None:
    """The GGUF as float32, which torch reads in a second instead of a minute."""
    if folder.is_dir():
        return
    say("unpacking SmolLM2 for torch (once, a minute)")
    from transformers import AutoModelForCausalLM, AutoTokenizer, GgufConfig

    half = folder.with_name(f"{folder.name}.part")
    shutil.rmtree(half, ignore_errors=True)
    place = {"pretrained_model_name_or_path": gguf.parent, "gguf_file": gguf.name}
    told = GgufConfig(dequantize=True)
    model = AutoModelForCausalLM.from_pretrained(
        **place, dtype=torch.float32, quantization_config=told
    )
    model.save_pretrained(half)
    AutoTokenizer.from_pretrained(**place).save_pretrained(half)
    half.rename(folder)


def looked_at(eyes: Eyes, cache: Path, names: list[str]) -> Tensor:
    out = []
    for number, name in enumerate(names):
        if number % 100 == 0:
            say(f"looking at the training pictures: {number} of {len(names)}")
        out.append(eyes.see((cache / name).read_bytes()))
    return torch.stack(out)


class Lessons:
    """Batches with as many tumours as not, from a seeded generator."""

    def __init__(self, seen: Tensor, labels: Any, seed: int) -> None:
        self._seen = seen
        self._with, self._without = (np.flatnonzero(labels == label) for label in (True, False))
        self.rng = np.random.default_rng(seed)

    def batch(self, count: int) -> tuple[Tensor, Tensor]:
        half = count // 2
        places = [*self.rng.choice(self._without, half), *self.rng.choice(self._with, half)]
        return self._seen[places], torch.tensor([0] * half + [1] * half)


def align(projector: Projector, reader: Reader, lessons: Lessons, steps: int) -> None:
    words = [reader.embedding.weight[reader.token(word)] for word in (LIKE_HEALTHY, LIKE_TUMOUR)]
    poles = nn.functional.normalize(torch.stack(words), dim=-1)
    optimiser = torch.optim.AdamW(projector.parameters(), ALIGN_RATE, weight_decay=0.05)
    for _ in range(steps):
        seen, label = lessons.batch(64)
        near = nn.functional.normalize(projector(seen), dim=-1) @ poles.T
        loss = nn.functional.cross_entropy(near.mean(1) * SHARPNESS, label)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    say(f"near the right word after {steps} steps: loss {loss.item():.3f}")


def train(projector: Projector, reader: Reader, lessons: Lessons, size: Size) -> None:
    prefixes: list[Keys] = [
        reader.prefix(opening(question + instruction))
        for question in TRAINED_QUESTIONS
        for instruction in TRAINED_INSTRUCTIONS
    ]
    answering = reader.embedded(ANSWERING)
    says = torch.tensor([reader.token(NO), reader.token(YES)])
    optimiser = torch.optim.AdamW(projector.parameters(), TRAIN_RATE, weight_decay=0.05)
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimiser, TRAIN_RATE, total_steps=size.train_steps, pct_start=0.1
    )
    ends = torch.full((size.batch,), reader.end)
    for step in range(1, size.train_steps + 1):
        seen, label = lessons.batch(size.batch)
        kept = prefixes[int(lessons.rng.integers(len(prefixes)))]
        given = [
            projector(seen),
            answering.expand(size.batch, -1, -1),
            reader.embedding(says[label])[:, None],
        ]
        scores = reader.logits(torch.cat(given, 1), reader.after(kept, size.batch), 2)
        loss = nn.functional.cross_entropy(scores[:, 0], says[label])
        loss = loss + nn.functional.cross_entropy(scores[:, 1], ends)
        optimiser.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(projector.parameters(), 1.0)
        optimiser.step()
        schedule.step()
        if step % TOLD_EVERY == 0 or step == size.train_steps:
            say(f"training: {step} of {size.train_steps} steps, loss {loss.item():.3f}")


def main(name: str, gguf: str, threads: str, place: str) -> None:
    torch.set_num_threads(int(threads))
    size, cache = size_of(name), cache_dir()
    torch.manual_seed(size.seed)
    split = json.loads((cache / f"split-{size.name}.json").read_text())
    unpack_reader(Path(gguf), cache / "reader")
    reader, eyes = Reader(cache / "reader"), Eyes(cache / "dinov2s.pt")
    seen = looked_at(eyes, cache, split["train"])
    labels = np.array(["/yes/" in picture for picture in split["train"]])
    projector = Projector(reader.width, LOUDNESS * float(reader.embedding.weight.std()))
    projector.measure(seen)
    lessons = Lessons(seen, labels, size.seed)
    projector.train()
    align(projector, reader, lessons, size.align_steps)
    train(projector, reader, lessons, size)
    half = Path(f"{place}.part")
    torch.save(projector.state_dict(), half)
    half.replace(place)
    say("trained")


if __name__ == "__main__":
    main(*sys.argv[1:])
