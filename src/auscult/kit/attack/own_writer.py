"""Whether the model that writes attacks is the very model under audit.

A target that writes the attacks on itself makes rates that rank nothing: a weak writer is seldom
broken by its own words. So it is refused unless the plan says that it may be, and then it is
labelled. Two things tell: the identities that the plan declares, before anything is asked; and the
names of models that come back with replies, which also tell of one model behind two addresses.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

from auscult.core.errors import Fault
from auscult.core.message import Reply

TARGET = "target"
ITSELF = "writer: it is the very model under audit"
LABEL = "own_writer"
"""Set on a trial whose words the target itself wrote."""
NOTE = "The target itself wrote these words, as the plan allows, so this ranks no targets."


def identity_faults(
    identities: Mapping[str, str], role: str, suite: str, *, allowed: bool
) -> list[Fault]:
    """Of a plan, by the declared identity of each role."""
    writer = identities.get(role)
    if allowed or writer is None or writer != identities.get(TARGET):
        return []
    return [
        Fault(
            f"roles.{role}",
            f"'{writer}' is the target of suite '{suite}' and would write the attacks on itself",
            "bind another model, or set writer_may_be_target = true, which labels what comes of it",
        )
    ]


def is_itself(reply: Reply, models: Collection[str]) -> bool:
    """By the names that came back; a reply that names no model tells nothing."""
    return bool(reply.model) and reply.model in models
