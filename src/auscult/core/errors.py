"""Every error Auscult raises on purpose.

    AuditError
    ├── UsageError            the user asked for something impossible      exit 2
    │   ├── PlanError         a plan with faults, all of them listed
    │   └── DataError         a data file that cannot be read as cases
    └── RunError              the run could not go on                      exit 1
        ├── LedgerError       the ledger cannot be opened, read or written
        ├── TargetUnusable    no call to this target can succeed (key, model, address)
        ├── Divergence        a replayed effect differs from what was journalled
        └── RunInterrupted    the user stopped it                          exit 130

A call that failed is not an error here: it is a `Reply` with status "error",
because a failed call is a behaviour of the system under audit and not a lost run.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec


class AuditError(Exception):
    """Root. `exit_code` is what the command line returns."""

    exit_code = 1


class UsageError(AuditError):
    exit_code = 2


class Fault(msgspec.Struct, frozen=True, omit_defaults=True):
    """One thing wrong with a plan or a data file: where it is and how to mend it."""

    where: str
    what: str
    mend: str = ""
    line: int = 0

    def __str__(self) -> str:
        place = f"{self.where} (line {self.line})" if self.line else self.where
        return f"{place}: {self.what}" + (f" -> {self.mend}" if self.mend else "")


class PlanError(UsageError):
    """Carries all faults, because mending one at a time is a waste of a person's day."""

    def __init__(self, source: str, faults: Sequence[Fault]) -> None:
        self.source = source
        self.faults = tuple(faults)
        count = "1 fault" if len(self.faults) == 1 else f"{len(self.faults)} faults"
        super().__init__(f"{source} has {count}:\n" + "\n".join(f"  - {f}" for f in self.faults))


class DataError(UsageError):
    """A data file that cannot be read as cases: says which file, which row and what is missing."""


class RunError(AuditError):
    """The machine failed, not the case."""


class LedgerError(RunError):
    """The ledger is missing, locked, full, of another version or on a disk it cannot trust."""


class TargetUnusable(RunError):
    """Raised by a target when every further call is bound to fail in the same way."""


class Divergence(RunError):
    """On replay an effect was asked for that differs from the one journalled under its path."""


class RunInterrupted(RunError):
    exit_code = 130
