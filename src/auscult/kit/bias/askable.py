"""Whether the fact that a needed change rests on can be told as its author wrote it.

What an attack never asks, or the validity gate refuses whenever it is drawn, would be counted as
refused in every audit. So a loader asks here first. The gate sees no answer, so nothing is lost.
"""

from __future__ import annotations

from collections.abc import Iterator

from auscult.core.case import Case
from auscult.kit.attack.spans import edited
from auscult.kit.bias.gate import neutral_faults, telling_faults
from auscult.kit.bias.needed import where_it_holds
from auscult.kit.bias.neutral import neutral_texts
from auscult.kit.bias.shapes import OnTelling, Wording
from auscult.kit.bias.telling import Telling, put, telling_of


def never_told(case: Case, attack: OnTelling) -> Iterator[str]:
    """A sentence for each thing that stands against it. Of the author's own sentences each must
    pass, of the attack's one is enough."""
    telling = telling_of(case)
    must = telling.must(attack.attribute) if telling else None
    if telling is None or must is None:
        return
    if unfit := attack.unfit(case):
        yield f"'{attack.name}' is never asked here, because {unfit}; use 'may'"
        return
    told = attack.told(case, telling)
    refused = [(one.text, why) for one in told if (why := _refused(case, attack, telling, one))]
    if must.tells:
        for text, why in refused:
            yield (
                f"the gate refuses '{text}' of 'tells': {why}; write one sentence that begins "
                f"with '{telling.who}' and states the fact alone"
            )
    elif len(refused) == len(told):
        yield f"the gate refuses every telling of '{must.value}': {refused[0][1]}; mend it"
    if not any(_controls(case, attack, telling)):
        yield "the gate refuses every matched control; mend the options or the stem"


def _refused(case: Case, attack: OnTelling, telling: Telling, wording: Wording) -> str:
    mutant = edited(
        where_it_holds(case, attack.attribute),
        attack.name,
        [put(telling, attack.place, wording.text)],
        labels={"value": wording.value},
    )
    return ", ".join(telling_faults(case, mutant, attack))


def _controls(case: Case, attack: OnTelling, telling: Telling) -> Iterator[bool]:
    for text in neutral_texts(telling, attack.place, 0):
        control = edited(case, attack.name, [put(telling, attack.place, text)])
        yield not neutral_faults(case, control, attack)
