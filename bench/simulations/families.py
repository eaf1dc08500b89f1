"""Many comparisons: how often families make a false claim, and McNemar's exact and mid-p tests."""

from __future__ import annotations

from collections.abc import Callable
from math import sqrt
from typing import Any

import numpy as np
from scipy.stats import binom, norm

from auscult.stats.families import benjamini_hochberg, e_bh, holm
from auscult.stats.mcnemar import mcnemar
from simulations.cells import (
    Cell,
    Check,
    Done,
    Result,
    Section,
    Table,
    generator,
    of,
    percent,
    room,
    span,
)

SIZE, ALPHA = 20, 0.05
EFFECT, BET = 3.0, 2.0
"""In standard errors: how large a true effect is, and what e-values bet on."""
EFFECTS = (0, 5, 15)
SHARED = {"independent": 0.0, "half of the noise shared": 0.5, "nine tenths shared": 0.9}
CLAIMS: dict[str, Callable[[Any], Any]] = {
    "none": lambda z: norm.sf(z) <= ALPHA,
    "holm": lambda z: holm(norm.sf(z)) <= ALPHA,
    "benjamini-hochberg": lambda z: benjamini_hochberg(norm.sf(z)) <= ALPHA,
    "e-BH": lambda z: np.array(e_bh(np.exp(BET * z - BET**2 / 2), ALPHA).rejected),
}


def claims(effects: int, shared: float, replicates: int, methods: Any = None) -> Result:
    """Families of 20 one-sided normal tests of which `effects` have one; per method the chance of
    any false claim, the mean share of false ones among all, and the mean share of effects found."""
    draws = generator("families", effects, shared)
    true = np.arange(SIZE) < effects
    chosen = methods or CLAIMS
    noise = sqrt(shared) * draws.normal(size=(replicates, 1))
    noise = noise + sqrt(1 - shared) * draws.normal(size=(replicates, SIZE))
    found = {
        name: np.array([claim(z) for z in noise + EFFECT * true]) for name, claim in chosen.items()
    }
    out = {}
    for name, made in found.items():
        false, every = made[:, ~true].sum(axis=1), made.sum(axis=1)
        share = false / np.maximum(1, every)
        out[name] = {
            "any": float((false > 0).mean()),
            "fdr": float(share.mean()),
            "error": float(share.std() / sqrt(replicates)),
            "power": float(made[:, true].mean()) if effects else None,
        }
    return {"methods": out}


def mcnemar_size(most: int) -> Result:
    """Exact: the chance of p <= 0.05 where cases turn either way with equal chance, by how many
    cases turned."""
    sizes: dict[str, list[float]] = {"exact": [], "mid_p": []}
    for turned in range(1, most + 1):
        tests = [mcnemar(worse, turned - worse) for worse in range(turned + 1)]
        chance = binom.pmf(np.arange(turned + 1), turned, 0.5)
        sizes["exact"].append(float(chance[[t.exact_p <= ALPHA for t in tests]].sum()))
        sizes["mid_p"].append(float(chance[[t.mid_p <= ALPHA for t in tests]].sum()))
    return sizes


def cells(replicates: int) -> list[Cell]:
    made = [
        Cell(claims, {"effects": effects, "shared": shared, "replicates": replicates})
        for effects in EFFECTS
        for shared in SHARED.values()
    ]
    return [*made, Cell(mcnemar_size, {"most": 300 if replicates >= 1000 else 20})]


def section(done: list[Done]) -> Section:
    families = of(done, claims)
    (sizes,) = of(done, mcnemar_size)
    held = {name: [cell["methods"][name] for cell in families] for name in CLAIMS}
    allowed = ALPHA + room(ALPHA, families[0]["replicates"])
    checks = [
        Check(
            f"Holm makes any false claim in at most 5% of families: "
            f"{span(m['any'] for m in held['holm'])} (by chance up to {percent(allowed)} may show)",
            all(m["any"] <= allowed for m in held["holm"]),
        )
    ]
    for name, called in (("benjamini-hochberg", "Benjamini-Hochberg"), ("e-BH", "e-BH")):
        words = f"{called} keeps the false discovery rate: {span(m['fdr'] for m in held[name])}"
        good = all(m["fdr"] <= ALPHA + 3 * m["error"] for m in held[name])
        checks.append(Check(words, good))
    exact, mid = sizes["exact"], sizes["mid_p"]
    checks.append(
        Check(
            f"McNemar's exact test errs in at most 5%, exactly computed: {span(exact)}; mid-p in "
            f"at most {percent(max(mid), 2)} of tests, with up to {len(mid)} cases turned",
            max(exact) <= ALPHA,
        )
    )
    words = (
        f"Families of {SIZE} one-sided tests at alpha 5%, {' or '.join(map(str, EFFECTS))} of them "
        f"with a true effect of {EFFECT:g} standard errors; noise is independent or partly shared "
        "by all tests of a family, which is positive dependence. *Unadjusted* claims wherever p is "
        f"under 5%. e-values are likelihood ratios against an effect of {BET:g}. *FDR* is the mean "
        "share of false claims among all claims, *power* the mean share of effects found."
    )
    return Section("Many comparisons", words, checks, [_table(families)])


def _table(families: list[Done]) -> Table:
    rows = []
    for cell in families:
        named = next(name for name, shared in SHARED.items() if shared == cell["shared"])
        for name, seen in cell["methods"].items():
            rows.append(
                [
                    f"{cell['effects']} of {SIZE}",
                    named,
                    "unadjusted" if name == "none" else name,
                    percent(seen["any"]),
                    percent(seen["fdr"]),
                    "" if seen["power"] is None else percent(seen["power"]),
                ]
            )
    heads = ["effects", "noise", "method", "any false claim", "FDR", "power"]
    return Table("False claims in families:", heads, rows)
