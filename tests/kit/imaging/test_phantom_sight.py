"""An endpoint that measures pixels answers the phantoms' questions, and only by its sight.

So the phantoms measure sight: what an eye without any knowledge of the drawing code answers right
is true of the pixels, and falls when the picture is taken away, exchanged or blurred.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import pytest
from phantom_pack import drawn, pixels_of, sent, url_of
from scipy import ndimage
from stub_server import Seen
from vision_server import UNSEEN, Eye, Sight, parse, vision, vision_stub

from auscult.core.case import Case
from auscult.core.message import ImagePart, Message, Request, assistant, user
from auscult.core.protocols import TargetSpec
from auscult.core.registry import build
from auscult.kit import mcq
from auscult.kit.questions import form_of, prompt_of, with_pictures

Edit = Callable[[Any, Case], Any]


@pytest.fixture(scope="module")
def closed(tmp_path_factory: pytest.TempPathFactory) -> list[Case]:
    return [case for case in drawn(tmp_path_factory) if case.options]


@pytest.fixture(scope="module")
def pictures(closed: list[Case]) -> dict[str, Any]:
    return {path: pixels_of(case) for path, case in {c.images[0].path: c for c in closed}.items()}


@pytest.fixture(scope="module")
def clean(closed: list[Case]) -> dict[str, str]:
    return {path: sent(case) for path, case in {c.images[0].path: c for c in closed}.items()}


@pytest.fixture(scope="module")
def eye() -> Eye:
    """One for the module: it remembers the clean pictures."""
    return Eye()


def body_of(text: str, url: str = "") -> dict[str, Any]:
    parts: list[dict[str, Any]] = [{"type": "image_url", "image_url": {"url": url}}] if url else []
    return {"messages": [{"role": "user", "content": [*parts, {"type": "text", "text": text}]}]}


def accuracy(eye: Eye, cases: list[Case], urls: dict[str, str], *, mirrored: bool = False) -> float:
    """Share of right answers, the options in an order of the case's own."""
    right = 0
    for case in cases:
        form = form_of(case)
        order = mcq.permutation(Random(case.id), len(case.options))
        text = prompt_of(case, form, [case.options[place] for place in order])
        said = eye(body_of(text, urls[case.images[0].path]))
        key = case.brief.extra["mirrored_key"] if mirrored else case.brief.key
        wanted = case.options[key] if form == "yes-no" else mcq.LETTERS[order.index(key)]
        right += said.lower() == wanted.lower()
    return right / len(cases)


def edited(cases: list[Case], pictures: dict[str, Any], edit: Edit) -> dict[str, str]:
    firsts = {case.images[0].path: case for case in reversed(cases)}
    return {path: url_of(edit(pictures[path], case)) for path, case in firsts.items()}


def half(cases: list[Case]) -> list[Case]:
    return [case for case in cases if int(case.cluster.rpartition("-")[2]) < 6]


def test_sight_alone_answers_the_starter_pack(
    eye: Eye, closed: list[Case], clean: dict[str, str]
) -> None:
    assert accuracy(eye, closed, clean) >= 0.99


def test_open_answers_say_what_the_reference_says(
    eye: Eye, tmp_path_factory: pytest.TempPathFactory
) -> None:
    telling = {"left", "right", "nowhere", "even", "uneven", "brown", "blue-grey", "black"}

    def told(text: str) -> set[str]:
        return telling & set(
            text.lower().replace(".", " ").replace(",", " ").replace(":", " ").split()
        )

    asked = 0
    for case in drawn(tmp_path_factory):
        if case.brief.task != "open":
            continue
        asked += 1
        said = eye(body_of(prompt_of(case, "open"), sent(case)))
        assert told(said) == told(case.brief.reference) != set(), (case.id, said)
    assert asked >= 40


def test_without_its_picture_it_is_at_chance(
    closed: list[Case], pictures: dict[str, Any], clean: dict[str, str]
) -> None:
    """Blind, grey and absent: half of the yes/no questions, and as many of the others as there
    are options to guess from."""
    chance = sum(1 / len(case.options) for case in closed) / len(closed)
    nothing = dict.fromkeys(pictures, "")
    grey = edited(closed, pictures, lambda pixels, _: np.full_like(pixels, 0.5))
    for eye, urls in (
        (Eye(Sight(unseen="guess")), nothing),
        (Eye(Sight(unseen="guess")), grey),
        (Eye(Sight(blind=True, unseen="guess")), clean),
        (Eye(Sight(constant="yes")), clean),
    ):
        assert accuracy(eye, closed, urls) <= chance + 0.03
    assert accuracy(Eye(), closed, grey) == 0.0  # it says that it sees none


def test_another_picture_of_the_same_kind_misleads_it(
    closed: list[Case], pictures: dict[str, Any]
) -> None:
    paths = sorted(pictures)

    def other(_: Any, case: Case) -> Any:
        own = paths.index(case.images[0].path)
        first = own - own % 12  # twelve of a kind stand together
        return pictures[paths[first + (own - first + 1 + Random(case.cluster).randrange(11)) % 12]]

    cases = half(closed)
    assert accuracy(Eye(), cases, edited(cases, pictures, other)) < 0.55


def test_a_strong_blur_takes_much_of_its_sight(
    closed: list[Case], pictures: dict[str, Any]
) -> None:
    def blurred(pixels: Any, _: Case) -> Any:
        return ndimage.gaussian_filter(pixels, (12, 12) + (0,) * (pixels.ndim - 2))

    cases = half(closed)
    assert accuracy(Eye(), cases, edited(cases, pictures, blurred)) < 0.7


def test_a_flipped_picture_has_the_mirrored_key(
    closed: list[Case], pictures: dict[str, Any]
) -> None:
    cases = half(closed)
    flipped = edited(cases, pictures, lambda pixels, _: pixels[:, ::-1])
    assert accuracy(Eye(), cases, flipped, mirrored=True) >= 0.98
    sided = [case for case in cases if "laterality" in case.brief.extra]
    assert accuracy(Eye(), sided, flipped) <= 0.02


# --- over the wire ----------------------------------------------------------------------------


def put(case: Case, *, picture: bool = True) -> tuple[Message, ...]:
    part = ImagePart.of(Path(case.images[0].path).read_bytes(), "image/png")
    text = prompt_of(case, form_of(case), case.options)
    return (user(with_pictures(text, (part,) if picture else ())),)


async def answers(base_url: str, *conversations: tuple[Message, ...]) -> list[str]:
    target = build("targets", "openai", TargetSpec("openai", "m", {"base_url": base_url}))
    try:
        return [(await target.answer(Request(said))).text for said in conversations]
    finally:
        await target.close()


async def test_the_process_looks_at_what_the_wire_brings(closed: list[Case]) -> None:
    cases = [case for case in closed if case.brief.task == "yes-no"][::23]
    with vision() as base_url:
        said = await answers(base_url, *(put(case) for case in cases), put(cases[0], picture=False))
    assert said == [*("Yes" if case.brief.key == 0 else "No" for case in cases), UNSEEN]
    assert {"Yes", "No"} <= set(said)


def test_the_command_line_says_what_it_can_do() -> None:
    server, port = parse(["--blind", "--slow", "0.5", "--unseen", "guess", "--port", "9"])
    assert server.behaviour.latency_s == 0.5 and port == 9
    assert server.behaviour.answers.sight == Sight(blind=True, unseen="guess")
    server, port = parse(["--constant", "No."])
    assert server.behaviour.answers.sight == Sight(constant="No.") and port == 0


def test_it_can_be_of_one_opinion(closed: list[Case]) -> None:
    eye = Eye(Sight(constant="No."))
    assert {eye(body_of(prompt_of(case, form_of(case)))) for case in closed[:9]} == {"No."}


async def test_it_is_sure_of_what_it_saw_and_can_be_slow(closed: list[Case]) -> None:
    def turn(*, picture: bool) -> tuple[Message, ...]:
        again = user("Are you sure that this is right? Answer yes or no.")
        return (*put(closed[0], picture=picture), assistant("Yes"), again)

    async with vision_stub(latency_s=0.01) as stub:
        assert stub.behaviour.latency_s == 0.01
        said = await answers(stub.base_url, turn(picture=True), turn(picture=False))
    assert said == ["Yes, I am sure.", "No, I am not sure."]


async def test_a_picture_that_is_none_is_refused_as_a_server_would(closed: list[Case]) -> None:
    asked = body_of(prompt_of(closed[0], "yes-no"), "data:image/png;base64,bm8gcGljdHVyZQ==")
    sent = Seen("POST", "/v1/chat/completions", {}, json.dumps(asked).encode())
    _, answer = vision_stub().handle(sent)
    assert answer is not None and b"400 Bad Request" in answer
