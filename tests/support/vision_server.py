"""A loopback endpoint that truly looks: it decodes the pictures it is sent and measures them.

In a test: `async with vision_stub() as stub: ... stub.base_url`, or `with vision() as base_url:`
for a process of its own, which prints its base URL and serves until stdin closes. Without a
picture, or with one of a single shade, it says that it cannot see one, or guesses. It reads the
question by rules of its own and shares no code with what draws the phantoms (vision_measure.py).
"""

from __future__ import annotations

import argparse
import asyncio
import base64
import hashlib
import io
import re
import signal
import subprocess
import sys
import threading
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
from stub_server import Behaviour, StubServer
from vision_measure import SIDE, Seen, measure, nothing_to_see

UNSEEN = "I cannot see an image."
KINDS = {
    "chest radiograph": "chest", "ct slice": "abdomen", "mr slice": "brain", "retina": "retina",
    "dermatoscop": "skin", "ultrasound": "ultrasound", "tissue section": "tissue",
    "forearm": "forearm", "electrocardiogram": "trace",
}  # fmt: skip
KEPT = 512
"""Pictures whose measurement is remembered."""


class Sight(msgspec.Struct, frozen=True, kw_only=True):
    blind: bool = False
    """Ignores the pictures."""
    constant: str = ""
    """Says this to everything."""
    unseen: str = "say"
    """Without a picture: "say" that there is none, or "guess" yes or the first option."""


class Reading(NamedTuple):
    """What the measurement says of a question: words to look for among options, or a number to
    place in their ranges; whether a yes/no question is to be answered yes; and a sentence."""

    words: tuple[str, ...]
    sentence: str
    yes: bool = False
    number: float | None = None


class Eye:
    """Answers a chat request's body. Measurements are kept by picture."""

    def __init__(self, sight: Sight | None = None) -> None:
        self.sight = sight or Sight()
        self._seen: OrderedDict[tuple[str, str], Seen | None] = OrderedDict()

    def __call__(self, body: dict[str, Any]) -> str:
        if self.sight.constant:
            return self.sight.constant
        texts, urls = _said(body)
        last = texts[-1].lower() if texts else ""
        text = next((t for t in reversed(texts) if _kind(t)), "")
        seen = self._look(_kind(text), urls[-1]) if text and urls and not self.sight.blind else None
        if not _kind(last) and re.search(r"\bsure\b", last):
            return "Yes, I am sure." if seen else "No, I am not sure."
        options = _options(text)
        if seen is None:
            return UNSEEN if self.sight.unseen == "say" else _guess(options)
        return _worded(_read(_kind(text), _question(text), seen), options, _question(text))

    def _look(self, kind: str, url: str) -> Seen | None:
        """What was measured; None where there is nothing to be seen."""
        key = (kind, hashlib.blake2b(url.encode(), digest_size=16).hexdigest())
        if key not in self._seen:
            pixels = decode(url)
            self._seen[key] = None if nothing_to_see(pixels) else measure(kind, pixels)
            while len(self._seen) > KEPT:
                self._seen.popitem(last=False)
        self._seen.move_to_end(key)
        return self._seen[key]


def decode(url: str) -> Any:
    """The pixels of a data URL as float in [0, 1], 256 high unless it is a wide strip."""
    import numpy as np
    from PIL import Image

    with Image.open(io.BytesIO(base64.b64decode(url.partition(";base64,")[2]))) as opened:
        image = opened.convert("RGB")
    size = (448, 224) if image.width > 1.5 * image.height else (SIDE, SIDE)
    if image.size != size:
        image = image.resize(size, Image.Resampling.BILINEAR)
    return np.asarray(image, np.float32) / 255


def _said(body: dict[str, Any]) -> tuple[list[str], list[str]]:
    """The user's texts and the pictures' URLs, in the order they came."""
    texts, urls = [], []
    for message in body.get("messages") or []:
        if message.get("role") != "user":
            continue
        content = message["content"]
        parts = [{"type": "text", "text": content}] if isinstance(content, str) else content
        texts.append("\n".join(p["text"] for p in parts if p["type"] == "text"))
        urls += [p["image_url"]["url"] for p in parts if p["type"] == "image_url"]
    return texts, urls


def _kind(text: str) -> str:
    lower = text.lower()
    return next((kind for words, kind in KINDS.items() if words in lower), "")


def _question(text: str) -> str:
    """Lower case, without options and instructions: up to the last question mark before them."""
    lower = text.lower().partition("\noptions:")[0].partition("\n\n")[0]
    return lower.partition(". ")[2] or lower


def _options(text: str) -> dict[str, str]:
    found = re.findall(r"^\(?([A-Z])[.):] (.+)$", text, re.MULTILINE)
    return {letter: option.lower() for letter, option in found}


def _guess(options: dict[str, str]) -> str:
    return next(iter(options), "Yes")


# --- from a measurement to an answer ----------------------------------------------------------


def _read(kind: str, question: str, seen: Seen) -> Reading:
    if kind in ("chest", "abdomen", "brain", "ultrasound", "forearm"):
        return _special(kind, question, seen) or _placed(question, seen.get("side"))
    return _special(kind, question, seen) or Reading((), "I cannot tell.")


def _placed(question: str, side: str | None) -> Reading:
    """Is it there, and on which side."""
    asked = re.search(r"on the (left|right) of", question)
    yes = side == asked[1] if asked else side is not None
    sentence = f"It is on the {side} of the picture." if side else "It is nowhere in the picture."
    return Reading((side or "nowhere",), sentence, yes)


def _special(kind: str, question: str, seen: Seen) -> Reading | None:
    """The questions of one kind of picture only."""
    for words, found in _RULES[kind].items():
        if words in question:
            return found(seen)
    return None


def _yes(finding: Any) -> Reading:
    return Reading(("yes",) if finding else ("no",), "Yes." if finding else "No.", bool(finding))


def _either(finding: Any, so: str, otherwise: str) -> Reading:
    word = so if finding else otherwise
    return Reading((word,), f"It is {word}.", bool(finding))


def _number(count: int) -> Reading:
    return Reading(("none",) if not count else (), f"There are {count}.", bool(count), count)


def _half(side: str | None) -> Reading:
    return Reading((f"{side} half",), f"It lies in the {side} half of the picture.")


def _colours(names: list[str]) -> Reading:
    word = ("one", "two", "three")[len(names) - 1]
    return Reading((word,), f"The spot is {' and '.join(names)}.")


_RULES: dict[str, dict[str, Any]] = {
    "chest": {
        "heart shadow": lambda s: _yes(s.get("heart", 0) > 0.5),
        "flat-topped": lambda s: _yes(s.get("fluid")),
    },
    "abdomen": {
        "appear": lambda s: _either(s["darker"], "darker", "brighter"),
        "eighth": lambda s: _yes(s["width"] > 0.125),
    },
    "brain": {
        "ventricles": lambda s: _either(s["ventricles"] > 0.25, "more than", "less than"),
        "what form": lambda s: _either(s["ring"], "a ring", "a solid"),
    },
    "retina": {
        "dots": lambda s: _number(s["count"]),
        "cup": lambda s: _yes(s.get("cup", 0) > 0.5),
        "disc": lambda s: _half(s["side"]),
    },
    "skin": {
        "colours": lambda s: _colours(s["colours"]),
        "outline": lambda s: _either(s.get("uneven", 0) > 0.06, "lopsided", "circular"),
        "border": lambda s: _yes(s.get("border", 0) < 5),
    },
    "ultrasound": {
        "what shape": lambda s: _either(s["oval"], "clearly wider", "as wide as"),
        "bright spot": lambda s: _yes(s["spot"]),
    },
    "tissue": {
        "how many": lambda s: _number(s["count"]),
        "elongated": lambda s: _yes(not s["elongated"]),
        "half": lambda s: _half(s["side"]),
    },
    "forearm": {
        "how does": lambda s: _either(s["slanting"], "slant", "straight"),
        "plate": lambda s: _yes(s["plate"]),
    },
    "trace": {
        "how many": lambda s: _number(s["count"]),
        "clearly wider": lambda s: _yes(s["wide"]),
        "even": lambda s: _either(s["uneven"] < 0.12, "even", "uneven"),
    },
}


def _worded(reading: Reading, options: dict[str, str], question: str) -> str:
    if options:
        return _chosen(reading, options)
    if re.match(r"(is|are|do|does)\b", question) and "one short sentence" not in question:
        return "Yes" if reading.yes else "No"
    return reading.sentence


def _chosen(reading: Reading, options: dict[str, str]) -> str:
    """The letter of the option that fits; the first where none does."""
    for letter, option in options.items():
        if any(re.search(rf"\b{re.escape(word)}\b", option) for word in reading.words):
            return letter
        if reading.number is not None and _holds(option, reading.number):
            return letter
    return _guess(options)


def _holds(option: str, number: float) -> bool:
    """Whether a range in words holds the number."""
    ends = [int(digits) for digits in re.findall(r"\d+", option)]
    if not ends:
        return False
    if len(ends) > 1:
        return ends[0] <= number <= ends[1]
    return number < ends[0] if "fewer" in option else number > ends[0]


# --- serving ----------------------------------------------------------------------------------


def vision_stub(sight: Sight | None = None, *, latency_s: float = 0.0) -> StubServer:
    return StubServer(Behaviour(answers=Eye(sight), latency_s=latency_s))


@contextmanager
def vision(*arguments: str) -> Iterator[str]:
    """The endpoint as a process; gives its base URL. Arguments are those of the command line."""
    process = subprocess.Popen(
        [sys.executable, str(Path(__file__)), *arguments],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        assert process.stdout is not None
        yield process.stdout.readline().strip()
    finally:
        process.kill()
        process.communicate()


async def _serve(server: StubServer, port: int) -> None:
    loop = asyncio.get_running_loop()
    stop = asyncio.Event()
    for which in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(which, stop.set)
    await server.start(port)
    print(server.base_url, flush=True)

    def until_stdin_closes() -> None:
        while sys.stdin.buffer.raw.read(4096):  # type: ignore[attr-defined]
            pass
        loop.call_soon_threadsafe(stop.set)

    threading.Thread(target=until_stdin_closes, daemon=True).start()
    await stop.wait()
    await server.stop()


def parse(arguments: Sequence[str] | None = None) -> tuple[StubServer, int]:
    """The endpoint and its port as the command line says."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--slow", type=float, default=0.0, help="seconds before each answer")
    parser.add_argument("--blind", action="store_true", help="ignore the pictures")
    parser.add_argument("--constant", default="", help="say this to everything")
    parser.add_argument("--unseen", choices=("say", "guess"), default="say")
    given = parser.parse_args(arguments)
    sight = Sight(blind=given.blind, constant=given.constant, unseen=given.unseen)
    return vision_stub(sight, latency_s=given.slow), given.port


if __name__ == "__main__":
    asyncio.run(_serve(*parse()))
