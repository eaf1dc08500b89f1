"""What the loaders of the seven CARES sources share: fields, options, keys, pictures, groups.

Ids are hashes of picture, question, options and reference, because the files' own ids are often 0
in every row. The reference is part of it so that two rows which contradict each other are both read
and can be counted.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path, PurePosixPath
from typing import Any, ClassVar, Literal

import msgspec

from auscult.core.case import Brief, Case, ImageRef, Source
from auscult.core.errors import DataError, Fault
from auscult.kit.cares.answers import (
    NO_KEY,
    YES_NO,
    is_redacted,
    published_yes_no,
    read_yes_no,
    says_not_stated,
)
from auscult.kit.cares.metadata import Metadata, read_metadata
from auscult.kit.demographics import groups_of
from auscult.kit.disk_index import digest64
from auscult.kit.options import parse_options
from auscult.kit.rows import (
    BadRow,
    Row,
    RowLoader,
    RowOptions,
    check_file,
    check_options,
    content_id,
    json_rows,
    letter_of,
    mapping,
    optional_text,
    text_of,
)

QUESTION, ANSWER = ("question", "text"), ("answer", "gt_answer", "fig_caption")
IMAGE = ("image", "image_path", "path", "figure_path")
NAMES_SHOWN = 10
MAX_OPTIONS = 10
_placeholder = re.compile(r"\s*<image>\s*", re.IGNORECASE)
_inlined = re.compile(
    r"\s*(?:the )?(?:candidate )?(?:options are|options)\s*:\s*\[(?P<options>.*)\]\s*$",
    re.IGNORECASE | re.DOTALL,
)
_choose = re.compile(
    r"\s*please choose from the following (?:\w+ )?options?\s*:\s*\[(?P<options>[^\]]*)\]\s*$",
    re.IGNORECASE,
)
_preamble = re.compile(r"^.*\bthe question is\s*:\s*", re.IGNORECASE | re.DOTALL)
_labelled = re.compile(r"\s*\(?(?P<letter>[A-Ja-j])\)?\s*(?P<mark>[:.)])\s*(?P<text>.*)", re.DOTALL)


class CaresOptions(RowOptions, frozen=True, forbid_unknown_fields=True):
    images: str = ""
    """Folder of the pictures; "" for the question file's own."""
    missing: Literal["error", "list"] = "error"
    """"list" keeps rows whose picture is not there, without it."""
    unclear: Literal["drop", "flag"] = "drop"
    """Rows whose reference gives no key: left out and counted, or kept as open ones and flagged."""
    metadata: str = ""
    """CSV of patients, joined to the pictures' names."""


class Item(msgspec.Struct):
    """One row in the words of the project. Loaders fill it; `case_of` makes the case."""

    text: str
    question: str
    image: str
    options: tuple[str, ...] = ()
    key: int | None = None
    reference: str = ""
    task: str = "open"
    kind: str = ""
    flags: tuple[str, ...] = ()
    cluster: str = ""
    groups: dict[str, str] = {}
    modality: str = ""
    region: str = ""
    extra: dict[str, Any] = {}


class Sourced(msgspec.Struct, frozen=True):
    """What holds for every row of a source."""

    name: str
    source: Source
    licence: str
    modality: str = ""
    region: str = ""
    phi: bool = False
    verified: bool = True
    """False where no file of the source could be seen: its fields are taken as described."""
    person: Callable[[str], str] = str
    """From a picture's name to the patient, eye or lesion that a table of metadata names."""


class Pictures:
    """Where the pictures of a file lie, and which are not there."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.n_present = 0
        self.n_missing = 0
        self.missing: list[str] = []
        """The first ten names that are not there."""
        self._seen: dict[int, bool] = {}

    def place(self, name: str) -> Path:
        """`lesions/1.jpg` is found in a folder `lesions` that was named itself, too."""
        relative = PurePosixPath(name.replace("\\", "/"))
        if relative.is_absolute() or ".." in relative.parts:
            raise BadRow(f"the picture '{name}' leads out of its folder")
        if len(relative.parts) > 1 and relative.parts[0] == self.folder.name:
            inside = self.folder.joinpath(*relative.parts[1:])
            if inside.is_file():
                return inside
        return self.folder / relative

    def has(self, name: str) -> bool:
        known = self._seen.get(digest := digest64(name.encode("utf-8", "replace")))
        if known is not None:
            return known
        there = self._seen[digest] = self.place(name).is_file()
        if there:
            self.n_present += 1
        else:
            self.n_missing += 1
            if len(self.missing) < NAMES_SHOWN:
                self.missing.append(name)
        return there


class CaresLoader(RowLoader):
    """One source. `read` makes an Item of a row's fields."""

    audit_options: ClassVar[dict[str, str]] = {
        "missing": "list", "unclear": "flag", "bad_rows": "skip",
    }  # fmt: skip
    """With these `auscult data check` sees every row."""

    def __init__(self, source: Sourced, read: Callable[[Mapping[str, Any]], Item]) -> None:
        super().__init__()
        self.source, self.read = source, read
        self.contains_phi = source.phi
        self.pictures: Pictures | None = None
        """Of the last file that was read."""
        self.n_unclear = 0

    def load(self, path: Path, options: Mapping[str, Any]) -> Iterator[Case]:
        chosen = parse_options(options, CaresOptions, f"{self.source.name} options")
        check_file(path)
        folder = Path(chosen.images) if chosen.images else path.parent
        if not folder.is_dir():
            raise DataError(f"the folder of pictures '{folder}' is not there; check images=")
        metadata = read_metadata(chosen.metadata, self.source.person)
        self.pictures, self.n_unclear = Pictures(folder), 0
        if chosen.missing == "error":
            self._check_pictures(path, self.pictures)
        pictures = self.pictures

        def make(row: Row) -> Case:
            return case_of(self.source, self.read(mapping(row.data)), pictures, metadata)

        cases = self.stream(path, json_rows(path), make, chosen.bad_rows)
        return self._clear(path, cases) if chosen.unclear == "drop" else cases

    def _check_pictures(self, path: Path, pictures: Pictures) -> None:
        """Looks the whole file through, so that all missing pictures are told at once."""
        for row in json_rows(path):
            if isinstance(row.data, dict) and isinstance(name := first(row.data, IMAGE), str):
                try:
                    pictures.has(name)
                except BadRow:
                    continue  # told with its line when the row is read
        if pictures.n_missing:
            total = pictures.n_missing + pictures.n_present
            more = ", ..." if pictures.n_missing > NAMES_SHOWN else ""
            raise DataError(
                f"{path}: {pictures.n_missing} of {total} pictures are not in {pictures.folder}: "
                f"{', '.join(pictures.missing)}{more}; name the folder with images=, or go on "
                "without them with missing=list"
            )

    def _clear(self, path: Path, cases: Iterator[Case]) -> Iterator[Case]:
        used = 0
        for case in cases:
            if NO_KEY.isdisjoint(case.brief.extra.get("flags", ())):
                used += 1
                yield case
                continue
            self.n_unclear += 1
            image = case.brief.extra["image"]
            what = f"case {case.id} has no key: its reference does not commit itself"
            self.reports[str(path)].skip(Fault(f"{path}, {image}", what))
        if used == 0:
            raise DataError(f"{path} has no row with a key; unclear=flag reads them all the same")


def case_of(source: Sourced, item: Item, pictures: Pictures, metadata: Metadata) -> Case:
    there = pictures.has(item.image)
    person = source.person(item.image)
    known = metadata.get(person, {})
    extra: dict[str, Any] = {"image": item.image, "published_text": item.text, **item.extra}
    if item.kind:
        extra["kind"] = item.kind
    if item.flags:
        extra["flags"] = list(item.flags)
    if not there:
        extra["image_missing"] = True
    if not source.verified:
        extra["schema"] = "unverified"
    brief = Brief(
        key=item.key,
        reference=item.reference,
        cluster=known.get("cluster") or item.cluster or person,
        groups=item.groups | {k: v for k, v in known.items() if k != "cluster"},
        modality=item.modality or source.modality,
        region=item.region or source.region,
        task=item.task,
        source=source.source,
        licence=source.licence,
        extra=extra,
    )
    name = content_id(source.name, item.image, item.question, *item.options, item.reference)
    images = (ImageRef(str(pictures.place(item.image))),) if there else ()
    return Case(name, "", item.question, item.options, images=images, brief=brief, phi=source.phi)


# --- fields -----------------------------------------------------------------------------------


def first(data: Mapping[str, Any], names: tuple[str, ...]) -> Any:
    """The first of the fields that is there."""
    return next((data[name] for name in names if data.get(name) is not None), None)


def read_item(data: Mapping[str, Any], *, yes_no: bool = False) -> Item:
    """A row of any of the sources: closed where it brings options, yes-no where those are yes and
    no or the source has no others, open otherwise."""
    text = text_of(first(data, QUESTION), "question")
    question, inlined = split_text(text)
    image = text_of(first(data, IMAGE), "image").strip()
    answer = first(data, ANSWER)
    item = Item(text, question, image, groups=groups_of(data))
    options = _options(data, inlined)
    if yes_no or is_yes_no(options):
        _fill_yes_no(item, "" if answer is None else str(answer))
    elif options:
        item.options, item.task = options, "multiple-choice"
        item.reference = text_of(answer, "answer").strip()
        item.key = key_of(item.reference, options)
        check_options(options, item.key)
    else:
        item.reference = text_of(answer, "answer").strip()
        item.flags = ("not-stated",) if says_not_stated(item.reference) else ()
    if is_redacted(item.question) and "redacted" not in item.flags:
        item.flags = (*item.flags, "redacted")
    if not item.question:
        raise BadRow("the question is blank")
    return item


def _fill_yes_no(item: Item, answer: str) -> None:
    reading = read_yes_no(item.question, answer)
    item.question, item.flags = reading.question, reading.flags
    item.reference = answer.strip()
    if "other-question" in item.flags:
        item.reference = "" if reading.key is None else YES_NO[reading.key]
    item.extra = {"published_key": published_yes_no(answer)}
    if reading.key is not None:
        item.options, item.key, item.task = YES_NO, reading.key, "yes-no"


def split_text(text: str) -> tuple[str, str]:
    """The question alone, and the options that stood in its text."""
    plain = _placeholder.sub("\n", text).strip()
    for pattern in (_choose, _inlined):
        if found := pattern.search(plain):
            return _preamble.sub("", plain[: found.start()]).strip(), found["options"]
    return _preamble.sub("", plain).strip(), ""


def is_yes_no(options: tuple[str, ...]) -> bool:
    return tuple(option.strip().lower() for option in options) == YES_NO


def _options(data: Mapping[str, Any], inlined: str) -> tuple[str, ...]:
    given = data.get("options")
    if given is None:
        letters = [f"option_{letter_of(i)}" for i in range(MAX_OPTIONS)]
        texts = [optional_text(data, name) for name in letters]
        if any(texts):
            return tuple(text for text in texts if text)
        given = inlined
    if isinstance(given, dict):
        given = [given[letter] for letter in sorted(given)]
    if isinstance(given, list):
        return tuple(text_of(one, f"option {letter_of(i)}") for i, one in enumerate(given))
    return parse_listed(given) if isinstance(given, str) else ()


def parse_listed(text: str) -> tuple[str, ...]:
    """Options written in one line: "A:scalp, B:ear", where a comma may stand in an option, because
    only the next letter ends one; "yes, no" without letters is cut at its commas."""
    text = text.strip().strip("[]")
    if not text:
        return ()
    found = _labelled.fullmatch(text)
    if found is None or found["letter"] != "A":
        return tuple(part.strip().strip("'\"") for part in text.split(","))
    options, rest, mark = [], found["text"], re.escape(found["mark"])
    for number in range(1, MAX_OPTIONS):
        cut = re.search(rf"[,;\s]\s*\(?{letter_of(number)}\)?\s*{mark}\s*", rest)
        if cut is None:
            break
        options.append(rest[: cut.start()].strip().rstrip(",;"))
        rest = rest[cut.end() :]
    return (*options, rest.strip())


def key_of(answer: str, options: tuple[str, ...]) -> int:
    """The option that an answer names: by letter and text where it brings both, which have to
    agree, by letter, or by text."""
    plain = [_folded(option) for option in options]
    by_text = [i for i, option in enumerate(plain) if option == _folded(answer)]
    found = _labelled.fullmatch(answer)
    letter = found["letter"] if found else answer.strip(" .()")
    index = ord(letter.upper()) - ord("A") if re.fullmatch(r"[A-Ja-j]", letter) else -1
    if len(by_text) == 1 and index in (-1, by_text[0]):
        return by_text[0]
    if by_text or not 0 <= index < len(options):
        raise BadRow(f"the answer '{answer[:60]}' names no single one of {len(options)} options")
    if found and found["text"].strip() and _folded(found["text"]) != plain[index]:
        raise BadRow(
            f"the answer says option {letter_of(index)} but its text is not that option's: "
            f"'{found['text'][:60]}'"
        )
    return index


def _folded(text: str) -> str:
    return " ".join(text.split()).casefold().rstrip(".")


def numbers_of(name: str) -> str:
    """The last number in a picture's name, without leading zeros: what tables know it by."""
    found = re.findall(r"\d+", PurePosixPath(name).stem)
    return found[-1].lstrip("0") or "0" if found else name


def flagged(item: Item, *flags: str) -> Item:
    item.flags = tuple(dict.fromkeys((*item.flags, *flags)))
    return item
