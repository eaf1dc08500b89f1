"""What the statistics promise, tried on data whose truth is known: a module a subject.

Each has `cells(replicates)`, pieces of work that can be done in any order and are kept once done,
and `section(done)`, what they add up to.
"""

import sys
from pathlib import Path

SUPPORT = str(Path(__file__).resolve().parents[2] / "tests" / "support")
if SUPPORT not in sys.path:
    # The simulated judges and sequential audits are those of the tests.
    sys.path.append(SUPPORT)
