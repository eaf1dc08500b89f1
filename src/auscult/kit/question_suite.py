"""What suites that ask questions, with or without a picture, have in common while they ask.

A suite of questions about pictures needs from here:

- `PictureOptions`, which its options extend, and `pictures_of` them;
- `rows_without_pictures` of its data sets where it asks questions that miss theirs in words;
- `cases_with_donors` and `admitted(case, fault_of(...))` for its cases;
- `question_size` for what a case costs;
- `shown_clean` for the picture and `orders_of` for the options, once a case;
- `hints_of` and `SAMPLING` for each call, `labels_of`, `chosen_labels` and `noted_labels` for what
  is recorded.

What it says of the recorded replies is in `kit.question_estimates`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import groupby
from typing import Any, Literal

import msgspec

from auscult.core.case import Case, OptionNote
from auscult.core.errors import DataError
from auscult.core.message import Sampling
from auscult.core.protocols import Bench, DataSet, Loader
from auscult.kit import mcq
from auscult.kit.donors import with_donors
from auscult.kit.pictures import Pictures, Shown, limits_of
from auscult.kit.questions import YES_NO, Form, form_of
from auscult.kit.suite_cases import named_cases, tokens_at_most

KINDS: dict[Form, str] = {"yes-no": "yes-no", "multiple-choice": "mcq", "open": "open"}
"""What a scripted target calls a form."""
REPLY_TOKENS = 512
SAMPLING = Sampling(max_tokens=REPLY_TOKENS)
"""Where the plan leaves it open: an answer that runs on is cut, and counted as unreadable."""
PROMPT_OVERHEAD = 96
"""Tokens of the instruction and of the form of a message, at most."""
IMAGE_TOKENS = 1500
TEXT_KEPT = 80
REMEMBERED = 1024


# --- options --------------------------------------------------------------------------------------


class PictureOptions(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The options that every suite of questions about pictures takes. A suite that checks its own
    in `__post_init__` calls this one's too."""

    letters: str = mcq.LETTERS
    max_side: int = 1024
    burned_in: Literal["block", "allow"] = "block"
    cleared: str = ""
    """File of the sha256 of pictures that a person has found free of names."""

    def __post_init__(self) -> None:
        check_letters(self.letters)
        if self.max_side < 1:
            raise ValueError(f"max_side is {self.max_side}; give 1 or more")


def pictures_of(options: PictureOptions) -> Pictures:
    return Pictures(limits_of(options.max_side, options.burned_in, options.cleared))


def check_letters(letters: str) -> None:
    if len(letters) < 2 or len(set(letters)) < len(letters):
        raise ValueError(
            f"letters is '{letters}'; give two or more different characters, such as \"ABCDE\""
        )


# --- cases ----------------------------------------------------------------------------------------


def cases_with_donors(datasets: Sequence[DataSet], loaders: Mapping[str, Loader]) -> Iterator[Case]:
    """Donors come from the case's own data set: a patient's picture goes nowhere else."""
    for _, named in groupby(named_cases(datasets, loaders), key=lambda pair: pair[0]):
        yield from with_donors(case for _, case in named)


def rows_without_pictures(
    datasets: Sequence[DataSet], loaders: Mapping[str, Loader], without_images: str
) -> list[DataSet]:
    """The same data sets; with `without_images` "ask", each whose loader would stop at a missing
    picture has it read such rows too (unless the plan says itself what to do with them)."""
    return [
        msgspec.structs.replace(data, options={"missing": "list", **data.options})
        if without_images == "ask" and "missing" in _read_options(loaders, data)
        else data
        for data in datasets
    ]


def _read_options(loaders: Mapping[str, Loader], data: DataSet) -> Mapping[str, str]:
    """What a loader takes so as to read whatever is wrong with a file."""
    found: Mapping[str, str] = getattr(loaders.get(data.loader), "audit_options", {})
    return found


def admitted(case: Case, fault: str) -> Case:
    """The case, unless something is wrong with it."""
    if fault:
        data, _, name = case.id.partition("/")
        raise DataError(f"case '{name}' of data set '{data}' {fault}")
    return case


def fault_of(case: Case, form: Form, letters: str) -> str:
    """Why a case can't be asked in this form, in words that follow its name; empty where it can.
    Of an open question only the words are looked at."""
    count, key = len(case.options), case.brief.key
    if not case.text.strip():
        return "has neither a stem nor a question"
    if form == "open":
        return ""
    if count < 2:
        return f"has {count} options; a closed question needs two"
    if key is None or not 0 <= key < count:
        stated = "no key" if key is None else f"the key {key}"
        return f"has {stated}; give the index of its right option, from 0"
    if form == "yes-no" and sorted(map(folded, case.options)) != sorted(YES_NO):
        return "is a yes-no question with other options than yes and no; change its task"
    if form == "multiple-choice" and count > len(letters):
        return (
            f"has {count} options but there are {len(letters)} letters; give more in the suite "
            "option 'letters'"
        )
    return ""


# --- cost -----------------------------------------------------------------------------------------


def options_size(case: Case) -> int:
    """Tokens of the options alone, with what is said around them, at most."""
    return tokens_at_most("".join(case.options)) + 4 * len(case.options) + PROMPT_OVERHEAD


def question_size(case: Case, *, pictures: bool = True) -> int:
    """Tokens of all that is said in asking a case once, at most."""
    told = sum(tokens_at_most(message.text) + 8 for message in case.messages)
    shown = IMAGE_TOKENS * len(case.images) if pictures else 0
    return tokens_at_most(case.text) + told + options_size(case) + shown


# --- asking ---------------------------------------------------------------------------------------


async def shown_clean(case: Case, pictures: Pictures, reason: str) -> Shown:
    """The case's own pictures, ready to be sent. `reason` says why the case is not asked at all,
    where it is not, and then stands in what comes back."""
    if reason or not case.images:
        return Shown(reason=reason)
    return await pictures.clean(case)


def authors_order(case: Case) -> tuple[int, ...]:
    return tuple(range(len(case.options)))


def order_drawn(case: Case, form: Form) -> bool:
    """Whether options may stand in any order: not those that speak of each other's places."""
    return form == "multiple-choice" and _free_order(case.options)


@lru_cache(maxsize=REMEMBERED)
def _free_order(options: tuple[str, ...]) -> bool:
    """Remembered: it is asked for every arm of a case."""
    return not mcq.order_matters(options)


def orders_of(case: Case, form: Form, bench: Bench, askings: int) -> list[tuple[int, ...]]:
    """Of the options as shown, one for each asking: other ones in each, where they may be drawn."""
    own = authors_order(case)
    if not order_drawn(case, form):
        return [own] * askings
    return list(mcq.balanced_orders(bench.rng("orders"), len(own), askings))


def one_order(case: Case, form: Form, bench: Bench) -> tuple[int, ...]:
    """For all arms of a case, so that nothing but what is measured differs between them."""
    own = authors_order(case)
    return mcq.permutation(bench.rng("order"), len(own)) if order_drawn(case, form) else own


def hints_of(
    case: Case, form: Form, facts: Mapping[str, Any], arm: str, repeat: int = 0, **more: Any
) -> dict[str, Any]:
    """For scripted targets."""
    about = {"kind": KINDS[form], "arm": arm, "case_id": case.id, "repeat": repeat}
    return {**facts, **about, **more}


# --- what is recorded -----------------------------------------------------------------------------


def labels_of(case: Case, *names: str) -> dict[str, Any]:
    """Of these labels those that are known. `kind` is what the data set says is asked for."""
    brief = case.brief
    known: dict[str, str] = {
        "form": form_of(case),
        "data": case.id.partition("/")[0],
        "kind": str(brief.extra.get("kind", "")),
        "modality": brief.modality,
        "region": brief.region,
    }
    return {name: known[name] for name in names if known[name]}


def chosen_labels(chosen: Any, letters: str, order: Sequence[int]) -> dict[str, Any]:
    """The place a judge read, by index or by letter, and the option that stood there."""
    place = letters.find(chosen) if isinstance(chosen, str) and chosen else chosen
    if not isinstance(place, int) or not 0 <= place < len(order):
        return {}
    return {"position_chosen": place, "chosen_original": order[place]}


def noted_labels(notes: Sequence[OptionNote], chosen: int | None) -> dict[str, Any]:
    """What the author said of the option chosen, which counts options in the author's order."""
    if chosen is None or chosen >= len(notes):
        return {}
    return {"harm_chosen": notes[chosen].harm, "status_chosen": notes[chosen].status}


def folded(option: str) -> str:
    """An option as it is counted: case, space and a full stop make no other answer of it."""
    text = " ".join(option.split()).casefold().rstrip(".")
    return text if len(text) <= TEXT_KEPT else f"{text[: TEXT_KEPT - 10]}... {digest(text)[:6]}"


def digest(text: str) -> str:
    return hashlib.blake2b(text.encode(), digest_size=6).hexdigest()
