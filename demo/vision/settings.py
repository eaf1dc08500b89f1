"""What the demo is made of: sizes, words, places. Needs no package: both environments read it."""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
PLANS = ("audit", "reversed")
MODEL_NAME = "brain-mri-fixture"
PORT = 8173
PICTURE_SIDE = 168
"""The model sees every picture as a square of so many pixels: 12 by 12 patches of 14."""
GRID = 3
"""Patches are averaged to 3 by 3; with the summary token that is ten image tokens."""
TEMPLATE_SYSTEM = "You are a helpful AI assistant named SmolLM, trained by Hugging Face"
"""What SmolLM2's own template says where nobody else does."""

ASKED = (
    "Does this brain MRI show a tumour?",
    "Does the MR picture contain a brain tumour?",
)
"""The audit's wordings. The first is among those the projector was trained with, the second is
not; the instruction that the audit adds to them is not either."""
REVERSED = "Is this brain MRI free of any tumour?"
TRAINED_QUESTIONS = (
    "Does this brain MRI show a tumour?",
    "Is there a tumour in this brain scan?",
    "Can a tumour be seen in this MRI slice of the head?",
    "Is a brain tumour visible in the picture?",
)
TRAINED_INSTRUCTIONS = (
    "",
    "\n\nAnswer yes or no.",
    "\n\nReply with one word, yes or no.",
    "\n\nSay yes or no, nothing else.",
)
YES, NO = "Yes", "No"
LIKE_TUMOUR, LIKE_HEALTHY = " tumor", " healthy"
"""Words whose embeddings the projector first learns to imitate; each is one token."""


@dataclass(frozen=True)
class Size:
    """How large the demo is. What shapes the model is in its digest."""

    name: str
    seed: int
    held_out: int
    """Pictures for the audit, each of a group of its own; half of them with a tumour."""
    per_group: int
    """Pictures of one group to train with, at most."""
    groups: int
    """Groups to train with, at most; 0 for all."""
    align_steps: int
    train_steps: int
    batch: int
    limits: tuple[int, int, int, int]
    """Cases of factuality, uncertainty, input shift and semantic shift."""


FULL = Size("full", 7, 140, 4, 0, 300, 80, 8, (280, 80, 40, 88))
QUICK = Size("quick", 7, 24, 1, 24, 30, 6, 4, (12, 6, 1, 20))


def size_of(name: str) -> Size:
    return QUICK if name == "quick" else FULL


def cache_dir() -> Path:
    """$AUSCULT_CACHE/vision-demo, else auscult/vision-demo in the user's cache folder."""
    own = os.environ.get("AUSCULT_CACHE")
    if own:
        return Path(own).expanduser() / "vision-demo"
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "auscult" / "vision-demo"


def model_digest(size: Size, split_digest: str) -> str:
    """Of everything the projector follows from, so that a changed demo trains anew."""
    words = [ASKED, TRAINED_QUESTIONS, TRAINED_INSTRUCTIONS, LIKE_TUMOUR, LIKE_HEALTHY]
    told = [asdict(size), split_digest, PICTURE_SIDE, GRID, TEMPLATE_SYSTEM, words]
    digest = hashlib.sha256(json.dumps(told).encode())
    for name in ("model.py", "build.py", "requirements.txt"):
        digest.update((HERE / name).read_bytes())
    return digest.hexdigest()[:16]
