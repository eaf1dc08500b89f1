"""inspect-ai on the same questions: the same text asked, the same letter compared.

usage: python bench/arm_inspect.py RESULT.json URL CASES.jsonl CONCURRENCY LOG_DIR default|tuned

Runs in an environment of its own (.venv-bench). Start-up ends at inspect's own `on_task_start`;
the end is the return of `eval`, with its log written. `generate` and `match` are its shortest way:
its `multiple_choice` solver does more.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from inspect_ai import Task, eval
from inspect_ai.dataset import MemoryDataset, Sample
from inspect_ai.hooks import Hooks, TaskStart, hooks
from inspect_ai.model import get_model
from inspect_ai.scorer import match
from inspect_ai.solver import generate

from marks import Work, tell

INSTRUCTION = (
    "Reply with the letter of the single best option and nothing else. "
    'If you do not know the answer, you may reply "I don\'t know" instead.'
)
REPLY_TOKENS = 512
TUNED: dict[str, Any] = {"display": "none", "log_realtime": False, "score_display": False}
work = Work()


@hooks(name="bench/start", description="marks the end of start-up")
class Start(Hooks):
    def enabled(self) -> bool:
        """Only until the work begins, so that the hook costs nothing afterwards."""
        return not work.begun

    async def on_task_start(self, data: TaskStart) -> None:
        work.begin()


def samples(path: Path) -> Iterator[Sample]:
    for line in path.read_text(encoding="utf-8").splitlines():
        case = json.loads(line)
        lines = "\n".join(f"{letter}. {text}" for letter, text in case["options"].items())
        text = f"{case['question']}\n\nOptions:\n{lines}\n\n{INSTRUCTION}"
        yield Sample(input=text, target=case["answer_idx"])


def main(url: str, cases: str, concurrency: str, folder: str, mode: str) -> dict[str, Any]:
    task = Task(
        dataset=MemoryDataset(list(samples(Path(cases)))),
        solver=generate(),
        scorer=match(location="begin"),
    )
    model = get_model("openai-api/stub/m", base_url=url, api_key="none")
    options = TUNED if mode == "tuned" else {}
    (log,) = eval(
        task, model=model, max_tokens=REPLY_TOKENS, max_connections=int(concurrency),
        log_dir=folder, **options,
    )  # fmt: skip
    told = work.end()
    if log.status != "success" or log.results is None:
        raise RuntimeError(f"inspect-ai ended with '{log.status}': {log.error}")
    return {**told, "cases": log.results.completed_samples}


if __name__ == "__main__":
    tell(Path(sys.argv[1]), main(*sys.argv[2:]))
