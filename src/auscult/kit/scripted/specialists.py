"""A scripted model in the place of the seven specialists, with a sensitivity and a specificity that
are known exactly.

It is told in the hint `asked` which specialist it is and in `reference` what is in the answer: the
form, filled in with what was planted. With probability `p_finds` it says so where something is,
with `p_clears` where nothing is; else it says the contrary. Like every rule it draws by hashes.
"""

from __future__ import annotations

import json
from typing import Any

from auscult.kit.scripted.view import NO_REFERENCE, Common, Said, View
from auscult.kit.specialists.table import TABLE

PROSE = "I would have to read the notes first."


class Examines(Common, frozen=True):
    p_finds: float = 1.0
    """Sensitivity of each specialist."""
    p_clears: float = 1.0
    """Specificity of each specialist."""
    p_unsure: float = 0.0
    """Says so instead of either, with this probability, drawn first."""
    p_unreadable: float = 0.0
    """Says something of no form; drawn anew when asked again."""
    only: str = ""
    """The specialist that errs; empty for all."""


def examiner(view: View, rule: Examines) -> Said:
    """Finds what is planted at these rates; each specialist and each case is drawn apart."""
    if not view.reference or view.asked not in TABLE:
        return NO_REFERENCE
    form: dict[str, Any] = json.loads(view.reference)
    if rule.only in ("", view.asked):
        if view.draw(f"unreadable {view.asked}", "wording") < rule.p_unreadable:
            return Said(text=PROSE)
        form = _drawn(view, rule, form)
    return Said(text=json.dumps(form))


def _drawn(view: View, rule: Examines, form: dict[str, Any]) -> dict[str, Any]:
    if view.draw(f"unsure {view.asked}", "wording") < rule.p_unsure:
        return form | {"verdict": "unsure", "codes": [], "reason": "It cannot be told."}
    if form["verdict"] == "found":
        kept = view.draw(f"finds {view.asked}", "wording") < rule.p_finds
        return form if kept else form | {"verdict": "none", "codes": [], "reason": ""}
    if view.draw(f"clears {view.asked}", "wording") < rule.p_clears:
        return form
    code = next(code for code in TABLE[view.asked].codes if not code.omits)  # type: ignore[index]
    return form | {"verdict": "found", "codes": [code.name], "reason": "It seems so."}
