"""Which pictures are one picture, which train and which are held out, and the audit's tables.

The brain MRIs come as 3,000 files of which two have the same bytes. Most of the rest are mirrored,
turned, resized or re-contrasted copies of a few hundred pictures, so a split by file would put
copies of the training pictures into the held-out part. Here a picture is known by a difference
hash of the head alone, under all eight turns and mirrorings; copies form a group; a group trains
or is held out, as a whole; and what is still like a held-out picture does not train.
"""

from __future__ import annotations

import csv
import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image
from settings import ASKED, REVERSED, Size

HASH_SIDE = 8
BITS = 2 * HASH_SIDE * HASH_SIDE
SAME = 10
"""Hashes that differ in so many of 128 bits at most are of one picture: at 12 the groups begin to
run into each other, and above they merge."""
LIKE = 14
"""A picture this near to a held-out one does not train, though it need not be a copy."""
THUMB = 32
COLUMNS = ("id", "question", "a", "b", "answer", "task", "image", "cluster", "modality", "region")
OTHER_KINDS = {
    "retina.jpg": ("OP", "Eye"),
    "microaneurysms.png": ("OP", "Eye"),
    "ihc.png": ("SM", "Colon"),
}
"""The other pictures of that package are everyday photographs (XC)."""


# --- which pictures are one -------------------------------------------------------------------


def thumb(path: Path) -> Any:
    """The head alone, squashed to a small square of greys: margins and stretching are gone."""
    with Image.open(path) as opened:
        grey = opened.convert("RGB").convert("L")
    values = np.asarray(grey, np.float32)
    lit = values > max(20.0, 0.1 * float(values.max()))
    rows, columns = (np.flatnonzero(lit.mean(axis) > 0.02) for axis in (1, 0))
    if len(rows) > THUMB // 4 and len(columns) > THUMB // 4:
        left, right, top, bottom = (int(one[end]) for one in (columns, rows) for end in (0, -1))
        grey = grey.crop((left, top, right + 1, bottom + 1))
    small = grey.resize((THUMB, THUMB), Image.Resampling.BILINEAR, reducing_gap=3.0)
    return np.asarray(small, np.float32)


def difference_hash(square: Any) -> Any:
    """Whether it gets brighter to the right, and downwards, from cell to cell."""
    image = Image.fromarray(np.ascontiguousarray(square))
    wide = np.asarray(image.resize((HASH_SIDE + 1, HASH_SIDE), Image.Resampling.BOX))
    tall = np.asarray(image.resize((HASH_SIDE, HASH_SIDE + 1), Image.Resampling.BOX))
    across, down = wide[:, 1:] > wide[:, :-1], tall[1:] > tall[:-1]
    return np.concatenate([across.ravel(), down.ravel()])


def turned(square: Any) -> list[Any]:
    """The eight ways a square can lie, as it is first."""
    quarters = [np.rot90(square, turns) for turns in range(4)]
    return [lying for quarter in quarters for lying in (quarter, quarter[:, ::-1])]


def distances(thumbs: Sequence[Any]) -> Any:
    """Bits in which two pictures differ, in the way of lying that makes them most alike."""
    hashes = np.array([[difference_hash(way) for way in turned(t)] for t in thumbs], np.float32)
    own = hashes[:, 0]
    least = np.full((len(thumbs), len(thumbs)), float(BITS), np.float32)
    for way in range(8):
        other = hashes[:, way]
        apart = own.sum(1)[:, None] + other.sum(1)[None] - 2 * own @ other.T
        np.minimum(least, apart, out=least)
    return np.minimum(least, least.T)


def groups_of(apart: Any, same: float = SAME) -> list[int]:
    """The number of each picture's group: linked by copies, however many lie between."""
    parent = list(range(len(apart)))

    def top(one: int) -> int:
        while parent[one] != one:
            parent[one] = parent[parent[one]]
            one = parent[one]
        return one

    for one, other in zip(*np.nonzero(np.triu(apart <= same, 1)), strict=True):
        parent[top(int(one))] = top(int(other))
    return [top(one) for one in range(len(apart))]


# --- who trains and who is held out -----------------------------------------------------------


def split(apart: Any, labels: Sequence[bool], size: Size) -> dict[str, Any]:
    """Places of the pictures that train and of those held out, with the groups and the counts.

    Held out is one picture a group, as many with a tumour as without, of groups that agree on the
    label."""
    rng = np.random.default_rng(size.seed)
    groups = groups_of(apart)
    members: dict[int, list[int]] = {}
    for place, group in enumerate(groups):
        members.setdefault(group, []).append(place)
    agreed = {g: p for g, p in members.items() if len({labels[one] for one in p}) == 1}
    held: list[int] = []
    for label in (False, True):
        able = [g for g, places in agreed.items() if labels[places[0]] is label]
        chosen = rng.permutation(able)[: size.held_out // 2]
        held += [int(rng.choice(members[int(group)])) for group in chosen]
    taken = {groups[place] for place in held}
    free = [place for place in range(len(groups)) if groups[place] not in taken]
    near = apart[:, held].min(axis=1) <= LIKE
    able = [place for place in free if not near[place] and groups[place] in agreed]
    train = _at_most(able, groups, size, rng)
    return {
        "held_out": held,
        "train": train,
        "groups": groups,
        "counts": {
            "files": len(groups),
            "groups": len(members),
            "largest_group": max(map(len, members.values())),
            "groups_of_both_labels": len(members) - len(agreed),
            "held_out": len(held),
            "copies_of_held_out_left_out": sum(len(members[g]) for g in taken) - len(held),
            "also_left_out_as_alike": len(free) - len(able),
            "train": len(train),
            "train_groups": len({groups[place] for place in train}),
            "nearest_train_bits": int(apart[np.ix_(held, train)].min()),
        },
    }


def _at_most(able: list[int], groups: list[int], size: Size, rng: Any) -> list[int]:
    used: Counter[int] = Counter()
    train = []
    for place in map(int, rng.permutation(able)):
        group = groups[place]
        is_new = not used[group]
        if used[group] >= size.per_group or (is_new and 0 < size.groups <= len(used)):
            continue
        used[group] += 1
        train.append(place)
    return train


def prepare(cache: Path, size: Size) -> dict[str, Any]:
    """The split by file name and the audit's tables, kept in the cache."""
    place = cache / f"split-{size.name}.json"
    paths = sorted((cache / "brains").rglob("*.jpg"))
    apart = _kept_distances(cache, paths)
    found = split(apart, [path.parent.name == "yes" for path in paths], size)
    names = [path.relative_to(cache).as_posix() for path in paths]
    held = [names[one] for one in found["held_out"]]
    exact = len(paths) - len({hashlib.sha256(path.read_bytes()).digest() for path in paths})
    told = {
        "train": [names[one] for one in found["train"]],
        "held_out": held,
        "counts": {**found["counts"], "exact_copies": exact},
    }
    place.write_text(json.dumps(told, indent=1) + "\n")
    write_tables(cache, size, held, found["held_out"], found["groups"])
    return told


def digest_of(split: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(split, sort_keys=True).encode()).hexdigest()


def _kept_distances(cache: Path, paths: Sequence[Path]) -> Any:
    """Comparing 3,000 pictures in eight ways takes half a minute, so it is done once."""
    digest = hashlib.sha256(Path(__file__).read_bytes()).hexdigest()[:12]
    place = cache / f"distances-{digest}.npy"
    if place.is_file():
        return np.load(place)
    apart = distances([thumb(path) for path in paths]).astype(np.uint8)
    beside = place.with_name("distances.part.npy")
    np.save(beside, apart)
    beside.replace(place)
    return apart


# --- the audit's tables -----------------------------------------------------------------------


def write_tables(
    cache: Path, size: Size, held: Sequence[str], places: Sequence[int], groups: Sequence[int]
) -> None:
    folder = cache / f"tables-{size.name}"
    folder.mkdir(exist_ok=True)
    brains = [
        {
            "image": f"../{name}",
            "answer": "yes" if "/yes/" in name else "no",
            "cluster": f"group-{groups[place]}",
            "modality": "MR",
            "region": "Brain",
        }
        for name, place in zip(held, places, strict=True)
    ]
    _write(folder / "brain.csv", _asked(brains, ASKED[:1]))
    _write(folder / "wordings.csv", _asked(brains, ASKED))
    other = [{**row, "answer": "no" if row["answer"] == "yes" else "yes"} for row in brains]
    _write(folder / "reversed.csv", _asked(other, [REVERSED]))
    # The others first: the first cases of a set can be given no picture that came before.
    spare = 60 if size.name == "full" else 6
    mixed = [*_others(cache), *brains[: spare // 2], *brains[-spare // 2 :]]
    _write(folder / "mixed.csv", _asked(mixed, ASKED[:1]))


def _others(cache: Path) -> list[dict[str, str]]:
    found: list[tuple[Path, str, str, str]] = []
    for path in sorted((cache / "chests").rglob("*.jpeg")):
        person = path.name.partition("_")[0] if path.name.startswith("person") else path.stem
        found.append((path, person, "CR", "Chest"))
    for path in sorted((cache / "others").rglob("*.*")):
        found.append((path, path.stem, *OTHER_KINDS.get(path.name, ("XC", ""))))
    return [
        {
            "image": f"../{path.relative_to(cache).as_posix()}",
            "answer": "no",
            "cluster": cluster,
            "modality": modality,
            "region": region,
        }
        for path, cluster, modality, region in found
    ]


def _asked(rows: Iterable[dict[str, str]], questions: Sequence[str]) -> list[dict[str, str]]:
    return [
        {
            **row,
            "id": f"{Path(row['image']).stem}-{number}",
            "question": question,
            "a": "yes",
            "b": "no",
            "task": "yes-no",
        }
        for row in rows
        for number, question in enumerate(questions, 1)
    ]


def _write(path: Path, rows: Sequence[dict[str, str]]) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
