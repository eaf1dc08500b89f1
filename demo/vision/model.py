"""The model: DINOv2-S looks, a small projector translates, SmolLM2-135M reads and answers.

Only the projector is trained. In a message the text comes first and the picture's tokens last, so
that the text before a picture is read once and kept: asking about another picture costs some
fifteen tokens. Every reply is worked out by itself, greedily, on one thread: the same request gets
the same bytes, whatever else is being asked.
"""

from __future__ import annotations

import io
import threading
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image
from settings import GRID, PICTURE_SIDE, TEMPLATE_SYSTEM
from torch import Tensor, nn
from transformers import AutoModelForCausalLM, AutoTokenizer, DynamicCache
from transformers import Dinov2WithRegistersConfig as EyesConfig
from transformers import Dinov2WithRegistersModel as EyesModel

PATCH, WIDTH, REGISTERS = 14, 384, 4
TOKENS = 1 + GRID * GRID
"""The summary token and the averaged patches."""
KEPT_PREFIXES = 48
KEPT_PICTURES = 4096
LONGEST_PROMPT = 4000
MEAN, SPREAD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
OPEN, CLOSE = "<|im_start|>", "<|im_end|>"
ANSWERING = f"{CLOSE}\n{OPEN}assistant\n"
Keys = list[tuple[Tensor, Tensor]]


class BadRequest(Exception):
    """What the asker should mend, in one sentence."""


class Eyes:
    """A picture as ten vectors."""

    def __init__(self, weights: Path) -> None:
        state = torch.load(weights, weights_only=True, map_location="cpu")
        config = EyesConfig(
            hidden_size=WIDTH,
            num_attention_heads=6,
            num_hidden_layers=12,
            image_size=518,
            patch_size=PATCH,
            num_register_tokens=REGISTERS,
        )
        self._model = EyesModel(config)
        self._model.load_state_dict(_renamed(state))
        self._model.eval()

    def see(self, data: bytes) -> Tensor:
        try:
            with Image.open(io.BytesIO(data)) as opened:
                image = opened.convert("RGB")
        except (OSError, ValueError, Image.DecompressionBombError) as error:
            raise BadRequest(f"the picture cannot be read: {error}") from error
        square = image.resize((PICTURE_SIDE, PICTURE_SIDE), Image.Resampling.BICUBIC)
        pixels = torch.from_numpy(np.asarray(square, np.float32) / 255).permute(2, 0, 1)
        mean, spread = (torch.tensor(of).view(3, 1, 1) for of in (MEAN, SPREAD))
        with torch.inference_mode():
            seen = self._model(pixel_values=((pixels - mean) / spread)[None]).last_hidden_state[0]
        side = PICTURE_SIDE // PATCH
        patches = seen[1 + REGISTERS :].reshape(side, side, WIDTH).permute(2, 0, 1)
        coarse = nn.functional.avg_pool2d(patches, side // GRID).flatten(1).T
        return torch.cat([seen[:1], coarse]).clone()


def _renamed(state: dict[str, Tensor]) -> dict[str, Tensor]:
    """From the names of the makers' code to those of transformers."""
    plain = {
        "pos_embed": "embeddings.position_embeddings",
        "norm.weight": "layernorm.weight",
        "norm.bias": "layernorm.bias",
    }
    parts = {
        "patch_embed.proj": "embeddings.patch_embeddings.projection",
        "blocks.": "encoder.layer.",
        "attn.proj": "attention.o_proj",
        "ls1.gamma": "layer_scale1.lambda1",
        "ls2.gamma": "layer_scale2.lambda1",
    }
    out: dict[str, Tensor] = {}
    for name, value in state.items():
        new = plain.get(name, f"embeddings.{name}" if name.endswith(("token", "tokens")) else name)
        for part, other in parts.items():
            new = new.replace(part, other)
        if "attn.qkv" in new:
            for letter, third in zip("qkv", value.chunk(3), strict=True):
                out[new.replace("attn.qkv", f"attention.{letter}_proj")] = third
        else:
            out[new] = value
    return out


class Projector(nn.Module):
    """From what the eyes give to what the reader takes for words."""

    def __init__(self, reader_width: int, loudness: float) -> None:
        super().__init__()
        self.register_buffer("mean", torch.zeros(2, WIDTH))
        self.register_buffer("spread", torch.ones(2, WIDTH))
        self.place = nn.Parameter(torch.zeros(TOKENS, WIDTH))
        self.drop = nn.Dropout(0.1)
        self.layers = nn.Sequential(
            nn.Linear(WIDTH, reader_width), nn.GELU(), nn.Linear(reader_width, reader_width)
        )
        self.loudness = nn.Parameter(torch.tensor(loudness))

    def measure(self, seen: Tensor) -> None:
        """Takes mean and spread from the training pictures: of summary tokens, and of patches."""
        for row, part in enumerate((seen[:, :1], seen[:, 1:])):
            self.mean[row] = part.mean((0, 1))
            self.spread[row] = part.std((0, 1))

    def forward(self, seen: Tensor) -> Tensor:
        rows = torch.tensor([0] + [1] * (TOKENS - 1))
        even = (seen - self.mean[rows]) / self.spread[rows]
        out: Tensor = self.layers(self.drop(even) + self.place) * self.loudness
        return out


class Reader:
    """SmolLM2, frozen, fed with words and with pictures' vectors in their stead."""

    def __init__(self, folder: Path) -> None:
        self.words = AutoTokenizer.from_pretrained(folder)
        self.model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32).eval()
        self.model.requires_grad_(False)
        self.embedding = self.model.get_input_embeddings()
        self.end = self.token(CLOSE)

    @property
    def width(self) -> int:
        return int(self.embedding.embedding_dim)

    def token(self, word: str) -> int:
        (number,) = self.words.encode(word)
        return int(number)

    def embedded(self, text: str) -> Tensor:
        return self.embedding(torch.tensor([self.words.encode(text)]))

    def prefix(self, text: str) -> Keys:
        """What the layers keep of a text, to go on from."""
        cache = DynamicCache()
        with torch.no_grad():
            self.model.model(inputs_embeds=self.embedded(text), past_key_values=cache)
        return [(layer.keys, layer.values) for layer in cache.layers]

    def after(self, kept: Keys, batch: int = 1) -> DynamicCache:
        cache = DynamicCache()
        for place, (keys, values) in enumerate(kept):
            cache.update(keys.expand(batch, -1, -1, -1), values.expand(batch, -1, -1, -1), place)
        return cache

    def logits(self, embedded: Tensor, cache: DynamicCache, last: int) -> Tensor:
        """Of the last so many places."""
        out = self.model.model(inputs_embeds=embedded, past_key_values=cache)
        scores: Tensor = self.model.lm_head(out.last_hidden_state[:, -last:])
        return scores


def opening(text: str, system: str = TEMPLATE_SYSTEM) -> str:
    """A conversation up to a picture in its first message."""
    return f"{OPEN}system\n{system}{CLOSE}\n{OPEN}user\n{text}\n"


@dataclass(frozen=True)
class Answer:
    text: str
    finish: str
    prompt_tokens: int
    tokens: list[tuple[str, float, list[tuple[str, float]]]]
    """Each with its log probability and the likeliest in its place."""


class Model:
    """Answers a conversation of text and pictures."""

    def __init__(self, eyes: Eyes, reader: Reader, projector: Projector) -> None:
        self._eyes, self._reader, self._projector = eyes, reader, projector.eval()
        self._prefixes: OrderedDict[str, Keys] = OrderedDict()
        self._seen: OrderedDict[str, Tensor] = OrderedDict()
        self._lock = threading.Lock()

    def answer(
        self, pieces: Sequence[str | tuple[str, bytes]], longest: int, top: int = 0
    ) -> Answer:
        """`pieces` are texts, and pictures as digest and bytes, in the order they are read."""
        with torch.inference_mode():
            cache, rest, count = self._read(pieces)
            if count > LONGEST_PROMPT:
                raise BadRequest(f"the conversation has {count} tokens; {LONGEST_PROMPT} at most")
            return self._written(cache, rest, longest, top, count)

    def _read(self, pieces: Sequence[str | tuple[str, bytes]]) -> tuple[DynamicCache, Tensor, int]:
        first, *others = pieces
        if not others or not isinstance(first, str):
            rest = torch.cat([self._embedded(piece) for piece in pieces], dim=1)
            return DynamicCache(), rest, rest.shape[1]
        kept = self._prefix(first)
        rest = torch.cat([self._embedded(piece) for piece in others], dim=1)
        return self._reader.after(kept), rest, kept[0][0].shape[2] + rest.shape[1]

    def _embedded(self, piece: str | tuple[str, bytes]) -> Tensor:
        if isinstance(piece, str):
            return self._reader.embedded(piece)
        return self._projector(self._picture(*piece)[None])

    def _prefix(self, text: str) -> Keys:
        return self._kept(
            self._prefixes, text, lambda: self._reader.prefix(text), KEPT_PREFIXES
        )  # fmt: skip

    def _picture(self, digest: str, data: bytes) -> Tensor:
        return self._kept(self._seen, digest, lambda: self._eyes.see(data), KEPT_PICTURES)

    def _kept(self, store: OrderedDict[str, Any], key: str, make: Any, most: int) -> Any:
        """Two threads may both make one thing: they make the same."""
        with self._lock:
            if key in store:
                store.move_to_end(key)
                return store[key]
        made = make()
        with self._lock:
            store[key] = made
            while len(store) > most:
                store.popitem(last=False)
        return made

    def _written(
        self, cache: DynamicCache, rest: Tensor, longest: int, top: int, count: int
    ) -> Answer:
        reader, numbers, told = self._reader, [], []
        finish = "length"
        for _ in range(longest):
            scores = reader.logits(rest, cache, 1)[0, -1].log_softmax(-1)
            best = int(scores.argmax())
            if best == reader.end:
                finish = "stop"
                break
            numbers.append(best)
            likeliest = scores.topk(top) if top else None
            listed = (
                [
                    (reader.words.decode([number]), round(value, 6))
                    for value, number in zip(*map(Tensor.tolist, likeliest), strict=True)
                ]
                if likeliest
                else []
            )
            told.append((reader.words.decode([best]), round(float(scores[best]), 6), listed))
            rest = reader.embedding(torch.tensor([[best]]))
        return Answer(reader.words.decode(numbers).strip(), finish, count, told)
